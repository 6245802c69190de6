//! `cargo bench-footprint`: how large the two programs are, how soon they are ready, and what they
//! take while nothing happens.
//!
//! The programs are those that ship (`--profile dist`); the Kubernetes API and the Route 53 behind
//! them are the emulators, so what is left is ours.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use e2e::bench::{self, cpu_seconds, resident_kib, say};
use e2e::cluster::Cluster;
use e2e::programs;
use e2e::world::{Controller, Route53, Sidecar};
use serde_json::json;
use tokio::time::Instant;

/// How many names are published.
const NAMES: usize = 100;

/// How often each start is timed.
const STARTS: usize = 5;

/// How long nothing happens; full syncs are a minute apart.
const IDLE: Duration = Duration::from_mins(2);

fn main() -> ExitCode {
    bench::run("bench-footprint", all())
}

async fn all() -> anyhow::Result<()> {
    let shipped = programs::use_shipped()?;
    say("| program | binary | compressed, as a layer of its image |\n|--|--:|--:|");
    for name in [programs::SIGNPOST, programs::SIDECAR] {
        let file = shipped.join(name);
        let size = std::fs::metadata(&file)?.len();
        say(&format!("| {name} | {} | {} |", mebibytes(size), mebibytes(compressed(&file)?)));
    }
    if std::env::args().any(|argument| argument == "--sizes") {
        return Ok(());
    }

    let folder = tempfile::tempdir()?;
    let manifests = folder.path().join("services.yaml");
    std::fs::write(&manifests, services())?;
    let cluster = Cluster::emulated_with(Some(&manifests)).await?;
    let route53 = Route53::start("example.com", None, None)?;
    let kubeconfig = format!("--kubeconfig={}", cluster.kubeconfig.display());
    let arguments = ["--source=service", "--txt-owner-id=bench", &kubeconfig];
    let (mut sidecars, mut controllers) = (Vec::new(), Vec::new());
    let mut running = None;
    // The first start publishes everything; the others find it done, as after an upgrade.
    for _ in 0..=STARTS {
        drop(running.take());
        let start = Instant::now();
        let sidecar = Sidecar::start(&route53, &[], None)?;
        ready(&sidecar.admin).await?;
        sidecars.push(start.elapsed());
        let start = Instant::now();
        let controller = Controller::start(&sidecar.url, &arguments, None)?;
        ready(&controller.admin).await?;
        controllers.push(start.elapsed());
        running = Some((sidecar, controller));
    }
    let (sidecar, controller) = running.context("nothing runs")?;
    let before = [cpu_seconds(&controller.process)?, cpu_seconds(&sidecar.process)?];
    tokio::time::sleep(IDLE).await;
    let after = [cpu_seconds(&controller.process)?, cpu_seconds(&sidecar.process)?];
    say(&format!(
        "\n{NAMES} names, median of {STARTS} starts, {} idle seconds:\n\n\
         | program | start to ready | processor per idle minute | resident memory |\n|--|--:|--:|--:|",
        IDLE.as_secs()
    ));
    let minutes = IDLE.as_secs_f64() / 60.0;
    let processes = [
        (programs::SIGNPOST, &controller.process, &controllers),
        (programs::SIDECAR, &sidecar.process, &sidecars),
    ];
    for (((name, process, starts), before), after) in processes.into_iter().zip(before).zip(after) {
        let mut starts: Vec<_> = starts.iter().skip(1).collect();
        starts.sort();
        let median = starts.get(STARTS / 2).context("no starts")?.as_millis();
        let cpu = (after - before) / minutes;
        say(&format!(
            "| {name} | {median} ms | {cpu:.2} s | {} |",
            mebibytes(resident_kib(process)? * 1_024)
        ));
    }
    Ok(())
}

async fn ready(admin: &str) -> anyhow::Result<()> {
    for _ in 0..10_000 {
        if reqwest::get(format!("{admin}/readyz")).await?.status().is_success() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    bail!("{admin} is never ready")
}

fn services() -> String {
    (0..NAMES).fold(String::new(), |mut text, number| {
        let service = json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {
                "name": format!("s{number}"),
                "namespace": "default",
                "annotations": {
                    "external-dns.kubernetes.io/hostname": format!("s{number}.example.com"),
                },
            },
            "spec": { "type": "LoadBalancer", "ports": [{ "port": 80 }] },
            "status": { "loadBalancer": { "ingress": [{ "ip": "192.0.2.1" }] } },
        });
        // JSON is YAML; writing to memory cannot fail.
        let _ = writeln!(text, "---\n{service}");
        text
    })
}

/// Returns the size of a file as `gzip` makes it, which is how registries keep layers.
fn compressed(file: &Path) -> anyhow::Result<u64> {
    let output = Command::new("gzip").arg("-c").arg(file).stdin(Stdio::null()).output()?;
    if !output.status.success() {
        bail!("gzip failed");
    }
    Ok(output.stdout.len().try_into()?)
}

fn mebibytes(bytes: u64) -> String {
    let tenths = bytes * 10 / (1 << 20);
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}
