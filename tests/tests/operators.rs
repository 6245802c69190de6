//! What an operator does with a running controller: look at the plan, ask why, approve, rollback.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

use axum::http::Method;
use e2e::World;
use e2e::faulty::Faulty;
use e2e::manifest;
use e2e::patience::eventually;
use e2e::process::{Ended, Program};
use e2e::programs::SIGNPOST;
use e2e::world::{Folder, OWNER};
use serde_json::Value;

/// Returns a running world that has published so many names, and the folder of its state.
async fn world(names: usize) -> (World<Folder>, tempfile::TempDir) {
    let (objects, state) = (Folder::new(), tempfile::tempdir().unwrap());
    for number in 0..names {
        objects.service(&format!("s{number}"), "192.0.2.1");
    }
    let provider = Faulty::start(vec![manifest::foreign()]).await.unwrap();
    let flags = ["--source=service", "--interval=1s", &at(&state)];
    let world = World::new(objects, provider).flags(&flags).started();
    world.until_ready_is(true).await;
    assert_eq!(ours(&world), names);
    (world, state)
}

/// Returns the flag for a folder of state.
fn at(state: &tempfile::TempDir) -> String {
    format!("--state-dir={}", state.path().display())
}

/// Returns how many names are published beside the foreign one.
fn ours(world: &World<Folder>) -> usize {
    world.provider.names().iter().filter(|name| *name != "foreign.example.com").count()
}

fn plan(world: &World<Folder>, arguments: &[&str]) -> Ended {
    world.run_on_both(&[&["plan", "--source=service", OWNER], arguments].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn deletions_in_bulk_are_held_until_exactly_they_are_approved() {
    let (world, _state) = world(40).await;
    // Every object disappears at once, and a new one comes.
    for number in 0..40 {
        world.objects.remove(&format!("s{number}.yaml"));
    }
    world.objects.service("fresh", "192.0.2.7");
    eventually("the new name", || async { ours(&world) }, |count| *count == 41).await;
    let plan = || world.json("/v1/plan");
    let hash = |plan: &Value| plan.pointer("/held/hash").and_then(Value::as_str).map(str::to_owned);
    let plan = eventually("the held deletions", plan, |plan| hash(plan).is_some()).await;
    let hash = hash(&plan).unwrap();
    assert_eq!(ours(&world), 41, "nothing is deleted");

    let stale = world.run_on_controller(&["approve", "000000000000"]);
    assert_eq!(stale.status.code(), Some(1));
    // Who approves has looked at the plan, so nothing says the right hash instead.
    let says = &stale.stderr;
    assert!(says.contains("the hash is stale") && !says.contains(&hash), "{says}");
    let nonsense = world.run_on_controller(&["approve", "everything"]);
    assert!(nonsense.stderr.contains("not a plan hash"), "{}", nonsense.stderr);
    assert_eq!(ours(&world), 41);

    let approved = world.run_on_controller(&["approve", &hash]);
    assert!(approved.status.success(), "{}", approved.stderr);
    eventually("the deletions", || async { ours(&world) }, |count| *count == 1).await;
    let again = world.run_on_controller(&["approve", &hash]);
    assert_eq!(again.status.code(), Some(1), "a hash is good once");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_name_has_its_reason() {
    let (world, _state) = world(1).await;
    world.objects.service("foreign", "192.0.2.5");
    let explained =
        || async { world.run_on_controller(&["explain", "foreign.example.com"]).stdout };
    let text = eventually("a status", explained, |found| found.contains("ForeignOwner")).await;
    assert!(text.contains("service/default/foreign"), "{text}");
    assert!(text.contains("next: "), "{text}");
    let by_object = world.run_on_controller(&["explain", "service/default/foreign", "-o=json"]);
    let answer: Value = serde_json::from_str(&by_object.stdout).unwrap();
    assert_eq!(answer.pointer("/records/0/reason").unwrap(), "ForeignOwner");
    // What is wrong with an object as a whole is told of its names, too.
    let text = manifest::service_yaml("typo", "192.0.2.6");
    let ttl = "external-dns.kubernetes.io/ttl: soon";
    let text = text.replacen("annotations:", &format!("annotations:\n    {ttl}"), 1);
    assert!(text.contains(ttl), "{text}");
    world.objects.write("typo.yaml", &text);
    let explained = || async { world.run_on_controller(&["explain", "typo.example.com"]).stdout };
    let text =
        eventually("its fault", explained, |found| found.contains("InvalidAnnotation")).await;
    assert!(text.contains("typo.example.com A"), "{text}");
    let fine = || async { world.run_on_controller(&["explain", "s0.example.com"]).stdout };
    eventually("a good status", fine, |found| found.contains("UpToDate")).await;
    // The same without the controller: a sync over the manifests is planned.
    let planned = world.run_on_both(&["explain", "foreign.example.com", "--source=service", OWNER]);
    assert!(planned.stdout.contains("ForeignOwner"), "{}{}", planned.stdout, planned.stderr);
    let unknown = world.run_on_controller(&["explain", "nobody.example.com"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(unknown.stderr.contains("nobody.example.com"), "{}", unknown.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_is_rolled_back_to_the_byte_and_what_others_changed_is_kept() {
    let (mut world, state) = world(3).await;
    let before = world.provider.unlabelled();
    world.objects.service("s0", "192.0.2.50");
    world.objects.service("s1", "192.0.2.51");
    world.objects.remove("s2.yaml");
    world.objects.service("s3", "192.0.2.53");
    let after = [
        ("foreign.example.com", "192.0.2.99"),
        ("s0.example.com", "192.0.2.50"),
        ("s1.example.com", "192.0.2.51"),
        ("s3.example.com", "192.0.2.53"),
    ];
    world.provider.until_addresses_are(&after).await;
    world.end("TERM");

    let folder = at(&state);
    let rollback = |arguments: &[&str]| {
        world.run_on_provider(&[&["rollback", OWNER, &folder], arguments].concat())
    };
    let list = rollback(&["-o=json"]);
    let rows: Vec<Value> =
        list.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(rows.len() >= 2, "{}", list.stdout);
    // From the latest back to the first change after `before`.
    for row in rows.iter().skip(1).rev() {
        let id = row.get("id").unwrap().to_string();
        let shown = rollback(&[&id]);
        assert_eq!(shown.status.code(), Some(2), "{}{}", shown.stdout, shown.stderr);
        let done = rollback(&[&id, "--yes"]);
        assert!(done.stdout.contains("takes this back at its next sync"), "{}", done.stdout);
        assert!(done.stdout.contains("\nWritten, as write "), "{}", done.stdout);
        assert!(done.status.success(), "{}", done.stderr);
    }
    assert_eq!(world.provider.unlabelled(), before);
    let unknown = rollback(&["999"]);
    assert!(unknown.stderr.contains("no write 999"), "{}", unknown.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_counted_by_owner_given_up_and_taken_over_again() {
    let (mut world, _state) = world(2).await;
    world.end("TERM");
    let ownership =
        |arguments: &[&str]| world.run_on_provider(&[&["ownership"], arguments, &[OWNER]].concat());
    let audit = |arguments: &[&str]| -> Value {
        let ended = ownership(arguments);
        assert!(ended.status.success(), "{}", ended.stderr);
        serde_json::from_str(&ended.stdout).unwrap()
    };
    let before = audit(&["audit", "-o=json"]);
    assert_eq!(before.pointer("/owners/me").unwrap(), 2);
    assert_eq!(before.pointer("/unowned").unwrap(), 1);

    let shown = ownership(&["disown", "s0.example.com"]);
    assert_eq!(shown.status.code(), Some(2), "{}", shown.stderr);
    assert!(shown.stdout.contains("- delete  a-s0.example.com TXT"), "{}", shown.stdout);
    assert!(shown.stdout.ends_with("Nothing was written; add --yes to write it.\n"));
    assert_eq!(audit(&["audit", "-o=json"]), before, "showing writes nothing");
    assert!(ownership(&["disown", "s0.example.com", "--yes"]).status.success());
    let after = audit(&["audit", "-o=json"]);
    assert_eq!(after.pointer("/owners/me").unwrap(), 1);
    assert_eq!(ours(&world), 2, "the record stays");

    world.objects.service("s0", "192.0.2.60");
    let held = plan(&world, &[]);
    assert_eq!(held.status.code(), Some(0), "not ours any more: {}", held.stdout);
    let adopted = plan(&world, &["--adopt=S0.example.com."]);
    assert_eq!(adopted.status.code(), Some(2), "{}", adopted.stdout);
    assert!(adopted.stdout.contains("192.0.2.60"), "{}", adopted.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_of_another_owner_or_of_nobody_change_hands_only_where_they_are_asked_for() {
    let (mut world, state) = world(2).await;
    world.end("TERM");
    let take = |arguments: &[&str]| {
        world.run_on_both(&[&["ownership"], arguments, &["--source=service"]].concat())
    };
    let owners = || {
        let arguments = ["ownership", "audit", "-o=json", "--txt-owner-id=you"];
        let ended = world.run_on_provider(&arguments);
        let audit: Value = serde_json::from_str(&ended.stdout).unwrap();
        audit.pointer("/owners").unwrap().clone()
    };
    world.objects.remove("s0.yaml");
    world.objects.service("fresh", "192.0.2.9");

    let migrate = ["migrate", "--from-owner=me", "--txt-owner-id=you"];
    let shown = take(&migrate);
    assert_eq!(shown.status.code(), Some(2), "{}{}", shown.stdout, shown.stderr);
    assert!(shown.stdout.contains("~ own     s1.example.com A"), "{}", shown.stdout);
    assert!(shown.stdout.contains(": 1 to own."), "{}", shown.stdout);
    assert_eq!(owners(), serde_json::json!({ "me": 2 }), "showing writes nothing");
    let folder = at(&state);
    let history = || {
        let ended = Program::new(SIGNPOST).args(["history", "-o=json", &folder]).run().unwrap();
        let writes: Vec<Value> = serde_json::from_str(&ended.stdout).unwrap();
        let text = |write: &Value, key: &str| write[key].as_str().unwrap_or_default().to_owned();
        let shown = |write: &Value| (text(write, "cause"), text(write, "name"));
        writes.iter().map(shown).collect::<Vec<_>>()
    };
    let missing = take(&[&migrate[..], &["--yes", "--state-dir=nowhere"]].concat());
    assert!(missing.stderr.contains("there is no history"), "{}", missing.stderr);
    assert_eq!(owners(), serde_json::json!({ "me": 2 }), "nothing is written without its row");
    let written = take(&[&migrate[..], &["--yes", &folder]].concat());
    assert!(written.status.success(), "{}{}", written.stdout, written.stderr);
    assert_eq!(owners(), serde_json::json!({ "me": 1, "you": 1 }));
    let row = ("ownership migrate".to_owned(), "s1.example.com".to_owned());
    assert!(history().contains(&row), "{:?}", history());
    let again = take(&migrate);
    assert_eq!(again.status.code(), Some(0), "{}", again.stdout);
    assert!(again.stdout.contains("Nothing to do."), "{}", again.stdout);

    // What nobody owns is adopted by its name, and updated to what is desired.
    world.objects.service("foreign", "192.0.2.60");
    let names = ["Foreign.example.com.", "fresh.example.com", "slip.example.com"];
    let adopt = [&["adopt", "--txt-owner-id=you"], &names[..]].concat();
    let shown = take(&adopt);
    assert_eq!(shown.status.code(), Some(2), "{}{}", shown.stdout, shown.stderr);
    assert!(shown.stdout.contains("192.0.2.99 ttl=auto → 192.0.2.60 ttl=auto"), "{}", shown.stdout);
    assert!(shown.stdout.contains("wants `slip.example.com`"), "{}", shown.stdout);
    assert!(take(&[&adopt[..], &["--yes", &folder]].concat()).status.success());
    let row = ("ownership adopt".to_owned(), "foreign.example.com".to_owned());
    assert!(history().contains(&row), "{:?}", history());
    assert_eq!(owners(), serde_json::json!({ "me": 1, "you": 2 }));
    assert_eq!(ours(&world), 2, "nothing is created or deleted");
    let unasked = take(&["adopt", "s0.example.com", "--txt-owner-id=you"]);
    assert_eq!(unasked.status.code(), Some(1), "{}", unasked.stdout);
    assert!(unasked.stderr.contains("wants `s0.example.com`"), "{}", unasked.stderr);

    for refused in [
        &["migrate", "--from-owner=you", "--txt-owner-id=you"][..],
        &["migrate", "--from-owner=me", "--policy=upsert-only"],
        &["migrate", "--txt-owner-id=you"],
        &["adopt", "--txt-owner-id=you"],
    ] {
        assert_eq!(take(refused).status.code(), Some(1), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_says_by_its_status_whether_there_is_something_to_do() {
    let (mut world, _state) = world(2).await;
    world.end("TERM");
    let nothing = plan(&world, &[]);
    assert_eq!(nothing.status.code(), Some(0), "{}{}", nothing.stdout, nothing.stderr);
    world.objects.service("s0", "192.0.2.50");
    world.objects.remove("s1.yaml");
    world.objects.service("foreign", "192.0.2.5");
    world.provider.be(e2e::faulty::FaultMode::Well);
    let changes = plan(&world, &[]);
    assert_eq!(changes.status.code(), Some(2), "{}", changes.stderr);
    assert!(changes.stdout.contains("192.0.2.1"), "the old value: {}", changes.stdout);
    assert!(changes.stdout.contains("192.0.2.50"), "the new value: {}", changes.stdout);
    assert!(changes.stdout.contains("foreign.example.com"), "what is held: {}", changes.stdout);
    let json: Value = serde_json::from_str(&plan(&world, &["-o=json"]).stdout).unwrap();
    let steps = json.get("steps").unwrap().as_array().unwrap();
    assert_eq!(steps.len(), 3, "{json:#}");
    assert_eq!(json.get("statuses"), None, "each is told at its step: {json:#}");
    assert_eq!(world.provider.requests(&Method::POST, "/records"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_says_what_is_not_done_as_asked_though_there_is_nothing_to_do() {
    let objects = Folder::new();
    let text = manifest::service_yaml("elsewhere", "192.0.2.1");
    objects.write("elsewhere.yaml", &text.replace("ip: 192.0.2.1", ""));
    let world = World::new(objects, Faulty::start(Vec::new()).await.unwrap());
    let told = plan(&world, &["--output=text"]);
    assert_eq!(told.status.code(), Some(0), "{}{}", told.stdout, told.stderr);
    assert!(told.stdout.starts_with("Nothing to do.\n\nNot as desired:\n"), "{}", told.stdout);
    assert!(told.stdout.contains("NoTargets: there is nothing to answer"), "{}", told.stdout);
    let json: Value = serde_json::from_str(&plan(&world, &["--output=json"]).stdout).unwrap();
    let code = json.pointer("/statuses/0/reason/code").unwrap();
    assert_eq!(code, "NoTargets", "{json:#}");
}
