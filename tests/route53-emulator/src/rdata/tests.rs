//! The notation of each type's values, each rule as a sentence.

use super::*;

fn parse(record_type: RecordType, value: &str) -> Result<Rdata, String> {
    Rdata::parse(record_type, value).map_err(|problem| problem.to_string())
}

fn code(record_type: RecordType, value: &str) -> String {
    let problem = parse(record_type, value).unwrap_err();
    let code = problem.strip_prefix("FATAL problem: ").unwrap().split(' ').next().unwrap();
    code.to_owned()
}

fn accepts(record_type: RecordType, values: &[&str]) {
    for value in values {
        assert!(parse(record_type, value).is_ok(), "{record_type} {value}");
    }
}

#[test]
fn an_ipv4_address_is_four_plain_numbers() {
    accepts(RecordType::A, &["192.0.2.1", "0.0.0.0", "255.255.255.255"]);
    for value in ["192.0.2.256", "192.0.2", "192.0.2.1 ", "2001:db8::1", "web", "", "192.0.2.01"] {
        assert_eq!(code(RecordType::A, value), "ARRDATAIllegalIPv4Address", "{value}");
    }
    assert_eq!(
        parse(RecordType::A, "web").unwrap_err(),
        "FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) \
         encountered with 'web'"
    );
}

#[test]
fn an_ipv6_address_may_be_shortened() {
    accepts(RecordType::AAAA, &["2001:db8::1", "::", "2001:DB8:0:0:0:0:0:1", "::ffff:192.0.2.1"]);
    for value in ["192.0.2.1", "2001:db8::1::2", "2001:db8::1%eth0", ":::"] {
        assert_eq!(code(RecordType::AAAA, value), "AAAARRDATAIllegalIPv6Address", "{value}");
    }
}

#[test]
fn names_in_values_follow_the_rules_of_names() {
    for record_type in [RecordType::CNAME, RecordType::NS, RecordType::PTR] {
        accepts(record_type, &["a.example.com", "A.example.com.", "_x.example.com"]);
        assert_eq!(code(record_type, "a..b"), "DomainLabelEmpty");
        assert_eq!(code(record_type, "a b"), "UnsupportedCharacter");
        assert_eq!(code(record_type, ""), "DomainNameEmpty");
        assert_eq!(code(record_type, &"a".repeat(64)), "DomainLabelTooLong");
    }
}

#[test]
fn txt_values_are_quoted_strings() {
    accepts(RecordType::TXT, &[r#""a""#, r#""a" "b""#, r#""""#, r#""a \"b\" \\ \303\251""#]);
    for value in ["a", r#"a "b""#, r#""a"b"#, r#""a""b""#, r#""a"#, "", r#""a\"#] {
        assert_eq!(code(RecordType::TXT, value), "InvalidCharacterString", "{value}");
    }
    assert_eq!(code(RecordType::TXT, "\"é\""), "UnsupportedCharacter");
    assert_eq!(
        parse(RecordType::SPF, r#""v=spf1" "\141ll\"""#),
        Ok(Rdata::Text(vec![b"v=spf1".to_vec(), b"all\"".to_vec()]))
    );
}

#[test]
fn one_string_has_at_most_255_octets_after_its_escapes() {
    let longest = format!("\"{}\"", "a".repeat(255));
    accepts(RecordType::TXT, &[&longest, &format!("{longest} {longest}")]);
    accepts(RecordType::TXT, &[&format!("\"{}\\141\"", "a".repeat(254))]);
    assert_eq!(
        code(RecordType::TXT, &format!("\"{}\"", "a".repeat(256))),
        "CharacterStringTooLong"
    );
}

#[test]
fn a_mail_exchanger_has_a_preference_and_a_name() {
    accepts(RecordType::MX, &["10 mail.example.com", "0 .", "65535   mail.example.com."]);
    assert_eq!(code(RecordType::MX, "mail.example.com"), "MXRRDATANotTwoFields");
    assert_eq!(code(RecordType::MX, "65536 mail.example.com"), "InvalidNumber");
    assert_eq!(code(RecordType::MX, "+1 mail.example.com"), "InvalidNumber");
    assert_eq!(code(RecordType::MX, "10 mail..example.com"), "DomainLabelEmpty");
}

#[test]
fn a_service_has_three_numbers_and_a_name() {
    accepts(RecordType::SRV, &["10 5 80 host.example.com", "0 0 0 ."]);
    assert_eq!(code(RecordType::SRV, "10 5 host.example.com"), "SRVRRDATANotFourFields");
    assert_eq!(code(RecordType::SRV, "10 5 70000 host.example.com"), "InvalidNumber");
}

#[test]
fn a_caa_has_flags_a_tag_and_a_quoted_value() {
    accepts(RecordType::CAA, &[r#"0 issue "ca.example.net""#, r#"128 iodef "mailto:a@b""#]);
    assert_eq!(code(RecordType::CAA, "0 issue ca.example.net"), "InvalidCharacterString");
    assert_eq!(code(RecordType::CAA, r#"256 issue "ca""#), "InvalidNumber");
    assert_eq!(code(RecordType::CAA, r#"0 is-sue "ca""#), "CAARRDATAIllegalTag");
    assert_eq!(code(RecordType::CAA, "0"), "CAARRDATANotThreeFields");
}

#[test]
fn a_naptr_has_six_fields_of_which_three_are_quoted() {
    accepts(
        RecordType::NAPTR,
        &[
            r#"100 50 "u" "E2U+sip" "!^(.*)$!sip:\\1@example.com!" ."#,
            r#"100 100 "U" "" "" example.com"#,
        ],
    );
    assert_eq!(code(RecordType::NAPTR, r#"100 50 u "" "" ."#), "InvalidCharacterString");
    assert_eq!(code(RecordType::NAPTR, r#"100 50 "u" "" """#), "NAPTRRRDATANotSixFields");
}

#[test]
fn an_soa_has_seven_fields() {
    let soa = "ns.example.com. host.example.com. 1 7200 900 1209600 86400";
    accepts(RecordType::SOA, &[soa]);
    assert_eq!(code(RecordType::SOA, "ns.example.com. 1"), "SOARRDATANotSevenFields");
}

#[test]
fn digests_and_fingerprints_are_hexadecimal() {
    accepts(RecordType::DS, &["12345 3 1 49FD46E6C4B45C55D4AC"]);
    accepts(RecordType::TLSA, &["3 1 1 0b9fa5a5"]);
    accepts(RecordType::SSHFP, &["4 2 123456789abcdef0"]);
    assert_eq!(code(RecordType::DS, "12345 3 1 xyz1"), "InvalidHexadecimal");
    assert_eq!(code(RecordType::TLSA, "3 1 1 abc"), "InvalidHexadecimal");
    assert_eq!(code(RecordType::SSHFP, "4 2"), "SSHFPRRDATANotThreeFields");
}

#[test]
fn service_bindings_have_a_priority_and_a_target() {
    accepts(RecordType::HTTPS, &["1 . alpn=\"h2,h3\"", "0 svc.example.com."]);
    assert_eq!(code(RecordType::SVCB, "svc.example.com"), "SVCBRRDATANotTwoFields");
    assert_eq!(code(RecordType::SVCB, "x svc.example.com"), "InvalidNumber");
}

#[test]
fn a_naptr_rewrites_by_an_expression_or_to_a_name() {
    accepts(
        RecordType::NAPTR,
        &[r#"1 1 "U" "123" "!^.*$!sip:a@b!" ."#, r#"1 1 "S" "123" "" x.example.com."#],
    );
    let both = r#"1 1 "U" "123" "regular" x.example.com"#;
    assert_eq!(
        parse(RecordType::NAPTR, both).unwrap_err(),
        format!(
            "WARNING problem: NAPTRRRDATARegexpAndReplacementError (NAPTR record can have only one \
             field in regexp and replacement) encountered with '{both}'"
        )
    );
}
