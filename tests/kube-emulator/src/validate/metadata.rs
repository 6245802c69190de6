//! What is wrong with the metadata of an object of any kind.

use serde_json::Value;

use crate::json::{items, text};
use crate::kinds::Kind;
use crate::status::Cause;
use crate::validate::names::{label_value, problem, qualified};

/// All keys and values of annotations together, in bytes ([annotations]).
///
/// [annotations]: https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/
const MAX_ANNOTATIONS_BYTES: usize = 256 * 1024;

/// Finalizers that need no domain, since the server or its controllers made them.
const STANDARD_FINALIZERS: [&str; 3] = ["foregroundDeletion", "kubernetes", "orphan"];

/// Returns everything wrong with the metadata.
pub(crate) fn check(kind: &Kind, value: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    let name = text(value, "/metadata/name");
    if name.is_empty() {
        causes.push(Cause::required("metadata.name", "name or generateName is required"));
    } else if let Some(problem) = problem(kind.name_rule, name) {
        causes.push(Cause::invalid("metadata.name", &name.into(), problem));
    }
    check_labels(value, &mut causes);
    check_annotations(value, &mut causes);
    for (index, owner) in items(value, "/metadata/ownerReferences").enumerate() {
        for field in ["apiVersion", "kind", "name", "uid"] {
            if text(owner, &format!("/{field}")).is_empty() {
                let field = format!("metadata.ownerReferences[{index}].{field}");
                causes.push(Cause::invalid(field, &"".into(), "must not be empty"));
            }
        }
    }
    for (index, finalizer) in items(value, "/metadata/finalizers").enumerate() {
        let field = format!("metadata.finalizers[{index}]");
        let text = finalizer.as_str().unwrap_or("");
        if let Some(problem) = qualified(text) {
            causes.push(Cause::invalid(field, finalizer, problem));
        } else if !text.contains('/') && !STANDARD_FINALIZERS.contains(&text) {
            let problem = "name is neither a standard finalizer name nor is it fully qualified";
            causes.push(Cause::invalid(field, finalizer, problem));
        }
    }
    causes
}

fn check_labels(value: &Value, causes: &mut Vec<Cause>) {
    let labels = value.pointer("/metadata/labels").and_then(Value::as_object);
    for (key, value) in labels.into_iter().flatten() {
        if let Some(problem) = qualified(key) {
            causes.push(Cause::invalid("metadata.labels", &key.as_str().into(), problem));
        }
        if let Some(problem) = label_value(value.as_str().unwrap_or("")) {
            causes.push(Cause::invalid("metadata.labels", value, problem));
        }
    }
}

fn check_annotations(value: &Value, causes: &mut Vec<Cause>) {
    let annotations = value.pointer("/metadata/annotations").and_then(Value::as_object);
    let mut bytes = 0;
    for (key, value) in annotations.into_iter().flatten() {
        bytes += key.len() + value.as_str().map_or(0, str::len);
        if let Some(problem) = qualified(&key.to_lowercase()) {
            causes.push(Cause::invalid("metadata.annotations", &key.as_str().into(), problem));
        }
    }
    if bytes > MAX_ANNOTATIONS_BYTES {
        let problem = format!("may not be more than {MAX_ANNOTATIONS_BYTES} bytes");
        causes.push(Cause::invalid("metadata.annotations", &"".into(), problem));
    }
}
