//! A zone, or what changed in it, out of the messages of a transfer ([RFC 5936], [RFC 1995]).
//!
//! [RFC 5936]: https://www.rfc-editor.org/rfc/rfc5936
//! [RFC 1995]: https://www.rfc-editor.org/rfc/rfc1995

use crate::exchange::{Answers, More};
use crate::message::{IN, Request, ResourceRecord, Response};
use crate::name::Name;
use crate::record_type::{AXFR, IXFR, NS, SOA};
use crate::snapshot::{Snapshot, serial};

/// Puts a zone together.
#[derive(Debug)]
pub struct Transfer {
    zone: Name,
    /// What is known already, for an incremental transfer.
    known: Option<Snapshot>,
    state: State,
}

/// What came of a transfer.
#[derive(Debug, PartialEq, Eq)]
pub enum Transferred {
    /// The zone as it is now.
    Zone(Snapshot),
    /// It has not changed.
    Unchanged,
    /// The server cannot tell what changed: the whole zone must be read.
    TooOld,
}

#[derive(Debug)]
enum State {
    /// Nothing came yet.
    Start,
    /// The version that will be reached; nothing else came yet.
    Opened(ResourceRecord),
    /// The whole zone is coming.
    Whole(Snapshot),
    /// Differences are coming: what they make of the zone, what ends them, and which half this is.
    Steps(Snapshot, ResourceRecord, Half),
    /// It is complete.
    Complete(Snapshot),
}

#[derive(Clone, Copy, Debug)]
enum Half {
    Removed,
    Added,
}

/// Returns the question for a whole zone.
pub fn whole(zone: Name) -> Request {
    Request::question(zone, AXFR)
}

/// Returns the question for what changed in a zone since a version of it.
pub fn incremental(zone: Name, known: &Snapshot) -> Request {
    let soa = ResourceRecord {
        name: zone.clone(),
        record_type: SOA,
        class: IN,
        ttl: 0,
        data: known.soa.clone(),
    };
    Request { authority: vec![soa], ..Request::question(zone, IXFR) }
}

impl Transfer {
    /// Returns what takes in the answers to [`whole`] for a zone, or to [`incremental`] when `known`
    /// is what was asked from.
    pub fn new(zone: Name, known: Option<Snapshot>) -> Self {
        Self { zone, known, state: State::Start }
    }

    /// Returns what came of it.
    pub fn outcome(self) -> Transferred {
        let Self { zone: _, known, state } = self;
        match state {
            State::Complete(snapshot) => Transferred::Zone(snapshot),
            State::Opened(soa) if known.is_some_and(|known| serial(&soa) == Some(known.serial)) => {
                Transferred::Unchanged
            }
            State::Start | State::Opened(_) | State::Whole(_) | State::Steps(..) => {
                Transferred::TooOld
            }
        }
    }

    fn step(&mut self, record: ResourceRecord) -> Result<(), String> {
        let is_soa = record.record_type == SOA;
        if is_soa && record.name != self.zone {
            return Err("it has the SOA record of another zone".to_owned());
        }
        // Such as glue that was left behind: it is not of this zone, and no query is answered with it.
        if !self.zone.zone_of(&record.name) {
            return Ok(());
        }
        let state = std::mem::replace(&mut self.state, State::Start);
        self.state = match state {
            State::Start if is_soa => State::Opened(record),
            State::Start => {
                return Err("the first record of a transfer is no SOA record".to_owned());
            }
            State::Opened(soa) => self.second(soa, record)?,
            State::Whole(snapshot) if is_soa => {
                if serial(&record) != Some(snapshot.serial) {
                    return Err("the zone changed while it was transferred".to_owned());
                }
                self.complete(snapshot)?
            }
            State::Whole(mut snapshot) => {
                snapshot.add(record);
                State::Whole(snapshot)
            }
            State::Steps(snapshot, end, half) if is_soa => {
                match between(snapshot, end, half, &record)? {
                    State::Complete(snapshot) => self.complete(snapshot)?,
                    state => state,
                }
            }
            State::Steps(mut snapshot, end, half) => {
                match half {
                    Half::Added => snapshot.add(record),
                    Half::Removed => {
                        if !snapshot.remove(&record) {
                            return Err("it removes a record that was not there".to_owned());
                        }
                    }
                }
                State::Steps(snapshot, end, half)
            }
            State::Complete(_) => return Err("it goes on after its end".to_owned()),
        };
        Ok(())
    }

    /// Takes what has come for the zone, which has name servers of its own ([RFC 1034, 4.2.1]).
    ///
    /// [RFC 1034, 4.2.1]: https://www.rfc-editor.org/rfc/rfc1034#section-4.2.1
    fn complete(&self, snapshot: Snapshot) -> Result<State, String> {
        if snapshot.get(&self.zone, NS).is_none() {
            return Err("it has no NS record of the zone itself, so it is not all of it".to_owned());
        }
        Ok(State::Complete(snapshot))
    }

    /// The second record tells a whole zone from differences.
    fn second(&mut self, soa: ResourceRecord, record: ResourceRecord) -> Result<State, String> {
        let no_soa = || "the SOA record makes no sense".to_owned();
        let is_soa = record.record_type == SOA;
        match &mut self.known {
            Some(known) if is_soa && serial(&record) != serial(&soa) => {
                if serial(&record) != Some(known.serial) {
                    return Err("the differences are from another version than ours".to_owned());
                }
                Ok(State::Steps(known.clone(), soa, Half::Removed))
            }
            _ => {
                let mut snapshot = Snapshot::new(&soa).ok_or_else(no_soa)?;
                if is_soa {
                    return Err("it ends where it begins, and no zone is empty".to_owned());
                }
                snapshot.add(record);
                Ok(State::Whole(snapshot))
            }
        }
    }
}

/// What an SOA record between differences means.
fn between(
    mut snapshot: Snapshot,
    end: ResourceRecord,
    half: Half,
    record: &ResourceRecord,
) -> Result<State, String> {
    let no_soa = || "an SOA record makes no sense".to_owned();
    match half {
        Half::Removed => {
            snapshot.set_soa(record).ok_or_else(no_soa)?;
            Ok(State::Steps(snapshot, end, Half::Added))
        }
        // The end is the first record again, when the last step has led there.
        Half::Added if record.data == end.data && serial(&end) == Some(snapshot.serial) => {
            Ok(State::Complete(snapshot))
        }
        Half::Added if serial(record) == Some(snapshot.serial) => {
            Ok(State::Steps(snapshot, end, Half::Removed))
        }
        Half::Added => Err("the differences do not follow each other".to_owned()),
    }
}

impl Answers for Transfer {
    fn take(&mut self, response: Response) -> Result<More, String> {
        if response.answers.is_empty() {
            return Err("it has a message without records".to_owned());
        }
        for record in response.answers {
            self.step(record)?;
        }
        Ok(match (&self.state, &self.known) {
            // One SOA record alone: nothing changed, or the server says that it cannot tell.
            (State::Complete(_), _) | (State::Opened(_), Some(_)) => More::No,
            _ => More::Yes,
        })
    }
}

#[cfg(test)]
mod tests;
