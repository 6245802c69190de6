//! What the provider held when it was last read, with what we wrote since: kept while it cannot be
//! read, to be looked at and never to be acted on.

mod successions;

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use controller_core::inventory::{CurrentRecord, Inventory, ZoneInventory};
use controller_core::zone::ZoneInfo;
use external_dns_webhook::{Changes, Elsewhere, ZoneId};

pub use self::successions::Succession;
use self::successions::Successions;

/// How many zones that are not listed any more are remembered.
const MOST_UNLISTED: usize = 100;

/// What the provider held when it was last read.
///
/// The loop writes it, and holds it for no longer than it computes; who looks may read it at any
/// time.
#[derive(Debug, Default)]
pub struct LastKnown(RwLock<Seen>);

/// A reading, with what we wrote since.
#[derive(Debug, Default)]
pub struct Seen {
    /// What there was.
    pub inventory: Inventory,
    /// When it was read, or found to be unchanged, in seconds since 1970; `None` when it never was.
    pub at: Option<i64>,
    /// What zones held that cannot be used now, or are not listed any more, when they last could: shown,
    /// and never planned with.
    before: BTreeMap<ZoneId, SeenZone>,
    /// Which zones of one name and kind have come and gone.
    successions: Successions,
}

/// What a zone held when it could last be used.
#[derive(Clone, Debug)]
pub struct SeenZone {
    /// What there was.
    pub zone: ZoneInventory,
    /// When that was read, in seconds since 1970.
    pub at: i64,
}

impl LastKnown {
    /// Returns what is known.
    pub fn read(&self) -> RwLockReadGuard<'_, Seen> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what was read at `at`, when other shards had the names of `elsewhere`.
    pub(super) fn put(&self, inventory: Inventory, at: i64, elsewhere: &Elsewhere) {
        self.change(|seen| {
            let before = seen.still_known(&inventory, elsewhere);
            let successions = std::mem::take(&mut seen.successions);
            *seen = Seen { inventory, at: Some(at), before, successions };
        });
    }

    /// Takes in that at `at` it was what is known.
    pub(super) fn confirm(&self, at: i64) {
        self.change(|seen| seen.at = Some(at));
    }

    /// Takes in what the provider took.
    pub(super) fn apply(&self, taken: &Changes) {
        self.change(|seen| seen.inventory.apply(taken));
    }

    fn change(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Seen {
    /// Returns what zones held when they last could be used, of those that `now` cannot be, or are not
    /// listed any more: what is not seen is not absent.
    fn still_known(
        &mut self,
        now: &Inventory,
        elsewhere: &Elsewhere,
    ) -> BTreeMap<ZoneId, SeenZone> {
        let mut known = std::mem::take(&mut self.before);
        let is_readable =
            |id: &ZoneId| now.zone(Some(id)).is_some_and(|zone| zone.unavailable().is_none());
        for zone in self.inventory.zones().filter(|zone| zone.unavailable().is_none()) {
            let (Some(id), Some(at)) = (zone.id(), self.at) else { continue };
            if !is_readable(id) {
                known.insert(id.clone(), SeenZone { zone: zone.clone(), at });
            }
        }
        let is_listed = |id: &ZoneId| now.zone(Some(id)).is_some();
        known.retain(|id, seen| !is_readable(id) && (is_listed(id) || !seen.zone.is_empty()));
        // What another shard has is known there.
        let is_ours = |info: &ZoneInfo| !elsewhere.has(info.name().canonical());
        known.retain(|_, seen| seen.zone.info().is_none_or(is_ours));
        let gone = known.iter().filter(|(id, _)| !is_listed(id));
        let gone: Vec<_> = gone.filter_map(|(_, seen)| seen.zone.info().cloned()).collect();
        let replaced = self.successions.read(now, gone);
        known.retain(|id, _| !replaced.contains(id));
        let mut unlisted: Vec<_> =
            known.iter().filter(|(id, _)| !is_listed(id)).map(|(id, seen)| (seen.at, id)).collect();
        unlisted.sort();
        let too_many = unlisted.len().saturating_sub(MOST_UNLISTED);
        let forgotten: Vec<_> =
            unlisted.into_iter().take(too_many).map(|(_, id)| id.clone()).collect();
        for id in &forgotten {
            known.remove(id);
        }
        known
    }

    /// Returns a zone by its identifier, also one that is not listed any more.
    pub fn zone(&self, id: &ZoneId) -> Option<&ZoneInventory> {
        let unlisted = || self.before.get(id).map(|seen| &seen.zone);
        self.inventory.zone(Some(id)).or_else(unlisted)
    }

    /// Iterates over the zones that the provider does not list any more and that held something.
    pub fn unlisted(&self) -> impl Iterator<Item = &SeenZone> {
        self.before.iter().filter(|(id, _)| !self.is_listed(id)).map(|(_, seen)| seen)
    }

    /// Iterates over the zones that came where others of the same name and kind had gone.
    pub fn successions(&self) -> impl Iterator<Item = &Succession> {
        self.successions.all()
    }

    /// Tells whether the provider listed the zone `id` when it was last asked.
    pub fn is_listed(&self, id: &ZoneId) -> bool {
        self.inventory.zone(Some(id)).is_some()
    }

    /// Returns what a zone held when it could last be used; `None` when it can be used now, or never
    /// could.
    pub fn before(&self, zone: &ZoneInventory) -> Option<&SeenZone> {
        self.before.get(zone.id()?)
    }

    /// Iterates over what each listed zone held when it was last read, each with when that was if it
    /// could not be read since, in seconds since 1970.
    pub fn listed(&self) -> impl Iterator<Item = (&ZoneInventory, Option<i64>)> {
        self.inventory.zones().map(|zone| match self.before(zone) {
            Some(SeenZone { zone, at }) => (zone, Some(*at)),
            None => (zone, None),
        })
    }

    /// Iterates over the same, and over what the zones held that are not listed any more.
    pub fn zones(&self) -> impl Iterator<Item = (&ZoneInventory, Option<i64>)> {
        self.listed().chain(self.unlisted().map(|SeenZone { zone, at }| (zone, Some(*at))))
    }

    /// Returns the record sets of one canonical name, zone by zone, each as [`zones`](Self::zones)
    /// has it.
    pub fn at_name(&self, name: &str) -> Vec<(CurrentRecord<'_>, Option<i64>)> {
        let mut all = Vec::new();
        for (zone, at) in self.zones() {
            all.extend(zone.at(name).into_iter().map(|record| (record, at)));
        }
        all
    }

    /// Tells whether something may be held under a canonical name that nobody could see so far: in
    /// the zone `id`, or in any when none is given.
    pub fn may_hide(&self, name: &str, id: Option<&ZoneId>) -> bool {
        let is_unseen =
            |zone: &ZoneInventory| zone.unavailable().is_some() && self.before(zone).is_none();
        self.at.is_none() || self.zones_of(name, id).any(is_unseen)
    }

    /// Returns when it was seen that nothing is held under a canonical name, in seconds since 1970: in
    /// the zone `id`, or in any when none is given. `None` when that is as fresh as everything else.
    pub fn seen_empty(&self, name: &str, id: Option<&ZoneId>) -> Option<i64> {
        self.zones_of(name, id).filter_map(|zone| Some(self.before(zone)?.at)).min()
    }

    /// Iterates over the zones that can hold a canonical name: the zone `id`, or any when none is given.
    fn zones_of(&self, name: &str, id: Option<&ZoneId>) -> impl Iterator<Item = &ZoneInventory> {
        let unlisted = self.unlisted().map(|seen| &seen.zone);
        self.inventory.zones().chain(unlisted).filter(move |zone| match (id, zone.info()) {
            (Some(id), _) => zone.id() == Some(id),
            (None, None) => true,
            (None, Some(info)) => {
                let rest = name.strip_suffix(info.name().canonical().as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
        })
    }
}
