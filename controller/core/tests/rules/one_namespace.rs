//! A name, with all its types and set identifiers, that is for the objects of one namespace only.

use std::collections::{BTreeMap, BTreeSet};

use controller_core::desired::{Desired, Scope, SourceObject, Unknown};
use controller_core::inventory::Inventory;
use controller_core::name_sharing::NameSharing;
use controller_core::plan::Planner;
use controller_core::precedence::PriorityScope;
use controller_core::registry::{Registry as _, TxtRegistry};
use controller_core::status::Reason;
use controller_core::transform::{Reverse, TransformOptions, pipeline};
use external_dns_webhook::{CanonicalName, Endpoint, ObjectRef, Zone};
use proptest::prelude::*;

use crate::laws::config;
use crate::world::{
    With, World, desired, full, memory, options, ownership_record, planner, record,
};

fn apart(endpoints: impl IntoIterator<Item = Endpoint>) -> Desired {
    Desired { sharing: NameSharing::WithinNamespace, ..desired(endpoints) }
}

/// Objects of `a` are older than those of `b` by this.
fn aged(mut desired: Desired, ages: &[(&str, i64)]) -> Desired {
    let aged = |(object, created): &(&str, i64)| {
        (
            ObjectRef::from(*object),
            SourceObject { created: Some(*created), priority: 0, ..SourceObject::default() },
        )
    };
    desired.source_objects = ages.iter().map(aged).collect();
    desired
}

fn v4(object: &str) -> Endpoint {
    record("www", "A", "192.0.2.1").of(object)
}

fn v6(object: &str) -> Endpoint {
    record("www", "AAAA", "2001:db8::1").of(object)
}

fn weighted(set: &str, weight: &str, object: &str) -> Endpoint {
    v4(object).set(set).with("aws/weight", weight)
}

const A: &str = "service/a/x";
const B: &str = "service/b/x";

fn codes(world: &World, asked: &Desired, object: &str) -> Vec<String> {
    let plan = planner().plan(&memory(), &world.read(&options()), asked, &Scope::All);
    let of_object = plan
        .statuses
        .iter()
        .filter(|status| status.object.as_ref().map(ObjectRef::label) == Some(object));
    of_object.map(|status| status.reason.code().to_owned()).collect()
}

#[test]
fn another_type_or_set_identifier_of_a_name_is_the_namespaces_that_has_it() {
    for (held, wanted) in [
        (v4(A), v6(B)),
        (weighted("eu", "10", A), weighted("x", "255", B)),
        (v4(A), record("www", "TXT", "\"x\"").of(B)),
        (v4(A), v4(B)),
    ] {
        let mut world = World::default();
        world.sync(&planner(), &options(), &apart([held.clone()]));
        let before = world.clone();
        // The older one.
        let asked = aged(apart([held, wanted]), &[(A, 9), (B, 1)]);
        assert_eq!(codes(&world, &asked, B), ["Conflict"]);
        assert_eq!(codes(&world, &asked, A), ["UpToDate"]);
        world.sync(&planner(), &options(), &asked);
        assert_eq!(world, before);
        // Where names are shared, they stand side by side.
        let shared = Desired { sharing: NameSharing::AcrossNamespaces, ..asked };
        let told = codes(&world, &shared, B);
        let told: Vec<_> = told.iter().map(String::as_str).collect();
        assert!(matches!(told[..], ["Created" | "UpToDate" | "Conflict"]), "{told:?}");
    }
}

#[test]
fn a_new_name_is_the_oldest_objects_that_can_be_published() {
    let asked = aged(apart([v4(A), v6(B)]), &[(A, 1), (B, 2)]);
    assert_eq!(codes(&World::default(), &asked, B), ["Conflict"]);
    let asked = aged(apart([v4(A), v6(B)]), &[(A, 2), (B, 1)]);
    assert_eq!(codes(&World::default(), &asked, A), ["Conflict"]);
    // What can never be published keeps the name from nobody.
    let text = ownership_record("www", "x", "").targets;
    let mail = record("www", "MX", "10 mx.example.net").of(B);
    let reads_as_ownership = Endpoint { targets: text, ..record("www", "TXT", "").of(B) };
    for vain in [mail, reads_as_ownership] {
        let asked = aged(apart([v4(A), vain]), &[(A, 2), (B, 1)]);
        assert_eq!(codes(&World::default(), &asked, A), ["Created"]);
    }
    // Nor does a wildcard that answers for itself.
    let wildcard = |kind, target, object| record("*.www", kind, target).of(object);
    let circle = wildcard("CNAME", "a.www.example.com", B);
    let asked = aged(apart([wildcard("A", "192.0.2.1", A), circle]), &[(A, 2), (B, 1)]);
    assert_eq!(codes(&World::default(), &asked, A), ["Created"]);
}

#[test]
fn a_namespace_of_which_nothing_is_known_for_now_loses_no_name_to_another() {
    let mut world = World::default();
    world.sync(&planner(), &options(), &apart([v4(A)]));
    let before = world.clone();
    for wanted in [v6(B), v4(B), record("www", "CNAME", "x.example.net").of(B)] {
        for what in [
            Unknown::Name(full("www").into()),
            Unknown::Resource(A.into()),
            Unknown::Kind("service/a".into()),
            Unknown::All,
        ] {
            let mut asked = aged(apart([wanted.clone()]), &[(B, 1)]);
            asked.unknown_of("ingress/a/new", what, Reason::no_targets(""));
            assert_eq!(codes(&world, &asked, B), ["Conflict"]);
            world.sync(&planner(), &options(), &asked);
            assert_eq!(world, before);
        }
        // Of a namespace that is known to want it no more, it is free.
        let mut free = world.clone();
        free.sync(&planner(), &options(), &apart([wanted.clone()]));
        assert!(free.holds(&wanted) && !free.holds(&v4(A)) || wanted.targets == v4(A).targets);
    }
}

#[test]
fn what_namespaces_shared_before_goes_to_the_older_one() {
    let mut world = World::default();
    world.sync(&planner(), &options(), &desired([v4(A), v6(B)]));
    let asked = aged(apart([v4(A), v6(B)]), &[(A, 1), (B, 2)]);
    world.sync(&planner(), &options(), &asked);
    assert!(world.holds(&v4(A)) && !world.holds(&v6(B)), "{:?}", world.lines());
}

#[test]
fn a_priority_takes_a_whole_name_where_it_counts_across_namespaces() {
    let mut world = World::default();
    world.sync(&planner(), &options(), &apart([v4(A)]));
    let mut asked = aged(apart([v4(A), v6(B)]), &[(A, 1)]);
    asked.source_objects.insert(
        B.into(),
        SourceObject { created: Some(2), priority: 7, ..SourceObject::default() },
    );
    assert_eq!(codes(&world, &asked, B), ["Conflict"]);
    let across = Planner { priority_scope: PriorityScope::Cluster, ..planner() };
    world.sync(&across, &options(), &asked);
    assert!(world.holds(&v6(B)) && !world.holds(&v4(A)), "{:?}", world.lines());
}

#[test]
fn what_is_asked_alike_in_two_namespaces_is_the_first_ones_alone() {
    let (ours, theirs) = (v4(A), v4(B));
    let asked = aged(apart([theirs, ours]), &[(A, 1), (B, 2)]);
    let asked = pipeline(asked, &TransformOptions::default());
    assert_eq!(codes(&World::default(), &asked, A), ["Created"]);
    assert_eq!(codes(&World::default(), &asked, B), ["Conflict"]);
}

#[test]
fn pods_of_two_namespaces_make_no_record_set_together() {
    let pod = |target: &str, object: &str| record("www", "A", target).of(object);
    let pods =
        || [pod("192.0.2.1", "pod/a/x"), pod("192.0.2.2", "pod/b/x"), pod("192.0.2.3", "pod/a/y")];
    let targets = |asked: Desired| {
        let endpoints = pipeline(asked, &TransformOptions::default()).endpoints;
        endpoints.iter().map(|endpoint| endpoint.targets.len()).collect::<Vec<_>>()
    };
    assert_eq!(targets(apart(pods())), [2, 1]);
    assert_eq!(targets(desired(pods())), [3]);
}

#[test]
fn a_reverse_name_lists_the_names_of_one_namespace() {
    let options = TransformOptions { reverse: Reverse::All, ..TransformOptions::default() };
    let other = record("other", "A", "192.0.2.1").of(B);
    let endpoints = pipeline(apart([v4(A), other]), &options).endpoints;
    let pointers: Vec<_> =
        endpoints.iter().filter(|endpoint| endpoint.record_type.as_str() == "PTR").collect();
    assert_eq!(pointers.len(), 2);
    assert!(pointers.iter().all(|pointer| pointer.targets.len() == 1));
}

const OBJECTS: [&str; 6] =
    ["service/a/1", "service/a/2", "ingress/b/1", "service/b/2", "service/c/1", "node/1"];

fn wishes() -> impl Strategy<Value = Desired> {
    let kinds = prop::sample::select(vec!["A", "A", "AAAA", "CNAME"]);
    let wish = (kinds, 1u8..3, 0usize..6, 0u8..3, prop::sample::select(vec!["x", "y"]));
    let wish = wish.prop_map(|(kind, at, object, set, name)| {
        let target = match kind {
            "A" => format!("192.0.2.{at}"),
            "AAAA" => format!("2001:db8::{at}"),
            _ => format!("t{at}.example.net"),
        };
        let object = OBJECTS.get(object).copied().unwrap_or_default();
        let wish = record(name, kind, &target).of(object);
        if set > 0 { wish.set(&format!("s{set}")).with("aws/weight", "10") } else { wish }
    });
    let ages = prop::collection::vec(0i64..4, OBJECTS.len());
    (prop::collection::vec(wish, 0..10), ages).prop_map(|(wishes, ages)| {
        let ages: Vec<_> = OBJECTS.iter().copied().zip(ages).collect();
        pipeline(aged(apart(wishes), &ages), &TransformOptions::default())
    })
}

fn namespaces(current: &Inventory) -> BTreeMap<String, BTreeSet<String>> {
    let mut namespaces: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for held in current.records() {
        let whose = held.resource().and_then(ObjectRef::namespace).unwrap_or_default().to_owned();
        namespaces.entry(held.endpoint.dns_name.to_string()).or_default().insert(whose);
    }
    namespaces
}

proptest! {
    /// Reviewed by letting those that clash with nothing stand beside the holder.
    #[test]
    fn no_name_is_ever_of_two_namespaces(first in wishes(), then in wishes()) {
        let mut world = World::default();
        for asked in [&first, &then] {
            world.sync(&planner(), &options(), asked);
            let namespaces = namespaces(&world.read(&options()));
            prop_assert!(namespaces.values().all(|whose| whose.len() < 2), "{namespaces:?}");
            let again = world.clone();
            world.sync(&planner(), &options(), asked);
            prop_assert_eq!(&world, &again, "the next sync has nothing to do");
        }
    }

    /// Reviewed by giving a name to the oldest object whosever record is there.
    #[test]
    fn nothing_that_another_namespace_asks_for_changes_what_one_has(
        first in wishes(), then in wishes(),
    ) {
        let mut world = World::default();
        world.sync(&planner(), &options(), &first);
        let before = namespaces(&world.read(&options()));
        let still = |name: &str| {
            then.endpoints.iter().any(|endpoint| {
                endpoint.dns_name.as_str() == name
                    && endpoint.labels.resource().and_then(ObjectRef::namespace) == Some("a")
            })
        };
        let of_a: Vec<_> = before
            .iter()
            .filter(|(name, whose)| whose.contains("a") && still(name))
            .map(|(name, _)| name.clone())
            .collect();
        let mut alone = then.clone();
        alone.endpoints.retain(|endpoint| endpoint.labels.resource().and_then(ObjectRef::namespace) == Some("a"));
        let mut without = world.clone();
        without.sync(&planner(), &options(), &alone);
        world.sync(&planner(), &options(), &then);
        let records = |world: &World| {
            let mut records: Vec<_> = world
                .records
                .iter()
                .filter(|record| of_a.contains(&record.dns_name.to_string()))
                .map(|record| format!("{:?} {:?}", record.key(), record.targets))
                .collect();
            records.sort();
            records
        };
        prop_assert_eq!(records(&without), records(&world));
    }
}

/// What would lead everyone away from the names below `shop`.
fn cuts(object: &str) -> [Endpoint; 2] {
    let cut = |kind, target| record("shop", kind, target).of(object);
    [cut("NS", "ns.example.net"), cut("DNAME", "example.net")]
}

fn all_types() -> Planner {
    let types = ["A", "AAAA", "CNAME", "TXT", "NS", "DNAME"].map(Into::into);
    Planner { managed: types.into(), ..planner() }
}

#[test]
fn no_namespace_cuts_off_what_is_another_ones_or_not_ours() {
    let theirs = record("www.shop", "A", "192.0.2.1");
    let held = |object: &str| {
        let mut world = World::default();
        world.sync(&all_types(), &options(), &apart([theirs.clone().of(object)]));
        world
    };
    let by_hand = World::new([theirs.clone()]);
    for cut in cuts(B) {
        let told = |world: &World, asked: Vec<Endpoint>| {
            let plan =
                all_types().plan(&memory(), &world.read(&options()), &apart(asked), &Scope::All);
            let mut of_cut = plan.statuses.iter().filter(|status| status.name == cut.dns_name);
            of_cut.next().map(|status| status.reason.code().to_owned()).unwrap()
        };
        let both = vec![theirs.clone().of(A), cut.clone()];
        assert_eq!(told(&held(A), both.clone()), "CutsOffOthers", "it is there");
        assert_eq!(told(&World::default(), both), "CutsOffOthers", "it is wanted");
        assert_eq!(told(&by_hand, vec![cut.clone()]), "CutsOffOthers", "it was made by hand");
        assert_eq!(told(&held(B), vec![theirs.clone().of(B), cut.clone()]), "Created", "its own");
        let beside = record("www.workshop", "A", "192.0.2.1").of(A);
        assert_eq!(told(&World::default(), vec![beside, cut.clone()]), "Created", "not below it");
        // What is there stays as it is, and so does what it was to replace.
        let mut world = held(A);
        world.sync(
            &all_types(),
            &options(),
            &apart([theirs.clone().of(A), record("shop", "A", "192.0.2.2").of(B)]),
        );
        let before = world.clone();
        world.sync(&all_types(), &options(), &apart([theirs.clone().of(A), cut.clone()]));
        assert_eq!(world, before);
    }
}

#[test]
fn a_delegation_with_addresses_of_its_own_servers_cuts_off_nothing_and_others_are_no_servers_of_its()
 {
    let told = |whose: &str| {
        let glue = record("ns.shop", "A", "192.0.2.1").of(whose);
        let cut = record("shop", "NS", "ns.shop.example.com").of(B);
        let asked = apart([glue, cut]);
        let plan =
            all_types().plan(&memory(), &World::default().read(&options()), &asked, &Scope::All);
        let mut of_cut = plan.statuses.iter().filter(|status| status.name == full("shop").into());
        of_cut.next().unwrap().reason.code()
    };
    assert_eq!((told(B), told(A)), ("Created", "CutsOffOthers"));
    // Where namespaces share names, an operator cuts off what they like.
    let shared = desired([record("ns.shop", "A", "192.0.2.1").of(A), cuts(B)[0].clone()]);
    let plan =
        all_types().plan(&memory(), &World::default().read(&options()), &shared, &Scope::All);
    assert!(plan.statuses.iter().all(|status| status.reason.code() == "Created"));
}

#[test]
fn what_a_sync_is_not_about_and_what_is_not_known_is_not_cut_off_either() {
    let theirs = record("www.shop", "A", "192.0.2.1").of(A);
    for cut in cuts(B) {
        let told = |asked: &Desired, scope: &Scope| {
            let current = World::default().read(&options());
            let plan = all_types().plan(&memory(), &current, asked, scope);
            let mut of_cut = plan.statuses.iter().filter(|status| status.name == cut.dns_name);
            of_cut.next().map(|status| status.reason.code().to_owned()).unwrap()
        };
        // A sync of the cut alone still knows who wants what is below.
        let scope = Scope::Names([cut.dns_name.canonical().clone()].into());
        let mut asked = apart([theirs.clone(), cut.clone()]);
        assert!(asked.looks_below(), "it must be told of everything");
        asked.only(&scope);
        assert_eq!(asked.endpoints, std::slice::from_ref(&cut));
        assert_eq!(told(&asked, &scope), "CutsOffOthers");
        // So it is where nothing can be answered with for now, as it is for its own namespace not.
        for (object, code) in [(A, "CutsOffOthers"), (B, "Created")] {
            let mut asked = apart([cut.clone()]);
            let lost = Unknown::Name(theirs.dns_name.clone());
            asked.unknown_of(object, lost, Reason::no_targets(""));
            assert_eq!(told(&asked, &Scope::All), code, "{object}");
        }
    }
}

#[test]
fn a_zone_that_is_served_is_not_led_away_from_with_names_of_others_in_it() {
    let zone = |id: &str, name: &str, private| Zone {
        id: id.to_owned(),
        name: name.into(),
        private,
        unavailable: None,
    };
    let told = |held: Vec<Endpoint>, private: bool, cut: &Endpoint| {
        let zones = [zone("P", "example.com", false), zone("K", "kid.shop.example.com", private)];
        let current = TxtRegistry::new(options()).unwrap().read_zones(held, &zones);
        let cut = Endpoint { zone: Some("P".into()), ..cut.clone() };
        let asked = apart([cut.clone()]);
        let plan = all_types().plan(&memory(), &current, &asked, &Scope::All);
        let mut of_cut = plan.statuses.iter().filter(|status| status.name == cut.dns_name);
        of_cut.next().map(|status| status.reason.code().to_owned()).unwrap()
    };
    let inside = |name: &str, kind: &str, target: &str| Endpoint {
        zone: Some("K".into()),
        ..record(name, kind, target)
    };
    let itself = inside("kid.shop", "NS", "ns.example.net");
    let theirs = inside("www.kid.shop", "A", "192.0.2.1");
    let above = record("shop", "NS", "ns.example.net").of(B);
    let at = record("kid.shop", "NS", "ns.example.net").of(B);
    for cut in [above, at] {
        let full = vec![itself.clone(), theirs.clone()];
        assert_eq!(told(full.clone(), false, &cut), "CutsOffOthers", "{cut:?}");
        assert_eq!(told(vec![itself.clone()], false, &cut), "Created", "an empty zone: {cut:?}");
        assert_eq!(told(full, true, &cut), "Created", "nobody is sent to a private one: {cut:?}");
    }
}

/// Record sets under a few names of which one is above the other, for two namespaces.
fn tree() -> impl Strategy<Value = Desired> {
    let names = prop::sample::select(vec!["shop", "www.shop", "a.www.shop", "x", "a.x"]);
    let kinds = vec![("A", "192.0.2.1"), ("NS", "ns.example.net"), ("DNAME", "example.net")];
    let wish = (names, prop::sample::select(kinds), prop::sample::select(vec![A, B]));
    let wish =
        wish.prop_map(|(name, (kind, target), object)| record(name, kind, target).of(object));
    prop::collection::vec(wish, 0..7).prop_map(apart)
}

proptest! {
    #![proptest_config(config())]

    /// Reviewed by leaving out what is wanted, and then what is there.
    #[test]
    fn what_is_made_cuts_off_nothing_that_another_namespace_has_or_wants(
        first in tree(), then in tree(),
    ) {
        let mut world = World::default();
        for asked in [first, then] {
            let before = world.read(&options());
            let (plan, _) = world.sync(&all_types(), &options(), &asked);
            for cut in plan.steps() {
                let cuts = ["NS", "DNAME"].contains(&cut.record_type.as_str());
                let kind = |values: Option<&controller_core::plan::Values>| values.is_some();
                let is_made = kind(cut.new.as_ref()) && !kind(cut.old.as_ref());
                if !cuts || !is_made || cut.action.verb().is_none() {
                    continue;
                }
                let own = cut.object.as_ref().and_then(ObjectRef::namespace);
                let below = format!(".{}", cut.name.canonical());
                let is_others = |name: &CanonicalName, object: Option<&ObjectRef>| {
                    name.ends_with(&below) && object.and_then(ObjectRef::namespace) != own
                };
                let held = before.records().any(|held| is_others(held.endpoint.dns_name.canonical(), held.resource()));
                let wanted = asked.endpoints.iter().any(|wanted| is_others(wanted.dns_name.canonical(), wanted.labels.resource()));
                prop_assert!(!held && !wanted, "{plan}");
            }
        }
    }
}
