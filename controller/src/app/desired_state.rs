//! Where objects come from, and what the sources make of them.

mod manifests;
mod observed;
mod pending;
mod reader;
mod told;
mod unwanted;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use anyhow::Context as _;
use controller_core::transform::TransformOptions;
use controller_core::value::Target;
use daemon::Complaints;
use k8s_openapi::api::core::v1::Namespace as ApiNamespace;
use kube::{Api, Client};
use tokio::sync::watch;
use tokio::time::Instant;

pub use self::observed::Watched;
use self::pending::Pending;
pub use self::pending::Waiting;
pub use self::told::About;
use self::told::PendingStatuses;
use super::access::ClusterAccess;
use super::rules::NO_SOURCE;
use super::{options, unix_seconds};
use crate::api_server::told;
use crate::args::{ManifestArgs, SourceArgs, TemplateArgs, TransformArgs};
use crate::cluster::CredentialTrouble;
use crate::manifests::{Assumed, Manifests};
use crate::store::ObjectStore;
use crate::tasks::Tasks;
use crate::{cluster, resolve};
use controller_sources::crd::Echoes;
use controller_sources::objects::{KindState, Objects};
use controller_sources::{self as sources, Source, SourceOptions};

/// Told when objects are to come from a cluster, and there is none.
pub const NO_WAY: &str = "there is no way to a cluster (and no `--manifests`)";

/// How long the first reading of every kind may take before syncs start without it.
const FIRST_READING: Duration = Duration::from_mins(1);

/// How long the cluster may take to tell who it is.
const IDENTITY: Duration = Duration::from_secs(5);

/// How long telling objects what became of them may hold up the next sync.
const TELLING: Duration = Duration::from_secs(2);

/// The objects, and the sources that read them.
pub struct DesiredState {
    store: Arc<ObjectStore>,
    sources: Arc<[Box<dyn Source>]>,
    transforms: TransformOptions,
    origin: Origin,
    options: SourceOptions,
    /// Whether records could be deleted by what is read.
    is_careful: bool,
    /// What is assumed of objects without a status.
    assumed: Option<Assumed>,
    /// How objects are written to; empty until a cluster is watched.
    client: OnceLock<Client>,
    /// Who waits; all desired states of the same objects share it.
    pending: Arc<Mutex<Pending>>,
    /// What was written into statuses; all desired states of the same objects share it.
    echoes: Arc<Mutex<Echoes>>,
    /// Who is still to be told something.
    pending_statuses: Mutex<PendingStatuses>,
    /// Whether a prefix of annotations that is read was the right one at any time.
    has_right_prefix: AtomicBool,
}

/// What reading everything once gave.
#[derive(Clone, Debug, Default)]
pub struct FirstReading {
    /// What could not be read in full, if anything.
    pub failure: Option<String>,
    /// Number of manifests that cannot be read, besides objects that are told as such.
    pub unreadable: usize,
    /// What is assumed of objects without a status; `None` when nothing is.
    pub assumed: Option<String>,
}

/// Where objects come from.
#[derive(Clone)]
enum Origin {
    /// From files, folders, or `-` for standard input.
    Manifests(Vec<PathBuf>),
    /// From a cluster.
    Cluster(ClusterAccess),
}

impl DesiredState {
    /// Returns the desired state that the flags ask for; nothing is read yet.
    ///
    /// # Errors
    ///
    /// Returns an error that names the flag whose value makes no sense.
    pub fn new(
        sources: SourceArgs,
        templates: TemplateArgs,
        transforms: &TransformArgs,
        manifests: ManifestArgs,
        kubernetes: impl Into<ClusterAccess>,
    ) -> anyhow::Result<Self> {
        let names = sources.source.clone();
        if names.is_empty() {
            anyhow::bail!(NO_SOURCE);
        }
        let (transforms, options) = Complaints::none_of(|wrong| {
            let transforms = options::transform_options(transforms, wrong);
            (transforms, options::source_options(sources, templates, wrong))
        })?;
        let watches = sources::kinds_watched(&names, &options)?;
        let sources = sources::build(&names, &options)?.into();
        let store = Arc::new(ObjectStore::new(Objects::new(watches)));
        let origin = if manifests.manifests.is_empty() {
            Origin::Cluster(kubernetes.into())
        } else {
            for path in &manifests.manifests {
                if path != Path::new("-") {
                    std::fs::metadata(path)
                        .with_context(|| format!("cannot read `--manifests={}`", path.display()))?;
                }
            }
            Origin::Manifests(manifests.manifests)
        };
        let (client, pending, echoes) = (OnceLock::new(), Arc::default(), Arc::default());
        Ok(Self {
            store,
            sources,
            transforms,
            origin,
            options,
            is_careful: true,
            assumed: None,
            client,
            pending,
            echoes,
            pending_statuses: Mutex::default(),
            has_right_prefix: AtomicBool::default(),
        })
    }

    /// Returns the desired state for someone who only looks; see [`Manifests::for_looking`].
    #[must_use]
    pub fn for_looking(self) -> Self {
        Self { is_careful: false, ..self }
    }

    /// Returns it with addresses for load balancers of objects in manifests that have no status.
    ///
    /// For a look only: what comes of it must never be published.
    #[must_use]
    pub fn assuming(self, addresses: Vec<Target>) -> Self {
        if addresses.is_empty() {
            return self;
        }
        let prefix = self.options.annotation_prefixes.first().cloned().unwrap_or_default();
        let key = format!("{prefix}{}", sources::annotations::key::TARGET);
        let nodes_want_names = self.sources.iter().any(|source| source.name() == "node");
        Self { assumed: Some(Assumed::new(addresses, key, nodes_want_names)), ..self }
    }

    /// Returns the desired state of the same objects, whose record sets are transformed in another way.
    ///
    /// # Errors
    ///
    /// Returns an error that names the flag whose value makes no sense.
    pub fn with_transforms(&self, transforms: &TransformArgs) -> anyhow::Result<Self> {
        Ok(Self {
            store: Arc::clone(&self.store),
            sources: Arc::clone(&self.sources),
            transforms: Complaints::none_of(|wrong| options::transform_options(transforms, wrong))?,
            origin: self.origin.clone(),
            options: self.options.clone(),
            is_careful: self.is_careful,
            assumed: self.assumed.clone(),
            client: self.client.clone(),
            pending: Arc::clone(&self.pending),
            echoes: Arc::clone(&self.echoes),
            pending_statuses: Mutex::default(),
            has_right_prefix: AtomicBool::default(),
        })
    }

    /// Returns the manifests that another desired state reads the same objects from; none for a cluster.
    ///
    /// # Errors
    ///
    /// Returns an error when they came from standard input, which can be read once only.
    pub fn manifests_again(&self) -> anyhow::Result<ManifestArgs> {
        let Origin::Manifests(paths) = &self.origin else { return Ok(ManifestArgs::default()) };
        if paths.iter().any(|path| path == Path::new("-")) {
            anyhow::bail!("standard input cannot be read again; this needs a restart");
        }
        Ok(ManifestArgs { manifests: paths.clone() })
    }

    /// Reads everything once.
    ///
    /// # Errors
    ///
    /// Returns an error when there is no way to the objects at all.
    pub async fn once(&self) -> anyhow::Result<FirstReading> {
        match &self.origin {
            Origin::Manifests(paths) => {
                let report = self.reader(paths).load(unix_seconds());
                manifests::tell(&report, &self.sources);
                self.resolve().await;
                let unreadable = report.problems.len();
                Ok(FirstReading { failure: report.failure, unreadable, assumed: report.assumed })
            }
            Origin::Cluster(_) => {
                let mut tasks = Tasks::default();
                self.start(&mut tasks).await?;
                tokio::select! {
                    () = self.synced() => {}
                    ended = tasks.first_end() => {
                        ended.result.with_context(|| format!("cannot {}", ended.name))?;
                    }
                }
                tasks.finish().await?;
                self.resolve().await;
                Ok(FirstReading { failure: self.problem(), ..FirstReading::default() })
            }
        }
    }

    /// Looks up the load balancers that are to be looked up.
    async fn resolve(&self) {
        let hosts = sources::hosts_to_resolve(&self.store.read(), &self.options);
        resolve::look_up_all(&self.store, hosts).await;
    }

    /// Starts reading and watching; returns what could not be read of manifests, if anything.
    ///
    /// # Errors
    ///
    /// Returns an error when there is no way to the objects at all.
    pub async fn start(&self, tasks: &mut Tasks) -> anyhow::Result<Option<String>> {
        let stop = tasks.stop();
        if self.options.resolve_load_balancer_hostname {
            let (stop, store, options) =
                (stop.clone(), Arc::clone(&self.store), self.options.clone());
            tasks.spawn("look up load balancers", async move {
                let hosts = |objects: &Objects| sources::hosts_to_resolve(objects, &options);
                tokio::select! {
                    never = resolve::keep_resolved(store, hosts) => match never {},
                    () = stop.cancelled() => Ok(()),
                }
            });
        }
        match &self.origin {
            Origin::Manifests(paths) => {
                let mut reader = self.reader(paths);
                let report = reader.load(unix_seconds());
                manifests::tell(&report, &self.sources);
                let (failure, sources) = (report.failure.clone(), Arc::clone(&self.sources));
                tasks.spawn("watch manifests", async move {
                    tokio::select! {
                        never = reader.watch(unix_seconds, report, |report| {
                            manifests::tell(report, &sources);
                        }) => match never {},
                        () = stop.cancelled() => Ok(()),
                    }
                });
                Ok(failure)
            }
            Origin::Cluster(kubernetes) => {
                let client = kubernetes.client().await.context(NO_WAY)?;
                for (name, task) in cluster::watch(&client, &self.store, &stop) {
                    tasks.spawn(name, task);
                }
                drop(self.client.set(client));
                Ok(None)
            }
        }
    }

    /// Returns a name that no other cluster has; `None` without a cluster, or when it does not tell.
    ///
    /// It is derived from the namespace `kube-system`, which lives as long as the cluster.
    pub async fn instance(&self) -> Option<String> {
        let Origin::Cluster(kubernetes) = &self.origin else { return None };
        let client = match kubernetes.client().await {
            Ok(client) => client,
            Err(error) => {
                let error = daemon::chain(&error);
                tracing::warn!(
                    error,
                    "Cannot tell this cluster from others: there is no way to it"
                );
                return None;
            }
        };
        let namespaces = Api::<ApiNamespace>::all(client);
        match tokio::time::timeout(IDENTITY, namespaces.get("kube-system")).await {
            Ok(Ok(namespace)) => namespace.metadata.uid.map(|uid| uid.chars().take(8).collect()),
            Ok(Err(error)) => {
                tracing::warn!(
                    error = told(&error),
                    "Cannot tell this cluster from others: reading the namespace kube-system failed"
                );
                None
            }
            Err(_) => {
                tracing::warn!("Cannot tell this cluster from others: it does not answer");
                None
            }
        }
    }

    /// Returns why what is shown to the cluster cannot be had anew, such as a token; `None` when it can.
    pub fn credential_trouble(&self) -> Option<CredentialTrouble> {
        match &self.origin {
            Origin::Manifests(_) => None,
            Origin::Cluster(kubernetes) => kubernetes.trouble(),
        }
    }

    /// Returns the objects as they are right now.
    pub fn objects(&self) -> Arc<Objects> {
        self.store.read()
    }

    /// Returns where its objects are.
    #[cfg(test)]
    pub(crate) fn store(&self) -> &ObjectStore {
        &self.store
    }

    fn reader(&self, paths: &[PathBuf]) -> Manifests {
        let manifests = Manifests::new(paths.iter().cloned(), Arc::clone(&self.store));
        let manifests = manifests.assuming(self.assumed.clone());
        if self.is_careful { manifests } else { manifests.for_looking() }
    }

    /// Returns a receiver that wakes whenever an object has changed.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.store.subscribe()
    }

    /// Waits until every kind has been read, or is known not to be readable; a minute at most.
    pub async fn synced(&self) {
        let mut changed = self.store.subscribe();
        let deadline = Instant::now() + FIRST_READING;
        while self.is_pending() {
            tokio::select! {
                changed = changed.changed() => if changed.is_err() { return },
                () = tokio::time::sleep_until(deadline) => {
                    tracing::warn!("Some objects are still not read; starting without them");
                    return;
                }
            }
        }
    }

    /// Waits until nothing in the cluster fails to be read any more, `timeout` at most.
    ///
    /// An API server that starts, or has just learned of a kind, refuses for a second or two.
    pub async fn repaired(&self, timeout: Duration) {
        let mut changed = self.store.subscribe();
        let repaired = async { while self.is_failing() && changed.changed().await.is_ok() {} };
        // What still fails then is told by what needs it.
        let _ = tokio::time::timeout(timeout, repaired).await;
    }

    /// Returns what keeps objects from being known in full; `None` when they are.
    pub fn problem(&self) -> Option<String> {
        let objects = self.store.read();
        let mut problems = Vec::new();
        for watch in objects.watches() {
            for (_, state) in objects.states(&watch.kind.id()) {
                match state {
                    KindState::Synced => {}
                    KindState::Pending => {
                        problems.push(format!("{} not read yet", watch.kind.kind));
                    }
                    // What depends on it says so for itself; the rest can be read without.
                    KindState::Failed(_) if watch.is_optional => {}
                    KindState::Failed(failure) => problems.push(failure.to_string()),
                }
            }
        }
        problems.sort();
        problems.dedup();
        (!problems.is_empty()).then(|| problems.join("; "))
    }

    fn is_failing(&self) -> bool {
        // A file that makes no sense does not heal by itself.
        let fails = |state: &KindState| matches!(state, KindState::Failed(failure) if failure.verb != "read");
        let objects = self.store.read();
        objects
            .watches()
            .any(|watch| objects.states(&watch.kind.id()).any(|(_, state)| fails(state)))
    }

    fn is_pending(&self) -> bool {
        let objects = self.store.read();
        let pending = |state: &KindState| matches!(state, KindState::Pending);
        objects
            .watches()
            .any(|watch| objects.states(&watch.kind.id()).any(|(_, state)| pending(state)))
    }
}
