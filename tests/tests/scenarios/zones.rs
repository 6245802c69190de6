//! Story 18: which zone a name goes to.

use route53_emulator::{LoggedCall, ResourceRecordSet};
use serde_json::Value;

use crate::objects::{GA, annotated, service, wanting};
use crate::records::{a, claim};
use crate::world::{PUBLIC, Setup, World};

const ZONES: [&str; 3] =
    ["example.com:private=ZP1", "in.example.com:private=ZP2", "example.com=ZPUB"];

const IN: [&str; 2] = ["a-x.in TXT c1:service/default/x", "x.in A 192.0.2.1"];

fn x() -> Value {
    wanting(&service("x", "192.0.2.1"), "x.in.example.com")
}

fn calls(world: &World, wanted: impl Fn(&LoggedCall) -> bool) -> usize {
    world.route53.calls().iter().filter(|it| wanted(it)).count()
}

/// Story 18 a.
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

/// Story 18 b.
#[tokio::test(flavor = "multi_thread")]
async fn a_zone_of_the_other_kind_is_not_even_read() {
    let setup = Setup::default().zones(ZONES).objects([x()]);
    let mut world = setup.sidecar(&["--aws-zone-type=private"]).start().await;
    world.settle().await;
    assert_eq!(world.zone_of("ZP2"), IN);
    assert!(world.zone_of(PUBLIC).is_empty());
    assert_eq!(calls(&world, |it| it.zone.as_deref() == Some(PUBLIC)), 0);
}

/// Story 18 c.
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
        let is_alias = |it: &&ResourceRecordSet| it.alias_target.is_some();
        let aliases: Vec<_> = sets.iter().filter(is_alias).collect();
        assert_eq!(aliases.len(), 1, "{zone}: {sets:#?}");
        let target = aliases[0].alias_target.as_ref().unwrap();
        assert_eq!(target.hosted_zone_id, zone, "{sets:#?}");
        assert!(world.zone_of(zone).contains(&"a-x TXT c1:service/default/x".to_owned()));
    }
    let written = world.written();
    assert_eq!(written.len(), 2, "one batch a zone, with its claim: {written:#?}");
    assert!(written.iter().all(|it| it.len() == 2), "{written:#?}");
    world.writes_nothing().await;
}

/// Story 18 d.
#[tokio::test(flavor = "multi_thread")]
async fn a_zone_that_is_denied_is_left_alone_and_the_others_go_on() {
    let old = [a("old", "192.0.2.7"), claim("a-old", "c1", "service/default/old")];
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

/// Story 18 e.
#[tokio::test(flavor = "multi_thread")]
async fn a_zone_that_is_named_by_its_id_needs_no_permission_to_list_zones() {
    let setup = Setup::default().zones(ZONES).objects([x()]);
    let mut world = setup.sidecar(&["--zone-id-filter=ZP2"]).start().await;
    world.settle().await;
    assert_eq!(world.zone_of("ZP2"), IN);
    assert!(world.zone_of(PUBLIC).is_empty());
    assert_eq!(calls(&world, |it| it.operation.starts_with("ListHostedZones")), 0);
}

/// Story 18 f.
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

/// Story 19 c.
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
