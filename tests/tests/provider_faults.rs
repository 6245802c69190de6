//! A provider that fails never costs a record, never ends the controller, and is never hidden.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

use axum::http::Method;
use e2e::World;
use e2e::faulty::{FaultMode, Faulty};
use e2e::manifest;
use e2e::patience::eventually;
use e2e::process::Program;
use e2e::programs::SIGNPOST;
use e2e::world::{Controller, Folder, OWNER, Objects as _};

const SOURCE: &str = "--source=service";

/// Returns a running world in which two names are published, and one foreign record is in the zone.
async fn world(flags: &[&str]) -> World<Folder> {
    let objects = Folder::new();
    objects.service("a", "192.0.2.1");
    objects.service("b", "192.0.2.2");
    let provider = Faulty::start(vec![manifest::foreign()]).await.unwrap();
    let world =
        World::new(objects, provider).flags(&[SOURCE, "--interval=1s"]).flags(flags).started();
    world.until_ready_is(true).await;
    assert_eq!(world.provider.names(), ["a.example.com", "b.example.com", "foreign.example.com"]);
    world
}

/// Returns a world with one name, and with nothing that runs.
async fn at_rest() -> World<Folder> {
    let objects = Folder::new();
    objects.service("a", "192.0.2.1");
    World::new(objects, Faulty::start(Vec::new()).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_fault_of_a_provider_deletes_a_record_or_ends_the_controller() {
    let mut world =
        world(&["--webhook-provider-read-timeout=1s", "--webhook-provider-write-timeout=1s"]).await;
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
        let process = world.process().id();
        world.provider.be(fault_mode);
        let says = world.until_ready_is(false).await;
        assert!(says.contains("[-]"), "{fault_mode:?}: {says}");
        assert_eq!(world.provider.memory.dump(), before, "{fault_mode:?}");
        assert_eq!(world.provider.requests(&Method::POST, "/records"), 0, "{fault_mode:?}");
        assert!(world.process().is_running(), "{fault_mode:?} ended the controller");
        assert_eq!(world.process().id(), process);
        let log = world.log();
        assert!(log.contains("level=error"), "{fault_mode:?} is not in the log:\n{log}");
        world.provider.be(FaultMode::Well);
        world.until_ready_is(true).await;
        assert_eq!(world.provider.memory.dump(), before, "after {fault_mode:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_while_a_provider_is_away_is_written_once_when_it_is_back() {
    let world = world(&[]).await;
    world.provider.be(FaultMode::Status(503));
    world.until_ready_is(false).await;
    world.objects.service("c", "192.0.2.3");
    world.objects.remove("a.yaml");
    world.provider.be(FaultMode::Well);
    world
        .provider
        .until_names_are(&["b.example.com", "c.example.com", "foreign.example.com"])
        .await;
    world.until_ready_is(true).await;
    assert_eq!(world.provider.requests(&Method::POST, "/records"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_list_where_there_were_records_starts_no_storm_of_writes() {
    let world = world(&[]).await;
    let before = world.provider.memory.dump();
    world.provider.be(FaultMode::ListsNothing);
    world.until_ready_is(false).await;
    assert_eq!(world.provider.requests(&Method::POST, "/records"), 0);
    world.provider.be(FaultMode::Well);
    world.until_ready_is(true).await;
    assert_eq!(world.provider.memory.dump(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_sends_no_write_whatever_changes() {
    let world = at_rest().await.flags(&[SOURCE, "--interval=200ms", "--dry-run"]).started();
    let shown = world.until_logged("a.example.com").await;
    assert!(shown.contains("192.0.2.1"), "{shown}");
    world.objects.service("b", "192.0.2.2");
    world.until_logged("b.example.com").await;
    assert_eq!(world.provider.requests(&Method::POST, "/records"), 0);
    assert!(world.provider.memory.dump().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_sync_ends_well_or_says_what_failed() {
    let world = at_rest().await.flags(&[SOURCE]);
    for (fault_mode, more, status) in [
        (FaultMode::Well, &["--dry-run"][..], 0),
        (FaultMode::Status(503), &[], 1),
        (FaultMode::Status(400), &[], 1),
        (FaultMode::Well, &[], 0),
    ] {
        world.provider.be(fault_mode);
        let ended = world.sync_once(more);
        assert_eq!(ended.status.code(), Some(status), "{fault_mode:?} {more:?}: {}", ended.stderr);
    }
    assert_eq!(world.provider.memory.dump().len(), 2, "the record set and its ownership record");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_that_breaks_keeps_its_records_and_the_others_go_on() {
    let world = world(&[]).await;
    world.objects.write("a.yaml", "kind: [Service\n");
    world.objects.service("b", "192.0.2.22");
    let target = || async { world.provider.addresses().remove("b.example.com").unwrap() };
    eventually("the change of the other", target, |target| target == "192.0.2.22").await;
    let says = world.until_ready_is(false).await;
    assert!(says.contains("a.yaml"), "{says}");
    assert_eq!(world.provider.names(), ["a.example.com", "b.example.com", "foreign.example.com"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_sync_that_could_read_nothing_says_so_and_changes_nothing() {
    let folder = Folder::new();
    folder.write("a.yaml", "kind: [Service\n");
    let manifests = folder.flags().concat();
    let provider = Faulty::start(vec![manifest::foreign()]).await.unwrap();
    let before = provider.memory.dump();
    for (objects, named) in
        [("--server=http://127.0.0.1:1", "cannot discover services"), (&manifests, "a.yaml")]
    {
        let usual = [SOURCE, OWNER, objects];
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
    let usual = [SOURCE, OWNER, &server, "--once"];
    let ended = Controller::program(&provider.url(), &usual).run().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("cannot watch services"), "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_asks_to_be_left_alone_for_ever_stops_nothing() {
    let mut world = world(&[]).await;
    for asked in ["18446744073709551615", "86400", "Fri, 31 Dec 9999 23:59:59 GMT"] {
        world.provider.be(FaultMode::AsksToWait(asked));
        world.until_ready_is(false).await;
        assert!(world.process().is_running(), "`{asked}` ended the controller");
        world.provider.be(FaultMode::Well);
        // Nothing changes for minutes in many clusters; where something does, it is tried.
        let name = format!("c{}", asked.len());
        world.objects.service(&name, "192.0.2.3");
        let (names, name) = (|| async { world.provider.names() }, format!("{name}.example.com"));
        eventually("the change", names, |names| names.contains(&name)).await;
        world.until_ready_is(true).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_proxy_stands_between_programs_on_one_machine() {
    let world = world(&[]).await;
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let by_proxy = |program: Program| {
        let url = format!("http://{}", proxy.local_addr().unwrap());
        let program = program.env("NO_PROXY", "").env("no_proxy", "");
        ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"]
            .into_iter()
            .fold(program, |program, name| program.env(name, &url))
    };
    let port = world.provider.address.port();
    for host in ["127.0.0.1", "localhost", "LOCALHOST"] {
        let url = format!("--webhook-provider-url=http://{host}:{port}");
        let plan = Program::new(SIGNPOST).args(["plan", SOURCE, OWNER, &url]);
        let planned = by_proxy(plan.args(world.objects.flags())).run().unwrap();
        assert_eq!(planned.status.code(), Some(0), "{host}: {}", planned.stderr);
    }
    let at = format!("--controller={}", world.controller().admin);
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
    let mut world = world(&[&flag]).await;
    let process = world.process().id();
    let (history, aside) = (state.path().join("history.jsonl"), state.path().join("aside"));
    std::fs::rename(&history, &aside).unwrap();
    std::fs::create_dir(&history).unwrap();
    world.objects.service("c", "192.0.2.3");
    let says = world.until_ready_is(false).await;
    assert!(says.contains("state failed") && says.contains("history.jsonl`"), "{says}");
    assert!(world.provider.names().contains(&"c.example.com".to_owned()), "it stops nothing");
    let failing = "\nexternal_dns_controller_state_failing 1\n";
    let told = world.get("/metrics").await;
    assert!(told.contains(failing), "{told}");
    std::fs::remove_dir(&history).unwrap();
    std::fs::rename(&aside, &history).unwrap();
    world.until_ready_is(true).await;
    let text = std::fs::read_to_string(&history).unwrap();
    assert!(text.contains("c.example.com") && text.contains("written"), "{text}");
    let told = world.get("/metrics").await;
    assert!(!told.contains(failing), "{told}");
    assert_eq!(world.process().id(), process);
}
