//! Leaves out what cannot be answered, and what is asked for twice.
//!
//! A record set that makes no sense is not a wish to have none: the record that is there stays.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use webhook_api::{Endpoint, Properties, RecordType};

use super::leave_out;
use crate::desired::{Desired, Repeated};
use crate::value;
use crate::verdict::{Place, Reason};

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
        match seen.entry((endpoint.key(), endpoint.targets.clone(), zones(&endpoint))) {
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

/// Returns what chooses the zones of a record set: in another zone it is another one.
fn zones(endpoint: &Endpoint) -> Vec<String> {
    let chooses = |name: &str| name.rsplit('/').next().is_some_and(|last| last.contains("zone"));
    let chosen = endpoint.properties.iter().filter(|(name, _)| chooses(name));
    let mut chosen: Vec<_> = chosen.map(|(name, value)| format!("{name}={value}")).collect();
    chosen.sort();
    chosen
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
                name: dns_name.to_string(),
                place: Place::Object,
                why: "a PTR record lies under `in-addr.arpa` or `ip6.arpa`".to_owned(),
            });
        }
    }
    if value::answers_itself(endpoint) {
        let target = targets.first().unwrap_or_default().to_owned();
        let why = "a name cannot answer with itself: resolvers give up".to_owned();
        return Err(Reason::InvalidTarget { target, place: Place::Object, why });
    }
    let is_alias = alias == Some("true");
    for target in targets.iter() {
        if let Err(flaw) = value::judge_record(record_type, target, is_alias) {
            let (target, why) = (target.to_owned(), flaw.into());
            return Err(Reason::InvalidTarget { target, place: Place::Object, why });
        }
    }
    Ok(())
}
