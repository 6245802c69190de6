//! How the name servers are, for probes and people.

use daemon::metrics::Exposition as _;
use external_dns_webhook::counted;
use external_dns_webhook::server::{Health, HealthReport};

use super::Rfc2136;
use crate::hidden;
use crate::zone::Summary;

/// Most record sets of a zone that are told to be hidden.
const MAX_HIDDEN_SHOWN: usize = 20;

/// What is so in a dry run.
const DRY_RUN: &str = "it runs with --dry-run: nothing is written, whatever is asked";

impl Health for Rfc2136 {
    /// Returns how the provider is: it serves when at least one zone can be used.
    ///
    /// A zone that cannot be used is told to the controller with its reason, and takes no other with
    /// it. Before the first request, the zones are read for this answer.
    async fn health(&self, is_verbose: bool) -> HealthReport {
        let zones = self.served();
        let is_new = |zone: &Summary| zone.serial.is_none() && zone.problem.is_none();
        for zone in &zones {
            if is_new(&zone.summary()) {
                // What comes of it stands in the summary.
                drop(zone.read().await);
            }
        }
        let mut report = HealthReport::default();
        if self.is_dry_run() {
            report.problems.push(DRY_RUN.to_owned());
        }
        for zone in &zones {
            let (id, summary) = (&zone.config.id, zone.summary());
            report.is_ready |= summary.problem.is_none();
            let problem = summary.problem.map(|problem| format!("zone `{id}`: {problem}"));
            report.problems.extend(problem);
            let records = summary.records;
            let detail = |serial| {
                format!("zone: {id} has {} at serial {serial}", counted(records, "record set"))
            };
            report.details.extend(summary.serial.map(detail));
            let known = if is_verbose { zone.known() } else { None };
            if let Some(snapshot) = known {
                let hidden = hidden::all(&snapshot, &zone.config.name, MAX_HIDDEN_SHOWN);
                let line = |set| format!("hidden: {set}, in zone {id}");
                report.details.extend(hidden.into_iter().map(line));
            }
        }
        report
    }

    fn metrics_text(&self) -> String {
        self.metrics().text()
    }
}
