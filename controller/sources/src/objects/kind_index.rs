//! The objects of one kind, by namespace and name.
//!
//! A namespace is kept once and not with each of its objects, and looking something up takes no
//! copy of what it is looked up by: there may be fifty thousand objects, looked up one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::sorted::Sorted;
use super::{KindState, ObjectKey, Raw, Resource, Stored, Watch};

/// The objects of one kind, and how well they are known; copies share what does not change.
#[derive(Clone)]
pub(super) struct KindIndex {
    pub(super) watch: Arc<Watch>,
    /// By namespace that is read; the empty one stands for all.
    pub(super) states: BTreeMap<String, KindState>,
    /// In which the API server has the kind, once that is known.
    pub(super) version: Option<String>,
    namespaces: Sorted<Arc<str>, NamespaceIndex>,
    /// Namespaces and names of those that make no sense, which are few.
    unreadable: BTreeSet<(Box<str>, Box<str>)>,
    count: usize,
}

/// The objects of one namespace.
#[derive(Clone, Default)]
struct NamespaceIndex {
    entries: Sorted<Arc<str>, Entry>,
    /// Names of objects by the value they are looked up by, sorted.
    index: Sorted<Box<str>, Arc<Vec<Arc<str>>>>,
}

/// An object that was there.
pub(super) struct Removed {
    /// What it was looked up by.
    pub(super) indexed_by: Option<Box<str>>,
}

/// One object.
#[derive(Clone)]
pub(super) enum Entry {
    Readable {
        object: Arc<dyn Stored>,
        raw: Option<Arc<Value>>,
        /// What the API server calls this state, where a status is written into the object.
        revision: Option<Arc<str>>,
    },
    Unreadable {
        error: Arc<str>,
    },
}

impl KindIndex {
    pub(super) fn new(watch: Watch, states: BTreeMap<String, KindState>) -> Self {
        let watch = Arc::new(watch);
        let (namespaces, unreadable) = (Sorted::default(), BTreeSet::new());
        Self { watch, states, version: None, namespaces, unreadable, count: 0 }
    }

    /// Returns the number of objects, readable or not.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Returns one object, readable or not.
    pub(super) fn get(&self, namespace: &str, name: &str) -> Option<&Entry> {
        self.namespaces.get(namespace)?.entries.get(name)
    }

    /// Iterates over all objects by namespace and name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str, &Entry)> {
        self.namespaces.iter().flat_map(|(namespace, namespace_index)| {
            namespace_index.entries.iter().map(|(name, entry)| (&**namespace, &**name, entry))
        })
    }

    /// Iterates over the objects of one namespace by name.
    pub(super) fn iter_in(&self, namespace: &str) -> impl Iterator<Item = &Entry> {
        self.namespaces.get(namespace).into_iter().flat_map(|namespace| namespace.entries.values())
    }

    /// Iterates over the objects that make no sense: namespace, name and error.
    pub(super) fn unreadable(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.unreadable.iter().filter_map(|(namespace, name)| match self.get(namespace, name)? {
            Entry::Unreadable { error } => Some((&**namespace, &**name, &**error)),
            Entry::Readable { .. } => None,
        })
    }

    /// Iterates over the objects that are looked up by `value`, by name.
    pub(super) fn indexed(&self, namespace: &str, value: &str) -> impl Iterator<Item = &Entry> {
        let namespace_index = self.namespaces.get(namespace);
        let names = namespace_index
            .and_then(|namespace_index| namespace_index.index.get(value))
            .into_iter()
            .flat_map(|index| index.iter());
        names.filter_map(move |name| {
            namespace_index.and_then(|namespace_index| namespace_index.entries.get(&**name))
        })
    }

    /// Tells whether a stored object is the same, in the revision of `entry`.
    pub(super) fn has(&self, namespace: &str, name: &str, entry: &Entry) -> bool {
        let before = self.get(namespace, name);
        before.is_some_and(|before| {
            before.eq_ignoring_status(entry) && before.revision() == entry.revision()
        })
    }

    /// Stores an object; returns what it was and is looked up by when something has changed that
    /// another program wrote.
    pub(super) fn put(&mut self, key: &ObjectKey, entry: Entry) -> BTreeSet<Option<Box<str>>> {
        let ObjectKey { kind: _, namespace, name } = key;
        let namespace_index = self.namespaces.get_mut(namespace.as_str());
        if let Some(before) = namespace_index
            .and_then(|namespace_index| namespace_index.entries.get_mut(name.as_str()))
            && before.eq_ignoring_status(&entry)
        {
            // What we wrote ourselves is kept, to be compared with what is to be written, and is no
            // news.
            *before = entry;
            return BTreeSet::new();
        }
        let before = self.remove(namespace, name);
        let value = entry.indexed_by();
        if entry.stored().is_none() {
            self.unreadable.insert((namespace.as_str().into(), name.as_str().into()));
        }
        let name: Arc<str> = name.as_str().into();
        if self.namespaces.get(namespace.as_str()).is_none() {
            self.namespaces.insert(namespace.as_str().into(), NamespaceIndex::default());
        }
        if let Some(namespace_index) = self.namespaces.get_mut(namespace.as_str()) {
            if let Some(value) = &value {
                namespace_index.index(value, &name);
            }
            namespace_index.entries.insert(name, entry);
            self.count += 1;
        }
        before.map(|before| before.indexed_by).into_iter().chain([value]).collect()
    }

    /// Keeps everything in the least memory: maps that grew key by key are half empty.
    pub(super) fn pack(&mut self) {
        let names: Vec<_> = self.namespaces.iter().map(|(name, _)| Arc::clone(name)).collect();
        for name in names {
            if let Some(namespace_index) = self.namespaces.get_mut(&*name) {
                namespace_index.entries.pack();
                namespace_index.index.pack();
            }
        }
        self.namespaces.pack();
    }

    /// Removes an object; returns what it was looked up by, when it was there.
    pub(super) fn remove(&mut self, namespace: &str, name: &str) -> Option<Removed> {
        self.get(namespace, name)?;
        let namespace_index = self.namespaces.get_mut(namespace)?;
        let indexed_by = namespace_index.entries.remove(name)?.indexed_by();
        self.count -= 1;
        if !self.unreadable.is_empty() {
            self.unreadable.remove(&(namespace.into(), name.into()));
        }
        if let Some(value) = &indexed_by {
            namespace_index.forget(value, name);
        }
        if namespace_index.entries.is_empty() {
            self.namespaces.remove(namespace);
        }
        Some(Removed { indexed_by })
    }
}

impl NamespaceIndex {
    fn index(&mut self, value: &str, name: &Arc<str>) {
        if let Some(names) = self.index.get_mut(value).map(Arc::make_mut) {
            if let Err(at) = names.binary_search(name) {
                names.reserve_exact(1);
                names.insert(at, Arc::clone(name));
            }
        } else {
            self.index.insert(value.into(), Arc::new(vec![Arc::clone(name)]));
        }
    }

    fn forget(&mut self, value: &str, name: &str) {
        let Some(names) = self.index.get_mut(value).map(Arc::make_mut) else { return };
        names.retain(|other| **other != *name);
        if names.is_empty() {
            self.index.remove(value);
        }
    }
}

impl Entry {
    /// Returns what is kept of an object of the kind that `watch` is about.
    pub(super) fn of(watch: &Watch, mut raw: Raw) -> Self {
        let revision = std::mem::take(&mut raw.revision);
        let kept = watch.keep_raw.then(|| Arc::new(raw.to_value()));
        match watch.kind.decode(raw) {
            Ok(object) => {
                let revision = object.has_our_status().then(|| revision.into());
                Self::Readable { object, raw: kept, revision }
            }
            Err(error) => Self::Unreadable { error: error.to_string().into() },
        }
    }

    /// Returns what the API server calls the state of the object; empty when that is not kept.
    pub(super) fn revision(&self) -> &str {
        match self {
            Self::Readable { revision: Some(revision), .. } => revision,
            Self::Readable { revision: None, .. } | Self::Unreadable { .. } => "",
        }
    }

    /// Returns the object as what it is; `None` when it makes no sense.
    pub(super) fn object<T: Resource>(&self) -> Option<&T> {
        self.stored()?.as_any().downcast_ref()
    }

    /// Returns the object; `None` when it makes no sense.
    pub(super) fn stored(&self) -> Option<&dyn Stored> {
        match self {
            Self::Readable { object, .. } => Some(object.as_ref()),
            Self::Unreadable { .. } => None,
        }
    }

    fn indexed_by(&self) -> Option<Box<str>> {
        self.stored()?.indexed_by().map(Box::from)
    }

    /// Tells whether `other` is the same, but for our status; one that is the same is looked up by
    /// the same value.
    fn eq_ignoring_status(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Readable { object: a, raw: raw_a, revision: _ },
                Self::Readable { object: b, raw: raw_b, revision: _ },
            ) => {
                a.eq_ignoring_status(b.as_ref())
                    && says_same(raw_a.as_deref(), raw_b.as_deref(), a.as_ref())
            }
            (Self::Unreadable { error: a }, Self::Unreadable { error: b }) => a == b,
            (Self::Readable { .. }, Self::Unreadable { .. })
            | (Self::Unreadable { .. }, Self::Readable { .. }) => false,
        }
    }
}

/// Tells whether two states of `object`, as they were read, differ in nothing but what we write.
fn says_same(a: Option<&Value>, b: Option<&Value>, object: &dyn Stored) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return a == b };
    let (Some(a), Some(b), true) = (a.as_object(), b.as_object(), object.has_our_status()) else {
        return a == b;
    };
    let is_said = |(key, _): &(&String, &Value)| *key != "status";
    a.iter().filter(is_said).eq(b.iter().filter(is_said))
}
