//! What a plan writes in one zone, before claims.

use std::collections::BTreeSet;

use webhook_api::{Changes, Endpoint};

use crate::registry::Claim;

/// What is written in one zone.
#[derive(Clone, Debug, Default)]
pub(crate) struct ZoneWrites {
    /// Record sets, without their claims.
    pub(crate) changes: Changes,
    /// Record sets, as they will be, whose claim must say something else than it does.
    pub(crate) reclaim: Vec<Endpoint>,
    /// Names whose left-over claims go along with the changes.
    pub(crate) tidy: BTreeSet<String>,
    /// Claims whose record set is gone, with the normalised name that each is about.
    pub(crate) left_over: Vec<(String, Claim)>,
}

impl ZoneWrites {
    /// Tells whether nothing needs writing.
    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.reclaim.is_empty() && self.left_over.is_empty()
    }

    /// Puts everything into the order in which it is written.
    pub(super) fn sort(&mut self) {
        let Self { changes, reclaim, tidy: _, left_over: _ } = self;
        changes.create.sort_by_cached_key(Endpoint::key);
        changes.delete.sort_by_cached_key(|gone| (gone.key(), gone.targets.clone()));
        changes.update.sort_by_cached_key(|update| (update.new.key(), update.old.targets.clone()));
        reclaim.sort_by_cached_key(Endpoint::key);
    }
}
