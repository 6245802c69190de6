//! What can go wrong between a controller and a provider, and whether trying again can help.

use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use super::retry_after::retry_after;
use super::said::said;
use crate::wire::DecodeError;
use crate::{DnsName, Printable, ProviderError, Shard, shortened};

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
    /// What the client shows, or whom it trusts, cannot be used.
    #[error(transparent)]
    Credentials(#[from] super::BadCredentials),
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
    #[error("{}", unreachable(place, path, cause))]
    Unreachable {
        /// Where the provider should be.
        place: String,
        /// Path of the request.
        path: &'static str,
        /// The cause, which the text has in full.
        cause: Unsent,
    },
    /// The answer broke off.
    #[error("the provider's answer to `{path}` broke off: {}", cause_of(&cause.0))]
    Cut {
        /// Path of the request.
        path: &'static str,
        /// The cause, which the text has in full.
        cause: Unsent,
    },
    /// The answer is a failure.
    #[error("{}", told(path, *status, message))]
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
    /// The answer says to ask elsewhere, which the user did not.
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
    /// The provider serves other zones than this is for.
    #[error("{}", other_shard(place, *said, *meant))]
    OtherShard {
        /// Where the provider is.
        place: String,
        /// Which shard it serves; `None` for all zones.
        said: Option<Shard>,
        /// Which shard it must serve; `None` for all zones.
        meant: Option<Shard>,
    },
    /// The provider says of names both that they are its own and another shard's.
    #[error(
        "the provider at {place} says that `{name}` belongs to another shard, and that it serves names there; \
         this is a fault of the provider"
    )]
    InTwoShards {
        /// Where the provider is.
        place: String,
        /// A name of another shard.
        name: DnsName,
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
        let message = Printable(shortened(&said(body), SHOWN)).to_string();
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
            | ClientError::OtherShard { .. }
            | ClientError::InTwoShards { .. }
            | ClientError::TooLarge { .. }
            | ClientError::Undecodable { .. } => return Self::Refused(error.into()),
        };
        Self::Unavailable { retry_after, source: error.into() }
    }
}

/// Returns what to look at. Every provider has something at `/`, so without it this is hardly one.
fn doubt(path: &str, status: StatusCode) -> &'static str {
    match (path, status) {
        ("/", StatusCode::NOT_FOUND) => "; is the URL right?",
        (_, StatusCode::UNAUTHORIZED) => "; is the file of the token or certificate right?",
        _ => "",
    }
}

/// An error of the HTTP client whose causes are told in one sentence, and so not once more.
#[derive(Debug)]
pub struct Unsent(pub(super) reqwest::Error);

/// Returns what a failure means. What the provider says of it is another's words, and never stands alone.
fn told(path: &str, status: StatusCode, message: &str) -> String {
    if message.is_empty() {
        return format!(
            "the provider answered `{path}` with status {status} and said no more{}",
            doubt(path, status)
        );
    }
    format!("the provider answered `{path}` with status {status}: {message}{}", doubt(path, status))
}

/// Returns what keeps a provider and a controller from working together that are not of one shard.
fn other_shard(place: &str, said: Option<Shard>, meant: Option<Shard>) -> String {
    match (said, meant) {
        (Some(said), Some(meant)) => format!(
            "the provider at {place} serves shard {said}, and this is shard {meant}; give both the same \
             `--shard`"
        ),
        (Some(said), None) => format!(
            "the provider at {place} serves only shard {said}; give `--shard={said}` here, too"
        ),
        (None, meant) => {
            let meant = meant.map(|meant| meant.to_string()).unwrap_or_default();
            format!(
                "the provider at {place} serves all zones, and this is shard {meant}; start it with \
                 `--shard={meant}`, or divide the zones of a provider that has no shards by filters of \
                 domains"
            )
        }
    }
}

/// Returns why nothing came back.
fn unreachable(place: &str, path: &str, Unsent(error): &Unsent) -> String {
    let place = place.trim_end_matches('/');
    if error.is_timeout() && !error.is_connect() {
        return format!("the provider at {place} did not answer `{path}` in time");
    }
    let root = cause_of(error);
    if error.is_connect() {
        let doubt = doubt_of(&root).unwrap_or("is it running?");
        return format!("cannot connect to the provider at {place}: {root}; {doubt}");
    }
    format!("the provider at {place} did not answer `{path}`: {root}")
}

/// Returns why a request got no answer, in words: its innermost cause, since those around it only say who passed it on.
pub fn cause_of(error: &reqwest::Error) -> String {
    if error.is_timeout() && !error.is_connect() {
        return "it did not answer in time".to_owned();
    }
    let mut root: &dyn std::error::Error = error;
    while let Some(cause) = root.source() {
        root = cause;
    }
    if let Some(error) = root.downcast_ref::<std::io::Error>() {
        match error.kind() {
            std::io::ErrorKind::ConnectionRefused => return "connection refused".to_owned(),
            std::io::ErrorKind::NotFound => return "there is no such socket".to_owned(),
            std::io::ErrorKind::PermissionDenied => return "permission denied".to_owned(),
            _ => {}
        }
    }
    in_words(&root.to_string()).to_owned()
}

/// What is said where something answers, and not as TLS.
const NO_TLS: &str = "it speaks no TLS there";

/// What is said where DNS has no such host.
const NO_HOST: &str = "there is no host of that name";

/// What is said where no DNS server says whether there is such a host.
const NO_RESOLVER: &str = "its host cannot be looked up now";

/// Returns what to look at where a cause of [`cause_of`] says that it is not the program that fails to run.
pub fn doubt_of(cause: &str) -> Option<&'static str> {
    match cause {
        NO_TLS => Some("is it `http://`?"),
        NO_HOST => Some("is the URL right?"),
        NO_RESOLVER => Some("does the DNS server of this machine answer?"),
        _ => None,
    }
}

/// Returns what a library says of a connection in words for people, without the number of an error of the operating
/// system, which says nothing that its words do not.
pub fn in_words(text: &str) -> &str {
    // rustls, of bytes that are no record of TLS; so answers a server that speaks HTTP.
    if text.starts_with("received corrupt message") {
        return NO_TLS;
    }
    // getaddrinfo: EAI_AGAIN says that no server has answered, the others that there is nothing.
    match text.strip_prefix("failed to lookup address information: ") {
        Some(why) if why.contains("emporary failure") => NO_RESOLVER,
        Some(_) => NO_HOST,
        None => text.split(" (os error").next().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_libraries_say_of_a_connection_is_told_in_words_with_what_to_look_at() {
        let look_up = "failed to lookup address information: ";
        for (said, words, doubt) in [
            (
                "received corrupt message of type InvalidContentType",
                NO_TLS,
                Some("is it `http://`?"),
            ),
            (&format!("{look_up}Name or service not known"), NO_HOST, Some("is the URL right?")),
            (
                &format!("{look_up}Temporary failure in name resolution"),
                NO_RESOLVER,
                Some("does the DNS server of this machine answer?"),
            ),
            ("No route to host (os error 113)", "No route to host", None),
        ] {
            assert_eq!((in_words(said), doubt_of(in_words(said))), (words, doubt));
        }
    }
}
