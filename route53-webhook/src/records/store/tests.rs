//! What must be read, and when, as zones and accounts come and go.

use super::*;
use crate::api::Account;
use crate::metrics::Metrics;
use crate::pace::Budget;
use crate::records::Reading;

const MAX_AGE: MaxAge = MaxAge { zones: Duration::from_mins(10), records: Duration::from_hours(1) };

fn zone(id: &str, account: &str) -> Arc<Zone> {
    let config = aws_sdk_route53::Config::builder()
        .behavior_version(aws_sdk_route53::config::BehaviorVersion::latest())
        .build();
    let client = aws_sdk_route53::Client::from_conf(config);
    let budget = Arc::new(Budget::new(0.0));
    let account = Account::new(account, &client, budget, (1, Metrics::default()));
    Arc::new(Zone {
        id: id.into(),
        name: WireName::from_api(&format!("{id}.example.")),
        private: false,
        record_count: None,
        account: Arc::new(account),
    })
}

fn found(zones: &[&Arc<Zone>]) -> Discovery {
    let zones = zones.iter().map(|zone| (zone.id.clone(), Arc::clone(zone))).collect();
    Discovery { zones, ..Discovery::default() }
}

fn lost(account: &str) -> LostAccount {
    let (name, reason) = (account.to_owned(), "denied".to_owned());
    LostAccount { name, reason, may_return: false }
}

/// Returns a store of two zones in two accounts, both read.
fn store(now: Instant) -> (Store, Arc<Zone>, Arc<Zone>) {
    let (one, two) = (zone("Z1", "one"), zone("Z2", "two"));
    let mut store = Store::default();
    store.discovered(found(&[&one, &two]), now);
    for id in ["Z1", "Z2"] {
        assert_eq!(store.read(id, Reading::default(), now), []);
    }
    assert_eq!(store.freshness(now, MAX_AGE), Freshness::Nothing);
    (store, one, two)
}

#[test]
fn zones_of_a_lost_account_stay_without_their_records_until_it_is_found_again() {
    let now = Instant::now();
    let (mut store, one, two) = store(now);
    store.discovered(Discovery { lost: vec![lost("two")], ..found(&[&one]) }, now);
    let unavailable = |store: &Store| store.zone("Z2").unwrap().unavailable.clone();
    assert_eq!(unavailable(&store).as_deref(), Some("denied"));
    assert!(store.is_complete(), "the other zone goes on");

    assert!(store.may_find_missing(now), "it may have been a slip");
    store.discovered(Discovery { lost: vec![lost("two")], ..found(&[&one]) }, now);
    let later = now + Duration::from_secs(2);
    assert_eq!(store.freshness(later - Duration::from_secs(1), MAX_AGE), Freshness::Nothing);
    assert!(!store.may_find_missing(later - Duration::from_secs(1)));
    assert_eq!(store.freshness(later, MAX_AGE), Freshness::Soon);
    assert!(store.may_find_missing(later));
    assert!(store.due(later, MAX_AGE.records).is_empty(), "it is found before it is read");

    store.discovered(found(&[&one, &two]), later);
    let due: Vec<_> =
        store.due(later, MAX_AGE.records).iter().map(|zone| zone.id.clone()).collect();
    assert_eq!(due, [Box::from("Z2")]);
    assert!(unavailable(&store).is_some(), "not before it has been read");
    assert_eq!(store.read("Z2", Reading::default(), later), []);
    assert_eq!(unavailable(&store), None);
    assert!(!store.may_find_missing(later + Duration::from_hours(1)));
}

#[test]
fn a_denied_zone_is_read_again_at_once_then_ever_more_seldom_and_anew_after_a_good_read() {
    let now = Instant::now();
    let (mut store, ..) = store(now);
    let is_due = |store: &Store, at| !store.due(at, MAX_AGE.records).is_empty();
    for round in 0..2 {
        assert!(store.denied("Z1", "no".to_owned(), now), "round {round}");
        assert!(is_due(&store, now));
        for seconds in [2, 4, 8] {
            assert!(!store.denied("Z1", "no".to_owned(), now));
            assert!(!is_due(&store, now + Duration::from_secs(seconds - 1)), "{seconds}");
            assert!(is_due(&store, now + Duration::from_secs(seconds)), "{seconds}");
        }
        assert_eq!(store.read("Z1", Reading::default(), now), []);
    }
}

#[test]
fn with_nothing_to_answer_a_question_waits_for_what_may_be_read_again() {
    let now = Instant::now();
    let mut store = Store::default();
    store.discovered(found(&[&zone("Z1", "one")]), now);
    assert_eq!(store.read("Z1", Reading::default(), now), []);
    store.denied("Z1", "no".to_owned(), now);
    assert_eq!(store.freshness(now, MAX_AGE), Freshness::Fresh);
    store.denied("Z1", "no".to_owned(), now);
    assert_eq!(store.freshness(now, MAX_AGE), Freshness::Nothing, "it pauses");
    let nothing_old = MaxAge { zones: Duration::ZERO, records: Duration::ZERO };
    assert_eq!(store.freshness(now, nothing_old), Freshness::Fresh);
    assert_eq!(store.due(now, Duration::ZERO).len(), 1, "nothing old is wanted");
}

#[test]
fn a_zone_that_is_listed_and_gone_at_once_does_not_stop_the_others() {
    let now = Instant::now();
    let (mut store, one, two) = store(now);
    store.gone("Z1", "no such zone".to_owned(), now);
    assert_eq!(store.freshness(now, MAX_AGE), Freshness::Fresh, "the list of zones is wrong");
    let told = store.unsure(now, MAX_AGE).unwrap();
    let name = &one.name;
    assert!(told.starts_with(&format!("zone `{name}` (Z1) is gone")), "{told}");
    let listed = now + Duration::from_secs(1);
    store.discovered(found(&[&one, &two]), listed);
    store.gone("Z1", "no such zone".to_owned(), listed);
    assert!(!store.is_zone_list_invalid());
    assert_eq!(store.freshness(listed, MAX_AGE), Freshness::Nothing);
    let later = listed + Duration::from_secs(2);
    assert!(store.may_find_missing(later), "it is listed again with the next read");
}

#[test]
fn a_zone_that_is_not_listed_any_more_is_gone() {
    let now = Instant::now();
    let (mut store, one, _) = store(now);
    store.discovered(found(&[&one]), now);
    assert!(store.zone("Z2").is_none());
}

#[test]
fn a_zone_without_accepted_credentials_is_looked_for_at_once() {
    let now = Instant::now();
    let (mut store, ..) = store(now);
    let revision = store.revision();
    store.lost_credentials("Z1", "expired".to_owned(), now);
    assert!(store.may_find_missing(now));
    assert_eq!(store.freshness(now, MAX_AGE), Freshness::Soon);
    assert_ne!(store.revision(), revision, "its records are not shown any more");
}

#[test]
fn with_every_account_lost_nothing_is_known() {
    let now = Instant::now();
    let mut store = Store::default();
    store.discovered(Discovery { lost: vec![lost("one")], ..Discovery::default() }, now);
    assert!(store.is_denied() && !store.is_complete());
    let mut store = Store::default();
    store.discovered(Discovery::default(), now);
    assert!(!store.is_denied() && store.has_no_zone());
    assert!(!store.is_complete(), "a list without zones would read as empty zones");
}

#[test]
fn a_zone_that_may_not_be_written_to_is_told_until_a_write_goes_well_or_none_is_tried_any_more() {
    let now = Instant::now();
    let (mut store, ..) = store(now);
    let told = |store: &Store, at: Instant| {
        let cached = store.zone("Z1").unwrap();
        assert_eq!(cached.unavailable, None, "it is read all the same");
        cached.unwritable(at).map(str::to_owned)
    };
    store.write_denied("Z1", "AccessDenied".to_owned(), now);
    assert_eq!(told(&store, now + Duration::from_mins(14)).as_deref(), Some("AccessDenied"));
    assert_eq!(told(&store, now + Duration::from_mins(16)), None, "no write is wanted any more");
    assert!(store.zone("Z2").unwrap().unwritable(now).is_none(), "another zone");
    store.write_allowed("Z1");
    assert_eq!(told(&store, now), None);
}

#[test]
fn the_view_is_as_old_as_what_was_read_first_and_is_read_anew_when_that_is_wanted() {
    let now = Instant::now();
    assert_eq!(Store::default().age(now), None, "nothing was read");
    let (mut store, one, two) = store(now);
    let later = now + Duration::from_mins(1);
    assert_eq!(store.read("Z1", Reading::default(), later), []);
    assert_eq!(store.age(later), Some(Duration::from_mins(1)), "Z2 is as it was");
    assert_eq!(store.freshness(later, MAX_AGE), Freshness::Nothing);

    store.want_anew(later);
    assert_eq!(store.freshness(later, MAX_AGE), Freshness::Fresh);
    let due = store.due(later, MAX_AGE.records);
    assert!(due.len() == 1 && due[0].id == two.id, "the other is new");
    assert!(store.may_find_missing(later), "there may be other zones, too");
    store.discovered(found(&[&one, &two]), later);
    assert_eq!(store.read("Z2", Reading::default(), later), []);
    assert_eq!(store.age(later), Some(Duration::ZERO));

    let soon = later + Duration::from_secs(9);
    store.want_anew(soon);
    let whole = store.freshness(soon, MAX_AGE);
    assert_eq!(whole, Freshness::Nothing, "asking again at once costs nothing");
    let late = later + Duration::from_secs(10);
    store.want_anew(late);
    assert_eq!(store.due(late, MAX_AGE.records).len(), 2);
}
