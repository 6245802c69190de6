//! What moves from one zone to another, request by request.

use controller_core::plan::DeletionGuard;
use controller_core::registry::{TxtOptions, TxtRegistry};
use external_dns_webhook::memory::MemoryZones;
use external_dns_webhook::{Negotiation, ZoneId};

use super::*;

/// Zones that note what they are asked to write, and may not answer to it.
struct Noting {
    zones: MemoryZones,
    is_silent: Mutex<bool>,
    writes: Mutex<Vec<(usize, usize)>>,
}

impl Noting {
    /// Returns how much each request since the last call made and deleted.
    fn take_writes(&self) -> Vec<(usize, usize)> {
        std::mem::take(&mut self.writes.lock().unwrap())
    }

    /// Returns the zones that hold something.
    fn held(&self) -> BTreeSet<ZoneId> {
        self.zones.dump().into_iter().filter_map(|endpoint| endpoint.zone).collect()
    }
}

impl Provider for Noting {
    async fn negotiate(&self) -> Result<Negotiation, ProviderError> {
        self.zones.negotiate().await
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        self.zones.records().await
    }

    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Adjusted, ProviderError> {
        self.zones.adjust(desired).await
    }

    async fn apply(&self, changes: Changes) -> Result<Applied, ProviderError> {
        self.writes.lock().unwrap().push((changes.create.len(), changes.delete.len()));
        let applied = self.zones.apply(changes).await;
        if *self.is_silent.lock().unwrap() {
            return Err(ProviderError::unavailable("connection reset"));
        }
        applied
    }

    async fn zones(&self) -> Result<Vec<Zone>, ProviderError> {
        self.zones.zones().await
    }
}

fn reconciler() -> Reconciler<Noting> {
    let zone = |id: &str, private| Zone {
        id: id.to_owned(),
        name: "example.com".into(),
        private,
        unavailable: None,
    };
    let zones = MemoryZones::new([zone("Z1", false), zone("Z2", true)]);
    let provider = Noting { zones, is_silent: Mutex::new(false), writes: Mutex::default() };
    let ownership_records = TxtOptions { owner: "me".to_owned(), ..TxtOptions::default() };
    let registry: Arc<dyn Registry> = Arc::new(TxtRegistry::new(ownership_records).unwrap());
    let guard = DeletionGuard::off();
    let planner = Planner { owner: Some("me".to_owned()), guard, ..Planner::default() };
    Reconciler::new(provider, SyncConfig::new(registry, planner, Writing::Yes), State::nowhere())
}

fn web_in(zone: &str) -> FixedDesired {
    let mut web = web();
    for endpoint in &mut web.desired.endpoints {
        endpoint.properties.set("zone", zone);
    }
    web
}

fn zones(ids: &[&str]) -> BTreeSet<ZoneId> {
    ids.iter().map(|id| (*id).into()).collect()
}

#[tokio::test]
async fn what_moves_is_made_by_one_request_and_deleted_by_the_next_in_any_sync() {
    for targeted in [false, true] {
        let mut reconciler = reconciler();
        reconciler.full(&web_in("public"), 0).await.unwrap();
        assert_eq!(reconciler.provider.take_writes(), [(2, 0)]);
        let fixed = web_in("private");
        let report = if targeted {
            let objects = ["service/default/web".into()].into();
            let changes = ChangeSet::Objects { objects, desired: fixed.desired.clone() };
            *fixed.changes.lock().unwrap() = Some(changes);
            reconciler.targeted(&fixed, 0).await
        } else {
            reconciler.full(&fixed, 0).await
        };
        let written = report.unwrap().unwrap().written;
        assert_eq!((written.create, written.delete), (1, 1));
        assert_eq!(reconciler.provider.take_writes(), [(2, 0), (0, 2)]);
        assert_eq!(reconciler.provider.held(), zones(&["Z2"]));
        reconciler.full(&fixed, 0).await.unwrap();
        assert_eq!(reconciler.provider.take_writes(), []);
    }
}

#[tokio::test]
async fn what_is_refused_where_it_goes_stays_where_it_was() {
    let mut reconciler = reconciler();
    reconciler.full(&web_in("public"), 0).await.unwrap();
    reconciler.provider.zones.seal(["Z2".into()]);
    reconciler.provider.take_writes();
    for _ in 0..2 {
        let report = reconciler.full(&web_in("private"), 0).await.unwrap().unwrap();
        assert_eq!((report.written.create, report.written.delete), (0, 0));
        assert!(report.written.changes.is_empty(), "{:?}", report.written.changes);
        assert_eq!(reconciler.provider.take_writes(), [(2, 0)]);
        assert_eq!(reconciler.provider.held(), zones(&["Z1"]));
    }
}

/// So it is, too, when the process ends in between.
#[tokio::test]
async fn without_an_answer_the_rest_waits_for_the_list() {
    let mut reconciler = reconciler();
    reconciler.full(&web_in("public"), 0).await.unwrap();
    reconciler.provider.take_writes();
    *reconciler.provider.is_silent.lock().unwrap() = true;
    reconciler.full(&web_in("private"), 0).await.unwrap_err();
    assert_eq!(reconciler.provider.take_writes(), [(2, 0)]);
    assert_eq!(reconciler.provider.held(), zones(&["Z1", "Z2"]));
    *reconciler.provider.is_silent.lock().unwrap() = false;
    reconciler.full(&web_in("private"), 0).await.unwrap();
    assert_eq!(reconciler.provider.take_writes(), [(0, 2)]);
    assert_eq!(reconciler.provider.held(), zones(&["Z2"]));
}
