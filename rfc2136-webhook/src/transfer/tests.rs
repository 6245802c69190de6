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

fn ns() -> ResourceRecord {
    let mut data = Vec::new();
    emit_name(&name::parse("ns.example.com").unwrap(), &mut data);
    ResourceRecord { name: apex(), record_type: NS, class: IN, ttl: 60, data }
}

fn zone(serial: u32, records: &[ResourceRecord]) -> Snapshot {
    let mut snapshot = Snapshot::new(&soa(serial)).unwrap();
    for record in records {
        snapshot.add(record.clone());
    }
    snapshot
}

fn response() -> Response {
    Response {
        id: 0,
        is_response: true,
        is_authoritative: true,
        is_truncated: false,
        code: 0,
        answers: Vec::new(),
        signature: None,
    }
}

/// Hands over records, so many in each message, and returns whether more were expected at the end.
fn fed(transfer: &mut Transfer, records: &[ResourceRecord], each: usize) -> Result<More, String> {
    let mut more = More::Yes;
    for chunk in records.chunks(each) {
        assert_eq!(more, More::Yes, "nothing comes after the end");
        more = transfer.take(Response { answers: chunk.to_vec(), ..response() })?;
    }
    Ok(more)
}

#[test]
fn a_whole_zone_ends_with_its_soa_record_however_it_is_cut_into_messages() {
    let records = [soa(5), ns(), a("a", 1), a("a", 2), a("b", 3), soa(5)];
    for each in 1..=6 {
        let mut transfer = Transfer::new(apex(), None);
        assert_eq!(fed(&mut transfer, &records, each), Ok(More::No));
        assert_eq!(transfer.outcome(), Transferred::Zone(zone(5, &records[1..5])));
    }
}

#[test]
fn a_zone_that_is_cut_off_is_no_zone() {
    let mut transfer = Transfer::new(apex(), None);
    assert_eq!(fed(&mut transfer, &[soa(5), a("a", 1)], 9), Ok(More::Yes));
    assert_eq!(transfer.outcome(), Transferred::TooOld);
}

#[test]
fn a_zone_that_changes_while_it_comes_is_not_taken() {
    let mut transfer = Transfer::new(apex(), None);
    assert!(fed(&mut transfer, &[soa(5), a("a", 1), soa(6)], 9).is_err());
}

#[test]
fn differences_lead_from_what_is_known_to_what_is() {
    let known = zone(5, &[ns(), a("a", 1), a("b", 2)]);
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
        let mut transfer = Transfer::new(apex(), Some(known.clone()));
        assert_eq!(fed(&mut transfer, &records, each), Ok(More::No));
        let expected = zone(7, &[ns(), a("b", 2), a("d", 4), a("d", 5)]);
        assert_eq!(transfer.outcome(), Transferred::Zone(expected));
    }
}

#[test]
fn a_server_may_answer_with_the_whole_zone_or_that_nothing_changed() {
    let known = zone(5, &[ns(), a("a", 1)]);
    let mut transfer = Transfer::new(apex(), Some(known.clone()));
    assert_eq!(fed(&mut transfer, &[soa(9), ns(), a("z", 1), soa(9)], 9), Ok(More::No));
    assert_eq!(transfer.outcome(), Transferred::Zone(zone(9, &[ns(), a("z", 1)])));
    let mut transfer = Transfer::new(apex(), Some(known.clone()));
    assert_eq!(fed(&mut transfer, &[soa(5)], 9), Ok(More::No));
    assert_eq!(transfer.outcome(), Transferred::Unchanged);
    let mut transfer = Transfer::new(apex(), Some(known));
    assert_eq!(fed(&mut transfer, &[soa(9)], 9), Ok(More::No));
    assert_eq!(transfer.outcome(), Transferred::TooOld);
}

#[test]
fn differences_that_do_not_fit_are_not_taken() {
    let known = zone(5, &[ns(), a("a", 1)]);
    for records in [
        vec![soa(7), soa(4), soa(7), soa(7)],
        vec![soa(7), soa(5), a("x", 1), soa(7), soa(7)],
        vec![soa(7), soa(5), soa(6), soa(4), soa(7), soa(7)],
    ] {
        let mut transfer = Transfer::new(apex(), Some(known.clone()));
        assert!(fed(&mut transfer, &records, 99).is_err(), "{records:?}");
    }
}

#[test]
fn what_has_no_name_servers_of_its_own_is_no_zone() {
    let known = zone(5, &[ns(), a("a", 1)]);
    for records in [
        vec![soa(9), soa(9)],
        vec![soa(9), a("z", 1), soa(9)],
        vec![soa(9), soa(5), ns(), a("a", 1), soa(9), soa(9)],
    ] {
        for known in [None, Some(known.clone())] {
            let mut transfer = Transfer::new(apex(), known);
            assert!(fed(&mut transfer, &records, 9).is_err(), "{records:?}");
            assert_eq!(transfer.outcome(), Transferred::TooOld);
        }
    }
}

#[test]
fn the_end_of_a_zone_has_the_serial_that_its_beginning_has() {
    for known in [None, Some(zone(5, &[ns()]))] {
        let mut transfer = Transfer::new(apex(), known);
        assert!(fed(&mut transfer, &[soa(6), soa(7)], 9).is_err());
    }
}

#[test]
fn the_soa_record_of_another_zone_begins_no_transfer_and_ends_none() {
    let other = ResourceRecord { name: name::parse("example.net").unwrap(), ..soa(5) };
    for records in [vec![other.clone(), ns(), soa(5)], vec![soa(5), ns(), other]] {
        let mut transfer = Transfer::new(apex(), None);
        assert!(fed(&mut transfer, &records, 9).is_err(), "{records:?}");
    }
}

#[test]
fn what_lies_outside_of_the_zone_is_not_of_it() {
    let outside = ResourceRecord { name: name::parse("ns.example.net").unwrap(), ..a("a", 1) };
    let mut transfer = Transfer::new(apex(), None);
    assert_eq!(fed(&mut transfer, &[soa(5), outside, ns(), soa(5)], 9), Ok(More::No));
    assert_eq!(transfer.outcome(), Transferred::Zone(zone(5, &[ns()])));
}

#[test]
fn a_message_without_records_ends_a_transfer_as_a_failure() {
    let mut transfer = Transfer::new(apex(), None);
    assert_eq!(fed(&mut transfer, &[soa(5), ns()], 9), Ok(More::Yes));
    let empty = Response { answers: Vec::new(), ..response() };
    assert!(transfer.take(empty).is_err());
}
