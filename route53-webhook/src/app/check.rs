//! Tries every permission that a set of flags needs, without writing anything.

use std::collections::BTreeMap;

use aws_sdk_route53::types::{Change, ChangeAction};
use daemon::{Checklist, OutputError, chain};
use external_dns_webhook::{Endpoint, RecordType};
use tokio_util::sync::CancellationToken;

use super::config;
use crate::api::{Account, ApiError, Cursor};
use crate::args::Args;
use crate::isolate::{self, Scope};
use crate::metrics::Metrics;
use crate::pace::Turn;
use crate::record_set::RecordSet;
use crate::zones::{self, Zone};

/// A name that is not there: with the permission, removing it is refused; without, it is denied.
const PROBE: &str = "signpost-permission-check";

/// What helps with what is missing.
const NEXT_STEP: &str = "`route53-webhook iam-policy` prints the policy that is needed";

/// The id of a change that was never made.
const NO_CHANGE: &str = "CSIGNPOSTPERMISSIONCHECK";

/// Prints one line for each permission, and fails when one is missing.
pub(super) async fn run(args: &Args) -> anyhow::Result<()> {
    let accounts =
        config::accounts(&args.aws, &Metrics::default(), &CancellationToken::new()).await?;
    let filter = config::zone_filter(&args.zones);
    let mut report = Checklist::default();
    let found = zones::discover(&accounts.listed, &accounts.by_role, &filter).await;
    let how = if filter.whole_ids().is_some() { "GetHostedZone" } else { "ListHostedZones" };
    let found = match found {
        // What is lost is told below, account by account.
        Ok(found) if !found.lost.is_empty() => Some(found),
        found => tried(&mut report, format!("route53:{how} on all zones"), found)?,
    };
    let Some(found) = found else {
        report.end(NEXT_STEP)?;
        anyhow::bail!("no zone can be tried before zones can be found");
    };
    for account in &found.lost {
        report.missing(format_args!("account {}: {}", account.name, account.reason))?;
    }
    for zone in &found.unreachable {
        report.missing(format_args!("zone {}: {}", zone.id, zone.reason))?;
    }
    let divided = zones::divide(found.zones.clone(), found.shard);
    for zone in divided.own.values() {
        let subject = format!("zone {} ({})", zone.name, zone.id);
        let read = zone.account.list_records(&zone.id, Cursor::default(), Turn::Soon).await;
        tried(&mut report, format!("route53:ListResourceRecordSets on {subject}"), read)?;
        if !args.records.dry_run {
            let what = format!("route53:ChangeResourceRecordSets on {subject}");
            tried(&mut report, what, probe(zone).await)?;
        }
    }
    if args.records.aws_wait_insync && !args.records.dry_run {
        let accounts: BTreeMap<_, _> =
            divided.own.values().map(|zone| (zone.account.name.as_str(), &zone.account)).collect();
        for (name, account) in accounts {
            let what = format!("route53:GetChange on account {name}");
            tried(&mut report, what, ask(account).await)?;
        }
    }
    if found.zones.is_empty() {
        report.missing("no hosted zone passes the filters; check --domain-filter, --zone-id-filter and the others")?;
    }
    Ok(report.end(NEXT_STEP)?)
}

/// Tells whether a call could be made; one without an answer shows nothing of permissions.
fn tried<T>(
    report: &mut Checklist,
    what: String,
    result: Result<T, ApiError>,
) -> Result<Option<T>, OutputError> {
    match result {
        Err(error) if shows_nothing(&error) => {
            report.unknown(format_args!("{what}: {}", chain(&error)))?;
            Ok(None)
        }
        result => report.tried(what, result),
    }
}

/// Tells whether a call failed for a reason that says nothing of permissions.
fn shows_nothing(error: &ApiError) -> bool {
    match error {
        ApiError::Throttled { .. }
        | ApiError::Busy
        | ApiError::Unreachable { .. }
        | ApiError::Foreign { .. }
        | ApiError::Ending { .. } => true,
        ApiError::Credentials { .. }
        | ApiError::RoleDenied { .. }
        | ApiError::Denied { .. }
        | ApiError::NoSuchZone { .. }
        | ApiError::InvalidBatch(_)
        | ApiError::Refused { .. }
        | ApiError::Unusable(_) => false,
    }
}

/// Asks to remove what is not there: the refusal shows that removing is allowed.
async fn probe(zone: &Zone) -> Result<(), ApiError> {
    let name = format!("{PROBE}.{}", zone.name);
    let endpoint = Endpoint::new(name.as_str(), RecordType::A, ["192.0.2.1"]);
    let change = RecordSet::from_endpoint(&endpoint, false)
        .map_err(|error| ApiError::Unusable(error.into()))?
        .to_api(&zone.id)
        .and_then(|set| {
            Change::builder().action(ChangeAction::Delete).resource_record_set(set).build()
        })
        .map_err(|error| ApiError::Unusable(error.into()))?;
    match zone.account.change(&zone.id, vec![change], "permission check").await.result {
        Ok(_) => Ok(()),
        Err(error) => match isolate::scope(&error) {
            Scope::Changes(_) | Scope::Full => Ok(()),
            Scope::Gone | Scope::Zone | Scope::TooLong | Scope::Later | Scope::Unclear => {
                Err(error)
            }
        },
    }
}

/// Asks for a change that was never made: with the permission, AWS says that there is none.
async fn ask(account: &Account) -> Result<(), ApiError> {
    match account.is_insync(NO_CHANGE).await {
        Ok(_) | Err(ApiError::Refused { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}
