//! What a group of changes means for one zone, given what the zone has.

use external_dns_webhook::{RecordType, RefusalCode};

use super::change_group::{ChangeGroup, RecordChange, RecordState};
use crate::batch::{Action, Verb};
use crate::record_set::RecordSet;
use crate::records::{CachedZone, Snapshot, Store};

/// How a change of a record set is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Only over what the controller has seen: DELETE of the old and CREATE of the new, in one batch.
    #[default]
    CompareAndSwap,
    /// Over whatever is there: UPSERT.
    Upsert,
}

/// Why a zone does not let a group of changes be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// A record set is neither what it was nor what it should be.
    #[error(
        "`{0}` in zone `{1}` has been changed by someone else since it was read; nothing was written"
    )]
    Changed(String, String),
    /// Another type is in the way.
    #[error(
        "`{0}` has a {1} record set, and a CNAME shares its name with nothing; give one of them another name, or ask for addresses instead of the CNAME"
    )]
    Name(String, RecordType),
    /// Another routing policy is in the way.
    #[error(
        "`{0}` already has a record set of type {1} with {2}; all that share a name and type must share the routing policy"
    )]
    Routing(String, RecordType, String),
}

impl Conflict {
    /// Returns the kind of refusal, in one word, as controllers show it.
    pub fn code(&self) -> RefusalCode {
        match self {
            Self::Changed(..) => RefusalCode::ChangedElsewhere,
            Self::Name(..) => RefusalCode::NameConflict,
            Self::Routing(..) => RefusalCode::RoutingPolicyConflict,
        }
    }
}

/// Returns what `zone_id` must be told; nothing when all is as it should be.
///
/// # Errors
///
/// Returns the first thing in the zone that is in the way.
pub fn evaluate(
    change_group: &ChangeGroup,
    zone_id: &str,
    store: &Store,
    mode: Mode,
) -> Result<Vec<Action>, Conflict> {
    let nothing = Snapshot::default();
    let records = store.zone(zone_id).map_or(&nothing, CachedZone::records);
    let mut actions = Vec::new();
    for change in &change_group.changes {
        let in_zone = InZone { change, zone_id, records, store };
        in_zone.actions(mode, &mut actions)?;
    }
    covered(change_group, zone_id, store, &actions)?;
    fits(records, &actions)?;
    Ok(actions)
}

/// One change in one zone.
struct InZone<'a> {
    change: &'a RecordChange,
    zone_id: &'a str,
    records: &'a Snapshot,
    store: &'a Store,
}

impl InZone<'_> {
    fn actions(&self, mode: Mode, actions: &mut Vec<Action>) -> Result<(), Conflict> {
        let in_zone = |state: &&RecordState| state.is_in(self.zone_id);
        let old = self.change.old.as_ref().filter(in_zone);
        let new = self.change.new.as_ref().filter(in_zone);
        // A copy in a zone where the name no longer goes is left there, unless the object itself
        // wants other zones: nothing says that it is not needed.
        let is_left = self.change.new.as_ref().is_some_and(|state| !state.is_pinned);
        match (old, new) {
            (None, None) => Ok(()),
            (Some(_), None) if is_left => Ok(()),
            (Some(old), None) => self.delete(old, actions),
            (None, Some(new)) => self.create(new, mode, actions),
            (Some(old), Some(new)) if old.set.key() != new.set.key() => {
                self.delete(old, actions)?;
                self.create(new, mode, actions)
            }
            (Some(old), Some(new)) => self.update(old, new, mode, actions),
        }
    }

    fn delete(&self, old: &RecordState, actions: &mut Vec<Action>) -> Result<(), Conflict> {
        let Some(current) = self.records.get(&old.set.key()) else {
            return Ok(());
        };
        if !self.is_what_was_read(old, current) {
            return Err(self.changed(old));
        }
        actions.push(Action { verb: Verb::Delete, set: current.clone() });
        Ok(())
    }

    fn create(
        &self,
        new: &RecordState,
        mode: Mode,
        actions: &mut Vec<Action>,
    ) -> Result<(), Conflict> {
        let verb = match (self.records.get(&new.set.key()), mode) {
            (None, _) => Verb::Create,
            (Some(current), _) if self.is_as_wanted(new, current) => return Ok(()),
            (Some(_), Mode::Upsert) => Verb::Upsert,
            (Some(_), Mode::CompareAndSwap) => return Err(self.changed(new)),
        };
        actions.push(Action { verb, set: new.set.clone() });
        Ok(())
    }

    fn update(
        &self,
        old: &RecordState,
        new: &RecordState,
        mode: Mode,
        actions: &mut Vec<Action>,
    ) -> Result<(), Conflict> {
        let Some(current) = self.records.get(&old.set.key()) else {
            // Compat: ExternalDNS updates ownership records that it has never written. And a copy
            // that is missing in one of several zones is put back.
            if self.change.is_ownership_record || mode == Mode::Upsert || self.is_elsewhere(old) {
                actions.push(Action { verb: Verb::Create, set: new.set.clone() });
                return Ok(());
            }
            return Err(self.changed(old));
        };
        if self.is_as_wanted(new, current) {
            return Ok(());
        }
        let same_policy = current.routing_kind() == new.set.routing_kind();
        if mode == Mode::Upsert && same_policy {
            actions.push(Action { verb: Verb::Upsert, set: new.set.clone() });
            return Ok(());
        }
        if mode == Mode::CompareAndSwap && !self.is_what_was_read(old, current) {
            return Err(self.changed(old));
        }
        actions.push(Action { verb: Verb::Delete, set: current.clone() });
        actions.push(Action { verb: Verb::Create, set: new.set.clone() });
        Ok(())
    }

    fn is_as_wanted(&self, new: &RecordState, current: &RecordSet) -> bool {
        // An ownership record is sent without a TTL; whichever it has is the one it should have.
        if self.change.is_ownership_record {
            let same_policy =
                new.set.routing == current.routing && new.set.health_check == current.health_check;
            return same_policy && new.describes(current, true);
        }
        new.set.answers_like(current)
    }

    fn is_what_was_read(&self, old: &RecordState, current: &RecordSet) -> bool {
        old.describes(current, self.change.is_ownership_record)
            || old.copies.as_ref().is_some_and(|copy| {
                let copies = old.zones.iter().filter_map(|id| self.current_in(id, old));
                *copy == fingerprint(copies)
            })
    }

    fn is_elsewhere(&self, old: &RecordState) -> bool {
        old.zones.iter().any(|id| self.current_in(id, old).is_some())
    }

    fn current_in(&self, zone_id: &str, state: &RecordState) -> Option<&RecordSet> {
        self.store.zone(zone_id)?.records().get(&state.set.key())
    }

    fn changed(&self, state: &RecordState) -> Conflict {
        let zone = self.store.zone(self.zone_id).map(|zone| zone.zone.name.to_text());
        Conflict::Changed(state.set.name.to_text(), zone.unwrap_or_default())
    }
}

/// Returns a fingerprint of the copies of a record set in several zones.
pub fn fingerprint<'a>(copies: impl Iterator<Item = &'a RecordSet>) -> String {
    // FNV-1a: the same in every process, and nothing depends on it being hard to forge.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for copy in copies {
        for byte in format!("{copy:?};").bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}

/// Refuses to remove a copy whose ownership record is not in this zone when the name could be in
/// several: the ownership record that the controller saw is then that of another copy, and this one
/// is another client's, however much it looks like ours.
///
/// In the only zone of a name there is nothing to mix up. Compat: ExternalDNS mentions ownership
/// records there that it has never written, beside those of its older formats.
fn covered(
    change_group: &ChangeGroup,
    zone_id: &str,
    store: &Store,
    actions: &[Action],
) -> Result<(), Conflict> {
    let Some(removed) = actions.iter().find(|action| action.verb != Verb::Create) else {
        return Ok(());
    };
    let zones = store
        .available()
        .filter(|cached_zone| removed.set.name.is_within(&cached_zone.zone.name))
        .count();
    let mut ownership_records = change_group
        .changes
        .iter()
        .filter(|change| change.is_ownership_record)
        .filter_map(|change| change.old.as_ref())
        .peekable();
    if zones <= 1 || ownership_records.peek().is_none() {
        return Ok(());
    }
    let records = store.zone(zone_id).map(CachedZone::records);
    if ownership_records.any(|ownership_record| {
        records.is_some_and(|records| records.get(&ownership_record.set.key()).is_some())
    }) {
        return Ok(());
    }
    let zone = store.zone(zone_id).map(|zone| zone.zone.name.to_text());
    Err(Conflict::Changed(removed.set.name.to_text(), zone.unwrap_or_default()))
}

/// Checks that what the zone will have under each name can be.
fn fits(records: &Snapshot, actions: &[Action]) -> Result<(), Conflict> {
    for action in actions.iter().filter(|action| action.verb != Verb::Delete) {
        let ours = &action.set;
        let replaced = |set: &RecordSet| actions.iter().any(|action| action.set.key() == set.key());
        let kept = records.named(&ours.name).iter().filter(|set| !replaced(set));
        let written =
            actions.iter().filter(|action| action.verb != Verb::Delete).map(|action| &action.set);
        let written = written.filter(|set| set.name == ours.name);
        for other in kept.chain(written).filter(|set| set.key() != ours.key()) {
            check_coexistence(ours, other)?;
        }
    }
    Ok(())
}

fn check_coexistence(ours: &RecordSet, other: &RecordSet) -> Result<(), Conflict> {
    let is_cname = |set: &RecordSet| matches!(set.record_type, RecordType::Cname);
    if ours.record_type != other.record_type {
        return if is_cname(ours) || is_cname(other) {
            Err(Conflict::Name(other.name.to_text(), other.record_type.clone()))
        } else {
            Ok(())
        };
    }
    if ours.routing_kind() == other.routing_kind() {
        return Ok(());
    }
    let policy = match (other.routing_kind(), &other.set_identifier) {
        (Some(kind), Some(id)) => format!("{} routing (set identifier `{id}`)", kind.as_str()),
        _ => "simple routing".to_owned(),
    };
    Err(Conflict::Routing(other.name.to_text(), other.record_type.clone(), policy))
}
