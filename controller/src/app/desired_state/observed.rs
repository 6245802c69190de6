//! What others learn of the objects without looking at them: how fresh they are, and which wait.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use controller_core::status::RecordStatus;
use external_dns_webhook::{CanonicalName, ObjectRef};
use tokio::time::Instant;

use super::DesiredState;
use super::pending::{Pending, Waiting};
use crate::reconcile::Report;
use crate::records::AskedAbout;
use controller_sources::UnreadPrefix;
use controller_sources::objects::{KindId, KindState, ObjectKey, Objects, Watch};

/// How well one kind is known in one namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// The kind.
    pub kind: KindId,
    /// The namespace; empty for all.
    pub namespace: String,
    /// How well it is known.
    pub state: KindState,
    /// Since the API server last said anything about it; `None` when it never did, or when objects
    /// come from manifests.
    pub age: Option<Duration>,
    /// How many of its objects are known, in all namespaces.
    pub objects: usize,
    /// Whether most objects can be read without it.
    pub is_optional: bool,
}

impl DesiredState {
    /// Takes note of what a sync wrote that read the objects at `looked`, and returns how long each
    /// object has waited for it since it changed.
    pub fn written(&self, report: &Report, looked: Instant) -> Vec<Duration> {
        self.pending().written(report, looked, Instant::now())
    }

    /// Takes note that a sync that read the objects at `looked` had nothing to do.
    pub fn needed_nothing(&self, looked: Instant) {
        self.pending().needed_nothing(looked);
    }

    /// Returns how long changes have waited to reach the provider; `None` when none waits.
    pub fn longest_waiting(&self, now: Instant) -> Option<Waiting> {
        self.pending().longest(now)
    }

    /// Returns the `resource` labels of objects whose last change has not reached the provider.
    pub fn waiting(&self) -> BTreeSet<ObjectRef> {
        self.pending().objects()
    }

    /// Returns the prefix of annotations that objects have, where no object has one that is read.
    pub fn unread_prefix(&self) -> Option<UnreadPrefix> {
        UnreadPrefix::among(&self.store.read(), &self.options.annotation_prefixes)
    }

    /// Returns the prefix that objects have and of which one that is read is a slip, unless one that is read was right before:
    /// then the last object with it has gone.
    pub(super) fn wrong_prefix(&self, objects: &Objects) -> Option<UnreadPrefix> {
        if self.has_right_prefix.load(Ordering::Relaxed) {
            return None;
        }
        let found = UnreadPrefix::among(objects, &self.options.annotation_prefixes);
        self.has_right_prefix.store(found.is_none(), Ordering::Relaxed);
        found.filter(UnreadPrefix::is_slip)
    }

    /// Returns the `resource` labels of the objects that are known and whose label `is_asked_for`.
    pub fn known_objects(&self, is_asked_for: impl Fn(&ObjectRef) -> bool) -> Vec<ObjectRef> {
        let objects = self.store.read();
        let labels = objects
            .keys()
            .flat_map(|key| self.sources.iter().filter_map(move |source| source.resource(&key)));
        let labels: BTreeSet<_> = labels.filter(|label| is_asked_for(label)).collect();
        labels.into_iter().collect()
    }

    /// Returns why objects that have `name` do not want it, by object and reason.
    ///
    /// It looks at every object, so it is for a person who asks for one name.
    pub fn left_out(&self, name: &CanonicalName) -> Vec<RecordStatus> {
        let objects = self.store.read();
        self.sources.iter().flat_map(|source| source.left_out(&objects, name)).collect()
    }

    /// Returns why objects that are `asked` for do not want the names that they have, or are not seen.
    pub fn left_out_of(&self, asked: &AskedAbout) -> Vec<RecordStatus> {
        let AskedAbout::Object { namespace, name, .. } = asked else { return Vec::new() };
        let objects = self.store.read();
        let is_asked = |key: &ObjectKey| {
            let mut labels = self.sources.iter().filter_map(|source| source.resource(key));
            labels.any(|label| asked.is_object(&label))
        };
        let mut keys: Vec<_> = objects.keys().filter(is_asked).collect();
        if keys.is_empty() {
            // Where nothing is read it may be all the same.
            let key = |watch: &Watch| ObjectKey {
                kind: watch.kind.id(),
                namespace: namespace.clone().unwrap_or_default(),
                name: name.clone(),
            };
            keys = objects.watches().map(key).filter(is_asked).collect();
        }
        let told = |key| {
            let each = self.sources.iter().map(|source| source.left_out_of(&objects, key));
            each.flatten().collect::<Vec<_>>()
        };
        keys.iter().flat_map(told).collect()
    }

    pub(super) fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns how well each kind is known, and since when nothing was read of it.
    pub fn watches(&self, now: Instant) -> Vec<Watched> {
        let objects = self.store.read();
        let each = |watch: &Watch| -> Vec<Watched> {
            let id = watch.kind.id();
            let watched = |(namespace, state): (&str, &KindState)| Watched {
                kind: id.clone(),
                namespace: namespace.to_owned(),
                state: state.clone(),
                age: self
                    .store
                    .last_read(&id, namespace)
                    .map(|instant| now.duration_since(instant)),
                objects: objects.count(&id),
                is_optional: watch.is_optional,
            };
            objects.states(&id).map(watched).collect()
        };
        objects.watches().flat_map(each).collect()
    }
}
