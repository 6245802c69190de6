//! What is said of zones and accounts that cannot be used.

use std::time::Duration;

use tokio::time::Instant;

use super::shards::NOT_DIVIDED;
use super::{CachedZone, Store};
use crate::zones::Zone;

/// For how long it is told that a write was denied: a controller that wants it tries again before.
const UNWRITABLE_TOLD: Duration = Duration::from_mins(15);

impl CachedZone {
    /// Says why nothing can be written to the zone, as far as is known at `now`; `None` when a write
    /// went well since, and when none was tried for long.
    pub fn unwritable(&self, now: Instant) -> Option<&str> {
        let (reason, at) = self.unwritable.as_ref()?;
        (now.duration_since(*at) < UNWRITABLE_TOLD).then_some(reason.as_str())
    }
}

impl Store {
    /// Takes in that a write was denied for the whole zone.
    pub fn write_denied(&mut self, zone_id: &str, reason: String, now: Instant) {
        if let Some(cached) = self.zones.get_mut(zone_id) {
            cached.unwritable = Some((reason, now));
        }
    }

    /// Takes in that a write went well.
    pub fn write_allowed(&mut self, zone_id: &str) {
        if let Some(cached) = self.zones.get_mut(zone_id) {
            cached.unwritable = None;
        }
    }

    /// Says why no zone can be used, for each zone and account; empty when some can or none is known.
    pub fn why_denied(&self) -> Vec<String> {
        if !self.is_denied() {
            return Vec::new();
        }
        let zones = self.zones.values().filter_map(|cached| {
            let reason = cached.unavailable.as_ref()?;
            let Zone { name, id, .. } = &*cached.zone;
            Some(format!("zone `{name}` ({id}) cannot be used: {reason}"))
        });
        let by_id = self.unreachable.iter();
        let by_id = by_id.map(|zone| format!("zone `{}` cannot be used: {}", zone.id, zone.reason));
        let accounts = self.lost.iter();
        let accounts =
            accounts.map(|lost| format!("account `{}` cannot be used: {}", lost.name, lost.reason));
        let undivided = self.is_undivided().then(|| NOT_DIVIDED.to_owned());
        undivided.into_iter().chain(accounts).chain(by_id).chain(zones).collect()
    }

    /// Says which zones or accounts are out of reach, so that a name could belong there; `None` when
    /// all are known.
    pub fn missing(&self) -> Option<String> {
        let zones = self
            .unreachable
            .iter()
            .map(|unreachable| format!("zone `{}` cannot be reached", unreachable.id));
        let accounts = self
            .lost
            .iter()
            .map(|lost_account| format!("account `{}` cannot be reached", lost_account.name));
        zones.chain(accounts).next()
    }
}
