//! State in a ConfigMap, on an API server on a socket.

use controller_core::hold::Losses;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Patch, PatchParams};
use kube::{Api, Client};
use kube_emulator::{Calls, Emulator, Fault, Options};
use serde_json::json;
use webhook_api::{Endpoint, RecordType};

use super::*;
use crate::objects::cluster::{self, Access};

async fn emulator() -> Emulator {
    Emulator::start(Options::default()).await.unwrap()
}

async fn client(emulator: &Emulator) -> Client {
    let access = Access { server: emulator.url(), ..Access::default() };
    cluster::client(&access).await.unwrap()
}

async fn state(emulator: &Emulator) -> State {
    let place = Place { namespace: "default".to_owned(), name: "state".to_owned() };
    State::kept_in(InConfigMap::new(client(emulator).await, place, 3))
}

async fn config_map(emulator: &Emulator) -> ConfigMap {
    Api::<ConfigMap>::default_namespaced(client(emulator).await).get("state").await.unwrap()
}

/// Counts the requests that wrote.
fn writes(emulator: &Emulator) -> u64 {
    let wrote = |verb: &str| emulator.requests().count(verb, "configmaps");
    wrote("create") + wrote("patch")
}

fn write(name: &str) -> Changes {
    let create = vec![Endpoint::new(name, RecordType::A, ["192.0.2.1"])];
    Changes { create, ..Changes::default() }
}

fn facts(records: usize) -> Facts {
    let losses: Losses = serde_json::from_str(r#"{"ingress/default/app": 100}"#).unwrap();
    Facts { losses, records }
}

/// Writes what is due although the last write was just now.
async fn keep(state: &mut State) -> anyhow::Result<()> {
    state.hurry();
    state.read(Instant::now()).await?;
    state.keep(Instant::now()).await
}

fn journal(state: &State) -> Vec<(u64, String)> {
    let journal = state.journal().unwrap();
    let first = |it: &Changes| it.create.first().unwrap().dns_name.to_string();
    journal.rows().map(|it| (it.id, first(&it.changes))).collect()
}

fn rows(rows: &[(u64, &str)]) -> Vec<(u64, String)> {
    rows.iter().map(|(id, name)| (*id, (*name).to_owned())).collect()
}

#[tokio::test]
async fn what_one_process_kept_the_next_one_knows() {
    let emulator = emulator().await;
    let mut first = state(&emulator).await;
    assert!(first.read(Instant::now()).await.unwrap());
    assert_eq!(*first.facts(), Facts::default());
    first.note(facts(7));
    for name in ["a", "b", "c", "d"] {
        first.record(write(name), 1).unwrap();
    }
    keep(&mut first).await.unwrap();

    let mut next = state(&emulator).await;
    next.read(Instant::now()).await.unwrap();
    assert_eq!(*next.facts(), facts(7));
    assert_eq!(journal(&next), rows(&[(2, "b"), (3, "c"), (4, "d")]));
}

#[tokio::test]
async fn only_what_changed_is_written_and_a_burst_is_written_once() {
    let emulator = emulator().await;
    let mut state = state(&emulator).await;
    let now = Instant::now();
    state.read(now).await.unwrap();
    state.note(Facts::default());
    assert_eq!(state.due(now), None, "there is nothing to keep");
    state.keep(now).await.unwrap();
    assert_eq!(writes(&emulator), 0);

    for _ in 0..3 {
        state.record(write("a"), 1).unwrap();
        state.keep(now).await.unwrap();
    }
    assert_eq!(writes(&emulator), 1, "the first at once, the others when it has rested");
    let due = state.due(now).unwrap();
    assert!(due > now);
    state.keep(due).await.unwrap();
    assert_eq!(writes(&emulator), 2);
    assert_eq!(state.due(due), None);
    state.note(Facts::default());
    assert_eq!(state.due(due), None, "nothing new");
}

#[tokio::test]
async fn two_writers_lose_nothing_of_each_other() {
    let emulator = emulator().await;
    let (mut ours, mut theirs) = (state(&emulator).await, state(&emulator).await);
    for state in [&mut ours, &mut theirs] {
        state.read(Instant::now()).await.unwrap();
    }
    theirs.record(write("theirs"), 1).unwrap();
    keep(&mut theirs).await.unwrap();
    // Ours still believes that there is no ConfigMap.
    ours.record(write("ours"), 2).unwrap();
    keep(&mut ours).await.unwrap();
    theirs.record(write("again"), 3).unwrap();
    keep(&mut theirs).await.unwrap();
    let mut last = state(&emulator).await;
    last.read(Instant::now()).await.unwrap();
    assert_eq!(journal(&last), rows(&[(1, "theirs"), (2, "ours"), (3, "again")]));
}

#[tokio::test]
async fn what_others_keep_in_the_configmap_stays() {
    let emulator = emulator().await;
    let mut state = state(&emulator).await;
    state.read(Instant::now()).await.unwrap();
    state.record(write("a"), 1).unwrap();
    keep(&mut state).await.unwrap();
    let api = Api::<ConfigMap>::default_namespaced(client(&emulator).await);
    let patch =
        json!({ "metadata": { "annotations": { "note": "keep" } }, "data": { "other": "x" } });
    api.patch("state", &PatchParams::default(), &Patch::Merge(&patch)).await.unwrap();
    state.note(facts(1));
    keep(&mut state).await.unwrap();
    let held = config_map(&emulator).await;
    assert_eq!(held.metadata.annotations.unwrap()["note"], "keep");
    assert_eq!(held.data.as_ref().unwrap()["other"], "x");
    assert_eq!(held.data.unwrap()["records"], "1");
    // One that was deleted is made again, with what is known.
    api.delete("state", &kube::api::DeleteParams::default()).await.unwrap();
    state.record(write("b"), 2).unwrap();
    keep(&mut state).await.unwrap();
    state.doubt();
    state.read(Instant::now()).await.unwrap();
    assert_eq!(journal(&state), rows(&[(1, "a"), (2, "b")]));
}

#[tokio::test]
async fn a_refusal_is_told_and_what_was_to_be_kept_waits() {
    let emulator = emulator().await;
    let mut state = state(&emulator).await;
    state.read(Instant::now()).await.unwrap();
    emulator.inject(Fault::Refuse { calls: Calls::of("create", "configmaps") });
    state.record(write("a"), 1).unwrap();
    let error = format!("{:#}", keep(&mut state).await.unwrap_err());
    assert!(error.contains("`default/state` cannot be written"), "{error}");
    assert!(error.contains("forbidden"), "{error}");
    assert!(state.due(Instant::now()).unwrap() > Instant::now(), "not again at once");
    emulator.clear_faults();
    keep(&mut state).await.unwrap();
    assert_eq!(journal(&state), rows(&[(1, "a")]));
    assert_eq!(writes(&emulator), 2);
}

#[tokio::test]
async fn nothing_is_written_over_what_cannot_be_read() {
    let emulator = emulator().await;
    let metadata = json!({ "name": "state" });
    let nonsense = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata,
        "binaryData": { "journal.jsonl.gz": "bm9uc2Vuc2U=" },
    });
    emulator.apply(nonsense).unwrap();
    let mut state = state(&emulator).await;
    let error = format!("{:#}", state.read(Instant::now()).await.unwrap_err());
    assert!(error.contains("`journal.jsonl.gz` of the ConfigMap `default/state`"), "{error}");
    state.record(write("a"), 1).unwrap();
    keep(&mut state).await.unwrap_err();
    assert_eq!(writes(&emulator), 0);
    // Put right by hand, it is gone on with.
    emulator
        .apply(json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "state" } }))
        .unwrap();
    keep(&mut state).await.unwrap();
    assert_eq!(journal(&state), rows(&[(1, "a")]));
}

#[tokio::test]
async fn losses_seen_before_the_state_could_be_read_are_joined_with_those_in_it() {
    let emulator = emulator().await;
    let mut before = state(&emulator).await;
    before.read(Instant::now()).await.unwrap();
    before.note(facts(7));
    keep(&mut before).await.unwrap();

    emulator.inject(Fault::Refuse { calls: Calls::of("get", "configmaps") });
    let mut state = state(&emulator).await;
    state.read(Instant::now()).await.unwrap_err();
    let newer = r#"{"ingress/default/app": 500, "ingress/default/b": 600}"#;
    state.note(Facts { losses: serde_json::from_str(newer).unwrap(), records: 0 });
    emulator.clear_faults();
    keep(&mut state).await.unwrap();
    let joined = r#"{"ingress/default/app": 100, "ingress/default/b": 600}"#;
    assert_eq!(state.facts().losses, serde_json::from_str(joined).unwrap());
    assert_eq!(state.facts().records, 7);
}
