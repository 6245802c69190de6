//! Health, readiness and metrics, on an address of their own.

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use external_dns_webhook::server::{HealthReport, Hosts, Protection, refuse_web_pages};
use tokio::sync::watch;

use crate::provider::{Readiness, Route53};

/// Paths that are answered whatever there is to do.
pub(super) const PROBES: &[&str] = &["/healthz", "/readyz"];

/// The media type of OpenMetrics text.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What the routes read.
#[derive(Clone)]
struct Admin {
    provider: Arc<Route53>,
    /// Why the configuration was not taken; `None` when it was.
    config: watch::Receiver<Option<String>>,
}

/// Returns the routes: a page for people, `/healthz`, `/readyz` (`?verbose`) and `/metrics`.
///
/// `config` tells why the configuration was not taken. That is shown and does not make the process
/// unready, since what it had before still serves.
pub(super) fn routes(
    provider: Arc<Route53>,
    config: watch::Receiver<Option<String>>,
    hosts: Hosts,
) -> Router {
    let protection = Protection { hosts, browsers_may_read: true };
    Router::new()
        .route("/", get(index))
        .route("/healthz", any(|| async { "OK" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .layer(from_fn_with_state(protection, refuse_web_pages))
        .with_state(Admin { provider, config })
}

/// Answers a person who opens the port in a browser.
async fn index(State(admin): State<Admin>) -> Response {
    report(&admin).page(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
}

/// Answers 200 when requests are served and 503 when not, and why.
async fn ready(State(admin): State<Admin>, RawQuery(query): RawQuery) -> Response {
    report(&admin).probe(query.as_deref())
}

fn report(admin: &Admin) -> HealthReport {
    let Admin { provider, config } = admin;
    let Readiness { is_ready, mut problems, zones } = provider.readiness();
    problems.extend(config.borrow().clone());
    let zones = zones.into_iter().map(|zone| format!("zone: {zone}"));
    let copies = provider.misplaced().into_iter().map(|copy| format!("misplaced copy: {copy}"));
    HealthReport { is_ready, problems, details: zones.chain(copies).collect() }
}

async fn metrics(State(admin): State<Admin>) -> Response {
    match admin.provider.metrics().render() {
        Ok(text) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
