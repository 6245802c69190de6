//! The provider to a controller whose record sets say their zone.

use external_dns_webhook::server::knowing_unavailable;
use external_dns_webhook::{
    Adjusted, Changes, Endpoint, Labels, Provider as _, RecordType, ZoneId,
};
use route53_emulator::{Fault, ResourceRecordSet};
use route53_webhook::provider::Zoned;

use crate::harness::*;

const ZONES: [&str; 3] = ["example.com=Z1", "example.com:private=Z2", "sub.example.com=Z3"];

fn record(name: &str, address: &str) -> ResourceRecordSet {
    ResourceRecordSet::new(&format!("{name}."), "A", 300, &[address])
}

fn in_zone(endpoint: Endpoint, zone: &str) -> Endpoint {
    Endpoint { zone: Some(zone.into()), ..endpoint }
}

/// Returns record sets as `NAME VALUE in ZONE`, without those of the zones themselves.
fn shown(endpoints: &[Endpoint]) -> Vec<String> {
    let addresses = endpoints.iter().filter(|endpoint| endpoint.record_type == RecordType::A);
    let line = |endpoint: &Endpoint| {
        let zone = endpoint.zone.as_ref().map_or("no zone", ZoneId::as_str);
        format!("{} {} in {zone}", endpoint.dns_name, endpoint.targets.first().unwrap())
    };
    let mut lines: Vec<_> = addresses.map(line).collect();
    lines.sort();
    lines
}

async fn adjusted(zoned: &Zoned, desired: Vec<Endpoint>) -> Adjusted {
    zoned.adjust(desired).await.unwrap()
}

#[tokio::test]
async fn each_zone_is_listed_as_it_is_and_version_1_sees_what_it_always_saw() {
    let world = World::new(&ZONES).await;
    world.seed("Z1", record("www.example.com", "192.0.2.1"));
    world.seed("Z2", record("www.example.com", "10.0.0.1"));
    // A leftover in the parent of the zone that answers for it.
    world.seed("Z1", record("a.sub.example.com", "192.0.2.2"));
    world.seed("Z3", record("a.sub.example.com", "192.0.2.3"));
    let zoned = Zoned(std::sync::Arc::clone(&world.provider));
    assert_eq!(
        shown(&zoned.records().await.unwrap()),
        [
            "a.sub.example.com 192.0.2.2 in Z1",
            "a.sub.example.com 192.0.2.3 in Z3",
            "www.example.com 10.0.0.1 in Z2",
            "www.example.com 192.0.2.1 in Z1",
        ]
    );
    let named = zoned.records_named(vec!["www.example.com".into()]).await.unwrap();
    assert_eq!(shown(&named).len(), 2);
    assert_eq!(
        shown(&world.records().await),
        ["a.sub.example.com 192.0.2.3 in no zone", "www.example.com 192.0.2.1 in no zone"]
    );
}

#[tokio::test]
async fn a_desired_record_set_becomes_one_for_each_zone_that_shall_have_it() {
    let world = World::new(&ZONES).await;
    let zoned = Zoned(std::sync::Arc::clone(&world.provider));
    let chosen = |zone: &str| with(a("www.example.com", "192.0.2.1"), &[("aws/zone", zone)]);
    for (zone, expected) in [
        ("all", vec!["Z1", "Z2"]),
        ("public", vec!["Z1"]),
        ("private", vec!["Z2"]),
        ("Z2", vec!["Z2"]),
        ("Z1,Z2", vec!["Z1", "Z2"]),
    ] {
        let Adjusted { endpoints, refused } = adjusted(&zoned, vec![chosen(zone)]).await;
        let zones: Vec<_> = endpoints
            .iter()
            .filter_map(|endpoint| endpoint.zone.as_ref().map(ZoneId::as_str))
            .collect();
        assert_eq!((zones, refused.len()), (expected, 0), "{zone}");
        assert!(endpoints.iter().all(|endpoint| endpoint.properties.is_empty()), "{endpoints:?}");
        assert_eq!(adjusted(&zoned, endpoints.clone()).await.endpoints, endpoints);
    }
    // For others to serve, or for the controller to leave out.
    let elsewhere = adjusted(&zoned, vec![a("www.example.org", "192.0.2.1")]).await;
    assert_eq!(shown(&elsewhere.endpoints), ["www.example.org 192.0.2.1 in no zone"]);
}

#[tokio::test]
async fn what_one_zone_cannot_have_is_refused_there_and_served_in_the_others() {
    let world = World::new(&["example.com=Z1", "sub.example.com:private=Z2"]).await;
    let zoned = Zoned(std::sync::Arc::clone(&world.provider));
    // A CNAME at the top of a zone.
    let desired = vec![cname("sub.example.com", "t.example.net")];
    let Adjusted { endpoints, refused } = adjusted(&zoned, desired).await;
    let in_zones: Vec<_> = endpoints.iter().filter_map(|endpoint| endpoint.zone.clone()).collect();
    assert_eq!(in_zones, [ZoneId::from("Z1")]);
    assert_eq!(refused.first().and_then(|refusal| refusal.zone.clone()), Some("Z2".into()));
}

#[tokio::test]
async fn a_zone_that_is_denied_lists_nothing_and_refuses_by_its_name() {
    let emulator = emulator(&ZONES).await;
    let denied: Fault = "access-denied:zone=Z2".parse().unwrap();
    emulator.set_faults(vec![denied]);
    let world = World::with(emulator, config());
    world.seed("Z1", record("www.example.com", "192.0.2.1"));
    let zoned = Zoned(std::sync::Arc::clone(&world.provider));
    let known = || ["Z2".into()].into();
    let read = async || knowing_unavailable(known(), zoned.records()).await.is_ok();
    until("the zones are read", read).await;
    let Adjusted { endpoints, refused } =
        adjusted(&zoned, vec![a("www.example.com", "192.0.2.2")]).await;
    assert_eq!(shown(&endpoints), ["www.example.com 192.0.2.2 in Z1"]);
    let refused: Vec<_> =
        refused.iter().map(|refusal| (refusal.zone.clone(), refusal.code.as_str())).collect();
    assert_eq!(refused, [(Some("Z2".into()), "ZoneUnavailable")]);
}

#[tokio::test]
async fn a_change_is_made_in_the_zone_that_it_says_and_its_ownership_record_with_it() {
    let world = World::new(&ZONES).await;
    world.seed("Z1", record("a.sub.example.com", "192.0.2.2"));
    let zoned = Zoned(std::sync::Arc::clone(&world.provider));
    let www = in_zone(a("www.example.com", "10.0.0.1"), "Z2");
    let pair = || [in_zone(ownership_record(&www, "c1"), "Z2"), www.clone()];
    let applied = zoned.apply(create(pair())).await.unwrap();
    assert_eq!(applied.refused, []);
    assert_eq!((world.records_in("Z1").len(), world.records_in("Z2").len()), (1, 2));
    assert_eq!(world.batches().len(), 1, "{:?}", world.batches());
    // Also where the name does not go by itself, such as a leftover in a parent.
    let leftover = in_zone(a("a.sub.example.com", "192.0.2.2"), "Z1");
    let gone = Changes { delete: vec![leftover], ..Changes::default() };
    assert_eq!(zoned.apply(gone).await.unwrap().refused, []);
    assert_eq!(world.records_in("Z1"), [""; 0]);
    let elsewhere = create([in_zone(a("x.example.com", "192.0.2.1"), "Z9")]);
    let refused = zoned.apply(elsewhere).await.unwrap().refused;
    assert_eq!(refused.first().map(|refusal| refusal.code.as_str()), Some("NoZone"));
}

#[tokio::test]
async fn changes_are_refused_whole_when_one_of_them_says_no_zone() {
    let world = World::new(&ZONES).await;
    let zoned = Zoned(std::sync::Arc::clone(&world.provider));
    let www = in_zone(a("www.example.com", "10.0.0.1"), "Z2");
    let without = ownership_record(&a("www.example.com", "10.0.0.1"), "c1");
    let answer = zoned.apply(create([www, without])).await;
    assert!(matches!(answer, Err(external_dns_webhook::ProviderError::Refused(_))), "{answer:?}");
    assert_eq!(world.batches().len(), 0);
}

#[tokio::test]
async fn a_copy_in_one_zone_is_compared_with_what_that_zone_has() {
    let world = World::new(&ZONES).await;
    let zoned = Zoned(std::sync::Arc::clone(&world.provider));
    let both =
        |address: &str| ["Z1", "Z2"].map(|zone| in_zone(a("www.example.com", address), zone));
    assert_eq!(zoned.apply(create(both("192.0.2.1"))).await.unwrap().refused, []);
    // Another client changes one of them; the other is still ours to change.
    world.unseed("Z2", record("www.example.com", "192.0.2.1"));
    world.seed("Z2", record("www.example.com", "10.0.0.9"));
    let pairs = both("192.0.2.1").into_iter().zip(both("192.0.2.2"));
    let refused = zoned.apply(update(pairs)).await.unwrap().refused;
    let refused: Vec<_> =
        refused.iter().map(|refusal| (refusal.zone.clone(), refusal.code.as_str())).collect();
    assert_eq!(refused, [(Some("Z2".into()), "ChangedElsewhere")]);
    assert_eq!(world.records_in("Z1"), ["www.example.com A 192.0.2.2"]);
    assert_eq!(world.records_in("Z2"), ["www.example.com A 10.0.0.9"]);
}

/// Returns a weighted record set in the first zone, and its ownership record.
fn weighted(endpoint: Endpoint, set_identifier: &str, weight: &str) -> [Endpoint; 2] {
    owned_apart(routed(endpoint, set_identifier, &[("aws/weight", weight)]))
}

/// Returns a record set in the first zone, and its ownership record as Signpost writes it.
fn owned_apart(record: Endpoint) -> [Endpoint; 2] {
    let text = "\"heritage=external-dns,external-dns/owner=c1\"";
    let name = format!("a.{}._owner.{}", record.set_identifier, record.dns_name);
    let mut ownership_record = Endpoint::new(name, RecordType::Txt, [text]);
    ownership_record.labels.set(Labels::OWNED_RECORD, record.dns_name.as_str());
    ownership_record.labels.set(Labels::OWNED_SET_IDENTIFIER, record.set_identifier.as_str());
    [in_zone(ownership_record, "Z1"), in_zone(record, "Z1")]
}

/// Returns a weighted alias to a record set that is not there, which only AWS can know.
fn blamed(set_identifier: &str) -> [Endpoint; 2] {
    let alias = with(a("www.example.com", "missing.example.com"), &[("alias", "true")]);
    weighted(alias, set_identifier, "1")
}

fn identifiers(refused: &[external_dns_webhook::Refusal]) -> Vec<(&str, &str)> {
    refused.iter().map(|no| (no.set_identifier.as_str(), no.code.as_str())).collect()
}

#[tokio::test]
async fn what_aws_refuses_of_one_set_identifier_harms_no_other_of_the_name() {
    let world = World::new(&ZONES).await;
    let zoned = Zoned(std::sync::Arc::clone(&world.provider));
    let blue = |address: &str| weighted(a("www.example.com", address), "blue", "10");
    let refused = zoned.apply(create(blue("192.0.2.1").into_iter().chain(blamed("green")))).await;
    assert_eq!(identifiers(&refused.unwrap().refused), [("green", "RefusedByService")]);
    assert_eq!(
        world.records_in("Z1"),
        [
            "a.blue._owner.www.example.com TXT \"heritage=external-dns,external-dns/owner=c1\"",
            "www.example.com A [blue] 192.0.2.1"
        ]
    );
    // Also while it is set aside, and with one that AWS would never see.
    let changed = update(blue("192.0.2.1").into_iter().zip(blue("192.0.2.2")));
    let odd = weighted(a("www.example.com", "192.0.2.3"), "odd", "1O");
    let create = blamed("green").into_iter().chain(odd).collect();
    let refused = zoned.apply(Changes { create, ..changed }).await.unwrap().refused;
    let mut told = identifiers(&refused);
    // Of what it cannot read it refuses the ownership record by itself, too.
    told.retain(|(set_identifier, _)| !set_identifier.is_empty());
    assert_eq!(told, [("odd", "InvalidProperty"), ("green", "Quarantined")]);
    assert!(world.records_in("Z1").contains(&"www.example.com A [blue] 192.0.2.2".to_owned()));
}

#[tokio::test]
async fn a_set_identifier_that_goes_waits_for_what_comes_in_its_place() {
    let world = World::new(&ZONES).await;
    let zoned = Zoned(std::sync::Arc::clone(&world.provider));
    let blue = weighted(a("www.example.com", "192.0.2.1"), "blue", "10");
    assert_eq!(zoned.apply(create(blue.clone())).await.unwrap().refused, []);
    let before = world.records_in("Z1");
    let swap =
        Changes { create: blamed("green").into(), delete: blue.into(), ..Changes::default() };
    let refused = zoned.apply(swap).await.unwrap().refused;
    assert_eq!(identifiers(&refused).len(), 2);
    assert_eq!(world.records_in("Z1"), before);
}

#[tokio::test]
async fn the_routing_policy_of_a_name_changes_at_once() {
    let world = World::new(&ZONES).await;
    let zoned = Zoned(std::sync::Arc::clone(&world.provider));
    let ids = ["blue", "green"];
    let weighted = ids.map(|id| weighted(a("www.example.com", "192.0.2.1"), id, "10"));
    assert_eq!(zoned.apply(create(weighted.concat())).await.unwrap().refused, []);
    let by_region = ["eu-west-1", "us-east-1"].map(|region| ("aws/region", region));
    let latency = std::iter::zip(ids, by_region)
        .map(|(id, region)| owned_apart(routed(a("www.example.com", "192.0.2.1"), id, &[region])));
    let latency: Vec<_> = latency.flatten().collect();
    let pairs = weighted.concat().into_iter().zip(latency);
    assert_eq!(zoned.apply(update(pairs)).await.unwrap().refused, []);
    assert_eq!(world.batches().len(), 2, "{:?}", world.batches());
}
