//! Field selectors: the name, the namespace, and what the kind lets one select by ([fields]).
//!
//! [fields]: https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/

use serde_json::Value;

use crate::kinds::Kind;
use crate::status::Status;
use crate::store::object::Object;

/// Every requirement must hold; none selects everything.
#[derive(Debug, Clone, Default)]
pub(crate) struct FieldSelector(Vec<Requirement>);

#[derive(Debug, Clone)]
struct Requirement {
    field: Field,
    value: String,
    equal: bool,
}

#[derive(Debug, Clone, Copy)]
enum Field {
    Name,
    Namespace,
    /// The place in the kind's `selectable`.
    Selectable(usize),
}

impl FieldSelector {
    pub(crate) fn parse(kind: &Kind, text: &str) -> Result<Self, Status> {
        let terms = text.split(',').map(str::trim).filter(|term| !term.is_empty());
        terms.map(|term| requirement(kind, term)).collect::<Result<_, _>>().map(Self)
    }

    pub(crate) fn matches(&self, object: &Object) -> bool {
        self.0.iter().all(|requirement| {
            let value = match requirement.field {
                Field::Name => &object.name,
                Field::Namespace => &object.namespace,
                Field::Selectable(index) => object.fields.get(index).map_or("", String::as_str),
            };
            (value == requirement.value) == requirement.equal
        })
    }

    pub(crate) fn is_everything(&self) -> bool {
        self.0.is_empty()
    }
}

fn requirement(kind: &Kind, term: &str) -> Result<Requirement, Status> {
    let split = |operator| term.split_once(operator);
    let (path, value, equal) = match (split("!="), split("=="), split("=")) {
        (Some((path, value)), _, _) => (path, value, false),
        (None, Some((path, value)), _) | (None, None, Some((path, value))) => (path, value, true),
        (None, None, None) => {
            return Err(Status::bad_request(format!(
                "invalid selector: '{term}'; can't understand '{term}'"
            )));
        }
    };
    let field =
        match path {
            "metadata.name" => Field::Name,
            "metadata.namespace" if kind.is_namespaced() => Field::Namespace,
            _ => {
                let known = kind.selectable.iter().position(|known| known == path);
                Field::Selectable(known.ok_or_else(|| {
                    Status::bad_request(format!("field label not supported: {path}"))
                })?)
            }
        };
    Ok(Requirement { field, value: value.replace("\\,", ",").replace("\\=", "="), equal })
}

/// Returns the values of the kind's selectable fields, in its order; an absent one is empty.
pub(crate) fn values(kind: &Kind, object: &Value) -> Vec<String> {
    kind.selectable
        .iter()
        .map(|path| {
            let found = path.split('.').try_fold(object, |value, field| value.get(field));
            match found {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Bool(flag)) => flag.to_string(),
                Some(Value::Number(number)) => number.to_string(),
                // An event's `source` selects by its component.
                Some(Value::Object(inner)) => {
                    inner.get("component").and_then(Value::as_str).unwrap_or("").to_owned()
                }
                Some(Value::Null | Value::Array(_)) | None => String::new(),
            }
        })
        .collect()
}
