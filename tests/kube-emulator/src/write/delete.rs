//! Deletes objects: at once, or when their finalizers are gone.
//!
//! Grace periods and propagation policies are accepted and have no effect: there is no kubelet
//! and no garbage collector to wait for.

use std::sync::Arc;

use serde_json::Value;

use crate::json::text;
use crate::kinds::Kind;
use crate::status::Status;
use crate::store::Store;
use crate::store::object::Object;
use crate::write::admit::metadata;
use crate::write::identity::time;
use crate::write::{Persist, Request, effects};

/// What must hold for the object to be deleted; empty texts hold always.
#[derive(Debug, Clone, Default)]
pub(crate) struct Preconditions {
    pub(crate) uid: String,
    pub(crate) resource_version: String,
}

/// What became of the object.
#[derive(Debug)]
pub(crate) enum Deleted {
    /// It is gone; this was its last state.
    Gone(Value),
    /// It waits for its finalizers.
    Waiting(Value),
}

/// Deletes the object that the request names.
pub(crate) fn delete(
    store: &mut Store,
    request: &Request<'_>,
    preconditions: &Preconditions,
) -> Result<Deleted, Status> {
    let Request { kind, namespace, name, .. } = *request;
    let object = Arc::clone(
        store.object(kind, namespace, name).ok_or_else(|| Status::not_found(kind, name))?,
    );
    let current = object.read_as(kind)?;
    check(kind, name, &current, preconditions)?;
    if request.persist == Persist::DryRun {
        return Ok(if has_finalizers(&current) {
            Deleted::Waiting(current)
        } else {
            Deleted::Gone(current)
        });
    }
    if kind.is("", "namespaces") && !has_finalizers(&current) {
        return effects::delete_namespace(store, request, current);
    }
    if has_finalizers(&current) {
        return wait(store, request, current);
    }
    let last = if kind.is("", "pods") { at_once(request, current) } else { current };
    remove(store, kind, &object, last).map(Deleted::Gone)
}

/// A pod's last state says that it was given no time.
fn at_once(request: &Request<'_>, mut pod: Value) -> Value {
    let metadata = metadata(&mut pod);
    metadata.insert("deletionTimestamp".to_owned(), time(request.now).into());
    metadata.insert("deletionGracePeriodSeconds".to_owned(), 0.into());
    pod
}

/// Deletes every object of `objects`.
pub(crate) fn delete_collection(
    store: &mut Store,
    request: &Request<'_>,
    objects: &[Arc<Object>],
) -> Result<Vec<Value>, Status> {
    let mut deleted = Vec::new();
    for object in objects {
        let one = Request { namespace: &object.namespace, name: &object.name, ..request.clone() };
        match delete(store, &one, &Preconditions::default())? {
            Deleted::Gone(value) | Deleted::Waiting(value) => deleted.push(value),
        }
    }
    Ok(deleted)
}

/// Marks an object as being deleted; a second delete changes nothing.
pub(crate) fn wait(
    store: &mut Store,
    request: &Request<'_>,
    mut current: Value,
) -> Result<Deleted, Status> {
    if current.pointer("/metadata/deletionTimestamp").is_some() {
        return Ok(Deleted::Waiting(current));
    }
    let metadata = metadata(&mut current);
    metadata.insert("deletionTimestamp".to_owned(), time(request.now).into());
    metadata.insert("deletionGracePeriodSeconds".to_owned(), 0.into());
    let stored = store.put(request.kind, current)?;
    stored.read_as(request.kind).map(Deleted::Waiting)
}

/// Removes an object now and lets the server act on it.
pub(crate) fn remove(
    store: &mut Store,
    kind: &Arc<Kind>,
    object: &Object,
    current: Value,
) -> Result<Value, Status> {
    effects::adjust(store, kind, Some(&current), None);
    let last = store.remove(kind, &object.key(), current)?;
    if kind.is(crate::kinds::builtin::APIEXTENSIONS, "customresourcedefinitions") {
        effects::delete_custom_objects(store, &last.read()?)?;
    }
    effects::after_removal(store, &object.namespace)?;
    last.read_as(kind)
}

/// Tells whether something must still happen before the object can go.
pub(crate) fn has_finalizers(value: &Value) -> bool {
    crate::json::items(value, "/metadata/finalizers").next().is_some()
}

fn check(
    kind: &Kind,
    name: &str,
    current: &Value,
    preconditions: &Preconditions,
) -> Result<(), Status> {
    let Preconditions { uid, resource_version } = preconditions;
    let held = text(current, "/metadata/uid");
    if !uid.is_empty() && uid != held {
        return Err(Status::precondition(kind, name, ("UID", uid, held)));
    }
    let held = text(current, "/metadata/resourceVersion");
    if !resource_version.is_empty() && resource_version != held {
        return Err(Status::precondition(kind, name, ("ResourceVersion", resource_version, held)));
    }
    Ok(())
}
