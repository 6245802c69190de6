//! Ownership records that do not say which type they are about.

use controller_core::desired::Desired;
use controller_core::plan::Planner;
use controller_core::registry::TxtOptions;
use controller_core::status::Reason;
use external_dns_webhook::RecordType;

use crate::ownership::{a, mine, owners, theirs, with_prefix};
use crate::world::{With as _, World, desired, full, options, ownership_record, planner, record};

/// Everything of the name that is no address, and the ownership records of the old and the new form
/// beside an address of ours.
fn a_shop(ownership_records: &[&str]) -> (World, World) {
    let by_hand = [
        record("shop", "MX", "10 mail.example.net"),
        record("shop", "TXT", "\"v=spf1 -all\""),
        record("shop", "NS", "ns.example.net"),
        record("shop", "CAA", "0 issue \"ca.example.net\""),
        record("shop", "SRV", "0 0 1 x.example.net"),
        record("shop", "NAPTR", "x"),
        record("shop", "PTR", "x.example.net"),
        record("shop", "AAAA", "2001:db8::1"),
    ];
    let ours = ownership_records.iter().map(|name| mine(name));
    let whole = World::new(by_hand.iter().cloned().chain([a("shop")]).chain(ours));
    (whole, World::new(by_hand))
}

fn managing_all() -> Planner {
    let types = ["A", "AAAA", "CNAME", "MX", "TXT", "NS", "CAA", "SRV", "NAPTR", "PTR"];
    Planner { managed: types.map(RecordType::from).into(), ..planner() }
}

#[test]
fn an_ownership_record_without_a_type_never_makes_a_hand_made_record_ours() {
    let options = with_prefix("txt.");
    for ownership_records in [&["txt.shop"][..], &["txt.shop", "txt.a-shop"]] {
        let (mut world, by_hand) = a_shop(ownership_records);
        let before = world.clone();
        let (plan, _) = world.sync(&managing_all(), &options, &desired([a("shop")]));
        assert!(plan.is_empty() && world == before, "{plan}");
        world.sync(&managing_all(), &options, &Desired::default());
        assert_eq!(world, by_hand, "and it goes with its address, or it would wait for the next");
    }
}

#[test]
fn an_ownership_record_without_a_type_beside_one_with_a_type_is_a_guess_that_is_held() {
    let options = with_prefix("txt.");
    let mx = || record("shop", "MX", "10 mail.example.net");
    // The MX is ours and explains both; the address may be anyone's.
    let mut world = World::new([mx(), a("shop"), mine("txt.shop"), mine("txt.mx-shop")]);
    let before = world.clone();
    for wish in [vec![mx()], vec![mx(), record("shop", "A", "192.0.2.9")]] {
        let (plan, _) = world.sync(&managing_all(), &options, &desired(wish));
        assert_eq!(world, before);
        let told: Vec<_> = plan.steps().iter().filter_map(|step| step.reason.as_ref()).collect();
        assert_eq!(
            told,
            [&Reason::AmbiguousOwnershipRecord { ownership_record: full("txt.shop") }]
        );
    }
    // Of another owner it explains nothing here.
    let mut world = World::new([mx(), a("shop"), mine("txt.shop"), theirs("txt.mx-shop")]);
    world.sync(&managing_all(), &options, &Desired::default());
    assert_eq!(world, World::new([mx(), theirs("txt.mx-shop")]));
}

#[test]
fn an_ownership_record_without_a_type_gets_one_when_its_record_gets_company() {
    let options = with_prefix("txt.");
    let mut world = World::new([a("shop"), mine("txt.shop")]);
    let both = [a("shop"), record("shop", "AAAA", "2001:db8::1")];
    world.sync(&planner(), &options, &desired(both.clone()));
    assert_eq!(owners(&options, world.records.clone()), ["shop A me", "shop AAAA me"]);
    assert!(world.lines().iter().any(|line| line.starts_with("txt.a-shop.")));
    let (plan, _) = world.sync(&planner(), &options, &desired(both));
    assert!(plan.is_empty(), "{plan}");
    world.sync(&planner(), &options, &Desired::default());
    assert_eq!(world, World::default());
}

/// Hand-made addresses beside ownership records of ours, by the type that explains the one without.
fn explained_by(kind: &str, value: &str) -> (World, World) {
    let ownership_record = format!("txt.{}-shop", kind.to_lowercase());
    let by_hand = World::new([a("shop")]);
    let ours = [record("shop", kind, value), mine(&ownership_record), mine("txt.shop")];
    (World::new(by_hand.records.iter().cloned().chain(ours)), by_hand)
}

#[test]
fn an_ownership_record_without_a_type_goes_with_the_one_that_explains_it() {
    let options = with_prefix("txt.");
    let kinds =
        [("MX", "10 mail.example.net"), ("AAAA", "2001:db8::1"), ("TXT", "\"x\""), ("PTR", "x.y")];
    for (kind, value) in kinds {
        let (mut world, by_hand) = explained_by(kind, value);
        let wish = [record("shop", kind, value)];
        world.sync(&managing_all(), &options, &desired(wish));
        for _ in 0..3 {
            world.sync(&managing_all(), &options, &Desired::default());
            assert_eq!(world, by_hand);
        }
    }
}

#[test]
fn an_ownership_record_without_a_type_under_a_replaced_wildcard_goes_with_the_one_that_explains_it()
{
    let options = TxtOptions { wildcard_replacement: "any".into(), ..with_prefix("txt.") };
    for host in ["any", "*"] {
        let ours = [record("*", "AAAA", "2001:db8::1"), mine("txt.aaaa-any"), mine("txt.any")];
        let mut world = World::new([a(host)].into_iter().chain(ours));
        for _ in 0..3 {
            world.sync(&managing_all(), &options, &Desired::default());
            assert!(world.holds(&a(host)), "{host}: {:?}", world.lines());
        }
        assert_eq!(world, World::new([a(host)]));
    }
}

#[test]
fn an_ownership_record_without_a_type_says_no_more_when_the_one_that_explains_it_changes_hands() {
    let options = with_prefix("txt.");
    let aaaa = || record("shop", "AAAA", "2001:db8::1");
    let migrate = Planner { migrate_from: Some("them".into()), ..managing_all() };
    let ownership_records = [theirs("txt.aaaa-shop"), theirs("txt.shop")];
    let mut world = World::new([a("shop"), aaaa()].into_iter().chain(ownership_records));
    let wish = || desired([aaaa(), record("shop", "A", "192.0.2.9")]);
    for _ in 0..3 {
        world.sync(&migrate, &options, &wish());
        assert!(world.holds(&a("shop")), "{:?}", world.lines());
    }
    world.sync(&migrate, &options, &Desired::default());
    assert_eq!(world, World::new([a("shop")]));
}

/// How an ownership record on a host is called, with a type and its dash or without.
type Spelled = fn(&str, &str) -> String;

/// Options with each kind of affix.
fn every_affix() -> Vec<(TxtOptions, Spelled)> {
    let suffix = TxtOptions { suffix: "-own".into(), ..options() };
    vec![
        (options(), |host, kind| format!("{kind}{host}")),
        (with_prefix("own."), |host, kind| format!("own.{kind}{host}")),
        (suffix, |host, kind| format!("{kind}{host}-own")),
        (with_prefix("txt-%{record_type}-"), |host, kind| format!("txt-{kind}{host}")),
        (TxtOptions { suffix: "-%{record_type}x".into(), ..options() }, |host, kind| {
            let kind = kind.trim_end_matches('-');
            format!("{host}-{kind}x")
        }),
    ]
}

#[test]
fn an_ownership_record_without_a_type_is_none_on_a_host_that_its_name_could_spell_with_a_type() {
    // A host whose first label begins as a type does, as ExternalDNS v0.12 to v0.15 wrote it.
    for (options, spelled) in every_affix() {
        for (kind, value) in [
            ("A", "192.0.2.9"),
            ("AAAA", "2001:db8::9"),
            ("CNAME", "other.example.net"),
            ("MX", "10 mail.example.net"),
            ("TXT", "\"v=spf1 -all\""),
            ("NS", "ns.example.net"),
        ] {
            let host = format!("{}-w", kind.to_lowercase());
            let templated = options.prefix.contains('%') || options.suffix.contains('%');
            // What a template leaves of its place without a type keeps a dash of its own.
            let without =
                spelled(&host, if templated { "-" } else { "" }).replace("txt---", "txt--");
            let without =
                if options.prefix.contains('%') { format!("txt--{host}") } else { without };
            let by_hand = World::new([record("w", kind, value)]);
            for ownership_records in [vec![without.clone()], vec![without, spelled(&host, "a-")]] {
                let ours = ownership_records.iter().map(|name| mine(name)).chain([a(&host)]);
                let mut world = World::new(by_hand.records.iter().cloned().chain(ours));
                let before = world.clone();
                let other = record("w", kind, &value.replace('9', "8").replace("net", "org"));
                for wishes in [vec![a(&host)], vec![a(&host), other.of("service/ns/other")]] {
                    world.sync(&managing_all(), &options, &desired(wishes));
                    assert!(world.holds(&by_hand.records[0]), "{ownership_records:?} {before:?}");
                }
                for _ in 0..3 {
                    world.sync(&managing_all(), &options, &Desired::default());
                    assert!(world.holds(&by_hand.records[0]), "{ownership_records:?} {before:?}");
                }
            }
        }
    }
}

#[test]
fn an_object_may_have_a_host_that_looks_like_an_ownership_record_on_another_host_of_its_own() {
    let object = "service/ns/both";
    let wish = |name: &str, address: &str| record(name, "A", address).of(object);
    for (options, _) in every_affix() {
        for order in
            [&[&["w", "a-w"][..]][..], &[&["w"], &["w", "a-w"]], &[&["a-w"], &["w", "a-w"]]]
        {
            let mut world = World::default();
            for names in order {
                let wishes = names.iter().map(|name| wish(name, "192.0.2.1"));
                world.sync(&planner(), &options, &desired(wishes));
            }
            assert_eq!(owners(&options, world.records.clone()), ["a-w A me", "w A me"]);
            let (plan, _) = world.sync(
                &planner(),
                &options,
                &desired([wish("w", "192.0.2.1"), wish("a-w", "192.0.2.1")]),
            );
            assert!(plan.is_empty(), "{plan}");
            world.sync(
                &planner(),
                &options,
                &desired([wish("w", "192.0.2.2"), wish("a-w", "192.0.2.2")]),
            );
            assert_eq!(owners(&options, world.records.clone()), ["a-w A me", "w A me"]);
            world.sync(&planner(), &options, &desired([wish("w", "192.0.2.2")]));
            assert_eq!(owners(&options, world.records.clone()), ["w A me"]);
            world.sync(&planner(), &options, &Desired::default());
            assert_eq!(world, World::default());
        }
        // It comes to have both when one of them changes hands.
        let mut world = World::default();
        let others =
            [wish("w", "192.0.2.1"), record("a-w", "A", "192.0.2.1").of("service/ns/other")];
        world.sync(&planner(), &options, &desired(others));
        let both = [wish("w", "192.0.2.1"), wish("a-w", "192.0.2.1")];
        world.sync(&planner(), &options, &desired(both.clone()));
        let (plan, _) = world.sync(&planner(), &options, &desired(both));
        assert!(
            plan.is_empty() && plan.statuses.iter().all(|status| status.reason.is_well()),
            "{plan}"
        );
        world.sync(&planner(), &options, &Desired::default());
        assert_eq!(world, World::default());
    }
}

#[test]
fn what_was_written_without_a_type_goes_when_its_host_changes_hands() {
    for (options, _) in every_affix().into_iter().take(3) {
        let untyped = options.prefix.clone() + "a-w" + &options.suffix;
        let typed = options.prefix.clone() + "a-a-w" + &options.suffix;
        let by_hand = record("w", "A", "192.0.2.9");
        let before = [untyped, typed].map(|name| ownership_record(&name, "me", "service/ns/x"));
        let mut world = World::new(before.into_iter().chain([by_hand.clone(), a("a-w")]));
        let theirs = || desired([a("a-w").of("service/ns/y")]);
        for asked in [theirs(), theirs(), Desired::default(), Desired::default()] {
            world.sync(&managing_all(), &options, &asked);
            assert!(world.holds(&by_hand), "{:?}", world.lines());
        }
        assert_eq!(world, World::new([by_hand]));
    }
}
