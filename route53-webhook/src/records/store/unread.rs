//! Zones that cannot be read just now: out of use by themselves, and read again on a clock of their own.
//!
//! Nothing is known against such a zone, so its record sets are neither empty nor gone: a client that can
//! tell zones apart is told that this one cannot be used, and any other is told nothing at all.

use std::time::Duration;

use tokio::time::Instant;

use super::{CachedZone, Store};

/// Longest time until a zone that could not be read is read again.
const LONGEST_REST: Duration = Duration::from_secs(16);

impl Store {
    /// Takes in that a zone could not be read, for a reason that is about this zone alone.
    ///
    /// What it had before goes on to be answered where it may be old (`limit`, the age at which it
    /// is read again, is not zero) and no write has left open what it has.
    pub fn unread(&mut self, zone_id: &str, reason: String, limit: Duration, now: Instant) {
        let Some(cached) = self.zones.get_mut(zone_id) else {
            return;
        };
        cached.denial.again(now);
        cached.unread = Some(reason.clone());
        if cached.snapshot.is_none() || cached.is_unsure(now, limit) {
            let is_news = cached.unavailable.replace(reason).is_none();
            self.revision += u64::from(is_news);
        }
    }

    /// Puts the zones out of use that a write has left open, because they cannot be read.
    pub fn set_unconfirmed_aside(&mut self, reason: &str, now: Instant) {
        let is_unconfirmed = |cached: &&mut CachedZone| {
            cached.unavailable.is_none() && cached.unconfirmed.is_open(now)
        };
        for cached in self.zones.values_mut().filter(is_unconfirmed) {
            let reason = format!("what it holds is not known before it can be read: {reason}");
            cached.denial.again(now);
            cached.unread = Some(reason.clone());
            cached.unavailable = Some(reason);
            self.revision += 1;
        }
    }

    /// Says which zone is out of use though nothing is known against it, so that it must not be left
    /// out as if it were empty; `None` when none is.
    pub fn why_not_whole(&self) -> Option<String> {
        let cached =
            self.zones().find(|cached| cached.unavailable.is_some() && cached.unread.is_some())?;
        let reason = cached.unread.as_deref().unwrap_or_default();
        Some(format!("zone `{}` ({}) cannot be read: {reason}", cached.zone.name, cached.zone.id))
    }

    /// Returns when a zone must be read again without a request, because it could not be read
    /// or because a late write must have landed; `None` when no zone must.
    pub fn wakes_at(&self) -> Option<Instant> {
        let unread =
            self.zones.values().filter(|cached| cached.unread.is_some() && !cached.is_missing);
        unread.filter_map(CachedZone::rests_until).chain(self.landed_at()).min()
    }
}

impl CachedZone {
    /// Returns why the zone could not be read the last time, whether it is used all the same or not;
    /// `None` when it could.
    pub fn unread(&self) -> Option<&str> {
        self.unread.as_deref()
    }

    /// Tells whether nothing may rest on what the zone is believed to have.
    pub(super) fn is_unsure(&self, now: Instant, limit: Duration) -> bool {
        self.unconfirmed.is_open(now) || (limit.is_zero() && self.unread.is_some())
    }

    /// Tells whether it is too early to read the zone again after a failure; never with a `limit` of
    /// zero, for then each question is worth a read.
    pub(super) fn is_resting(&self, now: Instant, limit: Duration) -> bool {
        !limit.is_zero() && self.rests_until().is_some_and(|until| until > now)
    }

    /// Returns until when the zone is not read again after a failure; `None` after none.
    fn rests_until(&self) -> Option<Instant> {
        let last = self.denial.last()?;
        let until = self.denial.over_at()?;
        Some(if self.unread.is_some() { until.min(last + LONGEST_REST) } else { until })
    }
}
