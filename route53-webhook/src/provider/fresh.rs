//! Keeping the snapshots fresh: when they are read, and what waits for that.

use std::future::Future;
use std::sync::{Arc, RwLockReadGuard};
use std::time::Duration;

use daemon::chain;
use external_dns_webhook::{ProviderError, counted};
use tokio::time::Instant;

use super::{Route53, view};
use crate::api::ApiError;
use crate::name::WireName;
use crate::pace;
use crate::records::{self, Freshness, NOT_LISTED, Store};
use crate::zones::{self, LostAccount};

/// How often something that cannot be read is tried again, at least.
const LONGEST_BACKOFF_ATTEMPT: u32 = 7;

/// Most zones and accounts that are named when none of them can be used.
const MAX_DENIED_SHOWN: usize = 3;

/// What is said when no zone is served at all.
const NO_ZONE_SYNCS: &str =
    "no hosted zone passes the filters; check them, or run `route53-webhook check`";

/// How often a name that others go on writing to is looked up before its zone is read again.
const MOST_LOOKS: usize = 3;

/// Most misplaced copies that are listed.
const MAX_SHOWN: usize = 20;

/// How many syncs over the zones are requested, have begun and have ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Syncs {
    /// The number of the last sync that a request needs.
    requested: u64,
    begun: u64,
    ended: u64,
    /// What went wrong in the last one; `None` when nothing did.
    failure: Option<String>,
    /// Whether there will be no other, because the process ends.
    is_over: bool,
}

/// Whether the provider can answer, and everything that is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readiness {
    /// Whether questions about records are answered.
    pub is_ready: bool,
    /// What is wrong, one line each; may be something while the provider is ready.
    pub problems: Vec<String>,
    /// The zones that are served, one line each.
    pub zones: Vec<String>,
}

/// Not everything that must be known is known.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NotRead(String);

impl Route53 {
    /// Returns whether the provider can answer.
    pub fn readiness(&self) -> Readiness {
        let store = self.store();
        let mut readiness = Readiness { is_ready: store.is_complete(), ..Readiness::default() };
        let failure = self.syncs.borrow().failure.clone();
        let reported = failure.clone().unwrap_or_default();
        let now = Instant::now();
        readiness.problems.extend(failure);
        for cached in store.zones() {
            let state = match (&cached.unavailable, &cached.snapshot) {
                (Some(reason), _) => {
                    readiness.problems.push(format!(
                        "zone `{}` ({}) cannot be used: {reason}",
                        cached.zone.name, cached.zone.id
                    ));
                    "unavailable".to_owned()
                }
                (None, Some(snapshot)) => {
                    readiness.problems.extend(cached.unwritable(now).map(|reason| {
                        format!(
                            "zone `{}` ({}) cannot be written to: {reason}",
                            cached.zone.name, cached.zone.id
                        )
                    }));
                    readiness.problems.extend(cached.unread().map(|reason| {
                        format!(
                            "zone `{}` ({}) cannot be read, and what it held before is answered: \
                             {reason}",
                            cached.zone.name, cached.zone.id
                        )
                    }));
                    let held = counted(snapshot.len(), "record set");
                    match cached.unwritable(now) {
                        Some(_) => format!("{held}, cannot be written to"),
                        None => held,
                    }
                }
                (None, None) => match cached.first_read() {
                    Some(progress) => format!("not read yet, {progress} so far"),
                    None => "not read yet".to_owned(),
                },
            };
            let kind = if cached.zone.private { "private" } else { "public" };
            readiness
                .zones
                .push(format!("{} {} {kind}: {state}", cached.zone.id, cached.zone.name));
        }
        if !store.elsewhere().is_empty() {
            let zones = counted(store.elsewhere().len(), "more zone");
            readiness.zones.push(format!("{zones} that other shards serve"));
        }
        let unsaid = |lost_account: &&LostAccount| !reported.contains(&lost_account.reason);
        for account in store.lost().iter().filter(unsaid) {
            readiness
                .problems
                .push(format!("account `{}` cannot be used: {}", account.name, account.reason));
        }
        for zone in store.unreachable() {
            readiness.problems.push(format!("zone `{}` cannot be used: {}", zone.id, zone.reason));
        }
        readiness.problems.extend(self.delays());
        if !readiness.is_ready && readiness.problems.is_empty() {
            readiness.problems.push("the zones are being read for the first time".to_owned());
        }
        readiness
    }

    /// Returns some record sets in zones where their name does not go, one line each.
    ///
    /// Looks at every record set of zones that overlap, so it is not for every probe.
    pub fn misplaced(&self) -> Vec<String> {
        view::misplaced(&self.store(), MAX_SHOWN)
    }

    /// Returns some record sets that no resolver sees because a delegation hides them, one line each.
    ///
    /// Looks at every record set of zones that delegate, so it is not for every probe.
    pub fn hidden(&self) -> Vec<String> {
        view::hidden(&self.store(), MAX_SHOWN)
    }

    /// Reads the zones now, whenever a request needs them and after failures, until `shutdown`.
    ///
    /// Without this running, nothing is ever read.
    pub async fn keep_fresh(&self, shutdown: impl Future<Output = ()>) {
        let mut failures = 0_u32;
        let mut syncs = self.syncs.subscribe();
        let work = async {
            loop {
                self.syncs.send_modify(|syncs| syncs.begun += 1);
                let result = self.sync().await;
                failures = if result.is_ok() { 0 } else { failures.saturating_add(1) };
                let failure = result.err();
                self.syncs.send_modify(|syncs| {
                    syncs.ended = syncs.begun;
                    syncs.failure = failure;
                });
                if failures == 0 {
                    let wakes_at = self.store().wakes_at();
                    let requested = syncs.wait_for(|syncs| syncs.requested > syncs.begun);
                    tokio::select! {
                        // The sender is a field of `self`, so it is there as long as we are.
                        _ = requested => {}
                        // A write that came late is looked for once more, and a zone that could
                        // not be read is tried again.
                        () = until(wakes_at) => {}
                    }
                } else {
                    // Questions must not shorten the pause, or they would call AWS in its place.
                    let attempt = (failures + 2).min(LONGEST_BACKOFF_ATTEMPT);
                    let pause = tokio::time::sleep(pace::backoff(attempt, rand::random()));
                    tokio::select! {
                        () = pause => {}
                        // Other values in the config may well be the end of the failure.
                        () = self.changed.notified() => {}
                    }
                }
            }
        };
        tokio::select! {
            () = work => {}
            () = shutdown => {}
        }
        self.syncs.send_modify(|syncs| syncs.is_over = true);
    }

    /// Tells whether something went wrong in the last sync over the zones.
    pub(super) fn has_failed(&self) -> bool {
        self.syncs.borrow().failure.is_some()
    }

    /// Waits until what is known is fresh enough to be reported.
    pub(super) async fn fresh(&self) -> Result<(), ProviderError> {
        let max_age = self.config().max_age;
        let freshness = self.store().freshness(Instant::now(), max_age);
        self.wait_for(freshness).await
    }

    /// Waits until something is known at all: enough to validate what is desired, and to write, since
    /// a write compares with what is there.
    pub(super) async fn known(&self) -> Result<(), ProviderError> {
        let max_age = self.config().max_age;
        let (freshness, is_unconfirmed) = {
            let (store, now) = (self.store(), Instant::now());
            (store.freshness(now, max_age), store.has_unconfirmed(now))
        };
        // What is old will do, and where there is nothing it will not.
        let will_do =
            freshness == Freshness::Fresh && !is_unconfirmed && self.store().is_complete();
        self.wait_for(if will_do { Freshness::Nothing } else { freshness }).await
    }

    /// Returns what is known, for clients that cannot be told that a zone is out of use.
    ///
    /// Fails while a zone is that though nothing is known against it: it would look empty.
    pub(super) fn whole(&self) -> Result<RwLockReadGuard<'_, Store>, ProviderError> {
        let store = self.store();
        match store.why_not_whole() {
            Some(reason) => Err(not_read(reason)),
            None => Ok(store),
        }
    }

    pub(super) async fn wait_for(&self, freshness: Freshness) -> Result<(), ProviderError> {
        let mut syncs = self.syncs.subscribe();
        let awaited = match freshness {
            Freshness::Nothing => 0,
            Freshness::Soon | Freshness::Fresh => self.request_next(),
            Freshness::First => self.request(|passes| passes.ended + 1),
        };
        let failure = syncs.borrow().failure.clone();
        if freshness <= Freshness::Soon {
            return self.complete_or(failure.unwrap_or_default());
        }
        if let Some(failure) = failure {
            // The next attempt waits for its turn; so do the clients, rather than here.
            return self.sure_or(failure);
        }
        let ended = syncs.wait_for(|syncs| syncs.ended >= awaited || syncs.is_over);
        let ended = tokio::time::timeout(self.config().answer_within, ended).await;
        self.sure_or(match ended {
            Ok(Ok(syncs)) if !syncs.is_over => syncs.failure.clone().unwrap_or_default(),
            Ok(_) => "the sidecar is shutting down".to_owned(),
            Err(_) => match self.store().first_reads() {
                progress if progress.is_empty() => {
                    self.late("the zones are still being read".to_owned())
                }
                progress => self.late(format!("the zones are still being read: {progress}")),
            },
        })
    }

    /// Ends the pause after a failure, and waits for what is tried then: the user who asks for a fresh look
    /// may have put right what failed.
    pub(super) async fn try_again(&self) {
        let mut syncs = self.syncs.subscribe();
        let awaited = self.request_next();
        self.changed.notify_one();
        let ended = syncs.wait_for(|syncs| syncs.ended >= awaited || syncs.is_over);
        // What takes longer is told by the question that follows.
        let _late = tokio::time::timeout(self.config().answer_within, ended).await.is_err();
    }

    /// Requests a sync that begins after now, and returns its number.
    pub(super) fn request_next(&self) -> u64 {
        self.request(|passes| passes.begun + 1)
    }

    /// Requests the syncs up to a number, and returns it.
    fn request(&self, number: impl Fn(&Syncs) -> u64) -> u64 {
        let mut requested = 0;
        self.syncs.send_if_modified(|syncs| {
            requested = number(syncs);
            let is_news = syncs.requested < requested;
            syncs.requested = syncs.requested.max(requested);
            is_news
        });
        requested
    }

    /// Old is better than nothing, since a write compares with what is there.
    ///
    /// Without a `reason`, the zones are what is in the way.
    fn complete_or(&self, reason: String) -> Result<(), ProviderError> {
        let store = self.store();
        if store.is_complete() {
            return Ok(());
        }
        let denied = store.why_denied();
        Err(not_read(if denied.is_empty() || !reason.is_empty() {
            reason
        } else {
            no_zone(&denied)
        }))
    }

    /// As [`complete_or`](Self::complete_or), unless something is known to be more than old.
    ///
    /// A zone that a write has left open is put out of use by itself, rather than all of them.
    fn sure_or(&self, reason: String) -> Result<(), ProviderError> {
        let max_age = self.config().max_age;
        if !reason.is_empty() {
            self.store_mut().set_unconfirmed_aside(&reason, Instant::now());
        }
        let unsure = self.store().unsure(Instant::now(), max_age);
        match unsure {
            Some(unsure) if reason.is_empty() => Err(not_read(unsure)),
            Some(unsure) if reason.starts_with(&unsure) => Err(not_read(reason)),
            Some(unsure) => Err(not_read(format!("{unsure}: {reason}"))),
            None => self.complete_or(reason),
        }
    }

    /// Reads what is due. A zone that fails does not keep the others from being read.
    async fn sync(&self) -> Result<(), String> {
        let begun = Instant::now();
        let max_age = self.config().max_age;
        // After a sync that failed, the zones may have changed; asking again is cheap.
        let is_old = {
            let store = self.store();
            store.zones_are_older_than(begun, max_age.zones)
                || store.may_find_missing(begun)
                || store.is_zone_list_invalid()
        };
        let mut failures = Vec::new();
        if is_old || self.syncs.borrow().failure.is_some() {
            match self.discover().await {
                Ok(found) => failures.extend(self.take_in(found, begun)),
                Err(error) => {
                    tracing::error!(error = chain(&error), "Failed to list the hosted zones");
                    self.store_mut().unlisted();
                    return Err(format!("{NOT_LISTED}: {}", chain(&error)));
                }
            }
        }
        let due = self.store().due(begun, max_age.records);
        let reads = due.into_iter().map(async |zone| {
            let believes = |name: &_, sets: &[_]| self.store().believes(&zone.id, name, sets);
            let progress = |records| self.store_mut().reading(&zone.id, records);
            let read = records::read_zone(&zone, believes, progress).await;
            match read {
                Ok(reading) => {
                    tracing::debug!(
                        zone.id = &*zone.id,
                        zone.name = %zone.name,
                        records = reading.len(),
                        duration_ms = begun.elapsed().as_millis(),
                        "Read a zone"
                    );
                    let to_look_up = self.store_mut().read(&zone.id, reading, begun);
                    self.look_up(&zone, to_look_up).await;
                    None
                }
                Err(error) => self.not_read(&zone, &error),
            }
        });
        failures.extend(futures::future::join_all(reads).await.into_iter().flatten());
        if failures.is_empty() { Ok(()) } else { Err(failures.join("; ")) }
    }

    /// Takes in which zones there are; returns what to report.
    fn take_in(&self, found: zones::Discovery, begun: Instant) -> Vec<String> {
        for account in &found.lost {
            tracing::error!(
                account = account.name,
                reason = account.reason,
                "Failed to reach an account; its zones are left alone"
            );
        }
        let news = {
            let store = self.store();
            let is_news =
                |unreachable: &&zones::Unreachable| !store.is_known_unavailable(&unreachable.id);
            found.unreachable.iter().filter(is_news).cloned().collect::<Vec<_>>()
        };
        for zone in news {
            tracing::error!(
                zone.id = zone.id,
                reason = zone.reason,
                "Failed to reach a zone that was asked for by its id"
            );
        }
        let may_return = found.lost.iter().filter(|lost_account| lost_account.may_return);
        let mut failures: Vec<_> = may_return
            .map(|lost_account| {
                format!("account `{}` cannot be used: {}", lost_account.name, lost_account.reason)
            })
            .collect();
        self.store_mut().discovered(found, begun);
        if self.store().has_no_zone() {
            // A failure, so that zones are looked for again soon.
            failures.push(NO_ZONE_SYNCS.to_owned());
            let before = self.syncs.borrow().failure.clone();
            if before.as_deref() != Some(NO_ZONE_SYNCS) {
                tracing::error!(reason = NO_ZONE_SYNCS, "There is nothing to serve");
            }
        }
        failures
    }

    /// Looks up names that were changed by others while they were written to and their zone was read.
    /// Where that does not tell, the zone is read once more for the next question.
    async fn look_up(&self, zone: &zones::Zone, mut names: Vec<WireName>) {
        for _ in 0..MOST_LOOKS {
            if names.is_empty() {
                return;
            }
            if names.len() > records::MAX_NAMES_REREAD {
                break;
            }
            let begun = Instant::now();
            match records::read_names(zone, std::mem::take(&mut names)).await {
                Ok(found) => names = self.store_mut().lookup_name(&zone.id, found, begun),
                Err(_) => return self.store_mut().mark_stale(&zone.id),
            }
        }
        if names.is_empty() {
            return;
        }
        self.store_mut().mark_stale(&zone.id);
    }

    /// Finds the zones; again when other ones are configured meanwhile.
    async fn discover(&self) -> Result<zones::Discovery, ApiError> {
        loop {
            let config = self.config();
            let found = zones::discover(&self.accounts, &self.by_role, &config.zones).await;
            if Arc::ptr_eq(&config, &self.config()) {
                return found;
            }
        }
    }

    /// Takes in that a zone could not be read; returns what to report when it may pass.
    fn not_read(&self, zone: &Arc<zones::Zone>, error: &ApiError) -> Option<String> {
        tracing::error!(
            zone.id = &*zone.id,
            zone.name = %zone.name,
            error = chain(error),
            "Failed to read a zone"
        );
        if error.is_about_the_account() && error.is_transient() {
            self.store_mut().lost_credentials(&zone.id, error.to_string(), Instant::now());
        } else if error.is_about_the_zone() {
            let is_gone = matches!(error, ApiError::NoSuchZone { .. });
            let is_news = {
                let (mut store, now) = (self.store_mut(), Instant::now());
                let take_in = if is_gone { Store::gone } else { Store::denied };
                take_in(&mut store, &zone.id, error.to_string(), now)
            };
            if is_news {
                // It may have been a slip.
                self.request_next();
            }
            return None;
        } else if error.is_shared() {
            self.store_mut().put_off(&zone.id, chain(error));
        } else {
            let limit = self.config().max_age.records;
            self.store_mut().unread(&zone.id, chain(error), limit, Instant::now());
            return None;
        }
        Some(format!("zone `{}` ({}) cannot be read: {}", zone.name, zone.id, chain(error)))
    }
}

/// Returns the error for what cannot be answered because of `reason`.
pub(super) fn not_read(reason: String) -> ProviderError {
    ProviderError::Unavailable {
        retry_after: Some(Duration::from_secs(5)),
        source: NotRead(reason).into(),
    }
}

/// Says why no zone can be used.
fn no_zone(denied: &[String]) -> String {
    let shown = denied.get(..MAX_DENIED_SHOWN.min(denied.len())).unwrap_or_default().join("; ");
    let rest = denied.len().saturating_sub(MAX_DENIED_SHOWN);
    let more = if rest == 0 { String::new() } else { format!("; and {rest} more") };
    format!("no zone can be used: {shown}{more}; `route53-webhook check` prints what is missing")
}

/// Waits until then; for ever when there is no such time.
async fn until(then: Option<Instant>) {
    match then {
        Some(then) => tokio::time::sleep_until(then).await,
        None => std::future::pending().await,
    }
}
