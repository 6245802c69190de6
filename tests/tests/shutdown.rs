//! SIGTERM at any time: the process ends soon, with success, and with nothing half done.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

use std::time::Duration;

use axum::http::Method;
use e2e::World;
use e2e::cluster::Cluster;
use e2e::faulty::{FaultMode, Faulty};
use e2e::patience::eventually;
use e2e::process::{Process, Program};
use e2e::programs;
use e2e::world::{Controller, Folder};
use tokio::net::TcpListener;
use tokio::time::Instant;

/// How long an end may take that waits for nobody; Kubernetes gives thirty seconds.
const SOON: Duration = Duration::from_secs(4);

/// Sends SIGTERM, and checks that the process ends with success and soon.
fn ends_soon(process: &mut Process) {
    process.signal("TERM").unwrap();
    let told = Instant::now();
    let status = process.wait().unwrap();
    assert!(status.success(), "{status}\n{}", process.log());
    assert!(told.elapsed() < SOON, "it took {:?}\n{}", told.elapsed(), process.log());
}

/// Returns a running world whose provider is in a fault mode, with one name to publish.
async fn world(fault_mode: FaultMode, flags: &[&str]) -> World<Folder> {
    let objects = Folder::new();
    objects.service("web", "192.0.2.1");
    let provider = Faulty::start(Vec::new()).await.unwrap();
    provider.be(fault_mode);
    World::new(objects, provider).flags(&["--source=service"]).flags(flags).started()
}

async fn asked(provider: &Faulty, method: Method, path: &str) {
    let requests = || async { provider.requests(&method, path) };
    eventually(&format!("{method} {path}"), requests, |requests| *requests > 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_the_provider_does_not_answer_is_not_waited_for() {
    let mut world = world(FaultMode::Hangs, &["--webhook-provider-read-timeout=5m"]).await;
    asked(&world.provider, Method::GET, "/").await;
    ends_soon(world.process());
    let log = world.log();
    assert!(log.contains("it had written nothing") && !log.contains("level=error"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_has_begun_is_waited_for_and_remembered() {
    let state = tempfile::tempdir().unwrap();
    let state_dir = format!("--state-dir={}", state.path().display());
    let mut world = world(FaultMode::WritesSlowly, &[&state_dir]).await;
    asked(&world.provider, Method::POST, "/records").await;
    ends_soon(world.process());
    assert_eq!(world.provider.memory.dump().len(), 2, "the record and its ownership record");
    let history = std::fs::read_to_string(state.path().join("history.jsonl")).unwrap();
    assert!(history.contains("web.example.com"), "{history}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_does_not_answer_is_not_waited_for() {
    let provider = Faulty::start(Vec::new()).await.unwrap();
    // With a Lease and a state of its own it asks before it says where it listens.
    for more in [&["--instance-id=me"][..], &["--leader-elect", "--state-configmap=dns/state"]] {
        // Connections are taken and nothing is ever said on them.
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = format!("--server=http://{}", silent.local_addr().unwrap());
        let usual = ["--source=service", "--txt-owner-id=me", "--log-level=debug", &server];
        let program = Controller::program(&provider.url(), &[&usual, more].concat());
        let mut process = program.start().unwrap();
        let (connection, _) = silent.accept().await.unwrap();
        ends_soon(&mut process);
        drop(connection);
    }
    assert_eq!(provider.requests(&Method::GET, "/records"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_stands_by_ends_and_leaves_the_lease_alone() {
    let cluster = Cluster::emulated().await.unwrap();
    cluster.namespace("dns").await.unwrap();
    let provider = Faulty::start(Vec::new()).await.unwrap();
    let arguments = [
        "--source=service",
        "--txt-owner-id=me",
        "--leader-elect",
        "--leader-elect-namespace=dns",
        &cluster.flag(),
    ];
    let leader = Controller::start(&provider.url(), &arguments, None).unwrap();
    let ready = || async { leader.ready().await.unwrap() };
    eventually("a sync of the leader", ready, |ready| ready.0).await;
    let mut other = Controller::start(&provider.url(), &arguments, None).unwrap();
    let log = || async { other.process.log() };
    eventually("standing by", log, |log| log.contains("Another replica leads")).await;
    let lease = serde_json::json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": { "name": "signpost" }
    });
    let holder =
        async || cluster.read(&lease, "dns").await.unwrap()["spec"]["holderIdentity"].clone();
    let before = holder().await;
    ends_soon(&mut other.process);
    assert_eq!(holder().await, before);
    assert!(leader.ready().await.unwrap().0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hangup_before_anything_is_read_is_no_end() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("--server=http://{}", silent.local_addr().unwrap());
    let provider = Faulty::start(Vec::new()).await.unwrap();
    let arguments =
        ["--source=service", "--txt-owner-id=me", "--state-configmap=dns/state", &server];
    let mut process = Controller::program(&provider.url(), &arguments).start().unwrap();
    let (connection, _) = silent.accept().await.unwrap();
    process.signal("HUP").unwrap();
    ends_soon(&mut process);
    drop(connection);
}

/// Each program as it is started in a cluster.
const SERVING: [(&str, &[&str]); 3] = [
    (programs::SIGNPOST, &["--source=service", "--txt-owner-id=me"]),
    (programs::SIDECAR, &[]),
    (programs::NAME_SERVERS, &["--rfc2136-host=192.0.2.53", "--rfc2136-zone=example.com"]),
];

#[test]
fn a_named_pipe_in_place_of_a_file_is_refused_and_never_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (name, arguments) in SERVING {
        let flag = format!("--config={}", pipe.display());
        let arguments = [arguments, &[&flag]].concat();
        let mut process = Program::new(name).args(arguments).start().unwrap();
        assert!(!process.wait().unwrap().success(), "{name}");
    }
    // Where certificates are verified, libraries would wait for it.
    let authorities = pipe.display().to_string();
    for (name, arguments) in SERVING {
        let program = Program::new(name).args(arguments.iter().copied());
        let ended = program.env("SSL_CERT_FILE", &authorities).run().unwrap();
        assert!(!ended.status.success(), "{name}");
        assert!(ended.stderr.contains("which SSL_CERT_FILE names"), "{name}: {}", ended.stderr);
    }
}
