//! What a running controller answers to people and probes.
//!
//! `/healthz` says that the process answers; `/livez` that its loop goes on, whatever the provider
//! does; `/readyz` whether it does its work, and with `?verbose` what is in the way.

mod health;
mod page;
mod records;
mod rights;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, RawQuery, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Extension, Json, Router};
use controller_core::plan::PlanHash;
use daemon::{Listener, Peer};
use external_dns_webhook::Printable;
use external_dns_webhook::server::{Hosts, Protection, refuse_web_pages};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::Instant;

pub use self::rights::Rights;
use self::rights::Who;
use crate::app::{Config, DesiredState};
use crate::leader::Fence;
use crate::metrics::{CONTENT_TYPE, Metrics, WatchSample};
use crate::status::{Check, Status};

/// Paths that are answered whatever there is to do.
pub const PROBES: &[&str] = &["/healthz", "/livez", "/readyz"];

/// What the routes read.
#[derive(Clone)]
pub struct Admin {
    /// What the loop shows.
    pub status: Arc<Status>,
    /// What everything counts.
    pub metrics: Arc<Metrics>,
    /// How old the last good sync may be.
    pub stale_after: watch::Receiver<Duration>,
    /// What syncs go by, and so where objects come from.
    pub config: watch::Receiver<Arc<Config>>,
    /// What tells whether this replica may write.
    pub fence: Fence,
    /// What decides who may do what from beyond this machine.
    pub rights: Rights,
}

impl Admin {
    fn desired_state(&self) -> Arc<DesiredState> {
        Arc::clone(&self.config.borrow().desired_state)
    }
}

/// Who or what is asked about.
#[derive(Debug, Deserialize)]
struct About {
    name: Option<String>,
    object: Option<String>,
}

/// Which deletions may go.
#[derive(Debug, Deserialize)]
struct Approved {
    hash: String,
}

/// Returns the routes for `listener`.
pub fn routes(listener: &Listener, admin: Admin) -> Router {
    let hosts = Hosts::at(listener.address());
    let rights = admin.rights.clone();
    Router::new()
        .route("/", get(page::index))
        .route("/record", get(page::record))
        .route("/style.css", get(page::style))
        .route("/healthz", any(healthy))
        .route("/livez", any(alive))
        .route("/readyz", any(ready))
        .route("/metrics", get(metrics))
        .route("/v1/plan", get(plan))
        .route("/v1/records", get(records::records))
        .route("/v1/explain", get(explain))
        .route("/v1/approve", post(approve))
        .layer(from_fn_with_state(rights, let_in))
        .layer(from_fn_with_state(hosts, protect))
        .with_state(admin)
}

/// Refuses what a web page has sent.
///
/// A port that is forwarded to us is called by names of this machine, whatever the listener's own
/// address is.
async fn protect(State(hosts): State<Hosts>, request: Request, next: Next) -> Response {
    let is_local = peer(&request).is_some_and(Peer::is_local);
    let hosts = if is_local { Hosts::Local } else { hosts };
    let protection = Protection { hosts, browsers_may_read: true };
    refuse_web_pages(State(protection), request, next).await
}

/// Refuses who may not, and tells the others' routes who asks.
async fn let_in(State(rights): State<Rights>, mut request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    match rights.check(peer(&request), (&method, &path), request.headers()).await {
        Ok(who) => {
            request.extensions_mut().insert(who);
            next.run(request).await
        }
        Err(denied) => {
            let why = crate::status::chain(&denied);
            tracing::warn!(%method, path, error = why, "A request is refused");
            problem(denied.status(), &why)
        }
    }
}

fn peer(request: &Request) -> Option<Peer> {
    request.extensions().get::<Peer>().copied()
}

async fn healthy() -> &'static str {
    "OK"
}

async fn alive(State(admin): State<Admin>, RawQuery(query): RawQuery) -> Response {
    answer("livez", &[health::of_loop(&admin.status, Instant::now())], query.as_deref())
}

async fn ready(State(admin): State<Admin>, RawQuery(query): RawQuery) -> Response {
    let (now, stale_after) = (Instant::now(), *admin.stale_after.borrow());
    let mut checks = vec![health::of_leadership(&admin.fence, now)];
    checks.extend(admin.status.checks(now, stale_after));
    checks.extend(admin.desired_state().watches(now).iter().map(health::of_watch));
    answer("readyz", &checks, query.as_deref())
}

fn answer(probe: &str, checks: &[Check], query: Option<&str>) -> Response {
    let is_well = checks.iter().all(|check| check.problem.is_none());
    let asked = query.is_some_and(|query| query.split('&').any(|word| word.starts_with("verbose")));
    let status = if is_well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    if is_well && !asked {
        return (status, "ok").into_response();
    }
    (status, health::text(probe, checks)).into_response()
}

async fn metrics(State(admin): State<Admin>) -> Response {
    aside(move || all_metrics(&admin).into_response()).await
}

fn all_metrics(admin: &Admin) -> impl IntoResponse {
    let samples =
        admin.desired_state().watches(Instant::now()).into_iter().map(|watch| WatchSample {
            kind: watch.kind.to_string(),
            namespace: watch.namespace,
            is_synced: watch.state.is_synced(),
            age: watch.age,
            objects: watch.objects,
        });
    admin.metrics.cluster.sample(&samples.collect::<Vec<_>>());
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], admin.metrics.text())
}

async fn plan(State(admin): State<Admin>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], admin.status.plan().to_string())
}

async fn explain(State(admin): State<Admin>, Query(about): Query<About>) -> Response {
    let About { name, object } = about;
    let Some(asked) = name.or(object) else {
        return problem(
            StatusCode::BAD_REQUEST,
            "ask with `?name=` or `?object=kind/namespace/name`",
        );
    };
    aside(move || Json(admin.status.explain(&asked)).into_response()).await
}

/// Works out an answer that may take long where it keeps no probe waiting.
async fn aside(work: impl FnOnce() -> Response + Send + 'static) -> Response {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| problem(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()))
}

async fn approve(
    State(admin): State<Admin>,
    Extension(who): Extension<Who>,
    Json(approved): Json<Approved>,
) -> Response {
    let hash: PlanHash = match approved.hash.parse() {
        Ok(hash) => hash,
        Err(error) => return problem(StatusCode::BAD_REQUEST, &format!("{error}")),
    };
    let shown = hash.to_string();
    match admin.status.approve(&hash) {
        Ok(_) => {
            tracing::info!(hash = shown, by = %who, "Held deletions are approved");
            (StatusCode::ACCEPTED, Json(json!({ "approved": true }))).into_response()
        }
        Err(error) => {
            let why = error.to_string();
            tracing::warn!(hash = shown, by = %who, error = why, "Approving deletions is refused");
            problem(StatusCode::CONFLICT, &why)
        }
    }
}

/// Returns what others wrote as it is shown: with nothing hidden in it.
fn shown(text: &str) -> String {
    Printable(text).to_string()
}

fn problem(status: StatusCode, text: &str) -> Response {
    (status, Json(json!({ "error": text }))).into_response()
}
