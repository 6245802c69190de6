//! What people do to zones by hand, and what the model knows of it afterwards.
//!
//! Each act is one batch that holds only if the zone is as it was looked at, so that the model never
//! believes what did not happen, whatever the programs do at the same time.

use anyhow::bail;
use route53_emulator::{Change, Emulator, LoggedCall, ResourceRecord, ResourceRecordSet};

use super::model::{Key, Model, OWNER};
use super::oracle::{ownership, shown};
use super::stage::Broken;
use super::steps::Hand;

/// Most record sets in a zone that are there only to be counted.
const MOST_MARKS: u32 = 30;

/// What became of an act.
#[derive(Debug, Default)]
pub(crate) struct Done {
    /// Whether it changed the zone.
    pub(crate) happened: bool,
    /// The foreign record set that came, changed or went.
    pub(crate) contested: Option<Key>,
}

/// Does something to a zone, if it can be done.
pub(crate) fn act(
    route53: &Emulator,
    model: &mut Model,
    zone: &'static str,
    hand: &Hand,
) -> anyhow::Result<Done> {
    let foreign = model.foreign.entry(zone).or_default();
    let done = match hand {
        Hand::Make(set) => {
            let key = Key::of(set);
            let before = route53.record_sets(zone);
            // With an ownership record of ours it would be ours, by all rules.
            let is_about =
                |other: &Key| other.name == key.name && other.record_type == key.record_type;
            let is_ours =
                before.iter().filter_map(ownership).any(|ownership| is_about(&ownership.key));
            if is_ours || route53.change(zone, &[change("CREATE", set)]).is_err() {
                return Ok(Done::default());
            }
            // As lists give it, which is what it is compared with.
            let made =
                route53.record_sets(zone).into_iter().find(|record_set| Key::of(record_set) == key);
            let Some(made) = made else {
                bail!(Broken(format!("{} was made by hand in {zone} and is gone", shown(set))));
            };
            foreign.insert(key.clone(), made);
            Done { happened: true, contested: Some(key) }
        }
        Hand::Change(key, value) => {
            let Some(old) = foreign.get(key).filter(|set| set.r#type == "A") else {
                return Ok(Done::default());
            };
            let new = with_value(old, value);
            theirs(route53, zone, &[change("DELETE", old), change("CREATE", &new)], old)?;
            foreign.insert(key.clone(), new);
            Done { happened: true, contested: Some(key.clone()) }
        }
        Hand::Remove(key) => {
            let Some(old) = foreign.remove(key) else { return Ok(Done::default()) };
            theirs(route53, zone, &[change("DELETE", &old)], &old)?;
            Done { happened: true, contested: Some(key.clone()) }
        }
        Hand::EditOurs(key, value) => {
            let Some((set, ownership_records)) = ours(route53, foreign, zone, key) else {
                return Ok(Done::default());
            };
            let mut batch = vec![change("DELETE", &set)];
            batch.push(change("CREATE", &with_value(&set, value)));
            // Only together with its ownership record is it ours.
            for ownership_record in &ownership_records {
                batch.extend([
                    change("DELETE", ownership_record),
                    change("CREATE", ownership_record),
                ]);
            }
            Done { happened: route53.change(zone, &batch).is_ok(), contested: None }
        }
        Hand::RemoveOurs(key) => {
            let Some((set, ownership_records)) = ours(route53, foreign, zone, key) else {
                return Ok(Done::default());
            };
            let gone: Vec<_> = [&set]
                .into_iter()
                .chain(&ownership_records)
                .map(|value| change("DELETE", value))
                .collect();
            Done { happened: route53.change(zone, &gone).is_ok(), contested: None }
        }
    };
    Ok(done)
}

/// Makes one more record set that is there only to be counted, or takes all of them away.
pub(crate) fn mark(
    route53: &Emulator,
    model: &mut Model,
    zone: &'static str,
    marks: &mut u32,
) -> anyhow::Result<()> {
    let Some(name) = model.zones.iter().find(|facts| facts.id == zone).map(|zone| zone.name) else {
        return Ok(());
    };
    let set = |number: u32| {
        ResourceRecordSet::new(&format!("mark{number}.{name}."), "TXT", 60, &["\"mark\""])
    };
    // More than were ever made or removed in one episode.
    let more = if *marks > MOST_MARKS { 0 } else { *marks + 12 };
    let range = if more > *marks { *marks..more } else { more..*marks };
    let action = if more > *marks { "CREATE" } else { "DELETE" };
    let sets: Vec<_> = range.map(set).collect();
    let batch: Vec<_> = sets.iter().map(|set| change(action, set)).collect();
    let refused = |error| Broken(format!("marks of {zone} were refused: {error:?}"));
    route53.change(zone, &batch).map_err(refused)?;
    *marks = more;
    let foreign = model.foreign.entry(zone).or_default();
    for set in sets {
        if action == "CREATE" {
            foreign.insert(Key::of(&set), set);
        } else {
            foreign.remove(&Key::of(&set));
        }
    }
    Ok(())
}

/// Returns a write in one line.
pub(crate) fn write_line(call: &LoggedCall) -> String {
    let changes: Vec<_> = call
        .changes
        .iter()
        .map(|change| format!("{} {}", change.action, shown(&change.resource_record_set)))
        .collect();
    let zone = call.zone.as_deref().unwrap_or_default();
    format!("{} ms, {zone}, {}: {}", call.at_ms, call.outcome, changes.join("; "))
}

/// Writes to record sets that nobody but their makers may touch.
fn theirs(
    route53: &Emulator,
    zone: &str,
    batch: &[Change],
    set: &ResourceRecordSet,
) -> anyhow::Result<()> {
    match route53.change(zone, batch) {
        Ok(()) => Ok(()),
        Err(error) => bail!(Broken(format!(
            "{} was made by hand in {zone} and can no more be changed: {error:?}",
            shown(set)
        ))),
    }
}

/// Returns a record set of ours with its ownership records, as they are now.
fn ours(
    route53: &Emulator,
    foreign: &std::collections::BTreeMap<Key, ResourceRecordSet>,
    zone: &str,
    key: &Key,
) -> Option<(ResourceRecordSet, Vec<ResourceRecordSet>)> {
    let sets = route53.record_sets(zone);
    let set = sets.iter().find(|set| Key::of(set) == *key && !foreign.contains_key(key))?;
    let is_ownership_record = |set: &&ResourceRecordSet| {
        ownership(set).is_some_and(|ownership| ownership.key == *key && ownership.owner == OWNER)
    };
    let ownership_records: Vec<_> = sets.iter().filter(is_ownership_record).cloned().collect();
    (!ownership_records.is_empty()).then(|| (set.clone(), ownership_records))
}

fn with_value(set: &ResourceRecordSet, value: &str) -> ResourceRecordSet {
    let records = vec![ResourceRecord { value: value.to_owned() }];
    ResourceRecordSet { resource_records: Some(records), ..set.clone() }
}

fn change(action: &str, set: &ResourceRecordSet) -> Change {
    Change { action: action.to_owned(), resource_record_set: set.clone() }
}
