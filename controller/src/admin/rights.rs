//! Who may look and who may change something: who is on this machine, or whom the API server
//! lets.
//!
//! The port of health and metrics is open to every Pod, for probes and Prometheus. `kubectl
//! port-forward` and a socket reach it from the machine itself, and need a right of the cluster for
//! that; anyone else has to show a token of the cluster, of which the API server is asked whose it
//! is and whether they may. Roles grant that as for other programs: `nonResourceURLs:
//! ["/v1/approve"]`, `verbs: ["post"]`.

use std::fmt;
use std::time::Duration;

use axum::http::{HeaderMap, Method, StatusCode};
use daemon::{Peer, bearer};
use external_dns_webhook::Printable;
use k8s_openapi::api::authentication::v1::{TokenReview, TokenReviewSpec, UserInfo};
use k8s_openapi::api::authorization::v1::{
    NonResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec,
};
use kube::Client;
use kube::api::{Api, PostParams};

/// How long the API server may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What decides who may do what.
#[derive(Clone, Default)]
pub struct Rights {
    /// Whom to ask about tokens; `None` where there is no cluster.
    pub cluster: Option<Client>,
    /// Whether reading `/v1/…` is for those only who may: names of one tenant are then hidden from
    /// others.
    pub guard_reading: bool,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// A process of this machine, or one that is forwarded to it.
    Here,
    /// Someone with a right of the cluster.
    User(String),
    /// Anyone, who asks for nothing that needs a right.
    Anyone,
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Here => f.write_str("someone on this machine, or by `kubectl port-forward`"),
            Self::User(name) => write!(f, "{}", Printable(name)),
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
    #[error("the cluster does not know the token; get one with `kubectl create token`")]
    Unknown,
    #[error(
        "`{user}` may not {verb} `{path}`; grant it by a ClusterRole with `nonResourceURLs: \
         [\"{path}\"]` and `verbs: [\"{verb}\"]`"
    )]
    Forbidden { user: String, verb: String, path: String },
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
            Self::NoCluster | Self::Forbidden { .. } => StatusCode::FORBIDDEN,
            Self::Unclear(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// Tells whether a request from beyond the machine needs a right.
pub(super) fn needs_right(method: &Method, path: &str, guard_reading: bool) -> bool {
    let reads = matches!(*method, Method::GET | Method::HEAD);
    !reads || guard_reading && path.starts_with("/v1/")
}

impl Rights {
    /// Returns who asks, if they may.
    pub(super) async fn check(
        &self,
        peer: Option<Peer>,
        (method, path): (&Method, &str),
        headers: &HeaderMap,
    ) -> Result<Who, Denied> {
        if peer.is_some_and(Peer::is_local) {
            return Ok(Who::Here);
        }
        if !needs_right(method, path, self.guard_reading) {
            return Ok(Who::Anyone);
        }
        let Some(client) = &self.cluster else { return Err(Denied::NoCluster) };
        let token = bearer(headers).filter(|token| !token.is_empty()).ok_or(Denied::NoToken)?;
        let asked = async {
            let user = user(client, token).await?.ok_or(Denied::Unknown)?;
            let name = user.username.clone().unwrap_or_default();
            let verb = method.as_str().to_ascii_lowercase();
            if may(client, user, &verb, path).await? {
                return Ok(Who::User(name));
            }
            let user = Printable(&name).to_string();
            Err(Denied::Forbidden { user, verb, path: path.to_owned() })
        };
        let late =
            |_| Denied::Unclear(anyhow::anyhow!("no answer in {} seconds", TIMEOUT.as_secs()));
        tokio::time::timeout(TIMEOUT, asked).await.map_err(late)?
    }
}

/// Returns whose token it is; `None` when the cluster does not know it.
async fn user(client: &Client, token: &str) -> Result<Option<UserInfo>, Denied> {
    let spec = TokenReviewSpec { token: Some(token.to_owned()), audiences: None };
    let review = TokenReview { spec, ..TokenReview::default() };
    let api: Api<TokenReview> = Api::all(client.clone());
    let answer = api.create(&PostParams::default(), &review).await;
    let status = answer.map_err(|error| Denied::Unclear(error.into()))?.status.unwrap_or_default();
    Ok(status.user.filter(|_| status.authenticated == Some(true)))
}

async fn may(client: &Client, user: UserInfo, verb: &str, path: &str) -> Result<bool, Denied> {
    let UserInfo { extra, groups, uid, username } = user;
    let asked = NonResourceAttributes { path: Some(path.to_owned()), verb: Some(verb.to_owned()) };
    let spec = SubjectAccessReviewSpec {
        extra,
        groups,
        non_resource_attributes: Some(asked),
        resource_attributes: None,
        uid,
        user: username,
    };
    let review = SubjectAccessReview { spec, ..SubjectAccessReview::default() };
    let api: Api<SubjectAccessReview> = Api::all(client.clone());
    let answer = api.create(&PostParams::default(), &review).await;
    let answer = answer.map_err(|error| Denied::Unclear(error.into()))?;
    Ok(answer.status.is_some_and(|status| status.allowed && status.denied != Some(true)))
}

#[cfg(test)]
mod tests;
