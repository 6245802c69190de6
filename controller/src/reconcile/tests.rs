//! Full syncs that find nothing new on either side, and what makes the next one look again.

mod history;
mod moves;
mod names_first;
mod shards;
mod unusable;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use controller_core::desired::{Desired, SourceObject, Unknown};
use controller_core::registry::Noop;
use controller_core::status::Reason;
use external_dns_webhook::memory::Memory;
use external_dns_webhook::{
    Adjusted, Applied, Changes, DnsName, DomainFilter, Endpoint, Listing, Provider, ProviderError,
    RecordType, Refusal, Zone,
};

use super::*;

/// A provider in memory that knows when it changed, and counts what it is asked.
#[derive(Default)]
struct CountingProvider {
    memory: Memory,
    changed: Mutex<u32>,
    zones: Mutex<Vec<&'static str>>,
    /// Whether it answers nothing to what it is asked to adjust.
    drops: bool,
    /// Whether it does not answer, not even what it serves.
    is_down: bool,
    calls: Mutex<Vec<&'static str>>,
}

impl CountingProvider {
    fn change(&self) {
        *self.changed.lock().unwrap() += 1;
    }

    fn called(&self, call: &'static str) {
        self.calls.lock().unwrap().push(call);
    }

    fn take_calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }
}

impl Provider for CountingProvider {
    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        self.called("records");
        self.memory.records().await
    }

    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Adjusted, ProviderError> {
        self.called("adjust");
        if self.is_down {
            return Err(ProviderError::unavailable("connection refused"));
        }
        if self.drops {
            return Ok(Adjusted::default());
        }
        self.memory.adjust(desired).await
    }

    async fn apply(&self, changes: Changes) -> Result<Applied, ProviderError> {
        self.called("apply");
        self.change();
        self.memory.apply(changes).await
    }

    async fn zones(&self) -> Result<Vec<Zone>, ProviderError> {
        if self.is_down {
            return Err(ProviderError::unavailable("connection refused"));
        }
        let zone = |name: &&str| Zone {
            id: (*name).to_owned(),
            name: (*name).into(),
            private: false,
            unavailable: None,
        };
        Ok(self.zones.lock().unwrap().iter().map(zone).collect())
    }

    async fn revision(&self) -> Option<String> {
        Some(self.changed.lock().unwrap().to_string())
    }
}

#[derive(Default)]
struct FixedDesired {
    desired: Desired,
    changes: Mutex<Option<ChangeSet>>,
    /// Which of it is young.
    young: Mutex<RecentChanges>,
}

impl DesiredReader for FixedDesired {
    fn desired(&self, _prefixes: &[String]) -> Desired {
        self.desired.clone()
    }

    fn take_changes(&self, _: &[String], _: Window, _: Instant) -> (ChangeSet, RecentChanges) {
        let changes = self.changes.lock().unwrap().take().unwrap_or(ChangeSet::Nothing);
        (changes, std::mem::take(&mut self.young.lock().unwrap()))
    }

    fn forget_changes(&self, _: Window, _: Instant) -> RecentChanges {
        self.changes.lock().unwrap().take();
        std::mem::take(&mut self.young.lock().unwrap())
    }

    fn put_back(&self, young: RecentChanges) {
        *self.young.lock().unwrap() = young;
    }

    async fn changed(&self) {
        if self.changes.lock().unwrap().is_none() {
            std::future::pending::<()>().await;
        }
    }
}

fn asks(name: &str, object: &str, address: &str) -> Endpoint {
    let mut endpoint = Endpoint::new(name, RecordType::A, [address]);
    endpoint.labels.set("resource", object);
    endpoint
}

fn web() -> FixedDesired {
    let endpoints = vec![asks("www.example.com", "service/default/web", "192.0.2.1")];
    FixedDesired { desired: Desired { endpoints, ..Desired::default() }, ..FixedDesired::default() }
}

fn reconciler() -> Reconciler<CountingProvider> {
    let planner = Planner { allow_unowned: true, ..Planner::default() };
    let registry: Arc<dyn Registry> = Arc::new(Noop);
    Reconciler::new(
        CountingProvider::default(),
        SyncConfig::new(registry, planner, Writing::Yes),
        State::nowhere(),
    )
}

/// Returns a reconciler that found all as it should be.
async fn settled(fixed: &FixedDesired) -> Reconciler<CountingProvider> {
    let mut reconciler = reconciler();
    assert!(reconciler.full(fixed, 0).await.unwrap().is_some(), "it writes");
    assert!(reconciler.full(fixed, 0).await.unwrap().is_some(), "it reads what it wrote");
    reconciler.provider.take_calls();
    reconciler
}

#[tokio::test]
async fn when_nothing_changed_a_full_sync_lists_and_adjusts_nothing() {
    let fixed = web();
    let mut reconciler = settled(&fixed).await;
    assert!(reconciler.full(&fixed, 0).await.unwrap().is_none());
    assert!(reconciler.full(&fixed, 0).await.unwrap().is_none());
    assert_eq!(reconciler.provider.take_calls(), [""; 0]);
    assert_eq!(reconciler.last_known.read().inventory.len(), 1);
}

/// There always is a Service that waits for its load balancer.
#[tokio::test]
async fn what_is_not_known_keeps_no_sync_busy_until_it_is() {
    let mut fixed = web();
    fixed.desired.unknown(Unknown::Name("new.example.com".into()), Reason::no_targets(""));
    let mut reconciler = settled(&fixed).await;
    assert!(reconciler.full(&fixed, 0).await.unwrap().is_none());
    assert_eq!(reconciler.provider.take_calls(), [""; 0]);
    fixed.desired.unknown.clear();
    assert!(reconciler.full(&fixed, 0).await.unwrap().is_some());
}

#[tokio::test]
async fn what_someone_else_changed_at_the_provider_is_put_right() {
    let fixed = web();
    let mut reconciler = settled(&fixed).await;
    let delete = reconciler.provider.memory.dump();
    reconciler.provider.memory.apply(Changes { delete, ..Changes::default() }).await.unwrap();
    // An empty answer is not believed at first sight.
    reconciler
        .provider
        .memory
        .apply(Changes {
            create: vec![Endpoint::new("other.example.com", RecordType::A, ["192.0.2.9"])],
            ..Changes::default()
        })
        .await
        .unwrap();
    reconciler.provider.change();
    let report = reconciler.full(&fixed, 0).await.unwrap().unwrap();
    assert_eq!(report.written.create, 1);
}

#[tokio::test]
async fn what_is_asked_otherwise_is_planned_although_the_provider_has_not_changed() {
    let mut fixed = web();
    let mut reconciler = settled(&fixed).await;
    fixed.desired.endpoints[0].targets = ["192.0.2.2"].into();
    let report = reconciler.full(&fixed, 0).await.unwrap().unwrap();
    assert_eq!(report.written.update, 1);
    assert_eq!(reconciler.provider.take_calls(), ["adjust", "apply"], "there is nothing to list");
}

#[tokio::test]
async fn another_config_is_applied_although_nothing_else_has_changed() {
    let fixed = web();
    let mut reconciler = settled(&fixed).await;
    let domain_filter = DomainFilter::lists(["example.net"], [""; 0]);
    let planner = Planner { allow_unowned: true, domain_filter, ..Planner::default() };
    reconciler.go_by(planner, OnTargetLoss::Keep);
    let report = reconciler.full(&fixed, 0).await.unwrap().unwrap();
    assert_eq!(report.plan.statuses[0].reason.code(), "FilteredDomain");
}

#[tokio::test]
async fn a_provider_that_serves_other_zones_is_read_in_full() {
    let fixed = web();
    let mut reconciler = settled(&fixed).await;
    reconciler.provider.zones.lock().unwrap().push("example.com");
    assert!(reconciler.full(&fixed, 0).await.unwrap().is_some());
    assert_eq!(reconciler.provider.take_calls(), ["records", "adjust"]);
}

#[tokio::test]
async fn after_a_targeted_sync_everything_is_looked_at_once_more() {
    let fixed = web();
    let mut reconciler = settled(&fixed).await;
    let changes = ChangeSet::Objects {
        objects: ["service/default/web".into()].into(),
        desired: fixed.desired.clone(),
    };
    *fixed.changes.lock().unwrap() = Some(changes);
    assert!(reconciler.targeted(&fixed, 0).await.unwrap().is_none(), "it wants the same");
    assert!(reconciler.full(&fixed, 0).await.unwrap().is_some());
}

#[tokio::test]
async fn a_name_that_is_lost_is_looked_at_until_its_grace_is_over() {
    let mut fixed = web();
    let lost = Unknown::Name("lost.example.com".into());
    fixed.desired.unknown(lost, Reason::no_targets(""));
    let mut reconciler = settled(&fixed).await;
    reconciler.config.on_target_loss = OnTargetLoss::DeleteAfter(Duration::from_secs(9));
    reconciler.cache.as_mut().unwrap().settled = false;
    for now in 0..=9 {
        assert!(reconciler.full(&fixed, now).await.unwrap().is_some(), "{now}");
    }
    assert!(reconciler.full(&fixed, 10).await.unwrap().is_none());
}

#[tokio::test]
async fn what_the_provider_dropped_is_sent_to_it_again() {
    let fixed = web();
    let mut reconciler = reconciler();
    reconciler.provider.drops = true;
    assert_eq!(reconciler.full(&fixed, 0).await.unwrap().unwrap().dropped, 1);
    assert_eq!(reconciler.full(&fixed, 0).await.unwrap().unwrap().dropped, 1);
}

/// So a sync that finds nothing to look at ends no outage of which a user was told.
#[tokio::test]
async fn after_a_sync_that_failed_everything_is_looked_at() {
    let fixed = web();
    for targeted in [false, true] {
        let mut reconciler = settled(&fixed).await;
        reconciler.provider.is_down = true;
        reconciler.full(&fixed, 0).await.unwrap_err();
        if targeted {
            reconciler.targeted(&fixed, 0).await.unwrap_err();
        }
        reconciler.provider.is_down = false;
        let report = if targeted {
            reconciler.targeted(&fixed, 0).await
        } else {
            reconciler.full(&fixed, 0).await
        };
        assert!(report.unwrap().is_some(), "targeted: {targeted}");
        assert_eq!(reconciler.provider.take_calls(), ["records", "adjust"]);
    }
}

#[tokio::test]
async fn a_sync_that_fails_leaves_what_is_young_to_the_next() {
    for targeted in [false, true] {
        let fixed = web();
        let mut reconciler = settled(&fixed).await;
        let until = Some(Instant::now());
        *fixed.young.lock().unwrap() =
            RecentChanges { whose: Whose::Anyone, until, ..RecentChanges::default() };
        reconciler.provider.is_down = true;
        let result = if targeted {
            *fixed.changes.lock().unwrap() = Some(ChangeSet::Objects {
                objects: ["service/default/web".into()].into(),
                desired: Desired {
                    endpoints: vec![asks("www.example.com", "service/default/web", "192.0.2.2")],
                    ..Desired::default()
                },
            });
            reconciler.targeted(&fixed, 0).await
        } else {
            reconciler.full(&fixed, 0).await
        };
        result.unwrap_err();
        assert_eq!(fixed.young.lock().unwrap().until, until, "targeted: {targeted}");
    }
}

#[tokio::test]
async fn who_asks_with_another_priority_asks_for_something_else() {
    let mut fixed = web();
    let mut reconciler = settled(&fixed).await;
    let source_object = SourceObject { created: Some(1), priority: 5, ..SourceObject::default() };
    fixed.desired.source_objects.insert("service/default/web".into(), source_object);
    assert!(reconciler.full(&fixed, 0).await.unwrap().is_some());
}

#[tokio::test]
async fn a_provider_that_answers_unchanged_unasked_is_not_believed() {
    struct Liar;
    impl Provider for Liar {
        async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
            Ok(Vec::new())
        }

        async fn apply(&self, _changes: Changes) -> Result<Applied, ProviderError> {
            Ok(Applied::default())
        }

        async fn records_since(&self, _: Option<String>) -> Result<Listing, ProviderError> {
            Ok(Listing::Unchanged)
        }
    }
    let registry: Arc<dyn Registry> = Arc::new(Noop);
    let mut reconciler = Reconciler::new(
        Liar,
        SyncConfig::new(registry, Planner::default(), Writing::Yes),
        State::nowhere(),
    );
    let error = reconciler.full(&web(), 0).await.unwrap_err();
    assert!(matches!(error, SyncError::List(_)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_changes_while_the_provider_is_read_was_looked_at() {
    struct Slow;
    impl Provider for Slow {
        async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
            tokio::time::sleep(Duration::from_mins(1)).await;
            Ok(Vec::new())
        }

        async fn apply(&self, _changes: Changes) -> Result<Applied, ProviderError> {
            tokio::time::sleep(Duration::from_mins(1)).await;
            Ok(Applied::default())
        }
    }
    let registry: Arc<dyn Registry> = Arc::new(Noop);
    let config = SyncConfig::new(registry, Planner::default(), Writing::Yes);
    let mut reconciler = Reconciler::new(Slow, config, State::nowhere());
    let start = Instant::now();
    assert!(reconciler.full(&web(), 0).await.unwrap().is_some());
    assert_eq!(reconciler.looked(), start + Duration::from_mins(1));
    assert_eq!(Instant::now(), start + Duration::from_mins(2));
}
