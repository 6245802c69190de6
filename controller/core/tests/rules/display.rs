//! What people and machines read of a plan, pinned.

use controller_core::desired::{Scope, Unknown};
use controller_core::plan::{DeletionGuard, Plan, Planner};
use controller_core::status::Reason;

use crate::world::{With, World, desired, memory, options, ownership_record, planner, record};

fn plan() -> Plan {
    let service = |name: &str| format!("service/default/{name}");
    let of = |name: &str, kind: &str, target: &str| record(name, kind, target).of(&service(name));
    let mut world = World::default();
    let before = desired([
        of("changed", "A", "192.0.2.1").ttl(300),
        of("gone", "A", "192.0.2.2"),
        of("same", "A", "192.0.2.3"),
        of("typed", "CNAME", "old.example.net"),
        of("weighted", "A", "192.0.2.4").set("c1").with("aws/weight", "10"),
        of("lost", "A", "192.0.2.5"),
        of("handed", "A", "192.0.2.6"),
    ]);
    world.sync(&planner(), &options(), &before);
    world.records.push(record("foreign", "A", "192.0.2.7"));
    world.records.extend([
        record("theirs", "A", "192.0.2.8"),
        ownership_record("a-theirs", "cluster-2", ""),
    ]);
    let mut after = desired([
        of("changed", "A", "192.0.2.1 192.0.2.9").ttl(60),
        of("same", "A", "192.0.2.3"),
        of("typed", "A", "192.0.2.10"),
        of("typed", "AAAA", "2001:db8::10"),
        of("weighted", "A", "192.0.2.4").set("c1").with("aws/weight", "20"),
        of("new", "CNAME", "target.example.net"),
        of("foreign", "A", "192.0.2.11"),
        of("theirs", "A", "192.0.2.12"),
        record("handed", "A", "192.0.2.6").of("httproute/default/handed"),
    ]);
    after.unknown(Unknown::Resource(service("lost").into()), Reason::no_targets(""));
    planner().plan(&memory(), &world.read(&options()), &after, &Scope::All)
}

#[test]
fn a_plan_as_people_read_it() {
    insta::assert_snapshot!("plan_as_text", plan().to_string());
}

#[test]
fn a_plan_as_machines_read_it() {
    insta::assert_snapshot!("plan_as_json", serde_json::to_string_pretty(&plan()).unwrap());
}

#[test]
fn a_plan_that_is_held() {
    let names = ["a", "b", "c", "d"]
        .map(|name| record(name, "A", "192.0.2.1").of(&format!("service/x/{name}")));
    let mut world = World::default();
    world.sync(&planner(), &options(), &desired(names));
    let guarded = Planner { guard: DeletionGuard::default(), ..planner() };
    let plan = guarded.plan(&memory(), &world.read(&options()), &desired([]), &Scope::All);
    insta::assert_snapshot!("held_plan_as_text", plan.to_string());
}

#[test]
fn a_plan_with_nothing_to_do() {
    let plan =
        planner().plan(&memory(), &World::default().read(&options()), &desired([]), &Scope::All);
    assert_eq!(plan.to_string(), "Nothing to do.\n");
}
