//! Lists of record sets as bodies that are written piece by piece.
//!
//! A zone of 100,000 record sets is some 20 MB of JSON. Encoding it in pieces keeps only one piece
//! in memory at a time, and each record set is freed as soon as it is written, or, when a list is
//! adjusted, made only then.

use std::convert::Infallible;
use std::iter::Peekable;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use http_body::Frame;

use super::room::Held;
use crate::wire::List;
use crate::{Adjusted, Adjuster, Endpoint, EndpointStream, Refusal, wire};

/// How many record sets one piece holds; one piece is sent whole, with its length.
const PER_PIECE: usize = 512;

pub(super) struct Endpoints {
    // A body has to be `Sync`, and nobody but the writer ever looks at it.
    rest: Mutex<Peekable<EndpointStream>>,
    state: State,
    /// The room of what the list was made of, until it is written.
    _held: Option<Held>,
}

enum State {
    First,
    Middle,
    Done,
}

impl Endpoints {
    /// Returns the body; a short list comes with a `Content-Length`, as Go sends it.
    pub(super) fn body(mut endpoints: EndpointStream) -> Body {
        let first: Vec<_> = endpoints.by_ref().take(PER_PIECE).collect();
        let mut rest = endpoints.peekable();
        if rest.peek().is_none() {
            return wire::encode(&first).into();
        }
        let all: EndpointStream = Box::new(first.into_iter().chain(rest));
        Self::pieces(all, None)
    }

    /// Returns the body of a list that was made of a request's body, whose room it takes.
    pub(super) fn body_of(endpoints: Vec<Endpoint>, held: Held) -> Body {
        let is_long = endpoints.len() > PER_PIECE;
        let endpoints: EndpointStream = Box::new(endpoints.into_iter());
        if is_long { Self::pieces(endpoints, Some(held)) } else { Self::body(endpoints) }
    }

    fn pieces(endpoints: EndpointStream, held: Option<Held>) -> Body {
        let rest = Mutex::new(endpoints.peekable());
        Body::new(Self { rest, state: State::First, _held: held })
    }

    fn piece(&mut self) -> Option<Bytes> {
        let mut piece = Vec::new();
        match self.state {
            State::Done => return None,
            State::First => piece.push(b'['),
            State::Middle => {}
        }
        let rest = self.rest.get_mut().unwrap_or_else(PoisonError::into_inner);
        for endpoint in rest.by_ref().take(PER_PIECE) {
            if piece.last() != Some(&b'[') {
                piece.push(b',');
            }
            piece.append(&mut wire::encode_one(&endpoint));
        }
        self.state = State::Middle;
        if rest.peek().is_none() {
            piece.extend_from_slice(b"]\n");
            self.state = State::Done;
        }
        Some(piece.into())
    }
}

impl HttpBody for Endpoints {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.piece().map(|piece| Ok(Frame::data(piece))))
    }
}

/// A list that is adjusted while it is written.
pub(super) struct AdjustedList {
    desired: List,
    /// The room of its text.
    _held: Held,
    // As the rest of a list that is only written.
    adjuster: Mutex<Box<dyn Adjuster>>,
    refused: Vec<Refusal>,
    shape: Shape,
    state: State,
}

/// What is written around the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Only the list, as version 1 has it.
    List,
    /// The list and what was refused.
    Outcomes,
}

impl AdjustedList {
    /// Returns the body; `desired` is a list that has been read to its end without an error, and
    /// shown to `adjuster`.
    pub(super) fn body(
        mut desired: List,
        held: Held,
        adjuster: Box<dyn Adjuster>,
        shape: Shape,
    ) -> Body {
        desired.rewind();
        let (adjuster, refused) = (Mutex::new(adjuster), Vec::new());
        let state = State::First;
        Body::new(Self { desired, _held: held, adjuster, refused, shape, state })
    }

    fn piece(&mut self) -> Option<Bytes> {
        let mut piece = Vec::new();
        match (&self.state, self.shape) {
            (State::Done, _) => return None,
            (State::First, Shape::List) => piece.push(b'['),
            (State::First, Shape::Outcomes) => piece.extend_from_slice(b"{\"endpoints\":["),
            (State::Middle, _) => {}
        }
        let adjuster = self.adjuster.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut is_first = matches!(self.state, State::First);
        self.state = State::Middle;
        for _ in 0..PER_PIECE {
            let mut adjusted = Adjusted::default();
            // It was read before without an error, so there is none now.
            let desired = self.desired.read().unwrap_or_default();
            let is_last = desired.is_none();
            match desired {
                Some(desired) => adjuster.adjust(desired, &mut adjusted),
                None => adjuster.finish(&mut adjusted),
            }
            for endpoint in adjusted.endpoints {
                if !std::mem::take(&mut is_first) {
                    piece.push(b',');
                }
                piece.append(&mut wire::encode_one(&endpoint));
            }
            self.refused.append(&mut adjusted.refused);
            if is_last {
                self.state = State::Done;
                piece.push(b']');
                if self.shape == Shape::Outcomes {
                    piece.extend_from_slice(b",\"refused\":");
                    piece.append(&mut wire::encode_one(&self.refused));
                    piece.push(b'}');
                }
                piece.push(b'\n');
                break;
            }
        }
        Some(piece.into())
    }
}

impl HttpBody for AdjustedList {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.piece().map(|piece| Ok(Frame::data(piece))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RecordType;

    #[test]
    fn a_list_in_pieces_is_the_same_list() {
        for count in [0, 1, PER_PIECE, PER_PIECE + 1, 2 * PER_PIECE, 3 * PER_PIECE + 7] {
            let endpoint = |n| Endpoint::new(format!("{n}"), RecordType::A, ["192.0.2.1"]);
            let all: Vec<_> = (0..count).map(endpoint).collect();
            let rest: EndpointStream = Box::new(all.clone().into_iter());
            let rest = Mutex::new(rest.peekable());
            let mut pieces = Endpoints { rest, state: State::First, _held: None };
            let mut written = Vec::new();
            while let Some(piece) = pieces.piece() {
                written.extend_from_slice(&piece);
            }
            assert_eq!(written, wire::encode(&all), "{count} record sets");
        }
    }
}
