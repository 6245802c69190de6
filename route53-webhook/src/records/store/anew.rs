//! How old the view of the zones is, and that it is wanted new.

use std::time::Duration;

use tokio::time::Instant;

use super::Store;

/// What was read this long ago is new: asking again and again costs AWS no more calls than that.
const NEW: Duration = Duration::from_secs(10);

impl Store {
    /// Returns how long ago the zone that was read first of those that can be used was read; `None` before
    /// any was.
    pub fn age(&self, now: Instant) -> Option<Duration> {
        let read = self.available().filter(|cached| cached.snapshot.is_some());
        let first = read.filter_map(|cached| cached.read_at).min();
        first.map(|first| now.saturating_duration_since(first))
    }

    /// Takes in that the zones, and which there are, are to be read before the next answer, except what is
    /// new already.
    pub fn want_anew(&mut self, now: Instant) {
        let is_old = |since: Instant| now.saturating_duration_since(since) >= NEW;
        for cached in self.zones.values_mut() {
            cached.is_stale |= cached.read_at.is_some_and(is_old);
        }
        if self.discovered_at.is_some_and(is_old) {
            self.look_again(now);
        }
    }
}
