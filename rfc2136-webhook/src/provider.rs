//! The provider: what a controller can ask of the name servers.

mod health;
mod list;
mod zoned;

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use external_dns_webhook::server::known_unavailable;
use external_dns_webhook::{
    Adjusted, Applied, Changes, DnsName, DomainFilter, Endpoint, Extension, Listing, Negotiation,
    Provider, ProviderError, Refusal, RefusalCode, ZoneId,
};
use futures::future::join_all;

pub use self::zoned::Zoned;
use crate::adjust::{self, PREFIX, ZONE};
use crate::fault::Fault;
use crate::group::{Group, group};
use crate::metrics::{Metrics, ZoneSample};
use crate::snapshot::Snapshot;
use crate::writes::{self, Outcome, Settings};
use crate::zone::Zone;

/// The name servers, as a controller sees them.
#[derive(Debug)]
pub struct Rfc2136 {
    serving: RwLock<Arc<Serving>>,
    metrics: Metrics,
}

/// What is served, until flags are read again.
#[derive(Debug)]
struct Serving {
    zones: Vec<Arc<Zone>>,
    settings: Settings,
    /// Tells revisions of these zones from those of others, of an earlier process too: the counters
    /// of new zones begin again, and serials of other servers may be the same.
    epoch: u64,
}

/// A zone that was read, or why not.
type Read<'a> = (&'a Zone, Result<Arc<Snapshot>, Fault>);

/// Why a list is not complete.
#[derive(Debug, thiserror::Error)]
#[error("zone `{zone}` cannot be read")]
struct Unread {
    zone: String,
    #[source]
    source: Fault,
}

impl Serving {
    fn new(zones: Vec<Zone>, settings: Settings) -> Self {
        let zones = zones.into_iter().map(Arc::new).collect();
        Self { zones, settings, epoch: rand::random() }
    }

    /// Reads all zones, one beside the other.
    async fn read_all(&self) -> Vec<Read<'_>> {
        join_all(self.zones.iter().map(|zone| async move {
            let read = zone.read().await.map(|locked| locked.snapshot);
            (&**zone, read)
        }))
        .await
    }

    fn adjust(&self, desired: &Endpoint, dialect: Dialect, results: &mut Adjusted) {
        let mut zones = match adjust::zones(desired, &self.zones) {
            Ok(zones) => zones,
            Err(refusal) => return results.refused.push(*refusal),
        };
        if dialect == Dialect::Merged {
            let home = self.zone_of(&desired.dns_name);
            if desired.properties.get(ZONE).is_some()
                && zones.iter().any(|zone| home.as_ref() != Some(&zone.id))
            {
                let message = format!(
                    "`{ZONE}` chooses another zone than `{}`, which is the one that has this name for a \
                     controller that does not tell zones apart (`zoned-records`); remove it, or use a \
                     controller that does, such as Signpost",
                    home.as_ref().map(ToString::to_string).unwrap_or_default()
                );
                let code = RefusalCode::InvalidProperty;
                return results.refused.push(Refusal::of(desired, code, message));
            }
            zones.truncate(1);
        }
        let apex = zones.first().map(|zone| &zone.dns_name);
        let adjusted = match adjust::adjusted(desired, apex, self.settings.ttls) {
            Ok(adjusted) => adjusted,
            Err((code, message)) => {
                return results.refused.push(Refusal::of(desired, code, message));
            }
        };
        if zones.is_empty() {
            results.endpoints.push(adjusted);
            return;
        }
        for zone in zones {
            let mut endpoint = adjusted.clone();
            endpoint.zone = (dialect == Dialect::Zoned).then(|| zone.id.clone());
            match zone.summary().problem {
                None => results.endpoints.push(endpoint),
                Some(problem) => {
                    let message = format!("zone `{}`: {problem}", zone.config.id);
                    let refusal = Refusal::of(&endpoint, RefusalCode::ZoneUnavailable, message);
                    results.refused.push(Refusal { retryable: true, ..refusal });
                }
            }
        }
    }

    /// Returns the zone that has a name, to a controller that does not tell zones apart.
    fn zone_of(&self, about: &DnsName) -> Option<ZoneId> {
        let about = Endpoint { dns_name: about.clone(), ..Endpoint::default() };
        let zones = adjust::zones(&about, &self.zones).ok()?;
        zones.first().map(|zone| zone.id.clone())
    }
}

/// Whether record sets say their zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    /// Of a name that several zones have, that of the longest zone is the one.
    Merged,
    /// Each says its zone.
    Zoned,
}

impl Rfc2136 {
    /// Returns a provider of these zones; nothing is read yet.
    pub fn new(zones: Vec<Zone>, settings: Settings, metrics: Metrics) -> Self {
        let serving = RwLock::new(Arc::new(Serving::new(zones, settings)));
        Self { serving, metrics }
    }

    /// Serves these zones from now on; what has begun is finished as it began.
    pub fn change(&self, zones: Vec<Zone>, settings: Settings) {
        let serving = Arc::new(Serving::new(zones, settings));
        *self.serving.write().unwrap_or_else(PoisonError::into_inner) = serving;
    }

    /// Returns the zones.
    pub fn served(&self) -> Vec<Arc<Zone>> {
        self.serving().zones.clone()
    }

    /// Tells whether nothing is written.
    fn is_dry_run(&self) -> bool {
        self.serving().settings.dry_run
    }

    fn serving(&self) -> Arc<Serving> {
        Arc::clone(&self.serving.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the counters, with those set that can only be known now.
    pub fn metrics(&self) -> &Metrics {
        self.metrics.sample(self.served().iter().map(|zone| {
            let summary = zone.summary();
            ZoneSample {
                id: zone.config.id.clone(),
                age: summary.confirmed_at.map(|at| at.elapsed()),
                serial: summary.serial,
                records: summary.records,
                available: summary.problem.is_none() && summary.serial.is_some(),
                serial_went_back: summary.serial_went_back,
            }
        }));
        &self.metrics
    }

    /// Returns the zones that could be read.
    ///
    /// # Errors
    ///
    /// Returns an error when one could not, unless the controller says that it knows: what
    /// is missing from a list would read as deleted.
    fn usable(
        read: Vec<Read<'_>>,
        dialect: Dialect,
    ) -> Result<Vec<(&Zone, Arc<Snapshot>)>, ProviderError> {
        // What one client was told says nothing of what another one knows.
        let told = match dialect {
            Dialect::Zoned => known_unavailable(),
            Dialect::Merged => BTreeSet::new(),
        };
        let mut usable = Vec::with_capacity(read.len());
        for (zone, read) in read {
            match read {
                Ok(snapshot) => usable.push((zone, snapshot)),
                Err(_) if told.contains(&zone.id) => {}
                Err(source) => {
                    let zone = zone.config.id.clone();
                    return Err(ProviderError::unavailable(Unread { zone, source }));
                }
            }
        }
        Ok(usable)
    }

    async fn list(&self, dialect: Dialect) -> Result<Vec<Endpoint>, ProviderError> {
        let serving = self.serving();
        let usable = Self::usable(serving.read_all().await, dialect)?;
        Ok(list::all(&usable, dialect, |_| true))
    }

    async fn list_named(
        &self,
        names: &[DnsName],
        dialect: Dialect,
    ) -> Result<Vec<Endpoint>, ProviderError> {
        let serving = self.serving();
        let usable = Self::usable(serving.read_all().await, dialect)?;
        let names: BTreeSet<_> = names.iter().map(|name| name.canonical().clone()).collect();
        Ok(list::all(&usable, dialect, |name| names.contains(name)))
    }

    async fn list_since(
        &self,
        seen: Option<String>,
        dialect: Dialect,
    ) -> Result<Listing, ProviderError> {
        let serving = self.serving();
        let usable = Self::usable(serving.read_all().await, dialect)?;
        let mut hasher = DefaultHasher::new();
        for (zone, snapshot) in &usable {
            (zone.config.id.as_str(), snapshot.serial, zone.summary().generation).hash(&mut hasher);
        }
        let revision = Some(format!("{:x}-{:x}", serving.epoch, hasher.finish()));
        if revision == seen {
            return Ok(Listing::Unchanged);
        }
        Ok(Listing::Changed { records: list::all(&usable, dialect, |_| true), revision })
    }

    fn adjust_all(&self, desired: Vec<Endpoint>, dialect: Dialect) -> Adjusted {
        let (serving, mut adjusted) = (self.serving(), Adjusted::default());
        for endpoint in desired {
            serving.adjust(&endpoint, dialect, &mut adjusted);
        }
        adjusted
    }

    /// Writes changes, each zone by itself and all of them side by side.
    async fn write(
        &self,
        changes: Changes,
        zone_of: impl Fn(&Endpoint, &DnsName) -> Option<ZoneId>,
    ) -> Result<Applied, ProviderError> {
        let (grouped, mut refused) = group(changes, zone_of);
        let serving = &self.serving();
        let one = |(id, groups): (ZoneId, Vec<Group>)| async move {
            if let Some(zone) = serving.zones.iter().find(|zone| zone.id == id) {
                return writes::write(zone, groups, serving.settings, &self.metrics).await;
            }
            let message = format!("`{id}` is no zone that is served");
            let refuse = |group: &Group| group.refused(&RefusalCode::NoZone, &message, false);
            Outcome { refused: groups.iter().flat_map(refuse).collect(), unknown: None }
        };
        for outcome in join_all(grouped.into_iter().map(one)).await {
            if let Some(fault) = outcome.unknown {
                return Err(ProviderError::unavailable(fault));
            }
            refused.extend(outcome.refused);
        }
        Ok(Applied { refused, dry_run: serving.settings.dry_run })
    }
}

impl Provider for Rfc2136 {
    async fn negotiate(&self) -> Result<Negotiation, ProviderError> {
        let zones = self.served();
        let names = zones.iter().map(|zone| zone.dns_name.as_str());
        Ok(Negotiation {
            domain_filter: DomainFilter::lists(names, [""; 0]),
            extensions: [
                Extension::RecordsByName,
                Extension::ConditionalRecords,
                Extension::Outcomes,
                Extension::Zones,
                Extension::ZonedRecords,
            ]
            .into_iter()
            .collect(),
            property_prefixes: vec![PREFIX.to_owned()],
            shard: None,
        })
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        self.list(Dialect::Merged).await
    }

    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Adjusted, ProviderError> {
        Ok(self.adjust_all(desired, Dialect::Merged))
    }

    async fn apply(&self, changes: Changes) -> Result<Applied, ProviderError> {
        let serving = self.serving();
        self.write(changes, |_, about| serving.zone_of(about)).await
    }

    async fn records_named(&self, names: Vec<DnsName>) -> Result<Vec<Endpoint>, ProviderError> {
        self.list_named(&names, Dialect::Merged).await
    }

    async fn zones(&self) -> Result<Vec<external_dns_webhook::Zone>, ProviderError> {
        let mut zones = Vec::new();
        let serving = self.serving();
        for (zone, read) in serving.read_all().await {
            let unavailable = read.err().map(|fault| daemon::chain(&fault));
            zones.push(external_dns_webhook::Zone {
                id: zone.config.id.clone(),
                name: zone.dns_name.clone(),
                private: false,
                unavailable,
            });
        }
        Ok(zones)
    }

    async fn records_since(&self, seen: Option<String>) -> Result<Listing, ProviderError> {
        self.list_since(seen, Dialect::Merged).await
    }

    async fn age(&self) -> Option<Duration> {
        let serving = self.serving();
        let served = serving.zones.iter().map(|zone| zone.summary());
        // A zone that is away lists nothing, so nothing of what is listed is as old as its last answer.
        let listed = served.filter(|summary| summary.problem.is_none());
        listed.filter_map(|summary| summary.confirmed_at).min().map(|at| at.elapsed())
    }

    async fn refresh(&self) -> Result<(), ProviderError> {
        let serving = self.serving();
        join_all(serving.zones.iter().map(|zone| zone.want_anew())).await;
        Ok(())
    }
}
