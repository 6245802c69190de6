//! Takes a manifest file apart: YAML documents, JSON, and `List` objects.
//!
//! Documents are split before they are parsed, so that one that makes no sense hurts only itself.

use serde_json::Value;

use crate::objects::meta::Raw;

/// One object of a file, or what is wrong with it.
pub(super) struct Document {
    /// Number of the document, from 1.
    pub(super) number: usize,
    /// Line on which it begins or on which it is wrong, from 1.
    pub(super) line: usize,
    /// The object.
    pub(super) object: Result<Raw, String>,
}

/// Returns the objects of a file; empty documents are left out.
pub(super) fn parse(text: &str) -> Vec<Document> {
    let mut found = Vec::new();
    for (number, (line, document)) in (1..).zip(split(text)) {
        if is_blank(document) {
            continue;
        }
        match serde_saphyr::from_str::<Value>(document) {
            Ok(Value::Null) => {}
            Ok(value) => {
                let objects = items(value);
                found.extend(objects.map(|object| Document { number, line, object }));
            }
            Err(error) => {
                let within = error.location().map_or(1, |it| it.line());
                let within = usize::try_from(within).unwrap_or(1).max(1);
                let error = error.without_snippet().to_string();
                found.push(Document { number, line: line + within - 1, object: Err(error) });
            }
        }
    }
    found
}

/// Returns the objects in a document: itself, or the items of a `List`.
fn items(value: Value) -> Box<dyn Iterator<Item = Result<Raw, String>>> {
    let Value::Object(mut list) = value else {
        return Box::new(std::iter::once(Err("it is not an object".to_owned())));
    };
    let kind = list.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
    if !kind.ends_with("List") || !list.get("items").is_some_and(Value::is_array) {
        return Box::new(std::iter::once(Raw::from_value(Value::Object(list))));
    }
    // The items of a `ServiceList` may leave out what the list says for all.
    let item_kind = kind.strip_suffix("List").unwrap_or_default().to_owned();
    let version = list.get("apiVersion").cloned().unwrap_or_default();
    let Some(Value::Array(items)) = list.remove("items") else {
        return Box::new(std::iter::empty());
    };
    Box::new(items.into_iter().enumerate().flat_map(move |(index, mut item)| {
        if let Value::Object(object) = &mut item
            && !item_kind.is_empty()
        {
            object.entry("kind").or_insert_with(|| Value::from(item_kind.as_str()));
            object.entry("apiVersion").or_insert_with(|| version.clone());
        }
        let nested = self::items(item);
        nested.map(move |it| it.map_err(|error| format!("item {}: {error}", index + 1)))
    }))
}

/// Splits at `---`, with the number of the line that each part begins on.
fn split(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut parts = Vec::new();
    let (mut start, mut first_line, mut at) = (0, 1, 0);
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let marker = line.strip_prefix("---");
        if marker.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n'])) {
            parts.push((first_line, text.get(start..at).unwrap_or_default()));
            // The marker's own line may carry the beginning of the document.
            (start, first_line) = (at, number);
        }
        at += line.len();
    }
    parts.push((first_line, text.get(start..).unwrap_or_default()));
    // What stands before the first marker is a document only when it says something.
    let skip = usize::from(parts.len() > 1 && parts.first().is_some_and(|(_, it)| is_blank(it)));
    parts.into_iter().skip(skip)
}

/// Tells whether there is nothing but markers, comments and white space.
fn is_blank(document: &str) -> bool {
    let said = document.trim_start_matches('\u{feff}').lines().map(str::trim);
    said.filter(|it| !it.is_empty() && !it.starts_with('#') && *it != "---" && *it != "...").count()
        == 0
}
