//! That AWS puts our calls off, for an account: told when it begins, as long as it lasts, and when it is over.

use std::collections::BTreeMap;
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

/// Calls that were put off one after the other because AWS throttles, or because it is busy.
#[derive(Clone, Debug)]
struct Bout {
    /// Why the latest of them was.
    cause: String,
    since: Instant,
    last: Instant,
    /// How many there were for each reason, which names the call.
    counts: BTreeMap<String, usize>,
    /// Whether a call went through since the last one that was put off.
    passed: bool,
}

impl Bout {
    fn count(&self) -> usize {
        self.counts.values().sum()
    }
}

impl Delays {
    /// Notes that a call of `account` was put off, and warns when that is news.
    pub(super) fn put_off(&self, account: &str, error: &ApiError) {
        let now = Instant::now();
        self.settle(account, now);
        let mut bout =
            lock(if matches!(error, ApiError::Busy) { &self.busy } else { &self.throttled });
        let cause = error.to_string();
        if let Some(bout) = &mut *bout {
            *bout.counts.entry(cause.clone()).or_default() += 1;
            // The calls that are put off now may be others than at first.
            bout.cause = cause;
            (bout.last, bout.passed) = (now, false);
            return;
        }
        tracing::warn!(
            account,
            error = cause,
            "AWS puts calls off; they are made again until it takes them"
        );
        let counts = BTreeMap::from([(cause.clone(), 1)]);
        *bout = Some(Bout { cause, since: now, last: now, counts, passed: false });
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
        let line = |bout: Bout| {
            let (count, Bout { cause, since, last, counts, passed }) = (bout.count(), bout);
            let seconds = |then| now.duration_since(then).as_secs();
            let alike = counts.get(&cause).copied().unwrap_or_default();
            let alike =
                if alike < count { format!(", {alike} of them this one") } else { String::new() };
            format!(
                "{cause} (account `{account}`: {} put off in {} s{alike}, the last one {} s ago{})",
                counted(count, "call"),
                seconds(since),
                seconds(last),
                if passed { "; AWS has taken a call since" } else { "" },
            )
        };
        bouts.into_iter().flatten().map(line).collect()
    }

    fn settle(&self, account: &str, now: Instant) {
        for bout in [&self.throttled, &self.busy] {
            let is_over = |bout: &mut Bout| bout.passed && now.duration_since(bout.last) >= QUIET;
            let Some(bout) = lock(bout).take_if(is_over) else { continue };
            let (count, Bout { cause, since, last, counts: _, passed: _ }) = (bout.count(), bout);
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
    async fn the_latest_call_that_was_put_off_is_named_with_its_count_and_a_call_that_went_through()
    {
        let delays = Delays::default();
        let (list, change) = (throttled(), "ChangeResourceRecordSets");
        for _ in 0..17 {
            delays.put_off("default", &list);
        }
        delays.passed("default");
        tokio::time::advance(Duration::from_secs(20)).await;
        let told = delays.told("default");
        let ends = "17 calls put off in 20 s, the last one 20 s ago; AWS has taken a call since)";
        assert!(told[0].ends_with(ends), "{told:?}");
        delays.put_off("default", &ApiError::Throttled { operation: change });
        let told = delays.told("default");
        assert!(told[0].starts_with("AWS throttles `ChangeResourceRecordSets`"), "{told:?}");
        let ends = "18 calls put off in 20 s, 1 of them this one, the last one 0 s ago)";
        assert!(told.len() == 1 && told[0].ends_with(ends), "{told:?}");
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
