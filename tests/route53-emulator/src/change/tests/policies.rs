//! How record sets of one name and type share it.

use super::*;

#[test]
fn one_name_may_change_two_set_identifiers_in_a_batch() {
    let mut world = World::new();
    world.accepts(&[
        create(&weighted("a.example.com", "one", 1)),
        create(&weighted("a.example.com", "two", 1)),
    ]);
}

#[test]
fn weighted_cnames_share_a_name() {
    let weighted =
        |id| identified(ResourceRecordSet { weight: Some(1), ..cname("a.example.com") }, id);
    let mut world = World::new();
    world.accepts(&[create(&weighted("one")), create(&weighted("two"))]);
}

#[test]
fn simple_and_weighted_record_sets_do_not_mix() {
    let mut world = World::with(&[a("a.example.com"), weighted("b.example.com", "one", 1)]);
    world.refuses(
        &[create(&weighted("a.example.com", "one", 1))],
        "[RRSet with DNS name a.example.com., type A, SetIdentifier one cannot be created as a \
         non-weighted set exists with the same name and type.]",
    );
    world.refuses(
        &[create(&a("b.example.com"))],
        "[RRSet with DNS name b.example.com., type A cannot be created as other RRSets exist with \
         the same name and type.]",
    );
}

#[test]
fn two_policies_do_not_mix() {
    let mut world = World::with(&[latency("a.example.com", "one", "us-east-1")]);
    world.refuses(&[create(&weighted("a.example.com", "two", 1))], "as a non-weighted set exists");
    world.refuses(
        &[create(&multivalue("a.example.com", "two"))],
        "because a non multivalue answer rrset exists with the same name and type.",
    );
}

#[test]
fn other_types_of_the_name_may_have_another_policy() {
    let mut world = World::with(&[weighted("a.example.com", "one", 1)]);
    world.accepts(&[create(&txt("a.example.com"))]);
}

#[test]
fn an_upsert_cannot_change_the_policy_but_delete_and_create_can() {
    let before = latency("a.example.com", "one", "us-east-1");
    let after = weighted("a.example.com", "one", 1);
    let mut world = World::with(std::slice::from_ref(&before));
    world.refuses(&[upsert(&after)], "as a non-weighted set exists");
    world.accepts(&[delete(&before), create(&after)]);
    let simple = a("a.example.com");
    world.refuses(&[upsert(&simple)], "as other RRSets exist");
    world.accepts(&[delete(&after), upsert(&simple)]);
}

#[test]
fn weighted_record_sets_share_a_ttl_at_the_end_of_a_batch() {
    let with_ttl =
        |id, ttl| ResourceRecordSet { ttl: Some(ttl), ..weighted("a.example.com", id, 1) };
    let mut world = World::with(&[with_ttl("one", 300), with_ttl("two", 300)]);
    world.refuses(
        &[upsert(&with_ttl("one", 60))],
        "[RRSet with DNS name a.example.com. and type A, SetIdentifier one cannot be created as \
         weighted sets must contain the same TTL.]",
    );
    world.accepts(&[upsert(&with_ttl("one", 60)), upsert(&with_ttl("two", 60))]);
}

#[test]
fn a_region_a_place_and_a_failover_role_stand_once_per_name_and_type() {
    let mut world = World::with(&[
        latency("l.example.com", "one", "us-east-1"),
        country("g.example.com", "one", "DE"),
        primary("f.example.com", "one"),
        failover("f.example.com", "two", "SECONDARY"),
    ]);
    world.refuses(
        &[create(&latency("l.example.com", "two", "us-east-1"))],
        "[RRSet with DNS name l.example.com., type A, SetIdentifier two, and Region \
         Name=us-east-1 cannot be created because a latency RRSet with the same name, type and \
         region already exists.]",
    );
    world.refuses(&[create(&country("g.example.com", "two", "DE"))], "already exists");
    world.refuses(&[create(&primary("f.example.com", "three"))], "already exists");
    let secondary = failover("f.example.com", "three", "SECONDARY");
    world.refuses(&[create(&secondary)], "already exists");
    world.accepts(&[
        create(&latency("l.example.com", "two", "us-east-2")),
        create(&country("g.example.com", "two", "*")),
        upsert(&latency("l.example.com", "one", "eu-west-1")),
    ]);
}

#[test]
fn one_name_and_type_has_at_most_100_weighted_record_sets() {
    let mut world = World::new();
    let changes: Vec<_> =
        (0..100).map(|n| create(&weighted("a.example.com", &format!("{n}"), 1))).collect();
    world.accepts(&changes);
    world.refuses(&[create(&weighted("a.example.com", "more", 1))], "at most 100 weighted sets");
    world.accepts(&[upsert(&weighted("a.example.com", "7", 2))]);
}

#[test]
fn a_failover_primary_needs_a_health_check_or_an_alias_that_evaluates_its_target() {
    let mut world = World::new();
    let unchecked = failover("a.example.com", "one", "PRIMARY");
    world.refuses(
        &[create(&unchecked)],
        "[A non-alias primary ResourceRecordSet must have an associated health check. No changes \
         made.]",
    );
    let alias_with = |evaluate_target_health| {
        let target = AliasTargetShape {
            hosted_zone_id: ELB_ZONE.to_owned(),
            dns_name: ELB.to_owned(),
            evaluate_target_health,
        };
        ResourceRecordSet {
            ttl: None,
            resource_records: None,
            alias_target: Some(target),
            ..unchecked.clone()
        }
    };
    world.refuses(&[create(&alias_with(false))], "must evaluate target health");
    world.accepts(&[create(&alias_with(true))]);
    world.accepts(&[create(&failover("a.example.com", "two", "SECONDARY"))]);
}
