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

/// Returns the routes: `/healthz`, `/readyz` (`?verbose`) and `/metrics`.
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
        .route("/healthz", any(|| async { "OK" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .layer(from_fn_with_state(protection, refuse_web_pages))
        .with_state(Admin { provider, config })
}

/// Answers 200 when requests are served and 503 when not, and why.
async fn ready(State(admin): State<Admin>, RawQuery(query): RawQuery) -> Response {
    let Admin { provider, config } = admin;
    let Readiness { is_ready, problems, zones } = provider.readiness();
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut lines = vec![if is_ready { "ready" } else { "not ready" }.to_owned()];
    let is_verbose =
        query.is_some_and(|query| query.split('&').any(|part| part.starts_with("verbose")));
    for problem in problems.into_iter().chain(config.borrow().clone()) {
        lines.push(format!("problem: {problem}"));
    }
    if is_verbose {
        for zone in zones {
            lines.push(format!("zone: {zone}"));
        }
        for copy in provider.misplaced() {
            lines.push(format!("misplaced copy: {copy}"));
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
