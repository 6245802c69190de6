//! Brings objects from a cluster: one watch for each kind and namespace, shared by all sources.
//!
//! A watch never ends and never gives up: a missing custom resource, a refused request, an expired
//! version or a lost connection is told as the state of the kind, and tried again until it works.
//! What was known meanwhile stays.

mod bounded;
mod credentials;
mod discovery;
mod in_between;
mod kubeconfig;
mod proxy;
mod session;
mod write;

use std::convert::Infallible;
use std::error::Error as _;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use external_dns_webhook::client::shown_url;
use futures::future::BoxFuture;
use kube::config::{InferConfigError, KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};
use tokio_util::sync::CancellationToken;

use self::credentials::Credentials;
pub use self::credentials::{CredentialTrouble, NoToken};
pub use self::discovery::{Served, served};
pub use self::proxy::ProxyError;
use self::session::{End, Session};
pub use self::write::write_statuses;
use controller_sources::objects::{KindState, Watch};

use crate::store::ObjectStore;

/// How long to wait before the first new attempt; each further one waits twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// The longest wait between attempts: a granted permission or an installed custom resource is
/// noticed within it.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// How to reach a cluster.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Address of the API server; empty for the one that the configuration names.
    pub server: String,
    /// Path of a kubeconfig; empty for `$KUBECONFIG`, `~/.kube/config`, or the Pod's own account.
    pub kubeconfig: String,
    /// How long connecting may take; zero for no limit.
    pub request_timeout: Duration,
}

/// Why a cluster cannot be reached.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The kubeconfig cannot be read.
    #[error("the kubeconfig `{path}` cannot be used: {why}")]
    Kubeconfig {
        /// The file.
        path: String,
        /// Why, without a line of it: there are tokens and keys in it.
        why: String,
    },
    /// There is neither a kubeconfig nor a Pod's account.
    #[error("no cluster is configured: {why}; give --kubeconfig or --server, or run in a Pod")]
    Nowhere {
        /// What was looked for, and what came of it.
        why: String,
    },
    /// The address makes no sense.
    #[error("`--server={server}` is not an address such as `https://kubernetes.example.com:6443`")]
    Server {
        /// What was given.
        server: String,
    },
    /// The proxy on the way makes no sense.
    #[error("the proxy to the API server cannot be used")]
    Proxy(#[source] ProxyError),
    /// The configuration has something that cannot be used, such as a broken certificate.
    #[error("the cluster's configuration cannot be used: {0}")]
    Client(String),
    /// The token has a character that no header can have.
    #[error(
        "the token of the cluster's configuration has a character that no token has, such as a line end inside; \
         write it on one line"
    )]
    Token,
    /// There is no token, where one is to come from a file or a command.
    #[error(transparent)]
    NoToken(NoToken),
    /// The user has a plug-in of old, whose command the client would wait for without an end.
    #[error(
        "the kubeconfig's user has the command of an `auth-provider`, `{name}`, which Kubernetes has not known since \
         1.26; name a command under `exec` instead, such as `gke-gcloud-auth-plugin`"
    )]
    AuthProvider {
        /// The name of the plug-in.
        name: String,
    },
}

/// A way to a cluster.
#[derive(Clone)]
pub struct Connection {
    /// What sends requests.
    pub client: Client,
    credentials: Arc<Credentials>,
}

impl Connection {
    /// Returns why its token cannot be had anew; `None` when it can, and when it needs none.
    pub fn trouble(&self) -> Option<CredentialTrouble> {
        self.credentials.trouble()
    }
}

/// Returns a client for the cluster that `access` names; nothing is asked of it yet.
///
/// # Errors
///
/// The configuration cannot be read or makes no sense.
pub async fn client(access: &Access) -> Result<Client, AccessError> {
    Ok(connect(access).await?.client)
}

/// Returns a way to the cluster that `access` names; nothing is asked of it yet.
///
/// # Errors
///
/// The configuration cannot be read or makes no sense.
pub async fn connect(access: &Access) -> Result<Connection, AccessError> {
    let Access { server, kubeconfig: path, request_timeout } = access;
    let invalid = || AccessError::Server { server: shown_url(server) };
    let address = if server.is_empty() {
        None
    } else {
        if !server.contains("://") {
            return Err(invalid());
        }
        // The type of an address is the client's own: the field below says which.
        Some(server.parse().map_err(|_| invalid())?)
    };
    let mut proxy_url = None;
    let mut is_in_pod = false;
    let configured = if path.is_empty() {
        kubeconfig::check_usual(std::env::var_os("KUBECONFIG").as_deref())?;
        match Kubeconfig::read() {
            Ok(read) => {
                kubeconfig::check_named(&read).map_err(|why| AccessError::Nowhere {
                    why: format!("the kubeconfig cannot be used: {why}"),
                })?;
                proxy_url = proxy::of_kubeconfig(&read);
            }
            Err(_) => is_in_pod = server.is_empty(),
        }
        Config::infer().await.map_err(|error| AccessError::Nowhere { why: nowhere(&error) })
    } else {
        let unusable =
            |error| AccessError::Kubeconfig { path: path.clone(), why: without_contents(&error) };
        let read = kubeconfig::read(path)?;
        proxy_url = proxy::of_kubeconfig(&read);
        let options = KubeConfigOptions::default();
        Config::from_custom_kubeconfig(read, &options).await.map_err(unusable)
    };
    let mut config = match (configured, address) {
        (Ok(mut config), Some(address)) => {
            config.cluster_url = address;
            config
        }
        (Err(AccessError::Nowhere { .. }), Some(address)) => Config::new(address),
        (configured, _) => configured?,
    };
    // A Pod is in the network of its API server, whatever way leads out of it.
    config.proxy_url = if is_in_pod {
        None
    } else {
        #[expect(clippy::disallowed_methods, reason = "these variables are every program's own")]
        let lookup = |name: &str| std::env::var(name).ok();
        let server = config.cluster_url.to_string();
        proxy::of(&server, proxy_url.as_deref(), lookup).map_err(AccessError::Proxy)?
    };
    // Watching has its own pauses, and says at once what is wrong; the client would keep it for a minute.
    config.default_retry = false;
    config.connect_timeout = Some(*request_timeout).filter(|duration| !duration.is_zero());
    let server = config.cluster_url.to_string();
    let proxy = config.proxy_url.as_ref().map(ToString::to_string);
    let namespace = config.default_namespace.clone();
    let credentials = Arc::new(credentials::of(config).await?);
    let client = bounded::client(Arc::clone(&credentials), (server, proxy), namespace);
    Ok(Connection { client, credentials })
}

/// Returns why a kubeconfig cannot be used, and nothing of what stands in it: a parser quotes the line, and the
/// value that is of another type.
fn without_contents(error: &KubeconfigError) -> String {
    let KubeconfigError::Parse(parse) = error else { return daemon::chain(error) };
    match parse.location() {
        Some(at) => format!("it is no kubeconfig, or no YAML, in line {}", at.line()),
        None => "it is no kubeconfig, or no YAML".to_owned(),
    }
}

/// Returns why there is neither a kubeconfig nor a Pod's account.
fn nowhere(error: &InferConfigError) -> String {
    let is_pod = std::env::var_os("KUBERNETES_SERVICE_HOST").is_some();
    let pod = if is_pod {
        "the token of this Pod's service account cannot be read (`automountServiceAccountToken`)"
    } else {
        "this is no Pod"
    };
    match error.source().and_then(|cause| cause.downcast_ref()) {
        Some(KubeconfigError::ReadConfig(cause, path)) if cause.kind() == ErrorKind::NotFound => {
            format!("{pod}, and there is no kubeconfig `{}`", path.display())
        }
        Some(KubeconfigError::FindPath) => {
            format!("{pod}, and there is no home folder with a kubeconfig")
        }
        Some(other) => {
            format!("{pod}, and the kubeconfig cannot be used: {}", without_contents(other))
        }
        None => format!("{pod}, and {}", daemon::chain(error)),
    }
}

/// Returns the tasks that keep `store` up to date, each with its name; they end only when `stop` is
/// cancelled.
pub fn watch(
    client: &Client,
    store: &Arc<ObjectStore>,
    stop: &CancellationToken,
) -> Vec<(&'static str, BoxFuture<'static, anyhow::Result<()>>)> {
    let watched: Vec<(Watch, String)> = {
        let objects = store.read();
        let namespaces = |watch: &Watch| -> Vec<_> {
            objects.states(&watch.kind.id()).map(|(at, _)| at.to_owned()).collect()
        };
        let pairs = objects.watches().flat_map(|watch| {
            namespaces(watch).into_iter().map(|namespace| (watch.clone(), namespace))
        });
        pairs.collect()
    };
    let task = |(watch, namespace): (Watch, String)| {
        let session = Session::new(client.clone(), Arc::clone(store), watch, namespace);
        let stop = stop.clone();
        let task: BoxFuture<'static, anyhow::Result<()>> = Box::pin(async move {
            tokio::select! {
                never = keep(session) => match never {},
                () = stop.cancelled() => Ok(()),
            }
        });
        ("watch objects", task)
    };
    watched.into_iter().map(task).collect()
}

async fn keep(mut session: Session) -> Infallible {
    let mut pause = FIRST_PAUSE;
    loop {
        match session.run().await {
            End::Expired => tracing::debug!(kind = %session.kind(), "Reading all objects anew"),
            End::Failed { failure, worked } => {
                if worked {
                    pause = FIRST_PAUSE;
                }
                let state = KindState::Failed(failure);
                if session.set_state(state.clone()) {
                    tracing::warn!(
                        kind = %session.kind(),
                        namespace = session.namespace(),
                        sources = session.sources(),
                        "{state}; its records stay as they are"
                    );
                }
                session.fails();
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

#[cfg(test)]
mod tests;
