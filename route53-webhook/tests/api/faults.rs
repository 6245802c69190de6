//! Throttles, lost answers, restarts: everything converges, nothing is written twice.

use std::collections::BTreeMap;
use std::time::Duration;

use daemon::metrics::Exposition as _;
use external_dns_webhook::{Provider as _, ProviderError};
use route53_emulator::{Fault, FaultKind, Operation, Trigger};
use route53_webhook::provider::Config;

use crate::harness::*;

fn fault(kind: FaultKind, operation: Operation, trigger: Trigger) -> Fault {
    let mut fault = Fault::new(kind);
    fault.operation = Some(operation);
    fault.trigger = trigger;
    fault
}

// Q3 of docs/compatibility.md.
#[tokio::test]
async fn throttling_of_every_third_call_and_a_busy_zone_are_waited_out() {
    let world = World::new(&["example.com=Z1"]).await;
    let mut throttle = Fault::new(FaultKind::Throttle);
    throttle.trigger = Trigger::Every(3);
    let busy =
        fault(FaultKind::PriorRequest, Operation::ChangeResourceRecordSets, Trigger::Next(2));
    world.emulator.set_faults(vec![throttle, busy]);
    world
        .write(owned((0..5).map(|number| a(&format!("n{number}.example.com"), "192.0.2.1"))))
        .await;
    assert_eq!(world.records_in("Z1").len(), 10);
    let outcomes: Vec<_> = world.emulator.calls().into_iter().map(|call| call.outcome).collect();
    assert!(outcomes.iter().filter(|outcome| *outcome == "PriorRequestNotComplete").count() == 2);
    assert!(outcomes.iter().any(|outcome| outcome == "Throttling"));
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_recognised_as_done() {
    let world = World::new(&["example.com=Z1"]).await;
    world.records().await;
    let lost = fault(FaultKind::ResetAfter, Operation::ChangeResourceRecordSets, Trigger::Next(1));
    world.emulator.set_faults(vec![lost]);
    let (old, new) = (a("www.example.com", "192.0.2.1"), a("www.example.com", "192.0.2.2"));
    world.write(owned([old.clone()])).await;
    assert_eq!(world.records_in("Z1").len(), 2);

    let lost = fault(FaultKind::ResetAfter, Operation::ChangeResourceRecordSets, Trigger::Next(1));
    world.emulator.set_faults(vec![lost]);
    world.write(update([(old, new)])).await;
    assert!(world.records_in("Z1").contains(&"www.example.com A 192.0.2.2".to_owned()));
}

#[tokio::test]
async fn when_nothing_can_be_known_it_is_said_and_the_next_sync_repairs() {
    let world = World::new(&["example.com=Z1"]).await;
    world.records().await;
    let down = fault(FaultKind::Error(503), Operation::ChangeResourceRecordSets, Trigger::Always);
    world.emulator.set_faults(vec![down]);
    let changes = owned([a("www.example.com", "192.0.2.1")]);
    let error = world.provider.apply(changes.clone()).await.unwrap_err();
    assert!(matches!(error, ProviderError::Unavailable { .. }));
    world.emulator.set_faults(vec![]);
    let lists = world.lists();
    world.records().await;
    assert_eq!(world.lists(), lists + 1, "after something stale all is read again");
    world.write(changes).await;
    assert_eq!(world.records_in("Z1").len(), 2);
}

#[tokio::test]
async fn a_zone_that_may_be_read_but_not_written_fails_alone() {
    let world = World::new(&["example.com=Z1", "example.org=Z2"]).await;
    world.records().await;
    let mut denied =
        fault(FaultKind::AccessDenied, Operation::ChangeResourceRecordSets, Trigger::Always);
    denied.zone = Some("Z1".to_owned());
    world.emulator.set_faults(vec![denied]);
    let changes = owned([a("www.example.com", "192.0.2.1"), a("www.example.org", "192.0.2.1")]);
    let refused = world.refusals(changes).await;
    assert_eq!(refused, [("www.example.com".into(), "ZoneUnavailable".into())]);
    assert_eq!((world.records_in("Z1").len(), world.records_in("Z2").len()), (0, 2));
    let shown = world.provider.readiness().zones;
    for (zone, is_told) in [("Z1", true), ("Z2", false)] {
        let line = shown.iter().find(|line| line.starts_with(zone)).unwrap();
        assert_eq!(line.ends_with(", cannot be written to"), is_told, "{line}");
    }
}

#[tokio::test]
async fn an_unreachable_api_leaves_the_provider_unready_and_says_why() {
    let emulator = emulator(&["example.com=Z1"]).await;
    let nowhere = account("http://127.0.0.1:9", "key", 0.0);
    let world = World::of(emulator, config(), vec![nowhere], BTreeMap::new());
    let error = world.provider.records().await.unwrap_err();
    let cause = error.to_string();
    let said = "the hosted zones cannot be listed: `ListHostedZones` failed: AWS cannot be reached: \
                connection refused";
    assert_eq!(cause, said, "once, and nothing of what the SDK is made of");
    let readiness = world.provider.readiness();
    assert!(!readiness.is_ready);
    assert!(readiness.problems[0].contains("ListHostedZones"));
}

#[tokio::test]
async fn a_fresh_look_that_is_asked_for_does_not_wait_for_the_pause_after_a_failure() {
    let world = World::new(&["example.com=Z1"]).await;
    let down = fault(FaultKind::Error(503), Operation::ListHostedZones, Trigger::Always);
    world.emulator.set_faults(vec![down]);
    world.provider.records().await.unwrap_err();
    world.emulator.set_faults(vec![]);
    let old = world.provider.records().await.unwrap_err().to_string();
    assert!(old.contains("ListHostedZones"), "questions wait for the next try: {old}");
    world.provider.refresh().await.unwrap();
    world.provider.records().await.unwrap();
}

#[tokio::test]
async fn what_aws_answers_instead_is_told_in_a_sentence() {
    for (kind, words) in [
        (FaultKind::Error(503), "AWS answered 503 ServiceUnavailable: "),
        (FaultKind::Error(503), " (request id "),
        (FaultKind::Page(502), "HTTP status 502"),
        (FaultKind::Null, "the answer is not one of Route 53"),
        (FaultKind::Cut, "the answer is cut off before"),
    ] {
        let world = World::new(&["example.com=Z1"]).await;
        let strikes = fault(kind.clone(), Operation::ListHostedZones, Trigger::Always);
        world.emulator.set_faults(vec![strikes]);
        let cause = world.provider.records().await.unwrap_err().to_string();
        let start = "the hosted zones cannot be listed: `ListHostedZones` failed: ";
        assert!(cause.starts_with(start) && cause.contains(words), "{kind:?}: {cause}");
        for raw in ["service error", "dispatch failure", "Error {", "SendRequest", "os error"] {
            assert!(!cause.contains(raw), "{kind:?}: {cause}");
        }
    }
}

#[tokio::test]
async fn calls_keep_within_the_budget_however_many_are_wanted() {
    let emulator = emulator(&["example.com=Z1", "example.org=Z2", "example.net=Z3"]).await;
    emulator.set_rate(Some(5.0));
    let account = account(&emulator.endpoint_url(), "key", 4.0);
    let world = World::of(emulator, config(), vec![account], BTreeMap::new());
    let names = ["com", "org", "net"].map(|name| a(&format!("www.example.{name}"), "192.0.2.1"));
    world.write(owned(names)).await;
    world.records().await;
    let calls = world.emulator.calls();
    assert!(calls.iter().all(|call| call.outcome == "ok"), "{calls:?}");
    // As AWS counts: five in any second, when they arrive. A connection that takes a while to be
    // made delays the first call and not the others, so four apart by a second are not to be had.
    for window in calls.windows(6) {
        assert!(window[5].at_ms - window[0].at_ms >= 1_000, "{calls:?}");
    }
}

#[tokio::test]
async fn waiting_for_insync_asks_until_it_is_so() {
    let options = route53_emulator::Options {
        zones: vec!["example.com=Z1".parse().unwrap()],
        insync_delay: Duration::from_millis(300),
        ..route53_emulator::Options::default()
    };
    let emulator = route53_emulator::Emulator::start(options).await.unwrap();
    let world = World::with(emulator, Config { wait_insync: true, ..config() });
    world.write(create([a("www.example.com", "192.0.2.1")])).await;
    assert!(world.emulator.call_count(Operation::GetChange) >= 2);
    let metrics = world.metrics.text();
    assert!(metrics.contains("\nroute53_webhook_insync_seconds_count 1\n"), "{metrics}");
}

#[tokio::test]
async fn many_records_are_created_as_fast_as_the_budget_and_the_limits_allow() {
    let emulator = emulator(&["example.com=Z1"]).await;
    let account = account(&emulator.endpoint_url(), "key", 5.0);
    let world = World::of(emulator, config(), vec![account], BTreeMap::new());
    world.records().await;
    let names = (0..4_000).map(|number| a(&format!("n{number}.example.com"), "192.0.2.1"));
    let begin = tokio::time::Instant::now();
    world.write(owned(names)).await;
    let batches = world.writes();
    assert_eq!(world.records_in("Z1").len(), 8_000);
    // Each pair has 9 + 47 characters and 2 values: no more than 500 pairs fit into a batch.
    assert!(batches <= 9, "{batches}");
    assert!(begin.elapsed() < Duration::from_secs(12), "{:?}", begin.elapsed());
}
