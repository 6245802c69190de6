//! The provider as the controller sees it: counted, not waited for at the end, and unable to write
//! in a dry run.

mod layered;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use daemon::chain;
use external_dns_webhook::ProviderError;
use external_dns_webhook::client::PartlyApplied;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub use self::layered::{Layer, Layered};
use crate::metrics::{Call, Metrics};
use crate::reconcile::GivenUp;
use crate::status::Status;

/// When it is told for the first time that a write waits for the provider; then after twice as long each.
const LONG_WRITE: Duration = Duration::from_secs(5);

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
    fn write_begins(&self, changes: usize) {
        self.status.write_begins(changes, Instant::now());
    }

    async fn around<T: Send>(
        &self,
        call: Call,
        answer: impl Future<Output = Result<T, ProviderError>> + Send,
    ) -> Result<T, ProviderError> {
        let started = Instant::now();
        let answer = std::pin::pin!(answer);
        let answer = match call {
            Call::Apply => {
                let _under_way = UnderWay(&self.status);
                telling_when_long(answer, || self.tell_write()).await
            }
            Call::Negotiate | Call::Records | Call::Adjust | Call::Zones => answer.await,
        };
        let failure = answer.as_ref().err().filter(|error| !is_given_up(error));
        self.metrics.provider.called(call, started.elapsed(), failure);
        // What refuses a request is there.
        let silence = match failure {
            Some(error @ ProviderError::Unavailable { .. }) => Some(chain(error)),
            None | Some(ProviderError::Refused(_)) => None,
        };
        self.status.provider(Instant::now(), silence);
        answer
    }
}

/// Tells whether a write ended because we sent no more of it: the provider answered all that it was sent.
fn is_given_up(error: &ProviderError) -> bool {
    PartlyApplied::of(error).is_some_and(PartlyApplied::is_ended_by::<GivenUp>)
}

impl Counting {
    /// Tells of the write that is under way.
    fn tell_write(&self) {
        if let Some(writing) = self.status.writing(Instant::now()) {
            let hint = "the provider's log says what it waits for";
            tracing::info!(hint, "A write is under way: {writing}");
        }
    }
}

/// Waits for an answer, and calls `tell` when that takes long.
async fn telling_when_long<T>(
    mut answer: impl Future<Output = T> + Unpin,
    mut tell: impl FnMut(),
) -> T {
    let mut next = LONG_WRITE;
    loop {
        if let Ok(answer) = tokio::time::timeout(next, &mut answer).await {
            return answer;
        }
        next *= 2;
        tell();
    }
}

/// Shows a write until this is dropped, as it is, too, when the write is given up.
struct UnderWay<'a>(&'a Status);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.write_ended();
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
