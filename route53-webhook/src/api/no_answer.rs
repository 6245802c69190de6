//! Errors of the AWS SDK in sentences: what AWS answered, or why it did not.

use std::error::Error;
use std::io;

use aws_sdk_route53::error::SdkError;
use aws_sdk_route53::operation::RequestId as _;
use external_dns_webhook::shortened;

use super::complete::{self, Incomplete};
use super::error::Detail;

/// Most characters of what AWS says that are told.
const MAX_SHOWN: usize = 300;

/// Why a call has no answer that can be used, in one sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct NoAnswer(String);

impl NoAnswer {
    /// Puts an error of the SDK into words.
    ///
    /// `proxy` is the one that the environment names.
    pub(super) fn of<E: Detail>(error: &SdkError<E>, proxy: Option<&str>) -> Self {
        let incomplete = causes(error).find_map(|cause| cause.downcast_ref::<Incomplete>());
        if let Some(incomplete) = incomplete {
            return Self(incomplete.to_string());
        }
        if let Some(failure) = daemon::proxy_failure(error, &innermost(error)) {
            let proxy = proxy.map(|proxy| format!(" {proxy}")).unwrap_or_default();
            return Self(format!("AWS cannot be reached: the proxy{proxy} {failure}"));
        }
        Self(match error {
            SdkError::TimeoutError(_) => "AWS did not answer in time".to_owned(),
            SdkError::DispatchFailure(failure) if failure.is_timeout() => {
                "AWS cannot be reached: there was no connection in time".to_owned()
            }
            SdkError::DispatchFailure(_) => format!("AWS cannot be reached: {}", innermost(error)),
            SdkError::ResponseError(_) => {
                format!("the answer of AWS did not arrive: {}", innermost(error))
            }
            SdkError::ServiceError(context) => {
                let status = context.raw().status();
                let body = context.raw().body().bytes().unwrap_or_default();
                if status.is_success() {
                    unreadable(body)
                } else {
                    answered(status.as_u16(), context.err(), error.request_id())
                }
            }
            _ => format!("no request could be made: {}", innermost(error)),
        })
    }
}

/// Says what AWS answered.
fn answered(status: u16, error: &impl Detail, request_id: Option<&str>) -> String {
    let mut text = format!("AWS answered {status}");
    if let Some(code) = error.code() {
        text = format!("{text} {code}");
    }
    if let Some(message) = error.message() {
        let message = message.trim().trim_end_matches('.');
        text = format!("{text}: {}", shortened(message, MAX_SHOWN));
    }
    if let Some(id) = request_id {
        text = format!("{text} (request id {id})");
    }
    text
}

/// Says what is wrong with a good answer that the SDK could not read.
fn unreadable(body: &[u8]) -> String {
    match complete::check(body) {
        Err(incomplete) => incomplete.to_string(),
        Ok(()) => "the answer of AWS makes no sense".to_owned(),
    }
}

/// Iterates over an error and its causes, innermost last.
pub(super) fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// Returns the innermost cause in words: those around it only say what passed it on.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let Some(root) = causes(error).last() else { return error.to_string() };
    let known = root.downcast_ref::<io::Error>().and_then(|error| match error.kind() {
        io::ErrorKind::ConnectionRefused => Some("connection refused"),
        io::ErrorKind::ConnectionReset => Some("connection reset"),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => Some("connection broken"),
        io::ErrorKind::UnexpectedEof => Some("connection closed"),
        io::ErrorKind::TimedOut => Some("no answer in time"),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            Some("no route to it")
        }
        _ => None,
    });
    let text = known.map_or_else(|| root.to_string(), str::to_owned);
    // The number says nothing that the words do not.
    let text = text.split(" (os error").next().unwrap_or_default();
    shortened(text, MAX_SHOWN)
}
