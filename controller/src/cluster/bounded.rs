//! Bounds what an API server may say at once: a line of a watch, or an answer.
//!
//! The client reads a line to its end, however far that is. An object has some 1.5 MiB at most, and
//! a page of a list 500 of them, most of which are far smaller; one that sends more without an end
//! wants our memory.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Bytes;
use hyper::header::AUTHORIZATION;
use hyper::{Request, StatusCode};
use kube::Client;
use kube::client::Body;
use tower::BoxError;

use super::credentials::Credentials;
use crate::api_server::NoAnswer;

/// Longest line of a watch, in bytes. The store of Kubernetes takes objects of 1.5 MiB, unless told
/// otherwise ([etcd limits]).
///
/// [etcd limits]: https://etcd.io/docs/v3.5/dev-guide/limit/
const LONGEST_LINE: usize = 16 << 20;

/// Longest line of any other answer, in bytes, which is all of it.
const LONGEST_ANSWER: usize = 256 << 20;

/// Returns a client with bounds on what it reads; its errors name the `server` and the `proxy` on the way to it.
///
/// Each request shows what the credentials are then.
pub(super) fn client(
    credentials: Arc<Credentials>,
    (server, proxy): (String, Option<String>),
    namespace: String,
) -> Client {
    let bounded = tower::service_fn(move |mut request: Request<Body>| {
        let credentials = Arc::clone(&credentials);
        let (server, proxy) = (server.clone(), proxy.clone());
        async move {
            let most = longest(request.uri().query().unwrap_or_default());
            let sending = credentials.sending().await?;
            if let Some(header) = &sending.header {
                request.headers_mut().insert(AUTHORIZATION, header.clone());
            }
            let no_answer = |error| NoAnswer::of(&server, proxy.as_deref(), &error);
            let response = sending.client.send(request).await.map_err(no_answer)?;
            if super::in_between::is_written_on_the_way(response.status(), response.headers()) {
                let status = response.status().as_u16();
                let start = super::in_between::start(response.into_body()).await;
                return Err(NoAnswer::foreign(&server, proxy.as_deref(), status, &start).into());
            }
            if response.status() == StatusCode::UNAUTHORIZED {
                credentials.refused(&sending).await;
            }
            Ok::<_, BoxError>(response.map(|body| Lines { body, most, since_end: 0 }))
        }
    });
    Client::new(bounded, namespace)
}

/// Returns how long a line of the answer to such a request may be.
fn longest(query: &str) -> usize {
    let is_watch = query.split('&').any(|part| matches!(part, "watch" | "watch=true" | "watch=1"));
    if is_watch { LONGEST_LINE } else { LONGEST_ANSWER }
}

/// A body that fails when a line of it is too long.
struct Lines<B> {
    body: B,
    most: usize,
    /// Bytes since the last line ended.
    since_end: usize,
}

impl<B> Lines<B> {
    fn check(&mut self, bytes: &[u8]) -> Result<(), BoxError> {
        let mut ends = bytes.split(|byte| *byte == b'\n').map(<[u8]>::len);
        let mut longest = self.since_end + ends.next().unwrap_or_default();
        self.since_end = longest;
        for line in ends {
            longest = longest.max(line);
            self.since_end = line;
        }
        if longest <= self.most {
            return Ok(());
        }
        let text = format!(
            "the API server sent more than {} bytes without the end of a line; is this an API \
             server?",
            self.most
        );
        Err(io::Error::other(text).into())
    }
}

impl<B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Unpin> HttpBody for Lines<B> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error.into()))),
            Poll::Ready(Some(Ok(frame))) => frame,
        };
        let checked = frame.data_ref().map_or(Ok(()), |bytes| self.check(bytes));
        Poll::Ready(Some(checked.map(|()| frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_may_be_long_and_not_endless_however_it_arrives() {
        let lines = || Lines { body: (), most: 5, since_end: 0 };
        for fine in
            [&["12345"][..], &["12345\n12345\n"], &["12", "345\n", "12345"], &["\n", "", "\n1"]]
        {
            let mut lines = lines();
            assert!(fine.iter().all(|piece| lines.check(piece.as_bytes()).is_ok()), "{fine:?}");
        }
        for endless in
            [&["123456"][..], &["12\n123456\n1"], &["123", "456"], &["1\n123", "45", "6\n"]]
        {
            let mut lines = lines();
            assert!(
                endless.iter().any(|piece| lines.check(piece.as_bytes()).is_err()),
                "{endless:?}"
            );
        }
    }

    #[test]
    fn a_watch_is_read_by_lines_and_a_list_as_a_whole() {
        for watch in ["watch=true", "limit=5&watch=1", "watch=true&timeoutSeconds=290"] {
            assert_eq!(longest(watch), LONGEST_LINE, "{watch}");
        }
        for list in ["", "limit=500", "watch=false", "labelSelector=watch%3Dtrue"] {
            assert_eq!(longest(list), LONGEST_ANSWER, "{list}");
        }
    }
}
