//! Tells the log which zones the provider has, and which of them cannot be used.

use std::collections::BTreeMap;

use external_dns_webhook::Provider;

use super::Syncs;
use crate::reconcile;

/// The zones that the log was told cannot be used, with the reason.
pub(super) type ToldZones = BTreeMap<String, String>;

impl<P: Provider> Syncs<P> {
    /// Says what the provider serves, once it is known.
    pub(super) fn tell_first_look(&self) {
        let seen = self.reconciler.last_known().read();
        let read = seen.inventory.zones().filter(|zone| zone.unavailable().is_none());
        let zones: Vec<_> = read.filter_map(|zone| zone.info()).map(ToString::to_string).collect();
        let records = seen.inventory.len();
        let unusable = reconcile::unusable(&seen.inventory).len();
        let zones = zones.join(", ");
        if unusable == 0 {
            tracing::info!(zones, records, "The provider was read in full");
        } else {
            tracing::warn!(zones, records, unusable, "The provider was read in part");
        }
    }

    /// Says which zones cannot be used any more, and which can again, whatever is desired in them.
    pub(super) fn tell_unusable(&mut self) {
        let zones = reconcile::unusable(&self.reconciler.last_known().read().inventory);
        let now: ToldZones = zones.into_iter().map(|zone| (zone.zone, zone.reason)).collect();
        for (zone, reason) in now.iter().filter(|(zone, _)| !self.told_zones.contains_key(*zone)) {
            tracing::warn!(
                zone,
                reason,
                "A zone cannot be used; what it holds is not known, and nothing in it is changed"
            );
        }
        for zone in self.told_zones.keys().filter(|zone| !now.contains_key(*zone)) {
            tracing::info!(zone, "A zone can be used again, or is not served any more");
        }
        self.told_zones = now;
    }
}
