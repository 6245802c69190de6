//! Deletions of one namespace hold those of no other.

use std::collections::BTreeSet;

use controller_core::desired::{Desired, Scope};
use controller_core::inventory::Inventory;
use controller_core::plan::memory::Memory;
use controller_core::plan::{Action, DeletionGuard, DeletionSource, Held, Plan, PlanHash, Planner};
use controller_core::registry::{Registry as _, TxtRegistry};
use external_dns_webhook::Endpoint;
use proptest::prelude::*;

use crate::world::{With, World, approving, desired, memory, options, planner, record};

fn guarded() -> Planner {
    Planner { guard: DeletionGuard::default(), ..planner() }
}

/// The names of a namespace, three of each object.
fn names(team: &str, range: std::ops::Range<usize>) -> impl Iterator<Item = Endpoint> {
    range.map(move |at| {
        record(&format!("{team}{at}"), "A", "192.0.2.1").of(&format!("service/{team}/o{}", at / 3))
    })
}

fn zone_of(teams: &[(&str, usize)]) -> World {
    let all = teams.iter().flat_map(|(team, count)| names(team, 0..*count));
    let mut world = World::default();
    world.sync(&guarded(), &options(), &desired(all));
    world
}

fn left(teams: &[(&str, std::ops::Range<usize>)]) -> Desired {
    desired(teams.iter().flat_map(|(team, range)| names(team, range.clone())))
}

fn plan(memory: &Memory, current: &Inventory, asked: &Desired) -> Plan {
    guarded().plan(memory, current, asked, &Scope::All)
}

fn held_of(held: Option<&Held>, team: &str) -> usize {
    held.map_or(0, |held| held.names.keys().filter(|at| at.namespace == team).count())
}

fn hash_of(held: &Held, team: &str) -> PlanHash {
    held.groups.iter().find(|group| group.namespace == team).unwrap().hash.clone()
}

#[test]
fn what_one_namespace_loses_holds_its_own_names_only() {
    let mut world = zone_of(&[("a", 9), ("b", 150)]);
    let (plan, changes) =
        world.sync(&guarded(), &options(), &left(&[("a", 1..9), ("b", 101..150)]));
    assert_eq!((held_of(plan.held(), "a"), held_of(plan.held(), "b")), (0, 101), "{plan}");
    assert_eq!(changes.delete.len(), 2, "the record of the other namespace, and its ownership");
    let held = plan.statuses.iter().find(|status| status.reason.code() == "DeletionHeld").unwrap();
    assert_eq!(
        held.reason.to_string(),
        "101 of 150 names of the namespace `b` in `example.com` would lose records within a minute, \
         so no more are deleted"
    );
}

#[test]
fn what_another_namespace_does_leaves_a_hash_as_it_was() {
    let world = zone_of(&[("a", 120), ("b", 300)]);
    let current = world.read(&options());
    let held = |b: usize| {
        let plan = plan(&memory(), &current, &left(&[("b", b..300)]));
        plan.held().unwrap().clone()
    };
    let (before, after) = (held(130), held(170));
    assert_eq!(hash_of(&before, "a"), hash_of(&after, "a"));
    assert_ne!(hash_of(&before, "b"), hash_of(&after, "b"));
    assert_ne!(before.hash, after.hash, "the hash of all is of all");
    // Approved while the other one went on.
    let (plan, changes) = {
        let mut world = world.clone();
        world.sync_after(
            &approving([hash_of(&before, "a")]),
            &guarded(),
            &options(),
            &left(&[("b", 170..300)]),
        )
    };
    assert_eq!((held_of(plan.held(), "a"), held_of(plan.held(), "b")), (0, 170));
    assert_eq!(changes.delete.len(), 240);
}

#[test]
fn the_deletions_of_one_object_are_approved_by_their_hash_alone() {
    let mut world = zone_of(&[("a", 30)]);
    let current = world.read(&options());
    let held = plan(&memory(), &current, &Desired::default()).held().unwrap().clone();
    let object = held.groups[0]
        .objects
        .iter()
        .find(|object| object.source.to_string() == "service/a/o4")
        .unwrap();
    assert_eq!(object.names, 3);
    assert!(held.hashes().contains(&object.hash));
    let (plan, changes) = world.sync_after(
        &approving([object.hash.clone()]),
        &guarded(),
        &options(),
        &Desired::default(),
    );
    assert_eq!((changes.delete.len(), held_of(plan.held(), "a")), (6, 27));
    assert!(!world.holds(&record("a12", "A", "192.0.2.1")));
    let all = plan.held().unwrap().hash.clone();
    world.sync_after(&approving([all]), &guarded(), &options(), &Desired::default());
    assert_eq!(world, World::default());
}

#[test]
fn a_hash_stands_for_one_set_whatever_it_is_shown_as_and_in_full() {
    let mut world = zone_of(&[("a", 101)]);
    let all = || one_object("a", 0..101);
    world.sync(&guarded(), &options(), &desired(all()));
    let current = world.read(&options());
    let held = plan(&memory(), &current, &Desired::default()).held().unwrap().clone();
    // The same steps, whichever way one looks at them.
    let hashes = held.hashes();
    assert_eq!((held.groups.len(), held.groups[0].objects.len(), hashes.len()), (1, 1, 1));
    for hash in &hashes {
        assert_eq!(hash.to_string().len(), 32);
        assert!(plan(&approving([hash.clone()]), &current, &Desired::default()).held().is_none());
        let short: PlanHash = hash.to_string()[..12].parse().unwrap();
        assert!(hash.begins_with(&short) && !short.begins_with(hash));
        let approved = plan(&approving([short]), &current, &Desired::default());
        assert!(approved.held().is_some(), "what is typed is not what is compared");
    }
    for bad in ["0123456789a", "0123456789ABCDEF", &"0".repeat(33)] {
        assert!(bad.parse::<PlanHash>().is_err(), "{bad}");
    }
}

#[test]
fn what_was_approved_counts_against_nobody() {
    let world = zone_of(&[("a", 30), ("b", 200)]);
    let current = world.read(&options());
    let asked = left(&[("a", 0..30), ("b", 150..200)]);
    let held = plan(&memory(), &current, &asked).held().unwrap().clone();
    let mut memory = approving([held.hash]);
    let approved = plan(&memory, &current, &asked);
    assert!(approved.held().is_none());
    memory.deletions.recent.note(&approved, 0);
    memory.deletions.approved.clear();
    let scope = Scope::Names(["a0.example.com".into()].into());
    assert!(guarded().plan(&memory, &current, &Desired::default(), &scope).held().is_none());
}

#[test]
fn a_zone_in_which_everyone_loses_a_little_keeps_everything() {
    let teams: Vec<String> = (0..40).map(|team| format!("t{team}x")).collect();
    let teams: Vec<(&str, usize)> = teams.iter().map(|team| (team.as_str(), 3)).collect();
    let mut world = zone_of(&teams);
    let before = world.clone();
    let (plan, _) = world.sync(&guarded(), &options(), &Desired::default());
    assert_eq!(world, before);
    assert_eq!(plan.held().unwrap().groups.len(), 40);
    let reason = plan.statuses[0].reason.to_string();
    assert!(reason.starts_with("120 of 120 names in `example.com`"), "{reason}");
}

/// One object of a namespace with all of its names.
fn one_object(team: &str, range: std::ops::Range<usize>) -> impl Iterator<Item = Endpoint> {
    range.map(move |at| {
        record(&format!("{team}{at}"), "A", "192.0.2.1").of(&format!("crd/{team}/all"))
    })
}

#[test]
fn what_others_have_deleted_holds_nothing_of_a_namespace() {
    let all = || one_object("a", 0..5).chain(one_object("b", 0..400));
    let mut world = World::default();
    world.sync(&guarded(), &options(), &desired(all()));
    let mut memory = memory();
    let left = || one_object("a", 0..5).chain(one_object("b", 100..400));
    let (plan, _) = world.sync_after(&memory, &guarded(), &options(), &desired(left()));
    assert!(plan.held().is_none(), "a hundred names may go");
    memory.deletions.recent.note(&plan, 0);
    let left = || one_object("a", 1..5).chain(one_object("b", 101..400));
    let (plan, changes) = world.sync_after(&memory, &guarded(), &options(), &desired(left()));
    assert_eq!((held_of(plan.held(), "a"), held_of(plan.held(), "b")), (0, 1), "{plan}");
    assert_eq!(changes.delete.len(), 2);
}

#[test]
fn namespaces_that_lose_too_much_together_hold_nothing_of_a_smaller_one() {
    let sizes = [("a", 5), ("b", 60), ("c", 60)];
    let all = || sizes.into_iter().flat_map(|(team, size)| one_object(team, 0..size));
    let mut world = World::default();
    world.sync(&guarded(), &options(), &desired(all()));
    let (plan, _) = world.sync(&guarded(), &options(), &desired(one_object("a", 1..5)));
    let held = |team| held_of(plan.held(), team);
    assert_eq!((held("a"), held("b"), held("c")), (0, 60, 60), "neither of the two stands out");
    assert_eq!(
        plan.statuses.iter().find(|status| !status.reason.is_well()).unwrap().reason.to_string(),
        "121 of 125 names in `example.com` would lose records within a minute, so no more are deleted"
    );
}

#[test]
fn namespaces_that_go_one_after_the_other_are_a_zone_that_goes() {
    let teams: Vec<String> = (0..20).map(|team| format!("t{team}x")).collect();
    let all = teams.iter().flat_map(|team| names(team, 0..3));
    let mut world = World::default();
    world.sync(&guarded(), &options(), &desired(all));
    let mut memory = memory();
    for (gone, team) in teams.iter().enumerate() {
        let current = world.read(&options());
        let scope =
            Scope::Names((0..3).map(|at| format!("{team}{at}.example.com").into()).collect());
        let plan = guarded().plan(&memory, &current, &Desired::default(), &scope);
        if plan.held().is_some() {
            assert_eq!(gone, 6, "30 % of the namespaces");
            return;
        }
        memory.deletions.recent.note(&plan, 0);
        world.take(&TxtRegistry::new(options()).unwrap().write(&current, &plan));
    }
    panic!("all are gone");
}

#[test]
fn an_object_cannot_count_for_another_namespace() {
    // Two namespaces share a name by set identifiers; one of them withdraws everything it has.
    let shared = |team: &str| {
        record("shared", "A", "192.0.2.1")
            .set(team)
            .with("aws/weight", "1")
            .of(&format!("service/{team}/shared"))
    };
    let all = || names("a", 0..20).chain([shared("a")]);
    let mut world = World::default();
    let everything = all().chain(names("b", 0..120)).chain([shared("b")]);
    world.sync(&guarded(), &options(), &desired(everything));
    let (plan, _) = world.sync(&guarded(), &options(), &desired(names("a", 0..20)));
    assert_eq!((held_of(plan.held(), "a"), held_of(plan.held(), "b")), (0, 121));
}

const TEAMS: [&str; 4] = ["a", "b", "c", "d"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Reviewed by counting the zone as a whole.
    #[test]
    fn a_namespace_that_loses_too_much_changes_nothing_for_the_others(
        sizes in prop::collection::vec((0usize..30, 0usize..30), 3), churn in 0usize..20,
    ) {
        // `b` has more names than the others together may lose, and loses more than anyone may.
        let others: Vec<_> = ["a", "c", "d"].into_iter().zip(sizes).collect();
        let wanted = |with: &[(&'static str, std::ops::Range<usize>)]| {
            let others = others.iter().map(|(team, (size, gone))| (*team, (*gone).min(*size)..*size));
            left(&others.chain(with.iter().cloned()).collect::<Vec<_>>())
        };
        let had: Vec<_> = others.iter().map(|(team, (size, _))| (*team, *size)).collect();
        let alone = zone_of(&had).read(&options());
        let with_b = zone_of(&[&had[..], &[("b", 200)]].concat()).read(&options());
        let alone = plan(&memory(), &alone, &wanted(&[]));
        let beside = plan(&memory(), &with_b, &wanted(&[("b", 120 + churn..200)]));
        prop_assert_eq!(held_of(beside.held(), "b"), 120 + churn);
        for team in TEAMS.into_iter().filter(|team| *team != "b") {
            prop_assert_eq!(held_of(alone.held(), team), held_of(beside.held(), team), "{}", team);
            if held_of(alone.held(), team) > 0 {
                let hash = |plan: &Plan| hash_of(plan.held().unwrap(), team);
                prop_assert_eq!(hash(&alone), hash(&beside));
            }
        }
    }

    /// Reviewed by holding those that would lose most, and no others.
    #[test]
    fn a_cluster_that_is_empty_all_at_once_loses_nothing(
        sizes in prop::collection::vec((1usize..12, any::<bool>()), 3..7),
    ) {
        let teams: Vec<String> = (0..sizes.len()).map(|team| format!("t{team}x")).collect();
        let all = teams.iter().zip(&sizes).flat_map(|(team, (size, one))| {
            let size = if *one { 6 * size } else { *size };
            let each: Vec<_> =
                if *one { one_object(team, 0..size).collect() } else { names(team, 0..size).collect() };
            each
        });
        let all: Vec<_> = all.collect();
        let mut world = World::default();
        world.sync(&guarded(), &options(), &desired(all));
        let before = world.clone();
        for _ in 0..3 {
            world.sync(&guarded(), &options(), &Desired::default());
        }
        prop_assert_eq!(world, before);
    }

    /// Reviewed by leaving out the objects behind what went beside what was held.
    #[test]
    fn a_loss_of_the_whole_cluster_stays_within_the_limit_sync_after_sync(
        sizes in prop::collection::vec(1usize..16, 5..16),
    ) {
        // Each namespace would lose two names of five, by one object: nobody alone loses too much.
        let teams: Vec<String> = (0..sizes.len()).map(|team| format!("t{team}x")).collect();
        let left = |of_five: usize| {
            let each = teams.iter().zip(&sizes);
            let each = each.flat_map(|(team, size)| one_object(team, 0..size * of_five));
            desired(each.collect::<Vec<_>>())
        };
        let mut world = World::default();
        world.sync(&guarded(), &options(), &left(5));
        let mut memory = memory();
        let (all, mut gone) = (5 * sizes.iter().sum::<usize>(), 0);
        for _ in 0..6 {
            let (plan, _) = world.sync_after(&memory, &guarded(), &options(), &left(3));
            memory.deletions.recent.note(&plan, 0);
            let steps = plan.steps().iter();
            gone += steps.filter(|step| step.action == Action::Delete).count();
        }
        prop_assert!(gone <= 100 && gone * 100 <= 30 * all, "{gone} of {all} are gone");
    }

    /// Reviewed by counting what others have deleted against everyone.
    #[test]
    fn what_is_gone_of_others_holds_no_ordinary_deletion(
        gone in prop::collection::vec(0usize..100, 2), few in 0usize..3,
    ) {
        let others = [("b", 220), ("c", 220)];
        let all = one_object("a", 0..8).chain(others.into_iter().flat_map(|(team, size)| one_object(team, 0..size)));
        let mut world = World::default();
        world.sync(&guarded(), &options(), &desired(all));
        let mut memory = memory();
        let left = |few| {
            let others = others.into_iter().zip(&gone).flat_map(|((team, size), gone)| one_object(team, *gone..size));
            desired(one_object("a", few..8).chain(others).collect::<Vec<_>>())
        };
        for team in [0, 1] {
            let scope = Scope::Names((0..gone[team]).map(|at| format!("{}{at}.example.com", others[team].0).into()).collect());
            let current = world.read(&options());
            let plan = guarded().plan(&memory, &current, &left(0), &scope);
            memory.deletions.recent.note(&plan, 0);
            world.take(&TxtRegistry::new(options()).unwrap().write(&current, &plan));
        }
        let (plan, _) = world.sync_after(&memory, &guarded(), &options(), &left(few));
        prop_assert_eq!(held_of(plan.held(), "a"), 0, "{}", plan);
    }

    /// Reviewed by releasing the group of an approved object.
    #[test]
    fn an_approval_lets_go_exactly_what_its_hash_stands_for(
        sizes in prop::collection::vec(0usize..40, 4), pick in any::<prop::sample::Index>(),
    ) {
        let had: Vec<_> = TEAMS.into_iter().zip(sizes).collect();
        let current = zone_of(&had).read(&options());
        let before = plan(&memory(), &current, &Desired::default());
        let Some(held) = before.held() else { return Ok(()) };
        let hashes: Vec<_> = held.hashes().into_iter().collect();
        let hash = pick.get(&hashes).clone();
        let after = plan(&approving([hash.clone()]), &current, &Desired::default());
        let kept: BTreeSet<_> = after.held().into_iter().flat_map(|held| held.names.keys()).collect();
        let gone: Vec<_> = held.names.keys().filter(|at| !kept.contains(at)).collect();
        let is_of =
            |source| gone.iter().all(|at| held.names[*at].sources.contains(source));
        let group = held.groups.iter().find(|group| group.hash == hash);
        let object = held
            .groups
            .iter()
            .flat_map(|group| &group.objects)
            .find(|object| object.hash == hash);
        if let Some(group) = group {
            prop_assert_eq!(gone.len(), group.counts.names);
            prop_assert!(gone.iter().all(|at| at.namespace == group.namespace));
        } else if let Some(object) = object {
            prop_assert_eq!(gone.len(), object.names);
            prop_assert!(is_of(&object.source));
            let DeletionSource::Object(object) = &object.source else { panic!("{object:?}") };
            prop_assert!(object.namespace().is_some());
        } else {
            prop_assert!(after.held().is_none());
        }
    }
}
