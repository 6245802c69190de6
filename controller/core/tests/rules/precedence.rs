//! Who comes first: twins, priorities within a namespace and across, and the order of the input.

use std::collections::BTreeSet;

use controller_core::desired::{Desired, SourceObject};
use controller_core::inventory::CurrentRecord;
use controller_core::plan::{Action, Plan, Planner};
use controller_core::precedence::PriorityScope;
use controller_core::status::RecordStatus;
use controller_core::transform::{TransformOptions, pipeline};
use external_dns_webhook::{Endpoint, ObjectRef, Ttl};
use proptest::prelude::*;

use crate::planning::{lines, none};
use crate::world::{With, World, desired, options, planner, record};

/// An object by its label, with its age and its priority.
type Candidate = (&'static str, i64, i32);

fn asked(endpoints: impl IntoIterator<Item = Endpoint>, source_objects: &[Candidate]) -> Desired {
    let mut asked = desired(endpoints);
    for (object, created, priority) in source_objects {
        let source_object = SourceObject {
            created: Some(*created),
            priority: *priority,
            ..SourceObject::default()
        };
        asked.source_objects.insert((*object).into(), source_object);
    }
    asked
}

fn www(target: &str, object: &str) -> Endpoint {
    record("www", "A", target).of(object)
}

fn across() -> Planner {
    Planner { priority_scope: PriorityScope::Cluster, ..planner() }
}

fn owner_of_www(world: &World) -> String {
    let lines = world.lines().join("\n");
    let (_, rest) = lines.split_once("resource=").unwrap();
    rest.split(['"', ',']).next().unwrap().to_owned()
}

#[test]
fn of_objects_that_ask_alike_the_one_with_the_higher_priority_owns_the_record() {
    let ask = || [www("192.0.2.1", "service/ns/a"), www("192.0.2.1", "ingress/ns/b")];
    let source_objects: [Candidate; 2] = [("service/ns/a", 1, 0), ("ingress/ns/b", 2, 10)];
    for turn in 0..2 {
        let mut endpoints = ask();
        endpoints.rotate_left(turn);
        let mut world = World::default();
        let desired = pipeline(asked(endpoints, &source_objects), &TransformOptions::default());
        world.sync(&planner(), &options(), &desired);
        assert_eq!(owner_of_www(&world), "ingress/ns/b");
    }
}

#[test]
fn a_record_that_two_objects_ask_for_alike_is_wanted_as_much_as_the_first_of_them_wants_it() {
    // The older of the two holds the name; the third one would win from the younger one alone.
    let twins = [www("192.0.2.1", "service/a/old"), www("192.0.2.1", "service/b/new")];
    let mut world = World::default();
    world.sync(&planner(), &options(), &desired([twins[0].clone()]));
    let all = twins.into_iter().chain([www("192.0.2.3", "service/b/third")]);
    let source_objects =
        [("service/a/old", 9, 0), ("service/b/new", 3, 7), ("service/b/third", 2, 5)];
    let desired = pipeline(asked(all, &source_objects), &TransformOptions::default());
    let (plan, _) = world.sync(&planner(), &options(), &desired);
    assert!(world.holds(&www("192.0.2.1", "")), "{plan}");
}

#[test]
fn a_number_takes_no_name_from_another_namespace() {
    let both = || [www("192.0.2.1", "service/team-a/web"), www("192.0.2.2", "service/team-b/web")];
    let source_objects = [("service/team-a/web", 1, 0), ("service/team-b/web", 2, i32::MAX)];
    let mut world = World::default();
    world.sync(&planner(), &options(), &desired([both()[0].clone()]));
    let before = world.clone();
    let (plan, _) = world.sync(&planner(), &options(), &asked(both(), &source_objects));
    assert_eq!((lines(&plan), &world), (none(), &before));
    let (plan, _) = world.sync(&across(), &options(), &asked(both(), &source_objects));
    assert_eq!(lines(&plan), ["update www A 192.0.2.1 → 192.0.2.2"], "where it is allowed");
}

#[test]
fn a_name_that_is_handed_over_within_a_namespace_is_not_lost_to_another_one() {
    let all = || {
        [
            www("192.0.2.1", "service/a/old"),
            www("192.0.2.2", "service/a/next"),
            www("192.0.2.3", "service/b/waiting"),
        ]
    };
    // The next one is younger than the one that waits in another namespace.
    let source_objects =
        [("service/a/old", 1, 0), ("service/a/next", 9, 1), ("service/b/waiting", 2, 100)];
    let mut world = World::default();
    world.sync(&planner(), &options(), &desired([all()[0].clone()]));
    let (plan, _) = world.sync(&planner(), &options(), &asked(all(), &source_objects));
    assert_eq!(lines(&plan), ["update www A 192.0.2.1 → 192.0.2.2"]);
}

#[test]
fn a_priority_is_no_title_to_another_type_that_another_namespace_holds() {
    let held = record("www", "AAAA", "2001:db8::1").of("service/b/held");
    let first = www("192.0.2.1", "service/a/first");
    let mut world = World::default();
    let source_objects = [("service/a/first", 1, 0), ("service/b/held", 5, 0)];
    world.sync(&planner(), &options(), &asked([held.clone(), first.clone()], &source_objects));
    let cname = record("www", "CNAME", "x.example.net").of("service/a/cname");
    let source_objects =
        [("service/a/first", 1, 0), ("service/b/held", 5, 0), ("service/a/cname", 2, i32::MAX)];
    world.sync(
        &planner(),
        &options(),
        &asked([held.clone(), first.clone(), cname], &source_objects),
    );
    assert!(world.holds(&held), "{:?}", world.lines());
    assert!(world.holds(&first), "what it came before in vain has its turn: {:?}", world.lines());
}

/// Objects of two namespaces that ask for one name, in few ways, so that they meet often.
fn bids() -> impl Strategy<Value = Desired> {
    let kinds = prop::sample::select(vec!["A", "A", "AAAA", "CNAME"]);
    let bid =
        (kinds, 1u8..3, 0u8..2, 0usize..6, 0u8..3).prop_map(|(kind, at, ttl, object, set)| {
            let target = match kind {
                "A" => format!("192.0.2.{at}"),
                "AAAA" => format!("2001:db8::{at}"),
                _ => format!("t{at}.example.net"),
            };
            let object = OBJECTS.get(object).copied().unwrap_or_default();
            let bid = record("www", kind, &target).of(object);
            let bid = if set == 2 { bid.set("s1").with("aws/weight", "10") } else { bid };
            if ttl > 0 { bid.ttl(60) } else { bid }
        });
    let source_objects = prop::collection::vec((0i64..3, -1i32..3), OBJECTS.len());
    (prop::collection::vec(bid, 0..9), source_objects).prop_map(|(bids, source_objects)| {
        let source_objects = OBJECTS.iter().zip(source_objects);
        let source_objects: Vec<Candidate> = source_objects
            .map(|(object, (created, priority))| (*object, created, priority))
            .collect();
        asked(bids, &source_objects)
    })
}

const OBJECTS: [&str; 6] =
    ["service/a/1", "service/a/2", "ingress/a/3", "service/b/4", "service/b/5", "node/6"];

fn is_in(namespace_name: &str, endpoint: &Endpoint) -> bool {
    endpoint.labels.resource().and_then(ObjectRef::namespace) == Some(namespace_name)
}

/// Returns a wish that only records of other namespaces are in the way of; `None` if there is none.
fn lost_to_others(
    plan: &Plan,
    asked: &Desired,
    world: &World,
    pick: prop::sample::Index,
) -> Option<Endpoint> {
    let current = world.read(&options());
    let whose = |object: Option<&ObjectRef>| {
        object.and_then(ObjectRef::namespace).unwrap_or_default().to_owned()
    };
    let clash = |a: &Endpoint, b: &Endpoint| {
        let is_cname = |endpoint: &Endpoint| endpoint.record_type.as_str() == "CNAME";
        let is_simple = |endpoint: &Endpoint| endpoint.set_identifier.is_empty();
        is_cname(a) != is_cname(b)
            || a.record_type == b.record_type
                && (a.set_identifier == b.set_identifier || is_simple(a) != is_simple(b))
    };
    let is_lost = |endpoint: &&Endpoint| {
        let object = endpoint.labels.resource();
        let is_refused = |status: &RecordStatus| {
            status.object.as_ref() == object
                && status.record_type.as_ref() == Some(&endpoint.record_type)
        };
        // An object with an address wants no CNAME beside it.
        let excludes_itself = |status: &RecordStatus| {
            status.object.as_ref() == object && status.reason.code() == "InvalidTarget"
        };
        let mut told = plan.statuses.iter().filter(|status| is_refused(status));
        let in_the_way: Vec<_> =
            current.records().filter(|held| clash(held.endpoint, endpoint)).collect();
        !plan.statuses.iter().any(excludes_itself)
            && told.clone().count() == 1
            && told.all(|status| status.reason.code() == "Conflict")
            && in_the_way.iter().all(|held| whose(held.resource()) != whose(object))
    };
    let lost: Vec<_> = asked.endpoints.iter().filter(is_lost).collect();
    if lost.is_empty() { None } else { Some((*pick.get(&lost)).clone()) }
}

proptest! {
    /// Reviewed by keeping the order of the input where ages are equal.
    #[test]
    fn the_order_in_which_objects_are_listed_does_not_matter(
        first in bids(), then in bids().prop_flat_map(|then| {
            let shuffled = Just(then.endpoints.clone()).prop_shuffle();
            (Just(then), shuffled)
        }),
        is_across in any::<bool>(),
    ) {
        let planner = if is_across { across() } else { planner() };
        let transforms = TransformOptions::default();
        let (then, endpoints) = then;
        let shuffled = Desired { endpoints, ..then.clone() };
        let mut world = World::default();
        world.sync(&planner, &options(), &pipeline(first, &transforms));
        let mut other = world.clone();
        let [then, shuffled] = [then, shuffled].map(|then| pipeline(then, &transforms));
        let (plan, changes) = world.sync(&planner, &options(), &then);
        let (other_plan, other_changes) = other.sync(&planner, &options(), &shuffled);
        prop_assert_eq!(plan.to_string(), other_plan.to_string());
        prop_assert_eq!(plan.statuses, other_plan.statuses);
        prop_assert_eq!(changes, other_changes);
    }

    /// Reviewed by lending a bid the age of those that it comes before by priority.
    #[test]
    fn what_loses_to_other_namespaces_alone_changes_nothing_by_being_there(
        first in bids(), then in bids(), pick in any::<prop::sample::Index>(),
    ) {
        let mut world = World::default();
        world.sync(&planner(), &options(), &first);
        let (mut with, mut without) = (world.clone(), world);
        let (plan, changes) = with.sync(&planner(), &options(), &then);
        let Some(lost) = lost_to_others(&plan, &then, &with, pick) else { return Ok(()) };
        // What its object has there stays because of it.
        let stays = plan.steps().iter().any(|step| {
            step.action == Action::Hold
                && step.new.is_none()
                && step.object.as_ref() == lost.labels.resource()
        });
        if stays {
            return Ok(());
        }
        let mut fewer = then.clone();
        fewer.endpoints.retain(|endpoint| *endpoint != lost);
        let (other_plan, other_changes) = without.sync(&planner(), &options(), &fewer);
        prop_assert_eq!(plan.to_string(), other_plan.to_string(), "without {:?}", lost);
        prop_assert_eq!(changes, other_changes);
    }

    /// Reviewed by dealing out the bids of all namespaces by priority.
    #[test]
    fn no_number_changes_what_other_namespaces_have(
        first in bids(), then in bids(), numbers in prop::collection::vec(-1i32..3, 3),
    ) {
        let mut world = World::default();
        world.sync(&planner(), &options(), &first);
        let others = |world: &World| -> BTreeSet<String> {
            let current = world.read(&options());
            let others = current.records().filter(|held| held.resource().and_then(ObjectRef::namespace) != Some("a"));
            others.map(|held| format!("{:?}", held.endpoint)).collect()
        };
        // Objects of one place only, so that a number moves no namespace to another type.
        let mut then = then;
        then.endpoints.retain(|endpoint| endpoint.record_type.as_str() == "A" && endpoint.set_identifier.is_empty());
        let mut renumbered = then.clone();
        for (object, number) in OBJECTS.into_iter().zip(numbers) {
            if let Some(source_object) = renumbered.source_objects.get_mut(&object.into()) {
                source_object.priority = number;
            }
        }
        let mut other = world.clone();
        world.sync(&planner(), &options(), &then);
        other.sync(&planner(), &options(), &renumbered);
        prop_assert_eq!(others(&world), others(&other));
    }

    /// Reviewed by comparing priorities across namespaces.
    #[test]
    fn what_a_namespace_holds_no_number_of_another_one_takes(first in bids(), then in bids()) {
        let transforms = TransformOptions::default();
        let mut world = World::default();
        world.sync(&planner(), &options(), &pipeline(first, &transforms));
        // What an object of the namespace has, and still wants.
        let current = world.read(&options());
        let still_asked = |held: &CurrentRecord<'_>| {
            then.endpoints.iter().any(|endpoint| {
                endpoint.key() == held.endpoint.key()
                    && endpoint.labels.resource() == held.resource()
            })
        };
        let held: BTreeSet<_> = current
            .records()
            .filter(|held| held.resource().and_then(ObjectRef::namespace) == Some("a") && still_asked(held))
            .map(|held| held.endpoint.key())
            .collect();
        let mut alone = then.clone();
        alone.endpoints.retain(|endpoint| !is_in("b", endpoint));
        let mut without_b = world.clone();
        without_b.sync(&planner(), &options(), &pipeline(alone, &transforms));
        world.sync(&planner(), &options(), &pipeline(then, &transforms));
        for record in without_b.records.iter().filter(|record| held.contains(&record.key())) {
            let there = world.records.iter().find(|there| there.key() == record.key());
            prop_assert_eq!(there.map(|there| &there.targets), Some(&record.targets));
        }
    }
}

#[test]
fn a_twin_of_ones_record_set_brings_no_other_type() {
    let mut world = World::default();
    let cname = |target: &str, object: &str| record("www", "CNAME", target).of(object);
    let transforms = TransformOptions::default();
    let ages = [("service/a/1", 1, 0), ("service/b/5", 0, 0)];
    let first = asked([cname("t1.example.net", "service/a/1")], &ages);
    world.sync(&planner(), &options(), &pipeline(first, &transforms));
    let then = asked(
        [
            www("192.0.2.1", "service/b/5"),
            cname("t2.example.net", "service/b/5"),
            cname("t2.example.net", "service/a/1"),
        ],
        &ages,
    );
    let then = pipeline(then, &transforms);
    let (plan, _) = world.sync(&planner(), &options(), &then);
    assert!(world.holds(&cname("t2.example.net", "service/b/5")), "{plan} {:?}", world.lines());
}

#[test]
fn who_lost_to_one_that_loses_has_its_turn_before_another_namespace() {
    let transforms = TransformOptions::default();
    let aaaa = |target: &str, object: &str| record("www", "AAAA", target).of(object);
    let mut world = World::default();
    let first = asked([aaaa("2001:db8::1", "service/a/1"), www("192.0.2.1", "node/6")], &[]);
    world.sync(&planner(), &options(), &pipeline(first, &transforms));
    let then = asked(
        [
            record("www", "CNAME", "t1.example.net").of("service/a/2"),
            aaaa("2001:db8::2", "service/a/1"),
            www("192.0.2.1", "node/6"),
            aaaa("2001:db8::1", "service/b/4"),
        ],
        &[("service/a/2", 0, 1)],
    );
    world.sync(&planner(), &options(), &pipeline(then, &transforms));
    assert!(world.holds(&aaaa("2001:db8::2", "service/a/1")));
}

#[test]
fn who_asks_for_a_cname_again_asks_for_no_address() {
    let transforms = TransformOptions::default();
    let cname = |object: &str| record("www", "CNAME", "t1.example.net").of(object);
    let mut world = World::default();
    let first = asked([www("192.0.2.1", "ingress/a/3")], &[]);
    world.sync(&planner(), &options(), &pipeline(first, &transforms));
    let then = asked(
        [
            Endpoint { ttl: Ttl::from_seconds(60), ..cname("service/b/5") },
            cname("service/a/1"),
            record("www", "AAAA", "2001:db8::1").of("service/a/1"),
            www("192.0.2.2", "service/b/5"),
            www("192.0.2.1", "ingress/a/3"),
        ],
        &[("ingress/a/3", 0, -1)],
    );
    world.sync(&planner(), &options(), &pipeline(then, &transforms));
    assert!(world.holds(&www("192.0.2.1", "ingress/a/3")));
}

#[test]
fn an_address_that_a_namespace_holds_and_wants_stays_with_it() {
    let aaaa = record("www", "AAAA", "2001:db8::1").of("ingress/a/3");
    let mut world = World::default();
    world.sync(&planner(), &options(), &asked([aaaa, www("192.0.2.1", "service/a/2")], &[]));
    let ours = || {
        [
            record("www", "CNAME", "t1.example.net").of("ingress/a/3"),
            www("192.0.2.1", "ingress/a/3"),
            www("192.0.2.1", "service/a/2"),
        ]
    };
    let ages = [("ingress/a/3", 2, 1), ("service/a/2", 2, 0), ("service/b/4", 1, 0)];
    let transforms = TransformOptions::default();
    for theirs in [None, Some(www("192.0.2.1", "service/b/4"))] {
        let mut world = world.clone();
        let desired = pipeline(asked(ours().into_iter().chain(theirs), &ages), &transforms);
        let (plan, _) = world.sync(&planner(), &options(), &desired);
        assert!(world.holds(&www("192.0.2.1", "")), "{plan}");
        assert_eq!(owner_of_www(&world), "ingress/a/3");
    }
}

#[test]
fn a_record_of_an_object_that_is_gone_is_its_namespaces_before_an_older_one_of_another() {
    let mut world = World::default();
    world.sync(&planner(), &options(), &asked([www("192.0.2.1", "service/a/old")], &[]));
    let all = [www("192.0.2.2", "service/a/next"), www("192.0.2.3", "service/b/waiting")];
    let ages = [("service/a/next", 9, 0), ("service/b/waiting", 1, 0)];
    let (plan, _) = world.sync(&planner(), &options(), &asked(all, &ages));
    assert_eq!(lines(&plan), ["update www A 192.0.2.1 → 192.0.2.2"]);
}

#[test]
fn who_wants_what_is_written_for_another_is_told_the_same() {
    let mut world = World::default();
    let minute = |object| www("192.0.2.1", object).ttl(60);
    let all = [
        www("192.0.2.1", "service/a/1"),
        minute("service/b/2"),
        www("192.0.2.1", "service/c/3").ttl(300),
        www("192.0.2.2", "service/d/4"),
    ];
    let ages = [("service/a/1", 1, 0), ("service/b/2", 2, 0), ("service/c/3", 3, 0)];
    let (plan, _) = world.sync(&planner(), &options(), &asked(all, &ages));
    let told: Vec<_> = plan
        .statuses
        .iter()
        .map(|status| (status.object.as_ref().map(ObjectRef::label).unwrap(), status.reason.code()))
        .collect();
    let expected = [
        ("service/a/1", "Created"),
        ("service/b/2", "Created"),
        ("service/c/3", "Conflict"),
        ("service/d/4", "Conflict"),
    ];
    assert_eq!(told, expected);
    assert!(world.holds(&minute("")), "who names no TTL takes that of another");
    assert_eq!(plan.beside(&plan.steps()[0]), ["service/b/2"]);
    assert_eq!(owner_of_www(&world), "service/a/1");
}
