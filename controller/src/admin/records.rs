//! `/v1/records`: every name with what is published, what is wanted, and why the two differ.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use controller_sources::objects::KindState;
use external_dns_webhook::Printable;
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
                why_invalid(&error)
            ),
        ),
    }
}

/// Says what is wrong with a query, without the words of what reads it.
fn why_invalid(error: &QueryRejection) -> String {
    let text = error.body_text();
    let text = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
    let quoted = |text: &str| format!("`{}`", Printable(text));
    if let Some((parameter, _)) = text.split_once(": invalid digit") {
        return format!("{} takes a whole number", quoted(parameter));
    }
    if let Some((parameter, _)) = text.split_once(": cannot parse integer") {
        return format!("{} takes a whole number", quoted(parameter));
    }
    if let Some((parameter, _)) = text.split_once(": number too large") {
        return format!("{} is too large a number", quoted(parameter));
    }
    let between = |start: &str| {
        let (_, after) = text.split_once(start)?;
        after.split_once('`').map(|(name, _)| name)
    };
    if let Some(name) = between("unknown field `") {
        return format!("there is no parameter {}", quoted(name));
    }
    if let Some(name) = between("duplicate field `") {
        return format!("{} is given twice", quoted(name));
    }
    format!("the query cannot be read: {}", Printable(text))
}

fn answer(admin: &Admin, query: &RecordQuery) -> Response {
    let freshness = admin.freshness(Instant::now());
    // Outside of the look, which holds others up: it goes over all objects.
    let looked_at = looked_at(admin, query);
    let answer =
        admin.status.look(|sources| RecordsAnswer::new(query, sources, freshness, || looked_at));
    match answer {
        Ok(answer) => {
            let desired_state = admin.desired_state();
            let answer = answer.with_wanted(|objects| desired_state.wanted(objects));
            let answer = answer.with_unwanted(|objects| desired_state.unwanted(objects));
            VisibleJson(answer).into_response()
        }
        Err(error) => problem(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

/// Returns what the sources read, and which of the objects that are asked for are there.
fn looked_at(admin: &Admin, query: &RecordQuery) -> LookedAt {
    let RecordQuery { name, object, .. } = query;
    if name.is_empty() && object.is_empty() {
        return LookedAt::default();
    }
    let desired_state = admin.desired_state();
    let kinds = desired_state.watches(Instant::now()).into_iter().map(|watched| {
        let place = match watched.namespace.as_str() {
            "" => String::new(),
            namespace => format!(" in namespace {namespace}"),
        };
        let state = match watched.state {
            KindState::Synced => format!("{} known", watched.objects),
            KindState::Pending => "not read yet".to_owned(),
            KindState::Failed(failure) if watched.is_optional => failure.to_string(),
            // Why is told with what is not well.
            KindState::Failed(_) => "not read".to_owned(),
        };
        format!("{}{place}: {state}", watched.kind)
    });
    let looked_at = LookedAt { kinds: kinds.collect(), ..LookedAt::default() };
    let looked_at = looked_at.of_shard(&admin.status.served(), name);
    if object.is_empty() {
        return looked_at.with_left_out(desired_state.left_out(&name.as_str().into()));
    }
    let asked = AskedAbout::parse(object);
    let objects = desired_state.known_objects(|label| asked.is_object(label));
    LookedAt { objects, ..looked_at }.with_left_out(desired_state.left_out_of(&asked))
}

#[cfg(test)]
mod tests {
    use axum::http::Uri;

    use super::*;

    #[test]
    fn a_query_that_cannot_be_meant_is_told_without_the_words_of_what_reads_it() {
        for (query, told) in [
            ("limit=abc", "`limit` takes a whole number"),
            ("offset=-1", "`offset` takes a whole number"),
            ("limit=", "`limit` takes a whole number"),
            ("limit=99999999999999999999999", "`limit` is too large a number"),
            ("nmae=x", "there is no parameter `nmae`"),
            ("name=a&name=b", "`name` is given twice"),
        ] {
            let uri: Uri = format!("http://localhost/v1/records?{query}").parse().unwrap();
            let error = Query::<RecordQuery>::try_from_uri(&uri).unwrap_err();
            assert_eq!(why_invalid(&error), told, "{query}");
        }
    }
}
