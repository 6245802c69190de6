//! The objects, shared between the watches that bring them and the syncs that decide.
//!
//! Neither waits for the work of the other: a reader gets the objects as they are at that moment,
//! which stay so while watches bring new ones, and the lock is taken only to exchange them.

mod followed;
mod together;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio::time::Instant;

pub use self::followed::Following;
use crate::schedule::Burst;
use controller_sources::objects::{
    Change, Kept, KindId, KindState, ObjectKey, Objects, Raw, Resolution,
};

/// Beyond this many changed objects a full sync is cheaper than a targeted one.
const MAX_CHANGED: usize = 10_000;

/// The objects and what has changed since they were last looked at.
#[derive(Default)]
pub struct ObjectStore {
    inner: Mutex<Inner>,
    changed: watch::Sender<u64>,
    /// When a kind was last read, by kind and namespace.
    last_read: Mutex<BTreeMap<(KindId, String), Instant>>,
    /// Whether the changes of a kind arrive, by kind and namespace.
    following: Mutex<BTreeMap<(KindId, String), Following>>,
}

#[derive(Default)]
struct Inner {
    objects: Arc<Objects>,
    changes: Changes,
}

/// What has changed since the objects were last looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changes {
    /// These objects were added, changed or removed, each in that time; it may be none.
    Objects(BTreeMap<Change, Burst>),
    /// More than is worth telling apart, or how well a kind is known, in that time.
    Any(Burst),
}

impl ObjectStore {
    /// Returns a store of `objects`.
    pub fn new(objects: Objects) -> Self {
        let inner = Inner { objects: Arc::new(objects), changes: Changes::default() };
        Self { inner: Mutex::new(inner), ..Self::default() }
    }

    /// Returns the objects as they are at this moment.
    pub fn read(&self) -> Arc<Objects> {
        Arc::clone(&self.inner().objects)
    }

    /// Returns a receiver that wakes whenever something has changed.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Returns what has changed since the last call.
    pub fn take_changes(&self) -> Changes {
        std::mem::take(&mut self.inner().changes)
    }

    /// Waits until there are changes to be taken.
    pub async fn has_changed(&self) {
        let mut changed = self.changed.subscribe();
        loop {
            changed.mark_unchanged();
            if !self.inner().changes.is_empty() {
                return;
            }
            if changed.changed().await.is_err() {
                // The sender is a field of `self`, so it is there as long as we are.
                return;
            }
        }
    }

    /// Has the next call return these changes once more; no sync is woken for them.
    pub fn put_back(&self, changes: Changes) {
        let mut inner = self.inner();
        let since = std::mem::take(&mut inner.changes);
        inner.changes = changes.and(since);
    }

    /// Stores an object.
    pub fn apply(&self, kind: &KindId, raw: Raw) {
        // What it means is found out before anyone has to wait.
        self.put(|objects| objects.decode(kind, raw));
    }

    /// Stores that an object is there and cannot be read because of `error`.
    pub fn apply_unreadable(&self, key: &ObjectKey, error: &str) {
        self.put(|objects| objects.unreadable_as(key, error));
    }

    fn put(&self, kept: impl FnOnce(&Objects) -> Option<Kept>) {
        let objects = self.read();
        let Some(kept) = kept(&objects).filter(|kept| !objects.knows(kept)) else {
            return;
        };
        drop(objects);
        self.change(|objects, changes| {
            objects.put(kept).into_iter().fold(false, |_, change| changes.note(change))
        });
    }

    /// Removes an object.
    pub fn delete(&self, key: &ObjectKey) {
        self.change(|objects, changes| {
            objects.delete(key).is_some_and(|change| changes.note(change))
        });
    }

    /// Removes what `keep` does not want; see [`Objects::unwanted`].
    pub fn retain(&self, kind: &KindId, namespace: &str, keep: impl FnMut(&str, &str) -> bool) {
        let gone = self.read().unwanted(kind, namespace, keep);
        if gone.is_empty() {
            return;
        }
        self.change(|objects, changes| {
            let gone = gone.iter().filter_map(|key| objects.delete(key));
            gone.fold(false, |_, change| changes.note(change))
        });
    }

    /// Says what looking up `host` gave; see [`Objects::set_resolution`].
    pub fn set_resolution(&self, host: &str, resolution: Resolution) {
        self.change(|objects, changes| {
            let changed = objects.set_resolution(host, resolution);
            if changed {
                changes.note_any();
            }
            changed
        });
    }

    /// Says how well a kind is known; tells whether that is a change. See [`Objects::set_state`].
    pub fn set_state(&self, kind: &KindId, namespace: &str, state: KindState) -> bool {
        self.change(|objects, changes| {
            let changed = objects.set_state(kind, namespace, state);
            if changed {
                changes.note_any();
            }
            changed
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
    pub fn mark_read(&self, kind: &KindId, namespace: &str) {
        let mut last_read = self.last_read.lock().unwrap_or_else(PoisonError::into_inner);
        last_read.insert((kind.clone(), namespace.to_owned()), Instant::now());
    }

    /// Returns when something was last read of a kind; `None` when it never was.
    pub fn last_read(&self, kind: &KindId, namespace: &str) -> Option<Instant> {
        let last_read = self.last_read.lock().unwrap_or_else(PoisonError::into_inner);
        last_read.get(&(kind.clone(), namespace.to_owned())).copied()
    }

    fn change(&self, change: impl FnOnce(&mut Objects, &mut Changes) -> bool) -> bool {
        let mut inner = self.inner();
        let Inner { objects, changes } = &mut *inner;
        let changed = change(Arc::make_mut(objects), changes);
        drop(inner);
        if changed {
            self.changed.send_modify(|count| *count = count.wrapping_add(1));
        }
        changed
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // A panic elsewhere cannot leave the maps half changed in a way that matters here.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Changes {
    /// Tells whether nothing has changed.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Objects(changes) if changes.is_empty())
    }

    fn note(&mut self, change: Change) -> bool {
        let now = Instant::now();
        match self {
            Self::Objects(changes) => {
                let burst = changes.entry(change).or_insert_with(|| Burst::at(now));
                *burst = burst.then(Burst::at(now));
                if changes.len() > MAX_CHANGED {
                    self.note_any();
                }
            }
            Self::Any(burst) => *burst = burst.then(Burst::at(now)),
        }
        true
    }

    fn note_any(&mut self) {
        let (before, now) = (std::mem::take(self), Burst::at(Instant::now()));
        *self = Self::Any(before.burst().map_or(now, |burst| burst.then(now)));
    }

    /// Returns the last of their bursts, which a calm of all of them ends; `None` when there is none.
    pub fn burst(&self) -> Option<Burst> {
        match self {
            Self::Objects(changes) => {
                let mut bursts: Vec<_> = changes.values().copied().collect();
                bursts.sort_by_key(|burst| burst.first);
                bursts.into_iter().reduce(Burst::then)
            }
            Self::Any(burst) => Some(*burst),
        }
    }

    /// Returns these changes and those of `later`.
    fn and(self, later: Self) -> Self {
        match (self, later) {
            (Self::Objects(mut changes), Self::Objects(later)) => {
                for (change, burst) in later {
                    let noted = changes.entry(change).or_insert(burst);
                    *noted = noted.then(burst);
                }
                Self::Objects(changes)
            }
            (Self::Any(burst), other) | (other, Self::Any(burst)) => {
                Self::Any(other.burst().map_or(burst, |other| burst.with(other)))
            }
        }
    }
}

impl Default for Changes {
    fn default() -> Self {
        Self::Objects(BTreeMap::new())
    }
}
