//! What is not known of the desired state, by whose it is, so that a change of one object closes its
//! own gaps without a look at those of others.

use std::collections::{BTreeMap, BTreeSet};

use controller_core::desired::{Desired, Gap, Unknown};
use external_dns_webhook::{CanonicalName, ObjectRef};

/// What is not known.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct OpenGaps {
    /// About a name or one of its record sets, by name.
    names: BTreeMap<CanonicalName, Vec<OpenGap>>,
    /// The names of these, by object.
    objects: BTreeMap<ObjectRef, BTreeSet<CanonicalName>>,
    /// The names of those of which nobody said whose they are.
    anyones: BTreeSet<CanonicalName>,
    /// About whole objects and kinds.
    wider: Vec<Gap>,
}

/// Something about a name that is not known, and whose.
#[derive(Clone, Debug, PartialEq, Eq)]
struct OpenGap {
    gap: Gap,
    /// The objects that it is about; empty when nobody said, so that it may be anyone's.
    objects: BTreeSet<ObjectRef>,
}

impl OpenGaps {
    /// Returns what is not known in `desired`, with the objects whose statuses say so.
    pub(super) fn of(desired: &Desired) -> Self {
        let mut told: BTreeMap<CanonicalName, BTreeSet<ObjectRef>> = BTreeMap::new();
        if !desired.unknown.is_empty() {
            for status in &desired.statuses {
                if let Some(object) = &status.object {
                    let name = status.name.canonical().clone();
                    told.entry(name).or_default().insert(object.clone());
                }
            }
        }
        let mut gaps = Self::default();
        for gap in &desired.unknown {
            let Some(name) = name_of(gap) else {
                gaps.wider.push(gap.clone());
                continue;
            };
            let mut objects = told.get(&name).cloned().unwrap_or_default();
            objects.extend(gap.object().cloned());
            gaps.add(name, OpenGap { gap: gap.clone(), objects });
        }
        gaps
    }

    fn add(&mut self, name: CanonicalName, open: OpenGap) {
        for object in &open.objects {
            self.objects.entry(object.clone()).or_default().insert(name.clone());
        }
        if open.objects.is_empty() {
            self.anyones.insert(name.clone());
        }
        let gaps = self.names.entry(name).or_default();
        if !gaps.contains(&open) {
            gaps.push(open);
        }
    }

    /// Returns the names about which something is not known that is of one of `objects`.
    pub(super) fn of_objects(
        &self,
        objects: &BTreeSet<ObjectRef>,
    ) -> impl Iterator<Item = &CanonicalName> {
        objects.iter().filter_map(|object| self.objects.get(object)).flatten()
    }

    /// Tells whether what is not known of all of `objects` and about `names` is about
    /// nobody else: then what `objects` want now says it all.
    pub(super) fn are_of_alone(
        &self,
        objects: &BTreeSet<ObjectRef>,
        names: &BTreeSet<CanonicalName>,
    ) -> bool {
        let is_theirs = |open: &OpenGap| open.objects.is_subset(objects);
        let is_one_of_them = |gap: &Gap| {
            matches!(&gap.what,
            Unknown::Resource(resource) if objects.contains(resource))
        };
        self.anyones.is_empty()
            && !self.wider.iter().any(is_one_of_them)
            && names.iter().filter_map(|name| self.names.get(name)).flatten().all(is_theirs)
    }

    /// Returns the names about which something is not known, and nothing in `others`.
    pub(super) fn names_besides(&self, others: &Self) -> impl Iterator<Item = CanonicalName> {
        self.names.keys().filter(|name| !others.has(name)).cloned()
    }

    /// Tells whether something about a name is not known.
    pub(super) fn has(&self, name: &CanonicalName) -> bool {
        self.names.contains_key(name)
    }

    /// Returns what is not known of whole objects and kinds.
    pub(super) fn wider(&self) -> impl Iterator<Item = &Gap> {
        self.wider.iter()
    }

    /// Puts what is not known in `new` in the place of what was not known of `objects` alone.
    pub(super) fn replace(&mut self, objects: &BTreeSet<ObjectRef>, new: Self) {
        let closed: BTreeSet<_> = self.of_objects(objects).cloned().collect();
        for name in closed {
            let Some(gaps) = self.names.remove(&name) else { continue };
            let (gone, stays): (Vec<_>, Vec<_>) =
                gaps.into_iter().partition(|open| open.objects.is_subset(objects));
            for object in gone.iter().flat_map(|open| &open.objects) {
                let is_about = |open: &OpenGap| open.objects.contains(object);
                if stays.iter().any(is_about) {
                    continue;
                }
                if let Some(names) = self.objects.get_mut(object) {
                    names.remove(&name);
                    if names.is_empty() {
                        self.objects.remove(object);
                    }
                }
            }
            if !stays.is_empty() {
                self.names.insert(name, stays);
            }
        }
        let Self { names, objects: _, anyones: _, wider } = new;
        for (name, gaps) in names {
            for open in gaps {
                self.add(name.clone(), open);
            }
        }
        for gap in wider {
            if !self.wider.contains(&gap) {
                self.wider.push(gap);
            }
        }
    }
}

/// Returns the name that a gap is about; `None` when it is about more than one.
pub(super) fn name_of(gap: &Gap) -> Option<CanonicalName> {
    match &gap.what {
        Unknown::Name(name) | Unknown::RecordSet { name, .. } => Some(name.canonical().clone()),
        Unknown::Resource(_) | Unknown::Kind(_) | Unknown::All => None,
    }
}
