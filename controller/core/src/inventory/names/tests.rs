//! The mapper tables of the ownership rules (case 41), row by row.

use super::*;

fn prefix(prefix: &str) -> Affixes {
    Affixes::new(prefix, "", "")
}

fn suffix(suffix: &str) -> Affixes {
    Affixes::new("", suffix, "")
}

#[test]
fn a_record_maps_to_the_ownership_record_name_that_external_dns_uses() {
    let rows: [(Affixes, &str, &str, &str); 15] = [
        (prefix(""), "foo.example.com", "A", "a-foo.example.com"),
        (prefix(""), "*.example.com", "A", "a-*.example.com"),
        (Affixes::new("", "", "any"), "*.example.com", "CNAME", "cname-any.example.com"),
        (prefix(""), "example", "A", "a-example"),
        (prefix("P."), "Foo.Example.com", "A", "p.a-Foo.Example.com"),
        (suffix("-S"), "Foo.Example.com", "MX", "mx-Foo-s.Example.com"),
        (Affixes::new("txt-", "", "wild"), "*.example.com", "TXT", "txt-txt-wild.example.com"),
        (prefix("%{record_type}."), "example.com", "CNAME", "cname.example.com"),
        (prefix("%{record_type}-abc-."), "ex.com", "CNAME", "cname-abc-.ex.com"),
        (suffix("-.%{record_type}"), "www.ex.com", "CNAME", "www-.cname.ex.com"),
        (suffix("-.%{record_type}"), "ex.com", "CNAME", "ex-.cname.com"),
        (
            prefix("x-%{RECORD_TYPE}-%{record_type}."),
            "example.com",
            "CNAME",
            "x-cname-cname.example.com",
        ),
        (prefix("foo"), "example.com", "A", "fooa-example.com"),
        (suffix(".foo.bar.test"), "example.com", "CNAME", "cname-example.foo.bar.test.com"),
        (prefix("bar.%{record_type}.foo."), "example.com", "CNAME", "bar.cname.foo.example.com"),
    ];
    for (affixes, name, record_type, ownership_record) in rows {
        assert_eq!(affixes.ownership_record_name(name, &record_type.into()), ownership_record);
    }
}

#[test]
fn an_ownership_record_name_maps_back_to_what_it_ownership_records() {
    type Row = (Affixes, &'static str, Option<(&'static str, &'static str)>);
    let rows: [Row; 19] = [
        (prefix(""), "a-foo.example.com", Some(("foo.example.com", "A"))),
        (prefix(""), "a-b-foo.example.com", Some(("b-foo.example.com", "A"))),
        (prefix(""), "foo.example.com", Some(("foo.example.com", ""))),
        (prefix(""), "caa-foo.com", Some(("caa-foo.com", ""))),
        // Upstream reads type A here although there is no dash; a bare label owns nothing typed.
        (prefix(""), "a", Some(("a", ""))),
        (prefix(""), "A-FOO.Example.COM", Some(("foo.example.com", "A"))),
        (prefix("txt."), "foo.com", None),
        (prefix("txt."), "txt.mx-foo.com", Some(("foo.com", "MX"))),
        (prefix("%{record_type}."), ".foo.com", Some(("foo.com", ""))),
        (prefix("%{record_type}"), "aaaafoo.com", Some(("aaafoo.com", "A"))),
        (suffix("%{record_type}"), "fooaaaa.com", Some(("fooaaa.com", "A"))),
        // Upstream answers `.com` where the suffix does not match.
        (suffix("-txt"), "foo.com", None),
        (suffix("-txt"), "mx-foo-txt.com", Some(("foo.com", "MX"))),
        (suffix(".foo.bar"), "a-example.foo.bar.com", Some(("example.com", "A"))),
        (suffix(".foo.bar"), "a-example.foo.bar", Some(("example", "A"))),
        (suffix(".foo.bar"), "a-example.foo", None),
        (suffix("txt%{record_type}"), "bartxt.ex.org", Some(("bar.ex.org", ""))),
        (prefix("foo-%{record_type}-"), "foo--test.example.com", Some(("test.example.com", ""))),
        (suffix("%{record_type}-x"), "foocname-x.com", Some(("foo.com", "CNAME"))),
    ];
    for (affixes, ownership_record, expected) in rows {
        let expected = expected.map(|(name, kind)| {
            (name.to_owned(), (!kind.is_empty()).then(|| RecordType::from(kind)))
        });
        assert_eq!(
            affixes.owned(ownership_record),
            expected,
            "{ownership_record} with {affixes:?}"
        );
    }
}

#[test]
fn every_spelled_type_maps_there_and_back() {
    let affixes = [prefix(""), prefix("%{record_type}-"), suffix("-%{record_type}"), prefix("t.")];
    for affixes in affixes {
        for record_type in SPELLED {
            let name = "2.49.168.192.in-addr.arpa";
            let back = affixes.owned(&affixes.ownership_record_name(name, &record_type));
            assert_eq!(back, Some((name.to_owned(), Some(record_type))));
        }
    }
}
