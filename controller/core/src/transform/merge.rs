//! Unites what several nodes or pods want under one name.
//!
//! A template that gives every node the same name means all of them. Nowhere else are objects
//! united: two Services with one name are a conflict, and the planner settles it.

use std::collections::{BTreeMap, HashSet};

use external_dns_webhook::{Endpoint, ObjectRef, RecordKey, Targets, Ttl};

use crate::desired::{Desired, Gap, Unknown};
use crate::name_sharing::{NameSharing, part};
use crate::status::Reason;

pub(super) fn apply(mut desired: Desired) -> Desired {
    let sharing = desired.sharing;
    let mut first: BTreeMap<(Whole, RecordKey, Option<Ttl>), usize> = BTreeMap::new();
    let mut merged: Vec<Endpoint> = Vec::with_capacity(desired.endpoints.len());
    // Targets that come in addition, by place: sorted once, however many parts there are.
    let mut added: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for endpoint in std::mem::take(&mut desired.endpoints) {
        let Some(whole) = whole(sharing, endpoint.labels.resource()) else {
            merged.push(endpoint);
            continue;
        };
        let key = (whole, endpoint.key(), endpoint.ttl);
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
    let answered = desired.endpoints.iter().filter_map(|endpoint| {
        Some((whole(sharing, endpoint.labels.resource())?, endpoint.dns_name.canonical()))
    });
    let answered: HashSet<_> = answered.collect();
    let is_idle = |gap: &Gap| match &gap.what {
        Unknown::Name(name) | Unknown::RecordSet { name, .. }
            if matches!(gap.reason, Reason::NoTargets { .. }) =>
        {
            let whole = whole(sharing, gap.object());
            whole.is_some_and(|whole| answered.contains(&(whole, name.canonical())))
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
    // A part that is not known may belong to any name that another one wants.
    let unknown: Vec<(Whole, ObjectRef, Reason)> = desired
        .unknown
        .iter()
        .filter_map(|gap| match &gap.what {
            Unknown::Resource(resource) => {
                Some((whole(sharing, Some(resource))?, resource.clone(), gap.reason.clone()))
            }
            Unknown::Name(_) | Unknown::RecordSet { .. } | Unknown::Kind(_) | Unknown::All => None,
        })
        .collect();
    // The first that is not known is reason enough for all of its kind.
    let mut told: BTreeMap<Whole, (ObjectRef, Reason)> = BTreeMap::new();
    for (whole, object, reason) in unknown {
        told.entry(whole).or_insert((object, reason));
    }
    let gaps = desired.endpoints.iter().filter_map(|endpoint| {
        let (object, reason) = told.get(&whole(sharing, endpoint.labels.resource())?)?;
        Some((object.clone(), endpoint.dns_name.clone(), reason.clone()))
    });
    let gaps: Vec<_> = if told.is_empty() { Vec::new() } else { gaps.collect() };
    for (object, name, reason) in gaps {
        desired.unknown_of(object, Unknown::Name(name), reason);
    }
    desired
}

/// What parts are united in: their kind, and their namespace where others may not have their names.
type Whole = (&'static str, Option<String>);

fn whole(sharing: NameSharing, resource: Option<&ObjectRef>) -> Option<Whole> {
    let kind = part(resource)?;
    let apart = match sharing {
        NameSharing::AcrossNamespaces => None,
        NameSharing::WithinNamespace => resource.and_then(ObjectRef::namespace).map(str::to_owned),
    };
    Some((kind, apart))
}
