//! Decodes a built-in object as the real server does: through the fields of its Go type.
//!
//! A field that the type does not have is dropped and named, a value of the wrong type is an
//! error. The types are those of `k8s-openapi`, which are generated from the server's own schema.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads an object through a type and writes it back.
pub(crate) type Decode = fn(&Value) -> Result<Value, serde_json::Error>;

/// Reads `value` as a `T` and writes it back, which leaves only what `T` knows.
pub(crate) fn decode<T: DeserializeOwned + Serialize>(
    value: &Value,
) -> Result<Value, serde_json::Error> {
    serde_json::to_value(T::deserialize(value)?)
}

/// Returns the paths in `given` that `kept` has lost, except those that held `null`.
pub(crate) fn unknown_fields(given: &Value, kept: &Value) -> Vec<String> {
    let mut unknown = Vec::new();
    compare(given, kept, &mut String::new(), &mut unknown);
    unknown
}

fn compare(given: &Value, kept: &Value, path: &mut String, unknown: &mut Vec<String>) {
    match (given, kept) {
        (Value::Object(given), Value::Object(kept)) => {
            for (field, value) in given {
                let length = path.len();
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(field);
                match kept.get(field) {
                    Some(kept) => compare(value, kept, path, unknown),
                    None if value.is_null() => {}
                    None => unknown.push(path.clone()),
                }
                path.truncate(length);
            }
        }
        (Value::Array(given), Value::Array(kept)) => {
            for (index, (value, kept)) in given.iter().zip(kept).enumerate() {
                let length = path.len();
                path.extend(["[", &index.to_string(), "]"]);
                compare(value, kept, path, unknown);
                path.truncate(length);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Service;
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_that_the_type_lacks_are_dropped_and_named() {
        let given = json!({
            "apiVersion": "v1", "kind": "Service", "metadata": { "name": "a", "colour": 1 },
            "spec": { "ports": [{ "port": 80, "speed": "fast" }], "clusterIP": null },
        });
        let kept = decode::<Service>(&given).unwrap();
        assert_eq!(unknown_fields(&given, &kept), ["metadata.colour", "spec.ports[0].speed"]);
    }
}
