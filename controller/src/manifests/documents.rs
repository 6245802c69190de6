//! Takes a manifest file apart: YAML documents, JSON values one after another, and `List` objects.
//!
//! Documents are split before they are parsed, so that one that makes no sense hurts only itself.
//! JSON is read by a JSON reader. Of YAML, only what aliases make of it is bounded: the text itself
//! costs what it is long.

use std::borrow::Cow;

use serde_json::Value;

use super::lines;
use super::validate::LIST;
use controller_sources::objects::Step;

/// How deep a document may nest; that of `serde_json`.
const MAX_DEPTH: usize = 128;

/// How many bytes aliases may add to a document: a billion laughs are not funny.
const MAX_REPEATED: usize = 16 << 20;

/// How many values aliases may add to a document.
const MAX_REPEATED_VALUES: usize = 250_000;

/// One document of a file.
pub(super) struct Document<'a> {
    /// Number of the document, from 1.
    pub(super) number: usize,
    /// Line on which it begins, from 1.
    pub(super) line: usize,
    pub(super) text: &'a str,
    /// What is in it.
    pub(super) content: Content,
}

/// What is in a document.
pub(super) enum Content {
    /// One value, or the items of a list.
    Values(Vec<Item>),
    /// It is not YAML, or not JSON.
    Broken {
        /// Line in the file on which it stops to be, from 1.
        line: usize,
        /// What is wrong with it.
        error: String,
    },
}

/// A value of a document.
pub(super) struct Item {
    /// The way to it from the document: empty, or an item of a list.
    pub(super) path: Vec<Step>,
    pub(super) value: Value,
    /// A key that stands in it twice.
    pub(super) repeats: Option<Repeat>,
}

/// A key that stands twice in one map.
pub(super) struct Repeat {
    /// Line in the file of the second, from 1.
    pub(super) line: usize,
    pub(super) key: String,
}

/// Returns the documents of a file; empty ones are left out.
pub(super) fn parse(text: &str, is_json: bool) -> Vec<Document<'_>> {
    let parts = if is_json { vec![(1, text)] } else { split(text) };
    let mut found = Vec::new();
    let mut number = 0;
    for (line, part) in parts {
        number += 1;
        if is_blank(part) {
            continue;
        }
        let body = part.trim_start_matches('\u{feff}');
        let is_like_json = body.trim_start().starts_with(['{', '[']);
        if (is_json || is_like_json) && json(body, line, &mut number, &mut found, is_json) {
            continue;
        }
        let content = yaml(part, line);
        if !matches!(&content, Content::Values(values) if values.iter().all(|item| item.value.is_null()))
        {
            found.push(Document { number, line, text: part, content });
        }
    }
    found
}

/// Reads JSON values one after another; tells whether it is JSON, which a broken value may still be.
///
/// Only what begins as no JSON at all can be YAML in one of its other forms.
fn json<'a>(
    text: &'a str,
    first_line: usize,
    number: &mut usize,
    found: &mut Vec<Document<'a>>,
    must_be: bool,
) -> bool {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let (mut start, mut line) = (0, first_line);
    let mut is_first = true;
    loop {
        let value = values.next();
        let end = values.byte_offset();
        let part = text.get(start..end).unwrap_or_default();
        let ahead = part.len() - part.trim_start().len();
        let begins = line + newlines(part.get(..ahead).unwrap_or_default());
        let content = match value {
            None => return true,
            Some(Ok(value)) => Content::Values(items(value)),
            Some(Err(_)) if is_first && !must_be && !is_json_only(text) => return false,
            Some(Err(error)) => {
                Content::Broken { line: first_line + error.line() - 1, error: error.to_string() }
            }
        };
        if !std::mem::take(&mut is_first) {
            *number += 1;
        }
        let is_broken = matches!(content, Content::Broken { .. });
        let part = if is_broken { text.get(start..).unwrap_or_default() } else { part };
        found.push(Document { number: *number, line: begins, text: part, content });
        if is_broken {
            return true;
        }
        line += newlines(part);
        start = end;
    }
}

/// Tells whether a text that opens as JSON goes on as it, and makes no sense as YAML either.
fn is_json_only(text: &str) -> bool {
    let inner = text.trim_start().trim_start_matches(['{', '[']).trim_start();
    inner.starts_with('"')
        && serde_saphyr::from_str_with_options::<Value>(text, options(text)).is_err()
}

fn newlines(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count()
}

fn yaml(part: &str, line: usize) -> Content {
    let (own, next) = part.split_at(part.find('\n').map_or(part.len(), |index| index + 1));
    let beside = own.strip_prefix("---").map(str::trim);
    let whole = yaml_text(part, line);
    // As for `kubectl`, words beside a marker are a title and not a document.
    let is_titled = beside.is_some_and(|beside| !beside.is_empty() && !beside.starts_with('#'));
    let makes_sense = matches!(&whole, Content::Values(values) if values.iter().any(|item| item.value.is_object()));
    if is_titled && !makes_sense && !is_blank(next) { yaml_text(next, line + 1) } else { whole }
}

fn yaml_text(text: &str, first_line: usize) -> Content {
    let error = match serde_saphyr::from_str_with_options::<Value>(text, options(text)) {
        Ok(value) => return Content::Values(items(value)),
        Err(error) => error,
    };
    let within = error.location().map_or(1, |location| location.line());
    let line = first_line + usize::try_from(within).unwrap_or(1).max(1) - 1;
    let repeats = match error.without_snippet() {
        serde_saphyr::Error::DuplicateMappingKey { key, .. } => key.clone(),
        _ => None,
    };
    let error = error.render_with_formatter(&serde_saphyr::UserMessageFormatter);
    // The place that it tells is one in the document, and not in the file.
    let error = error.split(" at line ").next().unwrap_or_default().to_owned();
    let Some(key) = repeats else { return Content::Broken { line, error } };
    let mut lenient = options(text);
    lenient.duplicate_keys = serde_saphyr::DuplicateKeyPolicy::LastWins;
    match serde_saphyr::from_str_with_options::<Value>(text, lenient) {
        Ok(value) => {
            let mut items = items(value);
            mark(&mut items, text, first_line, Repeat { line, key });
            Content::Values(items)
        }
        Err(_) => Content::Broken { line, error },
    }
}

/// Notes a repeated key on the item that it stands in.
fn mark(items: &mut [Item], text: &str, first_line: usize, repeat: Repeat) {
    let paths: Vec<_> = items.iter().map(|item| Cow::Borrowed(&item.path[..])).collect();
    let starts = if items.len() > 1 { lines::find(text, &paths) } else { vec![None; items.len()] };
    let before = |line: &&Option<usize>| line.is_none_or(|at| first_line + at - 1 <= repeat.line);
    let at = starts.iter().take_while(before).count().saturating_sub(1);
    if let Some(item) = items.get_mut(at) {
        item.repeats = Some(repeat);
    }
}

/// Returns how YAML is read: bounded is what aliases add, and how deep it nests.
pub(super) fn options(text: &str) -> serde_saphyr::Options {
    let size = text.len();
    serde_saphyr::options! {
        emit_comments: false,
        with_snippet: false,
        non_finite_float_policy: serde_saphyr::options::NonFiniteFloatPolicy::AsString,
        budget: serde_saphyr::budget! {
            max_events: size.saturating_mul(2).saturating_add(MAX_REPEATED_VALUES),
            max_nodes: size.saturating_mul(2).saturating_add(MAX_REPEATED_VALUES),
            max_total_scalar_bytes: size.saturating_add(MAX_REPEATED),
            max_depth: MAX_DEPTH,
            max_aliases: MAX_REPEATED_VALUES,
            max_anchors: MAX_REPEATED_VALUES,
            // One block of labels may well be repeated in hundreds of objects.
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MAX_REPEATED_VALUES,
        },
    }
}

/// Returns the values in a document: itself, or the items of a list, however deep.
fn items(value: Value) -> Vec<Item> {
    let mut found = Vec::new();
    collect(value, Vec::new(), &mut found);
    found
}

fn collect(value: Value, path: Vec<Step>, found: &mut Vec<Item>) {
    let inner = |index: usize, keys: &[&str]| {
        let keys = keys.iter().map(|key| Step::Key((*key).to_owned()));
        path.iter().cloned().chain(keys).chain([Step::Index(index)]).collect::<Vec<_>>()
    };
    match value {
        // What `jq .items` leaves of a list.
        Value::Array(items) if items.iter().any(|item| item.get("kind").is_some()) => {
            let items = items.into_iter().enumerate().filter(|(_, value)| !value.is_null());
            for (index, item) in items {
                collect(item, inner(index, &[]), found);
            }
        }
        Value::Object(mut list) if is_list(&list) => {
            // The items of a `ServiceList` may leave out what the list says for all.
            let kind = list.get("kind").and_then(Value::as_str).unwrap_or_default();
            let kind = kind.strip_suffix(LIST).unwrap_or_default().to_owned();
            let version = list.get("apiVersion").cloned().unwrap_or_default();
            let Some(Value::Array(items)) = list.remove("items") else { return };
            let items = items.into_iter().enumerate().filter(|(_, value)| !value.is_null());
            for (index, mut item) in items {
                if let Value::Object(object) = &mut item
                    && !kind.is_empty()
                {
                    object.entry("kind").or_insert_with(|| Value::from(kind.as_str()));
                    object.entry("apiVersion").or_insert_with(|| version.clone());
                }
                collect(item, inner(index, &["items"]), found);
            }
        }
        value => found.push(Item { path, value, repeats: None }),
    }
}

fn is_list(value: &serde_json::Map<String, Value>) -> bool {
    let kind = value.get("kind").and_then(Value::as_str).unwrap_or_default();
    kind.ends_with(LIST) && value.get("items").is_some_and(Value::is_array)
}

/// Splits at `---`, with the number of the line that each part begins on.
fn split(text: &str) -> Vec<(usize, &str)> {
    let mut parts = Vec::new();
    let (mut start, mut first_line, mut at) = (0, 1, 0);
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        if line.trim_start_matches('\u{feff}').starts_with("---") {
            parts.push((first_line, text.get(start..at).unwrap_or_default()));
            // The marker's own line may carry the beginning of the document.
            (start, first_line) = (at, number);
        }
        at += line.len();
    }
    parts.push((first_line, text.get(start..).unwrap_or_default()));
    // What stands before the first marker is a document only when it says something.
    if parts.len() > 1 && parts.first().is_some_and(|(_, part)| is_blank(part)) {
        parts.remove(0);
    }
    parts
}

/// Tells whether there is nothing but markers, directives, comments and white space.
fn is_blank(document: &str) -> bool {
    let said = document.trim_start_matches('\u{feff}').lines().map(str::trim);
    said.filter(|line| {
        !line.is_empty() && !line.starts_with(['#', '%']) && *line != "---" && *line != "..."
    })
    .count()
        == 0
}
