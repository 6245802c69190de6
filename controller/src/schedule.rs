//! Decides when the next sync runs and how much it looks at.
//!
//! Pure: the time is an argument. Changes are gathered for a short quiet while, so that a burst
//! becomes one sync, and never longer than a bound, so that a storm cannot postpone it for ever.

use std::time::Duration;

use tokio::time::Instant;

use external_dns_webhook::client::LONGEST_RETRY_AFTER;

use crate::args::LoopArgs;

/// Stands for a time that a clock cannot hold: longer than any process lives.
const FAR: Duration = Duration::from_hours(10 * 365 * 24);

/// How long to wait for what.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Time between full syncs, start to start.
    pub interval: Duration,
    /// Least time between two syncs that changes cause.
    pub between_events: Duration,
    /// How long nothing must change before a sync starts.
    pub quiet: Duration,
    /// How long a change waits at most.
    pub max_wait: Duration,
    /// First wait after a failure; it doubles with each further one.
    pub retry: Duration,
    /// Longest wait after a failure.
    pub retry_most: Duration,
}

/// How much a sync looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncKind {
    /// Everything the provider holds and everything the cluster asks for.
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
    changes: Option<Burst>,
    failures: u32,
    surprises: u32,
    /// Before when nothing wakes the loop after a failure; later the provider asked to be left
    /// alone, which a change does not heed.
    awake_at: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct Burst {
    first: Instant,
    last: Instant,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            interval: Duration::from_mins(1),
            between_events: Duration::from_millis(100),
            quiet: Duration::from_millis(100),
            max_wait: Duration::from_secs(1),
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
            changes: None,
            failures: 0,
            surprises: 0,
            awake_at: None,
        }
    }

    /// Notes at `now` that syncs are paced in another way; what they go by changed with it, so
    /// everything is looked at.
    pub fn repaced(&mut self, pace: Pace, now: Instant) {
        self.pace = pace;
        self.demanded(now);
    }

    /// Notes that something changed at `now`.
    pub fn changed(&mut self, now: Instant) {
        let first = self.changes.map_or(now, |changes| changes.first);
        self.changes = Some(Burst { first, last: now });
    }

    /// Returns when the next sync is due, and of which kind.
    ///
    /// After a failure only full syncs are due: what the provider holds is not known any more. A
    /// change is tried sooner than the provider asked to be tried again, and no sooner than would
    /// be if it had not asked.
    pub fn due(&self) -> (Instant, SyncKind) {
        let Some(Burst { first, last }) = self.changes else {
            return (self.full_at, SyncKind::Full);
        };
        let calm = later(last, self.pace.quiet).min(later(first, self.pace.max_wait));
        if self.failures > 0 {
            let sooner = self.awake_at.map_or(self.full_at, |instant| instant.max(calm));
            return (sooner.min(self.full_at), SyncKind::Full);
        }
        let spaced = self
            .last_start
            .map_or(calm, |last_start| calm.max(later(last_start, self.pace.between_events)));
        if spaced < self.full_at {
            (spaced, SyncKind::Targeted)
        } else {
            (self.full_at, SyncKind::Full)
        }
    }

    /// Notes that a sync starts at `now`; changes from here on are for the next one.
    pub fn started(&mut self, kind: SyncKind, now: Instant) {
        self.last_start = Some(now);
        self.changes = None;
        if kind == SyncKind::Full {
            self.full_at = later(now, self.pace.interval);
        }
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
        let asked = retry_after.unwrap_or_default().min(LONGEST_RETRY_AFTER);
        self.awake_at = Some(later(now, wait));
        self.full_at = later(now, asked.max(wait));
    }

    /// Notes at `now` that someone waits for a full sync.
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
mod tests {
    use super::*;

    #[test]
    fn no_wait_is_too_long_to_count() {
        let start = Instant::now();
        let mut schedule = Schedule::new(Pace { interval: Duration::MAX, ..pace() }, start);
        schedule.started(SyncKind::Full, start);
        assert!(schedule.due().0 > seconds(start, 86_400));
        for asked in [Duration::from_hours(24), Duration::from_secs(u64::MAX), Duration::MAX] {
            schedule.failed(start, Some(asked));
            assert_eq!(schedule.due(), (start + LONGEST_RETRY_AFTER, SyncKind::Full));
        }
    }

    #[test]
    fn a_change_wakes_a_loop_that_a_provider_asked_to_wait_and_not_one_that_backs_off() {
        let start = Instant::now();
        let mut schedule = Schedule::new(pace(), start);
        schedule.started(SyncKind::Full, start);
        schedule.failed(start, Some(Duration::from_mins(2)));
        assert_eq!(schedule.due(), (seconds(start, 120), SyncKind::Full));
        schedule.changed(start);
        assert_eq!(schedule.due(), (seconds(start, 1), SyncKind::Full), "not before the own wait");
        schedule.changed(seconds(start, 60));
        assert_eq!(schedule.due(), (seconds(start, 1), SyncKind::Full), "the first change counts");
        schedule.started(SyncKind::Full, seconds(start, 61));
        schedule.failed(seconds(start, 61), Some(Duration::from_mins(2)));
        assert_eq!(schedule.due(), (seconds(start, 181), SyncKind::Full), "the change was tried");
        schedule.changed(seconds(start, 90));
        let calm = seconds(start, 90) + schedule.pace.quiet;
        assert_eq!(schedule.due(), (calm, SyncKind::Full));
        schedule.changed(seconds(start, 200));
        assert!(schedule.due().0 <= seconds(start, 181), "a change never makes it later");
    }

    fn pace() -> Pace {
        Pace {
            interval: Duration::from_mins(10),
            between_events: Duration::from_secs(15),
            ..Pace::default()
        }
    }

    fn seconds(start: Instant, count: u64) -> Instant {
        start + Duration::from_secs(count)
    }

    #[test]
    fn full_syncs_are_an_interval_apart_start_to_start() {
        let start = Instant::now();
        let mut schedule = Schedule::new(pace(), start);
        assert_eq!(schedule.due(), (start, SyncKind::Full));
        schedule.started(SyncKind::Full, start);
        schedule.succeeded();
        assert_eq!(schedule.due(), (seconds(start, 600), SyncKind::Full));
    }

    #[test]
    fn a_burst_of_changes_becomes_one_sync() {
        let start = Instant::now();
        let mut schedule = Schedule::new(pace(), start);
        schedule.started(SyncKind::Full, start);
        schedule.changed(seconds(start, 10));
        schedule.changed(seconds(start, 10));
        assert_eq!(schedule.due(), (seconds(start, 15), SyncKind::Targeted));
        schedule.started(SyncKind::Targeted, seconds(start, 15));
        assert_eq!(schedule.due(), (seconds(start, 600), SyncKind::Full));
    }

    #[test]
    fn a_storm_of_changes_cannot_postpone_a_sync() {
        let start = Instant::now();
        let mut schedule = Schedule::new(pace(), start);
        schedule.started(SyncKind::Full, start);
        for step in 0..100 {
            schedule.changed(seconds(start, 20) + Duration::from_millis(50 * step));
        }
        assert_eq!(schedule.due(), (seconds(start, 21), SyncKind::Targeted));
    }

    #[test]
    fn a_full_sync_that_is_due_takes_the_changes_along() {
        let start = Instant::now();
        let mut schedule = Schedule::new(pace(), start);
        schedule.started(SyncKind::Full, start);
        schedule.changed(seconds(start, 600));
        assert_eq!(schedule.due(), (seconds(start, 600), SyncKind::Full));
    }

    #[test]
    fn refusals_are_tried_again_later_each_time() {
        let start = Instant::now();
        let mut schedule = Schedule::new(pace(), start);
        for expected in [1, 2, 4, 8, 16, 30, 30] {
            schedule.started(SyncKind::Full, start);
            schedule.surprised(start);
            assert_eq!(schedule.due(), (seconds(start, expected), SyncKind::Full));
        }
        schedule.started(SyncKind::Full, start);
        schedule.succeeded();
        assert_eq!(schedule.due(), (seconds(start, 600), SyncKind::Full));
    }

    #[test]
    fn failures_wait_longer_each_time_and_as_long_as_asked() {
        let start = Instant::now();
        let mut schedule = Schedule::new(pace(), start);
        schedule.started(SyncKind::Full, start);
        schedule.failed(start, None);
        schedule.changed(start);
        assert_eq!(schedule.due(), (seconds(start, 1), SyncKind::Full));
        schedule.failed(start, None);
        assert_eq!(schedule.due(), (seconds(start, 2), SyncKind::Full));
        schedule.started(SyncKind::Full, start);
        schedule.failed(start, Some(Duration::from_secs(9)));
        assert_eq!(schedule.due(), (seconds(start, 9), SyncKind::Full));
        for _ in 0..40 {
            schedule.failed(start, None);
        }
        assert_eq!(schedule.due(), (seconds(start, 30), SyncKind::Full));
        schedule.started(SyncKind::Full, seconds(start, 30));
        schedule.succeeded();
        assert_eq!(schedule.due(), (seconds(start, 630), SyncKind::Full));
    }
}
