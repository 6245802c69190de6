//! The zones and what they are believed to have, and how old that belief is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use external_dns_webhook::Shard;
use tokio::time::Instant;

use self::by_name::ByName;
use self::patched::Patch;
use super::Snapshot;
use super::denial::Denial;
use super::unconfirmed::Unconfirmed;
use crate::name::WireName;
use crate::zones::{Before, Discovery, LostAccount, Unreachable, Zone, ZoneFilter};

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

/// The zones and what they are believed to have.
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
    /// The zone that was found gone last, and when: the list of zones is wrong; `None` while it is not.
    gone: Option<(Arc<Zone>, Instant)>,
    /// Names of the zones that other shards serve.
    elsewhere: BTreeSet<WireName>,
    /// How the zones were divided when all of them were found; `None` when they never were, and without shards.
    division: Option<(Shard, Before)>,
    /// Whether it is not known which zones this shard has.
    is_undivided: bool,
    /// Whether the zones could not be listed the last time.
    is_unlisted: bool,
    revision: u64,
}

/// A zone and what it is believed to have.
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
    is_missing: bool,
    /// Whether something was not as we believed, so that all must be read again.
    is_stale: bool,
    /// Why the last full read failed that may go well another time; `None` when it did not.
    unread: Option<String>,
    /// What a write has left open.
    unconfirmed: Unconfirmed,
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
        let cached =
            self.zones.values().map(|cached| match (&cached.unavailable, &cached.snapshot) {
                (Some(_), _) if cached.may_be_read_again(now, max_age.records) => later,
                (Some(_), _) => Freshness::Nothing,
                (None, None) => Freshness::First,
                (None, Some(_)) if cached.unconfirmed.is_open(now) => Freshness::Fresh,
                (None, Some(_)) if cached.is_resting(now, max_age.records) => Freshness::Nothing,
                (None, Some(_)) if cached.unread.is_some() => Freshness::Soon,
                (None, Some(_)) if cached.is_stale => Freshness::Fresh,
                (None, Some(_)) => aged(cached.read_at, max_age.records),
            });
        if self.gone.is_some() {
            return cached.chain([Freshness::Fresh]).max().unwrap_or(Freshness::Fresh);
        }
        let missing = if self.may_find_missing(now) { later } else { Freshness::Nothing };
        cached
            .chain([aged(self.discovered_at, max_age.zones), missing])
            .max()
            .unwrap_or(Freshness::First)
    }

    /// Tells whether every zone that can be used has been read, and there is one.
    ///
    /// Without any zone that can be used, an empty list would say that all of them are empty.
    pub fn is_complete(&self) -> bool {
        self.discovered_at.is_some()
            && (self.available().next().is_some() || self.is_all_elsewhere())
            && self.zones.values().all(|zone| zone.unavailable.is_some() || zone.snapshot.is_some())
    }

    /// Says what may not rest on what is known, whatever has been tried; `None` when all may.
    ///
    /// Old is better than nothing, except where a write has left open what a zone has, where the
    /// list of zones is known to be wrong, and where nothing old is wanted (`max_age` of zero).
    pub fn unsure(&self, now: Instant, max_age: MaxAge) -> Option<String> {
        if let Some((zone, _)) = &self.gone {
            let Zone { name, id, .. } = &**zone;
            return Some(format!(
                "zone `{name}` ({id}) is gone, and the zones have not been listed since"
            ));
        }
        if self.is_unlisted && max_age.records.is_zero() {
            return Some(NOT_LISTED.to_owned());
        }
        let cached = self.available().find(|cached| cached.is_unsure(now, max_age.records))?;
        Some(format!(
            "what zone `{}` ({}) holds is not known before it can be read",
            cached.zone.name, cached.zone.id
        ))
    }

    /// Tells whether something must be read before anything is written, too.
    pub fn has_unconfirmed(&self, now: Instant) -> bool {
        self.gone.is_some() || self.available().any(|cached| cached.unconfirmed.is_open(now))
    }

    /// Tells whether the list of zones is known to be wrong.
    pub fn is_zone_list_invalid(&self) -> bool {
        self.gone.is_some()
    }

    /// Returns when a zone must be read once more because a late write must have landed; `None` when
    /// no zone must.
    pub fn landed_at(&self) -> Option<Instant> {
        self.available().filter_map(|cached| cached.unconfirmed.landed_at()).min()
    }

    /// Tells whether there are zones and none of them can be used.
    pub fn is_denied(&self) -> bool {
        let is_known =
            !(self.zones.is_empty() && self.unreachable.is_empty() && self.lost.is_empty());
        is_known && self.available().next().is_none() && !self.is_all_elsewhere()
    }

    /// Tells whether zones were looked for and there is none, not even one that cannot be used.
    pub fn has_no_zone(&self) -> bool {
        self.discovered_at.is_some()
            && self.zones.is_empty()
            && self.elsewhere.is_empty()
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
        let due = |cached: &&CachedZone| {
            let is_old = cached.read_at.is_none_or(|since| now.duration_since(since) >= limit);
            if cached.unavailable.is_some() {
                return cached.may_be_read_again(now, limit);
            }
            let is_wrong = cached.is_stale || cached.unconfirmed.is_open(now);
            let rests = cached.is_resting(now, limit) && !cached.unconfirmed.is_open(now);
            !rests && (is_wrong || cached.snapshot.is_none() || cached.unread.is_some() || is_old)
        };
        self.zones.values().filter(due).map(|cached| Arc::clone(&cached.zone)).collect()
    }

    /// Takes in that other zones are served: those that are not any more go at once, and all must
    /// be found anew before a question is answered.
    pub fn refiltered(&mut self, filter: &ZoneFilter) {
        self.zones.retain(|_, cached| filter.covers(&cached.zone));
        self.unreachable.clear();
        self.discovered_at = None;
        self.revision += 1;
    }

    /// Takes in the zones that were found.
    ///
    /// A zone whose number of record sets is not the one we believe in has been changed by another
    /// client, and is read again. A zone that is out of reach stays, without its record sets: AWS
    /// has not said that it is gone, and its names must not go to its parent instead.
    pub fn discovered(&mut self, discovery: Discovery, now: Instant) {
        let Discovery { zones, unreachable, lost, shard } = discovery;
        let is_whole = unreachable.is_empty() && lost.is_empty();
        let zones = self.divide(zones, is_whole, shard);
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
        let is_kept = |zone: &Zone| reason(&zone.id, zone).is_some() && self.is_of_this_shard(zone);
        let of_before = self.zones.values().map(|cached| &*cached.zone);
        let kept: BTreeSet<_> =
            of_before.filter(|zone| is_kept(zone)).map(|zone| zone.id.clone()).collect();
        self.zones.retain(|id, _| zones.contains_key(id) || kept.contains(id));
        let mut changed = before != self.zones.len();
        for (id, cached) in &mut self.zones {
            if !zones.contains_key(id)
                && let Some(reason) = reason(id, &cached.zone)
            {
                changed |= cached.mark_missing(reason.clone(), now);
            }
        }
        for (id, zone) in zones {
            if let Some(cached) = self.zones.get_mut(&id) {
                if let (Some(snapshot), Some(counted)) = (&cached.snapshot, zone.record_count) {
                    cached.is_stale |= difference(counted, snapshot.len()) != cached.uncounted;
                }
                if std::mem::take(&mut cached.is_missing) {
                    cached.denial = Denial::default();
                }
                cached.zone = zone;
            } else {
                changed = true;
                let cached = CachedZone {
                    zone,
                    snapshot: None,
                    read_at: None,
                    unavailable: None,
                    unwritable: None,
                    denial: Denial::default(),
                    is_missing: false,
                    is_stale: false,
                    unread: None,
                    unconfirmed: Unconfirmed::default(),
                    uncounted: 0,
                    by_name: ByName::default(),
                    dropped_at: None,
                    progress: 0,
                    patched: BTreeMap::new(),
                };
                self.zones.insert(id, cached);
            }
        }
        self.unreachable = unreachable;
        self.unreachable.retain(|unreachable| !self.zones.contains_key(unreachable.id.as_str()));
        self.lost = lost;
        let is_complete = self.unreachable.is_empty()
            && self.lost.is_empty()
            && self.zones.values().all(|zone| !zone.is_missing);
        if is_complete {
            self.missing = Denial::default();
        } else {
            self.missing.again(now);
        }
        self.look_again_at = self.missing.over_at();
        self.discovered_at = Some(now);
        self.is_unlisted = false;
        self.gone = self.gone.take().filter(|(_, at)| *at > now);
        self.revision += u64::from(changed);
    }

    /// Takes in that a zone cannot be used, and tells whether that is news.
    pub fn denied(&mut self, zone_id: &str, reason: String, now: Instant) -> bool {
        let Some(cached) = self.zones.get_mut(zone_id) else {
            return false;
        };
        cached.give_up(now);
        cached.unread = None;
        cached.denial.again(now);
        let is_news = cached.unavailable.replace(reason).is_none();
        self.revision += u64::from(is_news);
        is_news
    }

    /// Takes in that a zone cannot be used until its account has credentials that AWS accepts, which
    /// may be at any moment.
    pub fn lost_credentials(&mut self, zone_id: &str, reason: String, now: Instant) {
        if let Some(cached) = self.zones.get_mut(zone_id) {
            let is_news = cached.mark_missing(reason, now);
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
        let zone = self.zones.get(zone_id).map(|cached| Arc::clone(&cached.zone));
        if is_news {
            self.gone = zone.map(|zone| (zone, now));
        } else {
            let again = self.zones.get(zone_id).and_then(|cached| cached.denial.over_at());
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
        if let Some(cached) = self.zones.get_mut(zone_id) {
            cached.unread = Some(reason);
        }
    }

    /// Takes in that it is not known what became of a write to a zone.
    pub fn invalidate(&mut self, zone_id: &str, now: Instant) {
        if let Some(cached) = self.zones.get_mut(zone_id) {
            cached.unconfirmed.begin(now);
            cached.by_name = ByName::default();
        }
    }

    /// Takes in that something is not as we believe, without knowing what is.
    pub fn mark_stale(&mut self, zone_id: &str) {
        if let Some(cached) = self.zones.get_mut(zone_id) {
            cached.is_stale = true;
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

    /// Returns the zones that were given by their id and cannot be reached.
    pub fn unreachable(&self) -> &[Unreachable] {
        &self.unreachable
    }

    /// Tells whether it is known already that a zone cannot be used.
    pub fn is_known_unavailable(&self, zone_id: &str) -> bool {
        let cached = self.zones.get(zone_id).is_some_and(|zone| zone.unavailable.is_some());
        cached || self.unreachable.iter().any(|unreachable| unreachable.id == zone_id)
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
    fn mark_missing(&mut self, reason: String, now: Instant) -> bool {
        self.give_up(now);
        self.unread = None;
        self.is_missing = true;
        self.unavailable.replace(reason).is_none()
    }

    /// Tells whether a zone that cannot be used is worth another read; with a `limit` of zero, each
    /// question is.
    fn may_be_read_again(&self, now: Instant, limit: Duration) -> bool {
        !self.is_missing && !self.is_resting(now, limit)
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
mod shards;
#[cfg(test)]
mod tests;
mod unread;
