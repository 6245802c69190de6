//! What a targeted sync costs: as much as what changed, whatever else there is.

use controller_sources::objects::dns_endpoint::DnsEndpoint;
use controller_sources::objects::{KindState, ObjectKey, Raw, Resource as _};
use serde_json::json;

use super::*;

/// Syncs over this many objects, after those that found everything as it should be.
struct Settled {
    desired_state: Arc<DesiredState>,
    syncs: Syncs<Counted<FaultyProvider>>,
    _config: watch::Sender<Arc<Config>>,
    _fault_mode: watch::Sender<FaultMode>,
    _folder: tempfile::TempDir,
}

impl Settled {
    fn new(objects: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let manifests = format!("--manifests={}", folder.path().display());
        let cli = Cli::try_parse_from(["signpost", "run", "--source=crd", &manifests]).unwrap();
        let Command::Run(args) = cli.command else { panic!("another command") };
        let RunArgs { sources, templates, transforms, manifests, kubernetes, .. } = *args;
        let desired_state =
            DesiredState::new(sources, templates, &transforms, manifests, kubernetes);
        let desired_state = Arc::new(desired_state.unwrap());
        desired_state.store().set_state(&DnsEndpoint::ID, "", KindState::Synced);
        let (fault_mode, fault_modes) = watch::channel(FaultMode::Well);
        let (mut syncs, config) = syncs(Arc::clone(&desired_state), fault_modes, None);
        // What goes away goes at once.
        syncs.reconciler.wait_for_calm(Window::NONE);
        let mut settled = Self {
            desired_state,
            syncs,
            _config: config,
            _fault_mode: fault_mode,
            _folder: folder,
        };
        (0..objects).for_each(|number| settled.put(number, "192.0.2.1"));
        settled.sync(SyncKind::Full);
        settled.sync(SyncKind::Full);
        settled
    }

    fn put(&mut self, number: usize, target: &str) {
        self.put_endpoint(number, &format!("n{number:05}.example.com"), target);
    }

    fn put_name(&mut self, number: usize, name: &str) {
        self.put_endpoint(number, name, "192.0.2.1");
    }

    fn put_endpoint(&mut self, number: usize, name: &str, target: &str) {
        let endpoints = json!([{"dnsName": name, "recordType": "A", "targets": [target]}]);
        let raw = json!({
            "apiVersion": "externaldns.k8s.io/v1alpha1", "kind": "DNSEndpoint",
            "metadata": {"name": format!("o{number:05}"), "namespace": "default"},
            "spec": {"endpoints": endpoints},
        });
        self.desired_state.store().apply(&DnsEndpoint::ID, Raw::from_value(raw).unwrap());
    }

    fn delete(&mut self, number: usize) {
        let (kind, namespace, name) =
            (DnsEndpoint::ID, "default".to_owned(), format!("o{number:05}"));
        self.desired_state.store().delete(&ObjectKey { kind, namespace, name });
    }

    fn sync(&mut self, kind: SyncKind) -> Option<Report> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(self.syncs.sync(kind)).unwrap()
    }

    /// Returns how often memory was asked for by a targeted sync that had nothing to write.
    fn allocations_without_names(&mut self) -> u64 {
        let mut report = None;
        let measured = allocation_counter::measure(|| report = self.sync(SyncKind::Targeted));
        assert!(report.is_none_or(|report| report.written.changes.is_empty()));
        measured.count_total
    }

    /// Returns how often memory was asked for by a targeted sync that wrote one record set.
    fn allocations(&mut self) -> u64 {
        let mut report = None;
        let measured = allocation_counter::measure(|| report = self.sync(SyncKind::Targeted));
        assert_eq!(report.unwrap().written.changes.len(), 1);
        measured.count_total
    }
}

#[test]
fn a_change_touches_as_much_in_a_large_world_as_in_a_small_one() {
    let [small, large] = [50, 1_000].map(|objects| {
        let mut world = Settled::new(objects);
        let mut all = Vec::new();
        for change in 2..6 {
            world.put(7, &format!("192.0.2.{change}"));
            all.push(world.allocations());
            world.put(objects, "192.0.2.1");
            all.push(world.allocations());
            world.delete(objects);
            all.push(world.allocations());
        }
        all
    });
    // A tree that is deeper now and then has a node more.
    let (least, most) = (small.iter().sum::<u64>(), large.iter().sum::<u64>());
    assert!(most.abs_diff(least) < least / 20, "{small:?} {large:?}");
}

#[test]
fn an_object_that_breaks_is_told_by_the_next_sync_at_its_own_cost_and_no_more_when_it_goes() {
    let [small, large] = [50, 1_000].map(|objects| {
        let mut world = Settled::new(objects);
        let told = |world: &Settled| {
            let mut codes = Vec::new();
            world.syncs.shared.status.statuses(|store| {
                let problems = store.all().filter(|noted| !noted.status.reason.is_well());
                codes.extend(problems.map(|noted| noted.status.reason.code()));
            });
            codes
        };
        let mut all = 0;
        for _ in 0..4 {
            world.put_name(objects, "https://a..b.example.com");
            all += world.allocations_without_names();
            assert_eq!(told(&world), ["InvalidName"]);
            world.delete(objects);
            // Which records were kept for it, only a look at everything tells.
            world.sync(SyncKind::Targeted);
            assert!(told(&world).is_empty(), "what is told goes with the object");
        }
        all
    });
    assert!(large.abs_diff(small) < small / 20, "{small:?} {large:?}");
}
