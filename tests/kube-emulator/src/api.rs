//! The HTTP side of the Kubernetes API: one request in, one answer out.
//!
//! The path says what is asked ([`path`]); faults come first, as a proxy or an admission step
//! would; then the store answers or changes.

pub(crate) mod body;
pub(crate) mod form;
pub(crate) mod path;
pub(crate) mod protobuf;
pub(crate) mod query;
pub(crate) mod read;
pub(crate) mod review;
pub(crate) mod watch;
pub(crate) mod write;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use serde_json::Value;

use crate::api::path::{Resource, Target};
use crate::api::query::Query;
use crate::faults::Call;
use crate::kinds::Kind;
use crate::requests::RequestRecord;
use crate::server::Server;
use crate::status::Status;
use crate::{discovery, openapi};

/// A request for a kind that is served.
pub(crate) struct ApiRequest<'a> {
    pub(crate) verb: &'a str,
    pub(crate) kind: Arc<Kind>,
    /// Empty at the cluster scope.
    pub(crate) namespace: &'a str,
    /// Empty for requests about many objects.
    pub(crate) name: &'a str,
    /// Empty for the main resource.
    pub(crate) subresource: &'a str,
    pub(crate) query: Query,
    pub(crate) parts: &'a Parts,
}

/// Answers any path that is not the emulator's own.
pub(crate) async fn answer(State(server): State<Arc<Server>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let target = Target::parse(parts.uri.path());
    if !target.is_public() && !authorized(&server, &parts) {
        return refusal(&Status::unauthorized());
    }
    match target {
        Target::Resource(resource) => match resource_answer(&server, &parts, &resource, body).await
        {
            Ok(response) => response,
            Err(status) => refusal(&status),
        },
        Target::Unknown => no_such_path(),
        fixed => fixed_answer(&server, &parts, &fixed),
    }
}

fn fixed_answer(server: &Server, parts: &Parts, target: &Target) -> Response {
    if parts.method != Method::GET {
        return refusal(&Status::method_not_allowed());
    }
    let store = server.read();
    let kinds = &store.kinds;
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("");
    let found = match target {
        Target::Health => return text(StatusCode::OK, "ok"),
        Target::Version => Some(discovery::version()),
        Target::CoreVersions => Some(discovery::core_versions(host)),
        Target::Groups => Some(discovery::groups(kinds)),
        Target::Group(group) => discovery::group(kinds, group),
        Target::Resources { group, version } => discovery::resources(kinds, group, version),
        Target::OpenApi => Some(openapi::index(kinds)),
        Target::OpenApiOf { group, version } => openapi::document(kinds, group, version),
        Target::Resource(_) | Target::Unknown => None,
    };
    match (found, target) {
        (Some(body), _) => json(StatusCode::OK, &body),
        (None, Target::Resources { group, .. }) if group.is_empty() => {
            refusal(&Status::no_such_resource())
        }
        (None, _) => no_such_path(),
    }
}

async fn resource_answer(
    server: &Arc<Server>,
    parts: &Parts,
    resource: &Resource,
    body: Body,
) -> Result<Response, Status> {
    let query = Query::of(parts)?;
    let verb = resource.verb(&parts.method, &query)?;
    let call = Call {
        verb,
        group: &resource.group,
        plural: &resource.plural,
        subresource: &resource.subresource,
        namespace: &resource.namespace,
    };
    let response = asked_answer(server, parts, resource, (call, query), body).await;
    let code = match &response {
        Ok(response) => response.status().as_u16(),
        Err(status) => status.code,
    };
    server.requests().note(RequestRecord {
        verb: verb.to_owned(),
        resource: resource.qualified(),
        namespace: resource.namespace.clone(),
        name: resource.name.clone(),
        code,
    });
    response
}

async fn asked_answer<'a>(
    server: &Arc<Server>,
    parts: &'a Parts,
    resource: &'a Resource,
    (call, query): (Call<'a>, Query),
    body: Body,
) -> Result<Response, Status> {
    let injected = server.faults().fault_for(&call);
    if !injected.delay.is_zero() {
        tokio::time::sleep(injected.delay).await;
    }
    if let Some(failure) = injected.failure {
        return Err(failure);
    }
    if review::is_review(resource) {
        return review::answer(server, resource, body).await;
    }
    let Resource { group, version, plural, namespace, name, subresource } = resource;
    let kind = server.read().kinds.find(group, version, plural).cloned();
    let Some(kind) = kind else {
        // A group that is served knows its resources; of others nobody knows anything.
        let kinds = &server.read().kinds;
        let is_served = group.is_empty() || discovery::resources(kinds, group, version).is_some();
        return if is_served { Err(Status::no_such_resource()) } else { Ok(no_such_path()) };
    };
    if kind.is_namespaced() == namespace.is_empty() && !(name.is_empty() && namespace.is_empty()) {
        return Err(Status::no_such_resource());
    }
    if injected.refused {
        let namespace = Some(namespace.as_str()).filter(|namespace| !namespace.is_empty());
        let user = &server.options.user;
        return Err(Status::forbidden(user, call.verb, &kind, namespace, name));
    }
    let has_subresource = subresource.is_empty() || subresource == "status" && kind.status;
    if !has_subresource {
        return Err(Status::no_such_resource());
    }
    let api_request =
        ApiRequest { verb: call.verb, kind, namespace, name, subresource, query, parts };
    match api_request.verb {
        "get" => read::get(server, &api_request),
        "list" => read::list(server, &api_request),
        "watch" => watch::watch(server, &api_request),
        _ => write::write(server, &api_request, body).await,
    }
}

fn authorized(server: &Server, parts: &Parts) -> bool {
    let Some(token) = &server.options.token else { return true };
    let given = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    given.and_then(|given| given.strip_prefix("Bearer ")).is_some_and(|given| given == token)
}

/// Answers with JSON.
pub(crate) fn json(code: StatusCode, body: &Value) -> Response {
    raw_json(code, Body::from(body.to_string()))
}

/// Answers with JSON that is text already.
pub(crate) fn raw_json(code: StatusCode, body: Body) -> Response {
    typed(code, "application/json", body)
}

/// Answers with the JSON of one object.
pub(crate) fn object_json(code: StatusCode, body: Bytes) -> Response {
    raw_json(code, Body::from(body))
}

/// Answers with a `Status`.
pub(crate) fn refusal(status: &Status) -> Response {
    let code = StatusCode::from_u16(status.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json(code, &status.to_json());
    if let Some(seconds) = status.retry_after_seconds() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn no_such_path() -> Response {
    text(StatusCode::NOT_FOUND, "404 page not found\n")
}

fn text(code: StatusCode, body: &'static str) -> Response {
    typed(code, "text/plain; charset=utf-8", Body::from(body))
}

fn typed(code: StatusCode, media_type: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = code;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}
