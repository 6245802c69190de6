//! The end comes in time, whatever Route 53 does, and nothing is begun for clients that have gone.

use std::time::Duration;

use route53_emulator::{Emulator, Fault, FaultKind, Operation};

use crate::harness::*;

fn created(names: &[&str]) -> String {
    let creates = names.iter().map(|name| {
        format!(r#"{{"dnsName":"{name}.example.com","targets":["192.0.2.1"],"recordType":"A"}}"#)
    });
    format!(r#"{{"create":[{}]}}"#, creates.collect::<Vec<_>>().join(","))
}

fn fault(kind: FaultKind, operation: Operation) -> Fault {
    let mut fault = Fault::new(kind);
    fault.operation = Some(operation);
    fault
}

async fn until_called(emulator: &Emulator, operation: Operation) {
    while emulator.call_count(operation) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Asks for changes and hangs up when the first call for them has arrived.
async fn ask_and_hang_up(sidecar: &Sidecar, emulator: &Emulator, body: String) {
    let url = format!("{}/records", sidecar.listen);
    let answer = reqwest::Client::new()
        .post(url)
        .header("content-type", "application/json")
        .body(body)
        .send();
    tokio::select! {
        answer = answer => panic!("answered too early: {answer:?}"),
        () = until_called(emulator, Operation::ChangeResourceRecordSets) => {}
    }
}

// The harness waits for the end for ten seconds at most.
#[tokio::test]
async fn a_write_that_hangs_is_not_begun_again_and_does_not_delay_the_end() {
    let emulator = emulator().await;
    let mut sidecar = start(&mut command(&emulator.endpoint_url()), &[]);
    until_ready(&sidecar).await;
    let slow = FaultKind::Slow(Duration::from_mins(5));
    emulator.set_faults(vec![fault(slow, Operation::ChangeResourceRecordSets)]);
    ask_and_hang_up(&sidecar, &emulator, created(&["a"])).await;
    assert_eq!(terminated(&mut sidecar).await, Some(0));
    assert_eq!(emulator.call_count(Operation::ChangeResourceRecordSets), 1);
}

#[tokio::test]
async fn a_read_that_hangs_does_not_delay_the_end() {
    let emulator = emulator().await;
    let slow = FaultKind::Slow(Duration::from_mins(5));
    emulator.set_faults(vec![fault(slow, Operation::ListHostedZones)]);
    let mut sidecar = start(&mut command(&emulator.endpoint_url()), &[]);
    until_called(&emulator, Operation::ListHostedZones).await;
    assert_eq!(terminated(&mut sidecar).await, Some(0));
}

#[tokio::test]
async fn a_throttled_write_is_not_begun_again_when_the_end_was_requested() {
    let emulator = emulator().await;
    let mut sidecar = start(&mut command(&emulator.endpoint_url()), &[]);
    until_ready(&sidecar).await;
    let throttle = fault(FaultKind::Throttle, Operation::ChangeResourceRecordSets);
    emulator.set_faults(vec![throttle]);
    ask_and_hang_up(&sidecar, &emulator, created(&["a"])).await;
    assert_eq!(terminated(&mut sidecar).await, Some(0));
    let calls = emulator.call_count(Operation::ChangeResourceRecordSets);
    assert!(calls <= 2, "{calls} calls");
}

#[tokio::test]
async fn for_a_controller_that_has_gone_what_was_begun_is_finished_and_nothing_else_begun() {
    let emulator = emulator().await;
    let args = ["--aws-batch-change-size=1"];
    let sidecar = start(&mut command(&emulator.endpoint_url()), &args);
    until_ready(&sidecar).await;
    let slow = FaultKind::Slow(Duration::from_millis(500));
    emulator.set_faults(vec![fault(slow, Operation::ChangeResourceRecordSets)]);
    ask_and_hang_up(&sidecar, &emulator, created(&["a", "b", "c"])).await;
    // Writers take turns, so when this is answered the one before has ended.
    let url = format!("{}/records", sidecar.listen);
    let next = reqwest::Client::new()
        .post(url)
        .header("content-type", "application/json")
        .body(created(&["z"]))
        .send()
        .await;
    assert_eq!(next.expect("an answer").status(), 204);
    let sets = emulator.record_sets("Z1");
    let names: Vec<_> =
        sets.iter().filter(|set| set.r#type == "A").map(|set| set.name.as_str()).collect();
    assert_eq!(names, ["a.example.com.", "z.example.com."]);
    assert_eq!(emulator.call_count(Operation::ChangeResourceRecordSets), 2);
}
