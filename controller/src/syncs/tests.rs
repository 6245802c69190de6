//! What the loop tells of itself while it works, waits, and hangs.

mod cost;
mod given_up;
mod replaced;

use std::sync::Mutex;

use clap::Parser as _;
use controller_core::plan::Planner;
use controller_core::registry::{Noop, Registry};
use daemon::metrics::Exposition as _;
use external_dns_webhook::memory::Memory;
use external_dns_webhook::{
    Adjusted, Applied, Changes, Endpoint, Extension, Negotiation, ProviderError, Refusal,
};
use tokio::task::JoinSet;

use super::*;
use crate::app::DesiredState;
use crate::args::{Cli, Command, RunArgs};
use crate::provider::Counted;
use crate::reconcile::{SyncConfig, Writing};
use crate::records::RecordQuery;
use crate::schedule::Pace;
use crate::state::{Folder, State};
use crate::tasks::Tasks;

const STUCK: Duration = Duration::from_mins(10);

/// How the provider behaves from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FaultMode {
    Well,
    Down,
    Hangs,
    /// It reads its zones for the first time.
    ReadsFirst,
    /// It takes so many milliseconds for a list.
    ListsIn(u64),
    /// Another replica may write, so nothing is sent to it to be written.
    Fenced,
    /// It makes what it is told to, and does not say so.
    Silent,
    /// It refuses to create a name that contains this.
    Refuses(&'static str),
}

pub(super) struct FaultyProvider {
    memory: Memory,
    fault_mode: watch::Receiver<FaultMode>,
    /// What it was told to write, and when.
    written: Arc<Mutex<Vec<(Instant, Changes)>>>,
}

impl FaultyProvider {
    async fn react(&self) -> Result<(), ProviderError> {
        let fault_mode = *self.fault_mode.borrow();
        match fault_mode {
            FaultMode::Well
            | FaultMode::Silent
            | FaultMode::ReadsFirst
            | FaultMode::ListsIn(_)
            | FaultMode::Fenced
            | FaultMode::Refuses(_) => Ok(()),
            FaultMode::Down => Err(ProviderError::unavailable("connection refused")),
            FaultMode::Hangs => std::future::pending().await,
        }
    }
}

impl Provider for FaultyProvider {
    async fn negotiate(&self) -> Result<Negotiation, ProviderError> {
        self.react().await?;
        let mut negotiation = self.memory.negotiate().await?;
        if *self.fault_mode.borrow() == FaultMode::ReadsFirst {
            negotiation.extensions = [Extension::NamesFirst].into_iter().collect();
        }
        Ok(negotiation)
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        self.react().await?;
        let fault_mode = *self.fault_mode.borrow();
        if fault_mode == FaultMode::ReadsFirst {
            let retry_after = Some(Duration::from_secs(5));
            let source =
                "the zones are still being read: zone `example.com` (Z1) 300 of 9000 record sets";
            return Err(ProviderError::Unavailable { retry_after, source: source.into() });
        }
        if let FaultMode::ListsIn(milliseconds) = fault_mode {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        }
        self.memory.records().await
    }

    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Adjusted, ProviderError> {
        self.react().await?;
        self.memory.adjust(desired).await
    }

    async fn apply(&self, mut changes: Changes) -> Result<Applied, ProviderError> {
        self.react().await?;
        if *self.fault_mode.borrow() == FaultMode::Fenced {
            let why = "this replica does not lead".to_owned();
            return Err(ProviderError::unavailable(reconcile::NotSent(why)));
        }
        self.written.lock().unwrap().push((Instant::now(), changes.clone()));
        let mut refused = Vec::new();
        if let FaultMode::Refuses(name) = *self.fault_mode.borrow() {
            let (bad, good): (Vec<_>, _) = changes
                .create
                .into_iter()
                .partition(|endpoint| endpoint.dns_name.as_str().contains(name));
            changes.create = good;
            let refusal =
                |endpoint: &Endpoint| Refusal::of(endpoint, "Denied", "this name is not for you");
            refused.extend(bad.iter().map(refusal));
        }
        let mut applied = self.memory.apply(changes).await?;
        applied.refused.extend(refused);
        if matches!(*self.fault_mode.borrow(), FaultMode::Silent) {
            return Err(ProviderError::unavailable("no answer in time"));
        }
        Ok(applied)
    }
}

/// Returns syncs over `desired_state` that are not run yet, and what changes their config.
pub(super) fn syncs(
    desired_state: Arc<DesiredState>,
    fault_mode: watch::Receiver<FaultMode>,
    approvals: Option<Approvals>,
) -> (Syncs<Counted<FaultyProvider>>, watch::Sender<Arc<Config>>) {
    let written = Arc::default();
    let memory = Memory::holding(Vec::new());
    syncs_with(desired_state, FaultyProvider { memory, fault_mode, written }, approvals)
}

fn syncs_with(
    desired_state: Arc<DesiredState>,
    provider: FaultyProvider,
    approvals: Option<Approvals>,
) -> (Syncs<Counted<FaultyProvider>>, watch::Sender<Arc<Config>>) {
    let planner = Planner { allow_unowned: true, ..Planner::default() };
    let pace = Pace { interval: Duration::from_mins(1), ..Pace::default() };
    let config = Config {
        desired_state,
        planner: planner.clone(),
        on_target_loss: controller_core::target_loss::OnTargetLoss::Keep,
        pace,
        events: false,
    };
    let (sender, config) = watch::channel(Arc::new(config));
    let (status, metrics) = (Arc::new(Status::default()), Arc::new(Metrics::new()));
    let provider = Counted::new(provider, Arc::clone(&metrics), Arc::clone(&status));
    let registry: Arc<dyn Registry> = Arc::new(Noop);
    let reconciler = Reconciler::new(
        provider,
        SyncConfig::new(registry, planner, Writing::Yes),
        State::nowhere(),
    );
    let shared = Shared {
        event_recorder: None,
        fence: Fence::open(),
        metrics: Arc::clone(&metrics),
        status: Arc::clone(&status),
        requests: Arc::new(Requests::default()),
        once: false,
        config,
        approvals,
        stop: CancellationToken::new(),
        stuck_after: STUCK,
    };
    (Syncs::new(reconciler, shared), sender)
}

/// A loop over one manifest, with a clock that is moved by hand.
struct World {
    status: Arc<Status>,
    metrics: Arc<Metrics>,
    fault_mode: watch::Sender<FaultMode>,
    /// They end with the world.
    config: watch::Sender<Arc<Config>>,
    _folder: tempfile::TempDir,
    _tasks: Tasks,
    _loop: JoinSet<anyhow::Result<()>>,
}

impl World {
    async fn new(fault_mode: FaultMode) -> Self {
        Self::of(fault_mode, MANIFEST).await
    }

    async fn of(fault_mode: FaultMode, manifest: &str) -> Self {
        Self::kept(fault_mode, manifest, |_| State::nowhere()).await
    }

    /// Returns one whose state is kept where `state` says, which is told a folder.
    async fn kept(
        fault_mode: FaultMode,
        manifest: &str,
        state: impl FnOnce(&std::path::Path) -> State,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("web.yaml");
        std::fs::write(&file, manifest).unwrap();
        let manifests = format!("--manifests={}", file.display());
        let cli = Cli::try_parse_from(["signpost", "run", "--source=crd", &manifests]).unwrap();
        let Command::Run(args) = cli.command else { panic!("another command") };
        let RunArgs { sources, templates, transforms, manifests, kubernetes, .. } = *args;
        let desired_state =
            DesiredState::new(sources, templates, &transforms, manifests, kubernetes);
        let desired_state = Arc::new(desired_state.unwrap());
        let mut tasks = Tasks::default();
        desired_state.start(&mut tasks).await.unwrap();
        let (fault_mode, fault_modes) = watch::channel(fault_mode);
        let (mut syncs, sender) = syncs(desired_state, fault_modes, None);
        *syncs.reconciler.state_mut() = state(&folder.path().join("state"));
        let (status, metrics) =
            (Arc::clone(&syncs.shared.status), Arc::clone(&syncs.shared.metrics));
        let mut running = JoinSet::new();
        running.spawn(syncs.run());
        Self {
            status,
            metrics,
            fault_mode,
            config: sender,
            _folder: folder,
            _tasks: tasks,
            _loop: running,
        }
    }

    /// Lets the loop do whatever it does until its clock shows `after` more.
    async fn later(&self, after: Duration) {
        tokio::time::sleep(after).await;
    }

    fn check(&self, name: &str) -> crate::status::Check {
        let checks = self.status.checks(Instant::now(), Duration::from_mins(3));
        checks.into_iter().find(|check| check.name == name).unwrap()
    }

    fn problem(&self, name: &str) -> Option<String> {
        self.check(name).problem
    }

    fn number(&self, sample: &str) -> String {
        let text = self.metrics.text();
        let line = text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {sample} in {text}")).to_owned()
    }
}

const MANIFEST: &str = r"
apiVersion: externaldns.k8s.io/v1alpha1
kind: DNSEndpoint
metadata: {name: web, namespace: default}
spec: {endpoints: [{dnsName: www.example.com, recordType: A, targets: [192.0.2.1]}]}
";

#[tokio::test(start_paused = true)]
async fn a_loop_that_goes_on_is_never_overdue() {
    let world = World::new(FaultMode::Well).await;
    world.later(Duration::from_secs(1)).await;
    assert_eq!((world.problem("sync"), world.problem("provider")), (None, None));
    for _ in 0..30 {
        world.later(Duration::from_secs(59)).await;
        assert_eq!(world.status.overdue(Instant::now()), None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_is_down_stops_no_loop() {
    let world = World::new(FaultMode::Well).await;
    world.later(Duration::from_secs(1)).await;
    world.fault_mode.send_replace(FaultMode::Down);
    for _ in 0..30 {
        world.later(Duration::from_mins(1)).await;
        assert_eq!(world.status.overdue(Instant::now()), None);
    }
    assert!(world.problem("provider").unwrap().contains("connection refused"));
    assert!(world.problem("sync").is_some());
    let failures = "external_dns_controller_consecutive_soft_errors";
    assert!(world.number(failures).parse::<u32>().unwrap() > 30);
    world.fault_mode.send_replace(FaultMode::Well);
    world.later(Duration::from_mins(1)).await;
    assert_eq!((world.problem("sync"), world.problem("provider")), (None, None));
    assert_eq!(world.number(failures), "0");
}

#[tokio::test(start_paused = true)]
async fn a_sync_that_never_ends_is_stuck_after_a_while() {
    let world = World::new(FaultMode::Well).await;
    world.later(Duration::from_secs(1)).await;
    world.fault_mode.send_replace(FaultMode::Hangs);
    // The next sync begins a minute after the first one did.
    world.later(Duration::from_secs(59) + STUCK).await;
    assert_eq!(world.status.overdue(Instant::now() - Duration::from_secs(1)), None);
    world.later(Duration::from_secs(5)).await;
    assert!(world.status.overdue(Instant::now()).is_some());
    assert!(world.problem("sync").is_some(), "the last good one is too old");
}

#[tokio::test(start_paused = true)]
async fn what_a_sync_counts_can_be_read() {
    let world = World::new(FaultMode::Well).await;
    world.later(Duration::from_secs(121)).await;
    let written = "external_dns_controller_changes_total{zone=\"\",action=\"create\",\
                   result=\"written\",reason=\"Created\"}";
    assert_eq!(world.number(written), "1");
    for (sample, expected) in [
        ("external_dns_controller_no_op_runs_total", "2"),
        ("external_dns_controller_leader", "1"),
        ("external_dns_controller_leader_transitions_total", "1"),
        ("external_dns_controller_verified_records{record_type=\"a\"}", "1"),
        ("external_dns_source_endpoints_total", "1"),
        ("external_dns_registry_endpoints_total", "1"),
        ("external_dns_registry_records{record_type=\"a\"}", "1"),
        ("external_dns_webhook_provider_applychanges_requests_total", "1"),
        ("external_dns_webhook_provider_applychanges_errors_total", "0"),
        ("external_dns_webhook_provider_records_requests_total", "3"),
        ("external_dns_provider_cache_apply_changes_calls", "1"),
        ("external_dns_provider_cache_records_calls{from_cache=\"false\"}", "3"),
        ("external_dns_provider_calls_total{operation=\"negotiate\",result=\"ok\"}", "3"),
    ] {
        assert_eq!(world.number(sample), expected, "{sample}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_without_an_answer_is_counted_as_written_when_the_records_show_it() {
    let kept = |folder: &std::path::Path| State::kept_in(Folder::repairing(folder, 10));
    let world = World::kept(FaultMode::Silent, MANIFEST, kept).await;
    world.later(Duration::from_secs(1)).await;
    world.fault_mode.send_replace(FaultMode::Well);
    world.later(Duration::from_secs(121)).await;
    for counted in
        ["result=\"failed\",reason=\"Unavailable\"", "result=\"written\",reason=\"Landed\""]
    {
        let sample = format!(
            "external_dns_controller_changes_total{{zone=\"\",action=\"create\",{counted}}}"
        );
        assert_eq!(world.number(&sample), "1", "{sample}");
    }
}

const TWO: &str = r"
apiVersion: externaldns.k8s.io/v1alpha1
kind: DNSEndpoint
metadata: {name: web, namespace: default}
spec:
  endpoints:
    - {dnsName: good.example.com, recordType: A, targets: [192.0.2.1]}
    - {dnsName: bad.example.com, recordType: A, targets: [192.0.2.2]}
";

#[tokio::test(start_paused = true)]
async fn what_a_provider_refuses_has_its_words_as_the_status() {
    let world = World::of(FaultMode::Refuses("bad"), TWO).await;
    // The second sync is about what was refused alone.
    for _ in 0..2 {
        world.later(Duration::from_mins(1)).await;
        let told = world.status.explain("bad.example.com");
        assert_eq!(told[0]["code"], "ProviderRejected", "{told:#}");
        assert_eq!(
            told[0]["sentence"],
            "the provider refuses it (Denied): this name is not for you"
        );
        assert_eq!(told.as_array().unwrap().len(), 1, "{told:#}");
        assert_ne!(world.status.explain("good.example.com")[0]["code"], "ProviderRejected");
        let plan: serde_json::Value = serde_json::from_str(&world.status.plan()).unwrap();
        let steps = plan["steps"].as_array().unwrap();
        let step = steps.iter().find(|step| step["name"] == "bad.example.com").unwrap();
        assert_eq!(step["reason"]["code"], "ProviderRejected", "{plan:#}");
        let sample = "external_dns_controller_record_status{reason=\"ProviderRejected\"}";
        assert_eq!(world.number(sample), "1");
    }
}

#[tokio::test(start_paused = true)]
async fn one_refused_record_is_told_and_keeps_nobody_from_being_ready() {
    let world = World::of(FaultMode::Refuses("bad"), TWO).await;
    for _ in 0..2 {
        world.later(Duration::from_mins(1)).await;
        let check = world.check("changes");
        let note = "1 refused: `bad.example.com` A: this name is not for you";
        assert_eq!((check.problem, check.note.as_str()), (None, note));
    }
    world.fault_mode.send_replace(FaultMode::Well);
    world.later(Duration::from_mins(1)).await;
    assert_eq!(world.check("changes").note, "");
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_refuses_everything_is_not_ready() {
    let world = World::of(FaultMode::Refuses("example"), TWO).await;
    world.later(Duration::from_secs(1)).await;
    let problem = world.problem("changes").unwrap();
    assert!(problem.starts_with("the provider takes nothing; 2 refused: "), "{problem}");
}

/// The metrics that alerts watch, in the order of the table in docs/metrics.md.
const WATCHED: [&str; 5] = [
    "external_dns_registry_errors_total",
    "external_dns_source_errors_total",
    "external_dns_controller_consecutive_soft_errors",
    "external_dns_controller_last_sync_timestamp_seconds",
    "external_dns_controller_last_completed_sync_timestamp_seconds",
];

/// Returns which of them have moved.
async fn moved(fault_mode: FaultMode, manifest: &str) -> [bool; 5] {
    let world = World::of(fault_mode, manifest).await;
    world.later(Duration::from_mins(3)).await;
    WATCHED.map(|metric| world.number(metric) != "0")
}

#[tokio::test(start_paused = true)]
async fn what_alerts_watch_moves_in_each_situation_as_it_does_in_external_dns() {
    const BROKEN: &str = "kind: [";
    for (fault_mode, manifest, expected) in [
        (FaultMode::Well, TWO, [false, false, false, true, true]),
        (FaultMode::Down, TWO, [true, false, true, false, false]),
        (FaultMode::Refuses("bad"), TWO, [true, false, true, false, true]),
        (FaultMode::Refuses("example"), TWO, [true, false, true, false, true]),
        (FaultMode::Well, BROKEN, [false, true, true, false, true]),
    ] {
        assert_eq!(moved(fault_mode, manifest).await, expected, "{fault_mode:?}: {WATCHED:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_known_stays_while_the_provider_is_away_and_when_it_refuses_something() {
    let world = World::of(FaultMode::Refuses("bad"), TWO).await;
    world.later(Duration::from_secs(1)).await;
    let published = |name: &str| {
        let query = RecordQuery { name: name.to_owned(), ..RecordQuery::default() };
        let page = world.status.look(|sources| query.page(sources)).unwrap();
        page.records.first().is_some_and(|row| row.published.is_some())
    };
    assert!(published("good.example.com"), "what was not refused is known");
    assert_eq!(world.number("external_dns_registry_endpoints_total"), "1");
    world.fault_mode.send_replace(FaultMode::Down);
    world.later(Duration::from_mins(5)).await;
    assert!(published("good.example.com"));
    assert_eq!(world.number("external_dns_registry_endpoints_total"), "1");
    let freshness = world.status.freshness(app::unix_seconds());
    assert!(freshness.outage.unwrap().cause.contains("connection refused"));
}

#[tokio::test(start_paused = true)]
async fn a_name_is_not_denied_while_the_provider_was_never_reached() {
    let world = World::new(FaultMode::Down).await;
    world.later(Duration::from_mins(1)).await;
    let told = world.status.explain("www.example.com");
    assert_eq!(told[0]["code"], "SyncFailed", "{told:#}");
    assert!(told[0]["sentence"].as_str().unwrap().contains("connection refused"), "{told:#}");
    let by_object = world.status.explain("dnsendpoint/default/web");
    assert_eq!(by_object[0]["name"], "www.example.com", "{by_object:#}");
}
