//! What is not known of a zone since a write whose end nobody told.
//!
//! Such a write may have been carried out, or may be while we look, so the zone is read as a whole
//! before the next answer that rests on it, and once more when it must have landed or been lost.

use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use tokio::time::Instant;

use super::Store;

/// When a write that was on its way must have landed, if it ever does.
pub const LANDED_WITHIN: Duration = Duration::from_secs(30);

/// Since when a zone may not be as we believe.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct InDoubt {
    since: Option<Instant>,
    /// When a late write must have landed; `None` when none can be on its way.
    landed_at: Option<Instant>,
}

impl InDoubt {
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

/// A zone that is being changed: in doubt from then on, unless its writer settles what became of
/// it.
///
/// Dropped on every way out, errors and cancelled requests included. It takes the store when it is
/// dropped: nobody may hold that then.
#[derive(Debug)]
#[must_use]
pub struct Unsettled<'a> {
    store: &'a RwLock<Store>,
    zone_id: Box<str>,
    is_settled: bool,
}

impl<'a> Unsettled<'a> {
    /// Begins to change a zone, or to find out what became of a change.
    pub fn new(store: &'a RwLock<Store>, zone_id: &str) -> Self {
        Self { store, zone_id: zone_id.into(), is_settled: false }
    }

    /// Takes in that it is known what became of it.
    pub fn settle(mut self) {
        self.is_settled = true;
    }
}

impl Drop for Unsettled<'_> {
    fn drop(&mut self) {
        if !self.is_settled {
            let mut store = self.store.write().unwrap_or_else(PoisonError::into_inner);
            store.invalidate(&self.zone_id, Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubt_ends_with_a_read_that_began_after_it_and_comes_back_once() {
        let mut in_doubt = InDoubt::default();
        let now = Instant::now();
        assert!(!in_doubt.is_open(now));
        in_doubt.begin(now + Duration::from_secs(1));
        in_doubt.read(now);
        assert!(in_doubt.is_open(now), "that read may have older pages");
        in_doubt.read(now + Duration::from_secs(2));
        assert!(!in_doubt.is_open(now + Duration::from_secs(2)));
        let landed = now + Duration::from_secs(1) + LANDED_WITHIN;
        assert!(!in_doubt.is_open(landed - Duration::from_millis(1)));
        assert!(in_doubt.is_open(landed), "a late write has landed by then");
        in_doubt.read(landed);
        assert!(!in_doubt.is_open(landed + Duration::from_hours(1)));
        assert_eq!(in_doubt.landed_at(), None);
    }
}
