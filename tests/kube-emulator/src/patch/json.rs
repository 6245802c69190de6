//! JSON patch ([RFC 6902]): a list of operations, applied in order or not at all.
//!
//! [RFC 6902]: https://www.rfc-editor.org/rfc/rfc6902

use serde::Deserialize;
use serde_json::Value;

/// An operation of a patch.
#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase")]
pub(crate) enum Operation {
    Add { path: String, value: Value },
    Remove { path: String },
    Replace { path: String, value: Value },
    Move { from: String, path: String },
    Copy { from: String, path: String },
    Test { path: String, value: Value },
}

/// Why a patch does not apply.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum Error {
    #[error("the path `{0}` leads nowhere")]
    Missing(String),
    #[error("the value at `{0}` is not the tested one")]
    Differs(String),
}

/// Applies `operations`; on an error `target` is partly changed and must be thrown away.
pub(crate) fn patch(target: &mut Value, operations: Vec<Operation>) -> Result<(), Error> {
    for operation in operations {
        match operation {
            Operation::Add { path, value } => add(target, &path, value)?,
            Operation::Remove { path } => drop(remove(target, &path)?),
            Operation::Replace { path, value } => *found(target, &path)? = value,
            Operation::Move { from, path } => {
                let value = remove(target, &from)?;
                add(target, &path, value)?;
            }
            Operation::Copy { from, path } => {
                let value = found(target, &from)?.clone();
                add(target, &path, value)?;
            }
            Operation::Test { path, value } => {
                // A test for `null` holds where there is nothing, as in the server's library.
                let held = target.pointer(&path).unwrap_or(&Value::Null);
                if *held != value {
                    return Err(Error::Differs(path));
                }
            }
        }
    }
    Ok(())
}

fn found<'a>(target: &'a mut Value, path: &str) -> Result<&'a mut Value, Error> {
    target.pointer_mut(path).ok_or_else(|| Error::Missing(path.to_owned()))
}

fn add(target: &mut Value, path: &str, value: Value) -> Result<(), Error> {
    if path.is_empty() {
        *target = value;
        return Ok(());
    }
    let missing = || Error::Missing(path.to_owned());
    let (parent, last) = path.rsplit_once('/').ok_or_else(missing)?;
    match found(target, parent)? {
        Value::Object(fields) => {
            fields.insert(unescape(last), value);
        }
        Value::Array(items) => {
            let index = match last {
                "-" => items.len(),
                digits => digits.parse().map_err(|_| missing())?,
            };
            if index > items.len() {
                return Err(missing());
            }
            items.insert(index, value);
        }
        _ => return Err(missing()),
    }
    Ok(())
}

fn remove(target: &mut Value, path: &str) -> Result<Value, Error> {
    let missing = || Error::Missing(path.to_owned());
    let (parent, last) = path.rsplit_once('/').ok_or_else(missing)?;
    match found(target, parent)? {
        Value::Object(fields) => fields.remove(&unescape(last)).ok_or_else(missing),
        Value::Array(items) => {
            let index: usize = last.parse().map_err(|_| missing())?;
            (index < items.len()).then(|| items.remove(index)).ok_or_else(missing)
        }
        _ => Err(missing()),
    }
}

fn unescape(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn run(mut target: Value, operations: Value) -> Result<Value, Error> {
        patch(&mut target, serde_json::from_value(operations).unwrap())?;
        Ok(target)
    }

    #[test]
    fn every_operation_does_what_the_rfc_says() {
        let patched = run(
            json!({ "a": [1, 2], "b/c": "x", "d": { "e": 1 } }),
            json!([
                { "op": "test", "path": "/b~1c", "value": "x" },
                { "op": "add", "path": "/a/1", "value": 9 },
                { "op": "add", "path": "/a/-", "value": 3 },
                { "op": "remove", "path": "/a/0" },
                { "op": "replace", "path": "/d/e", "value": 2 },
                { "op": "move", "from": "/b~1c", "path": "/f" },
                { "op": "copy", "from": "/d", "path": "/g" },
            ]),
        );
        let expected = json!({ "a": [9, 2, 3], "d": { "e": 2 }, "f": "x", "g": { "e": 2 } });
        assert_eq!(patched, Ok(expected));
    }

    #[test]
    fn a_path_that_leads_nowhere_and_a_failed_test_are_named() {
        let missing = run(json!({}), json!([{ "op": "remove", "path": "/a" }]));
        assert_eq!(missing, Err(Error::Missing("/a".to_owned())));
        let past_the_end = run(json!([1]), json!([{ "op": "add", "path": "/3", "value": 1 }]));
        assert_eq!(past_the_end, Err(Error::Missing("/3".to_owned())));
        let differs = run(json!({ "a": 1 }), json!([{ "op": "test", "path": "/a", "value": 2 }]));
        assert_eq!(differs, Err(Error::Differs("/a".to_owned())));
    }
}
