//! Answers `create`, `update`, `patch`, `delete` and `deletecollection`.

use std::sync::Arc;

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::{ApiRequest, body, json as json_answer, object_json};
use crate::clock;
use crate::json::{put, text};
use crate::patch;
use crate::selectors::Selector;
use crate::server::Server;
use crate::status::Status;
use crate::store::object::Object;
use crate::write::create::create;
use crate::write::delete::{Deleted, Preconditions, delete, delete_collection};
use crate::write::patch::{Manager, patch};
use crate::write::update::update;
use crate::write::{Part, Persist, Request, UnknownFields, Written};

/// What the body of a delete may say.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct DeleteOptions {
    preconditions: Option<OptionalPreconditions>,
    dry_run: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct OptionalPreconditions {
    uid: Option<String>,
    resource_version: Option<String>,
}

pub(crate) async fn write(
    server: &Server,
    api_request: &ApiRequest<'_>,
    body: Body,
) -> Result<Response, Status> {
    let ApiRequest { verb, kind, namespace, name, subresource, query, parts } = api_request;
    if kind.is_namespaced() && namespace.is_empty() && *verb == "create" {
        return Err(Status::method_not_allowed());
    }
    let persist = match query.dry_run.as_str() {
        "" => Persist::Store,
        "All" => Persist::DryRun,
        other => {
            return Err(Status::bad_request(format!(
                "invalid dryRun \"{other}\": supported values: \"All\""
            )));
        }
    };
    let request = Request {
        kind,
        namespace,
        name,
        part: if subresource.is_empty() { Part::Main } else { Part::Status },
        persist,
        unknown: match query.field_validation.as_str() {
            "Strict" => UnknownFields::Refuse,
            _ => UnknownFields::Drop,
        },
        now: clock::now(),
    };
    let headers = &parts.headers;
    let written = match *verb {
        "create" => {
            let value = body::object(headers, body).await?;
            create(&mut server.write(), &request, value)?
        }
        "update" => {
            let value = body::object(headers, body).await?;
            update(&mut server.write(), &request, value)?
        }
        "patch" => patched(server, api_request, &request, body).await?,
        _ => return deleted(server, api_request, request, body).await,
    };
    let Written { body, created } = written;
    let code = if created { StatusCode::CREATED } else { StatusCode::OK };
    Ok(object_json(code, body))
}

async fn patched(
    server: &Server,
    api_request: &ApiRequest<'_>,
    request: &Request<'_>,
    body: Body,
) -> Result<Written, Status> {
    let ApiRequest { kind, query, parts, .. } = api_request;
    let accepted = if kind.is_custom() { patch::CUSTOM_MEDIA_TYPES } else { patch::MEDIA_TYPES };
    let form = patch::PatchForm::of_media_type(body::media_type(&parts.headers))
        .filter(|form| !(kind.is_custom() && *form == patch::PatchForm::Strategic))
        .ok_or_else(|| Status::unsupported_media_type(accepted))?;
    let text = body::bytes(body).await?;
    let value = match form {
        patch::PatchForm::Apply => body::from_yaml(&text)?,
        _ => body::from_json(&text)?,
    };
    let manager = Manager { name: &query.field_manager, force: query.force };
    patch(&mut server.write(), request, form, manager, value)
}

async fn deleted(
    server: &Server,
    api_request: &ApiRequest<'_>,
    mut request: Request<'_>,
    body: Body,
) -> Result<Response, Status> {
    let ApiRequest { verb, kind, namespace, name, query, .. } = api_request;
    let body = body::bytes(body).await?;
    let options: DeleteOptions = if body.is_empty() {
        DeleteOptions::default()
    } else {
        serde_json::from_value(body::from_any(&body)?)
            .map_err(|error| Status::bad_request(format!("invalid DeleteOptions: {error}")))?
    };
    if options.dry_run.iter().any(|stage| stage == "All") {
        request.persist = Persist::DryRun;
    }
    if *verb == "deletecollection" {
        let selector = Selector::parse(kind, &query.label_selector, &query.field_selector)?;
        let mut store = server.write();
        let objects: Vec<Arc<Object>> = store
            .objects(&kind.table, namespace)
            .filter(|object| selector.matches(object))
            .cloned()
            .collect();
        let mut items = delete_collection(&mut store, &request, &objects)?;
        for fields in items.iter_mut().filter_map(Value::as_object_mut) {
            // As in any list, built-in items leave out what they are.
            if !kind.is_custom() {
                fields.remove("apiVersion");
                fields.remove("kind");
            }
        }
        let list = json!({
            "apiVersion": kind.api_version(),
            "kind": kind.list_kind,
            "metadata": { "resourceVersion": store.version().to_string() },
            "items": items,
        });
        return Ok(json_answer(StatusCode::OK, &list));
    }
    let preconditions = options.preconditions.map(Preconditions::from).unwrap_or_default();
    let answer = match delete(&mut server.write(), &request, &preconditions)? {
        Deleted::Waiting(value) => value,
        // These two answer with the object, as in the real server; the rest with a `Status`.
        Deleted::Gone(value) if kind.is("", "pods") || kind.is("", "services") => value,
        Deleted::Gone(value) => json!({
            "apiVersion": "v1",
            "kind": "Status",
            "metadata": {},
            "status": "Success",
            "details": details(api_request, name, &value),
        }),
    };
    Ok(json_answer(StatusCode::OK, &answer))
}

fn details(api_request: &ApiRequest<'_>, name: &str, value: &Value) -> Value {
    let kind = &api_request.kind;
    let mut details =
        json!({ "name": name, "kind": kind.plural, "uid": text(value, "/metadata/uid") });
    if !kind.group.is_empty() {
        put(&mut details, "group", kind.group.clone());
    }
    details
}

impl From<OptionalPreconditions> for Preconditions {
    fn from(options: OptionalPreconditions) -> Self {
        let OptionalPreconditions { uid, resource_version } = options;
        Self {
            uid: uid.unwrap_or_default(),
            resource_version: resource_version.unwrap_or_default(),
        }
    }
}
