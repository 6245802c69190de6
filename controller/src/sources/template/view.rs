//! How a template sees an object: under its Go names and under its JSON names.
//!
//! Go programs hand templates their structs: a field that is not set is zero, a field that does not
//! exist is an error. We have JSON, so what is absent is filled in, and every member also answers to
//! its Go name.

use std::collections::BTreeMap;
use std::sync::Arc;

use gotmpl::Value;

use super::zero::{self, Zero};

/// What a template may rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sources) enum Shape {
    /// A kind with a Go type: absent fields are zero, unknown ones are errors.
    Typed,
    /// Any JSON: what is absent prints as `<no value>`.
    Untyped,
}

type Map = BTreeMap<Arc<str>, Value>;

/// Words that Go writes in capitals at the beginning of a field name.
const INITIALISMS: [&str; 31] = [
    "acl", "api", "arn", "ca", "cidr", "cpu", "crd", "db", "dns", "http", "https", "id", "ip",
    "json", "jwk", "jwt", "os", "pem", "rbac", "sql", "ssl", "tcp", "tls", "ttl", "udp", "uid",
    "uuid", "uri", "url", "vm", "xml",
];

/// Members whose Go name does not follow from the JSON name.
const IRREGULAR: [(&str, &str); 5] = [
    ("qosClass", "QOSClass"),
    ("tty", "TTY"),
    ("virtualhost", "VirtualHost"),
    ("vsAddress", "VSAddress"),
    ("yaml", "YAML"),
];

/// Members that hold maps: what is under them is data.
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
///
/// `map_keys` are keys of labels and the like that the template reads as fields: those that an
/// object does not have print as `<no value>` instead of being errors.
pub(super) fn of(object: &serde_json::Value, shape: Shape, map_keys: &[String]) -> Value {
    let text = |pointer: &str| {
        Value::String(object.pointer(pointer).and_then(|it| it.as_str()).unwrap_or_default().into())
    };
    let kind = object.get("kind").and_then(|it| it.as_str()).unwrap_or_default();
    let strings = |pointer: &str| {
        let mut map = match object.pointer(pointer).map(plain) {
            Some(Value::Map(map)) => Arc::unwrap_or_clone(map),
            _ => Map::new(),
        };
        if shape == Shape::Typed {
            for key in map_keys {
                map.entry(key.as_str().into()).or_insert(Value::Nil);
            }
        }
        Value::Map(Arc::new(map))
    };
    let mut view = Map::new();
    let mut add = |name: &str, value: Value| {
        view.insert(name.into(), value);
    };
    let (labels, annotations) = (strings("/metadata/labels"), strings("/metadata/annotations"));
    let mut meta = Map::new();
    let zero = (shape == Shape::Typed).then(zero::metadata);
    if let Some(Value::Map(given)) = object.get("metadata").map(|it| both_names(it, zero)) {
        meta = Arc::unwrap_or_clone(given);
    }
    for (name, value) in [
        ("Name", text("/metadata/name")),
        ("Namespace", text("/metadata/namespace")),
        ("UID", text("/metadata/uid")),
        ("GenerateName", Value::String("".into())),
        ("Labels", labels.clone()),
        ("Annotations", annotations.clone()),
    ] {
        meta.insert(name.into(), value.clone());
        add(name, value);
    }
    // Go finds the fields of what a struct embeds in the struct itself.
    for (name, value) in meta.iter().filter(|_| shape == Shape::Typed) {
        if name.starts_with(|it: char| it.is_ascii_uppercase()) {
            add(name, value.clone());
        }
    }
    let meta = Value::Map(Arc::new(meta));
    add("Kind", text("/kind"));
    add("APIVersion", text("/apiVersion"));
    add("Metadata", meta.clone());
    add("ObjectMeta", meta);
    add("Object", plain(object));
    for (member, name) in [("spec", "Spec"), ("status", "Status")] {
        let given = object.get(member).unwrap_or(&serde_json::Value::Null);
        let value = match shape {
            Shape::Typed => {
                let zero = zero::of(kind).and_then(|it| it.field(member));
                match both_names(given, zero) {
                    Value::Nil => Value::Map(Arc::default()),
                    Value::Map(map) => Value::Map(Arc::new(with_keys(map, map_keys))),
                    other => other,
                }
            }
            Shape::Untyped => aliased(given),
        };
        add(name, value);
    }
    Value::Map(Arc::new(view))
}

/// Completes a selector by the keys that the template reads of it as fields.
fn with_keys(map: Arc<Map>, map_keys: &[String]) -> Map {
    let mut map = Arc::unwrap_or_clone(map);
    for name in ["selector", "Selector"] {
        if let Some(Value::Map(selector)) = map.get(name) {
            let mut selector = selector.as_ref().clone();
            for key in map_keys {
                selector.entry(key.as_str().into()).or_insert(Value::Nil);
            }
            map.insert(name.into(), Value::Map(Arc::new(selector)));
        }
    }
    map
}

/// Returns JSON as it is.
pub(super) fn plain(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Nil,
        serde_json::Value::Bool(it) => Value::Bool(*it),
        serde_json::Value::Number(it) => number(it),
        serde_json::Value::String(it) => Value::String(it.as_str().into()),
        serde_json::Value::Array(list) => Value::List(list.iter().map(plain).collect()),
        serde_json::Value::Object(map) => {
            let pairs = map.iter().map(|(key, value)| (key.as_str().into(), plain(value)));
            Value::Map(Arc::new(pairs.collect()))
        }
    }
}

fn number(number: &serde_json::Number) -> Value {
    match (number.as_i64(), number.as_f64()) {
        (Some(it), _) => Value::Int(it),
        (None, Some(it)) => Value::Float(it),
        (None, None) => Value::Nil,
    }
}

/// Returns JSON in which every member also answers to its Go name, completed by zero values.
fn both_names(json: &serde_json::Value, zero: Option<&Zero>) -> Value {
    match (json, zero) {
        (serde_json::Value::Null, Some(zero)) => absent(zero),
        (serde_json::Value::Object(map), zero) => {
            let mut named = Map::new();
            let fields = zero.into_iter().flat_map(Zero::fields);
            for (key, zero) in fields.filter(|(key, _)| !map.contains_key(*key)) {
                insert(&mut named, key, absent(zero));
            }
            for (key, value) in map {
                let zero = zero.and_then(|it| it.field(key));
                let is_map = MAPS.contains(&key.as_str()) || zero == Some(&Zero::Map);
                let value = if is_map { plain(value) } else { both_names(value, zero) };
                insert(&mut named, key, value);
            }
            Value::Map(Arc::new(named))
        }
        (serde_json::Value::Array(list), zero) => {
            let element = zero.and_then(Zero::element);
            Value::List(list.iter().map(|it| both_names(it, element)).collect())
        }
        (other, _) => plain(other),
    }
}

/// Returns what a Go program finds where nothing is set.
fn absent(zero: &Zero) -> Value {
    match zero {
        Zero::Nil | Zero::Struct { is_pointer: true, .. } => Value::Nil,
        Zero::Scalar(value) => value.clone(),
        Zero::List(_) => Value::List(Arc::from([])),
        Zero::Map => Value::Map(Arc::default()),
        Zero::Struct { is_pointer: false, .. } => {
            both_names(&serde_json::Value::Object(serde_json::Map::new()), Some(zero))
        }
    }
}

fn insert(map: &mut Map, key: &str, value: Value) {
    map.entry(go_name(key).into()).or_insert_with(|| value.clone());
    map.insert(key.into(), value);
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
fn go_name(key: &str) -> String {
    if let Some((_, name)) = IRREGULAR.iter().find(|(it, _)| *it == key) {
        return (*name).to_owned();
    }
    let end = key.find(|it: char| !it.is_ascii_lowercase()).unwrap_or(key.len());
    let (first, rest) = key.split_at(end);
    if INITIALISMS.contains(&first) {
        return format!("{}{rest}", first.to_ascii_uppercase());
    }
    let mut letters = key.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}
