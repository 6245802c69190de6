//! The API server's errors: a `Status` object with its HTTP code.
//!
//! Texts and reasons are those of the real server, since clients branch on the reason and people
//! search for the text ([API conventions]).
//!
//! [API conventions]: https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#response-status-kind

use std::fmt::Display;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::kinds::Kind;

/// A refusal by the API server.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Status {
    /// The HTTP status code.
    pub code: u16,
    /// The machine-readable reason, such as `NotFound`.
    pub reason: &'static str,
    /// The sentence for people.
    pub message: String,
    /// The `details` object; empty means none.
    details: Map<String, Value>,
}

/// One thing wrong with an object, as `details.causes` tells it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cause {
    reason: &'static str,
    field: String,
    message: String,
}

impl Cause {
    pub(crate) fn required(field: impl Into<String>, detail: &str) -> Self {
        let message = match detail {
            "" => "Required value".to_owned(),
            _ => format!("Required value: {detail}"),
        };
        Self { reason: "FieldValueRequired", field: field.into(), message }
    }

    pub(crate) fn invalid(field: impl Into<String>, value: &Value, detail: impl Display) -> Self {
        let message = format!("Invalid value: {value}: {detail}");
        Self { reason: "FieldValueInvalid", field: field.into(), message }
    }

    pub(crate) fn type_invalid(
        field: impl Into<String>,
        value: &Value,
        detail: impl Display,
    ) -> Self {
        let message = format!("Invalid value: {value}: {detail}");
        Self { reason: "FieldValueTypeInvalid", field: field.into(), message }
    }

    pub(crate) fn duplicate(field: impl Into<String>, value: &Value) -> Self {
        let message = format!("Duplicate value: {value}");
        Self { reason: "FieldValueDuplicate", field: field.into(), message }
    }

    pub(crate) fn too_long(field: impl Into<String>, most: impl Display) -> Self {
        let message = format!("Too long: may not be more than {most} bytes");
        Self { reason: "FieldValueTooLong", field: field.into(), message }
    }

    pub(crate) fn too_many(field: impl Into<String>, count: usize, most: impl Display) -> Self {
        let message = format!("Too many: {count}: must have at most {most} items");
        Self { reason: "FieldValueTooMany", field: field.into(), message }
    }

    pub(crate) fn forbidden(field: impl Into<String>, detail: &str) -> Self {
        let message = format!("Forbidden: {detail}");
        Self { reason: "FieldValueForbidden", field: field.into(), message }
    }

    pub(crate) fn unsupported<T: AsRef<str>>(
        field: impl Into<String>,
        value: &Value,
        supported: &[T],
    ) -> Self {
        let supported: Vec<String> =
            supported.iter().map(|supported| format!("\"{}\"", supported.as_ref())).collect();
        let message =
            format!("Unsupported value: {value}: supported values: {}", supported.join(", "));
        Self { reason: "FieldValueNotSupported", field: field.into(), message }
    }

    fn sentence(&self) -> String {
        let Self { reason: _, field, message } = self;
        format!("{field}: {message}")
    }

    fn json(&self) -> Value {
        let Self { reason, field, message } = self;
        json!({ "reason": reason, "message": message, "field": field })
    }
}

impl Status {
    fn new(code: StatusCode, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code: code.as_u16(), reason, message: message.into(), details: Map::new() }
    }

    fn about(mut self, kind: &Kind, name: &str) -> Self {
        self.details.insert("kind".to_owned(), kind.plural.clone().into());
        if !kind.group.is_empty() {
            self.details.insert("group".to_owned(), kind.group.clone().into());
        }
        if !name.is_empty() {
            self.details.insert("name".to_owned(), name.into());
        }
        self
    }

    fn after_seconds(mut self, seconds: u64) -> Self {
        self.details.insert("retryAfterSeconds".to_owned(), seconds.into());
        self
    }

    pub(crate) fn not_found(kind: &Kind, name: &str) -> Self {
        let message = format!("{} \"{name}\" not found", kind.qualified());
        Self::new(StatusCode::NOT_FOUND, "NotFound", message).about(kind, name)
    }

    pub(crate) fn no_such_resource() -> Self {
        let message = "the server could not find the requested resource";
        Self::new(StatusCode::NOT_FOUND, "NotFound", message)
    }

    pub(crate) fn already_exists(kind: &Kind, name: &str) -> Self {
        let message = format!("{} \"{name}\" already exists", kind.qualified());
        Self::new(StatusCode::CONFLICT, "AlreadyExists", message).about(kind, name)
    }

    pub(crate) fn conflict(kind: &Kind, name: &str, detail: impl Display) -> Self {
        let message =
            format!("Operation cannot be fulfilled on {} \"{name}\": {detail}", kind.qualified());
        Self::new(StatusCode::CONFLICT, "Conflict", message).about(kind, name)
    }

    /// The answer to a write that names an older resource version than the stored one.
    pub(crate) fn stale(kind: &Kind, name: &str) -> Self {
        Self::conflict(
            kind,
            name,
            "the object has been modified; please apply your changes to the latest version and \
             try again",
        )
    }

    /// The answer to a delete of something else than what is there.
    pub(crate) fn precondition(
        kind: &Kind,
        name: &str,
        (what, wanted, held): (&str, &str, &str),
    ) -> Self {
        let hint = match what {
            "UID" => "The object might have been deleted and then recreated",
            _ => "The object might have been modified",
        };
        let message = format!(
            "Operation cannot be fulfilled on {} \"{name}\": the {what} in the precondition \
             ({wanted}) does not match the {what} in record ({held}). {hint}",
            kind.kind
        );
        let mut status = Self::new(StatusCode::CONFLICT, "Conflict", message).about(kind, name);
        status.details.insert("kind".to_owned(), kind.kind.clone().into());
        status
    }

    /// The answer to a server-side apply that wants fields of another manager.
    pub(crate) fn apply_conflict(conflicts: &[(String, String)]) -> Self {
        let plural = if conflicts.len() == 1 { "conflict" } else { "conflicts" };
        let lines: Vec<String> = conflicts
            .iter()
            .map(|(manager, field)| format!("conflict with \"{manager}\": {field}"))
            .collect();
        let message =
            format!("Apply failed with {} {plural}: {}", conflicts.len(), lines.join("\n"));
        let causes: Vec<Value> = conflicts
            .iter()
            .map(|(manager, field)| {
                json!({
                    "reason": "FieldManagerConflict",
                    "message": format!("conflict with \"{manager}\""),
                    "field": field,
                })
            })
            .collect();
        let mut status = Self::new(StatusCode::CONFLICT, "Conflict", message);
        status.details.insert("causes".to_owned(), causes.into());
        status
    }

    pub(crate) fn invalid(kind: &Kind, name: &str, causes: &[Cause]) -> Self {
        // Both event kinds are judged as the core one.
        let group = if kind.kind == "Event" { "" } else { &kind.group };
        Self::invalid_of((group, &kind.kind), name, causes)
    }

    /// As [`Self::invalid`], from the store, which knows resources and no kinds.
    pub(crate) fn invalid_resource(kind: &Kind, name: &str, causes: &[Cause]) -> Self {
        Self::invalid_of((&kind.group, &kind.plural), name, causes)
    }

    /// The answer to parameters that do not go together.
    pub(crate) fn invalid_options(options: &str, causes: &[Cause]) -> Self {
        Self::invalid_of(("meta.k8s.io", options), "", causes)
    }

    fn invalid_of((group, kind): (&str, &str), name: &str, causes: &[Cause]) -> Self {
        let qualified = match group {
            "" => kind.to_owned(),
            group => format!("{kind}.{group}"),
        };
        let sentences: Vec<String> = causes.iter().map(Cause::sentence).collect();
        let text = match sentences.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        let message = format!("{qualified} \"{name}\" is invalid: {text}");
        let mut status = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message);
        for (key, value) in [("group", group), ("kind", kind), ("name", name)] {
            if !value.is_empty() {
                status.details.insert(key.to_owned(), value.into());
            }
        }
        let causes: Vec<Value> = causes.iter().map(Cause::json).collect();
        status.details.insert("causes".to_owned(), causes.into());
        status
    }

    /// A 422 for a patch that does not apply to the object.
    pub(crate) fn unprocessable(kind: &Kind, name: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message).about(kind, name)
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    /// The answer when a namespace is being deleted and something is created in it.
    pub(crate) fn namespace_terminating(kind: &Kind, name: &str, namespace: &str) -> Self {
        let message = format!(
            "{} \"{name}\" is forbidden: unable to create new content in namespace {namespace} \
             because it is being terminated",
            kind.qualified()
        );
        Self::new(StatusCode::FORBIDDEN, "Forbidden", message).about(kind, name)
    }

    /// RBAC's answer; `namespace` is `None` at the cluster scope.
    pub(crate) fn forbidden(
        user: &str,
        verb: &str,
        kind: &Kind,
        namespace: Option<&str>,
        name: &str,
    ) -> Self {
        let named = if name.is_empty() { String::new() } else { format!(" \"{name}\"") };
        let place = match namespace {
            Some(namespace) => format!("in the namespace \"{namespace}\""),
            None => "at the cluster scope".to_owned(),
        };
        let message = format!(
            "{}{named} is forbidden: User \"{user}\" cannot {verb} resource \"{}\" in API group \
             \"{}\" {place}",
            kind.qualified(),
            kind.plural,
            kind.group,
        );
        Self::new(StatusCode::FORBIDDEN, "Forbidden", message).about(kind, name)
    }

    pub(crate) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Unauthorized", "Unauthorized")
    }

    pub(crate) fn expired(message: impl Into<String>) -> Self {
        Self::new(StatusCode::GONE, "Expired", message)
    }

    /// The answer to a watch from a version whose history is gone.
    pub(crate) fn too_old(asked: u64, oldest: u64) -> Self {
        Self::expired(format!("too old resource version: {asked} ({oldest})"))
    }

    /// The answer to a version this server has not reached.
    pub(crate) fn too_large(asked: u64, current: u64) -> Self {
        let message = format!("Timeout: Too large resource version: {asked}, current: {current}");
        let mut status = Self::new(StatusCode::GATEWAY_TIMEOUT, "Timeout", message);
        status.details.insert(
            "causes".to_owned(),
            json!([{ "reason": "ResourceVersionTooLarge", "message": "Too large resource version" }]),
        );
        status.after_seconds(1)
    }

    pub(crate) fn too_many_requests(seconds: u64) -> Self {
        let message = "too many requests, please try again later";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", message).after_seconds(seconds)
    }

    pub(crate) fn internal(detail: impl Display) -> Self {
        let message = format!("Internal error occurred: {detail}");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", message)
    }

    /// An injected failure with any 5xx code.
    pub(crate) fn injected(code: StatusCode) -> Self {
        let reason = match code {
            StatusCode::SERVICE_UNAVAILABLE => "ServiceUnavailable",
            StatusCode::GATEWAY_TIMEOUT => "Timeout",
            _ => "InternalError",
        };
        Self::new(code, reason, "Internal error occurred: injected by the emulator")
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource",
        )
    }

    pub(crate) fn not_acceptable() -> Self {
        Self::new(
            StatusCode::NOT_ACCEPTABLE,
            "NotAcceptable",
            "only the following media types are accepted: application/json",
        )
    }

    pub(crate) fn unsupported_media_type(accepted: &str) -> Self {
        let message = format!(
            "the body of the request was in an unknown format - accepted media types include: \
             {accepted}"
        );
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message)
    }

    pub(crate) fn too_large_body(limit: usize) -> Self {
        let message = format!("Request entity too large: limit is {limit}");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", message)
    }

    /// How many seconds the client is told to wait, if it is told.
    pub(crate) fn retry_after_seconds(&self) -> Option<u64> {
        self.details.get("retryAfterSeconds")?.as_u64()
    }

    /// Returns the `Status` object as it goes over the wire.
    pub fn to_json(&self) -> Value {
        let Self { code, reason, message, details } = self;
        let mut body = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": message,
            "reason": reason,
            "code": code,
        });
        if !details.is_empty()
            && let Some(body) = body.as_object_mut()
        {
            body.insert("details".to_owned(), Value::Object(details.clone()));
        }
        body
    }
}
