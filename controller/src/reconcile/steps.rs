//! The steps of a full sync, in their order: negotiate, list, desired, adjust, plan, apply.
//!
//! A targeted sync has its own way to what is desired, and the last three.

use std::collections::BTreeSet;
use std::mem;
use std::sync::Arc;

use controller_core::desired::{Desired, Scope};
use controller_core::plan::Plan;
use controller_core::plan::memory::Served;
use external_dns_webhook::{
    Changes, Elsewhere, Endpoint, Extension, Listing, Negotiation, Provider, ProviderError, Refusal,
};
use tokio::time::Instant;

use super::provider_scope::{ProviderScope, Zones};
use super::put_off::{AskedBy, Early, PutOff};
use super::report::{Report, Written};
use super::{Cache, DesiredIndex, DesiredReader, RecentChanges, Reconciler, SyncError, unzoned};

/// Why a full sync ends before anything is planned.
pub(super) enum NoPlan {
    /// Neither side has changed since a sync that found all as it should be.
    Unchanged,
    /// A zone has come that was not there a moment ago.
    ZoneAppeared,
    /// A step failed.
    Failed(SyncError),
}

impl From<SyncError> for NoPlan {
    fn from(error: SyncError) -> Self {
        Self::Failed(error)
    }
}

/// What a provider says when it is asked what it serves.
pub(super) struct Negotiated {
    negotiation: Negotiation,
    provider_scope: ProviderScope,
    /// What the last sync learned; `None` when it cannot be relied on.
    last: Option<Cache>,
}

/// What is known when a provider has listed what it holds.
pub(super) struct Listed {
    negotiation: Negotiation,
    provider_scope: ProviderScope,
    /// The provider's own mark for it; `None` when it gives none.
    revision: Option<String>,
    /// What was desired before; `None` when nothing is known from before.
    before: Option<DesiredIndex>,
    /// Whether all was as it should be then, and nothing has changed at the provider since.
    settled: bool,
}

/// What is desired.
pub(super) struct DesiredInScope {
    pub(super) desired: Desired,
    pub(super) scope: Scope,
    /// Which objects wanted the names so far.
    pub(super) asked_by: AskedBy,
    /// What the next sync may rely on when this one ends well.
    pub(super) next: Cache,
}

/// What is desired, as the provider adjusted it.
pub(super) struct Adjusted {
    wanted: DesiredInScope,
    /// How many record sets the provider was asked to adjust.
    sent: usize,
}

/// What is to be written, and what it was planned for.
pub(super) struct Planned {
    plan: Plan,
    changes: Changes,
    desired: Desired,
    scope: Scope,
    sent: usize,
    /// Names that are left to a later sync.
    put_off: BTreeSet<PutOff>,
    next: Cache,
}

/// What a sync did.
pub(super) struct Synced {
    pub(super) report: Report,
    /// Names that are left to a later sync.
    pub(super) put_off: BTreeSet<PutOff>,
    /// What the next sync may rely on when this one went as planned.
    pub(super) next: Cache,
}

/// What a provider took of a write.
pub(super) struct TakenChanges {
    pub(super) changes: Changes,
    pub(super) refused: Vec<Refusal>,
    /// Whether it looked at the changes and wrote none.
    pub(super) dry_run: bool,
}

impl<P: Provider> Reconciler<P> {
    /// Asks the provider what it serves, and remembers it.
    pub(super) async fn negotiate(&mut self) -> Result<Negotiated, SyncError> {
        let last = self.begin();
        // Until the provider says so again, nothing of it is known well enough to write names first.
        self.names_first.close();
        let negotiation = self.provider.negotiate().await.map_err(SyncError::Negotiate)?;
        let provider_scope = self.provider_scope(&negotiation).await?;
        self.state.memory_mut().served = Served {
            domain_filter: negotiation.domain_filter.clone(),
            property_prefixes: negotiation.property_prefixes.clone(),
            shard: negotiation.shard.as_ref().map(|scope| scope.shard),
            elsewhere: Elsewhere::of(negotiation.shard.as_ref()),
        };
        self.names_first.open(&negotiation, &provider_scope);
        Ok(Negotiated { negotiation, provider_scope, last })
    }

    /// Takes in what the provider holds, read anew unless it says that nothing has changed.
    pub(super) async fn list(
        &mut self,
        negotiated: Negotiated,
        reader: &impl DesiredReader,
        now: i64,
    ) -> Result<Listed, SyncError> {
        let Negotiated { negotiation, provider_scope, last } = negotiated;
        let seen = last.as_ref().filter(|cache| cache.provider_scope == provider_scope);
        let seen = seen.and_then(|cache| cache.revision.clone());
        let reads_first = negotiation.extensions.offers(Extension::NamesFirst);
        let listing = self.list_unless_names_come(reader, seen).await;
        let listing =
            listing.map_err(|error| if reads_first { error.first_read() } else { error })?;
        let (records, revision) = match listing {
            Listing::Changed { records, revision } => (records, revision),
            Listing::Unchanged => {
                let Some(Cache { index, revision, settled, provider_scope: _ }) = last else {
                    let nonsense = "it says that nothing has changed, and was not asked that";
                    return Err(SyncError::List(ProviderError::unavailable(nonsense)));
                };
                self.last_known.confirm(now);
                let before = Some(index);
                return Ok(Listed { negotiation, provider_scope, revision, before, settled });
            }
        };
        let mut records = records;
        // Nothing is known here of what others have, least of all that nobody wants it.
        let elsewhere = &self.state.memory().served.elsewhere;
        records.retain(|record| !elsewhere.has(record.dns_name.canonical()));
        // A zone that cannot be used lists nothing, and says so; the others go on.
        let is_told = matches!(&provider_scope.zones, Zones::Apart(zones)
            if zones.iter().any(|zone| zone.unavailable.is_some()));
        // So does a shard whose zones are all another's now.
        let is_told = is_told || provider_scope.is_of_no_zone() && negotiation.shard.is_some();
        let held = &mut self.state.memory_mut().kept.records;
        let before = mem::replace(held, records.len());
        if records.is_empty() && before > 0 && !is_told {
            return Err(SyncError::Vanished { before });
        }
        let registry = &self.config.registry;
        let mut inventory = match &provider_scope.zones {
            Zones::Merged(names) => registry.read(records, names),
            Zones::Apart(zones) => registry.read_zones(records, zones),
        };
        if let (Some(_), Some(owner)) = (&last, &self.config.planner.owner) {
            // An ownership record that someone deleted is written again only where we saw it
            // ourselves.
            inventory.recall(&self.last_known.read().inventory, owner);
        }
        self.last_known.put(inventory, now, &self.state.memory().served.elsewhere);
        let before = last.map(|cache| cache.index);
        Ok(Listed { negotiation, provider_scope, revision, before, settled: false })
    }

    /// Reads what is desired, and forgets what has changed: all of it is looked at.
    ///
    /// What of it is `young` is told, whatever this ends with.
    pub(super) async fn desired(
        &mut self,
        listed: Listed,
        reader: &impl DesiredReader,
        young: &mut RecentChanges,
    ) -> Result<DesiredInScope, NoPlan> {
        let Listed { negotiation, provider_scope, revision, before, settled } = listed;
        // Forgotten just before the objects are read: what changes from here on is for the next sync.
        self.names_first.end(reader);
        self.looked = Instant::now();
        *young = reader.forget_changes(self.config.window, self.looked);
        let desired = self.desired_here(reader);
        let unzoned = unzoned::names(&desired, &self.config.planner.domain_filter, &negotiation);
        let known = &negotiation.domain_filter;
        if unzoned::zone_appeared(unzoned, &self.provider, known).await {
            return Err(NoPlan::ZoneAppeared);
        }
        let index = DesiredIndex::of(&desired);
        let nothing_to_approve = self.memory().deletions.approved.is_empty();
        if settled && nothing_to_approve && before.as_ref() == Some(&index) {
            self.cache = Some(Cache { index, revision, provider_scope, settled: true });
            return Err(NoPlan::Unchanged);
        }
        let before = before.filter(|_| !young.is_empty());
        let asked_by = before.map_or_else(AskedBy::default, AskedBy::Index);
        let next = Cache { index, revision, provider_scope, settled: false };
        Ok(DesiredInScope { desired, scope: Scope::All, asked_by, next })
    }

    /// Has the provider bring what is desired into the form in which it will list it.
    pub(super) async fn adjust(
        &mut self,
        mut wanted: DesiredInScope,
        now: i64,
    ) -> Result<Adjusted, SyncError> {
        let DesiredInScope { desired, scope, .. } = &mut wanted;
        desired.only(scope);
        let on_target_loss = self.config.on_target_loss;
        self.state.memory_mut().kept.losses.review(desired, scope, on_target_loss, now);
        // Names outside the filters are not the provider's business; the planner says why.
        let filters = self.config.planner.filters(self.state.memory());
        let inside = |endpoint: &Endpoint| {
            filters.into_iter().all(|filter| filter.covers(&endpoint.dns_name))
        };
        let (inside, outside): (Vec<_>, Vec<_>) =
            mem::take(&mut desired.endpoints).into_iter().partition(inside);
        desired.endpoints = inside;
        let sent = desired.endpoints.len();
        if sent > 0 {
            let answer = self.provider.adjust(desired.distinct()).await;
            let answer = answer.map_err(|cause| SyncError::Adjust { count: sent, cause })?;
            *desired = mem::take(desired).adjusted(answer);
        }
        desired.endpoints.extend(outside);
        Ok(Adjusted { wanted, sent })
    }

    /// Decides what is to be written.
    pub(super) fn plan(&mut self, adjusted: Adjusted, young: &RecentChanges, now: i64) -> Planned {
        let Adjusted { wanted, sent } = adjusted;
        let DesiredInScope { mut desired, mut scope, asked_by, next } = wanted;
        self.state.memory_mut().deletions.recent.forget(now);
        let (planner, memory) = (&self.config.planner, self.state.memory());
        let last_known = Arc::clone(&self.last_known);
        let inventory = &last_known.read().inventory;
        let mut plan = planner.plan(memory, inventory, &desired, &scope);
        let put_off = Early { young, asked_by }.put_off(&plan, &desired);
        if !put_off.is_empty() {
            scope = scope.without(put_off.iter().map(|put_off| put_off.name.clone()));
            desired.only(&scope);
            plan = planner.plan(memory, inventory, &desired, &scope);
        }
        let changes = self.config.registry.write(inventory, &plan);
        if !self.config.is_dry_run() && changes.is_empty() {
            let now = self.time();
            self.state.resolve(inventory, now);
        }
        Planned { plan, changes, desired, scope, sent, put_off, next }
    }

    /// Has the provider write what was planned, and says what came of it.
    pub(super) async fn apply(&mut self, planned: Planned, now: i64) -> Result<Synced, SyncError> {
        let Planned { mut plan, changes, desired, scope, sent, put_off, next } = planned;
        let written = self.write_both(changes, &mut plan, now).await?;
        let report = Report::new(plan, (desired, scope, sent), written);
        Ok(Synced { report, put_off, next })
    }

    /// Writes changes, and then what must wait for them.
    async fn write_both(
        &mut self,
        changes: Changes,
        plan: &mut Plan,
        now: i64,
    ) -> Result<Written, SyncError> {
        if changes.is_empty() || self.config.is_dry_run() {
            plan.wrote_nothing(false);
            return Ok(Written::default());
        }
        self.state.memory_mut().deletions.recent.note(plan, now);
        let made = changes.create.clone();
        let TakenChanges { mut changes, mut refused, dry_run } = self.write(changes, plan).await?;
        if dry_run {
            plan.wrote_nothing(true);
            return Ok(Written { refused, dry_run, ..Written::default() });
        }
        // What moves from zone to zone leaves when it is known to have come.
        let then = plan.then(&refused, &made);
        let second = self.config.registry.write(&self.last_known.read().inventory, &then);
        if !second.is_empty() {
            let TakenChanges { changes: more, refused: no, dry_run: _ } =
                self.write(second, plan).await?;
            changes.delete.extend(more.delete);
            changes.update.extend(more.update);
            changes.create.extend(more.create);
            refused.extend(no);
        }
        Ok(Written::new(plan, changes, refused))
    }

    /// Writes `changes`, noted before it, and returns what the provider took of them.
    async fn write(&mut self, changes: Changes, plan: &Plan) -> Result<TakenChanges, SyncError> {
        let now = self.time();
        let noted = self.state.note_begun(&self.last_known.read().inventory, &changes, now);
        self.write_noted(noted, changes, plan).await
    }
}
