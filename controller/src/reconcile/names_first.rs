//! Names that are written before the provider was read: which, and how many.
//!
//! A provider that reads large zones for the first time lists them late, and says so when it is asked
//! what it offers. What changes meanwhile need not wait: its names are read by themselves and written
//! if nothing can be lost by it. Such a sync is no other's foundation: the next one lists everything.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;

use controller_core::desired::Scope;
use controller_core::early::{self, ByName};
use controller_core::plan::memory::Served;
use daemon::chain;
use external_dns_webhook::{
    CanonicalName, DnsName, Extension, Listing, Negotiation, Provider, ProviderError, Zone,
};
use tokio::time::Instant;

use super::provider_scope::{ProviderScope, Zones};
use super::report::{Report, Written};
use super::steps::TakenChanges;
use super::{ChangeSet, DesiredReader, RecentChanges, Reconciler, SyncError};
use crate::schedule::Window;

/// Most names that are read and written at once: each takes some calls of the provider.
const AT_ONCE: usize = 4;

/// Most reads of names that one request asks for: a provider answers for few while it reads its zones.
const MOST_READS: usize = 36;

/// Most names that go before one list, which they hold up; the others wait for it.
const MOST: usize = 60;

/// What goes before the list that is awaited.
#[derive(Debug)]
pub(super) struct NamesFirst {
    /// Whether anything may.
    is_allowed: bool,
    /// The zones of the provider; `None` when nothing goes first.
    zones: Option<Vec<Zone>>,
    /// How many names more may go.
    left: usize,
    /// Names of objects that changed since the list is awaited, and that go next.
    waiting: BTreeSet<CanonicalName>,
    /// Changes that are young, which the sync after the list must know.
    young: Vec<RecentChanges>,
}

impl Default for NamesFirst {
    fn default() -> Self {
        let (waiting, young) = (BTreeSet::new(), Vec::new());
        Self { is_allowed: false, zones: None, left: MOST, waiting, young }
    }
}

impl NamesFirst {
    /// Lets names go before lists that take long.
    pub(super) fn allow(&mut self) {
        self.is_allowed = true;
    }

    /// Takes in that nothing is known of the provider.
    pub(super) fn close(&mut self) {
        self.zones = None;
    }

    /// Takes in what the provider offers: whether names can be read by themselves, and must.
    pub(super) fn open(&mut self, negotiation: &Negotiation, provider_scope: &ProviderScope) {
        let extensions = &negotiation.extensions;
        let is_offered = extensions.offers(Extension::NamesFirst)
            && extensions.offers(Extension::RecordsByName)
            && extensions.offer_zoned_records();
        self.zones = match &provider_scope.zones {
            Zones::Apart(zones) if self.is_allowed && is_offered => Some(zones.clone()),
            Zones::Apart(_) | Zones::Merged(_) => None,
        };
    }

    /// Takes in that everything was listed; what is young is found among the changes again.
    pub(super) fn end(&mut self, reader: &impl DesiredReader) {
        for young in std::mem::take(&mut self.young) {
            reader.put_back(young);
        }
        *self = Self { is_allowed: self.is_allowed, ..Self::default() };
    }

    /// Tells whether names go before the list.
    pub(super) fn is_open(&self) -> bool {
        self.zones.is_some() && self.left > 0
    }

    /// Tells whether names are known that can go now.
    fn has_next(&self) -> bool {
        self.is_open() && !self.waiting.is_empty()
    }

    /// Takes in what has changed. Of more than is worth telling apart, and of what is gone, nothing
    /// goes first.
    fn take_in(&mut self, reader: &impl DesiredReader, served: &Served, window: Window) {
        let Served { property_prefixes: prefixes, elsewhere, .. } = served;
        let (changes, young) = reader.take_changes(prefixes, window, Instant::now());
        if !young.is_empty() {
            self.young.push(young);
        }
        match changes {
            ChangeSet::Objects { objects: _, desired } => {
                let names = desired.endpoints.iter();
                let names = names.map(|endpoint| endpoint.dns_name.canonical());
                self.waiting.extend(names.filter(|name| !elsewhere.has(name)).cloned());
            }
            ChangeSet::Nothing | ChangeSet::Everything => {}
        }
    }

    /// Leaves names for the next time.
    fn put_back(&mut self, names: BTreeSet<CanonicalName>) {
        self.left += names.len();
        self.waiting.extend(names);
    }

    /// Takes the names that go next.
    fn next(&mut self) -> BTreeSet<CanonicalName> {
        let mut names = BTreeSet::new();
        while names.len() < AT_ONCE.min(self.left) {
            let Some(name) = self.waiting.pop_first() else { break };
            names.insert(name);
        }
        // What changes without a name of its own holds the list up, too.
        self.left = self.left.saturating_sub(names.len().max(1));
        names
    }
}

/// Splits what decides over names into as many as can be read at once, one at least, and the names of
/// the others.
fn within_limits(
    lookups: BTreeMap<CanonicalName, BTreeSet<CanonicalName>>,
    zones: &[Zone],
) -> (BTreeMap<CanonicalName, BTreeSet<CanonicalName>>, BTreeSet<CanonicalName>) {
    let mut reads = 0;
    let (mut now, mut later) = (BTreeMap::new(), BTreeSet::new());
    for (name, names) in lookups {
        let can_hold =
            |zone: &&Zone| names.iter().any(|name| name.is_within(zone.name.canonical()));
        let count = names.len() * zones.iter().filter(can_hold).count();
        if now.is_empty() || reads + count <= MOST_READS {
            reads += count;
            now.insert(name, names);
        } else {
            later.insert(name);
        }
    }
    (now, later)
}

impl<P: Provider> Reconciler<P> {
    /// Lets names be written before a list that takes long, where the provider offers it.
    pub fn let_names_go_first(&mut self) {
        self.names_first.allow();
    }

    /// Tells whether a targeted sync would write names of a provider that was not read.
    pub fn names_go_first(&self) -> bool {
        self.cache.is_none() && self.names_first.is_open()
    }

    /// Tells whether names wait for a sync of their own.
    pub fn has_names_to_go_first(&self) -> bool {
        self.cache.is_none() && self.names_first.has_next()
    }

    /// Lists what the provider holds, unless names come that go first: then it is asked again after
    /// them, which costs a provider nothing that reads on by itself.
    pub(super) async fn list_unless_names_come(
        &mut self,
        reader: &impl DesiredReader,
        seen: Option<String>,
    ) -> Result<Listing, SyncError> {
        let Self { provider, names_first, config, state, .. } = self;
        let served = &state.memory().served;
        let mut listing = pin!(provider.records_since(seen));
        while names_first.is_open() {
            tokio::select! {
                biased;
                listing = &mut listing => return listing.map_err(SyncError::List),
                () = reader.changed() => {}
            }
            names_first.take_in(reader, served, config.window);
            if names_first.has_next() {
                return Err(SyncError::NamesFirst);
            }
            // What goes on changing without any consequence is not looked at without a pause.
            tokio::select! {
                biased;
                listing = &mut listing => return listing.map_err(SyncError::List),
                () = tokio::time::sleep(Window::default().quiet) => {}
            }
        }
        listing.await.map_err(SyncError::List)
    }

    /// Writes names of objects that have changed, of a provider that was not read.
    ///
    /// Returns `None` when nothing was written: such names wait for the list.
    ///
    /// # Errors
    ///
    /// Returns an error when it is not known what was written.
    pub(super) async fn write_names_first(
        &mut self,
        reader: &impl DesiredReader,
    ) -> Result<Option<Report>, SyncError> {
        let served = &self.state.memory().served;
        self.names_first.take_in(reader, served, self.config.window);
        let names = self.names_first.next();
        let Some(zones) = self.names_first.zones.clone().filter(|_| !names.is_empty()) else {
            return Ok(None);
        };
        let scope = Scope::Names(names);
        let mut desired = self.desired_here(reader);
        desired.only(&scope);
        let filters = self.config.planner.filters(self.state.memory());
        desired
            .endpoints
            .retain(|endpoint| filters.into_iter().all(|filter| filter.covers(&endpoint.dns_name)));
        let count = desired.endpoints.len();
        if count == 0 {
            return Ok(None);
        }
        let put_off = |error: &ProviderError| {
            let error = chain(error);
            tracing::debug!(error, names = count, "Names could not be read first; they wait");
        };
        desired = match self.provider.adjust(desired.distinct()).await {
            Ok(adjusted) => desired.adjusted(adjusted),
            Err(error) => {
                put_off(&error);
                return Ok(None);
            }
        };
        let lookups =
            self.config.registry.lookup_names(&desired.endpoints, &self.config.planner.managed);
        let (lookups, later) = within_limits(lookups, &zones);
        if lookups.is_empty() {
            return Ok(None);
        }
        desired.only(&Scope::Names(lookups.keys().cloned().collect()));
        self.names_first.put_back(later);
        let names: BTreeSet<_> = lookups.values().flatten().collect();
        let names = names.into_iter().map(DnsName::from).collect();
        let records = match self.provider.records_named(names).await {
            Ok(records) => records,
            Err(error) => {
                put_off(&error);
                return Ok(None);
            }
        };
        let inventory = self.config.registry.read_zones(records, &zones);
        let known = ByName { inventory: &inventory, lookups: &lookups };
        let rules = (&self.config.planner, self.state.memory());
        let early = early::plan(rules, &*self.config.registry, known, &desired);
        let early::Early { mut plan, changes, names } = early;
        if changes.is_empty() {
            tracing::debug!(
                names = count,
                "Nothing of these names can be written first; they wait"
            );
            return Ok(None);
        }
        let scope = Scope::Names(names);
        desired.only(&scope);
        let now = self.time();
        let noted = self.state.note_begun_unseen(&changes, now);
        let taken = match self.write_noted(noted, changes, &plan).await {
            Ok(taken) => taken,
            Err(error) => {
                // Nobody knows what was written, so what is read by name may be about to change.
                self.names_first.close();
                return Err(error);
            }
        };
        let TakenChanges { changes, refused, dry_run } = taken;
        if dry_run {
            plan.wrote_nothing(true);
        }
        let written = Written { dry_run, ..Written::new(&plan, changes, refused) };
        let report = Report::new(plan, (desired, scope, count), written);
        Ok(Some(Report { is_first: true, ..report }))
    }
}
