//! What was desired under each name and by whom, so that a change is known by what it touches.
//!
//! Kept small, because it is kept for every name: its source objects, and a digest of what they
//! want.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use controller_core::desired::{Desired, Gap};
use external_dns_webhook::{CanonicalName, Endpoint, ObjectRef};

use super::object_statuses::ObjectStatuses;
use super::open_gaps::{OpenGaps, name_of};

/// Stands for the digest of what has not been looked at.
const OWED: u64 = 0;

/// What the cluster wants, by name and by object.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct DesiredIndex {
    names: BTreeMap<CanonicalName, Vec<IndexEntry>>,
    /// Names by object, `None` for what does not name one, in the order in which they were desired; one may be there twice.
    objects: BTreeMap<Option<ObjectRef>, Vec<CanonicalName>>,
    gaps: OpenGaps,
    told: ObjectStatuses,
}

/// What a change touches.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Touched {
    /// Names that are desired in another way than before.
    pub(super) names: BTreeSet<CanonicalName>,
    /// Objects, by `resource` label, that are told something else than before, whatever they want.
    pub(super) objects: BTreeSet<ObjectRef>,
}

/// What one object wants under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
struct IndexEntry {
    object: Option<ObjectRef>,
    /// Of everything that is asked; two equal digests that differ are put right by a full sync.
    digest: u64,
}

impl IndexEntry {
    fn is_of(&self, objects: &BTreeSet<ObjectRef>) -> bool {
        self.object.as_ref().is_some_and(|object| objects.contains(object))
    }
}

impl DesiredIndex {
    /// Returns what `desired` wants.
    pub(super) fn of(desired: &Desired) -> Self {
        let (gaps, told) = (OpenGaps::of(desired), ObjectStatuses::of(desired));
        let mut index = Self { gaps, told, ..Self::default() };
        let mut names: HashSet<&CanonicalName> = HashSet::new();
        let mut objects: HashSet<&ObjectRef> = HashSet::new();
        for endpoint in &desired.endpoints {
            let name = endpoint.dns_name.canonical();
            let name = names.get(name).copied().unwrap_or_else(|| {
                names.insert(name);
                name
            });
            let object = endpoint.labels.resource().map(|object| {
                objects.get(object).copied().unwrap_or_else(|| {
                    objects.insert(object);
                    object
                })
            });
            index.add(name.clone(), object.cloned(), digest(endpoint, desired));
        }
        // Built anew they take the least memory; maps that grew key by key are half empty.
        index.names = index.names.into_iter().collect();
        index.objects = index.objects.into_iter().collect();
        index
    }

    fn add(&mut self, name: CanonicalName, object: Option<ObjectRef>, digest: u64) {
        // Most objects ask for one name and most names are desired once; a vector that grows by
        // itself has room for four.
        let names = self.objects.entry(object.clone()).or_insert_with(|| Vec::with_capacity(1));
        if names.last() != Some(&name) {
            names.push(name.clone());
        }
        let entries = self.names.entry(name).or_insert_with(|| Vec::with_capacity(1));
        entries.push(IndexEntry { object, digest });
    }

    /// Returns what is desired in another way than `before`.
    pub(super) fn difference(&self, before: &Self) -> Touched {
        let changed = |(name, entries): (&CanonicalName, &Vec<IndexEntry>)| {
            (before.names.get(name) != Some(entries)).then(|| name.clone())
        };
        let gone = before.names.keys().filter(|name| !self.names.contains_key(*name));
        let names = self.names.iter().filter_map(changed).chain(gone.cloned());
        // A gap that opened or closed is about its name; one about an object or a kind shows in
        // the names of its objects, which are here or gone by the same change.
        let opened = self.gaps.names_besides(&before.gaps);
        let objects = self.told.difference(&before.told);
        let told = self.told.names(&objects).chain(before.told.names(&objects));
        let closed = before.gaps.names_besides(&self.gaps);
        Touched { names: names.chain(opened).chain(closed).chain(told).collect(), objects }
    }

    /// Returns for what `objects` asked otherwise than they do in `desired`, if those say it all.
    ///
    /// `None` when someone else asks for one of the names, or something is not known that is not of
    /// `objects` alone: then only looking at everything tells what is to be done.
    pub(super) fn touched(
        &self,
        objects: &BTreeSet<ObjectRef>,
        desired: &Desired,
    ) -> Option<Touched> {
        if desired.looks_below() {
            return None;
        }
        let new = Self::of(desired);
        let told = new.told.changed(&self.told, objects);
        let told_names: BTreeSet<CanonicalName> =
            self.told.names(&told).chain(new.told.names(&told)).collect();
        let before =
            objects.iter().filter_map(|object| self.objects.get(&Some(object.clone()))).flatten();
        let before = before.cloned();
        let now = desired.endpoints.iter().map(|endpoint| endpoint.dns_name.canonical().clone());
        let open = self
            .gaps
            .of_objects(objects)
            .cloned()
            .chain(desired.unknown.iter().filter_map(name_of));
        let names: BTreeSet<CanonicalName> =
            before.chain(now).chain(open).chain(told_names.iter().cloned()).collect();
        let is_theirs = |name: &CanonicalName| {
            let entries = self.names.get(name).into_iter().flatten();
            entries.into_iter().all(|entry| entry.is_of(objects))
        };
        if !names.iter().all(is_theirs) || !self.gaps.are_of_alone(objects, &names) {
            return None;
        }
        let is_lost = |name: &CanonicalName| self.gaps.has(name) || new.gaps.has(name);
        let differs = |name: &CanonicalName| new.names.get(name) != self.names.get(name);
        let is_touched =
            |name: &CanonicalName| differs(name) || is_lost(name) || told_names.contains(name);
        Some(Touched { names: names.into_iter().filter(is_touched).collect(), objects: told })
    }

    /// Returns what is not known of whole objects and kinds, which a sync over a few others must keep:
    /// one of these may want what is theirs.
    pub(super) fn wider_gaps(&self) -> impl Iterator<Item = &Gap> {
        self.gaps.wider()
    }

    /// Returns the objects that want a name.
    pub(super) fn asked_by(
        &self,
        name: &CanonicalName,
    ) -> impl Iterator<Item = Option<&ObjectRef>> {
        self.names.get(name).into_iter().flatten().map(|entry| entry.object.as_ref())
    }

    /// Notes that what `object` wants under a name has not been looked at, so that it
    /// differs from whatever it wants.
    pub(super) fn owe(&mut self, name: CanonicalName, object: Option<ObjectRef>) {
        self.add(name, object, OWED);
    }

    /// Puts what `desired` wants in the place of what `objects` wanted.
    pub(super) fn replace(&mut self, objects: &BTreeSet<ObjectRef>, desired: &Desired) {
        for object in objects {
            for name in self.objects.remove(&Some(object.clone())).unwrap_or_default() {
                if let Some(entries) = self.names.get_mut(&name) {
                    entries.retain(|entry| entry.object.as_ref() != Some(object));
                    if entries.is_empty() {
                        self.names.remove(&name);
                    }
                }
            }
        }
        for endpoint in &desired.endpoints {
            let name = endpoint.dns_name.canonical().clone();
            let object = endpoint.labels.resource().cloned();
            self.add(name, object, digest(endpoint, desired));
        }
        self.gaps.replace(objects, OpenGaps::of(desired));
        self.told.replace(objects, ObjectStatuses::of(desired));
    }
}

fn digest(endpoint: &Endpoint, desired: &Desired) -> u64 {
    // No `..`: what is not digested would change unseen until the next full sync.
    let Endpoint { dns_name, targets, record_type, set_identifier, ttl, labels, properties, zone } =
        endpoint;
    let mut hasher = DefaultHasher::new();
    (dns_name, targets, record_type, set_identifier, ttl, labels, properties, zone)
        .hash(&mut hasher);
    // The source objects settle which of two wins the name.
    labels.resource().and_then(|resource| desired.source_objects.get(resource)).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
