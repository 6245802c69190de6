//! What Route 53 would refuse is refused before it is sent.

use external_dns_webhook::{Endpoint, Targets};

use super::*;
use crate::properties::{ALIAS, WEIGHT};

fn validate(endpoint: &Endpoint) -> Result<(), Invalid> {
    record_set(&RecordSet::from_endpoint(endpoint, true)?)
}

fn code(record_type: RecordType, target: &str) -> Option<RefusalCode> {
    validate(&Endpoint::new("a.example.com", record_type, [target])).err().map(|error| error.code())
}

#[test]
fn values_of_each_type_are_validated() {
    use RecordType as T;
    let good = [
        (T::A, "192.0.2.1"),
        (T::Aaaa, "2001:db8::1"),
        (T::Cname, "b.example.net"),
        (T::Mx, "10 mail.example.net"),
        (T::Mx, "0 ."),
        (T::Naptr, "1 1 \"S\" \"SIP+D2U\" \"\" x.example.com."),
        (T::Srv, "0 5 443 host.example.net."),
        (T::Srv, "0 5 443 host.example.net"),
        (T::Caa, "0 issue \"ca.example.net\""),
        (T::Naptr, "10 100 \"U\" \"SIP+D2U\" \"!^.*$!sip:a@b!\" ."),
        (T::Txt, "plain text"),
        (T::Ptr, "host.example.net"),
        (T::Ns, "ns1.example.net"),
    ];
    for (record_type, target) in good {
        assert_eq!(code(record_type.clone(), target), None, "{record_type} {target}");
    }
    let bad = [
        (T::A, "host.example.net"),
        (T::A, "2001:db8::1"),
        (T::Aaaa, "192.0.2.1"),
        (T::Cname, "192.0.2.1"),
        (T::Cname, "a..example.net"),
        (T::Mx, "mail.example.net"),
        (T::Srv, "0 5 host.example.net"),
        (T::Caa, "issue ca.example.net"),
        (T::Caa, "0 issue-x \"ca.example.net\""),
        (T::Caa, "0 issue \"ca.example.net\" \"other\""),
        (T::Caa, "0 issue \"ca.example.net\" x\""),
        (T::Cname, "\u{fffd}.example.net"),
        (T::Naptr, "10 100"),
        (T::Ptr, ""),
        (T::Naptr, "1 1 \"U\" \"123\" \"regular\" x.example.com"),
        (T::Naptr, "1 1 U 123 regular ."),
        (T::Cname, "A.example.com."),
    ];
    for (record_type, target) in bad {
        assert_eq!(
            code(record_type.clone(), target),
            Some(RefusalCode::InvalidTarget),
            "{record_type} {target}"
        );
    }
    assert_eq!(code(T::Dname, "a.example.net"), Some(RefusalCode::UnsupportedType));
}

#[test]
fn a_record_set_with_too_many_targets_names_the_limit() {
    let targets: Targets =
        (0..600).map(|number| format!("10.0.{}.{}", number / 256, number % 256)).collect();
    let error = validate(&Endpoint::new("big.example.com", RecordType::A, targets)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the record set has 600 targets and Route 53 takes at most 400; split them over several \
         names"
    );
    assert_eq!(error.code(), RefusalCode::TooLarge);
}

#[test]
fn names_that_dns_cannot_carry_are_refused() {
    for name in [".example.com", &format!("{}.example.com", "x".repeat(64))] {
        let error = validate(&Endpoint::new(name, RecordType::A, ["192.0.2.1"])).unwrap_err();
        assert_eq!(error.code(), RefusalCode::InvalidName);
    }
}

#[test]
fn a_policy_and_a_set_identifier_need_each_other() {
    let mut endpoint = Endpoint::new("a.example.com", RecordType::A, ["192.0.2.1"]);
    endpoint.set_identifier = "one".to_owned();
    assert_eq!(validate(&endpoint).unwrap_err().code(), RefusalCode::InvalidSetIdentifier);
    endpoint.properties.set(WEIGHT, "1");
    assert!(validate(&endpoint).is_ok());
    endpoint.set_identifier.clear();
    assert_eq!(validate(&endpoint).unwrap_err().code(), RefusalCode::InvalidSetIdentifier);
}

#[test]
fn a_load_balancer_in_an_unknown_region_gets_a_reason() {
    let target = "foo.elb.eastwest-1.amazonaws.com";
    let mut endpoint = Endpoint::new("a.example.com", RecordType::A, [target]);
    endpoint.properties.set(ALIAS, "true");
    assert_eq!(validate(&endpoint).unwrap_err().code(), RefusalCode::UnknownRegion);
    endpoint.properties.set(TARGET_HOSTED_ZONE, "Z1");
    assert!(validate(&endpoint).is_ok());
}

#[test]
fn the_apex_cannot_be_a_cname() {
    let zone = WireName::from_api("example.com.");
    let endpoint = Endpoint::new("example.com", RecordType::Cname, ["b.example.net"]);
    let set = RecordSet::from_endpoint(&endpoint, true).unwrap();
    assert_eq!(in_zone(&set, &zone).unwrap_err().code(), RefusalCode::InvalidTarget);
}

#[test]
fn the_same_address_twice_is_refused() {
    let targets = ["2001:db8::1", "2001:0db8::0001"];
    let endpoint = Endpoint::new("a.example.com", RecordType::Aaaa, targets);
    assert!(matches!(validate(&endpoint), Err(Invalid::RepeatedTarget(_))));
}

/// Validates a record set under a policy: its type, and the properties of the policy.
fn policy(record_type: RecordType, properties: &[(&str, &str)]) -> Result<(), Invalid> {
    let target = match record_type {
        RecordType::A => "192.0.2.1",
        _ => "b.example.net",
    };
    let is_alias = properties.iter().any(|(name, _)| *name == ALIAS);
    let mut endpoint = Endpoint::new(
        "a.example.com",
        record_type,
        [if is_alias { "b.example.net" } else { target }],
    );
    endpoint.set_identifier = "x".to_owned();
    for (name, value) in properties {
        endpoint.properties.set(*name, *value);
    }
    validate(&endpoint)
}

#[test]
fn places_are_those_that_exist() {
    let collection = ("aws/cidr-collection-id", "01234567-89ab-cdef-0123-456789abcdef");
    let country = "aws/geolocation-country-code";
    let part = "aws/geolocation-subdivision-code";
    let good: [&[_]; 16] = [
        &[("aws/geolocation-continent-code", "EU")],
        &[(country, "DE")],
        &[(country, "*")],
        &[(country, "US"), (part, "NY")],
        &[(country, "UA"), (part, "05")],
        &[("aws/region", "eu-central-1")],
        &[("aws/region", "cn-north-1")],
        &[("aws/geoproximity-region", "us-gov-west-1")],
        &[("aws/geoproximity-local-zone-group", "us-east-1-bue-1")],
        &[("aws/geoproximity-local-zone-group", "us-west-2-lax-1")],
        &[("aws/geoproximity-coordinates", "47.61,-122.33")],
        &[("aws/geoproximity-coordinates", "-90,180.00")],
        &[collection, ("aws/cidr-location-name", "*")],
        &[collection, ("aws/cidr-location-name", "office_1-a")],
        &[(WEIGHT, "255")],
        &[("aws/multi-value-answer", "true")],
    ];
    for properties in good {
        let result = policy(RecordType::A, properties);
        assert!(result.is_ok(), "{properties:?}: {result:?}");
    }
    let bad: [&[_]; 28] = [
        &[("aws/geolocation-continent-code", "Europe")],
        &[("aws/geolocation-continent-code", "eu")],
        &[("aws/geolocation-continent-code", "")],
        &[(country, "Germany")],
        &[(country, "de")],
        &[(country, "UK")],
        &[(country, "**")],
        &[(country, "US"), (part, "XX")],
        &[(country, "DE"), (part, "BY")],
        &[(country, "UA"), (part, "NY")],
        &[(part, "NY")],
        &[("aws/region", "eu-central-9")],
        &[("aws/region", "EU-WEST-1")],
        &[("aws/region", "")],
        &[("aws/geoproximity-region", "moon-1")],
        &[("aws/geoproximity-local-zone-group", "us-east-1-bue-1a")],
        &[("aws/geoproximity-local-zone-group", "us-east-1")],
        &[("aws/geoproximity-local-zone-group", "lax-1")],
        &[("aws/geoproximity-coordinates", "47.6062,-122.33")],
        &[("aws/geoproximity-coordinates", "1e1,2")],
        &[("aws/geoproximity-coordinates", "91,0")],
        &[("aws/geoproximity-coordinates", "NaN,0")],
        &[("aws/geoproximity-region", "us-east-1"), ("aws/geoproximity-bias", "100")],
        &[("aws/cidr-collection-id", "mine"), ("aws/cidr-location-name", "x")],
        &[collection, ("aws/cidr-location-name", "a name")],
        &[collection, ("aws/cidr-location-name", "seventeen-letters")],
        &[(WEIGHT, "+5")],
        &[("aws/failover", "primary")],
    ];
    for properties in bad {
        let code = policy(RecordType::A, properties).map_err(|error| error.code());
        assert_eq!(code, Err(RefusalCode::InvalidProperty), "{properties:?}");
    }
}

#[test]
fn policies_leave_out_the_record_sets_that_cannot_have_them() {
    let multi = ("aws/multi-value-answer", "true");
    let health = ("aws/health-check-id", "0123-abcd");
    let alias = (ALIAS, "true");
    let evaluated = ("aws/evaluate-target-health", "true");
    let unevaluated = ("aws/evaluate-target-health", "false");
    let primary = ("aws/failover", "PRIMARY");
    let refused = |record_type, properties: &[_]| {
        policy(record_type, properties).err().map(|error| error.code())
    };
    let wrong = Some(RefusalCode::InvalidProperty);
    assert_eq!(refused(RecordType::Cname, &[multi]), wrong);
    assert_eq!(refused(RecordType::A, &[multi, alias]), wrong);
    assert_eq!(refused(RecordType::Ns, &[(WEIGHT, "1")]), wrong);
    assert_eq!(refused(RecordType::Cname, &[(WEIGHT, "1")]), None);
    assert_eq!(refused(RecordType::A, &[(WEIGHT, "1"), alias]), None);
    assert_eq!(refused(RecordType::A, &[primary]), wrong);
    assert_eq!(refused(RecordType::A, &[primary, alias, unevaluated]), wrong);
    assert_eq!(refused(RecordType::A, &[primary, health]), None);
    assert_eq!(refused(RecordType::A, &[primary, alias, evaluated]), None);
    assert_eq!(refused(RecordType::A, &[("aws/failover", "SECONDARY")]), None);
}

#[test]
fn a_record_set_that_points_to_itself_is_refused() {
    let code = |endpoint: &Endpoint| validate(endpoint).err().map(|error| error.code());
    for target in ["a.example.com", "A.Example.com."] {
        let cname = Endpoint::new("a.example.com", RecordType::Cname, [target]);
        assert_eq!(code(&cname), Some(RefusalCode::InvalidTarget));
        let mut alias = Endpoint::new("a.example.com", RecordType::A, [target]);
        alias.properties.set(ALIAS, "true");
        assert_eq!(code(&alias), Some(RefusalCode::InvalidTarget));
    }
    let wildcard = Endpoint::new("*.example.com", RecordType::Cname, ["a.example.com"]);
    assert_eq!(code(&wildcard), None, "a name below the wildcard may stand for itself");
}
