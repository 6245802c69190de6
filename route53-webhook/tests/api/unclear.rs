//! Answers that are lost, cut off or written by something else: nothing is believed before it is read.

use std::collections::BTreeMap;
use std::time::Duration;

use daemon::metrics::Exposition as _;
use external_dns_webhook::{Changes, Provider as _, ProviderError};
use route53_emulator::{Change, Fault, FaultKind, Operation, ResourceRecordSet, Trigger};
use route53_webhook::metrics::Metrics;
use route53_webhook::provider::{Config, Route53};
use route53_webhook::records::{LANDED_WITHIN, MaxAge};
use route53_webhook::writes::Mode;

use crate::harness::*;

fn fault(kind: FaultKind, operation: Operation, trigger: Trigger) -> Fault {
    let mut fault = Fault::new(kind);
    fault.operation = Some(operation);
    fault.trigger = trigger;
    fault
}

fn theirs(name: &str, address: &str) -> ResourceRecordSet {
    ResourceRecordSet::new(name, "A", 300, &[address])
}

/// Waits until questions are answered again, and returns the names.
async fn names_when_answered(world: &World) -> Vec<String> {
    until("an answer", async || world.provider.records().await.is_ok()).await;
    world.records().await.iter().map(|record| record.dns_name.to_string()).collect()
}

async fn is_unavailable(world: &World) -> bool {
    matches!(world.provider.records().await, Err(ProviderError::Unavailable { .. }))
}

#[tokio::test]
async fn what_was_written_and_refused_when_repeated_is_read_before_the_next_answer() {
    let world = World::new(&["example.com=Z1"]).await;
    let old = a("old.example.com", "192.0.2.9");
    world.seed("Z1", theirs("old.example.com", "192.0.2.9"));
    world.records().await;
    world.emulator.set_faults(vec![
        fault(FaultKind::Twice, Operation::ChangeResourceRecordSets, Trigger::Next(1)),
        fault(FaultKind::Error(503), Operation::ListResourceRecordSets, Trigger::Always),
    ]);
    let new = a("new.example.com", "192.0.2.1");
    let changes = Changes { delete: vec![old], ..create([new]) };
    let answer = world.provider.apply(changes.clone()).await;
    assert!(matches!(answer, Err(ProviderError::Unavailable { .. })), "{answer:?}");
    assert!(is_unavailable(&world).await, "nothing rests on what is not known");
    world.emulator.set_faults(vec![]);
    assert_eq!(names_when_answered(&world).await, ["new.example.com"]);
    world.write(changes).await;
    assert_eq!(world.writes(), 1, "it was done");
}

#[tokio::test]
async fn a_write_that_lands_after_the_zone_was_read_again_is_found_half_a_minute_later() {
    let world = World::new(&["example.com=Z1"]).await;
    world.records().await;
    world.emulator.set_faults(vec![fault(
        FaultKind::Reset,
        Operation::ChangeResourceRecordSets,
        Trigger::Always,
    )]);
    let changes = create([a("late.example.com", "192.0.2.1")]);
    assert!(world.provider.apply(changes).await.is_err());
    world.emulator.set_faults(vec![]);
    assert_eq!(world.records().await, [], "it has not landed");
    let landed = [Change {
        action: "CREATE".to_owned(),
        resource_record_set: theirs("late.example.com", "192.0.2.1"),
    }];
    world.emulator.change("Z1", &landed).unwrap();
    assert_eq!(world.records().await, [], "nothing says that it has");
    let lists = world.lists();
    tokio::time::pause();
    tokio::time::advance(LANDED_WITHIN).await;
    tokio::time::resume();
    assert_eq!(world.record("late.example.com").await.targets.first(), Some("192.0.2.1"));
    world.records().await;
    assert_eq!(world.lists(), lists + 1, "once is enough");
}

#[tokio::test]
async fn a_write_with_an_answer_that_cannot_be_read_is_not_refused_and_not_set_aside() {
    let world = World::new(&["example.com=Z1"]).await;
    world.records().await;
    let changes = owned([a("web.example.com", "192.0.2.1")]);
    for _ in 0..2 {
        let null = fault(FaultKind::Null, Operation::ChangeResourceRecordSets, Trigger::Next(3));
        world.emulator.set_faults(vec![null]);
        let answer = world.provider.apply(changes.clone()).await;
        let Err(ProviderError::Unavailable { source, .. }) = answer else {
            panic!("{answer:?}");
        };
        let why = std::error::Error::source(&*source).unwrap().to_string();
        assert!(why.starts_with("the answer is not one of Route 53"), "{why}");
    }
    world.write(changes).await;
    assert_eq!(world.records_in("Z1").len(), 2);
    assert!(world.provider.metrics().text().contains("route53_webhook_quarantined_groups 0"));
}

#[tokio::test]
async fn a_list_that_is_cut_off_is_no_list() {
    for operation in [Operation::ListResourceRecordSets, Operation::ListHostedZones] {
        let config = Config { mode: Mode::Upsert, ..config() };
        let world = World::with(emulator(&["example.com=Z1"]).await, config);
        let names: Vec<_> = (0..6).map(|number| format!("r{number}.example.com")).collect();
        for name in &names {
            world.seed("Z1", theirs(name, "192.0.2.1"));
        }
        world.emulator.set_faults(vec![fault(FaultKind::Cut, operation, Trigger::Always)]);
        assert!(is_unavailable(&world).await);
        let changes = create([a("r5.example.com", "203.0.113.5")]);
        assert!(world.provider.apply(changes).await.is_err());
        assert!(world.records_in("Z1").contains(&"r5.example.com A 192.0.2.1".to_owned()));
        world.emulator.set_faults(vec![]);
        assert_eq!(names_when_answered(&world).await, names);
    }
}

#[tokio::test]
async fn a_list_that_is_cut_off_is_not_made_up_for_by_an_old_one_where_none_is_wanted() {
    let max_age = MaxAge { zones: Duration::ZERO, records: Duration::ZERO };
    let config = Config { max_age, ..config() };
    let world = World::with(emulator(&["example.com=Z1"]).await, config);
    world.seed("Z1", theirs("www.example.com", "192.0.2.1"));
    assert_eq!(names_when_answered(&world).await, ["www.example.com"]);
    let cut = fault(FaultKind::Cut, Operation::ListResourceRecordSets, Trigger::Always);
    world.emulator.set_faults(vec![cut]);
    assert!(is_unavailable(&world).await);
    world.emulator.set_faults(vec![]);
    assert_eq!(names_when_answered(&world).await, ["www.example.com"]);
}

#[tokio::test]
async fn an_old_list_is_better_than_none_where_it_may_be_old() {
    let world = World::new(&["example.com=Z1"]).await;
    world.seed("Z1", theirs("www.example.com", "192.0.2.1"));
    world.records().await;
    let cut = fault(FaultKind::Cut, Operation::ListResourceRecordSets, Trigger::Always);
    world.emulator.set_faults(vec![cut]);
    tokio::time::pause();
    tokio::time::advance(Duration::from_hours(2)).await;
    tokio::time::resume();
    for _ in 0..3 {
        assert_eq!(world.records().await.len(), 1);
    }
}

#[tokio::test]
async fn a_request_that_waits_for_a_read_when_the_end_comes_is_answered_at_once() {
    let emulator = emulator(&["example.com=Z1"]).await;
    let hour = FaultKind::Slow(Duration::from_hours(1));
    emulator.set_faults(vec![fault(hour, Operation::ListHostedZones, Trigger::Always)]);
    let account = account(&emulator.endpoint_url(), "key", 0.0);
    let config = Config { answer_within: Duration::from_hours(1), ..config() };
    let provider = Route53::new(config, vec![account], BTreeMap::new(), Metrics::default());
    let end_requested = async {
        until("a call", async || emulator.call_count(Operation::ListHostedZones) > 0).await;
    };
    let ((), answer) = tokio::join!(provider.keep_fresh(end_requested), provider.records());
    let error = answer.unwrap_err();
    let cause = error.to_string();
    assert_eq!(cause, "the sidecar is shutting down");
}
