//! `cargo bench-e2e`: what a change costs, compared with what everything costs.
//!
//! The real processes, a zone full of names, and ratios within one run: times differ between
//! machines, how the cost of one change grows with the zone does not.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use e2e::bench::{self, resident_kib, say};
use e2e::cluster::Cluster;
use e2e::world::{Controller, Route53, Sidecar};
use e2e::{dns, programs};
use serde_json::json;
use tokio::time::Instant;

const SIZES: [usize; 3] = [100, 1_000, 10_000];

/// How many single changes are timed.
const CHANGES: usize = 100;

/// How long nothing changes before each of them.
const CALM: Duration = Duration::from_millis(250);

/// How long the idle product is watched; full syncs are a second apart then.
const IDLE: Duration = Duration::from_secs(10);

struct Row {
    names: usize,
    first: Duration,
    /// Half of the changes took no longer.
    median: Duration,
    /// Of a hundred changes one took longer.
    worst: Duration,
    calls_first: usize,
    calls_change: usize,
    calls_idle: usize,
    controller_kib: u64,
    sidecar_kib: u64,
}

fn main() -> ExitCode {
    bench::run("bench-e2e", all())
}

async fn all() -> anyhow::Result<()> {
    for name in [programs::SIGNPOST, programs::SIDECAR, programs::ROUTE53, programs::KUBERNETES] {
        programs::path(name)?;
    }
    let mut rows = Vec::new();
    for names in SIZES {
        say(&format!("{names} names ..."));
        rows.push(measure(names).await?);
    }
    let smallest = rows.first().context("no sizes")?.median;
    say(
        "\n| names | first sync | one change to its DNS answer: p50 | p99 | p50 / first sync | against 100 names | calls: first sync | per change | idle 10 s | controller MiB | sidecar MiB |",
    );
    say("|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    for row in &rows {
        say(&format!(
            "| {} | {} ms | {:.1} ms | {:.1} ms | {:.3} | {:.2} | {} | {:.1} | {} | {} | {} |",
            row.names,
            row.first.as_millis(),
            row.median.as_secs_f64() * 1_000.0,
            row.worst.as_secs_f64() * 1_000.0,
            row.median.as_secs_f64() / row.first.as_secs_f64(),
            row.median.as_secs_f64() / smallest.as_secs_f64(),
            row.calls_first,
            f64::from(u32::try_from(row.calls_change)?) / f64::from(u32::try_from(CHANGES)?),
            row.calls_idle,
            row.controller_kib / 1024,
            row.sidecar_kib / 1024,
        ));
    }
    Ok(())
}

async fn measure(names: usize) -> anyhow::Result<Row> {
    let folder = tempfile::tempdir()?;
    let manifests = folder.path().join("services.yaml");
    std::fs::write(&manifests, services(names))?;
    let cluster = Cluster::emulated_with(Some(&manifests)).await?;
    let route53 = Route53::start("example.com", None, None)?;
    // The budget of an account would be all that is measured.
    let fast = ["--aws-requests-per-second=1000", "--aws-batch-change-interval=0s"];
    let sidecar = Sidecar::start(&route53, &fast, None)?;
    let kubeconfig = format!("--kubeconfig={}", cluster.kubeconfig.display());
    let start = Instant::now();
    let arguments = ["--source=service", "--txt-owner-id=bench", &kubeconfig];
    let controller = Controller::start(&sidecar.url, &arguments, None)?;
    answers(&route53, &format!("s{}.example.com", names - 1), "192.0.2.1").await?;
    while !controller.ready().await?.0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let first = start.elapsed();
    let calls_first = calls(&route53).await?;

    let mut took = Vec::with_capacity(CHANGES);
    for change in 0..CHANGES {
        tokio::time::sleep(CALM).await;
        let address = format!("192.0.2.{}", 100 + change);
        let start = Instant::now();
        cluster.apply(&service(0, &address), "").await?;
        answers(&route53, "s0.example.com", &address).await?;
        took.push(start.elapsed());
    }
    took.sort();
    let of_hundred = |count: usize| took.get(CHANGES * count / 100).copied().unwrap_or_default();
    let (median, worst) = (of_hundred(50), of_hundred(99));
    let calls_after = calls(&route53).await?;
    let controller_kib = resident_kib(&controller.process)?;
    drop(controller);

    let arguments = [&arguments[..], &["--interval=1s"]].concat();
    let _idle = Controller::start(&sidecar.url, &arguments, None)?;
    tokio::time::sleep(IDLE).await;
    let calls_idle = calls(&route53).await? - calls_after;
    Ok(Row {
        names,
        first,
        median,
        worst,
        calls_first,
        calls_change: calls_after - calls_first,
        calls_idle,
        controller_kib,
        sidecar_kib: resident_kib(&sidecar.process)?,
    })
}

async fn answers(route53: &Route53, name: &str, address: &str) -> anyhow::Result<()> {
    for _ in 0..60_000 {
        if dns::query(route53.dns, name, "A").await? == [address] {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    bail!("`{name}` is not answered with {address}")
}

async fn calls(route53: &Route53) -> anyhow::Result<usize> {
    let mut calls = 0;
    for operation in ["ListHostedZones", "ListResourceRecordSets", "ChangeResourceRecordSets"] {
        calls += route53.calls(operation).await?.len();
    }
    Ok(calls)
}

fn service(number: usize, address: &str) -> serde_json::Value {
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": format!("s{number}"),
            "namespace": "default",
            "annotations": {
                "external-dns.kubernetes.io/hostname": format!("s{number}.example.com"),
            },
        },
        "spec": { "type": "LoadBalancer", "allocateLoadBalancerNodePorts": false, "ports": [{ "port": 80 }] },
        "status": { "loadBalancer": { "ingress": [{ "ip": address }] } },
    })
}

fn services(count: usize) -> String {
    (0..count).fold(String::new(), |mut text, number| {
        // JSON is YAML; writing to memory cannot fail.
        let _ = writeln!(text, "---\n{}", service(number, "192.0.2.1"));
        text
    })
}
