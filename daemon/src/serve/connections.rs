//! Which connections a listener has, how long each may wait, and which goes when there is no room.
//!
//! Pure: the time is an argument. A connection that waits for its client costs a file and nothing
//! else, so it is the one that goes: those that are being answered stay, and who comes is let in. One
//! whose client takes nothing of its answer, or does not send what it asks with, waits for it, too.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// What a listener puts up with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many requests are answered at a time.
    pub requests: usize,
    /// How many connections there may be besides, for probes and for those that wait.
    pub reserve: usize,
    /// How long a request's head, and a TLS handshake before it, may take.
    pub head: Duration,
    /// How long a connection is kept between two requests: longer than clients keep one, so that
    /// none is closed while a client begins to use it.
    pub idle: Duration,
    /// How long a request's body may take.
    pub body: Duration,
    /// How long a client may take nothing of its answer.
    pub stall: Duration,
}

/// How long a client may take nothing of its answer before others have its place.
const STALLED: Duration = Duration::from_secs(1);

/// How long a body may take before others have its place.
const SLOW: Duration = Duration::from_secs(5);

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests: 256,
            reserve: 64,
            head: Duration::from_secs(10),
            idle: Duration::from_mins(2),
            body: Duration::from_mins(1),
            stall: Duration::from_secs(30),
        }
    }
}

impl Limits {
    /// Returns limits that leave most of `files` to the rest of the process, which may have two
    /// listeners and asks others, too.
    pub fn within(files: u64) -> Self {
        let Self { requests, reserve, .. } = Self::default();
        let share = usize::try_from(files / 4).unwrap_or(usize::MAX).max(2);
        let most = requests + reserve;
        if share >= most {
            return Self::default();
        }
        let reserve = (share / 4).max(1);
        Self { requests: share - reserve, reserve, ..Self::default() }
    }
}

/// What a connection is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// A head has begun to come, or ought to.
    Head,
    /// Nothing, after an answer.
    Idle,
    /// A body comes.
    Body,
    /// An answer is made or sent.
    Answer,
}

#[derive(Debug)]
struct Progress {
    phase: Phase,
    since: Instant,
    /// When the client has stopped to take its answer; `None` while it does not.
    stalled: Option<Instant>,
    has_asked: bool,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Connection {
    progress: Mutex<Progress>,
    close: CancellationToken,
}

impl Connection {
    fn new(now: Instant) -> Self {
        let progress = Progress { phase: Phase::Head, since: now, stalled: None, has_asked: false };
        Self { progress: Mutex::new(progress), close: CancellationToken::new() }
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, phase: Phase, now: Instant) {
        let mut progress = self.progress();
        (progress.phase, progress.since) = (phase, now);
    }

    /// Waits until the connection is to be closed.
    pub(super) async fn closed(&self) {
        self.close.cancelled().await;
    }

    /// Notes that bytes came.
    pub(super) fn received(&self, now: Instant) {
        if self.progress().phase == Phase::Idle {
            self.enter(Phase::Head, now);
        }
    }

    /// Notes that a request's head is there.
    pub(super) fn asked(&self, has_body: bool, now: Instant) {
        self.progress().has_asked = true;
        self.enter(if has_body { Phase::Body } else { Phase::Answer }, now);
    }

    /// Notes that a request's body is there, or that nobody wants it.
    pub(super) fn has_body(&self, now: Instant) {
        if self.progress().phase == Phase::Body {
            self.enter(Phase::Answer, now);
        }
    }

    /// Notes that an answer is complete.
    pub(super) fn answered(&self, now: Instant) {
        self.enter(Phase::Idle, now);
    }

    /// Notes whether the client takes what is sent.
    pub(super) fn takes(&self, takes: bool, now: Instant) {
        let stalled = &mut self.progress().stalled;
        if takes {
            *stalled = None;
        } else {
            stalled.get_or_insert(now);
        }
    }

    fn is_waiting(&self) -> bool {
        matches!(self.progress().phase, Phase::Head | Phase::Idle)
    }

    fn is_overdue(&self, limits: &Limits, now: Instant) -> bool {
        let Progress { phase, since, stalled, has_asked: _ } = &*self.progress();
        let most = match phase {
            Phase::Head => Some(limits.head),
            Phase::Idle => Some(limits.idle),
            Phase::Body => Some(limits.body),
            // How long an answer takes is for the one that makes it.
            Phase::Answer => None,
        };
        let is_stalled = stalled.is_some_and(|stalled| now - stalled > limits.stall);
        is_stalled || most.is_some_and(|most| now - *since > most)
    }

    /// Returns what orders connections that wait for their clients by how easily they are missed, those
    /// that have waited longest first; `None` for those that are answered.
    fn worth(&self, now: Instant) -> Option<(Worth, Instant)> {
        let Progress { phase, since, stalled, has_asked } = &*self.progress();
        if let Some(stalled) = stalled.filter(|stalled| now.duration_since(*stalled) >= STALLED) {
            return Some((Worth::Stalled, stalled));
        }
        let worth = match phase {
            Phase::Head | Phase::Idle if *has_asked => Worth::Idle,
            Phase::Head | Phase::Idle => Worth::New,
            Phase::Body if now.duration_since(*since) >= SLOW => Worth::Slow,
            Phase::Body | Phase::Answer => return None,
        };
        Some((worth, *since))
    }
}

/// What a connection that waits for its client is worth, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Worth {
    /// It never asked for anything.
    New,
    /// Its client takes nothing of the answer.
    Stalled,
    /// Its client does not send what it asks with.
    Slow,
    /// It was answered, and may ask again.
    Idle,
}

/// The connections of one listener.
#[derive(Debug)]
pub(super) struct Connections {
    limits: Limits,
    open: Mutex<(u64, BTreeMap<u64, Arc<Connection>>)>,
}

/// A connection that was let in, for as long as it lives.
#[derive(Debug)]
pub(super) struct Admitted {
    pub(super) connection: Arc<Connection>,
    /// Whether another had to go for it.
    pub(super) made_room: bool,
    key: u64,
    connections: Arc<Connections>,
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.connections.open().1.remove(&self.key);
    }
}

impl Connections {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, open: Mutex::default() }
    }

    fn open(&self) -> MutexGuard<'_, (u64, BTreeMap<u64, Arc<Connection>>)> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a new connection in, for which one that waits may have to go; `None` when every place
    /// is taken by a request.
    pub(super) fn admit(self: &Arc<Self>, now: Instant) -> Option<Admitted> {
        let is_full = self.open().1.len() >= self.limits.requests + self.limits.reserve;
        if is_full && !self.make_room(now) {
            return None;
        }
        let connection = Arc::new(Connection::new(now));
        let mut open = self.open();
        let (next, connections) = &mut *open;
        let key = *next;
        *next += 1;
        connections.insert(key, Arc::clone(&connection));
        let connections = Arc::clone(self);
        Some(Admitted { connection, made_room: is_full, key, connections })
    }

    /// Closes the connection that is missed least; returns whether there was one that waits.
    pub(super) fn make_room(&self, now: Instant) -> bool {
        self.close_least(now, |_| true)
    }

    /// Closes the connection that is missed least of those that have a request's place and wait for
    /// their clients; returns whether there was one.
    pub(super) fn make_place(&self, now: Instant) -> bool {
        self.close_least(now, |worth| matches!(worth, Worth::Stalled | Worth::Slow))
    }

    fn close_least(&self, now: Instant, goes: impl Fn(Worth) -> bool) -> bool {
        let mut open = self.open();
        let waiting =
            open.1.iter().filter_map(|(key, connection)| Some((connection.worth(now)?, *key)));
        let least = waiting.filter(|((worth, _), _)| goes(*worth)).min().map(|(_, key)| key);
        let Some(connection) = least.and_then(|key| open.1.remove(&key)) else { return false };
        connection.close.cancel();
        true
    }

    /// Closes every connection that has taken too long.
    pub(super) fn sweep(&self, now: Instant) {
        self.close_if(|connection| connection.is_overdue(&self.limits, now));
    }

    /// Closes every connection that waits for its client.
    pub(super) fn close_waiting(&self) {
        self.close_if(Connection::is_waiting);
    }

    fn close_if(&self, goes: impl Fn(&Connection) -> bool) {
        for connection in self.open().1.values().filter(|connection| goes(connection)) {
            connection.close.cancel();
        }
    }
}

#[cfg(test)]
mod tests;
