//! What holds for any batch on any zone.

use proptest::prelude::*;

use crate::account::Account;
use crate::record::{RecordType, RoutingKind};
use crate::shape::{Change, ResourceRecordSet};
use crate::validate::Quota;
use crate::zone::Zone;

const NAMES: [&str; 5] =
    ["example.com", "a.example.com", "*.example.com", "x.a.example.com", "example.org"];

/// Any record set over few names, types, identifiers and policies, so that they meet often.
fn any_set() -> impl Strategy<Value = ResourceRecordSet> {
    let name = proptest::sample::select(&NAMES[..]);
    let content = prop_oneof![
        Just(("A", "192.0.2.1")),
        Just(("A", "192.0.2.2")),
        Just(("TXT", "\"t\"")),
        Just(("CNAME", "b.example.com")),
        Just(("NS", "ns.example.net")),
    ];
    let alias = proptest::option::weighted(0.2, proptest::sample::select(&NAMES[..]));
    (name, content, 0..2_i64, 0..6_u8, alias).prop_map(|(name, (kind, value), n, policy, alias)| {
        let mut set = match alias {
            Some(target) => ResourceRecordSet::alias(name, kind, "Z1", target),
            None => ResourceRecordSet::new(name, kind, 60, &[value]),
        };
        match policy {
            0 => set.weight = Some(n),
            1 => set.region = Some(["us-east-1", "eu-west-1"][usize::from(n == 0)].to_owned()),
            2 => set.multi_value_answer = Some(true),
            _ => return set,
        }
        set.set_identifier = Some(n.to_string());
        set
    })
}

fn any_batch() -> impl Strategy<Value = Vec<Change>> {
    let action = proptest::sample::select(vec!["CREATE", "UPSERT", "UPSERT", "DELETE"]);
    let change = (action, any_set())
        .prop_map(|(action, set)| Change { action: action.to_owned(), resource_record_set: set });
    proptest::collection::vec(change, 1..5)
}

fn dump(zone: &Zone) -> Vec<ResourceRecordSet> {
    zone.all().map(Into::into).collect()
}

/// Asserts what Route 53 promises of any zone.
fn is_sound(zone: &Zone) {
    for record_type in [RecordType::SOA, RecordType::NS] {
        assert!(zone.group(&zone.name, record_type).next().is_some(), "no {record_type}");
    }
    for set in zone.all() {
        assert!(set.key.name.is_within(&zone.name), "{set:?}");
        let same_name: Vec<_> = zone.at(&set.key.name).collect();
        if set.key.record_type == RecordType::CNAME {
            assert_ne!(set.key.name, zone.name);
            assert!(same_name.iter().all(|other| other.key.record_type == RecordType::CNAME));
        }
        let group: Vec<_> = zone.group(&set.key.name, set.key.record_type).collect();
        assert!(group.iter().all(|other| other.routing.kind() == set.routing.kind()), "{group:?}");
        if set.routing.kind() == RoutingKind::Simple {
            assert_eq!(group.len(), 1, "{group:?}");
        }
    }
}

proptest! {
    #[test]
    fn a_batch_is_applied_whole_or_not_at_all_and_leaves_a_sound_zone(
        batches in proptest::collection::vec(any_batch(), 1..12)
    ) {
        let mut account = Account::default();
        account.add_zone("example.com".parse().unwrap(), false, Some("Z1".to_owned()));
        for batch in batches {
            let before = dump(&account.zones["Z1"]);
            let accepted = account.change("Z1", &batch, Quota::Enforced).is_ok();
            let zone = &account.zones["Z1"];
            is_sound(zone);
            let after = dump(zone);
            if !accepted {
                prop_assert_eq!(after, before);
                continue;
            }
            for change in &batch {
                let repeated = batch.iter().filter(|other| {
                    let (set, own) = (&other.resource_record_set, &change.resource_record_set);
                    (&set.name, &set.r#type, &set.set_identifier)
                        == (&own.name, &own.r#type, &own.set_identifier)
                });
                if change.action != "DELETE" || repeated.count() == 1 {
                    let kept = after.iter().any(|set| is_same(set, &change.resource_record_set));
                    prop_assert_eq!(kept, change.action != "DELETE");
                }
            }
        }
    }

    #[test]
    fn what_a_zone_lists_can_be_deleted_exactly_as_listed(
        batches in proptest::collection::vec(any_batch(), 1..12)
    ) {
        let mut account = Account::default();
        account.add_zone("example.com".parse().unwrap(), false, Some("Z1".to_owned()));
        for batch in batches {
            drop(account.change("Z1", &batch, Quota::Enforced));
        }
        let required = |set: &ResourceRecordSet| {
            set.name == "example.com." && matches!(set.r#type.as_str(), "SOA" | "NS")
        };
        let deletes: Vec<_> = dump(&account.zones["Z1"])
            .into_iter()
            .filter(|set| !required(set))
            .map(|set| Change { action: "DELETE".to_owned(), resource_record_set: set })
            .collect();
        if !deletes.is_empty() {
            account.change("Z1", &deletes, Quota::Enforced).unwrap();
        }
        prop_assert_eq!(account.zones["Z1"].len(), 2);
    }
}

/// Tells whether a listed record set is the one that was sent.
fn is_same(listed: &ResourceRecordSet, sent: &ResourceRecordSet) -> bool {
    let mut sent = sent.clone();
    sent.name = sent.name.parse::<crate::name::Name>().unwrap().to_string();
    if let Some(target) = &mut sent.alias_target {
        target.dns_name = target.dns_name.parse::<crate::name::Name>().unwrap().to_string();
    }
    *listed == sent
}
