//! The zones of other shards: known by name, and never read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use external_dns_webhook::Shard;

use super::Store;
use crate::name::WireName;
use crate::zones::{Zone, divide};

impl Store {
    /// Takes in which zones there are; returns those of this shard.
    ///
    /// Unless that is the `whole` of them, those that were known before still count for what lies in what: a zone
    /// must not go to another shard because an account that has the one around it is out of reach.
    pub(super) fn divide(
        &mut self,
        zones: BTreeMap<Box<str>, Arc<Zone>>,
        whole: bool,
        shard: Option<Shard>,
    ) -> BTreeMap<Box<str>, Arc<Zone>> {
        let mut before = BTreeSet::new();
        if !whole {
            before.append(&mut self.elsewhere);
            before.extend(self.zones.values().map(|cached| cached.zone.name.clone()));
        }
        let divided = divide(zones, &before, shard);
        self.elsewhere = divided.elsewhere;
        divided.own
    }

    /// Takes in which zones are served: one of ours that is out of reach is no other shard's.
    pub(super) fn settle_elsewhere(&mut self) {
        for cached in self.zones.values() {
            self.elsewhere.remove(&cached.zone.name);
        }
    }

    /// Returns the names of the zones that other shards serve.
    pub fn elsewhere(&self) -> &BTreeSet<WireName> {
        &self.elsewhere
    }

    /// Tells whether all zones that were found are other shards'.
    pub fn is_all_elsewhere(&self) -> bool {
        !self.elsewhere.is_empty()
            && self.zones.is_empty()
            && self.unreachable.is_empty()
            && self.lost.is_empty()
    }
}
