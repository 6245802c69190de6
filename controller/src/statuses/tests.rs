//! What the log and questions are told of a status, and since when it is so.

use controller_core::status::Verb;
use controller_core::zone::ZoneInfo;

use super::*;

fn told(statuses: &[RecordStatus]) -> Vec<(String, usize)> {
    let mut log_lines = LogLines::default();
    for status in statuses {
        log_lines.add(status);
    }
    log_lines.lines().map(|line| (line.to_string(), line.more())).collect()
}

#[test]
fn a_reason_for_many_names_of_an_object_is_one_line() {
    let name = |count: usize| status(&format!("{count}.example.com"), "service/a/web");
    let statuses: Vec<_> = (0..1_000).map(name).collect();
    let lines = told(&statuses);
    let sentence = "there is nothing to answer with yet … and 999 more names of the same object";
    assert_eq!(lines, [(sentence.to_owned(), 999)]);
    assert_eq!(told(&statuses[..1]), [("there is nothing to answer with yet".to_owned(), 0)]);
}

#[test]
fn a_reason_for_many_objects_is_a_few_lines_and_every_object_is_counted() {
    let of = |object: usize, name: usize| {
        status(&format!("{name}.example.com"), &format!("service/a/{object}"))
    };
    let statuses: Vec<_> =
        (0..5_000).flat_map(|object| (0..3).map(move |name| of(object, name))).collect();
    let lines = told(&statuses);
    assert_eq!(lines.len(), OWN_LINES + 1);
    let (last, more) = lines.last().unwrap();
    assert!(last.ends_with(" … and 14939 more names, of 4979 more objects"), "{last}");
    let all: usize = lines.iter().map(|(_, more)| more + 1).sum();
    assert_eq!((all, *more), (15_000, 14_939));
}

#[test]
fn a_zone_that_stands_in_the_way_is_one_line_with_a_next_step_of_its_own() {
    let rejected = |rejection: &str| Reason::ProviderRejected {
        rejection: rejection.into(),
        message: "zone `example.com` is full".to_owned(),
    };
    let of = |object: usize, rejection: &str| {
        let (name, object) = (format!("{object}.example.com"), format!("service/a/{object}"));
        RecordStatus::on_name(name, object, rejected(rejection))
    };
    for rejection in ["ZoneFull", "ZoneUnavailable"] {
        let lines = told(&(0..30).map(|object| of(object, rejection)).collect::<Vec<_>>());
        let sentence =
            format!("its zone stands in the way ({rejection}): zone `example.com` is full");
        let line = format!("{sentence} … and 29 more names, of 29 more objects");
        assert_eq!(lines, [(line, 29)]);
        assert!(rejected(rejection).hint().contains("zone"));
    }
    let lines = told(&(0..30).map(|object| of(object, "InvalidTarget")).collect::<Vec<_>>());
    assert_eq!(lines.len(), OWN_LINES + 1);
    assert!(!rejected("InvalidTarget").hint().contains("zone"));
}

#[test]
fn an_object_cannot_fill_the_log_by_being_wrong_in_many_ways() {
    let wrong = |count: usize| {
        let reason = Reason::MissingObject { object: format!("Service/a/{count}") };
        RecordStatus::on_name("a.example.com", "ingress/a/web", reason)
    };
    let lines = told(&(0..500).map(wrong).collect::<Vec<_>>());
    assert_eq!(lines.len(), OWN_SENTENCES + 1);
    assert_eq!(lines.iter().map(|(_, more)| more + 1).sum::<usize>(), 500);
}

#[test]
fn a_line_counts_other_names_and_has_all_its_zones_and_types() {
    let at = |name: &str, zone: &str, record_type: RecordType| RecordStatus {
        zone: Some(ZoneInfo::unnamed(zone.into())),
        record_type: Some(record_type),
        ..status(name, "service/a/web")
    };
    let mut statuses = vec![
        at("a.example.com", "Z1", RecordType::A),
        at("a.example.com", "Z2", RecordType::A),
        at("a.example.com", "Z2", RecordType::Aaaa),
    ];
    assert_eq!(told(&statuses), [("there is nothing to answer with yet".to_owned(), 0)]);
    statuses.push(at("b.example.com", "Z3", RecordType::A));
    let mut log_lines = LogLines::default();
    for status in &statuses {
        log_lines.add(status);
    }
    let lines: Vec<_> = log_lines.lines().collect();
    assert_eq!(lines.len(), 1);
    assert!(lines[0].to_string().ends_with(" … and 1 more name of the same object"));
    let zones: Vec<_> = lines[0].zones.iter().map(String::as_str).collect();
    assert_eq!((zones, lines[0].types.len()), (vec!["Z1", "Z2", "Z3"], 2));
}

#[test]
fn another_reason_is_another_line() {
    let other = RecordStatus::on_name("b.example.com", "service/a/web", Reason::NoZone);
    assert_eq!(told(&[status("a.example.com", "service/a/web"), other]).len(), 2);
}

fn status(name: &str, object: &str) -> RecordStatus {
    RecordStatus::on_name(name, object, Reason::no_targets(""))
}

#[test]
fn an_owner_id_that_two_clusters_share_is_a_warning_with_a_next_step() {
    let shared = Reason::OwnerIdShared { instance: "5f3a".to_owned() };
    assert!(shared.needs_someone());
    assert!(!shared.hint().is_empty());
    assert!(!Reason::no_targets("").needs_someone());
}

#[test]
fn a_targeted_sync_replaces_only_the_statuses_of_its_names() {
    let mut store = StatusStore::default();
    store.note(
        &[status("a.example.com", "x/n/1"), status("b.example.com", "x/n/2")],
        &Scope::All,
        1,
    );
    let scope = Scope::Names(["a.example.com".into()].into());
    store.note(&[status("a.example.com", "x/n/1")], &scope, 2);
    assert_eq!(store.of(&"a.example.com".into())[0].since, 1, "it says the same as before");
    store.note(&[], &Scope::AllBut(["b.example.com".into()].into()), 3);
    assert_eq!(store.names(), [&CanonicalName::from("b.example.com")].into());
    assert_eq!(store.of(&"b.example.com".into()).len(), 1);
    assert!(store.of(&"a.example.com".into()).is_empty());
}

#[test]
fn a_status_is_as_old_as_when_it_came_and_what_was_written_since_it_was_written() {
    let mut store = StatusStore::default();
    let told = |reason: Reason| RecordStatus { reason, ..status("a.example.com", "x/n/1") };
    let mut since = |reason: Reason, at: i64| {
        store.note(&[told(reason)], &Scope::All, at);
        store.of(&"a.example.com".into())[0].since
    };
    assert_eq!(since(Reason::NoZone, 10), 10);
    assert_eq!(since(Reason::NoZone, 20), 10);
    assert_eq!(since(Reason::Created, 30), 30);
    assert_eq!(since(Reason::UpToDate, 40), 30, "it is so since it was made");
    assert_eq!(since(Reason::Updated { verb: Verb::Update }, 50), 50);
    assert_eq!(since(Reason::UpToDate, 60), 50);
    let refused = |message: &str| Reason::ProviderRejected {
        rejection: "Denied".into(),
        message: message.to_owned(),
    };
    assert_eq!(since(refused("request 1"), 70), 70);
    assert_eq!(since(refused("request 2"), 80), 70, "other words, the same reason");
}

fn failed(error: &str) -> Reason {
    Reason::SyncFailed { error: error.to_owned() }
}

#[test]
fn in_an_outage_what_waits_and_what_is_new_are_told_and_the_rest_stays() {
    let mut store = StatusStore::default();
    let (waits, stays) = (status("a.example.com", "x/n/1"), status("b.example.com", "x/n/2"));
    store.note(&[waits, stays.clone()], &Scope::All, 1);
    let new = status("c.example.com", "x/n/3");
    let is_waiting =
        |status: &RecordStatus| status.object.as_ref().map(ObjectRef::label) == Some("x/n/1");
    store.not_known(&failed("down"), is_waiting, vec![new], 5);
    assert_eq!(store.of(&"a.example.com".into())[0].status.reason.code(), "SyncFailed");
    assert_eq!(store.of(&"a.example.com".into())[0].since, 5);
    assert_eq!(store.of(&"b.example.com".into())[0].status, stays);
    assert_eq!(store.of(&"c.example.com".into()).len(), 1);
    store.not_known(&failed("still down"), |_| false, vec![], 9);
    let noted = &store.of(&"a.example.com".into())[0];
    assert!(noted.status.reason.to_string().contains("still down"));
    assert_eq!(noted.since, 5, "the cause changed, and the outage did not");
}

#[test]
fn what_is_counted_by_reason_is_what_is_there_after_every_sync() {
    let mut store = StatusStore::default();
    let names = |names: &[&str]| Scope::Names(names.iter().map(|name| (*name).into()).collect());
    let on_object = RecordStatus::on_object("service/a/b", Reason::NoZone);
    let all = [status("a.example.com", "service/a/web"), on_object];
    store.note(&all, &Scope::All, 0);
    assert_eq!(*store.counts(), [("NoTargets", 1), ("NoZone", 1)].into());
    let well = RecordStatus { reason: Reason::UpToDate, ..all[0].clone() };
    store.note(&[well], &names(&["a.example.com"]), 1);
    assert_eq!(*store.counts(), [("NoZone", 1)].into());
    store.not_known(&failed("down"), |_| true, vec![status("n.example.com", "service/a/n")], 2);
    assert_eq!(*store.counts(), [("NoTargets", 1), ("SyncFailed", 2)].into());
    store.note(&[], &Scope::All, 3);
    assert!(store.counts().is_empty(), "{:?}", store.counts());
}

#[test]
fn an_object_is_told_nothing_more_by_a_sync_that_looked_at_it_and_found_nothing() {
    let mut store = StatusStore::default();
    let of = |object: &str| RecordStatus::on_object(object, Reason::NoZone);
    store.note(&[of("service/a/b"), of("service/a/c")], &Scope::All, 0);
    let (none, looked) = (Scope::Names(BTreeSet::new()), ["service/a/b".into()].into());
    let told = store.note_of(&[], &none, &looked, 1);
    assert_eq!(told, looked);
    assert!(store.of_object(&"service/a/b".into()).is_empty());
    assert_eq!(store.of_object(&"service/a/c".into()).len(), 1, "it was not looked at");
}

#[test]
fn what_counts_all_names_stays_as_a_sync_of_all_names_said_it() {
    let mut store = StatusStore::default();
    let held =
        |records| RecordStatus::on_object("service/a/b", Reason::UnlabelledRecordsHeld { records });
    let wrong = |reason| RecordStatus::on_object("service/a/b", reason);
    store.note(&[wrong(Reason::NoZone), held(12)], &Scope::All, 1);
    let one = Scope::Names(["a.example.com".into()].into());
    let looked: BTreeSet<ObjectRef> = ["service/a/b".into()].into();
    let told = |store: &StatusStore| -> Vec<_> {
        store
            .of_object(&"service/a/b".into())
            .iter()
            .map(|noted| (noted.status.clone(), noted.since))
            .collect()
    };
    // A part of them, or none, is all that a sync of a few names saw.
    for seen in [vec![wrong(Reason::NoZone), held(1)], vec![wrong(Reason::NoZone)]] {
        let changed = store.note_of(&seen, &one, &looked, 2);
        assert!(changed.is_empty(), "nothing is news: {changed:?}");
        assert_eq!(told(&store), [(wrong(Reason::NoZone), 1), (held(12), 1)]);
    }
    let other = wrong(Reason::no_targets(""));
    store.note_of(std::slice::from_ref(&other), &one, &looked, 3);
    assert_eq!(told(&store), [(other, 3), (held(12), 1)]);
    store.note(&[wrong(Reason::NoZone)], &Scope::All, 4);
    assert_eq!(told(&store), [(wrong(Reason::NoZone), 4)], "all names were looked at");
    store.note(&[held(3)], &Scope::All, 5);
    store.note_of(&[], &one, &looked, 6);
    assert!(told(&store).is_empty(), "the object went, and its part in it");
}

#[test]
fn what_was_so_when_the_process_first_looked_may_be_so_for_longer() {
    let lost = |name: &str| status(name, "service/a/web");
    let is_older = |store: &StatusStore, name: &str| {
        store.of(&name.into()).first().map(|noted| (noted.since, noted.is_older))
    };
    let mut store = StatusStore::default();
    store.note(&[lost("a.example.com")], &Scope::All, 10);
    store.note(&[lost("a.example.com"), lost("b.example.com")], &Scope::All, 20);
    assert_eq!(is_older(&store, "a.example.com"), Some((10, true)));
    assert_eq!(is_older(&store, "b.example.com"), Some((20, false)));
    let up = RecordStatus::on_name("a.example.com", "service/a/web", Reason::UpToDate);
    store.note(&[up], &Scope::All, 30);
    assert_eq!(is_older(&store, "a.example.com"), Some((30, false)), "this was seen to begin");
}

#[test]
fn what_this_process_wrote_itself_was_not_so_before() {
    let mut store = StatusStore::default();
    let told = |reason: Reason| RecordStatus::on_name("a.example.com", "service/a/web", reason);
    store.note(&[told(Reason::Created)], &Scope::All, 10);
    store.note(&[told(Reason::UpToDate)], &Scope::All, 20);
    let noted = &store.of(&"a.example.com".into())[0];
    assert_eq!((noted.since, noted.is_older), (10, false));
}
