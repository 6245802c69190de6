//! What one source sees of the objects: the kinds that it reads, where it reads them.
//!
//! Other sources may have more read of a kind, or more kinds. What is outside of what a source's own
//! row in the table says does not exist for it, so that `--namespace` means the same whatever else
//! is turned on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use controller_core::status::Reason;
use external_dns_webhook::ObjectRef;
use serde_json::Value;

use super::endpoint_builder::source_unavailable;
use super::options::SourceOptions;
use super::table::{WatchScope, reads_of};
use crate::objects::core::Namespace;
use crate::objects::{
    ANYWHERE, KindId, KindState, ObjectKey, Objects, Pairs, Resolution, Resource,
};

/// Where a source reads each of its kinds; a kind that is not here is not read.
#[derive(Clone, Debug, Default)]
pub(super) struct SourceView(BTreeMap<KindId, Place>);

/// Where one kind is read.
#[derive(Clone, Debug)]
struct Place {
    /// Empty for everywhere.
    namespaces: BTreeSet<String>,
    /// The flag that bounds it.
    flag: &'static str,
}

/// The objects as one source sees them.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    objects: &'a Objects,
    sight: &'a SourceView,
}

impl SourceView {
    /// Returns where the source called `source` reads its kinds.
    pub(super) fn of(source: &str, options: &SourceOptions) -> Self {
        let reads = reads_of(source).filter(|watched| (watched.when)(options));
        let place = |scope: WatchScope| Place {
            namespaces: scope.namespaces(options),
            flag: scope.flag().unwrap_or_default(),
        };
        Self(reads.map(|watched| (watched.kind.clone(), place(watched.scope))).collect())
    }

    /// Returns a sight of one kind, in the namespaces of `--namespace`.
    pub(super) fn of_kind(kind: KindId, options: &SourceOptions) -> Self {
        let scope = WatchScope::Namespaces;
        let namespaces = scope.namespaces(options);
        let place = Place { namespaces, flag: scope.flag().unwrap_or_default() };
        Self([(kind, place)].into())
    }

    /// Tells whether an object of `kind` in `namespace` is seen; the empty one is the whole cluster.
    pub(super) fn covers(&self, kind: &KindId, namespace: &str) -> bool {
        self.0.get(kind).is_some_and(|place| place.covers(namespace))
    }

    /// Returns why objects of `kind` in `namespace` are not seen; `None` when they are, or the kind is not
    /// read anywhere.
    pub(super) fn unread(&self, kind: &KindId, namespace: &str) -> Option<Reason> {
        let Place { namespaces, flag } =
            self.0.get(kind).filter(|place| !place.covers(namespace))?;
        let read: Vec<_> = namespaces.iter().map(String::as_str).collect();
        let read = read.join(",");
        let why = format!("{flag}={read} does not read the namespace `{namespace}`");
        Some(Reason::LeftOut { why })
    }
}

impl Place {
    fn covers(&self, namespace: &str) -> bool {
        let is_anywhere = namespace.is_empty() || namespace == ANYWHERE;
        is_anywhere || self.namespaces.is_empty() || self.namespaces.contains(namespace)
    }
}

impl<'a> View<'a> {
    pub(super) fn new(objects: &'a Objects, sight: &'a SourceView) -> Self {
        Self { objects, sight }
    }

    /// Tells whether objects of a kind in `namespace` are seen.
    pub(super) fn covers<T: Resource>(self, namespace: &str) -> bool {
        self.sight.covers(&T::ID, namespace)
    }

    /// Iterates over the readable objects of a kind, by namespace and name.
    ///
    /// What several of them answer with together is not known from those; see
    /// [`every`](Self::every).
    pub(super) fn list<T: Resource>(self) -> impl Iterator<Item = &'a T> {
        let place = self.sight.0.get(&T::ID);
        let everywhere = place.is_some_and(|place| place.namespaces.is_empty());
        let all = everywhere.then(|| self.objects.list::<T>()).into_iter().flatten();
        let some = place.into_iter().flat_map(|place| &place.namespaces);
        all.chain(some.flat_map(move |namespace| self.objects.list_in::<T>(namespace)))
    }

    /// Iterates over all objects of a kind: a set of answers is whole or not known.
    ///
    /// # Errors
    ///
    /// The kind is not known in full, or one of its objects cannot be read.
    pub(super) fn every<T: Resource>(self) -> Result<impl Iterator<Item = &'a T>, Reason> {
        self.is_whole::<T>("")?;
        Ok(self.list::<T>())
    }

    /// Iterates over all objects of a kind in one namespace, by name; see [`every`](Self::every).
    ///
    /// # Errors
    ///
    /// As there.
    pub(super) fn every_in<T: Resource>(
        self,
        namespace: &str,
    ) -> Result<impl Iterator<Item = &'a T>, Reason> {
        self.is_whole::<T>(namespace)?;
        let seen = self.covers::<T>(namespace);
        Ok(seen.then(|| self.objects.list_in::<T>(namespace)).into_iter().flatten())
    }

    /// Iterates over all objects of a kind that are looked up by `value`; see [`every`](Self::every).
    ///
    /// # Errors
    ///
    /// As there: one that cannot be read does not say what it is looked up by.
    pub(super) fn indexed<T: Resource>(
        self,
        namespace: &str,
        value: &str,
    ) -> Result<impl Iterator<Item = &'a T>, Reason> {
        self.is_whole::<T>(namespace)?;
        let seen = self.covers::<T>(namespace);
        Ok(seen.then(|| self.objects.indexed::<T>(namespace, value)).into_iter().flatten())
    }

    /// Tells that every object of a kind in `namespace`, the empty one for all, can be read.
    fn is_whole<T: Resource>(self, namespace: &str) -> Result<(), Reason> {
        if let Some(state) = self.gap(&T::ID, namespace) {
            return Err(source_unavailable(T::ID.as_str(), state));
        }
        let kind = T::ID;
        let mut unreadable = self.objects.unreadable(&kind);
        let is_here = |at: &str| (namespace.is_empty() || at == namespace) && self.covers::<T>(at);
        match unreadable.find(|(at, ..)| is_here(at)) {
            Some((at, name, error)) => Err(not_read::<T>(at, name, error)),
            None => Ok(()),
        }
    }

    /// Returns one readable object.
    pub(super) fn get<T: Resource>(self, namespace: &str, name: &str) -> Option<&'a T> {
        self.objects.get::<T>(namespace, name).filter(|_| self.covers::<T>(namespace))
    }

    /// Returns the object that is referred to.
    ///
    /// # Errors
    ///
    /// It is not there, or that is not known, or it is not among what is read.
    pub(super) fn find<T: Resource>(self, namespace: &str, name: &str) -> Result<&'a T, Reason> {
        let object = shown::<T>(namespace, name);
        let place = self.sight.0.get(&T::ID);
        if let Some(place) = place.filter(|place| !place.covers(namespace)) {
            let why = format!("is outside {}", place.flag);
            return Err(Reason::ReferenceNotRead { object, why });
        }
        if let Some(found) = self.get(namespace, name) {
            return Ok(found);
        }
        if let Some(state) = self.gap(&T::ID, namespace) {
            return Err(source_unavailable(T::ID.as_str(), state));
        }
        let key = ObjectKey { kind: T::ID, namespace: namespace.to_owned(), name: name.to_owned() };
        Err(match self.objects.unreadable_at(&key) {
            Some(error) => not_read::<T>(namespace, name, error),
            None => Reason::MissingObject { object },
        })
    }

    /// Returns why a kind is not known in full in `namespace`; `None` when it is.
    ///
    /// The empty namespace stands for all in which the source reads the kind.
    pub(super) fn gap(self, kind: &KindId, namespace: &str) -> Option<&'a KindState> {
        let place = self.sight.0.get(kind)?;
        if !namespace.is_empty() || place.namespaces.is_empty() {
            return self.objects.gap(kind, namespace);
        }
        place.namespaces.iter().find_map(|namespace| self.objects.gap(kind, namespace))
    }

    /// Returns what looking up `host` gave; `None` when it was not looked up.
    pub(super) fn resolution(self, host: &str) -> Option<&'a Resolution> {
        self.objects.resolution(host)
    }

    /// Returns the labels of a namespace, whatever kinds the source reads.
    ///
    /// # Errors
    ///
    /// They are not known.
    pub(super) fn namespace_labels(self, namespace: &str) -> Result<&'a Pairs, Reason> {
        if let Some(found) = self.objects.get::<Namespace>("", namespace) {
            return Ok(&found.meta.labels);
        }
        if let Some(state) = self.objects.gap(&Namespace::ID, "") {
            return Err(source_unavailable(Namespace::ID.as_str(), state));
        }
        let name = namespace.to_owned();
        let key = ObjectKey { kind: Namespace::ID, namespace: String::new(), name };
        let error = self.objects.unreadable_at(&key).unwrap_or("it is not there");
        let what = format!("read the labels of the namespace `{namespace}`");
        Err(Reason::SourceUnavailable { what, error: error.to_owned() })
    }

    /// Returns an object as it was read, where that is kept.
    pub(super) fn raw(self, key: &ObjectKey) -> Option<&'a Arc<Value>> {
        self.objects.raw(key).filter(|_| self.sight.covers(&key.kind, &key.namespace))
    }
}

/// Returns the reason that an object which counts is there and makes no sense.
pub(super) fn not_read<T: Resource>(namespace: &str, name: &str, error: &str) -> Reason {
    let object = shown::<T>(namespace, name);
    Reason::ReferenceNotRead { object, why: format!("cannot be read: {error}") }
}

/// Returns how a reason names an object.
fn shown<T: Resource>(namespace: &str, name: &str) -> String {
    let row = crate::objects::kind(&T::ID);
    let kind = row.map_or_else(|| T::ID.to_string(), |row| row.kind.to_string());
    ObjectRef::new(&kind, namespace, name).to_string()
}
