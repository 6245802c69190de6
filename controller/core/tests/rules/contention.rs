//! Names that more than one party wants, and changes that nobody may make.

use controller_core::desired::{Scope, SourceObject, Unknown};
use controller_core::inventory::Inventory;
use controller_core::name_sharing::ANYWHERE;
use controller_core::plan::{Action, Planner};
use controller_core::registry::{Noop, Registry};
use controller_core::status::{Reason, RecordStatus};
use external_dns_webhook::{Endpoint, ObjectRef};

use crate::planning::{a5, b127, bare, c1, c2, lines, none, own, run, run_with};
use crate::world::{With, World, desired, memory, options, planner, record, zones};

#[test]
fn the_older_object_wins_a_new_name_and_a_higher_priority_takes_it_in_one_update() {
    let source_object = |created, priority| SourceObject {
        created: Some(created),
        priority,
        ..SourceObject::default()
    };
    let mut asked = desired([c1(), c2()]);
    asked.source_objects.insert("service/ns/foo-v1".into(), source_object(200, 0));
    asked.source_objects.insert("service/ns/foo-v2".into(), source_object(100, 0));
    let mut world = World::default();
    let (plan, _) = world.sync(&planner(), &options(), &asked);
    assert_eq!(lines(&plan), ["create foo CNAME v2.example.net"]);
    // Age does not move a name that is settled, priority does, record and ownership record
    // together.
    asked.source_objects.insert("service/ns/foo-v1".into(), source_object(1, 0));
    let (plan, _) = world.sync(&planner(), &options(), &asked);
    assert_eq!(lines(&plan), none());
    asked.source_objects.insert("service/ns/foo-v1".into(), source_object(200, 10));
    let (plan, changes) = world.sync(&planner(), &options(), &asked);
    assert_eq!(lines(&plan), ["update foo CNAME v2.example.net → v1.example.net"]);
    assert_eq!((changes.create.len(), changes.update.len(), changes.delete.len()), (0, 2, 0));
}

#[test]
fn a_record_that_another_object_answers_alike_for_changes_its_ownership_record_only() {
    let ingress = record("h", "A", "192.0.2.1").of("ingress/ns/h");
    let route = record("h", "A", "192.0.2.1").of("httproute/ns/h");
    let mut world = World::new(own(ingress));
    let (plan, changes) = world.sync(&planner(), &options(), &desired([route]));
    assert_eq!(lines(&plan), ["own h A 192.0.2.1"]);
    assert_eq!((changes.create.len(), changes.update.len(), changes.delete.len()), (0, 1, 0));
    assert!(world.lines()[0].contains("resource=httproute/ns/h"), "{:?}", world.lines());
}

#[test]
fn routing_policies_change_as_one_and_never_mix() {
    let weighted = |set: &str| {
        record("r", "A", "192.0.2.1").set(set).with("aws/weight", "100").of("service/ns/r")
    };
    let latency =
        |set: &str| record("r", "A", "192.0.2.2").set(set).with("aws/region", "eu-west-1");
    let simple = || record("r", "A", "192.0.2.1").of("service/ns/r");
    assert_eq!(
        run(own(simple()).to_vec(), vec![weighted("c1")]),
        ["replace r A 192.0.2.1", "replace r A (c1) 192.0.2.1"]
    );
    let plan = run_with(&planner(), vec![latency("c2")], &desired([weighted("c1")]));
    assert_eq!(lines(&plan), ["hold r A (c1) 192.0.2.1: RoutingPolicyConflict"]);
    assert_eq!(
        plan.statuses[0].reason.to_string(),
        "the record `c2` with latency routing has the name"
    );
    // Another policy under the same identifier is a replacement, unless others stay behind.
    let changed = || latency("c1").of("service/ns/r");
    let current = run(own(weighted("c1")).to_vec(), vec![changed()]);
    assert_eq!(current, ["replace r A (c1) 192.0.2.1 → 192.0.2.2"]);
    let with_other = [own(weighted("c1")).to_vec(), vec![bare(weighted("c2"))]].concat();
    assert_eq!(
        run(with_other, vec![changed()]),
        ["hold r A (c1) 192.0.2.1 → 192.0.2.2: RoutingPolicyConflict"]
    );
    // Others with the same policy are no business of ours.
    assert_eq!(
        run(vec![bare(weighted("c2"))], vec![weighted("c1")]),
        ["create r A (c1) 192.0.2.1"]
    );
    let unowned = vec![bare(weighted("manual"))];
    assert_eq!(run(unowned, vec![simple()]), ["hold r A 192.0.2.1: RoutingPolicyConflict"]);
}

#[test]
fn a_routed_record_set_of_nobody_in_the_way_is_named_and_taken_over_by_no_hint() {
    for (property, value, policy) in [
        ("aws/weight", "100", "weighted"),
        ("aws/region", "eu-west-1", "latency"),
        ("aws/failover", "PRIMARY", "failover"),
        ("aws/geolocation-country-code", "DE", "geolocation"),
        ("aws/cidr-location-name", "office", "CIDR"),
    ] {
        let hand = bare(record("r", "A", "10.0.0.1").set("h0").with(property, value));
        let plan = run_with(&planner(), vec![hand], &desired([record("r", "A", "192.0.2.1")]));
        let reason = &plan.statuses[0].reason;
        let told = format!("the record `h0` with {policy} routing has the name");
        assert_eq!(reason.to_string(), told);
        let hint = reason.hint();
        assert!(hint.contains("another name") && hint.contains("removes"), "{hint}");
        assert!(!hint.contains("take it over"), "{hint}");
    }
}

#[test]
fn without_a_registry_only_creates_go_on_unless_told_otherwise() {
    let current = || vec![bare(a5()), bare(b127())];
    let asked = desired([record("foo", "A", "192.0.2.9"), record("new", "A", "192.0.2.1")]);
    let registry = Noop;
    let plan = |allow_unowned| {
        let planner = Planner { owner: None, allow_unowned, ..planner() };
        let current = registry.read(current(), &zones());
        let plan = planner.plan(&memory(), &current, &asked, &Scope::All);
        assert_eq!(registry.write(&current, &plan).len(), if allow_unowned { 3 } else { 1 });
        lines(&plan)
    };
    assert_eq!(
        plan(false),
        [
            "hold bar A 127.0.0.1: UnownedChange",
            "hold foo A 5.5.5.5 → 192.0.2.9: UnownedChange",
            "create new A 192.0.2.1"
        ]
    );
    assert_eq!(
        plan(true),
        ["delete bar A 127.0.0.1", "update foo A 5.5.5.5 → 192.0.2.9", "create new A 192.0.2.1"]
    );
}

#[test]
fn a_name_that_no_zone_can_hold_is_told_so() {
    let mut outside = a5();
    outside.dns_name = "www.example.org".into();
    let plan = run_with(&planner(), vec![], &desired([outside]));
    assert!(plan.is_empty());
    assert_eq!(plan.statuses[0].reason.code(), "NoZone");
}

#[test]
fn a_record_set_without_targets_changes_nothing() {
    let empty = Endpoint { targets: [""; 0].into(), ..a5() };
    let plan = run_with(&planner(), own(a5()).to_vec(), &desired([empty]));
    assert_eq!(lines(&plan), ["hold foo A 5.5.5.5: NoTargets"]);
}

#[test]
fn a_name_that_its_source_called_unknown_has_the_one_status_of_its_object() {
    let rejection = external_dns_webhook::RefusalCode::NoZone;
    let refused = Reason::ProviderRejected { rejection, message: "no zone".to_owned() };
    for reason in [Reason::no_targets(""), refused] {
        let mut asked = desired([]);
        asked.unknown(Unknown::Name("Foo.example.com".into()), reason.clone());
        let said = RecordStatus::on_name("foo.example.com", "service/default/foo", reason.clone());
        asked.statuses.push(said.clone());
        let plan = planner().plan(&memory(), &Inventory::default(), &asked, &Scope::All);
        assert_eq!(plan.statuses, [said]);
        // What nobody said is told all the same.
        asked.statuses.clear();
        let plan = planner().plan(&memory(), &Inventory::default(), &asked, &Scope::All);
        let told: Vec<_> =
            plan.statuses.iter().map(|status| (&status.object, &status.reason)).collect();
        assert_eq!(told, [(&None, &reason)]);
    }
}

#[test]
fn what_one_pod_asks_for_takes_nothing_from_a_name_of_which_another_is_not_known() {
    let both = Endpoint {
        targets: ["192.0.2.9", "192.0.2.10"].into(),
        ..record("p", "A", "").of("pod/ns/a")
    };
    let one = || Endpoint { targets: ["192.0.2.9"].into(), ..both.clone() };
    let mut asked = desired([one()]);
    let reason = Reason::Unreadable { error: "its status is a number".to_owned() };
    asked.unknown(Unknown::Name(both.dns_name.clone()), reason);
    let plan = run_with(&planner(), own(both.clone()).to_vec(), &asked);
    assert!(plan.is_empty(), "{:?}", lines(&plan));
    // Another object speaks for itself.
    let one = Endpoint { targets: ["192.0.2.9"].into(), ..record("p", "A", "").of("service/ns/a") };
    let both = Endpoint { targets: ["192.0.2.9", "192.0.2.10"].into(), ..one.clone() };
    asked.endpoints = vec![one];
    let plan = run_with(&planner(), own(both).to_vec(), &asked);
    assert!(!plan.is_empty());
}

#[test]
fn what_becomes_of_what_is_desired_is_told_without_a_provider() {
    let a = record("a", "A", "192.0.2.1").of("service/ns/one");
    let again = record("a", "A", "192.0.2.2").of("service/ns/two");
    let beside = record("b", "A", "192.0.2.1").of("service/ns/one");
    let cname = record("b", "CNAME", "lb.example.net").of("service/ns/two");
    let mail = record("c", "MX", "10 mx.example.net").of("crd/ns/one");
    let fine = record("d", "A", "192.0.2.1").of("service/ns/one");
    let two = record("e", "CNAME", "lb1.example.net lb2.example.net").of("service/ns/one");
    let statuses =
        planner().resolve_conflicts(&desired([a, again, beside, cname, mail, fine, two]));
    let told: Vec<_> = statuses
        .iter()
        .map(|status| {
            format!(
                "{} {} {}",
                status.name,
                status.object.as_ref().map(ObjectRef::label).unwrap(),
                status.reason.code()
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "a.example.com service/ns/two Conflict",
            "b.example.com service/ns/two Conflict",
            "c.example.com crd/ns/one UnmanagedType",
            "e.example.com service/ns/one InvalidTarget",
        ]
    );
}

#[test]
fn an_object_of_which_the_namespace_is_not_known_keeps_its_names_in_each() {
    let records = [
        record("a", "A", "192.0.2.1").of("service/shop/web"),
        record("b", "A", "192.0.2.1").of("Service/other/WEB"),
        record("c", "A", "192.0.2.1").of("service/shop/web-2"),
        record("d", "A", "192.0.2.1").of("ingress/shop/web"),
    ];
    let mut asked = desired([]);
    let reason = Reason::Unreadable { error: "it is a template".into() };
    asked.unknown(Unknown::Resource(ObjectRef::new("service", ANYWHERE, "web")), reason);
    let mut world = World::new(records.into_iter().flat_map(own));
    let (plan, _) = world.sync(&planner(), &options(), &asked);
    let deleted = plan.steps().iter().filter(|step| step.action == Action::Delete);
    let deleted: Vec<_> = deleted.map(|step| step.name.as_str()).collect();
    assert_eq!(deleted, ["c.example.com", "d.example.com"]);
}
