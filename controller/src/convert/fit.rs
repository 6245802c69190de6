//! What our chart takes: values that it would refuse are told and left out, so that what is printed renders.
//!
//! The forms are those of the chart's own `keys.json`, by which its templates refuse.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value, json};

use super::Weight;
use super::draft::Draft;
use super::draft::places::has_place;
use super::fields::shown;

/// The keys of our chart, as a JSON schema.
static KEYS: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../charts/signpost/keys.json")).unwrap_or_default()
});

/// What is said of a field that nobody knows.
const NO_FIELD: &str =
    "neither Kubernetes nor the chart has such a field there, so it had no effect, and is left out";

/// Takes what the chart would refuse out of values, and tells it.
pub(super) fn fit(draft: &mut Draft) {
    let mut values = std::mem::take(draft.values_mut());
    let mut found = Vec::new();
    let fitting = Fitting { definitions: KEYS.get("definitions").unwrap_or(&Value::Null) };
    fitting.map(&KEYS, &mut values, "", &mut found);
    *draft.values_mut() = values;
    for (weight, place, text) in found {
        draft.say(weight, &place, text);
    }
    one_of_prefix_and_suffix(draft);
    image_of_another(draft);
    at_least_one_source(draft);
}

/// What there is to tell: how much it matters, where it stood, and what it is.
type Told = Vec<(Weight, String, String)>;

struct Fitting<'a> {
    definitions: &'a Value,
}

impl Fitting<'_> {
    /// Fits a map; what does not fit is no longer in it.
    fn map(&self, schema: &Value, map: &mut Map<String, Value>, place: &str, told: &mut Told) {
        let properties = schema.get("properties");
        let others = schema.get("additionalProperties");
        map.retain(|key, value| {
            let place = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
            let inner = properties.and_then(|properties| properties.get(key)).or(others);
            match inner {
                Some(Value::Bool(false)) => {
                    told.push((Weight::Note, place, format!("{NO_FIELD}: `{}`", shown(value))));
                    false
                }
                None | Some(Value::Bool(true)) => true,
                Some(inner) => self.value(inner, value, &place, told),
            }
        });
    }

    /// Fits a value into its place; `false` when nothing can be made of it.
    fn value(&self, schema: &Value, value: &mut Value, place: &str, told: &mut Told) -> bool {
        let named = schema.get("$ref").and_then(Value::as_str);
        let schema =
            named.and_then(|name| self.definitions.get(name.rsplit('/').next()?)).unwrap_or(schema);
        let kinds = kinds(schema);
        let choices = schema.get("enum").and_then(Value::as_array);
        if value.as_str().is_some_and(has_place) {
            let is_any_text = kinds.is_empty() || kinds.contains(&"string");
            let is_free = is_any_text && choices.is_none() && schema.get("pattern").is_none();
            if !is_free {
                let text = format!(
                    "something fills in `{}`, and the chart has to know what it is: write it",
                    shown(value)
                );
                told.push((Weight::Refused, place.to_owned(), text));
            }
            return is_free;
        }
        if value.is_null() {
            // What is null is as if it were not there.
            return kinds.contains(&"null");
        }
        if !kinds.is_empty() && !kinds.contains(&kind(value)) && !changed(&kinds, value) {
            let is = shown(value);
            told.push((
                Weight::Refused,
                place.to_owned(),
                format!("it has to be {}, and is `{is}`; it is left out", wanted(&kinds)),
            ));
            return false;
        }
        if let Some(choices) = choices.filter(|choices| !choices.contains(value)) {
            let names: Vec<&str> = choices.iter().filter_map(Value::as_str).collect();
            let text =
                format!("`{}` is none of {}; it is left out", shown(value), names.join(", "));
            told.push((Weight::Refused, place.to_owned(), text));
            return false;
        }
        match value {
            Value::Object(map) => {
                self.map(schema, map, place, told);
                let required = schema.get("required").and_then(Value::as_array);
                let mut required = required.into_iter().flatten().filter_map(Value::as_str);
                let missing = required.find(|key| !map.contains_key(*key));
                if let Some(key) = missing {
                    let text = format!("`{key}` is missing; it is left out");
                    told.push((Weight::Refused, place.to_owned(), text));
                }
                missing.is_none()
            }
            Value::Array(items) => {
                self.list(schema, items, place, told);
                true
            }
            Value::String(text) => fits(told, place, text, text_is_wrong(schema, text)),
            Value::Number(number) => {
                let number = number.as_f64().unwrap_or_default();
                let least = schema.get("minimum").and_then(Value::as_f64);
                let most = schema.get("maximum").and_then(Value::as_f64);
                let wrong = match (least, most) {
                    (Some(least), _) if number < least => {
                        Some(format!("has to be at least {least}"))
                    }
                    (_, Some(most)) if number > most => Some(format!("has to be at most {most}")),
                    _ => None,
                };
                fits(told, place, &number.to_string(), wrong)
            }
            Value::Null | Value::Bool(_) => true,
        }
    }

    fn list(&self, schema: &Value, items: &mut Vec<Value>, place: &str, told: &mut Told) {
        let inner = schema.get("items").unwrap_or(&Value::Null);
        let mut at = 0_usize;
        items.retain_mut(|item| {
            let place = format!("{place}[{at}]");
            at = at.saturating_add(1);
            !item.is_null() && self.value(inner, item, &place, told)
        });
        // What is there twice says nothing more.
        if schema.get("uniqueItems") == Some(&json!(true)) {
            let mut seen = BTreeSet::new();
            items.retain(|item| seen.insert(item.to_string()));
        }
        let most = schema.get("maxItems").and_then(Value::as_u64);
        let most = most.and_then(|most| usize::try_from(most).ok());
        if let Some(most) = most.filter(|most| items.len() > *most) {
            items.truncate(most);
            let text = format!("it takes at most {most} items; the others are left out");
            told.push((Weight::Refused, place.to_owned(), text));
        }
    }
}

fn fits(told: &mut Told, place: &str, text: &str, wrong: Option<String>) -> bool {
    let Some(wrong) = wrong else { return true };
    told.push((Weight::Refused, place.to_owned(), format!("`{text}` {wrong}; it is left out")));
    false
}

fn text_is_wrong(schema: &Value, text: &str) -> Option<String> {
    let form = schema.get("form").filter(|_| !text.contains("{{") && !text.contains("$("));
    let pattern = schema.get("pattern").or(form).and_then(Value::as_str);
    let matches = |pattern: &str| Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text));
    if let Some(pattern) = pattern.filter(|pattern| !matches(pattern)) {
        let says = schema.get("says").and_then(Value::as_str).map(str::to_owned);
        return Some(says.unwrap_or_else(|| format!("has to match {pattern}")));
    }
    let is_wanted = schema.get("minLength").is_some();
    (is_wanted && text.is_empty()).then(|| "has to be something".to_owned())
}

fn kinds(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(kind)) => vec![kind.as_str()],
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Returns the kind of a value, in the words of JSON schemas.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.as_f64().is_some_and(|number| number.fract() == 0.0) => {
            "integer"
        }
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Changes a value into one of the kinds that means the same, if there is one.
fn changed(kinds: &[&str], value: &mut Value) -> bool {
    let new = match value {
        Value::Number(_) if kinds.contains(&"number") => return true,
        Value::Number(_) | Value::Bool(_) if kinds.contains(&"string") => json!(value.to_string()),
        Value::String(text) if kinds.contains(&"boolean") => match daemon::toggle(text) {
            Ok(on) => json!(on),
            Err(_) => return false,
        },
        Value::String(text) if kinds.contains(&"integer") => match text.parse::<i64>() {
            Ok(number) => json!(number),
            Err(_) => return false,
        },
        _ => return false,
    };
    *value = new;
    true
}

fn wanted(kinds: &[&str]) -> String {
    let name = |kind: &&str| match *kind {
        "array" => "a list",
        "object" => "a map",
        "boolean" => "true or false",
        "integer" => "a whole number",
        "number" => "a number",
        _ => "a text",
    };
    let names: Vec<&str> = kinds.iter().filter(|kind| **kind != "null").map(name).collect();
    names.join(" or ")
}

/// Takes the suffix of ownership records out where there is a prefix, which excludes it.
fn one_of_prefix_and_suffix(draft: &mut Draft) {
    let is_said =
        |key: &str| draft.get(&[key]).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    if is_said("txtPrefix") && is_said("txtSuffix") {
        draft.remove("txtSuffix");
        draft.unknown(
            "txtSuffix",
            "it and `txtPrefix` exclude each other, and it is left out: keep the one that the ownership records have",
        );
    }
}

/// Names the image of a provider of others where it is missing.
fn image_of_another(draft: &mut Draft) {
    let is_webhook = draft.get(&["provider", "name"]).is_some_and(|name| name == "webhook");
    let is_elsewhere = draft.get(&["provider", "mode"]).is_some_and(|mode| mode == "external");
    if !is_webhook || is_elsewhere {
        return;
    }
    for key in ["repository", "tag"] {
        let path = ["provider", "webhook", "image", key];
        let is_said = draft.get(&path).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
        if !is_said {
            draft.set(&path, json!("CHANGE-ME"));
            draft.unknown(
                &path.join("."),
                "the provider runs beside the controller from an image of its own, and this is not said: write it there, or, \
                 where it runs elsewhere, `provider.mode: external` and `provider.url`",
            );
        }
    }
}

/// Sees to it that something is read; what there was is told where nothing can be taken.
fn at_least_one_source(draft: &mut Draft) {
    let is_none = draft.get(&["sources"]).is_some_and(|sources| *sources == json!([]));
    let is_elsewhere = draft.has_extra("source")
        || draft.is_by_variable("source")
        || draft.get(&["envFrom"]).is_some();
    if is_none && !is_elsewhere {
        draft.set(&["sources"], json!(["empty"]));
        draft.unknown("sources", "there is none, so nothing would be read; `empty` stands there now, which has no names either: write those that are to be read");
    }
}
