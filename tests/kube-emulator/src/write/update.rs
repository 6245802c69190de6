//! Replaces an object, or one half of it.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::defaults;
use crate::json::{carry, text};
use crate::kinds::{Kind, Missing};
use crate::status::{Cause, Status};
use crate::store::Store;
use crate::validate;
use crate::write::admit::{admit, metadata, place};
use crate::write::create::create;
use crate::write::delete::{has_finalizers, remove};
use crate::write::{Part, Persist, Request, Written, finish};

/// Replaces the object that the request names by `body`.
///
/// An update that changes nothing is not a write: the version stays and no watch tells of it.
pub(crate) fn update(
    store: &mut Store,
    request: &Request<'_>,
    body: Value,
) -> Result<Written, Status> {
    let Request { kind, namespace, name, .. } = *request;
    let held = match store.object(kind, namespace, name) {
        Some(held) => Arc::clone(held),
        None if kind.missing == Missing::Create && request.part == Part::Main => {
            return create(store, request, body);
        }
        None => return Err(Status::not_found(kind, name)),
    };
    let current = held.read_as(kind)?;
    let mut value = admit(request, body)?;
    place(request, &mut value)?;
    check_preconditions(request, &current, &value)?;
    let mut value = joined(request, &current, value);
    defaults::fill(store, kind, &mut value, Some(&current));
    let causes = validate::object(store, kind, &value, Some(&current));
    if !causes.is_empty() {
        return Err(Status::invalid(kind, name, &causes));
    }
    if value == current {
        let body = serde_json::to_vec(&current).map_err(Status::internal)?.into();
        return Ok(Written { body, created: false });
    }
    if kind.generation && content(kind, &value) != content(kind, &current) {
        let generation = current.pointer("/metadata/generation").and_then(Value::as_u64);
        let next = generation.unwrap_or(0) + 1;
        metadata(&mut value).insert("generation".to_owned(), next.into());
    }
    let released =
        value.pointer("/metadata/deletionTimestamp").is_some() && !has_finalizers(&value);
    if released && request.persist == Persist::Store {
        let last = remove(store, kind, &held, value)?;
        let body = serde_json::to_vec(&last).map_err(Status::internal)?.into();
        return Ok(Written { body, created: false });
    }
    finish(store, request, value, Some(&current))
}

fn check_preconditions(
    request: &Request<'_>,
    current: &Value,
    value: &Value,
) -> Result<(), Status> {
    let Request { kind, name, .. } = *request;
    let (said, held) = (text(value, "/metadata/uid"), text(current, "/metadata/uid"));
    if !said.is_empty() && said != held {
        return Err(Status::conflict(
            kind,
            name,
            format!("Precondition failed: UID in precondition: {said}, UID in object meta: {held}"),
        ));
    }
    let said = text(value, "/metadata/resourceVersion");
    if said.is_empty() {
        if kind.unconditional_update || request.part == Part::Whole {
            return Ok(());
        }
        let cause = Cause::invalid(
            "metadata.resourceVersion",
            &0.into(),
            "must be specified for an update",
        );
        return Err(Status::invalid_resource(kind, name, &[cause]));
    }
    if said != text(current, "/metadata/resourceVersion") {
        return Err(Status::stale(kind, name));
    }
    Ok(())
}

/// Takes the written half from `value` and all else from `current`.
fn joined(request: &Request<'_>, current: &Value, mut value: Value) -> Value {
    let Request { kind, part, .. } = *request;
    let part = if kind.status { part } else { Part::Whole };
    let (Some(old), Some(new)) = (current.as_object(), value.as_object_mut()) else { return value };
    match part {
        Part::Main => carry(old, new, "status"),
        Part::Whole => {
            // A kind with a status subresource, written whole by someone who says no status.
            if kind.status && !new.contains_key("status") {
                carry(old, new, "status");
            }
        }
        Part::Status => {
            let mut joined = old.clone();
            carry(new, &mut joined, "status");
            if !kind.is_custom() {
                carry_writable_metadata(new, &mut joined);
            }
            *new = joined;
        }
    }
    if let Some(old) = old.get("metadata").and_then(Value::as_object) {
        let metadata = crate::json::object(new, "metadata");
        metadata.remove("managedFields");
        for key in [
            "creationTimestamp",
            "deletionGracePeriodSeconds",
            "deletionTimestamp",
            "generateName",
            "generation",
            "resourceVersion",
            "uid",
        ] {
            carry(old, metadata, key);
        }
    }
    value
}

fn carry_writable_metadata(from: &Map<String, Value>, to: &mut Map<String, Value>) {
    let Some(from) = from.get("metadata").and_then(Value::as_object) else { return };
    let to = crate::json::object(to, "metadata");
    for key in ["annotations", "finalizers", "labels", "ownerReferences"] {
        carry(from, to, key);
    }
}

/// Returns what a generation counts: everything but metadata, and status where it is a half.
fn content(kind: &Kind, value: &Value) -> Map<String, Value> {
    let mut content = value.as_object().cloned().unwrap_or_default();
    content.remove("metadata");
    if kind.status {
        content.remove("status");
    }
    content
}
