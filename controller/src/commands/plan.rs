//! `signpost plan`: one sync that writes nothing.

mod unplanned;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use controller_core::plan::{Plan, Policy};
use controller_core::status::RecordStatus;
use controller_core::value::Target;
use external_dns_webhook::client::Client;
use external_dns_webhook::{DomainFilter, Provider as _};
use serde::Serialize;

use super::print;
use super::strict::Tally;
use crate::app::{self, DesiredState, FirstReading};
use crate::args::{OutputFormat, PlanArgs, PlanCommandArgs, PreviewArgs};
use crate::metrics::Metrics;
use crate::provider::{Counted, ReadOnly};
use crate::reconcile::{self, Reconciler, Report, SyncConfig, UnusableZone, Writing};
use crate::records::time::span;
use crate::state::State;

/// Status that says there is something to change.
const CHANGES: u8 = 2;

/// What is said of a plan for which nobody chose a policy.
const UNSAID: &str = "\nNote: `--policy` is not set, so this is what `--policy=sync` would do; `signpost run` needs one.\n";

/// What is said of a plan without steps while some zones cannot be used.
const NOTHING_ELSEWHERE: &str = "There is nothing to do in the zones that can be used.\n";

/// A plan, and what is not done as desired without being one of its steps.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    plan: &'a Plan,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    statuses: Vec<&'a RecordStatus>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    unusable: &'a [UnusableZone],
    /// How long ago the provider read the oldest part of what it says of its zones, where it says so.
    #[serde(rename = "viewAgeSeconds", skip_serializing_if = "Option::is_none")]
    view_age_seconds: Option<u64>,
}

/// Prints what a sync would change, and for everything it would not, the reason.
///
/// # Errors
///
/// Returns an error when either side could not be read.
pub async fn run(args: PlanCommandArgs) -> anyhow::Result<ExitCode> {
    let PlanCommandArgs { refresh, plan: args, preview } = args;
    let PreviewArgs { strict, assume_address } = preview;
    let output = args.output;
    let policy = args.safety.policy;
    let Look { reconciler, report, problem, assumed, desired_state: _ } =
        Box::pin(look_at(args, assume_address, refresh)).await?;
    let age = reconciler.provider().age().await;
    let (unusable, blind) = {
        let inventory = &reconciler.last_known().read().inventory;
        (reconcile::unusable(inventory), reconcile::blind(inventory))
    };
    let problem = problem.or(blind);
    match output {
        OutputFormat::Json => {
            let statuses = unplanned::statuses(&report.plan);
            let view_age_seconds = age.map(|age| age.as_secs());
            let plan = &report.plan;
            print::json(&Told { plan, statuses, unusable: &unusable, view_age_seconds })?;
        }
        OutputFormat::Text => {
            let unplanned = unplanned::shown(&unplanned::statuses(&report.plan));
            let plan = match (&*unusable, &problem) {
                ([_, ..], None) if report.plan.steps().is_empty() => NOTHING_ELSEWHERE.to_owned(),
                _ => text(&report.plan, problem.as_deref()),
            };
            let plan = format!("{plan}{}", unplanned::unusable(&unusable));
            let assumed =
                assumed.map(|assumed| format!("\nNote: {assumed}.\n")).unwrap_or_default();
            let unsaid = if policy.is_none() { UNSAID } else { "" };
            let view = view(age, refresh);
            print::plan(&format!("{plan}{unplanned}{assumed}{unsaid}{view}"))?;
        }
    }
    if let Some(problem) = problem {
        bail!(problem);
    }
    if let Some(age) = age.filter(|_| is_old_still(age, refresh)) {
        bail!(
            "the provider did not read its zones anew: what it answers with is {} old; its /readyz?verbose \
             says what keeps it, and the plan above rests on that view",
            span(i64::try_from(age.as_secs()).unwrap_or(i64::MAX))
        );
    }
    if report.provider_forgets() {
        bail!(
            "the provider dropped {} of the names it was asked to adjust; nothing can be planned \
             for them until it answers in full",
            report.dropped
        );
    }
    if strict {
        let mut tally = Tally::default();
        report.plan.statuses.iter().for_each(|status| tally.note(&status.reason));
        tally.check()?;
    }
    Ok(if report.plan.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(CHANGES) })
}

/// How old a view may be that a provider calls new.
const NEW: Duration = Duration::from_secs(30);

/// Tells whether a provider that was asked to read its zones anew has not: it says so by the age of its view.
fn is_old_still(age: Option<Duration>, refresh: bool) -> bool {
    refresh && age.is_some_and(|age| age > NEW)
}

/// Returns how old the provider's view is, for people; nothing where nobody knows and nobody asked.
fn view(age: Option<Duration>, refresh: bool) -> String {
    match age.map(|age| i64::try_from(age.as_secs()).unwrap_or(i64::MAX)) {
        Some(0) => "\nThe provider has just read its zones.\n".to_owned(),
        // What was read a moment ago is not read again.
        Some(seconds) if refresh => {
            format!("\nThe provider read its zones {} ago.\n", span(seconds))
        }
        Some(seconds) => format!(
            "\nThe provider read its zones {} ago; `--refresh` has them read anew.\n",
            span(seconds)
        ),
        None if refresh => {
            "\nThe provider was asked to read its zones anew, and does not say how old its view is.\n".to_owned()
        }
        None => String::new(),
    }
}

/// Returns a plan for people; that there is nothing to do is said only when everything is known.
pub(super) fn text(plan: &Plan, problem: Option<&str>) -> String {
    match problem {
        Some(problem) if plan.steps().is_empty() => {
            format!("What there is to do is not known; not everything could be read: {problem}\n")
        }
        _ => plan.to_string(),
    }
}

/// A sync that wrote nothing, and what made it.
pub(super) struct Look {
    /// It knows what the provider holds.
    pub(super) reconciler: Reconciler<ReadOnly<Counted<Client>>>,
    /// What would be done.
    pub(super) report: Report,
    /// What could not be read in full, if anything.
    pub(super) problem: Option<String>,
    /// What is assumed of objects without a status; `None` when nothing is.
    pub(super) assumed: Option<String>,
    /// What the objects that were read want.
    pub(super) desired_state: DesiredState,
}

/// Makes a sync that writes nothing; `assumed` are addresses for objects without a status.
///
/// # Errors
///
/// Returns an error when either side could not be read at all.
pub(super) async fn look(args: PlanArgs, assumed: Vec<Target>) -> anyhow::Result<Look> {
    // It is large: a whole sync is in it.
    Box::pin(look_at(args, assumed, false)).await
}

/// As [`look()`]; `anew` has the provider read its zones before.
///
/// # Errors
///
/// As [`look()`].
async fn look_at(args: PlanArgs, assumed: Vec<Target>, anew: bool) -> anyhow::Result<Look> {
    let PlanArgs {
        sources,
        templates,
        transforms,
        manifests,
        kubernetes,
        domains,
        provider,
        ownership,
        safety,
        log: _,
        output: _,
    } = args;
    // Nothing is written, so everything is shown that some policy would do.
    let policy = safety.policy.unwrap_or(Policy::SYNC);
    let ownership = (ownership, DomainFilter::from(domains));
    let ownership = app::ownership(ownership, &safety, &transforms, policy)?;
    let desired_state = DesiredState::new(sources, templates, &transforms, manifests, kubernetes)?
        .assuming(assumed);
    let client = Counted::new(app::client(&provider)?, Arc::new(Metrics::new()), Arc::default());
    // First, so that it is told at once when there is no way to a cluster.
    let FirstReading { failure: problem, unreadable: _, assumed } = desired_state.once().await?;
    let instance = if ownership.wants_instance { desired_state.instance().await } else { None };
    let registry = ownership.registry(instance)?;
    let config = SyncConfig::new(registry, ownership.planner, Writing::DryRun);
    let mut reconciler = Reconciler::new(ReadOnly::new(client), config, State::nowhere());
    if anew {
        reconciler.provider().refresh().await?;
    }
    let report = reconciler.full(&desired_state, app::unix_seconds()).await?;
    // Only what was looked at before can be found unchanged.
    let report = report.context("a first look found nothing to look at")?;
    Ok(Look { reconciler, report, problem, assumed, desired_state })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_says_how_old_the_view_is_that_it_rests_on() {
        let said = |seconds: u64, refresh| view(Some(Duration::from_secs(seconds)), refresh);
        assert_eq!(
            said(312, false),
            "\nThe provider read its zones 5 min 12 s ago; `--refresh` has them read anew.\n"
        );
        assert_eq!(said(4, true), "\nThe provider read its zones 4 s ago.\n");
        for refresh in [false, true] {
            assert_eq!(said(0, refresh), "\nThe provider has just read its zones.\n");
        }
        assert_eq!(view(None, false), "", "nothing is made up");
        let is_old = |seconds| is_old_still(Some(Duration::from_secs(seconds)), true);
        assert!(is_old(3600) && !is_old(10), "a provider may call new what it has just read");
        assert!(!is_old_still(Some(Duration::from_hours(1)), false) && !is_old_still(None, true));
        assert!(view(None, true).contains("does not say how old"));
    }
}
