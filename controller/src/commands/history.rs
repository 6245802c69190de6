//! `signpost history`: what was written, record by record, with why and the way back.

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::bail;
use controller_core::history::Outcome;
use external_dns_webhook::ObjectRef;

use super::print;
use crate::app::{self, ClusterAccess};
use crate::args::{HistoryArgs, OutputFormat};
use crate::records::{AskedAbout, RecentWrite, time};

/// Prints the writes of the history, oldest first: of one name or object, or of all.
///
/// # Errors
///
/// Returns an error when there is no history, or it cannot be read.
pub async fn run(args: HistoryArgs) -> anyhow::Result<ExitCode> {
    let HistoryArgs { name, since, all, state, kubernetes, log: _, output } = args;
    if state.state_dir.is_none() && state.state_configmap.is_none() {
        bail!(
            "the history is where the controller was told to keep it: say the same \
             `--state-configmap=…` or `--state-dir=…`; `signpost explain` of any name that was \
             written shows which"
        );
    }
    let cluster = ClusterAccess::from(&kubernetes);
    let namespace = app::state_namespace(&state, &cluster).await;
    let flags = state.flag(namespace.as_deref()).into_iter().chain(kubernetes.flags());
    let flags = flags.collect::<Vec<_>>().join(" ");
    let state = app::state_of_another(&state, &cluster).await?;
    let history = state.history()?;
    let seconds = |since: daemon::GoDuration| i64::try_from(since.0.as_secs()).unwrap_or(i64::MAX);
    let oldest = since.map_or(i64::MIN, |since| app::unix_seconds().saturating_sub(seconds(since)));
    let asked_about = name.as_deref().map(AskedAbout::parse);
    let mut attempts = 0;
    let mut writes = Vec::new();
    for row in history.rows().filter(|row| row.written >= oldest) {
        let is_made = !matches!(row.outcome, Outcome::Begun | Outcome::NotLanded);
        if !is_made && !all {
            attempts += 1;
            continue;
        }
        for write in RecentWrite::all(Some(row.id), row) {
            if asked_about.as_ref().is_none_or(|asked_about| is_about(&write, asked_about)) {
                writes.push((row.outcome, write));
            }
        }
    }
    // The number of a write is that of its beginning; another may have begun later and ended before.
    writes.sort_by_key(|(_, write)| (write.at, write.id));
    if output == OutputFormat::Json {
        let writes: Vec<_> = writes.iter().map(|(_, write)| write).collect();
        print::json(&writes)?;
        return Ok(ExitCode::SUCCESS);
    }
    print::text(&table(&writes, attempts, &flags))?;
    Ok(ExitCode::SUCCESS)
}

/// Tells whether a write is one of the name, or was made for the object.
fn is_about(write: &RecentWrite, asked_about: &AskedAbout) -> bool {
    match asked_about {
        AskedAbout::Name(name) => write.name.canonical() == name,
        AskedAbout::Object { .. } => {
            write.object.as_ref().is_some_and(|object| asked_about.is_object(object))
        }
    }
}

/// Returns what a person reads; `flags` are those with which the history was found.
fn table(writes: &[(Outcome, RecentWrite)], attempts: usize, flags: &str) -> String {
    let head = ["ID", "WRITTEN", "ACTION", "RECORD", "OLD", "NEW", "OBJECT", "BY"];
    let values = |values: &Option<controller_core::plan::Values>| {
        values.as_ref().map_or_else(|| "–".to_owned(), ToString::to_string)
    };
    let row = |(outcome, write): &(Outcome, RecentWrite)| {
        let outcome = match outcome {
            Outcome::Written | Outcome::Landed => String::new(),
            Outcome::Begun | Outcome::NotLanded | Outcome::Unclear => {
                format!(" ({})", outcome.as_str())
            }
        };
        let zone = write.zone.as_ref().map(|zone| format!(" in {zone}")).unwrap_or_default();
        [
            write.id.map(|id| id.to_string()).unwrap_or_default(),
            time::moment(write.at),
            format!("{}{outcome}", write.action.as_str()),
            format!("{} {} {}{zone}", write.name, write.record_type, write.set_identifier)
                .replace("  ", " ")
                .trim()
                .to_owned(),
            values(&write.old),
            values(&write.new),
            write.object.as_ref().map_or("–".into(), ObjectRef::shown).into_owned(),
            write.cause.clone(),
        ]
    };
    let rows: Vec<_> =
        std::iter::once(head.map(str::to_owned)).chain(writes.iter().map(row)).collect();
    let mut text =
        if writes.is_empty() { "No writes.\n".to_owned() } else { print::columns(&rows) };
    if attempts > 0 {
        text.push_str(
            "Writes that were begun and are not known to be made are left out; --all has them.\n",
        );
    }
    if !writes.is_empty() {
        let _ = writeln!(
            text,
            "`signpost rollback ID {flags}` shows the way back from one, with the flags of the \
             controller that say where the provider is (`--webhook-provider-url=…`) and how it marks \
             ownership (`--txt-…`), where it has them; `signpost explain NAME` prints them all."
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use controller_core::history::HistoryRow;
    use external_dns_webhook::{Changes, Endpoint, RecordType};

    use super::*;

    #[test]
    fn each_record_is_a_line_with_what_was_there_and_who_asked() {
        let mut gone = Endpoint::new("www.example.com", RecordType::A, ["192.0.2.1"]);
        gone.labels.set("resource", "service/default/web");
        let changes = Changes { delete: vec![gone], ..Changes::default() };
        let (outcome, cause) = (Outcome::Written, "sync".to_owned());
        let row = HistoryRow { id: 7, written: 1_700_000_000, changes, outcome, cause };
        let writes = RecentWrite::all(Some(row.id), &row);
        let writes: Vec<_> = writes.into_iter().map(|write| (outcome, write)).collect();
        let is_told = |text| is_about(&writes[0].1, &AskedAbout::parse(text));
        for one in ["www.example.com", "WWW.example.com.", "svc/default/web", "services/web"] {
            assert!(is_told(one), "{one}");
        }
        for other in ["example.com", "svc/other/web", "ingress/default/web", "svc/default/we"] {
            assert!(!is_told(other), "{other}");
        }
        let text = table(&writes, 1, "--state-dir=state");
        assert!(text.contains("`signpost rollback ID --state-dir=state`"), "{text}");
        let line = text.lines().nth(1).unwrap();
        for word in ["7", "2023-11-14T22:13:20Z", "delete", "192.0.2.1", "service/default/web"] {
            assert!(line.contains(word), "{word} in {line}");
        }
        assert!(text.contains("--all has them"), "{text}");
        assert_eq!(table(&[], 0, ""), "No writes.\n");
    }
}
