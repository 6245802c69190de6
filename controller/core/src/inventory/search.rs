//! Which ownership record a record set has from now on: one that is there, or a new one where there is room.
//!
//! Where a new one can be kept depends on all that is written in its zone, so a search is about the changes
//! of one plan.

use std::collections::BTreeSet;

use external_dns_webhook::{Changes, Endpoint, Labels, RecordKey};

use super::current_record::{Fit, OwnershipRecord, is_current};
use super::place::{Planned, looks_alike, place};
use super::scheme::Scheme;
use super::zone_inventory::ZoneInventory;

/// Looks for ownership records for the record sets that a plan makes or changes in one zone.
pub(crate) struct OwnershipSearch<'a> {
    scheme: &'a Scheme,
    current: &'a ZoneInventory,
    planned: Planned,
    migrate_from: Option<&'a str>,
}

impl<'a> OwnershipSearch<'a> {
    /// Returns a search in a zone where `changes` are to be made. What `migrate_from` owns counts as
    /// ours.
    pub(crate) fn new(
        scheme: &'a Scheme,
        current: &'a ZoneInventory,
        changes: &Changes,
        migrate_from: Option<&'a str>,
    ) -> Self {
        let planned = Planned::new(changes, migrate_from);
        Self { scheme, current, planned, migrate_from }
    }

    /// Returns which of these record sets there is no ownership record for, because there is no name to
    /// keep one under.
    pub(crate) fn cannot_own<'b>(
        &self,
        records: impl IntoIterator<Item = &'b Endpoint>,
    ) -> BTreeSet<RecordKey> {
        let without = records.into_iter().filter(|record| !self.has_ownership_record(record));
        without.map(Endpoint::key).collect()
    }

    /// Tells whether an ownership record that is there can be the ownership record on `record` from
    /// now on.
    pub(crate) fn can_stay(
        &self,
        fit: Fit,
        ownership_record: &OwnershipRecord,
        record: &Endpoint,
    ) -> bool {
        let key = record.key();
        let dependents = self.current.dependents(key.name(), ownership_record);
        is_current(fit, ownership_record)
            && self.is_ours(ownership_record)
            && !self.current.is_ambiguous(key.name(), ownership_record)
            && !self.current.is_explained(key.name(), ownership_record)
            && (ownership_record.explicit || !self.looks_alike(ownership_record, record))
            && dependents.iter().all(|dependent| *dependent == key)
            // A name that a wildcard shares with a plain one is the plain one's.
            && (fit != Fit::Wildcard
                || place(self.scheme, self.current, &self.planned, record)
                    .is_some_and(|place| ownership_record.endpoint.dns_name == place.name.as_str().into()))
    }

    fn looks_alike(&self, ownership_record: &OwnershipRecord, record: &Endpoint) -> bool {
        let place = ownership_record.endpoint.dns_name.canonical();
        looks_alike(self.scheme, self.current, &self.planned, place, record)
    }

    /// Returns a new ownership record that says `labels`; `None` when there is no name for it.
    pub(crate) fn fresh(&self, record: &Endpoint, labels: Labels) -> Option<Endpoint> {
        let place = place(self.scheme, self.current, &self.planned, record)?;
        self.scheme.ownership_record(record, &place, labels)
    }

    /// Tells whether there is an ownership record for `record`, or room for one.
    fn has_ownership_record(&self, record: &Endpoint) -> bool {
        let ownership_records = self.current.ownership_records_on(record.key().name(), record);
        let stays =
            ownership_records.first().is_some_and(|(fit, best)| self.can_stay(*fit, best, record));
        stays || self.fresh(record, self.scheme.labels(record)).is_some()
    }

    /// Tells whether an ownership record is ours, or the owner's whose record sets we take over.
    pub(crate) fn is_ours(&self, ownership_record: &OwnershipRecord) -> bool {
        let owner = ownership_record.labels.owner();
        self.scheme.is_mine(ownership_record) || owner.is_some() && owner == self.migrate_from
    }
}
