//! What the controller knows of the cluster: objects of the kinds that sources read.
//!
//! Storing and reading is synchronous and pure; the program brings the objects.
//! What could not be read is kept as such: a kind says whether it is known in full, and an object
//! that makes no sense is there under its name with the error.

mod addresses;
pub mod cis;
pub mod contour;
pub mod core;
pub mod dns_endpoint;
pub mod emissary;
pub mod endpoint_slice;
pub mod gateway;
pub mod gloo;
mod golang;
pub mod istio;
mod kind_index;
mod kinds;
pub mod kong;
mod meta;
mod misread;
pub mod openshift;
mod resource;
pub mod skipper;
mod sorted;
mod state;
pub mod traefik;
pub mod untyped;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use self::kind_index::{Entry, KindIndex, Removed};
pub use self::kinds::{KINDS, Kind, KindId, Resource, Stored, kind};
pub use self::meta::{Meta, Raw};
pub use self::misread::{KeyPath, Misread, Step};
use self::sorted::Sorted;
pub use self::state::{Failure, KindState};
pub use controller_core::pairs::Pairs;

/// Namespace of an object of which only kind and name are known.
pub const ANYWHERE: &str = controller_core::name_sharing::ANYWHERE;

/// Which object, of any kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey {
    /// Its kind.
    pub kind: KindId,
    /// Its namespace; empty for an object of the whole cluster.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// A change of one object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Change {
    /// Which object was added, changed or removed.
    pub key: ObjectKey,
    /// What it was or is looked up by, such as the Service of an `EndpointSlice`.
    pub indexed_by: Option<Box<str>>,
}

/// What looking up a name gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// Its addresses; never empty.
    Addresses(Vec<std::net::IpAddr>),
    /// Nothing, because of this error.
    Failed(String),
}

/// What is read of one kind.
#[derive(Clone, Debug)]
pub struct Watch {
    /// The kind.
    pub kind: Kind,
    /// Namespaces that are read; empty for all.
    pub namespaces: BTreeSet<String>,
    /// Labels that the API server selects by; empty for all objects.
    pub label_selector: String,
    /// Whether the object is kept as it is, too: templates read every field.
    pub keep_raw: bool,
    /// Sources that read the kind, for messages.
    pub sources: BTreeSet<&'static str>,
    /// Whether most objects can be read without it: an auxiliary kind of the whole cluster, in a controller
    /// that has permissions in some namespaces only.
    pub is_optional: bool,
}

/// The objects, by kind, namespace and name.
///
/// A copy costs the same whatever is there: it shares everything that does not change after it.
#[derive(Clone, Default)]
pub struct Objects {
    kind_indexes: BTreeMap<KindId, Arc<KindIndex>>,
    resolutions: Sorted<Box<str>, Resolution>,
}

/// An object as it is kept, which took work to find out and is still to be stored.
pub struct Kept {
    key: ObjectKey,
    entry: Entry,
}

impl Objects {
    /// Returns an empty store for the kinds of `watches`, none of them known yet.
    pub fn new(watches: impl IntoIterator<Item = Watch>) -> Self {
        let kind_index = |watch: Watch| {
            let all = [String::new()];
            let namespaces: Vec<_> = if watch.namespaces.is_empty() || !watch.kind.namespaced {
                all.to_vec()
            } else {
                watch.namespaces.iter().cloned().collect()
            };
            let states =
                namespaces.into_iter().map(|namespace| (namespace, KindState::Pending)).collect();
            let id = watch.kind.id();
            (id, Arc::new(KindIndex::new(watch, states)))
        };
        Self {
            kind_indexes: watches.into_iter().map(kind_index).collect(),
            resolutions: Sorted::default(),
        }
    }

    /// Iterates over what is read.
    pub fn watches(&self) -> impl Iterator<Item = &Watch> {
        self.kind_indexes.values().map(|index| &*index.watch)
    }

    /// Stores an object of `kind`; returns what has changed of what is read, which may be nothing.
    ///
    /// There are two changes when the object is looked up by another value than before. A kind that
    /// is not read is ignored.
    pub fn apply(&mut self, kind: &KindId, raw: Raw) -> BTreeSet<Change> {
        let kept = self.decode(kind, raw);
        kept.map(|kept| self.put(kept)).unwrap_or_default()
    }

    /// Returns what is kept of an object of `kind`; `None` of a kind that is not read.
    pub fn decode(&self, kind: &KindId, raw: Raw) -> Option<Kept> {
        let kind_index = self.kind_indexes.get(kind)?;
        let (namespace, name) = (raw.meta.namespace.clone(), raw.meta.name.clone());
        let key = ObjectKey { kind: kind.clone(), namespace, name };
        Some(Kept { key, entry: Entry::of(&kind_index.watch, raw) })
    }

    /// Returns what is kept of an object that is there and cannot be read because of `error`; `None` of
    /// a kind that is not read.
    pub fn unreadable_as(&self, key: &ObjectKey, error: &str) -> Option<Kept> {
        let entry = Entry::Unreadable { error: error.into() };
        self.kind_indexes.contains_key(&key.kind).then(|| Kept { key: key.clone(), entry })
    }

    /// Stores an object; see [`apply`](Self::apply).
    pub fn put(&mut self, kept: Kept) -> BTreeSet<Change> {
        let Kept { key, entry } = kept;
        if self.has(&key, &entry) {
            return BTreeSet::new();
        }
        let Some(kind_index) = self.kind_index(&key.kind) else { return BTreeSet::new() };
        let indexed_by = kind_index.put(&key, entry);
        indexed_by.into_iter().map(|value| Change { key: key.clone(), indexed_by: value }).collect()
    }

    /// Tells whether storing an object would change nothing.
    pub fn knows(&self, kept: &Kept) -> bool {
        self.has(&kept.key, &kept.entry)
    }

    fn has(&self, key: &ObjectKey, entry: &Entry) -> bool {
        let kind_index = self.kind_indexes.get(&key.kind);
        kind_index.is_some_and(|kind_index| kind_index.has(&key.namespace, &key.name, entry))
    }

    /// Returns what is kept of a kind, to be written.
    fn kind_index(&mut self, kind: &KindId) -> Option<&mut KindIndex> {
        self.kind_indexes.get_mut(kind).map(Arc::make_mut)
    }

    /// Removes an object; returns the change when it was there.
    pub fn delete(&mut self, key: &ObjectKey) -> Option<Change> {
        let kind_index = self.kind_index(&key.kind)?;
        let Removed { indexed_by } = kind_index.remove(&key.namespace, &key.name)?;
        Some(Change { key: key.clone(), indexed_by })
    }

    /// Says what looking up `host` gave; tells whether that is news.
    pub fn set_resolution(&mut self, host: &str, resolution: Resolution) -> bool {
        let is_news = self.resolutions.get(host) != Some(&resolution);
        self.resolutions.insert(host.into(), resolution);
        is_news
    }

    /// Returns what looking up `host` gave; `None` when it was not looked up.
    pub fn resolution(&self, host: &str) -> Option<&Resolution> {
        self.resolutions.get(host)
    }

    /// Returns the objects of `kind` that `keep` does not want.
    ///
    /// With a `namespace` that is not empty, only objects there are looked at.
    pub fn unwanted(
        &self,
        kind: &KindId,
        namespace: &str,
        mut keep: impl FnMut(&str, &str) -> bool,
    ) -> Vec<ObjectKey> {
        let is_unwanted = |(at, name, _): &(&str, &str, &Entry)| {
            (namespace.is_empty() || *at == namespace) && !keep(at, name)
        };
        let key = |(at, name, _): (&str, &str, &Entry)| ObjectKey {
            kind: kind.clone(),
            namespace: at.to_owned(),
            name: name.to_owned(),
        };
        self.entries(kind).filter(is_unwanted).map(key).collect()
    }

    /// Says how well `kind` is known in `namespace` (empty for all); tells whether that is news.
    pub fn set_state(&mut self, kind: &KindId, namespace: &str, state: KindState) -> bool {
        let Some(kind_index) = self.kind_index(kind) else { return false };
        let is_news = kind_index.states.get(namespace).is_none_or(|other| !other.is_like(&state));
        if is_news {
            if state.is_synced() {
                kind_index.pack();
            }
            // The same failure again keeps the time at which it began.
            kind_index.states.insert(namespace.to_owned(), state);
        }
        is_news
    }

    /// Iterates over the readable objects of a kind, by namespace and name.
    pub fn list<T: Resource>(&self) -> impl Iterator<Item = &T> {
        self.entries(&T::ID).filter_map(|(_, _, entry)| entry.object())
    }

    /// Iterates over the readable objects of a kind in one namespace, by name.
    pub fn list_in<T: Resource>(&self, namespace: &str) -> impl Iterator<Item = &T> {
        let entries = self
            .kind_indexes
            .get(&T::ID)
            .into_iter()
            .flat_map(move |index| index.iter_in(namespace));
        entries.filter_map(Entry::object)
    }

    /// Iterates over the readable objects of a kind that are looked up by `value`.
    pub fn indexed<T: Resource>(&self, namespace: &str, value: &str) -> impl Iterator<Item = &T> {
        let kind_index = self.kind_indexes.get(&T::ID);
        let entries = kind_index.into_iter().flat_map(move |index| index.indexed(namespace, value));
        entries.filter_map(Entry::object)
    }

    /// Returns one readable object.
    pub fn get<T: Resource>(&self, namespace: &str, name: &str) -> Option<&T> {
        self.kind_indexes.get(&T::ID)?.get(namespace, name)?.object()
    }

    /// Iterates over the readable objects of a kind that has no struct of its own.
    pub fn stored(&self, kind: &KindId) -> impl Iterator<Item = &dyn Stored> {
        self.entries(kind).filter_map(|(_, _, entry)| entry.stored())
    }

    /// Returns a readable object of any kind.
    pub fn stored_at(&self, key: &ObjectKey) -> Option<&dyn Stored> {
        self.entry(key)?.stored()
    }

    /// Says in which version the API server has `kind`.
    pub fn set_version(&mut self, kind: &KindId, version: &str) {
        if let Some(kind_index) = self.kind_index(kind) {
            kind_index.version = Some(version.to_owned());
        }
    }

    /// Returns in which version the API server has `kind`; `None` when it was not found there.
    pub fn version(&self, kind: &KindId) -> Option<&str> {
        self.kind_indexes.get(kind)?.version.as_deref()
    }

    /// Returns the metadata of a readable object of any kind.
    pub fn meta(&self, key: &ObjectKey) -> Option<&Meta> {
        self.entry(key)?.stored().map(Stored::meta)
    }

    /// Returns an object as it was read, where that is kept.
    pub fn raw(&self, key: &ObjectKey) -> Option<&Arc<Value>> {
        match self.entry(key)? {
            Entry::Readable { raw, .. } => raw.as_ref(),
            Entry::Unreadable { .. } => None,
        }
    }

    /// Returns what the API server calls the state of an object that is stored; empty when it is not
    /// known, which it is only for kinds that a status is written into.
    pub fn revision(&self, key: &ObjectKey) -> &str {
        self.entry(key).map(Entry::revision).unwrap_or_default()
    }

    /// Iterates over the objects of `kind` that make no sense: namespace, name and error.
    pub fn unreadable(&self, kind: &KindId) -> impl Iterator<Item = (&str, &str, &str)> {
        self.kind_indexes.get(kind).into_iter().flat_map(|kind_index| kind_index.unreadable())
    }

    /// Returns the error of an object that makes no sense; `None` when it is readable or not there.
    pub fn unreadable_at(&self, key: &ObjectKey) -> Option<&str> {
        match self.entry(key)? {
            Entry::Unreadable { error } => Some(error),
            Entry::Readable { .. } => None,
        }
    }

    /// Iterates over the keys of all objects, readable or not.
    pub fn keys(&self) -> impl Iterator<Item = ObjectKey> + '_ {
        self.kind_indexes.iter().flat_map(|(kind, kind_index)| {
            kind_index.iter().map(|(namespace, name, _)| ObjectKey {
                kind: kind.clone(),
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            })
        })
    }

    /// Tells whether there is an object with that key, readable or not.
    pub fn contains(&self, key: &ObjectKey) -> bool {
        self.entry(key).is_some()
    }

    /// Iterates over how well `kind` is known, by namespace; the empty one stands for all.
    ///
    /// A kind that no source needs has no state.
    pub fn states(&self, kind: &KindId) -> impl Iterator<Item = (&str, &KindState)> {
        let states = self.kind_indexes.get(kind).into_iter().flat_map(|index| &index.states);
        states.map(|(namespace, state)| (namespace.as_str(), state))
    }

    /// Returns why a kind is not known in full in `namespace`; `None` when it is.
    ///
    /// A kind that no source needs is known in full: it has no objects.
    pub fn gap(&self, kind: &KindId, namespace: &str) -> Option<&KindState> {
        let kind_index = self.kind_indexes.get(kind)?;
        let relevant = |at: &String| at.is_empty() || namespace.is_empty() || at == namespace;
        let mut states = kind_index.states.iter().filter(|(at, _)| relevant(at));
        states.find(|(_, state)| !state.is_synced()).map(|(_, state)| state)
    }

    /// Returns the number of objects of `kind`, readable or not.
    pub fn count(&self, kind: &KindId) -> usize {
        self.kind_indexes.get(kind).map_or(0, |kind_index| kind_index.len())
    }

    fn entry(&self, key: &ObjectKey) -> Option<&Entry> {
        self.kind_indexes.get(&key.kind)?.get(&key.namespace, &key.name)
    }

    fn entries<'a>(
        &'a self,
        kind: &KindId,
    ) -> impl Iterator<Item = (&'a str, &'a str, &'a Entry)> + use<'a> {
        self.kind_indexes.get(kind).into_iter().flat_map(|kind_index| kind_index.iter())
    }
}

impl ObjectKey {
    /// Returns the key of a stored object.
    pub fn of<T: Resource>(object: &T) -> Self {
        Self::new(T::ID, object.meta())
    }

    /// Returns the key of the object of `kind` with that `meta`.
    pub fn new(kind: KindId, meta: &Meta) -> Self {
        Self { kind, namespace: meta.namespace.clone(), name: meta.name.clone() }
    }
}

impl std::fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { kind, namespace, name } = self;
        if namespace.is_empty() {
            return write!(f, "{kind}/{name}");
        }
        write!(f, "{kind}/{namespace}/{name}")
    }
}

#[cfg(test)]
mod tests;
