//! The least of a credentials service: STS as roles and web identities use it, and the endpoint that
//! Pods ask. What it answers is what the AWS pages show; a real STS is asked in the suites of `e2e`.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::{get, post};
use jiff::{SignedDuration, Timestamp};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// A running credentials service; it ends when dropped.
pub(crate) struct Sts {
    pub(crate) url: String,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

struct Shared {
    asked: Mutex<Vec<BTreeMap<String, String>>>,
    denied: Mutex<BTreeSet<String>>,
    lifetime: Duration,
}

impl Sts {
    /// Starts a service whose credentials live that long.
    pub(crate) async fn start(lifetime: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let shared =
            Arc::new(Shared { asked: Mutex::default(), denied: Mutex::default(), lifetime });
        let router = Router::new()
            .route("/", post(assume))
            .route("/pod", get(pod))
            .with_state(Arc::clone(&shared));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, router).await.expect("a server") });
        Self { url, shared, _tasks: tasks }
    }

    /// Returns what was asked for: the parameters of each call to STS.
    pub(crate) fn asked(&self) -> Vec<BTreeMap<String, String>> {
        self.shared.asked.lock().expect("a lock").clone()
    }

    /// Denies a role from now on.
    pub(crate) fn deny(&self, role_arn: &str) {
        self.shared.denied.lock().expect("a lock").insert(role_arn.to_owned());
    }
}

/// The access key is the name of the role, or of the identity, so that a test sees the caller.
async fn assume(State(shared): State<Arc<Shared>>, body: Bytes) -> (StatusCode, String) {
    let form = format!("/?{}", String::from_utf8_lossy(&body));
    let uri: Uri = form.parse().expect("a form");
    let Query(asked) = Query::<BTreeMap<String, String>>::try_from_uri(&uri).expect("parameters");
    shared.asked.lock().expect("a lock").push(asked.clone());
    let (action, role) = (&asked["Action"], &asked["RoleArn"]);
    if shared.denied.lock().expect("a lock").contains(role) {
        let error = format!(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>\
             <Type>Sender</Type><Code>AccessDenied</Code><Message>User: tests is not authorized to \
             perform: sts:{action} on resource: {role}</Message></Error></ErrorResponse>"
        );
        return (StatusCode::FORBIDDEN, error);
    }
    let name = role.rsplit('/').next().unwrap_or_default();
    let key = asked.get("WebIdentityToken").map_or_else(|| name.to_owned(), String::clone);
    let until = until(shared.lifetime);
    let answer = format!(
        "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result>\
         <AssumedRoleUser><Arn>{role}/session</Arn><AssumedRoleId>A:session</AssumedRoleId>\
         </AssumedRoleUser><Credentials><AccessKeyId>{key}</AccessKeyId>\
         <SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>\
         <Expiration>{until}</Expiration></Credentials></{action}Result></{action}Response>"
    );
    (StatusCode::OK, answer)
}

async fn pod(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> String {
    let token = headers.get("authorization").expect("a token").to_str().expect("text");
    serde_json::json!({
        "AccessKeyId": token,
        "SecretAccessKey": "secret",
        "Token": "token",
        "Expiration": until(shared.lifetime),
    })
    .to_string()
}

fn until(lifetime: Duration) -> String {
    let lifetime = SignedDuration::try_from(lifetime).expect("a short time");
    let until = Timestamp::now() + lifetime;
    until.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
