//! The emulator as a value: start it, set the scene, cause trouble, look at what was asked.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::faults::Fault;
use crate::kinds::{Kind, Kinds};
use crate::manifests::{self, ManifestError};
use crate::requests::Requests;
use crate::server::{Server, serve};
use crate::status::Status;
use crate::store::Store;
use crate::write::delete::{Preconditions, delete};
use crate::write::{Part, Persist, Request, UnknownFields};
use crate::{admin, clock, scene};

/// How an emulator is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes any free port.
    pub listen: SocketAddr,
    /// The bearer token that every request must carry; `None` lets everyone in.
    pub token: Option<String>,
    /// The user that refusals name.
    pub user: String,
    /// How many changes of each kind are remembered; older versions answer 410.
    pub history: usize,
    /// The time between the bookmarks of a watch that wants them.
    pub bookmark_interval: Duration,
    /// How long a watch lasts that does not say.
    pub watch_timeout: Duration,
}

impl Default for Options {
    /// Any free port of 127.0.0.1, no token, 100,000 changes, bookmarks every 10 seconds, watches
    /// of 30 minutes.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            token: None,
            user: "system:serviceaccount:default:signpost".to_owned(),
            history: 100_000,
            bookmark_interval: Duration::from_secs(10),
            watch_timeout: Duration::from_mins(30),
        }
    }
}

/// Why an emulator does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken, not ours, or needs rights.
    #[error("failed to listen on `{address}`; choose another address with `--listen`")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// What every cluster holds from the start was refused: a defect of this crate.
    #[error("failed to set up the first objects")]
    Scene(#[source] Status),
}

/// A running emulator. Dropping it closes its socket and every connection.
#[derive(Debug)]
pub struct Emulator {
    server: Arc<Server>,
    address: SocketAddr,
    _tasks: JoinSet<()>,
}

impl Emulator {
    /// Starts an emulator that holds what an empty cluster holds: four namespaces and the Service
    /// of the API server itself.
    ///
    /// # Errors
    ///
    /// When the address cannot be listened on.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let address = options.listen;
        let listening = |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listening)?;
        let address = listener.local_addr().map_err(listening)?;
        // Versions start at the time of day, so that those of an earlier run are old ones: a client
        // that still holds one is told 410 and lists again, instead of waiting for it to come.
        let version = u64::try_from(clock::now().as_millisecond()).unwrap_or(1);
        let store = Store::new(Kinds::builtin(), version, options.history);
        let server = Arc::new(Server::new(options, store));
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, Arc::clone(&server), admin::router(&server)));
        let emulator = Self { server, address, _tasks: tasks };
        for object in scene::objects() {
            emulator.apply(object).map_err(StartError::Scene)?;
        }
        Ok(emulator)
    }

    /// Returns the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the URL for `kubectl --server` or a kubeconfig.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Creates or replaces an object as a whole, its status too, as if controllers had already
    /// done their part; without a status the held one stays.
    ///
    /// A namespaced object without a namespace goes to `default`.
    ///
    /// # Errors
    ///
    /// As the API would answer: an unknown kind, a missing namespace, an invalid object.
    pub fn apply(&self, object: Value) -> Result<Value, Status> {
        let written = manifests::apply(&mut self.server.write(), object)?;
        serde_json::from_slice(&written.body).map_err(Status::internal)
    }

    /// Applies every object of a YAML or JSON text with any number of documents and lists, JSON
    /// lines too; definitions and namespaces first. Returns how many objects there were.
    ///
    /// # Errors
    ///
    /// When the text cannot be read or one of its objects is refused; those before it stay.
    pub fn apply_manifests(&self, text: &str) -> Result<usize, ManifestError> {
        manifests::apply_all(&mut self.server.write(), [text])
    }

    /// Applies a file, or the `*.yaml`, `*.yml`, `*.json` and `*.jsonl` files of a folder.
    ///
    /// # Errors
    ///
    /// As [`Self::apply_manifests`], and when a file cannot be read.
    pub fn apply_path(&self, path: &Path) -> Result<usize, ManifestError> {
        let texts = manifests::texts(path)?;
        manifests::apply_all(&mut self.server.write(), texts.iter().map(String::as_str))
    }

    /// Returns an object; `None` if there is none or its kind is not served. `namespace` is empty
    /// for a kind without namespaces.
    pub fn get(&self, api_version: &str, kind: &str, namespace: &str, name: &str) -> Option<Value> {
        let store = self.server.read();
        let kind = store.kinds.of_manifest(api_version, kind)?;
        store.object(kind, namespace, name)?.read_as(kind).ok()
    }

    /// Returns all objects of a kind, by namespace and name; none if the kind is not served. An
    /// empty `namespace` means all.
    pub fn list(&self, api_version: &str, kind: &str, namespace: &str) -> Vec<Value> {
        let store = self.server.read();
        let Some(kind) = store.kinds.of_manifest(api_version, kind) else { return Vec::new() };
        store
            .objects(&kind.table, namespace)
            .filter_map(|object| object.read_as(kind).ok())
            .collect()
    }

    /// Deletes an object; one with finalizers only starts to be deleted.
    ///
    /// # Errors
    ///
    /// When the object or its kind is not there.
    pub fn delete(
        &self,
        api_version: &str,
        kind: &str,
        namespace: &str,
        name: &str,
    ) -> Result<(), Status> {
        let mut store = self.server.write();
        let kind = served(&store, api_version, kind)?;
        let request = Request {
            kind: &kind,
            namespace,
            name,
            part: Part::Whole,
            persist: Persist::Store,
            unknown: UnknownFields::Drop,
            now: clock::now(),
        };
        delete(&mut store, &request, &Preconditions::default()).map(drop)
    }

    /// Puts a fault in force, next to those that are.
    pub fn inject(&self, fault: Fault) {
        self.server.faults().inject(fault);
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.server.faults().clear();
    }

    /// Closes every connection, whatever is under way on it. New ones are accepted at once.
    pub fn drop_connections(&self) {
        self.server.cut_connections(None);
    }

    /// Breaks off every watch in the middle of its answer.
    pub fn drop_watches(&self) {
        self.server.cut_watches();
    }

    /// Forgets all changes so far: watching or paging from before answers 410. Returns the version
    /// from which watching is still possible.
    ///
    /// Watches that are open and up to date go on; drop them to make their clients ask again.
    pub fn compact(&self) -> u64 {
        self.server.write().compact()
    }

    /// Returns the version of the last write.
    pub fn version(&self) -> u64 {
        self.server.read().version()
    }

    /// Returns what has been asked so far. Calls of these methods are not requests.
    pub fn requests(&self) -> Requests {
        self.server.requests().clone()
    }

    /// Forgets what has been asked so far.
    pub fn clear_requests(&self) {
        *self.server.requests() = Requests::default();
    }
}

/// Returns a kind by what a manifest says, or the answer to one that is not served.
pub(crate) fn served(store: &Store, api_version: &str, kind: &str) -> Result<Arc<Kind>, Status> {
    store.kinds.of_manifest(api_version, kind).cloned().ok_or_else(|| {
        Status::bad_request(format!(
            "no matches for kind \"{kind}\" in version \"{api_version}\"; is its \
             CustomResourceDefinition applied?"
        ))
    })
}
