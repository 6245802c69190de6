//! The zones and what they are believed to hold, and how old that belief is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Snapshot;
use crate::name::WireName;
use crate::record_set::RecordSet;
use crate::zones::{Discovery, Unreachable, Zone};

/// How old what we know may be.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Age at which the zones are listed again; zero for before every answer.
    pub zones: Duration,
    /// Age at which all record sets are read again; zero for before every answer.
    pub records: Duration,
}

/// What must be read before a question can be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Nothing.
    Nothing,
    /// Something is old: answer now, read behind the answer.
    Soon,
    /// Something must be read that no read under way can be trusted to see.
    Fresh,
    /// Something was never read: any read that ends will do.
    First,
}

/// The zones and what they are believed to hold.
#[derive(Debug, Default)]
pub struct Store {
    zones: BTreeMap<Box<str>, Held>,
    unreachable: Vec<Unreachable>,
    /// Names that an object has sent to zones where they do not go by themselves.
    pinned: BTreeSet<WireName>,
    discovered_at: Option<Instant>,
    revision: u64,
}

/// A zone and what it is believed to hold.
#[derive(Debug)]
pub struct Held {
    /// The zone.
    pub zone: Arc<Zone>,
    /// Its record sets; `None` before the first read and while it is denied.
    pub snapshot: Option<Snapshot>,
    /// When the last full read began.
    pub read_at: Option<Instant>,
    /// Why the zone cannot be used; `None` when it can.
    pub unavailable: Option<String>,
    /// Whether something was not as we believed, so that all must be read again.
    surprised: bool,
    /// How many more record sets AWS counts than it lists; almost always zero.
    uncounted: i64,
    /// Names that were patched while a full read is under way, whose pages may be older.
    patched: Option<BTreeSet<WireName>>,
}

impl Store {
    /// Returns what must be read before a question can be answered.
    pub fn need(&self, now: Instant, patience: Patience) -> Need {
        let aged = |since: Option<Instant>, limit: Duration| match since {
            None => Need::First,
            Some(_) if limit.is_zero() => Need::Fresh,
            Some(since) if now.duration_since(since) >= limit => Need::Soon,
            Some(_) => Need::Nothing,
        };
        let held = self.zones.values().map(|held| match (&held.unavailable, &held.snapshot) {
            (Some(_), _) => Need::Nothing,
            (None, None) => Need::First,
            (None, Some(_)) if held.surprised => Need::Fresh,
            (None, Some(_)) => aged(held.read_at, patience.records),
        });
        held.chain([aged(self.discovered_at, patience.zones)]).max().unwrap_or(Need::First)
    }

    /// Tells whether every zone that can be used has been read.
    pub fn is_complete(&self) -> bool {
        self.discovered_at.is_some()
            && self.zones.values().all(|it| it.unavailable.is_some() || it.snapshot.is_some())
    }

    /// Tells whether the zones were found `limit` ago or longer, or never.
    pub fn zones_are_older_than(&self, now: Instant, limit: Duration) -> bool {
        self.discovered_at.is_none_or(|since| now.duration_since(since) >= limit)
    }

    /// Returns the zones that must be read, and from now on remembers which names are patched.
    pub fn begin_read(&mut self, now: Instant, limit: Duration) -> Vec<Arc<Zone>> {
        let due = |held: &&mut Held| {
            held.unavailable.is_none()
                && (held.surprised
                    || held.snapshot.is_none()
                    || held.read_at.is_none_or(|since| now.duration_since(since) >= limit))
        };
        let begin = |held: &mut Held| {
            held.patched = Some(BTreeSet::new());
            Arc::clone(&held.zone)
        };
        self.zones.values_mut().filter(due).map(begin).collect()
    }

    /// Takes in the zones that were found.
    ///
    /// A zone whose number of record sets is not the one we believe in has been changed by someone
    /// else, and is read again. A zone that was denied gets another chance.
    pub fn discovered(&mut self, discovery: Discovery, now: Instant) {
        let Discovery { zones, unreachable } = discovery;
        let before = self.zones.len();
        self.zones.retain(|id, _| zones.contains_key(id));
        let mut changed = before != self.zones.len();
        for (id, zone) in zones {
            if let Some(held) = self.zones.get_mut(&id) {
                if let (Some(snapshot), Some(counted)) = (&held.snapshot, zone.record_count) {
                    held.surprised |= difference(counted, snapshot) != held.uncounted;
                }
                changed |= held.unavailable.take().is_some();
                held.zone = zone;
            } else {
                changed = true;
                let held = Held {
                    zone,
                    snapshot: None,
                    read_at: None,
                    unavailable: None,
                    surprised: false,
                    uncounted: 0,
                    patched: None,
                };
                self.zones.insert(id, held);
            }
        }
        self.unreachable = unreachable;
        self.discovered_at = Some(now);
        self.revision += u64::from(changed);
    }

    /// Takes in a full read that began at `begun`.
    pub fn read(&mut self, zone_id: &str, mut snapshot: Snapshot, begun: Instant) {
        let Some(held) = self.zones.get_mut(zone_id) else {
            return;
        };
        if let (Some(patched), Some(ours)) = (held.patched.take(), &held.snapshot) {
            for name in patched {
                snapshot.replace(&name, ours.named(&name).to_vec());
            }
        }
        let same = held
            .snapshot
            .as_ref()
            .is_some_and(|old| old.len() == snapshot.len() && old.iter().eq(snapshot.iter()));
        if let (Some(counted), true) = (held.zone.record_count, self.discovered_at == Some(begun)) {
            held.uncounted = difference(counted, &snapshot);
        }
        held.snapshot = Some(snapshot);
        held.read_at = Some(begun);
        held.unavailable = None;
        held.surprised = false;
        self.revision += u64::from(!same);
    }

    /// Takes in that a zone cannot be used.
    pub fn denied(&mut self, zone_id: &str, reason: String) {
        if let Some(held) = self.zones.get_mut(zone_id) {
            held.snapshot = None;
            held.patched = None;
            held.unavailable = Some(reason);
            self.revision += 1;
        }
    }

    /// Takes in that something is not as we believe, without knowing what is.
    pub fn surprise(&mut self, zone_id: &str) {
        if let Some(held) = self.zones.get_mut(zone_id) {
            held.surprised = true;
        }
    }

    /// Takes in what a name holds now.
    pub fn patch(&mut self, zone_id: &str, name: &WireName, sets: Vec<RecordSet>) {
        let Some(held) = self.zones.get_mut(zone_id) else {
            return;
        };
        let Some(snapshot) = &mut held.snapshot else {
            return;
        };
        if snapshot.named(name) != sets {
            snapshot.replace(name, sets);
            self.revision += 1;
        }
        if let Some(patched) = &mut held.patched {
            patched.insert(name.clone());
        }
    }

    /// Returns a zone.
    pub fn zone(&self, id: &str) -> Option<&Held> {
        self.zones.get(id)
    }

    /// Iterates over all zones, public ones first, then by id.
    pub fn zones(&self) -> impl Iterator<Item = &Held> {
        let public = self.zones.values().filter(|it| !it.zone.private);
        public.chain(self.zones.values().filter(|it| it.zone.private))
    }

    /// Iterates over the zones that can be used, in the same order.
    pub fn available(&self) -> impl Iterator<Item = &Held> {
        self.zones().filter(|it| it.unavailable.is_none())
    }

    /// Returns the zones that were asked for by their id and cannot be reached.
    pub fn unreachable(&self) -> &[Unreachable] {
        &self.unreachable
    }

    /// Remembers that a name was sent to zones where it does not go by itself.
    ///
    /// Its record sets there are ours to show from now on; others in such zones are leftovers.
    pub fn pin(&mut self, name: &WireName) {
        if self.pinned.insert(name.clone()) {
            self.revision += 1;
        }
    }

    /// Tells whether a name was sent to zones where it does not go by itself.
    pub fn is_pinned(&self, name: &WireName) -> bool {
        self.pinned.contains(name)
    }

    /// Returns a number that grows with every change of what is known.
    pub fn revision(&self) -> u64 {
        self.revision
    }
}

/// Returns how many more record sets were counted than are in a snapshot.
fn difference(counted: u64, snapshot: &Snapshot) -> i64 {
    let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    signed(counted) - signed(snapshot.len() as u64)
}
