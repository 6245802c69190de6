//! Where aliases may point.

use super::*;

#[test]
fn an_alias_inside_the_zone_needs_a_target_of_its_type() {
    let mut world = World::with(&[a("target.example.com")]);
    world.accepts(&[create(&alias("a.example.com", "Z1", "target.example.com"))]);
    let aaaa = ResourceRecordSet::alias("b.example.com", "AAAA", "Z1", "target.example.com");
    world.refuses(
        &[create(&aaaa)],
        "[Tried to create an alias that targets target.example.com., type AAAA in zone Z1, but \
         that target was not found]",
    );
    world.refuses(
        &[create(&alias("b.example.com", "Z1", "b.example.com"))],
        "but that target was not found",
    );
    world.refuses(
        &[create(&alias("b.example.com", "Z1", "target.example.org"))],
        "[Tried to create an alias that targets target.example.org., type A in zone Z1, but the \
         alias target name does not lie within the target zone, Tried to create an alias that \
         targets target.example.org., type A in zone Z1, but that target was not found]",
    );
}

#[test]
fn an_alias_may_follow_its_target_in_one_batch_but_not_precede_it() {
    let target = create(&a("target.example.com"));
    let alias = create(&alias("a.example.com", "Z1", "target.example.com"));
    World::new().refuses(&[alias.clone(), target.clone()], "but that target was not found");
    World::new().accepts(&[target, alias]);
}

#[test]
fn an_alias_to_a_load_balancer_needs_the_zone_of_its_region() {
    let mut world = World::new();
    world.accepts(&[create(&alias("a.example.com", ELB_ZONE, ELB))]);
    assert_eq!(
        world.sets().last().unwrap().alias_target.as_ref().unwrap().dns_name,
        "lb-1.us-east-1.elb.amazonaws.com."
    );
    for zone in ["Z3AADJGX6KTTL2", "Z0UNKNOWN", "Z2"] {
        world.refuses(
            &[create(&alias("b.example.com", zone, ELB))],
            "but the alias target name does not lie within the target zone",
        );
    }
    let txt = ResourceRecordSet::alias("c.example.com", "TXT", ELB_ZONE, ELB);
    world.refuses(&[create(&txt)], "but that target was not found");
}

#[test]
fn an_alias_to_another_zone_of_the_account_is_refused() {
    let mut world = World::new();
    let other: crate::name::Name = "example.org".parse().unwrap();
    world.0.add_zone(other, false, Some("Z2".to_owned()));
    world.refuses(
        &[create(&alias("a.example.com", "Z2", "example.org"))],
        "does not lie within the target zone",
    );
}

#[test]
fn an_alias_to_cloudfront_does_not_evaluate_health() {
    let mut world = World::new();
    let mut set = alias("a.example.com", "Z2FDTNDATAQYW2", "d1.cloudfront.net");
    world.accepts(&[create(&set)]);
    set.name = "b.example.com".to_owned();
    set.alias_target.as_mut().unwrap().evaluate_target_health = true;
    world.refuses(&[create(&set)], "EvaluateTargetHealth cannot be true");
}
