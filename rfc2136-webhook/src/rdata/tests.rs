//! What values of each type are in text and in bytes.

use proptest::prelude::*;

use super::*;
use crate::record_type::SERVED;

fn told(record_type: &str, value: &str) -> Option<String> {
    canonical(&record_type.into(), value).ok()
}

#[test]
fn values_are_told_in_one_spelling() {
    let rows = [
        ("A", "192.0.2.1", "192.0.2.1"),
        ("AAAA", "2001:0DB8:0::1", "2001:db8::1"),
        ("CNAME", "WWW.Example.com.", "www.example.com"),
        ("CNAME", "münchen.example.com", "xn--mnchen-3ya.example.com"),
        ("DNAME", "other.example.net", "other.example.net"),
        ("NS", "ns1.example.com.", "ns1.example.com"),
        ("PTR", "host.example.com", "host.example.com"),
        ("MX", "10 Mail.example.com", "10 mail.example.com"),
        ("MX", "0 .", "0 ."),
        ("SRV", "0 50 443 host.example.com", "0 50 443 host.example.com."),
        ("CAA", "0 ISSUE \"ca.example.net\"", "0 issue \"ca.example.net\""),
        ("CAA", "128 iodef mailto:a@example.com", "128 iodef \"mailto:a@example.com\""),
        (
            "NAPTR",
            "10 20 u E2U+sip \"!^.*$!sip:x@example.com!\" .",
            "10 20 \"u\" \"E2U+sip\" \"!^.*$!sip:x@example.com!\" .",
        ),
        ("TLSA", "3 1 1 0A1B 2c3d", "3 1 1 0a1b2c3d"),
        ("HTTPS", "1 . port=443 alpn=h2,h3", "1 . alpn=\"h2,h3\" port=443"),
        ("HTTPS", "0 svc.example.net.", "0 svc.example.net."),
        (
            "SVCB",
            "16 foo.example.org. mandatory=ipv4hint,alpn alpn=\"h2\" ipv4hint=192.0.2.1",
            "16 foo.example.org. mandatory=alpn,ipv4hint alpn=\"h2\" ipv4hint=192.0.2.1",
        ),
        (
            "SVCB",
            "1 foo.example.com. key667=\"hello\\210qoo\"",
            "1 foo.example.com. key667=\"hello\\210qoo\"",
        ),
        (
            "HTTPS",
            "1 . ech=AEj+DQ== ipv6hint=2001:DB8::1 no-default-alpn alpn=h3",
            "1 . alpn=\"h3\" no-default-alpn ech=AEj+DQ== ipv6hint=2001:db8::1",
        ),
        ("TXT", "v=spf1 -all", "\"v=spf1 -all\""),
    ];
    for (record_type, value, expected) in rows {
        assert_eq!(told(record_type, value).as_deref(), Some(expected), "{record_type} {value}");
        assert_eq!(
            told(record_type, expected).as_deref(),
            Some(expected),
            "{record_type} {expected}"
        );
    }
}

#[test]
fn what_is_no_value_of_its_type_is_refused_with_a_good_one() {
    let rows = [
        ("A", "2001:db8::1"),
        ("A", "192.0.2.1:80"),
        ("A", ""),
        ("AAAA", "192.0.2.1"),
        ("CNAME", "two words"),
        ("CNAME", ""),
        ("CNAME", "a..b"),
        ("MX", "mail.example.com"),
        ("MX", "70000 mail.example.com"),
        ("SRV", "1 2 host.example.com"),
        ("CAA", "0 is-sue x"),
        ("TLSA", "3 1 1 0a1"),
        ("TLSA", "3 1 1"),
        ("NAPTR", "10 20 u E2U+sip ."),
        ("HTTPS", "1 . alpn=h2 alpn=h3"),
        ("HTTPS", "1 . nonsense=1"),
        ("HTTPS", "1 . port=70000"),
        ("HTTPS", "1 . alpn=h2,,h3"),
    ];
    for (record_type, value) in rows {
        let error = from_text(&record_type.into(), value).unwrap_err().to_string();
        assert!(error.contains("; use "), "{error}");
    }
    assert!(from_text(&"LOC".into(), "x").is_err());
}

proptest! {
    #[test]
    fn what_can_be_told_of_any_bytes_means_those_bytes(
        code in prop::sample::select(SERVED.to_vec()),
        bytes in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let record_type = RecordType::from(code.0);
        if let Some(text) = to_text(&record_type, &bytes) {
            let again = from_text(&record_type, &text);
            // Parameters out of order are the one thing that has a text and no bytes of our own.
            if let Ok(again) = again {
                prop_assert_eq!(to_text(&record_type, &again), Some(text));
            }
        }
    }

    #[test]
    fn no_text_at_all_ends_the_process(code in prop::sample::select(SERVED.to_vec()), value in ".*") {
        let record_type = RecordType::from(code.0);
        if let Ok(told) = canonical(&record_type, &value) {
            prop_assert_eq!(canonical(&record_type, &told), Ok(told));
        }
    }
}
