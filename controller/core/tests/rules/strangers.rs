//! Random worlds: which objects want what, who else is there, and how ownership records are kept.

use controller_core::desired::{Desired, SourceObject};
use controller_core::inventory::Key;
use controller_core::registry::TxtOptions;
use external_dns_webhook::{Endpoint, RecordType};
use proptest::prelude::*;

use crate::world::{KEY, With, World, options, ownership_record, record};

const LONG: &str = "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg";

pub(crate) fn names() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", "www", "a-www", "*", "any", "a-any", "x.www", LONG])
}

/// A record set that an object wants; few values, so that they meet often.
pub(crate) fn wish() -> impl Strategy<Value = Endpoint> {
    let kinds = prop::sample::select(vec!["A", "A", "AAAA", "CNAME", "TXT"]);
    let sets = prop::sample::select(vec!["", "", "", "s1", "s2"]);
    (names(), kinds, sets, 1u8..4, 0u8..3, 0u8..3).prop_map(
        |(name, kind, set, target, ttl, object)| {
            // The top of a zone holds NS and SOA, so no CNAME can be there.
            let kind = if name.is_empty() && kind == "CNAME" { "A" } else { kind };
            let target = match kind {
                "A" => format!("192.0.2.{target}"),
                "AAAA" => format!("2001:db8::{target}"),
                "CNAME" => format!("t{target}.example.net"),
                _ => format!("\"text-{target}\""),
            };
            let mut wish =
                record(name, kind, &target).set(set).of(&format!("service/ns/o{object}"));
            if !set.is_empty() {
                wish = wish.with("aws/weight", "10");
            }
            if ttl > 0 { wish.ttl(i64::from(ttl) * 60) } else { wish }
        },
    )
}

pub(crate) fn wishes() -> impl Strategy<Value = Desired> {
    let source_objects = prop::collection::btree_map(0u8..3, (0i64..3, 0i32..2), 0..3);
    (prop::collection::vec(wish(), 0..9), source_objects).prop_map(|(endpoints, source_objects)| {
        let source_object = |(object, (created, priority))| {
            (
                format!("service/ns/o{object}").into(),
                SourceObject { created: Some(created), priority, ..SourceObject::default() },
            )
        };
        Desired {
            endpoints,
            source_objects: source_objects.into_iter().map(source_object).collect(),
            ..Desired::default()
        }
    })
}

/// Record sets and ownership records that are not ours, in a state that a provider can be in.
pub(crate) fn foreign() -> impl Strategy<Value = World> {
    let ownership_records = (names(), prop::sample::select(vec!["", "a-", "cname-", "aaaa-"]));
    let ownership_records = ownership_records.prop_map(|(name, kind)| {
        ownership_record(&format!("{kind}{name}"), "other", "service/x/y")
    });
    let wild = prop_oneof![3 => wish().boxed(), 2 => ownership_records.boxed()];
    prop::collection::vec(wild, 0..6).prop_map(|records| {
        let mut world = World::default();
        for mut record in records {
            record.labels = external_dns_webhook::Labels::default();
            record.ttl = external_dns_webhook::Ttl::from_seconds(300);
            let name = record.dns_name.canonical().clone();
            let fits = name.ends_with("example.com")
                && (name == "example.com" || name.ends_with(".example.com"))
                && name.split('.').all(|part| part.len() <= 63)
                && world.records.iter().all(|endpoint| {
                    *endpoint.dns_name.canonical() != name
                        || endpoint.key() != record.key()
                            && endpoint.record_type != RecordType::Cname
                            && record.record_type != RecordType::Cname
                            && (endpoint.record_type != record.record_type
                                || endpoint.set_identifier.is_empty()
                                    == record.set_identifier.is_empty())
                });
            if fits {
                world.records.push(record);
            }
        }
        world
    })
}

/// A zone that ExternalDNS left: foreign records, and ours with ownership records in any form or
/// without their record.
pub(crate) fn heritage() -> impl Strategy<Value = World> {
    let forms = prop::sample::select(vec!["", "a-", "cname-", "aaaa-", "txt-"]);
    let ours = (names(), forms, 0u8..3, any::<bool>(), prop::sample::select(vec!["", "s1"]));
    let ours = prop::collection::vec(ours, 0..6);
    (foreign(), ours, any::<u8>()).prop_map(|(mut world, ours, salt)| {
        let mut add = |record: Endpoint| {
            let name = record.dns_name.canonical().clone();
            let inside = name == "example.com" || name.ends_with(".example.com");
            let lone = world.records.iter().all(|endpoint| {
                *endpoint.dns_name.canonical() != name
                    || endpoint.record_type != record.record_type
                        && endpoint.record_type != RecordType::Cname
                        && record.record_type != RecordType::Cname
            });
            if inside && lone && name.split('.').all(|part| (1..=63).contains(&part.len())) {
                world.records.push(record);
            }
        };
        for (name, form, object, with_record, set) in ours {
            let text =
                ownership_record(&format!("{form}{name}"), "me", &format!("service/ns/o{object}"));
            let kind = match form {
                "aaaa-" => "AAAA",
                "txt-" => "TXT",
                _ => "A",
            };
            let target = match kind {
                "AAAA" => format!("2001:db8::{}", salt % 4),
                "TXT" => "\"text-1\"".to_owned(),
                _ => format!("192.0.2.{}", salt % 4),
            };
            let mut record = record(name, kind, &target).set(set).ttl(300);
            if form == "cname-" {
                record = record.with("alias", "true");
            }
            if !set.is_empty() {
                record = record.with("aws/weight", "10");
            }
            if with_record {
                add(record);
            }
            add(text.set(set));
        }
        world
    })
}

/// Every way to name and seal ownership records.
pub(crate) fn ways() -> impl Strategy<Value = TxtOptions> {
    let affixes = prop::sample::select(vec![
        ("", ""),
        ("txt.", ""),
        ("x-", ""),
        ("%{record_type}.", ""),
        ("%{record_type}", ""),
        ("", "-own"),
        ("", "-%{record_type}"),
    ]);
    let wildcards = prop::sample::select(vec!["", "any"]);
    (affixes, wildcards, any::<bool>()).prop_map(|((prefix, suffix), wildcard, encrypt)| {
        TxtOptions {
            prefix: prefix.into(),
            suffix: suffix.into(),
            wildcard_replacement: wildcard.into(),
            encrypt,
            key: encrypt.then(|| Key::parse(KEY).unwrap()),
            ..options()
        }
    })
}
