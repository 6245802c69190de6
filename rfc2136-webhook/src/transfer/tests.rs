//! Zones and differences, in every cut that messages may have.

use super::*;
use crate::message::emit_name;
use crate::name;

fn apex() -> Name {
    name::parse("example.com").unwrap()
}

fn soa(serial: u32) -> ResourceRecord {
    let mut data = Vec::new();
    emit_name(&name::parse("ns.example.com").unwrap(), &mut data);
    emit_name(&name::parse("admin.example.com").unwrap(), &mut data);
    for number in [serial, 1, 2, 3, 4] {
        data.extend(number.to_be_bytes());
    }
    ResourceRecord { name: apex(), record_type: SOA, class: IN, ttl: 60, data }
}

fn a(label: &str, last: u8) -> ResourceRecord {
    let name = name::parse(&format!("{label}.example.com")).unwrap();
    ResourceRecord { name, record_type: 1, class: IN, ttl: 60, data: vec![192, 0, 2, last] }
}

fn zone(serial: u32, records: &[ResourceRecord]) -> Snapshot {
    let mut snapshot = Snapshot::new(&soa(serial)).unwrap();
    for record in records {
        snapshot.add(record.clone());
    }
    snapshot
}

/// Hands over records, so many in each message, and returns whether more were expected at the end.
fn fed(transfer: &mut Transfer, records: &[ResourceRecord], each: usize) -> Result<More, String> {
    let mut more = More::Yes;
    for chunk in records.chunks(each) {
        assert_eq!(more, More::Yes, "nothing comes after the end");
        more = transfer.take(Response {
            id: 0,
            is_response: true,
            is_authoritative: true,
            is_truncated: false,
            code: 0,
            answers: chunk.to_vec(),
            signature: None,
        })?;
    }
    Ok(more)
}

#[test]
fn a_whole_zone_ends_with_its_soa_record_however_it_is_cut_into_messages() {
    let records = [soa(5), a("a", 1), a("a", 2), a("b", 3), soa(5)];
    for each in 1..=5 {
        let mut transfer = Transfer::new(None);
        assert_eq!(fed(&mut transfer, &records, each), Ok(More::No));
        assert_eq!(transfer.outcome(), Transferred::Zone(zone(5, &records[1..4])));
    }
}

#[test]
fn a_zone_that_is_cut_off_is_no_zone() {
    let mut transfer = Transfer::new(None);
    assert_eq!(fed(&mut transfer, &[soa(5), a("a", 1)], 9), Ok(More::Yes));
    assert_eq!(transfer.outcome(), Transferred::TooOld);
}

#[test]
fn a_zone_that_changes_while_it_comes_is_not_taken() {
    let mut transfer = Transfer::new(None);
    assert!(fed(&mut transfer, &[soa(5), a("a", 1), soa(6)], 9).is_err());
}

#[test]
fn differences_lead_from_what_is_known_to_what_is() {
    let known = zone(5, &[a("a", 1), a("b", 2)]);
    let records = [
        soa(7),
        soa(5),
        a("a", 1),
        soa(6),
        a("c", 3),
        soa(6),
        a("c", 3),
        soa(7),
        a("d", 4),
        a("d", 5),
        soa(7),
    ];
    for each in [2, 3, 4, 11] {
        let mut transfer = Transfer::new(Some(known.clone()));
        assert_eq!(fed(&mut transfer, &records, each), Ok(More::No));
        let expected = zone(7, &[a("b", 2), a("d", 4), a("d", 5)]);
        assert_eq!(transfer.outcome(), Transferred::Zone(expected));
    }
}

#[test]
fn a_server_may_answer_with_the_whole_zone_or_that_nothing_changed() {
    let known = zone(5, &[a("a", 1)]);
    let mut transfer = Transfer::new(Some(known.clone()));
    assert_eq!(fed(&mut transfer, &[soa(9), a("z", 1), soa(9)], 9), Ok(More::No));
    assert_eq!(transfer.outcome(), Transferred::Zone(zone(9, &[a("z", 1)])));
    let mut transfer = Transfer::new(Some(known.clone()));
    assert_eq!(fed(&mut transfer, &[soa(5)], 9), Ok(More::No));
    assert_eq!(transfer.outcome(), Transferred::Unchanged);
    let mut transfer = Transfer::new(Some(known));
    assert_eq!(fed(&mut transfer, &[soa(9)], 9), Ok(More::No));
    assert_eq!(transfer.outcome(), Transferred::TooOld);
}

#[test]
fn differences_that_do_not_fit_are_not_taken() {
    let known = zone(5, &[a("a", 1)]);
    for records in [
        vec![soa(7), soa(4), soa(7), soa(7)],
        vec![soa(7), soa(5), a("x", 1), soa(7), soa(7)],
        vec![soa(7), soa(5), soa(6), soa(4), soa(7), soa(7)],
    ] {
        let mut transfer = Transfer::new(Some(known.clone()));
        assert!(fed(&mut transfer, &records, 99).is_err(), "{records:?}");
    }
}
