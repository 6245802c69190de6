//! The provider as the controller sees it: counted, not waited for at the end, and unable to write
//! in a dry run.

mod layered;

use std::future::Future;
use std::sync::Arc;

use daemon::chain;
use external_dns_webhook::ProviderError;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub use self::layered::{Layer, Layered};
use crate::metrics::{Call, Metrics};
use crate::status::{Status, WRITING};

/// A provider whose calls are counted, and whose answers and silence are shown.
pub type Counted<P> = Layered<Counting, P>;

/// A provider whose questions are cut off when the process is to stop, and whose writes are not.
///
/// Nothing is lost with a question, and a provider that does not answer must not keep the process
/// from ending in time. What was sent to be written is waited for, so that it is known.
pub type Interruptible<P> = Layered<UntilStop, P>;

/// A provider that cannot write: the promise of `--dry-run`, kept where no caller can forget it.
pub type ReadOnly<P> = Layered<NoWrites, P>;

/// Counts requests, and shows answers and silence.
#[derive(Debug)]
pub struct Counting {
    metrics: Arc<Metrics>,
    status: Arc<Status>,
}

/// Cuts off questions when everything is to stop.
#[derive(Debug)]
pub struct UntilStop(CancellationToken);

/// Refuses writes.
#[derive(Debug)]
pub struct NoWrites;

/// The process is to stop, so nothing is asked any more.
#[derive(Debug, thiserror::Error)]
#[error("the process is about to end")]
struct Stopping;

impl<P> Counted<P> {
    /// Returns `inner` with its calls counted in `metrics` and shown on `status`.
    pub fn new(inner: P, metrics: Arc<Metrics>, status: Arc<Status>) -> Self {
        Self::with(Counting { metrics, status }, inner)
    }
}

impl<P> Interruptible<P> {
    /// Returns `inner`, whose questions end with `stop`.
    pub fn new(inner: P, stop: CancellationToken) -> Self {
        Self::with(UntilStop(stop), inner)
    }
}

impl<P> ReadOnly<P> {
    /// Returns `inner`, which is only asked.
    pub fn new(inner: P) -> Self {
        Self::with(NoWrites, inner)
    }
}

impl Layer for Counting {
    async fn around<T: Send>(
        &self,
        call: Call,
        answer: impl Future<Output = Result<T, ProviderError>> + Send,
    ) -> Result<T, ProviderError> {
        let started = Instant::now();
        let answer = answer.await;
        if call == Call::Apply {
            self.status.note(WRITING, None);
        }
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

impl Layer for UntilStop {
    async fn around<T: Send>(
        &self,
        call: Call,
        answer: impl Future<Output = Result<T, ProviderError>> + Send,
    ) -> Result<T, ProviderError> {
        if call == Call::Apply {
            return answer.await;
        }
        tokio::select! {
            answer = answer => answer,
            () = self.0.cancelled() => Err(ProviderError::unavailable(Stopping)),
        }
    }
}

impl Layer for NoWrites {
    async fn around<T: Send>(
        &self,
        call: Call,
        answer: impl Future<Output = Result<T, ProviderError>> + Send,
    ) -> Result<T, ProviderError> {
        if call == Call::Apply {
            return Err(ProviderError::refused("a dry run writes nothing"));
        }
        answer.await
    }
}

#[cfg(test)]
mod tests;
