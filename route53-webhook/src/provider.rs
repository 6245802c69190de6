//! The provider: what a controller can ask of Route 53.
//!
//! Questions are answered from the snapshots of the zones. Reading them is the work of
//! [`Route53::keep_fresh`], which runs beside the server for as long as the process lives.

mod adjust;
mod first_read;
mod fresh;
mod health;
mod unzoned;
mod view;
mod zoned;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use daemon::Few;
use external_dns_webhook::server::client_gone;
use external_dns_webhook::{
    Adjusted, Adjuster, Applied, Changes, DnsName, Endpoint, EndpointStream, Extension, Listing,
    Negotiation, Provider, ProviderError, Refusal, ShardScope,
};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

pub use self::fresh::Readiness;
use self::fresh::Syncs;
use self::unzoned::Unzoned;
pub use self::zoned::Zoned;
use crate::api::{Account, until_gone};
use crate::batch::Limits;
use crate::isolate::Quarantine;
use crate::metrics::{Metrics, ZoneSample};
use crate::name::WireName;
use crate::properties::PREFIX;
use crate::records::{self, Freshness, MaxAge, Snapshot, Store};
use crate::writes::{Mode, RecordChange, Writer, group_changes};
use crate::zones::ZoneFilter;

/// Most reads of single names that one question causes, however large the budget is.
const MAX_NAMES_CONFIRMED: usize = 4;

/// How the provider behaves.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Config {
    /// Which zones are served.
    pub zones: ZoneFilter,
    /// What an alias does that does not say whether it evaluates the health of its target.
    pub evaluate_target_health: bool,
    /// Whether a CNAME to an AWS service stays a CNAME unless it wants an alias.
    pub prefer_cname: bool,
    /// How old what we know may be.
    pub max_age: MaxAge,
    /// How long a question waits for a read that it needs.
    pub answer_within: Duration,
    /// How changes are written.
    pub mode: Mode,
    /// How large a batch may be.
    pub limits: Limits,
    /// Pause between two batches of a zone.
    pub batch_interval: Duration,
    /// Whether changes are only logged.
    pub dry_run: bool,
    /// Whether to wait until all DNS servers of AWS answer with what was written.
    pub wait_insync: bool,
}

/// How a controller sees record sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    /// Copies in several zones are one, as in version 1 of the protocol.
    Merged,
    /// Each says its zone.
    Zoned,
}

/// Route 53, as a controller sees it.
#[derive(Debug)]
pub struct Route53 {
    config: RwLock<Arc<Config>>,
    accounts: Vec<Arc<Account>>,
    by_role: BTreeMap<String, Arc<Account>>,
    store: RwLock<Store>,
    quarantine: Mutex<Quarantine>,
    unzoned: Mutex<Unzoned>,
    metrics: Metrics,
    /// The syncs of `keep_fresh`, which wait until one is wanted.
    syncs: watch::Sender<Syncs>,
    /// Wakes `keep_fresh` from the pause after a failure when the config changes.
    changed: Notify,
    /// Writers take turns, so that each compares with what the one before has written.
    turn: tokio::sync::Mutex<()>,
    /// Tells the revisions of this process from those of the one before.
    epoch: u64,
}

impl Route53 {
    /// Returns a provider for the zones that `accounts` list and those of `by_role`, by zone id.
    ///
    /// Nothing is read before [`keep_fresh`](Self::keep_fresh) runs.
    pub fn new(
        config: Config,
        accounts: Vec<Arc<Account>>,
        by_role: BTreeMap<String, Arc<Account>>,
        metrics: Metrics,
    ) -> Self {
        Self {
            config: RwLock::new(Arc::new(config)),
            accounts,
            by_role,
            store: RwLock::default(),
            quarantine: Mutex::default(),
            unzoned: Mutex::default(),
            metrics,
            syncs: watch::Sender::new(Syncs::default()),
            changed: Notify::new(),
            turn: tokio::sync::Mutex::default(),
            epoch: rand::random(),
        }
    }

    /// Returns the counters, with those set that can only be known now.
    pub fn metrics(&self) -> &Metrics {
        let now = Instant::now();
        let store = self.store();
        let served = store.zones().map(|cached| ZoneSample {
            id: cached.zone.id.to_string(),
            name: cached.zone.name.to_text(),
            age: cached.read_at.map(|instant| now.duration_since(instant)),
            records: cached.snapshot.as_ref().map_or(0, Snapshot::len),
            available: cached.unavailable.is_none() && cached.unwritable(now).is_none(),
        });
        let unreachable = store.unreachable().iter().map(|zone| ZoneSample {
            id: zone.id.clone(),
            name: String::new(),
            age: None,
            records: 0,
            available: false,
        });
        let zones: Vec<_> = served.chain(unreachable).collect();
        drop(store);
        let accounts = self.accounts.iter().chain(self.by_role.values());
        let budgets = accounts.map(|account| (account.name.clone(), account.budget().left()));
        let quarantined = self.quarantine.lock().unwrap_or_else(PoisonError::into_inner).len(now);
        self.metrics.sample(&zones, budgets, quarantined);
        &self.metrics
    }

    /// Behaves as `config` says from now on; requests that have begun end as they began.
    ///
    /// With another filter the zones are found anew, and questions wait for that.
    pub fn change(&self, config: Config) {
        let zones = config.zones.clone();
        let before = {
            let mut now = self.config.write().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *now, Arc::new(config))
        };
        if before.zones != zones {
            self.store_mut().refiltered(&zones);
        }
        self.request_next();
        self.changed.notify_one();
    }

    /// Returns how the provider behaves now.
    fn config(&self) -> Arc<Config> {
        Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn store(&self) -> RwLockReadGuard<'_, Store> {
        self.store.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn store_mut(&self) -> RwLockWriteGuard<'_, Store> {
        self.store.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn pin(&self, names: &[WireName]) {
        if names.is_empty() {
            return;
        }
        let mut store = self.store_mut();
        for name in names {
            store.pin(name);
        }
    }

    /// Reads names from Route 53 itself, as far as that costs no waiting.
    ///
    /// A snapshot is good enough to plan with, since a write compares again; a fresh read only
    /// makes surprises rarer. One call is left for the write that follows.
    async fn confirm(&self, names: &[WireName]) {
        let reads: Vec<_> = {
            let store = self.store();
            let pair = |name: &WireName| {
                let choice = view::home(name, &store);
                choice.into_iter().map(|zone| (zone, name.clone())).collect::<Vec<_>>()
            };
            names.iter().flat_map(pair).collect()
        };
        let free = |(zone, _): &(Arc<crate::zones::Zone>, WireName)| {
            zone.account.budget().left().is_none_or(|left| left > reads.len())
        };
        if reads.len() > MAX_NAMES_CONFIRMED || !reads.iter().all(free) {
            return;
        }
        let read = reads.into_iter().map(async |(zone, name)| {
            let begun = Instant::now();
            let sets = records::read_name(&zone.account, &zone.id, &name).await;
            match sets {
                Ok(sets) => {
                    let mut store = self.store_mut();
                    if !store.lookup_name(&zone.id, [(name, sets)], begun).is_empty() {
                        store.mark_stale(&zone.id);
                    }
                }
                Err(error) => tracing::debug!(
                    zone.name = %zone.name,
                    record.name = %name,
                    error = daemon::chain(&error),
                    "Answered from memory, because a name could not be read"
                ),
            }
        });
        // It is given up as soon as AWS throttles.
        until_gone(client_gone(), Duration::ZERO, futures::future::join_all(read)).await;
    }

    /// Tells why AWS puts calls off now, one line for each account and cause.
    pub(super) fn delays(&self) -> Vec<String> {
        let accounts = self.accounts.iter().chain(self.by_role.values());
        accounts.flat_map(|account| account.delays()).collect()
    }

    /// Returns what takes long, with what AWS puts off as the cause if it does.
    pub(super) fn late(&self, what: String) -> String {
        match self.delays().into_iter().next() {
            Some(cause) => format!("{cause}; {what}"),
            None => what,
        }
    }
}

impl Route53 {
    /// Returns a list of what is known now.
    fn stream(&self) -> Result<EndpointStream, ProviderError> {
        let store = self.whole()?;
        Ok(view::all(&store))
    }

    /// Returns a list unless nothing has changed since the revision `seen`.
    async fn unless_seen(
        &self,
        seen: Option<String>,
        list: impl FnOnce() -> Result<EndpointStream, ProviderError> + Send,
    ) -> Result<Listing<EndpointStream>, ProviderError> {
        // Read before the list: a change in between makes the mark too old, never too new.
        let mut revision = self.revision().await;
        if revision.is_none() || revision != seen {
            self.fresh().await?;
        }
        // What had to be read first, which is everything where each question is to be answered anew, has a mark, too.
        revision = revision.or_else(|| Some(self.mark()));
        if revision == seen {
            return Ok(Listing::Unchanged);
        }
        Ok(Listing::Changed { records: list()?, revision })
    }

    /// Returns the mark of what is known now.
    fn mark(&self) -> String {
        format!("{:x}-{:x}", self.epoch, self.store().revision())
    }
}

impl Provider for Route53 {
    async fn negotiate(&self) -> Result<Negotiation, ProviderError> {
        self.zones_known().await?;
        let first = self.awaits_first_read().then_some(Extension::NamesFirst);
        let store = self.store();
        // A zone that cannot be used just now is still the one that its names go to: what is desired
        // there is refused with the reason, rather than left out as a name of no zone.
        let served = store.zones().map(|zone| &*zone.zone);
        Ok(Negotiation {
            domain_filter: self.config().zones.served_names(served),
            extensions: [
                Extension::RecordsByName,
                Extension::ConditionalRecords,
                Extension::Outcomes,
                Extension::Zones,
                Extension::ZonedRecords,
            ]
            .into_iter()
            .chain(first)
            .collect(),
            property_prefixes: vec![PREFIX.to_owned()],
            shard: self.config().zones.shard.map(|shard| ShardScope {
                shard,
                elsewhere: store.elsewhere().iter().map(|name| name.to_text().into()).collect(),
            }),
        })
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        self.fresh().await?;
        Ok(self.stream()?.collect())
    }

    async fn stream_since(
        &self,
        seen: Option<String>,
    ) -> Result<Listing<EndpointStream>, ProviderError> {
        self.unless_seen(seen, || self.stream()).await
    }

    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Adjusted, ProviderError> {
        self.known().await?;
        let names: Vec<_> =
            desired.iter().map(|endpoint| WireName::from_text(&endpoint.dns_name)).collect();
        self.wait_for_zones(&names).await;
        let store = self.whole()?;
        let (adjusted, pinned) = adjust::all(desired, &store, &self.config(), Dialect::Merged);
        drop(store);
        self.pin(&pinned);
        Ok(adjusted)
    }

    async fn adjuster(self: Arc<Self>) -> Result<Option<Box<dyn Adjuster>>, ProviderError> {
        self.known().await?;
        drop(self.whole()?);
        Ok(Some(Box::new(adjust::Piecewise::new(self, Dialect::Merged))))
    }

    async fn apply(&self, mut changes: Changes) -> Result<Applied, ProviderError> {
        if changes.is_empty() {
            return Ok(Applied::default());
        }
        if !self.awaits_first_read() || !self.knows_all(&mut changes) {
            self.known().await?;
        }
        if changes.endpoints_mut().any(|endpoint| endpoint.zone.is_none()) {
            drop(self.whole()?);
        }
        let wanted = changes.create.iter().chain(changes.update.iter().map(|update| &update.new));
        let names: Vec<_> =
            wanted.map(|endpoint| WireName::from_text(&endpoint.dns_name)).collect();
        self.wait_for_zones(&names).await;
        drop(names);
        let _turn = self.turn.lock().await;
        let config = self.config();
        let (change_groups, mut refused) =
            group_changes(changes, &self.store(), &config.zones, config.evaluate_target_health);
        let pinned: Vec<_> = {
            let store = self.store();
            let states = change_groups
                .iter()
                .flat_map(|group| &group.changes)
                .flat_map(RecordChange::states);
            let away = states.filter(|state| {
                state.endpoint.zone.is_none()
                    && view::is_away(&state.set.name, &state.zones, &store)
            });
            away.map(|state| state.set.name.clone()).collect()
        };
        self.pin(&pinned);
        let mut told = Few::new("Refused more changes of the same request; each is in its answer");
        for refusal in refused.iter().filter(|_| told.is_first()) {
            tracing::warn!(
                record.name = %refusal.dns_name,
                record.r#type = refusal.record_type.as_str(),
                reason = refusal.code.as_str(),
                error = refusal.message,
                "Refused a change"
            );
        }
        self.metrics.refused(refused.len());
        let writer = Writer {
            store: &self.store,
            quarantine: &self.quarantine,
            metrics: &self.metrics,
            mode: config.mode,
            limits: config.limits,
            interval: config.batch_interval,
            dry_run: config.dry_run,
            wait_insync: config.wait_insync,
        };
        let write = writer.write(&change_groups);
        let outcome = until_gone(client_gone(), config.answer_within, write).await;
        if self.store().has_unconfirmed(Instant::now()) {
            self.request_next();
        }
        if let Some(error) = outcome.unknown {
            return Err(ProviderError::unavailable(error));
        }
        refused.extend(outcome.refused);
        let mut told = BTreeSet::new();
        refused.retain(|refusal| {
            let Refusal { dns_name, record_type, set_identifier, zone, .. } = refusal.clone();
            told.insert((dns_name, record_type, set_identifier, zone))
        });
        Ok(Applied { refused, dry_run: config.dry_run })
    }

    async fn records_named(&self, names: Vec<DnsName>) -> Result<Vec<Endpoint>, ProviderError> {
        self.fresh().await?;
        let names: Vec<_> = names.iter().map(WireName::from_text).collect();
        self.wait_for_zones(&names).await;
        self.confirm(&names).await;
        let store = self.whole()?;
        Ok(view::named(&names, &store))
    }

    async fn zones(&self) -> Result<Vec<external_dns_webhook::Zone>, ProviderError> {
        let awaits_first_read = self.awaits_first_read();
        let fresh = if awaits_first_read { self.zones_known().await } else { self.fresh().await };
        let store = self.store();
        if store.is_denied() || store.has_no_zone() {
            // That none of them can be used, or that there is none, is an answer, too.
            return Ok(view::zones(&store));
        }
        fresh.map(|()| view::zones(&store))
    }

    /// `None` while something must be read first: the answer itself waits for that, once.
    async fn revision(&self) -> Option<String> {
        let freshness = self.store().freshness(Instant::now(), self.config().max_age);
        match freshness {
            Freshness::Nothing => {}
            Freshness::Soon => {
                self.request_next();
            }
            Freshness::Fresh | Freshness::First => return None,
        }
        Some(self.mark())
    }

    async fn age(&self) -> Option<Duration> {
        self.store().age(Instant::now())
    }

    async fn refresh(&self) -> Result<(), ProviderError> {
        self.store_mut().want_anew(Instant::now());
        if self.has_failed() {
            self.try_again().await;
        }
        Ok(())
    }
}
