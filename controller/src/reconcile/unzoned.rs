//! Names that no zone of the provider has: it is asked about them, so that it looks for new zones.
//!
//! What a provider does not serve is never sent to it, so it would not learn that an object waits
//! for a zone. How often it really looks is for the provider to decide.

use controller_core::desired::Desired;
use external_dns_webhook::{DnsName, DomainFilter, Extension, Negotiation, Provider};

/// Most names that are asked about: one is enough for a provider to look.
const MAX_NAMES: usize = 50;

/// Returns names that are ours to manage and that the provider does not serve.
pub(super) fn names(
    desired: &Desired,
    own: &DomainFilter,
    negotiation: &Negotiation,
) -> Vec<DnsName> {
    let extensions = &negotiation.extensions;
    if !extensions.offers(Extension::Zones) || !extensions.offers(Extension::RecordsByName) {
        return Vec::new();
    }
    let waits =
        |dns_name: &&DnsName| own.covers(dns_name) && !negotiation.domain_filter.covers(dns_name);
    let mut names: Vec<_> = desired
        .endpoints
        .iter()
        .map(|endpoint| &endpoint.dns_name)
        .filter(waits)
        .take(MAX_NAMES)
        .collect();
    names.dedup();
    names.into_iter().cloned().collect()
}

/// Asks the provider about names, and tells whether it serves other names than before because of it.
///
/// A provider that does not answer is no reason to end the sync: nothing was asked of it yet.
pub(super) async fn zone_appeared(
    names: Vec<DnsName>,
    provider: &impl Provider,
    before: &DomainFilter,
) -> bool {
    if names.is_empty() || provider.records_named(names).await.is_err() {
        return false;
    }
    provider.negotiate().await.is_ok_and(|negotiation| negotiation.domain_filter != *before)
}
