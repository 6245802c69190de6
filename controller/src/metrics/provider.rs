//! What the provider was asked, and how it answered.

use std::time::Duration;

use external_dns_webhook::ProviderError;
use external_dns_webhook::client::Exchange;
use tokio::time::Instant;

use daemon::metrics::{Counter, Family, Gauge, Histogram, Metric, Summary};

/// Upper ends for how long calls take, in seconds.
const CALL_BOUNDS: &[f64] = &[0.005, 0.02, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0];

/// A request to the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// `GET /`.
    Negotiate,
    /// `GET /zones`.
    Zones,
    /// `GET /records`.
    Records,
    /// `POST /adjustendpoints`.
    Adjust,
    /// `POST /records`.
    Apply,
}

/// What is counted of the provider.
#[derive(Debug)]
pub struct ProviderMetrics {
    /// Requests and failures of the three that `ExternalDNS` counts.
    compat: [(Call, Family<Gauge>, Family<Gauge>); 3],
    calls: Family<Counter>,
    durations: Family<Histogram>,
    cached: Family<Counter>,
    applies: Family<Counter>,
    exchanges: Family<Summary>,
}

macro_rules! compat {
    ($call:expr, $name:literal) => {
        (
            $call,
            Family::new(
                concat!("external_dns_webhook_provider_", $name, "_requests_total"),
                &[],
                "Requests to the provider; see external_dns_provider_calls_total",
            ),
            Family::new(
                concat!("external_dns_webhook_provider_", $name, "_errors_total"),
                &[],
                "Requests to the provider that failed; see external_dns_provider_calls_total",
            ),
        )
    };
}

impl ProviderMetrics {
    pub(super) fn new() -> Self {
        Self {
            compat: [
                compat!(Call::Records, "records"),
                compat!(Call::Apply, "applychanges"),
                compat!(Call::Adjust, "adjustendpoints"),
            ],
            calls: Family::new(
                "external_dns_provider_calls_total",
                &["operation", "result"],
                "Requests to the provider; `result` is `ok`, `unavailable` or `refused`",
            ),
            durations: Family::with_bounds(
                CALL_BOUNDS,
                "external_dns_provider_call_duration_seconds",
                &["operation"],
                "How long requests to the provider take, answers read in full",
            ),
            cached: Family::new(
                "external_dns_provider_cache_records_calls",
                &["from_cache"],
                "Syncs that needed the provider's records; `true` when those of the last sync did",
            ),
            applies: Family::new(
                "external_dns_provider_cache_apply_changes_calls",
                &[],
                "Syncs that had the provider write something",
            ),
            exchanges: Family::new(
                "external_dns_http_request_duration_seconds",
                &["handler", "scheme", "host", "path", "method", "status"],
                "Time until the answer to a request of ours begins; no status when there was none",
            ),
        }
    }

    pub(super) fn all(&self) -> Vec<&dyn Metric> {
        // No `..`: what is not listed would never be shown.
        let Self { compat, calls, durations, cached, applies, exchanges } = self;
        let mut all: Vec<&dyn Metric> = Vec::new();
        for (_, requests, errors) in compat {
            all.extend([requests as &dyn Metric, errors]);
        }
        all.extend([calls as &dyn Metric, durations, cached, applies, exchanges]);
        all
    }

    /// Counts one request to the provider, and how it ended.
    pub fn called(&self, call: Call, took: Duration, error: Option<&ProviderError>) {
        for (_, requests, errors) in self.compat.iter().filter(|(other, ..)| *other == call) {
            requests.add(&[], 1.0);
            if error.is_some() {
                errors.add(&[], 1.0);
            }
        }
        let result = match error {
            None => "ok",
            Some(ProviderError::Unavailable { .. }) => "unavailable",
            Some(ProviderError::Refused(_)) => "refused",
        };
        self.calls.add(&[call.as_str(), result], 1.0);
        self.durations.observe(&[call.as_str()], took.as_secs_f64());
        if call == Call::Apply {
            self.applies.add(&[], 1.0);
        }
    }

    /// Notes that a sync needed the provider's records, and whether it knew them already.
    pub fn needed_records(&self, known: bool) {
        self.cached.add(&[if known { "true" } else { "false" }], 1.0);
    }

    /// Counts one HTTP request.
    pub fn exchanged(&self, exchange: &Exchange<'_>) {
        let Exchange { method, scheme, host, path, status, duration } = *exchange;
        let status = status.map(|status| status.to_string()).unwrap_or_default();
        // Compat: the last part of the path only, which no object's name is in.
        let path = path.rsplit('/').next().unwrap_or_default();
        let values = ["instrumented_http", scheme, host, path, method, &status];
        self.exchanges.observe(&values, duration.as_secs_f64(), Instant::now());
    }
}

impl Call {
    /// Returns the name of the request, as in the label `operation`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Negotiate => "negotiate",
            Self::Zones => "zones",
            Self::Records => "records",
            Self::Adjust => "adjustendpoints",
            Self::Apply => "applychanges",
        }
    }
}
