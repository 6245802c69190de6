//! How much memory the bodies of all requests of a server may take together.
//!
//! A bound for each body is none for many of them. Room is taken as a body comes, so that what is only
//! told takes none, and given back with the last that came of it: its text, or the changes that were
//! read from it. A small body has room of its own, whatever others take.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::failure::Failure;
use super::seldom::Seldom;

/// How much each body has of its own, in bytes: changes of a few hundred record sets.
const OWN: usize = 64 << 10;

/// How many of the largest bodies there is room for.
const LARGEST: usize = 2;

/// How long a body waits for room.
const PATIENCE: Duration = Duration::from_secs(2);

/// How many bytes a second a body has to bring while others wait for its room.
const BYTES_A_SECOND: usize = 1 << 20;

/// For how long a body may begin slowly.
const BEGINS: Duration = Duration::from_secs(1);

/// The room of a server.
#[derive(Clone, Debug)]
pub(super) struct Room {
    /// Largest body, in bytes.
    largest: usize,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// Told when there is more.
    given_back: Notify,
    told: Seldom,
}

#[derive(Debug)]
struct State {
    free: usize,
    next: u64,
    /// What has taken some of it and still comes, or goes as an answer.
    coming: BTreeMap<u64, Coming>,
}

/// What an answer is made of, which has room of its request.
pub(super) trait RoomyAnswer: Debug + Send + Sync {
    /// Lets go of it, although its client has not taken all.
    fn let_go(&self);
}

#[derive(Debug)]
struct Coming {
    since: Instant,
    bytes: usize,
    /// Whether it waits for room, and so for us.
    waits: bool,
    gives_way: CancellationToken,
    /// Whose bytes they are, if they go to the client.
    answer: Option<Arc<dyn RoomyAnswer>>,
}

impl Coming {
    /// Returns how many bytes it lacks of what it should have brought or taken by `now`.
    fn lacks(&self, now: Instant) -> usize {
        let lasts = now.saturating_duration_since(self.since + BEGINS);
        let lasts = usize::try_from(lasts.as_millis()).unwrap_or(usize::MAX);
        (lasts.saturating_mul(BYTES_A_SECOND) / 1_000).saturating_sub(self.bytes)
    }
}

/// The room of one body, which is given back when this is dropped.
#[derive(Debug)]
pub(super) struct Held {
    room: Room,
    key: u64,
    /// How much it has, its own included.
    has: usize,
    gives_way: CancellationToken,
}

impl Room {
    /// Returns room for some bodies of the largest size, in bytes; without a bound for zero.
    pub(super) fn for_bodies_of(largest: usize) -> Self {
        let largest = if largest == 0 { usize::MAX } else { largest };
        let free = largest.saturating_mul(LARGEST);
        let state = Mutex::new(State { free, next: 0, coming: BTreeMap::new() });
        Self {
            largest,
            shared: Arc::new(Shared { state, given_back: Notify::new(), told: Seldom::default() }),
        }
    }

    /// Reads a body, and returns it with the room that it takes.
    pub(super) async fn read(&self, body: Body) -> Result<(Vec<u8>, Held), Failure> {
        let limit = self.largest;
        // What is told is not yet sent: room is made as it comes, so that many who tell much take none.
        let told = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
        if told > limit {
            // Before a byte of it is asked for: `Expect: 100-continue` waits for this answer.
            return Err(Failure::TooLarge { limit_bytes: limit });
        }
        let most = if told > 0 { told } else { limit };
        let mut body = Limited::new(body, limit);
        match self.fill(&mut body, told, most).await {
            Err(no_room @ (Failure::NoRoom | Failure::GaveWay)) => {
                if self.shared.told.is_due(Instant::now()) {
                    tracing::warn!(
                        "There is no room for all bodies that come, and some are told to come again; find out who \
                         sends them"
                    );
                }
                // A client that still sends would not see the answer.
                while let Some(Ok(_)) = body.frame().await {}
                Err(no_room)
            }
            read => read,
        }
    }

    async fn fill(
        &self,
        body: &mut Limited<Body>,
        told: usize,
        most: usize,
    ) -> Result<(Vec<u8>, Held), Failure> {
        let mut held = self.held();
        let mut read = Vec::with_capacity(told.min(OWN));
        loop {
            let frame = tokio::select! {
                biased;
                frame = body.frame() => frame,
                () = held.gives_way.cancelled() => return Err(Failure::GaveWay),
            };
            match frame {
                None => break,
                Some(Ok(frame)) => {
                    let Ok(piece) = frame.into_data() else { continue };
                    let needed = read.len() + piece.len();
                    if needed > held.has {
                        // Twice as much each time, so that little is copied; the last of it fits.
                        held.grow(held.has.saturating_mul(2).min(most).max(needed)).await?;
                    }
                    if needed > read.capacity() {
                        let room = read.capacity().saturating_mul(2).min(held.has).max(needed);
                        read.reserve_exact(room - read.len());
                    }
                    read.extend_from_slice(&piece);
                    held.came(read.len());
                }
                Some(Err(error)) if error.is::<LengthLimitError>() => {
                    return Err(Failure::TooLarge { limit_bytes: self.largest });
                }
                Some(Err(error)) => return Err(Failure::Unread(error)),
            }
        }
        held.is_complete();
        Ok((read, held))
    }

    /// Returns what a body has of its own.
    fn held(&self) -> Held {
        let mut state = self.state();
        let key = state.next;
        state.next += 1;
        drop(state);
        Held { room: self.clone(), key, has: OWN, gives_way: CancellationToken::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Has the body give way that comes or goes most slowly, if one is too slow; returns it.
    fn make_room(&mut self, besides: u64, now: Instant) -> Option<Coming> {
        let others = self.coming.iter().filter(|(key, coming)| **key != besides && !coming.waits);
        let slowest = others.map(|(key, coming)| (coming.lacks(now), *key)).max();
        let (_, key) = slowest.filter(|(lacks, _)| *lacks > 0)?;
        let coming = self.coming.remove(&key)?;
        coming.gives_way.cancel();
        Some(coming)
    }
}

impl Held {
    /// Notes that the room is an answer's from now on, which gives way to others if its client takes it slowly.
    pub(super) fn is_answered_by(&self, answer: Arc<dyn RoomyAnswer>, now: Instant) {
        if self.has > OWN {
            let coming = Coming {
                since: now,
                bytes: 0,
                waits: false,
                gives_way: self.gives_way.clone(),
                answer: Some(answer),
            };
            self.room.state().coming.insert(self.key, coming);
        }
    }

    /// Notes how much of the body is there, or of the answer is taken.
    pub(super) fn came(&self, bytes: usize) {
        if let Some(coming) = self.room.state().coming.get_mut(&self.key) {
            coming.bytes = bytes;
        }
    }

    /// Notes that all of it is there: it gives way to nobody any more.
    fn is_complete(&self) {
        self.room.state().coming.remove(&self.key);
    }

    /// Takes room for as many bytes as `wanted` in all; waits for it for a moment.
    async fn grow(&mut self, wanted: usize) -> Result<(), Failure> {
        let more = wanted.saturating_sub(self.has);
        let begun = Instant::now();
        let latest = begun + PATIENCE;
        loop {
            let room = self.room.clone();
            let given_back = room.shared.given_back.notified();
            tokio::pin!(given_back);
            // From here on none is missed.
            given_back.as_mut().enable();
            let now = Instant::now();
            let gone = {
                let mut state = self.room.state();
                let is_free = state.free >= more;
                if is_free {
                    state.free -= more;
                    self.has += more;
                }
                let begins = Coming {
                    since: now,
                    bytes: 0,
                    waits: false,
                    gives_way: self.gives_way.clone(),
                    answer: None,
                };
                let coming = state.coming.entry(self.key).or_insert(begins);
                coming.waits = !is_free;
                if is_free {
                    // While it waited, nothing could come.
                    coming.since += now - begun;
                    return Ok(());
                }
                state.make_room(self.key, now)
            };
            let made_room = gone.is_some();
            if let Some(answer) = gone.and_then(|gone| gone.answer) {
                answer.let_go();
            }
            if self.gives_way.is_cancelled() {
                return Err(Failure::GaveWay);
            }
            if now >= latest {
                return Err(Failure::NoRoom);
            }
            let until = if made_room { latest } else { latest.min(now + BEGINS / 10) };
            drop(timeout_at(until, given_back).await);
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut state = self.room.state();
        state.coming.remove(&self.key);
        state.free = state.free.saturating_add(self.has.saturating_sub(OWN));
        drop(state);
        self.room.shared.given_back.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(length: usize) -> Body {
        Body::from(vec![b' '; length])
    }

    #[tokio::test]
    async fn all_that_is_taken_is_given_back_and_no_more() {
        let room = Room::for_bodies_of(3 * OWN);
        let free = || room.state().free;
        let all = free();
        for (length, takes) in [(0, 0), (OWN, 0), (OWN + 1, 1), (3 * OWN, 2 * OWN)] {
            let (read, held) = room.read(body(length)).await.unwrap();
            assert_eq!((read.len(), all - free()), (length, takes));
            assert!(read.capacity() <= OWN.max(length), "{}", read.capacity());
            drop(held);
            assert_eq!(free(), all);
        }
        assert!(matches!(room.read(body(3 * OWN + 1)).await, Err(Failure::TooLarge { .. })));
        let held =
            [room.read(body(3 * OWN)).await.unwrap(), room.read(body(3 * OWN)).await.unwrap()];
        let third = room.read(body(3 * OWN)).await.unwrap();
        assert_eq!(free(), 0);
        assert!(matches!(room.read(body(OWN + 1)).await, Err(Failure::NoRoom)));
        assert!(room.read(body(OWN)).await.is_ok(), "it has room of its own");
        drop((held, third));
        assert_eq!((free(), room.state().coming.len()), (all, 0));
    }

    #[test]
    fn of_bodies_that_come_the_slowest_gives_way_and_none_that_is_there_or_waits() {
        let room = Room::for_bodies_of(1 << 30);
        let begun = Instant::now();
        let after = |seconds| begun + Duration::from_secs(seconds);
        let each = [
            ("fast", 100 << 20, false),
            ("slow", 900_000, false),
            ("slower", 100_000, false),
            ("waits", 0, true),
        ];
        let each = each.map(|(name, bytes, waits)| {
            let held = room.held();
            let gives_way = held.gives_way.clone();
            let coming = Coming { since: begun, bytes, waits, gives_way, answer: None };
            room.state().coming.insert(held.key, coming);
            (name, held)
        });
        let gone = || {
            let gone = each.iter().filter(|(_, held)| held.gives_way.is_cancelled());
            gone.map(|(name, _)| *name).collect::<Vec<_>>()
        };
        let own = each[0].1.key;
        assert!(room.state().make_room(own, after(1)).is_none(), "a body may begin slowly");
        assert!(room.state().make_room(own, after(2)).is_some());
        assert_eq!(gone(), ["slower"]);
        assert!(room.state().make_room(own, after(2)).is_some());
        assert_eq!(gone(), ["slow", "slower"]);
        assert!(room.state().make_room(own, after(60)).is_none(), "nobody makes room for itself");
        each[3].1.is_complete();
        let other = u64::MAX;
        assert!(room.state().make_room(other, after(60)).is_none(), "it is fast enough");
        assert!(room.state().make_room(other, after(3_600)).is_some());
        assert_eq!(gone(), ["fast", "slow", "slower"]);
    }
}
