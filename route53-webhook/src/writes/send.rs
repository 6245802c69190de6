//! Sends the batches of each zone, and copes with those that are refused.
//!
//! Zones are written side by side, each within the request budget of its account. What AWS refuses
//! costs a bounded number of calls: groups that it names are taken out, groups that rest on a stale
//! belief are looked at again, and only a group without a name is searched for by halving, which takes
//! twice the logarithm of the number of groups, and a look at what the zone has of that group. What
//! that leaves untried is said, for the next time.

mod refused;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use aws_sdk_route53::types::{Change, ChangeAction};
use daemon::Few;
use external_dns_webhook::{Refusal, RefusalCode, counted};
use tokio::time::Instant;

use super::change_group::ChangeGroup;
use super::evaluate::{Conflict, Mode, evaluate};
use crate::api::{ApiError, Sent};
use crate::batch::{self, Action, Group, GroupKey, Limits, Verb};
use crate::isolate::Quarantine;
use crate::metrics::Metrics;
use crate::name::WireName;
use crate::record_set::RecordSet;
use crate::records::{CachedZone, Store, UnconfirmedWrite};
use crate::zones::Zone;

/// How often a group is looked at again because the zone was not as we believed.
const MAX_RECHECKS: u32 = 3;

/// How long we wait for the DNS servers of AWS, when we are to wait at all.
const INSYNC_TIMEOUT: Duration = Duration::from_mins(2);

/// Writes the changes of one request.
#[derive(Debug)]
pub struct Writer<'a> {
    /// What the zones are believed to have.
    pub store: &'a RwLock<Store>,
    /// What AWS has refused lately.
    pub quarantine: &'a Mutex<Quarantine>,
    /// What is counted.
    pub metrics: &'a Metrics,
    /// How changes are written.
    pub mode: Mode,
    /// How large a batch may be.
    pub limits: Limits,
    /// Pause between two batches of a zone; zero for none beyond the request budget.
    pub interval: Duration,
    /// Whether changes are only logged.
    pub dry_run: bool,
    /// Whether to wait until all DNS servers of AWS answer with what was written.
    pub wait_insync: bool,
}

/// What became of the changes of one request.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What was not written, and why.
    pub refused: Vec<Refusal>,
    /// Why it is not known what was written; `None` when it is.
    pub unknown: Option<ApiError>,
}

/// A zone that cannot have all that is wanted.
struct Full {
    /// How many more record sets may be tried; zero or less when none may.
    room: i64,
    /// What is told of those that may not.
    reason: String,
}

/// What is left to do in one zone.
struct Work<'a> {
    zone: Arc<Zone>,
    change_groups: BTreeMap<&'a GroupKey, &'a ChangeGroup>,
    queue: VecDeque<Vec<Group>>,
    rechecks: BTreeMap<GroupKey, u32>,
    /// Refused batches that were searched for what AWS refuses.
    searched: usize,
    /// What the zone has no room for; `None` when it has, as far as is known.
    full: Option<Full>,
    outcome: Outcome,
}

impl Writer<'_> {
    /// Writes what `change_groups` desire.
    pub async fn write(&self, change_groups: &[ChangeGroup]) -> Outcome {
        let ids: BTreeSet<_> = change_groups.iter().flat_map(ChangeGroup::zones).collect();
        let zones: Vec<_> = {
            let store = self.store.read().unwrap_or_else(PoisonError::into_inner);
            ids.into_iter()
                .filter_map(|id| store.zone(id))
                .map(|zone| Arc::clone(&zone.zone))
                .collect()
        };
        let outcomes = zones.into_iter().map(|zone| self.write_zone(zone, change_groups));
        let mut all = Outcome::default();
        for outcome in futures::future::join_all(outcomes).await {
            all.refused.extend(outcome.refused);
            all.unknown = all.unknown.or(outcome.unknown);
        }
        all
    }

    async fn write_zone(&self, zone: Arc<Zone>, change_groups: &[ChangeGroup]) -> Outcome {
        let mine = change_groups.iter().filter(|group| group.concerns(&zone.id));
        let change_groups = mine.map(|group| (&group.key, group)).collect();
        let mut work = Work {
            zone,
            change_groups,
            queue: VecDeque::new(),
            rechecks: BTreeMap::new(),
            searched: 0,
            full: None,
            outcome: Outcome::default(),
        };
        let keys: Vec<_> = work.change_groups.keys().map(|key| (*key).clone()).collect();
        let (mut groups, conflicts) = self.look(&work, &keys);
        if !conflicts.is_empty() {
            // The belief may be wrong, not the request: look again at what is really there.
            let keys: Vec<_> = conflicts.into_iter().map(|(key, _)| key).collect();
            groups.extend(self.recheck(&mut work, &keys).await);
        }
        self.plan(&mut work, groups);
        let mut first = true;
        while let Some(batch) = work.queue.pop_front() {
            if !first && !self.interval.is_zero() && !self.dry_run {
                work.zone.account.pause(self.interval).await;
            }
            first = false;
            if work.zone.account.is_ending() {
                work.queue.push_front(batch);
                let operation = "ChangeResourceRecordSets";
                work.leave_untried(ApiError::Ending { operation });
                break;
            }
            self.send(&mut work, batch).await;
        }
        self.metrics.refused(work.outcome.refused.len());
        work.outcome
    }

    /// Compares groups with what the zone is believed to have.
    fn look(&self, work: &Work<'_>, keys: &[GroupKey]) -> (Vec<Group>, Vec<(GroupKey, Conflict)>) {
        let store = self.store.read().unwrap_or_else(PoisonError::into_inner);
        let (mut groups, mut conflicts) = (Vec::new(), Vec::new());
        for key in keys {
            let Some(change_group) = work.change_groups.get(key) else {
                continue;
            };
            match evaluate(change_group, &work.zone.id, &store, self.mode) {
                Ok(actions) if actions.is_empty() => {}
                Ok(actions) => groups.push(Group { key: key.clone(), actions }),
                Err(conflict) => conflicts.push((key.clone(), conflict)),
            }
        }
        (groups, conflicts)
    }

    /// Queues groups in batches, except those that are too large or were refused a short while ago.
    fn plan(&self, work: &mut Work<'_>, groups: Vec<Group>) {
        let now = Instant::now();
        let mut tried = Vec::with_capacity(groups.len());
        for group in groups {
            let reason = {
                let quarantine = self.quarantine.lock().unwrap_or_else(PoisonError::into_inner);
                quarantine.reason(&work.zone.id, &group, now).map(str::to_owned)
            };
            match reason {
                Some(reason) => work.refuse(&[group], &RefusalCode::Quarantined, &reason, true),
                None => tried.push(group),
            }
        }
        let (batches, too_large) = batch::split(tried, self.limits);
        for group in too_large {
            work.refuse_key(&group.key, &RefusalCode::TooLarge, &group.to_string(), false);
        }
        work.queue.extend(batches);
    }

    async fn send(&self, work: &mut Work<'_>, groups: Vec<Group>) {
        let zone = Arc::clone(&work.zone);
        let actions = batch::ordered(&groups);
        if self.dry_run {
            for action in &actions {
                tell(&zone, action, "Dry run: a record set would change, and nothing is written");
            }
            self.tell_hidden(&zone, &actions);
            return;
        }
        let comment = format!(
            "signpost route53-webhook {}: {} of {}",
            env!("CARGO_PKG_VERSION"),
            counted(actions.len(), "change"),
            counted(groups.len(), "name")
        );
        let changes = actions.iter().map(|action| {
            let verb = ChangeAction::from(action.verb.as_str());
            let set = action.set.to_api(&zone.id)?;
            Change::builder().action(verb).resource_record_set(set).build()
        });
        let changes = changes.collect::<Result<Vec<_>, _>>();
        let write = UnconfirmedWrite::new(self.store, &zone.id);
        let sent = match changes {
            Ok(changes) => zone.account.change(&zone.id, changes, &comment).await,
            Err(error) => {
                Sent { result: Err(ApiError::Unusable(error.into())), is_unconfirmed: false }
            }
        };
        if sent.is_unconfirmed {
            drop(write);
        } else {
            write.resolve();
        }
        match sent.result {
            Ok(change_id) => {
                self.written(&zone, &groups);
                if self.wait_insync {
                    self.wait(&zone, &change_id).await;
                }
            }
            Err(error) => self.not_written(work, groups, error).await,
        }
    }

    /// Takes in that a batch was applied.
    fn written(&self, zone: &Zone, groups: &[Group]) {
        let actions: usize = groups.iter().map(|group| group.actions.len()).sum();
        self.metrics.wrote(actions);
        let ordered = batch::ordered(groups);
        for action in &ordered {
            tell(zone, action, "Changed a record set");
        }
        tracing::debug!(
            zone.id = &*zone.id,
            zone.name = %zone.name,
            changes = actions,
            "Changed the record sets of a zone"
        );
        {
            let mut quarantine = self.quarantine.lock().unwrap_or_else(PoisonError::into_inner);
            for group in groups {
                quarantine.release(&zone.id, &group.key);
            }
        }
        let mut store = self.store_mut();
        store.write_allowed(&zone.id);
        let names: BTreeSet<_> = groups
            .iter()
            .flat_map(|group| &group.actions)
            .map(|action| action.set.name.clone())
            .collect();
        let mut after: BTreeMap<WireName, Vec<RecordSet>> = names
            .into_iter()
            .map(|name| {
                let records = store.zone(&zone.id).map(CachedZone::records);
                let sets =
                    records.map(|snapshot| snapshot.named(&name).to_vec()).unwrap_or_default();
                (name, sets)
            })
            .collect();
        // The order of the batch: a delete before the create that replaces it.
        for action in batch::ordered(groups) {
            let sets = after.entry(action.set.name.clone()).or_default();
            sets.retain(|set| set.key() != action.set.key());
            if action.verb != Verb::Delete {
                sets.push(action.set.clone());
            }
        }
        for (name, sets) in after {
            store.patch(&zone.id, &name, sets, Instant::now());
        }
        drop(store);
        // A delegation that comes or goes in the same batch counts as it is now.
        self.tell_hidden(zone, &ordered);
    }

    /// Warns of record sets that were made where a delegation sends every query elsewhere: Route
    /// 53 takes them, and never answers with one.
    fn tell_hidden(&self, zone: &Zone, actions: &[&Action]) {
        let store = self.store.read().unwrap_or_else(PoisonError::into_inner);
        let records = store.zone(&zone.id).map(CachedZone::records);
        let Some(records) = records else { return };
        let mut told = Few::new("More record sets of the same batch are hidden by a delegation");
        for action in actions.iter().filter(|action| action.verb != Verb::Delete) {
            let Some(delegation) = records.hides(&action.set, zone) else { continue };
            if told.is_first() {
                tracing::warn!(
                    zone.id = &*zone.id,
                    zone.name = %zone.name,
                    record.name = %action.set.name,
                    record.r#type = action.set.record_type.as_str(),
                    delegation = %delegation,
                    "Nobody sees this record set: the delegation sends everyone who asks to other \
                     name servers; make it in the zone that they serve, or remove the delegation"
                );
            }
        }
    }

    async fn wait(&self, zone: &Zone, change_id: &str) {
        let taken = Instant::now();
        while taken.elapsed() < INSYNC_TIMEOUT {
            match zone.account.is_insync(change_id).await {
                Ok(true) => {
                    self.metrics.reached_all(taken.elapsed());
                    return;
                }
                Ok(false) => zone.account.pause(Duration::from_secs(2)).await,
                Err(error) => {
                    tracing::warn!(
                        zone.name = %zone.name,
                        error = daemon::chain(&error),
                        "Cannot tell whether a change has reached all DNS servers"
                    );
                    return;
                }
            }
        }
        tracing::warn!(zone.name = %zone.name, "A change has not reached all DNS servers in time");
    }

    fn store_mut(&self) -> std::sync::RwLockWriteGuard<'_, Store> {
        self.store.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells what was done to a record set, after AWS has taken it.
fn tell(zone: &Zone, action: &Action, done: &str) {
    tracing::info!(
        zone.id = &*zone.id,
        zone.name = %zone.name,
        record.name = %action.set.name,
        record.r#type = action.set.record_type.as_str(),
        action = action.verb.as_str(),
        "{done}"
    );
}

impl Work<'_> {
    /// Counts a recheck of a group, and tells whether there were not too many.
    fn may_look_again(&mut self, key: &GroupKey) -> bool {
        let looks = self.rechecks.entry(key.clone()).or_default();
        *looks += 1;
        *looks <= MAX_RECHECKS
    }

    /// Queues batches before all others. What may not be written any more is refused.
    fn queue_first(&mut self, batches: impl IntoIterator<Item = Vec<Group>>) {
        let mut batches: Vec<_> = batches.into_iter().collect();
        for batch in &mut batches {
            self.refuse_over_quota(batch);
        }
        let batches = batches.into_iter().rev().filter(|batch| !batch.is_empty());
        batches.for_each(|batch| self.queue.push_front(batch));
    }

    /// Refuses those of a batch for which a full zone has no room, in order.
    fn refuse_over_quota(&mut self, batch: &mut Vec<Group>) {
        let Some(Full { room, reason }) = &mut self.full else { return };
        let has_no_room = |group: &mut Group| {
            let growth = group.growth();
            let fits = growth <= 0 || growth <= *room;
            if fits {
                *room -= growth.max(0);
            }
            !fits
        };
        let (over, reason): (Vec<_>, _) =
            (batch.extract_if(.., has_no_room).collect(), reason.clone());
        self.refuse(&over, &RefusalCode::ZoneFull, &reason, true);
    }

    fn refuse(&mut self, groups: &[Group], code: &RefusalCode, message: &str, retryable: bool) {
        for group in groups {
            self.refuse_key(&group.key, code, message, retryable);
        }
    }

    fn refuse_key(&mut self, key: &GroupKey, code: &RefusalCode, message: &str, retryable: bool) {
        if let Some(change_group) = self.change_groups.get(key) {
            self.outcome.refused.extend(change_group.refused(code, message, retryable));
        }
    }
}
