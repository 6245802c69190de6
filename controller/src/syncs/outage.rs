//! For how long syncs have failed, so that the first one that goes well can say that it is over.

use std::time::Duration;

use tokio::time::Instant;

/// Syncs that failed one after the other.
#[derive(Debug, Default)]
pub(super) struct Outage {
    /// When the first of them ended; `None` when the last sync went well.
    since: Option<Instant>,
    failures: u32,
}

impl Outage {
    /// Notes that a sync failed at `now`.
    pub(super) fn failed(&mut self, now: Instant) {
        self.since.get_or_insert(now);
        self.failures = self.failures.saturating_add(1);
    }

    /// Notes that a sync went well at `now`; returns how long and how often they failed before it.
    pub(super) fn is_over(&mut self, now: Instant) -> Option<(Duration, u32)> {
        let Self { since, failures } = std::mem::take(self);
        Some((now.duration_since(since?), failures))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_an_outage_is_told_once_with_its_length_and_its_failures() {
        let (mut outage, start) = (Outage::default(), Instant::now());
        assert_eq!(outage.is_over(start), None);
        let at = |seconds| start + Duration::from_secs(seconds);
        outage.failed(at(1));
        outage.failed(at(5));
        assert_eq!(outage.is_over(at(61)), Some((Duration::from_mins(1), 2)));
        assert_eq!(outage.is_over(at(62)), None);
        outage.failed(at(70));
        assert_eq!(outage.is_over(at(71)), Some((Duration::from_secs(1), 1)), "counted anew");
    }
}
