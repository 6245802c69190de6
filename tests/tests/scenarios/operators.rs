//! What operators were promised beside the stories: reasons on demand, a plan that can be trusted,
//! a deletion guard whose deletions a person approves, and idle hours that cost nothing.

use axum::http::Method;
use e2e::process::Program;
use e2e::programs::SIGNPOST;
use serde_json::{Value, json};

use crate::objects::{GA, annotated, bare, service, wanting, with};
use crate::records::{a, ownership_record, set};
use crate::scenario::{Scenario, Setup};

/// Asks for an approval; returns the status.
async fn approve(world: &Scenario, hash: &str) -> u16 {
    let url = format!("{}/v1/approve", world.running().admin);
    let body = json!({ "hash": hash });
    reqwest::Client::new().post(url).json(&body).send().await.unwrap().status().as_u16()
}

/// Waits until exactly this many names are held, and returns what approves them.
async fn held(world: &Scenario, names: usize) -> String {
    let look = || world.plan();
    let count =
        |value: &Value| value.pointer("/held/names").and_then(Value::as_array).map(Vec::len);
    let plan =
        e2e::patience::eventually("held deletions", look, |found| count(found) == Some(names))
            .await;
    plan.pointer("/held/hash").and_then(Value::as_str).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn held_deletions_go_when_a_person_approves_exactly_these() {
    let objects: Vec<_> =
        (0..40).map(|number| service(&format!("s{number}"), "192.0.2.1")).collect();
    let mut world = Setup::default().objects(objects.clone()).start().await;
    world.settle().await;
    assert_eq!(world.zone().len(), 80);
    world.written();

    let twenty = async || {
        for object in &objects[..20] {
            world.remove(object).await;
        }
    };
    world.at_once(twenty).await;
    let stale = held(&world, 20).await;
    world.remove(&objects[20]).await;
    let hash = held(&world, 21).await;
    assert_eq!(approve(&world, "nonsense").await, 400);
    assert_eq!(approve(&world, &stale).await, 409, "what would go is not what was looked at");
    // Creates and updates go on meanwhile.
    let two = async || {
        world.put(&service("s30", "192.0.2.30")).await;
        world.put(&service("new", "192.0.2.2")).await;
    };
    world.at_once(two).await;
    world
        .writes(&[&[
            "CREATE a-new TXT c1:service/default/new",
            "CREATE new A 192.0.2.2",
            "CREATE s30 A 192.0.2.30",
            "DELETE s30 A 192.0.2.1",
        ]])
        .await;
    assert_eq!(world.zone().len(), 82);

    assert_eq!(approve(&world, &hash).await, 202);
    let zone = || async { world.zone().len() };
    e2e::patience::eventually("the end of the names", zone, |zone| *zone == 40).await;
    world.settle().await;
    assert_eq!(world.written().len(), 1, "one batch");
    assert!(world.plan().await.get("held").is_none());
    world.writes_nothing().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_that_go_one_after_the_other_are_counted_together() {
    let objects: Vec<_> =
        (0..20).map(|number| service(&format!("s{number}"), "192.0.2.1")).collect();
    // Each deletion is a sync of its own, about one name.
    let setup = Setup::default().objects(objects.clone()).flags(&["--interval=1h"]);
    let world = setup.start().await;
    let left = async |names: usize| {
        let zone = || async { world.zone().len() };
        e2e::patience::eventually("what is left", zone, |zone| *zone == 2 * names).await;
    };
    left(20).await;
    for (gone, object) in objects[..6].iter().enumerate() {
        world.remove(object).await;
        left(19 - gone).await;
    }
    world.remove(&objects[6]).await;
    let hash = held(&world, 1).await;
    world.remove(&objects[7]).await;
    held(&world, 2).await;
    // What stood for the one deletion stands for it still, and for no other.
    assert_eq!(approve(&world, &hash).await, 202);
    left(13).await;
    let other = held(&world, 1).await;
    assert_ne!(other, hash);
    assert_eq!(approve(&world, &hash).await, 409);
    assert_eq!(approve(&world, &other).await, 202);
    left(12).await;
    // Who has said that it is meant is not asked again for the next one.
    world.remove(&objects[8]).await;
    left(11).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_can_have_everything_looked_at_at_once() {
    let flags = ["--interval=1h"];
    let world = Setup::default().objects([service("web", "192.0.2.1")]).flags(&flags).start().await;
    let zone = || async { world.zone().len() };
    e2e::patience::eventually("the first sync", zone, |zone| *zone == 2).await;
    let ask = async || {
        let url = format!("{}/v1/sync", world.running().admin);
        let post = reqwest::Client::new().post(url).json(&json!({}));
        let answer = post.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 202);
    };
    let one_more = async {
        ask().await;
        world.until_log("who asks", |log| log.contains("A sync is asked for")).await;
    };
    tokio::join!(world.full_syncs(1), one_more);
}

/// Returns the codes that are told of a name or an object.
async fn explained(world: &Scenario, question: &str) -> Vec<String> {
    let url = format!("{}/v1/explain?{question}", world.running().admin);
    let answer: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    let statuses = answer.as_array().unwrap().clone();
    for status in &statuses {
        let text = |key: &str| status.get(key).and_then(Value::as_str).unwrap_or_default();
        assert!(!text("sentence").is_empty(), "{status}");
        let done = ["UpToDate", "Created", "Updated", "Deleted"].contains(&text("code"));
        assert_eq!(text("hint").is_empty(), done, "a next step, if one is left: {status}");
    }
    let code = |value: &Value| value.get("code").and_then(Value::as_str).unwrap().to_owned();
    statuses.iter().map(code).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_not_to_be_published_is_explained_by_name_and_by_object() {
    let hidden = with(&service("hidden", "192.0.2.1"), "/spec/type", json!("ClusterIP"));
    let theirs = annotated(&service("theirs", "192.0.2.1"), &format!("{GA}controller"), "other");
    let pending = with(&service("pending", "192.0.2.1"), "/status", json!({}));
    let first = with(
        &service("first", "192.0.2.1"),
        "/metadata/creationTimestamp",
        json!("2024-01-01T00:00:00Z"),
    );
    let second = with(
        &wanting(&service("second", "192.0.2.2"), "first.example.com"),
        "/metadata/creationTimestamp",
        json!("2025-01-01T00:00:00Z"),
    );
    let weight = annotated(&service("weight", "192.0.2.1"), &format!("{GA}set-identifier"), "x");
    let weight = annotated(&weight, &format!("{GA}aws-weight"), "heavy");
    let world = Setup::default()
        .records([
            set("foreign", "CNAME", &["elsewhere.example.net"]),
            a("owned", "198.51.100.1"),
            ownership_record("a-owned", "c2", "service/default/owned"),
        ])
        .objects([
            hidden,
            theirs,
            pending,
            first,
            second,
            weight,
            service("foreign", "192.0.2.1"),
            service("owned", "192.0.2.1"),
            service("fine", "192.0.2.1"),
            wanting(&service("outside", "192.0.2.1"), "outside.example.net"),
            wanting(&service("excluded", "192.0.2.1"), "excluded.example.com"),
            wanting(&service("odd", "192.0.2.1"), "a..example.com"),
            bare(&service("silent", "192.0.2.1")),
        ])
        .flags(&["--domain-filter=", "--exclude-domains=excluded.example.com"])
        .start()
        .await;
    world.full_syncs(3).await;
    for (name, code) in [
        ("fine.example.com", "UpToDate"),
        ("first.example.com", "Conflict"),
        ("pending.example.com", "NoTargets"),
        ("foreign.example.com", "ForeignOwner"),
        ("owned.example.com", "ForeignOwner"),
        ("outside.example.net", "NoZone"),
        ("excluded.example.com", "FilteredDomain"),
        ("weight.example.com", "ProviderRejected"),
    ] {
        let codes = explained(&world, &format!("name={name}")).await;
        assert!(codes.iter().any(|other| other == code), "{name} is {codes:?}, not {code}");
    }
    for (object, code) in [
        ("fine", "UpToDate"),
        ("first", "UpToDate"),
        ("second", "Conflict"),
        ("pending", "NoTargets"),
        ("foreign", "ForeignOwner"),
        ("owned", "ForeignOwner"),
        ("outside", "NoZone"),
        ("excluded", "FilteredDomain"),
        ("weight", "ProviderRejected"),
        ("odd", "InvalidName"),
        ("theirs", "OtherController"),
        ("hidden", "IgnoredAnnotation"),
    ] {
        let codes = explained(&world, &format!("object=service/default/{object}")).await;
        assert!(codes.iter().any(|other| other == code), "{object} is {codes:?}, not {code}");
    }
    assert!(explained(&world, "object=service/default/silent").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_says_what_would_change_in_full_and_writes_nothing() {
    let mut world = Setup::default()
        .records([
            a("moves", "192.0.2.1"),
            ownership_record("a-moves", "c1", "service/default/moves"),
            a("goes", "192.0.2.3"),
            ownership_record("a-goes", "c1", "service/default/goes"),
        ])
        .objects([service("moves", "192.0.2.11"), service("comes", "192.0.2.2")])
        .without_controller()
        .await;
    let plan = |world: &Scenario| {
        Program::new(SIGNPOST)
            .args(["plan", "-o=json", "--source=service", "--txt-owner-id=c1"])
            .args([format!("--webhook-provider-url={}", world.sidecar_url)])
            .args(world.source())
            .run()
            .unwrap()
    };
    let before = world.zone();
    let ended = plan(&world);
    assert_eq!(ended.status.code(), Some(2), "{}", ended.stderr);
    let told: Value = serde_json::from_str(&ended.stdout).unwrap();
    let steps = told.get("steps").and_then(Value::as_array).unwrap();
    let shown: Vec<_> = steps
        .iter()
        .map(|step| {
            let text = |pointer| step.pointer(pointer).and_then(Value::as_str).unwrap_or("-");
            format!(
                "{} {} {} -> {} for {}",
                text("/action"),
                text("/name"),
                text("/old/targets/0"),
                text("/new/targets/0"),
                text("/object")
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "create comes.example.com - -> 192.0.2.2 for service/default/comes",
            "delete goes.example.com 192.0.2.3 -> - for service/default/goes",
            "update moves.example.com 192.0.2.1 -> 192.0.2.11 for service/default/moves",
        ]
    );
    assert_eq!(world.proxy.requests(&Method::POST, "/records"), 0);
    assert_eq!(world.zone(), before);

    world.start_controller(&[]);
    world.settle().await;
    drop(world.controller.take());
    world.remove(&service("marker", "192.0.2.255")).await;
    let ended = plan(&world);
    assert_eq!(ended.status.code(), Some(0), "{}{}", ended.stdout, ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn syncs_that_find_nothing_to_do_ask_route_53_for_nothing() {
    let mut world = Setup::default()
        .objects((0..20).map(|number| service(&format!("s{number}"), "192.0.2.1")))
        .sidecar(&["--full-read-interval=1h", "--aws-zones-cache-duration=10m"])
        .start()
        .await;
    world.settle().await;
    world.written();
    world.full_syncs(2).await;
    let adjusted = world.proxy.requests(&Method::POST, "/adjustendpoints");
    world.full_syncs(10).await;
    let calls = world.route53.calls();
    assert!(calls.is_empty(), "{calls:#?}");
    let adjusted_now = world.proxy.requests(&Method::POST, "/adjustendpoints");
    assert_eq!(adjusted_now, adjusted, "nothing is thought over again either");

    world.put(&service("one-more", "192.0.2.2")).await;
    world.settle().await;
    let calls: Vec<_> = world.route53.calls().into_iter().map(|call| call.operation).collect();
    let lists = calls.iter().filter(|call| call.starts_with("List")).count();
    let writes = calls.iter().filter(|call| *call == "ChangeResourceRecordSets").count();
    assert!(lists <= 2 && writes == 1, "{calls:?}");
}
