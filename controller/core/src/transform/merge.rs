//! Unites what several nodes or pods ask for under one name.
//!
//! A template that gives every node the same name means all of them. Nowhere else are objects
//! united: two Services with one name are a conflict, and the planner settles it.

use std::collections::{BTreeMap, HashSet};

use external_dns_webhook::{Endpoint, EndpointKey, Targets, Ttl};

use crate::desired::{Desired, Gap, Unknown};
use crate::status::Reason;

/// Kinds whose objects are parts of one whole, as the `resource` label spells them.
const PARTS: [&str; 2] = ["node", "pod"];

pub(super) fn apply(mut desired: Desired) -> Desired {
    let mut first: BTreeMap<(&str, EndpointKey, Option<Ttl>), usize> = BTreeMap::new();
    let mut merged: Vec<Endpoint> = Vec::with_capacity(desired.endpoints.len());
    // Targets that come in addition, by place: sorted once, however many parts there are.
    let mut added: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for endpoint in std::mem::take(&mut desired.endpoints) {
        let Some(part) = part(endpoint.labels.resource()) else {
            merged.push(endpoint);
            continue;
        };
        let key = (part, endpoint.key(), endpoint.ttl);
        if let Some(at) = first.get(&key) {
            added.entry(*at).or_default().extend(endpoint.targets);
        } else {
            first.insert(key, merged.len());
            merged.push(endpoint);
        }
    }
    for (at, more) in added {
        if let Some(whole) = merged.get_mut(at) {
            let targets = std::mem::take(&mut whole.targets);
            whole.targets = targets.into_iter().chain(more).collect::<Targets>().sorted();
        }
    }
    desired.endpoints = merged;
    // A part without targets takes nothing away from a name that other parts answer for.
    let answered: HashSet<_> = desired
        .endpoints
        .iter()
        .filter_map(|endpoint| {
            Some((part(endpoint.labels.resource())?, endpoint.dns_name.normalized()))
        })
        .collect();
    let is_idle = |gap: &Gap| match &gap.what {
        Unknown::Name(name) | Unknown::RecordSet { name, .. }
            if matches!(gap.reason, Reason::NoTargets { .. }) =>
        {
            part(gap.object()).is_some_and(|whole| answered.contains(&(whole, name.normalized())))
        }
        Unknown::Name(_)
        | Unknown::RecordSet { .. }
        | Unknown::Resource(_)
        | Unknown::Kind(_)
        | Unknown::All => false,
    };
    let idle: Vec<bool> = desired.unknown.iter().map(is_idle).collect();
    drop(answered);
    let mut idle = idle.into_iter();
    desired.unknown.retain(|_| !idle.next().unwrap_or(false));
    // A part that is not known may belong to any name that another one asks for.
    let unknown: Vec<(&str, String, Reason)> = desired
        .unknown
        .iter()
        .filter_map(|gap| match &gap.what {
            Unknown::Resource(resource) => {
                Some((part(Some(resource))?, resource.clone(), gap.reason.clone()))
            }
            Unknown::Name(_) | Unknown::RecordSet { .. } | Unknown::Kind(_) | Unknown::All => None,
        })
        .collect();
    // The first that is not known is reason enough for all of its kind.
    let mut told = HashSet::new();
    for (kind, object, reason) in unknown.into_iter().filter(|(kind, ..)| told.insert(*kind)) {
        let of_kind = desired
            .endpoints
            .iter()
            .filter(|endpoint| part(endpoint.labels.resource()) == Some(kind));
        let names: Vec<_> = of_kind.map(|endpoint| endpoint.dns_name.clone()).collect();
        for name in names {
            desired.unknown_of(object.clone(), Unknown::Name(name), reason.clone());
        }
    }
    desired
}

/// Returns of which whole an object with this `resource` label is a part; `None` for most objects.
pub(crate) fn part(resource: Option<&str>) -> Option<&'static str> {
    let (kind, _) = resource?.split_once('/')?;
    PARTS.into_iter().find(|part| *part == kind)
}
