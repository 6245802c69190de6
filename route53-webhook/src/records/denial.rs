//! When to ask again for what AWS has denied.
//!
//! One refusal may be a slip: AWS is asked again at once. While the refusals last the pause grows, so
//! that a zone that is denied for good costs little, and one that is let through is found soon.

use std::time::Duration;

use tokio::time::Instant;

/// Longest pause between two questions for the same thing.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// How often something was denied in a row, and when last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Denial {
    count: u32,
    last: Option<Instant>,
}

impl Denial {
    /// Counts one more refusal.
    pub(super) fn again(&mut self, now: Instant) {
        self.count = self.count.saturating_add(1);
        self.last = Some(now);
    }

    /// Returns when it was denied last; `None` when nothing is denied.
    pub(super) fn last(&self) -> Option<Instant> {
        self.last
    }

    /// Returns when to ask again; `None` when nothing is denied.
    pub(super) fn over_at(&self) -> Option<Instant> {
        self.last.map(|last| last + pause(self.count))
    }
}

/// Returns the pause after that many refusals in a row: none, then 2 s, 4 s, 8 s and so on.
fn pause(count: u32) -> Duration {
    match count {
        0 | 1 => Duration::ZERO,
        more => Duration::from_secs(1 << (more - 1).min(6)).min(LONGEST_PAUSE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_is_none_after_a_surprise_and_grows_to_a_minute() {
        let seconds: Vec<_> = (1..10).map(|count| pause(count).as_secs()).collect();
        assert_eq!(seconds, [0, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(pause(u32::MAX), LONGEST_PAUSE);
    }
}
