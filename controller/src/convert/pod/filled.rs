//! What variables of a container are filled in with: by `ConfigMap`s of the same text, and by each other.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::{Map, Value, json};

use super::super::Weight;
use super::super::draft::Draft;
use super::super::input::Data;

/// Returns an object whose containers have as variables of their own what `ConfigMap`s of the same text say.
pub(in super::super) fn with_config_maps(
    draft: &mut Draft,
    mut object: Value,
    data: &Data,
) -> Value {
    let mut left = MOST_WRITTEN;
    for containers in ["containers", "initContainers"] {
        let containers = super::pod_mut(&mut object).and_then(|pod| pod.get_mut(containers));
        for container in containers.and_then(Value::as_array_mut).into_iter().flatten() {
            if let Value::Object(container) = container {
                of_container(draft, container, data, &mut left);
            }
        }
    }
    object
}

/// How many variables of objects are looked at for one pod: each of many containers, or of many references with a prefix
/// of its own, may have all of an object. What is beyond stays a reference.
const MOST_WRITTEN: usize = 10_000;

fn of_container(
    draft: &mut Draft,
    container: &mut Map<String, Value>,
    data: &Data,
    left: &mut usize,
) {
    let config_map = |name: &Value| {
        let name = name.as_str()?.to_owned();
        data.get(&("ConfigMap".to_owned(), name.clone())).map(|held| (name, held))
    };
    let prefix =
        |item: &Value| item.get("prefix").and_then(Value::as_str).unwrap_or_default().to_owned();
    let named = |item: &Value, held: &Map<String, Value>, left: &mut usize| {
        *left = left.checked_sub(held.len())?;
        let names = held.keys().map(|key| format!("{}{key}", prefix(item)));
        Some(names.collect::<BTreeSet<String>>())
    };
    let secret = |item: &Value, left: &mut usize| {
        let name = item.pointer("/secretRef/name")?.as_str()?.to_owned();
        named(item, data.get(&("Secret".to_owned(), name))?, left)
    };
    let mut whole = Vec::new();
    if let Some(Value::Array(from)) = container.get_mut("envFrom") {
        // Of two that have a key the later one counts, so what stands before one that stays a
        // reference, and may have one of its keys, stays one, too.
        let (mut is_unknown, mut later) = (false, BTreeSet::new());
        let mut stays: Vec<bool> = Vec::new();
        // Of two of one object, by one prefix, the earlier gives nothing.
        let mut met = HashSet::new();
        from.reverse();
        from.retain(|item| met.insert(item.clone()));
        for item in from.iter() {
            let held = item.pointer("/configMapRef/name").and_then(config_map);
            let own = held.and_then(|(_, held)| named(item, held, left));
            stays.push(own.as_ref().is_none_or(|own| is_unknown || !later.is_disjoint(own)));
            match secret(item, left) {
                Some(keys) => later.extend(keys),
                None => is_unknown |= own.is_none(),
            }
        }
        from.reverse();
        from.retain(|item| {
            let stays = stays.pop().unwrap_or(true);
            let held = item.pointer("/configMapRef/name").and_then(config_map);
            let Some((name, held)) = held.filter(|_| !stays) else { return true };
            told(draft, &name);
            whole.extend(held.iter().map(|(key, value)| {
                json!({"name": format!("{}{key}", prefix(item)), "value": text(value)})
            }));
            false
        });
    }
    // Of two variables of one name the later one counts, and the container's own come after.
    if let Some(Value::Array(own)) = container.get("env") {
        whole.extend(own.iter().cloned());
    }
    for variable in &mut whole {
        let reference = variable.pointer("/valueFrom/configMapKeyRef");
        let Some(reference) = reference else { continue };
        let found = reference.get("name").and_then(config_map);
        let key = reference.get("key").and_then(Value::as_str).unwrap_or_default();
        let Some((name, value)) = found.and_then(|(name, held)| Some((name, held.get(key)?)))
        else {
            continue;
        };
        told(draft, &name);
        *variable = json!({"name": variable.get("name"), "value": text(value)});
    }
    let mut later = HashSet::new();
    whole.reverse();
    whole.retain(|variable| later.insert(variable.get("name").cloned().unwrap_or_default()));
    whole.reverse();
    if !whole.is_empty() {
        container.insert("env".to_owned(), Value::Array(whole));
    }
}

fn told(draft: &mut Draft, name: &str) {
    let text = "what it holds is written out as variables; a change of it reaches nothing any more";
    draft.say(Weight::Note, &format!("ConfigMap {name}"), text);
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Variables whose values are known.
#[derive(Debug, Default)]
pub(super) struct Known {
    all: BTreeMap<String, String>,
    /// How much was filled in, in bytes.
    filled: Cell<usize>,
}

/// How much is filled in at most, in bytes: of variables that stand in each other's values there is no end.
const MOST_FILLED: usize = 16 << 20;

impl Known {
    /// Returns what is known of variables of a pod in `namespace`, each of which may refer to those before it
    /// ([expansion]), and fills it in in them.
    ///
    /// [expansion]: https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
    pub(super) fn of(env: Option<&mut Value>, namespace: Option<&str>) -> Self {
        let mut known = Self::default();
        for variable in env.and_then(Value::as_array_mut).into_iter().flatten() {
            let Some(name) = variable.get("name").and_then(Value::as_str).map(str::to_owned) else {
                continue;
            };
            let value = variable.get("value").filter(|value| !value.is_null()).map(text);
            let of_pod = variable.pointer("/valueFrom/fieldRef/fieldPath");
            let is_namespace = of_pod.is_some_and(|path| path == "metadata.namespace");
            let value = match (value, variable.get("valueFrom")) {
                (None, None) => Some(String::new()),
                (None, Some(_)) if is_namespace => namespace.map(str::to_owned),
                (value, _) => value,
            };
            match value.map(|value| known.filled(&value, &mut Vec::new())) {
                Some(value) => {
                    if let Some(given) = variable.get_mut("value").filter(|given| given.is_string())
                    {
                        *given = json!(value);
                    }
                    // What is left open would be filled in a second time.
                    if value.contains("$(") {
                        known.all.remove(&name);
                    } else {
                        known.all.insert(name, value);
                    }
                }
                None => drop(known.all.remove(&name)),
            }
        }
        known
    }

    /// Returns a word with the variables filled in that are known; their names are added to `used`.
    pub(super) fn filled(&self, word: &str, used: &mut Vec<String>) -> String {
        let mut filled = String::new();
        let mut rest = word;
        while let Some((before, after)) = rest.split_once('$') {
            filled.push_str(before);
            filled.push('$');
            rest = after;
            if let Some(after) = rest.strip_prefix('$') {
                // Two of the sign stand for one.
                filled.push('$');
                rest = after;
                continue;
            }
            // No name has these, and a far end is not looked for from each beginning.
            let named = rest.strip_prefix('(').and_then(|inner| {
                let end = inner.find([')', '(', '$'])?;
                let (name, after) = inner.split_at_checked(end)?;
                Some((name, after.strip_prefix(')')?))
            });
            if let Some((name, after)) = named
                && let Some(value) = self.all.get(name)
                && self.filled.get().saturating_add(value.len()) <= MOST_FILLED
            {
                self.filled.set(self.filled.get().saturating_add(value.len()));
                filled.pop();
                filled.push_str(value);
                used.push(name.to_owned());
                rest = after;
            }
        }
        filled + rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_filled_in_as_kubernetes_does_it() {
        let mut env = json!([
            {"name": "A", "value": "a"},
            {"name": "B", "value": "$(A)-b"},
            {"name": "LATER", "value": "$(C)"},
            {"name": "C", "value": "c"},
            {"name": "SECRET", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
            {"name": "EMPTY"},
            {"name": "NS", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
        ]);
        let known = Known::of(Some(&mut env), Some("dns"));
        let filled = |word: &str| known.filled(word, &mut Vec::new());
        for (word, expected) in [
            ("--x=$(A)", "--x=a"),
            ("--namespace=$(NS)", "--namespace=dns"),
            ("$(A)$(B)", "aa-b"),
            ("$(C).$(EMPTY).", "c.."),
            ("$(LATER) $(SECRET) $(NONE)", "$(LATER) $(SECRET) $(NONE)"),
            ("$$(A) $$$(A)", "$$(A) $$a"),
            ("$A ${A} $(A", "$A ${A} $(A"),
            ("$", "$"),
            ("é$(A)é", "éaé"),
        ] {
            assert_eq!(filled(word), expected, "{word}");
        }
        assert_eq!(env[1], json!({"name": "B", "value": "a-b"}));
        assert_eq!(
            env[2],
            json!({"name": "LATER", "value": "$(C)"}),
            "it stands before what it names"
        );
    }
}
