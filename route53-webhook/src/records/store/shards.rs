//! The zones of other shards: known by name, and never read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use external_dns_webhook::Shard;

use super::Store;
use crate::name::WireName;
use crate::zones::{Before, Zone, divide, divide_as_before};

/// What is said while it is not known which zones a shard has.
pub(super) const NOT_DIVIDED: &str =
    "which zones this shard has is not known before all zones were found once";

impl Store {
    /// Takes in which zones there are; returns those of this shard.
    ///
    /// Unless that is the `whole` of them, each stays where it was: one that is out of reach may lie around others, and
    /// only with it can be told whose they are. Before all were found once, none is served.
    pub(super) fn divide(
        &mut self,
        zones: BTreeMap<Box<str>, Arc<Zone>>,
        whole: bool,
        shard: Option<Shard>,
    ) -> BTreeMap<Box<str>, Arc<Zone>> {
        let divided = if whole || shard.is_none() {
            let divided = divide(zones, shard);
            let own = divided.own.values().map(|zone| zone.name.clone()).collect();
            let elsewhere = divided.elsewhere.clone();
            self.division = shard.map(|shard| (shard, Before { own, elsewhere }));
            divided
        } else {
            self.division.take_if(|(before, _)| Some(*before) != shard);
            let before = self.division.as_ref().map(|(_, before)| before.clone());
            divide_as_before(zones, &before.unwrap_or_default())
        };
        self.is_undivided = shard.is_some() && self.division.is_none();
        self.elsewhere = divided.elsewhere;
        divided.own
    }

    /// Tells whether a zone that was not found is still one that may be served: one of this shard's.
    pub(super) fn is_of_this_shard(&self, zone: &Zone) -> bool {
        !self.is_undivided
            && self
                .division
                .as_ref()
                .is_none_or(|(_, before)| before.own.iter().any(|own| zone.name.is_within(own)))
    }

    /// Tells whether it is not known which zones this shard has.
    pub fn is_undivided(&self) -> bool {
        self.is_undivided
    }

    /// Returns the names of the zones that other shards serve.
    pub fn elsewhere(&self) -> &BTreeSet<WireName> {
        &self.elsewhere
    }

    /// Tells whether all zones that were found are other shards'.
    pub fn is_all_elsewhere(&self) -> bool {
        let has_none = |(_, before): &(Shard, Before)| before.own.is_empty();
        !self.elsewhere.is_empty()
            && self.zones.is_empty()
            && self.division.as_ref().is_some_and(has_none)
    }
}
