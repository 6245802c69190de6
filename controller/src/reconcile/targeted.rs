//! A sync of the names that changes touch, from what the last sync of everything learned.

use std::mem;

use controller_core::desired::{Desired, Scope};
use external_dns_webhook::Provider;
use tokio::time::Instant;

use super::desired_index::{DesiredIndex, Touched};
use super::put_off::{AskedBy, after};
use super::steps::{DesiredInScope, Synced};
use super::{Cache, ChangeSet, DesiredReader, RecentChanges, Reconciler, Report, SyncError};

impl<P: Provider> Reconciler<P> {
    /// Writes the differences of the names that are desired differently than before, and finds out what
    /// the objects that changed are told.
    ///
    /// Returns `None` when there is neither, and makes a full sync when what the provider
    /// holds is not known, unless names go first.
    ///
    /// # Errors
    ///
    /// Returns the step that failed; what the provider holds is then not known any more.
    pub async fn targeted(
        &mut self,
        reader: &impl DesiredReader,
        now: i64,
    ) -> Result<Option<Report>, SyncError> {
        self.begins(now);
        self.looked = Instant::now();
        if self.cache.is_none() && self.names_first.is_open() {
            return self.write_names_first(reader).await;
        }
        let Some(cache) = self.begin() else { return self.full(reader, now).await };
        let (changes, mut young) = self.changes_here(reader);
        let result = self.targeted_steps(reader, cache, (changes, &mut young), now).await;
        after(result, reader, young)
    }

    async fn targeted_steps(
        &mut self,
        reader: &impl DesiredReader,
        cache: Cache,
        (changes, young): (ChangeSet, &mut RecentChanges),
        now: i64,
    ) -> Result<Option<Report>, SyncError> {
        let Cache { index: before, revision, provider_scope, settled } = cache;
        let (touched, asked_by, desired, index) = match changes {
            ChangeSet::Nothing => {
                self.cache = Some(Cache { index: before, revision, provider_scope, settled });
                return Ok(None);
            }
            ChangeSet::Objects { objects, mut desired } => match before.touched(&objects, &desired)
            {
                Some(touched) => {
                    let asked_by = AskedBy::of(&touched.names, &before, young);
                    let mut index = before;
                    index.replace(&objects, &desired);
                    desired.unknown.extend(index.wider_gaps().cloned());
                    (touched, asked_by, desired, index)
                }
                None => self.everything(reader, &before, young),
            },
            ChangeSet::Everything => self.everything(reader, &before, young),
        };
        let Touched { names, objects } = touched;
        // What an object is told may have changed though its names have not: the next sync over
        // everything must look.
        let next = Cache { index, revision, provider_scope, settled: false };
        if names.is_empty() && objects.is_empty() {
            self.cache = Some(next);
            return Ok(None);
        }
        let desired = DesiredInScope { desired, scope: Scope::Names(names), asked_by, next };
        let adjusted = self.adjust(desired, now).await?;
        let planned = self.plan(adjusted, young, now);
        let synced = self.apply(planned, now).await?;
        let report = self.go_on_from(reader, synced, young);
        Ok(Some(Report { objects, ..report }))
    }

    /// Goes on from what a targeted sync did.
    fn go_on_from(
        &mut self,
        reader: &impl DesiredReader,
        synced: Synced,
        young: &mut RecentChanges,
    ) -> Report {
        let Synced { report, put_off, mut next } = synced;
        self.put_off(reader, young, put_off, &mut next.index);
        if report.plan.held().is_some() {
            // The full sync that follows at once must know what is young, too.
            reader.put_back(mem::take(young));
        }
        if report.went_as_planned() {
            if !report.written.changes.is_empty() {
                next.revision = None;
            }
            self.cache = Some(next);
        }
        report
    }

    /// Looks at everything and returns what is desired in another way than `before`.
    fn everything(
        &self,
        reader: &impl DesiredReader,
        before: &DesiredIndex,
        young: &RecentChanges,
    ) -> (Touched, AskedBy, Desired, DesiredIndex) {
        let desired = self.desired_here(reader);
        let index = DesiredIndex::of(&desired);
        let touched = index.difference(before);
        let asked_by = AskedBy::of(&touched.names, before, young);
        (touched, asked_by, desired, index)
    }
}
