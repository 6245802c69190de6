//! Objects that go and come again within a moment, and what DNS sees of it.

use std::collections::{BTreeMap, BTreeSet};

use controller_sources::objects::dns_endpoint::DnsEndpoint;
use controller_sources::objects::{KindState, ObjectKey, Raw, Resource as _};
use proptest::prelude::*;
use serde_json::json;

use super::*;

/// What is done to one of a few objects.
#[derive(Clone, Debug)]
enum Act {
    /// It is made or changed, with so many addresses from this one on.
    Put {
        object: u8,
        address: u8,
        count: u8,
    },
    Delete {
        object: u8,
    },
}

/// What is done after how many milliseconds.
fn acts(longest: u64) -> impl Strategy<Value = Vec<(u64, Act)>> {
    // Fewer than those of which the deletion guard would hold some.
    let object = 0..2_u8;
    let put = (object.clone(), 1..4_u8, 1..3_u8).prop_map(|(object, address, count)| Act::Put {
        object,
        address,
        count,
    });
    let delete = object.prop_map(|object| Act::Delete { object });
    prop::collection::vec((0..longest, prop_oneof![put, delete]), 1..8)
}

/// A cluster whose objects are changed by hand, with a loop that writes what they want.
struct Cluster {
    desired_state: Arc<DesiredState>,
    written: Arc<Mutex<Vec<(Instant, Changes)>>>,
    /// What DNS should answer with, by name.
    wanted: BTreeMap<String, BTreeSet<String>>,
    fault_mode: watch::Sender<FaultMode>,
    /// They end with the cluster.
    _config: watch::Sender<Arc<Config>>,
    _folder: tempfile::TempDir,
    _loop: JoinSet<anyhow::Result<()>>,
}

impl Cluster {
    async fn new() -> Self {
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
        let (memory, written) = (Memory::holding(Vec::new()), Arc::default());
        let provider =
            FaultyProvider { memory, fault_mode: fault_modes, written: Arc::clone(&written) };
        let (mut syncs, sender) = syncs_with(Arc::clone(&desired_state), provider, None);
        syncs.config = Arc::new(Config { events: true, ..Config::clone(&syncs.config) });
        let mut running = JoinSet::new();
        running.spawn(syncs.run());
        let cluster = Self {
            desired_state,
            written,
            wanted: BTreeMap::new(),
            fault_mode,
            _config: sender,
            _folder: folder,
            _loop: running,
        };
        cluster.rest(10_000).await;
        cluster
    }

    /// Lets the loop do whatever it does for so long.
    async fn rest(&self, milliseconds: u64) {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }

    fn act(&mut self, act: &Act) {
        let store = self.desired_state.store();
        match act {
            Act::Put { object, address, count } => {
                let name = format!("n{object}.example.com");
                let targets: Vec<_> =
                    (*address..address + count).map(|last| format!("192.0.2.{last}")).collect();
                self.wanted.insert(name.clone(), targets.iter().cloned().collect());
                self.ask(*object, &name, &targets);
            }
            Act::Delete { object } => {
                self.wanted.remove(&format!("n{object}.example.com"));
                let name = format!("o{object}");
                store.delete(&ObjectKey {
                    kind: DnsEndpoint::ID,
                    namespace: "default".into(),
                    name,
                });
            }
        }
    }

    /// Makes or changes an object that wants a name.
    fn ask(&self, object: u8, name: &str, targets: &[String]) {
        let endpoints = json!([{"dnsName": name, "recordType": "A", "targets": targets}]);
        let raw = json!({
            "apiVersion": "externaldns.k8s.io/v1alpha1", "kind": "DNSEndpoint",
            "metadata": {"name": format!("o{object}"), "namespace": "default"},
            "spec": {"endpoints": endpoints},
        });
        self.desired_state.store().apply(&DnsEndpoint::ID, Raw::from_value(raw).unwrap());
    }

    fn take_written(&self) -> Vec<(Instant, Changes)> {
        std::mem::take(&mut self.written.lock().unwrap())
    }
}

/// Runs `body` on a clock that jumps ahead whenever nobody has anything to do.
fn on_a_fast_clock<T>(body: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().start_paused(true).build().unwrap().block_on(body)
}

/// What DNS answered with, and how it came to lose it.
#[derive(Default)]
struct Dns(BTreeMap<String, BTreeSet<String>>);

impl Dns {
    /// Takes in what was written; returns each answer that was lost without another in its place.
    fn write(&mut self, changes: &Changes) -> Vec<(String, String)> {
        let mut lost = Vec::new();
        let of = |endpoint: &Endpoint| {
            let targets: BTreeSet<_> = endpoint.targets.iter().map(str::to_owned).collect();
            (endpoint.dns_name.canonical().to_string(), targets)
        };
        for (name, targets) in changes.delete.iter().map(of) {
            self.0.remove(&name);
            lost.extend(targets.into_iter().map(|target| (name.clone(), target)));
        }
        let new = changes.update.iter().map(|update| &update.new).chain(&changes.create);
        for (name, targets) in new.map(of) {
            let before = self.0.insert(name.clone(), targets.clone()).unwrap_or_default();
            if targets.is_subset(&before) {
                let gone = before.difference(&targets).cloned();
                lost.extend(gone.map(|target| (name.clone(), target)));
            }
        }
        lost
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_goes_and_comes_again_within_the_window_is_never_deleted(acts in acts(140)) {
        on_a_fast_clock(async {
            let mut cluster = Cluster::new().await;
            // When each answer went last.
            let mut gone = BTreeMap::new();
            let mut dns = Dns::default();
            let window = Window::default();
            let answers = |all: &BTreeMap<String, BTreeSet<String>>| -> BTreeSet<_> {
                let each = |(name, targets): (&String, &BTreeSet<String>)| -> Vec<_> {
                    targets.iter().map(|target| (name.clone(), target.clone())).collect()
                };
                all.iter().flat_map(each).collect()
            };
            let rest = (5_000, Act::Delete { object: 9 });
            for (gap, act) in acts.into_iter().chain([rest]) {
                cluster.rest(gap).await;
                for (at, changes) in cluster.take_written() {
                    for lost in dns.write(&changes) {
                        let is_wanted = answers(&cluster.wanted).contains(&lost);
                        prop_assert!(!is_wanted, "{lost:?} is there again");
                        // All of them together last less than what a change waits at most.
                        let is_over = gone[&lost] + window.quiet <= at;
                        prop_assert!(is_over, "{lost:?} went a moment ago");
                    }
                }
                let before = answers(&cluster.wanted);
                cluster.act(&act);
                let now = Instant::now();
                let after = answers(&cluster.wanted);
                let lost = before.difference(&after).cloned();
                gone.extend(lost.map(|lost| (lost, now)));
            }
            prop_assert_eq!(&dns.0, &cluster.wanted, "in the end all is as the objects ask");
            Ok(())
        })?;
    }
}

#[test]
fn a_lone_change_is_written_in_the_moment_in_which_it_comes() {
    on_a_fast_clock(async {
        let mut cluster = Cluster::new().await;
        for address in 1..4 {
            let before = Instant::now();
            cluster.act(&Act::Put { object: 0, address, count: 1 });
            cluster.rest(500).await;
            let written = cluster.take_written();
            let [(at, changes)] = written.as_slice() else { panic!("{written:?}") };
            assert!(*at - before < Duration::from_millis(5), "{:?}", *at - before);
            assert_eq!(changes.create.len() + changes.update.len(), 1);
        }
    });
}

#[test]
fn a_name_that_is_gone_for_good_goes_when_the_window_is_over() {
    on_a_fast_clock(async {
        let mut cluster = Cluster::new().await;
        cluster.act(&Act::Put { object: 0, address: 1, count: 2 });
        cluster.rest(500).await;
        cluster.take_written();
        for act in [Act::Put { object: 0, address: 1, count: 1 }, Act::Delete { object: 0 }] {
            let before = Instant::now();
            cluster.act(&act);
            cluster.rest(500).await;
            let written = cluster.take_written();
            let [(at, changes)] = written.as_slice() else { panic!("{written:?}") };
            let waited = *at - before;
            let window = Duration::from_millis(100)..Duration::from_millis(110);
            assert!(window.contains(&waited), "{act:?} waited {waited:?}");
            assert_eq!(changes.delete.len() + changes.update.len(), 1);
        }
    });
}

#[test]
fn a_name_that_another_object_takes_over_within_the_window_is_never_deleted() {
    on_a_fast_clock(async {
        let mut cluster = Cluster::new().await;
        cluster.act(&Act::Put { object: 0, address: 1, count: 1 });
        cluster.act(&Act::Put { object: 1, address: 1, count: 1 });
        cluster.rest(500).await;
        cluster.take_written();
        // One change that comes at once beside one that waits.
        cluster.act(&Act::Delete { object: 0 });
        cluster.act(&Act::Put { object: 2, address: 3, count: 1 });
        cluster.rest(50).await;
        let written = cluster.take_written();
        let [(_, changes)] = written.as_slice() else { panic!("{written:?}") };
        assert_eq!((changes.create.len(), changes.delete.len()), (1, 0), "{changes:?}");
        cluster.act(&Act::Put { object: 0, address: 2, count: 1 });
        cluster.rest(500).await;
        let written = cluster.take_written();
        assert!(written.iter().all(|(_, changes)| changes.delete.is_empty()), "{written:?}");
        let updates: usize = written.iter().map(|(_, changes)| changes.update.len()).sum();
        assert_eq!(updates, 1, "{written:?}");
    });
}

#[test]
fn an_object_that_waits_for_a_name_does_not_get_it_while_its_holder_is_replaced() {
    on_a_fast_clock(async {
        let mut cluster = Cluster::new().await;
        let holder = Act::Put { object: 0, address: 1, count: 1 };
        cluster.act(&holder);
        cluster.rest(500).await;
        cluster.ask(1, "n0.example.com", &["192.0.2.9".to_owned()]);
        cluster.rest(500).await;
        cluster.take_written();
        cluster.act(&Act::Delete { object: 0 });
        cluster.rest(30).await;
        cluster.act(&holder);
        cluster.rest(500).await;
        assert_eq!(cluster.take_written(), [], "its holder is back");
        cluster.act(&Act::Delete { object: 0 });
        cluster.rest(500).await;
        let written = cluster.take_written();
        let [(_, changes)] = written.as_slice() else { panic!("{written:?}") };
        assert_eq!(changes.update.len(), 1, "it has gone for good");
    });
}

#[test]
fn a_full_sync_takes_nothing_away_that_went_a_moment_ago() {
    on_a_fast_clock(async {
        let mut cluster = Cluster::new().await;
        cluster.act(&Act::Put { object: 0, address: 1, count: 1 });
        cluster.act(&Act::Put { object: 1, address: 1, count: 1 });
        // Full syncs are due every minute since the loop began.
        cluster.rest(49_999).await;
        cluster.take_written();
        cluster.act(&Act::Delete { object: 0 });
        cluster.rest(60).await;
        assert_eq!(cluster.take_written(), [], "neither at once nor with everything");
        cluster.rest(100).await;
        let written = cluster.take_written();
        let [(_, changes)] = written.as_slice() else { panic!("{written:?}") };
        assert_eq!(changes.delete.len(), 1);
    });
}

#[test]
fn a_full_sync_whose_list_takes_long_takes_nothing_away_that_went_meanwhile() {
    on_a_fast_clock(async {
        let mut cluster = Cluster::new().await;
        let (one, other) = (0, 1);
        cluster.act(&Act::Put { object: one, address: 1, count: 1 });
        cluster.act(&Act::Put { object: other, address: 1, count: 1 });
        // Full syncs are due every minute since the loop began, and this one lists for two seconds.
        cluster.rest(49_500).await;
        cluster.take_written();
        cluster.fault_mode.send_replace(FaultMode::ListsIn(2_000));
        cluster.rest(2_450).await;
        cluster.act(&Act::Delete { object: one });
        cluster.rest(80).await;
        assert_eq!(cluster.take_written(), [], "it went 50 ms before the objects were read");
        cluster.act(&Act::Put { object: one, address: 1, count: 1 });
        cluster.rest(5_000).await;
        assert_eq!(cluster.take_written(), [], "and is there again");
    });
}
