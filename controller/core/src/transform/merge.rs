//! Unites what several nodes or pods ask for under one name.
//!
//! A template that gives every node the same name means all of them. Nowhere else are objects
//! united: two Services with one name are a conflict, and the planner settles it.

use std::collections::BTreeMap;

use webhook_api::{Endpoint, EndpointKey, Targets, Ttl};

use crate::desired::{Desired, Unknown};
use crate::verdict::Reason;

/// Kinds whose objects are parts of one whole, as the `resource` label spells them.
const PARTS: [&str; 2] = ["node", "pod"];

pub(super) fn apply(mut desired: Desired) -> Desired {
    let mut first: BTreeMap<(&str, EndpointKey, Option<Ttl>), usize> = BTreeMap::new();
    let mut merged: Vec<Endpoint> = Vec::with_capacity(desired.endpoints.len());
    let mut shared = Vec::new();
    for endpoint in std::mem::take(&mut desired.endpoints) {
        let Some(part) = part(endpoint.labels.resource()) else {
            merged.push(endpoint);
            continue;
        };
        let key = (part, endpoint.key(), endpoint.ttl);
        if let Some(whole) = first.get(&key).and_then(|at| merged.get_mut(*at)) {
            let targets = std::mem::take(&mut whole.targets);
            whole.targets =
                targets.into_iter().chain(endpoint.targets).collect::<Targets>().sorted();
            shared.push((part, endpoint.dns_name));
        } else {
            first.insert(key, merged.len());
            merged.push(endpoint);
        }
    }
    desired.endpoints = merged;
    // A part that is not known may belong to any of the names that several share.
    let unknown: Vec<(&str, Reason)> = desired
        .unknown
        .iter()
        .filter_map(|gap| match &gap.what {
            Unknown::Resource(resource) => Some((part(Some(resource))?, gap.reason.clone())),
            Unknown::Name(_) | Unknown::Kind(_) | Unknown::All => None,
        })
        .collect();
    for (kind, reason) in unknown {
        for (_, name) in shared.iter().filter(|(part, _)| *part == kind) {
            desired.unknown(Unknown::Name(name.clone()), reason.clone());
        }
    }
    desired
}

fn part(resource: Option<&str>) -> Option<&'static str> {
    let (kind, _) = resource?.split_once('/')?;
    PARTS.into_iter().find(|it| *it == kind)
}
