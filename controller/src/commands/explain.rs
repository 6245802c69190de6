//! `signpost explain`: what became of a name or an object, and what to do about it.

mod text;

use std::process::ExitCode;

use controller_core::desired::Scope;
use serde_json::{Value, json};

pub(super) use self::text::{freshness, held, is_settled, row, view};
use super::{ask, plan, print};
use crate::app;
use crate::args::{ControllerArgs, ExplainArgs, OutputFormat};
use crate::records::{
    AskedAbout, Freshness, LookedAt, RecentWrites, RecordQuery, RecordsAnswer, RowSources,
};
use crate::status::Status;

/// Prints all that is known of a name or an object: by the running controller, or by a sync over
/// manifests.
///
/// # Errors
///
/// Returns an error when no controller answers, no plan can be made, or nothing is known of the
/// subject.
pub async fn run(args: ExplainArgs) -> anyhow::Result<ExitCode> {
    let ExplainArgs { subject, in_namespace, controller, plan: planned } = args;
    let subject = match in_namespace {
        Some(namespace) => AskedAbout::in_namespace(&subject, &namespace)?,
        None => subject,
    };
    let output = planned.output;
    let key = match AskedAbout::parse(&subject) {
        AskedAbout::Name(_) => "name",
        AskedAbout::Object { .. } => "object",
    };
    let mut answer = if planned.manifests.manifests.is_empty() {
        ask::get(&controller, "/v1/records", &[(key, subject.as_str())]).await?
    } else {
        Box::pin(of_a_plan(planned, key, &subject)).await?
    };
    // Programs get the answer, whatever it says.
    if output == OutputFormat::Json {
        print::json(&answer)?;
    }
    ask_as_before(&mut answer, &controller);
    if text::is_unknown(&answer) {
        print::failure(&text::unknown(&subject, &answer));
        return Ok(ExitCode::FAILURE);
    }
    if output == OutputFormat::Text {
        print::text(&text::all(&subject, &answer, app::unix_seconds()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Notes with which flags the answer was wanted: commands that it tells to type need them, too.
pub(super) fn ask_as_before(answer: &mut Value, controller: &ControllerArgs) {
    if let Value::Object(answer) = answer {
        answer.insert(text::FLAGS.to_owned(), Value::String(controller.flags()));
    }
}

/// Returns what a sync over manifests would make of the subject, as a controller would answer.
async fn of_a_plan(args: crate::args::PlanArgs, key: &str, subject: &str) -> anyhow::Result<Value> {
    let kinds = args.sources.source.iter().map(|source| format!("{source}: read from manifests"));
    let kinds = kinds.collect();
    let plan::Look { reconciler, report, desired_state, .. } = plan::look(args, Vec::new()).await?;
    let status = Status::default();
    status.statuses(|store| {
        store.note(&report.plan.statuses, &Scope::All, app::unix_seconds());
    });
    let query = if key == "name" {
        RecordQuery { name: subject.to_owned(), ..RecordQuery::default() }
    } else {
        RecordQuery { object: subject.to_owned(), ..RecordQuery::default() }
    };
    let seen = reconciler.last_known().read();
    let writes = RecentWrites::default();
    let looked_at = LookedAt { kinds, ..LookedAt::default() };
    let mut looked_at = looked_at.of_shard(&reconciler.memory().served, &query.name);
    let left_out = match query.name.as_str() {
        "" => desired_state.left_out_of(&AskedAbout::parse(subject)),
        name => desired_state.left_out(&name.into()),
    };
    looked_at = looked_at.with_left_out(left_out);
    let unread = desired_state.unread_prefix().map(|found| found.to_string());
    let freshness = Freshness { unread_annotations: unread, ..Freshness::default() };
    let mut answer = None;
    status.statuses(|statuses| {
        let sources = RowSources { statuses, seen: &seen, writes: &writes, flags: None };
        answer = Some(RecordsAnswer::new(&query, sources, freshness, || looked_at));
    });
    let answer = answer.transpose()?;
    let answer = answer.map(|answer| {
        let answer = answer.with_wanted(|_| report.desired.endpoints.clone());
        answer.with_unwanted(|objects| desired_state.unwanted(objects))
    });
    Ok(json!(answer))
}
