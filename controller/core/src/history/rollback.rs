//! The exact return from a write.
//!
//! It is planned against what the provider holds now and goes back to the byte; what anyone changed
//! since is left alone and listed.

use std::collections::BTreeSet;

use external_dns_webhook::{CanonicalName, Changes, Endpoint, Labels, RecordKey, Update};

use super::look::{Look, find, zone_of};
use super::{HistoryRow, Outcome};
use crate::inventory::Inventory;
use crate::plan::routing::clash;

/// The exact return from a write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rollback {
    /// What to write to go back.
    pub changes: Changes,
    /// Record sets that someone changed since, which stay as they are.
    pub skipped: Vec<Skipped>,
}

/// A record set that a rollback leaves alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Which record set.
    pub key: RecordKey,
    /// What was found instead of what was written.
    pub found: Found,
}

/// What is there instead of what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing: someone deleted it.
    Nothing,
    /// Something else: someone changed it or took its place.
    Another,
    /// What was written, but something that belongs with it was changed.
    Companion,
    /// Nobody can tell: its zone is not there, or cannot be used.
    Unseen,
}

impl HistoryRow {
    /// Plans the exact return from this write, given what the provider holds now.
    pub fn rollback(&self, current: &Inventory) -> Rollback {
        let Changes { create, update, delete } = &self.changes;
        let mut rollback = Rollback::default();
        if self.outcome == Outcome::NotLanded {
            // What is there like it was written by someone else, or later.
            return rollback;
        }
        for new in create {
            match find(current, new) {
                Look::Same(there) => rollback.changes.delete.push(there),
                Look::Other => rollback.skip(new, Found::Another),
                Look::Unseen => rollback.skip(new, Found::Unseen),
                // It is gone already, which is where a rollback leads.
                Look::Nothing => {}
            }
        }
        for Update { old, new } in update {
            match find(current, new) {
                Look::Same(there) => {
                    rollback.changes.update.push(Update { old: there, new: old.clone() });
                }
                Look::Nothing => rollback.skip(new, Found::Nothing),
                Look::Unseen => rollback.skip(new, Found::Unseen),
                Look::Other if matches!(find(current, old), Look::Same(_)) => {}
                Look::Other => rollback.skip(new, Found::Another),
            }
        }
        for old in delete {
            match find(current, old) {
                Look::Nothing if self.has_room_for(old, current) => {
                    rollback.changes.create.push(old.clone());
                }
                Look::Same(_) => {}
                Look::Unseen => rollback.skip(old, Found::Unseen),
                Look::Nothing | Look::Other => rollback.skip(old, Found::Another),
            }
        }
        rollback.keep_pairs_together();
        rollback
    }

    /// Tells whether nothing that came since excludes `old`.
    fn has_room_for(&self, old: &Endpoint, current: &Inventory) -> bool {
        let ours =
            |endpoint: &Endpoint| self.changes.create.iter().any(|new| new.key() == endpoint.key());
        let key = old.key();
        zone_of(current, old).is_some_and(|zone| {
            let mut in_the_way = zone
                .held_at(key.name())
                .filter(|endpoint| clash(endpoint, old).is_some() && !ours(endpoint));
            in_the_way.next().is_none()
        })
    }
}

impl Rollback {
    fn skip(&mut self, endpoint: &Endpoint, found: Found) {
        self.skipped.push(Skipped { key: endpoint.key(), found });
    }

    /// Leaves a whole name alone when any part of it was changed since: a record set and its
    /// ownership record go back together or not at all.
    fn keep_pairs_together(&mut self) {
        let name = |endpoint: &Endpoint| {
            let owned = endpoint.labels.get(Labels::OWNED_RECORD).map(CanonicalName::from);
            let name = owned.unwrap_or_else(|| endpoint.dns_name.canonical().clone());
            (endpoint.zone.clone(), name)
        };
        let changes = std::mem::take(&mut self.changes);
        let all = || {
            let updates = changes.update.iter().map(|update| &update.new);
            changes.create.iter().chain(&changes.delete).chain(updates)
        };
        let mut spoiled = BTreeSet::new();
        for skipped in &self.skipped {
            spoiled.insert((skipped.key.zone().cloned(), skipped.key.name().clone()));
        }
        // An ownership record that was changed spoils the name it is about.
        for endpoint in all() {
            let own = endpoint.dns_name.canonical().clone();
            if spoiled.contains(&(endpoint.zone.clone(), own)) {
                spoiled.insert(name(endpoint));
            }
        }
        let whole = |endpoint: &Endpoint| !spoiled.contains(&name(endpoint));
        let (create, left): (Vec<_>, Vec<_>) = changes.create.into_iter().partition(whole);
        let (delete, left_there): (Vec<_>, Vec<_>) = changes.delete.into_iter().partition(whole);
        let (update, left_as_is): (Vec<_>, Vec<_>) =
            changes.update.into_iter().partition(|update| whole(&update.new));
        let left =
            left.iter().chain(&left_there).chain(left_as_is.iter().map(|update| &update.old));
        for endpoint in left {
            self.skip(endpoint, Found::Companion);
        }
        self.changes = Changes { create, update, delete };
    }
}
