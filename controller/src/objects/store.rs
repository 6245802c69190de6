//! The objects, shared between those who bring them and those who decide.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};

use tokio::sync::watch;
use tokio::time::Instant;

use super::{Change, KindId, KindState, ObjectKey, Objects, Raw, Resolution};

/// Beyond this many changed objects a full pass is cheaper than a focused one.
const MAX_CHANGED: usize = 10_000;

/// The objects and what has changed since someone last looked.
#[derive(Default)]
pub struct Store {
    inner: RwLock<Inner>,
    changed: watch::Sender<u64>,
    /// When whoever brings objects last heard of a kind, by kind and namespace.
    heard: Mutex<BTreeMap<(KindId, String), Instant>>,
}

#[derive(Default)]
struct Inner {
    objects: Objects,
    changes: Changes,
}

/// What has changed since someone last looked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changes {
    /// These objects were added, changed or removed, each first at that time; it may be none.
    Objects(BTreeMap<Change, Instant>),
    /// More than is worth telling apart, or how well a kind is known.
    Any,
}

impl Store {
    /// Returns a store that holds `objects`.
    pub fn new(objects: Objects) -> Self {
        let inner = Inner { objects, changes: Changes::default() };
        let heard = Mutex::default();
        Self { inner: RwLock::new(inner), changed: watch::Sender::new(0), heard }
    }

    /// Returns the objects for reading; nothing changes while the guard lives.
    pub fn read(&self) -> impl std::ops::Deref<Target = Objects> + '_ {
        struct Guard<'a>(RwLockReadGuard<'a, Inner>);

        impl std::ops::Deref for Guard<'_> {
            type Target = Objects;

            fn deref(&self) -> &Objects {
                &self.0.objects
            }
        }

        // A panic elsewhere cannot leave the maps half changed in a way that matters here.
        Guard(self.inner.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns a receiver that wakes whenever something has changed.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Returns what has changed since the last call.
    pub fn take_changes(&self) -> Changes {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut inner.changes)
    }

    /// Stores an object.
    pub fn apply(&self, kind: &KindId, raw: Raw) {
        self.change(|objects, changes| {
            objects.apply(kind, raw).into_iter().fold(false, |_, it| changes.note(it))
        });
    }

    /// Removes an object.
    pub fn delete(&self, key: &ObjectKey) {
        self.change(|objects, changes| objects.delete(key).is_some_and(|it| changes.note(it)));
    }

    /// Removes what `keep` does not want; see [`Objects::retain`].
    pub fn retain(&self, kind: &KindId, namespace: &str, keep: impl FnMut(&str, &str) -> bool) {
        self.change(|objects, changes| {
            let gone = objects.retain(kind, namespace, keep);
            gone.into_iter().fold(false, |_, it| changes.note(it))
        });
    }

    /// Says what looking up `host` gave; see [`Objects::set_resolution`].
    pub fn set_resolution(&self, host: &str, resolution: Resolution) {
        self.change(|objects, changes| {
            let news = objects.set_resolution(host, resolution);
            if news {
                *changes = Changes::Any;
            }
            news
        });
    }

    /// Says how well a kind is known; tells whether that is news. See [`Objects::set_state`].
    pub fn set_state(&self, kind: &KindId, namespace: &str, state: KindState) -> bool {
        self.change(|objects, changes| {
            let news = objects.set_state(kind, namespace, state);
            if news {
                *changes = Changes::Any;
            }
            news
        })
    }

    /// Says in which version the API server has a kind; see [`Objects::set_version`].
    pub fn set_version(&self, kind: &KindId, version: &str) {
        self.change(|objects, _| {
            objects.set_version(kind, version);
            false
        });
    }

    /// Notes that the API server said something about a kind, be it that nothing has changed.
    pub fn hear(&self, kind: &KindId, namespace: &str) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.insert((kind.clone(), namespace.to_owned()), Instant::now());
    }

    /// Returns when something was last heard of a kind; `None` when it never was.
    pub fn heard(&self, kind: &KindId, namespace: &str) -> Option<Instant> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.get(&(kind.clone(), namespace.to_owned())).copied()
    }

    fn change(&self, change: impl FnOnce(&mut Objects, &mut Changes) -> bool) -> bool {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        let Inner { objects, changes } = &mut *inner;
        let news = change(objects, changes);
        drop(inner);
        if news {
            self.changed.send_modify(|count| *count = count.wrapping_add(1));
        }
        news
    }
}

impl Changes {
    /// Tells whether nothing has changed.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Objects(changes) if changes.is_empty())
    }

    fn note(&mut self, change: Change) -> bool {
        if let Self::Objects(changes) = self {
            changes.entry(change).or_insert_with(Instant::now);
            if changes.len() > MAX_CHANGED {
                *self = Self::Any;
            }
        }
        true
    }
}

impl Default for Changes {
    fn default() -> Self {
        Self::Objects(BTreeMap::new())
    }
}
