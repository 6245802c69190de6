//! What the schedule learns of how a sync ended.

use external_dns_webhook::Provider;
use tokio::time::Instant;

use super::Syncs;
use crate::reconcile::{Report, SyncError};
use crate::schedule::{Schedule, SyncKind};

impl<P: Provider> Syncs<P> {
    /// Notes in the schedule how a sync ended.
    pub(super) fn note_end(
        &self,
        schedule: &mut Schedule,
        kind: SyncKind,
        result: &Result<Option<Report>, SyncError>,
    ) {
        let now = Instant::now();
        schedule.ended(now);
        schedule.names_go_first(self.reconciler.names_go_first());
        if self.reconciler.has_names_to_go_first() {
            schedule.changed(now);
        }
        if let Some(until) = self.reconciler.put_off_until() {
            schedule.put_off(until);
        }
        match result {
            Err(SyncError::NamesFirst | SyncError::Superseded) => schedule.demanded(now),
            Ok(None) if self.wrote_first => {}
            Ok(Some(report)) if report.is_first => {}
            Ok(report) if report.as_ref().is_none_or(|report| !report.is_about_names()) => {
                schedule.succeeded();
                if kind == SyncKind::Targeted {
                    schedule.only_looked();
                }
            }
            Ok(Some(report)) if report.went_as_planned() => {
                schedule.succeeded();
                if kind == SyncKind::Targeted && report.plan.held().is_some() {
                    // Only a full sync knows all that is held, and under which hash.
                    schedule.demanded(now);
                }
            }
            Ok(_) => schedule.surprised(now),
            Err(error) => schedule.failed(now, error.retry_after()),
        }
    }
}
