//! What syncs are told: what the objects want, and what has changed among them.

use std::collections::{BTreeMap, BTreeSet};

use controller_core::desired::{Desired, Gap, Unknown};
use controller_core::name_sharing::unites;
use controller_core::status::Reason;
use controller_core::transform::{self, Reverse};
use external_dns_webhook::{Endpoint, ObjectRef};
use tokio::time::Instant;

use super::DesiredState;
use crate::reconcile::{ChangeSet, DesiredReader, RecentChanges, Whose};
use crate::schedule::Window;
use crate::store::Changes;
use controller_sources::objects::core::Namespace;
use controller_sources::objects::{ObjectKey, Resource};
use controller_sources::{Affected, ObjectScope};

impl DesiredState {
    pub(super) fn collect(&self, scope: &ObjectScope, prefixes: &[String]) -> Desired {
        let mut desired = Desired { sharing: self.options.sharing, ..Desired::default() };
        let objects = self.store.read();
        for source in self.sources.iter() {
            source.collect(&objects, scope, &mut desired);
        }
        let wrong =
            matches!(scope, ObjectScope::All).then(|| self.wrong_prefix(&objects)).flatten();
        drop(objects);
        // What their annotations ask for is not known, so nobody says that it is not wanted.
        desired.unknown.extend(wrong.map(|wrong| Gap {
            what: Unknown::All,
            reason: Reason::SourceUnavailable {
                what: "read annotations".to_owned(),
                error: wrong.to_string(),
            },
            zone: None,
            object: None,
        }));
        let mut options = self.transforms.clone();
        if !prefixes.is_empty() {
            options.property_prefixes = prefixes.to_vec();
        }
        transform::pipeline(desired, &options)
    }

    /// Returns the record sets that objects want right now, by their `resource` labels, before a
    /// provider has looked at them. What it costs follows how much these want.
    pub fn wanted(&self, labels: &BTreeSet<ObjectRef>) -> Vec<Endpoint> {
        if labels.is_empty() {
            return Vec::new();
        }
        let is_meant = |key: &ObjectKey| {
            let resources = self.sources.iter().filter_map(|source| source.resource(key));
            resources.into_iter().any(|label| labels.contains(&label))
        };
        let keys: BTreeSet<_> = self.store.read().keys().filter(is_meant).collect();
        self.collect(&ObjectScope::Only(keys), &[]).endpoints
    }

    /// Takes what has changed, and finds out which objects that want names it is about.
    fn affects(&self, window: Window, now: Instant) -> Affects {
        let changes = match self.store.take_changes() {
            Changes::Objects(changes) => changes,
            changes @ Changes::Any(_) => {
                self.pending_statuses().changed_any();
                return self.everything(changes, window, now);
            }
        };
        // Which names a namespace may have can depend on its labels.
        let mut is_everything = self.options.namespace_domains.need_labels()
            && changes.keys().any(|change| change.key.kind == Namespace::ID);
        let (mut keys, mut labels) = (BTreeSet::new(), BTreeSet::new());
        let (mut young, mut young_labels, mut until) = (BTreeMap::new(), BTreeSet::new(), None);
        let (objects, mut pending) = (self.store.read(), self.pending());
        'changes: for (change, burst) in &changes {
            let calm_at = self.store.calm_at(Some(&change.key), *burst, window, now);
            let is_young = calm_at > now;
            for source in self.sources.iter() {
                let affected = match source.affected(&objects, change) {
                    Affected::Everything => {
                        is_everything = true;
                        break 'changes;
                    }
                    Affected::Objects(affected) => affected,
                };
                for label in affected.iter().filter_map(|object| source.resource(object)) {
                    pending.changed(&label, burst.first);
                    if is_young {
                        young_labels.insert(label.clone());
                        young.insert(change.clone(), *burst);
                        until = until.max(Some(calm_at));
                    }
                    labels.insert(label);
                }
                keys.extend(affected);
            }
        }
        drop(pending);
        // What several objects say together cannot be told from some of them.
        let together = self.transforms.reverse != Reverse::Off || labels.iter().any(unites);
        if is_everything || together {
            self.pending_statuses().changed_any();
            return self.everything(Changes::Objects(changes), window, now);
        }
        self.pending_statuses().changed(&keys);
        let (whose, changes) = (Whose::Objects(young_labels), Changes::Objects(young));
        Affects { keys: Some(keys), labels, young: RecentChanges { whose, changes, until } }
    }

    fn everything(&self, changes: Changes, window: Window, now: Instant) -> Affects {
        let until = changes.burst().map(|burst| self.store.calm_at(None, burst, window, now));
        let until = until.filter(|until| *until > now);
        let changes = if until.is_some() { changes } else { Changes::default() };
        let young = RecentChanges { whose: Whose::Anyone, changes, until };
        Affects { keys: None, labels: BTreeSet::new(), young }
    }
}

/// Which objects that want names have changed, or what they depend on.
struct Affects {
    /// `None` when it may be all.
    keys: Option<BTreeSet<ObjectKey>>,
    /// Their `resource` labels.
    labels: BTreeSet<ObjectRef>,
    young: RecentChanges,
}

impl DesiredReader for DesiredState {
    fn desired(&self, prefixes: &[String]) -> Desired {
        self.collect(&ObjectScope::All, prefixes)
    }

    fn take_changes(
        &self,
        prefixes: &[String],
        window: Window,
        now: Instant,
    ) -> (ChangeSet, RecentChanges) {
        let Affects { keys, labels, young } = self.affects(window, now);
        let Some(keys) = keys else { return (ChangeSet::Everything, young) };
        if keys.is_empty() {
            return (ChangeSet::Nothing, young);
        }
        let desired = self.collect(&ObjectScope::Only(keys), prefixes);
        (ChangeSet::Objects { objects: labels, desired }, young)
    }

    fn forget_changes(&self, window: Window, now: Instant) -> RecentChanges {
        self.affects(window, now).young
    }

    fn put_back(&self, young: RecentChanges) {
        self.store.put_back(young.changes);
    }

    fn changed(&self) -> impl Future<Output = ()> + Send {
        self.store.has_changed()
    }
}
