//! `signpost status`: everything that is not as desired, the most urgent first.

use std::collections::BTreeMap;
use std::process::ExitCode;

use external_dns_webhook::Printable;
use serde_json::Value;

use super::{ask, explain, print};
use crate::args::{OutputFormat, StatusArgs};

/// Status that says that something is not as desired.
const PROBLEMS: u8 = 2;

/// Prints what is not as desired, and how well that is known.
///
/// # Errors
///
/// Returns an error when no controller answers.
pub async fn run(args: StatusArgs) -> anyhow::Result<ExitCode> {
    let StatusArgs { namespace, reason, all, controller, log: _, output } = args;
    let mut query = Vec::new();
    if !all {
        query.push(("problems", "true"));
    }
    for (key, value) in [("namespace", &namespace), ("reason", &reason)] {
        query.extend(value.as_ref().map(|value| (key, value.as_str())));
    }
    let (rows, mut first) = ask::rows(&controller, "/v1/records", &query).await?;
    let narrowed = narrowed(namespace.as_deref(), reason.as_deref());
    let mut others = None;
    if rows.is_empty() && !narrowed.is_empty() {
        // That nothing is found by a filter says nothing about the rest.
        let mut query = vec![("limit", "1")];
        if !all {
            query.push(("problems", "true"));
        }
        let answer = ask::get(&controller, "/v1/records", &query).await?;
        others = answer.get("total").and_then(Value::as_u64);
    }
    let is_well = |row: &&Value| row.get("severity").and_then(Value::as_str) == Some("well");
    let has_problems = !rows.iter().all(|row| is_well(&row)) || !explain::is_settled(&first);
    match output {
        OutputFormat::Json => {
            if let Value::Object(answer) = &mut first {
                answer.remove("nextOffset");
                answer.insert("records".to_owned(), Value::Array(rows));
            }
            print::json(&first)?;
        }
        OutputFormat::Text => {
            let found = if let Some(others) = others {
                nothing_found(&first, &narrowed, others, all)
            } else {
                explain::ask_as_before(&mut first, &controller);
                text(&first, &rows, all)
            };
            print::text(&found)?;
        }
    }
    Ok(if has_problems { ExitCode::from(PROBLEMS) } else { ExitCode::SUCCESS })
}

/// Returns what is filtered by, in words; empty when nothing is.
fn narrowed(namespace: Option<&str>, reason: Option<&str>) -> String {
    let namespace = namespace.map(|namespace| format!(" in namespace `{namespace}`"));
    let reason = reason.map(|reason| format!(" with the reason `{reason}`"));
    [namespace, reason].into_iter().flatten().collect()
}

/// Says that nothing is found by a filter, and that there are `others`.
fn nothing_found(answer: &Value, narrowed: &str, others: u64, all: bool) -> String {
    let what = if all { "Nothing is known" } else { "Nothing is known that is not as desired" };
    let others = match (others, all) {
        (0, true) => "nor anything else".to_owned(),
        (0, false) => "and everything else is as desired".to_owned(),
        (1, true) => "1 other name or object is known".to_owned(),
        (others, true) => format!("{others} other names and objects are known"),
        (1, false) => "1 other name or object is not as desired".to_owned(),
        (others, false) => format!("{others} other names and objects are not as desired"),
    };
    let narrowed = Printable(narrowed);
    format!("{}{what}{narrowed}; {others}.\n", explain::freshness(answer))
}

fn text(answer: &Value, rows: &[Value], all: bool) -> String {
    let mut text = explain::freshness(answer);
    if rows.is_empty() {
        let said = if all { "Nothing is known yet.\n" } else { "Everything is as desired.\n" };
        // What failed is no peace, and neither is what nobody has looked at.
        let is_open = !explain::is_settled(answer) && !all;
        return if is_open { text } else { format!("{text}{said}{}", explain::view(answer)) };
    }
    let now = crate::app::unix_seconds();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows {
        let reason = row.get("reason").and_then(Value::as_str).unwrap_or("not wanted");
        *counts.entry(reason).or_default() += 1;
        text.push_str(&explain::row(row, now));
    }
    let counts: Vec<_> = counts
        .into_iter()
        .map(|(reason, count)| format!("{count} {}", Printable(reason)))
        .collect();
    let what = if all { "in all" } else { "not as desired" };
    let held = explain::held(answer, rows);
    let view = explain::view(answer);
    format!("{text}\n{} {what}: {}.\n{held}{view}", rows.len(), counts.join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_filter_leaves_out_is_counted_and_never_called_well() {
        let narrowed = narrowed(Some("nope"), None);
        let said = nothing_found(&json!({}), &narrowed, 1, false);
        assert_eq!(
            said,
            "Nothing is known that is not as desired in namespace `nope`; 1 other name or object is \
             not as desired.\n"
        );
        let none = nothing_found(&json!({}), &narrowed, 0, false);
        assert!(none.ends_with("; and everything else is as desired.\n"), "{none}");
        let outage = json!({ "outage": { "seconds": 5, "cause": "down" } });
        assert!(nothing_found(&outage, &narrowed, 0, true).starts_with("Syncs have failed"));
    }

    #[test]
    fn what_is_not_as_desired_is_listed_with_counts() {
        let row = |reason: &str| json!({ "name": "a.example.com", "reason": reason });
        let said = text(&json!({}), &[row("NoZone"), row("Conflict"), row("NoZone")], false);
        assert!(said.ends_with("\n3 not as desired: 1 Conflict, 2 NoZone.\n"), "{said}");
        assert_eq!(text(&json!({}), &[], false), "Everything is as desired.\n");
        let view = json!({ "ageSeconds": 4, "asOf": "2023-11-14T22:13:20Z",
            "view": { "zones": 1, "recordSets": 1234, "names": 56 } });
        let said = text(&view, &[], false);
        assert_eq!(
            said,
            "Everything is as desired.\nOf 56 names and 1234 record sets in 1 zone, as they were read \
             4 s ago, at 2023-11-14T22:13:20Z.\n"
        );
        let outage = json!({ "outage": { "seconds": 5, "cause": "down" } });
        assert!(!text(&outage, &[], false).contains("Everything"), "nobody knows");
        let standby = json!({ "standsBy": "pod_1", "asOf": "2023-11-14T22:13:20Z" });
        assert!(!text(&standby, &[], false).contains("Everything"), "another one knows");
        let blind = json!({ "problems": [{ "part": "state", "problem": "the folder is full" }] });
        assert_eq!(text(&blind, &[], false), "Not well: state: the folder is full\n\n");
        let writing = json!({ "writing": "1200 of 20000 changes are sent" });
        assert_eq!(
            text(&writing, &[], false),
            "A write is under way: 1200 of 20000 changes are sent. What follows is as it was before.\n\n",
            "nothing is as desired before it has ended"
        );
    }
}
