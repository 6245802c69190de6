//! What the sidecar counts, under the names that dashboards find it by.
//!
//! The duration of calls is there twice: as ExternalDNS has it, and as a histogram of our own, because
//! the quantiles of a summary cannot be added up over processes.

mod summary;

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use tokio::time::Instant;

use self::summary::Summary;

/// What ends the text of OpenMetrics.
const END: &str = "# EOF\n";

/// The counters of one process; clones share them.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registry: Registry,
    exchanges: Summary,
    durations: Family<OperationLabels, Histogram, fn() -> Histogram>,
    calls: Family<CallLabels, Counter>,
    budget_left: Family<AccountLabels, Gauge>,
    batch_changes: Histogram,
    insync: Histogram,
    changes: Family<OutcomeLabels, Counter>,
    quarantined: Gauge,
    zone_age: Family<ZoneLabels, Gauge>,
    zone_records: Family<ZoneLabels, Gauge>,
    zone_available: Family<ZoneLabels, Gauge>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabels {
    operation: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    operation: &'static str,
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AccountLabels {
    account: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ZoneLabels {
    zone_id: String,
    zone_name: String,
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
    /// Its name; empty when the zone was asked for by its id and never reached.
    pub name: String,
    /// Since the last full read; `None` before the first.
    pub age: Option<Duration>,
    /// How many record sets it holds, as far as is known.
    pub records: usize,
    /// Whether it can be used.
    pub available: bool,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        let buckets = || Histogram::new(exponential_buckets(0.01, 2.0, 12));
        let durations = Family::new_with_constructor(buckets as fn() -> Histogram);
        registry.register(
            "route53_webhook_aws_call_duration_seconds",
            "Time of each attempt of each call to AWS by operation",
            durations.clone(),
        );
        let calls = Family::default();
        registry.register(
            "route53_webhook_aws_calls",
            "Attempts of calls to AWS by operation and result",
            calls.clone(),
        );
        let budget_left = Family::default();
        registry.register(
            "route53_webhook_aws_budget_left",
            "Calls that could start right now; -1 without a limit",
            budget_left.clone(),
        );
        let batch_changes = Histogram::new(exponential_buckets(1.0, 2.0, 11));
        registry.register(
            "route53_webhook_batch_changes",
            "Changes in each batch that Route 53 applied",
            batch_changes.clone(),
        );
        let insync = Histogram::new(exponential_buckets(1.0, 2.0, 8));
        registry.register(
            "route53_webhook_insync_seconds",
            "Time from Route 53 taking a batch until all DNS servers of AWS had it; with --aws-wait-insync only",
            insync.clone(),
        );
        let changes = Family::default();
        registry.register(
            "route53_webhook_changes",
            "Changes that were asked for, by what became of them",
            changes.clone(),
        );
        let quarantined = Gauge::default();
        registry.register(
            "route53_webhook_quarantined_groups",
            "Names that are not tried for now because Route 53 refused them",
            quarantined.clone(),
        );
        let zone_age = Family::default();
        registry.register(
            "route53_webhook_zone_age_seconds",
            "Time since all record sets of the zone were read; -1 before the first time",
            zone_age.clone(),
        );
        let zone_records = Family::default();
        registry.register(
            "route53_webhook_zone_records",
            "Record sets in the zone, as far as is known",
            zone_records.clone(),
        );
        let zone_available = Family::default();
        registry.register(
            "route53_webhook_zone_available",
            "1 when the zone can be used, 0 when AWS denies it or has no such zone",
            zone_available.clone(),
        );
        Self(Arc::new(Inner {
            registry,
            exchanges: Summary::new(
                "external_dns_http_request_duration_seconds",
                "Time of each attempt of each call to AWS; status `unknown` when there was no answer",
            ),
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
        }))
    }
}

impl Metrics {
    /// Counts one attempt of a call.
    pub fn called(&self, call: &Call) {
        let Call { operation, result, status, duration } = *call;
        self.0.calls.get_or_create(&CallLabels { operation, result }).inc();
        let seconds = duration.as_secs_f64();
        self.0.durations.get_or_create(&OperationLabels { operation }).observe(seconds);
        let (method, path) = request(operation);
        let labels = [
            ("handler", "instrumented_http"),
            ("host", "route53.amazonaws.com"),
            ("method", method),
            ("path", path),
            ("scheme", "https"),
            ("status", &status.map_or_else(|| "unknown".to_owned(), |status| status.to_string())),
        ];
        self.0.exchanges.observe(&labels, seconds, Instant::now());
    }

    /// Counts one batch that Route 53 applied.
    pub fn wrote(&self, changes: usize) {
        self.0.batch_changes.observe(f64::from(u32::try_from(changes).unwrap_or(u32::MAX)));
        let written = OutcomeLabels { outcome: "written" };
        self.0.changes.get_or_create(&written).inc_by(changes as u64);
    }

    /// Notes that all DNS servers have a batch, that long after Route 53 took it.
    pub fn reached_all(&self, after: Duration) {
        self.0.insync.observe(after.as_secs_f64());
    }

    /// Counts changes that were not written.
    pub fn refused(&self, changes: usize) {
        let refused = OutcomeLabels { outcome: "refused" };
        self.0.changes.get_or_create(&refused).inc_by(changes as u64);
    }

    /// Sets what can only be known at the moment of reading.
    pub fn sample(
        &self,
        zones: &[ZoneSample],
        budgets: impl IntoIterator<Item = (String, Option<usize>)>,
        quarantined: usize,
    ) {
        // Zones that have gone must not keep their last numbers for ever.
        self.0.zone_age.clear();
        self.0.zone_records.clear();
        self.0.zone_available.clear();
        for ZoneSample { id, name, age, records, available } in zones {
            let labels = ZoneLabels { zone_id: id.clone(), zone_name: name.clone() };
            let age = age.map_or(-1, |age| i64::try_from(age.as_secs()).unwrap_or(i64::MAX));
            self.0.zone_age.get_or_create(&labels).set(age);
            self.0.zone_records.get_or_create(&labels).set(count(*records));
            self.0.zone_available.get_or_create(&labels).set(i64::from(*available));
        }
        for (account, left) in budgets {
            let labels = AccountLabels { account };
            self.0.budget_left.get_or_create(&labels).set(left.map_or(-1, count));
        }
        self.0.quarantined.set(count(quarantined));
    }

    /// Returns everything as OpenMetrics text.
    ///
    /// # Errors
    ///
    /// Returns an error when the text cannot be written, which memory alone could cause.
    pub fn render(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.0.registry)?;
        text.truncate(text.strip_suffix(END).unwrap_or(&text).len());
        self.0.exchanges.write(&mut text, Instant::now())?;
        text.push_str(END);
        Ok(text)
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

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
