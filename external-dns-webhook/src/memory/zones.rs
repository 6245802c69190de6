//! Several zones in memory, each with record sets of its own.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::write;
use crate::{
    Adjusted, Applied, Changes, DnsName, DomainFilter, Endpoint, Extension, Negotiation, Provider,
    ProviderError, RecordKey, Refusal, ShardScope, Zone, ZoneId,
};

/// Property that chooses the zones of a record set: `public`, `private`, or ids with commas.
const ZONE: &str = "zone";

/// A provider of several zones that tells record sets apart by them.
///
/// By itself a name goes to the public zone with the longest name and to the private one. A zone that
/// is said to be unavailable lists nothing and takes nothing.
///
/// ```
/// use external_dns_webhook::memory::MemoryZones;
/// use external_dns_webhook::Zone;
///
/// let zone = |id: &str, private| Zone {
///     id: id.to_owned(),
///     name: "example.com".into(),
///     private,
///     unavailable: None,
/// };
/// assert!(MemoryZones::new([zone("Z1", false), zone("Z2", true)]).dump().is_empty());
/// ```
#[derive(Debug, Default)]
pub struct MemoryZones {
    zones: Mutex<Vec<Zone>>,
    /// Zones in which nothing may be written.
    sealed: Mutex<Vec<ZoneId>>,
    /// Which part of the zones these are; `None` for all.
    shard: Mutex<Option<ShardScope>>,
    records: Mutex<BTreeMap<RecordKey, Endpoint>>,
}

impl MemoryZones {
    /// Returns a provider of these zones that holds nothing.
    pub fn new(zones: impl IntoIterator<Item = Zone>) -> Self {
        Self { zones: Mutex::new(zones.into_iter().collect()), ..Self::default() }
    }

    /// Puts record sets, each of which says its zone, in the place of everything that is there.
    pub fn hold(&self, records: impl IntoIterator<Item = Endpoint>) {
        *self.held() = records.into_iter().map(|record| (record.key(), record)).collect();
    }

    /// Serves these zones from now on; record sets of others stay, unseen.
    pub fn serve(&self, zones: impl IntoIterator<Item = Zone>) {
        *self.zones.lock().unwrap_or_else(PoisonError::into_inner) = zones.into_iter().collect();
    }

    /// Says from now on that its zones are a part of all, and which are others'.
    pub fn be_shard(&self, scope: Option<ShardScope>) {
        *self.shard.lock().unwrap_or_else(PoisonError::into_inner) = scope;
    }

    /// Refuses every write in these zones from now on, and in no others; they are listed as ever.
    pub fn seal(&self, zones: impl IntoIterator<Item = ZoneId>) {
        *self.sealed.lock().unwrap_or_else(PoisonError::into_inner) = zones.into_iter().collect();
    }

    /// Returns everything that is there, of zones that cannot be used as well, in order of name, type,
    /// set identifier and zone.
    pub fn dump(&self) -> Vec<Endpoint> {
        self.held().values().cloned().collect()
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<RecordKey, Endpoint>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn served(&self) -> Vec<Zone> {
        self.zones.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn listed(&self, is_asked: impl Fn(&Endpoint) -> bool) -> Vec<Endpoint> {
        let usable: Vec<_> =
            self.served().into_iter().filter(|zone| zone.unavailable.is_none()).collect();
        let is_listed =
            |record: &&Endpoint| usable.iter().any(|zone| is_in(record, zone)) && is_asked(record);
        self.held().values().filter(is_listed).cloned().collect()
    }
}

impl Provider for MemoryZones {
    async fn negotiate(&self) -> Result<Negotiation, ProviderError> {
        let names = self.served().into_iter().map(|zone| zone.name.as_str().to_owned());
        let include: Vec<_> = names.flat_map(|name| [format!(".{name}"), name]).collect();
        Ok(Negotiation {
            domain_filter: DomainFilter::lists(&include, [""; 0]),
            extensions: [
                Extension::RecordsByName,
                Extension::Outcomes,
                Extension::Zones,
                Extension::ZonedRecords,
            ]
            .into_iter()
            .collect(),
            property_prefixes: Vec::new(),
            shard: self.shard.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        })
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        Ok(self.listed(|_| true))
    }

    async fn records_named(&self, names: Vec<DnsName>) -> Result<Vec<Endpoint>, ProviderError> {
        Ok(self.listed(|record| names.contains(&record.dns_name)))
    }

    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Adjusted, ProviderError> {
        let zones = self.served();
        let mut adjusted = Adjusted::default();
        for mut endpoint in desired {
            let chosen = chosen(&endpoint, &zones);
            endpoint.properties.remove(ZONE);
            if chosen.is_empty() {
                adjusted.endpoints.push(endpoint);
                continue;
            }
            for zone in chosen {
                let endpoint =
                    Endpoint { zone: Some(ZoneId::from(zone.id.as_str())), ..endpoint.clone() };
                match &zone.unavailable {
                    None => adjusted.endpoints.push(endpoint),
                    Some(reason) => adjusted.refused.push(unavailable(&endpoint, reason)),
                }
            }
        }
        Ok(adjusted)
    }

    async fn apply(&self, changes: Changes) -> Result<Applied, ProviderError> {
        let zones = self.served();
        let sealed = self.sealed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let denied = |endpoint: &Endpoint| {
            let is_sealed = endpoint.zone.as_ref().is_some_and(|zone| sealed.contains(zone));
            is_sealed.then(|| Refusal::of(endpoint, "AccessDenied", "its zone takes no writes"))
        };
        let refusal = |endpoint: &Endpoint| match zones.iter().find(|zone| is_in(endpoint, zone)) {
            None => Some(Refusal::of(endpoint, "NoZone", "its zone is not served")),
            Some(zone) => {
                let unavailable = |reason: &String| unavailable(endpoint, reason);
                zone.unavailable.as_ref().map(unavailable).or_else(|| denied(endpoint))
            }
        };
        let mut refused = Vec::new();
        let mut is_taken = |endpoint: &Endpoint| {
            let refusal = refusal(endpoint);
            let is_taken = refusal.is_none();
            refused.extend(refusal);
            is_taken
        };
        let Changes { mut create, mut update, mut delete } = changes;
        create.retain(&mut is_taken);
        update.retain(|update| is_taken(&update.new));
        delete.retain(&mut is_taken);
        refused.extend(write(&mut self.held(), Changes { create, update, delete }));
        Ok(Applied { refused, dry_run: false })
    }

    async fn zones(&self) -> Result<Vec<Zone>, ProviderError> {
        Ok(self.served())
    }
}

fn is_in(record: &Endpoint, zone: &Zone) -> bool {
    record.zone.as_ref().is_some_and(|id| id.as_str() == zone.id)
}

fn unavailable(endpoint: &Endpoint, reason: &str) -> Refusal {
    Refusal { retryable: true, ..Refusal::of(endpoint, "ZoneUnavailable", reason) }
}

/// Returns the zones that shall hold a record set; none when no zone can.
fn chosen<'a>(endpoint: &Endpoint, zones: &'a [Zone]) -> Vec<&'a Zone> {
    let holding: Vec<_> =
        zones.iter().filter(|zone| endpoint.dns_name.is_within(&zone.name)).collect();
    if endpoint.zone.is_some() {
        return holding.into_iter().filter(|zone| is_in(endpoint, zone)).collect();
    }
    let longest = |private: bool| {
        let of_kind = holding.iter().filter(move |zone| zone.private == private);
        let most = of_kind.clone().map(|zone| zone.name.canonical().len()).max();
        of_kind.filter(move |zone| Some(zone.name.canonical().len()) == most).copied()
    };
    match endpoint.properties.get(ZONE) {
        None | Some("") => longest(false).chain(longest(true)).collect(),
        Some("public") => longest(false).collect(),
        Some("private") => longest(true).collect(),
        Some(ids) => {
            let is_asked = |zone: &&Zone| ids.split(',').any(|id| id.trim() == zone.id);
            holding.into_iter().filter(is_asked).collect()
        }
    }
}
