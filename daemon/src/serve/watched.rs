//! Streams and bodies that tell their connection how it gets on.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::connections::{Connection, Written};

/// What a client sends and takes.
pub(super) struct WatchedStream<T> {
    pub(super) stream: T,
    pub(super) connection: Arc<Connection>,
}

impl<T: AsyncRead + Unpin> AsyncRead for WatchedStream<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        let count = buffer.filled().len() - before;
        if count > 0 {
            self.connection.received(count, Instant::now());
        }
        read
    }
}

impl<T: AsyncWrite + Unpin> WatchedStream<T> {
    fn note(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        let noted = match &written {
            Poll::Pending => Written::Nothing,
            Poll::Ready(Ok(count)) => Written::Bytes(*count),
            Poll::Ready(Err(_)) => Written::All,
        };
        self.connection.takes(noted, Instant::now());
        written
    }

    fn note_end(&self, flushed: Poll<io::Result<()>>) -> Poll<io::Result<()>> {
        let noted = if flushed.is_ready() { Written::All } else { Written::Nothing };
        self.connection.takes(noted, Instant::now());
        flushed
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for WatchedStream<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.note(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.note_end(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ended = Pin::new(&mut self.stream).poll_shutdown(context);
        self.note_end(ended)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.note(written)
    }
}

/// The body of a request.
#[derive(Debug)]
pub struct RequestBody {
    pub(super) incoming: Incoming,
    pub(super) connection: Arc<Connection>,
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        self.connection.has_body(Instant::now());
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.incoming).poll_frame(context);
        if matches!(frame, Poll::Ready(None)) || self.incoming.is_end_stream() {
            self.connection.has_body(Instant::now());
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

/// The body of an answer, which ends the request when it is dropped.
pub(super) struct AnswerBody<B> {
    pub(super) body: B,
    pub(super) connection: Arc<Connection>,
    /// The request's place among those that are answered; probes have none.
    pub(super) _place: Option<OwnedSemaphorePermit>,
}

impl<B> Drop for AnswerBody<B> {
    fn drop(&mut self) {
        self.connection.answered(Instant::now());
    }
}

impl<B: Body + Unpin> Body for AnswerBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
