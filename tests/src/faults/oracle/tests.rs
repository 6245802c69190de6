//! The oracle accepts what is right and finds what was planted, wherever it was planted.

use super::*;
use crate::faults::model::{Kind, Object, Want, ZoneFacts};

const PUBLIC: &str = "ZPUB";
const PRIVATE: &str = "ZPRIV";

fn want(name: &str, address: &str) -> Want {
    Want {
        key: Key::simple(name, "A"),
        ttl: 300,
        values: BTreeSet::from([address.to_owned()]),
        weight: None,
    }
}

fn object(name: &str, priority: u32, wants: Vec<Want>) -> Object {
    Object { kind: Kind::Endpoint, name: name.to_owned(), priority, wants }
}

fn a(name: &str, address: &str) -> ResourceRecordSet {
    ResourceRecordSet::new(&format!("{name}."), "A", 300, &[address])
}

fn ownership_record_of(at: &str, owner: &str, object: &str) -> ResourceRecordSet {
    let text = format!(
        "\"heritage=external-dns,external-dns/instance=x,external-dns/owner={owner},\
         external-dns/resource=crd/default/{object}\""
    );
    ResourceRecordSet::new(&format!("{at}."), "TXT", 300, &[&text])
}

fn spelled_out(at: &str, record: &str, object: &str) -> ResourceRecordSet {
    let text = format!(
        "\"heritage=external-dns,external-dns/owner=me,external-dns/record={record},\
         external-dns/resource=crd/default/{object}\""
    );
    ResourceRecordSet::new(&format!("{at}."), "TXT", 300, &[&text])
}

/// One name of one object in two zones, a foreign record set in one of them, and all is well.
fn well() -> (Model, Zones) {
    let zone = |id, private| ZoneFacts { id, name: "example.com", private };
    let mut model =
        Model { zones: vec![zone(PUBLIC, false), zone(PRIVATE, true)], ..Model::default() };
    let web = object("o", 1, vec![want("web.example.com", "192.0.2.1")]);
    model.objects.insert(web.resource(), web);
    let foreign = a("old.example.com", "198.51.100.1");
    model.foreign.entry(PUBLIC).or_default().insert(Key::of(&foreign), foreign.clone());
    let ours = vec![
        a("web.example.com", "192.0.2.1"),
        ownership_record_of("a-web.example.com", "me", "o"),
    ];
    let zones = [(PUBLIC, [vec![foreign], ours.clone()].concat()), (PRIVATE, ours)];
    (model, zones.into())
}

fn found(model: &Model, zones: &Zones) -> Vec<(What, &'static str, String)> {
    differences(model, zones)
        .into_iter()
        .map(|difference| (difference.what, difference.zone, difference.name))
        .collect()
}

fn web(what: What, zone: &'static str) -> Vec<(What, &'static str, String)> {
    vec![(what, zone, "web.example.com".to_owned())]
}

#[test]
fn what_is_right_is_accepted() {
    let (model, zones) = well();
    assert_eq!(found(&model, &zones), []);
}

#[test]
fn a_copy_that_is_missing_in_one_zone_is_found() {
    let (model, mut zones) = well();
    zones.insert(PRIVATE, Vec::new());
    assert_eq!(found(&model, &zones), web(What::Missing, PRIVATE));
}

#[test]
fn another_value_ttl_weight_or_a_further_value_is_found() {
    for change in [
        |set: &mut ResourceRecordSet| set.resource_records = a("x", "192.0.2.9").resource_records,
        |set: &mut ResourceRecordSet| set.ttl = Some(60),
        |set: &mut ResourceRecordSet| set.weight = Some(1),
        |set: &mut ResourceRecordSet| {
            let more = a("x", "192.0.2.9").resource_records;
            set.resource_records.as_mut().unwrap().extend(more.unwrap());
        },
    ] {
        let (model, mut zones) = well();
        change(&mut zones.get_mut(PRIVATE).unwrap()[0]);
        assert_eq!(found(&model, &zones), web(What::Wrong, PRIVATE));
    }
}

#[test]
fn a_record_set_without_its_ownership_record_in_the_same_zone_is_found() {
    let (model, mut zones) = well();
    zones.get_mut(PRIVATE).unwrap().truncate(1);
    assert_eq!(found(&model, &zones), web(What::Unowned, PRIVATE));
    let other_object = ownership_record_of("a-web.example.com", "me", "other");
    zones.get_mut(PRIVATE).unwrap().push(other_object);
    assert_eq!(found(&model, &zones), web(What::Unowned, PRIVATE));
}

#[test]
fn what_is_left_of_an_object_that_is_gone_is_found_as_record_and_as_ownership() {
    let (mut model, mut zones) = well();
    model.objects.clear();
    zones.get_mut(PRIVATE).unwrap().clear();
    let both = [web(What::OrphanOwnership, PUBLIC), web(What::Orphan, PUBLIC)].concat();
    assert_eq!(found(&model, &zones), both);
    zones.get_mut(PUBLIC).unwrap().truncate(2);
    assert_eq!(found(&model, &zones), web(What::Orphan, PUBLIC));
}

#[test]
fn a_foreign_record_set_that_changed_by_a_byte_or_is_gone_is_found_at_any_time() {
    let (model, mut zones) = well();
    zones.get_mut(PUBLIC).unwrap()[0].ttl = Some(301);
    let old = vec![(What::ForeignTouched, PUBLIC, "old.example.com".to_owned())];
    assert_eq!(found(&model, &zones), old);
    assert_eq!(damage(&model, &zones).len(), 1);
    zones.get_mut(PUBLIC).unwrap().remove(0);
    assert_eq!(found(&model, &zones), old);
}

#[test]
fn where_a_foreign_record_set_is_in_the_way_nothing_of_ours_may_be() {
    let (mut model, mut zones) = well();
    let cname = ResourceRecordSet::new("web.example.com.", "CNAME", 60, &["x.test."]);
    model.foreign.entry(PRIVATE).or_default().insert(Key::of(&cname), cname.clone());
    zones.insert(PRIVATE, vec![cname]);
    assert_eq!(found(&model, &zones), []);
    zones.get_mut(PRIVATE).unwrap().push(ownership_record_of("a-web.example.com", "me", "o"));
    assert_eq!(found(&model, &zones), web(What::OrphanOwnership, PRIVATE));
}

#[test]
fn where_another_owner_holds_the_name_in_another_type_it_is_served_whole_or_not_at_all() {
    let (mut model, mut zones) = well();
    let theirs = ResourceRecordSet::new("web.example.com.", "AAAA", 60, &["2001:db8::1"]);
    model.foreign.entry(PRIVATE).or_default().insert(Key::of(&theirs), theirs.clone());
    zones.get_mut(PRIVATE).unwrap().push(theirs.clone());
    assert_eq!(found(&model, &zones), []);
    zones.insert(PRIVATE, vec![theirs.clone()]);
    assert_eq!(found(&model, &zones), []);
    zones.get_mut(PRIVATE).unwrap().push(ownership_record_of("a-web.example.com", "me", "o"));
    assert_eq!(found(&model, &zones), web(What::OrphanOwnership, PRIVATE));
    zones.insert(PRIVATE, vec![theirs, a("web.example.com", "192.0.2.1")]);
    assert_eq!(found(&model, &zones), web(What::Unowned, PRIVATE));
}

#[test]
fn what_was_there_before_may_stay_where_what_is_wanted_cannot_be_made() {
    let (mut model, mut zones) = well();
    model.objects.get_mut("crd/default/o").unwrap().wants[0].key.record_type = "CNAME".to_owned();
    let theirs = ResourceRecordSet::new("web.example.com.", "TXT", 60, &["\"x\""]);
    for zone in [PUBLIC, PRIVATE] {
        let foreign = model.foreign.entry(zone).or_default();
        foreign.insert(Key::of(&theirs), theirs.clone());
        zones.get_mut(zone).unwrap().push(theirs.clone());
    }
    assert_eq!(found(&model, &zones), []);
    zones.get_mut(PRIVATE).unwrap().remove(0);
    assert_eq!(found(&model, &zones), web(What::OrphanOwnership, PRIVATE));
    zones.insert(PRIVATE, vec![a("web.example.com", "192.0.2.1"), theirs]);
    assert_eq!(found(&model, &zones), web(What::Orphan, PRIVATE));
}

#[test]
fn a_foreign_ownership_record_is_nobodys_fault() {
    let (mut model, mut zones) = well();
    let theirs = ownership_record_of("a-theirs.example.com", "another", "x");
    model.foreign.entry(PUBLIC).or_default().insert(Key::of(&theirs), theirs.clone());
    zones.get_mut(PUBLIC).unwrap().push(theirs);
    assert_eq!(found(&model, &zones), []);
}

#[test]
fn the_object_with_more_priority_gets_a_name_and_of_equals_any() {
    let (mut model, zones) = well();
    let rival = |priority| object("rival", priority, vec![want("web.example.com", "192.0.2.2")]);
    for (priority, is_right) in [(0, true), (1, true), (2, false)] {
        let rival = rival(priority);
        model.objects.insert(rival.resource(), rival);
        assert_eq!(found(&model, &zones).is_empty(), is_right, "{priority}");
    }
}

#[test]
fn an_ownership_record_is_about_what_it_spells_out_or_what_its_name_says() {
    let read = |set: &ResourceRecordSet| ownership(set).unwrap().key.to_string();
    let set = spelled_out("a.1f._owner.w.example.com", "w.example.com/A/s1", "o");
    assert_eq!(read(&set), "w.example.com A (s1)");
    assert_eq!(read(&ownership_record_of("cname-x.example.com", "me", "o")), "x.example.com CNAME");
    assert_eq!(read(&ownership_record_of("a-\\052.x.example.com", "me", "o")), "*.x.example.com A");
    assert_eq!(ownership(&a("a-x.example.com", "192.0.2.1")), None);
    let other = ResourceRecordSet::new("a-x.example.com.", "TXT", 300, &["\"hello\""]);
    assert_eq!(ownership(&other), None);
}
