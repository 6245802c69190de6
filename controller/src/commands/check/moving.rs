//! `signpost check --moving`: looks at both sides, and says what means something else than under `ExternalDNS`.

use std::process::ExitCode;

use controller_core::plan::Policy;
use serde::Serialize;

use super::super::plan::{self, Look};
use super::super::print;
use crate::args::{CheckArgs, OutputFormat, PlanArgs, RegistryName};
use crate::moving::{self, Difference, Evidence, Kind, Settings};
use crate::reconcile;

/// Status that says that something means something else, as for `plan`.
const DIFFERENT: u8 = 2;

/// Most lines of one kind: a zone may hold thousands of names.
const MOST_OF_A_KIND: usize = 50;

/// What is told to programs.
#[derive(Serialize)]
struct Told<'a> {
    differences: &'a [Difference],
    unknown: &'a [String],
}

/// Prints what means something else, and what could not be looked at.
///
/// # Errors
///
/// Returns an error when either side could not be read at all.
pub(super) async fn run(args: CheckArgs) -> anyhow::Result<ExitCode> {
    let output = args.output;
    let args = plan_args(args);
    let settings = settings(&args);
    let Look { reconciler, report, problem, assumed: _, desired_state } =
        plan::look(args, Vec::new()).await?;
    let mut unknown: Vec<String> = problem.into_iter().collect();
    let differences = {
        let last_known = reconciler.last_known().read();
        let inventory = &last_known.inventory;
        unknown.extend(reconcile::blind(inventory));
        unknown.extend(reconcile::unusable(inventory).iter().map(ToString::to_string));
        if report.provider_forgets() {
            unknown.push(format!(
                "the provider left {} of the names that it was asked to adjust out of its answer",
                report.dropped
            ));
        }
        moving::differences(Evidence {
            settings: &settings,
            objects: &desired_state.objects(),
            inventory,
            plan: &report.plan,
        })
    };
    match output {
        OutputFormat::Json => print::json(&Told { differences: &differences, unknown: &unknown })?,
        OutputFormat::Text => print::text(&shown(&differences, &unknown))?,
    }
    if !unknown.is_empty() {
        anyhow::bail!(
            "not everything could be looked at, so there may be more; what is known is above"
        );
    }
    Ok(if differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(DIFFERENT) })
}

fn plan_args(args: CheckArgs) -> PlanArgs {
    let CheckArgs {
        moving: _,
        sources,
        templates,
        transforms,
        manifests,
        kubernetes,
        domains,
        provider,
        ownership,
        safety,
        state: _,
        events: _,
        election: _,
        log,
        output,
    } = args;
    PlanArgs {
        sources,
        templates,
        transforms,
        manifests,
        kubernetes,
        domains,
        provider,
        ownership,
        safety,
        log,
        output,
    }
}

fn settings(args: &PlanArgs) -> Settings {
    Settings {
        policy: args.safety.policy.unwrap_or(Policy::SYNC),
        owner: args.ownership.txt_owner_id.clone(),
        migrate_from: args.ownership.migrate_from_txt_owner.clone(),
        keeps_owners: args.ownership.registry != RegistryName::Noop,
        changes_unowned: args.ownership.allow_unowned_changes,
        namespaces: args
            .sources
            .namespace
            .iter()
            .filter(|name| !name.is_empty())
            .cloned()
            .collect(),
        prefixes: args.sources.annotation_prefix.clone(),
    }
}

fn shown(differences: &[Difference], unknown: &[String]) -> String {
    let mut text = String::new();
    for alike in differences.chunk_by(|one, other| one.kind == other.kind) {
        let Some(first) = alike.first() else { continue };
        text.push_str(head(first.kind));
        text.extend(alike.iter().take(MOST_OF_A_KIND).map(ToString::to_string));
        if let Some(more) = alike.len().checked_sub(MOST_OF_A_KIND).filter(|more| *more > 0) {
            text.extend([format!("… and {more} more; `--output=json` has all\n")]);
        }
        text.push('\n');
    }
    if !unknown.is_empty() {
        text.push_str("Could not be looked at:\n");
        text.push_str(&print::lines(unknown.iter().cloned()));
    } else if differences.is_empty() {
        text.push_str(
            "Nothing that can be seen here means something else than under ExternalDNS.\n",
        );
    }
    text
}

fn head(kind: Kind) -> &'static str {
    match kind {
        Kind::Setting => "Settings:\n",
        Kind::Removed => "Record sets that the first sync would delete:\n",
        Kind::Changed => "Record sets that the first sync would change:\n",
        Kind::Made => "Record sets that the first sync would make:\n",
        Kind::Ownership => "Ownership records:\n",
        Kind::Annotation => "Annotations:\n",
        Kind::Version => "Versions of objects:\n",
        Kind::Judged => "Names and objects that are judged otherwise:\n",
    }
}
