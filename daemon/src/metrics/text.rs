//! Writes metrics in Prometheus' text format, version 0.0.4.
//!
//! Not in that of OpenMetrics, which puts `_total` behind the name of every counter: then names that
//! `ExternalDNS`'s dashboards ask for would be others. Every scraper reads this one.

use std::fmt::Write as _;

use super::family::Description;

/// What the text is, as `Content-Type` says it ([format]).
///
/// [format]: https://prometheus.io/docs/instrumenting/exposition_formats/
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Writes the samples of one metric.
#[derive(Debug)]
pub struct Lines<'a> {
    text: &'a mut String,
    description: Description,
}

impl<'a> Lines<'a> {
    /// Begins a metric.
    pub(super) fn begin(text: &'a mut String, description: Description) -> Self {
        let Description { name, kind, help, labels: _ } = description;
        let help = help.replace('\\', r"\\").replace('\n', r"\n");
        // Writing to memory cannot fail.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        Self { text, description }
    }

    /// Writes one sample; `suffix` goes behind the name, and `further` is a label of its own.
    pub(super) fn sample(
        &mut self,
        suffix: &str,
        values: &[String],
        further: Option<(&str, &str)>,
        number: f64,
    ) {
        let Description { name, labels, .. } = self.description;
        let own = labels.iter().copied().zip(values.iter().map(String::as_str));
        let pairs: Vec<_> = own
            .chain(further)
            .map(|(label, value)| format!("{label}=\"{}\"", escaped(value)))
            .collect();
        let pairs =
            if pairs.is_empty() { String::new() } else { format!("{{{}}}", pairs.join(",")) };
        let _ = writeln!(self.text, "{name}{suffix}{pairs} {}", written(number));
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
}

/// Returns a number as the format spells it.
pub(super) fn written(number: f64) -> String {
    match number {
        f64::INFINITY => "+Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        finite => finite.to_string(),
    }
}
