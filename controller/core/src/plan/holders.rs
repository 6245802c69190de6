//! Which namespace has a name, where the objects of one only may stand under it.
//!
//! It is the one whose record is there, in whichever zone, as long as an object of it wants the name or
//! may want it: what it cannot be answered for now is still its own. Otherwise it is the one of the
//! oldest object that wants the name. A priority counts as far as it does anywhere.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use external_dns_webhook::{CanonicalName, Endpoint, ObjectRef};

use super::row;
use super::{PlannedZone, Rules};
use crate::desired::{Desired, Scope};
use crate::desired::{created, priority};
use crate::inventory::CurrentRecord;
use crate::name_sharing::NameSharing;
use crate::precedence::PriorityScope;

/// Names that objects of several namespaces want, and which of them has each.
#[derive(Debug, Default)]
pub(super) struct Holders(BTreeMap<CanonicalName, Holder>);

/// Who has a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Holder {
    /// Empty for objects without a namespace.
    namespace: String,
    /// The `resource` label of its object that comes first.
    pub(super) object: Option<ObjectRef>,
}

/// A thing with the zone that it is in.
type InZone<'a, T> = (&'a PlannedZone<'a, 'a>, T);

/// Someone who may have a name.
#[derive(Clone, Copy)]
struct Contender<'a> {
    namespace: &'a str,
    object: Option<&'a ObjectRef>,
    is_there: bool,
}

impl Holders {
    /// Finds who has the names of `scope`; nobody in particular where names are shared.
    pub(super) fn find(
        rules: Rules<'_>,
        desired: &Desired,
        zones: &[PlannedZone<'_, '_>],
        scope: &Scope,
    ) -> Self {
        match desired.sharing {
            NameSharing::AcrossNamespaces => return Self::default(),
            NameSharing::WithinNamespace => {}
        }
        let mut wanted: BTreeMap<&CanonicalName, Vec<(&PlannedZone<'_, '_>, &Endpoint)>> =
            BTreeMap::new();
        for zone in zones {
            let names = zone.wanted.iter().filter(|(name, _)| scope.has(name));
            for (name, candidates) in names {
                let candidates = candidates.iter().map(|candidate| (zone, *candidate));
                wanted.entry(name).or_default().extend(candidates);
            }
        }
        // Only what is not known makes a namespace hold a name that it does not want.
        let is_known = desired.unknown.is_empty();
        let is_open = |candidates: &[(&PlannedZone<'_, '_>, &Endpoint)]| {
            let mut namespaces = candidates.iter().map(|(_, wish)| of(wish.labels.resource()));
            let first = namespaces.next();
            !is_known || namespaces.any(|namespace| Some(namespace) != first)
        };
        wanted.retain(|_, candidates| is_open(candidates));
        let mut records: BTreeMap<&CanonicalName, Vec<(&PlannedZone<'_, '_>, CurrentRecord<'_>)>> =
            BTreeMap::new();
        for zone in zones {
            let mut add = |name| {
                if let Some((name, _)) = wanted.get_key_value(name) {
                    let all = zone.current.at(name).into_iter();
                    let ours =
                        all.filter(|record| row::is_ours(rules.planner, zone.current, record));
                    records.entry(name).or_default().extend(ours.map(|record| (zone, record)));
                }
            };
            match scope {
                Scope::All | Scope::AllBut(_) => {
                    zone.current.names().filter(|name| scope.has(name)).for_each(&mut add);
                }
                Scope::Names(names) => names.iter().for_each(&mut add),
            }
        }
        let none = Vec::new();
        let holder =
            |(name, candidates): (&&CanonicalName, &Vec<(&PlannedZone<'_, '_>, &Endpoint)>)| {
                let current = records.get(name).unwrap_or(&none);
                let holder = holder(rules, desired, name, (candidates, current))?;
                Some(((*name).clone(), holder))
            };
        Self(wanted.iter().filter_map(holder).collect())
    }

    /// Returns who has a name instead of the object with this `resource` label; `None` when it may.
    pub(super) fn instead_of(&self, name: &str, resource: Option<&ObjectRef>) -> Option<&Holder> {
        self.0.get(name).filter(|holder| !holder.namespace.eq_ignore_ascii_case(of(resource)))
    }
}

/// Returns who has a name; `None` when nobody wants it who could be published.
fn holder(
    rules: Rules<'_>,
    desired: &Desired,
    name: &CanonicalName,
    (candidates, current): (&[InZone<'_, &Endpoint>], &[InZone<'_, CurrentRecord<'_>>]),
) -> Option<Holder> {
    let wanting: BTreeSet<String> = candidates
        .iter()
        .map(|(_, candidate)| of(candidate.labels.resource()).to_ascii_lowercase())
        .collect();
    let mut incumbents: BTreeMap<String, &ObjectRef> = BTreeMap::new();
    for (zone, record) in current {
        let Some(resource) = record.resource() else { continue };
        let namespace = of(Some(resource)).to_ascii_lowercase();
        let record_type = &record.endpoint.record_type;
        let is_unknown = || zone.gaps.cover(name, record_type, Some(resource)).is_some();
        if wanting.contains(&namespace) || is_unknown() {
            incumbents.entry(namespace).or_insert(resource);
        }
    }
    if wanting.len() < 2 && incumbents.keys().all(|namespace| wanting.contains(namespace)) {
        return None;
    }
    let of_candidates = candidates.iter().filter_map(|(zone, candidate)| {
        let object = candidate.labels.resource();
        let is_there = incumbents.contains_key(&of(object).to_ascii_lowercase());
        let can_be =
            is_there || row::turned_away(rules, zone.current, &zone.nodes, candidate).is_none();
        let namespace = of(object);
        can_be.then_some(Contender { namespace, object, is_there })
    });
    let of_incumbents = incumbents.iter().filter(|(namespace, _)| !wanting.contains(*namespace));
    let of_incumbents = of_incumbents.map(|(namespace, object)| Contender {
        namespace,
        object: Some(object),
        is_there: true,
    });
    let first = of_candidates.chain(of_incumbents).min_by_key(|contender| {
        let source_object = contender.object.and_then(|object| desired.source_objects.get(object));
        let priority = match rules.planner.priority_scope {
            PriorityScope::Namespace => 0,
            PriorityScope::Cluster => priority(source_object),
        };
        (Reverse(priority), !contender.is_there, created(source_object), contender.object)
    })?;
    Some(Holder { namespace: first.namespace.to_owned(), object: first.object.cloned() })
}

fn of(resource: Option<&ObjectRef>) -> &str {
    resource.and_then(ObjectRef::namespace).unwrap_or_default()
}
