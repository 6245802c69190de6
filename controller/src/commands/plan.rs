//! `signpost plan`: one sync that writes nothing.

mod unplanned;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use controller_core::plan::{Plan, Policy};
use controller_core::status::RecordStatus;
use controller_core::value::Target;
use controller_sources::objects::Objects;
use external_dns_webhook::DomainFilter;
use external_dns_webhook::client::Client;
use serde::Serialize;

use super::print;
use super::strict::Tally;
use crate::app::{self, DesiredState, FirstReading};
use crate::args::{OutputFormat, PlanArgs, PlanCommandArgs, PreviewArgs};
use crate::metrics::Metrics;
use crate::provider::{Counted, ReadOnly};
use crate::reconcile::{self, Reconciler, Report, SyncConfig, UnusableZone, Writing};
use crate::state::State;

/// Status that says there is something to change.
const CHANGES: u8 = 2;

/// What is said of a plan for which nobody chose a policy.
const UNSAID: &str = "\nNote: `--policy` is not set, so this is what `--policy=sync` would do; `signpost run` needs one.\n";

/// What is said of a plan without steps while some zones cannot be used.
const NOTHING_ELSEWHERE: &str = "There is nothing to do in the zones that can be used.\n";

/// A plan, and what is not done as asked without being one of its steps.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    plan: &'a Plan,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    statuses: Vec<&'a RecordStatus>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    unusable: &'a [UnusableZone],
}

/// Prints what a sync would change, and for everything it would not, the reason.
///
/// # Errors
///
/// Returns an error when either side could not be read.
pub async fn run(args: PlanCommandArgs) -> anyhow::Result<ExitCode> {
    let PlanCommandArgs { plan: args, preview } = args;
    let PreviewArgs { strict, assume_address } = preview;
    let output = args.output;
    let policy = args.safety.policy;
    let Look { reconciler, report, problem, assumed, objects: _ } =
        look(args, assume_address).await?;
    let (unusable, blind) = {
        let inventory = &reconciler.last_known().read().inventory;
        (reconcile::unusable(inventory), reconcile::blind(inventory))
    };
    let problem = problem.or(blind);
    match output {
        OutputFormat::Json => {
            let statuses = unplanned::statuses(&report.plan);
            print::json(&Told { plan: &report.plan, statuses, unusable: &unusable })?;
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
            print::plan(&format!("{plan}{unplanned}{assumed}{unsaid}"))?;
        }
    }
    if let Some(problem) = problem {
        bail!(problem);
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
    /// The objects that were read.
    pub(super) objects: Arc<Objects>,
}

/// Makes a sync that writes nothing; `assumed` are addresses for objects without a status.
///
/// # Errors
///
/// Returns an error when either side could not be read at all.
pub(super) async fn look(args: PlanArgs, assumed: Vec<Target>) -> anyhow::Result<Look> {
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
    let instance = if ownership.wants_instance { desired_state.instance().await } else { None };
    let registry = ownership.registry(instance)?;
    let config = SyncConfig::new(registry, ownership.planner, Writing::DryRun);
    let mut reconciler = Reconciler::new(ReadOnly::new(client), config, State::nowhere());
    let FirstReading { failure: problem, unreadable: _, assumed } = desired_state.once().await?;
    let report = reconciler.full(&desired_state, app::unix_seconds()).await?;
    // Only what was looked at before can be found unchanged.
    let report = report.context("a first look found nothing to look at")?;
    let objects = desired_state.objects();
    Ok(Look { reconciler, report, problem, assumed, objects })
}
