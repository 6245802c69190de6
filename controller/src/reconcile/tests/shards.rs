//! A controller of one shard: what other shards have is neither decided nor missed.

use controller_core::plan::DeletionGuard;
use controller_core::registry::{TxtOptions, TxtRegistry};
use external_dns_webhook::ShardScope;
use external_dns_webhook::memory::MemoryZones;

use super::*;

fn zone(id: &str, name: &str) -> Zone {
    Zone { id: id.to_owned(), name: name.into(), private: false, unavailable: None }
}

/// Returns the first of two shards, where the other one has these zones.
fn without(elsewhere: &[&str]) -> ShardScope {
    let elsewhere = elsewhere.iter().map(|name| (*name).into()).collect();
    ShardScope { shard: "1/2".parse().unwrap(), elsewhere }
}

/// Returns a reconciler of both zones.
fn of_both() -> Reconciler<MemoryZones> {
    let provider = MemoryZones::new([zone("Z1", "example.com"), zone("Z2", "example.org")]);
    let ownership_records = TxtOptions { owner: "me".to_owned(), ..TxtOptions::default() };
    let registry: Arc<dyn Registry> = Arc::new(TxtRegistry::new(ownership_records).unwrap());
    let guard = DeletionGuard::off();
    let planner = Planner { owner: Some("me".to_owned()), guard, ..Planner::default() };
    Reconciler::new(provider, SyncConfig::new(registry, planner, Writing::Yes), State::nowhere())
}

/// Leaves `example.org` to the other shard.
fn divide(reconciler: &Reconciler<MemoryZones>) {
    reconciler.provider.serve([zone("Z1", "example.com")]);
    reconciler.provider.be_shard(Some(without(&["example.org"])));
}

fn both(address: &str) -> FixedDesired {
    let endpoints = vec![
        asks("www.example.com", "service/default/web", address),
        asks("www.example.org", "service/default/other", address),
    ];
    FixedDesired { desired: Desired { endpoints, ..Desired::default() }, ..FixedDesired::default() }
}

fn addresses(reconciler: &Reconciler<MemoryZones>) -> Vec<String> {
    let records = reconciler.provider.dump().into_iter();
    let records = records.filter(|record| record.record_type == RecordType::A);
    records
        .map(|record| {
            let targets: Vec<_> = record.targets.iter().collect();
            format!("{} {}", record.dns_name, targets.join(","))
        })
        .collect()
}

#[tokio::test]
async fn what_is_wanted_in_the_zones_of_others_is_left_to_them_without_a_word() {
    let mut reconciler = of_both();
    divide(&reconciler);
    let report = reconciler.full(&both("192.0.2.1"), 0).await.unwrap().unwrap();
    assert_eq!(addresses(&reconciler), ["www.example.com 192.0.2.1"]);
    let told: Vec<_> = report.plan.statuses.iter().map(|status| status.name.as_str()).collect();
    assert_eq!(told, ["www.example.com"]);

    let fixed = both("192.0.2.2");
    let mut desired = fixed.desired.clone();
    desired.endpoints.remove(0);
    let objects = ["service/default/other".into()].into();
    *fixed.changes.lock().unwrap() = Some(ChangeSet::Objects { objects, desired });
    let nothing = reconciler.targeted(&fixed, 0).await.unwrap();
    assert!(nothing.is_none(), "a change of what others have costs no sync");
}

#[tokio::test]
async fn a_zone_that_goes_to_another_shard_keeps_its_records_and_is_not_missed() {
    let mut reconciler = of_both();
    reconciler.full(&both("192.0.2.1"), 0).await.unwrap();
    divide(&reconciler);
    // Nobody wants anything any more: here it goes, there it is for others to say.
    reconciler.full(&FixedDesired::default(), 10).await.unwrap();
    assert_eq!(addresses(&reconciler), ["www.example.org 192.0.2.1"]);
    assert_eq!(reconciler.last_known.read().unlisted().count(), 0);
}

#[tokio::test]
async fn what_a_provider_lists_of_other_shards_is_never_taken_for_unwanted() {
    let mut reconciler = of_both();
    reconciler.full(&both("192.0.2.1"), 0).await.unwrap();
    // It goes on listing what it says is another's.
    reconciler.provider.be_shard(Some(without(&["example.org"])));
    reconciler.full(&both("192.0.2.1"), 10).await.unwrap();
    reconciler.full(&FixedDesired::default(), 20).await.unwrap();
    assert_eq!(addresses(&reconciler), ["www.example.org 192.0.2.1"]);
}

#[tokio::test]
async fn a_shard_that_has_no_zone_any_more_does_not_take_that_for_an_accident() {
    let mut reconciler = of_both();
    reconciler.full(&both("192.0.2.1"), 0).await.unwrap();
    reconciler.provider.serve([]);
    reconciler.provider.be_shard(Some(without(&["example.com", "example.org"])));
    reconciler.full(&both("192.0.2.2"), 10).await.unwrap();
    assert_eq!(addresses(&reconciler).len(), 2, "nothing of others is touched");
}
