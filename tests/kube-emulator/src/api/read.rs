//! Answers `get` and `list`.

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use bytes::{BufMut, Bytes, BytesMut};
use futures::stream;
use serde_json::{Value, json};

use crate::api::form::{Form, Rows};
use crate::api::query::Query;
use crate::api::{ApiRequest, object_json, raw_json};
use crate::clock;
use crate::json::put;
use crate::kinds::Kind;
use crate::selectors::Selector;
use crate::server::Server;
use crate::status::{Cause, Status};
use crate::store::page::{Page, PageQuery};
use crate::table;

/// How much of a long list is written at once, in bytes.
const CHUNK_BYTES: usize = 256 * 1024;

pub(crate) fn get(server: &Server, api_request: &ApiRequest<'_>) -> Result<Response, Status> {
    let ApiRequest { kind, namespace, name, query, parts, .. } = api_request;
    let form = Form::of(&parts.headers, &query.include_object)?;
    let object = server.read().object(kind, namespace, name).cloned();
    let object = object.ok_or_else(|| Status::not_found(kind, name))?;
    Ok(object_json(StatusCode::OK, form.show(kind, &object, clock::now())?))
}

pub(crate) fn list(server: &Server, api_request: &ApiRequest<'_>) -> Result<Response, Status> {
    let ApiRequest { kind, namespace, query, parts, .. } = api_request;
    let form = Form::of(&parts.headers, &query.include_object)?;
    let selector = Selector::parse(kind, &query.label_selector, &query.field_selector)?;
    let version = query.version()?.filter(|version| *version != 0);
    check(query)?;
    let exact = version.filter(|_| query.resource_version_match == "Exact");
    let page = {
        let store = server.read();
        // Any version up to now is old enough to be answered with the newest.
        store.check_reached(version.unwrap_or(0))?;
        store.page(
            &kind.table,
            &PageQuery {
                namespace,
                selector: &selector,
                limit: query.limit,
                token: &query.r#continue,
                exact,
            },
        )?
    };
    body(kind, form, page).map(|body| raw_json(StatusCode::OK, body))
}

/// A match says how to read a version, and the first page decides it for all.
fn check(query: &Query) -> Result<(), Status> {
    let detail = match query.resource_version_match.as_str() {
        "" => return Ok(()),
        _ if !query.r#continue.is_empty() => {
            "resourceVersionMatch is forbidden when continue is provided"
        }
        _ if query.resource_version.is_empty() => {
            "resourceVersionMatch is forbidden unless resourceVersion is provided"
        }
        "Exact" if query.resource_version == "0" => {
            "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\""
        }
        "Exact" | "NotOlderThan" => return Ok(()),
        other => {
            let supported = ["Exact", "NotOlderThan", ""];
            let cause = Cause::unsupported("resourceVersionMatch", &other.into(), &supported);
            return Err(Status::invalid_options("ListOptions", &[cause]));
        }
    };
    let cause = Cause::forbidden("resourceVersionMatch", detail);
    Err(Status::invalid_options("ListOptions", &[cause]))
}

/// Writes the list piece by piece: a list of 50,000 objects never lies in memory as one text.
fn body(kind: &Kind, form: Form, page: Page) -> Result<Body, Status> {
    let Page { objects, version, token, remaining } = page;
    let now = clock::now();
    let mut metadata = json!({ "resourceVersion": version.to_string() });
    if !token.is_empty() {
        put(&mut metadata, "continue", token);
    }
    if let Some(remaining) = remaining {
        put(&mut metadata, "remainingItemCount", remaining);
    }
    let head = head(kind, form, &metadata)?;
    let kind = kind.clone();
    let chunks = stream::unfold(Some((head, objects.into_iter().peekable())), move |state| {
        let next = state.map(|(mut chunk, mut objects)| {
            while chunk.len() < CHUNK_BYTES
                && let Some(object) = objects.next()
            {
                match form.show_item(&kind, &object, now) {
                    Ok(text) => chunk.put_slice(&text),
                    Err(status) => return (Err(status), None),
                }
                if objects.peek().is_some() {
                    chunk.put_u8(b',');
                }
            }
            if objects.peek().is_some() {
                return (Ok(chunk.freeze()), Some((BytesMut::new(), objects)));
            }
            chunk.put_slice(b"]}\n");
            (Ok(chunk.freeze()), None)
        });
        async move { next }
    });
    Ok(Body::from_stream::<_>(chunks))
}

/// Returns the text of a list up to its first item.
fn head(kind: &Kind, form: Form, metadata: &Value) -> Result<BytesMut, Status> {
    let (api_version, list_kind) = match form {
        Form::Whole => (kind.api_version(), kind.list_kind.clone()),
        Form::Metadata => ("meta.k8s.io/v1".to_owned(), "PartialObjectMetadataList".to_owned()),
        Form::Table(_) => ("meta.k8s.io/v1".to_owned(), "Table".to_owned()),
    };
    let mut text = serde_json::to_string(&json!({
        "apiVersion": api_version,
        "kind": list_kind,
        "metadata": metadata,
    }))
    .map_err(Status::internal)?;
    text.pop();
    match form {
        Form::Whole | Form::Metadata => text.push_str(",\"items\":["),
        Form::Table(Rows::Metadata | Rows::Object | Rows::Nothing) => {
            let columns = serde_json::to_string(&table::columns(kind)).map_err(Status::internal)?;
            text.push_str(",\"columnDefinitions\":");
            text.push_str(&columns);
            text.push_str(",\"rows\":[");
        }
    }
    Ok(BytesMut::from(Bytes::from(text)))
}
