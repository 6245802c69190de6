//! Server-side apply: each manager states the fields it wants and owns just those ([apply]).
//!
//! What a manager no longer states is removed, unless another manager states it too; a value that
//! another manager stated differently is a conflict, unless forced. Only managers that apply are
//! known: plain updates take no ownership here, and `managedFields` is not shown.
//!
//! [apply]: https://kubernetes.io/docs/reference/using-api/server-side-apply/

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::kinds::Kind;
use crate::patch::lists::{List, identity, is_same, list};

/// The fields that each manager stated last, by manager.
pub(crate) type Applied = BTreeMap<String, BTreeSet<String>>;

/// What an apply asks for.
#[derive(Debug)]
pub(crate) struct Apply<'a> {
    pub(crate) manager: &'a str,
    pub(crate) wanted: &'a Value,
    pub(crate) force: bool,
}

/// Changes `target` and `applied` as the manager wishes, or returns the conflicts: pairs of
/// manager and field.
pub(crate) fn apply(
    kind: &Kind,
    target: &mut Value,
    applied: &mut Applied,
    wish: &Apply<'_>,
) -> Result<(), Vec<(String, String)>> {
    let Apply { manager, wanted, force } = *wish;
    let wanted_leaves = leaves(kind, wanted);
    let held = leaves(kind, target);
    let mut conflicts = Vec::new();
    for (other, fields) in applied.iter_mut().filter(|(other, _)| *other != manager) {
        fields.retain(|field| {
            let differs = wanted_leaves.get(field).is_some_and(|value| {
                held.get(field).is_some_and(|held| held != value && !value.is_null())
            });
            if differs && !force {
                conflicts.push((other.clone(), field.clone()));
            }
            !differs
        });
    }
    if !conflicts.is_empty() {
        return Err(conflicts);
    }
    let mut gone = applied.remove(manager).unwrap_or_default();
    gone.retain(|field| {
        !wanted_leaves.contains_key(field) && !applied.values().any(|other| other.contains(field))
    });
    prune(kind, target, &gone, &Place::root());
    overlay(kind, target, wanted, "");
    applied.insert(manager.to_owned(), wanted_leaves.into_keys().collect());
    Ok(())
}

/// Where a value lies: as the texts of conflicts say it, and without items, for the list rules.
#[derive(Clone)]
struct Place {
    text: String,
    path: String,
}

impl Place {
    fn root() -> Self {
        Self { text: String::new(), path: String::new() }
    }

    fn field(&self, name: &str) -> Self {
        let Self { text, path } = self;
        let dot = if path.is_empty() { "" } else { "." };
        Self { text: format!("{text}.{name}"), path: format!("{path}{dot}{name}") }
    }

    fn item(&self, keys: &[String], item: &Value) -> Self {
        let Self { text, path } = self;
        let keys: Vec<String> =
            keys.iter().map(|key| format!("{key}={}", identity(item, key))).collect();
        Self { text: format!("{text}[{}]", keys.join(",")), path: path.clone() }
    }

    fn value(&self, item: &Value) -> Self {
        let Self { text, path } = self;
        Self { text: format!("{text}[={item}]"), path: path.clone() }
    }

    /// Tells whether nobody can own what lies here.
    fn is_identity(&self) -> bool {
        matches!(
            self.path.as_str(),
            "apiVersion"
                | "kind"
                | "metadata.name"
                | "metadata.namespace"
                | "metadata.uid"
                | "metadata.resourceVersion"
                | "metadata.creationTimestamp"
                | "metadata.generation"
                | "metadata.managedFields"
        )
    }
}

/// Returns every field that can be owned with its value; an item of a list is owned too, as null.
fn leaves(kind: &Kind, value: &Value) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    collect(kind, value, &Place::root(), &mut found);
    found
}

fn collect(kind: &Kind, value: &Value, place: &Place, found: &mut BTreeMap<String, Value>) {
    if place.is_identity() {
        return;
    }
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                collect(kind, value, &place.field(name), found);
            }
        }
        Value::Array(items) => match list(kind, &place.path) {
            List::Atomic => drop(found.insert(place.text.clone(), value.clone())),
            List::Set => {
                for item in items {
                    found.insert(place.value(item).text, Value::Null);
                }
            }
            List::Map(keys) => {
                for item in items {
                    let inner = place.item(&keys, item);
                    found.insert(inner.text.clone(), Value::Null);
                    collect(kind, item, &inner, found);
                }
            }
        },
        _ => drop(found.insert(place.text.clone(), value.clone())),
    }
}

/// Removes the fields that are `gone`, and the objects and lists that are empty then.
fn prune(kind: &Kind, target: &mut Value, gone: &BTreeSet<String>, place: &Place) {
    match target {
        Value::Object(fields) => fields.retain(|name, value| {
            let inner = place.field(name);
            if gone.contains(&inner.text) {
                return false;
            }
            let was_empty = is_empty(value);
            prune(kind, value, gone, &inner);
            was_empty || !is_empty(value)
        }),
        Value::Array(items) => match list(kind, &place.path) {
            List::Atomic => {}
            List::Set => items.retain(|item| !gone.contains(&place.value(item).text)),
            List::Map(keys) => {
                items.retain(|item| !gone.contains(&place.item(&keys, item).text));
                for item in items {
                    let inner = place.item(&keys, item);
                    prune(kind, item, gone, &inner);
                }
            }
        },
        _ => {}
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty)
}

/// Lays `wanted` over `target`.
fn overlay(kind: &Kind, target: &mut Value, wanted: &Value, path: &str) {
    match wanted {
        Value::Object(wanted) => {
            if !target.is_object() {
                *target = Value::Object(Map::new());
            }
            let Some(fields) = target.as_object_mut() else { return };
            for (name, value) in wanted {
                let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                overlay(kind, fields.entry(name.clone()).or_insert(Value::Null), value, &inner);
            }
        }
        Value::Array(wanted) => {
            let keys = match list(kind, path) {
                List::Map(keys) => keys,
                List::Set => {
                    let held = target.as_array().cloned().unwrap_or_default();
                    let new = wanted.iter().filter(|item| !held.contains(item)).cloned();
                    *target = held.iter().cloned().chain(new).collect();
                    return;
                }
                List::Atomic => {
                    *target = Value::Array(wanted.clone());
                    return;
                }
            };
            if !target.is_array() {
                *target = Value::Array(Vec::new());
            }
            let Some(items) = target.as_array_mut() else { return };
            for item in wanted {
                match items.iter_mut().find(|held| is_same(&keys, held, item)) {
                    Some(held) => overlay(kind, held, item, path),
                    None => items.push(item.clone()),
                }
            }
        }
        _ => *target = wanted.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kinds::Kinds;

    fn services() -> Kind {
        Kind::clone(Kinds::builtin().find("", "v1", "services").unwrap())
    }

    fn run(
        target: &mut Value,
        applied: &mut Applied,
        manager: &str,
        wanted: &Value,
    ) -> Result<(), Vec<(String, String)>> {
        apply(&services(), target, applied, &Apply { manager, wanted, force: false })
    }

    #[test]
    fn what_a_manager_no_longer_states_goes_and_the_rest_stays() {
        let mut target = json!({ "spec": { "clusterIP": "10.96.0.9" } });
        let mut applied = Applied::new();
        let first = json!({
            "metadata": { "annotations": { "a": "1", "b": "2" } },
            "spec": { "ports": [{ "port": 80 }, { "port": 443, "name": "tls" }] },
        });
        run(&mut target, &mut applied, "me", &first).unwrap();
        let second = json!({
            "metadata": { "annotations": { "a": "3" } },
            "spec": { "ports": [{ "port": 443, "name": "tls" }] },
        });
        run(&mut target, &mut applied, "me", &second).unwrap();
        let expected = json!({
            "metadata": { "annotations": { "a": "3" } },
            "spec": { "clusterIP": "10.96.0.9", "ports": [{ "port": 443, "name": "tls" }] },
        });
        assert_eq!(target, expected);
    }

    #[test]
    fn a_field_of_another_manager_is_a_conflict_unless_forced_or_equal() {
        let mut target = json!({});
        let mut applied = Applied::new();
        let one = json!({ "spec": { "type": "NodePort" } });
        let other = json!({ "spec": { "type": "ClusterIP" } });
        run(&mut target, &mut applied, "one", &one).unwrap();
        run(&mut target, &mut applied, "same", &one).unwrap();
        let conflicts = run(&mut target, &mut applied, "other", &other).unwrap_err();
        let expected = ["one", "same"].map(|who| (who.to_owned(), ".spec.type".to_owned()));
        assert_eq!(conflicts, expected);
        assert_eq!(target, one);

        let forced = Apply { manager: "other", wanted: &other, force: true };
        apply(&services(), &mut target, &mut applied, &forced).unwrap();
        assert_eq!(target, other);
    }
}
