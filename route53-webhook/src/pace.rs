//! When the next call to AWS may start.
//!
//! Route 53 takes five requests a second from an account, whatever makes them. Every attempt of
//! every call asks here first, retries included, so this process never takes more than its share.
//! The pages of whole zones stand in a line of their own, of which one at a time waits with the other
//! calls: however many zones are being read, one name or one write waits for one page.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Requests a second that AWS takes from one account ([quota]).
///
/// [quota]: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html
pub const AWS_REQUESTS_PER_SECOND: f64 = 5.0;

/// Added to every window, because calls that leave in time can still arrive closer together.
const MARGIN: Duration = Duration::from_millis(10);

/// Request budget of one AWS account.
///
/// In any window of one second at most the configured number of calls starts; a rate below one
/// widens the window instead. After a quiet time calls start at once.
#[derive(Debug)]
pub struct Budget {
    limit: usize,
    window: Duration,
    state: Mutex<State>,
    /// Where background calls wait.
    line: tokio::sync::Mutex<()>,
}

/// Whom a call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The calls before it, and at most one of those in the background.
    Soon,
    /// As before, and all others in the background: it is one of very many.
    InLine,
}

#[derive(Debug, Default)]
struct State {
    /// Starts of the last `limit` calls, oldest first.
    starts: VecDeque<Instant>,
    /// Nothing starts before, because AWS asked for a pause.
    paused_until: Option<Instant>,
}

impl Budget {
    /// Returns a budget of that many requests a second; zero or less means no limit.
    pub fn new(requests_per_second: f64) -> Self {
        let (limit, window) = if requests_per_second <= 0.0 || !requests_per_second.is_finite() {
            (0, Duration::ZERO)
        } else {
            let limit = requests_per_second.floor().clamp(1.0, 1_000.0);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "clamped to 1..=1000"
            )]
            let count = limit as usize;
            (count, Duration::from_secs_f64(limit / requests_per_second.min(1_000.0)) + MARGIN)
        };
        Self { limit, window, state: Mutex::default(), line: tokio::sync::Mutex::default() }
    }

    /// Waits until the next call may start.
    pub async fn take(&self, turn: Turn) {
        let _first = match turn {
            Turn::Soon => None,
            Turn::InLine => Some(self.line.lock().await),
        };
        tokio::time::sleep_until(self.reserve(Instant::now())).await;
    }

    /// Lets nothing start for `pause`: AWS has said that it is too much.
    pub fn pause(&self, pause: Duration) {
        let until = Instant::now() + pause;
        let mut state = self.state();
        state.paused_until = state.paused_until.max(Some(until));
    }

    /// Returns for how much longer nothing starts because AWS asked for a pause; `None` when it does not.
    pub fn paused(&self) -> Option<Duration> {
        let until = self.state().paused_until?;
        Some(until.saturating_duration_since(Instant::now())).filter(|pause| !pause.is_zero())
    }

    /// Returns how many calls could start right now; `None` without a limit.
    pub fn left(&self) -> Option<usize> {
        let now = Instant::now();
        if self.limit == 0 {
            return None;
        }
        let state = self.state();
        if state.paused_until.is_some_and(|until| until > now) {
            return Some(0);
        }
        let busy = state.starts.iter().filter(|start| **start + self.window > now).count();
        Some(self.limit.saturating_sub(busy))
    }

    fn reserve(&self, now: Instant) -> Instant {
        let mut state = self.state();
        let mut start = state.paused_until.map_or(now, |until| until.max(now));
        if self.limit == 0 {
            return start;
        }
        if state.starts.len() >= self.limit
            && let Some(oldest) = state.starts.pop_front()
        {
            start = start.max(oldest + self.window);
        }
        state.starts.push_back(start);
        start
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns how long to wait before attempt `attempt` (1 for the first retry): exponential, up to
/// 20 s, with `jitter` between 0 and 1 taking up to half of it away.
pub fn backoff(attempt: u32, jitter: f64) -> Duration {
    let full = Duration::from_millis(250) * 2_u32.saturating_pow(attempt.saturating_sub(1).min(10));
    full.min(Duration::from_secs(20)).mul_f64(1.0 - jitter.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_second_ever_sees_more_calls_than_configured() {
        let budget = Budget::new(2.0);
        let mut starts = Vec::new();
        for _ in 0..10 {
            budget.take(Turn::Soon).await;
            starts.push(Instant::now());
        }
        for window in starts.windows(3) {
            assert!(window[2] - window[0] >= Duration::from_secs(1));
        }
        assert!(starts[9] - starts[0] < Duration::from_millis(4_200), "nor is time wasted");
    }

    #[tokio::test(start_paused = true)]
    async fn rates_below_one_widen_the_window_and_zero_means_no_limit() {
        let slow = Budget::new(0.5);
        let begin = Instant::now();
        slow.take(Turn::Soon).await;
        slow.take(Turn::Soon).await;
        assert!(begin.elapsed() >= Duration::from_secs(2));

        let free = Budget::new(0.0);
        let begin = Instant::now();
        for _ in 0..1_000 {
            free.take(Turn::Soon).await;
        }
        assert_eq!(begin.elapsed(), Duration::ZERO);
        assert_eq!(free.left(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_that_aws_asked_for_delays_every_call() {
        let budget = Budget::new(5.0);
        assert_eq!(budget.left(), Some(5));
        budget.pause(Duration::from_secs(3));
        assert_eq!(budget.left(), Some(0));
        assert_eq!(budget.paused(), Some(Duration::from_secs(3)));
        let begin = Instant::now();
        budget.take(Turn::Soon).await;
        assert_eq!(budget.paused(), None);
        assert_eq!(begin.elapsed(), Duration::from_secs(3));
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_needs_one_name_waits_for_one_page_however_many_zones_are_read() {
        let budget = Budget::new(1.0);
        let order = Mutex::new(Vec::new());
        let call = async |turn, name| {
            budget.take(turn).await;
            order.lock().unwrap().push(name);
        };
        let pages = futures::future::join_all((0..20).map(|_| call(Turn::InLine, "page")));
        let names = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            futures::future::join_all((0..3).map(|_| call(Turn::Soon, "name"))).await
        };
        let begin = Instant::now();
        tokio::join!(pages, names);
        let order = order.into_inner().unwrap();
        assert_eq!(&order[..6], ["page", "page", "name", "name", "name", "page"]);
        assert!(begin.elapsed() < Duration::from_secs(23), "and no time is wasted");
    }

    #[test]
    fn back_off_doubles_up_to_a_limit_and_is_jittered_down_only() {
        assert_eq!(backoff(1, 0.0), Duration::from_millis(250));
        assert_eq!(backoff(3, 0.0), Duration::from_secs(1));
        assert_eq!(backoff(3, 1.0), Duration::from_millis(500));
        assert_eq!(backoff(40, 0.0), Duration::from_secs(20));
    }
}
