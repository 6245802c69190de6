//! Reads the body of a request: JSON, YAML where the server takes it, a little protobuf.

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use bytes::Bytes;
use serde_json::Value;

use crate::api::protobuf;
use crate::status::Status;

/// The most bytes in one request ([limit]).
///
/// [limit]: https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apiserver/pkg/server/config.go
const MAX_BODY_BYTES: usize = 3 * 1024 * 1024;

/// Returns the media type of the body without parameters; empty if none is said.
pub(crate) fn media_type(headers: &HeaderMap) -> &str {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    value.split(';').next().unwrap_or("").trim()
}

/// Reads the whole body.
pub(crate) async fn bytes(body: Body) -> Result<Bytes, Status> {
    axum::body::to_bytes(body, MAX_BODY_BYTES)
        .await
        .map_err(|_| Status::too_large_body(MAX_BODY_BYTES))
}

/// Reads an object in the encoding that the media type says; none means JSON.
pub(crate) async fn object(headers: &HeaderMap, body: Body) -> Result<Value, Status> {
    match media_type(headers) {
        "" | "application/json" => from_json(&bytes(body).await?),
        "application/yaml" => from_yaml(&bytes(body).await?),
        protobuf::MEDIA_TYPE => protobuf::read(&bytes(body).await?),
        _ => Err(Status::unsupported_media_type(
            "application/json, application/yaml, application/vnd.kubernetes.protobuf",
        )),
    }
}

/// Reads options or a review, whose media type clients do not always say.
pub(crate) fn from_any(body: &[u8]) -> Result<Value, Status> {
    if protobuf::is_protobuf(body) { protobuf::read(body) } else { from_yaml(body) }
}

pub(crate) fn from_json(text: &[u8]) -> Result<Value, Status> {
    serde_json::from_slice(text).map_err(|error| {
        Status::bad_request(format!(
            "the object provided is unrecognized (must be of type JSON): {error}"
        ))
    })
}

/// Reads YAML, of which JSON is a part.
pub(crate) fn from_yaml(text: &[u8]) -> Result<Value, Status> {
    let bad = |error: &dyn std::fmt::Display| {
        Status::bad_request(format!("error decoding YAML: {error}"))
    };
    if let Ok(value) = serde_json::from_slice(text) {
        return Ok(value);
    }
    let text = std::str::from_utf8(text).map_err(|error| bad(&error))?;
    serde_saphyr::from_str(text).map_err(|error| bad(&error))
}
