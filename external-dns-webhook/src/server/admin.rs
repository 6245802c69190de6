//! The routes of a provider's port for people, probes and metrics, which no controller asks.

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use tokio::sync::watch;

use super::csrf::{Hosts, Protection, refuse_web_pages};
use super::health::HealthReport;

/// Paths that are answered whatever there is to do, and to anyone.
pub const PROBES: &[&str] = &["/healthz", "/readyz"];

/// The media type of Prometheus' text format ([format]).
///
/// [format]: https://prometheus.io/docs/instrumenting/exposition_formats/
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A provider that tells how it is.
pub trait Health: Send + Sync + 'static {
    /// Returns how it is; `is_verbose` when the details are told as well. To find them out may cost a
    /// look at every record set, and probes come every few seconds.
    fn health(&self, is_verbose: bool) -> impl Future<Output = HealthReport> + Send;

    /// Returns what it counts, in Prometheus' text format, version 0.0.4.
    fn metrics_text(&self) -> String;
}

/// What a program is called on its page: `env!("CARGO_PKG_NAME")` and `env!("CARGO_PKG_VERSION")`.
#[derive(Clone, Copy, Debug)]
pub struct ProgramName {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// What the routes read.
struct Admin<H> {
    provider: Arc<H>,
    program: ProgramName,
    /// Why the configuration was not taken; `None` when it was.
    config: watch::Receiver<Option<String>>,
}

impl<H> Clone for Admin<H> {
    fn clone(&self) -> Self {
        let Self { provider, program, config } = self;
        Self { provider: Arc::clone(provider), program: *program, config: config.clone() }
    }
}

/// Returns the routes: a page for people, `/healthz`, `/readyz` (`?verbose`) and `/metrics`.
///
/// `config` tells why the configuration was not taken. That is shown and does not make the process
/// unready, since what it had before still serves.
pub fn admin_router<H: Health>(
    provider: Arc<H>,
    program: ProgramName,
    hosts: Hosts,
    config: watch::Receiver<Option<String>>,
) -> Router {
    let protection = Protection { hosts, browsers_may_read: true };
    Router::new()
        .route("/", get(index::<H>))
        .route("/healthz", any(|| async { "OK" }))
        .route("/readyz", get(ready::<H>))
        .route("/metrics", get(metrics::<H>))
        .layer(from_fn_with_state(protection, refuse_web_pages))
        .with_state(Admin { provider, program, config })
}

/// Answers a person who opens the port in a browser.
async fn index<H: Health>(State(admin): State<Admin<H>>) -> Response {
    let ProgramName { name, version } = admin.program;
    report(&admin, true).await.page(name, version)
}

/// Answers 200 when requests are served and 503 when not, and why.
async fn ready<H: Health>(State(admin): State<Admin<H>>, RawQuery(query): RawQuery) -> Response {
    let is_verbose = asks_for_details(query.as_deref());
    report(&admin, is_verbose).await.probe(is_verbose)
}

async fn report<H: Health>(admin: &Admin<H>, is_verbose: bool) -> HealthReport {
    let mut report = admin.provider.health(is_verbose).await;
    report.problems.extend(admin.config.borrow().clone());
    report
}

/// Tells whether the query of a probe asks for the details: `verbose`, as Kubernetes has it.
fn asks_for_details(query: Option<&str>) -> bool {
    query.is_some_and(|query| query.split('&').any(|part| part.starts_with("verbose")))
}

async fn metrics<H: Health>(State(admin): State<Admin<H>>) -> Response {
    ([(header::CONTENT_TYPE, METRICS)], admin.provider.metrics_text()).into_response()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use http_body_util::BodyExt as _;

    use super::*;

    /// A provider whose details cost much, and whether they were asked for.
    #[derive(Default)]
    struct Costly(AtomicBool);

    impl Health for Costly {
        async fn health(&self, is_verbose: bool) -> HealthReport {
            let details = if is_verbose { vec!["a detail".to_owned()] } else { Vec::new() };
            self.0.store(is_verbose, Ordering::SeqCst);
            HealthReport { is_ready: true, details, ..HealthReport::default() }
        }

        fn metrics_text(&self) -> String {
            String::new()
        }
    }

    async fn told(query: Option<&str>, config: Option<&str>) -> String {
        let (_, config) = watch::channel(config.map(str::to_owned));
        let program = ProgramName { name: "toy", version: "1.0" };
        let provider = Arc::new(Costly::default());
        let admin = Admin { provider: Arc::clone(&provider), program, config };
        let answer = ready(State(admin), RawQuery(query.map(str::to_owned))).await;
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert_eq!(provider.0.load(Ordering::SeqCst), text.contains("detail"));
        text
    }

    #[tokio::test]
    async fn details_are_found_out_for_those_alone_who_ask_for_them() {
        for query in [None, Some(""), Some("x=verbose"), Some("exclude=a&b")] {
            assert_eq!(told(query, None).await, "ready\n", "{query:?}");
        }
        for query in ["verbose", "verbose=1", "a&verbose"] {
            assert_eq!(told(Some(query), None).await, "ready\na detail\n", "{query}");
        }
    }

    #[tokio::test]
    async fn a_configuration_that_was_not_taken_is_told_and_what_was_before_still_serves() {
        assert_eq!(told(None, Some("no such flag")).await, "ready\nproblem: no such flag\n");
    }
}
