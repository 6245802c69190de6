//! What went wrong with a request, as a status and a short JSON body.
//!
//! Controllers of version 1 retry on 500 to 510 and give up on anything else, so what may pass by
//! itself is 500 or 503, and nothing is ever above 503.

use std::error::Error;
use std::time::Duration;

use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::turns::TooManyWait;
use crate::media_type::MEDIA_TYPE;
use crate::provider::chain;
use crate::wire::{self, DecodeError};
use crate::{Printable, ProviderError, Refusal, printable_json};

/// How many refusals the body of a failure lists.
const MOST_REFUSALS: usize = 100;

#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("nothing is at `{0}`; the protocol has `/`, `/records` and `/adjustendpoints`")]
    UnknownPath(String),
    #[error("`{method}` is not for `{path}`; use {}", names(allowed))]
    WrongMethod { method: Method, path: &'static str, allowed: &'static [Method] },
    #[error(
        "a web page sent this (`{header}`), and only programs are answered; use `curl`, or a page \
         that is served here"
    )]
    FromWebPage { header: &'static str },
    #[error("`{host}` is not a name of this machine; use `localhost` or an address in the URL")]
    ForeignHost { host: String },
    #[error(
        "the body is {}; send `Content-Type: {MEDIA_TYPE}`, or `application/json`",
        .given.as_deref().map_or("of no media type".to_owned(), |given| format!("`{given}`"))
    )]
    WrongMediaType { given: Option<String> },
    #[error(
        "the request has no `Host`, which HTTP/1.1 wants of each; send the name or address of the URL"
    )]
    NoHost,
    #[error("`Host: {}` is no name or address with or without a port; send that of the URL", Printable(.given))]
    BadHost { given: String },
    #[error("the request has {count} `{header}` headers; send one")]
    Repeated { header: &'static str, count: usize },
    #[error("the body is encoded as `{encoding}`; send it as it is, without `Content-Encoding`")]
    Encoded { encoding: String },
    #[error("the body is larger than {limit_bytes} bytes; raise the limit or send less")]
    TooLarge { limit_bytes: usize },
    #[error(
        "the bodies of other requests have all the room that there is for them; send it again in a moment, or \
         in smaller parts"
    )]
    NoRoom,
    #[error(
        "the body comes so slowly that others have its room; send it again in a moment, or in smaller parts"
    )]
    GaveWay,
    #[error("as many requests as may wait for zones to be read do so; ask again in a moment")]
    TooManyWait,
    #[error("the body could not be read to its end")]
    Unread(#[source] Box<dyn Error + Send + Sync>),
    #[error(transparent)]
    Undecodable(#[from] DecodeError),
    #[error("{} of the changes were not written: {}", .0.len(), first(.0))]
    NotWritten(Vec<Refusal>),
    #[error(transparent)]
    Provider(#[from] ProviderError),
}

#[derive(Serialize)]
struct Problem<'a> {
    error: String,
    #[serde(skip_serializing_if = "<[Refusal]>::is_empty")]
    refused: &'a [Refusal],
}

impl From<Vec<Refusal>> for Failure {
    fn from(refused: Vec<Refusal>) -> Self {
        Self::NotWritten(refused)
    }
}

impl From<TooManyWait> for Failure {
    fn from(TooManyWait: TooManyWait) -> Self {
        Self::TooManyWait
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::UnknownPath(_) => StatusCode::NOT_FOUND,
            Self::WrongMethod { .. }
            | Self::Repeated { .. }
            | Self::NoHost
            | Self::BadHost { .. }
            | Self::Unread(_)
            | Self::Undecodable(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::FromWebPage { .. } => StatusCode::FORBIDDEN,
            Self::ForeignHost { .. } => StatusCode::MISDIRECTED_REQUEST,
            Self::WrongMediaType { .. } | Self::Encoded { .. } => {
                StatusCode::UNSUPPORTED_MEDIA_TYPE
            }
            Self::NotWritten(_) | Self::Provider(ProviderError::Refused(_)) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
            Self::NoRoom
            | Self::GaveWay
            | Self::TooManyWait
            | Self::Provider(ProviderError::Unavailable { .. }) => StatusCode::SERVICE_UNAVAILABLE,
        };
        // That there are too many is told where they are counted, and not once for each.
        let is_one_of_many = matches!(self, Self::NoRoom | Self::GaveWay | Self::TooManyWait);
        if status.is_server_error() && !is_one_of_many {
            tracing::error!(error = chain(&self), "Failed to serve a webhook request");
        }
        let refused = match &self {
            Self::NotWritten(refused) => refused.get(..MOST_REFUSALS).unwrap_or(refused),
            _ => &[],
        };
        // A person reads it, and names and services have written some of it.
        let body = wire::encode(&Problem { error: chain(&self), refused });
        let body = printable_json(&String::from_utf8_lossy(&body));
        let json = HeaderValue::from_static("application/json");
        let mut response = (status, [(header::CONTENT_TYPE, json)], body).into_response();
        if let Self::Encoded { .. } = &self {
            // What would be taken: https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3
            let identity = HeaderValue::from_static("identity");
            response.headers_mut().insert(header::ACCEPT_ENCODING, identity);
        }
        let retry_after = match &self {
            Self::Provider(ProviderError::Unavailable { retry_after, .. }) => *retry_after,
            Self::NoRoom | Self::GaveWay | Self::TooManyWait => Some(Duration::from_secs(1)),
            _ => None,
        };
        if let Some(after) = retry_after {
            let seconds = after.as_secs().max(1);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

fn names(methods: &[Method]) -> String {
    methods.iter().map(Method::as_str).collect::<Vec<_>>().join(" or ")
}

fn first(refused: &[Refusal]) -> String {
    refused.first().map_or_else(String::new, |refusal| {
        format!("`{}` {}: {}", refusal.dns_name, refusal.record_type, refusal.message)
    })
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn what_services_and_names_say_is_told_with_nothing_unseen_in_it() {
        let refusal: Refusal = serde_json::from_value(serde_json::json!({
            "dnsName": "a\u{202e}b.example.com",
            "recordType": "A",
            "code": "Odd",
            "message": "no \u{200b}\u{9b}31m\nway",
        }))
        .unwrap();
        let given = serde_json::to_value(&refusal).unwrap();
        let response = Failure::from(vec![refusal]).into_response();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(!text.trim_end().chars().any(char::is_control), "{text:?}");
        assert!(!text.contains(['\u{202e}', '\u{200b}']), "{text:?}");
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["refused"][0], given);
    }
}
