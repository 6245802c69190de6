//! What must be read, and when, as zones and accounts come and go.

use super::*;
use crate::api::Account;
use crate::metrics::Metrics;
use crate::pace::Budget;

const PATIENCE: Patience =
    Patience { zones: Duration::from_mins(10), records: Duration::from_hours(1) };

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
    let zones = zones.iter().map(|it| (it.id.clone(), Arc::clone(it))).collect();
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
        store.read(id, Reading::default(), now);
    }
    assert_eq!(store.need(now, PATIENCE), Need::Nothing);
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

    let later = now + DENIED_PAUSE;
    assert_eq!(store.need(later - Duration::from_secs(1), PATIENCE), Need::Nothing);
    assert!(!store.may_find_missing(later - Duration::from_secs(1)));
    assert_eq!(store.need(later, PATIENCE), Need::Soon);
    assert!(store.may_find_missing(later));
    assert!(store.due(later, PATIENCE.records).is_empty(), "it is found before it is read");

    store.discovered(found(&[&one, &two]), later);
    let due: Vec<_> = store.due(later, PATIENCE.records).iter().map(|it| it.id.clone()).collect();
    assert_eq!(due, [Box::from("Z2")]);
    assert!(unavailable(&store).is_some(), "not before it has been read");
    store.read("Z2", Reading::default(), later);
    assert_eq!(unavailable(&store), None);
    assert!(!store.may_find_missing(later + DENIED_PAUSE));
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
    store.locked_out("Z1", "expired".to_owned(), now);
    assert!(store.may_find_missing(now));
    assert_eq!(store.need(now, PATIENCE), Need::Soon);
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
