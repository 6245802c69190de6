//! Syncs that a person asks for.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use tokio::time::Instant;

use super::approve::not_leading;
use super::json::VisibleJson;
use super::{Admin, Who, problem};

/// Has this replica make a full sync now, if it leads.
pub(super) async fn sync(State(admin): State<Admin>, Extension(who): Extension<Who>) -> Response {
    let by = who.to_string();
    if let Some(why) = not_leading(&admin.fence, "", Instant::now()) {
        tracing::warn!(by, error = why, "A sync that is asked for is refused");
        return problem(StatusCode::CONFLICT, &why);
    }
    tracing::info!(by, "A sync is asked for");
    admin.requests.demand_sync(&by);
    (StatusCode::ACCEPTED, VisibleJson(json!({ "demanded": true }))).into_response()
}
