//! What is believed of names, from reads of whole zones and of single names, and from our own writes.

use std::time::Duration;

use tokio::time::Instant;

use super::{Denial, Store, difference};
use crate::name::WireName;
use crate::record_set::RecordSet;
use crate::records::Reading;

/// How long it is remembered that a name was patched.
const PATCHES_KEPT: Duration = Duration::from_mins(30);

impl Store {
    /// Tells whether a name of a zone is believed to hold exactly these record sets.
    pub fn believes(&self, zone_id: &str, name: &WireName, sets: &[RecordSet]) -> bool {
        let held = self.zones.get(zone_id).and_then(|zone| zone.snapshot.as_ref());
        held.is_some_and(|snapshot| snapshot.named(name) == sets)
    }

    /// Takes in a full read that began at `begun`.
    ///
    /// Names that were patched meanwhile stay as they are: their pages may be older.
    pub fn read(&mut self, zone_id: &str, reading: Reading, begun: Instant) {
        let Some(held) = self.zones.get_mut(zone_id) else {
            return;
        };
        // Reads that take longer than this have given up long before.
        held.patched.retain(|_, at| begun.duration_since(*at) < PATCHES_KEPT);
        let is_patched = |name: &WireName| held.patched.get(name).is_some_and(|at| *at >= begun);
        if let (Some(counted), true) = (held.zone.record_count, self.discovered_at == Some(begun)) {
            held.uncounted = difference(counted, reading.len());
        }
        let mut is_changed = held.snapshot.is_none() || held.unavailable.is_some();
        let snapshot = held.snapshot.get_or_insert_default();
        let is_gone = |name: &&WireName| !reading.has(name) && !is_patched(name);
        let gone: Vec<_> = snapshot.by_name.keys().filter(is_gone).cloned().collect();
        is_changed |= !gone.is_empty();
        for name in gone {
            snapshot.replace(&name, Vec::new());
        }
        for (name, sets) in reading.changed {
            if !is_patched(&name) {
                snapshot.replace(&name, sets);
                is_changed = true;
            }
        }
        held.read_at = Some(begun);
        held.unavailable = None;
        held.denial = Denial::default();
        held.is_stale = false;
        held.unread = None;
        held.in_doubt.read(begun);
        self.revision += u64::from(is_changed);
    }

    /// Takes in what a name holds now.
    pub fn patch(&mut self, zone_id: &str, name: &WireName, sets: Vec<RecordSet>, now: Instant) {
        let Some(held) = self.zones.get_mut(zone_id) else {
            return;
        };
        let Some(snapshot) = &mut held.snapshot else {
            return;
        };
        if snapshot.named(name) != sets {
            snapshot.replace(name, sets);
            self.revision += 1;
        }
        held.patched.insert(name.clone(), now);
    }
}
