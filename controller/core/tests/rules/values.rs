//! What is desired with values that are no answer, and what stands in for a missing one.

use controller_core::desired::{Desired, Scope, Unknown};
use controller_core::inventory::Key;
use controller_core::plan::Plan;
use controller_core::registry::TxtOptions;
use controller_core::status::{Reason, RecordStatus};
use controller_core::target_loss::{Losses, OnTargetLoss};
use controller_core::transform::{TransformOptions, pipeline};
use controller_core::value::Target;
use external_dns_webhook::{DnsName, Endpoint, ObjectRef, RecordType};

use crate::planning::{lines, none, own};
use crate::world::{KEY, With, World, desired, options, ownership_record, planner, record};

fn told(plan: &Plan, object: &str) -> Vec<String> {
    let of_object = plan
        .statuses
        .iter()
        .filter(|status| status.object.as_ref().map(ObjectRef::label) == Some(object));
    of_object.map(|status| format!("{}: {}", status.reason.code(), status.reason)).collect()
}

#[test]
fn an_object_with_an_address_and_a_name_publishes_the_address_whatever_was_there() {
    let both = || {
        let name = record("app", "CNAME", "s.tailnet.example.net").of("service/ns/s");
        desired([name, record("app", "A", "192.0.2.7").of("service/ns/s")])
    };
    let mut world = World::default();
    let (plan, _) = world.sync(&planner(), &options(), &both());
    assert_eq!(lines(&plan), ["create app A 192.0.2.7"]);
    let said = told(&plan, "service/ns/s").join("\n");
    assert!(said.contains("a CNAME cannot stand beside it"), "{said}");
    assert!(!said.contains("Conflict"), "{said}");
    let (plan, _) = world.sync(&planner(), &options(), &both());
    assert_eq!(lines(&plan), none());
    let before = record("app", "CNAME", "s.tailnet.example.net").of("service/ns/s");
    let mut world = World::new(own(before));
    world.sync(&planner(), &options(), &both());
    assert!(world.holds(&record("app", "A", "192.0.2.7")), "{:?}", world.lines());
}

#[test]
fn an_object_that_excludes_itself_is_not_told_that_it_competes() {
    let text = record("app", "TXT", "hello").of("crd/ns/a");
    let name = record("app", "CNAME", "lb.example.net").of("crd/ns/a");
    let (plan, _) = World::default().sync(&planner(), &options(), &desired([text, name]));
    assert_eq!(lines(&plan).len(), 1);
    let said = told(&plan, "crd/ns/a").join("\n");
    assert!(said.contains("which excludes it") && !said.contains("Conflict"), "{said}");
}

fn looping() -> Desired {
    let asked = desired([record("staging", "CNAME", "Staging.example.com.").of("ingress/ns/app")]);
    pipeline(asked, &TransformOptions::default())
}

#[test]
fn a_name_that_answers_itself_leaves_the_name_to_others() {
    let mut asked = looping();
    asked.endpoints.push(record("staging", "A", "192.0.2.5").of("service/ns/web"));
    let mut world = World::default();
    let (plan, _) = world.sync(&planner(), &options(), &asked);
    assert_eq!(lines(&plan), ["create staging A 192.0.2.5"]);
    assert!(told(&plan, "ingress/ns/app")[0].starts_with("InvalidTarget"));
    // A loop that was written once is no answer to keep.
    let written = record("staging", "CNAME", "staging.example.com").of("ingress/ns/app");
    let mut world = World::new(own(written));
    world.sync(&planner(), &options(), &asked);
    assert!(world.holds(&record("staging", "A", "192.0.2.5")), "{:?}", world.lines());
}

#[test]
fn an_answer_stays_when_its_object_begins_to_answer_with_itself() {
    let mut world = World::new(own(record("staging", "A", "192.0.2.5").of("ingress/ns/app")));
    let (plan, _) = world.sync(&planner(), &options(), &looping());
    assert_eq!(lines(&plan), ["hold staging A 192.0.2.5: InvalidTarget"]);
}

#[test]
fn no_object_writes_what_reads_as_an_ownership_record() {
    let by_hand = record("mail", "A", "198.51.100.1");
    let sealed = {
        let key = Some(Key::parse(KEY).unwrap());
        let way = TxtOptions { key, encrypt: true, ..options() };
        let mut world = World::default();
        world.sync(&planner(), &way, &desired([record("x", "A", "192.0.2.1").of("service/ns/x")]));
        let ownership_record =
            world.records.iter().find(|record| record.record_type == RecordType::Txt).unwrap();
        (way, ownership_record.targets.first().unwrap().to_owned())
    };
    let plain =
        (options(), ownership_record("a-mail", "me", "").targets.first().unwrap().to_owned());
    let others = (options(), "heritage=external-dns,external-dns/owner=other".to_owned());
    for (way, text) in [plain, others, sealed] {
        let mut ownership_record =
            Endpoint::new("a-mail.example.com", RecordType::Txt, [text.as_str()]);
        ownership_record.targets = ["hello", text.as_str()].into();
        let asked = desired([ownership_record.of("crd/ns/mail")]);
        let mut world = World::new([by_hand.clone()]);
        for _ in 0..2 {
            let (plan, changes) = world.sync(&planner(), &way, &asked);
            assert!(changes.is_empty(), "{changes:#?}");
            assert!(told(&plan, "crd/ns/mail")[0].starts_with("InvalidTarget"), "{text}");
        }
        assert_eq!(world.records, std::slice::from_ref(&by_hand));
    }
}

/// Returns what an object wants that has a name and no targets, after every step.
fn without_targets(default: &str, others: impl IntoIterator<Item = Endpoint>) -> Desired {
    let name = DnsName::from("app.example.com");
    let mut asked = desired(others);
    asked.without_targets =
        vec![Endpoint::new(name.clone(), RecordType::default(), [""; 0]).of("ingress/ns/app")];
    let status = RecordStatus::on_name(name.clone(), "ingress/ns/app", Reason::no_targets(""));
    asked.statuses.push(status);
    asked.unknown(Unknown::Name(name), Reason::no_targets(""));
    let default_targets = vec![Target::validate(default).unwrap()];
    let options = TransformOptions { default_targets, ..TransformOptions::default() };
    pipeline(asked, &options)
}

#[test]
fn default_targets_stand_in_for_what_an_object_never_had() {
    let mut world = World::default();
    let asked = without_targets("203.0.113.10", []);
    let (plan, _) = world.sync(&planner(), &options(), &asked);
    assert_eq!(lines(&plan), ["create app A 203.0.113.10"]);
    assert!(
        plan.statuses.iter().all(|status| ["Created", "Updated"].contains(&status.reason.code())),
        "{:?}",
        plan.statuses
    );
    let (plan, _) = world.sync(&planner(), &options(), &asked);
    assert_eq!(lines(&plan), none());
    // What the object has of its own takes their place.
    let own_target = desired([record("app", "A", "192.0.2.1").of("ingress/ns/app")]);
    let (plan, _) = world.sync(&planner(), &options(), &own_target);
    assert_eq!(lines(&plan), ["update app A 203.0.113.10 → 192.0.2.1"]);
}

#[test]
fn default_targets_replace_no_answer_that_was_there() {
    for (before, default) in [
        ("192.0.2.1", "203.0.113.10"),
        ("192.0.2.1", "2001:db8::1"),
        ("192.0.2.1", "lb.example.net"),
    ] {
        let mut world = World::new(own(record("app", "A", before).of("ingress/ns/app")));
        let (plan, changes) = world.sync(&planner(), &options(), &without_targets(default, []));
        assert!(changes.is_empty(), "{default}: {changes:#?}");
        assert!(lines(&plan).iter().all(|line| line.starts_with("hold ")), "{:?}", lines(&plan));
    }
    // Nor do they compete with the answer of another object.
    let other = record("app", "A", "192.0.2.9").of("service/ns/web");
    let (plan, _) =
        World::default().sync(&planner(), &options(), &without_targets("203.0.113.10", [other]));
    assert_eq!(lines(&plan), ["create app A 192.0.2.9"]);
}

#[test]
fn default_targets_come_once_the_patience_with_a_loss_is_over() {
    let mut world = World::new(own(record("app", "A", "192.0.2.1").of("ingress/ns/app")));
    let mut asked = without_targets("203.0.113.10", []);
    let at_once = OnTargetLoss::DeleteAfter(std::time::Duration::ZERO);
    Losses::default().review(&mut asked, &Scope::All, at_once, 0);
    let (plan, _) = world.sync(&planner(), &options(), &asked);
    assert_eq!(lines(&plan), ["update app A 192.0.2.1 → 203.0.113.10"]);
}

#[test]
fn a_record_that_is_kept_for_lost_targets_is_told_of_once() {
    let mut world = World::new(own(record("app", "A", "192.0.2.1").of("ingress/ns/app")));
    let mut asked = desired([]);
    let (name, object) = ("app.example.com", ObjectRef::from("ingress/ns/app"));
    let missing = || Reason::no_targets("");
    asked.unknown_of("ingress/ns/app", Unknown::Name(name.into()), missing());
    asked.statuses.push(RecordStatus::on_name(name, object, missing()));
    asked.statuses.push(RecordStatus::on_name(name, "ingress/ns/other", missing()));
    Losses::default().review(&mut asked, &Scope::All, OnTargetLoss::Keep, 0);
    let (plan, _) = world.sync(&planner(), &options(), &asked);
    let told = plan.statuses.iter().map(|status| (status.object_label(), status.reason.code()));
    let told: Vec<_> = told.collect();
    assert_eq!(told, [("ingress/ns/other", "NoTargets"), ("ingress/ns/app", "TargetsLost")]);
}

#[test]
fn what_is_not_known_of_a_kind_in_a_namespace_holds_that_namespace() {
    let before = [
        own(record("a", "A", "192.0.2.1").of("service/team-a/web")),
        own(record("b", "A", "192.0.2.2").of("service/team-b/web")),
        own(record("n", "A", "192.0.2.3").of("node/team-a")),
    ];
    let mut asked = desired([]);
    let (what, error) = ("list services".to_owned(), "forbidden".to_owned());
    asked
        .unknown(Unknown::Kind("service/team-a".into()), Reason::SourceUnavailable { what, error });
    let mut world = World::new(before.concat());
    let (plan, _) = world.sync(&planner(), &options(), &asked);
    assert_eq!(
        lines(&plan),
        ["hold a A 192.0.2.1: SourceUnavailable", "delete b A 192.0.2.2", "delete n A 192.0.2.3"]
    );
}

#[test]
fn a_wildcard_that_only_itself_answers_for_is_refused_and_one_with_a_host_is_not() {
    let wildcard = |target: &str| record("*", "CNAME", target).of("ingress/ns/all");
    let lb = || record("lb", "A", "192.0.2.1");
    let asked = |target: &str| {
        lines(&World::default().sync(&planner(), &options(), &desired([wildcard(target)])).0)
    };
    assert_eq!(asked("lb.example.com"), none());
    assert_eq!(asked("a.b.Example.com."), none());
    assert_eq!(asked("lb.example.net"), ["create * CNAME lb.example.net"]);
    assert_eq!(asked("example.com"), ["create * CNAME example.com"], "the wildcard is below it");
    // What is there, what comes, and what is not known, answers; so does what is between the two.
    let mut world = World::new([lb()]);
    let (plan, _) = world.sync(&planner(), &options(), &desired([wildcard("lb.example.com")]));
    assert_eq!(lines(&plan), ["create * CNAME lb.example.com"]);
    let both = desired([wildcard("lb.example.com"), lb().of("service/ns/lb")]);
    assert_eq!(lines(&World::default().sync(&planner(), &options(), &both).0).len(), 2);
    let mut open = desired([wildcard("lb.example.com")]);
    open.unknown(Unknown::Name("lb.example.com".into()), Reason::no_targets(""));
    assert_eq!(lines(&World::default().sync(&planner(), &options(), &open).0).len(), 1);
    let mut world = World::new([record("x.sub", "A", "192.0.2.1")]);
    let (plan, _) = world.sync(&planner(), &options(), &desired([wildcard("lb.sub.example.com")]));
    assert_eq!(lines(&plan), ["create * CNAME lb.sub.example.com"]);
    // An answer that was there stays.
    let mut world = World::new(own(record("*", "A", "192.0.2.1").of("ingress/ns/all")));
    let (plan, _) = world.sync(&planner(), &options(), &desired([wildcard("lb.example.com")]));
    assert_eq!(lines(&plan), ["hold * A 192.0.2.1: InvalidTarget"]);
}
