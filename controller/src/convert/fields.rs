//! What is read of a map is taken out of it, and what is left at the end is told.

use serde_json::{Map, Value};

use super::Weight;
use super::draft::Draft;
use super::input::RENDERED;

/// The fields of one map that nobody has looked at yet.
#[derive(Debug, Default)]
pub(super) struct Fields {
    place: String,
    map: Map<String, Value>,
}

/// Reads a map field by field: each one that `how` does not take is told, with `why` it could not be.
///
/// This is the only way into the maps of an installation, so that nothing in them is passed over unseen.
pub(super) fn each(
    draft: &mut Draft,
    place: &str,
    value: Option<Value>,
    why: &str,
    how: impl FnOnce(&mut Draft, &mut Fields),
) {
    let map = match value {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(map)) => map,
        Some(value) => {
            let place = if place.is_empty() { "all of it" } else { place };
            let text = format!("it has to be a map, and is `{}`", shown(&value));
            draft.say(Weight::Refused, place, text);
            Map::new()
        }
    };
    let mut fields = Fields { place: place.to_owned(), map };
    how(draft, &mut fields);
    for (key, value) in std::mem::take(&mut fields.map) {
        if !is_empty(&value) {
            // Patches hold whole objects, Secrets among them.
            let text = match why {
                RENDERED => why.to_owned(),
                why => format!("{why}: `{}`", shown(&value)),
            };
            draft.say(Weight::Refused, &fields.at(&key), text);
        }
    }
}

/// What is said of a number that Helm writes as another text.
pub(super) const REWRITTEN_BY_HELM: &str = "it is a number without quotes, of which Helm makes another text where one is wanted (of `123456789012` it made \
     `1.23456789012e+11`): look at what the running release has, in its arguments or in an ownership record, and write that in quotes";

/// Tells whether Helm makes another text of a value than what stands in the file: it reads numbers as `float64`
/// and Go prints those with seven digits or more with an exponent ([format]). With a leading zero they are octal,
/// and a fraction or an exponent is printed anew.
///
/// [format]: https://pkg.go.dev/strconv#FormatFloat
pub(super) fn is_rewritten_by_helm(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.as_i64().is_none_or(|number| number.abs() >= 1_000_000),
        _ => false,
    }
}

impl Fields {
    /// Takes a field; `None` when it is not there, or null.
    pub(super) fn take(&mut self, key: &str) -> Option<Value> {
        self.map.remove(key).filter(|value| !value.is_null())
    }

    /// Takes a field that says something: not null, and no empty text, list or map.
    pub(super) fn said(&mut self, key: &str) -> Option<Value> {
        self.map.remove(key).filter(|value| !is_empty(value))
    }

    /// Takes a text; a number or a truth value is its text, and another form is told.
    pub(super) fn text(&mut self, draft: &mut Draft, key: &str) -> Option<String> {
        match self.said(key)? {
            Value::String(text) => Some(text),
            value if is_rewritten_by_helm(&value) => {
                draft.unknown(&self.at(key), REWRITTEN_BY_HELM);
                None
            }
            value @ (Value::Number(_) | Value::Bool(_)) => Some(value.to_string()),
            value => {
                let text = format!("it has to be a text, and is `{}`", shown(&value));
                draft.say(Weight::Refused, &self.at(key), text);
                None
            }
        }
    }

    /// Takes a list; another form is told.
    pub(super) fn list(&mut self, draft: &mut Draft, key: &str) -> Vec<Value> {
        match self.take(key) {
            None => Vec::new(),
            Some(Value::Array(items)) => items,
            Some(value) => {
                let text = format!("it has to be a list, and is `{}`", shown(&value));
                draft.say(Weight::Refused, &self.at(key), text);
                Vec::new()
            }
        }
    }

    /// Passes over fields that stay with what holds the installation, such as when it is looked at.
    pub(super) fn pass(&mut self, keys: &[&str]) {
        for key in keys {
            self.map.remove(*key);
        }
    }

    /// Passes over a field that has the value that is there by itself.
    pub(super) fn pass_default(&mut self, key: &str, value: &Value) {
        if self.map.get(key) == Some(value) {
            self.map.remove(key);
        }
    }

    /// Returns what a remark about a field calls it.
    pub(super) fn at(&self, key: &str) -> String {
        if self.place.is_empty() { key.to_owned() } else { format!("{}.{key}", self.place) }
    }

    /// Takes all that is left.
    pub(super) fn rest(&mut self) -> Map<String, Value> {
        std::mem::take(&mut self.map)
    }
}

/// Takes each text out of values that something else fills in, and adds where it stood and what it was.
///
/// Returns whether the value itself is such a text, so that nothing of it is left.
pub(super) fn take_out(
    value: &mut Value,
    place: &str,
    is_filled_in: &dyn Fn(&str) -> bool,
    found: &mut Vec<(String, String)>,
) -> bool {
    match value {
        Value::String(text) if is_filled_in(text) => {
            found.push((place.to_owned(), std::mem::take(text)));
            true
        }
        Value::Array(items) => {
            let mut at = 0_usize;
            items.retain_mut(|item| {
                let gone = take_out(item, &format!("{place}[{at}]"), is_filled_in, found);
                at = at.saturating_add(1);
                !gone
            });
            false
        }
        Value::Object(map) => {
            map.retain(|key, value| {
                let inner = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
                if is_filled_in(key) {
                    found.push((inner, shown(value)));
                    return false;
                }
                !take_out(value, &inner, is_filled_in, found)
            });
            false
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Tells whether a value says nothing.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
    }
}

/// How many letters of a value are shown.
const SHOWN: usize = 60;

/// Returns a value for people: in one line, cut where it is long, and of a list or a map only what form it has. What
/// stands in these may be a secret whose name nobody knows.
pub(super) fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "[]".to_owned(),
        Value::Array(_) => "[…]".to_owned(),
        Value::Object(map) => {
            let keys: Vec<_> = map.keys().take(5).map(|key| format!("{key}: …")).collect();
            format!("{{{}}}", keys.join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    };
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

/// Shows each text below a value, with its place, so that it may be changed.
pub(super) fn each_text(value: &mut Value, place: &str, show: &mut impl FnMut(&str, &mut String)) {
    match value {
        Value::String(text) => show(place, text),
        Value::Array(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                each_text(item, &format!("{place}[{at}]"), show);
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                let inner = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
                each_text(value, &inner, show);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
