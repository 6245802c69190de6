//! What the controller counts, under the names that `ExternalDNS` gave it.
//!
//! Counters that `ExternalDNS` labels as gauges keep its name and type, because dashboards use
//! both. Names of records are never labels: cardinality stays bounded by types and reasons.

use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use webhook_api::{Endpoint, RecordType};

use crate::schedule::Kind;

/// Everything the controller counts.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    last_reconcile: Gauge,
    last_sync: Gauge,
    no_op_runs: Counter,
    consecutive_errors: Gauge,
    registry_endpoints: Gauge,
    registry_records: Family<TypeLabel, Gauge>,
    registry_errors: Counter,
    source_endpoints: Gauge,
    source_records: Family<TypeLabel, Gauge>,
    source_errors: Counter,
    requests: [Gauge; 3],
    failures: [Gauge; 3],
    changes: Family<ChangeLabel, Counter>,
    verdicts: Family<ReasonLabel, Gauge>,
    held: Gauge,
    pass_seconds: Family<PassLabel, Histogram>,
}

/// A request to the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// `GET /records`.
    Records,
    /// `POST /records`.
    Apply,
    /// `POST /adjustendpoints`.
    Adjust,
}

/// What was done to a record set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Action {
    Create,
    Update,
    Delete,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TypeLabel {
    record_type: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ChangeLabel {
    action: Action,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabel {
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PassLabel {
    kind: &'static str,
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BuildLabel {
    version: &'static str,
    os: &'static str,
    arch: &'static str,
}

const CALLS: [&str; 3] = ["records", "applychanges", "adjustendpoints"];

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Returns metrics that have counted nothing.
    pub fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("external_dns"),
            last_reconcile: Gauge::default(),
            last_sync: Gauge::default(),
            no_op_runs: Counter::default(),
            consecutive_errors: Gauge::default(),
            registry_endpoints: Gauge::default(),
            registry_records: Family::default(),
            registry_errors: Counter::default(),
            source_endpoints: Gauge::default(),
            source_records: Family::default(),
            source_errors: Counter::default(),
            requests: Default::default(),
            failures: Default::default(),
            changes: Family::default(),
            verdicts: Family::default(),
            held: Gauge::default(),
            pass_seconds: Family::new_with_constructor(|| {
                Histogram::new([0.005, 0.02, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0])
            }),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        let build = Family::<BuildLabel, Gauge>::default();
        build
            .get_or_create(&BuildLabel {
                version: env!("CARGO_PKG_VERSION"),
                os: std::env::consts::OS,
                arch: std::env::consts::ARCH,
            })
            .set(1);
        registry.register("build_info", "What is running", build);
        registry.register(
            "controller_last_reconcile_timestamp_seconds",
            "When a pass last started, in seconds since 1970",
            self.last_reconcile.clone(),
        );
        registry.register(
            "controller_last_sync_timestamp_seconds",
            "When a pass last went well, in seconds since 1970",
            self.last_sync.clone(),
        );
        registry.register(
            "controller_no_op_runs",
            "Passes that found nothing to change",
            self.no_op_runs.clone(),
        );
        registry.register(
            "controller_consecutive_soft_errors",
            "Passes that failed since one went well",
            self.consecutive_errors.clone(),
        );
        registry.register(
            "registry_endpoints_total",
            "Record sets that the provider holds",
            self.registry_endpoints.clone(),
        );
        registry.register(
            "registry_records",
            "Record sets that the provider holds, by type",
            self.registry_records.clone(),
        );
        registry.register(
            "registry_errors",
            "Passes that failed to read or write records",
            self.registry_errors.clone(),
        );
        registry.register(
            "source_endpoints_total",
            "Record sets that the sources ask for",
            self.source_endpoints.clone(),
        );
        registry.register(
            "source_records",
            "Record sets that the sources ask for, by type",
            self.source_records.clone(),
        );
        registry.register(
            "source_errors",
            "Passes in which a source could not be read in full",
            self.source_errors.clone(),
        );
        for ((name, requests), failures) in CALLS.iter().zip(&self.requests).zip(&self.failures) {
            registry.register(
                format!("webhook_provider_{name}_requests_total"),
                "Requests to the provider",
                requests.clone(),
            );
            registry.register(
                format!("webhook_provider_{name}_errors_total"),
                "Requests to the provider that failed",
                failures.clone(),
            );
        }
        registry.register(
            "controller_changes",
            "Record sets created, updated and deleted, claims left out",
            self.changes.clone(),
        );
        registry.register(
            "controller_verdicts",
            "Names that are not served as asked, by reason",
            self.verdicts.clone(),
        );
        registry.register(
            "controller_held_deletes",
            "Names whose deletion the brake holds until it is released",
            self.held.clone(),
        );
        registry.register(
            "controller_pass_duration_seconds",
            "How long passes take",
            self.pass_seconds.clone(),
        );
    }

    /// Returns everything in the text format of OpenMetrics.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to memory cannot fail.
        if encode(&mut text, &self.registry).is_err() {
            text.clear();
        }
        text
    }

    /// Counts one request to the provider.
    pub fn called(&self, call: Call, well: bool) {
        let at = match call {
            Call::Records => 0,
            Call::Apply => 1,
            Call::Adjust => 2,
        };
        let count = |counters: &[Gauge; 3]| counters.get(at).map(Gauge::inc);
        count(&self.requests);
        if !well {
            count(&self.failures);
        }
    }

    /// Notes that a pass started, `now` in seconds since 1970.
    pub fn pass_started(&self, now: i64) {
        self.last_reconcile.set(now);
    }

    /// Notes how a pass ended.
    pub fn pass_ended(&self, kind: Kind, took: Duration, well: bool, now: i64) {
        let kind = match kind {
            Kind::Full => "full",
            Kind::Focused => "focused",
        };
        let result = if well { "success" } else { "error" };
        self.pass_seconds.get_or_create(&PassLabel { kind, result }).observe(took.as_secs_f64());
        if well {
            self.last_sync.set(now);
            self.consecutive_errors.set(0);
        } else {
            self.consecutive_errors.inc();
        }
    }

    /// Notes that a pass found nothing to do.
    pub fn no_op(&self) {
        self.no_op_runs.inc();
    }

    /// Notes that records could not be read or written.
    pub fn registry_failed(&self) {
        self.registry_errors.inc();
    }

    /// Notes that a source could not be read in full.
    pub fn source_failed(&self) {
        self.source_errors.inc();
    }

    /// Notes how many record sets of which type the provider holds.
    pub fn holds<'a>(&self, records: impl Iterator<Item = &'a Endpoint>) {
        count_types(&self.registry_records, &self.registry_endpoints, records);
    }

    /// Notes how many record sets of which type the sources ask for.
    pub fn asked<'a>(&self, endpoints: impl Iterator<Item = &'a Endpoint>) {
        count_types(&self.source_records, &self.source_endpoints, endpoints);
    }

    /// Notes changes that were written.
    pub fn changed(&self, action: Action, count: usize) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.changes.get_or_create(&ChangeLabel { action }).inc_by(count);
    }

    /// Notes how many names the brake keeps from losing records.
    pub fn held(&self, names: usize) {
        self.held.set(i64::try_from(names).unwrap_or(i64::MAX));
    }

    /// Notes how many names are not served as asked, by reason code.
    pub fn verdicts(&self, codes: impl Iterator<Item = &'static str>) {
        self.verdicts.clear();
        for reason in codes {
            self.verdicts.get_or_create(&ReasonLabel { reason }).inc();
        }
    }
}

fn count_types<'a>(
    by_type: &Family<TypeLabel, Gauge>,
    total: &Gauge,
    endpoints: impl Iterator<Item = &'a Endpoint>,
) {
    by_type.clear();
    let mut count = 0;
    let label = |it: &RecordType| TypeLabel { record_type: it.as_str().to_lowercase() };
    for endpoint in endpoints {
        by_type.get_or_create(&label(&endpoint.record_type)).inc();
        count += 1;
    }
    total.set(count);
}
