//! That AWS puts our calls off, for an account: told when it begins, as long as it lasts, and when it is over.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use external_dns_webhook::counted;
use tokio::time::Instant;

use super::ApiError;

/// For how long no call is put off when it is over: longer than the longest pause before a call is repeated.
const QUIET: Duration = Duration::from_mins(1);

/// Calls of an account that AWS did not take because they came too early.
#[derive(Debug, Default)]
pub(super) struct Delays {
    throttled: Mutex<Option<Bout>>,
    busy: Mutex<Option<Bout>>,
}

/// Calls that were put off one after the other, for one cause.
#[derive(Clone, Debug)]
struct Bout {
    cause: String,
    since: Instant,
    last: Instant,
    count: usize,
    /// Whether a call went through since the last one that was put off.
    passed: bool,
}

impl Delays {
    /// Notes that a call of `account` was put off, and warns when that is news.
    pub(super) fn put_off(&self, account: &str, error: &ApiError) {
        let now = Instant::now();
        self.settle(account, now);
        let mut bout =
            lock(if matches!(error, ApiError::Busy) { &self.busy } else { &self.throttled });
        if let Some(bout) = &mut *bout {
            bout.count += 1;
            (bout.last, bout.passed) = (now, false);
            return;
        }
        let cause = error.to_string();
        tracing::warn!(
            account,
            error = cause,
            "AWS puts calls off; they are made again until it takes them"
        );
        *bout = Some(Bout { cause, since: now, last: now, count: 1, passed: false });
    }

    /// Notes that AWS took a call of `account`.
    pub(super) fn passed(&self, account: &str) {
        for bout in [&self.throttled, &self.busy] {
            if let Some(bout) = &mut *lock(bout) {
                bout.passed = true;
            }
        }
        self.settle(account, Instant::now());
    }

    /// Tells what puts calls of `account` off now, one line for each cause.
    pub(super) fn told(&self, account: &str) -> Vec<String> {
        let now = Instant::now();
        self.settle(account, now);
        let bouts = [&self.throttled, &self.busy].map(|bout| lock(bout).clone());
        let line = |Bout { cause, since, last, count, passed: _ }: Bout| {
            let seconds = |then| now.duration_since(then).as_secs();
            format!(
                "{cause} (account `{account}`: {} put off in {} s, the last one {} s ago)",
                counted(count, "call"),
                seconds(since),
                seconds(last)
            )
        };
        bouts.into_iter().flatten().map(line).collect()
    }

    fn settle(&self, account: &str, now: Instant) {
        for bout in [&self.throttled, &self.busy] {
            let is_over = |bout: &mut Bout| bout.passed && now.duration_since(bout.last) >= QUIET;
            let Some(Bout { cause, since, last, count, passed: _ }) = lock(bout).take_if(is_over)
            else {
                continue;
            };
            let duration_ms =
                u64::try_from(last.duration_since(since).as_millis()).unwrap_or(u64::MAX);
            tracing::info!(
                account,
                cause,
                calls = count,
                duration_ms,
                "AWS takes calls at once again"
            );
        }
    }
}

fn lock(bout: &Mutex<Option<Bout>>) -> MutexGuard<'_, Option<Bout>> {
    bout.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn throttled() -> ApiError {
        ApiError::Throttled { operation: "ListHostedZones" }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_put_off_is_told_from_the_first_call_until_none_was_for_a_while() {
        let delays = Delays::default();
        assert_eq!(delays.told("default"), Vec::<String>::new());
        delays.put_off("default", &throttled());
        tokio::time::advance(Duration::from_secs(5)).await;
        delays.put_off("default", &throttled());
        tokio::time::advance(Duration::from_secs(2)).await;
        let told = delays.told("default");
        assert!(told[0].starts_with("AWS throttles `ListHostedZones`"), "{told:?}");
        assert!(told[0].ends_with("2 calls put off in 7 s, the last one 2 s ago)"), "{told:?}");
        delays.passed("default");
        tokio::time::advance(QUIET).await;
        assert_eq!(delays.told("default"), Vec::<String>::new());
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_not_over_before_a_call_went_through() {
        let delays = Delays::default();
        delays.put_off("default", &ApiError::Busy);
        tokio::time::advance(QUIET * 10).await;
        assert!(delays.told("default")[0].starts_with("Route 53 is still busy"));
        delays.passed("default");
        assert_eq!(delays.told("default"), Vec::<String>::new());
    }
}
