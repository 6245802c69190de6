//! Taking over records: of another owner, or of nobody.
//!
//! It is what a sync would do about just these names, and nothing else: what is desired is read
//! as always, so that a name that nobody here asks for never changes hands.

use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::bail;
use controller_core::desired::Scope;
use controller_core::plan::Policy;
use controller_core::registry::Inventory;
use external_dns_webhook::DnsName;

use super::super::plan::{Look, look};
use super::super::print;
use super::{CHANGES, write};
use crate::args::{AdoptArgs, MigrateArgs, OutputFormat, PlanArgs};

/// Takes over what another owner holds and is desired here.
pub(super) async fn migrate(args: MigrateArgs) -> anyhow::Result<ExitCode> {
    let MigrateArgs { from_owner, apply, mut plan } = args;
    if plan.ownership.txt_owner_id == from_owner {
        bail!("`--from-owner={from_owner}` is who we are: say who we become with `--txt-owner-id`");
    }
    plan.ownership.migrate_from_txt_owner.clone_from(&from_owner);
    let theirs = |current: &Inventory| {
        let records =
            current.records().filter(|record| record.owner() == Some(from_owner.as_str()));
        records.map(|record| record.endpoint.dns_name.normalized().into_owned()).collect()
    };
    Box::pin(take(plan, apply, theirs)).await
}

/// Takes over what nobody owns under some names.
pub(super) async fn adopt(args: AdoptArgs) -> anyhow::Result<ExitCode> {
    let AdoptArgs { names, apply, mut plan } = args;
    plan.ownership.adopt.extend(names.iter().cloned());
    let normalized = |name: &String| DnsName::from(name.as_str()).normalized().into_owned();
    let names: BTreeSet<_> = names.iter().map(normalized).collect();
    Box::pin(take(plan, apply, |_| names)).await
}

async fn take(
    args: PlanArgs,
    apply: bool,
    names: impl FnOnce(&Inventory) -> BTreeSet<String>,
) -> anyhow::Result<ExitCode> {
    if args.ownership.txt_owner_id.is_empty() {
        bail!("who takes them over? say `--txt-owner-id=…`");
    }
    let output = args.output;
    let Look { reconciler, report, problem, assumed: _, objects: _ } =
        look(args, Vec::new()).await?;
    let asked =
        report.desired.endpoints.iter().map(|endpoint| endpoint.dns_name.normalized().into_owned());
    let asked: BTreeSet<_> = asked.collect();
    let mut planner = reconciler.planner.clone();
    planner.policy = planner.policy.and(Policy::CHANGE_ONLY);
    let (plan, changes) = {
        let current = &reconciler.last_known.read().inventory;
        let mut names = names(current);
        names.retain(|name| asked.contains(name));
        let plan = planner.plan(current, &report.desired, &Scope::Names(names));
        let changes = reconciler.registry.write(current, &plan);
        (plan, changes)
    };
    match output {
        OutputFormat::Json => print::json(&plan)?,
        OutputFormat::Text => print::plan(&super::super::plan::text(&plan, problem.as_deref()))?,
    }
    if let Some(problem) = problem {
        bail!(problem);
    }
    if report.provider_forgets() {
        bail!("the provider dropped {} of the names it was asked to adjust", report.dropped);
    }
    match (changes.is_empty(), apply) {
        (true, _) => Ok(ExitCode::SUCCESS),
        (false, false) => {
            if output == OutputFormat::Text {
                print::text(print::NOTHING_WRITTEN)?;
            }
            Ok(ExitCode::from(CHANGES))
        }
        (false, true) => write(&reconciler.provider.0, changes).await,
    }
}
