//! One way to stand before a provider: each request passes through one function.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use external_dns_webhook::{
    Adjusted, Adjuster, Applied, Changes, DnsName, Endpoint, EndpointStream, Listing, Negotiation,
    Provider, ProviderError, Zone,
};

use crate::metrics::Call;

/// What is done around each request to a provider.
pub trait Layer: Send + Sync + 'static {
    /// Sees how many changes are about to be written.
    fn write_begins(&self, _changes: usize) {}

    /// Makes a request, and watches it, cuts it off, or does not make it at all.
    ///
    /// # Errors
    ///
    /// Returns the provider's error, or says why the request was not made or not waited for.
    fn around<T: Send>(
        &self,
        call: Call,
        answer: impl Future<Output = Result<T, ProviderError>> + Send,
    ) -> impl Future<Output = Result<T, ProviderError>> + Send;
}

/// A provider with a layer before it.
#[derive(Debug)]
pub struct Layered<L, P> {
    layer: L,
    inner: P,
}

impl<L, P> Layered<L, P> {
    /// Returns `inner` with `layer` before it.
    pub fn with(layer: L, inner: P) -> Self {
        Self { layer, inner }
    }

    /// Returns what stands behind the layer.
    pub fn inner(&self) -> &P {
        &self.inner
    }
}

// A method that is forgotten here would get the protocol's default answer, without a word.
#[deny(clippy::missing_trait_methods)]
impl<L: Layer, P: Provider> Provider for Layered<L, P> {
    async fn negotiate(&self) -> Result<Negotiation, ProviderError> {
        self.layer.around(Call::Negotiate, self.inner.negotiate()).await
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        self.layer.around(Call::Records, self.inner.records()).await
    }

    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Adjusted, ProviderError> {
        self.layer.around(Call::Adjust, self.inner.adjust(desired)).await
    }

    /// None: only a server asks for one, and no server stands before a layer.
    async fn adjuster(self: Arc<Self>) -> Result<Option<Box<dyn Adjuster>>, ProviderError> {
        Ok(None)
    }

    async fn apply(&self, changes: Changes) -> Result<Applied, ProviderError> {
        self.layer.write_begins(changes.len());
        self.layer.around(Call::Apply, self.inner.apply(changes)).await
    }

    async fn records_named(&self, names: Vec<DnsName>) -> Result<Vec<Endpoint>, ProviderError> {
        self.layer.around(Call::Records, self.inner.records_named(names)).await
    }

    async fn zones(&self) -> Result<Vec<Zone>, ProviderError> {
        self.layer.around(Call::Zones, self.inner.zones()).await
    }

    /// No request of its own: what the last list said.
    async fn revision(&self) -> Option<String> {
        self.inner.revision().await
    }

    async fn records_since(&self, seen: Option<String>) -> Result<Listing, ProviderError> {
        self.layer.around(Call::Records, self.inner.records_since(seen)).await
    }

    /// As a whole list: only a server writes one from a stream.
    async fn stream_since(
        &self,
        seen: Option<String>,
    ) -> Result<Listing<EndpointStream>, ProviderError> {
        self.layer.around(Call::Records, self.inner.stream_since(seen)).await
    }

    /// No request of its own: what the last list said.
    async fn age(&self) -> Option<Duration> {
        self.inner.age().await
    }

    async fn refresh(&self) -> Result<(), ProviderError> {
        self.layer.around(Call::Records, self.inner.refresh()).await
    }
}
