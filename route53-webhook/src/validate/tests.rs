//! What Route 53 would refuse is refused before it is sent.

use webhook_api::{Endpoint, Targets};

use super::*;
use crate::properties::{ALIAS, WEIGHT};

fn judge(endpoint: &Endpoint) -> Result<(), Invalid> {
    record_set(&RecordSet::from_endpoint(endpoint, true)?)
}

fn code(record_type: RecordType, target: &str) -> Option<&'static str> {
    judge(&Endpoint::new("a.example.com", record_type, [target])).err().map(|it| it.code())
}

#[test]
fn values_of_each_type_are_judged() {
    use RecordType as T;
    let good = [
        (T::A, "192.0.2.1"),
        (T::Aaaa, "2001:db8::1"),
        (T::Cname, "b.example.net"),
        (T::Mx, "10 mail.example.net"),
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
        (T::Naptr, "10 100"),
        (T::Ptr, ""),
    ];
    for (record_type, target) in bad {
        assert_eq!(
            code(record_type.clone(), target),
            Some("InvalidTarget"),
            "{record_type} {target}"
        );
    }
    assert_eq!(code(T::Dname, "a.example.net"), Some("UnsupportedType"));
}

#[test]
fn a_record_set_with_too_many_targets_names_the_limit() {
    let targets: Targets = (0..600).map(|it| format!("10.0.{}.{}", it / 256, it % 256)).collect();
    let error = judge(&Endpoint::new("big.example.com", RecordType::A, targets)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the record set has 600 targets and Route 53 takes at most 400; split them over several \
         names"
    );
    assert_eq!(error.code(), "TooLarge");
}

#[test]
fn names_that_dns_cannot_carry_are_refused() {
    for name in [".example.com", &format!("{}.example.com", "x".repeat(64))] {
        let error = judge(&Endpoint::new(name, RecordType::A, ["192.0.2.1"])).unwrap_err();
        assert_eq!(error.code(), "InvalidName");
    }
}

#[test]
fn a_policy_and_a_set_identifier_need_each_other() {
    let mut endpoint = Endpoint::new("a.example.com", RecordType::A, ["192.0.2.1"]);
    endpoint.set_identifier = "one".to_owned();
    assert_eq!(judge(&endpoint).unwrap_err().code(), "InvalidSetIdentifier");
    endpoint.properties.set(WEIGHT, "1");
    assert!(judge(&endpoint).is_ok());
    endpoint.set_identifier.clear();
    assert_eq!(judge(&endpoint).unwrap_err().code(), "InvalidSetIdentifier");
}

#[test]
fn a_load_balancer_in_an_unknown_region_gets_a_reason() {
    let target = "foo.elb.eastwest-1.amazonaws.com";
    let mut endpoint = Endpoint::new("a.example.com", RecordType::A, [target]);
    endpoint.properties.set(ALIAS, "true");
    assert_eq!(judge(&endpoint).unwrap_err().code(), "UnknownRegion");
    endpoint.properties.set(TARGET_HOSTED_ZONE, "Z1");
    assert!(judge(&endpoint).is_ok());
}

#[test]
fn the_apex_cannot_be_a_cname() {
    let zone = WireName::from_api("example.com.");
    let endpoint = Endpoint::new("example.com", RecordType::Cname, ["b.example.net"]);
    let set = RecordSet::from_endpoint(&endpoint, true).unwrap();
    assert_eq!(in_zone(&set, &zone).unwrap_err().code(), "InvalidTarget");
}

#[test]
fn the_same_address_twice_is_refused() {
    let targets = ["2001:db8::1", "2001:0db8::0001"];
    let endpoint = Endpoint::new("a.example.com", RecordType::Aaaa, targets);
    assert!(matches!(judge(&endpoint), Err(Invalid::RepeatedTarget(_))));
}
