//! `signpost ownership`: whose the records are, taking some over, and disowning some.

mod take;

use std::process::ExitCode;

use anyhow::bail;
use controller_core::registry::{Finding, Inventory, Oddity, Registry as _, TxtRegistry};
use external_dns_webhook::client::Client;
use external_dns_webhook::{Changes, DnsName, DomainFilter, Provider};

use super::{preview, print};
use crate::app;
use crate::args::{
    AuditArgs, DisownArgs, OutputFormat, OwnershipAction, OwnershipArgs, OwnershipCommandArgs,
    ProviderArgs,
};

/// Status that says there is something to write, as for `plan`.
const CHANGES: u8 = 2;

/// Does what was asked about ownership.
///
/// # Errors
///
/// Returns an error when the provider fails, or a change was not taken.
pub async fn run(args: OwnershipCommandArgs) -> anyhow::Result<ExitCode> {
    match args.action {
        OwnershipAction::Audit(args) => audit(*args).await,
        OwnershipAction::Migrate(args) => Box::pin(take::migrate(*args)).await,
        OwnershipAction::Adopt(args) => Box::pin(take::adopt(*args)).await,
        OwnershipAction::Disown(args) => disown(*args).await,
    }
}

async fn audit(args: AuditArgs) -> anyhow::Result<ExitCode> {
    let AuditArgs { provider, ownership, log: _, output } = args;
    let owner = ownership.txt_owner_id.clone();
    let (_, _, inventory) = read(&provider, ownership).await?;
    let audit = inventory.audit(&owner);
    if output == OutputFormat::Json {
        print::json(&audit)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut rows = vec![["OWNER", "RECORDS"].map(str::to_owned)];
    rows.extend(audit.owners.iter().map(|(owner, count)| [owner.clone(), count.to_string()]));
    rows.push(["(nobody)".to_owned(), audit.unowned.to_string()]);
    print::text(&print::columns(&rows))?;
    let line = |finding: &Finding| {
        let oddity = match finding.oddity {
            Oddity::OldForm => {
                "has an ownership record in an older form; `--normalise-ownership-records` rewrites it"
            }
            Oddity::Ambiguous => "has an ownership record that could be about another name",
            Oddity::WithoutRecord => "is an ownership record of ours without a record",
        };
        let zone = finding.zone.as_ref().map(|zone| format!(" in {zone}")).unwrap_or_default();
        format!("{}{zone} {oddity}", finding.name)
    };
    print::text(&print::lines(audit.findings.iter().map(line)))?;
    Ok(ExitCode::SUCCESS)
}

async fn disown(args: DisownArgs) -> anyhow::Result<ExitCode> {
    let DisownArgs { names, apply, provider, ownership, log: _ } = args;
    if ownership.txt_owner_id.is_empty() {
        bail!("whose records are to be given up? say `--txt-owner-id=…`");
    }
    let names: Vec<DnsName> = names.into_iter().map(DnsName::from).collect();
    let (client, registry, inventory) = read(&provider, ownership).await?;
    let changes = registry.disown(&inventory, &names);
    if changes.is_empty() {
        print::text("Nothing to disown: this owner has no ownership record on those names.\n")?;
        return Ok(ExitCode::SUCCESS);
    }
    print::plan(&print::lines(preview::lines(&changes)))?;
    if !apply {
        print::text(print::NOTHING_WRITTEN)?;
        return Ok(ExitCode::from(CHANGES));
    }
    write(&client, changes).await
}

async fn write(provider: &impl Provider, changes: Changes) -> anyhow::Result<ExitCode> {
    let applied = provider.apply(changes).await?;
    match applied.refused.first() {
        None => Ok(ExitCode::SUCCESS),
        Some(first) => bail!("the provider did not take `{}`: {}", first.dns_name, first.message),
    }
}

async fn read(
    provider: &ProviderArgs,
    ownership: OwnershipArgs,
) -> anyhow::Result<(Client, TxtRegistry, Inventory)> {
    let registry = app::txt_registry(ownership)?;
    let client = app::client(provider)?;
    let negotiation = client.negotiate().await?;
    let zones = client.zones().await?;
    if negotiation.extensions.offer_zoned_records() {
        let records = client.records().await?;
        let inventory = registry.read_zones(records, &zones);
        return Ok((client, registry, inventory));
    }
    let mut zones: Vec<_> = zones.into_iter().map(|zone| zone.name).collect();
    if zones.is_empty()
        && let DomainFilter::Lists { include, .. } = &negotiation.domain_filter
    {
        let names = include.iter().filter(|include| !include.starts_with('.'));
        zones = names.map(|name| name.as_str().into()).collect();
    }
    let records = client.records().await?;
    let inventory = registry.read(records, &zones);
    Ok((client, registry, inventory))
}
