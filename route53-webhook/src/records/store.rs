//! The zones and what they are believed to hold, and how old that belief is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use self::by_name::ByName;
use self::patched::Patch;
use super::Snapshot;
use super::denial::Denial;
use super::in_doubt::InDoubt;
use crate::name::WireName;
use crate::zones::{Discovery, LostAccount, Unreachable, Zone, ZoneFilter};

/// How old what we know may be.
#[derive(Clone, Copy, Debug)]
pub struct MaxAge {
    /// Age at which the zones are listed again; zero for before every answer.
    pub zones: Duration,
    /// Age at which all record sets are read again; zero for before every answer.
    pub records: Duration,
}

/// What is said where the list of zones may be wrong.
pub const NOT_LISTED: &str = "the hosted zones cannot be listed";

/// What must be read before a question can be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Freshness {
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
    zones: BTreeMap<Box<str>, CachedZone>,
    unreachable: Vec<Unreachable>,
    lost: Vec<LostAccount>,
    /// When to look again for what is missing; `None` when nothing is.
    look_again_at: Option<Instant>,
    /// How often something was missing in a row.
    missing: Denial,
    /// Names that an object has sent to zones where they do not go by themselves.
    pinned: BTreeSet<WireName>,
    discovered_at: Option<Instant>,
    /// Since when the list of zones is known to be wrong; `None` while it is not.
    zones_doubted_at: Option<Instant>,
    /// Whether the zones could not be listed the last time.
    is_unlisted: bool,
    revision: u64,
}

/// A zone and what it is believed to hold.
#[derive(Debug)]
pub struct CachedZone {
    /// The zone.
    pub zone: Arc<Zone>,
    /// Its record sets, as last read; `None` before the first read and while it is denied.
    pub snapshot: Option<Snapshot>,
    /// When the last full read began.
    pub read_at: Option<Instant>,
    /// Why the zone cannot be used; `None` when it can.
    pub unavailable: Option<String>,
    /// Why the last write was denied for the whole zone, and when; `None` when it was not.
    pub(super) unwritable: Option<(String, Instant)>,
    /// How often it was found in a row that it may not be read.
    denial: Denial,
    /// Whether it cannot be used because it is not found any more, so that it need not be read.
    is_lost: bool,
    /// Whether something was not as we believed, so that all must be read again.
    is_stale: bool,
    /// Why the last full read failed that may go well another time; `None` when it did not.
    unread: Option<String>,
    /// What a write has left open.
    in_doubt: InDoubt,
    /// How many more record sets AWS counts than it lists; almost always zero.
    uncounted: i64,
    /// What was read of it by name before its first read ended.
    by_name: ByName,
    /// When what was believed of it was given up last; `None` when it never was.
    dropped_at: Option<Instant>,
    /// How many record sets the read under way has come to; zero when there is none.
    progress: usize,
    /// When names were patched lately, by our own writes or by reads of single names: a full read
    /// that began before may have older pages.
    patched: BTreeMap<WireName, Patch>,
}

impl Store {
    /// Returns what must be read before a question can be answered.
    pub fn freshness(&self, now: Instant, max_age: MaxAge) -> Freshness {
        let aged = |since: Option<Instant>, limit: Duration| match since {
            None => Freshness::First,
            Some(_) if limit.is_zero() => Freshness::Fresh,
            Some(since) if now.duration_since(since) >= limit => Freshness::Soon,
            Some(_) => Freshness::Nothing,
        };
        // Where nothing can be answered anyway, it is worth waiting for.
        let later = if self.is_complete() { Freshness::Soon } else { Freshness::Fresh };
        let held = self.zones.values().map(|held| match (&held.unavailable, &held.snapshot) {
            (Some(_), _) if held.may_be_read_again(now, max_age.records) => later,
            (Some(_), _) => Freshness::Nothing,
            (None, None) => Freshness::First,
            (None, Some(_)) if held.in_doubt.is_open(now) => Freshness::Fresh,
            (None, Some(_)) if held.is_resting(now, max_age.records) => Freshness::Nothing,
            (None, Some(_)) if held.unread.is_some() => Freshness::Soon,
            (None, Some(_)) if held.is_stale => Freshness::Fresh,
            (None, Some(_)) => aged(held.read_at, max_age.records),
        });
        if self.zones_doubted_at.is_some() {
            return held.chain([Freshness::Fresh]).max().unwrap_or(Freshness::Fresh);
        }
        let missing = if self.may_find_missing(now) { later } else { Freshness::Nothing };
        held.chain([aged(self.discovered_at, max_age.zones), missing])
            .max()
            .unwrap_or(Freshness::First)
    }

    /// Tells whether every zone that can be used has been read, and there is one.
    ///
    /// Without any zone that can be used, an empty list would say that all of them are empty.
    pub fn is_complete(&self) -> bool {
        self.discovered_at.is_some()
            && self.available().next().is_some()
            && self.zones.values().all(|zone| zone.unavailable.is_some() || zone.snapshot.is_some())
    }

    /// Says what may not rest on what is known, whatever has been tried; `None` when all may.
    ///
    /// Old is better than nothing, except where a write has left open what a zone holds, where the
    /// list of zones is known to be wrong, and where nothing old is wanted (`max_age` of zero).
    pub fn unsure(&self, now: Instant, max_age: MaxAge) -> Option<String> {
        if self.zones_doubted_at.is_some() {
            return Some("a zone is gone, and the zones have not been listed since".to_owned());
        }
        if self.is_unlisted && max_age.records.is_zero() {
            return Some(NOT_LISTED.to_owned());
        }
        let held = self.available().find(|held| held.is_unsure(now, max_age.records))?;
        Some(format!(
            "what zone `{}` ({}) holds is not known before it can be read",
            held.zone.name, held.zone.id
        ))
    }

    /// Tells whether something must be read before anything is written, too.
    pub fn is_in_doubt(&self, now: Instant) -> bool {
        self.zones_doubted_at.is_some() || self.available().any(|held| held.in_doubt.is_open(now))
    }

    /// Tells whether the list of zones is known to be wrong.
    pub fn are_zones_in_doubt(&self) -> bool {
        self.zones_doubted_at.is_some()
    }

    /// Returns when a zone must be read once more because a late write must have landed; `None` when
    /// no zone must.
    pub fn landed_at(&self) -> Option<Instant> {
        self.available().filter_map(|held| held.in_doubt.landed_at()).min()
    }

    /// Tells whether there are zones and none of them can be used.
    pub fn is_denied(&self) -> bool {
        let is_known =
            !(self.zones.is_empty() && self.unreachable.is_empty() && self.lost.is_empty());
        is_known && self.available().next().is_none()
    }

    /// Tells whether zones were looked for and there is none, not even one that cannot be used.
    pub fn has_no_zone(&self) -> bool {
        self.discovered_at.is_some()
            && self.zones.is_empty()
            && self.unreachable.is_empty()
            && self.lost.is_empty()
    }

    /// Tells whether the zones were found `limit` ago or longer, or never.
    pub fn zones_are_older_than(&self, now: Instant, limit: Duration) -> bool {
        self.discovered_at.is_none_or(|since| now.duration_since(since) >= limit)
    }

    /// Tells whether zones or accounts are missing that have been left alone for long enough.
    pub fn may_find_missing(&self, now: Instant) -> bool {
        self.look_again_at.is_some_and(|at| at <= now)
    }

    /// Returns the zones that must be read.
    pub fn due(&self, now: Instant, limit: Duration) -> Vec<Arc<Zone>> {
        let due = |held: &&CachedZone| {
            let is_old = held.read_at.is_none_or(|since| now.duration_since(since) >= limit);
            if held.unavailable.is_some() {
                return held.may_be_read_again(now, limit);
            }
            let is_wrong = held.is_stale || held.in_doubt.is_open(now);
            let rests = held.is_resting(now, limit) && !held.in_doubt.is_open(now);
            !rests && (is_wrong || held.snapshot.is_none() || held.unread.is_some() || is_old)
        };
        self.zones.values().filter(due).map(|held| Arc::clone(&held.zone)).collect()
    }

    /// Takes in that other zones are served: those that are not any more go at once, and all must
    /// be found anew before a question is answered.
    pub fn refiltered(&mut self, filter: &ZoneFilter) {
        self.zones.retain(|_, held| filter.covers(&held.zone));
        self.unreachable.clear();
        self.discovered_at = None;
        self.revision += 1;
    }

    /// Takes in the zones that were found.
    ///
    /// A zone whose number of record sets is not the one we believe in has been changed by someone
    /// else, and is read again. A zone that is out of reach stays, without its record sets: nobody
    /// has said that it is gone, and its names must not go to its parent instead.
    pub fn discovered(&mut self, discovery: Discovery, now: Instant) {
        let Discovery { zones, unreachable, lost } = discovery;
        let before = self.zones.len();
        let reason = |id: &str, zone: &Zone| {
            let by_id = unreachable
                .iter()
                .find(|unreachable| unreachable.id == id)
                .map(|unreachable| &unreachable.reason);
            by_id.or_else(|| {
                lost.iter()
                    .find(|lost_account| lost_account.name == zone.account.name)
                    .map(|lost_account| &lost_account.reason)
            })
        };
        self.zones.retain(|id, held| zones.contains_key(id) || reason(id, &held.zone).is_some());
        let mut changed = before != self.zones.len();
        for (id, held) in &mut self.zones {
            if !zones.contains_key(id)
                && let Some(reason) = reason(id, &held.zone)
            {
                changed |= held.lose(reason.clone(), now);
            }
        }
        for (id, zone) in zones {
            if let Some(held) = self.zones.get_mut(&id) {
                if let (Some(snapshot), Some(counted)) = (&held.snapshot, zone.record_count) {
                    held.is_stale |= difference(counted, snapshot.len()) != held.uncounted;
                }
                if std::mem::take(&mut held.is_lost) {
                    held.denial = Denial::default();
                }
                held.zone = zone;
            } else {
                changed = true;
                let held = CachedZone {
                    zone,
                    snapshot: None,
                    read_at: None,
                    unavailable: None,
                    unwritable: None,
                    denial: Denial::default(),
                    is_lost: false,
                    is_stale: false,
                    unread: None,
                    in_doubt: InDoubt::default(),
                    uncounted: 0,
                    by_name: ByName::default(),
                    dropped_at: None,
                    progress: 0,
                    patched: BTreeMap::new(),
                };
                self.zones.insert(id, held);
            }
        }
        self.unreachable = unreachable;
        self.unreachable.retain(|unreachable| !self.zones.contains_key(unreachable.id.as_str()));
        self.lost = lost;
        let is_complete = self.unreachable.is_empty()
            && self.lost.is_empty()
            && self.zones.values().all(|zone| !zone.is_lost);
        if is_complete {
            self.missing = Denial::default();
        } else {
            self.missing.again(now);
        }
        self.look_again_at = self.missing.over_at();
        self.discovered_at = Some(now);
        self.is_unlisted = false;
        self.zones_doubted_at = self.zones_doubted_at.filter(|at| *at > now);
        self.revision += u64::from(changed);
    }

    /// Takes in that a zone cannot be used, and tells whether that is news.
    pub fn denied(&mut self, zone_id: &str, reason: String, now: Instant) -> bool {
        let Some(held) = self.zones.get_mut(zone_id) else {
            return false;
        };
        held.give_up(now);
        held.unread = None;
        held.denial.again(now);
        let is_news = held.unavailable.replace(reason).is_none();
        self.revision += u64::from(is_news);
        is_news
    }

    /// Takes in that a zone cannot be used until its account has credentials that AWS accepts, which
    /// may be at any moment.
    pub fn lost_credentials(&mut self, zone_id: &str, reason: String, now: Instant) {
        if let Some(held) = self.zones.get_mut(zone_id) {
            let is_news = held.lose(reason, now);
            self.look_again_at = Some(now);
            self.revision += u64::from(is_news);
        }
    }

    /// Takes in that a zone is not there any more: the list of zones is wrong, and one of its name
    /// may have been made anew. Tells whether that is news.
    ///
    /// When it is none, the zones have been listed since and it is among them all the same: they are
    /// listed again when it is read again, and the others are answered for meanwhile.
    pub fn gone(&mut self, zone_id: &str, reason: String, now: Instant) -> bool {
        let is_news = self.denied(zone_id, reason, now);
        if is_news {
            self.zones_doubted_at = Some(now);
        } else {
            let again = self.zones.get(zone_id).and_then(|held| held.denial.over_at());
            self.look_again_at = self.look_again_at.into_iter().chain(again).min();
        }
        is_news
    }

    /// Takes in that the zones could not be listed, and nothing was read.
    pub fn unlisted(&mut self) {
        self.is_unlisted = true;
    }

    /// Takes in that there may be zones that are not known.
    pub fn look_again(&mut self, now: Instant) {
        self.look_again_at = Some(now);
    }

    /// Takes in that a zone could not be read just now, for a reason that is not about the zone.
    pub fn put_off(&mut self, zone_id: &str, reason: String) {
        self.mark_stale(zone_id);
        if let Some(held) = self.zones.get_mut(zone_id) {
            held.unread = Some(reason);
        }
    }

    /// Takes in that nobody knows what became of a write to a zone.
    pub fn invalidate(&mut self, zone_id: &str, now: Instant) {
        if let Some(held) = self.zones.get_mut(zone_id) {
            held.in_doubt.begin(now);
            held.by_name = ByName::default();
        }
    }

    /// Takes in that something is not as we believe, without knowing what is.
    pub fn mark_stale(&mut self, zone_id: &str) {
        if let Some(held) = self.zones.get_mut(zone_id) {
            held.is_stale = true;
        }
    }

    /// Returns a zone.
    pub fn zone(&self, id: &str) -> Option<&CachedZone> {
        self.zones.get(id)
    }

    /// Iterates over all zones, public ones first, then by id.
    pub fn zones(&self) -> impl Iterator<Item = &CachedZone> {
        let public = self.zones.values().filter(|zone| !zone.zone.private);
        public.chain(self.zones.values().filter(|zone| zone.zone.private))
    }

    /// Iterates over the zones that can be used, in the same order.
    pub fn available(&self) -> impl Iterator<Item = &CachedZone> {
        self.zones().filter(|zone| zone.unavailable.is_none())
    }

    /// Returns the zones that were asked for by their id and cannot be reached.
    pub fn unreachable(&self) -> &[Unreachable] {
        &self.unreachable
    }

    /// Tells whether it is known already that a zone cannot be used.
    pub fn is_known_unavailable(&self, zone_id: &str) -> bool {
        let held = self.zones.get(zone_id).is_some_and(|zone| zone.unavailable.is_some());
        held || self.unreachable.iter().any(|unreachable| unreachable.id == zone_id)
    }

    /// Returns the accounts that cannot be reached.
    pub fn lost(&self) -> &[LostAccount] {
        &self.lost
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

impl CachedZone {
    /// Forgets what is believed of the zone: a read under way has only what differs from it.
    fn give_up(&mut self, now: Instant) {
        self.snapshot = None;
        self.by_name = ByName::default();
        self.patched.clear();
        self.dropped_at = Some(now);
    }

    /// Takes in that the zone cannot be reached, and tells whether that is news.
    fn lose(&mut self, reason: String, now: Instant) -> bool {
        self.give_up(now);
        self.unread = None;
        self.is_lost = true;
        self.unavailable.replace(reason).is_none()
    }

    /// Tells whether a zone that cannot be used is worth another read; with a `limit` of zero, each
    /// question is.
    fn may_be_read_again(&self, now: Instant, limit: Duration) -> bool {
        !self.is_lost && !self.is_resting(now, limit)
    }
}

/// Returns how many more record sets were counted than listed.
fn difference(counted: u64, listed: usize) -> i64 {
    let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    signed(counted) - signed(listed as u64)
}

mod anew;
mod by_name;
mod patched;
mod said;
#[cfg(test)]
mod tests;
mod unread;
