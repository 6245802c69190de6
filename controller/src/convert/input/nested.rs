//! Texts in a document that are what a shell, systemd or a container engine gets, such as the steps of a pipeline or the
//! files that a machine begins with: each is read as what it is, with the variables that stand beside it.

use std::borrow::Cow;

use serde_json::Value;

use super::super::draft::Draft;
use super::super::start::{ENOUGH, Scope, Start, Wording, of_text};
use super::inside::{inner, is_harmless};

/// Fields that hold variables of what is started, and whether the program gets them.
const VARIABLES: [(&str, bool); 4] =
    [("env", true), ("environment", true), ("variables", true), ("vars", false)];

/// Returns the starts in the texts of a document; a text alone is none inside of one.
pub(super) fn find(document: &Value) -> Vec<Start> {
    let mut found = Vec::new();
    below(document, "", &Scope::default(), &mut found);
    for start in &mut found {
        // What runs the document gives variables of its own.
        start.beside("variables that are not in this text");
    }
    found
}

/// Returns the texts in documents of YAML in which something may be run; none of a text that is no YAML.
pub(super) fn steps(text: &str) -> Vec<String> {
    fn below(value: &Value, steps: &mut Vec<String>) {
        match (self::text(value), value) {
            (Some(text), _) => steps.push(text),
            (None, Value::Array(items)) => items.iter().for_each(|item| below(item, steps)),
            (None, Value::Object(map)) => map.values().for_each(|value| below(value, steps)),
            (None, _) => {}
        }
    }
    let read = super::super::yaml::documents(&mut Draft::default(), "", text).unwrap_or_default();
    let mut steps = Vec::new();
    // A text that is nothing but one is a script.
    for document in read.iter().filter(|document| !document.is_string()) {
        below(document, &mut steps);
    }
    steps
}

/// Tells whether one is under a key at the top that fits.
pub(super) fn is_under(document: &Value, fits: impl Fn(&str) -> bool) -> bool {
    let fields = document.as_object().into_iter().flatten();
    fields
        .filter(|(key, _)| fits(key))
        .any(|(key, value)| !find(&serde_json::json!({ key.as_str(): value })).is_empty())
}

/// Looks at what is right below a value, `outer` being the variables that stand further out.
fn below(value: &Value, place: &str, outer: &Scope, found: &mut Vec<Start>) {
    let inner = inner(value, place);
    let key = |place: &str| place.rsplit('.').next().unwrap_or_default().to_owned();
    let is_variables = |place: &str, value: &Value| {
        VARIABLES.iter().any(|(name, _)| *name == key(place))
            && (value.is_object() || value.is_array())
    };
    let mut scope = Cow::Borrowed(outer);
    for (place, value) in &inner {
        if let Some((_, is_exported)) = VARIABLES.iter().find(|(name, _)| *name == key(place)) {
            variables(&mut scope, value, *is_exported);
        }
    }
    for (index, (place, value)) in inner.iter().enumerate() {
        let before = found.len();
        if before >= ENOUGH {
            return;
        }
        match text(value) {
            Some(text) => found.extend(of_text(&scope.filled_in(&text), &scope)),
            None if is_variables(place, value) => {}
            None => below(value, place, &scope, found),
        }
        for start in found.iter_mut().skip(before) {
            for (_, (place, value)) in inner.iter().enumerate().filter(|(other, _)| *other != index)
            {
                if !is_harmless(place) && !is_variables(place, value) {
                    start.beside(place.clone());
                }
            }
        }
    }
}

/// Returns what a shell gets of a value: a text, or a list of lines or of words.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(items) if !items.is_empty() => {
            let words: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            let words = words?;
            let is_list_of_words = words.iter().skip(1).any(|word| word.starts_with("--"));
            let quoted = |word: &&str| format!("'{}'", word.replace('\'', "'\\''"));
            Some(if is_list_of_words {
                words.iter().map(quoted).collect::<Vec<_>>().join(" ")
            } else {
                words.join("\n")
            })
        }
        _ => None,
    }
}

/// Adds variables, which hide those of the same names further out.
fn variables(scope: &mut Cow<'_, Scope>, given: &Value, is_exported: bool) {
    let wording = |value: &Value| {
        let value = value.get("value").unwrap_or(value);
        match value {
            Value::String(text) if !text.contains(['$', '{', '`', '%']) => {
                Wording::Known(text.clone())
            }
            Value::Number(_) | Value::Bool(_) => Wording::Known(value.to_string()),
            other => Wording::Open(other.to_string()),
        }
    };
    match given {
        Value::Object(named) => {
            for (name, value) in named {
                scope.to_mut().set(name, wording(value), is_exported);
            }
        }
        Value::Array(items) => {
            for item in items {
                let name = item.get("name").and_then(Value::as_str);
                match (name, item.as_str().and_then(|text| text.split_once('='))) {
                    (Some(name), _) => scope.to_mut().set(name, wording(item), is_exported),
                    (None, Some((name, value))) => {
                        scope.to_mut().set(name, wording(&Value::from(value)), is_exported);
                    }
                    (None, None) => {}
                }
            }
        }
        _ => {}
    }
}
