//! Answers access reviews from the refusals in force.

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use crate::api::path::Resource;
use crate::api::{body, json as json_answer};
use crate::faults::Call;
use crate::json::text;
use crate::server::Server;
use crate::status::Status;

/// The group of access reviews.
pub(crate) const GROUP: &str = "authorization.k8s.io";
/// The one review that is served.
pub(crate) const PLURAL: &str = "selfsubjectaccessreviews";

/// Tells whether the request is for a review.
pub(crate) fn is_review(resource: &Resource) -> bool {
    resource.group == GROUP && resource.plural == PLURAL
}

/// Returns the review with its answer; nothing is stored.
pub(crate) async fn answer(
    server: &Server,
    resource: &Resource,
    body: Body,
) -> Result<Response, Status> {
    if !resource.name.is_empty() {
        return Err(Status::method_not_allowed());
    }
    let mut review = body::from_any(&body::bytes(body).await?)?;
    let none = Value::Null;
    let attributes = review.pointer("/spec/resourceAttributes").unwrap_or(&none);
    let call = Call {
        verb: text(attributes, "/verb"),
        group: text(attributes, "/group"),
        plural: text(attributes, "/resource"),
        subresource: text(attributes, "/subresource"),
        namespace: text(attributes, "/namespace"),
    };
    let allowed = !server.faults().refuses(&call);
    let Some(fields) = review.as_object_mut() else {
        return Err(Status::bad_request("the review is no JSON object"));
    };
    fields.insert("apiVersion".to_owned(), format!("{GROUP}/v1").into());
    fields.insert("kind".to_owned(), "SelfSubjectAccessReview".into());
    fields.insert("status".to_owned(), json!({ "allowed": allowed }));
    Ok(json_answer(StatusCode::CREATED, &review))
}
