//! What breaking single lines of the decisions showed that nothing else had tested.

use std::collections::BTreeSet;

use controller_core::desired::{Desired, SourceObject, Unknown};
use controller_core::history::History;
use controller_core::plan::{DeletionGuard, Planner};
use controller_core::registry::TxtOptions;
use controller_core::status::Reason;
use controller_core::zone::ZoneInfo;
use external_dns_webhook::{Endpoint, ObjectRef, RecordType};

use crate::ownership::{owners, with_prefix};
use crate::planning::{lines, own};
use crate::world::{With, World, desired, options, ownership_record, planner, record};

fn asked_by(endpoints: Vec<Endpoint>, ages: &[(&str, Option<i64>)]) -> Desired {
    let mut asked = desired(endpoints);
    for (object, created) in ages {
        let source_object =
            SourceObject { created: *created, priority: 0, ..SourceObject::default() };
        asked.source_objects.insert((*object).into(), source_object);
    }
    asked
}

/// Returns the ownership records on `name`, as the names they are kept under.
fn ownership_records_of(
    world: &World,
    way: &TxtOptions,
    planner: &Planner,
    asked: &Desired,
) -> BTreeSet<String> {
    let (_, changes) = world.clone().sync(planner, way, asked);
    let ownership_records =
        changes.create.iter().filter(|endpoint| endpoint.record_type == RecordType::Txt);
    ownership_records.map(|ownership_record| ownership_record.dns_name.to_string()).collect()
}

#[test]
fn an_object_keeps_its_name_through_a_change_of_type_although_an_older_one_asks() {
    let mut world = World::new(own(record("app", "CNAME", "v1.example.net").of("service/ns/b")));
    let now = record("app", "A", "192.0.2.2").of("service/ns/b");
    let other = record("app", "A", "192.0.2.1").of("service/ns/a");
    let ages = [("service/ns/a", Some(1)), ("service/ns/b", Some(2))];
    let (plan, _) = world.sync(&planner(), &options(), &asked_by(vec![other, now], &ages));
    assert_eq!(lines(&plan), ["replace app CNAME v1.example.net", "replace app A 192.0.2.2"]);
}

#[test]
fn an_object_that_says_when_it_was_made_comes_before_one_that_does_not() {
    let unknown = record("app", "A", "192.0.2.1").of("service/ns/a");
    let known = record("app", "A", "192.0.2.2").of("service/ns/b");
    let ages = [("service/ns/a", None), ("service/ns/b", Some(i64::MAX - 1))];
    let asked = asked_by(vec![unknown, known], &ages);
    let (plan, _) = World::default().sync(&planner(), &options(), &asked);
    assert_eq!(lines(&plan), ["create app A 192.0.2.2"]);
}

#[test]
fn names_of_others_make_no_share_of_ours_small() {
    let host = |at: usize| record(&format!("h{at}"), "A", "192.0.2.1").of(&format!("o/ns/h{at}"));
    let foreign = (0..100).map(|at| record(&format!("f{at}"), "A", "192.0.2.9").ttl(300));
    let mut world = World::new(foreign);
    let guarded = Planner { guard: DeletionGuard::default(), ..planner() };
    world.sync(&guarded, &options(), &desired((0..4).map(host)));
    let (plan, _) = world.sync(&guarded, &options(), &desired((0..1).map(host)));
    let held = plan.held().unwrap();
    assert_eq!((held.names.len(), held.zones[&Some(ZoneInfo::named("example.com"))].of), (3, 4));
}

#[test]
fn the_ownership_record_on_a_dname_is_not_kept_below_it() {
    // Nothing below a DNAME is ever wanted (RFC 6672, 2.4).
    let managed = [RecordType::Dname].into();
    let planner = Planner { managed, ..planner() };
    let taken = record("dname-old", "TXT", "\"taken\"").ttl(300);
    let world = World::new([taken]);
    let asked = desired([record("old", "DNAME", "new.example.net").of("o")]);
    let ownership_records = ownership_records_of(&world, &options(), &planner, &asked);
    assert_eq!(ownership_records.len(), 1);
    assert!(
        !ownership_records
            .iter()
            .any(|ownership_record| ownership_record.ends_with(".old.example.com")),
        "{ownership_records:?}"
    );
}

#[test]
fn an_ownership_record_is_not_kept_where_an_ownership_record_on_something_unknown_is() {
    let way = with_prefix("txt.");
    let label = "a".repeat(63);
    // Its ownership record has no room under the usual name, and someone else's is at the next one.
    let asked = desired([record(&label, "A", "192.0.2.1").of("o")]);
    let free = ownership_records_of(&World::default(), &way, &planner(), &asked);
    let place = free.first().unwrap().trim_end_matches(".example.com").to_owned();
    let world = World::new([ownership_record(&place, "other", "service/x/y")]);
    let moved = ownership_records_of(&world, &way, &planner(), &asked);
    assert_eq!(moved.len(), 1);
    assert!(moved.is_disjoint(&free), "{moved:?}");
}

#[test]
fn an_ownership_record_is_not_kept_where_the_same_sync_puts_a_cname() {
    let asked = desired([
        record("www", "A", "192.0.2.1").of("o"),
        record("a-www", "CNAME", "t.example.net").of("o"),
    ]);
    let mut world = World::default();
    // The provider refuses a CNAME with company.
    world.sync(&planner(), &options(), &asked);
    assert!(world.holds(&record("www", "A", "192.0.2.1")));
    assert!(world.holds(&record("a-www", "CNAME", "t.example.net")));
}

#[test]
fn an_ownership_record_that_is_rewritten_keeps_its_ttl() {
    let set = record("www", "A", "192.0.2.1").ttl(300);
    let mut world =
        World::new([set.clone(), ownership_record("a-www", "me", "service/ns/a").ttl(77)]);
    let (_, changes) = world.sync(&planner(), &options(), &desired([set.of("service/ns/b")]));
    let [update] = &changes.update[..] else { panic!("{changes:#?}") };
    assert_eq!(update.new.ttl, update.old.ttl);
    assert_ne!(update.new.targets, update.old.targets);
}

#[test]
fn left_over_ownership_records_of_types_that_are_not_managed_stay() {
    let left_over = ownership_record("mx-www", "me", "service/ns/a");
    let mut world = World::new([left_over.clone()]);
    world.sync(&planner(), &options(), &desired([record("www", "A", "192.0.2.1").of("o")]));
    world.sync(&planner(), &options(), &Desired::default());
    assert_eq!(world, World::new([left_over]));
}

#[test]
fn an_ownership_record_without_a_type_is_about_no_aaaa_record() {
    let owners = |record_type, target| {
        let untyped = ownership_record("txt.www", "me", "");
        owners(&with_prefix("txt."), [record("www", record_type, target), untyped])
    };
    assert_eq!(owners("A", "192.0.2.1"), ["www A me"]);
    assert_eq!(owners("AAAA", "2001:db8::1"), ["www AAAA -"]);
}

/// Returns what the rollback of a write leaves alone, after `since` was done to the zone.
fn left_alone(asked: [&[Endpoint]; 2], since: impl FnOnce(&mut World)) -> Vec<String> {
    let mut world = World::default();
    world.sync(&planner(), &options(), &desired(asked[0].to_vec()));
    let (_, changes) = world.sync(&planner(), &options(), &desired(asked[1].to_vec()));
    since(&mut world);
    let mut history = History::default();
    history.record(changes, 0, 1);
    let rollback = history.row(1).unwrap().rollback(&world.read(&options()));
    let before = world.clone();
    world.take(&rollback.changes);
    if !rollback.skipped.is_empty() {
        assert_eq!(world, before, "all of the name or nothing");
    }
    rollback.skipped.iter().map(|skipped| skipped.key.to_string()).collect()
}

#[test]
fn what_was_deleted_does_not_come_back_beside_what_excludes_it() {
    let cname = record("www", "CNAME", "t.example.net").of("o");
    let since = |world: &mut World| world.records.push(record("www", "A", "192.0.2.9").ttl(300));
    assert!(!left_alone([std::slice::from_ref(&cname), &[]], since).is_empty());
    assert!(left_alone([&[cname], &[]], |_| {}).is_empty());
}

#[test]
fn a_ttl_or_a_property_that_someone_changed_is_a_change() {
    let old = record("www", "A", "192.0.2.1").ttl(300).set("s").with("aws/weight", "1").of("o");
    let new = record("www", "A", "192.0.2.2").ttl(300).set("s").with("aws/weight", "1").of("o");
    let asked = || [std::slice::from_ref(&old), std::slice::from_ref(&new)];
    assert!(left_alone(asked(), |_| {}).is_empty());
    let a = |world: &mut World, change: fn(&mut Endpoint)| {
        let a = world.records.iter_mut().find(|record| record.record_type == RecordType::A);
        change(a.unwrap());
    };
    let ttl = |endpoint: &mut Endpoint| endpoint.ttl = external_dns_webhook::Ttl::from_seconds(60);
    assert!(!left_alone(asked(), |world| a(world, ttl)).is_empty());
    let weight = |endpoint: &mut Endpoint| endpoint.properties.set("aws/weight", "2");
    assert!(!left_alone(asked(), |world| a(world, weight)).is_empty());
}

#[test]
fn what_someone_put_back_already_needs_no_rollback() {
    let old = record("www", "A", "192.0.2.1").ttl(300).of("o");
    let new = record("www", "A", "192.0.2.2").ttl(300).of("o");
    let since = |world: &mut World| {
        let a = world.records.iter_mut().find(|record| record.record_type == RecordType::A);
        a.unwrap().targets = ["192.0.2.1"].into();
    };
    let asked = [std::slice::from_ref(&old), std::slice::from_ref(&new)];
    assert!(left_alone(asked, since).is_empty());
}

#[test]
fn our_records_of_types_that_are_not_managed_any_more_stay() {
    let mx = own(record("www", "MX", "10 mail.example.com").ttl(300));
    let mut world = World::new(mx.clone());
    let only_addresses = Planner { managed: [RecordType::A].into(), ..planner() };
    world.sync(&only_addresses, &options(), &Desired::default());
    assert_eq!(world, World::new(mx));
}

#[test]
fn an_ownership_record_of_another_instance_without_its_record_is_respected() {
    let of = |instance: &str| TxtOptions { instance: Some(instance.into()), ..options() };
    let asked = desired([record("www", "A", "192.0.2.1").of("o")]);
    let mut world = World::default();
    world.sync(&planner(), &of("east"), &asked);
    world.records.retain(|record| record.record_type == RecordType::Txt);
    let (plan, changes) = world.sync(&planner(), &of("west"), &asked);
    assert_eq!(lines(&plan), ["hold www A 192.0.2.1: OwnerIdShared"]);
    assert!(changes.is_empty());
}

#[test]
fn left_over_ownership_records_stay_where_nothing_may_be_deleted() {
    let left_over = ownership_record("aaaa-www", "me", "service/ns/a");
    let asked = desired([record("www", "A", "192.0.2.1").of("o")]);
    let passed = |policy: &str| {
        let mut world = World::new([left_over.clone()]);
        let planner = Planner { policy: policy.parse().unwrap(), ..planner() };
        world.sync(&planner, &options(), &asked);
        world.records.contains(&left_over)
    };
    assert!(passed("upsert-only"));
    assert!(!passed("sync"));
}

#[test]
fn what_an_object_has_stays_while_another_one_has_the_name_for_what_it_wants_instead() {
    let of = |endpoint: Endpoint, object: &str| endpoint.of(object);
    let weighted = |set: &str, weight: &str, address: &str| {
        record("w", "A", address).set(set).with("aws/weight", weight)
    };
    let (mine, other) = ("service/a/mine", "service/b/other");
    let cname = || record("w", "CNAME", "lb.example.net");
    for (before, others, after) in [
        (record("w", "A", "192.0.2.1"), record("w", "AAAA", "2001:db8::1"), cname()),
        (
            weighted("a", "1", "192.0.2.1"),
            weighted("b", "1", "192.0.2.2"),
            record("w", "A", "192.0.2.1"),
        ),
        (
            weighted("a", "1", "192.0.2.1"),
            weighted("b", "1", "192.0.2.2"),
            record("w", "A", "192.0.2.1").set("a").with("aws/region", "eu-west-1"),
        ),
    ] {
        let mut world = World::default();
        let both = desired([of(before, mine), of(others.clone(), other)]);
        world.sync(&planner(), &options(), &both);
        let published = world.clone();
        for _ in 0..2 {
            let (plan, _) = world.sync(
                &planner(),
                &options(),
                &desired([of(after.clone(), mine), of(others.clone(), other)]),
            );
            assert_eq!(world, published, "{plan}");
            let told: Vec<_> = plan.steps().iter().map(|step| step.reason.clone()).collect();
            assert_eq!(told, [Some(Reason::Conflict { winner: other.to_owned() })], "{plan}");
        }
        world.sync(&planner(), &options(), &desired([of(others, other)]));
        assert_eq!(world.records.len(), 2, "with its object it goes");
    }
}

#[test]
fn an_object_is_told_who_has_the_name_and_not_what_that_one_says_wrong() {
    let (holder, other) = ("service/a/holder", "service/b/other");
    let mut world = World::default();
    world.sync(&planner(), &options(), &desired([record("w", "A", "192.0.2.1").of(holder)]));
    let published = world.clone();
    for (address, told) in [
        ("192.0.2.9", Reason::Conflict { winner: holder.to_owned() }),
        // Who wants what is written is well, whichever controller wrote it.
        ("192.0.2.1", Reason::UpToDate),
    ] {
        let mut asked = desired([record("w", "A", address).of(other)]);
        let wrong = Reason::Unreadable { error: "a number is wanted".to_owned() };
        asked.unknown(Unknown::Resource(holder.into()), wrong);
        let (plan, _) = world.sync(&planner(), &options(), &asked);
        assert_eq!(world, published);
        let statuses = plan.statuses.iter();
        let of_other =
            statuses.filter(|status| status.object.as_ref().map(ObjectRef::label) == Some(other));
        assert_eq!(of_other.map(|status| &status.reason).collect::<Vec<_>>(), [&told], "{plan}");
    }
}

#[test]
fn a_cname_is_told_first_of_what_it_cannot_stand_beside() {
    for other in ["MX", "TXT", "NS", "CAA"] {
        let there = [record("w", "A", "192.0.2.1"), record("w", other, "x.example.net")];
        let mut world = World::new(there);
        let wish = desired([record("w", "CNAME", "y.example.net").of("service/ns/w")]);
        let (plan, _) = world.sync(&planner(), &options(), &wish);
        assert_eq!(lines(&plan), ["hold w CNAME y.example.net: CannotCoexist"], "{other}");
    }
}
