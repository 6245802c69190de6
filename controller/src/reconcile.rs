//! One sync: read both sides, decide, write.
//!
//! A sync awaits three times on the provider: list, adjust, apply. Everything between is pure, but
//! that a write is noted before it is made. Nothing is written before the last await, so a sync can
//! be cut off anywhere.

mod desired_index;
mod report;
mod unzoned;

use std::collections::BTreeSet;
use std::sync::Arc;

use controller_core::desired::{Desired, Scope};
use controller_core::hold::{Losses, OnTargetLoss};
use controller_core::plan::{Plan, Planner};
use controller_core::registry::{Inventory, Registry};
use external_dns_webhook::{
    Applied, Changes, DnsName, DomainFilter, Endpoint, Listing, Negotiation, Provider,
    ProviderError, Refusal, Zone,
};

use self::desired_index::DesiredIndex;
pub(crate) use self::report::taken;
pub use self::report::{Report, Written};
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
    /// When losses were first seen.
    pub losses: Losses,
    /// How many record sets the provider held when last read in full; 0 when it never was.
    pub held_before: usize,
    /// What outlives the process: here writes are noted in its history.
    pub state: State,
    /// What the last full sync learned; `None` when it cannot be relied on.
    cache: Option<Cache>,
}

/// What can say what the cluster asks for.
pub trait DesiredReader: Send + Sync {
    /// Returns what is asked for right now, with the properties that a provider understands.
    ///
    /// `prefixes` are those the provider declares, such as `aws/`; none for a provider that does
    /// not say.
    fn desired(&self, prefixes: &[String]) -> Desired;

    /// Returns what changed since the last call that a name could depend on.
    fn take_changes(&self, prefixes: &[String]) -> ChangeSet;
}

/// What changed among the objects.
#[derive(Debug)]
pub enum ChangeSet {
    /// Nothing that a name depends on.
    Nothing,
    /// These objects, by `resource` label; they ask for `desired` now, and for nothing else.
    Objects {
        /// Their `resource` labels.
        objects: BTreeSet<String>,
        /// What they ask for.
        desired: Desired,
    },
    /// More than is worth telling apart.
    Everything,
}

/// Whether changes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writing {
    /// They are.
    Yes,
    /// They are planned and shown only.
    DryRun,
}

struct Cache {
    inventory: Inventory,
    index: DesiredIndex,
    /// The provider's own mark for `inventory`; `None` when it gives none, or we wrote since.
    revision: Option<String>,
    /// What the provider said it serves when the inventory was read in full.
    provider_scope: ProviderScope,
    /// Whether the last sync was one over everything, and found everything as it should be.
    settled: bool,
}

/// What a provider holds, and what is known of it from before.
struct Listed {
    inventory: Inventory,
    revision: Option<String>,
    /// What was asked when all was as it should be; `None` when something may have changed since.
    settled: Option<DesiredIndex>,
}

/// What a provider says it serves.
#[derive(Debug, PartialEq, Eq)]
struct ProviderScope {
    zones: Zones,
    /// As JSON, because expressions cannot be compared.
    domain_filter: String,
    property_prefixes: Vec<String>,
}

/// Which zones a provider has.
#[derive(Debug, PartialEq, Eq)]
enum Zones {
    /// It does not tell record sets apart by them; their names, where it tells.
    Merged(Vec<DnsName>),
    /// Each record set says its zone.
    Apart(Vec<Zone>),
}

/// Which step of a sync failed.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The provider did not say what it serves.
    #[error("failed to learn from the provider what it serves")]
    Negotiate(#[source] ProviderError),
    /// The provider did not list its records.
    #[error("failed to list the records that the provider holds")]
    List(#[source] ProviderError),
    /// The provider says it holds nothing where it held something.
    #[error(
        "the provider says it holds no records, and it held {before} before; if that is so, the \
         next sync will believe it"
    )]
    Vanished {
        /// How many record sets it held.
        before: usize,
    },
    /// The provider did not adjust what is desired.
    #[error("failed to have the provider adjust {count} desired record sets")]
    Adjust {
        /// How many record sets were sent.
        count: usize,
        /// The provider's reason.
        #[source]
        source: ProviderError,
    },
    /// The provider did not write, or does not say what it wrote.
    #[error("failed to write {count} changes")]
    Apply {
        /// How many record sets were to be changed, ownership records included.
        count: usize,
        /// What was to be done.
        plan: Box<Plan>,
        /// The provider's reason.
        #[source]
        source: ProviderError,
    },
}

impl SyncError {
    /// Tells whether the sync certainly wrote nothing.
    pub fn wrote_nothing(&self) -> bool {
        match self {
            Self::Negotiate(_) | Self::List(_) | Self::Vanished { .. } | Self::Adjust { .. } => {
                true
            }
            Self::Apply { .. } => false,
        }
    }

    /// Returns how long the provider asks to be left alone.
    pub fn retry_after(&self) -> Option<std::time::Duration> {
        let (Self::Negotiate(source)
        | Self::List(source)
        | Self::Adjust { source, .. }
        | Self::Apply { source, .. }) = self
        else {
            return None;
        };
        match source {
            ProviderError::Unavailable { retry_after, .. } => *retry_after,
            ProviderError::Refused(_) => None,
        }
    }
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
            losses: Losses::default(),
            held_before: 0,
            state: State::nowhere(),
            cache: None,
        }
    }

    /// Goes by other settings from now on.
    ///
    /// What was learned by the old ones stays known until the full sync that must follow.
    pub fn go_by(&mut self, planner: Planner, filter: DomainFilter, on_loss: OnTargetLoss) {
        let before = std::mem::replace(&mut self.planner, planner);
        // What was held and deleted is not a setting.
        self.planner.guard.held_elsewhere = before.guard.held_elsewhere;
        self.planner.guard.recent_deletions = before.guard.recent_deletions;
        self.domain_filter = filter;
        self.on_target_loss = on_loss;
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
        // What was known is relied on again only when this sync ends well.
        let last = self.cache.take();
        // Asked before the objects are read: what changes from here on is news for the next sync.
        reader.take_changes(&self.planner.property_prefixes);
        let negotiation = self.provider.negotiate().await.map_err(SyncError::Negotiate)?;
        let provider_scope = self.provider_scope(&negotiation).await?;
        self.planner.filters = vec![self.domain_filter.clone(), negotiation.domain_filter.clone()];
        self.planner.property_prefixes.clone_from(&negotiation.property_prefixes);

        let Listed { mut inventory, revision, settled } = self.list(last, &provider_scope).await?;
        let desired = reader.desired(&self.planner.property_prefixes);
        let unzoned = unzoned::names(&desired, &self.domain_filter, &negotiation);
        let before = &negotiation.domain_filter;
        if unzoned::zone_appeared(unzoned, &self.provider, before).await {
            // A zone has come that was not there a moment ago: begin again, with it.
            return Box::pin(self.full(reader, now)).await;
        }
        let index = DesiredIndex::of(&desired);
        if settled.is_some_and(|before| before == index) && self.planner.guard.approved.is_empty() {
            self.cache = Some(Cache { inventory, index, revision, provider_scope, settled: true });
            return Ok(None);
        }
        let report = self.write(&mut inventory, desired, &Scope::All, now).await?;
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
                && self.losses.next(self.on_target_loss, now).is_none();
            let revision = revision.filter(|_| report.written.changes.is_empty());
            self.cache = Some(Cache { inventory, index, revision, provider_scope, settled });
        }
        Ok(Some(report))
    }

    /// Returns what the provider holds, read anew unless it says that nothing has changed.
    async fn list(
        &mut self,
        last: Option<Cache>,
        provider_scope: &ProviderScope,
    ) -> Result<Listed, SyncError> {
        let seen = last.as_ref().filter(|cache| cache.provider_scope == *provider_scope);
        let seen = seen.and_then(|cache| cache.revision.clone());
        let listing = self.provider.records_since(seen).await.map_err(SyncError::List)?;
        let (records, revision) = match listing {
            Listing::Changed { records, revision } => (records, revision),
            Listing::Unchanged => {
                let Some(Cache { inventory, index, revision, settled, .. }) = last else {
                    let nonsense = "it says that nothing has changed, and was not asked that";
                    return Err(SyncError::List(ProviderError::unavailable(nonsense)));
                };
                return Ok(Listed { inventory, revision, settled: settled.then_some(index) });
            }
        };
        let before = std::mem::replace(&mut self.held_before, records.len());
        if records.is_empty() && before > 0 {
            return Err(SyncError::Vanished { before });
        }
        let mut inventory = match &provider_scope.zones {
            Zones::Merged(names) => self.registry.read(records, names),
            Zones::Apart(zones) => self.registry.read_zones(records, zones),
        };
        if let (Some(last), Some(owner)) = (&last, &self.planner.owner) {
            // An ownership record that someone deleted is written again only where we saw it
            // ourselves.
            inventory.recall(&last.inventory, owner);
        }
        Ok(Listed { inventory, revision, settled: None })
    }

    /// Writes the differences of the names that are asked for differently than before.
    ///
    /// Returns `None` when there is no such name, and makes a full sync when what the provider
    /// holds is not known.
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
            return self.full(reader, now).await;
        };
        let Cache { mut inventory, index: before, mut revision, provider_scope, settled } = cache;
        let (names, desired, index) = match reader.take_changes(&self.planner.property_prefixes) {
            ChangeSet::Nothing => {
                self.cache =
                    Some(Cache { inventory, index: before, revision, provider_scope, settled });
                return Ok(None);
            }
            ChangeSet::Objects { objects, mut desired } => match before.touched(&objects, &desired)
            {
                Some(names) => {
                    let mut index = before;
                    index.replace(&objects, &desired);
                    desired.unknown.extend(index.wide_gaps().cloned());
                    (names, desired, index)
                }
                None => self.everything(reader, &before),
            },
            ChangeSet::Everything => self.everything(reader, &before),
        };
        // What an object is told may have changed though its names have not: the next sync over
        // everything must look.
        let settled = false;
        if names.is_empty() {
            self.cache = Some(Cache { inventory, index, revision, provider_scope, settled });
            return Ok(None);
        }
        let scope = Scope::Names(names);
        let report = self.write(&mut inventory, desired, &scope, now).await?;
        if report.went_as_planned() {
            if !report.written.changes.is_empty() {
                revision = None;
            }
            self.cache = Some(Cache { inventory, index, revision, provider_scope, settled });
        }
        Ok(Some(report))
    }

    /// Forgets what the provider held: someone else may have written since.
    pub fn forget(&mut self) {
        self.cache = None;
    }

    /// Looks at everything and returns the names that are asked for in another way than `before`.
    fn everything(
        &self,
        reader: &impl DesiredReader,
        before: &DesiredIndex,
    ) -> (BTreeSet<String>, Desired, DesiredIndex) {
        let desired = reader.desired(&self.planner.property_prefixes);
        let index = DesiredIndex::of(&desired);
        (index.difference(before), desired, index)
    }

    /// Returns what the provider held after the last sync; `None` when it is not known.
    pub fn inventory(&self) -> Option<&Inventory> {
        self.cache.as_ref().map(|cache| &cache.inventory)
    }

    async fn write(
        &mut self,
        inventory: &mut Inventory,
        mut desired: Desired,
        scope: &Scope,
        now: i64,
    ) -> Result<Report, SyncError> {
        desired.endpoints.retain(|endpoint| scope.covers(&endpoint.dns_name));
        desired.repeated.retain(|repeated| scope.covers(&repeated.endpoint.dns_name));
        self.losses.review(&mut desired, scope, self.on_target_loss, now);
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
            let answer = self.provider.adjust(desired.endpoints.clone()).await;
            let answer = answer.map_err(|source| SyncError::Adjust { count, source })?;
            desired = desired.adjusted(answer);
        }
        desired.endpoints.extend(outside);

        let mut plan = planner.plan(inventory, &desired, scope);
        let changes = self.registry.write(inventory, &plan);
        if self.writing == Writing::Yes && changes.is_empty() {
            self.state.resolve(inventory);
        }
        if changes.is_empty() || self.writing == Writing::DryRun {
            return Ok(Report::new(plan, desired, scope.clone(), Written::default(), count));
        }
        self.planner.guard.recent_deletions.note(&plan, now);
        let made = changes.create.clone();
        let (mut changes, mut refused) = self.apply(inventory, changes, &plan, now).await?;
        // What moves from zone to zone leaves when it is known to have come.
        let then = plan.then(&refused, &made);
        let second = self.registry.write(inventory, &then);
        if !second.is_empty() {
            let (taken, no) = self.apply(inventory, second, &plan, now).await?;
            changes.delete.extend(taken.delete);
            changes.update.extend(taken.update);
            changes.create.extend(taken.create);
            refused.extend(no);
        }
        let written = Written::new(&plan, changes, refused);
        Ok(Report::new(plan, desired, scope.clone(), written, count))
    }

    /// Writes `changes` and returns those that were taken, and what was refused.
    async fn apply(
        &mut self,
        inventory: &mut Inventory,
        changes: Changes,
        plan: &Plan,
        now: i64,
    ) -> Result<(Changes, Vec<Refusal>), SyncError> {
        self.state.begin(inventory, &changes, now).await;
        let count = changes.len();
        let answer = self.provider.apply(changes.clone()).await;
        let failed = |source| SyncError::Apply { count, plan: Box::new(plan.clone()), source };
        let Applied { refused } = answer.map_err(failed)?;
        let taken = taken(changes, &refused);
        inventory.apply(&taken);
        self.state.settle(&taken, now);
        Ok((taken, refused))
    }

    async fn provider_scope(&self, negotiation: &Negotiation) -> Result<ProviderScope, SyncError> {
        Ok(ProviderScope {
            zones: self.zones(negotiation).await?,
            domain_filter: serde_json::to_string(&negotiation.domain_filter).unwrap_or_default(),
            property_prefixes: negotiation.property_prefixes.clone(),
        })
    }

    async fn zones(&self, negotiation: &Negotiation) -> Result<Zones, SyncError> {
        let zones = self.provider.zones().await.map_err(SyncError::Negotiate)?;
        if negotiation.extensions.offer_zoned_records() {
            return Ok(Zones::Apart(zones));
        }
        if !zones.is_empty() {
            return Ok(Zones::Merged(zones.into_iter().map(|zone| zone.name).collect()));
        }
        // A provider of version 1 tells its zones only through its filter.
        let DomainFilter::Lists { include, .. } = &negotiation.domain_filter else {
            return Ok(Zones::Merged(Vec::new()));
        };
        let names = include.iter().filter(|include| !include.starts_with('.'));
        Ok(Zones::Merged(names.map(|name| name.as_str().into()).collect()))
    }
}

#[cfg(test)]
mod tests;
