//! A provider that is written to by the leader only.

use std::future::Future;

use external_dns_webhook::ProviderError;
use tokio::time::Instant;

use super::{Fence, NotLeading};
use crate::metrics::Call;
use crate::provider::{Layer, Layered};
use crate::reconcile::NotSent;

/// A provider that takes a write only while the fence is open.
///
/// The fence is looked at right before the request is sent, and the request is dropped at the
/// moment at which the lease would run out. What was sent by then may still be done: see the
/// module's page for what bounds that.
pub type Fenced<P> = Layered<Fence, P>;

impl<P> Fenced<P> {
    /// Returns `inner` behind `fence`.
    pub fn new(inner: P, fence: Fence) -> Self {
        Self::with(fence, inner)
    }
}

impl Layer for Fence {
    async fn around<T: Send>(
        &self,
        call: Call,
        answer: impl Future<Output = Result<T, ProviderError>> + Send,
    ) -> Result<T, ProviderError> {
        if call != Call::Apply {
            return answer.await;
        }
        let mut fence = self.clone();
        let not_sent = |why: NotLeading| ProviderError::unavailable(NotSent(why.to_string()));
        let epoch = fence.check(Instant::now()).map_err(not_sent)?;
        tokio::select! {
            // The fence first: a process that wakes up from a pause must not send before it looks.
            biased;
            why = fence.closed(epoch) => Err(ProviderError::unavailable(why)),
            applied = answer => applied,
        }
    }
}

#[cfg(test)]
mod tests {
    use external_dns_webhook::memory::Memory;
    use external_dns_webhook::{Changes, Provider as _};

    use super::*;

    #[tokio::test]
    async fn what_a_replica_that_does_not_lead_would_write_is_known_not_to_be_sent() {
        let provider = Fenced::new(Memory::holding(Vec::new()), Fence::led_by("another"));
        match provider.apply(Changes::default()).await {
            Err(ProviderError::Unavailable { source, .. }) => assert!(source.is::<NotSent>()),
            other => panic!("{other:?}"),
        }
    }
}
