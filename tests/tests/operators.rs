//! What an operator does with a running controller: look at the plan, ask why, approve, rollback.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

use std::path::Path;

use axum::http::Method;
use e2e::faulty::Faulty;
use e2e::patience::eventually;
use e2e::process::{Ended, Program};
use e2e::programs::SIGNPOST;
use e2e::world::Controller;
use external_dns_webhook::{Endpoint, RecordType};
use serde_json::Value;

const OWNER: &str = "--txt-owner-id=me";

fn write(folder: &Path, name: &str, address: &str) {
    let text = format!(
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\n  annotations:\n    \
         external-dns.kubernetes.io/hostname: {name}.example.com\nspec: {{ type: LoadBalancer }}\n\
         status: {{ loadBalancer: {{ ingress: [{{ ip: {address} }}] }} }}\n"
    );
    std::fs::write(folder.join(format!("{name}.yaml")), text).unwrap();
}

struct World {
    objects: tempfile::TempDir,
    state: tempfile::TempDir,
    provider: Faulty,
    controller: Controller,
}

impl World {
    async fn new(names: usize) -> Self {
        let (objects, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for number in 0..names {
            write(objects.path(), &format!("s{number}"), "192.0.2.1");
        }
        let foreign = Endpoint::new("foreign.example.com", RecordType::A, ["192.0.2.99"]);
        let provider = Faulty::start(vec![foreign]).await.unwrap();
        let manifests = format!("--manifests={}", objects.path().display());
        let folder = format!("--state-dir={}", state.path().display());
        let arguments = ["--source=service", OWNER, "--interval=1s", &manifests, &folder];
        let controller = Controller::start(&provider.url(), &arguments, None).unwrap();
        let world = Self { objects, state, provider, controller };
        let ready = || async { world.controller.ready().await.unwrap().0 };
        eventually("readiness", ready, |ready| *ready).await;
        assert_eq!(world.ours(), names);
        world
    }

    fn ours(&self) -> usize {
        let held = self.provider.memory.dump();
        let ours = |endpoint: &&Endpoint| {
            endpoint.record_type == RecordType::A
                && endpoint.dns_name.as_str() != "foreign.example.com"
        };
        held.iter().filter(ours).count()
    }

    fn signpost(&self, arguments: &[&str]) -> Ended {
        let controller = format!("--controller={}", self.controller.admin);
        Program::new(SIGNPOST).args(arguments.iter().copied()).args([controller]).run().unwrap()
    }

    fn plan(&self, arguments: &[&str]) -> Ended {
        Program::new(SIGNPOST)
            .args(["plan", "--source=service", OWNER])
            .args([format!("--manifests={}", self.objects.path().display())])
            .args([format!("--webhook-provider-url={}", self.provider.url())])
            .args(arguments.iter().copied())
            .run()
            .unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deletions_in_bulk_are_held_until_exactly_they_are_approved() {
    let world = World::new(40).await;
    // Every object disappears at once, and a new one comes.
    for number in 0..40 {
        std::fs::remove_file(world.objects.path().join(format!("s{number}.yaml"))).unwrap();
    }
    write(world.objects.path(), "fresh", "192.0.2.7");
    eventually("the new name", || async { world.ours() }, |count| *count == 41).await;
    let plan = || async {
        let answer = reqwest::get(format!("{}/v1/plan", world.controller.admin)).await.unwrap();
        answer.json::<Value>().await.unwrap()
    };
    let hash = |plan: &Value| plan.pointer("/held/hash").and_then(Value::as_str).map(str::to_owned);
    let plan = eventually("the held deletions", plan, |plan| hash(plan).is_some()).await;
    let hash = hash(&plan).unwrap();
    assert_eq!(world.ours(), 41, "nothing is deleted");

    let stale = world.signpost(&["approve", "000000000000"]);
    assert_eq!(stale.status.code(), Some(1));
    // Who approves has looked at the plan, so nothing says the right hash instead.
    let says = &stale.stderr;
    assert!(says.contains("the hash is stale") && !says.contains(&hash), "{says}");
    let nonsense = world.signpost(&["approve", "everything"]);
    assert!(nonsense.stderr.contains("not a plan hash"), "{}", nonsense.stderr);
    assert_eq!(world.ours(), 41);

    let approved = world.signpost(&["approve", &hash]);
    assert!(approved.status.success(), "{}", approved.stderr);
    eventually("the deletions", || async { world.ours() }, |count| *count == 1).await;
    let again = world.signpost(&["approve", &hash]);
    assert_eq!(again.status.code(), Some(1), "a hash is good once");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_name_has_its_reason() {
    let world = World::new(1).await;
    write(world.objects.path(), "foreign", "192.0.2.5");
    let explained = || async { world.signpost(&["explain", "foreign.example.com"]).stdout };
    let text = eventually("a status", explained, |found| found.contains("ForeignOwner")).await;
    assert!(text.contains("service/default/foreign"), "{text}");
    assert!(text.contains("next: "), "{text}");
    let by_object = world.signpost(&["explain", "service/default/foreign", "-o=json"]);
    let answer: Value = serde_json::from_str(&by_object.stdout).unwrap();
    assert_eq!(answer.pointer("/records/0/reason").unwrap(), "ForeignOwner");
    // What is wrong with an object as a whole is told of its names, too.
    let manifest = world.objects.path().join("typo.yaml");
    write(world.objects.path(), "typo", "192.0.2.6");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let ttl = "external-dns.kubernetes.io/ttl: soon";
    let text = text.replacen("annotations:", &format!("annotations:\n    {ttl}"), 1);
    assert!(text.contains(ttl), "{text}");
    std::fs::write(&manifest, text).unwrap();
    let explained = || async { world.signpost(&["explain", "typo.example.com"]).stdout };
    let text =
        eventually("its fault", explained, |found| found.contains("InvalidAnnotation")).await;
    assert!(text.contains("typo.example.com A"), "{text}");
    let fine = || async { world.signpost(&["explain", "s0.example.com"]).stdout };
    eventually("a good status", fine, |found| found.contains("UpToDate")).await;
    // The same without the controller: a sync over the manifests is planned.
    let manifests = format!("--manifests={}", world.objects.path().display());
    let url = format!("--webhook-provider-url={}", world.provider.url());
    let planned = Program::new(SIGNPOST)
        .args(["explain", "foreign.example.com", "--source=service", OWNER, &manifests, &url])
        .run()
        .unwrap();
    assert!(planned.stdout.contains("ForeignOwner"), "{}{}", planned.stdout, planned.stderr);
    let unknown = world.signpost(&["explain", "nobody.example.com"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(unknown.stderr.contains("nobody.example.com"), "{}", unknown.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_is_rolled_back_to_the_byte_and_what_others_changed_is_kept() {
    let mut world = World::new(3).await;
    let before = world.provider.memory.dump();
    write(world.objects.path(), "s0", "192.0.2.50");
    write(world.objects.path(), "s1", "192.0.2.51");
    std::fs::remove_file(world.objects.path().join("s2.yaml")).unwrap();
    write(world.objects.path(), "s3", "192.0.2.53");
    let names = || async {
        let held = world.provider.memory.dump();
        let answer = |name: &str| {
            let found = held.iter().find(|endpoint| endpoint.dns_name.as_str() == name);
            found.and_then(|endpoint| endpoint.targets.first().map(str::to_owned))
        };
        ["s0", "s1", "s2", "s3"].map(|name| answer(&format!("{name}.example.com")))
    };
    let after = [Some("192.0.2.50"), Some("192.0.2.51"), None, Some("192.0.2.53")];
    let after = after.map(|after| after.map(str::to_owned));
    eventually("the changes", names, |names| *names == after).await;
    world.controller.process.signal("TERM").unwrap();
    world.controller.process.wait().unwrap();

    let folder = format!("--state-dir={}", world.state.path().display());
    let url = format!("--webhook-provider-url={}", world.provider.url());
    let rollback = |arguments: &[&str]| {
        Program::new(SIGNPOST)
            .args(["rollback", OWNER, &folder, &url])
            .args(arguments.iter().copied())
            .run()
            .unwrap()
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
    let strip = |records: Vec<Endpoint>| -> Vec<Endpoint> {
        records
            .into_iter()
            .map(|record| Endpoint { labels: external_dns_webhook::Labels::default(), ..record })
            .collect()
    };
    assert_eq!(strip(world.provider.memory.dump()), strip(before));
    let unknown = rollback(&["999"]);
    assert!(unknown.stderr.contains("no write 999"), "{}", unknown.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_counted_by_owner_given_up_and_taken_over_again() {
    let mut world = World::new(2).await;
    world.controller.process.signal("TERM").unwrap();
    world.controller.process.wait().unwrap();
    let url = format!("--webhook-provider-url={}", world.provider.url());
    let ownership = |arguments: &[&str]| {
        Program::new(SIGNPOST)
            .args(["ownership"])
            .args(arguments.iter().copied())
            .args([OWNER, &url])
            .run()
            .unwrap()
    };
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
    assert_eq!(world.ours(), 2, "the record stays");

    write(world.objects.path(), "s0", "192.0.2.60");
    let held = world.plan(&[]);
    assert_eq!(held.status.code(), Some(0), "not ours any more: {}", held.stdout);
    let adopted = world.plan(&["--adopt=S0.example.com."]);
    assert_eq!(adopted.status.code(), Some(2), "{}", adopted.stdout);
    assert!(adopted.stdout.contains("192.0.2.60"), "{}", adopted.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_of_another_owner_or_of_nobody_change_hands_only_where_they_are_asked_for() {
    let mut world = World::new(2).await;
    world.controller.process.signal("TERM").unwrap();
    world.controller.process.wait().unwrap();
    let url = format!("--webhook-provider-url={}", world.provider.url());
    let manifests = format!("--manifests={}", world.objects.path().display());
    let take = |arguments: &[&str]| {
        let more = ["--source=service", &manifests, &url];
        let program = Program::new(SIGNPOST).args(["ownership"]);
        program.args(arguments.iter().copied()).args(more).run().unwrap()
    };
    let owners = || {
        let arguments = ["ownership", "audit", "-o=json", "--txt-owner-id=you", &url];
        let ended = Program::new(SIGNPOST).args(arguments).run().unwrap();
        let audit: Value = serde_json::from_str(&ended.stdout).unwrap();
        audit.pointer("/owners").unwrap().clone()
    };
    std::fs::remove_file(world.objects.path().join("s0.yaml")).unwrap();
    write(world.objects.path(), "fresh", "192.0.2.9");

    let migrate = ["migrate", "--from-owner=me", "--txt-owner-id=you"];
    let shown = take(&migrate);
    assert_eq!(shown.status.code(), Some(2), "{}{}", shown.stdout, shown.stderr);
    assert!(shown.stdout.contains("~ own     s1.example.com A"), "{}", shown.stdout);
    assert!(shown.stdout.contains(": 1 to own."), "{}", shown.stdout);
    assert_eq!(owners(), serde_json::json!({ "me": 2 }), "showing writes nothing");
    let folder = format!("--state-dir={}", world.state.path().display());
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
    write(world.objects.path(), "foreign", "192.0.2.60");
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
    assert_eq!(world.ours(), 2, "nothing is created or deleted");
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
    let mut world = World::new(2).await;
    world.controller.process.signal("TERM").unwrap();
    world.controller.process.wait().unwrap();
    let nothing = world.plan(&[]);
    assert_eq!(nothing.status.code(), Some(0), "{}{}", nothing.stdout, nothing.stderr);
    write(world.objects.path(), "s0", "192.0.2.50");
    std::fs::remove_file(world.objects.path().join("s1.yaml")).unwrap();
    write(world.objects.path(), "foreign", "192.0.2.5");
    world.provider.be(e2e::faulty::FaultMode::Well);
    let changes = world.plan(&[]);
    assert_eq!(changes.status.code(), Some(2), "{}", changes.stderr);
    assert!(changes.stdout.contains("192.0.2.1"), "the old value: {}", changes.stdout);
    assert!(changes.stdout.contains("192.0.2.50"), "the new value: {}", changes.stdout);
    assert!(changes.stdout.contains("foreign.example.com"), "what is held: {}", changes.stdout);
    let json: Value = serde_json::from_str(&world.plan(&["-o=json"]).stdout).unwrap();
    let steps = json.get("steps").unwrap().as_array().unwrap();
    assert_eq!(steps.len(), 3, "{json:#}");
    assert_eq!(json.get("statuses"), None, "each is told at its step: {json:#}");
    assert_eq!(world.provider.requests(&Method::POST, "/records"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_says_what_is_not_done_as_asked_though_there_is_nothing_to_do() {
    let objects = tempfile::tempdir().unwrap();
    let provider = Faulty::start(Vec::new()).await.unwrap();
    write(objects.path(), "elsewhere", "192.0.2.1");
    let text = std::fs::read_to_string(objects.path().join("elsewhere.yaml")).unwrap();
    let nothing = text.replace("192.0.2.1", "").replace("ip: ", "");
    std::fs::write(objects.path().join("elsewhere.yaml"), nothing).unwrap();
    let plan = |output: &str| {
        let manifests = format!("--manifests={}", objects.path().display());
        let url = format!("--webhook-provider-url={}", provider.url());
        let arguments = ["plan", "--source=service", OWNER, output, &manifests, &url];
        Program::new(SIGNPOST).args(arguments).run().unwrap()
    };
    let told = plan("--output=text");
    assert_eq!(told.status.code(), Some(0), "{}{}", told.stdout, told.stderr);
    assert!(told.stdout.starts_with("Nothing to do.\n\nNot as desired:\n"), "{}", told.stdout);
    assert!(told.stdout.contains("NoTargets: there is nothing to answer"), "{}", told.stdout);
    let json: Value = serde_json::from_str(&plan("--output=json").stdout).unwrap();
    let code = json.pointer("/statuses/0/reason/code").unwrap();
    assert_eq!(code, "NoTargets", "{json:#}");
}
