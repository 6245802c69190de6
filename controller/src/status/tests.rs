//! What a reader is told of the loop, and when.

use super::*;

const STALE: Duration = Duration::from_mins(3);

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn check(status: &Status, name: &str, now: Instant) -> Check {
    let checks = status.checks(now, STALE);
    checks
        .into_iter()
        .find(|check| check.name == name)
        .unwrap_or_else(|| panic!("no check `{name}`"))
}

#[test]
fn a_sync_that_went_well_does_not_last() {
    let (status, start) = (Status::default(), Instant::now());
    let problem = |after| check(&status, "sync", start + seconds(after)).problem;
    assert_eq!(problem(0).unwrap(), "no sync has ended yet");
    status.sync_went_well(start, None);
    assert_eq!(problem(180), None);
    assert_eq!(problem(181).unwrap(), "the last sync that went well was 181 seconds ago");
    status.problem("sync", Some("it broke".into()));
    assert_eq!(problem(1).unwrap(), "it broke");
    let note = check(&status, "sync", start + seconds(7)).note;
    assert_eq!(note, "the last one ended 7 seconds ago");
}

#[test]
fn no_sync_is_expected_of_a_replica_that_stands_by() {
    let (status, start) = (Status::default(), Instant::now());
    status.problem("sync", Some("it broke".into()));
    status.stands_by(true);
    assert_eq!(check(&status, "sync", start).problem, None);
    status.stands_by(false);
    assert!(check(&status, "sync", start).problem.is_some());
}

#[test]
fn a_provider_is_silent_since_its_first_failure() {
    let (status, start) = (Status::default(), Instant::now());
    let at = |after| check(&status, "provider", start + seconds(after));
    assert_eq!((at(0).problem, at(0).note.as_str()), (None, "it was not asked yet"));
    status.provider(start, None);
    assert_eq!((at(4).problem, at(4).note.as_str()), (None, "it answered 4 seconds ago"));
    status.provider(start + seconds(5), Some("refused".into()));
    status.provider(start + seconds(8), Some("reset".into()));
    assert_eq!(at(9).problem.unwrap(), "no good answer for 4 seconds: reset");
    status.provider(start + seconds(10), None);
    assert_eq!(at(10).problem, None);
}

#[test]
fn a_provider_that_answers_may_be_broken_all_the_same() {
    let (status, start) = (Status::default(), Instant::now());
    status.provider(start, None);
    status.problem("provider", Some("it forgets".into()));
    assert_eq!(check(&status, "provider", start).problem.unwrap(), "it forgets");
}

#[test]
fn held_deletions_are_told_and_no_failure() {
    let (status, start) = (Status::default(), Instant::now());
    assert_eq!(check(&status, "deletion-guard", start).note, "");
    let hash: PlanHash = "0123456789ab".parse().unwrap();
    let view = PlanView { plan: "{}".into(), held: Some(hash), held_names: 12 };
    status.sync_went_well(start, Some(view));
    let guard = check(&status, "deletion-guard", start);
    assert_eq!(guard.problem, None);
    assert_eq!(guard.note, "the deletion of 12 names is held until `0123456789ab` is approved");
}

#[test]
fn what_is_always_looked_at_is_always_told_and_the_rest_while_it_lasts() {
    let (status, start) = (Status::default(), Instant::now());
    let names = || -> Vec<String> {
        status.checks(start, STALE).into_iter().map(|check| check.name).collect()
    };
    assert_eq!(names(), ["sync", "provider", "deletion-guard", "changes", "state"]);
    status.problem("config", Some("no such file".into()));
    status.problem("state", Some("disk full".into()));
    assert_eq!(names(), ["sync", "provider", "deletion-guard", "changes", "config", "state"]);
    assert_eq!(check(&status, "state", start).problem.unwrap(), "disk full");
    status.problem("config", None);
    status.problem("state", None);
    assert_eq!(names(), ["sync", "provider", "deletion-guard", "changes", "state"]);
    assert_eq!(check(&status, "state", start).problem, None);
}

#[test]
fn a_loop_is_overdue_when_it_did_not_come_back_in_time() {
    let (status, start) = (Status::default(), Instant::now());
    assert_eq!(status.overdue(start), None, "nobody expects it yet");
    status.back_by(Some(start + seconds(10)));
    assert_eq!(status.overdue(start + seconds(10)), None);
    assert_eq!(status.overdue(start + seconds(12)), Some(seconds(2)));
    status.back_by(None);
    assert_eq!(status.overdue(start + seconds(12)), None);
}

#[test]
fn a_loop_whose_provider_answers_piece_after_piece_is_not_overdue() {
    let (status, start) = (Status::default(), Instant::now());
    status.went_on(start, seconds(10));
    assert_eq!(status.overdue(start + seconds(99)), None, "nobody expects it yet");
    status.back_by(Some(start + seconds(10)));
    for step in (0..60).step_by(9) {
        assert_eq!(status.overdue(start + seconds(step)), None, "after {step} s");
        status.went_on(start + seconds(step), seconds(10));
    }
    assert_eq!(status.overdue(start + seconds(66)), Some(seconds(2)), "the last came after 54 s");
    status.back_by(Some(start + seconds(200)));
    status.went_on(start + seconds(100), seconds(10));
    assert_eq!(status.overdue(start + seconds(200)), None, "an answer never makes it earlier");
}
