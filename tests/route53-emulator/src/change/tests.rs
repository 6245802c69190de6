//! The rules between record sets, each as a sentence about a batch and the zone after it.

use crate::account::{Account, HealthCheck};
use crate::error::ApiError;
use crate::shape::{AliasTargetShape, Change, GeoLocationShape, ResourceRecordSet};
use crate::validate::Quota;

const ELB_ZONE: &str = "Z35SXDOTRQ7X7K";
const ELB: &str = "lb-1.us-east-1.elb.amazonaws.com";

/// An account with the zone `example.com` of id `Z1`.
struct World(Account);

impl World {
    fn new() -> Self {
        let mut account = Account::default();
        account.add_zone("example.com".parse().unwrap(), false, Some("Z1".to_owned()));
        account.health_checks.insert("check".to_owned(), HealthCheck::default());
        Self(account)
    }

    /// A zone that holds these.
    fn with(sets: &[ResourceRecordSet]) -> Self {
        let mut world = Self::new();
        for set in sets {
            world.accepts(&[create(set)]);
        }
        world
    }

    fn apply(&mut self, changes: &[Change]) -> Result<(), ApiError> {
        self.0.change("Z1", changes, Quota::Enforced)
    }

    #[track_caller]
    fn accepts(&mut self, changes: &[Change]) {
        self.apply(changes).unwrap();
    }

    /// Asserts the message and that nothing has changed.
    #[track_caller]
    fn refuses(&mut self, changes: &[Change], message: &str) {
        let before = self.sets();
        let error = self.apply(changes).unwrap_err();
        assert_eq!(error.code, "InvalidChangeBatch", "{error}");
        assert!(error.message.contains(message), "{error}");
        assert_eq!(self.sets(), before, "a refused batch has changed the zone");
    }

    fn sets(&self) -> Vec<ResourceRecordSet> {
        self.0.zones["Z1"].all().map(Into::into).collect()
    }

    /// What stands beside SOA and NS: name, type, set identifier.
    fn names(&self) -> Vec<String> {
        let own = |set: &ResourceRecordSet| !matches!(set.r#type.as_str(), "SOA" | "NS");
        self.sets()
            .iter()
            .filter(|set| own(set))
            .map(|set| {
                let id = set.set_identifier.as_deref().unwrap_or("-");
                format!("{} {} {id}", set.name, set.r#type)
            })
            .collect()
    }
}

fn change(action: &str, set: &ResourceRecordSet) -> Change {
    Change { action: action.to_owned(), resource_record_set: set.clone() }
}

fn create(set: &ResourceRecordSet) -> Change {
    change("CREATE", set)
}

fn delete(set: &ResourceRecordSet) -> Change {
    change("DELETE", set)
}

fn upsert(set: &ResourceRecordSet) -> Change {
    change("UPSERT", set)
}

fn a(name: &str) -> ResourceRecordSet {
    ResourceRecordSet::new(name, "A", 300, &["192.0.2.1"])
}

fn cname(name: &str) -> ResourceRecordSet {
    ResourceRecordSet::new(name, "CNAME", 300, &["c.example.com"])
}

fn txt(name: &str) -> ResourceRecordSet {
    ResourceRecordSet::new(name, "TXT", 300, &["\"text\""])
}

fn identified(set: ResourceRecordSet, id: &str) -> ResourceRecordSet {
    ResourceRecordSet { set_identifier: Some(id.to_owned()), ..set }
}

fn weighted(name: &str, id: &str, weight: i64) -> ResourceRecordSet {
    identified(ResourceRecordSet { weight: Some(weight), ..a(name) }, id)
}

fn latency(name: &str, id: &str, region: &str) -> ResourceRecordSet {
    identified(ResourceRecordSet { region: Some(region.to_owned()), ..a(name) }, id)
}

fn failover(name: &str, id: &str, role: &str) -> ResourceRecordSet {
    identified(ResourceRecordSet { failover: Some(role.to_owned()), ..a(name) }, id)
}

fn primary(name: &str, id: &str) -> ResourceRecordSet {
    ResourceRecordSet { health_check_id: Some("check".to_owned()), ..failover(name, id, "PRIMARY") }
}

fn multivalue(name: &str, id: &str) -> ResourceRecordSet {
    identified(ResourceRecordSet { multi_value_answer: Some(true), ..a(name) }, id)
}

fn country(name: &str, id: &str, code: &str) -> ResourceRecordSet {
    let location =
        GeoLocationShape { country_code: Some(code.to_owned()), ..GeoLocationShape::default() };
    identified(ResourceRecordSet { geo_location: Some(location), ..a(name) }, id)
}

fn alias(name: &str, zone: &str, target: &str) -> ResourceRecordSet {
    ResourceRecordSet::alias(name, "A", zone, target)
}

fn apex(world: &World, record_type: &str) -> ResourceRecordSet {
    world
        .sets()
        .into_iter()
        .find(|set| set.name == "example.com." && set.r#type == record_type)
        .unwrap()
}

mod aliases;
mod policies;

#[test]
fn a_zone_starts_with_the_ns_and_soa_of_its_apex() {
    let world = World::new();
    let ns = apex(&world, "NS");
    assert_eq!((ns.ttl, ns.resource_records.unwrap().len()), (Some(172_800), 4));
    let soa = apex(&world, "SOA");
    assert_eq!(soa.ttl, Some(900));
    let value = &soa.resource_records.unwrap()[0].value;
    assert!(value.ends_with(". awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"), "{value}");
}

#[test]
fn creating_what_exists_is_refused_in_aws_words() {
    let mut world = World::with(&[a("a.example.com")]);
    let error = world.apply(&[create(&a("A.example.com."))]).unwrap_err();
    assert_eq!(
        error.message,
        "[Tried to create resource record set [name='a.example.com.', type='A'] but it already \
         exists]"
    );
}

#[test]
fn creating_what_exists_with_other_values_is_refused_too() {
    let mut world = World::with(&[a("a.example.com")]);
    let other = ResourceRecordSet::new("a.example.com", "A", 60, &["192.0.2.9"]);
    world.refuses(&[create(&other)], "but it already exists");
}

#[test]
fn upserting_creates_or_replaces() {
    let mut world = World::new();
    world.accepts(&[upsert(&a("a.example.com"))]);
    let other = ResourceRecordSet::new("a.example.com.", "A", 60, &["192.0.2.9"]);
    world.accepts(&[upsert(&other)]);
    assert!(world.sets().contains(&other));
    assert_eq!(world.names(), ["a.example.com. A -"]);
}

#[test]
fn deleting_needs_the_current_values_in_any_order() {
    let current = ResourceRecordSet::new("a.example.com", "A", 300, &["192.0.2.1", "192.0.2.2"]);
    let mut world = World::with(&[current]);
    for other in [
        ResourceRecordSet::new("a.example.com", "A", 300, &["192.0.2.1"]),
        ResourceRecordSet::new("a.example.com", "A", 300, &["192.0.2.1", "192.0.2.3"]),
        ResourceRecordSet::new("a.example.com", "A", 301, &["192.0.2.1", "192.0.2.2"]),
        alias("a.example.com", ELB_ZONE, ELB),
    ] {
        world.refuses(
            &[delete(&other)],
            "[Tried to delete resource record set [name='a.example.com.', type='A'] but the \
             values provided do not match the current values]",
        );
    }
    let turned = ResourceRecordSet::new("a.example.com", "A", 300, &["192.0.2.2", "192.0.2.1"]);
    world.accepts(&[delete(&turned)]);
    assert!(world.names().is_empty());
}

#[test]
fn deleting_what_is_not_there_is_refused() {
    let mut world = World::with(&[weighted("a.example.com", "one", 1)]);
    world.refuses(
        &[delete(&a("b.example.com"))],
        "[Tried to delete resource record set [name='b.example.com.', type='A'] but it was not \
         found]",
    );
    world.refuses(
        &[delete(&weighted("a.example.com", "two", 1))],
        "[name='a.example.com.', type='A', set-identifier='two'] but it was not found",
    );
    world.refuses(&[delete(&a("a.example.com"))], "but it was not found");
}

#[test]
fn deleting_by_set_identifier_leaves_other_names_with_that_identifier() {
    let mut world =
        World::with(&[weighted("a.example.com", "one", 1), weighted("b.example.com", "one", 1)]);
    world.accepts(&[delete(&weighted("a.example.com", "one", 1))]);
    assert_eq!(world.names(), ["b.example.com. A one"]);
}

#[test]
fn a_name_with_an_escape_is_the_same_however_it_is_written() {
    let mut world = World::with(&[a("*.example.com")]);
    world.refuses(&[create(&a("\\052.example.com"))], "[name='\\052.example.com.', type='A']");
    world.accepts(&[delete(&a("\\052.Example.com."))]);
}

#[test]
fn one_bad_change_rolls_back_the_whole_batch() {
    let mut world = World::with(&[a("old.example.com")]);
    world.refuses(
        &[
            create(&a("new.example.com")),
            upsert(&ResourceRecordSet::new("old.example.com", "A", 1, &["192.0.2.7"])),
            delete(&a("missing.example.com")),
        ],
        "missing.example.com.",
    );
    assert_eq!(world.names(), ["old.example.com. A -"]);
}

#[test]
fn every_problem_of_a_batch_is_listed() {
    let mut world = World::with(&[a("a.example.com")]);
    let error = world
        .apply(&[
            create(&a("a.example.com")),
            create(&a("good.example.com")),
            delete(&a("b.example.com")),
            create(&a("x.example.org")),
        ])
        .unwrap_err();
    assert_eq!(
        error.message,
        "[Tried to create resource record set [name='a.example.com.', type='A'] but it already \
         exists, Tried to delete resource record set [name='b.example.com.', type='A'] but it was \
         not found, RRSet with DNS name x.example.org. is not permitted in zone example.com.]"
    );
}

#[test]
fn a_name_outside_the_zone_is_refused_on_the_label_boundary() {
    let mut world = World::new();
    for name in ["x.example.org", "evilexample.com", "com"] {
        world.refuses(&[create(&a(name))], "is not permitted in zone example.com.");
    }
}

#[test]
fn deleting_and_creating_in_one_batch_replaces() {
    let mut world = World::with(&[a("a.example.com")]);
    let other = ResourceRecordSet::new("a.example.com.", "A", 60, &["192.0.2.9"]);
    world.accepts(&[delete(&a("a.example.com")), create(&other)]);
    assert!(world.sets().contains(&other));
    world.refuses(&[delete(&a("a.example.com")), create(&a("a.example.com"))], "do not match");
}

#[test]
fn create_delete_create_of_one_record_set_works_over_batches() {
    let mut world = World::with(&[a("a.example.com"), a("b.example.com")]);
    world.accepts(&[delete(&a("a.example.com"))]);
    world.refuses(&[delete(&a("a.example.com"))], "but it was not found");
    world.accepts(&[create(&a("a.example.com"))]);
}

#[test]
fn naming_a_record_set_twice_other_than_to_replace_it_is_refused() {
    let set = a("a.example.com");
    for pair in [
        [create(&set), create(&set)],
        [upsert(&set), upsert(&set)],
        [delete(&set), delete(&set)],
        [create(&set), delete(&set)],
        [upsert(&set), delete(&set)],
    ] {
        let mut world = World::with(&[txt("a.example.com")]);
        if pair[0].action == "DELETE" {
            world.accepts(&[create(&set)]);
        }
        world.refuses(
            &pair,
            "[The request contains an invalid set of changes for a resource record set \
             'A a.example.com.']",
        );
    }
}

#[test]
fn a_cname_stands_alone() {
    let mut world = World::with(&[txt("a.example.com"), cname("b.example.com")]);
    world.refuses(
        &[create(&cname("a.example.com"))],
        "[RRSet of type CNAME with DNS name a.example.com. is not permitted as it conflicts with \
         other records with the same DNS name in zone example.com.]",
    );
    world.refuses(
        &[create(&txt("b.example.com"))],
        "[RRSet of type TXT with DNS name b.example.com. is not permitted because a conflicting \
         RRSet of type  CNAME with the same DNS name already exists in zone example.com.]",
    );
    world.refuses(&[upsert(&a("b.example.com"))], "conflicting RRSet of type  CNAME");
}

#[test]
fn a_cname_takes_the_place_of_an_address_only_after_its_delete() {
    let mut world = World::with(&[a("a.example.com")]);
    world.refuses(
        &[create(&cname("a.example.com")), delete(&a("a.example.com"))],
        "conflicts with other records",
    );
    world.accepts(&[delete(&a("a.example.com")), create(&cname("a.example.com"))]);
    assert_eq!(world.names(), ["a.example.com. CNAME -"]);
}

#[test]
fn the_apex_is_no_cname() {
    let mut world = World::new();
    world.refuses(
        &[create(&cname("example.com"))],
        "[RRSet of type CNAME with DNS name example.com. is not permitted at apex in zone \
         example.com.]",
    );
}

#[test]
fn soa_and_ns_of_the_apex_may_change_but_not_go() {
    let mut world = World::new();
    let (ns, soa) = (apex(&world, "NS"), apex(&world, "SOA"));
    world.refuses(&[delete(&ns)], "[A HostedZone must contain at least one NS record");
    world.refuses(&[delete(&soa)], "[A HostedZone must contain exactly one SOA record.]");
    let other_ns = ResourceRecordSet::new("example.com", "NS", 60, &["ns.example.net"]);
    world.accepts(&[upsert(&other_ns)]);
    world.accepts(&[delete(&other_ns), create(&ns)]);
}

#[test]
fn an_soa_stands_at_the_apex_only() {
    let mut world = World::new();
    let soa = ResourceRecordSet { name: "a.example.com".to_owned(), ..apex(&world, "SOA") };
    world.refuses(&[create(&soa)], "is only permitted at apex");
}

#[test]
fn a_delegation_below_the_apex_may_come_and_go() {
    let ns = ResourceRecordSet::new("sub.example.com", "NS", 60, &["ns.example.net"]);
    let mut world = World::with(std::slice::from_ref(&ns));
    world.accepts(&[delete(&ns)]);
}

#[test]
fn an_unknown_health_check_is_refused_except_in_a_delete() {
    let mut world = World::new();
    let set = ResourceRecordSet {
        health_check_id: Some("check".to_owned()),
        ..weighted("a.example.com", "one", 1)
    };
    let unknown = ResourceRecordSet { health_check_id: Some("other".to_owned()), ..set.clone() };
    assert_eq!(world.apply(&[create(&unknown)]).unwrap_err().code, "NoSuchHealthCheck");
    world.accepts(&[create(&set)]);
    world.0.health_checks.clear();
    world.accepts(&[delete(&set)]);
}

#[test]
fn a_zone_holds_no_more_record_sets_than_its_quota() {
    let mut world = World::new();
    world.0.settings.max_record_sets = Some(3);
    world.accepts(&[create(&a("a.example.com"))]);
    world.refuses(
        &[create(&a("b.example.com"))],
        "[Exceeded limit MAX_RRSETS_BY_ZONE for zone: Z1]",
    );
    world.accepts(&[delete(&a("a.example.com")), create(&a("b.example.com"))]);
}

#[test]
fn a_batch_for_an_unknown_zone_names_it() {
    let error =
        World::new().0.change("Z9", &[create(&a("a.example.com"))], Quota::Enforced).unwrap_err();
    assert_eq!((error.status, error.code), (404, "NoSuchHostedZone"));
    assert_eq!(error.message, "No hosted zone found with ID: Z9");
}

#[test]
fn deleting_needs_the_current_policy_alias_target_and_health_check() {
    let checked = ResourceRecordSet {
        health_check_id: Some("check".to_owned()),
        ..weighted("a.example.com", "one", 1)
    };
    let elb = alias("b.example.com", ELB_ZONE, ELB);
    let mut world = World::with(&[checked.clone(), elb.clone()]);
    for other in [
        ResourceRecordSet { weight: Some(2), ..checked.clone() },
        ResourceRecordSet { health_check_id: None, ..checked.clone() },
        latency("a.example.com", "one", "us-east-1"),
        alias("b.example.com", ELB_ZONE, "other.us-east-1.elb.amazonaws.com"),
        ResourceRecordSet {
            alias_target: Some(AliasTargetShape {
                evaluate_target_health: true,
                ..elb.alias_target.clone().unwrap()
            }),
            ..elb.clone()
        },
    ] {
        world.refuses(&[delete(&other)], "do not match the current values");
    }
    world.accepts(&[delete(&checked), delete(&elb)]);
}
