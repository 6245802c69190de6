//! State in a ConfigMap, on an API server on a socket.

use controller_core::history::Outcome;
use controller_core::inventory::Inventory;
use controller_core::registry::{Noop, Registry as _};
use controller_core::target_loss::Losses;
use external_dns_webhook::{Changes, Endpoint, RecordType};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Patch, PatchParams};
use kube::{Api, Client};
use kube_emulator::{Calls, Emulator, Fault, Options};
use serde_json::json;

use super::*;
use crate::cluster::{self, Access};

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

fn changes(name: &str) -> Changes {
    let create = vec![Endpoint::new(name, RecordType::A, ["192.0.2.1"])];
    Changes { create, ..Changes::default() }
}

/// Returns what the provider has when it has these names.
fn zone(names: &[&str]) -> Inventory {
    let current = names.iter().flat_map(|name| changes(name).create).collect();
    Noop.read(current, &[])
}

async fn begin(state: &mut State, name: &str) {
    state.begin(&zone(&[]), &changes(name), 1).await;
}

/// Notes a write that was made.
async fn write(state: &mut State, name: &str) {
    begin(state, name).await;
    state.conclude(&changes(name), 1);
}

/// Has a sync learn what is to be kept.
fn note(state: &mut State, kept: Kept) {
    state.memory_mut().kept = kept;
    state.note();
}

fn kept(records: usize) -> Kept {
    let losses: Losses = serde_json::from_str(r#"{"ingress/default/app": 100}"#).unwrap();
    Kept { losses, records }
}

/// Writes what is due although the last write was just now.
async fn persist(state: &mut State) -> anyhow::Result<()> {
    state.flush_now();
    state.read(Instant::now()).await?;
    state.persist(Instant::now()).await
}

fn history(state: &State) -> Vec<(u64, String)> {
    let history = state.history().unwrap();
    let first = |changes: &Changes| changes.create.first().unwrap().dns_name.to_string();
    history.rows().map(|row| (row.id, first(&row.changes))).collect()
}

fn rows(rows: &[(u64, &str)]) -> Vec<(u64, String)> {
    rows.iter().map(|(id, name)| (*id, (*name).to_owned())).collect()
}

#[tokio::test]
async fn what_one_process_kept_the_next_one_knows() {
    let emulator = emulator().await;
    let mut first = state(&emulator).await;
    assert!(first.read(Instant::now()).await.unwrap());
    assert_eq!(first.memory().kept, Kept::default());
    note(&mut first, kept(7));
    for name in ["a", "b", "c", "d"] {
        write(&mut first, name).await;
    }
    persist(&mut first).await.unwrap();

    let mut next = state(&emulator).await;
    next.read(Instant::now()).await.unwrap();
    assert_eq!(next.memory().kept, kept(7));
    assert_eq!(history(&next), rows(&[(2, "b"), (3, "c"), (4, "d")]));
}

#[tokio::test]
async fn only_what_changed_is_written_and_a_burst_is_written_once() {
    let emulator = emulator().await;
    let mut state = state(&emulator).await;
    let now = Instant::now();
    state.read(now).await.unwrap();
    note(&mut state, Kept::default());
    assert_eq!(state.due(now), None, "there is nothing to keep");
    state.persist(now).await.unwrap();
    assert_eq!(writes(&emulator), 0);

    for writes_so_far in [1, 2, 3] {
        begin(&mut state, "a").await;
        assert_eq!(writes(&emulator), writes_so_far, "at once: it is about to be made");
        state.conclude(&changes("a"), 1);
        state.persist(Instant::now()).await.unwrap();
        assert_eq!(writes(&emulator), writes_so_far, "how it ended waits for the next, or a rest");
    }
    let due = state.due(now).unwrap();
    assert!(due > now);
    state.persist(due).await.unwrap();
    assert_eq!(writes(&emulator), 4);
    assert_eq!(state.due(due), None);
    note(&mut state, Kept::default());
    assert_eq!(state.due(due), None, "nothing new");
}

#[tokio::test]
async fn two_writers_lose_nothing_of_each_other() {
    let emulator = emulator().await;
    let (mut ours, mut theirs) = (state(&emulator).await, state(&emulator).await);
    for state in [&mut ours, &mut theirs] {
        state.read(Instant::now()).await.unwrap();
    }
    write(&mut theirs, "theirs").await;
    persist(&mut theirs).await.unwrap();
    // Ours still believes that there is no ConfigMap.
    write(&mut ours, "ours").await;
    persist(&mut ours).await.unwrap();
    write(&mut theirs, "again").await;
    persist(&mut theirs).await.unwrap();
    let mut last = state(&emulator).await;
    last.read(Instant::now()).await.unwrap();
    assert_eq!(history(&last), rows(&[(1, "theirs"), (2, "ours"), (3, "again")]));
}

#[tokio::test]
async fn what_others_keep_in_the_configmap_stays() {
    let emulator = emulator().await;
    let mut state = state(&emulator).await;
    state.read(Instant::now()).await.unwrap();
    write(&mut state, "a").await;
    persist(&mut state).await.unwrap();
    let api = Api::<ConfigMap>::default_namespaced(client(&emulator).await);
    let patch =
        json!({ "metadata": { "annotations": { "note": "keep" } }, "data": { "other": "x" } });
    api.patch("state", &PatchParams::default(), &Patch::Merge(&patch)).await.unwrap();
    note(&mut state, kept(1));
    persist(&mut state).await.unwrap();
    let found = config_map(&emulator).await;
    assert_eq!(found.metadata.annotations.unwrap()["note"], "keep");
    assert_eq!(found.data.as_ref().unwrap()["other"], "x");
    assert_eq!(found.data.unwrap()["records"], "1");
    // One that was deleted is made again, with what is known.
    api.delete("state", &kube::api::DeleteParams::default()).await.unwrap();
    write(&mut state, "b").await;
    persist(&mut state).await.unwrap();
    state.invalidate();
    state.read(Instant::now()).await.unwrap();
    assert_eq!(history(&state), rows(&[(1, "a"), (2, "b")]));
}

#[tokio::test]
async fn a_refusal_is_told_and_what_was_to_be_kept_waits() {
    let emulator = emulator().await;
    let mut state = state(&emulator).await;
    state.read(Instant::now()).await.unwrap();
    emulator.inject(Fault::Refuse { calls: Calls::of("create", "configmaps") });
    write(&mut state, "a").await;
    let error = format!("{:#}", state.take_result().unwrap().unwrap_err());
    assert!(error.contains("`default/state` cannot be written"), "{error}");
    assert!(error.contains("forbidden"), "{error}");
    assert!(state.due(Instant::now()).unwrap() > Instant::now(), "not again at once");
    write(&mut state, "b").await;
    assert!(state.take_result().is_none() && writes(&emulator) == 1, "a sync does not wait for it");
    emulator.clear_faults();
    persist(&mut state).await.unwrap();
    assert_eq!(history(&state), rows(&[(1, "a"), (2, "b")]));
    assert_eq!(writes(&emulator), 2);
}

#[tokio::test]
async fn a_write_is_told_with_the_number_that_it_has_in_the_history_or_with_none() {
    let emulator = emulator().await;
    let mut state = next(&emulator).await;
    emulator.inject(Fault::Refuse { calls: Calls::of("create", "configmaps") });
    begin(&mut state, "a").await;
    assert_eq!(state.conclude(&changes("a"), 1), None, "another may be the first to be kept");
    emulator.clear_faults();
    let mut command = next(&emulator).await;
    begin(&mut command, "b").await;
    assert_eq!(command.conclude(&changes("b"), 1), Some(1));
    persist(&mut command).await.unwrap();
    assert!(!state.catch_up(Instant::now()).await.unwrap(), "it rests after the refusal");
    persist(&mut state).await.unwrap();
    assert_eq!(history(&state), rows(&[(1, "b"), (2, "a")]));
    assert!(state.catch_up(Instant::now()).await.unwrap(), "the number is there");
    assert!(!state.catch_up(Instant::now()).await.unwrap(), "it is news once");
}

#[tokio::test]
async fn nothing_is_written_over_what_cannot_be_read() {
    let emulator = emulator().await;
    let metadata = json!({ "name": "state" });
    let nonsense = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata,
        "binaryData": { "history.jsonl.gz": "bm9uc2Vuc2U=" },
    });
    emulator.apply(nonsense).unwrap();
    let mut state = state(&emulator).await;
    let error = format!("{:#}", state.read(Instant::now()).await.unwrap_err());
    assert!(error.contains("`history.jsonl.gz` of the ConfigMap `default/state`"), "{error}");
    write(&mut state, "a").await;
    persist(&mut state).await.unwrap_err();
    assert_eq!(writes(&emulator), 0);
    // Put right by hand, it is gone on with.
    emulator
        .apply(json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "state" } }))
        .unwrap();
    persist(&mut state).await.unwrap();
    assert_eq!(history(&state), rows(&[(1, "a")]));
}

#[tokio::test]
async fn losses_seen_before_the_state_could_be_read_are_joined_with_those_in_it() {
    let emulator = emulator().await;
    let mut before = state(&emulator).await;
    before.read(Instant::now()).await.unwrap();
    note(&mut before, kept(7));
    persist(&mut before).await.unwrap();

    emulator.inject(Fault::Refuse { calls: Calls::of("get", "configmaps") });
    let mut state = state(&emulator).await;
    state.read(Instant::now()).await.unwrap_err();
    let newer = r#"{"ingress/default/app": 500, "ingress/default/b": 600}"#;
    note(&mut state, Kept { losses: serde_json::from_str(newer).unwrap(), records: 0 });
    emulator.clear_faults();
    persist(&mut state).await.unwrap();
    let joined = r#"{"ingress/default/app": 100, "ingress/default/b": 600}"#;
    assert_eq!(state.memory().kept.losses, serde_json::from_str(joined).unwrap());
    assert_eq!(state.memory().kept.records, 7);
}

fn outcomes(state: &State) -> Vec<(u64, String, Outcome)> {
    let history = state.history().unwrap();
    let row = |row: &HistoryRow| {
        let name = row.changes.create.first().unwrap().dns_name.to_string();
        (row.id, name, row.outcome)
    };
    history.rows().map(row).collect()
}

async fn next(emulator: &Emulator) -> State {
    let mut next = state(emulator).await;
    next.read(Instant::now()).await.unwrap();
    next
}

#[tokio::test]
async fn of_a_process_killed_in_a_write_the_next_one_knows_the_write_and_how_it_ended() {
    for (current, outcome) in [(&["a"][..], Outcome::Landed), (&[], Outcome::NotLanded)] {
        let emulator = emulator().await;
        begin(&mut next(&emulator).await, "a").await;
        let mut second = next(&emulator).await;
        let row = |outcome| (1, "a".to_owned(), outcome);
        assert_eq!(outcomes(&second), [row(Outcome::Begun)]);
        second.resolve(&zone(current), 9);
        persist(&mut second).await.unwrap();
        assert_eq!(outcomes(&next(&emulator).await), [row(outcome)]);
        let before = writes(&emulator);
        second.resolve(&zone(&[]), 9);
        persist(&mut second).await.unwrap();
        assert_eq!(outcomes(&second), [row(outcome)], "once and for all");
        assert_eq!(writes(&emulator), before);
    }
}

#[tokio::test]
async fn a_write_that_is_tried_again_and_again_costs_one_row_and_one_request() {
    let emulator = emulator().await;
    let mut state = next(&emulator).await;
    for _ in 0..3 {
        begin(&mut state, "a").await;
        persist(&mut state).await.unwrap();
    }
    assert_eq!(writes(&emulator), 1);
    // Once it is made it is another one.
    state.conclude(&changes("a"), 1);
    begin(&mut state, "a").await;
    let row = |id, outcome| (id, "a".to_owned(), outcome);
    assert_eq!(outcomes(&state), [row(1, Outcome::Written), row(2, Outcome::Begun)]);
}

#[tokio::test]
async fn a_write_of_which_the_provider_took_nothing_has_no_row_and_its_number_is_given_to_no_other()
{
    let emulator = emulator().await;
    let mut state = next(&emulator).await;
    write(&mut state, "a").await;
    for _ in 0..3 {
        begin(&mut state, "b").await;
        state.conclude(&Changes::default(), 1);
        assert_eq!(outcomes(&state), [(1, "a".to_owned(), Outcome::Written)]);
    }
    persist(&mut state).await.unwrap();
    let mut next = next(&emulator).await;
    assert_eq!(outcomes(&next), [(1, "a".to_owned(), Outcome::Written)]);
    write(&mut next, "c").await;
    assert_eq!(outcomes(&next).pop(), Some((5, "c".to_owned(), Outcome::Written)));
}

#[tokio::test]
async fn what_was_tried_in_vain_gives_way_to_what_is_tried_instead() {
    let emulator = emulator().await;
    let mut first = next(&emulator).await;
    begin(&mut first, "a").await;
    begin(&mut first, "b").await;
    let row = |id, name: &str, outcome| (id, name.to_owned(), outcome);
    assert_eq!(outcomes(&first), [row(2, "b", Outcome::Begun)]);
    // What landed after all stays, and so does what another process was about to do.
    first.begin(&zone(&["b"]), &changes("c"), 1).await;
    assert_eq!(outcomes(&first), [row(2, "b", Outcome::Landed), row(3, "c", Outcome::Begun)]);
    let mut second = next(&emulator).await;
    write(&mut second, "d").await;
    let expected = [
        row(2, "b", Outcome::Landed),
        row(3, "c", Outcome::NotLanded),
        row(4, "d", Outcome::Written),
    ];
    assert_eq!(outcomes(&second), expected);
}

#[tokio::test]
async fn what_another_wrote_is_news_also_after_this_process_has_written() {
    let folder = tempfile::tempdir().unwrap();
    let open = || State::kept_in(Folder::open(folder.path(), 9).unwrap());
    let (mut controller, mut command) = (open(), open());
    controller.read(Instant::now()).await.unwrap();
    command.read(Instant::now()).await.unwrap();
    controller.begin(&zone(&[]), &changes("a"), 1).await;
    command.begin(&zone(&[]), &changes("b"), 2).await;
    command.conclude(&changes("b"), 2);
    controller.conclude(&changes("a"), 3);
    assert!(controller.catch_up(Instant::now()).await.unwrap());
    assert!(!controller.catch_up(Instant::now()).await.unwrap(), "it is news once");
}

#[tokio::test]
async fn what_the_next_process_plans_again_is_the_write_that_was_cut_off() {
    let emulator = emulator().await;
    begin(&mut next(&emulator).await, "a").await;
    let mut second = next(&emulator).await;
    write(&mut second, "a").await;
    assert_eq!(outcomes(&second), [(1, "a".to_owned(), Outcome::Written)]);
}

#[tokio::test]
async fn of_a_write_the_history_has_what_was_taken() {
    let emulator = emulator().await;
    let mut state = next(&emulator).await;
    let both = Changes {
        create: [changes("a").create, changes("b").create].concat(),
        ..Changes::default()
    };
    state.begin(&zone(&[]), &both, 1).await;
    state.conclude(&changes("b"), 7);
    let row = state.history().unwrap().row(1).unwrap().clone();
    assert_eq!((row.written, row.changes, row.outcome), (7, changes("b"), Outcome::Written));
}

#[tokio::test]
async fn a_folder_that_failed_before_a_write_is_tried_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = State::kept_in(Folder::open(folder.path(), 3).unwrap());
    state.read(Instant::now()).await.unwrap();
    // A folder where the history is to be cannot be written.
    std::fs::create_dir(folder.path().join("history.jsonl")).unwrap();
    begin(&mut state, "a").await;
    assert!(state.take_result().unwrap().is_err());
    std::fs::remove_dir(folder.path().join("history.jsonl")).unwrap();
    state.conclude(&changes("a"), 1);
    assert_eq!(outcomes(&state), [(1, "a".to_owned(), Outcome::Written)]);
}

#[tokio::test]
async fn what_a_command_beside_the_controller_could_not_conclude_the_controller_does() {
    let emulator = emulator().await;
    let mut controller = next(&emulator).await;
    write(&mut controller, "a").await;
    persist(&mut controller).await.unwrap();
    begin(&mut next(&emulator).await, "b").await;
    write(&mut controller, "c").await;
    persist(&mut controller).await.unwrap();
    controller.resolve(&zone(&["b"]), 9);
    let row = |id, name: &str, outcome| (id, name.to_owned(), outcome);
    let expected = [
        row(1, "a", Outcome::Written),
        row(2, "b", Outcome::Landed),
        row(3, "c", Outcome::Written),
    ];
    assert_eq!(outcomes(&controller), expected);
}

#[tokio::test]
async fn what_a_command_writes_beside_the_controller_is_read_and_what_is_small_stays() {
    let emulator = emulator().await;
    let mut controller = next(&emulator).await;
    write(&mut controller, "a").await;
    controller.flush_now();
    controller.persist(Instant::now()).await.unwrap();
    assert!(!controller.catch_up(Instant::now()).await.unwrap(), "nothing was written");
    let mut command = next(&emulator).await.caused_by("rollback 1");
    write(&mut command, "b").await;
    command.flush_now();
    command.persist(Instant::now()).await.unwrap();
    note(&mut controller, kept(7));
    assert!(controller.catch_up(Instant::now()).await.unwrap());
    let history = controller.history().unwrap();
    let causes: Vec<_> = history.rows().map(|row| row.cause.as_str()).collect();
    assert_eq!(causes, ["sync", "rollback 1"]);
    assert_eq!(controller.memory().kept, kept(7));
    assert!(!controller.catch_up(Instant::now()).await.unwrap(), "it was read");

    let folder = tempfile::tempdir().unwrap();
    let open = || State::kept_in(Folder::open(folder.path(), 9).unwrap());
    let mut controller = open();
    controller.read(Instant::now()).await.unwrap();
    write(&mut controller, "a").await;
    let mut command = open().caused_by("ownership adopt");
    command.read(Instant::now()).await.unwrap();
    write(&mut command, "b").await;
    assert!(controller.catch_up(Instant::now()).await.unwrap());
    assert_eq!(controller.history().unwrap().rows().count(), 2);
    assert!(!controller.catch_up(Instant::now()).await.unwrap());
}

#[tokio::test]
async fn a_file_where_the_folder_is_to_be_is_told_with_what_comes_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state");
    std::fs::write(&file, "x").unwrap();
    let mut state = State::kept_in(Folder::repairing(&file, 3));
    let told = trouble(&state.read(Instant::now()).await.unwrap_err());
    let start = format!("`--state-dir={}` is a file, and must be a folder; ", file.display());
    assert!(told.starts_with(&start), "{told}");
    assert!(told.contains("`history` and `rollback` miss what is written now"), "{told}");
    let full = std::io::Error::from_raw_os_error(28);
    let told = trouble(&anyhow::Error::from(full).context("`x` cannot be written"));
    assert!(told.starts_with("`x` cannot be written: No space left on device; "), "{told}");
}
