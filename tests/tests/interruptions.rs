//! Killing either process at any point of a sync: the next one makes the zone right.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

use std::collections::BTreeSet;
use std::time::Duration;

use e2e::World;
use e2e::patience::eventually;
use e2e::world::{Folder, Route53Webhook};
use external_dns_webhook::{Endpoint, RecordType};
use serde_json::{Value, json};

const NAMES: usize = 40;

/// Has all names want this address of 192.0.2.0/24.
fn write(objects: &Folder, address: usize) {
    for number in 0..NAMES {
        objects.service(&format!("s{number}"), &format!("192.0.2.{address}"));
    }
}

/// Returns a record set in the shape that the emulator is seeded with.
fn foreign(name: &str, record_type: &str, ttl: u32, value: &str) -> Value {
    json!({
        "Name": name, "Type": record_type, "TTL": ttl, "ResourceRecords": [{ "Value": value }],
    })
}

/// Returns a running world in which all names want 192.0.2.1 and others have records, too.
async fn world() -> World<Folder, Route53Webhook> {
    let records = [
        foreign("foreign.example.com.", "A", 77, "198.51.100.1"),
        foreign("s3-not-ours.example.com.", "TXT", 5, "\"hello\""),
    ];
    let objects = Folder::new();
    write(&objects, 1);
    let provider = Route53Webhook::start(&records, &[]).await;
    World::new(objects, provider).flags(&["--source=service", "--interval=500ms"]).started()
}

/// Waits until every name answers with this address, and checks what must hold at any time.
async fn converges_to(world: &World<Folder, Route53Webhook>, address: usize) {
    let address = format!("192.0.2.{address}");
    let look = || async {
        let records = world.provider.records().await;
        let right = |endpoint: &&Endpoint| {
            endpoint.record_type == RecordType::A
                && endpoint.targets.first() == Some(address.as_str())
        };
        records.iter().filter(right).count()
    };
    eventually(&format!("all at {address}"), look, |count| *count == NAMES).await;
    nothing_is_amiss(&world.provider.records().await);
}

/// Every record of ours has its ownership record and every ownership record its record; foreign
/// ones are untouched.
fn nothing_is_amiss(records: &[Endpoint]) {
    let ours: BTreeSet<String> = records
        .iter()
        .filter(|record| record.record_type == RecordType::A && !is_foreign(record))
        .map(|record| record.dns_name.to_string())
        .collect();
    let ownership_records: BTreeSet<String> = records
        .iter()
        .filter(|record| record.record_type == RecordType::Txt && !is_foreign(record))
        .map(|record| record.dns_name.as_str().trim_start_matches("a-").to_owned())
        .collect();
    assert_eq!(ours, ownership_records, "records and ownership records go together");
    let foreign = records.iter().filter(|record| is_foreign(record)).collect::<Vec<_>>();
    assert_eq!(foreign.len(), 2, "{foreign:?}");
    assert!(foreign.iter().any(|record| record.ttl.unwrap().seconds() == 77));
    assert!(foreign.iter().any(|record| record.targets.first() == Some("\"hello\"")));
}

fn is_foreign(record: &Endpoint) -> bool {
    ["foreign.example.com", "s3-not-ours.example.com"].contains(&record.dns_name.as_str())
}

/// Waits until a write has begun that was not there `before`, and at most for a while.
async fn a_write_begins(provider: &Route53Webhook, before: usize, at_most: Duration) {
    let begins = eventually("a write", || provider.writes(), |writes| *writes > before);
    drop(tokio::time::timeout(at_most, begins).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_killed_in_the_middle_of_a_sync_is_no_harm() {
    let mut world = world().await;
    for round in 1..=4 {
        write(&world.objects, round);
        // Slow answers stretch the write, so that the kill falls into it.
        world.provider.route53.fail(&["slow=300ms"]).await.unwrap();
        let before = world.provider.writes().await;
        a_write_begins(&world.provider, before, Duration::from_millis(100 * round as u64)).await;
        world.kill();
        world.provider.route53.repair().await.unwrap();
        world.start();
        converges_to(&world, round).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sidecar_killed_in_the_middle_of_a_write_is_no_harm() {
    let mut world = world().await;
    converges_to(&world, 1).await;
    for round in 2..=4 {
        world.provider.route53.fail(&["slow=300ms"]).await.unwrap();
        let before = world.provider.writes().await;
        write(&world.objects, round);
        a_write_begins(&world.provider, before, Duration::from_millis(300 * round as u64)).await;
        world.provider.sidecar.process.kill();
        world.provider.route53.repair().await.unwrap();
        world.provider.restart();
        converges_to(&world, round).await;
        assert!(world.process().is_running());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_everything_changes_nothing() {
    let mut world = world().await;
    converges_to(&world, 1).await;
    let before = world.provider.route53.state().await.unwrap();
    let writes = world.provider.writes().await;
    world.kill();
    world.provider.sidecar.process.kill();
    world.provider.restart();
    world.start();
    world.until_ready_is(true).await;
    assert_eq!(world.provider.route53.state().await.unwrap(), before);
    assert_eq!(world.provider.writes().await, writes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_either_process_with_success() {
    let mut world = world().await;
    converges_to(&world, 1).await;
    for signal in ["TERM", "INT"] {
        world.end(signal);
        world.start();
        let sidecar = &mut world.provider.sidecar.process;
        sidecar.signal(signal).unwrap();
        let status = sidecar.wait().unwrap();
        assert!(status.success(), "SIG{signal}: {status}\n{}", sidecar.log());
        world.provider.restart();
    }
}
