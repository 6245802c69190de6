//! The rules of filters, each as a fact about names.

use super::*;
use crate::wire;

fn covers(include: &[&str], exclude: &[&str], name: &str) -> bool {
    let filter = DomainFilter::lists(include, exclude);
    let dotted = filter.covers(&DnsName::from(format!("{name}.")));
    let plain = filter.covers(&DnsName::from(name));
    assert_eq!(dotted, plain, "a final dot must not matter for `{name}`");
    let sent: DomainFilter = serde_json::from_slice(&wire::encode(&filter)).unwrap();
    assert_eq!(sent.covers(&DnsName::from(name)), plain, "`{name}` after a trip over the wire");
    plain
}

fn matches(include: &str, exclude: &str, name: &str) -> bool {
    let pattern = |text: &str| (!text.is_empty()).then(|| Pattern::new(text).unwrap());
    DomainFilter::patterns(pattern(include), pattern(exclude)).covers(&DnsName::from(name))
}

#[test]
fn a_name_is_in_when_it_is_a_listed_domain_or_below_one() {
    assert!(covers(&["google.com.", "exaring.de", "inovex.de"], &[], "exaring.de"));
    assert!(covers(&["   foo.org   "], &[], "foo.org"));
    assert!(!covers(&["foo.org."], &[], "baz.org"));
    assert!(!covers(&["baz.foo.org."], &[], "foo.org"));
    assert!(covers(&["bar.sub.example.org"], &[], "foo.bar.sub.example.org"));
    assert!(!covers(&["example.org"], &[], "anexample.org"));
}

#[test]
fn a_leading_dot_means_below_only() {
    assert!(!covers(&[".example.org"], &[], "example.org"));
    assert!(!covers(&[".example.org"], &[], "anexample.org"));
    assert!(covers(&[".example.org"], &[], "test.example.org"));
    assert!(covers(&[".org"], &[], "example.org"));
}

#[test]
fn blank_domains_mean_not_configured() {
    assert!(covers(&[""], &[], "foo.org"));
    assert!(covers(&[" "], &[], "foo.org"));
    assert!(covers(&["", "foo.org."], &[], "foo.org"));
    assert!(!DomainFilter::lists([" . "], [""]).is_configured());
}

#[test]
fn an_excluded_domain_takes_its_subdomains_along() {
    let (include, exclude) = (&["example.org"][..], &["api.example.org"][..]);
    for name in ["example.org", "test.example.org", "dev-api.example.org"] {
        assert!(covers(include, exclude, name), "{name}");
    }
    for name in ["api.example.org", "foo.api.example.org", "dev.api.example.org"] {
        assert!(!covers(include, exclude, name), "{name}");
    }
    assert!(!covers(include, &[".api.example.org"], "bar.baz.api.example.org"));
}

#[test]
fn letter_case_and_punycode_do_not_matter() {
    assert!(!covers(&["æøå.org"], &["api.æøå.org"], "api.xn--5cab8c.org"));
    assert!(covers(
        &["eXaMPle.ORG", "API.example.ORG"],
        &["Foo-Bar.Example.Org"],
        "FoOoo.Api.Example.Org"
    ));
    let filter = DomainFilter::lists(["sTOnks📈.ORG", "API.xn--StonkS-u354e.ORG"], [""; 0]);
    assert_eq!(
        String::from_utf8(wire::encode(&filter)).unwrap(),
        "{\"include\":[\"api.stonks📈.org\",\"stonks📈.org\"]}\n"
    );
}

#[test]
fn expressions_match_anywhere_and_exclusion_wins() {
    assert!(matches(r"\.org$", "", "foo.org"));
    assert!(!matches(r"\.org$", "", "foo.com"));
    assert!(matches(r"(?:😍|🤩)\.org$", "", "xn--r28h.org"));
    let (include, exclude) = (r"(?:foo|bar)\.org$", r"^example\.(?:foo|bar)\.org$");
    assert!(!matches(include, exclude, "example.foo.org"));
    assert!(matches(include, exclude, "a.example.foo.org"));
    assert!(matches("", "^example", "foo.org"));
    assert!(!matches("^x", "^y", "foo.org"));
}

/// Names are tested one by one, with and without a final dot or a leading one.
#[test]
fn an_exclusion_without_its_own_dot_takes_the_name_itself_along() {
    let names = [
        "subdomain.ex.com",
        "ex.com",
        "subdomain.ex.com.",
        ".subdomain.ex.com",
        "one.subdomain.ex.com",
        "ex.com.",
    ];
    let kept = |exclude: &[&str]| {
        let filter = DomainFilter::lists(["ex.com"], exclude);
        names.into_iter().filter(|name| filter.covers(&DnsName::from(*name))).collect::<Vec<_>>()
    };
    assert_eq!(kept(&["subdomain.ex.com"]), ["ex.com", "ex.com."]);
    assert_eq!(kept(&[".ex.com"]), ["ex.com", "ex.com."]);
    assert_eq!(kept(&[]), names);
}

/// The patterns that zones are usually picked with.
#[test]
fn a_pattern_for_one_label_does_not_match_the_zone_itself() {
    let zone = r"^[\w-]+\.us-east-1\.test\.com$";
    assert!(matches(zone, "", "www.us-east-1.test.com"));
    assert!(!matches(zone, "", "us-east-1.test.com"));
    assert!(!matches(zone, "", "a.b.us-east-1.test.com"));
    let with_top = r"^([\w-]+\.)*us-east-1\.test\.com$";
    assert!(matches(with_top, "", "us-east-1.test.com"));
    assert!(matches(with_top, "", "a.b.us-east-1.test.com"));
}

/// A pattern that only excludes lets everything else in.
#[test]
fn a_filter_is_configured_by_either_list_or_either_pattern() {
    assert!(!DomainFilter::patterns(None, None).is_configured());
    let excluding = DomainFilter::patterns(None, Some(Pattern::new("^x").unwrap()));
    assert!(excluding.is_configured());
    assert!(!excluding.covers(&"x.org".into()) && excluding.covers(&"y.org".into()));
    assert!(DomainFilter::lists([""; 0], ["x.org"]).is_configured());
}

#[test]
fn a_zone_is_a_parent_only_of_names_strictly_below_it() {
    let below = |include: &str, zone: &str| {
        DomainFilter::lists([include], [""; 0]).covers_below(&DnsName::from(zone))
    };
    assert!(below("a.example.com.", "example.com"));
    assert!(!below(".a.example.com.", "example.com"));
    assert!(!below("a.example.com", "b.example.com"));
    assert!(!below("example.com", "example.com"));
    assert!(below("a.xn--c1yn36f.æøå.", "xn--c1yn36f.xn--5cab8c"));
}

#[test]
fn the_wire_form_reads_as_go_reads_it() {
    let read = |text: &str| {
        wire::decode_negotiation(text.as_bytes()).map(|negotiation| negotiation.domain_filter)
    };
    for everything in ["{}", "null", r#"{"include":null}"#, r#"{"filters":["example.com"]}"#] {
        assert!(!read(everything).unwrap().is_configured(), "{everything}");
    }
    let filter = read(r#"{"INCLUDE":["b.com."],"Exclude":["c.b.com"]}"#).unwrap();
    assert!(filter.covers(&"b.com".into()) && !filter.covers(&"x.c.b.com".into()));
    assert!(read(r#"{"include":[],"regexInclude":"x"}"#).unwrap().covers(&"axb".into()));
    let excluded = read(r#"{"regexExclude":"^a"}"#).unwrap();
    assert!(excluded.covers(&"b".into()) && !excluded.covers(&"ab".into()));
    let nothing = read(r#"{"regexInclude":"^$"}"#).unwrap();
    assert_eq!(nothing, DomainFilter::Nothing, "a provider without a zone");
    assert!(nothing.is_configured() && !nothing.covers(&"a.com".into()));
    let literal = read(r#"{"include":["*.a.com"," .b.com."]}"#).unwrap();
    assert!(literal.covers(&"x.b.com".into()) && !literal.covers(&"x.a.com".into()));
    for unusable in [
        r#"{"include":["a.com"],"regexInclude":"x"}"#,
        r#"{"exclude":["a.com"],"regexExclude":"x"}"#,
        r#"{"regexInclude":"("}"#,
        r#"{"include":"a.com"}"#,
        "[]",
        "\"\"",
    ] {
        assert!(read(unusable).is_err(), "{unusable}");
    }
}

#[test]
fn the_wire_form_is_written_sorted_and_normalised() {
    let written = |filter: &DomainFilter| String::from_utf8(wire::encode(filter)).unwrap();
    let lists = DomainFilter::lists(["b.org.", " a.com ", "", ".x.y"], [""; 0]);
    assert_eq!(written(&lists), "{\"include\":[\".x.y\",\"a.com\",\"b.org\"]}\n");
    let patterns = DomainFilter::patterns(Some(Pattern::new(r"(foo|bar)\.org$").unwrap()), None);
    assert_eq!(written(&patterns), "{\"regexInclude\":\"(foo|bar)\\\\.org$\"}\n");
    assert_eq!(written(&DomainFilter::All), "{}\n");
    assert_eq!(written(&DomainFilter::Nothing), "{\"regexInclude\":\"^$\"}\n");
}

#[test]
fn a_filter_is_told_in_words_and_a_long_one_is_cut() {
    let lists = |include: &[&str], exclude: &[&str]| DomainFilter::lists(include, exclude);
    let pattern = |text: &str| Some(Pattern::new(text).unwrap());
    for (filter, words) in [
        (DomainFilter::All, "every name"),
        (DomainFilter::Nothing, "no name"),
        (lists(&["b.org", "a.com"], &[]), "only names under `b.org` or `a.com`"),
        (lists(&[], &["x.com"]), "every name but those under `x.com`"),
        (
            lists(&["a.com"], &["x.a.com", "y.a.com", "z.a.com"]),
            "only names under `a.com`, and none of those under `x.a.com`, `y.a.com` or `z.a.com`",
        ),
        (
            DomainFilter::patterns(pattern("^a"), pattern("b$")),
            "only names that match `^a`, and none of those that match `b$`",
        ),
        (lists(&["a\u{1b}[31m.com"], &[]), "only names under `a\\u{1b}[31m.com`"),
        (
            lists(&["1.x", "2.x", "3.x", "4.x", "5.x", "6.x", "7.x"], &[]),
            "only names under `1.x`, `2.x`, `3.x`, `4.x`, `5.x` or 2 more",
        ),
    ] {
        assert_eq!(filter.to_string(), words);
    }
}
