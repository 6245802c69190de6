//! The steps of a sync, in their order: negotiate, list, adjust, plan, apply.
//!
//! What is desired is read between the list and the adjustment, which a full sync and a targeted one
//! do each in their own way.

use std::collections::BTreeSet;
use std::sync::Arc;

use controller_core::desired::{Desired, Scope};
use controller_core::plan::Plan;
use controller_core::plan::memory::Served;
use external_dns_webhook::{
    Changes, Endpoint, Listing, Negotiation, Provider, ProviderError, Refusal,
};

use super::provider_scope::{ProviderScope, Zones};
use super::put_off::{Early, PutOff};
use super::report::{Report, Written};
use super::{Cache, DesiredIndex, DesiredReader, Reconciler, SyncError};

/// What a provider says when it is asked what it serves.
pub(super) struct Negotiated {
    pub(super) negotiation: Negotiation,
    pub(super) provider_scope: ProviderScope,
}

/// What is known when a provider has listed what it holds.
pub(super) struct Listed {
    /// The provider's own mark for it; `None` when it gives none.
    pub(super) revision: Option<String>,
    /// What was desired before; `None` when nothing is known from before.
    pub(super) before: Option<DesiredIndex>,
    /// Whether all was as it should be then, and nothing has changed at the provider since.
    pub(super) settled: bool,
}

/// What is desired, as the provider adjusted it.
pub(super) struct Adjusted {
    pub(super) desired: Desired,
    pub(super) scope: Scope,
    /// How many record sets the provider was asked to adjust.
    pub(super) sent: usize,
}

/// What is to be written, and what it was planned for.
pub(super) struct Planned {
    pub(super) plan: Plan,
    pub(super) changes: Changes,
    pub(super) adjusted: Adjusted,
    /// Names that are left to a later sync.
    pub(super) put_off: BTreeSet<PutOff>,
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
        let negotiation = self.provider.negotiate().await.map_err(SyncError::Negotiate)?;
        let provider_scope = self.provider_scope(&negotiation).await?;
        self.state.memory_mut().served = Served {
            domain_filter: negotiation.domain_filter.clone(),
            property_prefixes: negotiation.property_prefixes.clone(),
        };
        self.names_first.open(&negotiation, &provider_scope);
        Ok(Negotiated { negotiation, provider_scope })
    }

    /// Takes in what the provider holds, read anew unless it says that nothing has changed.
    pub(super) async fn list(
        &mut self,
        reader: &impl DesiredReader,
        last: Option<Cache>,
        provider_scope: &ProviderScope,
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
        let held = &mut self.state.memory_mut().kept.records;
        let before = std::mem::replace(held, records.len());
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
        self.last_known.put(inventory, now);
        Ok(Listed { revision, before: last.map(|cache| cache.index), settled: false })
    }

    /// Has the provider bring what is desired into the form in which it will list it.
    pub(super) async fn adjust(
        &mut self,
        mut desired: Desired,
        scope: Scope,
        now: i64,
    ) -> Result<Adjusted, SyncError> {
        desired.only(&scope);
        let on_target_loss = self.config.on_target_loss;
        self.state.memory_mut().kept.losses.review(&mut desired, &scope, on_target_loss, now);
        // Names outside the filters are not the provider's business; the planner says why.
        let filters = self.config.planner.filters(self.state.memory());
        let inside = |endpoint: &Endpoint| {
            filters.into_iter().all(|filter| filter.covers(&endpoint.dns_name))
        };
        let (inside, outside): (Vec<_>, Vec<_>) = desired.endpoints.into_iter().partition(inside);
        desired.endpoints = inside;
        let sent = desired.endpoints.len();
        if sent > 0 {
            let answer = self.provider.adjust(desired.distinct()).await;
            let answer = answer.map_err(|cause| SyncError::Adjust { count: sent, cause })?;
            desired = desired.adjusted(answer);
        }
        desired.endpoints.extend(outside);
        Ok(Adjusted { desired, scope, sent })
    }

    /// Decides what is to be written.
    pub(super) fn plan(&mut self, adjusted: Adjusted, early: &Early<'_>, now: i64) -> Planned {
        let Adjusted { mut desired, mut scope, sent } = adjusted;
        self.state.memory_mut().deletions.recent.forget(now);
        let (planner, memory) = (&self.config.planner, self.state.memory());
        let last_known = Arc::clone(&self.last_known);
        let inventory = &last_known.read().inventory;
        let mut plan = planner.plan(memory, inventory, &desired, &scope);
        let put_off = early.put_off(&plan, &desired);
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
        Planned { plan, changes, adjusted: Adjusted { desired, scope, sent }, put_off }
    }

    /// Has the provider write what was planned, and says what came of it.
    pub(super) async fn apply(&mut self, planned: Planned, now: i64) -> Result<Report, SyncError> {
        let Planned { mut plan, changes, adjusted, put_off: _ } = planned;
        if changes.is_empty() || self.config.is_dry_run() {
            plan.wrote_nothing();
            return Ok(Report::new(plan, adjusted, Written::default()));
        }
        self.state.memory_mut().deletions.recent.note(&plan, now);
        let made = changes.create.clone();
        let TakenChanges { mut changes, mut refused, dry_run } = self.write(changes, &plan).await?;
        if dry_run {
            plan.wrote_nothing();
            let written = Written { refused, dry_run, ..Written::default() };
            return Ok(Report::new(plan, adjusted, written));
        }
        // What moves from zone to zone leaves when it is known to have come.
        let then = plan.then(&refused, &made);
        let second = self.config.registry.write(&self.last_known.read().inventory, &then);
        if !second.is_empty() {
            let TakenChanges { changes: more, refused: no, dry_run: _ } =
                self.write(second, &plan).await?;
            changes.delete.extend(more.delete);
            changes.update.extend(more.update);
            changes.create.extend(more.create);
            refused.extend(no);
        }
        let written = Written::new(&plan, changes, refused);
        Ok(Report::new(plan, adjusted, written))
    }

    /// Writes `changes`, noted before it, and returns what the provider took of them.
    async fn write(&mut self, changes: Changes, plan: &Plan) -> Result<TakenChanges, SyncError> {
        let now = self.time();
        let noted = self.state.note_begun(&self.last_known.read().inventory, &changes, now);
        self.write_noted(noted, changes, plan).await
    }
}
