//! What can go wrong between a controller and a provider, and whether trying again can help.

use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use super::retry_after::retry_after;
use crate::ProviderError;
use crate::wire::DecodeError;

/// How much of a failure's body an error shows, in characters.
const SHOWN: usize = 400;

/// A provider's URL cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadUrl {
    /// It is not a URL at all.
    #[error("`{url}` is not a URL; use one such as `http://localhost:8888`")]
    Unparsable {
        /// The URL as given.
        url: String,
        /// What is wrong with it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It would name a socket with slashes that are missing.
    #[error("`{url}` is not the URL of a socket; use `{meant}`")]
    Socket {
        /// The URL as given.
        url: String,
        /// What it should be.
        meant: String,
    },
    /// It asks for a transport that is not HTTP.
    #[error("`{url}` has an unsupported scheme; use `http://`, `https://` or `unix:///path`")]
    Scheme {
        /// The URL as given.
        url: String,
    },
}

/// What went wrong with one request.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No answer came: refused, reset, timed out, or a name that does not resolve.
    #[error("no answer from the provider at {place} to `{path}`")]
    Unreachable {
        /// Where the provider should be.
        place: String,
        /// Path of the request.
        path: &'static str,
        /// The cause.
        #[source]
        source: reqwest::Error,
    },
    /// The answer broke off.
    #[error("the provider's answer to `{path}` broke off")]
    Cut {
        /// Path of the request.
        path: &'static str,
        /// The cause.
        #[source]
        source: reqwest::Error,
    },
    /// The answer is a failure.
    #[error(
        "the provider answered `{path}` with status {status}{}{}",
        shown(message),
        doubt(path, *status)
    )]
    Status {
        /// Path of the request.
        path: &'static str,
        /// The status.
        status: StatusCode,
        /// What the provider said about it; may be empty.
        message: String,
        /// How long it asks to be left alone, at most
        /// [`LONGEST_RETRY_AFTER`](super::LONGEST_RETRY_AFTER).
        retry_after: Option<Duration>,
    },
    /// The answer says to ask elsewhere, which whoever runs us did not.
    #[error(
        "the provider at {place} redirects `{path}` to `{to}` (status {status}), and redirects are \
         not followed; use the URL of the provider itself"
    )]
    Redirected {
        /// Where the provider should be.
        place: String,
        /// Path of the request.
        path: &'static str,
        /// The status.
        status: StatusCode,
        /// Where it says to go.
        to: String,
    },
    /// The answer is a success of the wrong kind.
    #[error("the provider answered `{path}` with status {got}; the protocol says {expected}")]
    UnexpectedStatus {
        /// Path of the request.
        path: &'static str,
        /// The status it sent.
        got: StatusCode,
        /// The status of a success.
        expected: StatusCode,
    },
    /// Whatever listens there does not speak the protocol.
    #[error(
        "the provider answered `/` with the content type `{content_type}`, not with the webhook \
         protocol's; is the URL right?"
    )]
    MediaType {
        /// The content type; empty when there was none.
        content_type: String,
    },
    /// The answer is longer than allowed.
    #[error(
        "the provider's answer to `{path}` is larger than {limit_bytes} bytes; raise \
         `--webhook-provider-max-body-size`"
    )]
    TooLarge {
        /// Path of the request.
        path: &'static str,
        /// The limit.
        limit_bytes: usize,
    },
    /// The answer is not what the protocol sends.
    #[error("the provider's answer to `{path}` cannot be read")]
    Undecodable {
        /// Path of the request.
        path: &'static str,
        /// The cause.
        #[source]
        source: DecodeError,
    },
}

impl ClientError {
    /// Tells whether the provider read nothing of the request because it was too large.
    pub(super) fn is_too_large(&self) -> bool {
        matches!(self, Self::Status { status: StatusCode::PAYLOAD_TOO_LARGE, .. })
    }

    pub(super) fn status(
        path: &'static str,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Self {
        #[expect(clippy::disallowed_methods, reason = "a date says until when, and not how long")]
        let retry_after = retry_after(headers, SystemTime::now());
        let message = String::from_utf8_lossy(body).trim().chars().take(SHOWN).collect();
        Self::Status { path, status, message, retry_after }
    }
}

impl From<ClientError> for ProviderError {
    fn from(error: ClientError) -> Self {
        let retry_after = match &error {
            ClientError::Unreachable { .. } | ClientError::Cut { .. } => None,
            ClientError::Status { status, retry_after, .. }
                if status.is_server_error()
                    || matches!(
                        *status,
                        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS
                    ) =>
            {
                *retry_after
            }
            ClientError::Status { .. }
            | ClientError::Redirected { .. }
            | ClientError::UnexpectedStatus { .. }
            | ClientError::MediaType { .. }
            | ClientError::TooLarge { .. }
            | ClientError::Undecodable { .. } => return Self::Refused(error.into()),
        };
        Self::Unavailable { retry_after, source: error.into() }
    }
}

/// Every provider has something at `/`, so without it this is hardly a provider.
fn doubt(path: &str, status: StatusCode) -> &'static str {
    if path == "/" && status == StatusCode::NOT_FOUND { "; is the URL right?" } else { "" }
}

fn shown(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}
