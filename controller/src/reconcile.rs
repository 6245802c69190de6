//! One sync: read both sides, decide, write.
//!
//! A sync awaits the provider only: negotiate, list, adjust, apply. Everything between is pure, but
//! that a write is noted before it is made. Nothing is written before the last await, so a sync can
//! be cut off anywhere.

mod config;
mod desired_index;
mod error;
mod last_known;
mod names_first;
mod object_statuses;
mod open_gaps;
mod provider_scope;
mod put_off;
mod reader;
mod report;
mod steps;
mod unusable;
mod unzoned;
mod write_noted;

use std::sync::Arc;
use std::time::Duration;

use controller_core::desired::{Desired, Scope};
use controller_core::history::HistoryRow;
use controller_core::plan::memory::Memory;
use controller_core::plan::{PlanHash, Planner};
use controller_core::registry::Registry;
use controller_core::target_loss::OnTargetLoss;
use external_dns_webhook::{Negotiation, Provider};
use tokio::time::Instant;

pub use self::config::{SyncConfig, Writing};
use self::desired_index::{DesiredIndex, Touched};
pub use self::error::SyncError;
pub use self::last_known::{LastKnown, Seen, SeenZone};
use self::names_first::NamesFirst;
use self::provider_scope::ProviderScope;
use self::put_off::{AskedBy, Early, after};
pub use self::put_off::{RecentChanges, Whose};
pub use self::reader::{ChangeSet, DesiredReader};
pub(crate) use self::report::taken;
pub use self::report::{Report, Written};
use self::steps::{Listed, Negotiated};
pub use self::unusable::{UnusableZone, blind, unusable, unusable_for};
use crate::schedule::Window;
use crate::state::State;

/// Makes syncs: config, what they have learned, and the two sides that they bring together.
pub struct Reconciler<P> {
    /// The provider, behind its layers.
    provider: P,
    config: SyncConfig,
    /// What outlives a sync; here writes are noted in the history.
    state: State,
    /// What the provider held when it was last read.
    last_known: Arc<LastKnown>,
    /// When what the last sync put off is due; `None` when it put off nothing.
    put_off_until: Option<Instant>,
    /// What was written since it was taken from here, oldest first.
    wrote: Vec<Wrote>,
    /// When the sync began, in seconds since 1970 and by the clock that none turns back.
    began: (i64, Instant),
    /// What the last full sync learned; `None` when it cannot be relied on.
    cache: Option<Cache>,
    /// What goes before a list that takes long.
    names_first: NamesFirst,
}

/// A write that the provider took, or of which the records said how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrote {
    /// Its number in the history; `None` when it has none.
    pub id: Option<u64>,
    /// What was written.
    pub row: HistoryRow,
}

/// What tells that what is last known can be relied on.
struct Cache {
    index: DesiredIndex,
    /// The provider's own mark for what is last known; `None` when it gives none, or we wrote since.
    revision: Option<String>,
    /// What the provider said it serves when the inventory was read in full.
    provider_scope: ProviderScope,
    /// Whether the last sync was one over everything, and found everything as it should be.
    settled: bool,
}

impl<P> Reconciler<P> {
    /// Returns a reconciler that goes on where `state` left off.
    pub fn new(provider: P, config: SyncConfig, state: State) -> Self {
        Self {
            provider,
            config,
            state,
            last_known: Arc::default(),
            put_off_until: None,
            wrote: Vec::new(),
            began: (0, Instant::now()),
            cache: None,
            names_first: NamesFirst::default(),
        }
    }

    /// Goes by another config from now on.
    ///
    /// What was learned by the old one stays known until the full sync that must follow.
    pub fn go_by(&mut self, planner: Planner, on_target_loss: OnTargetLoss) {
        (self.config.planner, self.config.on_target_loss) = (planner, on_target_loss);
        // What the provider negotiated is no part of it.
        self.names_first.close();
        if let Some(cache) = &mut self.cache {
            cache.settled = false;
        }
    }

    /// Takes nothing away from now on because of a change that is younger than this.
    pub fn wait_for_calm(&mut self, window: Window) {
        self.config.window = window;
    }

    /// Lets go in the next full sync what is held under these hashes, and nothing else.
    pub fn approve(&mut self, hashes: impl IntoIterator<Item = PlanHash>) {
        self.state.memory_mut().deletions.approved = hashes.into_iter().collect();
    }

    /// Forgets what the provider held: another may have written since.
    pub fn forget(&mut self) {
        self.cache = None;
        self.names_first.close();
    }

    /// Tells whether what is last known is what the provider holds, as far as anyone can tell.
    pub fn is_current(&self) -> bool {
        self.cache.is_some()
    }

    /// Tells whether changes are planned and shown only.
    pub fn is_dry_run(&self) -> bool {
        self.config.is_dry_run()
    }

    /// Returns the provider, behind its layers.
    pub fn provider(&self) -> &P {
        &self.provider
    }

    /// Returns how differences become changes.
    pub fn planner(&self) -> &Planner {
        &self.config.planner
    }

    /// Returns how records are owned.
    pub fn registry(&self) -> &dyn Registry {
        &*self.config.registry
    }

    /// Returns what the syncs so far have learned.
    pub fn memory(&self) -> &Memory {
        self.state.memory()
    }

    /// Returns what outlives a sync, and where it is kept.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Returns the same, to read, note and keep.
    pub fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }

    /// Returns what the provider held when it was last read.
    pub fn last_known(&self) -> &Arc<LastKnown> {
        &self.last_known
    }

    /// Shows what the provider holds in this place, too.
    pub fn show_in(&mut self, last_known: Arc<LastKnown>) {
        self.last_known = last_known;
    }

    /// Returns when what the last sync put off is due; `None` when it put off nothing.
    pub fn put_off_until(&self) -> Option<Instant> {
        self.put_off_until
    }

    /// Tells whether something was written since that was last taken.
    pub fn has_written(&self) -> bool {
        !self.wrote.is_empty()
    }

    /// Takes what was written since this was last asked, oldest first, with what only the records say of
    /// writes of before.
    pub fn take_wrote(&mut self) -> Vec<Wrote> {
        let settled = self.state.take_settled().into_iter();
        let mut wrote: Vec<_> = settled.map(|row| Wrote { id: Some(row.id), row }).collect();
        wrote.append(&mut self.wrote);
        wrote
    }

    /// Notes when a sync began.
    fn begins(&mut self, now: i64) {
        if self.began.0 != now {
            self.began = (now, Instant::now());
        }
    }

    /// Returns the time, in seconds since 1970: later than the sync began by as much as it has taken.
    fn time(&self) -> i64 {
        let (began, at) = self.began;
        // Half a second more, since the beginning is known to the second.
        let took = at.elapsed() + Duration::from_millis(500);
        began.saturating_add(i64::try_from(took.as_secs()).unwrap_or(i64::MAX))
    }

    /// Returns the prefixes of the properties that the provider understands.
    fn prefixes(&self) -> &[String] {
        &self.state.memory().served.property_prefixes
    }

    /// Takes what the last sync learned, which is relied on again only when the next one ends well.
    fn begin(&mut self) -> Option<Cache> {
        self.put_off_until = None;
        self.cache.take()
    }
}

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
        let result = self.full_but(reader, &mut young, now).await;
        // What goes first is to be found among the changes.
        if result.is_err() && young.is_empty() && !self.names_first.is_open() {
            // Who waits is noted also when the provider failed before the objects were read.
            young = reader.forget_changes(self.config.window, Instant::now());
        }
        after(&result, reader, young);
        result
    }

    async fn full_but(
        &mut self,
        reader: &impl DesiredReader,
        young: &mut RecentChanges,
        now: i64,
    ) -> Result<Option<Report>, SyncError> {
        let last = self.begin();
        // Until the provider says so again, nothing of it is known well enough to write names first.
        self.names_first.close();
        let Negotiated { negotiation, provider_scope } = self.negotiate().await?;
        let listed = self.list(reader, last, &provider_scope, now).await?;
        // Drained just before the objects are read: what changes from here on is news for the next sync.
        *young = self.drain_changes(reader);
        let desired = reader.desired(self.prefixes());
        if self.zone_appeared(&desired, &negotiation).await {
            // A zone has come that was not there a moment ago: begin again, with it.
            reader.put_back(std::mem::take(young));
            return Box::pin(self.full(reader, now)).await;
        }
        let mut index = DesiredIndex::of(&desired);
        let Listed { revision, before, settled } = listed;
        let nothing_to_approve = self.memory().deletions.approved.is_empty();
        if settled && nothing_to_approve && before.as_ref() == Some(&index) {
            self.cache = Some(Cache { index, revision, provider_scope, settled: true });
            return Ok(None);
        }
        let asked_by =
            before.filter(|_| !young.is_empty()).map_or_else(AskedBy::default, AskedBy::Index);
        let adjusted = self.adjust(desired, Scope::All, now).await?;
        let mut planned = self.plan(adjusted, &Early { young, asked_by }, now);
        let put_off = std::mem::take(&mut planned.put_off);
        let report = self.apply(planned, now).await?;
        self.put_off(reader, young, put_off, &mut index);
        self.remember(&report, (index, revision, provider_scope), now);
        Ok(Some(report))
    }

    /// Forgets what changed, for a sync that looks at everything, and returns which of it is young.
    fn drain_changes(&mut self, reader: &impl DesiredReader) -> RecentChanges {
        self.names_first.end(reader);
        reader.forget_changes(self.config.window, Instant::now())
    }

    /// Tells whether the provider has found a zone for names that it did not serve.
    async fn zone_appeared(&self, desired: &Desired, negotiation: &Negotiation) -> bool {
        let unzoned = unzoned::names(desired, &self.config.planner.domain_filter, negotiation);
        unzoned::zone_appeared(unzoned, &self.provider, &negotiation.domain_filter).await
    }

    /// Remembers what a full sync learned, for those that follow.
    fn remember(
        &mut self,
        report: &Report,
        (index, revision, provider_scope): (DesiredIndex, Option<String>, ProviderScope),
        now: i64,
    ) {
        // A sync of a few names cannot see how many deletions are held, so it is told.
        let held = report.plan.held().map(|held| held.names.clone()).unwrap_or_default();
        self.state.memory_mut().deletions.held = held;
        if !report.went_as_planned() {
            return;
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
        let revision = revision.filter(|_| wrote_nothing);
        self.cache = Some(Cache { index, revision, provider_scope, settled });
    }

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
        if self.cache.is_none() && self.names_first.is_open() {
            return self.write_names_first(reader).await;
        }
        let Some(cache) = self.begin() else { return self.full(reader, now).await };
        let (changes, mut young) =
            reader.take_changes(self.prefixes(), self.config.window, Instant::now());
        let result = self.targeted_but(reader, cache, (changes, &mut young), now).await;
        after(&result, reader, young);
        result
    }

    async fn targeted_but(
        &mut self,
        reader: &impl DesiredReader,
        cache: Cache,
        (changes, young): (ChangeSet, &mut RecentChanges),
        now: i64,
    ) -> Result<Option<Report>, SyncError> {
        let Cache { index: before, mut revision, provider_scope, settled } = cache;
        let (touched, asked_by, desired, mut index) = match changes {
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
        // What an object is told may have changed though its names have not: the next sync over
        // everything must look.
        let settled = false;
        let Touched { names, objects } = touched;
        if names.is_empty() && objects.is_empty() {
            self.cache = Some(Cache { index, revision, provider_scope, settled });
            return Ok(None);
        }
        let adjusted = self.adjust(desired, Scope::Names(names), now).await?;
        let mut planned = self.plan(adjusted, &Early { young, asked_by }, now);
        let put_off = std::mem::take(&mut planned.put_off);
        let mut report = self.apply(planned, now).await?;
        self.put_off(reader, young, put_off, &mut index);
        report.objects = objects;
        if report.plan.held().is_some() {
            // The full sync that follows at once must know what is young, too.
            reader.put_back(std::mem::take(young));
        }
        if report.went_as_planned() {
            if !report.written.changes.is_empty() {
                revision = None;
            }
            self.cache = Some(Cache { index, revision, provider_scope, settled });
        }
        Ok(Some(report))
    }

    /// Looks at everything and returns what is desired in another way than `before`.
    fn everything(
        &self,
        reader: &impl DesiredReader,
        before: &DesiredIndex,
        young: &RecentChanges,
    ) -> (Touched, AskedBy, Desired, DesiredIndex) {
        let desired = reader.desired(self.prefixes());
        let index = DesiredIndex::of(&desired);
        let touched = index.difference(before);
        let asked_by = AskedBy::of(&touched.names, before, young);
        (touched, asked_by, desired, index)
    }
}

#[cfg(test)]
mod tests;
