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

/// Returns metrics as text, sorted by name; see [`CONTENT_TYPE`].
pub fn text(mut metrics: Vec<&dyn Metric>) -> String {
    metrics.sort_by_key(|metric| metric.description().name);
    let (mut text, now) = (String::new(), Instant::now());
    for metric in metrics {
        metric.write(&mut text, now);
    }
    text
}

/// Returns a count as metrics have it.
pub fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}
