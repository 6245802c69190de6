//! A zone of 100,000 record sets: few calls, and no more memory than promised.

#![expect(clippy::unwrap_used, reason = "helpers of a test fail as the test does")]

use std::time::Duration;

use e2e::bulk::{self, Bulk};
use e2e::cluster::Cluster;
use e2e::manifest;
use e2e::patience::eventually;
use e2e::world::{Controller, Route53, Sidecar};
use serde_json::{Value, json};

/// Resident memory that the sidecar may have at most.
const MOST_KIB: u64 = 100 * 1024;

/// How many record sets the zone has.
const BIG: usize = 100_000;

async fn post(sidecar: &Sidecar, path: &str, body: &Value) -> String {
    let answer = reqwest::Client::new()
        .post(format!("{}{path}", sidecar.url))
        .header("prefer", "return=representation")
        .json(body)
        .send()
        .await
        .unwrap();
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert!(status.is_success(), "{status}: {text}");
    text
}

async fn calls(route53: &Route53, operation: &str) -> usize {
    route53.calls(operation).await.unwrap().len()
}

#[tokio::test]
async fn a_zone_of_a_hundred_thousand_record_sets_takes_few_calls_and_little_memory() {
    let route53 = Route53::start("example.com", None, None).unwrap();
    route53.put("example.com", &bulk::seeds(BIG)).await.unwrap();
    let arguments = ["--aws-requests-per-second=0", "--records-timeout=5m"];
    let sidecar = Sidecar::start(&route53, &arguments, None).unwrap();
    let within = |what: &str| {
        let most = bulk::most_resident_kib(&sidecar.process).unwrap();
        assert!(most <= MOST_KIB, "{} MiB {what}", most / 1024);
    };
    let client = reqwest::Client::builder().timeout(Duration::from_mins(5)).build().unwrap();
    let listed = client.get(format!("{}/records", sidecar.url)).send().await.unwrap();
    assert_eq!(listed.status(), 200);
    let listed = listed.bytes().await.unwrap();
    assert!(listed.len() > 10_000_000, "{}", listed.len());
    // 300 to a page; the zone has two record sets of its own.
    assert_eq!(calls(&route53, "ListResourceRecordSets").await, (BIG + 2).div_ceil(300));
    within("after the first read and a list of all");

    let adjusted = post(&sidecar, "/adjustendpoints", &Bulk::of_names(BIG).desired()).await;
    assert!(adjusted.ends_with("],\"refused\":[]}\n"), "nothing is refused");
    drop(adjusted);
    within("after adjusting as many");

    let all = async || {
        calls(&route53, "ListHostedZones").await
            + calls(&route53, "ListResourceRecordSets").await
            + calls(&route53, "ChangeResourceRecordSets").await
    };
    let before = all().await;
    let create = json!({ "create": Bulk::of_names(BIG + 1).last() });
    assert_eq!(post(&sidecar, "/records", &create).await, "{\"refused\":[]}\n");
    assert!(all().await - before <= 2, "{} calls for one change", all().await - before);
    within("after a change");
}

/// What a sync of everything needed goes back to the system, on any Linux, without a variable of its allocator.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[tokio::test]
async fn programs_keep_one_heap_and_not_what_a_sync_needed() {
    const NAMES: usize = 4000;
    let folder = tempfile::tempdir().unwrap();
    let manifests = folder.path().join("services.yaml");
    let services: Vec<_> = (0..NAMES)
        .map(|number| manifest::service_yaml(&format!("s{number}"), "192.0.2.1"))
        .collect();
    std::fs::write(&manifests, services.join("\n---\n")).unwrap();
    let cluster = Cluster::emulated_with(Some(&manifests)).await.unwrap();
    let route53 = Route53::start("example.com", None, None).unwrap();
    let sidecar = Sidecar::start(&route53, &["--aws-requests-per-second=0"], None).unwrap();
    let arguments = [
        "--source=service",
        &format!("--kubeconfig={}", cluster.kubeconfig.display()),
        "--txt-owner-id=c1",
        // The one sync is the one that creates all.
        "--interval=1h",
    ];
    let controller = Controller::start(&sidecar.url, &arguments, None).unwrap();
    let is_ready = async || controller.ready().await.unwrap().0;
    eventually("the controller is ready", is_ready, |is_ready| *is_ready).await;
    for process in [&controller.process, &sidecar.process] {
        assert_eq!(bulk::further_heaps(process).unwrap(), 0, "beside the first");
    }
    let kept_and_needed = async || {
        let most = bulk::most_resident_kib(&controller.process).unwrap();
        let heap = bulk::heap_kib(&controller.process).unwrap();
        let file = bulk::resident_kib(&controller.process).unwrap() - heap;
        (heap, most - file)
    };
    let is_less = |(kept, needed): &(u64, u64)| kept * 100 < needed * 85;
    eventually("the heap is smaller than what a sync needs", kept_and_needed, is_less).await;
}
