//! When syncs are due, by examples and by laws over random times.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;

#[test]
fn no_wait_is_too_long_to_count() {
    let start = Instant::now();
    let mut schedule = Schedule::new(Pace { interval: Duration::MAX, ..pace() }, start);
    schedule.started(SyncKind::Full, start);
    assert!(schedule.due().0 > seconds(start, 86_400));
    for pause in [Duration::from_hours(24), Duration::from_secs(u64::MAX), Duration::MAX] {
        schedule.failed(start, Some(pause));
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
    assert_eq!(schedule.due(), (seconds(start, 90), SyncKind::Full), "it came after a calm");
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
    schedule.changed(seconds(start, 20));
    assert_eq!(schedule.due(), (seconds(start, 20), SyncKind::Targeted), "after a calm, at once");
    schedule.started(SyncKind::Targeted, seconds(start, 20));
    schedule.ended(seconds(start, 20));
    for step in 1..100 {
        schedule.changed(seconds(start, 35) + Duration::from_millis(50 * step));
    }
    let first = seconds(start, 35) + Duration::from_millis(50);
    assert_eq!(schedule.due(), (first, SyncKind::Targeted), "after another calm");
    schedule.started(SyncKind::Targeted, first);
    schedule.ended(seconds(start, 50));
    for step in 0..100 {
        schedule.changed(seconds(start, 50) + Duration::from_millis(50 * step));
    }
    assert_eq!(schedule.due(), (seconds(start, 51), SyncKind::Targeted));
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

/// What a loop did that goes by a schedule.
#[derive(Debug, Default)]
struct Played {
    /// When syncs started that changes caused, in milliseconds.
    starts: Vec<u64>,
    /// For each change that came while no sync ran: when it came, and when a sync looked at it.
    looked_at: Vec<(u64, u64)>,
    /// Of these, whether nothing had changed and no sync had ended within the window before.
    after_calm: Vec<bool>,
}

/// Plays changes that come at these times, with syncs that last as long as said.
fn play(pace: Pace, changes: &[u64], lasting: impl Fn(usize) -> u64) -> Played {
    let origin = Instant::now();
    let at = |ms: u64| origin + Duration::from_millis(ms);
    let ms = |instant: Instant| u64::try_from(instant.duration_since(origin).as_millis()).unwrap();
    let quiet = ms(origin + pace.window.quiet);
    let mut schedule = Schedule::new(pace, origin);
    schedule.started(SyncKind::Full, origin);
    schedule.ended(origin);
    schedule.succeeded();
    let (mut played, mut waiting) = (Played::default(), Vec::new());
    let (mut coming, mut now): (VecDeque<_>, _) = (changes.iter().copied().collect(), 0);
    let (mut last_change, mut last_end) = (None, Some(0));
    while !coming.is_empty() || !waiting.is_empty() {
        let (due, kind) = schedule.due();
        let due = ms(due).max(now);
        if let Some(change) = coming.front().copied().filter(|change| *change <= due) {
            coming.pop_front();
            // What came while a sync ran is noticed when it has ended.
            now = now.max(change);
            schedule.changed(at(now));
            let is_calm = |last: Option<u64>| last.is_none_or(|last| last + quiet <= now);
            if now == change {
                let after_calm = is_calm(last_change) && is_calm(last_end);
                waiting.push((change, after_calm));
            }
            last_change = Some(now);
            continue;
        }
        now = due;
        schedule.started(kind, at(now));
        played.starts.push(now);
        for (change, after_calm) in waiting.drain(..) {
            played.looked_at.push((change, now));
            played.after_calm.push(after_calm);
        }
        now += lasting(played.starts.len());
        schedule.ended(at(now));
        schedule.succeeded();
        last_end = Some(now);
    }
    played
}

/// Returns the times at which things happen that come with these gaps.
fn after(gaps: &[u64]) -> Vec<u64> {
    gaps.iter()
        .scan(1_000, |now, gap| {
            *now += gap;
            Some(*now)
        })
        .collect()
}

proptest! {
    #[test]
    fn a_change_after_a_calm_waits_for_nothing(
        gaps in prop::collection::vec(prop_oneof![0..99_u64, 100..400_u64], 1..60),
        lasts in 0..250_u64,
    ) {
        let played = play(Pace::default(), &after(&gaps), |_| lasts);
        for ((came, looked), after_calm) in played.looked_at.iter().zip(&played.after_calm) {
            prop_assert!(!after_calm || came == looked, "{came} waited until {looked}");
        }
        prop_assert!(played.after_calm[0], "the first one comes after a calm");
    }

    #[test]
    fn two_syncs_that_changes_cause_keep_their_distance(
        gaps in prop::collection::vec(0..400_u64, 1..60),
        lasts in 0..250_u64, between in 0..2_000_u64,
    ) {
        let pace = Pace { between_events: Duration::from_millis(between), ..Pace::default() };
        let played = play(pace, &after(&gaps), |_| lasts);
        for pair in played.starts.windows(2) {
            prop_assert!(pair[0] + between <= pair[1], "{pair:?}");
        }
    }

    #[test]
    fn no_change_waits_longer_than_the_bound(
        gaps in prop::collection::vec(0..99_u64, 1..200), lasts in 0..250_u64,
    ) {
        let played = play(Pace::default(), &after(&gaps), |_| lasts);
        for (came, looked) in &played.looked_at {
            prop_assert!(looked - came <= 1_000, "{came} waited until {looked}");
        }
    }

    #[test]
    fn a_burst_of_a_thousand_changes_makes_three_syncs_at_most(
        gaps in prop::collection::vec(0..2_u64, 1_000), lasts in 0..1_000_u64,
    ) {
        let changes = after(&gaps);
        let played = play(Pace::default(), &changes, |_| lasts);
        prop_assert!(played.starts.len() <= 3, "{:?} for {:?}", played.starts, changes.last());
    }
}

#[test]
fn a_sync_that_only_looked_keeps_no_other_waiting() {
    let start = Instant::now();
    let mut schedule = Schedule::new(pace(), start);
    schedule.started(SyncKind::Full, start);
    schedule.ended(start);
    schedule.changed(seconds(start, 20));
    schedule.started(SyncKind::Targeted, seconds(start, 20));
    schedule.ended(seconds(start, 20));
    schedule.only_looked();
    schedule.changed(seconds(start, 21));
    assert_eq!(schedule.due(), (seconds(start, 21), SyncKind::Targeted));
}

#[test]
fn what_a_sync_put_off_is_due_when_it_said_and_not_closer_than_syncs_may_be() {
    let start = Instant::now();
    let mut schedule = Schedule::new(Pace::default(), start);
    schedule.started(SyncKind::Full, start);
    schedule.put_off(start + Duration::from_millis(150));
    assert_eq!(schedule.due(), (start + Duration::from_millis(150), SyncKind::Targeted));
    schedule.put_off(start + Duration::from_millis(50));
    assert_eq!(schedule.due(), (start + Duration::from_millis(100), SyncKind::Targeted));
    schedule.started(SyncKind::Targeted, start + Duration::from_millis(100));
    assert_eq!(schedule.due(), (start + Duration::from_mins(1), SyncKind::Full), "it is done");
}

#[test]
fn a_calm_ends_a_burst_and_a_storm_does_not_last_for_ever() {
    let start = Instant::now();
    let at = |milliseconds| start + Duration::from_millis(milliseconds);
    let window = Window::default();
    let late = Burst::at(start).then(Burst::at(at(5_000)));
    assert_eq!(late.calm_at(window), at(5_100), "what came long before is over");
    let storm = (1..100).map(|step| Burst::at(at(step * 50))).fold(Burst::at(start), Burst::then);
    assert_eq!(storm.calm_at(window), at(1_000));
}
