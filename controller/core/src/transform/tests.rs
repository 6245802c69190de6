//! The wrapper cases of the specification, in its numbers.

use external_dns_webhook::{Adjusted, Endpoint, Labels, ObjectRef, RecordType, Refusal, Targets};

use super::*;
use crate::desired::SourceObject;
use crate::name_sharing::NameSharing;

fn endpoint<const N: usize>(name: &str, record_type: &str, targets: [&str; N]) -> Endpoint {
    Endpoint::new(name, RecordType::from(record_type), targets)
}

fn desired(endpoints: impl IntoIterator<Item = Endpoint>) -> Desired {
    Desired { endpoints: endpoints.into_iter().collect(), ..Desired::default() }
}

fn after(endpoints: impl IntoIterator<Item = Endpoint>, options: &TransformOptions) -> Desired {
    pipeline(desired(endpoints), options)
}

fn text(desired: &Desired) -> Vec<String> {
    let line = |endpoint: &Endpoint| {
        let targets: Vec<_> = endpoint.targets.iter().collect();
        format!("{} {} {}", endpoint.dns_name, endpoint.record_type, targets.join(","))
    };
    desired.endpoints.iter().map(line).collect()
}

#[test]
fn wr1_default_targets_fill_what_is_empty_and_replace_only_when_forced() {
    let targets = ["127.0.0.1", "127.0.0.2", "foo.example.org", "2001:db8::1"];
    let mut options = TransformOptions {
        default_targets: targets.map(|target| Target::validate(target).unwrap()).to_vec(),
        ..TransformOptions::default()
    };
    let mut empty = endpoint("a.example.org", "A", []);
    empty.labels.set(Labels::RESOURCE, "crd/default/a");
    let filled = after([empty.clone()], &options);
    assert_eq!(
        text(&filled),
        [
            "a.example.org A 127.0.0.1,127.0.0.2",
            "a.example.org AAAA 2001:db8::1",
            "a.example.org CNAME foo.example.org"
        ]
    );
    assert!(
        filled
            .endpoints
            .iter()
            .all(|endpoint| endpoint.labels.resource().map(ObjectRef::label)
                == Some("crd/default/a"))
    );
    let full = endpoint("b.example.org", "A", ["192.0.2.1"]);
    assert_eq!(text(&after([full.clone()], &options)), ["b.example.org A 192.0.2.1"]);
    options.force_default_targets = true;
    assert_eq!(after([full], &options).endpoints.len(), 3);
    options.default_targets.clear();
    let held = after([empty], &options);
    assert!(held.endpoints.is_empty());
    assert_eq!(held.unknown.len(), 1, "nothing to answer with is not a wish to have no record");
}

#[test]
fn wr2_what_is_asked_twice_goes_out_once() {
    let options = TransformOptions::default();
    let a = || endpoint("a.example.org", "A", ["192.0.2.2", "192.0.2.1", "192.0.2.1"]);
    assert_eq!(text(&after([a(), a()], &options)), ["a.example.org A 192.0.2.1,192.0.2.2"]);
    let mut set = a();
    set.set_identifier = "x".into();
    let other = endpoint("a.example.org", "A", ["192.0.2.3"]);
    assert_eq!(after([a(), set, other], &options).endpoints.len(), 3);
    let mut with = a();
    with.properties.set("record-type", "ptr");
    let kept = after([a(), with], &options);
    assert_eq!(kept.endpoints.len(), 1);
    assert!(kept.endpoints[0].properties.is_empty(), "the first one is kept");
}

#[test]
fn objects_that_differ_in_anything_that_is_written_are_not_one() {
    let options =
        TransformOptions { property_prefixes: vec!["aws/".into()], ..TransformOptions::default() };
    let a = || endpoint("a.example.org", "A", ["192.0.2.1"]);
    let of = |seconds| Endpoint { ttl: Ttl::from_seconds(seconds), ..a() };
    assert_eq!(after([of(60), of(300), of(60)], &options).endpoints, [of(60), of(300)]);
    let mut private = a();
    private.properties.set("aws/zone", "private");
    assert_eq!(after([a(), private], &options).endpoints.len(), 2);
    let mut of_others = a();
    of_others.properties.set("scw/weight", "1");
    assert_eq!(after([a(), of_others], &options).endpoints.len(), 1);
}

#[test]
fn a_property_is_told_as_the_annotation_from_which_it_comes() {
    let of = |object: &str| {
        let mut endpoint = endpoint("a.example.org", "A", ["192.0.2.1"]);
        endpoint.labels.set(Labels::RESOURCE, object);
        endpoint.properties.set("aws/weight", "1");
        endpoint
    };
    let mut wanted = desired([of("service/a/annotated"), of("crd/a/spelt-out")]);
    let key = "external-dns.alpha.kubernetes.io/aws-weight";
    let annotated = SourceObject { property_keys: vec![key.into()], ..SourceObject::default() };
    wanted.source_objects.insert("service/a/annotated".into(), annotated);
    wanted.source_objects.insert("crd/a/spelt-out".into(), SourceObject::default());
    let told = |desired: Desired| -> Vec<String> {
        desired.statuses.iter().map(|status| status.reason.to_string()).collect()
    };
    let message = "property `aws/weight` is `1`: no";
    let refusal = Refusal::of(&wanted.endpoints[0], "InvalidProperty", message);
    let refusal = Refusal { resource: None, ..refusal };
    let refused = Adjusted { endpoints: Vec::new(), refused: vec![refusal] };
    let refused = told(wanted.clone().adjusted(refused));
    let dropped = told(pipeline(wanted, &TransformOptions::default()));
    for told in [dropped, refused] {
        assert!(told.iter().any(|line| line.contains(&format!("`{key}`"))), "{told:?}");
        assert!(told.iter().any(|line| line.contains("`aws/weight`")), "{told:?}");
    }
}

#[test]
fn an_object_without_a_ttl_is_content_with_that_of_another() {
    let a = || endpoint("a.example.org", "A", ["192.0.2.1"]);
    let minute = || Endpoint { ttl: Ttl::from_seconds(60), ..a() };
    let least = TransformOptions { min_ttl: Ttl::from_seconds(30), ..TransformOptions::default() };
    for options in [TransformOptions::default(), least] {
        for wanted in [[a(), minute()], [minute(), a()]] {
            assert_eq!(after(wanted.clone(), &options).endpoints, [minute()], "of one object");
            let [mut one, other] = wanted;
            one.labels.set("resource", "service/n/other");
            let kept = after([one, other], &options);
            let sent: Vec<_> = kept.distinct().into_iter().map(|record| record.ttl).collect();
            assert_eq!(sent, [minute().ttl]);
            assert_eq!((kept.endpoints.len(), kept.repeated().len()), (2, 1));
        }
    }
}

#[test]
fn what_two_objects_ask_for_alike_is_sent_once_and_both_are_remembered() {
    let asked_by = |resource: &str| {
        let mut endpoint = endpoint("a.example.org", "A", ["192.0.2.1"]);
        endpoint.labels.set("resource", resource);
        endpoint
    };
    let both = [asked_by("service/n/b"), asked_by("crd/n/a")];
    let kept = after(both.clone(), &TransformOptions::default());
    assert_eq!(kept.endpoints, both);
    assert_eq!(kept.distinct(), [asked_by("crd/n/a")]);
    assert_eq!(kept.repeated(), [&asked_by("service/n/b")]);
}

/// `2001:db8::1`, reversed.
const REVERSE: &str = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa";

#[test]
fn what_makes_no_sense_is_left_out_with_a_reason_and_its_record_stays() {
    let good = [
        endpoint("a.example.org", "MX", ["10 example.com", "20 backup.example.com"]),
        endpoint("b.example.org", "SRV", ["10 20 5060 service.example.com."]),
        endpoint("c.example.org", "SRV", ["0 0 0 ."]),
        endpoint("d.example.org", "A", ["192.168.1.1"]),
        endpoint("e.example.org", "AAAA", ["2001:db8::1"]),
        endpoint("2.49.168.192.in-addr.arpa", "PTR", ["web.example.com", "www.example.com"]),
        endpoint(REVERSE, "PTR", ["web.example.com"]),
        endpoint("b1.example.org", "SRV", ["10 20 5060 service.example.com"]),
        endpoint("g.example.org", "NAPTR", ["100 10 \"u\" \"\" \"\" a.example.org."]),
        endpoint("h.example.org", "TXT", [""]),
    ];
    let count = good.len();
    let kept = after(good, &TransformOptions::default());
    assert_eq!((kept.endpoints.len(), kept.unknown.len()), (count, 0));
    let bad = [
        endpoint("a.example.org", "MX", ["example.com"]),
        endpoint("b.example.org", "MX", ["10 example.com abc"]),
        endpoint("c.example.org", "MX", ["abc example.com"]),
        endpoint("d.example.org", "MX", ["+10 example.com"]),
        endpoint("d1.example.org", "MX", ["10 "]),
        endpoint("e1.example.org", "SRV", ["ten 20 5060 service.example.com."]),
        endpoint("e3.example.org", "SRV", ["10 -20 5060 service.example.com."]),
        endpoint("6.49.168.192.in-addr.arpa", "PTR", []),
        endpoint("e2.example.org", "SRV", ["10 20 5060.5 service.example.com."]),
        endpoint("g1.example.org", "A", ["2001:db8::1"]),
        endpoint("i1.example.org", "AAAA", ["not-an-ip"]),
        endpoint("ip6.arpa", "PTR", ["web.example.com"]),
        endpoint(".in-addr.arpa", "PTR", ["web.example.com"]),
        endpoint("4.49.168.192.in-addr.arpa", "PTR", ["2001:db8::1"]),
        endpoint("5.49.168.192.in-addr.arpa", "PTR", [""]),
        endpoint("e.example.org", "SRV", ["10 20 5060"]),
        endpoint("f.example.org", "SRV", ["10 20 5060 192.0.2.1"]),
        endpoint("f1.example.org", "CNAME", ["F1.example.ORG."]),
        endpoint("f2.example.org", "CNAME", ["https://lb.example.org"]),
        endpoint("f3.example.org", "TXT", ["hello", "heritage=external-dns"]),
        endpoint("g.example.org", "A", ["not-an-ip"]),
        endpoint("h.example.org", "A", ["::ffff:192.0.2.1"]),
        endpoint("i.example.org", "AAAA", ["192.168.1.1"]),
        endpoint("web.example.com", "PTR", ["web.example.com"]),
        endpoint("in-addr.arpa", "PTR", ["web.example.com"]),
        endpoint(".ip6.arpa", "PTR", ["web.example.com"]),
        endpoint("2.49.168.192.in-addr.arpa", "PTR", ["10.0.0.1"]),
        endpoint("3.49.168.192.in-addr.arpa", "PTR", [" "]),
    ];
    let bad = bad.into_iter().chain([
        // One that makes no sense spoils those beside it.
        endpoint("m.example.org", "MX", ["10 example.com", "backup.example.com"]),
    ]);
    let bad: Vec<_> = bad.collect();
    let count = bad.len();
    let left = after(bad, &TransformOptions::default());
    assert_eq!(text(&left), Vec::<String>::new());
    assert_eq!((left.unknown.len(), left.statuses.len()), (count, count));
}

#[test]
fn only_addresses_and_cnames_can_be_aliases() {
    for (record_type, alias, is_kept) in [
        ("A", "true", true),
        ("AAAA", "true", true),
        ("CNAME", "true", true),
        ("MX", "true", false),
        ("TXT", "true", false),
        ("NS", "true", false),
        ("SRV", "true", false),
        ("MX", "false", false),
    ] {
        let target = match record_type {
            "MX" => "10 lb.example.com",
            "SRV" => "10 20 5060 lb.example.com.",
            _ => "lb.example.com",
        };
        let mut endpoint = endpoint("a.example.org", record_type, [target]);
        endpoint.properties.set("alias", alias);
        let kept = after([endpoint], &TransformOptions::default());
        assert_eq!(!kept.endpoints.is_empty(), is_kept, "{record_type} alias={alias}");
    }
}

#[test]
fn wr3_addresses_behind_a_nat64_are_also_published_as_ipv4() {
    let options = TransformOptions {
        nat64_prefixes: vec![parse_prefix("2001:DB8::/96").unwrap()],
        ..TransformOptions::default()
    };
    let outside = endpoint("a.example.org", "AAAA", ["2001:db8:1::1"]);
    assert_eq!(after([outside], &options).endpoints.len(), 1);
    for spelling in ["2001:db8::192.0.2.42", "2001:db8::c000:22a"] {
        let inside = after([endpoint("a.example.org", "AAAA", [spelling])], &options);
        assert_eq!(text(&inside)[1], "a.example.org A 192.0.2.42");
    }
    for bad in ["2001:db8::/64", "10.0.0.0/8", "garbage"] {
        parse_prefix(bad).unwrap_err();
    }
}

#[test]
fn wr4_addresses_get_their_reverse_names() {
    let reverse = |reverse| TransformOptions { reverse, ..TransformOptions::default() };
    let a = |name: &str| endpoint(name, "A", ["192.168.49.2"]);
    let all = after([a("web.example.com"), a("www.example.com")], &reverse(Reverse::All));
    assert_eq!(text(&all)[2], "2.49.168.192.in-addr.arpa PTR web.example.com,www.example.com");
    assert_eq!(after([a("web.example.com")], &reverse(Reverse::OptIn)).endpoints.len(), 1);
    assert_eq!(after([a("*.example.com")], &reverse(Reverse::All)).endpoints.len(), 1);
    let cname = endpoint("c.example.com", "CNAME", ["web.example.com"]);
    assert_eq!(after([cname], &reverse(Reverse::All)).endpoints.len(), 1);
    let with = |value: &str| {
        let mut endpoint = a("web.example.com");
        endpoint.properties.set("record-type", value);
        endpoint
    };
    let opted_in = after([with("PTR")], &reverse(Reverse::OptIn));
    assert_eq!(opted_in.endpoints.len(), 2);
    assert!(opted_in.endpoints[0].properties.is_empty());
    assert_eq!(after([with("")], &reverse(Reverse::All)).endpoints.len(), 1);
    let ipv6 = after([endpoint("v6.example.com", "AAAA", ["2001:db8::1"])], &reverse(Reverse::All));
    assert_eq!(
        ipv6.endpoints[1].dns_name.as_str(),
        "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
    );
    let mut long = a("web.example.com");
    long.ttl = Ttl::from_seconds(600);
    let mut short = a("www.example.com");
    short.ttl = Ttl::from_seconds(60);
    let both = after([long, short], &reverse(Reverse::All));
    assert_eq!(both.endpoints[2].ttl, Ttl::from_seconds(60));
}

#[test]
fn wr5_ttl_alias_and_properties_are_finished() {
    let options = TransformOptions {
        min_ttl: Ttl::from_seconds(6),
        prefer_alias: true,
        property_prefixes: vec!["aws/".into()],
        ..TransformOptions::default()
    };
    let mut set = endpoint("a.example.org", "CNAME", ["lb.example.org"]);
    set.ttl = Ttl::from_seconds(60);
    for name in ["coredns/group", "aws/weight", "aws-extended/x", "alias", "aws/a"] {
        set.properties.set(name, "false");
    }
    let unset = endpoint("b.example.org", "CNAME", ["lb.example.org"]);
    let done = after([set, unset], &options);
    let [first, second] = done.endpoints.as_slice() else { panic!("{:?}", text(&done)) };
    assert_eq!((first.ttl, second.ttl), (Ttl::from_seconds(60), Ttl::from_seconds(6)));
    let names: Vec<_> = first.properties.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["alias", "aws/a", "aws/weight"]);
    assert_eq!(first.properties.get("alias"), Some("false"));
    assert_eq!(second.properties.get("alias"), Some("true"));
    assert_eq!(done.statuses.len(), 2, "what is dropped is named");
}

#[test]
fn a_ttl_is_filled_in_and_never_raised() {
    for (wanted, least, expected) in [(0, 300, 300), (120, 300, 120), (30, 0, 30), (0, -10, 0)] {
        let options =
            TransformOptions { min_ttl: Ttl::from_seconds(least), ..TransformOptions::default() };
        let mut endpoint = endpoint("a.example.org", "A", ["192.0.2.1"]);
        endpoint.ttl = Ttl::from_seconds(wanted);
        let done = after([endpoint], &options).endpoints.remove(0);
        assert_eq!(done.ttl, Ttl::from_seconds(expected), "{wanted} with {least}");
    }
}

#[test]
fn a_provider_that_declares_no_prefix_gets_what_external_dns_would_send_it() {
    let mut endpoint = endpoint("a.example.org", "A", ["192.0.2.1"]);
    for name in ["webhook/x", "aws/weight", "webhook-extended/x", "coredns", "alias"] {
        endpoint.properties.set(name, "true");
    }
    let done = after([endpoint], &TransformOptions::default()).endpoints.remove(0);
    let names: Vec<_> = done.properties.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["alias", "coredns", "webhook/x"]);
}

#[test]
fn wr6_targets_outside_of_the_wanted_networks_are_left_out() {
    let nets = |include: &[&str], exclude: &[&str]| TargetNets {
        include: include.iter().map(|include| include.parse().unwrap()).collect(),
        exclude: exclude.iter().map(|exclude| exclude.parse().unwrap()).collect(),
    };
    let ten = nets(&["10.0.0.0/8"], &[]);
    assert!(ten.covers("10.1.2.3") && !ten.covers("1.1.1.1") && !ten.covers("lb.example.com"));
    let but = nets(&[], &["10.0.0.0/8"]);
    assert!(!but.covers("10.1.2.3") && but.covers("49.13.41.161") && but.covers("2001:db8::1"));
    assert!(!but.covers("::ffff:10.0.0.1"));
    assert!(ten.covers("::ffff:10.1.2.3") && !ten.covers("2001:db8::1"));
    let none = nets(&[], &[]);
    assert!(none.is_empty() && none.covers("10.1.2.3") && none.covers("lb.example.com"));
    let options = TransformOptions { target_nets: ten, ..TransformOptions::default() };
    let kept = after(
        [
            endpoint("a.example.org", "A", ["10.0.0.1", "192.0.2.1"]),
            endpoint("b.example.org", "AAAA", ["2001:db8::1"]),
        ],
        &options,
    );
    assert_eq!(text(&kept), ["a.example.org A 10.0.0.1"]);
    assert_eq!(kept.statuses.len(), 2);
}

#[test]
fn a_name_of_which_no_target_is_in_a_wanted_network_has_lost_its_answer() {
    let exclude = vec!["10.0.0.0/8".parse().unwrap()];
    let target_nets = TargetNets { include: Vec::new(), exclude };
    let options = TransformOptions { target_nets, ..TransformOptions::default() };
    let mut private = endpoint("a.example.org", "A", ["10.0.0.1", "10.0.0.2"]);
    private.labels.set(Labels::RESOURCE, "service/ns/a");
    let lost = after([private], &options);
    assert!(lost.endpoints.is_empty());
    assert_eq!(lost.statuses.len(), 2, "each target is told");
    let [gap] = lost.unknown.as_slice() else { panic!("{:?}", lost.unknown) };
    let (name, object) = ("a.example.org".into(), Some("service/ns/a".into()));
    let (record_type, set_identifier) = (RecordType::A, String::new());
    assert_eq!(gap.what, Unknown::RecordSet { name, record_type, set_identifier, object });
    assert!(matches!(gap.reason, Reason::TargetsLost { .. }), "{:?}", gap.reason);
    // Another target of the name, of whatever type, is an answer, and the filter is a decision.
    let other = endpoint("A.example.org", "AAAA", ["2001:db8::1"]);
    let kept = after([endpoint("a.example.org", "A", ["10.0.0.1"]), other], &options);
    assert_eq!(text(&kept), ["A.example.org AAAA 2001:db8::1"]);
    assert_eq!(kept.unknown, []);
}

#[test]
fn nodes_that_share_a_name_are_one_record_set_and_services_are_not() {
    let of = |resource: &str, target: &str| {
        let mut endpoint = endpoint("all.example.org", "A", [target]);
        endpoint.labels.set(Labels::RESOURCE, resource);
        endpoint
    };
    let options = TransformOptions::default();
    let nodes = after([of("node/a", "192.0.2.1"), of("node/b", "192.0.2.2")], &options);
    assert_eq!(text(&nodes), ["all.example.org A 192.0.2.1,192.0.2.2"]);
    let services = [of("service/a/a", "192.0.2.1"), of("service/a/b", "192.0.2.2")];
    assert_eq!(after(services, &options).endpoints.len(), 2);
}

#[test]
fn a_node_that_makes_no_sense_keeps_the_names_that_nodes_share() {
    let of = |resource: &str, target: &str| {
        let mut endpoint = endpoint("all.example.org", "A", [target]);
        endpoint.labels.set(Labels::RESOURCE, resource);
        endpoint
    };
    let mut all = desired([of("node/a", "192.0.2.1"), of("node/b", "192.0.2.2")]);
    all.unknown(Unknown::Resource("node/c".into()), Reason::no_targets(""));
    let all = pipeline(all, &TransformOptions::default());
    let name = "all.example.org".into();
    let covers = |object: &str| {
        let (set, object) = ((&name, &RecordType::A), ObjectRef::from(object));
        all.unknown.iter().any(|gap| gap.covers(NameSharing::default(), set, Some(&object)))
    };
    assert!(covers("node/gone"));
    assert!(!covers("service/default/other"), "what was never the nodes' is not theirs to keep");
}

#[test]
fn a_part_that_makes_no_sense_keeps_a_name_that_one_other_part_has_left() {
    let mut endpoint = endpoint("all.example.org", "A", ["192.0.2.9"]);
    endpoint.labels.set(Labels::RESOURCE, "pod/default/a");
    let mut all = desired([endpoint]);
    all.unknown(
        Unknown::Resource("pod/default/b".into()),
        Reason::Unreadable { error: "its status is a number".to_owned() },
    );
    let all = pipeline(all, &TransformOptions::default());
    assert!(all.unknown.iter().any(|gap| gap.what == Unknown::Name("all.example.org".into())));
}

#[test]
fn targets_are_sorted_and_unique() {
    let mut endpoint = endpoint("a.example.org", "A", ["192.0.2.2"]);
    endpoint.targets = Targets::from(["192.0.2.9", "192.0.2.10", "192.0.2.9"]);
    let sorted = after([endpoint], &TransformOptions::default());
    assert_eq!(text(&sorted), ["a.example.org A 192.0.2.10,192.0.2.9"]);
}
