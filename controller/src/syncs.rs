//! Syncs, one after the other: when one is due, what it looks at, and what comes of it.

mod approve;
mod ended;
mod failed;
mod first_read;
mod outage;
mod prefix;
mod show;
mod tell;
mod wake;
mod wrote;
mod zones;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{anyhow, bail};
use external_dns_webhook::{Provider, counted};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::approve::Answered;
use self::outage::Outage;
use self::wake::Wake;
use self::zones::ToldZones;
use crate::app::{self, Config};
use crate::events::EventRecorder;
use crate::leader::{Epoch, Fence, NotLeading};
use crate::metrics::{Metrics, SyncEnd};
use crate::reconcile::{self, DesiredReader as _, Reconciler, Report, SyncError};
use crate::requests::{ApprovedBy, Requests};
use crate::schedule::{SyncKind, Window};
use crate::state::{self, Approvals};
use crate::status::Status;

/// How long the only sync waits for objects that cannot be read at first.
const REPAIR: Duration = Duration::from_secs(5);

/// How often a replica that stands by looks whether the provider is there.
const LOOK: Duration = Duration::from_secs(30);

/// What syncs share with the rest of the program.
pub struct Shared {
    /// What makes Events; `None` when none are asked for.
    pub event_recorder: Option<EventRecorder>,
    /// What tells whether this replica may write.
    pub fence: Fence,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// What is shown.
    pub status: Arc<Status>,
    /// What people asked for.
    pub requests: Arc<Requests>,
    /// Whether one full sync is all.
    pub once: bool,
    /// What syncs go by; each takes what is there when it starts.
    pub config: watch::Receiver<Arc<Config>>,
    /// What tells of annotations that approve deletions; `None` when there is nothing to annotate.
    pub approvals: Option<Approvals>,
    /// What tells everything to stop.
    pub stop: CancellationToken,
    /// How long a sync may take before it is held to be stuck.
    pub stuck_after: Duration,
}

/// Syncs, one after the other.
pub struct Syncs<P> {
    reconciler: Reconciler<P>,
    shared: Shared,
    /// What the reconciler goes by now.
    config: Arc<Config>,
    /// Whether a sync has looked at everything since this replica leads.
    has_looked: bool,
    /// Whether the last sync wrote names of a provider that was not read, or would have.
    wrote_first: bool,
    /// Since when the provider reads its zones for the first time; `None` while it does not.
    first_read_since: Option<Instant>,
    /// The annotation that was answered last.
    answered: Option<Answered>,
    /// Syncs that failed lately.
    outage: Outage,
    /// The zones that were told to be out of use.
    told_zones: ToldZones,
    /// The prefix of annotations that was told to be one that nothing reads.
    told_prefix: Option<String>,
}

impl<P: Provider> Syncs<P> {
    /// Returns syncs that go on where the reconciler's state left off.
    pub fn new(mut reconciler: Reconciler<P>, shared: Shared) -> Self {
        let config = shared.config.borrow().clone();
        // There is no later sync to which the only one could leave anything.
        reconciler.wait_for_calm(if shared.once { Window::NONE } else { config.pace.window });
        reconciler.show_in(shared.status.last_known());
        reconciler.write_unless(shared.status.superseded().clone());
        reconciler.go_by(config.planner.clone(), config.on_target_loss);
        if !shared.once && !reconciler.is_dry_run() && config.events {
            reconciler.let_names_go_first();
        }
        let outage = Outage::default();
        let told_zones = ToldZones::default();
        Self {
            reconciler,
            shared,
            config,
            has_looked: false,
            wrote_first: false,
            first_read_since: None,
            answered: None,
            outage,
            told_zones,
            told_prefix: None,
        }
    }

    /// Runs syncs until told to stop, or one with `--once`.
    ///
    /// # Errors
    ///
    /// Returns an error when objects stop coming, and with `--once` when the sync fails.
    pub async fn run(mut self) -> anyhow::Result<()> {
        let ended = self.sync_after_sync().await;
        // What still waits to be kept cannot wait any longer.
        if self.shared.fence.check(Instant::now()).is_ok() {
            self.reconciler.state_mut().flush_now();
            self.persist().await;
        }
        ended
    }

    async fn sync_after_sync(&mut self) -> anyhow::Result<()> {
        if !self.read_objects().await {
            return Ok(());
        }
        let mut waits = self.waits();
        // What was read at first is no change.
        self.config.desired_state.forget_changes(Window::NONE, Instant::now());
        loop {
            match self.next_wake(&mut waits).await? {
                Wake::Stop => return Ok(()),
                Wake::LeadLost => {}
                Wake::ConfigChanged => {
                    self.take_config();
                    waits.follow(self);
                }
                Wake::Demanded => waits.schedule.demanded(Instant::now()),
                Wake::ObjectsChanged => waits.schedule.changed(Instant::now()),
                Wake::ApprovalAsked => self.approve().await,
                Wake::KeepState => self.persist().await,
                Wake::Due(kind) => {
                    waits.schedule.started(kind, Instant::now());
                    let result = self.sync_and_tell(kind).await;
                    if self.shared.once {
                        let last_known = self.reconciler.last_known();
                        let blind = || reconcile::blind(&last_known.read().inventory);
                        let unread = self.config.desired_state.problem().or_else(blind);
                        return finished(result?.as_ref(), unread);
                    }
                    self.note_end(&mut waits.schedule, kind, &result);
                }
            }
        }
    }

    /// Waits until objects were read; tells whether they were, and nothing is to stop.
    async fn read_objects(&self) -> bool {
        let read = async {
            self.config.desired_state.synced().await;
            if self.shared.once {
                // There is no second sync that could find it better.
                self.config.desired_state.repaired(REPAIR).await;
            }
        };
        tokio::select! {
            () = read => true,
            () = self.shared.stop.cancelled() => false,
        }
    }

    /// Makes a sync, and tells what a first look at everything found.
    async fn sync_and_tell(&mut self, kind: SyncKind) -> Result<Option<Report>, SyncError> {
        self.shared.status.back_by(Some(Instant::now() + self.shared.stuck_after));
        if kind == SyncKind::Full {
            self.tell_unread_prefix();
        }
        let result = self.sync(kind).await;
        if kind == SyncKind::Full && result.is_ok() {
            if !self.has_looked {
                self.tell_first_look();
            }
            self.has_looked = true;
            self.shared.status.serves(self.reconciler.memory().served.clone());
            self.tell_unusable();
            self.approve().await;
        }
        result
    }

    /// Goes by another config from now on; what was learned by the old one stays known until the
    /// full sync that must follow.
    fn take_config(&mut self) {
        let config = Arc::clone(&self.shared.config.borrow_and_update());
        self.reconciler.go_by(config.planner.clone(), config.on_target_loss);
        self.config = config;
    }

    /// Waits until this replica may write.
    async fn lead(&self) -> Epoch {
        let Shared { fence, metrics, status, .. } = &self.shared;
        let mut fence = fence.clone();
        let mut look = Instant::now();
        loop {
            let checked = fence.check(Instant::now());
            if checked == Err(NotLeading::Follower) {
                status.lost_lead();
                metrics.syncs.lost_lead();
                self.shared.requests.forget();
            }
            let epoch = checked.ok();
            status.stands_by(epoch.is_none());
            metrics.cluster.leads(epoch.is_some());
            if let Some(epoch) = epoch {
                return epoch;
            }
            status.back_by(None);
            // A replica that stands by makes no syncs, which would tell whether the provider is
            // there.
            let looked = async {
                tokio::time::sleep_until(look).await;
                drop(self.reconciler.provider().negotiate().await);
            };
            tokio::select! {
                () = fence.changed() => {}
                () = looked => look = Instant::now() + LOOK,
            }
        }
    }

    async fn sync(&mut self, kind: SyncKind) -> Result<Option<Report>, SyncError> {
        self.recall().await;
        if kind == SyncKind::Full {
            self.catch_up().await;
        }
        let (start, now) = (Instant::now(), app::unix_seconds());
        self.shared.metrics.syncs.started(now);
        // Only a full sync sees all the deletions that an approval is about.
        let approved = match kind {
            SyncKind::Full => self.shared.requests.take_approved(),
            SyncKind::Targeted => ApprovedBy::new(),
        };
        self.reconciler.approve(approved.keys().cloned());
        let demanded = match kind {
            SyncKind::Full => self.shared.requests.take_demanded(),
            SyncKind::Targeted => BTreeSet::new(),
        };
        self.reconciler.state_mut().set_cause(approve::cause(&demanded, &approved));
        if !demanded.is_empty() {
            // What keeps it from that is told by the list.
            let _told_by_the_list = self.reconciler.provider().refresh().await;
        }
        let config = Arc::clone(&self.config);
        // It has seen what this has: the config that is gone by. The only sync there is ends by its own.
        let (newer, once) = (self.shared.config.clone(), self.shared.once);
        let is_newer = move || !once && newer.has_changed().unwrap_or_default();
        self.shared.status.superseded().when(is_newer);
        let desired_state = &*config.desired_state;
        let seen = desired_state.objects();
        let known = kind == SyncKind::Targeted && self.reconciler.is_current();
        self.wrote_first = kind == SyncKind::Targeted && self.reconciler.names_go_first();
        let result = match kind {
            SyncKind::Full => self.reconciler.full(desired_state, now).await,
            SyncKind::Targeted => self.reconciler.targeted(desired_state, now).await,
        };
        if result.is_err() {
            self.shared.requests.give_back(approved.clone(), demanded.clone());
        }
        if self.is_given_up(&result) || self.awaits_first_read(&result) {
            return result;
        }
        let took = Instant::now().duration_since(start);
        self.measure(&result);
        // A targeted sync without a name is none; a full one has asked the provider.
        let is_about_names =
            |report: &Option<Report>| report.as_ref().is_some_and(Report::is_about_names);
        // Of names that go first nothing follows for the rest, which was not read.
        let is_first = matches!(&result, Ok(Some(report)) if report.is_first);
        let is_one = kind == SyncKind::Full || result.as_ref().map_or(true, is_about_names);
        if is_one && !is_first {
            // A full sync without a report found that the provider's records are those it knew.
            let known = known || matches!(result, Ok(None));
            self.shared.metrics.provider.needed_records(known);
            let end = self.end(&result);
            self.shared.metrics.syncs.ended(kind, took, end, app::unix_seconds());
        }
        self.remember().await;
        if self.reconciler.has_written() {
            // What others wrote meanwhile stands before it.
            self.catch_up().await;
        }
        let about = self.show(kind, took, &result);
        if !self.wrote_first {
            self.tell_of_outages(result.is_ok());
        }
        self.announce(&result);
        self.announce_people(&demanded, &approved, result.as_ref().ok());
        self.tell(&seen, about, &result).await;
        if let Ok(report) = &result {
            self.tell_void(&approved, report.as_ref()).await;
        }
        if kind == SyncKind::Full && !matches!(result, Ok(None)) {
            // Whole lists were read and dropped, last the one that this sync replaced.
            allocator::give_back();
        }
        result
    }

    /// Returns how a sync ended, as `ExternalDNS`'s users count it.
    fn end(&self, result: &Result<Option<Report>, SyncError>) -> SyncEnd {
        let refused = match result {
            Ok(None) => false,
            // What is not sent because of its zone is not written either.
            Ok(Some(report)) => {
                !report.written.refused.is_empty() || report.zone_refusals().next().is_some()
            }
            Err(_) => return SyncEnd::Failed,
        };
        if refused {
            self.shared.metrics.records.registry_failed();
        }
        if refused || self.config.desired_state.problem().is_some() {
            SyncEnd::InPart
        } else {
            SyncEnd::Well
        }
    }

    fn tell_of_outages(&mut self, is_well: bool) {
        let now = Instant::now();
        if !is_well {
            self.outage.failed(now);
        } else if let Some((lasted, failures)) = self.outage.is_over(now) {
            let duration_ms = u64::try_from(lasted.as_millis()).unwrap_or(u64::MAX);
            tracing::info!(duration_ms, failures, "Syncs go well again");
        }
    }

    /// Measures how long objects have waited for what a sync wrote.
    fn measure(&self, result: &Result<Option<Report>, SyncError>) {
        let looked = self.reconciler.looked();
        let metrics = &self.shared.metrics;
        let desired_state = &self.config.desired_state;
        match result {
            Ok(Some(report)) if !self.reconciler.is_dry_run() => {
                for waited in desired_state.written(report, looked) {
                    metrics.syncs.published(waited);
                }
            }
            Ok(_) => desired_state.needed_nothing(looked),
            // They wait on.
            Err(_) => {}
        }
    }

    /// Makes Events of what happened; never waits.
    fn announce(&mut self, result: &Result<Option<Report>, SyncError>) {
        let Some(recorder) = &mut self.shared.event_recorder else { return };
        let (desired_state, now) =
            (&self.config.desired_state, jiff::Timestamp::now().as_nanosecond());
        match result {
            Ok(Some(report)) => {
                recorder.keep_apart(desired_state.keeps_namespaces_apart());
                recorder.record(
                    report,
                    &self.reconciler.memory().served,
                    &desired_state.objects(),
                    now,
                );
            }
            // Only after a sync that went well is there nothing to look at: nobody was warned.
            Ok(None) => {}
            Err(error) => {
                let unwarned = recorder.unwarned(desired_state.waiting());
                let mut waiting = Vec::new();
                // What was to be written is known by its plan, when there was one.
                if !unwarned.is_empty() && !matches!(error, SyncError::Apply { .. }) {
                    let memory = self.reconciler.memory();
                    waiting = desired_state.desired(&memory.served.property_prefixes).endpoints;
                    let filters = self.reconciler.planner().filters(memory);
                    waiting.retain(|waiting| {
                        let asks = waiting
                            .labels
                            .resource()
                            .is_some_and(|resource| unwarned.contains(resource));
                        asks && filters.into_iter().all(|filter| filter.covers(&waiting.dns_name))
                    });
                }
                recorder.warn(error, &waiting, &desired_state.objects(), now);
            }
        }
    }

    /// Notes what must outlive the process, and keeps it; a dry run has nothing to remember.
    async fn remember(&mut self) {
        if self.reconciler.is_dry_run() {
            return;
        }
        self.reconciler.state_mut().note();
        if let Some(kept) = self.reconciler.state_mut().take_result() {
            self.show_state(kept);
        }
        self.persist().await;
    }

    /// Goes on where the last process, or the last leader, left off.
    async fn recall(&mut self) {
        match self.reconciler.state_mut().read(Instant::now()).await {
            Ok(false) => {}
            Ok(true) => self.show_history(),
            Err(error) => self.show_state(Err(error)),
        }
    }

    /// Takes in what commands of people wrote meanwhile.
    async fn catch_up(&mut self) {
        match self.reconciler.state_mut().catch_up(Instant::now()).await {
            Ok(false) => {}
            Ok(true) => self.show_history(),
            Err(error) => self.show_state(Err(error)),
        }
    }

    /// Shows the writes of the history.
    fn show_history(&self) {
        match self.reconciler.state().history() {
            Ok(history) => {
                let rows = history.rows();
                self.shared.status.writes(|writes| writes.add_history(rows));
                self.show_state(Ok(()));
            }
            Err(error) => self.show_state(Err(error)),
        }
    }

    /// Keeps what is to be kept, if it is time.
    async fn persist(&mut self) {
        if self.reconciler.state().due(Instant::now()).is_none_or(|due| due > Instant::now()) {
            return;
        }
        self.recall().await;
        if self.reconciler.state().is_known() {
            let kept = self.reconciler.state_mut().persist(Instant::now()).await;
            self.show_state(kept);
        }
    }

    /// Shows what is wrong with the state, if anything is; it stops nothing.
    fn show_state(&self, kept: anyhow::Result<()>) {
        let problem = kept.err().as_ref().map(state::trouble);
        if let Some(problem) = &problem {
            tracing::error!(error = problem.as_str(), "Failed to keep the state");
        }
        let is_kept = problem.is_none();
        self.shared.metrics.syncs.state(is_kept);
        let was_failing = self.shared.status.problem("state", problem);
        if is_kept && was_failing {
            tracing::info!("The state is kept again");
        }
    }
}

/// Tells what `--once` ends with; nobody looks at a log for what `unread` left undone.
fn finished(report: Option<&Report>, unread: Option<String>) -> anyhow::Result<()> {
    if let Some(unread) = unread {
        bail!(
            "not everything could be read, and records that depend on it were left alone: {unread}"
        );
    }
    let Some(report) = report else { return Ok(()) };
    if report.provider_forgets() {
        let dropped = counted(report.dropped, "name");
        bail!("the provider dropped {dropped} it was asked to adjust");
    }
    match report.written.refused.first() {
        None => Ok(()),
        Some(first) => Err(anyhow!(
            "the provider did not take everything (changes refused: {}); the first: `{}` {}: {}",
            report.written.refused.len(),
            first.dns_name,
            first.record_type,
            first.message
        )),
    }
}

#[cfg(test)]
mod tests;
