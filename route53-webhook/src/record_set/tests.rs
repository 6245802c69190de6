//! Record sets on the trip to Route 53 and back.

use proptest::prelude::*;

use aws_sdk_route53::types::{GeoLocation, GeoProximityLocation};

use super::*;
use crate::properties::{COUNTRY, REGION, SUBDIVISION, WEIGHT};

const ZONE: &str = "Z0123456789ZONE";

fn values(record_type: &RecordType, name: &str, values: &[&str]) -> ResourceRecordSet {
    let records =
        values.iter().map(|value| ResourceRecord::builder().value(*value).build().unwrap());
    ResourceRecordSet::builder()
        .name(name)
        .r#type(RrType::from(record_type.as_str()))
        .ttl(300)
        .set_resource_records(Some(records.collect()))
        .build()
        .unwrap()
}

fn alias(record_type: &RecordType, target: &str, zone: &str, evaluates: bool) -> ResourceRecordSet {
    let target = AliasTarget::builder()
        .dns_name(target)
        .hosted_zone_id(zone)
        .evaluate_target_health(evaluates)
        .build()
        .unwrap();
    ResourceRecordSet::builder()
        .name("a.zone-1.t2.do.")
        .r#type(RrType::from(record_type.as_str()))
        .alias_target(target)
        .build()
        .unwrap()
}

fn reported(set: &ResourceRecordSet) -> Endpoint {
    RecordSet::from_api(set, ZONE).unwrap().to_endpoint()
}

fn properties(endpoint: &Endpoint) -> Vec<(&str, &str)> {
    endpoint.properties.iter().collect()
}

#[test]
fn plain_records_are_reported_without_properties() {
    let one = reported(&values(&RecordType::A, "list-test.zone-1.t2.do.", &["1.2.3.4"]));
    assert_eq!(one.dns_name.as_str(), "list-test.zone-1.t2.do");
    assert_eq!(one.targets, Targets::from(["1.2.3.4"]));
    assert_eq!(one.ttl, Ttl::from_seconds(300));
    assert!(one.properties.is_empty());

    let two = reported(&values(&RecordType::A, "a.zone-1.t2.do.", &["8.8.8.8", "8.8.4.4"]));
    assert_eq!(two.targets, Targets::from(["8.8.8.8", "8.8.4.4"]));
}

#[test]
fn octal_names_are_decoded() {
    let wildcard = reported(&values(&RecordType::A, r"\052.w.zone-2.t2.do.", &["8.8.8.8"]));
    assert_eq!(wildcard.dns_name.as_str(), "*.w.zone-2.t2.do");
    let name = r"\045\041s\050\074nil\076\051.zone-2.t2.do.";
    let odd = reported(&values(&RecordType::Cname, name, &["example"]));
    assert_eq!(odd.dns_name.as_str(), "%!s(<nil>).zone-2.t2.do");
    assert_eq!(properties(&odd), [("alias", "false")]);
    assert_eq!(odd.targets, Targets::from(["example"]));
    let text = reported(&values(&RecordType::Txt, r"prefix-\052.zone-2.t2.do.", &["random"]));
    assert_eq!(text.dns_name.as_str(), "prefix-*.zone-2.t2.do");
    assert_eq!(text.targets, Targets::from(["random"]));
    assert!(text.properties.is_empty());
}

#[test]
fn aliases_are_reported_with_their_target_and_health() {
    let families = [RecordType::A, RecordType::Aaaa];
    for (record_type, health) in
        families.into_iter().flat_map(|family| [(family.clone(), "false"), (family, "true")])
    {
        let target = "foo.eu-central-1.elb.amazonaws.com.";
        let set = alias(&record_type, target, "Z215JYRZR1TBD5", health == "true");
        let endpoint = reported(&set);
        assert_eq!(endpoint.targets, Targets::from(["foo.eu-central-1.elb.amazonaws.com"]));
        assert_eq!(endpoint.ttl, Ttl::from_seconds(300));
        assert_eq!(endpoint.record_type, record_type);
        assert_eq!(
            properties(&endpoint),
            [("aws/evaluate-target-health", health), ("alias", "true")]
        );
    }
    let wildcard = reported(&alias(&RecordType::A, r"\052.wt.zone-1.t2.do.", ZONE, false));
    assert_eq!(wildcard.targets, Targets::from(["*.wt.zone-1.t2.do"]));
}

#[test]
fn an_alias_into_a_zone_that_no_rule_gives_names_the_zone() {
    let target = "bucket.s3-website.amazonaws.com.";
    let endpoint = reported(&alias(&RecordType::A, target, "ZS3", false));
    assert_eq!(endpoint.properties.get(TARGET_HOSTED_ZONE), Some("ZS3"));
}

#[test]
fn routing_is_reported_only_with_a_set_identifier() {
    let set = values(&RecordType::A, "a.zone-1.t2.do.", &["1.2.3.4"]);
    let with = |set: ResourceRecordSet| reported(&set);

    let mut weighted = set.clone();
    weighted.weight = Some(10);
    assert!(with(weighted.clone()).properties.is_empty());
    weighted.set_identifier = Some("test-set-1".to_owned());
    weighted.health_check_id = Some("foo-bar".to_owned());
    let endpoint = with(weighted);
    assert_eq!(endpoint.set_identifier, "test-set-1");
    assert_eq!(properties(&endpoint), [(WEIGHT, "10"), (HEALTH_CHECK_ID, "foo-bar")]);

    let mut multi = set;
    multi.set_identifier = Some("test-set-1".to_owned());
    multi.multi_value_answer = Some(true);
    assert_eq!(properties(&with(multi)), [("aws/multi-value-answer", "")]);
}

#[test]
fn places_that_no_country_or_region_gives_are_reported_alone() {
    let mut set = values(&RecordType::A, "a.zone-1.t2.do.", &["1.2.3.4"]);
    set.set_identifier = Some("test-set-1".to_owned());
    set.geo_location = Some(GeoLocation::builder().subdivision_code("NY").build());
    assert_eq!(properties(&reported(&set)), [(SUBDIVISION, "NY")]);

    set.geo_location = None;
    let group = GeoProximityLocation::builder().local_zone_group("usw2-lax1-az1").bias(10);
    set.geo_proximity_location = Some(group.build());
    assert_eq!(
        properties(&reported(&set)),
        [("aws/geoproximity-local-zone-group", "usw2-lax1-az1"), ("aws/geoproximity-bias", "10")]
    );
}

#[test]
fn all_values_are_reported_in_their_order() {
    let two = |record_type, both: [&str; 2]| {
        let set = values(&record_type, "m.zone-1.t2.do.", &both);
        assert_eq!(reported(&set).targets.iter().collect::<Vec<_>>(), both);
    };
    two(RecordType::Mx, ["20 mailhost2.example.com", "10 mailhost1.example.com"]);
    two(
        RecordType::Naptr,
        [
            r#"100 10 "U" "SIP+D2U" "!^.*$!sip:info@bar.example.com!" _sip._udp.example.com."#,
            r#"10 "U" "SIP+D2U" "!^.*$!sip:info@bar.example.com!" _sip._udp.example.com."#,
        ],
    );
}

#[test]
fn a_final_dot_is_dropped_where_the_value_is_one_name() {
    let value = |record_type, value| {
        reported(&values(&record_type, "m.zone-1.t2.do.", &[value]))
            .targets
            .first()
            .unwrap()
            .to_owned()
    };
    assert_eq!(value(RecordType::Mx, "10 m.x."), "10 m.x");
    assert_eq!(value(RecordType::Srv, "1 2 3 m.x."), "1 2 3 m.x.");
    assert_eq!(value(RecordType::Txt, "random"), "random");
    let naptr = r#"10 "U" "SIP+D2U" "!^.*$!sip:info@bar.example.com!" _sip._udp.t2.do."#;
    assert_eq!(value(RecordType::Naptr, naptr), naptr);
}

#[test]
fn an_ownership_record_that_copies_alias_properties_is_still_text() {
    let ownership_record = "\"heritage=external-dns,external-dns/owner=c1\"";
    let mut endpoint = Endpoint::new("a-x.example.com", RecordType::Txt, [ownership_record]);
    endpoint.properties.set(ALIAS, "true");
    let set = RecordSet::from_endpoint(&endpoint, true).unwrap();
    let values = Box::new([ownership_record.into()]) as Box<[Box<str>]>;
    assert_eq!(set.data, Data::Values { ttl_seconds: 300, values });
}

#[test]
fn the_zone_of_an_alias_target_is_given_known_or_the_same() {
    let zone = |target: &str, given: &[(&str, &str)]| {
        AliasZone::of(target, &given.iter().copied().collect())
    };
    let elb = "foo.eu-central-1.elb.amazonaws.com";
    assert_eq!(zone(elb, &[]), AliasZone::Id("Z215JYRZR1TBD5".into()));
    let given = [(TARGET_HOSTED_ZONE, "/hostedzone/Z1234567890ABC")];
    assert_eq!(zone(elb, &given), AliasZone::Id("Z1234567890ABC".into()));
    assert_eq!(zone("foo.example.org", &[]), AliasZone::Same);
}

fn any_endpoint() -> impl Strategy<Value = Endpoint> {
    let octet = any::<u8>();
    let address = (octet, any::<u8>()).prop_map(|(a, b)| format!("192.0.{a}.{b}"));
    let host = "[a-z]{1,8}\\.example\\.net";
    let alias =
        prop_oneof![Just("x.eu-west-1.elb.amazonaws.com".to_owned()), host.prop_map(String::from)];
    let data = prop_oneof![
        proptest::collection::btree_set(address, 1..4).prop_map(|set| (
            RecordType::A,
            set.into_iter().collect::<Targets>(),
            None
        )),
        host.prop_map(|host| (RecordType::Cname, Targets::from([host]), Some("false"))),
        (any::<u16>(), host).prop_map(|(a, b)| (
            RecordType::Mx,
            Targets::from([format!("{a} {b}")]),
            None
        )),
        "\\PC{0,300}".prop_map(|text| (
            RecordType::Txt,
            Targets::from([text::desired(&text)]),
            None
        )),
        alias.prop_map(|alias| (RecordType::Aaaa, Targets::from([alias]), Some("true"))),
    ];
    let routing = prop_oneof![
        Just(vec![]),
        any::<u8>().prop_map(|weight| vec![(WEIGHT, weight.to_string())]),
        Just(vec![(REGION, "eu-west-1".to_owned())]),
        Just(vec![(COUNTRY, "US".to_owned()), (SUBDIVISION, "NY".to_owned())]),
    ];
    ("(\\*|[a-z_/]{1,9})\\.example\\.com", data, routing, 1_i64..100_000, any::<bool>()).prop_map(
        |(name, (record_type, targets, alias), routing, ttl, health)| {
            let mut endpoint = Endpoint::new(name.as_str(), record_type, targets);
            endpoint.ttl = Ttl::from_seconds(if alias == Some("true") { 300 } else { ttl });
            if alias == Some("true") {
                endpoint.properties.set(EVALUATE_TARGET_HEALTH, health.to_string());
            }
            if let Some(alias) = alias {
                endpoint.properties.set(ALIAS, alias);
            }
            if !routing.is_empty() {
                endpoint.set_identifier = "one".to_owned();
            }
            for (name, value) in routing {
                endpoint.properties.set(name, value);
            }
            endpoint
        },
    )
}

proptest! {
    #[test]
    fn every_record_set_survives_the_trip_both_ways(endpoint in any_endpoint()) {
        let set = RecordSet::from_endpoint(&endpoint, true).unwrap();
        let read = RecordSet::from_api(&set.to_api(ZONE).unwrap(), ZONE).unwrap();
        prop_assert!(read.answers_like(&set), "{:?} {:?}", read, set);
        prop_assert_eq!(read.to_endpoint(), endpoint);
    }
}
