//! Tries everything that a set of flags needs of each name server, without a change.

use daemon::Checklist;

use super::settings;
use crate::args::Args;
use crate::metrics::Metrics;
use crate::zone::Zone;

/// Prints one line for each thing that is needed, and fails when one is missing.
pub(super) async fn run(args: &Args) -> anyhow::Result<()> {
    let mut report = Checklist::default();
    for zone in settings::zones(args, &Metrics::default())? {
        for only in zone.by_server() {
            check(&only, args.records.dry_run, &mut report).await?;
        }
    }
    Ok(report.end("")?)
}

/// Tries one zone on one server: its serial, a transfer, and an update that does nothing.
async fn check(zone: &Zone, dry_run: bool, report: &mut Checklist) -> anyhow::Result<()> {
    let server = zone.config.servers.first().map(ToString::to_string).unwrap_or_default();
    let subject = format!("zone {} on {server}", zone.config.id);
    let serial = report.tried(format_args!("SOA query of {subject}"), zone.serial().await)?;
    if serial.is_none() {
        return Ok(());
    }
    let read = zone.read().await.map(|locked| locked.snapshot.len());
    report.tried(format_args!("AXFR of {subject}"), read)?;
    if !dry_run {
        report.tried(format_args!("UPDATE of {subject}"), zone.update_nothing().await)?;
    }
    Ok(())
}
