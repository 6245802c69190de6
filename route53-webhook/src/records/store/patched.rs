//! What is believed of names, from reads of whole zones and of single names, and from our own writes.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::{Denial, Store, difference};
use crate::name::WireName;
use crate::record_set::RecordSet;
use crate::records::Reading;

/// How long it is remembered that a name was patched.
const PATCHES_KEPT: Duration = Duration::from_mins(30);

/// What was found out about a name, or written under it, apart from reads of its whole zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Patch {
    at: Instant,
    /// Fingerprint of what the name was believed to have until then.
    before: u64,
}

impl Patch {
    fn new(at: Instant, before: &[RecordSet]) -> Self {
        Self { at, before: fingerprint(before) }
    }

    /// Tells whether pages that show `sets` are only older.
    fn is_after(self, sets: &[RecordSet]) -> bool {
        self.before == fingerprint(sets)
    }
}

fn fingerprint(sets: &[RecordSet]) -> u64 {
    let mut hasher = DefaultHasher::new();
    format!("{sets:?}").hash(&mut hasher);
    hasher.finish()
}

impl Store {
    /// Tells whether a name of a zone is believed to have exactly these record sets.
    pub fn believes(&self, zone_id: &str, name: &WireName, sets: &[RecordSet]) -> bool {
        let cached = self.zones.get(zone_id).and_then(|zone| zone.snapshot.as_ref());
        cached.is_some_and(|snapshot| snapshot.named(name) == sets)
    }

    /// Takes in a full read that began at `begun`, and returns names that must be looked up.
    ///
    /// Names that were patched meanwhile stay as they are: their pages may be older. Where the pages show
    /// neither what is believed now nor what was before, another client has changed the name, before we
    /// wrote there or after, and only another look tells what it has.
    #[must_use]
    pub fn read(&mut self, zone_id: &str, reading: Reading, begun: Instant) -> Vec<WireName> {
        let Some(cached) = self.zones.get_mut(zone_id) else {
            return Vec::new();
        };
        if cached.dropped_at.is_some_and(|at| at > begun) {
            // It has only what differs from a belief that was given up meanwhile.
            cached.is_stale = true;
            return Vec::new();
        }
        // Reads that take longer than this have given up long before.
        cached.patched.retain(|_, patch| begun.duration_since(patch.at) < PATCHES_KEPT);
        let patch = |name: &WireName| cached.patched.get(name).filter(|patch| patch.at >= begun);
        let is_patched = |name: &WireName| patch(name).is_some();
        let is_unknown = |name: &WireName, believed: &[RecordSet], sets: &[RecordSet]| {
            believed != sets && patch(name).is_some_and(|patch| !patch.is_after(sets))
        };
        // What was written since the zone was counted is no difference between the two.
        let is_counted = self.discovered_at == Some(begun)
            && cached.patched.values().all(|patch| patch.at < begun);
        if let (Some(counted), true) = (cached.zone.record_count, is_counted) {
            cached.uncounted = difference(counted, reading.len());
        }
        let mut is_changed = cached.snapshot.is_none() || cached.unavailable.is_some();
        let by_name = std::mem::take(&mut cached.by_name);
        let snapshot = cached.snapshot.get_or_insert(by_name.sets);
        let absent = snapshot.by_name.keys().filter(|name| !reading.has(name)).cloned();
        let (patched, gone): (Vec<_>, Vec<_>) = absent.partition(is_patched);
        is_changed |= !gone.is_empty();
        for name in gone {
            snapshot.replace(&name, Arc::default());
        }
        let mut to_look_up = patched;
        to_look_up.retain(|name| is_unknown(name, snapshot.named(name), &[]));
        for (name, sets) in reading.changed {
            if !is_patched(&name) {
                snapshot.replace(&name, sets);
                is_changed = true;
            } else if is_unknown(&name, snapshot.named(&name), &sets) {
                to_look_up.push(name);
            }
        }
        cached.read_at = Some(begun);
        cached.progress = 0;
        cached.unavailable = None;
        cached.denial = Denial::default();
        cached.is_stale = false;
        cached.unread = None;
        cached.unconfirmed.read(begun);
        self.revision += u64::from(is_changed);
        to_look_up
    }

    /// Takes in what names were found to have by looks that began at `begun`, and returns those that have
    /// to be looked up once more: something else was learned of them meanwhile.
    #[must_use]
    pub fn lookup_name(
        &mut self,
        zone_id: &str,
        found: impl IntoIterator<Item = (WireName, Vec<RecordSet>)>,
        begun: Instant,
    ) -> Vec<WireName> {
        let mut again = Vec::new();
        for (name, sets) in found {
            let cached = self.zones.get(zone_id);
            let patched = cached.and_then(|zone| zone.patched.get(&name));
            let is_read = cached.is_some_and(|zone| zone.read_at >= Some(begun));
            if is_read || patched.is_some_and(|patch| patch.at >= begun) {
                again.push(name);
            } else {
                self.patch(zone_id, &name, sets, begun);
            }
        }
        again
    }

    /// Takes in what a name has now.
    pub fn patch(&mut self, zone_id: &str, name: &WireName, sets: Vec<RecordSet>, now: Instant) {
        let Some(cached) = self.zones.get_mut(zone_id) else {
            return;
        };
        if let Some(snapshot) = &mut cached.snapshot {
            cached.patched.insert(name.clone(), Patch::new(now, snapshot.named(name)));
            if snapshot.named(name) != sets {
                snapshot.replace(name, sets.into());
                self.revision += 1;
            }
        } else if cached.unavailable.is_none() {
            let before = cached.by_name.named(name).unwrap_or(&sets);
            cached.patched.insert(name.clone(), Patch::new(now, before));
            cached.by_name.put(name, sets);
        }
    }
}
