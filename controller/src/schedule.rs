//! Decides when the next sync runs and how much it looks at.
//!
//! Pure: the time is an argument. A change after a calm is acted on at once. What follows is gathered
//! for a short quiet while, so that a burst becomes one more sync, and never longer than a bound, so
//! that a storm cannot postpone it for ever. What only goes away waits for the same while each time,
//! since it may be made anew: see [`Burst::calm_at`].

use std::time::Duration;

use tokio::time::Instant;

use external_dns_webhook::client::LONGEST_RETRY_AFTER;

use crate::args::LoopArgs;

/// Stands for a time that a clock cannot have: longer than any process lives.
const FAR: Duration = Duration::from_hours(10 * 365 * 24);

/// How long to wait for what.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Time between full syncs, start to start.
    pub interval: Duration,
    /// Least time between two syncs that changes cause.
    pub between_events: Duration,
    /// How long changes are gathered.
    pub window: Window,
    /// First wait after a failure; it doubles with each further one.
    pub retry: Duration,
    /// Longest wait after a failure.
    pub retry_most: Duration,
}

/// How long changes are gathered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// How long nothing must change before it counts as calm.
    pub quiet: Duration,
    /// How long a change waits for that at most.
    pub max_wait: Duration,
}

/// Changes that came one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Burst {
    /// When the first of them came.
    pub first: Instant,
    /// When the last of them came.
    pub last: Instant,
}

/// How much a sync looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncKind {
    /// Everything that is current and everything that is desired.
    Full,
    /// The names that changes are about.
    Targeted,
}

/// When the next sync is due.
#[derive(Clone, Debug)]
pub struct Schedule {
    pace: Pace,
    full_at: Instant,
    last_start: Option<Instant>,
    /// When the sync before the last one started.
    start_before: Option<Instant>,
    last_end: Option<Instant>,
    last_change: Option<Instant>,
    changes: Option<Changes>,
    /// When what the last sync put off is due.
    put_off_until: Option<Instant>,
    failures: u32,
    surprises: u32,
    /// Before when nothing wakes the loop after a failure; later the provider asked to be left
    /// alone, which a change does not heed.
    awake_at: Option<Instant>,
    /// Whether changes go before what everything is read for.
    names_go_first: bool,
}

/// Changes that no sync has looked at.
#[derive(Clone, Copy, Debug)]
struct Changes {
    burst: Burst,
    /// Whether the first of them came after a calm.
    leads: bool,
}

impl Burst {
    /// Returns a burst of one change at `now`.
    pub fn at(now: Instant) -> Self {
        Self { first: now, last: now }
    }

    /// Returns it with a further change at `now`.
    #[must_use]
    pub fn and(self, now: Instant) -> Self {
        self.with(Self::at(now))
    }

    /// Returns what goes on with `next`: both as one, or `next` alone where a calm lay between them.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        let is_over = later(self.last, Window::default().quiet) <= next.first;
        if is_over { next } else { self.with(next) }
    }

    /// Returns both as one.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self { first: self.first.min(other.first), last: self.last.max(other.last) }
    }

    /// Returns from when on it counts as over: nothing came for a while, or it has lasted too long.
    pub fn calm_at(self, window: Window) -> Instant {
        later(self.last, window.quiet).min(later(self.first, window.max_wait))
    }
}

impl Window {
    /// Changes are not gathered.
    pub const NONE: Self = Self { quiet: Duration::ZERO, max_wait: Duration::ZERO };
}

impl Default for Window {
    fn default() -> Self {
        Self { quiet: Duration::from_millis(100), max_wait: Duration::from_secs(1) }
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            interval: Duration::from_mins(1),
            between_events: Duration::from_millis(100),
            window: Window::default(),
            retry: Duration::from_secs(1),
            retry_most: Duration::from_secs(30),
        }
    }
}

impl From<&LoopArgs> for Pace {
    fn from(args: &LoopArgs) -> Self {
        // No `..`: a new flag must be given a meaning here before the crate compiles.
        let LoopArgs { interval, min_event_sync_interval, events: _, once: _, dry_run: _ } = args;
        Self { interval: interval.0, between_events: min_event_sync_interval.0, ..Self::default() }
    }
}

impl Schedule {
    /// Returns a schedule whose first sync, a full one, is due at `now`.
    pub fn new(pace: Pace, now: Instant) -> Self {
        Self {
            pace,
            full_at: now,
            last_start: None,
            start_before: None,
            last_end: None,
            last_change: None,
            changes: None,
            put_off_until: None,
            failures: 0,
            surprises: 0,
            awake_at: None,
            names_go_first: false,
        }
    }

    /// Notes at `now` that syncs are paced in another way; what they go by changed with it, so
    /// everything is looked at.
    pub fn repaced(&mut self, pace: Pace, now: Instant) {
        self.pace = pace;
        self.names_go_first = false;
        self.demanded(now);
    }

    /// Notes that something changed at `now`.
    pub fn changed(&mut self, now: Instant) {
        let is_calm =
            |at: Option<Instant>| at.is_none_or(|at| later(at, self.pace.window.quiet) <= now);
        let leads = is_calm(self.last_change) && is_calm(self.last_end);
        self.last_change = Some(now);
        self.changes = Some(match self.changes {
            Some(before) => Changes { burst: before.burst.and(now), leads: before.leads || leads },
            None => Changes { burst: Burst::at(now), leads },
        });
    }

    /// Returns when the next sync is due, and of which kind.
    ///
    /// After a failure only full syncs are due: what the provider has is not known any more. A
    /// change is tried sooner than the provider asked to be tried again, and no sooner than would
    /// be if it had not asked.
    pub fn due(&self) -> (Instant, SyncKind) {
        let gathered =
            self.changes.map(
                |Changes { burst, leads }| {
                    if leads { burst.first } else { burst.calm_at(self.pace.window) }
                },
            );
        let wanted = gathered.into_iter().chain(self.put_off_until).min();
        let Some(wanted) = wanted else { return (self.full_at, SyncKind::Full) };
        if self.names_go_first && gathered.is_some() {
            return (wanted, SyncKind::Targeted);
        }
        if self.failures > 0 {
            let sooner = self.awake_at.map_or(self.full_at, |instant| instant.max(wanted));
            return (sooner.min(self.full_at), SyncKind::Full);
        }
        let spaced = self
            .last_start
            .map_or(wanted, |last_start| wanted.max(later(last_start, self.pace.between_events)));
        if spaced < self.full_at {
            (spaced, SyncKind::Targeted)
        } else {
            (self.full_at, SyncKind::Full)
        }
    }

    /// Notes that a sync starts at `now`; changes from here on are for the next one.
    pub fn started(&mut self, kind: SyncKind, now: Instant) {
        self.start_before = self.last_start.replace(now);
        self.changes = None;
        self.put_off_until = None;
        if kind == SyncKind::Full {
            self.full_at = later(now, self.pace.interval);
        }
    }

    /// Notes that the sync ended at `now`, however it did.
    pub fn ended(&mut self, now: Instant) {
        self.last_end = Some(now);
    }

    /// Notes that the sync found nothing to do: the next need not keep its distance from it.
    pub fn only_looked(&mut self) {
        self.last_start = self.start_before;
    }

    /// Notes that the sync left something to one that is due `until`.
    pub fn put_off(&mut self, until: Instant) {
        self.put_off_until = Some(until);
    }

    /// Notes that the sync went well.
    pub fn succeeded(&mut self) {
        self.failures = 0;
        self.surprises = 0;
    }

    /// Notes at `now` that the sync failed, and how long the provider asked to be left alone, of
    /// which [`LONGEST_RETRY_AFTER`] counts at most.
    pub fn failed(&mut self, now: Instant, retry_after: Option<Duration>) {
        let wait = self.wait(self.failures);
        self.failures = self.failures.saturating_add(1);
        let requested = retry_after.unwrap_or_default().min(LONGEST_RETRY_AFTER);
        self.awake_at = Some(later(now, wait));
        self.full_at = later(now, requested.max(wait));
    }

    /// Notes whether names are written before everything was read: then a change is due though syncs
    /// fail, or a full one waits.
    pub fn names_go_first(&mut self, go_first: bool) {
        self.names_go_first = go_first;
    }

    /// Notes at `now` that a full sync is waited for.
    pub fn demanded(&mut self, now: Instant) {
        self.full_at = self.full_at.min(now);
    }

    /// Notes at `now` that the sync went well but for some changes: everything is looked at soon,
    /// and later each time that this happens again.
    pub fn surprised(&mut self, now: Instant) {
        let wait = self.wait(self.surprises);
        self.surprises = self.surprises.saturating_add(1);
        self.full_at = self.full_at.min(later(now, wait));
    }

    fn wait(&self, times_before: u32) -> Duration {
        let doublings = times_before.min(16);
        self.pace.retry.saturating_mul(1 << doublings).min(self.pace.retry_most)
    }
}

/// Returns the time `wait` after `at`, or one that is far enough when there is no such time.
fn later(at: Instant, wait: Duration) -> Instant {
    at.checked_add(wait).unwrap_or_else(|| at + FAR)
}

#[cfg(test)]
mod tests;
