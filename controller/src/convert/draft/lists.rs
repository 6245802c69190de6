//! The values that are being made, with lists in which each item is there once, however long they are.

use std::collections::{HashMap, HashSet};
use std::ops::{Deref, DerefMut};

use serde_json::{Map, Value, json};

/// Values of the chart.
#[derive(Debug, Default)]
pub(super) struct Values {
    map: Map<String, Value>,
    /// What is in the lists to which something was added, by their paths; nothing of one that was changed otherwise.
    items: HashMap<Vec<String>, HashSet<Value>>,
}

impl Deref for Values {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Map<String, Value> {
        &self.map
    }
}

impl DerefMut for Values {
    fn deref_mut(&mut self) -> &mut Map<String, Value> {
        self.items.clear();
        &mut self.map
    }
}

impl Values {
    /// Returns the values.
    pub(super) fn into_map(self) -> Map<String, Value> {
        self.map
    }

    /// Puts a value at a path of keys.
    pub(super) fn set(&mut self, path: &[&str], value: Value) {
        let is_apart = |list: &Vec<String>| list.iter().zip(path).any(|(key, other)| key != other);
        self.items.retain(|list, _| is_apart(list));
        if let Some(place) = place(&mut self.map, path) {
            *place = value;
        }
    }

    /// Adds items to a list at a path of keys, each once.
    pub(super) fn push(&mut self, path: &[&str], items: impl IntoIterator<Item = Value>) {
        let Self { map, items: known } = self;
        let Some(place) = place(map, path) else { return };
        if !place.is_array() {
            *place = json!([]);
        }
        let Value::Array(list) = place else { return };
        let key: Vec<String> = path.iter().map(|key| (*key).to_owned()).collect();
        let known = known.entry(key).or_insert_with(|| list.iter().cloned().collect());
        for item in items {
            if known.insert(item.clone()) {
                list.push(item);
            }
        }
    }
}

/// Returns where the value at a path of keys stands, and makes the way there.
fn place<'a>(map: &'a mut Map<String, Value>, path: &[&str]) -> Option<&'a mut Value> {
    let (first, rest) = path.split_first()?;
    let mut place = map.entry(*first).or_insert(Value::Null);
    for key in rest {
        if !place.is_object() {
            *place = json!({});
        }
        place = place.as_object_mut()?.entry(*key).or_insert(Value::Null);
    }
    Some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_there_once_whatever_else_changes_the_list_meanwhile() {
        let mut values = Values::default();
        values.push(&["a", "b"], [json!(1), json!(2), json!(1)]);
        values.set(&["c"], json!(1));
        values.push(&["a", "b"], [json!(2), json!(3)]);
        assert_eq!(values["a"]["b"], json!([1, 2, 3]));
        values.set(&["a", "b"], json!([3]));
        values.push(&["a", "b"], [json!(3), json!(1)]);
        assert_eq!(values["a"]["b"], json!([3, 1]));
        values.set(&["a"], json!({}));
        values.push(&["a", "b"], [json!(1)]);
        assert_eq!(values["a"]["b"], json!([1]));
        values.insert("a".to_owned(), json!({"b": [2]}));
        values.push(&["a", "b"], [json!(1), json!(2)]);
        assert_eq!(values["a"]["b"], json!([2, 1]));
        values.push(&["a"], [json!(1)]);
        assert_eq!(values["a"], json!([1]), "what is no list becomes one");
    }
}
