//! Patches an object: works out what is wanted, then updates or creates it.

use serde_json::{Value, json};

use crate::json::text;
use crate::patch::apply::{Apply, apply};
use crate::patch::json::Operation;
use crate::patch::{PatchForm, json, merge, strategic};
use crate::status::Status;
use crate::store::Store;
use crate::store::object::Key;
use crate::write::create::create;
use crate::write::update::update;
use crate::write::{Part, Persist, Request, Written};

/// Who applies, and whether over the objections of others; only server-side apply reads it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manager<'a> {
    /// Empty if the request does not say.
    pub(crate) name: &'a str,
    pub(crate) force: bool,
}

/// Patches the object that the request names with `body`, read in the given form.
pub(crate) fn patch(
    store: &mut Store,
    request: &Request<'_>,
    form: PatchForm,
    manager: Manager<'_>,
    body: Value,
) -> Result<Written, Status> {
    let Request { kind, namespace, name, .. } = *request;
    if form == PatchForm::Apply {
        return server_side_apply(store, request, manager, &body);
    }
    let current = store
        .object(kind, namespace, name)
        .ok_or_else(|| Status::not_found(kind, name))?
        .read_as(kind)?;
    let mut wanted = current;
    match form {
        PatchForm::Json => {
            let operations: Vec<Operation> = serde_json::from_value(body)
                .map_err(|error| Status::bad_request(format!("error decoding patch: {error}")))?;
            json::patch(&mut wanted, operations).map_err(|error| {
                let text = format!(
                    "the server rejected our request due to an error in our request: {error}"
                );
                Status::unprocessable(kind, name, text)
            })?;
        }
        PatchForm::Merge | PatchForm::Strategic if !body.is_object() => {
            return Err(Status::bad_request("error decoding patch: it is no JSON object"));
        }
        PatchForm::Merge => merge::merge(&mut wanted, &body),
        PatchForm::Strategic => strategic::strategic(kind, &mut wanted, &body),
        PatchForm::Apply => {}
    }
    update(store, request, wanted)
}

fn server_side_apply(
    store: &mut Store,
    request: &Request<'_>,
    manager: Manager<'_>,
    body: &Value,
) -> Result<Written, Status> {
    let Request { kind, namespace, name, part, .. } = *request;
    let Manager { name: manager, force } = manager;
    if manager.is_empty() {
        return Err(Status::unprocessable(
            kind,
            name,
            "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required \
             for apply patch",
        ));
    }
    if !body.is_object() {
        return Err(Status::bad_request("error decoding YAML: it is no object"));
    }
    let (said_version, said_kind) = (text(body, "/apiVersion"), text(body, "/kind"));
    if said_version.is_empty() || said_kind.is_empty() {
        return Err(Status::bad_request(format!(
            "invalid object type: {said_version}, Kind={said_kind}"
        )));
    }
    if body.pointer("/metadata/managedFields").is_some_and(|fields| *fields != json!(null)) {
        return Err(Status::bad_request("metadata.managedFields must be nil"));
    }
    // One manager owns what it applied to each half apart.
    let owner = match part {
        Part::Main | Part::Whole => manager.to_owned(),
        Part::Status => format!("{manager}/status"),
    };
    let key = (kind.table.clone(), Key::new(namespace, name));
    let mut applied = store.applied.get(&key).cloned().unwrap_or_default();
    let current = match store.object(kind, namespace, name) {
        Some(object) => Some(object.read_as(kind)?),
        None if part == Part::Status => return Err(Status::not_found(kind, name)),
        None => None,
    };
    let exists = current.is_some();
    let mut wanted = current.unwrap_or_else(|| json!({}));
    let said = text(body, "/metadata/resourceVersion");
    if exists && !said.is_empty() && said != text(&wanted, "/metadata/resourceVersion") {
        return Err(Status::stale(kind, name));
    }
    let wish = Apply { manager: &owner, wanted: body, force };
    apply(kind, &mut wanted, &mut applied, &wish)
        .map_err(|conflicts| Status::apply_conflict(&conflicts))?;
    let written =
        if exists { update(store, request, wanted)? } else { create(store, request, wanted)? };
    if request.persist == Persist::Store {
        store.applied.insert(key, applied);
    }
    Ok(written)
}
