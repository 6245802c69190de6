//! What a plan writes in one zone, before claims.

use std::collections::BTreeSet;

use webhook_api::{Changes, Endpoint};

/// What is written in one zone.
#[derive(Clone, Debug, Default)]
pub(crate) struct ZoneWrites {
    /// Record sets, without their claims.
    pub(crate) changes: Changes,
    /// Record sets, as they will be, whose claim must say something else than it does.
    pub(crate) reclaim: Vec<Endpoint>,
    /// Names whose left-over claims go along with the changes.
    pub(crate) tidy: BTreeSet<String>,
}

impl ZoneWrites {
    /// Tells whether nothing needs writing.
    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.reclaim.is_empty()
    }

    /// Puts everything into the order in which it is written.
    pub(super) fn sort(&mut self) {
        let Self { changes, reclaim, tidy: _ } = self;
        changes.create.sort_by_cached_key(Endpoint::key);
        changes.delete.sort_by_cached_key(|gone| (gone.key(), gone.targets.clone()));
        changes.update.sort_by_cached_key(|update| (update.new.key(), update.old.targets.clone()));
        reclaim.sort_by_cached_key(Endpoint::key);
    }
}
