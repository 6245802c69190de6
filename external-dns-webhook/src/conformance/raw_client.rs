//! Requests as they stand and answers as they come: nothing is forgiven here.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;

use super::CheckFailure;
use crate::client::{self, BadUrl};
use crate::media_type::MEDIA_TYPE;
use crate::provider::chain;

/// How often a provider that says 503 is asked again.
const MOST_RETRIES: usize = 5;
/// Longest that one `Retry-After` is obeyed.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// How long to wait when a 503 does not say.
const WAIT: Duration = Duration::from_secs(1);
/// How much of an unexpected body is shown, in characters.
const SHOWN: usize = 200;

/// A provider to talk to.
#[derive(Debug)]
pub(super) struct RawClient {
    transport: client::Transport,
    max_body_size_bytes: usize,
    /// `Retry-After` of every 503 so far, as it came; `None` where there was none.
    busy: Mutex<Vec<Option<String>>>,
}

/// An answer, whatever it is.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl RawClient {
    pub(super) fn new(options: &client::ClientOptions) -> Result<Self, BadUrl> {
        let transport = client::Transport::new(options)?;
        let max_body_size_bytes = match options.max_body_size_bytes {
            0 => usize::MAX,
            limit => limit,
        };
        Ok(Self { transport, max_body_size_bytes, busy: Mutex::default() })
    }

    /// Returns a request for negotiation, which goes to the URL as it was given.
    pub(super) fn negotiate(&self, accept: &'static str) -> RequestBuilder {
        self.transport.http().get(self.transport.base().clone()).header(ACCEPT, accept)
    }

    pub(super) fn get(&self, path: &str, query: &[(&str, &str)]) -> RequestBuilder {
        let mut url = client::below(self.transport.base(), path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.transport.http().request(Method::GET, url).header(ACCEPT, MEDIA_TYPE)
    }

    /// Returns a request with one parameter after the path.
    pub(super) fn post_with(
        &self,
        path: &str,
        (key, value): (&str, &str),
        body: impl Into<Vec<u8>>,
    ) -> RequestBuilder {
        let mut url = client::below(self.transport.base(), path);
        url.query_pairs_mut().append_pair(key, value);
        let request = self.transport.http().post(url).body(body.into());
        request.header(CONTENT_TYPE, MEDIA_TYPE).header(ACCEPT, MEDIA_TYPE)
    }

    pub(super) fn post(&self, path: &str, body: impl Into<Vec<u8>>) -> RequestBuilder {
        let request = self
            .transport
            .http()
            .post(client::below(self.transport.base(), path))
            .body(body.into());
        let request = request.header(CONTENT_TYPE, MEDIA_TYPE);
        // As existing controllers do: nothing is read from the answer to an apply.
        if path == "records" { request } else { request.header(ACCEPT, MEDIA_TYPE) }
    }

    /// Sends a request, and again as long as the answer is 503, as a controller would.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Answer, CheckFailure> {
        let mut request = request;
        for _ in 0..MOST_RETRIES {
            let Some(again) = request.try_clone() else { break };
            let answer = self.send_once(request).await?;
            if answer.status != StatusCode::SERVICE_UNAVAILABLE {
                return Ok(answer);
            }
            let after = answer.header(RETRY_AFTER.as_str()).map(str::to_owned);
            let wait =
                after.as_deref().and_then(|header| header.parse().ok()).map(Duration::from_secs);
            self.busy.lock().unwrap_or_else(PoisonError::into_inner).push(after);
            tokio::time::sleep(wait.unwrap_or(WAIT).min(LONGEST_WAIT)).await;
            request = again;
        }
        self.send_once(request).await
    }

    async fn send_once(&self, request: RequestBuilder) -> Result<Answer, CheckFailure> {
        let no_answer = |error: reqwest::Error| {
            let error = error.without_url();
            let text = if error.is_timeout() {
                "there was no answer within the deadline".to_owned()
            } else {
                format!("there was no answer: {}", chain(&error))
            };
            CheckFailure::Failed(text)
        };
        let mut response = request.send().await.map_err(no_answer)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(no_answer)? {
            if body.len() + chunk.len() > self.max_body_size_bytes {
                let limit = self.max_body_size_bytes;
                return Err(CheckFailure::Failed(format!(
                    "the answer is larger than {limit} bytes"
                )));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body })
    }

    /// Returns the `Retry-After` of every 503 so far.
    pub(super) fn busy(&self) -> Vec<Option<String>> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Answer {
    /// Returns a header; `None` also when it is not text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|header| header.to_str().ok())
    }

    /// Returns the `Content-Type`; empty when there is none.
    pub(super) fn content_type(&self) -> &str {
        self.header(CONTENT_TYPE.as_str()).unwrap_or_default()
    }

    /// Fails unless the status is the one of a success.
    pub(super) fn expect(self, status: StatusCode) -> Result<Self, CheckFailure> {
        if self.status == status {
            return Ok(self);
        }
        let expected = status.as_u16();
        Err(CheckFailure::Failed(format!("{}; it must be {expected}", self.told())))
    }

    /// Returns the whole body as one JSON value.
    pub(super) fn json(&self) -> Result<Value, CheckFailure> {
        serde_json::from_slice(&self.body).map_err(|error| {
            CheckFailure::Failed(format!(
                "the body is not one JSON value ({error}): {}",
                self.shown()
            ))
        })
    }

    /// Says what came, for people.
    pub(super) fn told(&self) -> String {
        let status = self.status.as_u16();
        let fatal = match self.status {
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
                ", on which ExternalDNS ends: use 503"
            }
            _ if status > 510 => ", on which ExternalDNS ends: use 500 or 503",
            _ => "",
        };
        match self.shown().as_str() {
            "" => format!("it answered {status}{fatal}"),
            body => format!("it answered {status}{fatal} ({body})"),
        }
    }

    fn shown(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let mut text = text.trim().replace(['\n', '\r'], " ");
        if let Some((end, _)) = text.char_indices().nth(SHOWN) {
            text.truncate(end);
            text.push('…');
        }
        text
    }
}
