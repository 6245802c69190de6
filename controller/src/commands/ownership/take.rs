//! Taking over records: of another owner, or of nobody.
//!
//! It is what a sync would do about just these names, and nothing else: what is desired is read
//! as always, so that a name that nobody here wants never changes hands.

use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::bail;
use controller_core::desired::Scope;
use controller_core::inventory::Inventory;
use controller_core::plan::Policy;
use external_dns_webhook::{CanonicalName, DnsName};

use super::super::apply::NotedChanges;
use super::super::plan::{Look, look};
use super::super::{apply, print};
use super::{CHANGES, refuse_elsewhere, unless_unread};
use crate::args::{AdoptArgs, MigrateArgs, OutputFormat, PlanArgs, StateArgs};
use crate::reconcile::{UnusableZone, unusable, unusable_for};

/// Takes over what another owner holds and is desired here.
pub(super) async fn migrate(args: MigrateArgs) -> anyhow::Result<ExitCode> {
    let MigrateArgs { from_owner, apply: writes, state, mut plan } = args;
    if plan.ownership.txt_owner_id == from_owner {
        bail!("`--from-owner={from_owner}` is who we are: say who we become with `--txt-owner-id`");
    }
    plan.ownership.migrate_from_txt_owner.clone_from(&from_owner);
    let theirs = |current: &Inventory| {
        let records =
            current.records().filter(|record| record.owner() == Some(from_owner.as_str()));
        let names = records.map(|record| record.endpoint.dns_name.canonical().clone()).collect();
        // Any zone that cannot be read may hold more of theirs.
        (names, unusable(current))
    };
    let writing = writes.then_some((state, "ownership migrate"));
    Box::pin(take(plan, writing, &BTreeSet::new(), theirs)).await
}

/// Takes over what nobody owns under some names.
pub(super) async fn adopt(args: AdoptArgs) -> anyhow::Result<ExitCode> {
    let AdoptArgs { names, apply: writes, state, mut plan } = args;
    plan.ownership.adopt.extend(names.iter().cloned());
    let names: BTreeSet<_> = names.into_iter().map(CanonicalName::from).collect();
    let writing = writes.then_some((state, "ownership adopt"));
    let concerned: Vec<_> = names.iter().map(DnsName::from).collect();
    let all = |current: &Inventory| (names.clone(), unusable_for(current, &concerned));
    Box::pin(take(plan, writing, &names, all)).await
}

/// Takes over what is desired here under some names, which come with the zones that could not be read
/// for them; `writing` is where the history is and what the command is called in it, `None` to only
/// show it. `typed` are those of the names that were typed: it is told when no object asks for one.
async fn take(
    args: PlanArgs,
    writing: Option<(StateArgs, &str)>,
    typed: &BTreeSet<CanonicalName>,
    names: impl FnOnce(&Inventory) -> (BTreeSet<CanonicalName>, Vec<UnusableZone>),
) -> anyhow::Result<ExitCode> {
    if args.ownership.txt_owner_id.is_empty() {
        bail!("who takes them over? say `--txt-owner-id=…`");
    }
    let (output, kubernetes) = (args.output, args.kubernetes.clone());
    let Look { reconciler, report, problem, assumed: _, desired_state: _ } =
        look(args, Vec::new()).await?;
    refuse_elsewhere(&reconciler.memory().served.elsewhere, typed)?;
    let asked =
        report.desired.endpoints.iter().map(|endpoint| endpoint.dns_name.canonical().clone());
    let asked: BTreeSet<_> = asked.collect();
    let mut planner = reconciler.planner().clone();
    planner.policy = planner.policy.and(Policy::CHANGE_ONLY);
    let (plan, changes, unread) = {
        let current = &reconciler.last_known().read().inventory;
        let (mut names, unread) = names(current);
        names.retain(|name| asked.contains(name));
        let plan =
            planner.plan(reconciler.memory(), current, &report.desired, &Scope::Names(names));
        let changes = reconciler.registry().write(current, &plan);
        (plan, changes, unread)
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
    let unasked: Vec<_> = typed.difference(&asked).map(CanonicalName::as_str).collect();
    if !unasked.is_empty() {
        unless_unread(&unread, ExitCode::SUCCESS)?;
    }
    if let Some(name) = unasked.first().filter(|_| unasked.len() == typed.len()) {
        bail!("{}; look for a slip in it, and at `signpost explain {name}`", unasked_for(&unasked));
    }
    if !unasked.is_empty() && output == OutputFormat::Text {
        print::text(&format!("{}.\n", unasked_for(&unasked)))?;
    }
    if changes.is_empty() {
        return unless_unread(&unread, ExitCode::SUCCESS);
    }
    let Some((state, cause)) = writing else {
        if output == OutputFormat::Text {
            print::text(print::NOTHING_WRITTEN)?;
        }
        return unless_unread(&unread, ExitCode::from(CHANGES));
    };
    let state = apply::state(&state, &kubernetes, cause.to_owned()).await?;
    let writing = NotedChanges::begin(state, &reconciler.last_known().read().inventory, changes);
    writing.apply(reconciler.provider().inner()).await?;
    unless_unread(&unread, ExitCode::SUCCESS)
}

/// Says what becomes of names that were typed and no object wants.
fn unasked_for(names: &[&str]) -> String {
    format!(
        "no object that is read here wants `{}` with anything that can be published, and what nobody \
         wants is not taken over",
        names.join("`, `")
    )
}
