//! Lists of record sets as bodies that are written piece by piece.
//!
//! A zone of 100,000 record sets is some 20 MB of JSON. Encoding it in pieces keeps only one piece
//! in memory at a time, and each record set is freed as soon as it is written, or, when a list is
//! adjusted, made only then.

use std::convert::Infallible;
use std::iter::Peekable;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use http_body::Frame;
use tokio::time::Instant;

use super::room::{Held, RoomyAnswer};
use crate::wire::List;
use crate::{Adjusted, Adjuster, Endpoint, EndpointStream, Refusal, wire};

/// How many record sets one piece holds; one piece is sent whole, with its length.
const PER_PIECE: usize = 512;

pub(super) struct Endpoints {
    // A body has to be `Sync`, and nobody but the writer ever looks at it.
    rest: Mutex<Peekable<EndpointStream>>,
    state: State,
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
        Body::new(Self::pieces(Box::new(first.into_iter().chain(rest))))
    }

    /// Returns the body of a list that was made of a request's body, whose room it takes.
    pub(super) fn body_of(endpoints: Vec<Endpoint>, held: Held) -> Body {
        let is_long = endpoints.len() > PER_PIECE;
        let endpoints: EndpointStream = Box::new(endpoints.into_iter());
        if is_long { Yielding::body(Self::pieces(endpoints), held) } else { Self::body(endpoints) }
    }

    fn pieces(endpoints: EndpointStream) -> Self {
        Self { rest: Mutex::new(endpoints.peekable()), state: State::First }
    }
}

/// What is written piece by piece.
trait Pieces: Send + 'static {
    /// Returns the next piece; `None` after the last.
    fn piece(&mut self) -> Option<Bytes>;
}

impl Pieces for Endpoints {
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
    adjuster: Box<dyn Adjuster>,
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
        let list = Self { desired, adjuster, refused: Vec::new(), shape, state: State::First };
        Yielding::body(list, held)
    }
}

impl Pieces for AdjustedList {
    fn piece(&mut self) -> Option<Bytes> {
        let mut piece = Vec::new();
        match (&self.state, self.shape) {
            (State::Done, _) => return None,
            (State::First, Shape::List) => piece.push(b'['),
            (State::First, Shape::Outcomes) => piece.extend_from_slice(b"{\"endpoints\":["),
            (State::Middle, _) => {}
        }
        let mut is_first = matches!(self.state, State::First);
        self.state = State::Middle;
        for _ in 0..PER_PIECE {
            let mut adjusted = Adjusted::default();
            // It was read before without an error, so there is none now.
            let desired = self.desired.read().unwrap_or_default();
            let is_last = desired.is_none();
            match desired {
                Some(desired) => self.adjuster.adjust(desired, &mut adjusted),
                None => self.adjuster.finish(&mut adjusted),
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

/// A list that has room of the request that it answers, until all of it is written: if its client takes it
/// slowly while others wait for room, it breaks off.
struct Yielding<P>(Arc<Slot<P>>);

struct Slot<P>(Mutex<Option<Going<P>>>);

struct Going<P> {
    pieces: P,
    held: Held,
    bytes: usize,
}

/// An answer was taken too slowly.
#[derive(Debug, thiserror::Error)]
#[error("others wait for the room of this answer, and its client takes it slowly")]
struct GaveWay;

impl<P> std::fmt::Debug for Slot<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slot").finish_non_exhaustive()
    }
}

impl<P> Slot<P> {
    fn going(&self) -> MutexGuard<'_, Option<Going<P>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P: Pieces> RoomyAnswer for Slot<P> {
    fn let_go(&self) {
        let going = self.going().take();
        drop(going);
    }
}

impl<P: Pieces> Yielding<P> {
    fn body(pieces: P, held: Held) -> Body {
        let slot = Arc::new(Slot(Mutex::new(None)));
        held.is_answered_by(Arc::clone(&slot) as Arc<dyn RoomyAnswer>, Instant::now());
        *slot.going() = Some(Going { pieces, held, bytes: 0 });
        Body::new(Self(slot))
    }
}

impl<P> Drop for Yielding<P> {
    fn drop(&mut self) {
        let going = self.0.going().take();
        drop(going);
    }
}

impl<P: Pieces> HttpBody for Yielding<P> {
    type Data = Bytes;
    type Error = GaveWay;

    fn poll_frame(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, GaveWay>>> {
        let mut slot = self.0.going();
        let Some(going) = slot.as_mut() else { return Poll::Ready(Some(Err(GaveWay))) };
        let piece = going.pieces.piece();
        going.bytes += piece.as_ref().map_or(0, Bytes::len);
        going.held.came(going.bytes);
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RecordType;
    use crate::server::room::Room;

    fn endpoints(count: usize) -> Vec<Endpoint> {
        let each = (0..count).map(|n| Endpoint::new(format!("{n}"), RecordType::A, ["192.0.2.1"]));
        each.collect()
    }

    #[tokio::test]
    async fn an_answer_that_nobody_takes_gives_way_to_those_who_wait_for_its_room() {
        const LARGEST: usize = 1 << 20;
        let room = Room::for_bodies_of(LARGEST);
        let mut all = Vec::new();
        for _ in 0..2 {
            let (_, held) = room.read(Body::from(vec![b' '; LARGEST])).await.unwrap();
            all.push(Endpoints::body_of(endpoints(3 * PER_PIECE), held));
        }
        let (_, held) = room.read(Body::from(vec![b' '; LARGEST])).await.unwrap();
        let mut broken = 0;
        for body in all {
            broken += usize::from(http_body_util::BodyExt::collect(body).await.is_err());
        }
        assert_eq!(broken, 1, "the others go on");
        drop(held);
        let again = [
            room.read(Body::from(vec![b' '; LARGEST])).await.unwrap(),
            room.read(Body::from(vec![b' '; LARGEST])).await.unwrap(),
        ];
        assert_eq!(again.len(), 2, "what is written gives its room back");
    }

    #[test]
    fn a_list_in_pieces_is_the_same_list() {
        for count in [0, 1, PER_PIECE, PER_PIECE + 1, 2 * PER_PIECE, 3 * PER_PIECE + 7] {
            let endpoint = |n| Endpoint::new(format!("{n}"), RecordType::A, ["192.0.2.1"]);
            let all: Vec<_> = (0..count).map(endpoint).collect();
            let mut pieces = Endpoints::pieces(Box::new(all.clone().into_iter()));
            let mut written = Vec::new();
            while let Some(piece) = pieces.piece() {
                written.extend_from_slice(&piece);
            }
            assert_eq!(written, wire::encode(&all), "{count} record sets");
        }
    }
}
