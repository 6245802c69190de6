//! The provider to a controller that tells record sets apart by their zone: each zone as it is, and
//! nothing of one zone decided by what another has.

use std::sync::Arc;
use std::time::Duration;

use external_dns_webhook::server::known_unavailable;
use external_dns_webhook::{
    Adjusted, Adjuster, Applied, Changes, DnsName, Endpoint, EndpointStream, Listing, Negotiation,
    Provider, ProviderError, RecordType, ZoneId,
};

use super::{Dialect, Route53, adjust, view};
use crate::name::WireName;
use crate::records::Store;

/// Why changes are not taken: one of them does not say where it shall be made.
#[derive(Debug, thiserror::Error)]
#[error(
    "a change to `{name}` {record_type} has no `zone`; with `zoned=true` each record set has one, ownership records too"
)]
struct NoZoneSaid {
    name: DnsName,
    record_type: RecordType,
}

/// Why there is no list: a zone went away since the client was told of it.
#[derive(Debug, thiserror::Error)]
#[error("zone `{zone}` cannot be used, and this client was not told so: {reason}")]
struct NotTold {
    zone: ZoneId,
    reason: String,
}

/// Fails when a zone cannot be used that the client does not know to be away: what is
/// missing from the list would read as deleted.
fn missing_is_known(store: &Store) -> Result<(), ProviderError> {
    let known = known_unavailable();
    let lost = view::zones(store).into_iter().find_map(|zone| {
        let zone_id = ZoneId::from(zone.id);
        let reason = zone.unavailable.filter(|_| !known.contains(&zone_id))?;
        Some(NotTold { zone: zone_id, reason })
    });
    lost.map_or(Ok(()), |lost| Err(ProviderError::unavailable(lost)))
}

/// Route 53, as a controller sees it whose record sets say their zone.
#[derive(Clone, Debug)]
pub struct Zoned(pub Arc<Route53>);

impl Zoned {
    fn stream(&self) -> Result<EndpointStream, ProviderError> {
        let store = self.0.store();
        missing_is_known(&store)?;
        Ok(view::each(&store))
    }
}

impl Provider for Zoned {
    async fn negotiate(&self) -> Result<Negotiation, ProviderError> {
        self.0.negotiate().await
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        self.0.fresh().await?;
        Ok(self.stream()?.collect())
    }

    async fn stream_since(
        &self,
        seen: Option<String>,
    ) -> Result<Listing<EndpointStream>, ProviderError> {
        self.0.unless_seen(seen, || self.stream()).await
    }

    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Adjusted, ProviderError> {
        self.0.zones_known().await?;
        let names: Vec<_> =
            desired.iter().map(|endpoint| WireName::from_text(&endpoint.dns_name)).collect();
        self.0.wait_for_zones(&names).await;
        let (store, config) = (self.0.store(), self.0.config());
        let (adjusted, _) = adjust::all(desired, &store, &config, Dialect::Zoned);
        Ok(adjusted)
    }

    async fn adjuster(self: Arc<Self>) -> Result<Option<Box<dyn Adjuster>>, ProviderError> {
        self.0.known().await?;
        let provider = Arc::clone(&self.0);
        Ok(Some(Box::new(adjust::Piecewise::new(provider, Dialect::Zoned))))
    }

    /// Each change is made in the zone that it says, and in no other.
    ///
    /// # Errors
    ///
    /// Refused as a whole when a record set says no zone: it would be about every zone or none, and
    /// an ownership record could part from its record set.
    async fn apply(&self, mut changes: Changes) -> Result<Applied, ProviderError> {
        if let Some(lost) = changes.endpoints_mut().find(|endpoint| endpoint.zone.is_none()) {
            return Err(ProviderError::refused(NoZoneSaid {
                name: lost.dns_name.clone(),
                record_type: lost.record_type.clone(),
            }));
        }
        self.0.apply(changes).await
    }

    async fn records_named(&self, names: Vec<DnsName>) -> Result<Vec<Endpoint>, ProviderError> {
        let names: Vec<_> = names.iter().map(WireName::from_text).collect();
        if self.0.awaits_first_read() {
            self.0.read_first(&names).await?;
            // A write whose end is not known may have made them unknown again.
            self.0.all_known(&names)?;
        } else {
            self.0.fresh().await?;
            self.0.wait_for_zones(&names).await;
            self.0.confirm(&names).await;
        }
        let store = self.0.store();
        missing_is_known(&store)?;
        Ok(view::each_named(&names, &store))
    }

    async fn zones(&self) -> Result<Vec<external_dns_webhook::Zone>, ProviderError> {
        self.0.zones().await
    }

    async fn revision(&self) -> Option<String> {
        self.0.revision().await
    }

    async fn age(&self) -> Option<Duration> {
        self.0.age().await
    }

    async fn refresh(&self) -> Result<(), ProviderError> {
        self.0.refresh().await
    }
}
