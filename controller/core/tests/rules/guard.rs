//! Deletions that must wait for a person.

use controller_core::desired::{Desired, Scope};
use controller_core::inventory::Inventory;
use controller_core::plan::memory::{Deletions, Memory};
use controller_core::plan::{DeletionGuard, HeldAt, Plan, PlanHash, Planner};
use controller_core::registry::{Registry as _, TxtRegistry};
use controller_core::zone::ZoneInfo;
use external_dns_webhook::Endpoint;

use crate::world::{With, World, approving, desired, memory, options, planner, record};

fn guarded() -> Planner {
    Planner { guard: DeletionGuard::default(), ..planner() }
}

/// A record of an object of its own.
fn host(at: usize) -> Endpoint {
    record(&format!("h{at}"), "A", "192.0.2.1").of(&format!("service/ns/h{at}"))
}

fn hosts(range: std::ops::Range<usize>) -> Desired {
    desired(range.map(host))
}

fn zone_with(count: usize) -> World {
    let mut world = World::default();
    world.sync(&guarded(), &options(), &hosts(0..count));
    world
}

fn plan(planner: &Planner, current: &Inventory, asked: &Desired) -> Plan {
    planner.plan(&memory(), current, asked, &Scope::All)
}

#[test]
fn a_zone_that_loses_everything_keeps_it_while_creates_go_on() {
    let mut world = zone_with(200);
    let (plan, changes) = world.sync(&guarded(), &options(), &hosts(1000..1001));
    assert_eq!((changes.create.len(), changes.update.len(), changes.delete.len()), (2, 0, 0));
    let held = plan.held().unwrap();
    assert_eq!(held.names.len(), 200);
    assert_eq!(held.zones[&Some(ZoneInfo::named("example.com"))].of, 200);
    assert_eq!(
        plan.statuses[0].reason.to_string(),
        "200 of 200 names in `example.com` would lose records within a minute, so no more are deleted"
    );
}

#[test]
fn the_defaults_let_ordinary_changes_through_in_a_zone_of_any_size() {
    let held = |of: usize, left: usize| {
        let plan = plan(&guarded(), &zone_with(of).read(&options()), &hosts(0..left));
        plan.held().map(|held| held.names.len())
    };
    assert_eq!(held(1, 0), None, "the only object of a zone is deleted");
    assert_eq!(held(5, 3), None);
    assert_eq!(held(5, 2), Some(3));
    assert_eq!(held(5, 0), Some(5));
    assert_eq!(held(200, 197), None);
    assert_eq!(held(200, 140), None);
    assert_eq!(held(200, 139), Some(61));
    assert_eq!(held(1000, 900), None);
    assert_eq!(held(1000, 899), Some(101));
}

#[test]
fn one_object_with_many_names_may_go_at_once() {
    let names = (0..40).map(|at| record(&format!("h{at}"), "A", "192.0.2.1").of("crd/ns/many"));
    let mut world = World::default();
    world.sync(&guarded(), &options(), &desired(names));
    world.sync(&guarded(), &options(), &Desired::default());
    assert_eq!(world, World::default());
}

#[test]
fn a_replacement_is_no_deletion() {
    let mut world = zone_with(10);
    let cnames = (0..10).map(|at| {
        record(&format!("h{at}"), "CNAME", "x.example.net").of(&format!("service/ns/h{at}"))
    });
    let (plan, _) = world.sync(&guarded(), &options(), &desired(cnames));
    assert!(plan.held().is_none());
}

#[test]
fn held_deletions_are_approved_by_their_hash_and_by_no_other() {
    let mut world = zone_with(10);
    let held = plan(&guarded(), &world.read(&options()), &hosts(0..2)).held().unwrap().clone();
    // What else the sync does is no part of the hash, what it deletes is.
    let also_creates = desired((0..2).map(host).chain([host(77)]));
    let same = plan(&guarded(), &world.read(&options()), &also_creates);
    assert_eq!(same.held().unwrap().hash, held.hash);
    let more = guarded().plan(
        &approving([held.hash.clone()]),
        &world.read(&options()),
        &hosts(0..1),
        &Scope::All,
    );
    assert_eq!(more.held().unwrap().names.len(), 9, "the hash is stale");
    let (plan, changes) =
        world.sync_after(&approving([held.hash.clone()]), &guarded(), &options(), &hosts(0..2));
    assert!(plan.held().is_none());
    assert_eq!(changes.delete.len(), 16);
    assert_eq!(held.hash.to_string().parse(), Ok(held.hash));
    assert!("latest".parse::<PlanHash>().is_err());
}

#[test]
fn a_sync_of_one_name_does_not_slip_past_the_deletion_guard() {
    let world = zone_with(10);
    let held =
        plan(&guarded(), &world.read(&options()), &Desired::default()).held().unwrap().clone();
    let memory = holding_elsewhere(&held);
    let scope = Scope::Names(["h3.example.com".into()].into());
    let plan = guarded().plan(&memory, &world.read(&options()), &Desired::default(), &scope);
    assert!(plan.is_empty());
    assert_eq!(plan.held().unwrap().names.len(), 1);
}

/// Returns what is known when a full sync held this.
fn holding_elsewhere(held: &controller_core::plan::Held) -> Memory {
    let deletions = Deletions { held: held.names.clone(), ..Deletions::default() };
    Memory { deletions, ..memory() }
}

#[test]
fn a_deletion_beside_held_ones_waits_with_them() {
    let current = zone_with(40).read(&options());
    let held = plan(&guarded(), &current, &hosts(20..40)).held().unwrap().clone();
    let scope = Scope::Names(["h20.example.com".into()].into());
    let targeted = guarded().plan(&holding_elsewhere(&held), &current, &Desired::default(), &scope);
    assert!(targeted.is_empty());
    let whole = plan(&guarded(), &current, &hosts(21..40));
    let reason = |plan: &Plan| {
        let step = plan.steps().iter().find(|step| step.name.as_str() == "h20.example.com");
        step.and_then(|step| step.reason.clone()).unwrap().to_string()
    };
    assert_eq!(reason(&targeted), reason(&whole), "as a full sync counts");
    assert!(reason(&whole).starts_with("21 of 40 names"));
}

#[test]
fn what_was_held_for_another_zone_does_not_count() {
    let current = zone_with(40).read(&options());
    let mut held = plan(&guarded(), &current, &hosts(20..40)).held().unwrap().clone();
    held.names = std::mem::take(&mut held.names)
        .into_iter()
        .map(|(at, held)| (HeldAt { zone: Some(ZoneInfo::named("example.org")), ..at }, held))
        .collect();
    let scope = Scope::Names(["h20.example.com".into()].into());
    let targeted = guarded().plan(&holding_elsewhere(&held), &current, &Desired::default(), &scope);
    assert!(targeted.held().is_none());
}

#[test]
fn a_full_sync_counts_what_is_gone_now() {
    let current = zone_with(40).read(&options());
    let held = plan(&guarded(), &current, &hosts(20..40)).held().unwrap().clone();
    let back = guarded().plan(&holding_elsewhere(&held), &current, &hosts(5..40), &Scope::All);
    assert!(back.held().is_none(), "fifteen came back, and five are an ordinary change");
}

/// Deletes the objects of a zone of 40 one after the other, `pause` seconds apart, and returns how
/// many names are left when the deletion guard holds; `None` when it never does.
fn one_by_one(planner: &Planner, pause: i64) -> Option<usize> {
    let (mut world, mut memory) = (zone_with(40), memory());
    for gone in 0..40 {
        memory.deletions.recent.forget(gone * pause);
        let current = world.read(&options());
        let scope = Scope::Names([format!("h{gone}.example.com").into()].into());
        let plan = planner.plan(&memory, &current, &Desired::default(), &scope);
        if plan.held().is_some() {
            return Some(current.len());
        }
        memory.deletions.recent.note(&plan, gone * pause);
        world.take(&TxtRegistry::new(options()).unwrap().write(&current, &plan));
    }
    assert!(world.records.is_empty());
    None
}

#[test]
fn deletions_one_after_the_other_are_counted_together() {
    assert_eq!(one_by_one(&guarded(), 1), Some(28), "12 of 40 are 30 %");
    assert_eq!(one_by_one(&guarded(), 5), Some(28), "12 deletions in 55 s");
    assert_eq!(one_by_one(&guarded(), 30), None, "two a minute are an ordinary life");
    assert_eq!(one_by_one(&Planner { guard: DeletionGuard::off(), ..planner() }, 0), None);
}

#[test]
fn what_was_deleted_and_is_there_again_was_not_lost() {
    let (planner, mut memory) = (guarded(), memory());
    let current = zone_with(40).read(&options());
    let scope =
        Scope::Names((0..12).map(|number| format!("h{number}.example.com").into()).collect());
    let deletes = planner.plan(&memory, &current, &Desired::default(), &scope);
    assert!(deletes.held().is_none());
    memory.deletions.recent.note(&deletes, 0);
    let scope = Scope::Names(["h20.example.com".into()].into());
    assert!(planner.plan(&memory, &current, &Desired::default(), &scope).held().is_none());
}

#[test]
fn a_guard_that_is_off_holds_nothing() {
    let mut world = zone_with(150);
    let off = Planner { guard: DeletionGuard::off(), ..planner() };
    world.sync(&off, &options(), &Desired::default());
    assert_eq!(world, World::default());
}
