//! What objects are told by themselves, before any plan is made: so that a change of one that wants
//! no other names than before is told at once, and taken away with the object.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::hash::{DefaultHasher, Hasher as _};

use controller_core::desired::{Desired, Unknown};
use controller_core::status::RecordStatus;
use external_dns_webhook::{CanonicalName, ObjectRef};

/// What is told of objects, by `resource` label; nothing of one of which there is nothing to tell.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ObjectStatuses {
    objects: BTreeMap<ObjectRef, Told>,
}

/// What one object is told.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    /// Of everything; two equal digests that differ are put right by a full sync.
    digest: u64,
    /// The names that it is about; may be none.
    names: BTreeSet<CanonicalName>,
}

impl ObjectStatuses {
    /// Returns what the objects are told whose `desired` state it is.
    pub(super) fn of(desired: &Desired) -> Self {
        let mut all: BTreeMap<ObjectRef, (Digest, BTreeSet<CanonicalName>)> = BTreeMap::new();
        for status in &desired.statuses {
            let RecordStatus { name, object: Some(object), .. } = status else { continue };
            let (digest, names) = all.entry(object.clone()).or_default();
            // A digest takes all that is written to it.
            let _ = write!(digest, "{status:?}");
            if !name.is_empty() {
                names.insert(name.canonical().clone());
            }
        }
        for gap in &desired.unknown {
            if let Unknown::Resource(object) = &gap.what {
                let (digest, _) = all.entry(object.clone()).or_default();
                let _ = write!(digest, "{:?}", gap.reason);
            }
        }
        let told = |(object, (Digest(hasher), names))| {
            (object, Told { digest: DefaultHasher::finish(&hasher), names })
        };
        Self { objects: all.into_iter().map(told).collect() }
    }

    /// Returns which of `objects` are told something else than `before`.
    pub(super) fn changed(
        &self,
        before: &Self,
        objects: &BTreeSet<ObjectRef>,
    ) -> BTreeSet<ObjectRef> {
        let differs = |object: &&ObjectRef| self.objects.get(object) != before.objects.get(object);
        objects.iter().filter(differs).cloned().collect()
    }

    /// Returns all objects that are told something else than `before`.
    pub(super) fn difference(&self, before: &Self) -> BTreeSet<ObjectRef> {
        let all = self.objects.keys().chain(before.objects.keys()).cloned().collect();
        self.changed(before, &all)
    }

    /// Returns the names that `objects` are told something about.
    pub(super) fn names(
        &self,
        objects: &BTreeSet<ObjectRef>,
    ) -> impl Iterator<Item = CanonicalName> {
        let told = objects.iter().filter_map(|object| self.objects.get(object));
        told.flat_map(|told| told.names.iter().cloned())
    }

    /// Puts what `objects` are told now in the place of what they were told.
    pub(super) fn replace(&mut self, objects: &BTreeSet<ObjectRef>, now: Self) {
        for object in objects {
            self.objects.remove(object);
        }
        self.objects.extend(now.objects);
    }
}

/// A digest of what is written to it.
#[derive(Debug, Default)]
struct Digest(DefaultHasher);

impl fmt::Write for Digest {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}
