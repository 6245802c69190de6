//! How Route 53 is, for probes and people.

use daemon::metrics::Exposition as _;
use external_dns_webhook::server::{Health, HealthReport};

use super::{Readiness, Route53};

/// What is so in a dry run.
const DRY_RUN: &str = "it runs with --dry-run: nothing is written, whatever is asked";

impl Health for Route53 {
    async fn health(&self, is_verbose: bool) -> HealthReport {
        let Readiness { is_ready, mut problems, zones } = self.readiness();
        if self.config().dry_run {
            problems.push(DRY_RUN.to_owned());
        }
        if !is_verbose {
            return HealthReport { is_ready, problems, details: Vec::new() };
        }
        let zones = zones.into_iter().map(|zone| format!("zone: {zone}"));
        let copies = self.misplaced().into_iter().map(|copy| format!("misplaced copy: {copy}"));
        let hidden = self.hidden().into_iter().map(|set| format!("hidden: {set}"));
        HealthReport { is_ready, problems, details: zones.chain(copies).chain(hidden).collect() }
    }

    fn metrics_text(&self) -> String {
        self.metrics().text()
    }
}
