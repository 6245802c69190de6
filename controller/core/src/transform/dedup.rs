//! Leaves out what cannot be answered, and what is desired twice.
//!
//! A record set that makes no sense is not a wish to have none: the record that is there stays.
//! Of several objects that ask alike, the one that would win the name from the others speaks for
//! all, whatever order they come in.

use std::collections::BTreeMap;

use external_dns_webhook::{Endpoint, EndpointKey, Properties, RecordType, Targets, Ttl};

use super::{TransformOptions, finish, leave_out};
use crate::desired::{Desired, Repeated, namespace};
use crate::name_sharing::NameSharing;
use crate::status::{Place, Reason};
use crate::value;

/// Zones under which reverse names lie.
const REVERSE: [&str; 2] = [".in-addr.arpa", ".ip6.arpa"];

pub(super) fn apply(mut desired: Desired, options: &TransformOptions) -> Desired {
    let mut places: BTreeMap<(Alike, Option<String>), usize> = BTreeMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut valid = Vec::with_capacity(desired.endpoints.len());
    for mut endpoint in std::mem::take(&mut desired.endpoints) {
        if let Err(reason) = validate(&endpoint) {
            leave_out(&mut desired, &endpoint, reason);
            continue;
        }
        if endpoint.targets.len() > 1 {
            endpoint.targets = std::mem::take(&mut endpoint.targets).sorted();
        }
        // Where a name is for one namespace, the plan says to the others that they do not have it.
        let whose = match desired.sharing {
            NameSharing::AcrossNamespaces => None,
            NameSharing::WithinNamespace => endpoint.labels.resource().and_then(namespace),
        };
        let alike = (alike(&endpoint, options), whose.map(str::to_owned));
        let place = *places.entry(alike).or_insert(groups.len());
        if place == groups.len() {
            groups.push(Vec::with_capacity(1));
        }
        if let Some(group) = groups.get_mut(place) {
            group.push(valid.len());
        }
        valid.push(endpoint);
    }
    let mut firsts: Vec<Option<String>> = vec![None; valid.len()];
    for group in groups.into_iter().filter(|group| group.len() > 1) {
        let member = |at| valid.get(at).map(|endpoint: &Endpoint| (endpoint, at));
        let members = group.into_iter().filter_map(member);
        let mut members: Vec<_> = members
            .map(|(endpoint, at)| (endpoint.labels.resource(), (endpoint.ttl, at)))
            .collect();
        options.priority_reach.sort(&mut members, &desired.source_objects);
        let mut leaders = Leaders::default();
        for (resource, (ttl, at)) in &members {
            leaders.take(*ttl, (*at, *resource));
        }
        for (_, (ttl, at)) in &members {
            let first = leaders.first_like(*ttl).filter(|(first, _)| first != at);
            if let (Some((_, first)), Some(told)) = (first, firsts.get_mut(*at)) {
                *told = Some(first.unwrap_or_default().to_owned());
            }
        }
    }
    for (endpoint, first) in valid.into_iter().zip(firsts) {
        match first {
            None => desired.endpoints.push(endpoint),
            Some(first) => desired.repeated.push(Repeated { endpoint, first }),
        }
    }
    desired
}

/// What is written of a record set, but for its TTL. Where objects differ in one of these, say in a
/// weight, one of them gets its way and the others are told so.
type Alike = (EndpointKey, Targets, Vec<(String, String)>);

fn alike(endpoint: &Endpoint, options: &TransformOptions) -> Alike {
    let sent = endpoint
        .properties
        .iter()
        .filter(|(name, _)| *name != Properties::RECORD_TYPE)
        .filter(|(name, _)| !finish::is_foreign(name, &options.property_prefixes));
    let mut sent: Vec<_> = sent.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    sent.sort();
    (endpoint.key(), endpoint.targets.clone(), sent)
}

/// Of record sets that are alike, those that come first.
#[derive(Default)]
struct Leaders<'a> {
    /// The first with each TTL.
    by_ttl: BTreeMap<Option<Ttl>, Leader<'a>>,
    /// The first that names a TTL.
    named: Option<Leader<'a>>,
}

/// The place of a record set among all, and the `resource` label of its object.
type Leader<'a> = (usize, Option<&'a str>);

impl<'a> Leaders<'a> {
    fn take(&mut self, ttl: Option<Ttl>, leader: Leader<'a>) {
        self.by_ttl.entry(ttl).or_insert(leader);
        if ttl.is_some() {
            self.named.get_or_insert(leader);
        }
    }

    /// Returns the first that says all that one with this TTL says. Who names no TTL is content with
    /// any; who names another one is not.
    fn first_like(&self, ttl: Option<Ttl>) -> Option<Leader<'a>> {
        let named = self.named.filter(|_| ttl.is_none());
        named.or_else(|| self.by_ttl.get(&ttl).copied())
    }
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
