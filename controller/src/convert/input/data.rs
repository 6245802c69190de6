//! What the `ConfigMap`s and Secrets of a text hold, and which of them an installation means.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// What `ConfigMap`s and Secrets hold, by kind and name.
pub(in super::super) type Data = BTreeMap<(String, String), Map<String, Value>>;

/// What all of a text hold.
pub(super) struct DataObjects(Vec<Object>);

struct Object {
    kind: String,
    name: String,
    /// Empty when the text does not say.
    namespace: String,
    data: Map<String, Value>,
}

impl DataObjects {
    pub(super) fn of(all: &[Value]) -> Self {
        let held = all.iter().filter_map(|object| {
            let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
            let kind = text("/kind").filter(|kind| ["ConfigMap", "Secret"].contains(kind))?;
            let key = if kind == "Secret" { "stringData" } else { "data" };
            Some(Object {
                kind: kind.to_owned(),
                name: text("/metadata/name")?.to_owned(),
                namespace: text("/metadata/namespace").unwrap_or_default().to_owned(),
                data: object.get(key)?.as_object()?.clone(),
            })
        });
        Self(held.collect())
    }

    /// Returns what stands there twice, of which one may be put over the other.
    pub(super) fn twice(&self) -> Vec<String> {
        let mut seen = BTreeSet::new();
        self.0
            .iter()
            .filter(|object| !seen.insert((&object.kind, &object.namespace, &object.name)))
            .map(|object| format!("{} {}", object.kind, object.name))
            .collect()
    }

    /// Returns what an installation means by a name: what is in its own namespace. Where the text does not
    /// say the namespace of one of the two, it is meant if no other one may be.
    pub(super) fn near(&self, installation: &Value) -> Data {
        let own = installation.pointer("/metadata/namespace").and_then(Value::as_str);
        let own = own.unwrap_or_default();
        let (mut meant, mut possible) = (Data::new(), Data::new());
        let mut ambiguous = BTreeSet::new();
        for Object { kind, name, namespace, data } in &self.0 {
            let key = (kind.clone(), name.clone());
            if namespace == own {
                meant.insert(key, data.clone());
            } else if (namespace.is_empty() || own.is_empty())
                && possible.insert(key.clone(), data.clone()).is_some()
            {
                ambiguous.insert(key);
            }
        }
        possible.retain(|key, _| !ambiguous.contains(key));
        possible.extend(meant);
        possible
    }
}
