//! Tells the log, the metrics and the status what came of a sync.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use controller_core::plan::{Held, Plan, Values};
use controller_core::status::{Reason, RecordStatus};
use daemon::chain;
use external_dns_webhook::{ObjectRef, Provider, ProviderError, Refusal, counted};
use tokio::time::Instant;

use super::{Shared, Syncs};
use crate::app::{self, About};
use crate::metrics::WriteResult;
use crate::reconcile::{Report, SyncError};
use crate::schedule::SyncKind;
use crate::status::{self, PlanView};

/// How many refusals of a sync that no status tells get a line of their own in the log.
const MOST_REFUSALS: usize = 20;

/// How many namespaces whose deletions are held get a line of their own in the log.
const MOST_HELD: usize = 20;

/// What is so while the provider makes a dry run and we do not.
const DRY_RUN: &str = "the provider runs with --dry-run: it writes nothing, whatever is planned; \
                       start it without --dry-run to have it write";

impl<P: Provider> Syncs<P> {
    /// Shows what came of a sync; one that found nothing to look at only clears old problems. Returns
    /// which objects it is about.
    pub(super) fn show(
        &mut self,
        kind: SyncKind,
        took: Duration,
        result: &Result<Option<Report>, SyncError>,
    ) -> About {
        let (metrics, status) = (Arc::clone(&self.shared.metrics), Arc::clone(&self.shared.status));
        let wrote = self.reconciler.take_wrote();
        if self.config.desired_state.problem().is_some() {
            metrics.records.source_failed();
        }
        self.tell_writes(&wrote);
        let mut about = match kind {
            SyncKind::Full => About::All,
            SyncKind::Targeted => About::Objects(BTreeSet::new()),
        };
        match result {
            Ok(Some(report)) => {
                let objects = self.show_report(kind, took, report);
                if kind == SyncKind::Targeted {
                    about = About::Objects(objects);
                }
            }
            Ok(None) if kind == SyncKind::Full => {
                metrics.syncs.no_op();
                tracing::debug!("Nothing has changed");
                status.sync_went_well(Instant::now(), None);
            }
            Ok(None) => {}
            Err(error) => {
                match error {
                    // Compat: nothing was read or written, so this is not counted.
                    SyncError::Adjust { .. }
                    | SyncError::NamesFirst
                    | SyncError::NotSent(_)
                    | SyncError::Superseded => {}
                    SyncError::Negotiate(_)
                    | SyncError::List(_)
                    | SyncError::FirstRead { .. }
                    | SyncError::Vanished { .. } => {
                        metrics.records.registry_failed();
                    }
                    SyncError::Apply { count: _, plan, cause } => {
                        metrics.records.registry_failed();
                        let retryable = matches!(cause, ProviderError::Unavailable { .. });
                        metrics.syncs.changed(plan, WriteResult::Failed { retryable });
                    }
                }
                let outcome = if error.wrote_nothing() {
                    "A sync failed; nothing is deleted, and it is tried again"
                } else {
                    "A sync failed while it wrote; what the provider holds is read anew, and what \
                     is missing is tried again"
                };
                let cause = chain(error);
                tracing::error!(error = cause.as_str(), "{outcome}");
                status.sync_failed(cause.clone(), app::unix_seconds());
                self.note_failure(kind, error, &cause);
                status.statuses(|store| metrics.syncs.statuses(store.counts()));
            }
        }
        about
    }

    /// Shows what came of a sync that planned; returns the objects of which something else is said than
    /// before.
    fn show_report(&self, kind: SyncKind, took: Duration, report: &Report) -> BTreeSet<ObjectRef> {
        let Shared { metrics, status, .. } = &self.shared;
        let Report { plan, desired, scope, objects: told, written, dropped, sent: _, is_first } =
            report;
        let refused = written.refused.iter().filter_map(|refusal| refusal.resource.clone());
        let mut objects: BTreeSet<_> = refused.collect();
        status.statuses(|store| {
            objects.extend(store.note_of(&plan.statuses, scope, told, app::unix_seconds()));
            metrics.syncs.statuses(store.counts());
            // Looking at everything is for syncs that looked at everything.
            if kind == SyncKind::Full {
                let statuses = store.all().map(|noted| &noted.status);
                metrics.records.statuses(statuses, self.reconciler.planner().owner.as_deref());
            }
        });
        if !report.is_about_names() {
            return objects;
        }
        if kind == SyncKind::Full {
            metrics.records.desired(desired);
            let seen = self.reconciler.last_known().read();
            let records = seen.listed().flat_map(|(zone, _)| zone.records());
            let records = records.map(|record| record.endpoint);
            metrics.records.current(records, desired.endpoints.iter());
        }
        if report.provider_forgets() {
            tracing::error!(
                dropped,
                "The provider dropped names it was asked to adjust; nothing is deleted"
            );
        } else if *dropped > 0 {
            tracing::warn!(dropped, "The provider dropped names it was asked to adjust");
        }
        // What a few names say does not end what all of them said.
        if kind == SyncKind::Full || report.provider_forgets() {
            let forgets = report.provider_forgets();
            let told = || {
                format!("the provider dropped {} it was asked to adjust", counted(*dropped, "name"))
            };
            status.problem("provider", forgets.then(told));
        }
        if kind == SyncKind::Full {
            metrics.syncs.held(plan.held().map_or(0, |held| held.names.len()));
        }
        // What a sync of a few names holds is told with the rest, by the full sync that follows.
        if let Some(held) = plan.held().filter(|_| kind == SyncKind::Full) {
            self.show_held(held);
        }
        if plan.is_empty() {
            metrics.syncs.no_op();
            tracing::debug!("Nothing to change");
        } else if self.reconciler.is_dry_run() {
            tell_dry_run(plan);
        } else if written.dry_run {
            self.show_dry_run_of_provider(plan);
        } else {
            metrics.syncs.changed(plan, WriteResult::Written(&written.refused));
            if !written.changes.is_empty() {
                tracing::debug!(
                    changes.create = written.create,
                    changes.update = written.update,
                    changes.delete = written.delete,
                    duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
                    "Records changed"
                );
            }
        }
        if kind == SyncKind::Full || written.dry_run {
            status.note(status::DRY_RUN, written.dry_run.then(|| DRY_RUN.to_owned()));
        }
        self.show_refusals(report, kind);
        // The plan of everything stays to be looked at while syncs look at a few names.
        let view = (kind == SyncKind::Full).then(|| PlanView {
            plan: serde_json::to_string(plan).unwrap_or_default().into(),
            held: plan.held().map(|held| held.hash.clone()),
            held_names: plan.held().map_or(0, |held| held.names.len()),
        });
        if kind == SyncKind::Full {
            self.shared.requests.offer(plan.held().map(Held::hashes).unwrap_or_default());
        }
        if !is_first {
            status.sync_went_well(Instant::now(), view);
        }
        objects
    }

    /// Shows the deletions that are held, once for each namespace in each zone.
    fn show_held(&self, held: &Held) {
        let news = held.groups.iter().filter(|group| !self.shared.requests.is_offered(&group.hash));
        let news: Vec<_> = news.collect();
        for group in news.iter().take(MOST_HELD) {
            tracing::warn!(
                hash = %group.hash,
                zone = group.zone.as_ref().map(tracing::field::display),
                namespace = group.namespace.as_str(),
                names = group.counts.names,
                "Deletions are held; look at the plan and approve them by their hash"
            );
        }
        let more = news.len().saturating_sub(MOST_HELD);
        if more > 0 {
            tracing::warn!(
                hash = %held.hash,
                names = held.names.len(),
                more,
                "Deletions of more namespaces are held; look at the plan, and approve all of them \
                 by this hash or some by theirs"
            );
        }
    }

    /// Tells that the provider wrote nothing of what it took.
    fn show_dry_run_of_provider(&self, plan: &Plan) {
        if self.shared.status.has_note(status::DRY_RUN) {
            return;
        }
        tracing::warn!(
            changes = plan.steps().len(),
            hint = "start the provider without --dry-run to have it write",
            "Nothing is written: the provider runs with --dry-run, and this controller does not"
        );
    }

    /// Shows what was refused; a status says it in the log, once.
    fn show_refusals(&self, report: &Report, kind: SyncKind) {
        let (status, refused) = (&self.shared.status, &report.written.refused);
        let rejected =
            |status: &&RecordStatus| matches!(status.reason, Reason::ProviderRejected { .. });
        let told = report.plan.statuses.iter().filter(rejected);
        let told: HashSet<_> = told.map(|status| status.name.canonical()).collect();
        let unreported = |refusal: &&Refusal| !told.contains(refusal.dns_name.canonical());
        let count = refused.iter().filter(unreported).count();
        if count > MOST_REFUSALS {
            tracing::warn!(
                more = count - MOST_REFUSALS,
                "The provider did not take {count} changes; the first of them follow"
            );
        }
        for refusal in refused.iter().filter(unreported).take(MOST_REFUSALS) {
            tracing::warn!(
                record.name = %refusal.dns_name,
                record.r#type = %refusal.record_type,
                reason = refusal.code.as_str(),
                "The provider did not take a change: {}",
                refusal.message
            );
        }
        // What was not sent because of its zone is refused as well.
        let mut zones = report.zone_refusals().peekable();
        let first = refused
            .first()
            .map(|first| format!("`{}` {}: {}", first.dns_name, first.record_type, first.message))
            .or_else(|| zones.peek().map(|gap| gap.reason.to_string()));
        // What a few names say does not end what all of them said.
        if kind == SyncKind::Targeted && first.is_none() {
            return;
        }
        let mut is_all_amiss = false;
        if first.is_some() {
            status.statuses(|store| is_all_amiss = store.is_all_amiss());
        }
        let count = refused.len() + zones.count();
        // One bad record is its owner's to correct; everything else is done.
        let (problem, note) = match first {
            None => (None, None),
            Some(first) if is_all_amiss => {
                (Some(format!("the provider takes nothing; {count} refused: {first}")), None)
            }
            Some(first) => (None, Some(format!("{count} refused: {first}"))),
        };
        status.problem("changes", problem);
        status.note("changes", note);
    }
}

/// Tells what a sync would change, and keeps.
fn tell_dry_run(plan: &Plan) {
    for step in plan.steps() {
        let shown = |values: &Values| values.to_string();
        let (old, new) = (step.old.as_ref().map(shown), step.new.as_ref().map(shown));
        tracing::info!(
            action = step.action.as_str(),
            record.name = %step.name,
            record.r#type = step.record_type.as_str(),
            old = old.as_deref(),
            new = new.as_deref(),
            zone = step.zone.as_ref().map(ToString::to_string).as_deref(),
            object = step.object.as_ref().map(ObjectRef::shown).as_deref(),
            reason = step.reason.as_ref().map(Reason::code),
            "Dry run: a sync would change this, and nothing is written"
        );
    }
}
