//! How often a call is made again, and after which pause.

use std::time::Duration;

use super::ApiError;
use crate::pace;

/// Throttled attempts that do not count as attempts: they say that we are early, not wrong.
const PATIENT_ATTEMPTS: u32 = 10;

/// The attempts of one call so far.
#[derive(Debug)]
pub(super) struct Attempts {
    /// Most attempts; zero for no limit.
    most: u32,
    failed: u32,
    early: u32,
}

impl Attempts {
    /// Returns what counts up to `most` attempts; zero means no limit.
    ///
    /// Compat: a limit of attempts and not of retries, though ExternalDNS's flag speaks of those.
    pub(super) fn up_to(most: u32) -> Self {
        Self { most, failed: 0, early: 0 }
    }

    /// Returns the number of attempts that have failed.
    pub(super) fn failed(&self) -> u32 {
        self.failed + self.early
    }

    /// Counts a failed attempt, and tells whether another is worth making.
    ///
    /// However often AWS throttles, there is an end.
    pub(super) fn fail(&mut self, error: &ApiError) -> bool {
        if error.is_too_early() {
            self.early += 1;
            self.early <= PATIENT_ATTEMPTS
        } else {
            self.failed += 1;
            error.is_transient() && (self.most == 0 || self.failed < self.most)
        }
    }

    /// Returns the pause that a counted failure calls for; `jitter` is between 0 and 1.
    pub(super) fn pause(&self, error: &ApiError, jitter: f64) -> Duration {
        pace::backoff(if error.is_too_early() { self.early } else { self.failed }, jitter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn throttled() -> ApiError {
        ApiError::Throttled { operation: "ListHostedZones" }
    }

    fn unreachable() -> ApiError {
        ApiError::Unreachable { operation: "ListHostedZones", source: "no answer".into() }
    }

    /// Returns how many attempts are made when all fail alike, `bound` at most.
    fn made(most: u32, error: &ApiError, bound: u32) -> u32 {
        let mut attempts = Attempts::up_to(most);
        while attempts.failed() < bound && attempts.fail(error) {}
        attempts.failed()
    }

    // Q3 of docs/compatibility.md.
    #[test]
    fn throttling_is_waited_out_a_bounded_number_of_times_whatever_the_limit_is() {
        for most in [0, 1, 3] {
            assert_eq!(made(most, &throttled(), 1_000), PATIENT_ATTEMPTS + 1);
            assert_eq!(made(most, &ApiError::Busy, 1_000), PATIENT_ATTEMPTS + 1);
        }
    }

    #[test]
    fn the_limit_counts_attempts_and_zero_means_none() {
        assert_eq!(made(1, &unreachable(), 1_000), 1);
        assert_eq!(made(3, &unreachable(), 1_000), 3);
        assert_eq!(made(0, &unreachable(), 1_000), 1_000);
    }

    #[test]
    fn waiting_for_our_turn_uses_up_no_attempts() {
        let mut attempts = Attempts::up_to(2);
        assert!(attempts.fail(&throttled()));
        assert!(attempts.fail(&unreachable()));
        assert!(attempts.fail(&throttled()));
        assert_eq!(attempts.pause(&throttled(), 0.0), pace::backoff(2, 0.0));
        assert!(!attempts.fail(&unreachable()));
    }

    #[test]
    fn what_waiting_cannot_cure_is_tried_once() {
        let denied = ApiError::Denied { operation: "ListHostedZones", message: String::new() };
        let gone = ApiError::NoSuchZone { message: String::new() };
        for error in [denied, gone, ApiError::InvalidBatch(vec![])] {
            assert!(!Attempts::up_to(0).fail(&error), "{error}");
        }
    }
}
