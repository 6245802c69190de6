//! What a provider holds in one zone: record sets by name, each with the ownership records on it.
//!
//! Matching an ownership record to its record set is done when a name is looked at, not when it is
//! read, so that patching the inventory with our own writes costs what those writes cost.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use external_dns_webhook::{
    CanonicalName, DnsName, Endpoint, Labels, RecordKey, RecordType, Zone, ZoneId,
};

use super::current_record::{CurrentRecord, Fit, OwnershipRecord, is_current, is_same_set};
use super::facts::Facts;
use super::place::usual_places;
use super::scheme::{Read, Scheme};
use crate::zone::ZoneInfo;

/// What a provider holds in one zone, with ownership records matched to the record sets they are
/// about.
///
/// A provider that does not tell record sets apart by their zone holds one zone without a name, and
/// the names of its zones say where ownership records can be kept.
#[derive(Clone, Debug, Default)]
pub struct ZoneInventory {
    /// Record sets that are not ownership records, by name.
    records: BTreeMap<CanonicalName, Vec<Endpoint>>,
    /// Ownership records, by the name of what they are about.
    ownership_records: BTreeMap<CanonicalName, Vec<OwnershipRecord>>,
    /// What the ownership records kept under a name are about, where they spell it out; the name
    /// itself says it otherwise.
    explicit_by_name: BTreeMap<CanonicalName, Vec<CanonicalName>>,
    /// Ownership records whose name does not carry our affix, by their own name.
    orphans: BTreeMap<CanonicalName, Vec<Arc<Endpoint>>>,
    /// Record sets whose ownership record was there when we last looked, with what it said.
    recalled: BTreeMap<CanonicalName, Vec<(Endpoint, Facts)>>,
    /// Names of the zones that ownership records can be kept in.
    zones: BTreeSet<CanonicalName>,
    /// Which zone it is; `None` when it has no name.
    info: Option<ZoneInfo>,
    /// Why nothing is known of it; `None` when everything is.
    unavailable: Option<String>,
    scheme: Option<Arc<Scheme>>,
}

impl ZoneInventory {
    /// Returns an empty zone without a name, whose ownership records can be kept in zones of these
    /// names.
    pub(super) fn nameless(zones: &[DnsName], scheme: Option<Arc<Scheme>>) -> Self {
        let zones = zones.iter().map(|name| name.canonical().clone()).collect();
        Self { zones, scheme, ..Self::default() }
    }

    /// Returns an empty zone.
    pub(super) fn of_zone(zone: &Zone, scheme: Option<Arc<Scheme>>) -> Self {
        let zones = Some(zone.name.canonical().clone()).filter(|name| !name.is_empty());
        Self {
            zones: zones.into_iter().collect(),
            info: Some(ZoneInfo::from(zone)),
            unavailable: zone.unavailable.clone(),
            scheme,
            ..Self::default()
        }
    }

    /// Takes the least memory for what is there.
    pub(super) fn pack(&mut self) {
        self.records = packed(std::mem::take(&mut self.records));
        self.ownership_records = packed(std::mem::take(&mut self.ownership_records));
    }

    /// Returns which zone it is; `None` when it has no name.
    pub fn info(&self) -> Option<&ZoneInfo> {
        self.info.as_ref()
    }

    /// Returns the provider's identifier of the zone; `None` when it has no name.
    pub fn id(&self) -> Option<&ZoneId> {
        self.info.as_ref().and_then(ZoneInfo::id)
    }

    /// Returns why nothing is known of the zone; `None` when everything is.
    pub fn unavailable(&self) -> Option<&str> {
        self.unavailable.as_deref()
    }

    /// Returns the zone of a canonical name as people are told about it; `None` when it is not
    /// known.
    pub(crate) fn told_zone(&self, name: &str) -> Option<ZoneInfo> {
        self.info.clone().or_else(|| self.zone_of(name).map(ZoneInfo::named))
    }

    /// Returns the number of record sets, ownership records not counted.
    pub fn len(&self) -> usize {
        self.records.values().map(Vec::len).sum()
    }

    /// Tells whether the provider holds nothing but ownership records.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Iterates over the record sets in order of their names.
    pub fn records(&self) -> impl Iterator<Item = CurrentRecord<'_>> {
        self.records
            .iter()
            .flat_map(|(name, sets)| sets.iter().map(|set| self.current_record(name, set)))
    }

    /// Returns the record sets of one canonical name, in order of type and set identifier.
    pub fn at(&self, name: &str) -> Vec<CurrentRecord<'_>> {
        self.sets(name).iter().map(|set| self.current_record(name, set)).collect()
    }

    /// Iterates over the names that have record sets.
    pub fn names(&self) -> impl Iterator<Item = &CanonicalName> {
        self.records.keys()
    }

    /// Returns the zone that holds a canonical name: the longest known zone it lies in.
    pub fn zone_of<'a>(&self, name: &'a str) -> Option<&'a str> {
        let mut rest = name;
        loop {
            if self.zones.contains(rest) {
                return Some(rest);
            }
            (_, rest) = rest.split_once('.')?;
        }
    }

    /// Tells whether a canonical name is in this zone as far as is known, and in none that it hands
    /// on to other name servers.
    pub(crate) fn is_within(&self, name: &str) -> bool {
        let zone = self.zone_of(name);
        let mut rest = Some(name).filter(|name| Some(*name) != zone);
        while let Some(name) = rest {
            if self.sets(name).iter().any(|set| set.record_type == RecordType::Ns) {
                return false;
            }
            rest =
                name.split_once('.').map(|(_, above)| above).filter(|value| Some(*value) != zone);
        }
        zone.is_some() || !self.knows_zones()
    }

    /// Tells whether the provider said which zones it has.
    pub fn knows_zones(&self) -> bool {
        !self.zones.is_empty()
    }

    /// Remembers whose the record sets were that lost their ownership record since `before` was
    /// read.
    ///
    /// A record set is still ours if we saw our ownership record on it and it has not changed by a
    /// byte since; its ownership record is then written again when the record set is next
    /// desired.
    pub fn recall(&mut self, before: &Self, owner: &str) {
        let mut recalled: BTreeMap<CanonicalName, Vec<_>> = BTreeMap::new();
        for (name, sets) in &self.records {
            for set in sets.iter().filter(|set| self.ownership_records_on(name, set).is_empty()) {
                let records = before.at(name);
                let record =
                    records.iter().find(|record| record.endpoint == set && !record.ambiguous);
                let labels = record
                    .and_then(CurrentRecord::labels)
                    .filter(|labels| labels.owner() == Some(owner));
                if let Some(labels) = labels {
                    recalled.entry(name.clone()).or_default().push((set.clone(), labels.clone()));
                }
            }
        }
        self.recalled = recalled;
    }

    pub(crate) fn sets(&self, name: &str) -> &[Endpoint] {
        self.records.get(name).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn scheme(&self) -> Option<&Scheme> {
        self.scheme.as_deref()
    }

    /// Returns the ownership records about a canonical name, matched or not.
    pub(crate) fn ownership_records_about(&self, name: &str) -> &[OwnershipRecord] {
        self.ownership_records.get(name).map_or(&[], Vec::as_slice)
    }

    /// Iterates over all ownership records, with the name that each is about.
    pub(crate) fn ownership_records(
        &self,
    ) -> impl Iterator<Item = (&CanonicalName, &OwnershipRecord)> {
        self.ownership_records.iter().flat_map(|(about, ownership_records)| {
            ownership_records.iter().map(move |ownership_record| (about, ownership_record))
        })
    }

    /// Returns the names that ownership records under a name are about; none where there are no such records.
    pub fn owned_from<'a>(
        &'a self,
        place: &'a CanonicalName,
    ) -> impl Iterator<Item = &'a CanonicalName> {
        self.ownership_records_kept_at(place).map(|(about, _)| about)
    }

    /// Returns the ownership records kept under a canonical name, with what they are about.
    pub(crate) fn ownership_records_kept_at<'a>(
        &'a self,
        place: &'a str,
    ) -> impl Iterator<Item = (&'a CanonicalName, &'a OwnershipRecord)> {
        self.owned_names(place).into_iter().flat_map(move |about| {
            let kept = self.ownership_records.get_key_value(about.as_ref());
            kept.into_iter().flat_map(move |(about, ownership_records)| {
                let here = ownership_records.iter().filter(move |ownership_record| {
                    ownership_record.endpoint.dns_name.canonical() == place
                });
                here.map(move |ownership_record| (about, ownership_record))
            })
        })
    }

    /// Returns what ownership records kept under a canonical name can be about.
    fn owned_names(&self, place: &str) -> BTreeSet<Cow<'_, str>> {
        let spelled = self.explicit_by_name.get(place).into_iter().flatten();
        let by_name = self.scheme().and_then(|scheme| scheme.affixes.owned(place));
        let by_name = by_name.map(|(about, _)| Cow::Owned(about));
        spelled.map(|spelled| Cow::Borrowed(spelled.as_str())).chain(by_name).collect()
    }

    /// Iterates over everything under a canonical name: record sets, ownership records and
    /// orphans.
    pub(crate) fn held_at<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Endpoint> {
        let ownership_records = self
            .ownership_records_kept_at(name)
            .map(|(_, ownership_record)| &*ownership_record.endpoint);
        let orphans = self.orphans.get(name).into_iter().flatten().map(|orphan| &**orphan);
        self.sets(name).iter().chain(ownership_records).chain(orphans)
    }

    /// Tells whether an ownership record that is about nothing we know is kept under a canonical
    /// name.
    pub(crate) fn has_orphan(&self, place: &str) -> bool {
        self.orphans.contains_key(place)
    }

    /// Returns the name of a text that stands where an ownership record on a record set would stand,
    /// and looks like an encrypted one, but opens with no key of ours.
    pub(crate) fn unreadable_ownership_record(
        &self,
        name: &str,
        record: &Endpoint,
    ) -> Option<CanonicalName> {
        let scheme = self.scheme()?;
        let is_unreadable = |set: &Endpoint| {
            set.record_type == RecordType::Txt
                && set.targets.iter().any(|value| scheme.cannot_open(value))
        };
        let places = usual_places(&scheme.affixes, name, record);
        places.into_iter().find(|place| self.sets(place).iter().any(is_unreadable))
    }

    /// Returns the ownership records that fit a record set, the one to believe first.
    pub(crate) fn ownership_records_on(
        &self,
        name: &str,
        record: &Endpoint,
    ) -> Vec<(Fit, &OwnershipRecord)> {
        let mut ownership_records: Vec<_> = self
            .ownership_records_about(name)
            .iter()
            .filter_map(|ownership_record| Some((ownership_record.fit(record)?, ownership_record)))
            .collect();
        let replaced = self.scheme().and_then(|scheme| scheme.affixes.lookup_name(name));
        if let Some(replaced) = replaced {
            let fits = self
                .ownership_records_about(&replaced)
                .iter()
                .filter(|ownership_record| !ownership_record.explicit);
            ownership_records.extend(fits.filter_map(|ownership_record| {
                ownership_record.fit(record).map(|_| (Fit::Wildcard, ownership_record))
            }));
        }
        ownership_records.sort_by(|(fit, ownership_record), (other_fit, other)| {
            fit.cmp(other_fit)
                .then_with(|| {
                    ownership_record.record_type.is_none().cmp(&other.record_type.is_none())
                })
                .then_with(|| ownership_record.endpoint.dns_name.cmp(&other.endpoint.dns_name))
                // Two owners under one name: it may be the other's.
                .then_with(|| self.is_mine(ownership_record).cmp(&self.is_mine(other)))
        });
        ownership_records
    }

    fn is_mine(&self, ownership_record: &OwnershipRecord) -> bool {
        self.scheme().is_some_and(|scheme| scheme.is_mine(ownership_record))
    }

    /// Tells whether a record set that is no ownership record has ownership records among its
    /// values.
    pub(crate) fn keeps_ownership_records(&self, record: &Endpoint) -> bool {
        record.record_type == RecordType::Txt
            && self
                .ownership_records_kept_at(record.dns_name.canonical())
                .any(|(_, ownership_record)| *ownership_record.endpoint == *record)
    }

    /// Returns the identities of the record sets that owe their ownership to an ownership record
    /// about `name`, or about the name that stands for it in ownership records.
    pub(crate) fn dependents(
        &self,
        name: &str,
        ownership_record: &OwnershipRecord,
    ) -> BTreeSet<RecordKey> {
        let affixes = self.scheme().map(|scheme| &scheme.affixes);
        let counterpart = affixes.and_then(|affixes| {
            affixes.lookup_name(name).or_else(|| affixes.wildcard_counterpart(name))
        });
        let mut dependents = BTreeSet::new();
        for name in [Some(name), counterpart.as_deref()].into_iter().flatten() {
            let depends = |endpoint: &&Endpoint| {
                self.ownership_records_on(name, endpoint)
                    .first()
                    .is_some_and(|(_, best)| *best == ownership_record)
            };
            dependents.extend(self.sets(name).iter().filter(depends).map(Endpoint::key));
        }
        dependents
    }

    fn current_record<'a>(&'a self, name: &str, endpoint: &'a Endpoint) -> CurrentRecord<'a> {
        let ownership_records = self.ownership_records_on(name, endpoint);
        let ambiguous = ownership_records.first().is_some_and(|(_, ownership_record)| {
            self.is_ambiguous(name, ownership_record) || self.is_explained(name, ownership_record)
        });
        let same = |(other, _): &&(Endpoint, Facts)| other == endpoint;
        let recalled = match self.recalled.get(name) {
            Some(recalled) if ownership_records.is_empty() => {
                recalled.iter().find(same).map(|(_, facts)| facts)
            }
            Some(_) | None => None,
        };
        let seals = self.scheme().is_some_and(Scheme::seals);
        let is_old = |(fit, ownership_record): &(Fit, &OwnershipRecord)| {
            !is_current(*fit, ownership_record) || ownership_record.sealed != seals
        };
        let has_old_ownership_record = ownership_records.first().is_some_and(is_old);
        CurrentRecord { endpoint, ownership_records, ambiguous, has_old_ownership_record, recalled }
    }

    pub(super) fn insert(&mut self, mut record: Endpoint) {
        let name = record.dns_name.canonical().clone();
        record.labels.remove(Labels::OWNED_RECORD);
        record.labels.remove(Labels::OWNED_SET_IDENTIFIER);
        let Read { ownership_records, record } = match &self.scheme {
            Some(scheme) => scheme.read(record),
            None => Read { ownership_records: Vec::new(), record: Some(record) },
        };
        for (about, ownership_record) in ownership_records {
            self.insert_ownership_record(&name, about, ownership_record);
        }
        if let Some(record) = record {
            self.insert_record(name, record);
        }
    }

    fn insert_ownership_record(
        &mut self,
        name: &CanonicalName,
        about: Option<CanonicalName>,
        ownership_record: OwnershipRecord,
    ) {
        let Some(about) = about else {
            let orphans = self.orphans.entry(name.clone()).or_default();
            if !orphans.iter().any(|orphan| is_same_set(orphan, &ownership_record.endpoint)) {
                orphans.push(ownership_record.endpoint);
            }
            return;
        };
        if ownership_record.explicit {
            let owned_names = self.explicit_by_name.entry(name.clone()).or_default();
            if !owned_names.contains(&about) {
                owned_names.push(about.clone());
            }
        }
        let ownership_records = self.ownership_records.entry(about).or_default();
        ownership_records.reserve_exact(1);
        if !ownership_records.contains(&ownership_record) {
            ownership_records.push(ownership_record);
        }
    }

    fn insert_record(&mut self, name: CanonicalName, record: Endpoint) {
        let sets = self.records.entry(name).or_default();
        // Nearly every name has one set, and a vector that grows by itself has room for four.
        sets.reserve_exact(1);
        // The same set twice, as from a provider that lists copies, is one set to plan for.
        if !sets.contains(&record) {
            sets.push(record);
            sets.sort_by(|a, b| order(a).cmp(&order(b)));
        }
    }

    pub(super) fn remove(&mut self, gone: &Endpoint) {
        let key = gone.key();
        let place = key.name();
        let is_gone = |endpoint: &Endpoint| endpoint.key() == key;
        if let Some(sets) = self.records.get_mut(place) {
            // Of two sets under one key the one with the same answer goes.
            let exact = |endpoint: &Endpoint| is_gone(endpoint) && endpoint.targets == gone.targets;
            let any_exact = sets.iter().any(exact);
            sets.retain(|set| if any_exact { !exact(set) } else { !is_gone(set) });
            if sets.is_empty() {
                self.records.remove(place);
            }
        }
        let owned_names: Vec<_> =
            self.owned_names(place).into_iter().map(Cow::into_owned).collect();
        for about in owned_names {
            self.forget_ownership_records(&about, is_gone);
            let still_there = self
                .ownership_records_about(&about)
                .iter()
                .any(|ownership_record| ownership_record.endpoint.dns_name.canonical() == place);
            if !still_there && let Some(owned_names) = self.explicit_by_name.get_mut(place) {
                owned_names.retain(|name| *name != *about);
                if owned_names.is_empty() {
                    self.explicit_by_name.remove(place);
                }
            }
        }
    }

    fn forget_ownership_records(&mut self, about: &str, is_gone: impl Fn(&Endpoint) -> bool) {
        if let Some(ownership_records) = self.ownership_records.get_mut(about) {
            ownership_records.retain(|ownership_record| !is_gone(&ownership_record.endpoint));
            if ownership_records.is_empty() {
                self.ownership_records.remove(about);
            }
        }
    }
}

/// Returns the same map in the least memory: one that grew key by key is half empty.
fn packed<V>(map: BTreeMap<CanonicalName, V>) -> BTreeMap<CanonicalName, V> {
    map.into_iter().collect()
}

fn order(endpoint: &Endpoint) -> (&RecordType, &str, &external_dns_webhook::Targets) {
    (&endpoint.record_type, &endpoint.set_identifier, &endpoint.targets)
}
