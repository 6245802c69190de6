//! What is known of single names: of a zone that is read in full, a newer belief; of one whose first
//! read has not ended, all that is known.
//!
//! A name that was read by itself is known whole, whatever else the zone has. So it can be answered
//! for and written before a big zone was read, and no other can.

use std::collections::BTreeSet;

use external_dns_webhook::counted;
use tokio::time::Instant;

use super::{CachedZone, Freshness, MaxAge, Store};
use crate::name::WireName;
use crate::record_set::RecordSet;
use crate::records::Snapshot;

/// What was read by name of a zone whose first read has not ended.
#[derive(Debug, Default)]
pub(super) struct ByName {
    pub(super) sets: Snapshot,
    /// The names that were read, those without a record set included.
    read: BTreeSet<WireName>,
}

impl ByName {
    /// Returns what a name was found to have; `None` of one that was not read.
    pub(super) fn named(&self, name: &WireName) -> Option<&[RecordSet]> {
        self.read.contains(name).then(|| self.sets.named(name))
    }

    /// Takes in what a name has now.
    pub(super) fn put(&mut self, name: &WireName, sets: Vec<RecordSet>) {
        self.sets.replace(name, sets.into());
        self.read.insert(name.clone());
    }
}

impl Store {
    /// Tells whether nothing keeps a question from being answered but the first read of a zone, which
    /// is under way or has not begun; then names can be read by themselves.
    pub fn awaits_first_read(&self, now: Instant, max_age: MaxAge) -> bool {
        self.freshness(now, max_age) == Freshness::First
            && self.discovered_at.is_some()
            && self.gone.is_none()
            && self.available().next().is_some()
            && self.available().all(|cached| !cached.unconfirmed.is_open(now))
    }

    /// Returns when the zones were listed last; `None` when they never were.
    pub fn discovered_at(&self) -> Option<Instant> {
        self.discovered_at
    }

    /// Tells whether what a zone has under a name is known: it can be used, and was read as a whole
    /// or this name of it.
    pub fn knows(&self, zone_id: &str, name: &WireName) -> bool {
        self.zones.get(zone_id).is_some_and(|cached| {
            let is_read = cached.snapshot.is_some() || cached.by_name.read.contains(name);
            cached.unavailable.is_none() && is_read
        })
    }

    /// Takes in how many record sets a read of a zone has come to.
    pub fn reading(&mut self, zone_id: &str, records: usize) {
        if let Some(cached) = self.zones.get_mut(zone_id) {
            cached.progress = records;
        }
    }

    /// Says how far the first reads of zones have come, one after the other; empty when there is none.
    pub fn first_reads(&self) -> String {
        let reads = self.available().filter_map(|cached| {
            Some(format!(
                "zone `{}` ({}) {}",
                cached.zone.name,
                cached.zone.id,
                cached.first_read()?
            ))
        });
        reads.collect::<Vec<_>>().join(", ")
    }
}

impl CachedZone {
    /// Returns what is known of the zone: all of it, or some names before its first read has ended.
    pub fn records(&self) -> &Snapshot {
        self.snapshot.as_ref().unwrap_or(&self.by_name.sets)
    }

    /// Says how far the first read of the zone has come, in record sets; `None` when it has ended, or
    /// not come to anything yet.
    pub fn first_read(&self) -> Option<String> {
        let read = Some(self.progress).filter(|read| *read > 0 && self.snapshot.is_none())?;
        Some(match self.zone.record_count {
            Some(all) => format!("{read} of {all} record sets"),
            None => counted(read, "record set"),
        })
    }
}
