//! What a metric is: a name, a meaning, and a number or a distribution for each set of labels.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::text::{Lines, written};

/// How many observations a summary looks back on at most.
const REMEMBERED: usize = 500;

/// How long a summary looks back: as long as those of Prometheus' own client.
const MEMORY: Duration = Duration::from_mins(10);

/// Quantiles of a summary: those of `ExternalDNS`.
const QUANTILES: [f64; 3] = [0.5, 0.9, 0.99];

/// What a metric is called and what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Description {
    /// Its whole name.
    pub name: &'static str,
    /// Its type.
    pub kind: MetricKind,
    /// Names of its labels.
    pub labels: &'static [&'static str],
    /// What it means, in one line.
    pub help: &'static str,
}

/// The type of a metric, as `# TYPE` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// A number that grows until the process ends.
    Counter,
    /// A number that is true now.
    Gauge,
    /// How many observations were at most how large.
    Histogram,
    /// How large certain shares of the latest observations were at most.
    Summary,
}

/// Something that can be read.
pub trait Metric {
    /// Returns what it is called and means.
    fn description(&self) -> Description;
    /// Writes all samples as of `now`.
    fn write(&self, text: &mut String, now: Instant);
}

/// What a metric has for one set of labels.
pub trait Series: Clone + Send {
    /// Its type.
    const KIND: MetricKind;
    /// Writes the samples of one series, as of `now`.
    fn write(&self, lines: &mut Lines<'_>, values: &[String], now: Instant);
}

/// A number that grows.
#[derive(Clone, Debug, Default)]
pub struct Counter(f64);

/// A number that is true now.
#[derive(Clone, Debug, Default)]
pub struct Gauge(f64);

/// How many observations were at most how large.
#[derive(Clone, Debug)]
pub struct Histogram {
    bounds: &'static [f64],
    /// One for each bound, and one for what is larger.
    counts: Vec<f64>,
    sum: f64,
}

/// How large certain shares of the latest observations were at most.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    latest: VecDeque<(Instant, f64)>,
    count: f64,
    sum: f64,
}

/// A metric: one series for each set of values of its labels.
#[derive(Debug)]
pub struct Family<S> {
    description: Description,
    empty: S,
    series: Mutex<BTreeMap<Vec<String>, S>>,
}

impl fmt::Display for MetricKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Summary => "summary",
        })
    }
}

impl<S: Series> Family<S> {
    fn starting(
        empty: S,
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
    ) -> Self {
        let mut series = BTreeMap::new();
        if labels.is_empty() {
            // Without labels there is one series, and it is there from the start.
            series.insert(Vec::new(), empty.clone());
        }
        let description = Description { name, kind: S::KIND, labels, help };
        Self { description, empty, series: Mutex::new(series) }
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<Vec<String>, S>> {
        self.series.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, values: &[&str], change: impl FnOnce(&mut S)) {
        debug_assert_eq!(values.len(), self.description.labels.len(), "{:?}", self.description);
        let values = values.iter().map(ToString::to_string).collect();
        change(self.all().entry(values).or_insert_with(|| self.empty.clone()));
    }
}

impl<S: Series + Default> Family<S> {
    /// Returns a metric without observations.
    pub fn new(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Self {
        Self::starting(S::default(), name, labels, help)
    }
}

impl Family<Counter> {
    /// Adds to what was counted.
    pub fn add(&self, values: &[&str], count: f64) {
        self.change(values, |sample| sample.0 += count);
    }

    /// Says what another counter has counted so far; less than before is not believed.
    pub fn reach(&self, values: &[&str], count: f64) {
        self.change(values, |sample| sample.0 = sample.0.max(count));
    }
}

impl Family<Gauge> {
    /// Says what is true now.
    pub fn set(&self, values: &[&str], number: f64) {
        self.change(values, |sample| sample.0 = number);
    }

    /// Says what is true now, and returns what was.
    pub fn swap(&self, values: &[&str], number: f64) -> f64 {
        let mut before = 0.0;
        self.change(values, |sample| before = std::mem::replace(&mut sample.0, number));
        before
    }

    /// Adds to what is true.
    pub fn add(&self, values: &[&str], number: f64) {
        self.change(values, |sample| sample.0 += number);
    }

    /// Says everything that is true now; what is not said is gone, and what is said twice adds up.
    pub fn replace(&self, now: impl IntoIterator<Item = (Vec<String>, f64)>) {
        let mut all = BTreeMap::new();
        for (values, number) in now {
            all.entry(values).or_insert_with(Gauge::default).0 += number;
        }
        *self.all() = all;
    }
}

impl Family<Histogram> {
    /// Returns a metric without observations; `bounds` are the upper ends, in rising order.
    pub fn with_bounds(
        bounds: &'static [f64],
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
    ) -> Self {
        let counts = vec![0.0; bounds.len() + 1];
        Self::starting(Histogram { bounds, counts, sum: 0.0 }, name, labels, help)
    }

    /// Notes an observation.
    pub fn observe(&self, values: &[&str], number: f64) {
        self.change(values, |sample| {
            let at = sample.bounds.iter().position(|bound| number <= *bound);
            if let Some(count) = sample.counts.get_mut(at.unwrap_or(sample.bounds.len())) {
                *count += 1.0;
            }
            sample.sum += number;
        });
    }
}

impl Family<Summary> {
    /// Notes an observation made at `now`.
    pub fn observe(&self, values: &[&str], number: f64, now: Instant) {
        self.change(values, |sample| {
            if sample.latest.len() >= REMEMBERED {
                sample.latest.pop_front();
            }
            sample.latest.push_back((now, number));
            sample.count += 1.0;
            sample.sum += number;
        });
    }
}

impl<S: Series> Metric for Family<S> {
    fn description(&self) -> Description {
        self.description
    }

    fn write(&self, text: &mut String, now: Instant) {
        let mut lines = Lines::begin(text, self.description);
        for (values, series) in self.all().iter() {
            series.write(&mut lines, values, now);
        }
    }
}

impl Series for Counter {
    const KIND: MetricKind = MetricKind::Counter;

    fn write(&self, lines: &mut Lines<'_>, values: &[String], _now: Instant) {
        lines.sample("", values, None, self.0);
    }
}

impl Series for Gauge {
    const KIND: MetricKind = MetricKind::Gauge;

    fn write(&self, lines: &mut Lines<'_>, values: &[String], _now: Instant) {
        lines.sample("", values, None, self.0);
    }
}

impl Series for Histogram {
    const KIND: MetricKind = MetricKind::Histogram;

    fn write(&self, lines: &mut Lines<'_>, values: &[String], _now: Instant) {
        let bounds = self.bounds.iter().copied().chain([f64::INFINITY]);
        let mut total = 0.0;
        for (bound, count) in bounds.zip(&self.counts) {
            total += count;
            lines.sample("_bucket", values, Some(("le", &written(bound))), total);
        }
        lines.sample("_sum", values, None, self.sum);
        lines.sample("_count", values, None, total);
    }
}

impl Series for Summary {
    const KIND: MetricKind = MetricKind::Summary;

    fn write(&self, lines: &mut Lines<'_>, values: &[String], now: Instant) {
        let recent = self.latest.iter().filter(|(at, _)| now.duration_since(*at) <= MEMORY);
        let mut recent: Vec<_> = recent.map(|(_, number)| *number).collect();
        recent.sort_by(f64::total_cmp);
        for quantile in QUANTILES {
            let number = self::quantile(&recent, quantile);
            lines.sample("", values, Some(("quantile", &written(quantile))), number);
        }
        lines.sample("_sum", values, None, self.sum);
        lines.sample("_count", values, None, self.count);
    }
}

/// Returns the smallest number that at least that share of `sorted` does not exceed; not a number
/// when there is none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a place among a few hundred numbers"
)]
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(place.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests;
