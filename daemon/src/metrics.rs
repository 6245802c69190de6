//! What a process counts, and the text in which scrapers read it.
//!
//! Written here, although there are libraries: what renders OpenMetrics puts `_total` behind the name of
//! every counter and has no summaries, and dashboards of ExternalDNS ask for names and summaries as
//! they are there.

mod family;
mod process;
mod text;

use tokio::time::Instant;

pub use self::family::{
    Counter, Description, Family, Gauge, Histogram, Metric, MetricKind, Series, Summary,
};
pub use self::process::ProcessMetrics;
pub use self::text::{CONTENT_TYPE, Lines};

/// All that a program counts.
pub trait Exposition {
    /// Returns the metrics of the program itself, in any order.
    fn own(&self) -> Vec<&dyn Metric>;

    /// Returns what is known of the process.
    fn process(&self) -> &ProcessMetrics;

    /// Returns all metrics, sorted by name.
    fn all(&self) -> Vec<&dyn Metric> {
        let mut all = self.own();
        all.extend(self.process().all());
        all.sort_by_key(|metric| metric.description().name);
        all
    }

    /// Returns what every metric is called and means.
    fn descriptions(&self) -> Vec<Description> {
        self.all().into_iter().map(Metric::description).collect()
    }

    /// Returns everything as text, as it is now; see [`CONTENT_TYPE`].
    fn text(&self) -> String {
        self.process().sample();
        let (mut text, now) = (String::new(), Instant::now());
        for metric in self.all() {
            metric.write(&mut text, now);
        }
        text
    }
}

/// Returns a count as metrics have it.
pub fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}
