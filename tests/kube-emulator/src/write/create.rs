//! Creates an object.

use serde_json::{Value, json};

use crate::defaults;
use crate::json::text;
use crate::status::Status;
use crate::store::Store;
use crate::validate;
use crate::write::admit::{admit, metadata, place};
use crate::write::identity::{generated_name, time, uid};
use crate::write::{Part, Request, Written, finish};

/// Creates the object in `body`.
pub(crate) fn create(
    store: &mut Store,
    request: &Request<'_>,
    body: Value,
) -> Result<Written, Status> {
    let kind = request.kind;
    let mut value = admit(request, body)?;
    place(request, &mut value)?;
    if !text(&value, "/metadata/resourceVersion").is_empty() && request.part != Part::Whole {
        return Err(Status::bad_request(
            "resourceVersion should not be set on objects to be created",
        ));
    }
    let base = text(&value, "/metadata/generateName").to_owned();
    if text(&value, "/metadata/name").is_empty() && !base.is_empty() {
        metadata(&mut value).insert("name".to_owned(), generated_name(&base).into());
    }
    if kind.is_namespaced() {
        check_namespace(store, request, text(&value, "/metadata/name"))?;
    }
    stamp(request, &mut value);
    // The server keeps what a node says of itself: there is nobody else to say it.
    if kind.status && request.part == Part::Main && !kind.is("", "nodes") {
        clear_status(&mut value);
    }
    defaults::fill(store, kind, &mut value, None);
    let name = text(&value, "/metadata/name");
    let causes = validate::object(store, kind, &value, None);
    if !causes.is_empty() {
        return Err(Status::invalid(kind, name, &causes));
    }
    if store.object(kind, request.namespace, name).is_some() {
        return Err(Status::already_exists(kind, name));
    }
    finish(store, request, value, None)
}

fn stamp(request: &Request<'_>, value: &mut Value) {
    let metadata = metadata(value);
    for gone in [
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "generation",
        "managedFields",
        "resourceVersion",
        "selfLink",
    ] {
        metadata.remove(gone);
    }
    metadata.insert("uid".to_owned(), uid().into());
    metadata.insert("creationTimestamp".to_owned(), time(request.now).into());
    if request.kind.generation {
        metadata.insert("generation".to_owned(), 1.into());
    }
}

fn clear_status(value: &mut Value) {
    if let Some(fields) = value.as_object_mut() {
        fields.remove("status");
    }
}

/// A namespace must exist, and stay, before something is put into it.
fn check_namespace(store: &Store, request: &Request<'_>, name: &str) -> Result<(), Status> {
    let Some(namespaces) = store.kinds.find("", "v1", "namespaces") else { return Ok(()) };
    let namespace = store
        .object(namespaces, "", request.namespace)
        .ok_or_else(|| Status::not_found(namespaces, request.namespace))?
        .read()?;
    if namespace.pointer("/metadata/deletionTimestamp").is_some_and(|time| *time != json!(null)) {
        return Err(Status::namespace_terminating(request.kind, name, request.namespace));
    }
    Ok(())
}
