//! Where ownership records are kept, who may take a record over, and the zones that ExternalDNS
//! leaves behind.

use controller_core::desired::{Desired, Scope, Unknown};
use controller_core::inventory::Key;
use controller_core::plan::{Action, Planner};
use controller_core::registry::{Registry, TxtOptions, TxtRegistry};
use controller_core::status::Reason;
use external_dns_webhook::{Endpoint, RecordType};

use crate::ownership::{a, alias, cname, encrypted, mine, owners, theirs, with_prefix, written};
use crate::world::{
    With, World, desired, full, memory, options, ownership_record, planner, record,
};

#[test]
fn apex_long_wildcard_and_look_alike_names_keep_their_ownership_records_apart_and_in_the_zone() {
    // (a) The top of the zone, with and without a prefix.
    for prefix in ["", "externaldns."] {
        let mut world = World::default();
        world.sync(&planner(), &with_prefix(prefix), &desired([a("")]));
        assert!(world.lines()[0].starts_with("a._owner.example.com TXT "), "{:?}", world.lines());
        assert!(world.sync(&planner(), &with_prefix(prefix), &desired([a("")])).1.is_empty());
    }
    // A prefix that ends in its own label keeps the apex inside, as ExternalDNS recommends.
    let (_, changes) =
        World::default().sync(&planner(), &with_prefix("%{record_type}."), &desired([a("")]));
    assert_eq!(changes.create[1].dns_name.as_str(), "a.example.com");
    // (c) A wildcard and the name that stands for it.
    let options = TxtOptions { wildcard_replacement: "any".into(), ..options() };
    let mut world = World::default();
    world.sync(&planner(), &options, &desired([a("*"), a("any")]));
    assert_eq!(owners(&options, world.records.clone()), ["* A me", "any A me"]);
    world.sync(&planner(), &options, &desired([a("any")]));
    assert_eq!(owners(&options, world.records.clone()), ["any A me"]);
    assert_eq!(world.records.len(), 2);
}

#[test]
fn an_ownership_record_is_in_the_zone_of_its_record_whatever_the_zones_are() {
    let place = |zones: &[&str], name: &str| {
        let registry = TxtRegistry::new(options()).unwrap();
        let zones: Vec<_> = zones.iter().map(|zone| (*zone).into()).collect();
        let current = registry.read(vec![], &zones);
        let record = Endpoint::new(name, RecordType::A, ["192.0.2.1"]);
        let plan = planner().plan(&memory(), &current, &desired([record]), &Scope::All);
        registry.write(&current, &plan).create[1].dns_name.to_string()
    };
    let zones = ["example.com", "sub.example.com"];
    assert_eq!(place(&zones, "www.example.com"), "a-www.example.com");
    assert_eq!(place(&zones, "sub.example.com"), "a._owner.sub.example.com");
    assert_eq!(place(&zones, "www.sub.example.com"), "a-www.sub.example.com");
    // Where zones are not known, two labels are taken for the top of one.
    assert_eq!(place(&[], "example.com"), "a._owner.example.com");
    assert_eq!(place(&[], "www.example.com"), "a-www.example.com");
    // A name that has no room for anything below it.
    let deep = format!(
        "{}.example.com",
        ["l".repeat(60), "m".repeat(60), "n".repeat(60), "o".repeat(57)].join(".")
    );
    let ownership_record = place(&["example.com"], &deep);
    assert!(
        ownership_record.ends_with("._owner.example.com") && ownership_record.len() == 43,
        "{ownership_record}"
    );
}

#[test]
fn an_ownership_record_that_may_be_another_hosts_owns_nothing() {
    // (d) In the old form without a type, `a-foo` owns the host `a-foo`.
    let mut world =
        World::new([a("a-foo"), a("foo"), ownership_record("a-foo", "me", "service/ns/a-foo")]);
    let before = world.clone();
    let (plan, _) = world.sync(&planner(), &options(), &Desired::default());
    assert_eq!(world, before);
    assert_eq!(plan.statuses[0].reason.code(), "AmbiguousOwnershipRecord");
    // It is told before anything is to be changed, with the way out.
    let as_it_is = desired([a("foo").of("service/ns/foo")]);
    let (plan, _) = world.sync(&planner(), &options(), &as_it_is);
    assert_eq!(world, before);
    let told: Vec<_> = plan.steps().iter().filter_map(|step| step.reason.as_ref()).collect();
    assert_eq!(
        told.iter().map(|reason| reason.code()).collect::<Vec<_>>(),
        ["AmbiguousOwnershipRecord"]
    );
    assert!(told[0].hint().contains("signpost ownership adopt"));
    let moved = record("foo", "A", "192.0.2.9");
    world.sync(&planner(), &options(), &desired([moved.clone().of("service/ns/other")]));
    assert_eq!(world, before);
    // A person settles it, and the ownership record then says what it is about.
    let adopting = Planner { adopt: [full("foo").into()].into(), ..planner() };
    world.sync(&adopting, &options(), &desired([moved.clone().of("service/ns/foo")]));
    assert!(world.holds(&moved));
    assert_eq!(owners(&options(), world.records.clone()), ["a-foo A -", "foo A me"]);
    assert!(world.lines().iter().any(|line| line.starts_with("a._owner.foo.example.com TXT")));
}

#[test]
fn two_instances_with_one_owner_id_leave_each_others_records_alone() {
    let instance = |instance: &str| TxtOptions { instance: Some(instance.into()), ..options() };
    let (one, two) = (instance("1111"), instance("2222"));
    let mut world = World::default();
    for _ in 0..3 {
        world.sync(&planner(), &one, &desired([a("x")]));
        let (plan, _) = world.sync(&planner(), &two, &desired([a("y")]));
        assert_eq!(plan.statuses[0].reason.code(), "OwnerIdShared");
        assert_eq!(plan.statuses[0].name.as_str(), "x.example.com");
    }
    assert_eq!(world.records.len(), 4);
    // A cluster that replaces another one says so.
    let heir = TxtOptions { former_instances: vec!["1111".into()], ..two.clone() };
    world.sync(&planner(), &heir, &desired([a("y")]));
    assert_eq!(world.records.len(), 2);
    // What ExternalDNS wrote names no instance and is anyone's who has the owner id.
    let mut world = World::new([a("z"), mine("a-z")]);
    world.sync(&planner(), &two, &Desired::default());
    assert_eq!(world, World::default());
}

#[test]
fn an_ownership_record_that_changes_hands_stays_where_it_is() {
    let options = TxtOptions { wildcard_replacement: "any".into(), ..options() };
    let migrating = Planner { migrate_from: Some("them".into()), ..planner() };
    for name in ["*", "www", "x.www", "*.x"] {
        let place = format!("a-{}", name.replace('*', "any"));
        let mut world = World::new([a(name), theirs(&place)]);
        let (_, changes) = world.sync(&migrating, &options, &desired([a(name)]));
        assert_eq!(written(&changes), [vec![], vec![format!("{place} TXT")], vec![]]);
        assert_eq!(owners(&options, world.records.clone()), [format!("{name} A me")]);
    }
    // Unless the name that stands for the wildcard needs the place.
    let mut world = World::new([a("*"), a("any"), theirs("a-any")]);
    world.sync(&migrating, &options, &desired([a("*"), a("any")]));
    assert_eq!(owners(&options, world.records.clone()), ["* A me", "any A me"]);
}

#[test]
fn what_may_be_owned_by_an_ownership_record_that_cannot_be_read_is_not_adopted() {
    let asked = |(name, set): (&str, &str), address: &str| {
        let endpoint = record(name, "A", address);
        desired([if set.is_empty() { endpoint } else { endpoint.set(set).with("aws/weight", "1") }])
    };
    let adopting = |name: &str| Planner { adopt: [full(name).into()].into(), ..planner() };
    let no_key = TxtOptions { key: None, encrypt: false, ..encrypted() };
    let other_key = TxtOptions { key: Key::parse(&"k".repeat(32)).ok(), ..encrypted() };
    let prefixed = TxtOptions { prefix: "x.".into(), ..encrypted() };
    for (writes, reads) in [
        (encrypted(), no_key.clone()),
        (encrypted(), other_key),
        (prefixed, TxtOptions { prefix: "x.".into(), ..no_key }),
    ] {
        for (name, set) in [("one", ""), ("", ""), ("*", ""), ("one", "blue")] {
            let mut world = World::default();
            world.sync(&planner(), &writes, &asked((name, set), "192.0.2.1"));
            let (before, asked) = (world.clone(), asked((name, set), "192.0.2.9"));
            for planner in [planner(), adopting(name)] {
                let (plan, _) = world.sync(&planner, &reads, &asked);
                assert_eq!(world, before, "{name} {set}");
                assert_eq!(plan.statuses[0].reason.code(), "UnreadableOwnershipRecord");
            }
            let (_, changes) = world.sync(&planner(), &writes, &asked);
            assert_eq!(changes.update.len(), 1, "with the key it is ours");
        }
    }
    // A text that is none stands in nobody's way, also one that is base64.
    for text in ["dGVzdA==", "v=spf1 -all", &"A".repeat(43)] {
        let verification = Endpoint::new(full("a-one"), RecordType::Txt, [text]);
        let mut world = World::new([a("one"), verification]);
        world.sync(&adopting("one"), &options(), &desired([a("one")]));
        assert_eq!(owners(&options(), world.records.clone()), ["a-one TXT -", "one A me"]);
    }
}

#[test]
fn a_record_that_nobody_owns_is_adopted_where_it_is_desired() {
    let adopting = Planner { adopt: [full("one").into(), full("two").into()].into(), ..planner() };
    let mut world = World::new([a("one"), a("two"), a("three")]);
    let asked = desired([a("one").of("service/ns/one"), a("three")]);
    let (plan, changes) = world.sync(&adopting, &options(), &asked);
    let steps: Vec<_> = plan.steps().iter().map(|step| (step.name.as_str(), step.action)).collect();
    assert_eq!(steps, [("one.example.com", Action::Own), ("three.example.com", Action::Hold)]);
    assert_eq!(written(&changes), [vec!["a-one TXT".to_owned()], vec![], vec![]]);
    assert!(world.sync(&adopting, &options(), &asked).1.is_empty());
}

#[test]
fn a_disowned_record_stays_and_is_nobodys() {
    let mut world = World::new([a("one"), mine("a-one"), mine("one"), a("two"), mine("a-two")]);
    let registry = TxtRegistry::new(options()).unwrap();
    let changes = registry.disown(&world.read(&options()), &[full("one").into()]);
    world.take(&changes);
    assert_eq!(owners(&options(), world.records.clone()), ["one A -", "two A me"]);
    assert_eq!(world.records.len(), 3);
}

#[test]
fn an_audit_counts_owners_and_lists_what_is_odd() {
    let records = [
        a("one"),
        mine("a-one"),
        a("old"),
        mine("old"),
        theirs("a-x"),
        a("x"),
        a("free"),
        mine("a-ghost"),
        a("a-foo"),
        a("foo"),
        mine("a-foo"),
    ];
    let audit = World::new(records).read(&options()).audit("me");
    assert_eq!(
        audit.owners.into_iter().collect::<Vec<_>>(),
        [("me".into(), 3), ("them".into(), 1)]
    );
    assert_eq!(audit.unowned, 2);
    let findings: Vec<_> = audit
        .findings
        .iter()
        .map(|finding| format!("{} {:?}", finding.name, finding.oddity))
        .collect();
    assert_eq!(
        findings,
        [
            "a-ghost.example.com WithoutRecord",
            "foo.example.com Ambiguous",
            "old.example.com OldForm"
        ]
    );
}

#[test]
fn turning_encryption_on_seals_old_ownership_records_when_asked() {
    let mut world = World::new([a("foo"), mine("a-foo")]);
    let asked = desired([a("foo")]);
    assert!(world.sync(&planner(), &encrypted(), &asked).1.is_empty());
    let normalise = Planner { normalise_ownership_records: true, ..planner() };
    let (_, changes) = world.sync(&normalise, &encrypted(), &asked);
    assert_eq!(written(&changes), [vec![], vec!["a-foo TXT".to_owned()], vec![]]);
    assert!(!changes.update[0].new.targets.first().unwrap().contains("heritage"));
    assert!(world.sync(&normalise, &encrypted(), &asked).1.is_empty());
}

#[test]
fn an_object_whose_kind_was_spelled_otherwise_is_the_same_object() {
    let mut world = World::new([a("foo"), ownership_record("a-foo", "me", "HTTPRoute/ns/foo")]);
    let asked = desired([a("foo").of("httproute/ns/foo")]);
    assert!(world.sync(&planner(), &options(), &asked).0.is_empty());
    let mut gone = Desired::default();
    gone.unknown(Unknown::Kind("httproute".into()), Reason::no_targets(""));
    assert!(world.sync(&planner(), &options(), &gone).0.is_empty());
}

#[test]
fn a_record_that_does_not_say_who_asked_outlives_any_gap() {
    let mut world = World::new([a("foo"), mine("a-foo")]);
    let before = world.clone();
    for what in [Unknown::Kind("service".into()), Unknown::Resource("service/ns/x".into())] {
        let mut gone = Desired::default();
        gone.unknown(what, Reason::no_targets(""));
        world.sync(&planner(), &options(), &gone);
        assert_eq!(world, before);
    }
    // An object that wants it may change it meanwhile.
    let mut moved = desired([record("foo", "A", "192.0.2.9").of("service/ns/foo")]);
    moved.unknown(Unknown::Kind("ingress".into()), Reason::no_targets(""));
    world.sync(&planner(), &options(), &moved);
    assert!(world.holds(&moved.endpoints[0]));
}

/// What three eras of ExternalDNS leave in a zone for the same three objects.
fn zone_of(era: &str) -> World {
    let ingress = |text: &str| ownership_record(text, "me", "ingress/ns/app");
    let service = |text: &str| ownership_record(text, "me", "service/ns/web");
    let crd = |text: &str| ownership_record(text, "me", "crd/ns/cdn");
    let records = [
        alias("app", "A"),
        alias("app", "AAAA"),
        a("web").ttl(300),
        cname("cdn").ttl(300),
        record("*.wild", "A", "192.0.2.7").ttl(300),
        a("w").set("c1").with("aws/weight", "10").ttl(300),
    ];
    let ownership_records = match era {
        // Two forms side by side; an alias counts as a CNAME.
        "0.14" => vec![
            ingress("app"),
            ingress("cname-app"),
            ingress("aaaa-app"),
            service("web"),
            service("a-web"),
            crd("cname-cdn"),
            service("*.wild"),
            service("a-*.wild"),
        ],
        "0.18" => vec![
            ingress("cname-app"),
            ingress("aaaa-app"),
            service("a-web"),
            crd("cname-cdn"),
            service("a-*.wild"),
        ],
        _ => vec![
            ingress("a-app"),
            ingress("aaaa-app"),
            service("a-web"),
            crd("cname-cdn"),
            service("a-*.wild"),
        ],
    };
    let routed = service("a-w").set("c1").with("aws/weight", "10");
    World::new([records.to_vec(), ownership_records, vec![routed]].concat())
}

fn objects() -> Desired {
    desired([
        alias("app", "A").of("ingress/ns/app"),
        alias("app", "AAAA").of("ingress/ns/app"),
        a("web").of("service/ns/web"),
        cname("cdn").of("crd/ns/cdn"),
        record("*.wild", "A", "192.0.2.7").of("service/ns/web"),
        a("w").set("c1").with("aws/weight", "10").of("service/ns/web"),
    ])
}

#[test]
fn a_zone_of_external_dns_is_taken_over_without_a_write() {
    for era in ["0.14", "0.18", "0.22"] {
        let mut world = zone_of(era);
        let before = world.clone();
        let (plan, changes) = world.sync(&planner(), &options(), &objects());
        assert!(plan.is_empty() && changes.is_empty(), "{era}: {plan}");
        assert!(plan.statuses.iter().all(|status| status.reason.code() == "UpToDate"), "{era}");
        assert_eq!(world, before);
        // Asked to bring ownership records up to date, it touches no record.
        let normalise = Planner { normalise_ownership_records: true, ..planner() };
        let (plan, _) = world.sync(&normalise, &options(), &objects());
        assert!(plan.steps().iter().all(|step| step.action == Action::Own), "{era}: {plan}");
        for record in before.records.iter().filter(|record| record.record_type != RecordType::Txt) {
            assert!(world.records.contains(record), "{era}");
        }
        let (plan, _) = world.sync(&normalise, &options(), &objects());
        assert!(plan.is_empty(), "{era}: {plan}");
    }
}

#[test]
fn a_zone_of_external_dns_is_emptied_without_a_trace() {
    for era in ["0.18", "0.22"] {
        let mut world = zone_of(era);
        world.sync(&planner(), &options(), &Desired::default());
        assert_eq!(world, World::default(), "{era}");
    }
}
