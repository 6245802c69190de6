//! A provider that is written to by the leader only.

use external_dns_webhook::{
    Adjusted, Applied, Changes, DnsName, Endpoint, Listing, Negotiation, Provider, ProviderError,
    Zone,
};
use tokio::time::Instant;

use super::Fence;

/// A provider that takes a write only while the fence is open.
///
/// The fence is looked at right before the request is sent, and the request is dropped at the
/// moment at which the lease would run out. What was sent by then may still be done: see the
/// module's page for what bounds that.
#[derive(Debug)]
pub struct Fenced<P> {
    inner: P,
    fence: Fence,
}

impl<P> Fenced<P> {
    /// Returns `inner` behind `fence`.
    pub fn new(inner: P, fence: Fence) -> Self {
        Self { inner, fence }
    }
}

impl<P: Provider> Provider for Fenced<P> {
    async fn negotiate(&self) -> Result<Negotiation, ProviderError> {
        self.inner.negotiate().await
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        self.inner.records().await
    }

    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Adjusted, ProviderError> {
        self.inner.adjust(desired).await
    }

    async fn apply(&self, changes: Changes) -> Result<Applied, ProviderError> {
        let mut fence = self.fence.clone();
        let epoch = fence.check(Instant::now()).map_err(ProviderError::unavailable)?;
        tokio::select! {
            // The fence first: a process that wakes up from a pause must not send before it looks.
            biased;
            why = fence.closed(epoch) => Err(ProviderError::unavailable(why)),
            applied = self.inner.apply(changes) => applied,
        }
    }

    async fn records_named(&self, names: Vec<DnsName>) -> Result<Vec<Endpoint>, ProviderError> {
        self.inner.records_named(names).await
    }

    async fn zones(&self) -> Result<Vec<Zone>, ProviderError> {
        self.inner.zones().await
    }

    async fn revision(&self) -> Option<String> {
        self.inner.revision().await
    }

    async fn records_since(&self, seen: Option<String>) -> Result<Listing, ProviderError> {
        self.inner.records_since(seen).await
    }
}
