//! One sync: read both sides, decide, write.
//!
//! A sync awaits three times on the provider: list, adjust, apply. Everything between is pure, but
//! that a write is noted before it is made. Nothing is written before the last await, so a sync can
//! be cut off anywhere.

mod carry_out;
mod desired_index;
mod early;
mod error;
mod last_known;
mod names_first;
mod object_statuses;
mod open_gaps;
mod provider_scope;
mod reader;
mod report;
mod unusable;
mod unzoned;

use std::collections::BTreeSet;
use std::sync::Arc;

use controller_core::desired::{Desired, Scope};
use controller_core::history::HistoryRow;
use controller_core::plan::{Plan, Planner};
use controller_core::registry::Registry;
use controller_core::target_loss::{Losses, OnTargetLoss};
use external_dns_webhook::{
    Changes, DomainFilter, Endpoint, Listing, Provider, ProviderError, Refusal,
};
use tokio::time::Instant;

use self::desired_index::{DesiredIndex, Touched};
use self::early::{AskedBy, Early, PutOff, after};
pub use self::early::{Whose, Young};
pub use self::error::SyncError;
pub use self::last_known::{LastKnown, Seen, SeenZone};
use self::names_first::NamesFirst;
use self::provider_scope::{ProviderScope, Zones};
pub use self::reader::{ChangeSet, DesiredReader};
pub(crate) use self::report::taken;
pub use self::report::{Report, Written};
pub use self::unusable::{UnusableZone, blind, unusable, unusable_for};
use crate::schedule::Window;
use crate::state::State;

/// Everything one sync needs besides what the cluster asks for.
pub struct Reconciler<P> {
    /// Where records are current.
    pub provider: P,
    /// How records are owned.
    pub registry: Arc<dyn Registry>,
    /// How differences become changes; what the provider negotiates is filled in by the sync.
    pub planner: Planner,
    /// Which names the person who runs us lets us manage.
    pub domain_filter: DomainFilter,
    /// Whether changes are written or only planned.
    pub writing: Writing,
    /// What happens when an object loses its targets.
    pub on_target_loss: OnTargetLoss,
    /// For how long nothing is taken away because of a change.
    pub window: Window,
    /// When what the last sync put off is due; `None` when it put off nothing.
    pub put_off_until: Option<Instant>,
    /// When losses were first seen.
    pub losses: Losses,
    /// How many record sets the provider held when last read in full; 0 when it never was.
    pub held_before: usize,
    /// What outlives the process: here writes are noted in its history.
    pub state: State,
    /// What the provider held when it was last read.
    pub last_known: Arc<LastKnown>,
    /// What was written since someone took it from here, oldest first.
    pub wrote: Vec<Wrote>,
    /// What the last full sync learned; `None` when it cannot be relied on.
    cache: Option<Cache>,
    /// What goes before a list that takes long.
    names_first: NamesFirst,
}

/// What a provider took of a write.
struct Taken {
    changes: Changes,
    refused: Vec<Refusal>,
    /// Whether it looked at the changes and wrote none.
    dry_run: bool,
}

/// A write that the provider took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrote {
    /// Its number in the history; `None` when it has none.
    pub id: Option<u64>,
    /// What was written.
    pub row: HistoryRow,
}

/// Whether changes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writing {
    /// They are.
    Yes,
    /// They are planned and shown only.
    DryRun,
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

/// What is known of a list from before.
struct Listed {
    revision: Option<String>,
    /// What was asked then; `None` when nothing is known from before.
    before: Option<DesiredIndex>,
    /// Whether all was as it should be then, and nothing has changed at the provider since.
    settled: bool,
}

impl<P: Provider> Reconciler<P> {
    /// Returns a reconciler that knows nothing yet, and whose state ends with it.
    pub fn new(
        provider: P,
        registry: Arc<dyn Registry>,
        planner: Planner,
        domain_filter: DomainFilter,
        writing: Writing,
    ) -> Self {
        Self {
            provider,
            registry,
            planner,
            domain_filter,
            writing,
            on_target_loss: OnTargetLoss::Keep,
            window: Window::NONE,
            put_off_until: None,
            losses: Losses::default(),
            held_before: 0,
            state: State::nowhere(),
            last_known: Arc::default(),
            wrote: Vec::new(),
            cache: None,
            names_first: NamesFirst::default(),
        }
    }

    /// Goes by another config from now on.
    ///
    /// What was learned by the old one stays known until the full sync that must follow.
    pub fn go_by(&mut self, planner: Planner, filter: DomainFilter, on_loss: OnTargetLoss) {
        let before = std::mem::replace(&mut self.planner, planner);
        // What was held and deleted is no part of the config.
        self.planner.guard.held_elsewhere = before.guard.held_elsewhere;
        self.planner.guard.recent_deletions = before.guard.recent_deletions;
        self.domain_filter = filter;
        self.on_target_loss = on_loss;
        // What the provider negotiated is no part of it.
        self.names_first.close();
        if let Some(cache) = &mut self.cache {
            cache.settled = false;
        }
    }

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
        let mut young = Young::default();
        let result = self.full_but(reader, &mut young, now).await;
        // What goes first is to be found among the changes.
        if result.is_err() && young.is_empty() && !self.names_first.is_open() {
            // Who waits is noted also when the provider failed before the objects were read.
            young = reader.forget_changes(self.window, Instant::now());
        }
        after(&result, reader, young);
        result
    }

    async fn full_but(
        &mut self,
        reader: &impl DesiredReader,
        young: &mut Young,
        now: i64,
    ) -> Result<Option<Report>, SyncError> {
        // What was known is relied on again only when this sync ends well.
        let last = self.cache.take();
        self.put_off_until = None;
        self.names_first.close();
        let negotiation = self.provider.negotiate().await.map_err(SyncError::Negotiate)?;
        let provider_scope = self.provider_scope(&negotiation).await?;
        self.planner.filters = vec![self.domain_filter.clone(), negotiation.domain_filter.clone()];
        self.planner.property_prefixes.clone_from(&negotiation.property_prefixes);

        self.names_first.open(&negotiation, &provider_scope);
        let listed = self.list(reader, (last, &provider_scope), now).await?;
        let Listed { revision, before, settled } = listed;
        self.names_first.end(reader);
        // Asked just before the objects are read: what changes from here on is news for the next sync.
        *young = reader.forget_changes(self.window, Instant::now());
        let desired = reader.desired(&self.planner.property_prefixes);
        let unzoned = unzoned::names(&desired, &self.domain_filter, &negotiation);
        let served = &negotiation.domain_filter;
        if unzoned::zone_appeared(unzoned, &self.provider, served).await {
            // A zone has come that was not there a moment ago: begin again, with it.
            reader.put_back(std::mem::take(young));
            return Box::pin(self.full(reader, now)).await;
        }
        let mut index = DesiredIndex::of(&desired);
        let is_same = settled && before.as_ref() == Some(&index);
        if is_same && self.planner.guard.approved.is_empty() {
            self.cache = Some(Cache { index, revision, provider_scope, settled: true });
            return Ok(None);
        }
        let before = before.filter(|_| !young.is_empty());
        let asked_by = before.map_or_else(AskedBy::default, AskedBy::Index);
        let early = Early { young, asked_by };
        let (report, put_off) = self.write(desired, Scope::All, &early, now).await?;
        self.put_off(reader, young, put_off, &mut index);
        let Some(report) = report else { return Ok(None) };
        // A sync of a few names cannot see how many deletions are held, so it is told.
        self.planner.guard.held_elsewhere =
            report.plan.held().map(|held| held.names.clone()).unwrap_or_default();
        if report.went_as_planned() {
            // The next sync would decide the same from the same, unless time decides, or the
            // provider, of whom nobody knows when it takes what it did not take now.
            let settled = self.writing == Writing::Yes
                && report.written.changes.is_empty()
                && report.provider_took_all()
                && report.plan.held().is_none()
                && self.put_off_until.is_none()
                && self.losses.next(self.on_target_loss, now).is_none();
            let revision = revision.filter(|_| report.written.changes.is_empty());
            self.cache = Some(Cache { index, revision, provider_scope, settled });
        }
        Ok(Some(report))
    }

    /// Takes in what the provider holds, read anew unless it says that nothing has changed.
    async fn list(
        &mut self,
        reader: &impl DesiredReader,
        (last, provider_scope): (Option<Cache>, &ProviderScope),
        now: i64,
    ) -> Result<Listed, SyncError> {
        let seen = last.as_ref().filter(|cache| cache.provider_scope == *provider_scope);
        let seen = seen.and_then(|cache| cache.revision.clone());
        let listing = self.list_unless_names_come(reader, seen).await?;
        let (records, revision) = match listing {
            Listing::Changed { records, revision } => (records, revision),
            Listing::Unchanged => {
                let Some(Cache { index, revision, settled, provider_scope: _ }) = last else {
                    let nonsense = "it says that nothing has changed, and was not asked that";
                    return Err(SyncError::List(ProviderError::unavailable(nonsense)));
                };
                self.last_known.confirm(now);
                return Ok(Listed { revision, before: Some(index), settled });
            }
        };
        // A zone that cannot be used lists nothing, and says so; the others go on.
        let is_told = matches!(&provider_scope.zones, Zones::Apart(zones)
            if zones.iter().any(|zone| zone.unavailable.is_some()));
        let before = std::mem::replace(&mut self.held_before, records.len());
        if records.is_empty() && before > 0 && !is_told {
            return Err(SyncError::Vanished { before });
        }
        let mut inventory = match &provider_scope.zones {
            Zones::Merged(names) => self.registry.read(records, names),
            Zones::Apart(zones) => self.registry.read_zones(records, zones),
        };
        if let (Some(_), Some(owner)) = (&last, &self.planner.owner) {
            // An ownership record that someone deleted is written again only where we saw it
            // ourselves.
            inventory.recall(&self.last_known.read().inventory, owner);
        }
        self.last_known.put(inventory, now);
        Ok(Listed { revision, before: last.map(|cache| cache.index), settled: false })
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
        let Some(cache) = self.cache.take() else {
            if self.names_first.is_open() {
                return self.write_names_first(reader, now).await;
            }
            return self.full(reader, now).await;
        };
        let prefixes = &self.planner.property_prefixes;
        let (changes, mut young) = reader.take_changes(prefixes, self.window, Instant::now());
        let result = self.targeted_but(reader, cache, (changes, &mut young), now).await;
        after(&result, reader, young);
        result
    }

    async fn targeted_but(
        &mut self,
        reader: &impl DesiredReader,
        cache: Cache,
        (changes, young): (ChangeSet, &mut Young),
        now: i64,
    ) -> Result<Option<Report>, SyncError> {
        let Cache { index: before, mut revision, provider_scope, settled } = cache;
        self.put_off_until = None;
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
                    desired.unknown.extend(index.standing_gaps().cloned());
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
        let early = Early { young, asked_by };
        let (report, put_off) = self.write(desired, Scope::Names(names), &early, now).await?;
        self.put_off(reader, young, put_off, &mut index);
        let Some(mut report) = report else {
            self.cache = Some(Cache { index, revision, provider_scope, settled });
            return Ok(None);
        };
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

    /// Forgets what the provider held: someone else may have written since.
    pub fn forget(&mut self) {
        self.cache = None;
        self.names_first.close();
    }

    /// Looks at everything and returns what is desired in another way than `before`.
    fn everything(
        &self,
        reader: &impl DesiredReader,
        before: &DesiredIndex,
        young: &Young,
    ) -> (Touched, AskedBy, Desired, DesiredIndex) {
        let desired = reader.desired(&self.planner.property_prefixes);
        let index = DesiredIndex::of(&desired);
        let touched = index.difference(before);
        let asked_by = AskedBy::of(&touched.names, before, young);
        (touched, asked_by, desired, index)
    }

    /// Tells whether what is last known is what the provider holds, as far as anyone can tell.
    pub fn is_current(&self) -> bool {
        self.cache.is_some()
    }

    async fn write(
        &mut self,
        mut desired: Desired,
        mut scope: Scope,
        early: &Early<'_>,
        now: i64,
    ) -> Result<(Option<Report>, BTreeSet<PutOff>), SyncError> {
        desired.only(&scope);
        self.losses.review(&mut desired, &scope, self.on_target_loss, now);
        self.planner.guard.recent_deletions.forget(now);
        let planner = &self.planner;
        // Names outside the filters are not the provider's business; the planner says why.
        let inside = |endpoint: &Endpoint| {
            planner.filters.iter().all(|filter| filter.covers(&endpoint.dns_name))
        };
        let (sent, outside): (Vec<_>, Vec<_>) = desired.endpoints.into_iter().partition(inside);
        desired.endpoints = sent;
        let count = desired.endpoints.len();
        if count > 0 {
            let answer = self.provider.adjust(desired.distinct()).await;
            let answer = answer.map_err(|cause| SyncError::Adjust { count, cause })?;
            desired = desired.adjusted(answer);
        }
        desired.endpoints.extend(outside);

        let last_known = Arc::clone(&self.last_known);
        let (mut plan, changes, put_off) = {
            let inventory = &last_known.read().inventory;
            let mut plan = planner.plan(inventory, &desired, &scope);
            let put_off = early.put_off(&plan, &desired);
            if !put_off.is_empty() {
                scope = scope.without(put_off.iter().map(|put_off| put_off.name.clone()));
                desired.only(&scope);
                plan = planner.plan(inventory, &desired, &scope);
            }
            let changes = self.registry.write(inventory, &plan);
            if self.writing == Writing::Yes && changes.is_empty() {
                self.state.resolve(inventory);
            }
            (plan, changes, put_off)
        };
        if changes.is_empty() || self.writing == Writing::DryRun {
            plan.wrote_nothing();
            let report = Report::new(plan, desired, scope, Written::default(), count);
            return Ok((Some(report), put_off));
        }
        self.planner.guard.recent_deletions.note(&plan, now);
        let made = changes.create.clone();
        let Taken { mut changes, mut refused, dry_run } = self.apply(changes, &plan, now).await?;
        if dry_run {
            let written = Written { refused, dry_run, ..Written::default() };
            plan.wrote_nothing();
            return Ok((Some(Report::new(plan, desired, scope, written, count)), put_off));
        }
        // What moves from zone to zone leaves when it is known to have come.
        let then = plan.then(&refused, &made);
        let second = self.registry.write(&last_known.read().inventory, &then);
        if !second.is_empty() {
            let Taken { changes: more, refused: no, dry_run: _ } =
                self.apply(second, &plan, now).await?;
            changes.delete.extend(more.delete);
            changes.update.extend(more.update);
            changes.create.extend(more.create);
            refused.extend(no);
        }
        let written = Written::new(&plan, changes, refused);
        Ok((Some(Report::new(plan, desired, scope, written, count)), put_off))
    }

    /// Writes `changes` and returns what the provider took of them.
    async fn apply(&mut self, changes: Changes, plan: &Plan, now: i64) -> Result<Taken, SyncError> {
        let noted = self.state.note_begun(&self.last_known.read().inventory, &changes, now);
        self.carry_out(noted, changes, plan, now).await
    }
}

#[cfg(test)]
mod tests;
