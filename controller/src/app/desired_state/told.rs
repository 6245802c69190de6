//! Which objects are told what became of them, and when they have been.

use std::collections::BTreeSet;
use std::sync::{MutexGuard, PoisonError};

use controller_core::name_sharing::NameSharing;
use external_dns_webhook::{ObjectRef, Refusal};

use super::{DesiredState, TELLING};
use crate::app::unix_seconds;
use crate::cluster;
use controller_sources::crd::{self, RecordStatuses};
use controller_sources::objects::dns_endpoint::DnsEndpoint;
use controller_sources::objects::{ObjectKey, Objects, Resource as _};

/// Objects of which something changed since they were last known to be told everything.
#[derive(Debug, Default)]
pub(super) struct PendingStatuses {
    objects: BTreeSet<ObjectKey>,
    /// Whether it may be all.
    is_any: bool,
}

/// Which objects a sync may have something to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// All of them.
    All,
    /// These, by `resource` label, besides those that have changed themselves.
    Objects(BTreeSet<ObjectRef>),
}

impl PendingStatuses {
    /// Notes that objects changed.
    pub(super) fn changed<'a>(&mut self, keys: impl IntoIterator<Item = &'a ObjectKey>) {
        if !self.is_any {
            let told = keys.into_iter().filter(|key| key.kind == DnsEndpoint::ID);
            self.objects.extend(told.cloned());
        }
    }

    /// Notes that any object may have changed.
    pub(super) fn changed_any(&mut self) {
        *self = Self { objects: BTreeSet::new(), is_any: true };
    }
}

impl DesiredState {
    /// Tells whether there are objects that have a status for what became of their record sets.
    pub fn tells(&self) -> bool {
        self.client.get().is_some() && self.store.read().count(&DnsEndpoint::ID) > 0
    }

    /// Tells whether those who write into one namespace are told nothing of the objects of another.
    pub fn keeps_namespaces_apart(&self) -> bool {
        self.options.namespace_domains.is_in_use()
            || self.options.sharing == NameSharing::WithinNamespace
    }

    /// Tells objects that have a status for it what became of their record sets.
    ///
    /// `seen` is what was known before the sync: an object that changed meanwhile is told after the
    /// sync that looks at the change, lest it is told that what it wants now is done. Only what
    /// says something new is written; without a cluster there is nobody to tell. When the cluster
    /// takes long, the rest is left for the next time. What it costs follows how many objects it is
    /// about, not how many there are.
    pub async fn tell(
        &self,
        seen: &Objects,
        about: About,
        record_statuses: &(impl RecordStatuses + Sync),
        refused: &[Refusal],
    ) {
        let Some(client) = self.client.get() else { return };
        let now = jiff::Timestamp::from_second(unix_seconds()).unwrap_or_default().to_string();
        let mut pending_statuses = std::mem::take(&mut *self.pending_statuses());
        match about {
            About::All => pending_statuses.changed_any(),
            About::Objects(labels) => {
                let keys: Vec<_> = labels.iter().filter_map(crd::object_of).collect();
                pending_statuses.changed(&keys);
            }
        }
        let PendingStatuses { objects: keys, is_any } = pending_statuses;
        let writes = {
            let objects = self.store.read();
            let mut echoes = self.echoes.lock().unwrap_or_else(PoisonError::into_inner);
            echoes.forget_read(&objects);
            let keys = (!is_any).then_some(&keys);
            let mut writes = crd::statuses(&objects, &echoes, keys, record_statuses, refused, &now);
            // Whether they were told is known when nothing is left to write.
            self.pending_statuses().changed(writes.iter().map(|write| &write.key));
            writes.retain(|write| {
                let generation =
                    |objects: &Objects| objects.meta(&write.key).map(|meta| meta.generation);
                let known = generation(&objects);
                known.is_some() && known == generation(seen)
            });
            writes
        };
        if writes.is_empty() {
            return;
        }
        let writing = cluster::write_statuses(client, &self.echoes, writes);
        if tokio::time::timeout(TELLING, writing).await.is_err() {
            tracing::warn!("Writing statuses takes long; the rest is written after the next sync");
        }
    }

    pub(super) fn pending_statuses(&self) -> MutexGuard<'_, PendingStatuses> {
        self.pending_statuses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
