//! What one namespace wants and cannot have keeps nothing that is there for another.

use std::collections::BTreeSet;
use std::sync::Arc;

use controller_core::desired::{Desired, Scope, Unknown};
use controller_core::name_right::{DomainRule, NameRight};
use controller_core::plan::{Action, Plan, Planner};
use controller_core::status::Reason;
use external_dns_webhook::{DomainFilter, Endpoint, ObjectRef, RecordKey, RecordType};
use proptest::prelude::*;

use crate::planning::{bare, lines, none, own, run_with};
use crate::world::{
    With, World, desired, full, memory, options, ownership_record, planner, record,
};

fn www(object: &str) -> Endpoint {
    record("www", "A", "192.0.2.1").of(object)
}

fn lacks(asked: &mut Desired, name: &str, object: &str) {
    asked.unknown_of(object, Unknown::Name(full(name).into()), Reason::no_targets(""));
}

fn plan_of(held: &[Endpoint], asked: &Desired) -> Vec<String> {
    lines(&run_with(&planner(), held.to_vec(), asked))
}

#[test]
fn a_name_in_a_broken_object_of_another_namespace_keeps_no_record() {
    let held = own(www("service/a/web"));
    let mut asked = desired([]);
    lacks(&mut asked, "WWW", "ingress/b/x");
    assert_eq!(plan_of(&held, &asked), ["delete www A 192.0.2.1"]);
    // Nor does it hold back what the other namespace does with its own name.
    let route = record("www", "A", "192.0.2.9").of("httproute/a/web");
    let mut asked = desired([route]);
    lacks(&mut asked, "www", "ingress/b/x");
    assert_eq!(plan_of(&held, &asked), ["update www A 192.0.2.1 → 192.0.2.9"]);
}

#[test]
fn a_broken_object_keeps_what_is_there_for_its_namespace_and_what_says_nothing() {
    let mut asked = desired([]);
    lacks(&mut asked, "www", "ingress/a/x");
    for held in [own(www("service/a/web")), own(record("www", "A", "192.0.2.1"))] {
        assert_eq!(plan_of(&held, &asked), ["hold www A 192.0.2.1: NoTargets"]);
    }
    // Of two that lack it, each speaks for its own.
    let mut asked = desired([]);
    lacks(&mut asked, "www", "ingress/b/x");
    lacks(&mut asked, "www", "ingress/a/x");
    assert_eq!(plan_of(&own(www("service/a/web")), &asked), ["hold www A 192.0.2.1: NoTargets"]);
}

#[test]
fn a_record_set_that_another_namespace_is_refused_keeps_no_record() {
    let gap = |object: &str| {
        let mut asked = desired([]);
        let (name, record_type) = (full("www").into(), RecordType::A);
        let (set_identifier, object) = (String::new(), Some(object.into()));
        let what = Unknown::RecordSet { name, record_type, set_identifier, object };
        asked.unknown(what, Reason::AdjustDropped);
        asked
    };
    let held = own(www("service/a/web"));
    assert_eq!(plan_of(&held, &gap("crd/b/x")), ["delete www A 192.0.2.1"]);
    assert_eq!(plan_of(&held, &gap("crd/a/x")), ["hold www A 192.0.2.1: AdjustDropped"]);
}

#[test]
fn a_wish_that_nobody_can_answer_keeps_nothing_of_another_namespace() {
    let text = ownership_record("www", "x", "").targets;
    let wish = |object: &str| {
        let mut wish = record("www", "TXT", "").of(object);
        wish.targets = text.clone();
        desired([wish])
    };
    let held = own(www("service/a/web"));
    assert_eq!(plan_of(&held, &wish("crd/b/x")), ["delete www A 192.0.2.1"]);
    assert_eq!(plan_of(&held, &wish("crd/a/x")), ["hold www A 192.0.2.1: InvalidTarget"]);
}

#[test]
fn what_cannot_come_for_one_namespace_keeps_nothing_of_another() {
    let planner = Planner { policy: "update,replace,delete".parse().unwrap(), ..planner() };
    let plan = |object: &str| {
        let asked = desired([record("www", "AAAA", "2001:db8::1").of(object)]);
        lines(&run_with(&planner, own(www("service/a/web")).to_vec(), &asked))
    };
    let held = "hold www AAAA 2001:db8::1: PolicyForbids";
    assert_eq!(plan("service/b/web"), ["delete www A 192.0.2.1", held]);
    assert_eq!(plan("service/a/next"), ["hold www A 192.0.2.1: PolicyForbids", held]);
}

#[test]
fn a_default_target_stands_in_for_what_its_own_namespace_lost() {
    let plan = |held: &str| {
        let mut asked = desired([record("www", "A", "203.0.113.1").of("ingress/b/x")]);
        lacks(&mut asked, "www", "ingress/b/x");
        asked.stand_ins.insert(full("www").into());
        plan_of(&own(www(held)), &asked)
    };
    assert_eq!(plan("service/a/gone"), ["update www A 192.0.2.1 → 203.0.113.1"]);
    let kept = plan("ingress/b/x");
    assert_eq!(kept, ["hold www A 192.0.2.1 → 203.0.113.1: NoTargets"]);
}

fn unlabelled() -> Vec<Endpoint> {
    vec![bare(record("one", "A", "192.0.2.1")), bare(record("two", "A", "192.0.2.1"))]
}

fn without_registry(asked: &Desired) -> Plan {
    run_with(&Planner { allow_unowned: true, owner: None, ..planner() }, unlabelled(), asked)
}

fn unreadable(object: &str) -> Desired {
    let mut asked = desired([]);
    let reason = Reason::Unreadable { error: "it is a number".to_owned() };
    asked.unknown(Unknown::Resource(object.into()), reason);
    asked
}

#[test]
fn an_object_that_keeps_records_which_name_none_is_told_how_many() {
    let plan = without_registry(&unreadable("ingress/b/x"));
    assert_eq!(
        lines(&plan),
        ["hold one A 192.0.2.1: Unreadable", "hold two A 192.0.2.1: Unreadable"]
    );
    let told = |plan: &Plan| {
        let statuses = plan
            .statuses
            .iter()
            .filter_map(|status| Some((status.object.clone()?, status.reason.to_string())));
        statuses.collect::<Vec<_>>()
    };
    let [(object, reason)] = &told(&plan)[..] else { panic!("{:?}", told(&plan)) };
    assert_eq!(object, "ingress/b/x");
    assert!(reason.contains("so 2 records without a source object have to stay"), "{reason}");
    // Of records that name their object, nothing else is kept, and nothing is told.
    let plan = run_with(&planner(), own(www("service/a/web")).to_vec(), &unreadable("ingress/b/x"));
    assert_eq!(lines(&plan), ["delete www A 192.0.2.1"]);
    assert_eq!(told(&plan).len(), 1, "{:?}", told(&plan));
}

#[test]
fn an_object_keeps_no_record_of_a_name_that_its_namespace_may_not_have() {
    let mut asked = unreadable("ingress/b/x");
    let domains = DomainFilter::lists(["two.example.com"], [""; 0]);
    let rule = Arc::new(DomainRule { text: "b=two.example.com".to_owned(), domains });
    let right = NameRight { namespace: "b".into(), rules: vec![rule], ..NameRight::default() };
    asked.rights.insert("b".into(), Arc::new(right.clone()));
    let expected = ["delete one A 192.0.2.1", "hold two A 192.0.2.1: Unreadable"];
    assert_eq!(lines(&without_registry(&asked)), expected);
    // Where it is not known which rules are about the namespace, everything stays.
    let right = NameRight { maybe: right.rules.clone(), rules: Vec::new(), ..right };
    asked.rights.insert("b".into(), Arc::new(right));
    assert!(without_registry(&asked).is_empty());
    // Another namespace that may have it keeps it all the same.
    asked.unknown(Unknown::Kind("ingress/c".into()), Reason::AdjustDropped);
    assert_eq!(without_registry(&asked).steps().len(), 2);
    assert_ne!(lines(&without_registry(&asked)), none());
}

const NAMES: [&str; 3] = ["x", "y", "z"];
const OBJECTS: [&str; 6] =
    ["ingress/a/0", "service/a/1", "ingress/b/0", "service/b/1", "crd/b/2", "node/0"];

fn wishes() -> impl Strategy<Value = Vec<Endpoint>> {
    let types = prop::sample::select(vec![
        ("A", "192.0.2.1"),
        ("A", "192.0.2.2"),
        ("AAAA", "2001:db8::1"),
        ("CNAME", "lb.example.net"),
    ]);
    let name = prop::sample::select(NAMES.to_vec());
    let object = prop::sample::select(OBJECTS.to_vec());
    let wish = (name, types, object)
        .prop_map(|(name, (kind, target), object)| record(name, kind, target).of(object));
    prop::collection::vec(wish, 0..8)
}

fn gaps_of_b() -> impl Strategy<Value = Vec<(Unknown, &'static str)>> {
    let object = prop::sample::select(vec!["ingress/b/0", "service/b/1", "crd/b/2"]);
    let gap = (prop::sample::select(NAMES.to_vec()), object, 0..4_usize);
    let gap = gap.prop_map(|(name, object, kind)| {
        let name = full(name).into();
        let what = match kind {
            0 | 1 => Unknown::Name(name),
            2 => {
                let object = Some(object.into());
                let (record_type, set_identifier) = (RecordType::Cname, String::new());
                Unknown::RecordSet { name, record_type, set_identifier, object }
            }
            _ => Unknown::Resource(object.into()),
        };
        (what, object)
    });
    prop::collection::vec(gap, 0..4)
}

proptest! {
    /// Reviewed by letting a name that is not known cover whatever is held under it.
    #[test]
    fn nothing_that_a_namespace_lacks_changes_what_becomes_of_anothers_records(
        first in wishes(), then in wishes(), gaps in gaps_of_b(),
    ) {
        let mut world = World::default();
        world.sync(&planner(), &options(), &desired(first));
        let current = world.read(&options());
        let (of_b, of_others): (Vec<_>, Vec<_>) = current
            .records()
            .map(|held| (held.resource().and_then(ObjectRef::namespace) == Some("b"), held.key()))
            .partition(|(is_of_b, _)| *is_of_b);
        // Beside a record of its own, which stays, no CNAME of another can come.
        let names_of_b: BTreeSet<_> = of_b.iter().map(|(_, key)| key.name()).collect();
        let of_others: Vec<_> = of_others
            .into_iter()
            .map(|(_, key)| key)
            .filter(|key| !names_of_b.contains(key.name()))
            .collect();
        // Whether a record goes to make room, or since nobody wants it, is all the same to its object.
        let kept = |asked: &Desired| {
            let plan = planner().plan(&memory(), &current, asked, &Scope::All);
            let is_kept = |key: &&RecordKey| {
                !plan.steps().iter().any(|step| {
                    key.name() == step.name.canonical()
                        && *key.record_type() == step.record_type
                        && key.set_identifier() == step.set_identifier
                        && step.old.is_some()
                        && step.action != Action::Hold
                })
            };
            of_others.iter().filter(is_kept).cloned().collect::<Vec<_>>()
        };
        let alone = desired(then);
        let mut beside = alone.clone();
        for (what, object) in gaps {
            beside.unknown_of(object, what, Reason::no_targets(""));
        }
        prop_assert_eq!(kept(&alone), kept(&beside));
    }

    /// Reviewed by letting an object speak for itself only.
    #[test]
    fn a_name_that_a_namespace_lacks_loses_none_of_its_records(
        first in wishes(), name in prop::sample::select(NAMES.to_vec()),
    ) {
        let mut world = World::default();
        world.sync(&planner(), &options(), &desired(first));
        let before = world.read(&options());
        let of_b = |inventory: &controller_core::inventory::Inventory| {
            let of_b = inventory.records().filter(|held| {
                held.resource().and_then(ObjectRef::namespace) == Some("b")
                    && held.endpoint.dns_name == full(name).into()
            });
            of_b.map(|held| held.key()).collect::<Vec<_>>()
        };
        let mut asked = desired([]);
        lacks(&mut asked, name, "httproute/b/new");
        let (plan, _) = world.sync(&planner(), &options(), &asked);
        prop_assert_eq!(of_b(&before), of_b(&world.read(&options())), "{}", plan);
        prop_assert!(plan.steps().iter().all(|step| step.action != Action::Create));
    }
}
