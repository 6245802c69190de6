//! `cargo bench-cluster`: what the controller costs beside a large cluster.
//!
//! 10,000 Services, 50,000 Pods and as many `EndpointSlice`s on a Kubernetes API, the$
//! programs that ship, default flags. What it holds, how long it takes from its start to a sync
//! over everything, and what it does while things change that no record depends on.

use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use e2e::bench::{self, cpu_seconds, highest_kib, resident_kib, say};
use e2e::cluster::Cluster;
use e2e::process::Process;
use e2e::programs;
use e2e::world::{Controller, Route53, Sidecar};
use serde_json::{Value, json};
use tokio::time::Instant;

const SERVICES: usize = 10_000;
const PODS: usize = 50_000;

/// How many Services ask for a name.
const ASKING: [usize; 2] = [1_000, 10_000];

/// How long the churn lasts, and how long nothing happens to compare it with.
const SPELL: Duration = Duration::from_secs(20);

/// How many objects of a kind change each second.
const CHURN_PER_SECOND: u32 = 100;

struct Row {
    asking: usize,
    synced: Duration,
    first_kib: u64,
    again: Duration,
    again_kib: u64,
    again_peak_kib: u64,
    cpu_idle: f64,
    cpu_pods: f64,
    cpu_slices: f64,
    syncs: f64,
}

fn main() -> ExitCode {
    bench::run("bench-cluster", all())
}

async fn all() -> anyhow::Result<()> {
    programs::use_shipped()?;
    for name in [programs::ROUTE53, programs::KUBERNETES] {
        programs::path(name)?;
    }
    let mut rows = Vec::new();
    for asking in ASKING {
        say(&format!("{SERVICES} Services of which {asking} ask for a name ..."));
        rows.push(measure(asking).await?);
    }
    say(
        "\n| names | start to ready, empty zone | MiB then | start to ready, records there | MiB then | highest | CPU idle | CPU, 100 Pods/s | CPU, 100 slices/s | syncs meanwhile |",
    );
    say("|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    for row in &rows {
        say(&format!(
            "| {} | {:.1} s | {} | {:.1} s | {} | {} | {:.1} % | {:.1} % | {:.1} % | {} |",
            row.asking,
            row.synced.as_secs_f64(),
            row.first_kib / 1024,
            row.again.as_secs_f64(),
            row.again_kib / 1024,
            row.again_peak_kib / 1024,
            row.cpu_idle * 100.0,
            row.cpu_pods * 100.0,
            row.cpu_slices * 100.0,
            row.syncs,
        ));
    }
    Ok(())
}

async fn measure(asking: usize) -> anyhow::Result<Row> {
    let folder = tempfile::tempdir()?;
    let scene = folder.path().join("scene.json");
    std::fs::write(&scene, scene_of(asking))?;
    let cluster = Cluster::emulated_with(Some(&scene)).await?;
    let route53 = Route53::start("example.com", None, None)?;
    // The budget of an account would be all that is measured.
    let fast = ["--aws-requests-per-second=1000", "--aws-batch-change-interval=0s"];
    let sidecar = Sidecar::start(&route53, &fast, None)?;
    let kubeconfig = format!("--kubeconfig={}", cluster.kubeconfig.display());
    let arguments = ["--source=service", "--source=ingress", "--txt-owner-id=bench", &kubeconfig];

    let start = Instant::now();
    let controller = run(&sidecar, &arguments)?;
    ready(&controller).await?;
    let synced = start.elapsed();
    let first_kib = resident_kib(&controller.process)?;
    drop(controller);

    let start = Instant::now();
    let controller = run(&sidecar, &arguments)?;
    ready(&controller).await?;
    let again = start.elapsed();
    let again_kib = resident_kib(&controller.process)?;

    let before = syncs(&controller).await?;
    let cpu_idle = cpu(&controller.process, async || {
        tokio::time::sleep(SPELL).await;
        Ok(())
    })
    .await?;
    let cpu_pods = cpu(&controller.process, async || churn(&cluster, Kind::Pod).await).await?;
    let cpu_slices = cpu(&controller.process, async || churn(&cluster, Kind::Slice).await).await?;
    let syncs = syncs(&controller).await? - before;
    let again_peak_kib = highest_kib(&controller.process)?;
    Ok(Row {
        asking,
        synced,
        first_kib,
        again,
        again_kib,
        again_peak_kib,
        cpu_idle,
        cpu_pods,
        cpu_slices,
        syncs,
    })
}

/// Starts the controller.
fn run(sidecar: &Sidecar, arguments: &[&str]) -> anyhow::Result<Controller> {
    let mut process = Controller::program(&sidecar.url, arguments).start()?;
    let announced = process.announced()?;
    let address = announced.get("metrics").and_then(Value::as_str).context("no metrics")?;
    Ok(Controller { admin: format!("http://{address}"), process })
}

async fn ready(controller: &Controller) -> anyhow::Result<()> {
    for _ in 0..60_000 {
        if controller.ready().await?.0 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    bail!("the controller does not get ready")
}

/// Returns how many syncs something that changed has cost.
async fn syncs(controller: &Controller) -> anyhow::Result<f64> {
    let text = reqwest::get(format!("{}/metrics", controller.admin)).await?.text().await?;
    let targeted = |line: &&str| {
        line.starts_with("external_dns_controller_sync_duration_seconds_count")
            && line.contains("kind=\"targeted\"")
    };
    text.lines()
        .filter(targeted)
        .map(|line| line.rsplit(' ').next().unwrap_or_default().parse::<f64>())
        .try_fold(0.0, |sum, count| Ok(sum + count?))
}

#[derive(Clone, Copy)]
enum Kind {
    Pod,
    Slice,
}

/// Changes objects that no record depends on, each time another one.
async fn churn(cluster: &Cluster, kind: Kind) -> anyhow::Result<()> {
    let client = reqwest::Client::new();
    let (end, mut tick) =
        (Instant::now() + SPELL, tokio::time::interval(Duration::from_secs(1) / CHURN_PER_SECOND));
    let mut number = 0;
    while Instant::now() < end {
        tick.tick().await;
        let (path, patch) = match kind {
            Kind::Pod => (
                format!("/api/v1/namespaces/{}/pods/p{number}", namespace(number)),
                json!({ "metadata": { "labels": { "seen": number.to_string() } } }),
            ),
            Kind::Slice => (
                format!(
                    "/apis/discovery.k8s.io/v1/namespaces/{}/endpointslices/p{number}",
                    namespace(number)
                ),
                json!({ "endpoints": [endpoint(number, number % 2 == 0)] }),
            ),
        };
        let request = client
            .patch(format!("{}{path}", cluster.url()))
            .header("content-type", "application/merge-patch+json")
            .body(patch.to_string());
        let answer = request.send().await?;
        if !answer.status().is_success() {
            bail!("{path}: {}", answer.text().await?);
        }
        number += 1;
    }
    Ok(())
}

/// Returns the share of one core that a process used while `spell` lasted.
async fn cpu(
    process: &Process,
    spell: impl AsyncFnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<f64> {
    let (before, start) = (cpu_seconds(process)?, Instant::now());
    spell().await?;
    Ok((cpu_seconds(process)? - before) / start.elapsed().as_secs_f64())
}

fn namespace(number: usize) -> String {
    format!("team-{}", number % 100)
}

fn scene_of(asking: usize) -> String {
    let mut text = String::new();
    let mut put = |object: Value| {
        // Writing to memory cannot fail.
        let _ = writeln!(text, "{object}");
    };
    for number in 0..100 {
        put(
            json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": namespace(number) } }),
        );
    }
    for number in 0..SERVICES {
        put(service(number, number < asking));
    }
    for number in 0..PODS {
        put(pod(number));
        put(slice(number));
    }
    text
}

fn service(number: usize, asks: bool) -> Value {
    let mut annotations = json!({ "meta.helm.sh/release-name": format!("app-{number}") });
    let mut spec = json!({
        "type": "ClusterIP",
        "selector": { "app.kubernetes.io/name": format!("app-{number}") },
        "ports": [{ "name": "http", "port": 80, "targetPort": 8080 }],
    });
    let mut status = json!({});
    if asks {
        let name = format!("s{number}.example.com");
        set(&mut annotations, "external-dns.kubernetes.io/hostname", name.into());
        set(&mut spec, "type", "LoadBalancer".into());
        set(&mut spec, "allocateLoadBalancerNodePorts", false.into());
        set(&mut status, "loadBalancer", json!({ "ingress": [{ "ip": "192.0.2.1" }] }));
    }
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": format!("s{number}"),
            "namespace": namespace(number),
            "labels": {
                "app.kubernetes.io/name": format!("app-{number}"),
                "app.kubernetes.io/managed-by": "Helm",
                "helm.sh/chart": "app-1.2.3",
            },
            "annotations": annotations,
        },
        "spec": spec,
        "status": status,
    })
}

fn set(object: &mut Value, key: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(key.to_owned(), value);
    }
}

fn pod(number: usize) -> Value {
    let image = "registry.example.com/team/app@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": format!("p{number}"),
            "namespace": namespace(number),
            "labels": { "app.kubernetes.io/name": format!("app-{}", number % SERVICES), "pod-template-hash": "5d4f8c7b9d" },
        },
        "spec": {
            "nodeName": format!("node-{}", number % 500),
            "containers": [{
                "name": "app", "image": image,
                "env": [{ "name": "A", "value": "b" }, { "name": "C", "value": "d" }],
                "ports": [{ "containerPort": 8080 }],
                "resources": { "requests": { "cpu": "100m", "memory": "128Mi" } },
            }],
        },
        "status": {
            "phase": "Running",
            "podIP": address(number),
            "podIPs": [{ "ip": address(number) }],
            "conditions": [{ "type": "Ready", "status": "True" }],
        },
    })
}

fn slice(number: usize) -> Value {
    json!({
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": format!("p{number}"),
            "namespace": namespace(number),
            "labels": {
                "kubernetes.io/service-name": format!("s{}", number % SERVICES),
                "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
            },
        },
        "addressType": "IPv4",
        "endpoints": [endpoint(number, true)],
        "ports": [{ "name": "http", "port": 8080, "protocol": "TCP" }],
    })
}

fn endpoint(number: usize, ready: bool) -> Value {
    json!({
        "addresses": [address(number)],
        "conditions": { "ready": ready, "serving": true, "terminating": false },
        "nodeName": format!("node-{}", number % 500),
        "targetRef": { "kind": "Pod", "name": format!("p{number}"), "namespace": namespace(number) },
    })
}

fn address(number: usize) -> String {
    format!("10.{}.{}.{}", number >> 16, (number >> 8) & 255, number & 255)
}
