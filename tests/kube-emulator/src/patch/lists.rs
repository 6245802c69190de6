//! Which lists merge item by item, and by which fields items are told apart.
//!
//! From the `patchMergeKey` and `x-kubernetes-list-map-keys` of the server's types; any list that
//! is not here is replaced as a whole.

use serde_json::Value;

use crate::kinds::{Kind, Shape};

/// How a list merges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum List {
    /// As a whole.
    Atomic,
    /// As a set of plain values.
    Set,
    /// Item by item; items with equal values under these keys are one.
    Map(Vec<String>),
}

/// Returns how the list at `path` merges; `path` has dots between fields and nothing for items.
pub(crate) fn list(kind: &Kind, path: &str) -> List {
    let keys: &[&str] = match &kind.shape {
        Shape::Schema(schema) => {
            if let Some(list) = custom(schema, path) {
                return list;
            }
            metadata(path)
        }
        Shape::Typed(_) => builtin(kind, path),
    };
    match keys {
        [] if path == "metadata.finalizers" => List::Set,
        [] => List::Atomic,
        keys => List::Map(keys.iter().map(ToString::to_string).collect()),
    }
}

fn metadata(path: &str) -> &'static [&'static str] {
    if path == "metadata.ownerReferences" { &["uid"] } else { &[] }
}

fn builtin(kind: &Kind, path: &str) -> &'static [&'static str] {
    let (parent, field) = path.rsplit_once('.').unwrap_or(("", path));
    match field {
        "ports" if kind.is("", "services") && parent == "spec" => &["port", "protocol"],
        "ports" if parent.ends_with("ontainers") => &["containerPort", "protocol"],
        "containers"
        | "initContainers"
        | "ephemeralContainers"
        | "env"
        | "volumes"
        | "imagePullSecrets"
        | "secrets" => &["name"],
        "volumeMounts" => &["mountPath"],
        "volumeDevices" => &["devicePath"],
        "hostAliases" | "podIPs" | "hostIPs" => &["ip"],
        "topologySpreadConstraints" => &["topologyKey", "whenUnsatisfiable"],
        "conditions" if parent == "status" => &["type"],
        "addresses" if kind.is("", "nodes") => &["type"],
        _ => metadata(path),
    }
}

fn custom(schema: &Value, path: &str) -> Option<List> {
    let mut found = schema;
    for field in path.split('.') {
        if let Some(items) = found.get("items") {
            found = items;
        }
        found = found.get("properties").and_then(|properties| properties.get(field))?;
    }
    match found.get("x-kubernetes-list-type").and_then(Value::as_str)? {
        "set" => Some(List::Set),
        "map" => Some(List::Map(crate::json::strings(found.get("x-kubernetes-list-map-keys")?))),
        _ => Some(List::Atomic),
    }
}

/// Tells whether two items are one; a missing `protocol` is TCP.
pub(crate) fn is_same(keys: &[String], one: &Value, other: &Value) -> bool {
    keys.iter().all(|key| identity(one, key) == identity(other, key))
}

/// Returns the value that an item has under a key.
pub(crate) fn identity(item: &Value, key: &str) -> Value {
    match item.get(key) {
        None | Some(Value::Null) if key == "protocol" => "TCP".into(),
        found => found.cloned().unwrap_or(Value::Null),
    }
}
