//! What the process counts.

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use crate::exchange::Attempt;

/// The counters of one process; clones share them.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<OperationLabels, Histogram, fn() -> Histogram>,
    message_changes: Histogram,
    changes: Family<OutcomeLabels, Counter>,
    zone_age: Family<ZoneLabels, Gauge>,
    zone_serial: Family<ZoneLabels, Gauge>,
    zone_records: Family<ZoneLabels, Gauge>,
    zone_available: Family<ZoneLabels, Gauge>,
    serial_went_back: Family<ZoneLabels, Gauge>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    server: String,
    operation: &'static str,
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabels {
    operation: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ZoneLabels {
    zone_id: String,
}

/// What is known about a zone when metrics are read.
#[derive(Clone, Debug)]
pub struct ZoneSample {
    /// Its id.
    pub id: String,
    /// Since it was last known to be true; `None` before the first read.
    pub age: Option<Duration>,
    /// Its version; `None` before the first read.
    pub serial: Option<u32>,
    /// How many record sets it has.
    pub records: usize,
    /// Whether it can be used.
    pub available: bool,
    /// How often its serial went back.
    pub serial_went_back: u64,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        let requests = Family::default();
        registry.register(
            "rfc2136_webhook_requests",
            "Requests to name servers by server, operation and result",
            requests.clone(),
        );
        let buckets = || Histogram::new(exponential_buckets(0.001, 2.0, 14));
        let durations = Family::new_with_constructor(buckets as fn() -> Histogram);
        registry.register(
            "rfc2136_webhook_request_duration_seconds",
            "Time of each request to a name server by operation",
            durations.clone(),
        );
        let message_changes = Histogram::new(exponential_buckets(1.0, 2.0, 11));
        registry.register(
            "rfc2136_webhook_message_changes",
            "Changes in each message that a name server took",
            message_changes.clone(),
        );
        let changes = Family::default();
        registry.register(
            "rfc2136_webhook_changes",
            "Changes that were asked for, by what became of them",
            changes.clone(),
        );
        let zone_age = Family::default();
        registry.register(
            "rfc2136_webhook_zone_age_seconds",
            "Time since what is known of the zone was last confirmed; -1 before the first time",
            zone_age.clone(),
        );
        let zone_serial = Family::default();
        registry.register(
            "rfc2136_webhook_zone_serial",
            "Serial of the zone as it was last read; -1 before the first time",
            zone_serial.clone(),
        );
        let zone_records = Family::default();
        registry.register(
            "rfc2136_webhook_zone_records",
            "Record sets in the zone, as far as is known",
            zone_records.clone(),
        );
        let zone_available = Family::default();
        registry.register(
            "rfc2136_webhook_zone_available",
            "1 when the zone could be read the last time, 0 when not",
            zone_available.clone(),
        );
        let serial_went_back = Family::default();
        registry.register(
            "rfc2136_webhook_zone_serial_went_back",
            "How often the serial of the zone was older than the one before",
            serial_went_back.clone(),
        );
        Self(Arc::new(Inner {
            registry,
            requests,
            durations,
            message_changes,
            changes,
            zone_age,
            zone_serial,
            zone_records,
            zone_available,
            serial_went_back,
        }))
    }
}

impl Metrics {
    /// Counts one request to a name server.
    pub fn asked(&self, attempt: &Attempt<'_>) {
        let Attempt { server, operation, result, duration } = attempt;
        let operation = operation.as_str();
        let labels = RequestLabels { server: server.to_string(), operation, result };
        self.0.requests.get_or_create(&labels).inc();
        let durations = self.0.durations.get_or_create(&OperationLabels { operation });
        durations.observe(duration.as_secs_f64());
    }

    /// Counts one message of changes that a name server took.
    pub fn wrote(&self, changes: usize) {
        self.0.message_changes.observe(f64::from(u32::try_from(changes).unwrap_or(u32::MAX)));
        let written = OutcomeLabels { outcome: "written" };
        self.0.changes.get_or_create(&written).inc_by(changes as u64);
    }

    /// Counts changes that were not written.
    pub fn refused(&self, changes: usize) {
        let refused = OutcomeLabels { outcome: "refused" };
        self.0.changes.get_or_create(&refused).inc_by(changes as u64);
    }

    /// Counts changes of which it is not known whether they were written.
    pub fn lost(&self, changes: usize) {
        let unknown = OutcomeLabels { outcome: "unknown" };
        self.0.changes.get_or_create(&unknown).inc_by(changes as u64);
    }

    /// Sets what can only be known at the moment of reading.
    pub fn sample(&self, zones: impl IntoIterator<Item = ZoneSample>) {
        for zone in zones {
            let ZoneSample { id, age, serial, records, available, serial_went_back } = zone;
            let labels = ZoneLabels { zone_id: id };
            let age = age.map_or(-1, |age| count(age.as_secs()));
            self.0.zone_age.get_or_create(&labels).set(age);
            self.0.zone_serial.get_or_create(&labels).set(serial.map_or(-1, i64::from));
            self.0.zone_records.get_or_create(&labels).set(count(records as u64));
            self.0.zone_available.get_or_create(&labels).set(i64::from(available));
            self.0.serial_went_back.get_or_create(&labels).set(count(serial_went_back));
        }
    }

    /// Returns everything as OpenMetrics text.
    ///
    /// # Errors
    ///
    /// Returns an error when the text cannot be written, which memory alone could cause.
    pub fn render(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.0.registry)?;
        Ok(text)
    }
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
