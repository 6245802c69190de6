//! Which connections a listener has, how long each may wait, and which goes when there is no room.
//!
//! Pure: the time is an argument. A connection that waits for its client costs a file and nothing
//! else, so it is the one that goes, the one that has waited longest first: those that are being answered
//! stay, and who comes is let in. A client that sends half of a head or body, or takes nothing of its
//! answer, is waited for, too; each byte of a body or answer pays for some time, so that one now and then
//! does not count as progress.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
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

/// How long a connection may wait for its client before others have its place: a moment is no fault, and
/// those that come wait for it. Some thousands a second have theirs.
const MOMENT: Duration = Duration::from_millis(50);

/// How many moments a client of TLS has, which takes turns with us before it asks.
const MOMENTS_OF_TLS: u32 = 4;

/// How long one byte of a body or answer pays for: 64 KiB pay for a second.
const PAID_BY_A_BYTE: Duration = Duration::from_nanos(1_000_000_000 / (64 << 10));

/// For how long bytes may pay in advance, and never for longer than they have come: what the system keeps
/// in its buffers is taken at once, by nobody.
const CREDIT: Duration = Duration::from_secs(1);

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

/// How soon to look again whether connections that were let in are looked at.
const SOON: Duration = Duration::from_millis(5);

/// What a connection is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// It was let in, and nobody has looked at it yet: it waits for us.
    New,
    /// A head has begun to come, or ought to.
    Head,
    /// Nothing, after an answer.
    Idle,
    /// A head is there, and whether its request is let in is found out.
    Asked,
    /// A body comes.
    Body,
    /// What is asked for is done, and waits for no client.
    Work,
    /// An answer is sent.
    Answer,
}

#[derive(Debug)]
struct Progress {
    phase: Phase,
    since: Instant,
    /// Until when the client has paid for the body, by its bytes.
    paid: Instant,
    /// How the client takes what is written; `None` while it has taken all.
    taking: Option<Taking>,
    /// Whether the request has one of the places of those that are answered.
    has_place: bool,
}

/// How a client takes an answer that did not leave at once.
#[derive(Clone, Copy, Debug)]
struct Taking {
    /// Since when it has something to take.
    since: Instant,
    /// When it last took something.
    progress: Instant,
    /// Until when it has paid, by the bytes that it took.
    paid: Instant,
}

/// What became of an attempt to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// The client does not take any more for now.
    Nothing,
    /// It took so many bytes.
    Bytes(usize),
    /// It took all that there was.
    All,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Connection {
    progress: Mutex<Progress>,
    close: CancellationToken,
}

impl Connection {
    fn new(now: Instant) -> Self {
        let progress =
            Progress { phase: Phase::New, since: now, paid: now, taking: None, has_place: false };
        Self { progress: Mutex::new(progress), close: CancellationToken::new() }
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, phase: Phase, now: Instant) {
        let mut progress = self.progress();
        (progress.phase, progress.since, progress.paid) = (phase, now, now);
    }

    /// Waits until the connection is to be closed.
    pub(super) async fn closed(&self) {
        self.close.cancelled().await;
    }

    /// Notes that it is looked at: from here on it waits for its client.
    pub(super) fn begun(&self, now: Instant) {
        self.enter(Phase::Head, now);
    }

    /// Notes that so many bytes came.
    pub(super) fn received(&self, bytes: usize, now: Instant) {
        let mut progress = self.progress();
        match progress.phase {
            Phase::Idle => (progress.phase, progress.since) = (Phase::Head, now),
            Phase::Body => progress.paid = paid(progress.since, progress.paid, bytes, now),
            Phase::New | Phase::Head | Phase::Asked | Phase::Work | Phase::Answer => {}
        }
    }

    /// Notes that a request's head is there: it is now looked at.
    pub(super) fn asked(&self, now: Instant) {
        self.enter(Phase::Asked, now);
    }

    /// Notes that a request is let in, with a place or besides, and that what is left of it is read.
    pub(super) fn let_in(&self, has_body: bool, has_place: bool, now: Instant) {
        self.progress().has_place = has_place;
        self.enter(if has_body { Phase::Body } else { Phase::Work }, now);
    }

    /// Notes that a request's body is there, or that nobody wants it.
    pub(super) fn has_body(&self, now: Instant) {
        if self.progress().phase == Phase::Body {
            self.enter(Phase::Work, now);
        }
    }

    /// Notes that what was asked for is done, and that its answer is sent.
    pub(super) fn done(&self, now: Instant) {
        self.enter(Phase::Answer, now);
    }

    /// Notes that an answer is complete.
    pub(super) fn answered(&self, now: Instant) {
        self.progress().has_place = false;
        self.enter(Phase::Idle, now);
    }

    /// Notes what the client takes of what is sent.
    pub(super) fn takes(&self, written: Written, now: Instant) {
        let taking = &mut self.progress().taking;
        match written {
            Written::Nothing => {
                let begins = Taking { since: now, progress: now, paid: now };
                *taking = Some(taking.unwrap_or(begins));
            }
            Written::Bytes(bytes) => {
                if let Some(Taking { since, progress, paid: until }) = taking {
                    (*progress, *until) = (now, paid(*since, *until, bytes, now));
                }
            }
            Written::All => *taking = None,
        }
    }

    fn is_waiting(&self) -> bool {
        matches!(self.progress().phase, Phase::New | Phase::Head | Phase::Idle)
    }

    fn is_overdue(&self, limits: &Limits, now: Instant) -> bool {
        let Progress { phase, since, taking, .. } = &*self.progress();
        let most = match phase {
            Phase::New | Phase::Head => Some(limits.head),
            Phase::Idle => Some(limits.idle),
            Phase::Body => Some(limits.body),
            // The client may not have taken an answer before it: what has begun is finished all the same.
            Phase::Work => return false,
            // How long an answer takes is for the one that makes it.
            Phase::Asked | Phase::Answer => None,
        };
        let is_stalled = taking.is_some_and(|taking| now - taking.progress > limits.stall);
        is_stalled || most.is_some_and(|most| now - *since > most)
    }

    /// Returns what orders connections that wait for their clients by how easily they are missed, those
    /// that have waited longest first; `None` for those that are answered.
    fn worth(&self, now: Instant) -> Option<(Worth, Instant)> {
        let (since, is_idle) = self.waits_since()?;
        let worth = if since > now {
            Worth::Paid
        } else if is_idle {
            Worth::Idle
        } else {
            Worth::Half
        };
        Some((worth, since))
    }

    /// Returns since when the connection waits for its client, and whether that is for another request;
    /// `None` while it is answered.
    fn waits_since(&self) -> Option<(Instant, bool)> {
        let Progress { phase, since, paid, taking, .. } = &*self.progress();
        match (phase, taking) {
            // Work, whatever there is to take of the answers before it.
            (Phase::Work, _) | (Phase::New | Phase::Asked | Phase::Answer, None) => None,
            (_, Some(taking)) => Some((taking.paid, false)),
            (Phase::Body, None) => Some((*paid, false)),
            (Phase::Head, None) => Some((*since, false)),
            (Phase::Idle, None) => Some((*since, true)),
        }
    }
}

fn has_place(connection: &Connection) -> bool {
    connection.progress().has_place
}

/// Returns until when a client has paid with so many bytes more; the first could come at `since`.
fn paid(since: Instant, before: Instant, bytes: usize, now: Instant) -> Instant {
    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
    let credit = CREDIT.min(now.saturating_duration_since(since));
    (before + PAID_BY_A_BYTE * bytes).min(now + credit)
}

/// What a connection that waits for its client is worth, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Worth {
    /// Its client does not send what it asks with, or does not take its answer.
    Half,
    /// It was answered, and may ask again.
    Idle,
    /// Its client sends or takes as fast as one may expect, and goes on.
    Paid,
}

/// The connections of one listener.
#[derive(Debug)]
pub(super) struct Connections {
    limits: Limits,
    /// How long a connection may wait for its client before others have its place.
    moment: Duration,
    open: Mutex<(u64, BTreeMap<u64, Arc<Connection>>)>,
    /// Told of each connection that is gone.
    gone: Notify,
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
        self.connections.gone.notify_one();
    }
}

impl Connections {
    /// Returns none; `has_tls` says that a client has to shake hands first.
    pub(super) fn new(limits: Limits, has_tls: bool) -> Self {
        let moment = if has_tls { MOMENT * MOMENTS_OF_TLS } else { MOMENT };
        Self { limits, moment, open: Mutex::default(), gone: Notify::new() }
    }

    fn open(&self) -> MutexGuard<'_, (u64, BTreeMap<u64, Arc<Connection>>)> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns when there will be room for another connection, after `now`; `None` when there is, or when
    /// to wait would help nobody.
    pub(super) fn room_after(&self, now: Instant) -> Option<Instant> {
        self.is_full().then(|| self.next(now, |_| true)).flatten()
    }

    /// Waits until a connection is gone, or is so since the last time.
    pub(super) async fn one_gone(&self) {
        self.gone.notified().await;
    }

    /// Returns when there will be a place that can be made for another request, after `now`; `None` when
    /// each is needed.
    pub(super) fn place_after(&self, now: Instant) -> Option<Instant> {
        // Those that were closed give theirs back, and to wait for one is to have it then.
        let taken = self.open().1.values().filter(|connection| has_place(connection)).count();
        let given_back = (taken < self.limits.requests).then_some(now + self.moment);
        given_back.into_iter().chain(self.next(now, has_place)).min()
    }

    /// Lets a new connection in, for which one that waits may have to go; `None` when every place
    /// is taken by a request.
    pub(super) fn admit(self: &Arc<Self>, now: Instant) -> Option<Admitted> {
        let is_full = self.is_full();
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

    /// Tells whether another connection has to wait for room.
    pub(super) fn is_full(&self) -> bool {
        self.open().1.len() >= self.limits.requests + self.limits.reserve
    }

    /// Closes the connection that is missed least; returns whether there was one that waits.
    pub(super) fn make_room(&self, now: Instant) -> bool {
        self.close_least(now, self.limits.requests + self.limits.reserve, |_| true)
    }

    /// Closes the connection that is missed least of those that have a request's place and wait for
    /// their clients; returns whether there was one.
    pub(super) fn make_place(&self, now: Instant) -> bool {
        self.close_least(now, self.limits.requests, has_place)
    }

    /// Closes the connection that is missed least of those that are among `most` that there may be. Those
    /// whose clients send or take and go on have three quarters: a share is for those that end.
    fn close_least(&self, now: Instant, most: usize, is_one: impl Fn(&Connection) -> bool) -> bool {
        let mut open = self.open();
        let those = open.1.iter().filter(|(_, connection)| is_one(connection));
        let waiting: Vec<_> =
            those.filter_map(|(key, connection)| Some((connection.worth(now)?, *key))).collect();
        let count = waiting.iter().filter(|((worth, _), _)| *worth == Worth::Paid).count();
        let keeps_paid = count <= most - most.div_ceil(4);
        let keeps_idle = self.are_young(open.1.values(), now);
        let goes = |worth: Worth, since: Instant| match worth {
            Worth::Half => now >= since + self.moment,
            Worth::Idle => now >= since + self.moment && !keeps_idle,
            Worth::Paid => !keeps_paid,
        };
        let least = waiting.iter().filter(|((worth, since), _)| goes(*worth, *since)).min();
        let Some(connection) = least.and_then(|(_, key)| open.1.remove(key)) else { return false };
        connection.close.cancel();
        true
    }

    /// Tells whether so many have come that have not asked for anything, and not had a moment for it either,
    /// that one gets the place of one of them soon: those that were answered and may ask again keep theirs
    /// meanwhile. A few that come again and again keep nobody's.
    fn are_young<'a>(&self, open: impl Iterator<Item = &'a Arc<Connection>>, now: Instant) -> bool {
        let is_young = |connection: &&Arc<Connection>| {
            let is_new = connection.progress().phase == Phase::New;
            is_new
                || connection
                    .worth(now)
                    .is_some_and(|(worth, since)| worth == Worth::Half && now < since + self.moment)
        };
        open.filter(is_young).count() > (self.limits.requests + self.limits.reserve) / 4
    }

    /// Returns when the first of those that wait for their clients, and may go, has waited for a moment, if
    /// that is after `now` and a moment away at most; soon, where one is about to be looked at.
    fn next(&self, now: Instant, is_one: impl Fn(&Connection) -> bool) -> Option<Instant> {
        let open = self.open();
        let keeps_idle = self.are_young(open.1.values(), now);
        let those = || open.1.values().filter(|connection| is_one(connection));
        let waits = |connection: &Arc<Connection>| {
            let (since, is_idle) = connection.waits_since()?;
            (!is_idle || !keeps_idle).then_some(since)
        };
        let since = those().filter_map(waits).min();
        let waited = since.filter(|since| *since <= now).map(|since| since + self.moment);
        if waited.is_some_and(|at| at <= now) {
            return None;
        }
        let is_looked_at = |connection: &Arc<Connection>| {
            matches!(connection.progress().phase, Phase::New | Phase::Asked)
        };
        waited.into_iter().chain(those().any(is_looked_at).then_some(now + SOON)).min()
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
