//! Tells the objects what became of their record sets.

use controller_core::plan::memory::Served;
use controller_core::status::RecordStatus;
use external_dns_webhook::{CanonicalName, ObjectRef, Provider};

use super::Syncs;
use crate::app::About;
use crate::reconcile::{Report, SyncError};
use crate::status::Status;
use crate::statuses::Noted;
use controller_sources::crd::RecordStatuses;
use controller_sources::objects::Objects;

/// The latest statuses, as they are shown to those who want names.
struct StatusView<'a> {
    status: &'a Status,
    served: &'a Served,
    /// Whether an object is told nothing of the objects of another namespace.
    keeps_apart: bool,
}

impl<P: Provider> Syncs<P> {
    /// Tells the objects that a sync is `about` what became of their record sets, and those that have
    /// changed; `seen` are the objects before it. A dry run tells nobody.
    pub(super) async fn tell(
        &self,
        seen: &Objects,
        about: About,
        result: &Result<Option<Report>, SyncError>,
    ) {
        let desired_state = &self.config.desired_state;
        let refused = match result {
            Ok(Some(report)) => report.written.refused.as_slice(),
            // What an object wants is not done yet: it is told after the sync that does it.
            Ok(None) if self.reconciler.put_off_until().is_some() => return,
            // An object may have changed without wanting anything else: it is told that, too.
            Ok(None) => &[],
            Err(_) => return,
        };
        if self.reconciler.is_dry_run() || !desired_state.tells() {
            return;
        }
        let keeps_apart = desired_state.keeps_namespaces_apart();
        let served = &self.reconciler.memory().served;
        let shown = StatusView { status: &self.shared.status, served, keeps_apart };
        desired_state.tell(seen, about, &shown, refused).await;
    }
}

impl StatusView<'_> {
    fn shown(&self, noted: &Noted) -> RecordStatus {
        let mut status = noted.status.clone();
        if self.keeps_apart {
            status.reason = status.reason.without_others(status.object.as_ref());
        }
        status
    }
}

impl RecordStatuses for StatusView<'_> {
    fn of_name(&self, name: &CanonicalName) -> Vec<RecordStatus> {
        let mut statuses = Vec::new();
        self.status.statuses(|store| {
            statuses.extend(store.of(name).iter().map(|noted| self.shown(noted)));
        });
        statuses
    }

    fn of_object(&self, object: &ObjectRef) -> Vec<RecordStatus> {
        let mut statuses = Vec::new();
        self.status.statuses(|store| {
            statuses.extend(store.of_object(object).iter().map(|noted| self.shown(noted)));
        });
        statuses
    }

    fn is_elsewhere(&self, name: &CanonicalName) -> bool {
        self.served.elsewhere.has(name)
    }

    fn writes(&self, name: &CanonicalName) -> bool {
        self.served.tells_of(name)
    }
}
