//! What is not known of a zone since a write that was not confirmed.
//!
//! Such a write may have been carried out, or may be while we look, so the zone is read as a whole
//! before the next answer that rests on it, and once more when it must have landed or been lost.

use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use tokio::time::Instant;

use super::Store;

/// When a write that was on its way must have landed, if it ever does.
pub const LANDED_WITHIN: Duration = Duration::from_secs(30);

/// Since when a zone may not be as we believe: a write to it was not confirmed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Unconfirmed {
    since: Option<Instant>,
    /// When a late write must have landed; `None` when none can be on its way.
    landed_at: Option<Instant>,
}

impl Unconfirmed {
    /// Takes in a write whose end is not known.
    pub(super) fn begin(&mut self, now: Instant) {
        self.since = Some(now);
        self.landed_at = Some(now + LANDED_WITHIN);
    }

    /// Takes in a whole read that began at `begun`.
    pub(super) fn read(&mut self, begun: Instant) {
        let is_after = |at: Instant| begun >= at;
        self.since = self.since.filter(|at| !is_after(*at));
        self.landed_at = self.landed_at.filter(|at| !is_after(*at));
    }

    /// Tells whether the zone must be read as a whole before anything rests on it.
    pub(super) fn is_open(&self, now: Instant) -> bool {
        self.since.is_some() || self.landed_at.is_some_and(|at| at <= now)
    }

    /// Returns when the zone must be read once more; `None` when it need not.
    pub(super) fn landed_at(&self) -> Option<Instant> {
        self.landed_at
    }
}

/// A zone that is being changed: the write is unconfirmed from then on, unless its writer finds out
/// what became of it.
///
/// Dropped on every way out, errors and cancelled requests included. It locks the store when it is
/// dropped: that must not be locked then.
#[derive(Debug)]
#[must_use]
pub struct UnconfirmedWrite<'a> {
    store: &'a RwLock<Store>,
    zone_id: Box<str>,
    is_resolved: bool,
}

impl<'a> UnconfirmedWrite<'a> {
    /// Begins to change a zone, or to find out what became of a change.
    pub fn new(store: &'a RwLock<Store>, zone_id: &str) -> Self {
        Self { store, zone_id: zone_id.into(), is_resolved: false }
    }

    /// Takes in that it is known what became of it.
    pub fn resolve(mut self) {
        self.is_resolved = true;
    }
}

impl Drop for UnconfirmedWrite<'_> {
    fn drop(&mut self) {
        if !self.is_resolved {
            let mut store = self.store.write().unwrap_or_else(PoisonError::into_inner);
            store.invalidate(&self.zone_id, Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unconfirmed_write_is_over_with_a_read_that_began_after_it_and_comes_back_once() {
        let mut unconfirmed = Unconfirmed::default();
        let now = Instant::now();
        assert!(!unconfirmed.is_open(now));
        unconfirmed.begin(now + Duration::from_secs(1));
        unconfirmed.read(now);
        assert!(unconfirmed.is_open(now), "that read may have older pages");
        unconfirmed.read(now + Duration::from_secs(2));
        assert!(!unconfirmed.is_open(now + Duration::from_secs(2)));
        let landed = now + Duration::from_secs(1) + LANDED_WITHIN;
        assert!(!unconfirmed.is_open(landed - Duration::from_millis(1)));
        assert!(unconfirmed.is_open(landed), "a late write has landed by then");
        unconfirmed.read(landed);
        assert!(!unconfirmed.is_open(landed + Duration::from_hours(1)));
        assert_eq!(unconfirmed.landed_at(), None);
    }
}
