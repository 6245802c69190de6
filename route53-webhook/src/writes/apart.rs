//! What of one name can be written apart, so that what is wrong with one record set harms no other.
//!
//! Record sets of one name and type that answer side by side are often those of several source objects,
//! one for each set identifier. Those that are made or changed need nothing of each other.

use std::collections::{BTreeMap, BTreeSet};

use external_dns_webhook::{Endpoint, Labels};

use super::change_group::Pair;
use crate::batch::GroupKey;
use crate::record_set::RecordSet;

/// Splits the changes of one name in one zone by set identifier, where that is safe; else it stays
/// whole.
///
/// It stays whole when something goes: what comes may be what replaces it, and then neither may happen
/// alone. It does, too, when the routing policy changes, which Route 53 lets a name do only at once
/// ([choosing a routing policy]), and when a part of it has no set identifier.
///
/// [choosing a routing policy]: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy.html
pub(super) fn parts(name: String, pairs: Vec<Pair>) -> Vec<(GroupKey, Vec<Pair>)> {
    let identifiers: Option<Vec<String>> = pairs.iter().map(identifier).collect();
    let identifiers = identifiers.filter(|_| has_one_policy(&pairs));
    let Some(identifiers) = identifiers else { return vec![(GroupKey::whole(name), pairs)] };
    let mut parts: BTreeMap<GroupKey, Vec<Pair>> = BTreeMap::new();
    for (set_identifier, pair) in identifiers.into_iter().zip(pairs) {
        let key = GroupKey { name: name.clone(), set_identifier: Some(set_identifier) };
        parts.entry(key).or_default().push(pair);
    }
    parts.into_iter().collect()
}

/// Returns the set identifier of what is made or changed, for an ownership record that of its record set;
/// `None` when it has none, or another one than before, and of what goes.
fn identifier((old, new): &Pair) -> Option<String> {
    let new = new.as_ref()?;
    let is_as_before = old.as_ref().is_none_or(|old| old.set_identifier == new.set_identifier);
    let owned = new.labels.get(Labels::OWNED_SET_IDENTIFIER);
    let set_identifier = owned.unwrap_or(&new.set_identifier);
    (is_as_before && !set_identifier.is_empty()).then(|| set_identifier.to_owned())
}

/// Tells whether all that is mentioned of each type, before and after, has the same routing policy. What
/// cannot be read is refused by itself.
fn has_one_policy(pairs: &[Pair]) -> bool {
    let endpoints = || pairs.iter().flat_map(|(old, new)| old.iter().chain(new));
    let kind = |endpoint: &Endpoint| {
        let set = RecordSet::from_endpoint(endpoint, true).ok()?;
        Some((set.record_type.as_str().to_owned(), set.routing_kind()))
    };
    let kinds: BTreeSet<_> = endpoints().filter_map(|endpoint| kind(endpoint)).collect();
    let types: BTreeSet<_> = kinds.iter().map(|(record_type, _)| record_type).collect();
    kinds.len() == types.len()
}
