//! `signpost check`: tries every permission and the provider, and says what is missing.
//!
//! It asks the API server what we may do ([SelfSubjectAccessReview]) and does nothing itself, and
//! it reads from the provider. With what is missing comes the YAML that would grant it.
//!
//! [SelfSubjectAccessReview]: https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access

mod cluster;
mod grant;
mod moving;
mod permission;
mod provider;

use std::process::ExitCode;

use serde::Serialize;
use serde_json::json;

use self::permission::Permission;
use super::print;
use crate::app;
use crate::args::{CheckArgs, OutputFormat};

/// Status that says that something is missing.
const MISSING: u8 = 1;

/// One line of the table.
#[derive(Debug, Serialize)]
struct Finding {
    /// What was tried, such as `list services`.
    what: String,
    /// Where: a namespace, `everywhere`, or an address.
    place: String,
    outcome: Outcome,
    /// A few words on the outcome.
    told: String,
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    /// It works.
    Works,
    /// It does not, and most does without it.
    Lacking,
    /// It does not, and something will not work without it.
    Missing,
}

/// Prints what works and what is missing, and how to grant it.
///
/// # Errors
///
/// Returns an error when the flags make no sense; what cannot be reached is a line of the table.
pub async fn run(args: CheckArgs) -> anyhow::Result<ExitCode> {
    if args.moving {
        return Box::pin(moving::run(args)).await;
    }
    let CheckArgs {
        moving: _,
        sources,
        templates,
        transforms: _,
        manifests: _,
        kubernetes,
        domains: _,
        provider,
        ownership: _,
        safety: _,
        state,
        events,
        election,
        log: _,
        output,
    } = args;
    let names = sources.source.clone();
    let client = app::client(&provider)?;
    let watches = app::watches(sources, templates)?;
    let mut permissions = permission::of_watches(&watches);
    permissions.extend(permission::of_status(&names, &watches));
    let election = election.of_shard(provider.shard);
    let uses = cluster::Uses { watches, events, election, state };
    let (cluster, answer) = tokio::join!(
        cluster::check(&kubernetes, permissions, &uses),
        provider::check(&client, &provider.webhook_provider_url),
    );
    let (mut findings, grant) = cluster;
    findings.extend(answer);
    match output {
        OutputFormat::Json => print::json(&json!({ "findings": findings, "grant": grant }))?,
        OutputFormat::Text => print::text(&shown(&findings, &grant))?,
    }
    let missing = findings.iter().any(|finding| finding.outcome == Outcome::Missing);
    Ok(if missing { ExitCode::from(MISSING) } else { ExitCode::SUCCESS })
}

fn shown(findings: &[Finding], grant: &str) -> String {
    let head = ["", "WHAT", "WHERE", "RESULT"].map(str::to_owned);
    let row = |finding: &Finding| {
        let mark = match finding.outcome {
            Outcome::Works => "ok",
            Outcome::Lacking => "--",
            Outcome::Missing => "NO",
        };
        [mark.to_owned(), finding.what.clone(), finding.place.clone(), finding.told.clone()]
    };
    let rows: Vec<_> = std::iter::once(head).chain(findings.iter().map(row)).collect();
    let mut text = print::columns(&rows);
    if !grant.is_empty() {
        text.push_str("\nThis grants what is missing (`kubectl apply -f -`):\n\n");
        text.push_str(grant);
    }
    text
}

impl Finding {
    fn works(what: String, place: String, told: impl Into<String>) -> Self {
        Self { what, place, outcome: Outcome::Works, told: told.into() }
    }

    fn fails(what: String, place: String, told: impl Into<String>) -> Self {
        Self { what, place, outcome: Outcome::Missing, told: told.into() }
    }
}

#[cfg(test)]
mod tests;
