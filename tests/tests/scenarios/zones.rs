//! Which zone a name goes to.

use route53_emulator::{Change, LoggedCall, ResourceRecordSet};
use serde_json::Value;

use crate::objects::{GA, annotated, service, wanting};
use crate::records::{a, ownership_record};
use crate::scenario::{PUBLIC, Scenario, Setup};

const ZONES: [&str; 3] =
    ["example.com:private=ZP1", "in.example.com:private=ZP2", "example.com=ZPUB"];

const IN: [&str; 2] = ["a-x.in TXT c1:service/default/x", "x.in A 192.0.2.1"];

fn x() -> Value {
    wanting(&service("x", "192.0.2.1"), "x.in.example.com")
}

fn calls(world: &Scenario, wanted: impl Fn(&LoggedCall) -> bool) -> usize {
    world.route53.calls().iter().filter(|call| wanted(call)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_goes_to_the_nearest_private_and_the_nearest_public_zone() {
    let mut world = Setup::default().zones(ZONES).objects([x()]).start().await;
    world.settle().await;
    assert_eq!(world.zone_of("ZP2"), IN);
    assert_eq!(world.zone_of(PUBLIC), IN);
    assert!(world.zone_of("ZP1").is_empty(), "{:?}", world.zone_of("ZP1"));
    world.written();
    world.writes_nothing().await;
    world.remove(&x()).await;
    world.settle().await;
    assert!(world.zone_of("ZP2").is_empty(), "{:?}", world.zone_of("ZP2"));
    assert!(world.zone_of(PUBLIC).is_empty(), "{:?}", world.zone_of(PUBLIC));
    world.written();
    world.writes_nothing().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zone_of_the_other_kind_is_not_even_read() {
    let setup = Setup::default().zones(ZONES).objects([x()]);
    let mut world = setup.sidecar(&["--aws-zone-type=private"]).start().await;
    world.settle().await;
    assert_eq!(world.zone_of("ZP2"), IN);
    assert!(world.zone_of(PUBLIC).is_empty());
    assert_eq!(calls(&world, |logged_call| logged_call.zone.as_deref() == Some(PUBLIC)), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_into_its_own_zone_points_into_each_zone_it_is_in() {
    let www = [a("www", "198.51.100.1")];
    let object = annotated(&service("x", "192.0.2.1"), &format!("{GA}target"), "www.example.com");
    let object = annotated(&object, &format!("{GA}alias"), "true");
    let mut world = Setup::default()
        .zones(["example.com:private=ZP1", "example.com=ZPUB"])
        .records_in("ZP1", www.clone())
        .records_in(PUBLIC, www)
        .objects([object])
        .start()
        .await;
    world.settle().await;
    for zone in ["ZP1", PUBLIC] {
        let sets = world.route53.record_sets(zone);
        let is_alias = |set: &&ResourceRecordSet| set.alias_target.is_some();
        let aliases: Vec<_> = sets.iter().filter(is_alias).collect();
        assert_eq!(aliases.len(), 1, "{zone}: {sets:#?}");
        let target = aliases[0].alias_target.as_ref().unwrap();
        assert_eq!(target.hosted_zone_id, zone, "{sets:#?}");
        assert!(world.zone_of(zone).contains(&"a-x TXT c1:service/default/x".to_owned()));
    }
    let written = world.written();
    assert_eq!(written.len(), 2, "one batch a zone, with its ownership record: {written:#?}");
    assert!(written.iter().all(|line| line.len() == 2), "{written:#?}");
    world.writes_nothing().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zone_that_is_denied_is_left_alone_and_the_others_go_on() {
    let old = [a("old", "192.0.2.7"), ownership_record("a-old", "c1", "service/default/old")];
    let setup = Setup::default().zones(ZONES).records_in("ZP1", old).objects([x()]);
    let mut world = setup.without_controller().await;
    let before = world.zone_of("ZP1");
    world.route53.set_faults(vec!["access-denied:zone=ZP1".parse().unwrap()]);
    world.start_controller(&[]);
    world.put(&service("y", "192.0.2.2")).await;
    world.settle().await;
    assert_eq!(world.zone_of("ZP2"), IN);
    let public = world.zone_of(PUBLIC);
    assert!(public.contains(&"x.in A 192.0.2.1".to_owned()), "{public:?}");
    assert!(public.contains(&"y A 192.0.2.2".to_owned()), "{public:?}");
    assert_eq!(world.zone_of("ZP1"), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zone_that_is_named_by_its_id_needs_no_permission_to_list_zones() {
    let setup = Setup::default().zones(ZONES).objects([x()]);
    let mut world = setup.sidecar(&["--zone-id-filter=ZP2"]).start().await;
    world.settle().await;
    assert_eq!(world.zone_of("ZP2"), IN);
    assert!(world.zone_of(PUBLIC).is_empty());
    assert_eq!(
        calls(&world, |logged_call| logged_call.operation.starts_with("ListHostedZones")),
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_below_the_zone_publishes_into_the_zone() {
    let mut world = Setup::default()
        .objects([x(), service("y", "192.0.2.2")])
        .flags(&["--domain-filter=in.example.com"])
        .start()
        .await;
    world.settle().await;
    assert_eq!(world.zone(), IN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zone_that_comes_later_is_served_without_a_restart() {
    let mut world = Setup::default()
        .objects([wanting(&service("x", "192.0.2.1"), "x.example.org")])
        .flags(&["--domain-filter="])
        .start()
        .await;
    world.settle().await;
    assert!(world.written().is_empty());
    let id = world.route53.add_zone("example.org".parse().unwrap(), false);
    world.settle().await;
    assert_eq!(world.zone_of(&id).len(), 2, "{:?}", world.zone_of(&id));
}

const SPLIT: [&str; 2] = ["example.com:private=ZP1", "example.com=ZPUB"];

const OURS: [&str; 2] = ["a-x TXT c1:service/default/x", "x A 192.0.2.1"];

/// What is held in a private zone by someone else is told with its zone, and stays.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_made_by_hand_in_one_zone_stays_although_its_namesake_in_another_is_ours() {
    let x = service("x", "192.0.2.1");
    let by_hand = [a("x", "10.0.0.9")];
    let setup = Setup::default().zones(SPLIT).records_in("ZP1", by_hand).objects([x.clone()]);
    let mut world = setup.start().await;
    world.settle().await;
    assert_eq!(world.zone_of(PUBLIC), OURS);
    let told = world.is_told("ForeignOwner", "x.example.com").await;
    assert_eq!(told.get("zone").and_then(Value::as_str), Some("example.com (ZP1, private)"));
    world.remove(&x).await;
    world.settle().await;
    assert!(world.zone_of(PUBLIC).is_empty(), "{:?}", world.zone_of(PUBLIC));
    assert_eq!(world.zone_of("ZP1"), ["x A 10.0.0.9"]);
}

/// A copy without an ownership record of its own would be nobody's for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_zone_that_comes_and_a_copy_that_is_lost_get_the_record_and_its_ownership_record() {
    let x = service("x", "192.0.2.1");
    let setup = Setup::default().zones(SPLIT).objects([x.clone()]);
    let mut world = setup.sidecar(&["--aws-zone-type=public"]).start().await;
    world.settle().await;
    assert!(world.zone_of("ZP1").is_empty());
    world.restart_sidecar(&[
        "--aws-zone-type=",
        "--full-read-interval=0",
        "--aws-zones-cache-duration=0",
    ]);
    world.settle().await;
    assert_eq!(world.zone_of("ZP1"), OURS);
    let sets = world.route53.record_sets("ZP1").into_iter();
    for set in sets.filter(|set| !matches!(set.r#type.as_str(), "SOA" | "NS")) {
        let change = Change { action: "DELETE".to_owned(), resource_record_set: set };
        world.route53.change("ZP1", &[change]).unwrap();
    }
    world.settle().await;
    assert_eq!(world.zone_of("ZP1"), OURS);
    world.remove(&x).await;
    world.settle().await;
    for zone in ["ZP1", PUBLIC] {
        assert!(world.zone_of(zone).is_empty(), "{:?}", world.zone_of(zone));
    }
}

/// Split horizons: another answer inside than outside.
#[tokio::test(flavor = "multi_thread")]
async fn two_objects_have_one_name_each_in_its_zone() {
    let zoned = |name: &str, address: &str, zone: &str| {
        let object = wanting(&service(name, address), "x.example.com");
        annotated(&object, &format!("{GA}aws-zone"), zone)
    };
    let (inside, outside) =
        (zoned("inside", "10.0.0.1", "private"), zoned("outside", "192.0.2.1", "public"));
    let setup = Setup::default().zones(SPLIT).objects([inside.clone(), outside]);
    let mut world = setup.start().await;
    world.settle().await;
    let of = |object: &str, address: &str| {
        [format!("a-x TXT c1:service/default/{object}"), format!("x A {address}")]
    };
    assert_eq!(world.zone_of("ZP1"), of("inside", "10.0.0.1"));
    assert_eq!(world.zone_of(PUBLIC), of("outside", "192.0.2.1"));
    world.written();
    world.writes_nothing().await;
    world.remove(&inside).await;
    world.settle().await;
    assert!(world.zone_of("ZP1").is_empty(), "{:?}", world.zone_of("ZP1"));
    assert_eq!(world.zone_of(PUBLIC), of("outside", "192.0.2.1"));
}
