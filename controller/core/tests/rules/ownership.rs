//! The numbered cases of ownership, and the zones that ExternalDNS leaves behind.
//!
//! The numbers are those of the list of registry cases that ExternalDNS's behaviour was written down
//! in. Where ExternalDNS does something else, the test says what and why ours differs.

use controller_core::desired::{Desired, Scope};
use controller_core::inventory::Key;
use controller_core::plan::{Action, Planner};
use controller_core::registry::{ConfigError, Registry, TxtOptions, TxtRegistry};
use external_dns_webhook::{Endpoint, Labels, RecordType};

use crate::world::{
    KEY, With, World, desired, full, memory, options, ownership_record, planner, record,
};

pub(crate) fn with_prefix(prefix: &str) -> TxtOptions {
    TxtOptions { prefix: prefix.into(), ..options() }
}

pub(crate) fn with_suffix(suffix: &str) -> TxtOptions {
    TxtOptions { suffix: suffix.into(), ..options() }
}

pub(crate) fn encrypted() -> TxtOptions {
    TxtOptions { encrypt: true, key: Key::parse(KEY).ok(), ..options() }
}

/// Returns who owns what, as `name TYPE owner`.
pub(crate) fn owners(
    options: &TxtOptions,
    records: impl IntoIterator<Item = Endpoint>,
) -> Vec<String> {
    let inventory = World::new(records).read(options);
    inventory
        .records()
        .map(|record| {
            let name =
                record.endpoint.dns_name.as_str().trim_end_matches(".example.com").to_owned();
            let set = &record.endpoint.set_identifier;
            let set = if set.is_empty() { String::new() } else { format!("({set})") };
            format!("{name} {}{set} {}", record.endpoint.record_type, record.owner().unwrap_or("-"))
        })
        .collect()
}

pub(crate) fn mine(name: &str) -> Endpoint {
    ownership_record(name, "me", "")
}

pub(crate) fn theirs(name: &str) -> Endpoint {
    ownership_record(name, "them", "")
}

pub(crate) fn cname(name: &str) -> Endpoint {
    record(name, "CNAME", "target.example.net")
}

pub(crate) fn a(name: &str) -> Endpoint {
    record(name, "A", "192.0.2.1")
}

pub(crate) fn alias(name: &str, record_type: &str) -> Endpoint {
    record(name, record_type, "lb.eu-west-1.elb.amazonaws.com").with("alias", "true").ttl(300)
}

/// Returns the names of what was created, updated and deleted.
pub(crate) fn written(changes: &external_dns_webhook::Changes) -> [Vec<String>; 3] {
    let short = |endpoint: &Endpoint| {
        let name = endpoint.dns_name.as_str().trim_end_matches(".example.com").to_owned();
        format!("{name} {}", endpoint.record_type)
    };
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    [
        sorted(changes.create.iter().map(short).collect()),
        sorted(changes.update.iter().map(|update| short(&update.new)).collect()),
        sorted(changes.delete.iter().map(short).collect()),
    ]
}

#[test]
fn cases_1_and_2_what_cannot_work_is_refused_at_the_start() {
    let error = |options| TxtRegistry::new(options).err();
    assert_eq!(error(TxtOptions::default()), Some(ConfigError::NoOwner));
    assert_eq!(error(with_prefix("x.")), None);
    assert_eq!(error(with_suffix("-x")), None);
    let both = TxtOptions { prefix: "x.".into(), ..with_suffix("-x") };
    assert_eq!(error(both), Some(ConfigError::BothAffixes));
    assert_eq!(error(TxtOptions { encrypt: true, ..options() }), Some(ConfigError::NoKey));
    assert_eq!(error(encrypted()), None);
    // Upstream writes such an owner and then reads another one.
    for bad in ["a,b", " a", "a\"b"] {
        let options = TxtOptions { owner: bad.into(), ..options() };
        assert_eq!(error(options), Some(ConfigError::BadOwner(bad.into())));
    }
}

#[test]
fn cases_5_to_15_ownership_records_with_a_prefix() {
    for prefix in ["txt.", "TxT."] {
        let options = TxtOptions { wildcard_replacement: "wc".into(), ..with_prefix(prefix) };
        let records = [
            cname("foo"),
            cname("bar"),
            mine("txt.bar"),
            // What an ownership record stands beside is not what it is about.
            cname("txt.bar"),
            record("qux", "TXT", "random"),
            cname("tar"),
            theirs("TxT.tar"),
            cname("foobar"),
            // The ownership record of someone without a prefix is no ownership record for us, and
            // not a record either.
            mine("foobar"),
            cname("multi").set("s1"),
            mine("multi").set("s1"),
            cname("multi").set("s2"),
            mine("multi").set("s2"),
            cname("*.wildcard"),
            mine("txt.wc.wildcard"),
            a("dualstack"),
            mine("txt.dualstack"),
            record("dualstack", "AAAA", "2001:db8::1"),
            theirs("txt.aaaa-dualstack"),
            record("mail", "MX", "10_onmail.example.com"),
            mine("txt.mx-mail"),
            record("_sip._udp.sip1", "SRV", "x"),
            mine("txt._sip._udp.sip1"),
            record("sip1", "NAPTR", "x"),
            mine("txt.sip1"),
        ];
        assert_eq!(
            owners(&options, records),
            [
                "*.wildcard CNAME me",
                "_sip._udp.sip1 SRV -",
                "bar CNAME me",
                "dualstack A me",
                "dualstack AAAA them",
                "foo CNAME -",
                "foobar CNAME -",
                "mail MX me",
                "multi CNAME(s1) -",
                "multi CNAME(s2) -",
                "qux TXT -",
                "sip1 NAPTR -",
                "tar CNAME them",
                "txt.bar CNAME -",
            ]
        );
    }
}

#[test]
fn case_5_a_record_without_an_ownership_record_keeps_the_labels_of_its_provider() {
    let mut foo = cname("foo");
    foo.labels.set("foo", "somefoo");
    let inventory = World::new([foo.clone()]).read(&with_prefix("txt."));
    let held = inventory.records().next().unwrap();
    assert_eq!((held.owner(), &held.endpoint.labels), (None, &foo.labels));
}

#[test]
fn case_16_ownership_records_with_a_suffix() {
    for suffix in ["-txt", "-TxT"] {
        let options = TxtOptions { wildcard_replacement: "wc".into(), ..with_suffix(suffix) };
        let records = [
            cname("foo"),
            cname("bar"),
            mine("bar-txt"),
            cname("bar-txt"),
            record("qux", "TXT", "random"),
            cname("tar"),
            theirs("tar-TxT"),
            cname("foobar"),
            mine("foobar"),
            cname("multi").set("s1"),
            mine("multi").set("s1"),
            cname("*.wildcard"),
            mine("wc-txt.wildcard"),
            a("dualstack"),
            mine("dualstack-txt"),
            record("dualstack", "AAAA", "2001:db8::1"),
            theirs("aaaa-dualstack-txt"),
            record("mail", "MX", "x"),
            mine("mx-mail-txt"),
            record("_sip._udp.sip1", "SRV", "x"),
            mine("_sip-txt._udp.sip1"),
            record("sip1", "NAPTR", "x"),
            mine("sip1-txt"),
        ];
        assert_eq!(
            owners(&options, records),
            [
                "*.wildcard CNAME me",
                "_sip._udp.sip1 SRV -",
                "bar-txt CNAME -",
                "bar CNAME me",
                "dualstack A me",
                "dualstack AAAA them",
                "foo CNAME -",
                "foobar CNAME -",
                "mail MX me",
                "multi CNAME(s1) -",
                "qux TXT -",
                "sip1 NAPTR -",
                "tar CNAME them",
            ]
        );
    }
}

#[test]
fn case_17_ownership_records_without_an_affix() {
    let records = [alias("alias", "A"), mine("cname-alias"), cname("bare")];
    assert_eq!(owners(&options(), records), ["alias A me", "bare CNAME -"]);
    // An ownership record under the very name, whatever that looks like.
    for name in ["bar", "txt.bar"] {
        let both = [cname(name), ownership_record(name, "me", "service/ns/bar")];
        assert_eq!(owners(&options(), both.clone()), [format!("{name} CNAME me")]);
        let both = World::new(both).read(&options());
        assert_eq!(both.records().next().unwrap().resource(), Some(&"service/ns/bar".into()));
    }
}

#[test]
fn cases_18_and_19_the_type_inside_an_affix() {
    let records = [a("foo"), mine("txt-a.foo"), record("mail", "MX", "x"), mine("txt-mx.mail")];
    assert_eq!(owners(&with_prefix("txt-%{record_type}."), records), ["foo A me", "mail MX me"]);
    let records = [cname("bar"), mine("bartxtcname"), record("mail", "MX", "x"), mine("mailtxt")];
    assert_eq!(owners(&with_suffix("txt%{record_type}"), records), ["bar CNAME me", "mail MX -"]);
}

#[test]
fn cases_20_and_21_each_value_may_make_an_ownership_record() {
    // Upstream drops a TXT record set without values; here it is listed like any other. Upstream reads
    // the first value only; here each, since a zone has them in no order.
    let empty = Endpoint::new(full("empty"), RecordType::Txt, [""; 0]);
    let junk_first = |mut endpoint: Endpoint| {
        endpoint.targets = ["junk", endpoint.targets.first().unwrap()].into();
        endpoint
    };
    let junk_second = |mut endpoint: Endpoint| {
        endpoint.targets = [endpoint.targets.first().unwrap(), "junk"].into();
        endpoint
    };
    let records = [empty, a("x"), junk_first(mine("a-x")), a("y"), junk_second(mine("a-y"))];
    let expected = ["a-x TXT -", "a-y TXT -", "empty TXT -", "x A me", "y A me"];
    assert_eq!(owners(&options(), records), expected);
}

#[test]
fn cases_29_and_30_new_records_get_an_ownership_record_under_the_name_external_dns_uses() {
    let rows = [
        (with_prefix("txt."), cname("new-1"), "txt.cname-new-1"),
        (with_prefix("prefix%{record_type}."), cname("new-1"), "prefixcname.new-1"),
        (with_suffix("-%{record_type}suffix"), cname("new-1"), "new-1-cnamesuffix"),
        (
            TxtOptions { wildcard_replacement: "wildcard".into(), ..with_suffix("-txt") },
            cname("*.wildcard"),
            "cname-wildcard-txt.wildcard",
        ),
        (options(), alias("new-alias", "A"), "a-new-alias"),
        (options(), a("*"), "a-*"),
    ];
    for (options, record, place) in rows {
        let record = record.of("ingress/ns/r");
        let (_, changes) = World::default().sync(&planner(), &options, &desired([record.clone()]));
        let ownership_record = &changes.create[1];
        assert_eq!(ownership_record.dns_name.as_str(), full(place));
        let text =
            "\"heritage=external-dns,external-dns/owner=me,external-dns/resource=ingress/ns/r\"";
        assert_eq!(ownership_record.targets, [text].into());
        assert_eq!(ownership_record.ttl, external_dns_webhook::Ttl::from_seconds(300));
        assert_eq!(
            ownership_record.labels.get(Labels::OWNED_RECORD),
            Some(record.dns_name.as_str())
        );
        // Upstream copies `alias` and every routing property of the record into its ownership
        // record.
        assert!(
            ownership_record.properties.is_empty() && ownership_record.set_identifier.is_empty()
        );
    }
}

#[test]
fn a_record_set_with_an_identifier_gets_a_simple_ownership_record_of_its_own() {
    let weighted = |set: &str| a("w").set(set).with("aws/weight", "1").of("service/ns/w");
    let mut world = World::default();
    world.sync(&planner(), &options(), &desired([weighted("c1"), weighted("c,2")]));
    let ownership_records: Vec<_> =
        world.lines().into_iter().filter(|line| line.contains("TXT")).collect();
    assert_eq!(
        ownership_records,
        [
            "a.c613d311._owner.w.example.com TXT \"heritage=external-dns,external-dns/owner=me,\
             external-dns/record=w.example.com/A/c%2c2,external-dns/resource=service/ns/w\"",
            "a.d0f631ca._owner.w.example.com TXT \"heritage=external-dns,external-dns/owner=me,\
             external-dns/record=w.example.com/A/c1,external-dns/resource=service/ns/w\"",
        ]
    );
    let (plan, changes) = world.sync(&planner(), &options(), &desired([weighted("c1")]));
    assert_eq!(plan.steps().len(), 1);
    assert_eq!(changes.delete.len(), 2);
    assert_eq!(world.records.len(), 2);
}

#[test]
fn a_routed_ownership_record_that_external_dns_wrote_is_read_kept_and_deleted_as_it_is() {
    let weighted = |endpoint: Endpoint| endpoint.set("c1").with("aws/weight", "10").ttl(60);
    let record = weighted(a("w")).of("service/ns/w");
    let start = World::new([
        Endpoint { labels: Labels::default(), ..record.clone() },
        weighted(ownership_record("a-w", "me", "service/ns/w")),
    ]);
    let mut world = start.clone();
    let (plan, _) = world.sync(&planner(), &options(), &desired([record.clone()]));
    assert!(plan.is_empty());
    let (_, changes) = world.sync(&planner(), &options(), &Desired::default());
    assert_eq!(changes.delete[1].properties.get("aws/weight"), Some("10"));
    assert_eq!(world, World::default());
    // With another object behind it, the ownership record is written in the form that is written
    // now.
    let mut world = start;
    let (_, changes) = world.sync(&planner(), &options(), &desired([record.of("service/ns/x")]));
    assert_eq!(
        written(&changes),
        [vec!["a.d0f631ca._owner.w TXT".to_owned()], vec![], vec!["a-w TXT".to_owned()]]
    );
}

#[test]
fn cases_31_and_33_what_others_own_is_left_alone() {
    for ownership_records in [vec![theirs("a-foo")], vec![]] {
        let mut world = World::new([ownership_records, vec![a("foo")]].concat());
        let before = world.clone();
        let moved = record("foo", "A", "192.0.2.9");
        world.sync(&planner(), &options(), &desired([moved]));
        world.sync(&planner(), &options(), &Desired::default());
        assert_eq!(world, before);
    }
}

#[test]
fn case_32_an_ownership_record_that_is_there_is_not_written_again() {
    for policy in ["sync", "upsert-only", "create-only"] {
        let planner = Planner { policy: policy.parse().unwrap(), ..planner() };
        for set in ["", "s1"] {
            let of = |endpoint: Endpoint| {
                if set.is_empty() { endpoint } else { endpoint.set(set).with("aws/weight", "1") }
            };
            let ownership_records = ["a-foo", "aaaa-foo", "cname-bar"].map(|name| of(mine(name)));
            let mut world = World::new(ownership_records);
            let aaaa = record("foo", "AAAA", "2001:db8::1");
            let asked = desired([a("foo"), aaaa, cname("bar")].map(of));
            let (_, changes) = world.sync(&planner, &options(), &asked);
            let [mut created, _, deleted] = written(&changes);
            // An ownership record with a routing policy of its own gives way to one without.
            let replaced = created.extract_if(.., |line| line.ends_with(" TXT")).count();
            assert_eq!((replaced, deleted.len()), if set.is_empty() { (0, 0) } else { (3, 3) });
            assert_eq!(created, ["bar CNAME", "foo A", "foo AAAA"], "{policy} {set}");
            for _ in 0..2 {
                assert!(world.sync(&planner, &options(), &asked).1.is_empty());
            }
        }
    }
}

#[test]
fn an_ownership_record_of_someone_else_without_its_record_is_respected() {
    // Upstream creates the record and leaves the other owner's ownership record on it.
    let mut world = World::new([ownership_record("a-svc", "them", "")]);
    let (plan, changes) = world.sync(&planner(), &options(), &desired([a("svc")]));
    assert!(changes.is_empty());
    assert_eq!(plan.statuses[0].reason.to_string(), "its A record belongs to the owner `them`");
}

#[test]
fn case_34_an_encrypted_ownership_record_is_deleted_as_it_was_read() {
    let sealed = "\"h8UQ6jelUFUsEIn7SbFktc2MYXPx/q8lySqI4VwfVtVaIbb2nkHWV/88KKbuLtu7fJNzMir8ELVeVnRSY01KdiIuj7ledqZe5ailEjQaU5Z6uEKd5pgs6sH8\"";
    let ownership_record = Endpoint::new(full("a-foo"), RecordType::Txt, [sealed]);
    let mut world = World::new([a("foo"), ownership_record]);
    let owner = |options: TxtOptions| TxtOptions { owner: "owner".into(), ..options };
    let planner = Planner { owner: Some("owner".into()), ..planner() };
    // Whether new ownership records are encrypted does not matter; upstream then deletes another
    // text.
    for options in [owner(encrypted()), TxtOptions { encrypt: false, ..owner(encrypted()) }] {
        let (_, changes) = world.clone().sync(&planner, &options, &Desired::default());
        assert_eq!(changes.delete[1].targets.first(), Some(sealed));
    }
    world.sync(&planner, &owner(encrypted()), &Desired::default());
    assert_eq!(world, World::default());
}

#[test]
fn cases_35_and_36_new_ownership_records_are_sealed_and_unreadable_ones_are_not_ours() {
    let mut world = World::default();
    let asked = desired([a("foo").of("service/ns/foo")]);
    let (_, changes) = world.sync(&planner(), &encrypted(), &asked);
    let text = changes.create[1].targets.first().unwrap().trim_matches('"').to_owned();
    assert!(
        !text.contains("heritage")
            && changes.create[1].labels.get("txt-encryption-nonce").is_none()
    );
    assert_eq!(owners(&encrypted(), world.records.clone()), ["foo A me"]);
    assert!(world.sync(&planner(), &encrypted(), &asked).1.is_empty());
    let other_key = TxtOptions { key: Key::parse(&KEY.replace('1', "x")).ok(), ..encrypted() };
    let (plan, changes) = world.sync(&planner(), &other_key, &asked);
    assert!(changes.is_empty());
    assert_eq!(plan.statuses[0].reason.code(), "UnreadableOwnershipRecord");
}

#[test]
fn case_37_taking_over_changes_the_owner_in_the_ownership_record() {
    let options = with_prefix("%{record_type}-");
    let mut world = World::new([a("foo"), ownership_record("a-foo", "them", "service/ns/foo")]);
    let planner = Planner { migrate_from: Some("them".into()), ..planner() };
    world.sync(&planner, &options, &desired([a("foo").of("service/ns/foo")]));
    assert_eq!(
        world.lines()[0],
        "a-foo.example.com TXT \"heritage=external-dns,external-dns/owner=me,external-dns/resource=service/ns/foo\""
    );
}

#[test]
fn case_38_every_ownership_record_of_ours_goes_with_its_record() {
    // Upstream leaves `cname-` behind for good, and wants an `a-` that may not exist.
    let mut world = World::new([alias("app", "A"), mine("a-app"), mine("cname-app")]);
    world.sync(&planner(), &options(), &Desired::default());
    assert_eq!(world, World::default());
    let mut world = World::new([alias("app", "A"), mine("cname-app")]);
    let (_, changes) = world.sync(&planner(), &options(), &Desired::default());
    assert_eq!(written(&changes)[2], ["app A", "cname-app TXT"]);
    assert_eq!(world, World::default());
    let mut world = World::new([alias("app", "A"), mine("a-app"), theirs("cname-app")]);
    world.sync(&planner(), &options(), &Desired::default());
    assert_eq!(world, World::new([theirs("cname-app")]), "but only of ours");
}

#[test]
fn case_39_what_someone_deleted_is_made_again() {
    let asked = desired([a("foo")]);
    let mut world = World::default();
    world.sync(&planner(), &options(), &asked);
    let before = world.clone();
    world.records.clear();
    world.sync(&planner(), &options(), &asked);
    assert_eq!(world, before);
}

#[test]
fn an_ownership_record_that_was_lost_is_written_again_for_a_record_that_was_ours() {
    let mut world = World::default();
    let asked = desired([a("foo"), a("bar")]);
    // What we wrote ourselves counts as seen.
    let mut before = world.read(&options());
    let (_, changes) = world.sync(&planner(), &options(), &asked);
    before.apply(&changes);
    let complete = world.clone();
    world.records.retain(|record| record.record_type != RecordType::Txt);
    let changed =
        world.records.iter_mut().find(|record| record.dns_name.as_str() == full("bar")).unwrap();
    changed.targets = ["192.0.2.77"].into();
    let mut now = world.read(&options());
    now.recall(&before, "me");
    let plan = planner().plan(&memory(), &now, &asked, &Scope::All);
    let actions: Vec<_> =
        plan.steps().iter().map(|step| (step.name.as_str(), step.action)).collect();
    // `bar` is not what we wrote any more, so it may be someone else's by now.
    assert_eq!(actions, [("bar.example.com", Action::Hold), ("foo.example.com", Action::Own)]);
    let registry = TxtRegistry::new(options()).unwrap();
    world.take(&registry.write(&now, &plan));
    assert!(world.records.iter().filter(|record| complete.records.contains(record)).count() == 2);
}

#[test]
fn a_change_of_type_takes_every_left_over_ownership_record_along() {
    let ownership_records = [mine("cname-z"), mine("a-z"), mine("aaaa-z")];
    let mut world = World::new([vec![cname("z")], ownership_records.to_vec()].concat());
    world.sync(&planner(), &options(), &desired([a("z")]));
    let lines = world.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].starts_with("a-z.example.com TXT") && lines[1].starts_with("z.example.com A"));
}
