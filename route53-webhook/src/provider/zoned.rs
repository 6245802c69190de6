//! The provider to a controller that tells record sets apart by their zone: each zone as it is, and
//! nothing of one zone decided by what another holds.

use std::sync::Arc;

use webhook_api::{
    Adjusted, Adjuster, Applied, Changes, DnsName, Endpoint, Negotiation, Provider, ProviderError,
};

use super::{Dialect, Route53, adjust, view};
use crate::name::WireName;

/// Route 53, as a controller sees it whose record sets say their zone.
#[derive(Clone, Debug)]
pub struct Zoned(pub Arc<Route53>);

impl Provider for Zoned {
    async fn negotiate(&self) -> Result<Negotiation, ProviderError> {
        self.0.negotiate().await
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        self.0.fresh().await?;
        Ok(view::each(&self.0.store()))
    }

    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Adjusted, ProviderError> {
        self.0.known().await?;
        let names: Vec<_> = desired.iter().map(|it| WireName::from_text(&it.dns_name)).collect();
        self.0.house(&names).await;
        let (store, settings) = (self.0.store(), self.0.settings());
        let (adjusted, _) = adjust::all(desired, &store, &settings, Dialect::Zoned);
        Ok(adjusted)
    }

    async fn adjuster(self: Arc<Self>) -> Result<Option<Box<dyn Adjuster>>, ProviderError> {
        self.0.known().await?;
        let provider = Arc::clone(&self.0);
        Ok(Some(Box::new(adjust::Piecewise::new(provider, Dialect::Zoned))))
    }

    /// Each change is made in the zone that it says, and in no other.
    async fn apply(&self, changes: Changes) -> Result<Applied, ProviderError> {
        self.0.apply(changes).await
    }

    async fn records_named(&self, names: Vec<DnsName>) -> Result<Vec<Endpoint>, ProviderError> {
        self.0.fresh().await?;
        let names: Vec<_> = names.iter().map(WireName::from_text).collect();
        self.0.house(&names).await;
        self.0.confirm(&names).await;
        Ok(view::each_named(&names, &self.0.store()))
    }

    async fn zones(&self) -> Result<Vec<webhook_api::Zone>, ProviderError> {
        self.0.zones().await
    }

    async fn revision(&self) -> Option<String> {
        self.0.revision().await
    }
}
