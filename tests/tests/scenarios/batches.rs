//! Batches that are poisoned, too big, throttled, or that would never end.

use serde_json::{Value, json};

use crate::objects::{GA, annotated, ingress, service, wanting, with};
use crate::records::line;
use crate::scenario::{PUBLIC, Scenario, Setup};

fn thirty() -> Vec<Value> {
    (1..=30).map(|number| service(&format!("s{number}"), "192.0.2.1")).collect()
}

fn published(world: &Scenario) -> usize {
    world.zone().iter().filter(|line| line.contains(" A ")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_cannot_be_are_never_sent_and_the_others_are_there_at_once() {
    let label = "x".repeat(64);
    let mut objects = thirty();
    objects.push(wanting(&service("empty", "192.0.2.1"), ".example.com"));
    objects.push(wanting(&service("long", "192.0.2.1"), &format!("{label}.example.com")));
    let mut world = Setup::default().objects(objects).start().await;
    world.settle().await;
    let written = world.written();
    assert_eq!(written.len(), 1, "one batch: {written:#?}");
    assert_eq!(written[0].len(), 60, "thirty records and their ownership records");
    assert!(written.iter().flatten().all(|line| !line.contains(&label) && !line.contains(" . ")));
    for object in ["service/default/empty", "service/default/long"] {
        let named = |log: &String| {
            log.lines().any(|line| line.contains("InvalidName") && line.contains(object))
        };
        world.until_log("the reason", named).await;
    }
    world.writes_nothing().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_record_that_route_53_refuses_costs_a_few_calls_and_nobody_else() {
    let mut objects = thirty();
    // A region that only AWS knows not to exist.
    let bad = annotated(&objects[6], &format!("{GA}set-identifier"), "c1");
    objects[6] = annotated(&bad, &format!("{GA}aws-region"), "nowhere-1");
    let mut world = Setup::default().objects(objects.clone()).start().await;
    world.settle().await;
    assert_eq!(published(&world), 29, "{:?}", world.zone());
    let written = world.written();
    assert!(written.len() <= 6, "{} calls", written.len());
    let log = world.log();
    assert!(log.contains("nowhere-1"), "what AWS said is told:\n{log}");
    // It is set aside: the syncs that follow do not try it again.
    world.full_syncs(5).await;
    assert!(world.written().is_empty());
    // And a new value is tried at once.
    world.put(&annotated(&objects[6], &format!("{GA}aws-region"), "eu-west-1")).await;
    world.settle().await;
    assert_eq!(published(&world), 30, "{:?}", world.zone());
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_fits_one_batch_is_written_in_batches_that_keep_records_with_ownership_records() {
    let hosts: Vec<_> = (0..750).map(|number| format!("host{number}.example.com")).collect();
    let object = wanting(&service("many", "192.0.2.1"), &hosts.join(","));
    let mut world = Setup::default().objects([object]).without_controller().await;
    let faults = ["throttle:p=0.3,seed=7", "prior-request:op=ChangeResourceRecordSets,next=2"];
    world.route53.set_faults(faults.iter().map(|fault| fault.parse().unwrap()).collect());
    world.start_controller(&[]);
    let count = || async { published(&world) };
    e2e::patience::eventually("all of them", count, |count| *count == 750).await;
    world.route53.set_faults(Vec::new());
    let calls = world.route53.calls();
    let batches: Vec<_> = calls
        .iter()
        .filter(|call| call.operation == "ChangeResourceRecordSets" && call.outcome == "ok")
        .collect();
    assert!(batches.len() >= 2, "{} batches", batches.len());
    for batch in batches {
        let sets: Vec<_> = batch.changes.iter().map(|change| &change.resource_record_set).collect();
        let values = || sets.iter().flat_map(|set| set.resource_records.iter().flatten());
        assert!(values().count() <= 1_000);
        assert!(values().map(|value| value.value.len()).sum::<usize>() <= 32_000);
        for set in sets.iter().filter(|set| set.r#type == "A") {
            let ownership_record = format!("a-{}", set.name);
            assert!(
                sets.iter().any(|set| set.name == ownership_record),
                "{} without its ownership record",
                set.name
            );
        }
    }
    assert!(world.controller.as_mut().unwrap().process.is_running());
    assert!(world.sidecar.is_running());
    // The last batch is in the zone before it is among the calls.
    world.settle().await;
    world.written();
    world.writes_nothing().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_with_more_targets_than_route_53_takes_is_told_and_hurts_nobody() {
    let addresses: Vec<_> =
        (0..600).map(|number| format!("10.0.{}.{}", number / 250, number % 250)).collect();
    let big = with(&service("big", "192.0.2.1"), "/spec/externalIPs", json!(addresses));
    let mut world = Setup::default().objects([big, service("ok", "192.0.2.1")]).start().await;
    world.writes(&[&["CREATE a-ok TXT c1:service/default/ok", "CREATE ok A 192.0.2.1"]]).await;
    let told = world.is_told("ProviderRejected", "big.example.com").await;
    assert!(told.to_string().contains("600"), "{told}");
}

/// A budget is kept whatever there is to do.
#[tokio::test(flavor = "multi_thread")]
async fn the_budget_of_calls_is_kept() {
    let mut world = Setup::default()
        .objects(thirty())
        .sidecar(&["--aws-requests-per-second=4"])
        .flags(&["--interval=100ms"])
        .start()
        .await;
    world.settle().await;
    assert_eq!(published(&world), 30);
    let times: Vec<_> = world.route53.calls().iter().map(|call| call.at_ms).collect();
    assert!(times.len() > 8, "{times:?}");
    for start in &times {
        let within = times.iter().filter(|time| (*start..start + 1_000).contains(*time)).count();
        // One more for what was under way when the second began.
        assert!(within <= 5, "{within} calls in a second from {start} ms: {times:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn spellings_that_route_53_changes_are_not_written_again() {
    let elb = "K8S-1.eu-west-1.ELB.amazonaws.com";
    let slow = annotated(&ingress("slow", elb), &format!("{GA}ttl"), "60");
    let dotted =
        annotated(&service("dot", "192.0.2.1"), &format!("{GA}target"), &format!("{elb}."));
    let star = wanting(&service("star", "192.0.2.1"), "*.example.com");
    let long = "t".repeat(300);
    let texts = json!({
        "apiVersion": "externaldns.k8s.io/v1alpha1",
        "kind": "DNSEndpoint",
        "metadata": { "name": "texts", "namespace": "default" },
        "spec": { "endpoints": [
            { "dnsName": "quoted.example.com", "recordType": "TXT", "targets": ["say \"hi\""] },
            { "dnsName": "long.example.com", "recordType": "TXT", "targets": [long] },
        ] },
    });
    let mut world = Setup::default()
        .objects([slow, dotted, star, texts])
        .flags(&[
            "--source=service",
            "--source=ingress",
            "--source=crd",
            "--managed-record-types=A",
            "--managed-record-types=AAAA",
            "--managed-record-types=CNAME",
            "--managed-record-types=TXT",
        ])
        .start()
        .await;
    world.settle().await;
    assert_eq!(world.written().len(), 1);
    let sets = world.route53.record_sets(PUBLIC);
    let records: Vec<_> = sets.iter().map(line).filter(|line| !line.contains("c1:")).collect();
    for expected in ["slow A ", "slow AAAA ", "dot A ", "dot AAAA ", "quoted TXT ", "long TXT "] {
        assert!(
            records.iter().any(|record| record.starts_with(expected)),
            "{expected}: {records:#?}"
        );
    }
    world.full_syncs(5).await;
    assert!(world.written().is_empty(), "written again:\n{}", world.log());
}
