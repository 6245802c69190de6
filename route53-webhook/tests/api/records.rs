//! What the zones have, as it is reported.

use external_dns_webhook::{Provider as _, ProviderError, RecordType, Targets, Ttl};
use route53_emulator::{
    Coordinates, Fault, FaultKind, GeoLocationShape, GeoProximityLocation, Operation,
    ResourceRecordSet,
};

use crate::harness::*;

fn set(record_type: &str, values: &[&str]) -> ResourceRecordSet {
    ResourceRecordSet::new("r.example.com", record_type, 300, values)
}

/// Seeds one record set and returns its properties as they are reported.
async fn properties(mut set: ResourceRecordSet) -> Vec<(String, String)> {
    let world = World::new(&["example.com=Z1"]).await;
    world.emulator.add_health_check("foo-bar-healthcheck-id");
    set.set_identifier.get_or_insert_with(|| "test-set-1".to_owned());
    world.seed("Z1", set);
    let record = world.record("r.example.com").await;
    assert_eq!(record.set_identifier, "test-set-1");
    record.properties.iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
}

fn is(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[tokio::test]
async fn every_routing_policy_is_reported_as_properties() {
    let mut weighted = set("A", &["1.2.3.4"]);
    weighted.weight = Some(10);
    assert_eq!(properties(weighted).await, [is("aws/weight", "10")]);

    let mut latency = set("A", &["1.2.3.4"]);
    latency.region = Some("us-east-1".to_owned());
    assert_eq!(properties(latency).await, [is("aws/region", "us-east-1")]);

    let mut failover = set("A", &["1.2.3.4"]);
    failover.failover = Some("PRIMARY".to_owned());
    failover.health_check_id = Some("foo-bar-healthcheck-id".to_owned());
    assert_eq!(
        properties(failover).await,
        [is("aws/failover", "PRIMARY"), is("aws/health-check-id", "foo-bar-healthcheck-id")]
    );

    let mut multi = set("A", &["1.2.3.4"]);
    multi.multi_value_answer = Some(true);
    assert_eq!(properties(multi).await, [is("aws/multi-value-answer", "")]);

    let geo = |continent: &str, country: &str, subdivision: &str| {
        let given = |code: &str| Some(code.to_owned()).filter(|code| !code.is_empty());
        let mut set = set("A", &["1.2.3.4"]);
        set.geo_location = Some(GeoLocationShape {
            continent_code: given(continent),
            country_code: given(country),
            subdivision_code: given(subdivision),
        });
        properties(set)
    };
    assert_eq!(geo("EU", "", "").await, [is("aws/geolocation-continent-code", "EU")]);
    assert_eq!(geo("", "DE", "").await, [is("aws/geolocation-country-code", "DE")]);
    assert_eq!(
        geo("", "US", "NY").await,
        [is("aws/geolocation-country-code", "US"), is("aws/geolocation-subdivision-code", "NY")]
    );

    let proximity = |location: GeoProximityLocation| {
        let mut set = set("A", &["1.2.3.4"]);
        set.geo_proximity_location = Some(location);
        properties(set)
    };
    let region = GeoProximityLocation {
        aws_region: Some("us-west-2".to_owned()),
        bias: Some(10),
        ..GeoProximityLocation::default()
    };
    assert_eq!(
        proximity(region).await,
        [is("aws/geoproximity-region", "us-west-2"), is("aws/geoproximity-bias", "10")]
    );
    let coordinates = GeoProximityLocation {
        coordinates: Some(Coordinates { latitude: "90".into(), longitude: "90".into() }),
        bias: Some(0),
        ..GeoProximityLocation::default()
    };
    assert_eq!(
        proximity(coordinates).await,
        [is("aws/geoproximity-coordinates", "90,90"), is("aws/geoproximity-bias", "0")]
    );
}

#[tokio::test]
async fn a_cname_with_weight_and_health_check_says_all_three() {
    let mut set = set("CNAME", &["foo.example.net"]);
    set.weight = Some(10);
    set.health_check_id = Some("foo-bar-healthcheck-id".to_owned());
    assert_eq!(
        properties(set).await,
        [
            is("alias", "false"),
            is("aws/weight", "10"),
            is("aws/health-check-id", "foo-bar-healthcheck-id")
        ]
    );
}

// Q8 of docs/compatibility.md.
#[tokio::test]
async fn values_of_every_type_are_reported() {
    let world = World::new(&["example.com=Z1"]).await;
    let naptr = r#"10 "U" "SIP+D2U" "!^.*$!sip:info@bar.example.com!" ."#;
    let naptr = format!("100 {naptr}");
    let cases: [(&str, &str, &str); 9] = [
        ("A", "1.2.3.4", "1.2.3.4"),
        ("AAAA", "2001:db8::1", "2001:db8::1"),
        ("CNAME", "m.example.net.", "m.example.net"),
        ("MX", "10 m.example.net.", "10 m.example.net"),
        ("SRV", "1 2 3 m.example.net.", "1 2 3 m.example.net."),
        ("TXT", "\"random\"", "\"random\""),
        ("NAPTR", &naptr, &naptr),
        ("PTR", "m.example.net.", "m.example.net"),
        ("CAA", "0 issue \"ca.example.net\"", "0 issue \"ca.example.net\""),
    ];
    for (record_type, value, _) in &cases {
        let name = format!("{record_type}.example.com");
        world.seed("Z1", ResourceRecordSet::new(&name, record_type, 300, &[*value]));
    }
    for (record_type, _, expected) in cases {
        let record = world.record(&format!("{}.example.com", record_type.to_lowercase())).await;
        assert_eq!(record.targets, Targets::from([expected]), "{record_type}");
        assert_eq!(record.record_type, RecordType::from(record_type));
        assert_eq!(record.ttl, Ttl::from_seconds(300));
    }
}

#[tokio::test]
async fn the_records_of_the_zone_itself_are_not_ours_to_see_all_of() {
    let world = World::new(&["example.com=Z1"]).await;
    let types: Vec<_> = world
        .provider
        .records()
        .await
        .unwrap()
        .into_iter()
        .map(|record| record.record_type)
        .collect();
    assert_eq!(types, [RecordType::Ns], "no SOA");
}

#[tokio::test]
async fn names_with_escapes_are_reported_decoded() {
    let world = World::new(&["example.com=Z1"]).await;
    for name in [r"\052.w.example.com", r"a\057b.example.com", r"prefix-\052.example.com"] {
        world.seed("Z1", ResourceRecordSet::new(name, "A", 300, &["1.2.3.4"]));
    }
    let mut names: Vec<_> =
        world.records().await.iter().map(|record| record.dns_name.as_str().to_owned()).collect();
    names.sort();
    assert_eq!(names, ["*.w.example.com", "a/b.example.com", "prefix-*.example.com"]);
}

#[tokio::test]
async fn all_pages_are_read_even_where_one_name_spans_two() {
    let world = World::new(&["example.com=Z1"]).await;
    let mut sets: Vec<_> = (0..280)
        .map(|number| {
            ResourceRecordSet::new(&format!("n{number:03}.example.com"), "A", 60, &["1.2.3.4"])
        })
        .collect();
    sets.extend((0..99).map(|number| {
        let mut set = ResourceRecordSet::new("w.example.com", "A", 60, &["1.2.3.4"]);
        set.set_identifier = Some(format!("id-{number}"));
        set.weight = Some(1);
        set
    }));
    world.emulator.seed("Z1", sets).unwrap();
    assert_eq!(world.records().await.len(), 379);
    assert_eq!(world.lists(), 2);
}

#[tokio::test]
async fn an_error_on_one_page_leaves_no_partial_list() {
    let emulator = emulator(&["example.com=Z1"]).await;
    let sets = (0..700).map(|number| {
        ResourceRecordSet::new(&format!("n{number}.example.com"), "A", 60, &["1.2.3.4"])
    });
    emulator.seed("Z1", sets.collect()).unwrap();
    let mut fault = Fault::new(FaultKind::Error(500));
    fault.operation = Some(Operation::ListResourceRecordSets);
    fault.trigger = route53_emulator::Trigger::Every(2);
    emulator.set_faults(vec![fault.clone()]);
    let world = World::with(emulator, config());
    // Attempts are repeated, so every second failure is survived.
    assert_eq!(world.records().await.len(), 700);

    fault.trigger = route53_emulator::Trigger::Always;
    world.emulator.set_faults(vec![fault]);
    let world = world.restarted(config());
    let error = world.provider.records().await.unwrap_err();
    assert!(matches!(error, ProviderError::Unavailable { .. }), "{error:?}");
}
