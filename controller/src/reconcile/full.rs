//! A sync of everything: both sides are read in full, and the differences are written.

use std::mem;

use external_dns_webhook::Provider;
use tokio::time::Instant;

use super::put_off::after;
use super::steps::{NoPlan, Synced};
use super::{Cache, DesiredReader, RecentChanges, Reconciler, Report, SyncError};

impl<P: Provider> Reconciler<P> {
    /// Reads everything on both sides and writes the differences; `now` is in seconds since 1970.
    ///
    /// Returns `None` when neither side has changed since a sync that found all as it should be.
    ///
    /// # Errors
    ///
    /// Returns the step that failed. Nothing is written unless both sides were read in full.
    pub async fn full(
        &mut self,
        reader: &impl DesiredReader,
        now: i64,
    ) -> Result<Option<Report>, SyncError> {
        self.begins(now);
        let mut young = RecentChanges::default();
        loop {
            match self.six_steps(reader, &mut young, now).await {
                Ok(synced) => return Ok(Some(self.remember(reader, synced, young, now))),
                Err(NoPlan::Unchanged) => return Ok(None),
                // Begin again, with it.
                Err(NoPlan::ZoneAppeared) => reader.put_back(mem::take(&mut young)),
                Err(NoPlan::Failed(error)) => {
                    // What goes first is to be found among the changes.
                    if young.is_empty() && !self.names_first.is_open() {
                        // Who waits is noted also when the provider failed before the objects were read.
                        young = reader.forget_changes(self.config.window, Instant::now());
                    }
                    return after(Err(error), reader, young);
                }
            }
        }
    }

    /// Makes a full sync, step by step as the protocol has them.
    async fn six_steps(
        &mut self,
        reader: &impl DesiredReader,
        young: &mut RecentChanges,
        now: i64,
    ) -> Result<Synced, NoPlan> {
        let negotiated = self.negotiate().await?;
        let listed = self.list(negotiated, reader, now).await?;
        let desired = self.desired(listed, reader, young).await?;
        let adjusted = self.adjust(desired, now).await?;
        let planned = self.plan(adjusted, young, now);
        Ok(self.apply(planned, now).await?)
    }

    /// Remembers what a full sync learned, for those that follow.
    fn remember(
        &mut self,
        reader: &impl DesiredReader,
        synced: Synced,
        mut young: RecentChanges,
        now: i64,
    ) -> Report {
        let Synced { report, put_off, mut next } = synced;
        self.put_off(reader, &mut young, put_off, &mut next.index);
        // A sync of a few names cannot see how many deletions are held, so it is told.
        let held = report.plan.held().map(|held| held.names.clone()).unwrap_or_default();
        self.state.memory_mut().deletions.held = held;
        if !report.went_as_planned() {
            return report;
        }
        // The next sync would decide the same from the same, unless time decides, or the provider, of
        // whom nobody knows when it takes what it did not take now.
        let wrote_nothing = report.written.changes.is_empty();
        let losses = &self.memory().kept.losses;
        let settled = !self.config.is_dry_run()
            && wrote_nothing
            && report.provider_took_all()
            && report.plan.held().is_none()
            && self.put_off_until.is_none()
            && losses.next(self.config.on_target_loss, now).is_none();
        let revision = next.revision.filter(|_| wrote_nothing);
        self.cache = Some(Cache { revision, settled, ..next });
        report
    }
}
