//! Who comes first: twins, priorities within a namespace and across, and the order of the input.

use std::collections::BTreeSet;

use controller_core::desired::{Desired, SourceObject, namespace};
use controller_core::plan::Planner;
use controller_core::precedence::PriorityReach;
use controller_core::registry::Holding;
use controller_core::transform::{TransformOptions, pipeline};
use external_dns_webhook::{Endpoint, Ttl};
use proptest::prelude::*;

use crate::planning::{lines, none};
use crate::world::{With, World, desired, options, planner, record};

/// An object by its label, with its age and its priority.
type Candidate = (&'static str, i64, i32);

fn asked(endpoints: impl IntoIterator<Item = Endpoint>, source_objects: &[Candidate]) -> Desired {
    let mut asked = desired(endpoints);
    for (object, created, priority) in source_objects {
        let source_object = SourceObject { created: Some(*created), priority: *priority };
        asked.source_objects.insert((*object).to_owned(), source_object);
    }
    asked
}

fn www(target: &str, object: &str) -> Endpoint {
    record("www", "A", target).of(object)
}

fn across() -> (Planner, TransformOptions) {
    let reach = PriorityReach::Cluster;
    (
        Planner { priority_reach: reach, ..planner() },
        TransformOptions { priority_reach: reach, ..TransformOptions::default() },
    )
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
    let (across, _) = across();
    let (plan, _) = world.sync(&across, &options(), &asked(both(), &source_objects));
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

fn shuffled(desired: &Desired, turn: usize) -> Desired {
    let mut shuffled = desired.clone();
    // What one object asks for keeps its order: a source reads it in one way.
    shuffled.endpoints.sort_by_key(|endpoint| {
        let object = endpoint.labels.resource().unwrap_or_default();
        let at = OBJECTS.iter().position(|other| *other == object).unwrap_or_default();
        (at * 7 + turn * 5) % 11
    });
    shuffled
}

proptest! {
    /// Reviewed by ranking twins by their place.
    #[test]
    fn the_order_of_the_sources_does_not_matter(
        first in bids(), then in bids(), turn in 0usize..11, is_across in any::<bool>(),
    ) {
        let (across_planner, across_options) = across();
        let (planner, transforms) = if is_across {
            (across_planner, across_options)
        } else {
            (planner(), TransformOptions::default())
        };
        let mut world = World::default();
        world.sync(&planner, &options(), &pipeline(first, &transforms));
        let mut other = world.clone();
        let then = [shuffled(&then, 0), shuffled(&then, turn)];
        let [then, then_shuffled] = then.map(|then| pipeline(then, &transforms));
        let (plan, changes) = world.sync(&planner, &options(), &then);
        let (other_plan, other_changes) = other.sync(&planner, &options(), &then_shuffled);
        prop_assert_eq!(plan.to_string(), other_plan.to_string());
        prop_assert_eq!(plan.statuses, other_plan.statuses);
        prop_assert_eq!(changes, other_changes);
    }

    /// Reviewed by comparing priorities across namespaces.
    #[test]
    fn what_a_namespace_holds_no_number_of_another_one_takes(first in bids(), then in bids()) {
        let transforms = TransformOptions::default();
        let mut world = World::default();
        world.sync(&planner(), &options(), &pipeline(first, &transforms));
        // What an object of the namespace has, and still asks for.
        let current = world.read(&options());
        let still_asked = |held: &Holding<'_>| {
            then.endpoints.iter().any(|endpoint| {
                endpoint.key() == held.endpoint.key()
                    && endpoint.labels.resource() == held.resource()
            })
        };
        let held: BTreeSet<_> = current
            .records()
            .filter(|held| held.resource().and_then(namespace) == Some("a") && still_asked(held))
            .map(|held| held.endpoint.key())
            .collect();
        let is_of_b = |endpoint: &Endpoint| {
            endpoint.labels.resource().and_then(namespace) == Some("b")
        };
        let mut alone = then.clone();
        alone.endpoints.retain(|endpoint| !is_of_b(endpoint));
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
