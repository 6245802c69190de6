//! Killing either process at any point of a sync: the next one makes the zone right.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

use std::collections::BTreeSet;
use std::path::Path;

use e2e::patience::eventually;
use e2e::world::{Controller, Route53, Sidecar};
use external_dns_webhook::{Endpoint, RecordType};
use serde_json::{Value, json};

const NAMES: usize = 40;

fn write(folder: &Path, number: usize, address: usize) {
    let text = format!(
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: s{number}\n  annotations:\n    \
         external-dns.kubernetes.io/hostname: s{number}.example.com\nspec: {{ type: LoadBalancer }}\n\
         status: {{ loadBalancer: {{ ingress: [{{ ip: 192.0.2.{address} }}] }} }}\n"
    );
    std::fs::write(folder.join(format!("s{number}.yaml")), text).unwrap();
}

fn foreign() -> Value {
    json!([
        { "name": "foreign.example.com.", "type": "A", "ttl": 77, "records": ["198.51.100.1"] },
        { "name": "s3-not-ours.example.com.", "type": "TXT", "ttl": 5, "records": ["\"hello\""] },
    ])
}

struct World {
    folder: tempfile::TempDir,
    route53: Route53,
    sidecar: Option<Sidecar>,
    controller: Option<Controller>,
    address: String,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let route53 = Route53::start("example.com", None, None).unwrap();
        route53.put("example.com", &upserts(&foreign())).await.unwrap();
        for number in 0..NAMES {
            write(folder.path(), number, 1);
        }
        let sidecar = Sidecar::start(&route53, &[], None).unwrap();
        let address = sidecar.address().to_owned();
        let mut world = Self { folder, route53, sidecar: Some(sidecar), controller: None, address };
        world.start_controller();
        world
    }

    fn start_controller(&mut self) {
        let manifests = format!("--manifests={}", self.folder.path().display());
        let arguments = ["--source=service", "--txt-owner-id=me", "--interval=500ms", &manifests];
        let url = format!("http://{}", self.address);
        self.controller = Some(Controller::start(&url, &arguments, None).unwrap());
    }

    fn start_sidecar(&mut self) {
        let sidecar = Sidecar::listening(&self.route53, &self.address, &[], None).unwrap();
        self.sidecar = Some(sidecar);
    }

    async fn records(&self) -> Vec<Endpoint> {
        self.sidecar.as_ref().unwrap().records().await.unwrap_or_default()
    }

    /// Waits until every name answers with `address`, and checks what must hold at any time.
    async fn converges_to(&self, address: &str, names: usize) {
        let look = || async {
            let records = self.records().await;
            let right = |endpoint: &&Endpoint| {
                endpoint.record_type == RecordType::A && endpoint.targets.first() == Some(address)
            };
            records.iter().filter(right).count()
        };
        eventually(&format!("all at {address}"), look, |count| *count == names).await;
        self.nothing_is_amiss().await;
    }

    /// Every record of ours has its ownership record and every ownership record its record; foreign
    /// ones are untouched.
    async fn nothing_is_amiss(&self) {
        let records = self.records().await;
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
}

fn is_foreign(record: &Endpoint) -> bool {
    ["foreign.example.com", "s3-not-ours.example.com"].contains(&record.dns_name.as_str())
}

/// Returns record sets in the shape that the emulator is seeded with.
fn upserts(records: &Value) -> Value {
    let set = |value: &Value| {
        let values = value.get("records").unwrap().as_array().unwrap();
        let values: Vec<_> = values.iter().map(|record| json!({ "Value": record })).collect();
        json!({
            "Name": value.get("name").unwrap(),
            "Type": value.get("type").unwrap(),
            "TTL": value.get("ttl").unwrap(),
            "ResourceRecords": values,
        })
    };
    records.as_array().unwrap().iter().map(set).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_killed_in_the_middle_of_a_sync_is_no_harm() {
    let mut world = World::new().await;
    for round in 1..=4 {
        for number in 0..NAMES {
            write(world.folder.path(), number, round);
        }
        // Slow answers stretch the write, so that the kill falls into it.
        world.route53.fail(&["slow=300ms"]).await.unwrap();
        let before = world.route53.calls("ChangeResourceRecordSets").await.unwrap().len();
        let calls =
            || async { world.route53.calls("ChangeResourceRecordSets").await.unwrap().len() };
        let pause = std::time::Duration::from_millis(100 * round as u64);
        drop(
            tokio::time::timeout(pause, eventually("a write", calls, |calls| *calls > before))
                .await,
        );
        drop(world.controller.take());
        world.route53.repair().await.unwrap();
        world.start_controller();
        world.converges_to(&format!("192.0.2.{round}"), NAMES).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sidecar_killed_in_the_middle_of_a_write_is_no_harm() {
    let mut world = World::new().await;
    world.converges_to("192.0.2.1", NAMES).await;
    for round in 2..=4 {
        world.route53.fail(&["slow=300ms"]).await.unwrap();
        let before = world.route53.calls("ChangeResourceRecordSets").await.unwrap().len();
        for number in 0..NAMES {
            write(world.folder.path(), number, round);
        }
        let calls =
            || async { world.route53.calls("ChangeResourceRecordSets").await.unwrap().len() };
        let pause = std::time::Duration::from_millis(300 * round as u64);
        drop(
            tokio::time::timeout(pause, eventually("a write", calls, |calls| *calls > before))
                .await,
        );
        drop(world.sidecar.take());
        world.route53.repair().await.unwrap();
        world.start_sidecar();
        world.converges_to(&format!("192.0.2.{round}"), NAMES).await;
        assert!(world.controller.as_mut().unwrap().process.is_running());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_everything_changes_nothing() {
    let mut world = World::new().await;
    world.converges_to("192.0.2.1", NAMES).await;
    let before = world.route53.state().await.unwrap();
    let writes = world.route53.calls("ChangeResourceRecordSets").await.unwrap().len();
    drop(world.controller.take());
    drop(world.sidecar.take());
    world.start_sidecar();
    world.start_controller();
    let controller = world.controller.as_ref().unwrap();
    let ready = || async { controller.ready().await.unwrap().0 };
    eventually("readiness", ready, |ready| *ready).await;
    assert_eq!(world.route53.state().await.unwrap(), before);
    assert_eq!(world.route53.calls("ChangeResourceRecordSets").await.unwrap().len(), writes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_either_process_with_success() {
    let mut world = World::new().await;
    world.converges_to("192.0.2.1", NAMES).await;
    for signal in ["TERM", "INT"] {
        let controller = world.controller.as_mut().unwrap();
        controller.process.signal(signal).unwrap();
        let status = controller.process.wait().unwrap();
        assert!(status.success(), "SIG{signal}: {status}\n{}", controller.process.log());
        world.start_controller();
        let sidecar = world.sidecar.as_mut().unwrap();
        sidecar.process.signal(signal).unwrap();
        let status = sidecar.process.wait().unwrap();
        assert!(status.success(), "SIG{signal}: {status}\n{}", sidecar.process.log());
        world.start_sidecar();
    }
}
