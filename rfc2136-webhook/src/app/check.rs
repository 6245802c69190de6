//! Tries everything that a set of flags needs of each name server, without a change.

use std::io::Write as _;

use anyhow::Context as _;

use super::settings;
use daemon::chain;

use crate::args::Args;
use crate::fault::Fault;
use crate::metrics::Metrics;
use crate::zone::Zone;

/// Prints one line for each thing that is needed, and fails when one is missing.
pub(super) async fn run(args: &Args) -> anyhow::Result<()> {
    let mut report = Report::default();
    for zone in settings::zones(args, &Metrics::default())? {
        for only in zone.by_server() {
            check(&only, args.records.dry_run, &mut report).await?;
        }
    }
    match report.problems {
        0 => Ok(()),
        problems => anyhow::bail!("{problems} of the above must be fixed"),
    }
}

/// Tries one zone on one server: its serial, a transfer, and an update that does nothing.
async fn check(zone: &Zone, dry_run: bool, report: &mut Report) -> anyhow::Result<()> {
    let server = zone.config.servers.first().map(ToString::to_string).unwrap_or_default();
    let subject = format!("zone {} on {server}", zone.config.id);
    let serial = report.tried("SOA query", &subject, zone.serial().await)?;
    if serial.is_none() {
        return Ok(());
    }
    let read = zone.read().await.map(|held| held.snapshot.len());
    report.tried("AXFR", &subject, read)?;
    if !dry_run {
        report.tried("UPDATE", &subject, zone.update_nothing().await)?;
    }
    Ok(())
}

#[derive(Default)]
struct Report {
    problems: usize,
}

impl Report {
    fn tried<T>(
        &mut self,
        what: &str,
        subject: &str,
        result: Result<T, Fault>,
    ) -> anyhow::Result<Option<T>> {
        let (line, value) = match result {
            Ok(value) => (format!("ok       {what} of {subject}"), Some(value)),
            Err(fault) => {
                self.problems += 1;
                (format!("MISSING  {what} of {subject}: {}", chain(&fault)), None)
            }
        };
        writeln!(std::io::stdout(), "{line}").context("standard output cannot be written to")?;
        Ok(value)
    }
}
