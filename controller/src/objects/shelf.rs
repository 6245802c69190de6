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
pub(super) struct Shelf {
    pub(super) watch: Arc<Watch>,
    /// By namespace that is read; the empty one stands for all.
    pub(super) states: BTreeMap<String, KindState>,
    /// In which the API server has the kind, once that is known.
    pub(super) version: Option<String>,
    rooms: Sorted<Arc<str>, Room>,
    /// Namespaces and names of those that make no sense, which are few.
    unreadable: BTreeSet<(Box<str>, Box<str>)>,
    count: usize,
}

/// The objects of one namespace.
#[derive(Clone, Default)]
struct Room {
    slots: Sorted<Arc<str>, Slot>,
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
pub(super) enum Slot {
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

impl Shelf {
    pub(super) fn new(watch: Watch, states: BTreeMap<String, KindState>) -> Self {
        let watch = Arc::new(watch);
        let (rooms, unreadable) = (Sorted::default(), BTreeSet::new());
        Self { watch, states, version: None, rooms, unreadable, count: 0 }
    }

    /// Returns the number of objects, readable or not.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Returns one object, readable or not.
    pub(super) fn get(&self, namespace: &str, name: &str) -> Option<&Slot> {
        self.rooms.get(namespace)?.slots.get(name)
    }

    /// Iterates over all objects by namespace and name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str, &Slot)> {
        self.rooms.iter().flat_map(|(namespace, room)| {
            room.slots.iter().map(|(name, slot)| (&**namespace, &**name, slot))
        })
    }

    /// Iterates over the objects of one namespace by name.
    pub(super) fn iter_in(&self, namespace: &str) -> impl Iterator<Item = &Slot> {
        self.rooms.get(namespace).into_iter().flat_map(|it| it.slots.values())
    }

    /// Iterates over the objects that make no sense: namespace, name and error.
    pub(super) fn unreadable(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.unreadable.iter().filter_map(|(namespace, name)| match self.get(namespace, name)? {
            Slot::Unreadable { error } => Some((&**namespace, &**name, &**error)),
            Slot::Readable { .. } => None,
        })
    }

    /// Iterates over the objects that are looked up by `value`, by name.
    pub(super) fn indexed(&self, namespace: &str, value: &str) -> impl Iterator<Item = &Slot> {
        let room = self.rooms.get(namespace);
        let names = room.and_then(|it| it.index.get(value)).into_iter().flat_map(|it| it.iter());
        names.filter_map(move |name| room.and_then(|it| it.slots.get(&**name)))
    }

    /// Returns whether an object that is stored already asks for the same, and says the same in
    /// everything that is kept of it.
    pub(super) fn has(&self, namespace: &str, name: &str, slot: &Slot) -> bool {
        let before = self.get(namespace, name);
        before.is_some_and(|before| before.asks_same(slot) && before.revision() == slot.revision())
    }

    /// Stores an object; returns what it was and is looked up by when something has changed that
    /// somebody else wrote.
    pub(super) fn put(&mut self, key: &ObjectKey, slot: Slot) -> BTreeSet<Option<Box<str>>> {
        let ObjectKey { kind: _, namespace, name } = key;
        let room = self.rooms.get_mut(namespace.as_str());
        if let Some(before) = room.and_then(|room| room.slots.get_mut(name.as_str()))
            && before.asks_same(&slot)
        {
            // What we wrote ourselves is kept, to be compared with what is to be written, and is no
            // news.
            *before = slot;
            return BTreeSet::new();
        }
        let before = self.remove(namespace, name);
        let value = slot.indexed_by();
        if slot.stored().is_none() {
            self.unreadable.insert((namespace.as_str().into(), name.as_str().into()));
        }
        let name: Arc<str> = name.as_str().into();
        if self.rooms.get(namespace.as_str()).is_none() {
            self.rooms.insert(namespace.as_str().into(), Room::default());
        }
        if let Some(room) = self.rooms.get_mut(namespace.as_str()) {
            if let Some(value) = &value {
                room.index(value, &name);
            }
            room.slots.insert(name, slot);
            self.count += 1;
        }
        before.map(|it| it.indexed_by).into_iter().chain([value]).collect()
    }

    /// Keeps everything in the least memory: maps that grew key by key are half empty.
    pub(super) fn pack(&mut self) {
        let names: Vec<_> = self.rooms.iter().map(|(name, _)| Arc::clone(name)).collect();
        for name in names {
            if let Some(room) = self.rooms.get_mut(&*name) {
                room.slots.pack();
                room.index.pack();
            }
        }
        self.rooms.pack();
    }

    /// Removes an object; returns what it was looked up by, when it was there.
    pub(super) fn remove(&mut self, namespace: &str, name: &str) -> Option<Removed> {
        self.get(namespace, name)?;
        let room = self.rooms.get_mut(namespace)?;
        let indexed_by = room.slots.remove(name)?.indexed_by();
        self.count -= 1;
        if !self.unreadable.is_empty() {
            self.unreadable.remove(&(namespace.into(), name.into()));
        }
        if let Some(value) = &indexed_by {
            room.forget(value, name);
        }
        if room.slots.is_empty() {
            self.rooms.remove(namespace);
        }
        Some(Removed { indexed_by })
    }
}

impl Room {
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
        names.retain(|it| **it != *name);
        if names.is_empty() {
            self.index.remove(value);
        }
    }
}

impl Slot {
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

    /// Tells whether `other` asks for the same; an object that asks the same is looked up by the
    /// same value.
    fn asks_same(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Readable { object: a, raw: raw_a, revision: _ },
                Self::Readable { object: b, raw: raw_b, revision: _ },
            ) => {
                a.asks_same(b.as_ref()) && says_same(raw_a.as_deref(), raw_b.as_deref(), a.as_ref())
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
