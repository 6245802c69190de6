//! `cargo bench-route53`: what the sidecar makes of AWS's limits, and how much memory it takes.
//!
//! The real process and the real SDK against a Route 53 on a socket that throttles as AWS does. What
//! counts are the ratios to what the limits allow, which do not depend on the machine.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use e2e::bench::{self, say};
use e2e::bulk::{self, Bulk};
use e2e::cluster::Cluster;
use e2e::world::{Controller, Route53, Sidecar};
use e2e::{dns, programs};
use serde_json::json;
use tokio::time::Instant;

/// Requests a second while much is created: what the sidecar takes unless told otherwise.
const DEFAULT_RATE: u32 = 2;

/// Requests a second while much is read: all that AWS takes from an account.
const FULL_RATE: u32 = 5;

/// How many names are created at once.
const BULK: usize = 20_000;

/// How many record sets the big zone has.
const BIG: usize = 100_000;

fn main() -> ExitCode {
    bench::run("bench-route53", all())
}

async fn all() -> anyhow::Result<()> {
    for name in [programs::SIGNPOST, programs::SIDECAR, programs::ROUTE53, programs::KUBERNETES] {
        programs::path(name)?;
    }
    create_many().await?;
    read_much().await?;
    start_cold().await
}

/// Returns how long `calls` take at a rate, beginning with as many as one second allows.
fn paced(calls: usize, rate: u32) -> Duration {
    let calls = u32::try_from(calls).unwrap_or(u32::MAX);
    Duration::from_secs(1) / rate * calls.saturating_sub(rate)
}

async fn create_many() -> anyhow::Result<()> {
    let (route53, sidecar) = start(false, DEFAULT_RATE).await?;
    until_ready(&sidecar).await?;
    let bulk = Bulk::of_names(BULK);
    let before = route53.calls("ChangeResourceRecordSets").await?.len();
    let start = Instant::now();
    let answer = post(&sidecar, "/records", &json!({ "create": bulk.record_sets() })).await?;
    let took = start.elapsed();
    if answer != "{\"refused\":[]}\n" {
        bail!("not everything was created: {answer}");
    }
    let sent = route53.calls("ChangeResourceRecordSets").await?;
    let calls = sent.len() - before;
    let least = bulk.least_batches();
    say(&format!(
        "{BULK} record sets and as many ownership records created, at {DEFAULT_RATE} requests a second:"
    ));
    say(&format!(
        "  calls   {calls}, the limits of a batch allow {least}: {}",
        ratio(calls, least)
    ));
    let allowed = paced(least, DEFAULT_RATE);
    say(&format!(
        "  time    {:.1} s, the limits allow {:.1} s: {:.2}",
        took.as_secs_f64(),
        allowed.as_secs_f64(),
        took.as_secs_f64() / allowed.as_secs_f64()
    ));
    say(&format!("  memory  {} MiB at most", bulk::most_resident_kib(&sidecar.process)? / 1024));
    Ok(())
}

async fn read_much() -> anyhow::Result<()> {
    say(&format!("\nA zone of {BIG} record sets, at {FULL_RATE} requests a second:"));
    let (route53, sidecar) = start(true, FULL_RATE).await?;
    let begin = Instant::now();
    until_ready(&sidecar).await?;
    let took = begin.elapsed();
    let pages = route53.calls("ListResourceRecordSets").await?.len();
    // One for the list of zones; the zone has two record sets of its own.
    let allowed = paced(1 + (BIG + 2).div_ceil(300), FULL_RATE);
    say(&format!(
        "  first read   {pages} pages in {:.1} s, the limits allow {:.1} s: {:.2}",
        took.as_secs_f64(),
        allowed.as_secs_f64(),
        took.as_secs_f64() / allowed.as_secs_f64()
    ));
    let memory = |what: &str| -> anyhow::Result<()> {
        let most = bulk::most_resident_kib(&sidecar.process)?;
        let now = bulk::resident_kib(&sidecar.process)?;
        say(&format!(
            "  memory       {} MiB {what}, {} MiB at most so far",
            now / 1024,
            most / 1024
        ));
        Ok(())
    };
    memory("after it")?;
    let listed = reqwest::get(format!("{}/records", sidecar.url)).await?.bytes().await?;
    memory(&format!("after a list of all ({} MB)", listed.len() / 1_000_000))?;
    drop(listed);
    let desired = Bulk::of_names(BIG).desired();
    let adjusted = post(&sidecar, "/adjustendpoints", &desired).await?;
    memory(&format!("after adjusting {BIG} ({} MB)", adjusted.len() / 1_000_000))?;

    let before = calls(&route53).await?;
    let create = Bulk::of_names(BIG + 1).last();
    let start = Instant::now();
    post(&sidecar, "/records", &json!({ "create": create })).await?;
    say(&format!(
        "  one change   {} call(s), {} ms",
        calls(&route53).await? - before,
        start.elapsed().as_millis()
    ));
    memory("after that")
}

/// How long after the start of both processes something changes.
const INTO_THE_READ: Duration = Duration::from_secs(5);

/// What changes while everything is still read after a start: it does not wait for that.
async fn start_cold() -> anyhow::Result<()> {
    say(&format!(
        "\nBoth programs start beside a zone of {BIG} record sets, at {FULL_RATE} requests a second:"
    ));
    let cluster = Cluster::emulated().await?;
    let (route53, sidecar) = start(true, FULL_RATE).await?;
    let begin = Instant::now();
    let kubeconfig = format!("--kubeconfig={}", cluster.kubeconfig.display());
    let arguments = ["--source=service", "--txt-owner-id=bench", &kubeconfig];
    let controller = Controller::start(&sidecar.url, &arguments, None)?;
    tokio::time::sleep(INTO_THE_READ).await;
    for (what, address) in [("a new name", "192.0.2.1"), ("another address of it", "192.0.2.2")] {
        let start = Instant::now();
        cluster.apply(&service(address), "").await?;
        while dns::query(route53.dns, "cold.example.com", "A").await? != [address] {
            if begin.elapsed() > Duration::from_mins(5) {
                bail!("{what} was not answered in five minutes");
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        say(&format!("  {what:22} answered after {:.2} s", start.elapsed().as_secs_f64()));
    }
    if controller.ready().await?.0 {
        bail!("everything was read before; it says nothing of a cold start");
    }
    while !controller.ready().await?.0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    say(&format!("  everything was read after {:.1} s", begin.elapsed().as_secs_f64()));
    Ok(())
}

fn service(address: &str) -> serde_json::Value {
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "cold",
            "namespace": "default",
            "annotations": { "external-dns.kubernetes.io/hostname": "cold.example.com" },
        },
        "spec": { "type": "LoadBalancer", "allocateLoadBalancerNodePorts": false, "ports": [{ "port": 80 }] },
        "status": { "loadBalancer": { "ingress": [{ "ip": address }] } },
    })
}

async fn start(is_big: bool, rate: u32) -> anyhow::Result<(Route53, Sidecar)> {
    let route53 = Route53::start("example.com", None, None)?;
    if is_big {
        route53.put("example.com", &bulk::seeds(BIG)).await?;
    }
    let rate = format!("--aws-requests-per-second={rate}");
    let sidecar = Sidecar::start(&route53, &[&rate, "--records-timeout=10m"], None)?;
    Ok((route53, sidecar))
}

async fn until_ready(sidecar: &Sidecar) -> anyhow::Result<()> {
    for _ in 0..20_000 {
        if reqwest::get(format!("{}/readyz", sidecar.admin)).await?.status().is_success() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    bail!("never ready")
}

async fn post(sidecar: &Sidecar, path: &str, body: &serde_json::Value) -> anyhow::Result<String> {
    let answer = reqwest::Client::new()
        .post(format!("{}{path}", sidecar.url))
        .header("prefer", "return=representation")
        .json(body)
        .send()
        .await?;
    if !answer.status().is_success() {
        bail!("{path} answered {}: {}", answer.status(), answer.text().await?);
    }
    Ok(answer.text().await?)
}

async fn calls(route53: &Route53) -> anyhow::Result<usize> {
    let mut calls = 0;
    for operation in ["ListHostedZones", "ListResourceRecordSets", "ChangeResourceRecordSets"] {
        calls += route53.calls(operation).await?.len();
    }
    Ok(calls)
}

fn ratio(number: usize, least: usize) -> String {
    let [number, least] =
        [number, least].map(|count| f64::from(u32::try_from(count).unwrap_or(u32::MAX)));
    format!("{:.2}", number / least)
}
