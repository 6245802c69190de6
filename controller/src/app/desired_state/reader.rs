//! What syncs are told: what the objects ask for, and what has changed among them.

use std::collections::BTreeSet;

use controller_core::desired::Desired;
use controller_core::transform::{self, Reverse};
use tokio::time::Instant;

use super::DesiredState;
use crate::reconcile::{ChangeSet, DesiredReader};
use crate::store::Changes;
use controller_sources::objects::core::Namespace;
use controller_sources::objects::{Change, Resource};
use controller_sources::{Affected, ObjectScope};

impl DesiredState {
    fn collect(&self, scope: &ObjectScope, prefixes: &[String]) -> Desired {
        let mut desired = Desired { sharing: self.options.sharing, ..Desired::default() };
        let objects = self.store.read();
        for source in self.sources.iter() {
            source.collect(&objects, scope, &mut desired);
        }
        drop(objects);
        let mut options = self.transforms.clone();
        if !prefixes.is_empty() {
            options.property_prefixes = prefixes.to_vec();
        }
        transform::pipeline(desired, &options)
    }
}

impl DesiredReader for DesiredState {
    fn desired(&self, prefixes: &[String]) -> Desired {
        self.collect(&ObjectScope::All, prefixes)
    }

    fn take_changes(&self, prefixes: &[String]) -> ChangeSet {
        let Changes::Objects(changes) = self.store.take_changes() else {
            return ChangeSet::Everything;
        };
        let (mut keys, mut labels) = (BTreeSet::new(), BTreeSet::new());
        {
            // Which names a namespace may have can depend on its labels.
            let is_namespace = |(change, _): &(&Change, &Instant)| change.key.kind == Namespace::ID;
            if self.options.namespace_domains.need_labels()
                && changes.iter().any(|change| is_namespace(&change))
            {
                return ChangeSet::Everything;
            }
            let (objects, mut pending) = (self.store.read(), self.pending());
            for ((change, at), source) in changes
                .iter()
                .flat_map(|change| self.sources.iter().map(move |source| (change, source)))
            {
                match source.affected(&objects, change) {
                    Affected::Everything => return ChangeSet::Everything,
                    Affected::Objects(affected) => {
                        for label in affected.iter().filter_map(|object| source.resource(object)) {
                            pending.changed(&label, *at);
                            labels.insert(label);
                        }
                        keys.extend(affected);
                    }
                }
            }
        }
        if keys.is_empty() {
            return ChangeSet::Nothing;
        }
        // What several objects say together cannot be told from some of them.
        let together = self.transforms.reverse != Reverse::Off
            || labels.iter().any(|label| transform::unites(label));
        if together {
            return ChangeSet::Everything;
        }
        let desired = self.collect(&ObjectScope::Only(keys), prefixes);
        ChangeSet::Objects { objects: labels, desired }
    }
}
