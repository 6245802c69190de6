//! Structural schemas of custom kinds: pruning, defaults and checks ([schemas]).
//!
//! Rules in CEL (`x-kubernetes-validations`) are not run.
//!
//! [schemas]: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema

use regex::Regex;
use serde_json::{Map, Value, json};

use crate::json::{items, strings, text};
use crate::status::Cause;

/// Drops fields that the schema does not have and adds their paths to `lost`.
///
/// What every object has (`apiVersion`, `kind`, `metadata`) stays at the root.
pub(crate) fn prune(schema: &Value, value: &mut Value, lost: &mut Vec<String>) {
    prune_at(schema, value, "", lost);
}

fn prune_at(schema: &Value, value: &mut Value, path: &str, lost: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            let open = is_true(schema, "x-kubernetes-preserve-unknown-fields")
                || is_true(schema, "additionalProperties");
            fields.retain(|name, value| {
                let inner = join(path, name);
                let root = path.is_empty();
                if root && matches!(name.as_str(), "apiVersion" | "kind" | "metadata") {
                    return true;
                }
                match field_schema(schema, name) {
                    Some(schema) => prune_at(schema, value, &inner, lost),
                    None if open => {}
                    None => {
                        lost.push(inner);
                        return false;
                    }
                }
                true
            });
        }
        Value::Array(items) => {
            let Some(schema) = schema.get("items") else { return };
            for (index, item) in items.iter_mut().enumerate() {
                prune_at(schema, item, &format!("{path}[{index}]"), lost);
            }
        }
        _ => {}
    }
}

/// Fills in the defaults of the schema.
pub(crate) fn default(schema: &Value, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let properties = schema.get("properties").and_then(Value::as_object);
            for (name, schema) in properties.into_iter().flatten() {
                let Some(default) = schema.get("default") else { continue };
                let slot = fields.entry(name.clone()).or_insert_with(|| default.clone());
                // Null counts as missing where the field may not be null.
                if slot.is_null() && !is_true(schema, "nullable") {
                    *slot = default.clone();
                }
            }
            for (name, value) in fields {
                if let Some(schema) = field_schema(schema, name) {
                    default(schema, value);
                }
            }
        }
        Value::Array(items) => {
            let Some(schema) = schema.get("items") else { return };
            for item in items {
                default(schema, item);
            }
        }
        _ => {}
    }
}

/// Adds everything in `value` that the schema forbids.
pub(crate) fn check(schema: &Value, value: &Value, causes: &mut Vec<Cause>) {
    check_at(schema, value, "", causes);
}

fn check_at(schema: &Value, value: &Value, path: &str, causes: &mut Vec<Cause>) {
    if value.is_null() && is_true(schema, "nullable") {
        return;
    }
    if let Some(cause) = wrong_type(schema, value, path) {
        causes.push(cause);
        return;
    }
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
        && !allowed.contains(value)
    {
        let allowed: Vec<String> = allowed
            .iter()
            .map(|array| array.as_str().map_or_else(|| array.to_string(), str::to_owned))
            .collect();
        causes.push(Cause::unsupported(path, value, &allowed));
    }
    match value {
        Value::Object(fields) => check_object(schema, fields, path, causes),
        Value::Array(items) => check_array(schema, items, path, causes),
        Value::String(text) => check_text(schema, text, path, causes),
        Value::Number(_) => check_number(schema, value, path, causes),
        Value::Null | Value::Bool(_) => {}
    }
    check_combinations(schema, value, path, causes);
}

fn wrong_type(schema: &Value, value: &Value, path: &str) -> Option<Cause> {
    if is_true(schema, "x-kubernetes-int-or-string") {
        let sound = value.is_string() || is_integer(value);
        return (!sound).then(|| type_cause("integer or string", value, path));
    }
    let form = text(schema, "/type");
    let sound = match form {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => is_integer(value),
        "number" => value.is_number(),
        _ => true,
    };
    (!sound).then(|| type_cause(form, value, path))
}

fn type_cause(form: &str, value: &Value, path: &str) -> Cause {
    let found = json!(match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) if is_integer(value) => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    });
    Cause::type_invalid(path, &found, format!("{path} in body must be of type {form}: {found}"))
}

fn check_object(schema: &Value, fields: &Map<String, Value>, path: &str, causes: &mut Vec<Cause>) {
    let required = schema.get("required").map(strings).unwrap_or_default();
    // Null is as good as missing where the field may not be null.
    let is_missing = |name: &String| {
        let nullable = field_schema(schema, name).is_some_and(|field| is_true(field, "nullable"));
        fields.get(name).is_none_or(|value| value.is_null() && !nullable)
    };
    for name in required.iter().filter(|name| is_missing(name)) {
        causes.push(Cause::required(join(path, name), ""));
    }
    for (name, value) in
        fields.iter().filter(|(name, _)| !(required.contains(name) && is_missing(name)))
    {
        if path.is_empty() && matches!(name.as_str(), "apiVersion" | "kind" | "metadata") {
            continue;
        }
        if let Some(schema) = field_schema(schema, name) {
            check_at(schema, value, &join(path, name), causes);
        }
    }
    let count = fields.len();
    if bound(schema, "maxProperties").is_some_and(|most| count > most) {
        let problem = format!(
            "{path} in body should have at most {} properties",
            text_of(schema, "maxProperties")
        );
        causes.push(Cause::invalid(path, &count.into(), problem));
    }
    if bound(schema, "minProperties").is_some_and(|least| count < least) {
        let problem = format!(
            "{path} in body should have at least {} properties",
            text_of(schema, "minProperties")
        );
        causes.push(Cause::invalid(path, &count.into(), problem));
    }
}

fn check_array(schema: &Value, values: &[Value], path: &str, causes: &mut Vec<Cause>) {
    let count = values.len();
    if bound(schema, "maxItems").is_some_and(|most| count > most) {
        causes.push(Cause::too_many(path, count, text_of(schema, "maxItems")));
    }
    if bound(schema, "minItems").is_some_and(|least| count < least) {
        let problem =
            format!("{path} in body should have at least {} items", text_of(schema, "minItems"));
        causes.push(Cause::invalid(path, &count.into(), problem));
    }
    let set = text(schema, "/x-kubernetes-list-type") == "set" || is_true(schema, "uniqueItems");
    let keys = match text(schema, "/x-kubernetes-list-type") {
        "map" => schema.get("x-kubernetes-list-map-keys").map(strings).unwrap_or_default(),
        _ => Vec::new(),
    };
    let mut seen: Vec<Value> = Vec::new();
    for (index, value) in values.iter().enumerate() {
        let place = format!("{path}[{index}]");
        let identity = match keys.as_slice() {
            [] if set => Some(value.clone()),
            [] => None,
            keys => Some(keys.iter().map(|key| (key.clone(), value[key].clone())).collect()),
        };
        if let Some(identity) = identity {
            if seen.contains(&identity) {
                causes.push(Cause::duplicate(&*place, &identity));
            }
            seen.push(identity);
        }
        if let Some(schema) = schema.get("items") {
            check_at(schema, value, &place, causes);
        }
    }
}

fn check_text(schema: &Value, value: &str, path: &str, causes: &mut Vec<Cause>) {
    let length = value.chars().count();
    if bound(schema, "maxLength").is_some_and(|most| length > most) {
        causes.push(Cause::too_long(path, text_of(schema, "maxLength")));
    }
    if bound(schema, "minLength").is_some_and(|least| length < least) {
        let problem = format!(
            "{path} in body should be at least {} chars long",
            text_of(schema, "minLength")
        );
        causes.push(Cause::invalid(path, &value.into(), problem));
    }
    let pattern = text(schema, "/pattern");
    if !pattern.is_empty() && Regex::new(pattern).is_ok_and(|regex| !regex.is_match(value)) {
        let problem = format!("{path} in body should match '{pattern}'");
        causes.push(Cause::invalid(path, &value.into(), problem));
    }
}

fn check_number(schema: &Value, value: &Value, path: &str, causes: &mut Vec<Cause>) {
    let Some(number) = value.as_f64() else { return };
    let limit = |name: &str| schema.get(name).and_then(Value::as_f64);
    if limit("minimum").is_some_and(|least| number < least) {
        let problem = format!(
            "{path} in body should be greater than or equal to {}",
            text_of(schema, "minimum")
        );
        causes.push(Cause::invalid(path, value, problem));
    }
    if limit("maximum").is_some_and(|most| number > most) {
        let problem = format!(
            "{path} in body should be less than or equal to {}",
            text_of(schema, "maximum")
        );
        causes.push(Cause::invalid(path, value, problem));
    }
}

fn check_combinations(schema: &Value, value: &Value, path: &str, causes: &mut Vec<Cause>) {
    let holds = |schema: &Value| {
        let mut found = Vec::new();
        check_at(schema, value, path, &mut found);
        found.is_empty()
    };
    for schema in items(schema, "/allOf") {
        check_at(schema, value, path, causes);
    }
    let count = |pointer: &str| {
        let all = items(schema, pointer).count();
        (all, items(schema, pointer).filter(|schema| holds(schema)).count())
    };
    if matches!(count("/anyOf"), (1.., 0)) {
        let problem = format!("{path} in body must validate at least one schema (anyOf)");
        causes.push(Cause::invalid(path, value, problem));
    }
    if matches!(count("/oneOf"), (1.., holding) if holding != 1) {
        let problem = format!("{path} in body must validate one and only one schema (oneOf)");
        causes.push(Cause::invalid(path, value, problem));
    }
    if schema.get("not").is_some_and(holds) {
        let problem = format!("{path} in body must not validate the schema (not)");
        causes.push(Cause::invalid(path, value, problem));
    }
}

fn field_schema<'a>(schema: &'a Value, name: &str) -> Option<&'a Value> {
    let declared = schema.get("properties").and_then(|properties| properties.get(name));
    declared.or_else(|| schema.get("additionalProperties").filter(|schema| schema.is_object()))
}

fn is_true(schema: &Value, name: &str) -> bool {
    schema.get(name) == Some(&Value::Bool(true))
}

fn is_integer(value: &Value) -> bool {
    value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
}

fn bound(schema: &Value, name: &str) -> Option<usize> {
    schema.get(name).and_then(Value::as_u64).and_then(|bound| usize::try_from(bound).ok())
}

/// Returns a bound as text; the definition may hold 5 as 5.0.
fn text_of(schema: &Value, name: &str) -> String {
    let Some(bound) = schema.get(name) else { return String::new() };
    match bound.as_f64() {
        Some(number) if number.fract() == 0.0 => format!("{number:.0}"),
        _ => bound.to_string(),
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
