//! What the provider held when it was last read, with what we wrote since: kept while it cannot be
//! read, to be looked at and never to be acted on.

use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use controller_core::registry::Inventory;
use external_dns_webhook::Changes;

/// What the provider held when it was last read.
///
/// The loop writes it, and holds it for no longer than it computes; who looks may read it at any
/// time.
#[derive(Debug, Default)]
pub struct LastKnown(RwLock<Seen>);

/// A reading, with what we wrote since.
#[derive(Debug, Default)]
pub struct Seen {
    /// What there was.
    pub inventory: Inventory,
    /// When it was read, or found to be unchanged, in seconds since 1970; `None` when it never was.
    pub at: Option<i64>,
}

impl LastKnown {
    /// Returns what is known.
    pub fn read(&self) -> RwLockReadGuard<'_, Seen> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what was read at `at`.
    pub(super) fn put(&self, inventory: Inventory, at: i64) {
        self.change(|seen| *seen = Seen { inventory, at: Some(at) });
    }

    /// Takes in that at `at` it was what is known.
    pub(super) fn confirm(&self, at: i64) {
        self.change(|seen| seen.at = Some(at));
    }

    /// Takes in what the provider took.
    pub(super) fn apply(&self, taken: &Changes) {
        self.change(|seen| seen.inventory.apply(taken));
    }

    fn change(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
    }
}
