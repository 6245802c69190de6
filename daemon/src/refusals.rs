//! Requests that are refused, as the log tells them: one line a reason and minute, with how many
//! there were.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long one line stands for all that are refused for its reason.
const WINDOW: Duration = Duration::from_mins(1);

/// Requests that were refused lately; clones count together.
#[derive(Clone, Debug, Default)]
pub struct Refusals(Arc<Mutex<BTreeMap<&'static str, Window>>>);

#[derive(Debug)]
struct Window {
    since: Instant,
    /// How many there were beyond the first.
    more: u64,
}

impl Refusals {
    /// Counts one; returns whether it is the first one for its reason within a minute, which is to be
    /// told whole.
    pub fn is_first(&self, reason: &'static str, now: Instant) -> bool {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(window) = windows.get_mut(reason) {
            window.more += 1;
            return false;
        }
        windows.insert(reason, Window { since: now, more: 0 });
        true
    }

    /// Tells how many there were in minutes that are over at `now`.
    pub(crate) fn tell(&self, listen: &str, now: Instant) {
        for (reason, count) in self.due(now) {
            tracing::warn!(listen, reason, count, "More requests were refused in the last minute");
        }
    }

    /// Returns what minutes that are over had beyond their first ones, and begins anew for those
    /// that had any.
    fn due(&self, now: Instant) -> Vec<(&'static str, u64)> {
        let mut due = Vec::new();
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        windows.retain(|reason, window| {
            if now - window.since < WINDOW {
                return true;
            }
            let more = std::mem::take(&mut window.more);
            window.since = now;
            if more > 0 {
                due.push((*reason, more));
            }
            more > 0
        });
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_one_line_at_once_and_one_a_minute_with_how_many_there_were() {
        let (refusals, start) = (Refusals::default(), Instant::now());
        let told = (0..1_000).filter(|_| refusals.is_first("token", start)).count();
        assert_eq!(told, 1);
        assert!(refusals.is_first("forbidden", start), "another reason is told for itself");
        assert_eq!(refusals.due(start + Duration::from_secs(59)), []);
        assert_eq!(refusals.due(start + WINDOW), [("token", 999)]);
        // The minute after begins with what was just told.
        assert!(!refusals.is_first("token", start + WINDOW));
        assert_eq!(refusals.due(start + 2 * WINDOW), [("token", 1)]);
        assert_eq!(refusals.due(start + 3 * WINDOW), []);
        assert!(refusals.is_first("token", start + 3 * WINDOW));
    }
}
