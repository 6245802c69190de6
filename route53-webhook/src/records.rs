//! What each zone has: read page by page, kept, and patched by our own successful writes.
//!
//! A snapshot is only ever a belief. Writes are safe without it being true, because Route 53 takes
//! a DELETE only when it repeats what is there and a CREATE only when nothing is.

mod denial;
mod hidden;
mod store;
mod unconfirmed;

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use aws_sdk_route53::types::RrType;

use crate::api::{self, Account, ApiError, Cursor};
use crate::name::WireName;
use crate::pace::Turn;
use crate::record_set::{Key, RecordSet};
use crate::zones::Zone;

pub use self::store::{CachedZone, Freshness, MaxAge, NOT_LISTED, Store};
pub use self::unconfirmed::{LANDED_WITHIN, UnconfirmedWrite};

/// The record sets of one zone, or of some names of it.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Shared with lists that are being answered.
    by_name: BTreeMap<WireName, Arc<[RecordSet]>>,
    count: usize,
}

impl Snapshot {
    /// Returns the record sets of a name.
    pub fn named(&self, name: &WireName) -> &[RecordSet] {
        self.by_name.get(name).map_or(&[], |sets| &**sets)
    }

    /// Returns the record set with that key.
    pub fn get(&self, key: &Key) -> Option<&RecordSet> {
        self.named(&key.name).iter().find(|set| {
            set.record_type == key.record_type
                && set.set_identifier.as_deref().unwrap_or_default() == key.set_identifier
        })
    }

    /// Iterates over all record sets, by name.
    pub fn iter(&self) -> impl Iterator<Item = &RecordSet> {
        self.by_name.values().flat_map(|sets| &**sets)
    }

    /// Iterates over the record sets of each name, as they stay whatever is written meanwhile.
    pub fn shared(&self) -> impl Iterator<Item = (&WireName, Arc<[RecordSet]>)> {
        self.by_name.iter().map(|(name, sets)| (name, Arc::clone(sets)))
    }

    /// Returns the number of record sets.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Tells whether there is no record set.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds a record set, in place of the one with the same key.
    pub fn insert(&mut self, set: RecordSet) {
        self.remove(&set.key());
        let name = set.name.clone();
        let sets = self.named(&name).iter().cloned().chain([set]).collect();
        self.replace(&name, sets);
    }

    /// Removes the record set with that key.
    pub fn remove(&mut self, key: &Key) {
        if self.get(key).is_some() {
            let sets = self.named(&key.name).iter().filter(|set| set.key() != *key);
            let sets = sets.cloned().collect();
            self.replace(&key.name, sets);
        }
    }

    /// Replaces all record sets of a name.
    pub fn replace(&mut self, name: &WireName, sets: Arc<[RecordSet]>) {
        if let Some(old) = self.by_name.remove(name) {
            self.count -= old.len();
        }
        self.count += sets.len();
        if !sets.is_empty() {
            self.by_name.insert(name.clone(), sets);
        }
    }
}

impl FromIterator<RecordSet> for Snapshot {
    fn from_iter<I: IntoIterator<Item = RecordSet>>(sets: I) -> Self {
        let mut snapshot = Self::default();
        sets.into_iter().for_each(|set| snapshot.insert(set));
        snapshot
    }
}

/// What a full read has found, told apart from what was believed.
///
/// Only differences are kept, so reading a big zone again takes little more memory than one page.
#[derive(Debug, Default)]
pub struct Reading {
    changed: Vec<(WireName, Arc<[RecordSet]>)>,
    /// Hashes of all names that were listed; the others are gone.
    seen: HashSet<u64>,
    count: usize,
}

impl Reading {
    /// Returns the number of record sets that were listed.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Tells whether no record set was listed.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn has(&self, name: &WireName) -> bool {
        self.seen.contains(&hash(name))
    }

    fn add(&mut self, name: WireName, sets: Vec<RecordSet>, is_believed: impl Believed) {
        self.count += sets.len();
        self.seen.insert(hash(&name));
        if !is_believed(&name, &sets) {
            self.changed.push((name, sets.into()));
        }
    }
}

/// Tells whether a name is already believed to have exactly these record sets.
pub trait Believed: Fn(&WireName, &[RecordSet]) -> bool {}
impl<F: Fn(&WireName, &[RecordSet]) -> bool> Believed for F {}

fn hash(name: &WireName) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

/// Reads all record sets of a zone, and keeps those that are not already believed in. Tells `progress`
/// after each page how many record sets were read so far.
///
/// # Errors
///
/// Returns an error when a page cannot be read, or none has what each zone has; half a zone is never
/// returned.
pub async fn read_zone(
    zone: &Zone,
    is_believed: impl Believed,
    progress: impl Fn(usize),
) -> Result<Reading, ApiError> {
    let mut reading = Reading::default();
    // AWS lists the record sets of one name together, but a page can end between them.
    let mut open: Option<(WireName, Vec<RecordSet>)> = None;
    let mut cursor = Cursor::default();
    let mut has_own = false;
    loop {
        let (page, next) = zone.account.list_records(&zone.id, cursor, Turn::InLine).await?;
        let sets = page.resource_record_sets.iter();
        has_own = has_own
            || sets.clone().any(|set| {
                matches!(set.r#type, RrType::Ns | RrType::Soa)
                    && WireName::from_api(&set.name) == zone.name
            });
        for set in sets.filter_map(|set| RecordSet::from_api(set, &zone.id)) {
            match &mut open {
                Some((name, sets)) if *name == set.name => sets.push(set),
                _ => {
                    // Exact growth: most names have one record set, and there may be many names.
                    let mut sets = Vec::with_capacity(1);
                    let name = set.name.clone();
                    sets.push(set);
                    if let Some((name, sets)) = open.replace((name, sets)) {
                        reading.add(name, sets, &is_believed);
                    }
                }
            }
        }
        progress(reading.len());
        match next {
            Some(next) => cursor = next,
            None => break,
        }
    }
    if let Some((name, sets)) = open {
        reading.add(name, sets, &is_believed);
    }
    if has_own { Ok(reading) } else { Err(api::not_a_zone()) }
}

/// Most names of a zone that are read one by one before the whole zone is read again instead.
pub const MAX_NAMES_REREAD: usize = 40;

/// Reads the record sets of some names of a zone, side by side.
///
/// # Errors
///
/// Returns an error when a page cannot be read.
pub async fn read_names(
    zone: &Zone,
    names: impl IntoIterator<Item = WireName>,
) -> Result<Vec<(WireName, Vec<RecordSet>)>, ApiError> {
    let reads = names.into_iter().map(async |name| {
        let sets = read_name(&zone.account, &zone.id, &name).await?;
        Ok((name, sets))
    });
    futures::future::try_join_all(reads).await
}

/// Reads the record sets of one name: one call, unless it has hundreds.
///
/// # Errors
///
/// Returns an error when a page cannot be read.
pub async fn read_name(
    account: &Account,
    zone_id: &str,
    name: &WireName,
) -> Result<Vec<RecordSet>, ApiError> {
    let mut sets = Vec::new();
    let mut cursor = Cursor::at(name);
    loop {
        let (page, next) = account.list_records(zone_id, cursor, Turn::Soon).await?;
        let of_name = |set: &RecordSet| set.name == *name;
        let read = page.resource_record_sets.iter();
        let read = read.filter_map(|set| RecordSet::from_api(set, zone_id));
        let before = sets.len();
        sets.extend(read.filter(of_name));
        let whole_page = sets.len() - before == page.resource_record_sets.len();
        match next {
            Some(next) if whole_page => cursor = next,
            _ => return Ok(sets),
        }
    }
}

/// Reads the record sets of a name and of the names below it, which AWS lists after it: one call, unless
/// the name has hundreds. Tells whether those below are all.
///
/// AWS sorts by the name with its labels reversed and a dot at the end ([order]), so what is below a
/// name is in one place.
///
/// # Errors
///
/// Returns an error when a page cannot be read.
///
/// [order]: https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListResourceRecordSets.html
pub async fn read_tree(
    account: &Account,
    zone_id: &str,
    name: &WireName,
) -> Result<(Vec<RecordSet>, bool), ApiError> {
    let mut sets = Vec::new();
    let mut cursor = Cursor::at(name);
    loop {
        let (page, next) = account.list_records(zone_id, cursor, Turn::Soon).await?;
        let read = page.resource_record_sets.iter();
        let names: Vec<_> = read.clone().map(|set| WireName::from_api(&set.name)).collect();
        let sets_here = read.filter_map(|set| RecordSet::from_api(set, zone_id));
        sets.extend(sets_here.filter(|set| set.name.is_within(name)));
        match next {
            Some(next) if names.iter().all(|read| read == name) => cursor = next,
            Some(_) if names.iter().all(|read| read.is_within(name)) => return Ok((sets, false)),
            Some(_) | None => return Ok((sets, true)),
        }
    }
}
