//! What the process counts.

use std::sync::Arc;
use std::time::Duration;

use daemon::metrics::{
    Counter, Exposition, Family, Gauge, Histogram, Metric, ProcessMetrics, number,
};

use crate::exchange::Attempt;

/// Upper ends for how long requests take, in seconds.
const REQUEST_BOUNDS: &[f64] = &[
    0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048, 4.096,
    8.192,
];

/// Upper ends for how many changes are in a message.
const MESSAGE_BOUNDS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0];

/// What stands for a number that is not known.
const NONE: f64 = -1.0;

/// The counters of one process; clones share them.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    requests: Family<Counter>,
    durations: Family<Histogram>,
    message_changes: Family<Histogram>,
    changes: Family<Counter>,
    zone_age: Family<Gauge>,
    zone_serial: Family<Gauge>,
    zone_records: Family<Gauge>,
    zone_available: Family<Gauge>,
    serial_went_back: Family<Gauge>,
    process: ProcessMetrics,
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
        let of_zone = |name, help| Family::new(name, &["zone_id"], help);
        Self(Arc::new(Inner {
            requests: Family::new(
                "rfc2136_webhook_requests_total",
                &["server", "operation", "result"],
                "Requests to name servers by server, operation and result",
            ),
            durations: Family::with_bounds(
                REQUEST_BOUNDS,
                "rfc2136_webhook_request_duration_seconds",
                &["operation"],
                "Time of each request to a name server by operation",
            ),
            message_changes: Family::with_bounds(
                MESSAGE_BOUNDS,
                "rfc2136_webhook_message_changes",
                &[],
                "Changes in each message that a name server took",
            ),
            changes: Family::new(
                "rfc2136_webhook_changes_total",
                &["outcome"],
                "Changes that were asked for, by what became of them",
            ),
            zone_age: of_zone(
                "rfc2136_webhook_zone_age_seconds",
                "Time since what is known of the zone was last confirmed; -1 before the first time",
            ),
            zone_serial: of_zone(
                "rfc2136_webhook_zone_serial",
                "Serial of the zone as it was last read; -1 before the first time",
            ),
            zone_records: of_zone(
                "rfc2136_webhook_zone_records",
                "Record sets in the zone, as far as is known",
            ),
            zone_available: of_zone(
                "rfc2136_webhook_zone_available",
                "1 when the zone could be read the last time, 0 when not",
            ),
            serial_went_back: of_zone(
                "rfc2136_webhook_zone_serial_went_back",
                "How often the serial of the zone was older than the one before",
            ),
            process: ProcessMetrics::default(),
        }))
    }
}

impl Metrics {
    /// Counts one request to a name server.
    pub fn attempted(&self, attempt: &Attempt<'_>) {
        let Attempt { server, operation, result, duration } = attempt;
        let operation = operation.as_str();
        self.0.requests.add(&[&server.to_string(), operation, result], 1.0);
        self.0.durations.observe(&[operation], duration.as_secs_f64());
    }

    /// Counts one message of changes that a name server took.
    pub fn wrote(&self, changes: usize) {
        self.0.message_changes.observe(&[], number(changes));
        self.0.changes.add(&["written"], number(changes));
    }

    /// Counts changes that were not written.
    pub fn refused(&self, changes: usize) {
        self.0.changes.add(&["refused"], number(changes));
    }

    /// Counts changes of which it is not known whether they were written.
    pub fn unknown(&self, changes: usize) {
        self.0.changes.add(&["unknown"], number(changes));
    }

    /// Sets what can only be known at the moment of reading.
    pub fn sample(&self, zones: impl IntoIterator<Item = ZoneSample>) {
        for zone in zones {
            let ZoneSample { id, age, serial, records, available, serial_went_back } = zone;
            let id = &[id.as_str()];
            self.0.zone_age.set(id, age.map_or(NONE, |age| age.as_secs_f64().floor()));
            self.0.zone_serial.set(id, serial.map_or(NONE, f64::from));
            self.0.zone_records.set(id, number(records));
            self.0.zone_available.set(id, f64::from(u8::from(available)));
            let went_back = u32::try_from(serial_went_back).map_or(f64::INFINITY, f64::from);
            self.0.serial_went_back.set(id, went_back);
        }
    }
}

impl Exposition for Metrics {
    fn own(&self) -> Vec<&dyn Metric> {
        // No `..`: what is not listed would never be shown.
        let Inner {
            requests,
            durations,
            message_changes,
            changes,
            zone_age,
            zone_serial,
            zone_records,
            zone_available,
            serial_went_back,
            process: _,
        } = &*self.0;
        let mut all: Vec<&dyn Metric> = vec![requests, durations, message_changes, changes];
        all.extend([zone_age as &dyn Metric, zone_serial, zone_records, zone_available]);
        all.push(serial_went_back);
        all
    }

    fn process(&self) -> &ProcessMetrics {
        &self.0.process
    }
}
