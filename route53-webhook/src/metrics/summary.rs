//! A summary: how long certain shares of the latest calls took at most.
//!
//! What renders the other metrics has no summaries, so this one writes itself, in OpenMetrics' text.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How many observations are looked back on at most.
const REMEMBERED: usize = 500;

/// How far is looked back: as far as Prometheus' own client does.
const MEMORY: Duration = Duration::from_mins(10);

/// Compat: the quantiles of ExternalDNS.
const QUANTILES: [f64; 3] = [0.5, 0.9, 0.99];

/// A metric of this kind, with a series for each set of labels.
#[derive(Debug)]
pub(super) struct Summary {
    name: &'static str,
    help: &'static str,
    series: Mutex<BTreeMap<String, Series>>,
}

#[derive(Debug, Default)]
struct Series {
    latest: VecDeque<(Instant, f64)>,
    count: u64,
    sum: f64,
}

impl Summary {
    /// Returns a summary without observations.
    pub(super) fn new(name: &'static str, help: &'static str) -> Self {
        Self { name, help, series: Mutex::default() }
    }

    /// Notes an observation made at `now`; no label may hold what the text would have to escape.
    pub(super) fn observe(&self, labels: &[(&str, &str)], number: f64, now: Instant) {
        let pairs: Vec<_> =
            labels.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
        let mut all = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        let series = all.entry(pairs.join(",")).or_default();
        if series.latest.len() >= REMEMBERED {
            series.latest.pop_front();
        }
        series.latest.push_back((now, number));
        series.count += 1;
        series.sum += number;
    }

    /// Writes all samples as of `now`.
    pub(super) fn write(&self, text: &mut String, now: Instant) -> std::fmt::Result {
        let Self { name, help, series } = self;
        writeln!(text, "# HELP {name} {help}.\n# TYPE {name} summary")?;
        for (labels, series) in series.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let recent = series.latest.iter().filter(|(at, _)| now.duration_since(*at) <= MEMORY);
            let mut recent: Vec<_> = recent.map(|(_, number)| *number).collect();
            recent.sort_by(f64::total_cmp);
            for share in QUANTILES {
                let number = quantile(&recent, share);
                writeln!(text, "{name}{{{labels},quantile=\"{share}\"}} {number:?}")?;
            }
            let Series { latest: _, count, sum } = series;
            writeln!(text, "{name}_sum{{{labels}}} {sum:?}\n{name}_count{{{labels}}} {count}")?;
        }
        Ok(())
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
mod tests {
    use super::*;

    fn read(summary: &Summary, now: Instant) -> Vec<String> {
        let mut text = String::new();
        summary.write(&mut text, now).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn shares_of_the_last_minutes_are_told_and_all_is_counted() {
        let summary = Summary::new("took_seconds", "Time");
        let start = Instant::now();
        for number in (1_u32..=10).rev() {
            summary.observe(&[("path", "rrset")], f64::from(number), start);
        }
        assert_eq!(
            read(&summary, start + MEMORY),
            [
                "# HELP took_seconds Time.",
                "# TYPE took_seconds summary",
                "took_seconds{path=\"rrset\",quantile=\"0.5\"} 5.0",
                "took_seconds{path=\"rrset\",quantile=\"0.9\"} 9.0",
                "took_seconds{path=\"rrset\",quantile=\"0.99\"} 10.0",
                "took_seconds_sum{path=\"rrset\"} 55.0",
                "took_seconds_count{path=\"rrset\"} 10",
            ]
        );
        let later = start + MEMORY + Duration::from_secs(1);
        let lines = read(&summary, later);
        assert_eq!(lines[2], "took_seconds{path=\"rrset\",quantile=\"0.5\"} NaN");
        assert_eq!(lines[6], "took_seconds_count{path=\"rrset\"} 10");
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let summary = Summary::new("took_seconds", "Time");
        let now = Instant::now();
        for number in 0..2 * REMEMBERED {
            summary.observe(&[("path", "rrset")], if number < REMEMBERED { 9.0 } else { 1.0 }, now);
        }
        let lines = read(&summary, now);
        assert_eq!(lines[4], "took_seconds{path=\"rrset\",quantile=\"0.99\"} 1.0");
        assert_eq!(lines[6], format!("took_seconds_count{{path=\"rrset\"}} {}", 2 * REMEMBERED));
    }
}
