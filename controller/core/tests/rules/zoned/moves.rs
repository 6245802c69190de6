//! What moves from one zone to another is answered somewhere all the way.

use super::*;

#[test]
fn a_record_leaves_its_zone_when_it_has_come_to_the_other_one() {
    let wish = |zone| [www("192.0.2.1").with("zone", zone)];
    let mut world = Horizons::new(split_horizon(), vec![]);
    world.sync(&planner(), &options(), &wish("public"));
    let before = world.lines();
    world.seal(&["Z2"]);
    for _ in 0..2 {
        let (plan, _) = world.sync(&planner(), &options(), &wish("private"));
        assert_eq!(world.lines(), before);
        let held: Vec<_> = plan.steps().iter().filter(|step| step.action == Action::Hold).collect();
        assert_eq!(held.len(), 1, "{plan}");
        let reason = held[0].reason.as_ref().unwrap();
        assert_eq!(reason.code(), "WaitsForZone");
        assert!(reason.to_string().contains(PRIVATE), "{reason}");
        let expected =
            [(PUBLIC.to_owned(), "WaitsForZone"), (PRIVATE.to_owned(), "ProviderRejected")];
        assert_eq!(told(&plan), expected);
    }
    world.seal(&[]);
    assert_eq!(world.sync(&planner(), &options(), &wish("private")).1, 4);
    assert!(world.provider.dump().iter().all(|endpoint| endpoint.zone == Some("Z2".into())));
    assert_eq!(world.sync(&planner(), &options(), &wish("private")).1, 0);
}

#[test]
fn a_parent_answers_for_a_name_until_it_delegates_to_the_child_that_has_it() {
    let name = || record("a.dev", "A", "192.0.2.1").of("service/ns/a").ttl(300);
    let held = || {
        let ownership_record = ownership_record("a-a.dev", "me", "service/ns/a");
        vec![in_zone(name(), "Z1"), in_zone(ownership_record, "Z1")]
    };
    let zones =
        |private| vec![zone("Z1", "example.com", private), zone("Z3", "dev.example.com", private)];
    let in_parent = |world: &Horizons| {
        let dump = world.provider.dump();
        dump.iter().filter(|endpoint| endpoint.zone == Some("Z1".into())).count()
    };
    let mut world = Horizons::new(zones(false), held());
    for writes in [2, 0] {
        let (plan, count) = world.sync(&planner(), &options(), &[name()]);
        assert_eq!((count, in_parent(&world)), (writes, 2), "{plan}");
        let held: Vec<_> = plan.steps().iter().filter_map(|step| step.reason.as_ref()).collect();
        let [Reason::NotDelegated { zone, parent }] = held[..] else { panic!("{plan}") };
        assert_eq!(
            (&**zone, &**parent),
            ("dev.example.com (Z3, public)", "example.com (Z1, public)")
        );
    }
    // Who does not want it any more has no use for either.
    world.sync(&planner(), &options(), &[]);
    assert_eq!(world.provider.dump(), []);
    // With a delegation, of the child or of something above it, nobody asks the parent.
    for delegated in ["dev", "a.dev"] {
        let delegation = in_zone(record(delegated, "NS", "ns1.example.net"), "Z1");
        let mut world = Horizons::new(zones(false), [held(), vec![delegation]].concat());
        world.sync(&planner(), &options(), &[name()]);
        let left = if delegated == "dev" { 1 } else { 3 };
        assert_eq!(in_parent(&world), left, "{delegated}");
    }
    let mut world = Horizons::new(zones(true), held());
    world.sync(&planner(), &options(), &[name()]);
    assert_eq!(in_parent(&world), 0, "private zones are not delegated to");
}

#[test]
fn what_is_in_the_way_in_the_other_zone_keeps_a_record_where_it_is_whatever_its_type() {
    let address = || record("www", "A", "10.0.0.1");
    for foreign in [
        vec![address()],
        vec![address(), ownership_record("a-www", "them", "service/ns/www")],
        vec![address().set("x").with("aws/weight", "1")],
        vec![record("www", "CNAME", "lb.example.net")],
    ] {
        let foreign: Vec<_> = foreign.into_iter().map(|endpoint| in_zone(endpoint, "Z2")).collect();
        let mut world = Horizons::new(split_horizon(), foreign);
        world.sync(&planner(), &options(), &[www("192.0.2.1").with("zone", "public")]);
        let before = world.lines();
        let wish = [www("192.0.2.1").with("zone", "private")];
        let (plan, count) = world.sync(&planner(), &options(), &wish);
        assert_eq!((count, world.lines()), (0, before), "{plan}");
        let told: Vec<_> =
            plan.statuses.iter().filter(|status| status.reason.code() == "WaitsForZone").collect();
        assert_eq!(told.len(), 1, "{plan}");
        assert!(told[0].reason.to_string().contains(PRIVATE), "{}", told[0].reason);
        // Who does not want it any more has nothing to wait for.
        world.sync(&planner(), &options(), &[]);
        assert!(world.provider.dump().iter().all(|endpoint| endpoint.zone == Some("Z2".into())));
    }
}

#[test]
fn what_is_given_up_in_a_zone_that_still_has_the_name_waits_for_no_other() {
    let by_hand = in_zone(record("www", "A", "10.0.0.9"), "Z2");
    let both = || [www("192.0.2.1"), record("www", "AAAA", "2001:db8::1").of("service/ns/www")];
    let mut world = Horizons::new(split_horizon(), vec![by_hand]);
    world.sync(&planner(), &options(), &both());
    world.sync(&planner(), &options(), &both()[..1]);
    let lines = world.lines();
    assert!(!lines.iter().any(|line| line.contains("AAAA")), "{lines:?}");
}

proptest! {
    #![proptest_config(config())]

    /// Whatever a zone refuses to write, who moves is answered where it was or where it goes.
    #[test]
    fn a_name_that_is_asked_for_and_was_answered_is_answered_after_every_sync(
        foreign in prop_oneof![2 => Just(Vec::new()).boxed(), 1 => foreign().boxed()],
        first in prop::collection::vec(wish(), 1..6),
        moves in prop::collection::vec(
            (prop::sample::select(vec!["", "public", "private", "Z1", "Z2", "Z2,Z3", "Z4"]), 1u8..4),
            6,
        ),
        sealed in prop::sample::subsequence(vec!["Z1", "Z2", "Z3", "Z4"], 1..4),
    ) {
        let zones = four_zones();
        let foreign = admitted(foreign, &zones);
        let mut world = Horizons::new(zones, foreign.clone());
        for _ in 0..2 {
            world.sync(&planner(), &options(), &first);
        }
        let before = world.answered();
        let mut then = first;
        for (wish, (zone, target)) in then.iter_mut().zip(moves) {
            wish.properties.remove("zone");
            if !zone.is_empty() {
                wish.properties.set("zone", zone);
            }
            if wish.record_type == RecordType::A {
                wish.targets = [format!("198.51.100.{target}")].into();
            }
        }
        let wanted: Vec<_> = then.iter().map(question).filter(|question| before.contains(question)).collect();
        world.seal(&sealed);
        for _ in 0..2 {
            let (plan, _) = world.sync(&planner(), &options(), &then);
            let answered = world.answered();
            for question in &wanted {
                prop_assert!(answered.contains(question), "{question:?} is lost: {plan}");
            }
            is_untouched(&world, &foreign)?;
        }
        world.seal(&[]);
        settle(&mut world, &options(), &then);
        let (plan, count) = world.sync(&planner(), &options(), &then);
        prop_assert_eq!(count, 0, "{}", plan);
        is_served(&world, &plan, &then)?;
        is_untouched(&world, &foreign)?;
    }
}
