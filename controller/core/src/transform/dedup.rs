//! Leaves out what cannot be answered, and what is asked for twice.
//!
//! A record set that makes no sense is not a wish to have none: the record that is there stays.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::net::IpAddr;

use webhook_api::{Endpoint, Properties, RecordType};

use super::leave_out;
use crate::desired::{Desired, Repeated};
use crate::verdict::Reason;

/// Zones under which reverse names lie.
const REVERSE: [&str; 2] = [".in-addr.arpa", ".ip6.arpa"];

pub(super) fn apply(mut desired: Desired) -> Desired {
    let mut seen: BTreeMap<_, usize> = BTreeMap::new();
    for mut endpoint in std::mem::take(&mut desired.endpoints) {
        if let Err(reason) = validate(&endpoint) {
            leave_out(&mut desired, &endpoint, reason);
            continue;
        }
        if endpoint.targets.len() > 1 {
            endpoint.targets = std::mem::take(&mut endpoint.targets).sorted();
        }
        match seen.entry((endpoint.key(), endpoint.targets.clone())) {
            Entry::Vacant(first) => {
                first.insert(desired.endpoints.len());
                desired.endpoints.push(endpoint);
            }
            Entry::Occupied(first) => {
                let first = desired.endpoints.get(*first.get()).and_then(|it| it.labels.resource());
                let first = first.unwrap_or_default().to_owned();
                desired.repeated.push(Repeated { endpoint, first });
            }
        }
    }
    desired
}

/// Tells why `endpoint` cannot be answered.
fn validate(endpoint: &Endpoint) -> Result<(), Reason> {
    let Endpoint { dns_name, targets, record_type, properties, .. } = endpoint;
    let alias = properties.get(Properties::ALIAS);
    let can_alias = matches!(record_type, RecordType::A | RecordType::Aaaa | RecordType::Cname);
    if let Some(value) = alias.filter(|_| !can_alias) {
        return Err(Reason::IgnoredAnnotation {
            annotation: format!("{}={value}", Properties::ALIAS),
            why: format!("a record set of type {record_type} cannot be an alias"),
        });
    }
    if record_type == &RecordType::Ptr {
        let name = dns_name.as_str().to_ascii_lowercase();
        let within = REVERSE.iter().find_map(|zone| name.strip_suffix(zone));
        if within.is_none_or(|it| it.is_empty() || it.starts_with('.')) {
            return Err(Reason::InvalidName {
                why: "a PTR record lies under `in-addr.arpa` or `ip6.arpa`".to_owned(),
            });
        }
    }
    for target in targets.iter() {
        let why = match record_type {
            RecordType::A | RecordType::Aaaa if alias == Some("true") => None,
            RecordType::A if !matches!(target.parse(), Ok(IpAddr::V4(_))) => {
                Some("an A record answers with IPv4 addresses")
            }
            RecordType::Aaaa if !matches!(target.parse(), Ok(IpAddr::V6(_))) => {
                Some("an AAAA record answers with IPv6 addresses")
            }
            RecordType::Mx if !is_mx(target) => Some(
                "an MX record answers with a preference and a host, such as `10 mx.example.com`",
            ),
            RecordType::Srv if !is_srv(target) => Some(
                "an SRV record answers with priority, weight, port and a host with a final dot, \
                 such as `0 50 443 www.example.com.`",
            ),
            RecordType::Ptr if target.trim().is_empty() || target.parse::<IpAddr>().is_ok() => {
                Some("a PTR record answers with names")
            }
            _ => None,
        };
        if let Some(why) = why {
            return Err(Reason::InvalidTarget { target: target.to_owned(), why: why.to_owned() });
        }
    }
    Ok(())
}

fn is_mx(target: &str) -> bool {
    let fields: Vec<_> = target.split_whitespace().collect();
    matches!(fields.as_slice(), [preference, _] if is_u16(preference))
}

fn is_srv(target: &str) -> bool {
    let fields: Vec<_> = target.split_whitespace().collect();
    let [priority, weight, port, host] = fields.as_slice() else { return false };
    [priority, weight, port].into_iter().all(|it| is_u16(it)) && host.ends_with('.')
}

/// Tells whether `text` is a number of 16 bits, without a sign.
fn is_u16(text: &str) -> bool {
    text.bytes().all(|it| it.is_ascii_digit()) && text.parse::<u16>().is_ok()
}
