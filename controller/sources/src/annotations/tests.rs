//! What annotations mean under both prefixes, and what they do not.

use super::*;

fn prefixes() -> Vec<String> {
    DEFAULT_PREFIXES.map(str::to_owned).to_vec()
}

fn pairs(given: &[(&str, &str)]) -> Pairs {
    given.iter().map(|(key, value)| (*key, *value)).collect()
}

#[test]
fn both_prefixes_are_read_and_the_first_one_wins() {
    let pairs = pairs(&[
        ("external-dns.kubernetes.io/hostname", "new.example.com"),
        ("external-dns.alpha.kubernetes.io/hostname", "old.example.com"),
        ("external-dns.alpha.kubernetes.io/ttl", "60"),
    ]);
    let annotations = Annotations::read(&pairs, &prefixes());
    assert_eq!(annotations.get(key::HOSTNAME), Some("new.example.com"));
    assert_eq!(annotations.ttl(), Ttl::from_seconds(60));
    assert_eq!(
        annotations.problems(),
        [Reason::AnnotationConflict {
            used: "external-dns.kubernetes.io/hostname".into(),
            ignored: "external-dns.alpha.kubernetes.io/hostname".into(),
        }]
    );
}

#[test]
fn prefixes_that_agree_are_no_conflict() {
    let pairs = pairs(&[
        ("external-dns.kubernetes.io/hostname", "a.example.com"),
        ("external-dns.alpha.kubernetes.io/hostname", "a.example.com"),
    ]);
    assert_eq!(Annotations::read(&pairs, &prefixes()).problems(), []);
}

#[test]
fn a_ttl_is_a_duration_or_seconds_and_never_a_guess() {
    let seconds = |value| ttl(value).map(Ttl::seconds);
    assert_eq!(seconds("10"), Some(10));
    assert_eq!(seconds("+60"), Some(60));
    assert_eq!(seconds("1m"), Some(60));
    assert_eq!(seconds("1h30m"), Some(5400));
    assert_eq!(seconds("1.5s"), Some(1));
    for bad in ["foo", "-10", "-3s", "0", "0s", "500ms", "2147483648", " 5", ""] {
        assert_eq!(seconds(bad), None, "{bad}");
    }
}

#[test]
fn lists_split_at_commas_and_keep_empty_items_to_be_refused() {
    let pairs = pairs(&[
        ("external-dns.kubernetes.io/hostname", " a.example.com ,, b.example.com,\n,"),
        ("external-dns.kubernetes.io/target", "lb.example.com. 192.0.2.1"),
    ]);
    let annotations = Annotations::read(&pairs, &prefixes());
    let names = annotations.names(key::HOSTNAME).unwrap();
    assert_eq!(names, ["a.example.com", "", "b.example.com"]);
    assert_eq!(annotations.targets(), ["lb.example.com. 192.0.2.1"], "never joined");
    let whole = "external-dns.kubernetes.io/hostname";
    assert_eq!(annotations.listing(key::HOSTNAME, "b.example.com"), Some(whole));
    assert_eq!(annotations.listing(key::HOSTNAME, "c.example.com"), None);
}

#[test]
fn an_empty_target_is_none_and_a_blank_one_is_a_mistake() {
    let targets = |value| {
        let pairs = pairs(&[("external-dns.kubernetes.io/target", value)]);
        Annotations::read(&pairs, &prefixes()).targets()
    };
    assert_eq!(targets(""), [""; 0]);
    for blank in [" ", ",", "\n", " , "] {
        assert_eq!(targets(blank), [""], "{blank:?}");
    }
}

#[test]
fn provider_settings_become_properties() {
    let pairs = pairs(&[
        ("external-dns.kubernetes.io/aws-weight", "10"),
        ("external-dns.kubernetes.io/scw-x", "1"),
        ("external-dns.kubernetes.io/webhook-y", "2"),
        ("external-dns.kubernetes.io/coredns-group", "g"),
        ("external-dns.kubernetes.io/azure-tags", "a=b"),
        ("external-dns.kubernetes.io/cloudflare-proxied", "true"),
        ("external-dns.kubernetes.io/cloudflare-unknown", "true"),
        ("external-dns.kubernetes.io/alias", "true"),
        ("external-dns.kubernetes.io/record-type", ""),
    ]);
    let annotations = Annotations::read(&pairs, &prefixes());
    assert_eq!(annotations.unclear_setting(), None);
    let properties = annotations.properties();
    let names: Vec<_> = properties.iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        [
            "alias",
            "record-type",
            "aws/weight",
            "azure/tags",
            "external-dns.kubernetes.io/cloudflare-proxied",
            "coredns/group",
            "scw/x",
            "webhook/y"
        ]
    );
    assert_eq!(annotations.problems().len(), 1, "the unknown one is named");
}

#[test]
fn each_setting_is_looked_at_once_however_many_there_are() {
    for size in [0, 10, 5_000] {
        let given: Vec<_> = (0..size)
            .map(|number| (format!("external-dns.kubernetes.io/webhook-{number}"), "v".to_owned()))
            .collect();
        let given: Vec<_> =
            given.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let pairs = pairs(&given);
        let annotations = Annotations::read(&pairs, &prefixes());
        // Made of what is counted here, and of nothing else.
        assert_eq!(annotations.settings().count(), size);
        let properties = annotations.properties();
        let names: std::collections::BTreeSet<_> =
            properties.iter().map(|(name, _)| name).collect();
        assert_eq!((properties.len(), names.len()), (size, size), "no name comes twice");
    }
}

#[test]
fn values_that_mean_nothing_are_named() {
    let pairs = pairs(&[
        ("external-dns.kubernetes.io/ttl", "soon"),
        ("external-dns.kubernetes.io/alias", "yes"),
        ("external-dns.kubernetes.io/priority", "high"),
        ("external-dns.kubernetes.io/hostnam", "a.example.com"),
    ]);
    let annotations = Annotations::read(&pairs, &prefixes());
    assert_eq!(annotations.unclear_setting().as_ref().map(Reason::code), Some("InvalidAnnotation"));
    let problems = annotations.problems();
    let codes: Vec<_> = problems.iter().map(Reason::code).collect();
    assert_eq!(
        codes,
        ["InvalidAnnotation", "IgnoredAnnotation", "InvalidAnnotation", "InvalidAnnotation"]
    );
    assert!(problems[1].to_string().ends_with("it is not known; did you mean `hostname`?"));
    let hints: Vec<_> = problems.iter().map(Reason::hint).collect();
    assert!(
        hints[0].ends_with("what the object has published stays as it is"),
        "an alias: {hints:?}"
    );
    for hint in [hints[2], hints[3]] {
        assert!(hint.ends_with("as if it were not there"), "a priority and a TTL: {hints:?}");
    }
}
