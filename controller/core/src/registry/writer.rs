//! Adds to a plan for one zone the ownership records it needs, and takes away those it leaves
//! without a record set.
//!
//! First every record set that is made or changes hands gets its ownership record; only then is it
//! decided which ownership records nobody relies on any more, because names can share them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use external_dns_webhook::{CanonicalName, Changes, Endpoint, Labels, RecordKey};

use super::edits::Edits;
use crate::inventory::{
    OwnershipRecord, OwnershipSearch, Placement, Scheme, ZoneInventory, is_same_set,
};
use crate::plan::{Plan, ZoneWrites};

/// Adds the ownership records to what a plan writes in one zone.
pub(super) struct Writer<'a> {
    scheme: &'a Scheme,
    current: &'a ZoneInventory,
    plan: &'a Plan,
    writes: &'a ZoneWrites,
    search: OwnershipSearch<'a>,
    changes: Changes,
    /// Ownership records that stay, because a record set relies on them, by the record sets that
    /// hold them.
    kept: BTreeMap<RecordKey, Vec<&'a OwnershipRecord>>,
    /// Ownership records that change or go.
    edits: Edits<'a>,
    /// Ownership records that a record set relied on, with its name.
    superseded: Vec<(CanonicalName, &'a OwnershipRecord)>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        scheme: &'a Scheme,
        current: &'a ZoneInventory,
        plan: &'a Plan,
        writes: &'a ZoneWrites,
    ) -> Self {
        let changes = writes.changes.clone();
        let search = OwnershipSearch::new(scheme, current, &changes, plan.migrate_from.as_deref());
        let (kept, edits, superseded) = (BTreeMap::new(), Edits::default(), Vec::new());
        Self { scheme, current, plan, writes, search, changes, kept, edits, superseded }
    }

    pub(super) fn write(mut self) -> Changes {
        let ZoneWrites { changes, own_again, tidy: _, left_over } = self.writes;
        for record in changes.create.iter().chain(own_again) {
            self.ensure_ownership(record);
        }
        let mut names = BTreeSet::new();
        for record in changes.create.iter().chain(own_again).chain(&changes.delete) {
            names.insert(record.dns_name.canonical().clone());
        }
        let deleted: BTreeSet<_> = changes.delete.iter().map(Endpoint::key).collect();
        let rewritten: BTreeSet<_> = own_again.iter().map(Endpoint::key).collect();
        for name in names {
            self.collect_needed(&name, &deleted, &rewritten);
        }
        self.superseded.extend(
            left_over.iter().map(|(about, ownership_record)| (about.clone(), ownership_record)),
        );
        self.delete_superseded();
        self.edits.write(&mut self.changes);
        self.changes
    }

    /// Gives a record set that is made or changes hands its ownership record.
    fn ensure_ownership(&mut self, record: &Endpoint) {
        let key = record.key();
        let ownership_records = self.current.ownership_records_on(key.name(), record);
        let labels = self.scheme.labels(record);
        if let Some((fit, best)) = ownership_records.first()
            && self.search.can_stay(*fit, best, record)
        {
            self.keep(best);
            // An old ownership record under the record set's own name cannot stay beside it.
            let in_the_way = ownership_records.iter().filter(|(_, ownership_record)| {
                ownership_record.endpoint.key().name() == key.name()
            });
            self.superseded.extend(
                in_the_way.map(|(_, ownership_record)| (key.name().clone(), *ownership_record)),
            );
            if says(best, &labels) && best.sealed == self.scheme.seals() {
                return;
            }
            // With another text it would not explain them any more.
            let explained = self.current.explained_by(key.name(), best);
            self.superseded.extend(
                explained
                    .into_iter()
                    .map(|ownership_record| (key.name().clone(), ownership_record)),
            );
            let name = best.endpoint.dns_name.as_str().to_owned();
            let here = Placement { name, explicit: best.explicit };
            if let Some(mut new) = self.scheme.ownership_record(record, &here, labels) {
                new.ttl = best.endpoint.ttl.or(new.ttl);
                self.edits.change(best, record.dns_name.as_str(), new);
            }
            return;
        }
        if let Some(ownership_record) = self.search.fresh(record, labels) {
            let name = || key.name().clone();
            self.superseded.extend(
                ownership_records.iter().map(|(_, ownership_record)| (name(), *ownership_record)),
            );
            self.changes.create.push(ownership_record);
        } else {
            // The planner wants none of these; both or neither, whatever made the plan.
            self.changes.create.retain(|endpoint| endpoint.key() != key);
            for (_, ownership_record) in ownership_records {
                self.keep(ownership_record);
            }
        }
    }

    fn keep(&mut self, ownership_record: &'a OwnershipRecord) {
        self.kept.entry(ownership_record.endpoint.key()).or_default().push(ownership_record);
    }

    /// Tells whether an ownership record stays: it or, from a provider that lists copies, a copy is
    /// relied on.
    fn is_kept(&self, ownership_record: &OwnershipRecord) -> bool {
        let kept = self.kept.get(&ownership_record.endpoint.key()).map_or(&[][..], Vec::as_slice);
        kept.iter().any(|other| {
            other.endpoint != ownership_record.endpoint || other.value == ownership_record.value
        })
    }

    /// Finds the ownership records that the record sets of one name still need, and those they
    /// needed.
    fn collect_needed(
        &mut self,
        name: &CanonicalName,
        deleted: &BTreeSet<RecordKey>,
        rewritten: &BTreeSet<RecordKey>,
    ) {
        let affixes = &self.scheme.affixes;
        let counterpart = affixes.wildcard_counterpart(name).or_else(|| affixes.lookup_name(name));
        let counterpart = counterpart.map(CanonicalName::from);
        for name in [Some(name), counterpart.as_ref()].into_iter().flatten() {
            for set in self.current.sets(name) {
                let key = set.key();
                let ownership_records = self.current.ownership_records_on(name, set);
                if deleted.contains(&key) {
                    let gone = ownership_records
                        .iter()
                        .map(|(_, ownership_record)| (name.clone(), *ownership_record));
                    self.superseded.extend(gone);
                } else if !rewritten.contains(&key) {
                    // What another ownership record explains is about nothing else.
                    let best =
                        ownership_records.first().map(|(_, ownership_record)| *ownership_record);
                    if let Some(best) = best.filter(|best| !self.current.is_explained(name, best)) {
                        self.keep(best);
                    }
                }
            }
        }
        if self.writes.tidy.contains(name) {
            // One without a type would speak for the next address that anyone makes there.
            let left_over =
                self.current.ownership_records_about(name).iter().filter(|ownership_record| {
                    ownership_record
                        .record_type
                        .as_ref()
                        .is_none_or(|record_type| self.plan.managed.contains(record_type))
                        && self.scheme.is_mine(ownership_record)
                });
            self.superseded
                .extend(left_over.map(|ownership_record| (name.clone(), ownership_record)));
        }
    }

    /// Deletes the ownership records that nobody relies on any more, each once and exactly as it
    /// was read.
    fn delete_superseded(&mut self) {
        // With an ownership record go those that it explains; they explain none themselves.
        let going: Vec<_> =
            self.superseded.iter().filter(|(_, value)| !self.is_kept(value)).collect();
        let explained = going.into_iter().flat_map(|(name, ownership_record)| {
            let explained = self.current.explained_by(name, ownership_record);
            explained.into_iter().map(|ownership_record| (name.clone(), ownership_record))
        });
        let explained: Vec<_> = explained.collect();
        self.superseded.extend(explained);
        // Of two record sets under one key, as from a provider that lists copies, the first.
        let mut gone: BTreeMap<RecordKey, &Arc<Endpoint>> = BTreeMap::new();
        for (name, ownership_record) in std::mem::take(&mut self.superseded) {
            if self.search.is_ours(ownership_record)
                && !self.is_kept(ownership_record)
                && is_same_set(
                    gone.entry(ownership_record.endpoint.key())
                        .or_insert(&ownership_record.endpoint),
                    &ownership_record.endpoint,
                )
            {
                self.edits.remove(ownership_record, &name);
            }
        }
    }
}

/// Tells whether an ownership record already says who owns the record set and what its source
/// object is.
fn says(ownership_record: &OwnershipRecord, labels: &Labels) -> bool {
    let said = &ownership_record.labels;
    said.owner() == labels.owner() && said.resource() == labels.resource()
}
