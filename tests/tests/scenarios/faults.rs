//! A sidecar that fails in every way, and a dry run.

use axum::http::Method;
use e2e::patience::eventually;

use crate::objects::service;
use crate::proxy::FaultMode;
use crate::records::{a, ownership_record};
use crate::scenario::{Scenario, Setup};

const FAULT_MODES: [FaultMode; 5] = [
    FaultMode::Status(429),
    FaultMode::Status(500),
    FaultMode::Hangs,
    FaultMode::PlainJson,
    FaultMode::ListsNothing,
];

fn published() -> Setup {
    let patient =
        ["--webhook-provider-read-timeout=500ms", "--webhook-provider-write-timeout=500ms"];
    Setup::default()
        .records([a("old", "192.0.2.1"), ownership_record("a-old", "c1", "service/default/old")])
        .objects([service("old", "192.0.2.1")])
        .flags(&patient)
}

async fn goes_through(world: &mut Scenario, fault_mode: FaultMode, number: usize) {
    let process = world.running().process.id();
    world.proxy.be(fault_mode);
    world.complains_of(&["[-]sync"]).await;
    let name = format!("new{number}");
    world.put(&service(&name, "192.0.2.2")).await;
    assert!(world.written().is_empty(), "{fault_mode:?}");
    assert_eq!(world.proxy.requests(&Method::POST, "/records"), 0, "{fault_mode:?}");
    world.proxy.be(FaultMode::Well);
    world.is_ready().await;
    world
        .writes(&[&[
            &format!("CREATE a-{name} TXT c1:service/default/{name}"),
            &format!("CREATE {name} A 192.0.2.2"),
        ]])
        .await;
    assert_eq!(world.running().process.id(), process, "{fault_mode:?}");
    assert!(world.controller.as_mut().unwrap().process.is_running(), "{fault_mode:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_pending_while_a_sidecar_fails_is_written_once_when_it_is_well() {
    let mut world = published().start().await;
    world.writes_nothing().await;
    for (number, fault_mode) in FAULT_MODES.into_iter().enumerate() {
        goes_through(&mut world, fault_mode, number).await;
    }
    // The last way to fail: not to be there at all.
    world.sidecar.kill();
    world.put(&service("late", "192.0.2.3")).await;
    world.complains_of(&["[-]"]).await;
    world.restart_sidecar(&[]);
    world.is_ready().await;
    world
        .writes(&[&["CREATE a-late TXT c1:service/default/late", "CREATE late A 192.0.2.3"]])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_writes_nothing_in_any_weather() {
    let mut world = published().flags(&["--dry-run"]).start().await;
    world.put(&service("new", "192.0.2.2")).await;
    world.until_log("the plan", |log| log.contains("new.example.com")).await;
    for fault_mode in FAULT_MODES {
        world.proxy.be(fault_mode);
        world.complains_of(&["[-]"]).await;
        assert_eq!(world.proxy.requests(&Method::POST, "/records"), 0, "{fault_mode:?}");
        world.proxy.be(FaultMode::Well);
        world.is_ready().await;
        assert_eq!(world.proxy.requests(&Method::POST, "/records"), 0, "after {fault_mode:?}");
    }
    world.remove(&service("old", "192.0.2.1")).await;
    world.settle().await;
    assert!(world.written().is_empty());
}

/// A full zone that is listed as empty, again and again.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_zone_that_is_listed_as_empty_is_never_written_to() {
    let mut world = published().start().await;
    world.writes_nothing().await;
    let before = world.zone();
    world.proxy.be(FaultMode::ListsNothing);
    let lists = || async { world.proxy.requests(&Method::GET, "/records") };
    eventually("many lists", lists, |lists| *lists >= 8).await;
    assert!(world.written().is_empty(), "{:?}", world.zone());
    assert_eq!(world.zone(), before);
    world.proxy.be(FaultMode::Well);
    world.is_ready().await;
    world.writes_nothing().await;
}
