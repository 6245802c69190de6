//! What a provider holds, zone by zone.
//!
//! A record set lives in one zone: what one zone holds, and whose it is there, says nothing about
//! another. So each zone is an inventory of its own, and nothing looks across but what must tell of
//! all.
//!
//! Whose a record set is follows from the ownership records on it; every form that ExternalDNS ever wrote
//! is read. Where a new one can stand is found here, too: which a plan looks up before the registry writes.

mod ambiguity;
mod audit;
mod current_record;
mod facts;
mod lookalike;
mod lookup;
mod names;
mod ownership_record;
mod place;
mod scheme;
mod seal;
mod search;
mod zone_inventory;

use std::collections::BTreeMap;
use std::sync::Arc;

use external_dns_webhook::{Changes, DnsName, Endpoint, Labels, Update, Zone, ZoneId};

pub use self::audit::{Audit, Finding, Oddity};
pub use self::current_record::CurrentRecord;
pub(crate) use self::current_record::{OwnershipRecord, is_same_set, would_fit};
pub use self::lookalike::reads_as_ownership;
pub(crate) use self::lookup::names as lookup_names;
pub(crate) use self::names::Affixes;
pub(crate) use self::place::Placement;
pub(crate) use self::scheme::Scheme;
pub use self::seal::{BadKey, Key};
pub(crate) use self::search::OwnershipSearch;
pub use self::zone_inventory::ZoneInventory;

/// What a provider holds.
#[derive(Clone, Debug)]
pub struct Inventory {
    /// By identifier; one zone without a name for a provider that does not tell them apart.
    zones: BTreeMap<Option<ZoneId>, ZoneInventory>,
}

impl Default for Inventory {
    /// Returns one nameless zone that holds nothing.
    fn default() -> Self {
        Self { zones: [(None, ZoneInventory::default())].into() }
    }
}

impl Inventory {
    /// Returns what a provider of one nameless zone holds.
    pub(crate) fn nameless(
        records: Vec<Endpoint>,
        zones: &[DnsName],
        scheme: Option<Arc<Scheme>>,
    ) -> Self {
        let zone = ZoneInventory::nameless(zones, scheme);
        Self { zones: [(None, zone)].into() }.filled(records)
    }

    /// Returns what a provider holds that tells record sets apart by their zone.
    ///
    /// A record set in a zone that is not among `zones` is left out: nothing is planned there.
    pub(crate) fn zoned(
        records: Vec<Endpoint>,
        zones: &[Zone],
        scheme: Option<&Arc<Scheme>>,
    ) -> Self {
        let zone = |zone: &Zone| {
            let id = Some(ZoneId::from(zone.id.as_str()));
            (id, ZoneInventory::of_zone(zone, scheme.map(Arc::clone)))
        };
        Self { zones: zones.iter().map(zone).collect() }.filled(records)
    }

    fn filled(mut self, records: Vec<Endpoint>) -> Self {
        for record in records {
            self.insert(record);
        }
        for zone in self.zones.values_mut() {
            zone.pack();
        }
        self
    }

    /// Returns the number of record sets, ownership records not counted.
    pub fn len(&self) -> usize {
        self.zones().map(ZoneInventory::len).sum()
    }

    /// Tells whether the provider holds nothing but ownership records.
    pub fn is_empty(&self) -> bool {
        self.zones().all(ZoneInventory::is_empty)
    }

    /// Iterates over the zones, in order of their identifiers.
    pub fn zones(&self) -> impl Iterator<Item = &ZoneInventory> {
        self.zones.values()
    }

    /// Returns a zone by the provider's identifier; `None` asks for the zone without a name.
    pub fn zone(&self, id: Option<&ZoneId>) -> Option<&ZoneInventory> {
        self.zones.get(&id.cloned())
    }

    /// Tells whether record sets are told apart by their zone.
    pub fn is_zoned(&self) -> bool {
        !self.zones.contains_key(&None)
    }

    /// Iterates over the record sets, zone by zone, in order of their names.
    pub fn records(&self) -> impl Iterator<Item = CurrentRecord<'_>> {
        self.zones().flat_map(ZoneInventory::records)
    }

    /// Returns the record sets of one canonical name, zone by zone.
    pub fn at(&self, name: &str) -> Vec<CurrentRecord<'_>> {
        self.zones().flat_map(|zone| zone.at(name)).collect()
    }

    /// Changes the inventory as the provider changed when it took `changes`.
    pub fn apply(&mut self, changes: &Changes) {
        let Changes { create, update, delete } = changes;
        for gone in delete.iter().chain(update.iter().map(|Update { old, .. }| old)) {
            if let Some(zone) = self.zones.get_mut(&gone.zone) {
                zone.remove(gone);
            }
        }
        for new in create.iter().chain(update.iter().map(|Update { new, .. }| new)) {
            // Labels are for the journey; ownership records keep what they say.
            self.insert(Endpoint { labels: Labels::default(), ..new.clone() });
        }
    }

    /// Remembers whose the record sets were that lost their ownership record since `before` was
    /// read.
    ///
    /// A record set is still ours if we saw our ownership record on it and it has not changed by a
    /// byte since; its ownership record is then written again when the record set is next
    /// desired.
    pub fn recall(&mut self, before: &Self, owner: &str) {
        for (id, zone) in &mut self.zones {
            if let Some(before) = before.zones.get(id) {
                zone.recall(before, owner);
            }
        }
    }

    fn insert(&mut self, mut record: Endpoint) {
        let Some((id, _)) = self.zones.get_key_value(&record.zone) else { return };
        // One identifier for all record sets of the zone.
        record.zone.clone_from(id);
        if let Some(zone) = self.zones.get_mut(&record.zone.clone()) {
            zone.insert(record);
        }
    }
}
