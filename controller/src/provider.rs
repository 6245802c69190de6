//! The provider as the controller sees it: counted, not waited for at the end, and unable to write
//! in a dry run.

use std::future::Future;
use std::sync::Arc;

use daemon::chain;
use external_dns_webhook::{
    Adjusted, Applied, Changes, DnsName, Endpoint, Listing, Negotiation, Provider, ProviderError,
    Zone,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::metrics::{Call, Metrics};
use crate::status::Status;

/// A provider whose calls are counted, and whose answers and silence are shown.
#[derive(Debug)]
pub struct Counted<P> {
    inner: P,
    metrics: Arc<Metrics>,
    status: Arc<Status>,
}

/// A provider whose questions are cut off when the process is to stop, and whose writes are not.
///
/// Nothing is lost with a question, and a provider that does not answer must not keep the process
/// from ending in time. What was sent to be written is waited for, so that it is known.
#[derive(Debug)]
pub struct Interruptible<P> {
    inner: P,
    stop: CancellationToken,
}

/// A provider that cannot write: the promise of `--dry-run`, kept where no caller can forget it.
#[derive(Debug)]
pub struct ReadOnly<P>(pub P);

impl<P: Provider> Counted<P> {
    /// Returns `inner` with its calls counted in `metrics` and shown on `status`.
    pub fn new(inner: P, metrics: Arc<Metrics>, status: Arc<Status>) -> Self {
        Self { inner, metrics, status }
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
        self.status.provider(Instant::now(), silence);
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

/// The process is to stop, so nothing is asked any more.
#[derive(Debug, thiserror::Error)]
#[error("the process is about to end")]
struct Stopping;

impl<P> Interruptible<P> {
    /// Returns `inner`, whose questions end with `stop`.
    pub fn new(inner: P, stop: CancellationToken) -> Self {
        Self { inner, stop }
    }

    async fn unless_stopped<T>(
        &self,
        answer: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<T, ProviderError> {
        tokio::select! {
            answer = answer => answer,
            () = self.stop.cancelled() => Err(ProviderError::unavailable(Stopping)),
        }
    }
}

impl<P: Provider> Provider for Interruptible<P> {
    async fn negotiate(&self) -> Result<Negotiation, ProviderError> {
        self.unless_stopped(self.inner.negotiate()).await
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        self.unless_stopped(self.inner.records()).await
    }

    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Adjusted, ProviderError> {
        self.unless_stopped(self.inner.adjust(desired)).await
    }

    async fn apply(&self, changes: Changes) -> Result<Applied, ProviderError> {
        self.inner.apply(changes).await
    }

    async fn records_named(&self, names: Vec<DnsName>) -> Result<Vec<Endpoint>, ProviderError> {
        self.unless_stopped(self.inner.records_named(names)).await
    }

    async fn zones(&self) -> Result<Vec<Zone>, ProviderError> {
        self.unless_stopped(self.inner.zones()).await
    }

    async fn revision(&self) -> Option<String> {
        let revision = async { Ok(self.inner.revision().await) };
        self.unless_stopped(revision).await.ok().flatten()
    }

    async fn records_since(&self, seen: Option<String>) -> Result<Listing, ProviderError> {
        self.unless_stopped(self.inner.records_since(seen)).await
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

#[cfg(test)]
mod tests;
