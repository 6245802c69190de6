//! What a ConfigMap keeps when a controller is killed, and what an annotation on it does.
//!
//! Every case runs against the emulator and, where `KUBEBUILDER_ASSETS` names one, unchanged against
//! a real kube-apiserver.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

use std::collections::BTreeMap;

use axum::http::Method;
use controller::state::{InConfigMap, Place, StateStore as _};
use controller_core::history::{HistoryRow, Outcome};
use controller_core::plan::memory::Kept;
use e2e::cluster::Cluster;
use e2e::faulty::{FaultMode, Faulty};
use e2e::patience::eventually;
use e2e::process::{Ended, Program};
use e2e::programs::SIGNPOST;
use e2e::world::Controller;
use external_dns_webhook::{Changes, Endpoint, Labels, Provider as _, RecordType};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::{Value, json};

const NAME: &str = "signpost-state";
const APPROVE: &str = "external-dns.kubernetes.io/approve";
const ANSWER: &str = "external-dns.kubernetes.io/approve-answer";

fn service(name: &str, address: Option<&str>) -> Value {
    let ingress: Vec<_> = address.map(|address| json!({ "ip": address })).into_iter().collect();
    let host = format!("{name}.example.com");
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": name,
            "annotations": { "external-dns.kubernetes.io/hostname": host },
        },
        "spec": { "type": "LoadBalancer", "ports": [{ "port": 80 }] },
        "status": { "loadBalancer": { "ingress": ingress } },
    })
}

struct World {
    cluster: Cluster,
    namespace: &'static str,
    provider: Faulty,
    arguments: Vec<String>,
    controller: Option<Controller>,
}

impl World {
    /// Sets up a world in every cluster there is on this machine; its controller is started.
    async fn everywhere(namespace: &'static str, flags: &[&str]) -> Vec<Self> {
        let mut worlds = Vec::new();
        for cluster in Cluster::every().await.unwrap() {
            worlds.push(Self::new(cluster, namespace, flags).await);
        }
        worlds
    }

    async fn new(cluster: Cluster, namespace: &'static str, flags: &[&str]) -> Self {
        cluster.namespace(namespace).await.unwrap();
        let provider = Faulty::start(Vec::new()).await.unwrap();
        let mut arguments = vec![
            "--source=service".to_owned(),
            "--txt-owner-id=me".to_owned(),
            "--interval=1s".to_owned(),
            format!("--namespace={namespace}"),
            format!("--kubeconfig={}", cluster.kubeconfig.display()),
            format!("--state-configmap={namespace}/{NAME}"),
            format!("--leader-elect-namespace={namespace}"),
        ];
        arguments.extend(flags.iter().map(|flag| (*flag).to_owned()));
        let mut world = Self { cluster, namespace, provider, arguments, controller: None };
        world.start();
        world
    }

    fn start(&mut self) {
        let arguments: Vec<_> = self.arguments.iter().map(String::as_str).collect();
        let controller = Controller::start(&self.provider.url(), &arguments, None).unwrap();
        self.controller = Some(controller);
    }

    fn kill(&mut self) {
        self.controller.take().unwrap().process.kill();
    }

    async fn put(&self, name: &str, address: Option<&str>) {
        self.cluster.apply(&service(name, address), self.namespace).await.unwrap();
    }

    async fn remove(&self, name: &str) {
        self.cluster.delete(&service(name, None), self.namespace).await.unwrap();
    }

    fn addresses(&self) -> BTreeMap<String, String> {
        let held = self.provider.memory.dump().into_iter();
        let addresses = held.filter(|endpoint| endpoint.record_type == RecordType::A);
        addresses
            .map(|address| {
                (address.dns_name.to_string(), address.targets.first().unwrap().to_owned())
            })
            .collect()
    }

    async fn has(&self, expected: &[(&str, &str)]) {
        let expected: BTreeMap<_, _> = expected
            .iter()
            .map(|(name, address)| ((*name).to_owned(), (*address).to_owned()))
            .collect();
        eventually(
            "the records",
            || async { self.addresses() },
            |addresses| *addresses == expected,
        )
        .await;
    }

    fn config_maps(&self) -> Api<ConfigMap> {
        Api::namespaced(self.cluster.client().clone(), self.namespace)
    }

    /// Returns the losses that the ConfigMap keeps, as their JSON.
    async fn losses(&self) -> String {
        let place = Place { namespace: self.namespace.to_owned(), name: NAME.to_owned() };
        let mut store = InConfigMap::new(self.cluster.client().clone(), place, 1 << 20);
        serde_json::to_string(&store.read().await.unwrap().losses).unwrap()
    }

    async fn annotate(&self, hash: &str) {
        let patch = json!({ "metadata": { "annotations": { APPROVE: hash } } });
        let parameters = PatchParams::default();
        self.config_maps().patch(NAME, &parameters, &Patch::Merge(&patch)).await.unwrap();
    }

    async fn annotations(&self) -> BTreeMap<String, String> {
        let held = self.config_maps().get(NAME).await.unwrap();
        held.metadata.annotations.unwrap_or_default()
    }

    /// Waits until the annotation is taken, and returns the answer.
    async fn answer_to(&self, hash: &str) -> String {
        let taken = |data: &BTreeMap<String, String>| {
            !data.contains_key(APPROVE)
                && data.get(ANSWER).is_some_and(|answer| answer.contains(hash))
        };
        let mut answered = eventually("an answer", || self.annotations(), taken).await;
        answered.remove(ANSWER).unwrap()
    }

    async fn held(&self) -> Value {
        let admin = &self.controller.as_ref().unwrap().admin;
        let plan: Value =
            reqwest::get(format!("{admin}/v1/plan")).await.unwrap().json().await.unwrap();
        plan.get("held").cloned().unwrap_or_default()
    }

    /// Publishes six names and takes four away; returns the hash of those whose deletion is held,
    /// and how many records there are.
    async fn with_held_deletions(&self) -> (String, usize) {
        let names: Vec<_> = (0..6).map(|number| format!("s{number}")).collect();
        for name in &names {
            self.put(name, Some("192.0.2.1")).await;
        }
        eventually("the records", || async { self.addresses().len() }, |count| *count == 6).await;
        self.written("192.0.2.1").await;
        for name in names.iter().take(4) {
            self.remove(name).await;
        }
        // Deletions that came one by one may have gone before there were too many; the hash is of all
        // that are held, so it is asked for when the last of them is.
        let of = |held: &Value| held.get("names").and_then(Value::as_array).map_or(0, Vec::len);
        let whole = |held: &Value| of(held) > 0 && self.addresses().len() == of(held) + 2;
        let held = eventually("held deletions", || self.held(), whole).await;
        let hash = held.get("hash").and_then(Value::as_str).unwrap().to_owned();
        let kept = self.addresses().len();
        (hash, kept)
    }

    async fn readiness(&self) -> (bool, String) {
        self.controller.as_ref().unwrap().ready().await.unwrap()
    }

    fn rollback(&self, arguments: &[&str]) -> Ended {
        Program::new(SIGNPOST)
            .args(["rollback", "--txt-owner-id=me"])
            .args(
                self.arguments
                    .iter()
                    .filter(|argument| {
                        argument.starts_with("--state") || argument.starts_with("--kube")
                    })
                    .cloned(),
            )
            .args([format!("--webhook-provider-url={}", self.provider.url())])
            .args(arguments.iter().copied())
            .run()
            .unwrap()
    }

    /// Waits until the history says that a write of this text ended so, and returns its number.
    async fn settled(&self, text: &str, outcome: &str) -> String {
        let rows = || async {
            let listed = self.rollback(&["-o=json"]).stdout;
            let rows = listed.lines().filter(|line| line.contains(text));
            rows.map(|row| serde_json::from_str(row).unwrap()).collect::<Vec<Value>>()
        };
        let is = |value: &Value| value.get("outcome").and_then(Value::as_str) == Some(outcome);
        let has = |rows: &Vec<Value>| rows.iter().any(is);
        let rows = eventually(&format!("{text} {outcome}"), rows, has).await;
        rows.iter().find(|row| is(row)).unwrap().get("id").unwrap().to_string()
    }

    /// Waits until the history has a write that made this name, and returns its number.
    async fn written(&self, text: &str) -> String {
        let listed = || async { self.rollback(&["-o=json"]).stdout };
        let listed = eventually("the history", listed, |found| found.contains(text)).await;
        let row = listed.lines().find(|line| line.contains(text)).unwrap();
        let row: Value = serde_json::from_str(row).unwrap();
        row.get("id").unwrap().to_string()
    }
}

fn unlabelled(records: Vec<Endpoint>) -> Vec<Endpoint> {
    records.into_iter().map(|record| Endpoint { labels: Labels::default(), ..record }).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_controller_is_followed_by_one_that_can_roll_back_what_it_wrote() {
    for mut world in World::everywhere("state-rollback", &[]).await {
        world.put("web", Some("192.0.2.1")).await;
        world.has(&[("web.example.com", "192.0.2.1")]).await;
        world.written("192.0.2.1").await;
        let before = world.provider.memory.dump();
        world.put("web", Some("192.0.2.66")).await;
        world.has(&[("web.example.com", "192.0.2.66")]).await;
        world.written("192.0.2.66").await;
        world.kill();

        // The next one goes on with the history and does not begin anew.
        world.start();
        world.put("other", Some("192.0.2.7")).await;
        world.written("192.0.2.7").await;
        world.remove("other").await;
        world.has(&[("web.example.com", "192.0.2.66")]).await;
        world.kill();
        let number = world.written("192.0.2.66").await;
        let shown = world.rollback(&[&number]);
        assert_eq!(shown.status.code(), Some(2), "{}{}", shown.stdout, shown.stderr);
        let done = world.rollback(&[&number, "--yes"]);
        assert!(done.status.success(), "{}{}", done.stdout, done.stderr);
        assert_eq!(unlabelled(world.provider.memory.dump()), unlabelled(before));

        // Going back is a write like any other, which can be gone back before.
        let listed = world.rollback(&["-o=json"]).stdout;
        let last: Value = serde_json::from_str(listed.lines().next_back().unwrap()).unwrap();
        let last_number = last["id"].to_string();
        assert_ne!(last_number, number, "{listed}");
        assert_eq!(last["outcome"], "written");
        let done = world.rollback(&[&last_number, "--yes"]);
        assert!(done.status.success(), "{}{}", done.stdout, done.stderr);
        let address = world.addresses().remove("web.example.com");
        assert_eq!(address.as_deref(), Some("192.0.2.66"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_was_cut_off_by_a_kill_is_in_the_history_and_the_records_say_how_it_ended() {
    for (fault_mode, namespace, outcome) in [
        (FaultMode::HangsBeforeWriting, "state-before", "not-landed"),
        (FaultMode::HangsAfterWriting, "state-after", "landed"),
    ] {
        for mut world in World::everywhere(namespace, &[]).await {
            world.put("first", Some("192.0.2.1")).await;
            world.settled("192.0.2.1", "written").await;
            world.provider.be(fault_mode);
            world.put("web", Some("192.0.2.66")).await;
            let sent = || async { world.provider.requests(&Method::POST, "/records") };
            eventually("a write", sent, |count| *count > 0).await;
            world.kill();
            world.settled("192.0.2.66", "begun").await;

            // Meanwhile something else is asked for.
            world.put("web", Some("192.0.2.7")).await;
            world.provider.be(FaultMode::Well);
            world.start();
            let id = world.settled("192.0.2.66", outcome).await;
            world.settled("192.0.2.7", "written").await;
            world.kill();
            let shown = world.rollback(&[&id]);
            let says = if outcome == "landed" { "keep" } else { "Nothing to roll back" };
            assert!(shown.stdout.contains(says), "{}{}", shown.stdout, shown.stderr);
            let listed = world.rollback(&[]).stdout;
            let row = listed.lines().find(|line| line.starts_with(&id)).unwrap();
            assert!(row.contains(outcome), "{listed}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grace_period_goes_on_where_a_killed_controller_left_it() {
    let flags = ["--on-target-loss=delete", "--target-loss-grace=8s"];
    for mut world in World::everywhere("state-hold", &flags).await {
        world.put("web", Some("192.0.2.1")).await;
        world.has(&[("web.example.com", "192.0.2.1")]).await;
        world.written("192.0.2.1").await;
        // A Service that is made before its load balancer begins with a loss, which has to end first.
        let losses = || world.losses();
        eventually("no loss", losses, |losses| losses == "{}").await;
        world.put("web", None).await;
        let lost = eventually("the loss", losses, |losses| losses != "{}").await;
        world.kill();
        world.start();
        let ready = || world.readiness();
        eventually("readiness", ready, |ready| ready.0).await;
        // Both the record and the time of the loss outlive it.
        world.has(&[("web.example.com", "192.0.2.1")]).await;
        assert_eq!(world.losses().await, lost);
        world.has(&[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zone_that_is_empty_after_a_restart_is_not_believed_at_once() {
    for mut world in World::everywhere("state-empty", &[]).await {
        world.put("web", Some("192.0.2.1")).await;
        world.has(&[("web.example.com", "192.0.2.1")]).await;
        world.written("192.0.2.1").await;
        let count = || async { world.config_maps().get(NAME).await.unwrap().data.unwrap() };
        let counted = |data: &BTreeMap<String, String>| {
            data.get("records").is_some_and(|record| record == "2")
        };
        eventually("the count", count, counted).await;
        world.kill();
        let gone = Changes { delete: world.provider.memory.dump(), ..Changes::default() };
        world.provider.memory.apply(gone).await.unwrap();
        world.start();
        world.has(&[("web.example.com", "192.0.2.1")]).await;
        let log = world.controller.as_ref().unwrap().process.log();
        assert!(log.contains("it held 2 before"), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn state_that_cannot_be_kept_is_told_and_stops_nothing() {
    for world in World::everywhere("state-broken", &[]).await {
        world.put("web", Some("192.0.2.1")).await;
        world.written("192.0.2.1").await;
        let broken = json!({ "binaryData": { "history.jsonl.gz": "bm9uc2Vuc2U=" } });
        let parameters = PatchParams::default();
        world.config_maps().patch(NAME, &parameters, &Patch::Merge(&broken)).await.unwrap();
        world.put("web", Some("192.0.2.2")).await;
        world.has(&[("web.example.com", "192.0.2.2")]).await;
        let (_, said) =
            eventually("a problem", || world.readiness(), |readiness| !readiness.0).await;
        assert!(said.contains("state failed") && said.contains("history.jsonl.gz"), "{said}");
        world.config_maps().delete(NAME, &DeleteParams::default()).await.unwrap();
        eventually("readiness", || world.readiness(), |readiness| readiness.0).await;
        world.written("192.0.2.2").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_annotation_approves_exactly_the_deletions_of_its_hash() {
    for world in World::everywhere("state-approve", &[]).await {
        let (hash, kept) = world.with_held_deletions().await;

        world.annotate("000000000000").await;
        let refused = world.answer_to("000000000000").await;
        assert!(refused.contains("refused 000000000000") && !refused.contains(&hash), "{refused}");
        world.annotate("everything").await;
        let refused = world.answer_to("everything").await;
        assert!(refused.contains("not a plan hash"), "{refused}");
        assert_eq!(world.addresses().len(), kept, "nothing is deleted");

        world.annotate(&hash).await;
        let approved = world.answer_to(&hash).await;
        assert!(approved.contains(&format!("approved {hash}")), "{approved}");
        world.has(&[("s4.example.com", "192.0.2.1"), ("s5.example.com", "192.0.2.1")]).await;
        world.annotate(&hash).await;
        let again = || async { world.annotations().await.remove(ANSWER).unwrap() };
        eventually("a second answer", again, |found| found.contains("nothing to approve")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_annotation_is_taken_by_the_leader_or_else_by_the_next_one() {
    let election = ["--leader-elect", "--leader-elect-lease-duration=3s"];
    for mut world in World::everywhere("state-leader", &election).await {
        let (hash, _) = world.with_held_deletions().await;
        let arguments: Vec<_> = world.arguments.iter().map(String::as_str).collect();
        let other = Controller::start(&world.provider.url(), &arguments, None).unwrap();
        let other_log = || async { other.process.log() };
        eventually("standing by", other_log, |other_log| {
            other_log.contains("Another replica leads")
        })
        .await;
        world.annotate("000000000000").await;
        world.answer_to("000000000000").await;
        let refusal = "asks to approve deletions, and is refused";
        let log = || async { world.controller.as_ref().unwrap().process.log() };
        eventually("the leader's word", log, |log| log.contains(refusal)).await;
        assert!(!other_log().await.contains(refusal), "{}", other_log().await);

        // Until its lease has run out nobody leads.
        world.kill();
        world.annotate(&hash).await;
        let approved = world.answer_to(&hash).await;
        assert!(approved.contains(&format!("approved {hash}")), "{approved}");
        world.has(&[("s4.example.com", "192.0.2.1"), ("s5.example.com", "192.0.2.1")]).await;
        let says_so = |log: &String| log.contains("Held deletions are approved");
        eventually("the next leader's word", other_log, says_so).await;
    }
}

/// Returns a write of names that no compression makes much of.
fn noise(number: u32) -> Changes {
    let word = |seed: u32| {
        let mixed = (u64::from(number) << 32 | u64::from(seed)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        format!("{mixed:016x}{:016x}.example.com", mixed.rotate_left(29).wrapping_mul(0xff51_afd7))
    };
    let record = |number| Endpoint::new(word(number), RecordType::A, ["192.0.2.1"]);
    Changes { create: (0..200).map(record).collect(), ..Changes::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_at_its_limit_is_one_that_kubernetes_takes() {
    for world in World::everywhere("state-full", &[]).await {
        let place = Place { namespace: world.namespace.to_owned(), name: "full".to_owned() };
        let mut store = InConfigMap::new(world.cluster.client().clone(), place, 100_000);
        store.read().await.unwrap();
        for number in 0..200 {
            let (written, outcome) = (i64::from(number), Outcome::Written);
            let row = HistoryRow {
                id: 0,
                written,
                changes: noise(number),
                outcome,
                cause: String::new(),
            };
            store.add(row).unwrap();
        }
        let kept = store.history().unwrap().rows().count();
        assert!((10..200).contains(&kept), "{kept} writes fit, so it is not at its limit");
        let lost = (0..40_000)
            .map(|number| (format!("ingress/team-{number}/app-{:x}", number * 7919), number));
        let losses: BTreeMap<_, _> = lost.collect();
        let losses = serde_json::from_value(json!(losses)).unwrap();
        store.write(&Kept { losses, records: 1 }).await.unwrap();
        let held = world.config_maps().get("full").await.unwrap();
        let bytes: usize =
            held.binary_data.unwrap().values().map(|binary_data| binary_data.0.len()).sum();
        assert!((512 << 10..1 << 20).contains(&bytes), "{bytes} bytes");
    }
}
