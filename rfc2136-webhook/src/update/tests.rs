//! What groups of changes assert and do.

use external_dns_webhook::{Labels, Update};

use super::*;
use crate::group::group;
use external_dns_webhook::{Changes, ZoneId};

const TTLS: Ttls = Ttls { unsaid: 300, least: 0 };

fn apex() -> Name {
    name::parse("example.com").unwrap()
}

fn endpoint(name: &str, record_type: &str, target: &str) -> Endpoint {
    Endpoint::new(format!("{name}.example.com"), record_type.into(), [target])
}

fn ownership(name: &str) -> Endpoint {
    let mut record = endpoint(&format!("own-{name}"), "TXT", "heritage=external-dns");
    record.labels = Labels::default().with(Labels::OWNED_RECORD, format!("{name}.example.com"));
    record
}

fn zone(records: &[Endpoint]) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for endpoint in records {
        for target in endpoint.targets.iter() {
            snapshot.add(ResourceRecord {
                name: name::from_dns_name(&endpoint.dns_name).unwrap(),
                record_type: record_type::code(&endpoint.record_type).unwrap(),
                class: IN,
                ttl: 300,
                data: rdata::from_text(&endpoint.record_type, target).unwrap(),
            });
        }
    }
    snapshot
}

fn evaluated(changes: Changes, zone: &Snapshot) -> Evaluated {
    let (zones, refused) = group(changes, |_, _| Some(ZoneId::from("example.com")));
    assert_eq!(refused, []);
    let groups: Vec<_> = zones.into_values().flatten().collect();
    assert_eq!(groups.len(), 1, "{groups:?}");
    evaluate(&groups[0], &apex(), zone, TTLS)
}

fn plan(changes: Changes, zone: &Snapshot) -> Plan {
    match evaluated(changes, zone) {
        Evaluated::Write(plan) => plan,
        other => panic!("{other:?}"),
    }
}

/// Name, type and class of records, as text.
fn told(records: &[ResourceRecord]) -> Vec<String> {
    let one = |record: &ResourceRecord| {
        let class = match record.class {
            IN => "IN",
            NONE => "NONE",
            ANY => "ANY",
            other => panic!("{other}"),
        };
        let name = name::to_text(&record.name).replace(".example.com", "");
        format!("{name} {class} {}", record.record_type)
    };
    records.iter().map(one).collect()
}

#[test]
fn a_creation_asserts_that_neither_it_nor_a_cname_nor_its_ownership_record_is_there() {
    let create = vec![endpoint("www", "A", "192.0.2.1"), ownership("www")];
    let plan = plan(Changes { create, ..<_>::default() }, &zone(&[]));
    assert_eq!(
        told(&plan.prerequisites),
        ["own-www NONE 16", "own-www NONE 5", "www NONE 1", "www NONE 5"]
    );
    assert_eq!(plan.removals, []);
    assert_eq!(told(&plan.additions), ["own-www IN 16", "www IN 1"]);
    assert_eq!(plan.additions[0].ttl, 300);
}

#[test]
fn a_deletion_asserts_the_values_that_are_there() {
    let www = endpoint("www", "A", "192.0.2.1");
    let delete = vec![www.clone(), ownership("www")];
    let plan = plan(Changes { delete, ..<_>::default() }, &zone(&[www, ownership("www")]));
    assert_eq!(told(&plan.prerequisites), ["own-www IN 16", "www IN 1"]);
    assert_eq!(plan.prerequisites[1].data, [192, 0, 2, 1]);
    assert!(plan.prerequisites.iter().all(|record| record.ttl == 0));
    assert_eq!(told(&plan.removals), ["own-www ANY 16", "www ANY 1"]);
    assert_eq!(plan.additions, []);
}

#[test]
fn what_an_ownership_record_says_is_asserted_when_only_its_record_set_changes() {
    let (old, new) = (endpoint("www", "A", "192.0.2.1"), endpoint("www", "A", "192.0.2.2"));
    let owner = ownership("www");
    let update =
        vec![Update { old: old.clone(), new }, Update { old: owner.clone(), new: owner.clone() }];
    let plan = plan(Changes { update, ..<_>::default() }, &zone(&[old, owner]));
    assert_eq!(told(&plan.prerequisites), ["own-www IN 16", "www IN 1"]);
    assert_eq!(told(&plan.removals), ["www ANY 1"]);
    assert_eq!(plan.additions[0].data, [192, 0, 2, 2]);
}

#[test]
fn a_cname_takes_the_place_of_an_address_in_one_message() {
    let old = endpoint("www", "A", "192.0.2.1");
    let create = vec![endpoint("www", "CNAME", "other.example.net")];
    let changes = Changes { create: create.clone(), delete: vec![old.clone()], ..<_>::default() };
    let plan = plan(changes, &zone(std::slice::from_ref(&old)));
    assert!(told(&plan.prerequisites).contains(&"www IN 1".to_owned()));
    assert!(told(&plan.prerequisites).contains(&"www NONE 16".to_owned()), "nor anything else");
    assert_eq!(told(&plan.removals), ["www ANY 1"]);
    assert_eq!(told(&plan.additions), ["www IN 5"]);
    let alone = Changes { create, ..<_>::default() };
    let Evaluated::Refused(obstacle) = evaluated(alone, &zone(&[old])) else { panic!() };
    assert_eq!(obstacle.code(), RefusalCode::NameConflict);
}

#[test]
fn a_new_cname_asserts_that_its_name_has_nothing_at_all() {
    let create = vec![endpoint("www", "CNAME", "other.example.net")];
    let plan = plan(Changes { create, ..<_>::default() }, &zone(&[]));
    assert_eq!(told(&plan.prerequisites), ["www NONE 5", "www NONE 255"]);
}

#[test]
fn what_was_written_before_is_done() {
    let www = endpoint("www", "A", "192.0.2.1");
    let other = endpoint("www", "A", "192.0.2.9");
    let there = zone(std::slice::from_ref(&www));
    let done = |changes| evaluated(changes, &there) == Evaluated::Done;
    assert!(done(Changes { create: vec![www.clone()], ..<_>::default() }));
    let update = vec![Update { old: other.clone(), new: www.clone() }];
    assert!(done(Changes { update, ..<_>::default() }));
    let delete = vec![endpoint("gone", "A", "192.0.2.1")];
    assert!(done(Changes { delete, ..<_>::default() }));
}

#[test]
fn what_another_client_has_changed_is_not_trampled() {
    let seen = endpoint("www", "A", "192.0.2.1");
    let there = zone(&[endpoint("www", "A", "192.0.2.9")]);
    let mut timed = endpoint("www", "A", "192.0.2.9");
    timed.ttl = Ttl::from_seconds(60);
    for changes in [
        Changes { create: vec![seen.clone()], ..<_>::default() },
        Changes { delete: vec![seen.clone()], ..<_>::default() },
        Changes { delete: vec![timed], ..<_>::default() },
        Changes {
            update: vec![Update { old: seen.clone(), new: endpoint("www", "A", "192.0.2.3") }],
            ..<_>::default()
        },
    ] {
        let Evaluated::Refused(obstacle) = evaluated(changes, &there) else { panic!() };
        assert_eq!(obstacle.code(), RefusalCode::ChangedElsewhere);
        assert!(obstacle.to_string().contains("192.0.2.9"), "{obstacle}");
    }
    let update = vec![Update { old: seen.clone(), new: endpoint("www", "A", "192.0.2.3") }];
    let Evaluated::Refused(obstacle) = evaluated(Changes { update, ..<_>::default() }, &zone(&[]))
    else {
        panic!()
    };
    assert!(obstacle.to_string().contains("it is not there"), "{obstacle}");
}

#[test]
fn the_zones_own_records_and_other_zones_are_not_touched() {
    let apex_ns = Endpoint::new("example.com", RecordType::Ns, ["ns.example.com"]);
    let outside = Endpoint::new("www.example.net", RecordType::A, ["192.0.2.1"]);
    for (endpoint, code) in
        [(apex_ns, RefusalCode::InvalidTarget), (outside, RefusalCode::OwnershipRecordOutsideZone)]
    {
        let changes = Changes { create: vec![endpoint], ..<_>::default() };
        let Evaluated::Refused(obstacle) = evaluated(changes, &zone(&[])) else { panic!() };
        assert_eq!(obstacle.code(), code);
    }
}

#[test]
fn what_a_delegation_or_a_dname_hides_is_not_written() {
    let delegated = zone(&[endpoint("del", "NS", "ns1.del.example.com")]);
    let moved = zone(&[endpoint("d", "DNAME", "d.example.net")]);
    let create = |desired: Endpoint| Changes { create: vec![desired], ..<_>::default() };
    let hidden = [
        (endpoint("new.del", "A", "192.0.2.3"), &delegated, "the delegation at `del.example.com`"),
        (endpoint("a.b.del", "TXT", "x"), &delegated, "the delegation at `del.example.com`"),
        (endpoint("del", "A", "192.0.2.3"), &delegated, "the delegation at `del.example.com`"),
        (endpoint("new.del", "NS", "ns.example.net"), &delegated, "the delegation"),
        (endpoint("x.d", "A", "192.0.2.3"), &moved, "the DNAME record at `d.example.com`"),
        (endpoint("x.d", "NS", "ns.example.net"), &moved, "the DNAME record at `d.example.com`"),
    ];
    for (desired, zone, why) in hidden {
        match evaluated(create(desired.clone()), zone) {
            Evaluated::Refused(obstacle) => {
                assert!(obstacle.to_string().contains(why), "{desired:?}: {obstacle}");
                assert_eq!(obstacle.code(), RefusalCode::NameConflict);
            }
            other => panic!("{desired:?}: {other:?}"),
        }
    }
    let seen = [
        (endpoint("ns1.del", "A", "192.0.2.3"), &delegated),
        (endpoint("ns1.del", "AAAA", "2001:db8::3"), &delegated),
        (endpoint("beside-del", "A", "192.0.2.3"), &delegated),
        (endpoint("d", "A", "192.0.2.3"), &moved),
        (endpoint("apart", "NS", "ns.apart.example.com"), &moved),
    ];
    for (desired, zone) in seen {
        let evaluated = evaluated(create(desired.clone()), zone);
        assert!(matches!(evaluated, Evaluated::Write(_)), "{desired:?}: {evaluated:?}");
    }
}

#[test]
fn what_is_hidden_already_can_be_taken_away() {
    let old = endpoint("new.del", "A", "192.0.2.3");
    let zone = zone(&[endpoint("del", "NS", "ns.example.net"), old.clone()]);
    let changes = Changes { delete: vec![old], ..<_>::default() };
    assert_eq!(plan(changes, &zone).removals.len(), 1);
}

#[test]
fn what_is_hidden_already_is_told_and_ownership_records_are_not() {
    let mark =
        Endpoint::new("a-new.del.example.com", RecordType::Txt, ["\"heritage=external-dns\""]);
    let zone = zone(&[
        endpoint("del", "NS", "ns1.del.example.com"),
        endpoint("ns1.del", "A", "192.0.2.53"),
        endpoint("new.del", "A", "192.0.2.3"),
        endpoint("beside", "A", "192.0.2.3"),
        endpoint("old", "DNAME", "example.net"),
        endpoint("x.old", "TXT", "x"),
        mark,
    ]);
    let apex = name::parse("example.com").unwrap();
    let told = crate::hidden::all(&zone, &apex, 20);
    assert_eq!(
        told,
        [
            "new.del.example.com A, by the delegation at del.example.com",
            "x.old.example.com TXT, by the DNAME record at old.example.com",
        ]
    );
    assert_eq!(crate::hidden::all(&zone, &apex, 1).len(), 1);
}
