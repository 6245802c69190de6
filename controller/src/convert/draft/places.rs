//! Texts that something fills in later: `${NAME}` before Kubernetes sees them, and templates of Helm.

use serde_json::{Map, Value};

use super::super::Weight;
use super::super::fields::take_out;
use super::{Draft, Origin};

/// Tells whether a text has a `${NAME}`.
pub(in super::super) fn has_place(text: &str) -> bool {
    text.split("${").skip(1).any(|rest| {
        let name = rest.split(['}', ':', '-', '=']).next().unwrap_or_default();
        rest.contains('}')
            && !name.is_empty()
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    })
}

/// Tells of texts that something fills in before Kubernetes sees them, such as Flux or `envsubst`.
pub(super) fn told(draft: &mut Draft) {
    let mut values = Value::Object(draft.values.clone());
    let mut found = Vec::new();
    take_out(&mut values, "", &|text| has_place(text), &mut found);
    for (place, text) in found {
        draft.say(
            Weight::Changed,
            &place,
            format!("`{text}` stands in the values as it was: whatever fills it in has to do so here, too"),
        );
    }
}

/// Fills in what templates of Helm take from the values of the other chart, which ours does not have.
pub(super) fn values_of_the_other_chart(draft: &mut Draft) {
    let given = std::mem::take(&mut draft.given);
    let mut found = Vec::new();
    let mut values = Value::Object(std::mem::take(&mut draft.values));
    fill(&given, &mut values, "", &mut found);
    if let Value::Object(values) = values {
        draft.values = values;
    }
    let mut extra = Value::Object(std::mem::take(&mut draft.extra));
    fill(&given, &mut extra, "extraArgs", &mut found);
    if let Value::Object(extra) = extra {
        draft.extra = extra;
    }
    let is_template = draft.origin == Origin::Chart;
    for word in draft.provider.iter_mut().filter(|_| is_template) {
        // The arguments of our providers are no templates.
        *word = literal(word);
        let mut text = Value::String(std::mem::take(word));
        fill(&given, &mut text, "extraArgs", &mut Vec::new());
        text.as_str().unwrap_or_default().clone_into(word);
        if has_action(word) {
            found.push(("extraArgs".to_owned(), word.clone()));
        }
    }
    for (place, text) in found {
        let with = if text.contains(".Values") { ", with values of the other chart" } else { "" };
        draft.unknown(
            &place,
            &format!(
                "a template of Helm makes something of it{with}: write what it made into `{text}`"
            ),
        );
    }
}

/// Fills in each text below a value; what cannot be is added.
fn fill(
    given: &Map<String, Value>,
    value: &mut Value,
    place: &str,
    found: &mut Vec<(String, String)>,
) {
    match value {
        Value::String(text) if text.contains("{{") && text.contains(".Values") => {
            let new = filled(text, &|action| of_values(given, action));
            if new.contains(".Values") {
                found.push((place.to_owned(), text.clone()));
            }
            *text = new;
        }
        Value::Array(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                fill(given, item, &format!("{place}[{at}]"), found);
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                let inner = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
                fill(given, value, &inner, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Returns what `.Values.a.b` is; `None` for all other actions, and for what is no text.
fn of_values(given: &Map<String, Value>, action: &str) -> Option<String> {
    let mut parts = action.split('|').map(str::trim);
    let path = parts.next()?;
    if parts.any(|filter| !["toString", "trim"].contains(&filter)) {
        return None;
    }
    let path = path.strip_prefix(".Values.").or_else(|| path.strip_prefix("$.Values."))?;
    let mut keys = path.split('.');
    let first = given.get(keys.next()?)?;
    match keys.try_fold(first, |value, key| value.get(key))? {
        Value::String(text) if !text.contains("{{") => Some(text.clone()),
        value @ (Value::Number(_) | Value::Bool(_)) => Some(value.to_string()),
        _ => None,
    }
}

/// Returns what a template of Helm makes of texts that are written out in it; other actions stay.
pub(in super::super) fn literal(text: &str) -> String {
    filled(text, &written_out)
}

/// Tells whether a template of Helm has anything in it that is not written out.
pub(in super::super) fn has_action(text: &str) -> bool {
    filled(text, &|action| written_out(action).map(|_| String::new())).contains("{{")
}

/// What is said of a template that means something else in our chart.
pub(in super::super) const OF_ANOTHER_CHART: &str = "a template of Helm makes something of it from names of its own chart, and would make something else of it here: \
     write what it made";

/// Tells whether a template of Helm would make something else of a text in our chart: whether anything is in
/// it but what is written out, what the release has, and values, which are filled in by themselves.
pub(in super::super) fn is_of_another_chart(text: &str) -> bool {
    let is_known = |action: &str| {
        let known = written_out(action).is_some() || is_of_release(action);
        (known || action.contains(".Values")).then(String::new)
    };
    filled(text, &is_known).contains("{{")
}

/// Tells whether an action goes by nothing but what Helm knows of the release and the cluster.
fn is_of_release(action: &str) -> bool {
    const OTHERS: [&str; 7] = ["include", "template", "tpl", "lookup", "define", "block", "env"];
    let separates = |letter: char| letter.is_whitespace() || "()|,".contains(letter);
    action.split(separates).filter(|word| !word.is_empty()).all(|word| {
        let path = word.strip_prefix('$').unwrap_or(word);
        if path.starts_with('.') || path.len() < word.len() {
            path.starts_with(".Release.") || path.starts_with(".Capabilities.")
        } else {
            !OTHERS.contains(&word) && !word.contains("env")
        }
    })
}

/// Returns the text that an action is; `None` for all other actions.
fn written_out(action: &str) -> Option<String> {
    let raw = action.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
    if let Some(raw) = raw.filter(|raw| !raw.contains('`')) {
        return Some(raw.to_owned());
    }
    let is_text = action.len() > 1 && action.starts_with('"') && action.ends_with('"');
    if is_text { serde_json::from_str::<String>(action).ok() } else { None }
}

/// Returns a text with each action of a template replaced that has an answer.
fn filled(text: &str, answer: &dyn Fn(&str) -> Option<String>) -> String {
    let (mut made, mut rest) = (String::new(), text);
    while let Some((before, inner)) = rest.split_once("{{") {
        let Some((action, after)) = action(inner) else { break };
        made.push_str(before);
        let bare = action.strip_prefix('-').unwrap_or(action);
        let bare = bare.strip_suffix('-').unwrap_or(bare).trim();
        match answer(bare) {
            Some(text) => made.push_str(&text),
            None => made.extend(["{{", action, "}}"]),
        }
        rest = after;
    }
    made.push_str(rest);
    made
}

/// Splits what follows two braces into the action and what comes after it; braces in texts end nothing.
fn action(inner: &str) -> Option<(&str, &str)> {
    let mut quote: Option<char> = None;
    let mut is_escaped = false;
    for (at, letter) in inner.char_indices() {
        match (quote, letter) {
            (Some('"'), '\\') if !is_escaped => {
                is_escaped = true;
                continue;
            }
            (Some(open), letter) if open == letter && !is_escaped => quote = None,
            (None, '"' | '`') => quote = Some(letter),
            (None, '}') if inner.get(at..)?.starts_with("}}") => {
                return Some((inner.get(..at)?, inner.get(at.saturating_add(2)..)?));
            }
            _ => {}
        }
        is_escaped = false;
    }
    None
}
