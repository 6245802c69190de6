//! What a running controller answers to people and probes.
//!
//! `/healthz` says that the process answers; `/livez` that its loop goes on, whatever the provider
//! does; `/readyz` whether it does its work, and with `?verbose` what is in the way.

mod approve;
mod health;
mod json;
mod page;
mod records;
mod rights;
mod sync;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Query, RawQuery, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any, get, post};
use axum::{Extension, Router};
use daemon::metrics::Exposition as _;
use daemon::{Admission, Listener, Peer};
use external_dns_webhook::Printable;
use external_dns_webhook::server::{Hosts, Protection, refuse_web_pages};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::Instant;

use self::json::{VisibleJson, visible};
pub use self::rights::Rights;
use self::rights::{Asks, Right, Who};
use crate::app::{self, Config, DesiredState};
use crate::leader::Fence;
use crate::metrics::{Metrics, WatchSample};
use crate::records::{Freshness, ProblemView};
use crate::requests::Requests;
use crate::status::{self, Check, Status};

/// How long a change may wait before the page and `signpost status` say so: longer than a sync takes that is not held up.
const LONG_WAIT: Duration = Duration::from_secs(15);

/// Largest body of a request, in bytes: an approval has some hundred.
const LARGEST_BODY: usize = 16 << 10;

/// Paths that are answered whatever there is to do.
pub const PROBES: &[&str] = &["/healthz", "/livez", "/readyz"];

/// What the routes read.
#[derive(Clone)]
pub struct Admin {
    /// What the loop shows.
    pub status: Arc<Status>,
    /// Where what people ask for is left to the loop.
    pub requests: Arc<Requests>,
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
    /// Returns all that probes are told.
    fn checks(&self, now: Instant) -> Vec<Check> {
        let mut checks = self.own_checks(now);
        checks.extend(self.desired_state().watches(now).iter().map(health::of_watch));
        checks
    }

    /// Returns what probes are told but for the objects.
    fn own_checks(&self, now: Instant) -> Vec<Check> {
        let mut checks = vec![health::of_leadership(&self.fence, now)];
        let own = (health::CREDENTIALS, self.desired_state().credential_trouble());
        let of_reviews = (health::REVIEW_CREDENTIALS, self.rights.credential_trouble());
        for (name, trouble) in [own, of_reviews] {
            checks.extend(trouble.map(|trouble| health::of_credentials(name, &trouble)));
        }
        checks.extend(self.status.checks(now, *self.stale_after.borrow()));
        checks
    }

    /// Returns how well records are known, with all that keeps this replica from knowing better.
    fn freshness(&self, now: Instant) -> Freshness {
        let known = self.status.freshness(app::unix_seconds());
        let stands_by = self.fence.check(now).is_err().then(|| {
            self.fence.leadership().map(|leadership| leadership.holder).unwrap_or_default()
        });
        // Why syncs fail is told as the outage.
        let is_told = |check: &Check| {
            known.outage.is_some() && ["sync", "provider"].contains(&check.name.as_str())
        };
        let watches = self.desired_state().watches(now);
        let watches = health::of_watches(&watches, app::unix_seconds());
        let checks = self.own_checks(now).into_iter().filter(|check| !is_told(check));
        let checks = checks.chain(watches);
        let problems = checks.filter_map(|Check { name, problem, note }| {
            // Nothing is ill then, and not everything is as desired.
            let told = [
                status::DRY_RUN,
                status::UNLISTED,
                health::CREDENTIALS,
                health::REVIEW_CREDENTIALS,
            ];
            let is_told = told.contains(&name.as_str());
            let noted = Some(note).filter(|note| is_told && !note.is_empty());
            Some(ProblemView { problem: problem.or(noted)?, part: name })
        });
        let mut problems: Vec<_> = problems.collect();
        let (config, is_outage) = (self.config.borrow().clone(), known.outage.is_some());
        let pace = &config.pace;
        let until_looked = if config.events {
            pace.between_events.max(pace.window.max_wait)
        } else {
            pace.interval
        };
        let waiting =
            self.desired_state().longest_waiting(now).filter(|_| !is_outage && stands_by.is_none());
        let waiting = waiting.filter(|waiting| waiting.lasts >= LONG_WAIT + until_looked);
        problems.extend(waiting.map(|waiting| {
            let problem = format!(
                "{waiting}; the provider may be slow or throttled: look at its page or `/metrics`"
            );
            ProblemView { part: "changes".to_owned(), problem }
        }));
        Freshness { stands_by, problems, ..known }
    }

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

/// A path, and what it needs of a caller from beyond the machine: there is no other way to add one.
struct Route {
    path: &'static str,
    right: Right,
    handler: MethodRouter<Admin>,
}

/// Every path that is answered.
///
/// A page asks for the right to what it shows: `/` is a path of the API server, too, which some
/// clusters let everyone get.
fn table() -> Vec<Route> {
    let route = |path, right, handler| Route { path, right, handler };
    vec![
        route("/", Right::Read("/v1/records"), get(page::index)),
        route("/record", Right::Read("/v1/records"), get(page::record)),
        route("/style.css", Right::Nothing, get(page::style)),
        route("/healthz", Right::Nothing, any(healthy)),
        route("/livez", Right::Nothing, any(alive)),
        route("/readyz", Right::Nothing, any(ready)),
        route("/metrics", Right::LetIn("/metrics"), get(metrics)),
        route("/v1/plan", Right::Read("/v1/plan"), get(plan)),
        route("/v1/records", Right::Read("/v1/records"), get(records::records)),
        route("/v1/explain", Right::Read("/v1/explain"), get(explain)),
        route("/v1/approve", Right::Change("/v1/approve"), post(approve::approve)),
        route("/v1/sync", Right::Change("/v1/sync"), post(sync::sync)),
    ]
}

/// Returns the routes for `listener`.
pub fn routes(listener: &Listener, admin: Admin) -> Router {
    let hosts = Hosts::at(listener.address());
    let mut router = Router::new();
    for Route { path, right, handler } in table() {
        let let_in = from_fn_with_state((admin.clone(), right), let_in);
        // Nobody is looked up for a method that there is not.
        let handler = match right {
            Right::Nothing => handler.layer(let_in),
            Right::LetIn(_) | Right::Read(_) | Right::Change(_) => handler.route_layer(let_in),
        };
        router = router.route(path, handler);
    }
    let router = router.layer(DefaultBodyLimit::max(LARGEST_BODY));
    router.layer(from_fn_with_state(hosts, protect)).with_state(admin)
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
async fn let_in(
    State((admin, right)): State<(Admin, Right)>,
    mut request: Request,
    next: Next,
) -> Response {
    let keeps_apart = admin.desired_state().keeps_namespaces_apart();
    let peer = peer(&request);
    let admission = request.extensions().get::<Admission>().copied();
    let asks = Asks { peer, admission, headers: request.headers() };
    match admin.rights.check(asks, right, keeps_apart).await {
        Ok(who) => {
            let sees_all = who != Who::Anyone || admin.rights.anyone_reads(keeps_apart);
            request.extensions_mut().insert(SeesAll(sees_all));
            request.extensions_mut().insert(who);
            next.run(request).await
        }
        Err(denied) => {
            let why = daemon::chain(&denied);
            if admin.rights.refusals.is_first(denied.kind(), Instant::now()) {
                let (method, path) = (request.method(), request.uri().path());
                let from = peer.map(tracing::field::display);
                tracing::warn!(%method, path, from, error = why, "A request is refused");
            }
            let mut response = problem(denied.status(), &why);
            let (name, value) = match denied.status() {
                StatusCode::UNAUTHORIZED => (header::WWW_AUTHENTICATE, "Bearer"),
                StatusCode::SERVICE_UNAVAILABLE => (header::RETRY_AFTER, "1"),
                _ => return response,
            };
            response.headers_mut().insert(name, HeaderValue::from_static(value));
            response
        }
    }
}

/// Whether what is shown may have names of every tenant in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct SeesAll(bool);

fn peer(request: &Request) -> Option<Peer> {
    request.extensions().get::<Peer>().copied()
}

async fn healthy() -> &'static str {
    "OK"
}

async fn alive(
    State(admin): State<Admin>,
    Extension(sees): Extension<SeesAll>,
    RawQuery(query): RawQuery,
) -> Response {
    let checks = [health::of_loop(&admin.status, Instant::now())];
    answer("livez", &checks, sees, query.as_deref())
}

async fn ready(
    State(admin): State<Admin>,
    Extension(sees): Extension<SeesAll>,
    RawQuery(query): RawQuery,
) -> Response {
    let checks = admin.checks(Instant::now());
    answer("readyz", &checks, sees, query.as_deref())
}

fn answer(
    probe: &str,
    checks: &[Check],
    SeesAll(sees_all): SeesAll,
    query: Option<&str>,
) -> Response {
    let is_well = checks.iter().all(|check| check.problem.is_none());
    let asked = query.is_some_and(|query| query.split('&').any(|word| word.starts_with("verbose")));
    let status = if is_well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    if is_well && !asked {
        return (status, "ok").into_response();
    }
    (status, health::text(probe, checks, sees_all)).into_response()
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
    ([(header::CONTENT_TYPE, daemon::metrics::CONTENT_TYPE)], admin.metrics.text())
}

async fn plan(State(admin): State<Admin>) -> Response {
    aside(move || visible(&admin.status.plan())).await
}

async fn explain(State(admin): State<Admin>, Query(about): Query<About>) -> Response {
    let About { name, object } = about;
    let Some(asked) = name.or(object) else {
        return problem(
            StatusCode::BAD_REQUEST,
            "ask with `?name=` or `?object=kind/namespace/name`",
        );
    };
    aside(move || VisibleJson(admin.status.explain(&asked)).into_response()).await
}

/// Works out an answer that may take long where it keeps no probe waiting.
async fn aside(work: impl FnOnce() -> Response + Send + 'static) -> Response {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| problem(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()))
}

/// Returns what others wrote as it is shown: with nothing hidden in it.
fn shown(text: &str) -> String {
    Printable(text).to_string()
}

fn problem(status: StatusCode, text: &str) -> Response {
    (status, VisibleJson(json!({ "error": text }))).into_response()
}

#[cfg(test)]
mod tests;
