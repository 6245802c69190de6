//! The emulator's own routes, under `/_emulator/`: trouble on demand, and what has been asked.
//!
//! | Route | What it does |
//! |---|---|
//! | `GET /_emulator/faults` | the faults in force |
//! | `POST /_emulator/faults` | adds one: `{"fault":"refuse","on":{"verb":"list","resource":"nodes"}}`; also `throttle` (`times`, `retryAfterSeconds`), `fail` (`times`, `code`), `slow` (`milliseconds`) |
//! | `DELETE /_emulator/faults` | ends them all |
//! | `POST /_emulator/drop/connections` | closes every connection but this one |
//! | `POST /_emulator/drop/watches` | breaks off every watch |
//! | `POST /_emulator/compact` | forgets changes, so old versions answer 410 |
//! | `GET /_emulator/requests` | counts and the last 10,000 requests |
//! | `DELETE /_emulator/requests` | forgets them |
//! | `POST /_emulator/manifests` | applies YAML or JSON, statuses too |
//!
//! They need no token: everything that can reach a test's socket may.

use std::error::Error;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Extension, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;

use crate::faults::Fault;
use crate::requests::Requests;
use crate::server::{ConnectionId, Server};
use crate::{api, manifests};

/// Returns the routes of the emulator and, for every other path, of the API.
pub(crate) fn router(server: &Arc<Server>) -> Router {
    Router::new()
        .route("/_emulator/faults", get(faults).post(inject).delete(clear_faults))
        .route("/_emulator/drop/connections", post(drop_connections))
        .route("/_emulator/drop/watches", post(drop_watches))
        .route("/_emulator/compact", post(compact))
        .route("/_emulator/requests", get(requests).delete(clear_requests))
        // A scene may be as large as it likes.
        .route("/_emulator/manifests", post(apply).layer(DefaultBodyLimit::disable()))
        .fallback(api::answer)
        .with_state(Arc::clone(server))
}

async fn faults(State(server): State<Arc<Server>>) -> Response {
    Json(server.faults().in_force()).into_response()
}

async fn inject(State(server): State<Arc<Server>>, Json(fault): Json<Fault>) -> StatusCode {
    server.faults().inject(fault);
    StatusCode::NO_CONTENT
}

async fn clear_faults(State(server): State<Arc<Server>>) -> StatusCode {
    server.faults().clear();
    StatusCode::NO_CONTENT
}

async fn drop_connections(
    State(server): State<Arc<Server>>,
    Extension(own): Extension<ConnectionId>,
) -> StatusCode {
    server.cut_connections(Some(own));
    StatusCode::NO_CONTENT
}

async fn drop_watches(State(server): State<Arc<Server>>) -> StatusCode {
    server.cut_watches();
    StatusCode::NO_CONTENT
}

async fn compact(State(server): State<Arc<Server>>) -> Response {
    let version = server.write().compact();
    Json(json!({ "resourceVersion": version.to_string() })).into_response()
}

async fn requests(State(server): State<Arc<Server>>) -> Response {
    Json(&*server.requests()).into_response()
}

async fn clear_requests(State(server): State<Arc<Server>>) -> StatusCode {
    *server.requests() = Requests::default();
    StatusCode::NO_CONTENT
}

async fn apply(State(server): State<Arc<Server>>, text: String) -> Response {
    match manifests::apply_all(&mut server.write(), [text.as_str()]) {
        Ok(count) => Json(json!({ "applied": count })).into_response(),
        Err(error) => {
            let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
            let body = json!({ "error": format!("{error}{cause}") });
            (StatusCode::BAD_REQUEST, Json(body)).into_response()
        }
    }
}
