//! Defaults of a `CustomResourceDefinition`, and its status: here it is served at once.

use serde_json::{Map, Value, json};

use crate::json::{default, object, strings};

/// Fills in a definition; `old` is the one that an update replaces.
pub(crate) fn fill(fields: &mut Map<String, Value>, old: Option<&Value>) {
    let created = fields
        .get("metadata")
        .and_then(|metadata| metadata.get("creationTimestamp"))
        .cloned()
        .unwrap_or(Value::Null);
    let spec = object(fields, "spec");
    let names = object(spec, "names");
    let kind = names.get("kind").and_then(Value::as_str).unwrap_or("").to_owned();
    default(names, "singular", kind.to_lowercase());
    default(names, "listKind", format!("{kind}List"));
    let accepted = Value::Object(names.clone());
    default(spec, "conversion", json!({ "strategy": "None" }));
    let versions = spec.get("versions").and_then(Value::as_array).cloned().unwrap_or_default();
    let storage = versions.iter().find(|version| version.get("storage") == Some(&json!(true)));
    let storage = storage.and_then(|version| version.get("name")).cloned().unwrap_or(Value::Null);

    let mut stored =
        old.and_then(|old| old.pointer("/status/storedVersions")).map(strings).unwrap_or_default();
    if let Some(storage) = storage.as_str()
        && !stored.iter().any(|version| version == storage)
    {
        stored.push(storage.to_owned());
    }
    let status = object(fields, "status");
    status.insert("acceptedNames".to_owned(), accepted);
    status.insert("storedVersions".to_owned(), json!(stored));
    let condition = |form: &str, reason: &str, message: &str| {
        json!({
            "type": form,
            "status": "True",
            "reason": reason,
            "message": message,
            "lastTransitionTime": created,
        })
    };
    status.insert(
        "conditions".to_owned(),
        json!([
            condition("NamesAccepted", "NoConflicts", "no conflicts found"),
            condition(
                "Established",
                "InitialNamesAccepted",
                "the initial names have been accepted"
            ),
        ]),
    );
}
