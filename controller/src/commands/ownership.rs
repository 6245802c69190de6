//! `signpost ownership`: whose the records are, taking some over, and disowning some.

mod take;

use std::process::ExitCode;

use anyhow::bail;
use controller_core::inventory::{Audit, Finding, Inventory, Oddity};
use controller_core::registry::{Registry as _, TxtRegistry};
use external_dns_webhook::client::Client;
use external_dns_webhook::{CanonicalName, DnsName, DomainFilter, Elsewhere, Provider as _};
use serde::Serialize;

use super::apply::NotedChanges;
use super::{apply, preview, print};
use crate::app;
use crate::args::{
    AuditArgs, DisownArgs, OutputFormat, OwnershipAction, OwnershipArgs, OwnershipCommandArgs,
    ProviderArgs,
};
use crate::reconcile::{UnusableZone, unusable, unusable_for};

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
    let unread = unusable(&inventory);
    if output == OutputFormat::Json {
        print::json(&AuditView { audit, unusable_zones: &unread })?;
        return unless_unread(&unread, ExitCode::SUCCESS);
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
    unless_unread(&unread, ExitCode::SUCCESS)
}

/// What an audit found, with where it could not look.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AuditView<'a> {
    #[serde(flatten)]
    audit: Audit,
    unusable_zones: &'a [UnusableZone],
}

/// Returns how a command ends that could not look into some zones: that it did all that could be done
/// elsewhere is no success.
///
/// # Errors
///
/// Returns an error that names the first of them, if there are any.
fn unless_unread(zones: &[UnusableZone], code: ExitCode) -> anyhow::Result<ExitCode> {
    let Some(first) = zones.first() else { return Ok(code) };
    let others = match zones.len() {
        1 => String::new(),
        count => format!(" (and {} more)", count - 1),
    };
    bail!(
        "{first}{others}; what it holds is not known and stays as it is: do this again when it can be read"
    )
}

/// Checks that no other shard has one of `names`: nothing can be said of it here.
///
/// # Errors
///
/// Returns an error that names the first of them.
fn refuse_elsewhere<'a>(
    elsewhere: &Elsewhere,
    names: impl IntoIterator<Item = &'a CanonicalName>,
) -> anyhow::Result<()> {
    if let Some(name) = names.into_iter().find(|name| elsewhere.has(name)) {
        match elsewhere.shard_of(name) {
            Some(shard) => bail!(
                "`{name}` is in a zone of shard {shard}; give `--shard={shard}`, and its provider"
            ),
            None => bail!(
                "`{name}` is in a zone of another shard; give --shard of that one, and its provider"
            ),
        }
    }
    Ok(())
}

async fn disown(args: DisownArgs) -> anyhow::Result<ExitCode> {
    let DisownArgs { names, apply: writes, provider, ownership, state, kubernetes, log: _ } = args;
    if ownership.txt_owner_id.is_empty() {
        bail!("which owner is to disown them? say `--txt-owner-id=…`");
    }
    let names: Vec<DnsName> = names.into_iter().map(DnsName::from).collect();
    let (client, registry, inventory) = read(&provider, ownership).await?;
    let negotiation = client.negotiate().await?;
    let elsewhere = Elsewhere::of(negotiation.shard.as_ref());
    refuse_elsewhere(&elsewhere, names.iter().map(DnsName::canonical))?;
    let changes = registry.disown(&inventory, &names);
    let unread = unusable_for(&inventory, &names);
    if changes.is_empty() {
        let elsewhere = if unread.is_empty() { "" } else { ", where they can be read" };
        print::text(&format!(
            "Nothing to disown: this owner has no ownership record on those names{elsewhere}.\n"
        ))?;
        return unless_unread(&unread, ExitCode::SUCCESS);
    }
    print::plan(&print::lines(preview::lines(&changes)))?;
    if !writes {
        print::text(print::NOTHING_WRITTEN)?;
        return unless_unread(&unread, ExitCode::from(CHANGES));
    }
    let state = apply::state(&state, &kubernetes, "ownership disown".to_owned()).await?;
    NotedChanges::begin(state, &inventory, changes).apply(&client).await?;
    unless_unread(&unread, ExitCode::SUCCESS)
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
