//! The rules for one record set, each as a sentence.

use super::*;
use crate::record::Routing;
use crate::shape::{
    CidrRoutingConfig, Coordinates, GeoLocationShape, GeoProximityLocation, ResourceRecord,
};

const NAME: &str = "a.example.com";

fn a() -> ResourceRecordSet {
    ResourceRecordSet::new(NAME, "A", 300, &["192.0.2.1"])
}

fn change(action: &str, set: ResourceRecordSet) -> Change {
    Change { action: action.to_owned(), resource_record_set: set }
}

fn validate(set: ResourceRecordSet) -> Result<RecordSet, ApiError> {
    batch(&[change("CREATE", set)], Quota::Enforced).map(|mut checked| checked.remove(0).set)
}

/// Asserts the code and a part of the message.
#[track_caller]
fn refused(set: ResourceRecordSet, code: &str, message: &str) {
    let error = validate(set).unwrap_err();
    assert_eq!(error.code, code, "{error}");
    assert!(error.message.contains(message), "{error}");
}

fn weighted(weight: i64) -> ResourceRecordSet {
    ResourceRecordSet { weight: Some(weight), set_identifier: Some("one".to_owned()), ..a() }
}

fn located(location: GeoLocationShape) -> ResourceRecordSet {
    ResourceRecordSet {
        geo_location: Some(location),
        set_identifier: Some("one".to_owned()),
        ..a()
    }
}

fn near(location: GeoProximityLocation) -> ResourceRecordSet {
    ResourceRecordSet {
        geo_proximity_location: Some(location),
        set_identifier: Some("one".to_owned()),
        ..a()
    }
}

#[test]
fn an_empty_batch_is_refused() {
    let error = batch(&[], Quota::Enforced).unwrap_err();
    assert_eq!(error.code, "InvalidInput");
    assert!(error.message.contains("'changeBatch.changes'"), "{error}");
}

#[test]
fn an_unknown_action_or_type_is_refused_with_its_place_in_the_batch() {
    let changes = [change("CREATE", a()), change("REPLACE", a())];
    let error = batch(&changes, Quota::Enforced).unwrap_err();
    assert_eq!(error.code, "InvalidInput");
    assert!(
        error.message.contains("'REPLACE' at 'changeBatch.changes.2.member.action'"),
        "{error}"
    );
    let set = ResourceRecordSet { r#type: "ALIAS".to_owned(), ..a() };
    refused(set, "InvalidInput", "Member must satisfy enum value set: [A, AAAA, ");
}

#[test]
fn a_weight_is_0_to_255() {
    assert_eq!(validate(weighted(0)).unwrap().routing, Routing::Weighted(0));
    assert_eq!(validate(weighted(255)).unwrap().routing, Routing::Weighted(255));
    refused(weighted(256), "InvalidInput", "value less than or equal to 255");
    refused(weighted(-1), "InvalidInput", "value greater than or equal to 0");
}

#[test]
fn several_values_out_of_bounds_are_counted_and_listed() {
    let set = ResourceRecordSet { ttl: Some(-1), ..weighted(300) };
    refused(set, "InvalidInput", "2 validation errors detected: Value '300' at ");
}

#[test]
fn a_record_set_with_values_needs_a_ttl_of_at_most_2147483647() {
    refused(
        ResourceRecordSet { ttl: None, ..a() },
        "InvalidInput",
        "Invalid request: Missing field 'TTL' in Change with [Action=CREATE, Name=a.example.com, \
         Type=A, SetIdentifier=null]",
    );
    refused(ResourceRecordSet { ttl: Some(1 << 31), ..a() }, "InvalidInput", "2147483647");
    assert!(validate(ResourceRecordSet { ttl: Some(0), ..a() }).is_ok());
}

#[test]
fn a_ttl_needs_values() {
    let set = ResourceRecordSet { resource_records: None, ..a() };
    refused(set, "InvalidInput", "Missing field 'ResourceRecords'");
    let set = ResourceRecordSet { resource_records: Some(vec![]), ..a() };
    refused(set, "InvalidInput", "length greater than or equal to 1");
    let set = ResourceRecordSet { resource_records: None, ttl: None, ..a() };
    refused(set, "InvalidInput", "but found none in Change with");
}

#[test]
fn an_alias_has_neither_ttl_nor_values() {
    let alias = ResourceRecordSet::alias(NAME, "A", "Z1", "b.example.com");
    assert!(matches!(validate(alias.clone()).unwrap().content, Content::Alias(_)));
    refused(
        ResourceRecordSet { ttl: Some(300), ..alias.clone() },
        "InvalidInput",
        "Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or \
         TrafficPolicyInstanceId], but found more than one in Change with",
    );
    let records = a().resource_records;
    refused(ResourceRecordSet { resource_records: records, ..alias }, "InvalidInput", "more than");
}

#[test]
fn an_alias_of_type_ns_or_soa_is_refused() {
    for record_type in ["NS", "SOA"] {
        let alias = ResourceRecordSet::alias(NAME, record_type, "Z1", "b.example.com");
        refused(alias, "InvalidChangeBatch", "cannot be an alias");
    }
}

#[test]
fn traffic_policy_instances_are_not_changed_here() {
    let set = ResourceRecordSet {
        ttl: None,
        resource_records: None,
        traffic_policy_instance_id: Some("x".into()),
        ..a()
    };
    refused(set, "InvalidInput", "TrafficPolicyInstanceId");
}

#[test]
fn a_policy_needs_a_set_identifier_and_a_set_identifier_a_policy() {
    let set = ResourceRecordSet { set_identifier: None, ..weighted(1) };
    refused(set, "InvalidInput", "Missing field 'SetIdentifier' in Change with");
    let set = ResourceRecordSet { weight: None, ..weighted(1) };
    refused(set, "InvalidInput", "but found none in Change with");
    let set = ResourceRecordSet { multi_value_answer: Some(false), weight: None, ..weighted(1) };
    refused(set, "InvalidInput", "but found none in Change with");
    assert!(validate(ResourceRecordSet { multi_value_answer: Some(false), ..a() }).is_ok());
}

#[test]
fn a_record_set_has_one_policy() {
    let set = ResourceRecordSet { region: Some("us-east-1".into()), ..weighted(1) };
    refused(set, "InvalidInput", "but found more than one in Change with");
}

#[test]
fn a_set_identifier_has_1_to_128_characters() {
    let with = |id: &str| ResourceRecordSet { set_identifier: Some(id.into()), ..weighted(1) };
    assert!(validate(with(&"a".repeat(128))).is_ok());
    refused(with(&"a".repeat(129)), "InvalidInput", "length less than or equal to 128");
    refused(with(""), "InvalidInput", "length greater than or equal to 1");
}

#[test]
fn an_unknown_region_or_failover_role_is_refused() {
    let base = ResourceRecordSet { weight: None, ..weighted(1) };
    let set = ResourceRecordSet { region: Some("moon-1".into()), ..base.clone() };
    refused(
        set,
        "InvalidInput",
        "'moon-1' at 'changeBatch.changes.1.member.resourceRecordSet.region'",
    );
    let set = ResourceRecordSet { failover: Some("TERTIARY".into()), ..base };
    refused(set, "InvalidInput", "[PRIMARY, SECONDARY]");
}

#[test]
fn a_geolocation_is_a_known_continent_country_or_part_of_the_us_or_ukraine() {
    let shape = GeoLocationShape::default;
    for location in [
        GeoLocationShape { continent_code: Some("EU".into()), ..shape() },
        GeoLocationShape { country_code: Some("DE".into()), ..shape() },
        GeoLocationShape { country_code: Some("*".into()), ..shape() },
        GeoLocationShape {
            country_code: Some("US".into()),
            subdivision_code: Some("CA".into()),
            ..shape()
        },
        GeoLocationShape {
            country_code: Some("UA".into()),
            subdivision_code: Some("30".into()),
            ..shape()
        },
    ] {
        assert!(validate(located(location.clone())).is_ok(), "{location:?}");
    }
    for location in [
        GeoLocationShape { continent_code: Some("XX".into()), ..shape() },
        GeoLocationShape { country_code: Some("XX".into()), ..shape() },
        GeoLocationShape {
            country_code: Some("DE".into()),
            subdivision_code: Some("BE".into()),
            ..shape()
        },
        GeoLocationShape {
            continent_code: Some("EU".into()),
            country_code: Some("DE".into()),
            ..shape()
        },
        GeoLocationShape {
            continent_code: Some("NA".into()),
            subdivision_code: Some("CA".into()),
            ..shape()
        },
        GeoLocationShape { subdivision_code: Some("CA".into()), ..shape() },
        shape(),
    ] {
        refused(located(location), "InvalidInput", "Invalid GeoLocation");
    }
}

#[test]
fn a_geoproximity_location_is_one_place_with_a_bias_of_at_most_99() {
    let shape = GeoProximityLocation::default;
    let point = |latitude: &str, longitude: &str| GeoProximityLocation {
        coordinates: Some(Coordinates {
            latitude: latitude.to_owned(),
            longitude: longitude.to_owned(),
        }),
        ..shape()
    };
    for location in [
        GeoProximityLocation { aws_region: Some("eu-west-1".into()), bias: Some(-99), ..shape() },
        GeoProximityLocation { local_zone_group: Some("us-west-2-den-1".into()), ..shape() },
        point("-89.99", "180"),
    ] {
        assert!(validate(near(location.clone())).is_ok(), "{location:?}");
    }
    for location in [
        shape(),
        GeoProximityLocation { aws_region: Some("moon-1".into()), ..shape() },
        GeoProximityLocation { aws_region: Some("eu-west-1".into()), ..point("1", "1") },
        point("91", "0"),
        point("0", "181"),
        point("1.234", "0"),
        point("x", "0"),
    ] {
        refused(near(location), "InvalidInput", "Invalid GeoProximityLocation");
    }
    let location =
        GeoProximityLocation { aws_region: Some("eu-west-1".into()), bias: Some(100), ..shape() };
    refused(near(location), "InvalidInput", "value less than or equal to 99");
}

#[test]
fn a_cidr_collection_is_a_uuid() {
    let with = |id: &str| ResourceRecordSet {
        cidr_routing_config: Some(CidrRoutingConfig {
            collection_id: id.to_owned(),
            location_name: "*".to_owned(),
        }),
        weight: None,
        ..weighted(1)
    };
    assert!(validate(with("c8c02a84-aaaa-bbbb-e0d2-d833a2f80106")).is_ok());
    refused(with("mine"), "InvalidInput", "satisfy regular expression pattern");
}

#[test]
fn ns_soa_and_ds_have_no_policy_and_cname_no_multivalue_answer() {
    let ns = ResourceRecordSet::new(NAME, "NS", 300, &["ns.example.net"]);
    let set = ResourceRecordSet { weight: Some(1), set_identifier: Some("one".into()), ..ns };
    refused(set, "InvalidChangeBatch", "cannot be created with a weighted routing policy");
    let cname = ResourceRecordSet::new(NAME, "CNAME", 300, &["b.example.com"]);
    let multivalue = ResourceRecordSet {
        multi_value_answer: Some(true),
        set_identifier: Some("one".into()),
        ..cname
    };
    refused(multivalue, "InvalidChangeBatch", "cannot be created with a multivalue answer");
}

#[test]
fn a_multivalue_answer_is_no_alias() {
    let alias = ResourceRecordSet {
        multi_value_answer: Some(true),
        set_identifier: Some("one".into()),
        ..ResourceRecordSet::alias(NAME, "A", "Z1", "b.example.com")
    };
    refused(alias, "InvalidChangeBatch", "an alias cannot be a multivalue answer");
}

#[test]
fn ns_records_cannot_be_wildcards() {
    let set = ResourceRecordSet::new("*.example.com", "NS", 300, &["ns.example.net"]);
    refused(set, "InvalidChangeBatch", "NS records cannot be wildcards");
}

#[test]
fn a_cname_has_one_value() {
    let set = ResourceRecordSet::new(NAME, "CNAME", 300, &["b.example.com", "c.example.com"]);
    refused(set, "InvalidChangeBatch", "more than one resource record");
}

#[test]
fn a_value_stands_once_in_a_record_set() {
    let set = ResourceRecordSet::new(NAME, "A", 300, &["192.0.2.1", "192.0.2.2", "192.0.2.1"]);
    refused(set, "InvalidChangeBatch", "[Duplicate Resource Record: '192.0.2.1']");
}

#[test]
fn a_record_set_has_at_most_400_values() {
    let values: Vec<_> = (0..=400).map(|n| format!("192.0.{}.{}", n / 250, n % 250)).collect();
    let values: Vec<_> = values.iter().map(String::as_str).collect();
    assert!(validate(ResourceRecordSet::new(NAME, "A", 300, &values[..400])).is_ok());
    let set = ResourceRecordSet::new(NAME, "A", 300, &values);
    refused(set, "InvalidChangeBatch", "[Cannot have more than 400 records in a RRSet.]");
}

#[test]
fn a_value_has_at_most_4000_characters() {
    let strings = vec![format!("\"{}\"", "a".repeat(255)); 16].join(" ");
    let set = ResourceRecordSet::new(NAME, "TXT", 300, &[&strings]);
    refused(set, "InvalidInput", "length less than or equal to 4000");
}

#[test]
fn problems_of_names_and_values_are_listed_together_in_one_pair_of_brackets() {
    let changes = [
        change("CREATE", ResourceRecordSet::new("a..example.com", "A", 300, &["192.0.2.1"])),
        change("DELETE", ResourceRecordSet::new(NAME, "A", 300, &["web"])),
    ];
    let error = batch(&changes, Quota::Enforced).unwrap_err();
    assert_eq!(error.code, "InvalidChangeBatch");
    assert_eq!(
        error.message,
        "[FATAL problem: DomainLabelEmpty (Domain label is empty) encountered with \
         'a..example.com', Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address \
         (Value is not a valid IPv4 address) encountered with 'web'']"
    );
}

#[test]
fn a_request_has_at_most_1000_records_and_an_upsert_counts_twice() {
    let batch_of = |action: &str, count: usize| -> Vec<_> {
        (0..count)
            .map(|n| {
                let name = format!("a{n}.example.com");
                change(action, ResourceRecordSet::new(&name, "A", 300, &["192.0.2.1"]))
            })
            .collect()
    };
    assert!(batch(&batch_of("CREATE", 1000), Quota::Enforced).is_ok());
    assert!(batch(&batch_of("UPSERT", 500), Quota::Enforced).is_ok());
    for changes in [batch_of("CREATE", 1001), batch_of("DELETE", 1001), batch_of("UPSERT", 501)] {
        let error = batch(&changes, Quota::Enforced).unwrap_err();
        assert_eq!(error.code, "InvalidChangeBatch");
        assert_eq!(error.message, "[Number of records limit of 1000 exceeded.]");
        assert!(batch(&changes, Quota::Ignored).is_ok());
    }
}

#[test]
fn aliases_count_as_one_record_each() {
    let changes: Vec<_> = (0..1001)
        .map(|n| {
            let name = format!("a{n}.example.com");
            change("CREATE", ResourceRecordSet::alias(&name, "A", "Z1", "b.example.com"))
        })
        .collect();
    assert!(batch(&changes, Quota::Enforced).is_err());
}

#[test]
fn a_request_has_at_most_32000_characters_of_values_and_an_upsert_counts_twice() {
    let batch_of = |action: &str, count: usize| -> Vec<_> {
        // 100 characters with the quotation marks.
        let value = format!("\"{}\"", "a".repeat(98));
        (0..count)
            .map(|n| {
                let name = format!("a{n}.example.com");
                let mut set = ResourceRecordSet::new(&name, "TXT", 300, &[]);
                set.resource_records = Some(vec![ResourceRecord { value: value.clone() }]);
                change(action, set)
            })
            .collect()
    };
    assert!(batch(&batch_of("CREATE", 320), Quota::Enforced).is_ok());
    assert!(batch(&batch_of("UPSERT", 160), Quota::Enforced).is_ok());
    for changes in [batch_of("CREATE", 321), batch_of("UPSERT", 161)] {
        let error = batch(&changes, Quota::Enforced).unwrap_err();
        assert_eq!(error.message, "[RDATA character limit of 32000 exceeded.]");
    }
}

#[test]
fn what_was_accepted_is_listed_as_it_was_sent() {
    let mut sets = vec![
        a(),
        weighted(3),
        located(GeoLocationShape {
            country_code: Some("US".into()),
            subdivision_code: Some("CA".into()),
            ..GeoLocationShape::default()
        }),
        near(GeoProximityLocation {
            coordinates: Some(Coordinates {
                latitude: "1.5".to_owned(),
                longitude: "-2".to_owned(),
            }),
            bias: Some(-7),
            ..GeoProximityLocation::default()
        }),
        ResourceRecordSet { health_check_id: Some("h".into()), ..a() },
        ResourceRecordSet::alias(NAME, "AAAA", "Z1", "b.example.com."),
    ];
    for set in &mut sets {
        set.name = "a.example.com.".to_owned();
        assert_eq!(ResourceRecordSet::from(&validate(set.clone()).unwrap()), *set);
    }
}

#[test]
fn a_cname_cannot_point_to_its_own_name() {
    for target in [NAME, "A.example.com."] {
        let set = ResourceRecordSet::new(NAME, "CNAME", 300, &[target]);
        refused(set, "InvalidChangeBatch", "with DNS name a.example.com. is not permitted");
    }
    assert!(validate(ResourceRecordSet::new(NAME, "CNAME", 300, &["b.example.com"])).is_ok());
}
