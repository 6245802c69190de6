//! What is made of how a sync ended.

use external_dns_webhook::Provider;
use tokio::time::Instant;

use super::Syncs;
use crate::reconcile::{Report, SyncError};
use crate::schedule::{Schedule, SyncKind};

impl<P: Provider> Syncs<P> {
    /// Tells of a sync that ended before it sent what it was to write, if it is one: nothing went wrong, and another
    /// one follows where one is due.
    pub(super) fn is_given_up(&mut self, result: &Result<Option<Report>, SyncError>) -> bool {
        match result {
            Err(error) if self.shared.stop.is_cancelled() && error.wrote_nothing() => {
                tracing::info!("The sync under way was cut off; it had written nothing");
                return true;
            }
            Err(SyncError::NamesFirst) => return true,
            Ok(None) if self.wrote_first => return true,
            Err(SyncError::Superseded) if self.reconciler.has_written() => tracing::info!(
                "The sync under way was given up within a write: the configuration changed; what was \
                 written follows"
            ),
            Err(SyncError::Superseded) => tracing::info!(
                "The sync under way was given up before it wrote: the configuration changed"
            ),
            Err(SyncError::NotSent(why)) => tracing::info!(
                reason = %why,
                "The sync under way ended with the lead; what it was to write was not sent"
            ),
            _ => return false,
        }
        // What went before the part that was not sent.
        let wrote = self.reconciler.take_wrote();
        self.tell_writes(&wrote);
        true
    }

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
                let is_about_held = || {
                    let held = &self.reconciler.memory().deletions.held;
                    held.keys().any(|held| report.scope.has(&held.name))
                };
                if kind == SyncKind::Targeted && (report.plan.held().is_some() || is_about_held()) {
                    // Only a full sync knows all that is held, and under which hash.
                    schedule.demanded(now);
                }
            }
            Ok(_) => schedule.surprised(now),
            Err(error) => schedule.failed(now, error.retry_after()),
        }
    }
}
