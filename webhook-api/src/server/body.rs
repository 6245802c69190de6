//! A list of record sets as a body that is written piece by piece.
//!
//! A zone of 100,000 record sets is some 20 MB of JSON. Encoding it in pieces keeps only one piece
//! in memory at a time, and each record set is freed as soon as it is written.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use http_body::Frame;

use crate::{Endpoint, wire};

/// How many record sets one piece holds; one piece is sent whole, with its length.
const PER_PIECE: usize = 512;

pub(super) struct Endpoints {
    rest: std::vec::IntoIter<Endpoint>,
    state: State,
}

enum State {
    First,
    Middle,
    Done,
}

impl Endpoints {
    /// Returns the body; a short list comes with a `Content-Length`, as Go sends it.
    pub(super) fn body(endpoints: Vec<Endpoint>) -> Body {
        if endpoints.len() <= PER_PIECE {
            return wire::encode(&endpoints).into();
        }
        Body::new(Self { rest: endpoints.into_iter(), state: State::First })
    }

    fn piece(&mut self) -> Option<Bytes> {
        let mut piece = Vec::new();
        match self.state {
            State::Done => return None,
            State::First => piece.push(b'['),
            State::Middle => {}
        }
        for endpoint in self.rest.by_ref().take(PER_PIECE) {
            if piece.last() != Some(&b'[') {
                piece.push(b',');
            }
            piece.append(&mut wire::encode_one(&endpoint));
        }
        self.state = State::Middle;
        if self.rest.len() == 0 {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RecordType;

    #[test]
    fn a_list_in_pieces_is_the_same_list() {
        for count in [0, 1, PER_PIECE, PER_PIECE + 1, 2 * PER_PIECE, 3 * PER_PIECE + 7] {
            let endpoint = |n| Endpoint::new(format!("{n}"), RecordType::A, ["192.0.2.1"]);
            let all: Vec<_> = (0..count).map(endpoint).collect();
            let mut pieces = Endpoints { rest: all.clone().into_iter(), state: State::First };
            let mut written = Vec::new();
            while let Some(piece) = pieces.piece() {
                written.extend_from_slice(&piece);
            }
            assert_eq!(written, wire::encode(&all), "{count} record sets");
        }
    }
}
