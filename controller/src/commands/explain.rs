//! `signpost explain`: what became of a name or an object, and what to do about it.

use std::process::ExitCode;

use controller_core::desired::Scope;
use external_dns_webhook::Printable;
use serde_json::Value;

use super::{ask, plan, print};
use crate::args::{ExplainArgs, OutputFormat};
use crate::status::Status;

/// Prints the statuses of a name or an object: the running controller's, or those of a sync over
/// manifests.
///
/// # Errors
///
/// Returns an error when no controller answers, no plan can be made, or there is nothing to say
/// about the subject.
pub async fn run(args: ExplainArgs) -> anyhow::Result<ExitCode> {
    let ExplainArgs { subject, controller, plan: planned } = args;
    let output = planned.output;
    let statuses = if planned.manifests.manifests.is_empty() {
        let key = if subject.contains('/') { "object" } else { "name" };
        ask::get(&controller, "/v1/explain", &[(key, &subject)]).await?
    } else {
        let (report, _) = plan::plan(planned).await?;
        let status = Status::default();
        status.statuses(|store| store.note(&report.plan.statuses, &Scope::All));
        status.explain(&subject)
    };
    if statuses.as_array().is_none_or(Vec::is_empty) {
        anyhow::bail!(
            "there is nothing to say about `{subject}`: no object that the sources read asks for \
             it, and this owner has no record of that name"
        );
    }
    match output {
        OutputFormat::Json => print::json(&statuses)?,
        OutputFormat::Text => {
            let lines = statuses.as_array().into_iter().flatten().map(sentence);
            print::text(&lines.collect::<String>())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn sentence(status: &Value) -> String {
    let text = |key: &str| status.get(key).and_then(Value::as_str).unwrap_or_default();
    let subject = [text("name"), text("recordType")].join(" ");
    let asked_by = match text("object") {
        "" => String::new(),
        object => format!(" for {object}"),
    };
    let zone = match text("zone") {
        "" => String::new(),
        zone => format!(" in {zone}"),
    };
    let next = match text("hint") {
        "" => String::new(),
        hint => format!("  next: {hint}\n"),
    };
    let about = format!("{}{asked_by}{zone}", subject.trim());
    let (about, sentence) = (Printable(about), Printable(text("sentence")));
    format!("{about}: {}\n  {sentence}\n{next}", text("code"))
}
