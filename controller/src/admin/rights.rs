//! Who may look and who may change something: who is on this machine, or whom the API server
//! lets.
//!
//! The port of health and metrics is open to every Pod, for probes and Prometheus. `kubectl
//! port-forward` and a socket reach it from the machine itself, and need a right of the cluster for
//! that; anyone else has to show a token of the cluster, of which the API server is asked whose it
//! is and whether they may. Roles grant that as for other programs: `nonResourceURLs:
//! ["/v1/approve"]`, `verbs: ["post"]`, and `["/v1/*"]`, `["get"]` to read; `/v1/sync` is posted, too.
//!
//! A token of `--metrics-token-file` or a certificate that the listener knows lets read, and change
//! nothing: it is a program's, of which nobody can tell who uses it.

mod reviews;

use std::fmt;
use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode};
use daemon::{Admission, Peer, Refusals, bearer};
use external_dns_webhook::Printable;
use kube::Client;

use self::reviews::{Question, Reviews};
use crate::cluster::CredentialTrouble;

/// What a route needs of a caller from beyond the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Right {
    /// Nothing: a probe, or what shows nothing of anyone.
    Nothing,
    /// What the listener wants of everybody, if anything; or else the right to `get` this path.
    LetIn(&'static str),
    /// The right to `get` this path: the answer has names of every tenant in it.
    Read(&'static str),
    /// The right to `post` this path.
    Change(&'static str),
}

/// What decides who may do what.
#[derive(Clone, Default)]
pub struct Rights {
    /// Whom to ask about tokens; `None` where there is no cluster.
    pub cluster: Option<Client>,
    /// Tells why what it is shown cannot be had anew.
    credentials: Option<Arc<dyn Fn() -> Option<CredentialTrouble> + Send + Sync>>,
    /// Whether anyone may read who reaches the listener, as long as no tenant's names are to be kept
    /// from another.
    pub anyone_reads: bool,
    /// Where refused requests are counted.
    pub refusals: Refusals,
    reviews: Arc<Reviews>,
}

/// What a request says of who asks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asks<'a> {
    pub(super) peer: Option<Peer>,
    /// What it has shown to the listener; `None` counts as nothing.
    pub(super) admission: Option<Admission>,
    pub(super) headers: &'a HeaderMap,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// A process of this machine, or one that is forwarded to it.
    Here,
    /// Someone with a right of the cluster.
    User(String),
    /// Someone with a token or certificate that the listener knows.
    Known,
    /// Anyone, who asks for nothing that needs a right.
    Anyone,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Here => f.write_str("someone on this machine, or by `kubectl port-forward`"),
            Self::User(name) => write!(f, "{}", Printable(name)),
            Self::Known => f.write_str("someone with a token or certificate of the listener"),
            Self::Anyone => f.write_str("anyone"),
        }
    }
}

/// Why someone may not.
#[derive(Debug, thiserror::Error)]
pub(super) enum Denied {
    #[error(
        "this is answered on the machine itself only: use `kubectl port-forward` and \
         `--controller=http://localhost:7979`, or show a token of the cluster \
         (`--controller-token-file`)"
    )]
    NoToken,
    #[error(
        "this is answered on the machine itself only: this controller reads no cluster that could \
         say whose the token is"
    )]
    NoCluster,
    #[error(
        "a token of `--metrics-token-file` lets read only: show a token of the cluster instead, or \
         use `kubectl port-forward`"
    )]
    ReadsOnly,
    #[error("the cluster does not know the token; get one with `kubectl create token`")]
    Unknown,
    #[error(
        "`{user}` may not {verb} `{path}`; grant it by a ClusterRole with `nonResourceURLs: \
         [\"{path}\"]` and `verbs: [\"{verb}\"]`"
    )]
    Forbidden { user: String, verb: &'static str, path: &'static str },
    #[error(
        "more tokens come than this controller asks the API server about; ask again in a second, or \
         use `kubectl port-forward`"
    )]
    Busy,
    #[error(
        "the API server cannot be asked whether you may; the controller needs `create` on \
         `tokenreviews` and `subjectaccessreviews`"
    )]
    Unclear(#[source] anyhow::Error),
}

impl Denied {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::NoToken | Self::Unknown => StatusCode::UNAUTHORIZED,
            Self::NoCluster | Self::ReadsOnly | Self::Forbidden { .. } => StatusCode::FORBIDDEN,
            Self::Busy | Self::Unclear(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Returns what it is counted as.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::NoToken => "no token",
            Self::NoCluster => "no cluster",
            Self::ReadsOnly => "a token for reading",
            Self::Unknown => "a token that the cluster does not know",
            Self::Forbidden { .. } => "no right",
            Self::Busy => "too many tokens",
            Self::Unclear(_) => "the API server cannot be asked",
        }
    }
}

impl Rights {
    /// Returns rights by the tokens of `cluster`, if there is one.
    pub fn new(cluster: Option<Client>, anyone_reads: bool) -> Self {
        Self { cluster, anyone_reads, ..Self::default() }
    }

    /// Returns the same rights, of which `trouble` tells why what the cluster is shown cannot be had anew.
    #[must_use]
    pub fn with_credentials(
        self,
        trouble: impl Fn() -> Option<CredentialTrouble> + Send + Sync + 'static,
    ) -> Self {
        Self { credentials: Some(Arc::new(trouble)), ..self }
    }

    /// Returns why what the cluster is shown cannot be had anew; `None` when it can.
    pub(super) fn credential_trouble(&self) -> Option<CredentialTrouble> {
        self.credentials.as_ref().and_then(|trouble| trouble())
    }

    /// Tells whether anyone may read; `keeps_apart` says that namespaces are told nothing of each
    /// other.
    pub(super) fn anyone_reads(&self, keeps_apart: bool) -> bool {
        self.anyone_reads && !keeps_apart
    }

    /// Returns who asks, if they may.
    pub(super) async fn check(
        &self,
        asks: Asks<'_>,
        right: Right,
        keeps_apart: bool,
    ) -> Result<Who, Denied> {
        let Asks { peer, admission, headers } = asks;
        let is_here = peer.is_some_and(Peer::is_local);
        let is_known = matches!(admission, Some(Admission::Known { .. }));
        // Where the listener wants something of everybody, the machine itself is no exception.
        let is_let_in = is_known || admission == Some(Admission::Unguarded);
        let (verb, path) = match right {
            Right::Nothing if is_here => return Ok(Who::Here),
            Right::Nothing if is_known => return Ok(Who::Known),
            Right::Nothing => return Ok(Who::Anyone),
            Right::LetIn(_) | Right::Read(_) | Right::Change(_) if is_here && is_let_in => {
                return Ok(Who::Here);
            }
            Right::LetIn(_) if is_let_in => return Ok(Who::Anyone),
            Right::Read(_) if is_known => return Ok(Who::Known),
            Right::Read(_) if is_let_in && self.anyone_reads(keeps_apart) => {
                return Ok(Who::Anyone);
            }
            Right::LetIn(path) | Right::Read(path) => ("get", path),
            Right::Change(path) => ("post", path),
        };
        // It is a secret between the listener and its clients, and no token of the cluster.
        if admission == Some(Admission::Known { by_token: true }) {
            return Err(Denied::ReadsOnly);
        }
        let Some(client) = &self.cluster else { return Err(Denied::NoCluster) };
        let token = bearer(headers).filter(|token| !token.is_empty()).ok_or(Denied::NoToken)?;
        let ip = peer.and_then(Peer::ip);
        self.reviews.user(client, ip, Question { token, verb, path }).await.map(Who::User)
    }
}

#[cfg(test)]
mod tests;
