//! What the server does because of a write: register kinds, book addresses, empty namespaces.

use std::sync::Arc;

use serde_json::Value;

use crate::json::{object, text};
use crate::kinds::builtin::APIEXTENSIONS;
use crate::kinds::{Kind, TableKey, crd};
use crate::status::Status;
use crate::store::Store;
use crate::store::object::{Key, Object};
use crate::write::Request;
use crate::write::delete::{Deleted, has_finalizers, remove, wait};

/// Brings what the server keeps beside the objects in line with one write.
///
/// `before` is absent for a create, `after` for a removal.
pub(crate) fn adjust(
    store: &mut Store,
    kind: &Kind,
    before: Option<&Value>,
    after: Option<&Value>,
) {
    if kind.is("", "services") {
        if let Some(before) = before {
            store.allocations.release(before);
        }
        if let Some(after) = after {
            store.allocations.ownership_record(after);
        }
    }
    if kind.is(APIEXTENSIONS, "customresourcedefinitions")
        && let Some(definition) = after.or(before)
    {
        let (group, plural) =
            (text(definition, "/spec/group"), text(definition, "/spec/names/plural"));
        let kinds = after.map(crd::kinds).unwrap_or_default();
        store.kinds.replace(group, plural, kinds);
    }
}

/// Removes every object of a kind whose definition is gone, finalizers or not.
pub(crate) fn delete_custom_objects(store: &mut Store, definition: &Value) -> Result<(), Status> {
    let table = TableKey {
        group: text(definition, "/spec/group").to_owned(),
        plural: text(definition, "/spec/names/plural").to_owned(),
    };
    let served = crd::kinds(definition);
    let Some(kind) = served.into_iter().next().map(Arc::new) else { return Ok(()) };
    let objects: Vec<Arc<Object>> = store.objects(&table, "").cloned().collect();
    for held in objects {
        store.remove(&kind, &held.key(), held.read_as(&kind)?)?;
    }
    Ok(())
}

/// Deletes a namespace with all it holds; it stays, terminating, while something in it waits.
pub(crate) fn delete_namespace(
    store: &mut Store,
    request: &Request<'_>,
    mut current: Value,
) -> Result<Deleted, Status> {
    if let Some(fields) = current.as_object_mut() {
        object(fields, "status").insert("phase".to_owned(), "Terminating".into());
    }
    let waiting = wait(store, request, current)?;
    let namespace = request.name;
    for held in contents(store, namespace) {
        let kind = held.kind();
        let value = held.read()?;
        if has_finalizers(&value) {
            let request = Request { kind: &kind, namespace, name: &held.name, ..request.clone() };
            wait(store, &request, value)?;
        } else {
            remove(store, &kind, &held, value)?;
        }
    }
    after_removal(store, namespace)?;
    match (store.object(request.kind, "", namespace), waiting) {
        (None, Deleted::Waiting(value)) => Ok(Deleted::Gone(value)),
        (_, waiting) => Ok(waiting),
    }
}

/// Removes a namespace that was only waiting for its last object.
pub(crate) fn after_removal(store: &mut Store, namespace: &str) -> Result<(), Status> {
    if namespace.is_empty() {
        return Ok(());
    }
    let Some(kind) = store.kinds.find("", "v1", "namespaces").map(Arc::clone) else {
        return Ok(());
    };
    let Some(held) = store.object(&kind, "", namespace) else { return Ok(()) };
    let value = held.read()?;
    let terminating = value.pointer("/metadata/deletionTimestamp").is_some();
    if terminating && !has_finalizers(&value) && contents(store, namespace).is_empty() {
        store.remove(&kind, &Key::new("", namespace), value)?;
    }
    Ok(())
}

fn contents(store: &Store, namespace: &str) -> Vec<Arc<Object>> {
    store.tables().flat_map(|table| store.objects(table, namespace)).cloned().collect()
}
