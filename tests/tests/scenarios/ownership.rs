//! Whose a record is, and what that allows.

use e2e::world::Controller;
use route53_emulator::{Change, ResourceRecordSet};

use crate::objects::{ingress, service};
use crate::records::{a, alias, ownership_record, set};
use crate::scenario::{PUBLIC, Scenario, Setup};

const ELB1: &str = "k8s-1.eu-west-1.elb.amazonaws.com";

fn by_hand(world: &Scenario, action: &str, set: ResourceRecordSet) {
    let change = Change { action: action.to_owned(), resource_record_set: set };
    world.route53.change(PUBLIC, &[change]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn records_of_nobody_that_are_in_the_way_are_told_once_and_never_tried() {
    let manual = ResourceRecordSet {
        set_identifier: Some("manual".to_owned()),
        weight: Some(10),
        ..a("w", "198.51.100.7")
    };
    let foreign = [set("api", "CNAME", &["old.example.net."]), manual];
    let mut world = Setup::default()
        .records(foreign.clone())
        .objects(["api", "w", "ok"].map(|name| service(name, "192.0.2.1")))
        .start()
        .await;
    world.writes(&[&["CREATE a-ok TXT c1:service/default/ok", "CREATE ok A 192.0.2.1"]]).await;
    for (name, reason) in
        [("api.example.com", "ForeignOwner"), ("w.example.com", "RoutingPolicyConflict")]
    {
        let told = world.told(reason, name);
        assert_eq!(told.len(), 1, "one reason for {name}, told once: {told:#?}");
    }
    let held = world.route53.record_sets(PUBLIC);
    assert!(foreign.iter().all(|set| held.contains(set)), "{held:#?}");
    assert!(world.running().ready().await.unwrap().0, "a foreign record is no failure");

    let [api, _] = foreign;
    by_hand(&world, "DELETE", api);
    world.writes(&[&["CREATE a-api TXT c1:service/default/api", "CREATE api A 192.0.2.1"]]).await;
}

/// The name that everyone has who never chose one.
#[tokio::test(flavor = "multi_thread")]
async fn an_owner_called_default_is_refused_where_records_may_be_deleted() {
    let world = Setup::default().objects([service("x", "192.0.2.1")]).without_controller().await;
    let flags = ["--source=service", "--txt-owner-id=default", "--policy=sync"];
    let program = Controller::program(&world.sidecar_url, &flags).args(world.source());
    let ended = program.run().unwrap();
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("--migrate-from-txt-owner=default"), "{}", ended.stderr);
    assert!(world.written().is_empty());
}

/// What ExternalDNS wrote for an alias before v0.22, and before v0.12.
#[tokio::test(flavor = "multi_thread")]
async fn an_alias_with_an_old_ownership_record_is_deleted_with_exactly_that_ownership_record() {
    for (old, era) in [("cname-app", "before v0.22"), ("app", "before v0.12")] {
        let mut world = Setup::default()
            .records([alias("app", "A", ELB1), ownership_record(old, "c1", "ingress/default/app")])
            .objects([ingress("app", ELB1)])
            .start()
            .await;
        // The other address family joins; what is there stays as it is. An ownership record without
        // a type speaks for nothing beside one with a type, so it gets its type in the same batch.
        let is_untyped = old == "app";
        let mut joins = vec![
            "CREATE aaaa-app TXT c1:ingress/default/app".to_owned(),
            format!("CREATE app AAAA -> {ELB1}"),
        ];
        if is_untyped {
            joins.insert(0, "CREATE a-app TXT c1:ingress/default/app".to_owned());
            joins.push("DELETE app TXT c1:ingress/default/app".to_owned());
        }
        world.writes(&[&joins.iter().map(String::as_str).collect::<Vec<_>>()]).await;
        world.remove(&ingress("app", ELB1)).await;
        let now = if is_untyped { "a-app" } else { old };
        let mut goes = [
            "DELETE aaaa-app TXT c1:ingress/default/app".to_owned(),
            format!("DELETE app A -> {ELB1}"),
            format!("DELETE app AAAA -> {ELB1}"),
            format!("DELETE {now} TXT c1:ingress/default/app"),
        ];
        goes.sort();
        world.writes(&[&goes.iter().map(String::as_str).collect::<Vec<_>>()]).await;
        assert!(world.zone().is_empty(), "{era}: {:?}", world.zone());
    }
}

/// Nothing but the alias and its old ownership record, and nobody asks any more.
#[tokio::test(flavor = "multi_thread")]
async fn an_ownership_record_that_was_never_written_is_never_deleted() {
    let mut world = Setup::default()
        .records([
            alias("app", "A", ELB1),
            ownership_record("cname-app", "c1", "ingress/default/app"),
        ])
        .start()
        .await;
    world
        .writes(&[&[
            &format!("DELETE app A -> {ELB1}"),
            "DELETE cname-app TXT c1:ingress/default/app",
        ]])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn taking_over_an_owner_touches_what_is_asked_for_here_and_nothing_else() {
    let zone = [
        a("one", "192.0.2.1"),
        ownership_record("a-one", "default", "service/default/one"),
        a("two", "192.0.2.2"),
        ownership_record("a-two", "default", "service/default/two"),
        a("three", "192.0.2.3"),
        ownership_record("a-three", "default", "service/default/three"),
    ];
    let mut world = Setup::default()
        .records(zone.clone())
        .objects([service("one", "192.0.2.1")])
        .flags(&["--migrate-from-txt-owner=default"])
        .start()
        .await;
    world
        .writes(&[&[
            "CREATE a-one TXT c1:service/default/one",
            "DELETE a-one TXT default:service/default/one",
        ]])
        .await;

    // One that must change as well goes together with its ownership record.
    world.put(&service("three", "192.0.2.33")).await;
    world
        .writes(&[&[
            "CREATE a-three TXT c1:service/default/three",
            "CREATE three A 192.0.2.33",
            "DELETE a-three TXT default:service/default/three",
            "DELETE three A 192.0.2.3",
        ]])
        .await;
    let held = world.route53.record_sets(PUBLIC);
    assert!(zone[2..4].iter().all(|set| held.contains(set)), "{held:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_record_is_made_where_someone_else_holds_the_ownership_record() {
    let foreign = ownership_record("a-svc", "cA", "service/default/svc");
    let mut world = Setup::default()
        .records([foreign.clone()])
        .objects([service("svc", "192.0.2.1")])
        .start()
        .await;
    world.writes_nothing().await;
    let told = world.is_told("ForeignOwner", "svc.example.com").await;
    assert!(told.to_string().contains("cA"), "{told}");
    assert!(world.route53.record_sets(PUBLIC).contains(&foreign));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_whose_object_is_exchanged_for_another_changes_its_ownership_record_only() {
    let mut world = Setup::default()
        .records([a("h", "192.0.2.1"), ownership_record("a-h", "c1", "ingress/default/h")])
        .objects([ingress("h", "192.0.2.1")])
        .start()
        .await;
    world.writes_nothing().await;
    world.put(&service("h", "192.0.2.1")).await;
    world.remove(&ingress("h", "192.0.2.1")).await;
    world
        .writes(&[&["CREATE a-h TXT c1:service/default/h", "DELETE a-h TXT c1:ingress/default/h"]])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_type_leaves_one_ownership_record_of_the_new_type() {
    let of_z = |name: &str| ownership_record(name, "c1", "service/default/z");
    let mut world = Setup::default()
        .records([
            set("z", "CNAME", &["x.example.net"]),
            of_z("cname-z"),
            of_z("a-z"),
            of_z("aaaa-z"),
        ])
        .objects([service("z", "192.0.2.1")])
        .start()
        .await;
    world
        .writes(&[&[
            "CREATE z A 192.0.2.1",
            "DELETE aaaa-z TXT c1:service/default/z",
            "DELETE cname-z TXT c1:service/default/z",
            "DELETE z CNAME x.example.net",
        ]])
        .await;
    assert_eq!(world.zone(), ["a-z TXT c1:service/default/z", "z A 192.0.2.1"]);
    // The record still goes when its object does.
    world.remove(&service("z", "192.0.2.1")).await;
    world.settle().await;
    assert!(world.zone().is_empty(), "{:?}", world.zone());
}
