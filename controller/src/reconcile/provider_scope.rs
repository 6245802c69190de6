//! What a provider serves, as far as it matters whether it changed between two syncs.

use external_dns_webhook::{DnsName, DomainFilter, Negotiation, Provider, Zone};

use super::{Reconciler, SyncError};

/// What a provider says it serves.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ProviderScope {
    pub(super) zones: Zones,
    /// As JSON, because expressions cannot be compared.
    pub(super) domain_filter: String,
    pub(super) property_prefixes: Vec<String>,
}

/// Which zones a provider has.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Zones {
    /// It does not tell record sets apart by them; their names, where it tells.
    Merged(Vec<DnsName>),
    /// Each record set says its zone.
    Apart(Vec<Zone>),
}

impl ProviderScope {
    /// Tells whether there is no zone.
    pub(super) fn is_of_no_zone(&self) -> bool {
        match &self.zones {
            Zones::Merged(zones) => zones.is_empty(),
            Zones::Apart(zones) => zones.is_empty(),
        }
    }
}

impl<P: Provider> Reconciler<P> {
    /// Returns what the provider serves, which its zones are asked for.
    pub(super) async fn provider_scope(
        &self,
        negotiation: &Negotiation,
    ) -> Result<ProviderScope, SyncError> {
        Ok(ProviderScope {
            zones: self.zones(negotiation).await?,
            domain_filter: serde_json::to_string(&negotiation.domain_filter).unwrap_or_default(),
            property_prefixes: negotiation.property_prefixes.clone(),
        })
    }

    async fn zones(&self, negotiation: &Negotiation) -> Result<Zones, SyncError> {
        let zones = self.provider.zones().await.map_err(SyncError::Negotiate)?;
        if negotiation.extensions.offer_zoned_records() {
            return Ok(Zones::Apart(zones));
        }
        if !zones.is_empty() {
            return Ok(Zones::Merged(zones.into_iter().map(|zone| zone.name).collect()));
        }
        // A provider of version 1 tells its zones only through its filter.
        let DomainFilter::Lists { include, .. } = &negotiation.domain_filter else {
            return Ok(Zones::Merged(Vec::new()));
        };
        let names = include.iter().filter(|include| !include.starts_with('.'));
        Ok(Zones::Merged(names.map(|name| name.as_str().into()).collect()))
    }
}
