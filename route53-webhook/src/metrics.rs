//! What the sidecar counts, under the names that dashboards find it by.
//!
//! The duration of calls is there twice: as ExternalDNS has it, and as a histogram of our own, because
//! the quantiles of a summary cannot be added up over processes.

use std::sync::Arc;
use std::time::Duration;

use daemon::metrics::{
    Counter, Exposition, Family, Gauge, Histogram, Metric, ProcessMetrics, Summary, number,
};
use tokio::time::Instant;

/// Upper ends for how long calls to AWS take, in seconds.
const CALL_BOUNDS: &[f64] =
    &[0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48];

/// Upper ends for how many changes are in a batch: AWS takes a thousand.
const BATCH_BOUNDS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0];

/// Upper ends for how long a batch is on its way to all DNS servers of AWS, in seconds.
const INSYNC_BOUNDS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

/// What stands for a number that is not known, or a limit that there is not.
const NONE: f64 = -1.0;

/// The counters of one process; clones share them.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    exchanges: Family<Summary>,
    durations: Family<Histogram>,
    calls: Family<Counter>,
    budget_left: Family<Gauge>,
    batch_changes: Family<Histogram>,
    insync: Family<Histogram>,
    changes: Family<Counter>,
    quarantined: Family<Gauge>,
    zone_age: Family<Gauge>,
    zone_records: Family<Gauge>,
    zone_available: Family<Gauge>,
    process: ProcessMetrics,
}

/// One attempt of one call.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// Name of the operation.
    pub operation: &'static str,
    /// `ok`, or what kind of failure.
    pub result: &'static str,
    /// HTTP status; `None` when there was no answer.
    pub status: Option<u16>,
    /// From the moment the attempt was sent.
    pub duration: Duration,
}

/// What is known about a zone when metrics are read.
#[derive(Clone, Debug)]
pub struct ZoneSample {
    /// Its id.
    pub id: String,
    /// Its name; empty when the zone was given by its id and never reached.
    pub name: String,
    /// Since the last full read; `None` before the first.
    pub age: Option<Duration>,
    /// How many record sets it has, as far as is known.
    pub records: usize,
    /// Whether it can be used.
    pub available: bool,
}

impl Default for Metrics {
    fn default() -> Self {
        let of_zone = |name, help| Family::new(name, &["zone_id", "zone_name"], help);
        Self(Arc::new(Inner {
            exchanges: Family::new(
                "external_dns_http_request_duration_seconds",
                &["handler", "host", "method", "path", "scheme", "status"],
                "Time of each attempt of each call to AWS; status `unknown` when there was no answer",
            ),
            durations: Family::with_bounds(
                CALL_BOUNDS,
                "route53_webhook_aws_call_duration_seconds",
                &["operation"],
                "Time of each attempt of each call to AWS by operation",
            ),
            calls: Family::new(
                "route53_webhook_aws_calls_total",
                &["operation", "result"],
                "Attempts of calls to AWS by operation and result",
            ),
            budget_left: Family::new(
                "route53_webhook_aws_budget_left",
                &["account"],
                "Calls that could start right now; -1 without a limit",
            ),
            batch_changes: Family::with_bounds(
                BATCH_BOUNDS,
                "route53_webhook_batch_changes",
                &[],
                "Changes in each batch that Route 53 applied",
            ),
            insync: Family::with_bounds(
                INSYNC_BOUNDS,
                "route53_webhook_insync_seconds",
                &[],
                "Time from Route 53 taking a batch until all DNS servers of AWS had it; with --aws-wait-insync only",
            ),
            changes: Family::new(
                "route53_webhook_changes_total",
                &["outcome"],
                "Changes that were asked for, by what became of them",
            ),
            quarantined: Family::new(
                "route53_webhook_quarantined_groups",
                &[],
                "Names that are not tried for now because Route 53 refused them",
            ),
            zone_age: of_zone(
                "route53_webhook_zone_age_seconds",
                "Time since all record sets of the zone were read; -1 before the first time",
            ),
            zone_records: of_zone(
                "route53_webhook_zone_records",
                "Record sets in the zone, as far as is known",
            ),
            zone_available: of_zone(
                "route53_webhook_zone_available",
                "1 when the zone can be used, 0 when AWS denies it or has no such zone",
            ),
            process: ProcessMetrics::default(),
        }))
    }
}

impl Metrics {
    /// Counts one attempt of a call.
    pub fn called(&self, call: &Call) {
        let Call { operation, result, status, duration } = *call;
        self.0.calls.add(&[operation, result], 1.0);
        let seconds = duration.as_secs_f64();
        self.0.durations.observe(&[operation], seconds);
        let (method, path) = request(operation);
        let status = status.map_or_else(|| "unknown".to_owned(), |status| status.to_string());
        let values = ["instrumented_http", "route53.amazonaws.com", method, path, "https", &status];
        self.0.exchanges.observe(&values, seconds, Instant::now());
    }

    /// Counts one batch that Route 53 applied.
    pub fn wrote(&self, changes: usize) {
        self.0.batch_changes.observe(&[], number(changes));
        self.0.changes.add(&["written"], number(changes));
    }

    /// Notes that all DNS servers have a batch, that long after Route 53 took it.
    pub fn reached_all(&self, after: Duration) {
        self.0.insync.observe(&[], after.as_secs_f64());
    }

    /// Counts changes that were not written.
    pub fn refused(&self, changes: usize) {
        self.0.changes.add(&["refused"], number(changes));
    }

    /// Sets what can only be known at the moment of reading.
    pub fn sample(
        &self,
        zones: &[ZoneSample],
        budgets: impl IntoIterator<Item = (String, Option<usize>)>,
        quarantined: usize,
    ) {
        // Zones that have gone must not keep their last numbers for ever, so all are said anew.
        let each = |of: fn(&ZoneSample) -> f64| {
            zones.iter().map(move |zone| (vec![zone.id.clone(), zone.name.clone()], of(zone)))
        };
        self.0
            .zone_age
            .replace(each(|zone| zone.age.map_or(NONE, |age| age.as_secs_f64().floor())));
        self.0.zone_records.replace(each(|zone| number(zone.records)));
        self.0.zone_available.replace(each(|zone| f64::from(u8::from(zone.available))));
        for (account, left) in budgets {
            self.0.budget_left.set(&[&account], left.map_or(NONE, number));
        }
        self.0.quarantined.set(&[], number(quarantined));
    }
}

impl Exposition for Metrics {
    fn own(&self) -> Vec<&dyn Metric> {
        // No `..`: what is not listed would never be shown.
        let Inner {
            exchanges,
            durations,
            calls,
            budget_left,
            batch_changes,
            insync,
            changes,
            quarantined,
            zone_age,
            zone_records,
            zone_available,
            process: _,
        } = &*self.0;
        let mut all: Vec<&dyn Metric> = vec![exchanges, durations, calls, budget_left];
        all.extend([batch_changes as &dyn Metric, insync, changes, quarantined]);
        all.extend([zone_age as &dyn Metric, zone_records, zone_available]);
        all
    }

    fn process(&self) -> &ProcessMetrics {
        &self.0.process
    }
}

/// Returns the method of an operation's request, and the last part of its path.
///
/// Compat: ExternalDNS has no more of the path. Where that is an id, what stands before it is given.
fn request(operation: &str) -> (&'static str, &'static str) {
    match operation {
        "ChangeResourceRecordSets" => ("POST", "rrset"),
        "ListResourceRecordSets" => ("GET", "rrset"),
        "ListTagsForResources" => ("POST", "hostedzone"),
        "GetChange" => ("GET", "change"),
        "GetHostedZoneLimit" => ("GET", "MAX_RRSETS_BY_ZONE"),
        _ => ("GET", "hostedzone"),
    }
}
