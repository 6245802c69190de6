//! What a plan writes in one zone, before ownership records.

use std::collections::BTreeSet;

use external_dns_webhook::{CanonicalName, Changes, Endpoint};

use crate::inventory::OwnershipRecord;

/// What is written in one zone.
#[derive(Clone, Debug, Default)]
pub(crate) struct ZoneWrites {
    /// Record sets, without their ownership records.
    pub(crate) changes: Changes,
    /// Record sets, as they will be, whose ownership record must say something else than it does.
    pub(crate) own_again: Vec<Endpoint>,
    /// Names whose left-over ownership records go along with the changes.
    pub(crate) tidy: BTreeSet<CanonicalName>,
    /// Ownership records whose record set is gone, with the name that each is about.
    pub(crate) left_over: Vec<(CanonicalName, OwnershipRecord)>,
}

impl ZoneWrites {
    /// Tells whether nothing needs writing.
    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.own_again.is_empty() && self.left_over.is_empty()
    }

    /// Puts everything into the order in which it is written.
    pub(super) fn sort(&mut self) {
        let Self { changes, own_again, tidy: _, left_over: _ } = self;
        changes.create.sort_by_cached_key(Endpoint::key);
        changes.delete.sort_by_cached_key(|gone| (gone.key(), gone.targets.clone()));
        changes.update.sort_by_cached_key(|update| (update.new.key(), update.old.targets.clone()));
        own_again.sort_by_cached_key(Endpoint::key);
    }
}
