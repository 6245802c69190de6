//! A write that the provider has not answered yet: what is sent, and for how long it has been waited for.

use std::time::Duration;

use external_dns_webhook::counted;
use tokio::time::Instant;

use crate::records::time;

/// A write that is under way.
#[derive(Clone, Debug)]
pub(super) struct WriteUnderWay {
    /// How many changes there are.
    all: usize,
    /// How many were sent and answered.
    done: usize,
    /// When it began, or the last of its requests was answered.
    asked: Instant,
}

impl WriteUnderWay {
    pub(super) fn begun(all: usize, now: Instant) -> Self {
        Self { all, done: 0, asked: now }
    }

    /// Notes that a request of it was answered.
    pub(super) fn went_on(&mut self, done: usize, now: Instant) {
        (self.done, self.asked) = (done, now);
    }

    /// Says what is waited for, of a provider at `place`, for how long, and with `at`, in seconds since 1970,
    /// since when.
    pub(super) fn told(&self, place: Option<&str>, now: Instant, at: Option<i64>) -> String {
        let Self { all, done, asked } = self;
        let provider = place.map_or_else(String::new, |place| format!(" at `{place}`"));
        let waited = now.checked_duration_since(*asked).unwrap_or(Duration::ZERO).as_secs();
        let waited = i64::try_from(waited).unwrap_or(i64::MAX);
        let since = at.map(|at| format!(", since {}", time::moment(at.saturating_sub(waited))));
        let (waited, since) = (time::span(waited), since.unwrap_or_default());
        let (sent, next) = match done {
            0 => (counted(*all, "change"), ""),
            done => (format!("{done} of {}", counted(*all, "change")), " the next of them"),
        };
        let are = if *all == 1 { "is" } else { "are" };
        format!(
            "{sent} {are} sent, and the provider{provider} has not answered{next} for {waited}{since}"
        )
    }
}
