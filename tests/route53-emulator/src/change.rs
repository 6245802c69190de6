//! Applies a batch to a zone: whole or not at all, change after change.
//!
//! Changes are validated in the order sent, each against what the earlier ones left, so a CNAME can take
//! the place of an A record only after its DELETE. Every objection is collected; when there is one,
//! what was replaced is put back.

use std::collections::{BTreeMap, BTreeSet};

use crate::record::{Key, RecordSet};
use crate::validate::alias::AliasZones;
use crate::validate::group::{self, describe};
use crate::validate::{Action, CheckedChange};
use crate::zone::Zone;

/// What a batch is validated by besides the zone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules<'a> {
    /// Where aliases may point outside the zone.
    pub(crate) alias_zones: &'a AliasZones,
    /// Most record sets the zone may hold; `None` for no limit.
    pub(crate) max_record_sets: Option<usize>,
}

/// What was there before each change, in the order of the changes.
type Replaced = Vec<(Key, Option<RecordSet>)>;

/// Applies a batch.
///
/// # Errors
///
/// Every objection; the zone is then as it was.
pub(crate) fn apply(
    zone: &mut Zone,
    rules: Rules<'_>,
    changes: Vec<CheckedChange>,
) -> Result<(), Vec<String>> {
    let mut problems = Vec::new();
    let mut replaced = Replaced::new();
    let mut touched = BTreeSet::new();
    let repeated = wrong_repetitions(&changes);
    for key in &repeated {
        problems.push(format!(
            "The request contains an invalid set of changes for a resource record set '{} {}'",
            key.record_type, key.name
        ));
    }
    for CheckedChange { action, set } in changes {
        if repeated.contains(&set.key) {
            continue;
        }
        if !set.key.name.is_within(&zone.name) {
            problems.push(format!(
                "RRSet with DNS name {} is not permitted in zone {}",
                set.key.name, zone.name
            ));
            continue;
        }
        match action {
            Action::Delete => {
                if let Some(problem) = refuse_delete(zone, &set) {
                    problems.push(problem);
                } else {
                    let before = zone.remove(&set.key);
                    replaced.push((set.key, before));
                }
            }
            Action::Create | Action::Upsert => {
                let objections = group::objections(zone, rules.alias_zones, action, &set);
                if objections.is_empty() {
                    let key = set.key.clone();
                    touched.insert(key.clone());
                    replaced.push((key, zone.put(set)));
                } else {
                    problems.extend(objections);
                }
            }
        }
    }
    if problems.is_empty() {
        problems.extend(group::leftovers(zone, &touched));
        if rules.max_record_sets.is_some_and(|most| zone.len() > most) {
            problems.push(format!("Exceeded limit MAX_RRSETS_BY_ZONE for zone: {}", zone.id));
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    roll_back(zone, replaced);
    Err(problems)
}

/// Says why a DELETE does not match, if it does not.
fn refuse_delete(zone: &Zone, set: &RecordSet) -> Option<String> {
    let described = describe(&set.key);
    match zone.find(&set.key) {
        None => {
            Some(format!("Tried to delete resource record set {described} but it was not found"))
        }
        Some(current) if !current.matches(set) => Some(format!(
            "Tried to delete resource record set {described} but the values provided do not match \
             the current values"
        )),
        Some(_) => None,
    }
}

/// Returns the record sets that a batch names more than once other than to replace them.
///
/// A DELETE followed by a CREATE or UPSERT replaces; no other pair has a meaning.
fn wrong_repetitions(changes: &[CheckedChange]) -> BTreeSet<Key> {
    let mut actions: BTreeMap<&Key, Vec<Action>> = BTreeMap::new();
    for change in changes {
        actions.entry(&change.set.key).or_default().push(change.action);
    }
    actions
        .into_iter()
        .filter(|(_, actions)| {
            !matches!(actions.as_slice(), [_] | [Action::Delete, Action::Create | Action::Upsert])
        })
        .map(|(key, _)| key.clone())
        .collect()
}

fn roll_back(zone: &mut Zone, replaced: Replaced) {
    for (key, before) in replaced.into_iter().rev() {
        match before {
            Some(set) => {
                zone.put(set);
            }
            None => {
                zone.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
