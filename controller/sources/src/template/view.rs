//! How a template sees an object: under its Go names and under its JSON names.
//!
//! Go programs hand templates their structs: a field that is not set is zero, a field that does not
//! exist is an error. We have JSON, so what is absent is filled in where Go has a field, and every
//! field also answers to its Go name. Maps are as they are.

use std::collections::BTreeMap;
use std::sync::Arc;

use gotmpl::Value;

use super::access;
use super::zero::{self, Zero};

/// What a template may rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A kind with a Go type: absent fields are zero, unknown ones are errors.
    Typed,
    /// Any JSON: what is absent prints as `<no value>`.
    Untyped,
}

pub(super) type Map = BTreeMap<Arc<str>, Value>;

/// Words that Go writes in capitals at the beginning of a field name.
const INITIALISMS: [&str; 31] = [
    "acl", "api", "arn", "ca", "cidr", "cpu", "crd", "db", "dns", "http", "https", "id", "ip",
    "json", "jwk", "jwt", "os", "pem", "rbac", "sql", "ssl", "tcp", "tls", "ttl", "udp", "uid",
    "uuid", "uri", "url", "vm", "xml",
];

/// Members whose Go name does not follow from the JSON name.
const IRREGULAR: [(&str, &str); 6] = [
    ("qosClass", "QOSClass"),
    ("routegroup", "RouteGroup"),
    ("tty", "TTY"),
    ("virtualhost", "VirtualHost"),
    ("vsAddress", "VSAddress"),
    ("yaml", "YAML"),
];

/// Members that are maps: what is under them is data.
const MAPS: [&str; 8] = [
    "labels",
    "annotations",
    "matchLabels",
    "nodeSelector",
    "data",
    "stringData",
    "binaryData",
    "matchExpressionsMap",
];

/// Returns what a template sees of `object`.
pub(super) fn of(object: &serde_json::Value, shape: Shape) -> Value {
    let null = serde_json::Value::Null;
    let kind = object.get("kind").and_then(serde_json::Value::as_str).unwrap_or_default();
    let is_typed = shape == Shape::Typed;
    let meta = structure(object.get("metadata").unwrap_or(&null), Some(zero::metadata()));
    let mut view = Map::new();
    // Go finds the fields of what a struct embeds in the struct itself, and the methods as well.
    for (name, value) in &meta {
        view.insert(go_name(name).into(), value.clone());
        view.insert(format!("Get{}", go_name(name)).into(), value.clone());
    }
    let meta = meta.into_iter().chain(view.clone()).collect();
    let mut add = |name: &str, value: Value| {
        view.insert(name.into(), value);
    };
    let meta = access::marked(meta);
    let type_meta = type_meta(object);
    for name in ["Kind", "APIVersion", "GroupVersionKind"] {
        add(name, type_meta.get(name).cloned().unwrap_or(Value::Nil));
        add(&format!("Get{name}"), type_meta.get(name).cloned().unwrap_or(Value::Nil));
    }
    let type_meta = access::marked(type_meta);
    add("TypeMeta", type_meta.clone());
    add("GetObjectKind", type_meta);
    add("Metadata", meta.clone());
    add("GetObjectMeta", meta.clone());
    add("ObjectMeta", meta);
    add("Object", plain(object));
    add("UnstructuredContent", plain(object));
    let whole = zero::of(kind);
    for (member, name) in [("spec", "Spec"), ("status", "Status")] {
        let given = object.get(member).unwrap_or(&null);
        let zero = whole.and_then(|zero| zero.field(member));
        let is_struct = is_typed && (given.is_object() || given.is_null());
        add(name, if is_struct { access::marked(structure(given, zero)) } else { aliased(given) });
    }
    access::marked(view)
}

/// Returns what the object says of its own type, under the names of Go's fields and methods.
fn type_meta(object: &serde_json::Value) -> Map {
    let text =
        |name: &str| object.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
    let word = |text: &str| Value::String(text.into());
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let of_kind = [("Group", group), ("Version", version), ("Kind", kind)];
    let of_kind = of_kind.map(|(name, text)| (name.into(), word(text))).into_iter().collect();
    [
        ("Kind".into(), word(kind)),
        ("APIVersion".into(), word(api_version)),
        ("GroupVersionKind".into(), access::marked(of_kind)),
    ]
    .into_iter()
    .collect()
}

/// Returns JSON as it is.
pub(super) fn plain(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Nil,
        serde_json::Value::Bool(boolean) => Value::Bool(*boolean),
        serde_json::Value::Number(json) => number(json),
        serde_json::Value::String(text) => Value::String(text.as_str().into()),
        serde_json::Value::Array(list) => Value::List(list.iter().map(plain).collect()),
        serde_json::Value::Object(map) => {
            let pairs = map.iter().map(|(key, value)| (key.as_str().into(), plain(value)));
            Value::Map(Arc::new(pairs.collect()))
        }
    }
}

fn number(number: &serde_json::Number) -> Value {
    match (number.as_i64(), number.as_f64()) {
        (Some(number), _) => Value::Int(number),
        (None, Some(number)) => Value::Float(number),
        (None, None) => Value::Nil,
    }
}

/// Returns JSON as a Go program has it: structs where there are any, completed by zero values.
fn typed(json: &serde_json::Value, zero: Option<&Zero>) -> Value {
    match (json, zero) {
        (serde_json::Value::Null, Some(zero)) => absent(zero),
        (serde_json::Value::Object(_), Some(Zero::Map)) => plain(json),
        (serde_json::Value::Object(_), zero) => access::marked(structure(json, zero)),
        (serde_json::Value::Array(list), zero) => {
            let element = zero.and_then(Zero::element);
            Value::List(list.iter().map(|value| typed(value, element)).collect())
        }
        (other, _) => plain(other),
    }
}

/// Returns the fields of a struct, those that `json` has and those of `zero` that it has not.
fn structure(json: &serde_json::Value, zero: Option<&Zero>) -> Map {
    let empty = serde_json::Map::new();
    let given = json.as_object().unwrap_or(&empty);
    let fields = zero.into_iter().flat_map(Zero::fields);
    let absent = fields.map(|(key, zero)| (key.as_str().into(), absent(zero)));
    let given = given.iter().map(|(key, value)| {
        let is_map = MAPS.contains(&key.as_str());
        let value = match zero.and_then(|zero| zero.field(key)) {
            None if is_map => plain(value),
            zero => typed(value, zero),
        };
        (key.as_str().into(), value)
    });
    absent.chain(given).collect()
}

/// Returns what a Go program finds where nothing is set.
fn absent(zero: &Zero) -> Value {
    match zero {
        Zero::Nil | Zero::Struct { is_pointer: true, .. } => Value::Nil,
        Zero::Scalar(value) => value.clone(),
        Zero::List(_) => Value::List(Arc::from([])),
        Zero::Map => Value::Map(Arc::default()),
        Zero::Struct { is_pointer: false, .. } => {
            typed(&serde_json::Value::Object(serde_json::Map::new()), Some(zero))
        }
    }
}

/// Returns JSON in which each member at the top also answers to its Go name.
fn aliased(json: &serde_json::Value) -> Value {
    let Value::Map(map) = plain(json) else { return Value::Map(Arc::default()) };
    let mut map = Arc::unwrap_or_clone(map);
    let aliases: Vec<_> =
        map.iter().map(|(key, value)| (Arc::from(go_name(key)), value.clone())).collect();
    for (name, value) in aliases {
        map.entry(name).or_insert(value);
    }
    Value::Map(Arc::new(map))
}

/// Returns the name that a Go field has for the JSON member `key`.
pub(super) fn go_name(key: &str) -> String {
    if let Some((_, name)) = IRREGULAR.iter().find(|(other, _)| *other == key) {
        return (*name).to_owned();
    }
    let end = key.find(|character: char| !character.is_ascii_lowercase()).unwrap_or(key.len());
    let (first, rest) = key.split_at(end);
    if INITIALISMS.contains(&first) {
        return format!("{}{rest}", first.to_ascii_uppercase());
    }
    let mut letters = key.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}
