//! `/v1/records`: every name with what is published, what is wanted, and why the two differ.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use controller_sources::objects::KindState;
use tokio::time::Instant;

use super::json::VisibleJson;
use super::{Admin, aside, problem};
use crate::records::{AskedAbout, LookedAt, RecordQuery, RecordsAnswer};

pub(super) async fn records(
    State(admin): State<Admin>,
    query: Result<Query<RecordQuery>, QueryRejection>,
) -> Response {
    match query {
        Ok(Query(query)) => aside(move || answer(&admin, &query)).await,
        Err(error) => problem(
            StatusCode::BAD_REQUEST,
            &format!(
                "{}; the parameters are `problems`, `name`, `object`, `namespace`, `zone`, \
                 `reason`, `q`, `limit` and `offset`",
                error.body_text()
            ),
        ),
    }
}

fn answer(admin: &Admin, query: &RecordQuery) -> Response {
    let freshness = admin.freshness(Instant::now());
    let answer = admin.status.look(|sources| {
        RecordsAnswer::new(query, sources, freshness, || looked_at(admin, &query.object))
    });
    match answer {
        Ok(answer) => {
            let desired_state = admin.desired_state();
            let answer = answer.with_wanted(|objects| desired_state.wanted(objects));
            VisibleJson(answer).into_response()
        }
        Err(error) => problem(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

/// Returns what the sources read, and which of the objects that are asked for are there.
fn looked_at(admin: &Admin, object: &str) -> LookedAt {
    let desired_state = admin.desired_state();
    let kinds = desired_state.watches(Instant::now()).into_iter().map(|watched| {
        let place = match watched.namespace.as_str() {
            "" => String::new(),
            namespace => format!(" in namespace {namespace}"),
        };
        let state = match watched.state {
            KindState::Synced => format!("{} known", watched.objects),
            KindState::Pending => "not read yet".to_owned(),
            KindState::Failed(failure) => failure.to_string(),
        };
        format!("{}{place}: {state}", watched.kind)
    });
    let mut objects = Vec::new();
    if !object.is_empty() {
        let asked = AskedAbout::parse(object);
        objects = desired_state.known_objects(|label| asked.is_object(label));
    }
    LookedAt { kinds: kinds.collect(), objects, ..LookedAt::default() }
}
