//! Strategic merge patch: a merge patch whose lists merge by key ([strategic]).
//!
//! The directives `$patch`, `$deleteFromPrimitiveList`, `$setElementOrder` and `$retainKeys` are
//! understood.
//!
//! [strategic]: https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md

use serde_json::{Map, Value};

use crate::json::strings;
use crate::kinds::Kind;
use crate::patch::lists::{List, is_same, list};

/// Changes `target`, an object of `kind`, as `patch` says.
pub(crate) fn strategic(kind: &Kind, target: &mut Value, patch: &Value) {
    merge(kind, target, patch, "");
}

fn merge(kind: &Kind, target: &mut Value, patch: &Value, path: &str) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    let before = target.as_object().cloned().unwrap_or_default();
    let directive = patch.get("$patch").and_then(Value::as_str).unwrap_or("");
    if !target.is_object() || directive == "replace" || directive == "delete" {
        *target = Value::Object(Map::new());
    }
    let Some(fields) = target.as_object_mut() else { return };
    if directive == "delete" {
        return;
    }
    if let Some(retained) = patch.get("$retainKeys").map(strings) {
        fields.retain(|key, _| retained.contains(key));
    }
    for (key, value) in patch {
        let inner = join(path, key);
        match (key.split_once('/'), value) {
            (Some(("$deleteFromPrimitiveList", field)), Value::Array(gone)) => {
                if let Some(Value::Array(items)) = fields.get_mut(field) {
                    items.retain(|item| !gone.contains(item));
                }
            }
            (Some(("$deleteFromPrimitiveList" | "$setElementOrder", _)), _) => {}
            _ if matches!(key.as_str(), "$patch" | "$retainKeys") => {}
            (_, Value::Null) => {
                fields.remove(key);
            }
            (_, Value::Array(items)) => {
                let slot = fields.entry(key.clone()).or_insert_with(|| Value::Array(Vec::new()));
                merge_list(kind, slot, items, &inner);
            }
            (_, value) => {
                let slot = fields.entry(key.clone()).or_insert(Value::Null);
                merge(kind, slot, value, &inner);
            }
        }
    }
    order(kind, (&before, fields), patch, path);
}

fn merge_list(kind: &Kind, slot: &mut Value, patch: &[Value], path: &str) {
    let keys = match list(kind, path) {
        List::Map(keys) => identifying(keys),
        List::Set => {
            let Value::Array(held) = slot else {
                *slot = Value::Array(patch.to_vec());
                return;
            };
            let new: Vec<Value> =
                patch.iter().filter(|item| !held.contains(item)).cloned().collect();
            held.extend(new);
            return;
        }
        List::Atomic => {
            *slot = Value::Array(patch.to_vec());
            return;
        }
    };
    let replaces = |item: &Value| item.get("$patch").and_then(Value::as_str) == Some("replace");
    if !slot.is_array() || patch.iter().any(replaces) {
        *slot = Value::Array(Vec::new());
    }
    let Some(held) = slot.as_array_mut() else { return };
    for item in patch.iter().filter(|item| !replaces(item)) {
        let place = held.iter().position(|held| is_same(&keys, held, item));
        let deletes = item.get("$patch").and_then(Value::as_str) == Some("delete");
        match (place, deletes) {
            (Some(place), true) => drop(held.remove(place)),
            (None, true) => {}
            (Some(place), false) => {
                if let Some(held) = held.get_mut(place) {
                    merge(kind, held, item, path);
                }
            }
            (None, false) => {
                let mut new = Value::Object(Map::new());
                merge(kind, &mut new, item, path);
                held.push(new);
            }
        }
    }
}

/// Strategic merge knows one key a list, the first.
fn identifying(mut keys: Vec<String>) -> Vec<String> {
    keys.truncate(1);
    keys
}

/// Orders the lists that the patch touched: as `$setElementOrder` asks, else as the patch lists
/// them; items of the server alone keep their place among those it had.
fn order(
    kind: &Kind,
    (before, fields): (&Map<String, Value>, &mut Map<String, Value>),
    patch: &Map<String, Value>,
    path: &str,
) {
    for (key, value) in patch {
        let (field, wish) = match (key.split_once('/'), value) {
            (Some(("$setElementOrder", field)), Value::Array(wish)) => (field, wish),
            (None, Value::Array(items)) if !patch.contains_key(&order_key(key)) => {
                (key.as_str(), items)
            }
            _ => continue,
        };
        let keys = match list(kind, &join(path, field)) {
            List::Map(keys) => identifying(keys),
            List::Set => Vec::new(),
            List::Atomic => continue,
        };
        let is_one = |value: &Value, other: &Value| match keys.as_slice() {
            [] => value == other,
            keys => is_same(keys, value, other),
        };
        let place =
            |items: &[Value], item: &Value| items.iter().position(|other| is_one(other, item));
        let Some(Value::Array(items)) = fields.get_mut(field) else { continue };
        let held = before.get(field).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let (mut wished, rest): (Vec<Value>, Vec<Value>) =
            std::mem::take(items).into_iter().partition(|item| place(wish, item).is_some());
        wished.sort_by_key(|item| place(wish, item));
        let mut rest = rest.into_iter().peekable();
        for item in wished {
            let own = place(held, &item);
            while let Some(other) = rest.next_if(|other| own.is_some() && place(held, other) < own)
            {
                items.push(other);
            }
            items.push(item);
        }
        items.extend(rest);
    }
}

fn order_key(field: &str) -> String {
    format!("$setElementOrder/{field}")
}

fn join(path: &str, field: &str) -> String {
    if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kinds::Kinds;

    fn services() -> Kind {
        Kind::clone(Kinds::builtin().find("", "v1", "services").unwrap())
    }

    #[test]
    fn service_ports_merge_by_port_and_can_be_deleted_one_by_one() {
        let mut target = json!({ "spec": { "ports": [
            { "port": 80, "protocol": "TCP", "nodePort": 30_080 },
            { "port": 443, "protocol": "TCP" },
        ] } });
        let patch = json!({ "spec": {
            "$setElementOrder/ports": [{ "port": 53 }, { "port": 80 }],
            "ports": [
                { "port": 80, "name": "web" },
                { "port": 443, "$patch": "delete" },
                { "port": 53, "protocol": "UDP" },
            ],
        } });
        strategic(&services(), &mut target, &patch);
        let expected = json!({ "spec": { "ports": [
            { "port": 53, "protocol": "UDP" },
            { "port": 80, "protocol": "TCP", "nodePort": 30_080, "name": "web" },
        ] } });
        assert_eq!(target, expected);
    }

    #[test]
    fn other_lists_are_replaced_and_finalizers_are_a_set() {
        let mut target = json!({
            "metadata": { "finalizers": ["a", "b"] },
            "spec": { "externalIPs": ["192.0.2.1"], "selector": { "app": "web" } },
        });
        let patch = json!({
            "metadata": { "finalizers": ["c"], "$deleteFromPrimitiveList/finalizers": ["a"] },
            "spec": { "externalIPs": ["192.0.2.2"], "selector": { "$patch": "replace", "x": "y" } },
        });
        strategic(&services(), &mut target, &patch);
        let expected = json!({
            "metadata": { "finalizers": ["c", "b"] },
            "spec": { "externalIPs": ["192.0.2.2"], "selector": { "x": "y" } },
        });
        assert_eq!(target, expected);
    }
}
