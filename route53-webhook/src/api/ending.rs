//! When no further attempt is worth beginning: this process ends, the client has gone, or it waits no longer
//! for what AWS throttles.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long an attempt that is on its way when the process is to end may still take.
///
/// AWS answers a batch within a second or two; what takes longer may take any time.
const LAST_ATTEMPT: Duration = Duration::from_secs(5);

tokio::task_local! {
    static REQUEST: Request;
}

/// The request that calls are made for.
#[derive(Clone, Debug)]
struct Request {
    gone: CancellationToken,
    /// Until when it is worth waiting for AWS to take calls again: an answer that says why there is none
    /// must come before the client gives up.
    patient_until: Instant,
}

/// Makes the calls of `calls` as long as `gone` is not cancelled: one that is on its way then is
/// finished, and no other is begun. Those that AWS throttles fail once `patience` is over.
pub async fn until_gone<T>(
    gone: CancellationToken,
    patience: Duration,
    calls: impl Future<Output = T>,
) -> T {
    REQUEST.scope(Request { gone, patient_until: Instant::now() + patience }, calls).await
}

/// What keeps calls from being begun.
#[derive(Clone, Debug)]
pub(super) struct Ending {
    process: CancellationToken,
    request: Option<Request>,
}

impl Ending {
    /// Returns what ends the calls that are made here and now.
    pub(super) fn here(process: &CancellationToken) -> Self {
        Self { process: process.clone(), request: REQUEST.try_with(Clone::clone).ok() }
    }

    /// Tells whether no further attempt may be begun.
    pub(super) fn is_near(&self) -> bool {
        self.process.is_cancelled()
            || self.request.as_ref().is_some_and(|request| request.gone.is_cancelled())
    }

    /// Tells whether who asked would have given up after another `pause`.
    pub(super) fn is_impatient_after(&self, pause: Duration) -> bool {
        let request = self.request.as_ref();
        request.is_some_and(|request| Instant::now() + pause >= request.patient_until)
    }

    /// Waits until no further attempt may be begun.
    async fn near(&self) {
        let gone = async {
            match &self.request {
                Some(request) => request.gone.cancelled().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.process.cancelled() => {}
            () = gone => {}
        }
    }

    /// Waits for something that comes before an attempt; `None` when none may be begun any more.
    pub(super) async fn unless_near<T>(&self, before: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.near() => None,
            done = before => Some(done),
        }
    }

    /// Waits for an attempt that is on its way; `None` when the process ends before it does.
    pub(super) async fn unless_over<T>(&self, attempt: impl Future<Output = T>) -> Option<T> {
        let over = async {
            self.process.cancelled().await;
            tokio::time::sleep(LAST_ATTEMPT).await;
        };
        tokio::select! {
            biased;
            answer = attempt => Some(answer),
            () = over => None,
        }
    }
}

/// Waits, unless no further attempt may be begun by the calls that are made here.
pub(super) async fn pause(process: &CancellationToken, pause: Duration) {
    let _ = Ending::here(process).unless_near(tokio::time::sleep(pause)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_attempt_that_hangs_is_given_up_a_while_after_the_end_was_requested() {
        let process = CancellationToken::new();
        process.cancel();
        let begin = Instant::now();
        let answer = Ending::here(&process).unless_over(std::future::pending::<()>()).await;
        assert_eq!(answer, None);
        assert_eq!(begin.elapsed(), LAST_ATTEMPT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_has_gone_ends_what_has_not_begun_and_nothing_else() {
        let (process, gone) = (CancellationToken::new(), CancellationToken::new());
        gone.cancel();
        let others = Ending::here(&process);
        until_gone(gone, Duration::ZERO, async {
            let ending = Ending::here(&process);
            assert!(ending.is_near());
            assert_eq!(ending.unless_near(std::future::pending::<()>()).await, None);
            let answer = ending.unless_over(tokio::time::sleep(Duration::from_mins(1))).await;
            assert_eq!(answer, Some(()), "what is on its way is finished");
        })
        .await;
        assert!(!others.is_near());
    }
}
