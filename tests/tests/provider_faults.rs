//! A provider that fails never costs a record, never ends the controller, and is never hidden.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

use axum::http::Method;
use e2e::faulty::{FaultMode, Faulty};
use e2e::patience::eventually;
use e2e::process::Program;
use e2e::programs::SIGNPOST;
use e2e::world::Controller;
use external_dns_webhook::{Endpoint, RecordType};

const OWNER: &str = "--txt-owner-id=me";

fn service(name: &str, address: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\n  annotations:\n    \
         external-dns.kubernetes.io/hostname: {name}.example.com\nspec: {{ type: LoadBalancer }}\n\
         status: {{ loadBalancer: {{ ingress: [{{ ip: {address} }}] }} }}\n"
    )
}

async fn metrics(controller: &Controller) -> String {
    let answer = reqwest::get(format!("{}/metrics", controller.admin)).await.unwrap();
    answer.text().await.unwrap()
}

struct World {
    folder: tempfile::TempDir,
    provider: Faulty,
    controller: Controller,
}

impl World {
    /// Two names are published, and one foreign record is in the zone.
    async fn new(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let foreign = Endpoint::new("foreign.example.com", RecordType::A, ["192.0.2.99"]);
        let provider = Faulty::start(vec![foreign]).await.unwrap();
        std::fs::write(folder.path().join("a.yaml"), service("a", "192.0.2.1")).unwrap();
        std::fs::write(folder.path().join("b.yaml"), service("b", "192.0.2.2")).unwrap();
        let manifests = format!("--manifests={}", folder.path().display());
        let base = ["--source=service", OWNER, "--interval=1s", &manifests];
        let arguments = [&base[..], arguments].concat();
        let controller = Controller::start(&provider.url(), &arguments, None).unwrap();
        let world = Self { folder, provider, controller };
        world.becomes_ready(true).await;
        assert_eq!(world.names(), ["a", "b", "foreign"]);
        world
    }

    /// Returns the first labels of the addresses that the provider holds.
    fn names(&self) -> Vec<String> {
        let held = self.provider.memory.dump();
        let addresses = held.iter().filter(|endpoint| endpoint.record_type == RecordType::A);
        addresses.map(|address| address.dns_name.as_str().replace(".example.com", "")).collect()
    }

    async fn becomes_ready(&self, ready: bool) -> String {
        let look = || async { self.controller.ready().await.unwrap() };
        eventually("readiness", look, |(other, _)| *other == ready).await.1
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_fault_of_a_provider_deletes_a_record_or_ends_the_controller() {
    let mut world =
        World::new(&["--webhook-provider-read-timeout=1s", "--webhook-provider-write-timeout=1s"])
            .await;
    let before = world.provider.memory.dump();
    for fault_mode in [
        FaultMode::AdjustsToNothing,
        FaultMode::Status(400),
        FaultMode::Status(429),
        FaultMode::Status(500),
        FaultMode::Status(503),
        FaultMode::Status(511),
        FaultMode::Hangs,
        FaultMode::OtherMediaType,
    ] {
        let process = world.controller.process.id();
        world.provider.be(fault_mode);
        let says = world.becomes_ready(false).await;
        assert!(says.contains("[-]"), "{fault_mode:?}: {says}");
        assert_eq!(world.provider.memory.dump(), before, "{fault_mode:?}");
        assert_eq!(world.provider.requests(&Method::POST, "/records"), 0, "{fault_mode:?}");
        assert!(world.controller.process.is_running(), "{fault_mode:?} ended the controller");
        assert_eq!(world.controller.process.id(), process);
        let log = world.controller.process.log();
        assert!(log.contains("level=error"), "{fault_mode:?} is not in the log:\n{log}");
        world.provider.be(FaultMode::Well);
        world.becomes_ready(true).await;
        assert_eq!(world.provider.memory.dump(), before, "after {fault_mode:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_while_a_provider_is_away_is_written_once_when_it_is_back() {
    let world = World::new(&[]).await;
    world.provider.be(FaultMode::Status(503));
    world.becomes_ready(false).await;
    std::fs::write(world.folder.path().join("c.yaml"), service("c", "192.0.2.3")).unwrap();
    std::fs::remove_file(world.folder.path().join("a.yaml")).unwrap();
    world.provider.be(FaultMode::Well);
    eventually("the change", || async { world.names() }, |names| *names == ["b", "c", "foreign"])
        .await;
    world.becomes_ready(true).await;
    assert_eq!(world.provider.requests(&Method::POST, "/records"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_list_where_there_were_records_starts_no_storm_of_writes() {
    let world = World::new(&[]).await;
    let before = world.provider.memory.dump();
    world.provider.be(FaultMode::ListsNothing);
    world.becomes_ready(false).await;
    assert_eq!(world.provider.requests(&Method::POST, "/records"), 0);
    world.provider.be(FaultMode::Well);
    world.becomes_ready(true).await;
    assert_eq!(world.provider.memory.dump(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_sends_no_write_whatever_changes() {
    let folder = tempfile::tempdir().unwrap();
    let provider = Faulty::start(Vec::new()).await.unwrap();
    std::fs::write(folder.path().join("a.yaml"), service("a", "192.0.2.1")).unwrap();
    let manifests = format!("--manifests={}", folder.path().display());
    let arguments = ["--source=service", OWNER, "--interval=200ms", "--dry-run", &manifests];
    let controller = Controller::start(&provider.url(), &arguments, None).unwrap();
    let log = || async { controller.process.log() };
    let shown = eventually("the plan", log, |log| log.contains("a.example.com")).await;
    assert!(shown.contains("192.0.2.1"), "{shown}");
    std::fs::write(folder.path().join("b.yaml"), service("b", "192.0.2.2")).unwrap();
    eventually("the next plan", log, |log| log.contains("b.example.com")).await;
    assert_eq!(provider.requests(&Method::POST, "/records"), 0);
    assert!(provider.memory.dump().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_sync_ends_well_or_says_what_failed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.yaml"), service("a", "192.0.2.1")).unwrap();
    let manifests = format!("--manifests={}", folder.path().display());
    let provider = Faulty::start(Vec::new()).await.unwrap();
    for (fault_mode, more, status) in [
        (FaultMode::Well, &["--dry-run"][..], 0),
        (FaultMode::Status(503), &[], 1),
        (FaultMode::Status(400), &[], 1),
        (FaultMode::Well, &[], 0),
    ] {
        provider.be(fault_mode);
        let usual = ["--source=service", OWNER, "--once", &manifests];
        let program = Controller::program(&provider.url(), &[&usual, more].concat());
        let ended = program.run().unwrap();
        assert_eq!(ended.status.code(), Some(status), "{fault_mode:?} {more:?}: {}", ended.stderr);
    }
    assert_eq!(provider.memory.dump().len(), 2, "the record set and its ownership record");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_that_breaks_keeps_its_records_and_the_others_go_on() {
    let world = World::new(&[]).await;
    std::fs::write(world.folder.path().join("a.yaml"), "kind: [Service\n").unwrap();
    std::fs::write(world.folder.path().join("b.yaml"), service("b", "192.0.2.22")).unwrap();
    let target = || async {
        let held = world.provider.memory.dump();
        let b = held.iter().find(|endpoint| endpoint.dns_name.as_str() == "b.example.com").unwrap();
        b.targets.first().unwrap().to_owned()
    };
    eventually("the change of the other", target, |target| target == "192.0.2.22").await;
    let says = world.becomes_ready(false).await;
    assert!(says.contains("a.yaml"), "{says}");
    assert_eq!(world.names(), ["a", "b", "foreign"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_sync_that_could_read_nothing_says_so_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.yaml"), "kind: [Service\n").unwrap();
    let manifests = format!("--manifests={}", folder.path().display());
    let held = Endpoint::new("foreign.example.com", RecordType::A, ["192.0.2.99"]);
    let provider = Faulty::start(vec![held]).await.unwrap();
    let before = provider.memory.dump();
    for (objects, named) in
        [("--server=http://127.0.0.1:1", "cannot discover services"), (&manifests, "a.yaml")]
    {
        let usual = ["--source=service", OWNER, objects];
        let once = Controller::program(&provider.url(), &[&usual[..], &["--once"]].concat());
        let ended = once.run().unwrap();
        assert_eq!(ended.status.code(), Some(1), "{objects}: {}", ended.stderr);
        assert!(ended.stderr.contains(named), "{objects}: {}", ended.stderr);

        let url = format!("--webhook-provider-url={}", provider.url());
        let plan = Program::new(SIGNPOST).args(["plan", &url]).args(usual).run().unwrap();
        assert_eq!(plan.status.code(), Some(1), "{objects}: {}", plan.stderr);
        assert!(!plan.stdout.contains("Nothing to do"), "{objects}: {}", plan.stdout);
        assert!(plan.stdout.contains(named), "{objects}: {}", plan.stdout);
    }
    assert_eq!(provider.memory.dump(), before);
}

/// A real API server answers so for a second after it has learned of a kind.
#[tokio::test(flavor = "multi_thread")]
async fn one_sync_waits_for_an_api_server_that_is_busy_for_a_moment() {
    let cluster = kube_emulator::Emulator::start(kube_emulator::Options::default()).await.unwrap();
    let calls = kube_emulator::Calls::of("watch", "services");
    cluster.inject(kube_emulator::Fault::Throttle { calls, times: 2, retry_after_seconds: 0 });
    let provider = Faulty::start(Vec::new()).await.unwrap();
    let server = format!("--server={}", cluster.url());
    let usual = ["--source=service", OWNER, &server, "--once"];
    let ended = Controller::program(&provider.url(), &usual).run().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("cannot watch services"), "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_asks_to_be_left_alone_for_ever_stops_nothing() {
    let mut world = World::new(&[]).await;
    for asked in ["18446744073709551615", "86400", "Fri, 31 Dec 9999 23:59:59 GMT"] {
        world.provider.be(FaultMode::AsksToWait(asked));
        world.becomes_ready(false).await;
        assert!(world.controller.process.is_running(), "`{asked}` ended the controller");
        world.provider.be(FaultMode::Well);
        // Nothing changes for minutes in many clusters; where something does, it is tried.
        let name = format!("c{}", asked.len());
        let file = world.folder.path().join(format!("{name}.yaml"));
        std::fs::write(file, service(&name, "192.0.2.3")).unwrap();
        let names = || async { world.names() };
        eventually("the change", names, |names| names.contains(&name)).await;
        world.becomes_ready(true).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_proxy_stands_between_programs_on_one_machine() {
    let world = World::new(&[]).await;
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let by_proxy = |program: Program| {
        let url = format!("http://{}", proxy.local_addr().unwrap());
        let program = program.env("NO_PROXY", "").env("no_proxy", "");
        ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"]
            .into_iter()
            .fold(program, |program, name| program.env(name, &url))
    };
    let manifests = format!("--manifests={}", world.folder.path().display());
    let port = world.provider.address.port();
    for host in ["127.0.0.1", "localhost", "LOCALHOST"] {
        let url = format!("--webhook-provider-url=http://{host}:{port}");
        let plan = ["plan", "--source=service", OWNER, &manifests, &url];
        let planned = by_proxy(Program::new(SIGNPOST).args(plan)).run().unwrap();
        assert_eq!(planned.status.code(), Some(0), "{host}: {}", planned.stderr);
    }
    let at = format!("--controller={}", world.controller.admin);
    let explain = ["explain", "a.example.com", &at];
    let explained = by_proxy(Program::new(SIGNPOST).args(explain)).run().unwrap();
    assert!(explained.stdout.contains("a.example.com"), "{}", explained.stderr);
    let asked = proxy.accept().map_err(|error| error.kind());
    assert_eq!(asked.err(), Some(std::io::ErrorKind::WouldBlock), "the proxy was asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_that_cannot_be_written_is_told_with_the_file_and_goes_on_by_itself() {
    let state = tempfile::tempdir().unwrap();
    let flag = format!("--state-dir={}", state.path().display());
    let world = World::new(&[&flag]).await;
    let process = world.controller.process.id();
    let (history, aside) = (state.path().join("history.jsonl"), state.path().join("aside"));
    std::fs::rename(&history, &aside).unwrap();
    std::fs::create_dir(&history).unwrap();
    std::fs::write(world.folder.path().join("c.yaml"), service("c", "192.0.2.3")).unwrap();
    let says = world.becomes_ready(false).await;
    assert!(says.contains("state failed") && says.contains("history.jsonl`"), "{says}");
    assert_eq!(world.names(), ["a", "b", "c", "foreign"], "it stops nothing");
    let failing = "\nexternal_dns_controller_state_failing 1\n";
    let told = metrics(&world.controller).await;
    assert!(told.contains(failing), "{told}");
    std::fs::remove_dir(&history).unwrap();
    std::fs::rename(&aside, &history).unwrap();
    world.becomes_ready(true).await;
    let text = std::fs::read_to_string(&history).unwrap();
    assert!(text.contains("c.example.com") && text.contains("written"), "{text}");
    let told = metrics(&world.controller).await;
    assert!(!told.contains(failing), "{told}");
    assert_eq!(world.controller.process.id(), process);
}
