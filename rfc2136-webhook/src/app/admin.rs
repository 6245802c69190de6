//! Health, readiness and metrics, on an address of their own.

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use external_dns_webhook::server::{Hosts, Protection, refuse_web_pages};
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

/// Returns the routes: `/healthz`, `/readyz` (`?verbose`) and `/metrics`.
pub(super) fn routes(
    provider: Arc<Rfc2136>,
    config: watch::Receiver<Option<String>>,
    hosts: Hosts,
) -> Router {
    let protection = Protection { hosts, browsers_may_read: true };
    Router::new()
        .route("/healthz", any(|| async { "OK" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .layer(from_fn_with_state(protection, refuse_web_pages))
        .with_state(Admin { provider, config })
}

/// Answers 200 when at least one zone can be used, and 503 when none can, and why.
///
/// A zone that cannot be used is told to the controller with its reason, and takes no other with
/// it. Before anyone has asked, the zones are read for this answer.
async fn ready(State(admin): State<Admin>, RawQuery(query): RawQuery) -> Response {
    let Admin { provider, config } = admin;
    let zones = provider.served();
    let is_new = |zone: &crate::zone::Summary| zone.serial.is_none() && zone.problem.is_none();
    for zone in &zones {
        if is_new(&zone.summary()) {
            // What comes of it stands in the summary.
            drop(zone.read().await);
        }
    }
    let summaries: Vec<_> = zones.iter().map(|zone| (zone, zone.summary())).collect();
    let is_ready = summaries.iter().any(|(_, summary)| summary.problem.is_none());
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut lines = vec![if is_ready { "ready" } else { "not ready" }.to_owned()];
    for (zone, summary) in &summaries {
        if let Some(problem) = &summary.problem {
            lines.push(format!("problem: zone `{}`: {problem}", zone.config.id));
        }
    }
    lines.extend(config.borrow().clone().map(|problem| format!("problem: {problem}")));
    let is_verbose =
        query.is_some_and(|query| query.split('&').any(|part| part.starts_with("verbose")));
    for (zone, summary) in summaries.iter().filter(|_| is_verbose) {
        if let Some(serial) = summary.serial {
            let (id, records) = (&zone.config.id, summary.records);
            lines.push(format!("zone: {id} has {records} record sets at serial {serial}"));
        }
    }
    lines.push(String::new());
    (status, lines.join("\n")).into_response()
}

async fn metrics(State(admin): State<Admin>) -> Response {
    match admin.provider.metrics().render() {
        Ok(text) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
