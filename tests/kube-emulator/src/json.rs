//! Small readings of JSON that many rules share.
//!
//! A pointer that leads nowhere reads as the empty text or as nothing; whether that is wrong is
//! for the caller's rule to say.

use serde_json::{Map, Value};

/// Returns the text at `pointer`, or the empty text.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or("")
}

/// Returns the texts of an array, leaving out all else.
pub(crate) fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Returns the items of the array at `pointer`; none if there is no array.
pub(crate) fn items<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

/// Tells whether `value` has something at `pointer` other than `null` and the empty text.
pub(crate) fn is_set(value: &Value, pointer: &str) -> bool {
    value.pointer(pointer).is_some_and(|found| !is_blank(found))
}

/// Tells whether `value` is `null` or the empty text.
pub(crate) fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}

/// Returns the object under `key`, making it if there is none.
pub(crate) fn object<'a>(
    parent: &'a mut Map<String, Value>,
    key: &str,
) -> &'a mut Map<String, Value> {
    let slot = parent.entry(key.to_owned()).or_insert_with(|| Value::Object(Map::new()));
    if !slot.is_object() {
        *slot = Value::Object(Map::new());
    }
    match slot {
        Value::Object(found) => found,
        _ => unreachable!("the slot was just made an object"),
    }
}

/// Puts `value` under `key` of what is a JSON object; anything else stays as it is.
pub(crate) fn put(parent: &mut Value, key: &str, value: impl Into<Value>) {
    if let Some(fields) = parent.as_object_mut() {
        fields.insert(key.to_owned(), value.into());
    }
}

/// Puts `value` under `key` unless something other than `null` or the empty text is there.
pub(crate) fn default(object: &mut Map<String, Value>, key: &str, value: impl Into<Value>) {
    let slot = object.entry(key.to_owned()).or_insert(Value::Null);
    if is_blank(slot) {
        *slot = value.into();
    }
}

/// Moves `key` of `from` into `to`, or removes it there if `from` has none.
pub(crate) fn carry(from: &Map<String, Value>, to: &mut Map<String, Value>, key: &str) {
    match from.get(key) {
        Some(value) => {
            to.insert(key.to_owned(), value.clone());
        }
        None => {
            to.remove(key);
        }
    }
}
