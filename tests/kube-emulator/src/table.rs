//! Objects as rows of a table, for `kubectl get` ([tables]).
//!
//! [tables]: https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables

mod cells;
mod path;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::api::form::{Rows, metadata};
use crate::json::{put, text};
use crate::kinds::Kind;
use crate::status::Status;
use crate::store::object::Object;

/// Returns a whole table.
pub(crate) fn table(kind: &Kind, rows: Vec<Value>, metadata: &Value) -> Value {
    json!({
        "apiVersion": "meta.k8s.io/v1",
        "kind": "Table",
        "metadata": metadata,
        "columnDefinitions": columns(kind),
        "rows": Value::Array(rows),
    })
}

/// Returns the definitions of the columns.
pub(crate) fn columns(kind: &Kind) -> Value {
    let definition = |name: &str, form: &str, priority: u64| {
        let format = if name == "Name" { "name" } else { "" };
        json!({
            "name": name,
            "type": form,
            "format": format,
            "description": name,
            "priority": priority,
        })
    };
    let mut all = vec![definition("Name", "string", 0)];
    if kind.is_custom() {
        let own = kind.columns.iter();
        all.extend(own.map(|column| definition(&column.name, &column.form, column.priority)));
        if kind.columns.is_empty() {
            all.push(definition("Age", "date", 0));
        }
    } else {
        all.extend(cells::names(kind).iter().map(|name| definition(name, "string", 0)));
        all.push(definition("Age", "string", 0));
    }
    Value::Array(all)
}

/// Returns the row of one object.
pub(crate) fn row(
    kind: &Kind,
    object: &Object,
    rows: Rows,
    now: Timestamp,
) -> Result<Value, Status> {
    let value = object.read_as(kind)?;
    let mut cells = vec![Value::from(object.name.clone())];
    if kind.is_custom() {
        cells.extend(kind.columns.iter().map(|column| {
            let found = path::find(&value, &column.path).cloned().unwrap_or(Value::Null);
            match (column.form.as_str(), &found) {
                ("date", Value::String(time)) => age(time, now).into(),
                // A cell is plain; kubectl prints anything else as Go would.
                (_, Value::Array(_) | Value::Object(_)) => found.to_string().into(),
                _ => found,
            }
        }));
        if kind.columns.is_empty() {
            cells.push(age(text(&value, "/metadata/creationTimestamp"), now).into());
        }
    } else {
        cells.extend(cells::cells(kind, &value));
        cells.push(age(text(&value, "/metadata/creationTimestamp"), now).into());
    }
    let mut row = json!({ "cells": cells });
    match rows {
        Rows::Metadata => put(&mut row, "object", metadata(&value)),
        Rows::Object => put(&mut row, "object", value),
        Rows::Nothing => {}
    }
    Ok(row)
}

/// Returns how long ago `time` was, in the largest unit that has two of it, as kubectl shows it.
fn age(time: &str, now: Timestamp) -> String {
    let Ok(time) = time.parse::<Timestamp>() else { return "<unknown>".to_owned() };
    let seconds = now.as_second() - time.as_second();
    match seconds.max(0) {
        seconds @ ..120 => format!("{seconds}s"),
        seconds @ ..7_200 => format!("{}m", seconds / 60),
        seconds @ ..172_800 => format!("{}h", seconds / 3_600),
        seconds => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_told_in_the_largest_unit_that_has_two_of_it() {
        let now: Timestamp = "2026-01-10T00:00:00Z".parse().unwrap();
        assert_eq!(age("2026-01-09T23:59:55Z", now), "5s");
        assert_eq!(age("2026-01-09T23:30:00Z", now), "30m");
        assert_eq!(age("2026-01-09T12:00:00Z", now), "12h");
        assert_eq!(age("2026-01-01T00:00:00Z", now), "9d");
        assert_eq!(age("", now), "<unknown>");
    }
}
