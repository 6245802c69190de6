//! Leaves out what cannot be answered, and what one object says twice.
//!
//! A record set that makes no sense is not a wish to have none: the record that is there stays.
//! What several objects want alike is left to the plan, which knows what is there.

use std::collections::{BTreeMap, BTreeSet};

use external_dns_webhook::{Endpoint, ObjectRef, Properties, RecordType};

use super::{TransformOptions, finish, leave_out};
use crate::alike::{Alike, alike};
use crate::desired::Desired;
use crate::status::{Place, Reason};
use crate::value;

/// Zones under which reverse names lie.
const REVERSE: [&str; 2] = [".in-addr.arpa", ".ip6.arpa"];

pub(super) fn apply(mut desired: Desired, options: &TransformOptions) -> Desired {
    let mut valid = Vec::with_capacity(desired.endpoints.len());
    for mut endpoint in std::mem::take(&mut desired.endpoints) {
        if let Err(reason) = validate(&endpoint) {
            leave_out(&mut desired, &endpoint, reason);
            continue;
        }
        if endpoint.targets.len() > 1 {
            endpoint.targets = std::mem::take(&mut endpoint.targets).sorted();
        }
        valid.push(endpoint);
    }
    let mut again = said_again(&valid, options).into_iter();
    let said_again = valid.extract_if(.., |_| again.next().unwrap_or(false)).collect();
    desired.said_again = said_again;
    desired.endpoints = valid;
    desired
}

/// Tells of each record set whether its object says the same elsewhere: before it, or with a TTL
/// where this one has none.
fn said_again(endpoints: &[Endpoint], options: &TransformOptions) -> Vec<bool> {
    let mut firsts = BTreeMap::new();
    let mut named = BTreeSet::new();
    for (at, endpoint) in endpoints.iter().enumerate() {
        firsts.entry((wish(endpoint, options), endpoint.ttl)).or_insert(at);
        if endpoint.ttl.is_some() {
            named.insert(wish(endpoint, options));
        }
    }
    let is_again = |(at, endpoint): (usize, &Endpoint)| {
        let wish = wish(endpoint, options);
        endpoint.ttl.is_none() && named.contains(&wish)
            || firsts.get(&(wish, endpoint.ttl)) != Some(&at)
    };
    endpoints.iter().enumerate().map(is_again).collect()
}

/// Returns what an object wants to be written, but for its TTL.
fn wish<'a>(
    endpoint: &'a Endpoint,
    options: &TransformOptions,
) -> (Option<&'a ObjectRef>, Alike<'a>) {
    let (key, targets, mut written) = alike(endpoint);
    written.retain(|(name, _)| !finish::is_foreign(name, &options.property_prefixes));
    (endpoint.labels.resource(), (key, targets, written))
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
        if within.is_none_or(|rest| rest.is_empty() || rest.starts_with('.')) {
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
        if let Err(flaw) = value::validate_record(record_type, target, is_alias) {
            let (target, why) = (target.to_owned(), flaw.into());
            return Err(Reason::InvalidTarget { target, place: Place::Object, why });
        }
    }
    Ok(())
}
