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

use crate::provider::Rfc2136;

/// Paths that are answered whatever there is to do.
pub(super) const PROBES: &[&str] = &["/healthz", "/readyz"];

/// The media type of OpenMetrics text.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What the routes read.
#[derive(Clone)]
struct Admin {
    provider: Arc<Rfc2136>,
    /// Why the configuration was not taken; `None` when it was.
    config: watch::Receiver<Option<String>>,
}

/// Returns the routes: a page for people, `/healthz`, `/readyz` (`?verbose`) and `/metrics`.
pub(super) fn routes(
    provider: Arc<Rfc2136>,
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
    report(&admin).await.page(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
}

/// Answers 200 when at least one zone can be used, and 503 when none can, and why.
async fn ready(State(admin): State<Admin>, RawQuery(query): RawQuery) -> Response {
    report(&admin).await.probe(query.as_deref())
}

/// Returns how the provider is: it serves when at least one zone can be used.
///
/// A zone that cannot be used is told to the controller with its reason, and takes no other with
/// it. Before anyone has asked, the zones are read for this answer.
async fn report(admin: &Admin) -> HealthReport {
    let Admin { provider, config } = admin;
    let zones = provider.served();
    let is_new = |zone: &crate::zone::Summary| zone.serial.is_none() && zone.problem.is_none();
    for zone in &zones {
        if is_new(&zone.summary()) {
            // What comes of it stands in the summary.
            drop(zone.read().await);
        }
    }
    let mut report = HealthReport::default();
    for zone in &zones {
        let (id, summary) = (&zone.config.id, zone.summary());
        report.is_ready |= summary.problem.is_none();
        let problem = summary.problem.map(|problem| format!("zone `{id}`: {problem}"));
        report.problems.extend(problem);
        let records = summary.records;
        let detail = |serial| format!("zone: {id} has {records} record sets at serial {serial}");
        report.details.extend(summary.serial.map(detail));
    }
    report.problems.extend(config.borrow().clone());
    report
}

async fn metrics(State(admin): State<Admin>) -> Response {
    match admin.provider.metrics().render() {
        Ok(text) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
