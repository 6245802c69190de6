//! A provider that reads for long before it can list, and objects that change meanwhile.

use controller_core::registry::{TxtOptions, TxtRegistry};
use external_dns_webhook::memory::MemoryZones;
use external_dns_webhook::{Extension, Negotiation, ObjectRef};

use super::*;

/// Zones that are listed when they were read, and say as long as they are not.
struct Reading {
    zones: MemoryZones,
    /// Whether it reads them still.
    goes_on: Mutex<bool>,
    /// Whether it does not say what it serves.
    is_away: Mutex<bool>,
    /// How many names it was asked for, question by question.
    named: Mutex<Vec<usize>>,
}

impl Provider for Reading {
    async fn negotiate(&self) -> Result<Negotiation, ProviderError> {
        if *self.is_away.lock().unwrap() {
            return Err(ProviderError::unavailable("away"));
        }
        let mut negotiation = self.zones.negotiate().await?;
        if *self.goes_on.lock().unwrap() {
            negotiation.extensions = [
                Extension::RecordsByName,
                Extension::Outcomes,
                Extension::Zones,
                Extension::ZonedRecords,
                Extension::NamesFirst,
            ]
            .into_iter()
            .collect();
        }
        Ok(negotiation)
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        if *self.goes_on.lock().unwrap() {
            return std::future::pending().await;
        }
        self.zones.records().await
    }

    async fn records_named(&self, names: Vec<DnsName>) -> Result<Vec<Endpoint>, ProviderError> {
        self.named.lock().unwrap().push(names.len());
        self.zones.records_named(names).await
    }

    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Adjusted, ProviderError> {
        self.zones.adjust(desired).await
    }

    async fn apply(&self, changes: Changes) -> Result<Applied, ProviderError> {
        self.zones.apply(changes).await
    }

    async fn zones(&self) -> Result<Vec<Zone>, ProviderError> {
        self.zones.zones().await
    }
}

fn reconciler() -> Reconciler<Reading> {
    let zones = MemoryZones::new([Zone {
        id: "Z1".to_owned(),
        name: "example.com".into(),
        private: false,
        unavailable: None,
    }]);
    let mut taken = Endpoint::new("taken.example.com", RecordType::A, ["192.0.2.9"]);
    taken.zone = Some("Z1".into());
    zones.hold([taken]);
    let provider = Reading {
        zones,
        goes_on: Mutex::new(true),
        is_away: Mutex::default(),
        named: Mutex::default(),
    };
    let options = TxtOptions { owner: "me".to_owned(), ..TxtOptions::default() };
    let registry: Arc<dyn Registry> = Arc::new(TxtRegistry::new(options).unwrap());
    let planner = Planner { owner: Some("me".to_owned()), ..Planner::default() };
    Reconciler::new(provider, SyncConfig::new(registry, planner, Writing::Yes), State::nowhere())
}

/// Returns objects of which one wants a name that is there already, with the change of both.
fn changed() -> FixedDesired {
    let mut fixed = web();
    fixed.desired.endpoints.push(asks("taken.example.com", "service/default/taken", "192.0.2.1"));
    let objects = ["web", "taken"].map(|name| ObjectRef::new("service", "default", name)).into();
    let changes = ChangeSet::Objects { objects, desired: fixed.desired.clone() };
    *fixed.changes.lock().unwrap() = Some(changes);
    fixed
}

/// Makes a full sync; `None` when the list is waited for.
async fn full(
    reconciler: &mut Reconciler<Reading>,
    fixed: &FixedDesired,
) -> Option<Result<Option<Report>, SyncError>> {
    tokio::time::timeout(Duration::from_mins(1), reconciler.full(fixed, 0)).await.ok()
}

fn names(reconciler: &Reconciler<Reading>) -> Vec<String> {
    let held = reconciler.provider.zones.dump().into_iter();
    held.map(|endpoint| endpoint.dns_name.to_string()).collect()
}

#[tokio::test(start_paused = true)]
async fn names_that_change_are_written_before_a_list_that_takes_long_and_the_rest_after_it() {
    let (mut reconciler, fixed) = (reconciler(), changed());
    reconciler.let_names_go_first();
    let made_way = full(&mut reconciler, &fixed).await;
    assert!(matches!(made_way, Some(Err(SyncError::NamesFirst))), "{made_way:?}");
    assert!(reconciler.has_names_to_go_first());

    let report = reconciler.targeted(&fixed, 0).await.unwrap().unwrap();
    assert!(report.is_first && report.went_as_planned());
    assert_eq!(report.plan.statuses.len(), 1, "of the name that waits nothing is said");
    let expected = ["a-www.example.com", "taken.example.com", "www.example.com"];
    assert_eq!(names(&reconciler), expected);
    assert_eq!(reconciler.provider.named.lock().unwrap().len(), 1);

    assert!(reconciler.targeted(&fixed, 0).await.unwrap().is_none(), "nothing else has changed");
    assert!(full(&mut reconciler, &fixed).await.is_none(), "so the list is waited for");
    *reconciler.provider.goes_on.lock().unwrap() = false;
    let report = full(&mut reconciler, &fixed).await.unwrap().unwrap().unwrap();
    assert!(!report.is_first && report.written.changes.is_empty());
    assert_eq!(report.plan.statuses.len(), 2);
    assert!(!reconciler.names_go_first());
}

#[tokio::test(start_paused = true)]
async fn no_name_goes_first_by_what_a_provider_said_before_it_went_away() {
    let (mut reconciler, fixed) = (reconciler(), changed());
    reconciler.let_names_go_first();
    let made_way = full(&mut reconciler, &fixed).await;
    assert!(matches!(made_way, Some(Err(SyncError::NamesFirst))), "{made_way:?}");
    *reconciler.provider.is_away.lock().unwrap() = true;
    let away = full(&mut reconciler, &fixed).await;
    assert!(matches!(away, Some(Err(SyncError::Negotiate(_)))), "{away:?}");
    assert!(!reconciler.names_go_first() && !reconciler.has_names_to_go_first());
}

#[tokio::test(start_paused = true)]
async fn where_nothing_may_go_first_all_waits_for_the_list() {
    let (mut reconciler, fixed) = (reconciler(), changed());
    assert!(full(&mut reconciler, &fixed).await.is_none());
    assert_eq!(names(&reconciler), ["taken.example.com"]);
    assert!(reconciler.provider.named.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn no_more_than_some_names_hold_up_a_list() {
    let mut reconciler = reconciler();
    reconciler.let_names_go_first();
    let mut fixed = FixedDesired::default();
    let asks = |number| asks(&format!("n{number}.example.com"), "service/default/web", "192.0.2.1");
    fixed.desired.endpoints = (0..200).map(asks).collect();
    let objects = ["service/default/web".into()].into();
    let changes = ChangeSet::Objects { objects, desired: fixed.desired.clone() };
    *fixed.changes.lock().unwrap() = Some(changes);
    full(&mut reconciler, &fixed).await.unwrap().unwrap_err();
    let mut written = 0;
    while reconciler.has_names_to_go_first() {
        written += reconciler.targeted(&fixed, 0).await.unwrap().unwrap().written.create;
    }
    assert_eq!(written, 60);
    assert!(full(&mut reconciler, &fixed).await.is_none(), "the others wait for the list");
}
