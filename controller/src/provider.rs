//! The provider as the controller sees it: counted, and unable to write in a dry run.

use std::future::Future;
use std::sync::Arc;

use tokio::time::Instant;
use webhook_api::{
    Adjusted, Applied, Changes, DnsName, Endpoint, Listing, Negotiation, Provider, ProviderError,
    Zone,
};

use crate::metrics::{Call, Metrics};
use crate::page::{Page, chain};

/// A provider whose calls are counted, and whose answers and silence are shown.
#[derive(Debug)]
pub struct Counted<P> {
    inner: P,
    metrics: Arc<Metrics>,
    page: Arc<Page>,
}

/// A provider that cannot write: the promise of `--dry-run`, kept where no caller can forget it.
#[derive(Debug)]
pub struct ReadOnly<P>(pub P);

impl<P: Provider> Counted<P> {
    /// Returns `inner` with its calls counted in `metrics` and shown on `page`.
    pub fn new(inner: P, metrics: Arc<Metrics>, page: Arc<Page>) -> Self {
        Self { inner, metrics, page }
    }

    async fn count<T>(
        &self,
        call: Call,
        answer: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<T, ProviderError> {
        let started = Instant::now();
        let answer = answer.await;
        self.metrics.provider.called(call, started.elapsed(), answer.as_ref().err());
        // What refuses a request is there.
        let silence = match &answer {
            Err(error @ ProviderError::Unavailable { .. }) => Some(chain(error)),
            Ok(_) | Err(ProviderError::Refused(_)) => None,
        };
        self.page.provider(Instant::now(), silence);
        answer
    }
}

impl<P: Provider> Provider for Counted<P> {
    async fn negotiate(&self) -> Result<Negotiation, ProviderError> {
        self.count(Call::Negotiate, self.inner.negotiate()).await
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        self.count(Call::Records, self.inner.records()).await
    }

    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Adjusted, ProviderError> {
        self.count(Call::Adjust, self.inner.adjust(desired)).await
    }

    async fn apply(&self, changes: Changes) -> Result<Applied, ProviderError> {
        self.count(Call::Apply, self.inner.apply(changes)).await
    }

    async fn records_named(&self, names: Vec<DnsName>) -> Result<Vec<Endpoint>, ProviderError> {
        self.count(Call::Records, self.inner.records_named(names)).await
    }

    async fn zones(&self) -> Result<Vec<Zone>, ProviderError> {
        self.count(Call::Zones, self.inner.zones()).await
    }

    async fn revision(&self) -> Option<String> {
        self.inner.revision().await
    }

    async fn records_since(&self, seen: Option<String>) -> Result<Listing, ProviderError> {
        self.count(Call::Records, self.inner.records_since(seen)).await
    }
}

impl<P: Provider> Provider for ReadOnly<P> {
    async fn negotiate(&self) -> Result<Negotiation, ProviderError> {
        self.0.negotiate().await
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        self.0.records().await
    }

    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Adjusted, ProviderError> {
        self.0.adjust(desired).await
    }

    async fn apply(&self, _changes: Changes) -> Result<Applied, ProviderError> {
        Err(ProviderError::refused("a dry run writes nothing"))
    }

    async fn records_named(&self, names: Vec<DnsName>) -> Result<Vec<Endpoint>, ProviderError> {
        self.0.records_named(names).await
    }

    async fn zones(&self) -> Result<Vec<Zone>, ProviderError> {
        self.0.zones().await
    }

    async fn revision(&self) -> Option<String> {
        self.0.revision().await
    }

    async fn records_since(&self, seen: Option<String>) -> Result<Listing, ProviderError> {
        self.0.records_since(seen).await
    }
}
