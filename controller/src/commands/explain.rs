//! `signpost explain`: what became of a name or an object, and what to do about it.

use std::process::ExitCode;

use serde_json::Value;

use super::{ask, print};
use crate::args::{ExplainArgs, OutputFormat};

/// Prints the running controller's verdicts on a name or an object.
///
/// # Errors
///
/// Returns an error when no controller answers, or none has anything to say about the subject.
pub async fn run(args: ExplainArgs) -> anyhow::Result<ExitCode> {
    let ExplainArgs { subject, controller, log: _, output } = args;
    let key = if subject.contains('/') { "object" } else { "name" };
    let verdicts = ask::get(&controller, "/v1/explain", &[(key, &subject)]).await?;
    if verdicts.as_array().is_none_or(Vec::is_empty) {
        anyhow::bail!(
            "the controller knows nothing about `{subject}`: no object that its sources read asks \
             for it, and it owns no record of that name"
        );
    }
    match output {
        OutputFormat::Json => print::json(&verdicts)?,
        OutputFormat::Text => {
            let lines = verdicts.as_array().into_iter().flatten().map(sentence);
            print::text(&lines.collect::<String>())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn sentence(verdict: &Value) -> String {
    let text = |key: &str| verdict.get(key).and_then(Value::as_str).unwrap_or_default();
    let subject = [text("name"), text("recordType")].join(" ");
    let asked_by = match text("object") {
        "" => String::new(),
        object => format!(" for {object}"),
    };
    let next = match text("hint") {
        "" => String::new(),
        hint => format!("  next: {hint}\n"),
    };
    format!("{}{asked_by}: {}\n  {}\n{next}", subject.trim(), text("code"), text("sentence"))
}
