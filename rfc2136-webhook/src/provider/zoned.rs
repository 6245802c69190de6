//! The provider to a controller that tells record sets apart by their zone.

use std::sync::Arc;
use std::time::Duration;

use external_dns_webhook::{
    Adjusted, Applied, Changes, DnsName, Endpoint, Listing, Negotiation, Provider, ProviderError,
};

use super::{Dialect, Rfc2136};

/// The name servers, as a controller sees them whose record sets say their zone.
#[derive(Clone, Debug)]
pub struct Zoned(pub Arc<Rfc2136>);

/// Why changes are not taken: one of them does not say where it shall be made.
#[derive(Debug, thiserror::Error)]
#[error(
    "a change to `{0}` has no `zone`; with `zoned=true` each record set has one, ownership records too"
)]
struct NoZoneSaid(DnsName);

impl Provider for Zoned {
    async fn negotiate(&self) -> Result<Negotiation, ProviderError> {
        self.0.negotiate().await
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        self.0.list(Dialect::Zoned).await
    }

    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Adjusted, ProviderError> {
        Ok(self.0.adjust_all(desired, Dialect::Zoned))
    }

    async fn apply(&self, changes: Changes) -> Result<Applied, ProviderError> {
        if let Some(zoneless) = changes.endpoints().find(|endpoint| endpoint.zone.is_none()) {
            return Err(ProviderError::refused(NoZoneSaid(zoneless.dns_name.clone())));
        }
        self.0.write(changes, |endpoint, _| endpoint.zone.clone()).await
    }

    async fn records_named(&self, names: Vec<DnsName>) -> Result<Vec<Endpoint>, ProviderError> {
        self.0.list_named(&names, Dialect::Zoned).await
    }

    async fn zones(&self) -> Result<Vec<external_dns_webhook::Zone>, ProviderError> {
        Provider::zones(&*self.0).await
    }

    async fn records_since(&self, seen: Option<String>) -> Result<Listing, ProviderError> {
        self.0.list_since(seen, Dialect::Zoned).await
    }

    async fn age(&self) -> Option<Duration> {
        self.0.age().await
    }

    async fn refresh(&self) -> Result<(), ProviderError> {
        self.0.refresh().await
    }
}
