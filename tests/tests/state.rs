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
use e2e::World;
use e2e::faulty::FaultMode;
use e2e::manifest;
use e2e::patience::eventually;
use e2e::process::Ended;
use e2e::world::{Namespace, OWNER};
use external_dns_webhook::{Changes, Endpoint, Provider as _, RecordType};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::{Value, json};

const NAME: &str = "signpost-state";
const APPROVE: &str = "external-dns.kubernetes.io/approve";
const ANSWER: &str = "external-dns.kubernetes.io/approve-answer";

/// Returns a running world for every cluster there is on this machine; its state is in a `ConfigMap`.
async fn worlds(namespace: &str, flags: &[&str]) -> Vec<World<Namespace>> {
    let state = state_flag(namespace);
    let place = format!("--leader-elect-namespace={namespace}");
    let own = ["--source=service", "--interval=1s", &state, &place];
    World::everywhere(namespace, &[], &[&own, flags].concat()).await
}

fn state_flag(namespace: &str) -> String {
    format!("--state-configmap={namespace}/{NAME}")
}

/// Has a Service want its name, with an address or before it has one.
async fn put(world: &World<Namespace>, name: &str, address: Option<&str>) {
    let host = format!("{name}.example.com");
    world.objects.apply(&manifest::service(name, &host, address.as_slice())).await;
}

async fn remove(world: &World<Namespace>, name: &str) {
    let host = format!("{name}.example.com");
    world.objects.delete(&manifest::service::<&str>(name, &host, &[])).await;
}

fn config_maps(world: &World<Namespace>) -> Api<ConfigMap> {
    world.objects.api()
}

/// Returns a store in another `ConfigMap`, or in the controller's.
fn store(world: &World<Namespace>, name: &str, most_bytes: usize) -> InConfigMap {
    let place = Place { namespace: world.objects.name.clone(), name: name.to_owned() };
    InConfigMap::new(world.objects.cluster.client().clone(), place, most_bytes)
}

/// Returns the losses that the `ConfigMap` keeps, as their JSON.
async fn losses(world: &World<Namespace>) -> String {
    serde_json::to_string(&store(world, NAME, 1 << 20).read().await.unwrap().losses).unwrap()
}

async fn annotate(world: &World<Namespace>, hash: &str) {
    let patch = json!({ "metadata": { "annotations": { APPROVE: hash } } });
    let parameters = PatchParams::default();
    config_maps(world).patch(NAME, &parameters, &Patch::Merge(&patch)).await.unwrap();
}

async fn annotations(world: &World<Namespace>) -> BTreeMap<String, String> {
    config_maps(world).get(NAME).await.unwrap().metadata.annotations.unwrap_or_default()
}

/// Waits until the annotation is taken, and returns the answer.
async fn answer_to(world: &World<Namespace>, hash: &str) -> String {
    let taken = |data: &BTreeMap<String, String>| {
        !data.contains_key(APPROVE) && data.get(ANSWER).is_some_and(|answer| answer.contains(hash))
    };
    eventually("an answer", || annotations(world), taken).await.remove(ANSWER).unwrap()
}

/// Publishes six names and takes four away; returns the hash of those whose deletion is held, and how
/// many records there are.
async fn with_held_deletions(world: &World<Namespace>) -> (String, usize) {
    let names: Vec<_> = (0..6).map(|number| format!("s{number}")).collect();
    for name in &names {
        put(world, name, Some("192.0.2.1")).await;
    }
    let published = || world.provider.names().len();
    eventually("the records", || async { published() }, |count| *count == 6).await;
    written(world, "192.0.2.1").await;
    for name in names.iter().take(4) {
        remove(world, name).await;
    }
    // Deletions that came one by one may have gone before there were too many; the hash is of all
    // that are held, so it is asked for when the last of them is.
    let held = || async { world.json("/v1/plan").await.get("held").cloned().unwrap_or_default() };
    let of = |held: &Value| held.get("names").and_then(Value::as_array).map_or(0, Vec::len);
    let whole = |held: &Value| of(held) > 0 && published() == of(held) + 2;
    let held = eventually("held deletions", held, whole).await;
    (held.get("hash").and_then(Value::as_str).unwrap().to_owned(), published())
}

fn rollback(world: &World<Namespace>, arguments: &[&str]) -> Ended {
    let state = state_flag(&world.objects.name);
    let cluster = world.objects.cluster.flag();
    world.run_on_provider(&[&["rollback", OWNER, &state, &cluster], arguments].concat())
}

/// Returns the writes of the history in whose line a text stands, oldest first.
fn history(world: &World<Namespace>, text: &str) -> Vec<Value> {
    let listed = rollback(world, &["-o=json"]).stdout;
    let rows = listed.lines().filter(|line| line.contains(text));
    rows.map(|row| serde_json::from_str(row).unwrap()).collect()
}

/// Waits until the history says that a write of this text ended so, and returns its number.
async fn settled(world: &World<Namespace>, text: &str, outcome: &str) -> String {
    let is = |row: &&Value| row.get("outcome").and_then(Value::as_str) == Some(outcome);
    let rows = || async { history(world, text) };
    let ended = |rows: &Vec<Value>| rows.iter().any(|row| is(&row));
    let rows = eventually(&format!("{text} {outcome}"), rows, ended).await;
    rows.iter().find(is).unwrap().get("id").unwrap().to_string()
}

/// Waits until the history has a write of this text, and returns its number.
async fn written(world: &World<Namespace>, text: &str) -> String {
    let rows = || async { history(world, text) };
    let rows = eventually("the history", rows, |rows| !rows.is_empty()).await;
    rows.first().unwrap().get("id").unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_controller_is_followed_by_one_that_can_roll_back_what_it_wrote() {
    for mut world in worlds("state-rollback", &[]).await {
        put(&world, "web", Some("192.0.2.1")).await;
        world.provider.until_addresses_are(&[("web.example.com", "192.0.2.1")]).await;
        written(&world, "192.0.2.1").await;
        let before = world.provider.unlabelled();
        put(&world, "web", Some("192.0.2.66")).await;
        world.provider.until_addresses_are(&[("web.example.com", "192.0.2.66")]).await;
        written(&world, "192.0.2.66").await;
        world.kill();

        // The next one goes on with the history and does not begin anew.
        world.start();
        put(&world, "other", Some("192.0.2.7")).await;
        written(&world, "192.0.2.7").await;
        remove(&world, "other").await;
        world.provider.until_addresses_are(&[("web.example.com", "192.0.2.66")]).await;
        world.kill();
        let number = written(&world, "192.0.2.66").await;
        let shown = rollback(&world, &[&number]);
        assert_eq!(shown.status.code(), Some(2), "{}{}", shown.stdout, shown.stderr);
        let done = rollback(&world, &[&number, "--yes"]);
        assert!(done.status.success(), "{}{}", done.stdout, done.stderr);
        assert_eq!(world.provider.unlabelled(), before);

        // Going back is a write like any other, which can be gone back before.
        let listed = rollback(&world, &["-o=json"]).stdout;
        let last: Value = serde_json::from_str(listed.lines().next_back().unwrap()).unwrap();
        let last_number = last["id"].to_string();
        assert_ne!(last_number, number, "{listed}");
        assert_eq!(last["outcome"], "written");
        let done = rollback(&world, &[&last_number, "--yes"]);
        assert!(done.status.success(), "{}{}", done.stdout, done.stderr);
        let address = world.provider.addresses().remove("web.example.com");
        assert_eq!(address.as_deref(), Some("192.0.2.66"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_was_cut_off_by_a_kill_is_in_the_history_and_the_records_say_how_it_ended() {
    for (fault_mode, namespace, outcome) in [
        (FaultMode::HangsBeforeWriting, "state-before", "not-landed"),
        (FaultMode::HangsAfterWriting, "state-after", "landed"),
    ] {
        for mut world in worlds(namespace, &[]).await {
            put(&world, "first", Some("192.0.2.1")).await;
            settled(&world, "192.0.2.1", "written").await;
            world.provider.be(fault_mode);
            put(&world, "web", Some("192.0.2.66")).await;
            let sent = || async { world.provider.requests(&Method::POST, "/records") };
            eventually("a write", sent, |count| *count > 0).await;
            world.kill();
            settled(&world, "192.0.2.66", "begun").await;

            // Meanwhile something else is asked for.
            put(&world, "web", Some("192.0.2.7")).await;
            world.provider.be(FaultMode::Well);
            world.start();
            let id = settled(&world, "192.0.2.66", outcome).await;
            settled(&world, "192.0.2.7", "written").await;
            world.kill();
            let shown = rollback(&world, &[&id]);
            let says = if outcome == "landed" { "keep" } else { "Nothing to roll back" };
            assert!(shown.stdout.contains(says), "{}{}", shown.stdout, shown.stderr);
            let listed = rollback(&world, &[]).stdout;
            let row = listed.lines().find(|line| line.starts_with(&id)).unwrap();
            assert!(row.contains(outcome), "{listed}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grace_period_goes_on_where_a_killed_controller_left_it() {
    let flags = ["--on-target-loss=delete", "--target-loss-grace=8s"];
    for mut world in worlds("state-hold", &flags).await {
        put(&world, "web", Some("192.0.2.1")).await;
        world.provider.until_addresses_are(&[("web.example.com", "192.0.2.1")]).await;
        written(&world, "192.0.2.1").await;
        // A Service that is made before its load balancer begins with a loss, which has to end first.
        let lost = || losses(&world);
        eventually("no loss", lost, |losses| losses == "{}").await;
        put(&world, "web", None).await;
        let lost = eventually("the loss", lost, |losses| losses != "{}").await;
        world.kill();
        world.start();
        world.until_ready_is(true).await;
        // Both the record and the time of the loss outlive it.
        world.provider.until_addresses_are(&[("web.example.com", "192.0.2.1")]).await;
        assert_eq!(losses(&world).await, lost);
        world.provider.until_addresses_are(&[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zone_that_is_empty_after_a_restart_is_not_believed_at_once() {
    for mut world in worlds("state-empty", &[]).await {
        put(&world, "web", Some("192.0.2.1")).await;
        world.provider.until_addresses_are(&[("web.example.com", "192.0.2.1")]).await;
        written(&world, "192.0.2.1").await;
        let count = || async { config_maps(&world).get(NAME).await.unwrap().data.unwrap() };
        let counted = |data: &BTreeMap<String, String>| {
            data.get("records").is_some_and(|record| record == "2")
        };
        eventually("the count", count, counted).await;
        world.kill();
        let gone = Changes { delete: world.provider.memory.dump(), ..Changes::default() };
        world.provider.memory.apply(gone).await.unwrap();
        world.start();
        world.provider.until_addresses_are(&[("web.example.com", "192.0.2.1")]).await;
        let log = world.log();
        assert!(log.contains("it held 2 before"), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn state_that_cannot_be_kept_is_told_and_stops_nothing() {
    for world in worlds("state-broken", &[]).await {
        put(&world, "web", Some("192.0.2.1")).await;
        written(&world, "192.0.2.1").await;
        let broken = json!({ "binaryData": { "history.jsonl.gz": "bm9uc2Vuc2U=" } });
        let parameters = PatchParams::default();
        config_maps(&world).patch(NAME, &parameters, &Patch::Merge(&broken)).await.unwrap();
        put(&world, "web", Some("192.0.2.2")).await;
        world.provider.until_addresses_are(&[("web.example.com", "192.0.2.2")]).await;
        let said = world.until_ready_is(false).await;
        assert!(said.contains("state failed") && said.contains("history.jsonl.gz"), "{said}");
        config_maps(&world).delete(NAME, &DeleteParams::default()).await.unwrap();
        world.until_ready_is(true).await;
        written(&world, "192.0.2.2").await;
    }
}

/// Waits until the deletions that [`with_held_deletions`] left held are made.
async fn until_deleted(world: &World<Namespace>) {
    let left = [("s4.example.com", "192.0.2.1"), ("s5.example.com", "192.0.2.1")];
    world.provider.until_addresses_are(&left).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_annotation_approves_exactly_the_deletions_of_its_hash() {
    for world in worlds("state-approve", &[]).await {
        let (hash, kept) = with_held_deletions(&world).await;

        annotate(&world, "000000000000").await;
        let refused = answer_to(&world, "000000000000").await;
        assert!(refused.contains("refused 000000000000") && !refused.contains(&hash), "{refused}");
        annotate(&world, "everything").await;
        let refused = answer_to(&world, "everything").await;
        assert!(refused.contains("not a plan hash"), "{refused}");
        assert_eq!(world.provider.addresses().len(), kept, "nothing is deleted");

        annotate(&world, &hash).await;
        let approved = answer_to(&world, &hash).await;
        assert!(approved.contains(&format!("approved {hash}")), "{approved}");
        until_deleted(&world).await;
        annotate(&world, &hash).await;
        let again = || async { annotations(&world).await.remove(ANSWER).unwrap() };
        eventually("a second answer", again, |found| found.contains("nothing to approve")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_objects_want_again_is_held_for_nobody_any_more() {
    let namespace = "state-again";
    let (state, place) = (state_flag(namespace), format!("--leader-elect-namespace={namespace}"));
    let flags = ["--source=service", "--events", "--interval=1h", &state, &place];
    for world in World::everywhere(namespace, &[], &flags).await {
        with_held_deletions(&world).await;
        for number in 0..4 {
            put(&world, &format!("s{number}"), Some("192.0.2.1")).await;
        }
        let plan = || async { world.json("/v1/plan").await };
        let is_free = |plan: &Value| plan.get("held").is_none_or(Value::is_null);
        eventually("a plan that holds nothing", plan, is_free).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_annotation_is_taken_by_the_leader_or_else_by_the_next_one() {
    let election = ["--leader-elect", "--leader-elect-lease-duration=3s"];
    for mut world in worlds("state-leader", &election).await {
        let (hash, _) = with_held_deletions(&world).await;
        let other = world.replica();
        let other_log = || async { other.process.log() };
        eventually("standing by", other_log, |other_log| {
            other_log.contains("Another replica leads")
        })
        .await;
        annotate(&world, "000000000000").await;
        answer_to(&world, "000000000000").await;
        let refusal = "asks to approve deletions, and is refused";
        world.until_logged(refusal).await;
        assert!(!other_log().await.contains(refusal), "{}", other_log().await);

        // Until its lease has run out nobody leads.
        world.kill();
        annotate(&world, &hash).await;
        let approved = answer_to(&world, &hash).await;
        assert!(approved.contains(&format!("approved {hash}")), "{approved}");
        until_deleted(&world).await;
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
    for world in worlds("state-full", &[]).await {
        let mut store = store(&world, "full", 100_000);
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
        let held = config_maps(&world).get("full").await.unwrap();
        let bytes: usize =
            held.binary_data.unwrap().values().map(|binary_data| binary_data.0.len()).sum();
        assert!((512 << 10..1 << 20).contains(&bytes), "{bytes} bytes");
    }
}
