//! How much may be deleted at once.
//!
//! When many names of a zone would lose records in one sync, something else is broken far more
//! often than so many objects were deleted: a changed annotation prefix, a cache that lost its
//! content, a source that sees nothing. Such deletions are held, zone by zone, until a person
//! approves exactly these by their hash. Creates and updates go on.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

use super::recent_deletions::RecentDeletions;
use super::step::{Action, Step};
use super::{Deletion, Draft, Planner};
use crate::desired::Scope;
use crate::hex::hex;
use crate::registry::{Holding, Inventory, ZoneInventory};
use crate::status::Reason;

/// Digits of a hash that people type.
const HASH_DIGITS: usize = 12;

/// Limits on deletions in one zone within a minute.
///
/// Only names that lose a record set for good are counted, not replacements. The defaults let an
/// ordinary change through in a zone of any size: up to 100 names, and more than 30 % of a zone only
/// when at most two objects are behind it, as when one object with many names is deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletionGuard {
    /// Most names that may lose records; `None` for no limit.
    pub max_deletes: Option<usize>,
    /// Largest share of our names that may lose records, in percent; `None` for no limit.
    pub max_percent: Option<u8>,
    /// Objects that must be behind the deletions before `max_percent` applies; a record that does
    /// not say which object asked for it counts as one.
    pub min_objects: usize,
    /// Hash of the held deletions that a person approved; `None` when nobody did.
    pub approved: Option<PlanHash>,
    /// What the last full sync held, from [`Held::names`]. A sync of a few names
    /// cannot see these, and counts them with what it would delete itself.
    pub held_elsewhere: BTreeMap<HeldAt, HeldName>,
    /// What was deleted recently: objects that go one after the other go within seconds of each other,
    /// and a sync of a few of them counts the others with them.
    pub recent_deletions: RecentDeletions,
}

/// Identifies a set of steps; two sets with one hash are the same set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct PlanHash(String);

/// The text is not a plan hash.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a plan hash, which is {HASH_DIGITS} digits from 0 to 9 and a to f")]
pub struct BadHash(String);

/// Deletions that the deletion guard holds back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Held {
    /// What approves exactly these deletions.
    pub hash: PlanHash,
    /// The zones that tripped; the name is empty when zones are not known.
    pub zones: BTreeMap<String, HeldZone>,
    /// What keeps its records; a list of names as JSON.
    #[serde(serialize_with = "keys")]
    pub names: BTreeMap<HeldAt, HeldName>,
}

/// A name in a zone.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeldAt {
    /// The name, normalised.
    pub name: String,
    /// The zone as people are told about it; empty when zones are not known.
    pub zone: String,
}

/// A name that keeps its records because too many would lose theirs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeldName {
    /// The objects that asked for its records; the name itself for a record that does not say.
    pub objects: BTreeSet<String>,
    /// Record sets that would go.
    pub records: usize,
}

/// Deletions held in one zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct HeldZone {
    /// Names that would lose records.
    pub names: usize,
    /// Names we own records under.
    pub of: usize,
    /// Record sets that would go.
    pub records: usize,
}

impl Default for DeletionGuard {
    fn default() -> Self {
        Self {
            max_deletes: Some(100),
            max_percent: Some(30),
            min_objects: 3,
            approved: None,
            held_elsewhere: BTreeMap::new(),
            recent_deletions: RecentDeletions::default(),
        }
    }
}

impl DeletionGuard {
    /// Returns a deletion guard that holds nothing.
    pub fn off() -> Self {
        Self { max_deletes: None, max_percent: None, ..Self::default() }
    }

    /// Takes the deletions out of `drafts` that must wait, and says why.
    ///
    /// Names of `held_elsewhere` that `scope` leaves out are counted, since they would be lost as well.
    pub(super) fn hold(
        &self,
        planner: &Planner,
        (current, scope): (&Inventory, &Scope),
        drafts: &mut [Draft<'_>],
    ) -> Option<Held> {
        let deletions: Vec<_> = drafts.iter().flat_map(|draft| &draft.deletions).collect();
        let zones = self.tripped(planner, (current, scope), &deletions);
        let is_held = |deletion: &Deletion| zones.contains_key(&HeldAt::of(&deletion.step).zone);
        let held: Vec<_> = deletions
            .into_iter()
            .filter(|deletion| is_held(deletion))
            .map(|deletion| &deletion.step)
            .collect();
        if held.is_empty() {
            return None;
        }
        let hash = PlanHash::of(held.into_iter());
        if self.approved.as_ref() == Some(&hash) {
            return None;
        }
        let mut names: BTreeMap<HeldAt, HeldName> = BTreeMap::new();
        for draft in drafts {
            let (held, free): (Vec<_>, Vec<_>) = draft.deletions.drain(..).partition(is_held);
            draft.deletions = free;
            for deletion in held {
                let at = HeldAt::of(&deletion.step);
                let Some(counts) = zones.get(&at.zone) else { continue };
                let zone = at.zone.clone();
                let name = names.entry(at).or_default();
                name.objects.insert(deletion.object().to_owned());
                name.records += 1;
                let reason = Reason::DeletionHeld { zone, names: counts.names, of: counts.of };
                draft.statuses.push(deletion.step.status(reason.clone()));
                let (action, reason) = (Action::Hold, Some(reason));
                draft.steps.push(Step { action, reason, ..deletion.step });
            }
        }
        Some(Held { hash, zones, names })
    }

    /// Returns the zones that would lose more than is ordinary.
    fn tripped(
        &self,
        planner: &Planner,
        (current, scope): (&Inventory, &Scope),
        deletions: &[&Deletion],
    ) -> BTreeMap<String, HeldZone> {
        let mut losses: BTreeMap<String, ZoneLosses<'_>> = BTreeMap::new();
        for deletion in deletions {
            let zone = HeldAt::of(&deletion.step).zone;
            let losses = losses.entry(zone).or_default();
            losses.names.insert(&deletion.name);
            losses.records += 1;
            losses.objects.insert(deletion.object());
        }
        for (at, held) in self.held_elsewhere.iter().filter(|(at, _)| !scope.has(&at.name)) {
            let Some(losses) = losses.get_mut(&at.zone) else { continue };
            losses.records += held.records;
            losses.add(&at.name, held);
        }
        // What is there again was not lost.
        for (at, gone) in self.recent_deletions.iter().filter(|(at, _)| !is_there(current, at)) {
            let Some(losses) = losses.get_mut(&at.zone) else { continue };
            losses.gone += 1;
            losses.add(&at.name, gone);
        }
        let trips = |(zone, losses): (String, ZoneLosses<'_>)| {
            let names = losses.names.len();
            let over_count = self.max_deletes.is_some_and(|max| names > max);
            let limit = self.max_percent.filter(|_| losses.objects.len() >= self.min_objects);
            if !over_count && limit.is_none() {
                return None;
            }
            let of = own_names(planner, current, &zone) + losses.gone;
            let over_share = limit.is_some_and(|max| names * 100 > usize::from(max) * of);
            let counts = HeldZone { names, of, records: losses.records };
            (over_count || over_share).then_some((zone, counts))
        };
        losses.into_iter().filter_map(trips).collect()
    }
}

impl Deletion {
    /// Returns the object that asked for the record set; its name when it does not say.
    fn object(&self) -> &str {
        self.step.object.as_deref().unwrap_or(&self.name)
    }
}

/// Writes the names alone.
fn keys<S: Serializer>(names: &BTreeMap<HeldAt, HeldName>, to: S) -> Result<S::Ok, S::Error> {
    let names: BTreeSet<_> = names.keys().map(|at| &at.name).collect();
    to.collect_seq(names)
}

impl HeldAt {
    /// Returns where a step is.
    pub(super) fn of(step: &Step) -> Self {
        Self {
            name: step.name.normalized().into_owned(),
            zone: step.zone.as_ref().map(ToString::to_string).unwrap_or_default(),
        }
    }
}

/// Tells whether the name has record sets in its zone.
fn is_there(current: &Inventory, at: &HeldAt) -> bool {
    current.zones().any(|zone| {
        let told = zone.told_zone(&at.name).map(|zone| zone.to_string()).unwrap_or_default();
        told == at.zone && !zone.at(&at.name).is_empty()
    })
}

/// What one zone would lose.
#[derive(Default)]
struct ZoneLosses<'a> {
    names: BTreeSet<&'a str>,
    objects: BTreeSet<&'a str>,
    records: usize,
    /// How many of the names are gone already.
    gone: usize,
}

impl<'a> ZoneLosses<'a> {
    fn add(&mut self, name: &'a str, held: &'a HeldName) {
        self.names.insert(name);
        self.objects.extend(held.objects.iter().map(String::as_str));
    }
}

/// Counts the names in a zone that we own records under.
fn own_names(planner: &Planner, current: &Inventory, zone: &str) -> usize {
    let is_ours = |held: &Holding<'_>| {
        planner.manages(&held.endpoint.record_type)
            && (planner.owner.is_none() || held.owner() == planner.owner.as_deref())
    };
    let in_zone = |current: &ZoneInventory| {
        let is_whole = current.info().map(ToString::to_string).map(|info| info == zone);
        let is_in = |name: &&str| {
            is_whole.unwrap_or_else(|| current.zone_of(name).unwrap_or_default() == zone)
        };
        current.names().filter(is_in).filter(|name| current.at(name).iter().any(is_ours)).count()
    };
    current.zones().map(in_zone).sum()
}

impl PlanHash {
    pub(super) fn of<'a>(steps: impl Iterator<Item = &'a Step>) -> Self {
        let mut steps: Vec<_> = steps.collect();
        steps.sort();
        let mut digest = Sha256::new();
        for step in steps {
            // A step holds nothing that JSON cannot say, so this is always the whole step.
            digest.update(serde_json::to_vec(step).unwrap_or_default());
            digest.update([0]);
        }
        Self(hex(&digest.finalize(), HASH_DIGITS))
    }
}

impl FromStr for PlanHash {
    type Err = BadHash;

    fn from_str(text: &str) -> Result<Self, BadHash> {
        let text = text.trim();
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() == HASH_DIGITS && text.bytes().all(is_digit) {
            return Ok(Self(text.to_owned()));
        }
        Err(BadHash(text.to_owned()))
    }
}

impl fmt::Display for PlanHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
