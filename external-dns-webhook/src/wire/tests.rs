//! The cases of the protocol's JSON, as a Go program sends and expects them.

use super::*;
use crate::{Changes, Endpoint, RecordType};

fn endpoints(text: &str) -> Result<Vec<Endpoint>, DecodeError> {
    decode_endpoints(text.as_bytes())
}

fn rewritten(text: &str) -> String {
    String::from_utf8(encode(&endpoints(text).unwrap())).unwrap()
}

#[test]
fn a_full_record_set_keeps_the_order_of_its_members() {
    let text = r#"[{"dnsName":"a.b","targets":["x",""],"recordType":"A","setIdentifier":"s","recordTTL":5,"labels":{"a":"2","owner":"","z":"1"},"providerSpecific":[{"name":"n","value":"v"},{"name":"b"},{}]}]"#;
    assert_eq!(rewritten(text), format!("{text}\n"));
}

#[test]
fn empty_members_are_left_out() {
    assert_eq!(
        rewritten(r#"[{"DNSNAME":"a","recordTTL":0,"labels":{},"targets":[]}]"#),
        "[{\"dnsName\":\"a\"}]\n"
    );
    assert_eq!(rewritten("[{}]"), "[{}]\n");
    assert_eq!(rewritten("null"), "[]\n");
}

#[test]
fn markup_characters_are_escaped_as_go_escapes_them() {
    let endpoint = Endpoint::new("", RecordType::default(), ["\"heritage=<&>\u{2028}é"]);
    assert_eq!(
        String::from_utf8(encode(&[endpoint])).unwrap(),
        "[{\"targets\":[\"\\\"heritage=\\u003c\\u0026\\u003e\\u2028é\"]}]\n"
    );
}

#[test]
fn null_means_empty_wherever_it_stands() {
    let text = r#"[null,{"dnsName":null,"targets":null,"recordType":null,"setIdentifier":null,
        "recordTTL":null,"labels":null,"providerSpecific":null}]"#;
    assert_eq!(endpoints(text).unwrap(), [Endpoint::default()]);
    assert_eq!(
        rewritten(r#"[{"targets":[null],"labels":{"a":null}}]"#),
        "[{\"targets\":[\"\"],\"labels\":{\"a\":\"\"}}]\n"
    );
}

#[test]
fn member_names_are_read_in_any_case_and_unknown_ones_are_ignored() {
    assert_eq!(
        rewritten(r#"[{"DnsName":"a","RECORDTYPE":"A","targetſ":["1"],"refObject":{"x":[1]}}]"#),
        "[{\"dnsName\":\"a\",\"targets\":[\"1\"],\"recordType\":\"A\"}]\n"
    );
}

#[test]
fn a_repeated_member_is_decoded_over_the_earlier_one() {
    let changes = decode_changes(
        br#"{"create":[{"dnsName":"a","recordType":"A"}],"Create":[{"recordType":"B"}]}"#,
    )
    .unwrap();
    assert_eq!(changes.create, [Endpoint::new("a", RecordType::from("B"), [""; 0])]);
}

#[test]
fn whole_numbers_only_are_a_ttl() {
    for refused in ["1.0", "1e2", "\"5\"", "9223372036854775808", "true"] {
        assert!(endpoints(&format!(r#"[{{"recordTTL":{refused}}}]"#)).is_err(), "{refused}");
    }
    assert_eq!(rewritten(r#"[{"recordTTL":-0}]"#), "[{}]\n");
    assert_eq!(rewritten(r#"[{"recordTTL":60}]"#), "[{\"recordTTL\":60}]\n");
}

#[test]
fn what_follows_the_first_value_is_ignored() {
    for text in ["[] trailing", "[]]", "[]\n[]"] {
        assert_eq!(endpoints(text).unwrap(), []);
    }
    let changes = decode_changes(br#"{"create":[{}]} junk"#).unwrap();
    assert_eq!(changes.create, [Endpoint::default()]);
}

#[test]
fn a_body_of_the_wrong_shape_is_refused() {
    for text in ["", " \n", "{}", "[1]", r#"[{"targets":"x"}]"#, r#"[{"providerSpecific":{}}]"#] {
        assert!(endpoints(text).is_err(), "{text}");
    }
    assert!(decode_changes(b"[]").is_err());
    assert!(decode_changes(b"").is_err());
}

#[test]
fn what_no_text_can_hold_is_refused_with_its_member_and_read_of_zones_all_the_same() {
    let text = r#"[{"dnsName":"a","targets":["\ud800"]}]"#;
    let bytes = b"[{\"dnsName\":\"a\",\"targets\":[\"\xff\"]}]";
    for body in [text.as_bytes(), bytes] {
        for told in [
            decode_endpoints(body).unwrap_err(),
            decode_changes(&[b"{\"create\":", body, b"}"].concat()).unwrap_err(),
            decode_changes(&[b"{\"updateOld\":[],\"updateNew\":", body, b"}"].concat())
                .unwrap_err(),
            decode_negotiation(&[b"{\"unknown\":", body, b"}"].concat()).unwrap_err(),
        ] {
            assert!(told.to_string().starts_with("`targets` at byte "), "{told}");
        }
        let held = decode_records(body).unwrap();
        assert_eq!(held.first().unwrap().targets.0, ["\u{fffd}"]);
    }
    assert!(decode_negotiation(br#"{"include":["example.com\ud800"]}"#).is_err());
    assert_eq!(
        rewritten(r#"[{"dnsName":"\ufffd","setIdentifier":"\ud83d\ude00\\ud800"}]"#),
        "[{\"dnsName\":\"\u{fffd}\",\"setIdentifier\":\"😀\\\\ud800\"}]\n",
        "what a Go encoder has written in its place"
    );
}

#[test]
fn changes_are_read_and_written_in_both_spellings() {
    let lower = r#"{"create":[{"dnsName":"foo"}],"updateOld":[{"dnsName":"bar"}],"updateNew":[{"dnsName":"baz"}],"delete":[{"dnsName":"qux"}]}"#;
    let old = r#"{"Create":[{"dnsName":"foo"}],"updateOld":[{"dnsName":"bar"}],"UpdateNew":[{"dnsName":"baz"}],"Delete":[{"dnsName":"qux"}]}"#;
    let changes = decode_changes(old.as_bytes()).unwrap();
    assert_eq!(changes, decode_changes(lower.as_bytes()).unwrap());
    assert_eq!(String::from_utf8(encode(&changes)).unwrap(), format!("{lower}\n"));
    for nothing in ["null", "{}", r#"{"Create":null,"Delete":null}"#, r#"{"create":[null]}"#] {
        assert_eq!(decode_changes(nothing.as_bytes()).unwrap(), Changes::default());
    }
}

#[test]
fn updates_that_do_not_pair_up_are_refused_with_both_counts() {
    let error = decode_changes(br#"{"updateOld":[{"recordType":"A"}]}"#).unwrap_err();
    assert!(
        error.to_string().starts_with("`updateOld` has 1 elements and `updateNew` has 0"),
        "{error}"
    );
}
