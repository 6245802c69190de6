//! Reads the object that a client sent: is it of this kind, and what of it is kept.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::{Map, Value};

use crate::json::text;
use crate::kinds::typed::{decode, unknown_fields};
use crate::kinds::{Kind, Shape};
use crate::status::{Cause, Status};
use crate::validate::schema;
use crate::write::{Request, UnknownFields};

/// Returns `body` as an object of the kind: unknown fields dropped, schema defaults filled in.
pub(crate) fn admit(request: &Request<'_>, body: Value) -> Result<Value, Status> {
    let Request { kind, unknown, .. } = request;
    let body = Value::Object(identified(kind, body)?);
    let unreadable = |error: &dyn std::fmt::Display| {
        Status::bad_request(format!(
            "{} in version \"{}\" cannot be handled as a {}: {error}",
            kind.kind, kind.version, kind.kind
        ))
    };
    let (kept, lost) = match &kind.shape {
        Shape::Typed(decode) => {
            let kept = decode(&body).map_err(|error| unreadable(&format!("json: {error}")))?;
            let refusing = *unknown == UnknownFields::Refuse;
            let lost = if refusing { unknown_fields(&body, &kept) } else { Vec::new() };
            (kept, lost)
        }
        Shape::Schema(schema) => custom(schema, body, &unreadable)?,
    };
    if *unknown == UnknownFields::Refuse && !lost.is_empty() {
        let lost: Vec<String> =
            lost.iter().map(|path| format!("unknown field \"{path}\"")).collect();
        return Err(unreadable(&format!("strict decoding error: {}", lost.join(", "))));
    }
    Ok(kept)
}

fn custom(
    schema: &Value,
    body: Value,
    unreadable: &dyn Fn(&dyn std::fmt::Display) -> Status,
) -> Result<(Value, Vec<String>), Status> {
    let given = body.get("metadata").cloned().unwrap_or_else(|| Value::Object(Map::new()));
    let metadata = decode::<ObjectMeta>(&given).map_err(|error| unreadable(&error))?;
    let mut lost = unknown_fields(&given, &metadata);
    for path in &mut lost {
        path.insert_str(0, "metadata.");
    }
    let mut kept = body;
    schema::prune(schema, &mut kept, &mut lost);
    schema::default(schema, &mut kept);
    if let Some(fields) = kept.as_object_mut() {
        fields.insert("metadata".to_owned(), metadata);
    }
    Ok((kept, lost))
}

/// Checks that the body says the kind of the URL; a body that says none gets it.
fn identified(kind: &Kind, body: Value) -> Result<Map<String, Value>, Status> {
    let said_version = text(&body, "/apiVersion").to_owned();
    let said_kind = text(&body, "/kind").to_owned();
    let Value::Object(mut body) = body else {
        return Err(Status::bad_request(format!(
            "couldn't get version/kind; json parse error: the body is no object of kind {}",
            kind.kind
        )));
    };
    if kind.is_custom() && said_kind.is_empty() {
        // The server has no Go type that would say the kind for the client.
        let text = Value::Object(body).to_string();
        return Err(Status::bad_request(format!(
            "the object provided is unrecognized (must be of type {}): Object 'Kind' is missing \
             in '{text}'",
            kind.kind
        )));
    }
    if kind.is_custom() && said_kind != kind.kind {
        let detail = format!("must be {}", kind.kind);
        let cause = Cause::invalid("kind", &said_kind.as_str().into(), detail);
        let name = text(&Value::Object(body), "/metadata/name").to_owned();
        return Err(Status::invalid(kind, &name, &[cause]));
    }
    let api_version = kind.api_version();
    if !said_version.is_empty() && said_version != api_version {
        return Err(Status::bad_request(format!(
            "the API version in the data ({said_version}) does not match the expected API version \
             ({api_version})"
        )));
    }
    if !said_kind.is_empty() && said_kind != kind.kind {
        return Err(Status::bad_request(format!(
            "{said_kind} in version \"{}\" cannot be handled as a {}: converting ({said_kind}) to \
             ({}): unknown conversion",
            kind.version, kind.kind, kind.kind
        )));
    }
    body.insert("apiVersion".to_owned(), api_version.into());
    body.insert("kind".to_owned(), kind.kind.clone().into());
    Ok(body)
}

/// Checks that name and namespace in the object are those of the URL, and fills them in.
pub(crate) fn place(request: &Request<'_>, value: &mut Value) -> Result<(), Status> {
    let said_name = text(value, "/metadata/name").to_owned();
    let said_namespace = text(value, "/metadata/namespace").to_owned();
    if !request.name.is_empty() && !said_name.is_empty() && said_name != request.name {
        return Err(Status::bad_request(format!(
            "the name of the object ({said_name}) does not match the name on the URL ({})",
            request.name
        )));
    }
    if !said_namespace.is_empty() && said_namespace != request.namespace {
        return Err(Status::bad_request(
            "the namespace of the provided object does not match the namespace sent on the \
             request",
        ));
    }
    let metadata = metadata(value);
    if !request.name.is_empty() {
        metadata.insert("name".to_owned(), request.name.into());
    }
    if request.kind.is_namespaced() {
        metadata.insert("namespace".to_owned(), request.namespace.into());
    }
    Ok(())
}

/// Returns the metadata of an object, making it if there is none.
pub(crate) fn metadata(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    match value {
        Value::Object(fields) => crate::json::object(fields, "metadata"),
        _ => unreachable!("the value was just made an object"),
    }
}
