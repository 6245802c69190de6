//! What is done about batches that were not written.
//!
//! A refusal about the zone is told once, and everything that it does not hit goes on. A refusal about
//! the changes is searched for the groups to blame. What is not known is left for the next request, which
//! reads the zone first.

use daemon::Few;
use external_dns_webhook::RefusalCode;
use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use tokio::time::Instant;

use super::{Full, Work, Writer};
use crate::api::ApiError;
use crate::batch::{self, Group, GroupKey};
use crate::isolate::{self, Scope};
use crate::name::WireName;
use crate::records::{self, UnconfirmedWrite};
use crate::zones::Zone;

/// Most refused batches of one zone that are searched for what AWS refuses.
///
/// Each costs two calls at most, those for its halves. Batches that are refused beyond are left for
/// the next request: by then the groups that were found are set aside.
const MAX_SEARCHED: usize = 24;

impl Writer<'_> {
    /// Does what is to be done about a batch that was not written, as far as is known.
    pub(super) async fn not_written(
        &self,
        work: &mut Work<'_>,
        groups: Vec<Group>,
        error: ApiError,
    ) {
        if let Some(full) = &mut work.full {
            // It was counted when it was queued, and takes no room after all.
            full.room += groups.iter().map(|group| group.growth().max(0)).sum::<i64>();
        }
        match isolate::scope(&error) {
            Scope::Changes(messages) => self.isolate(work, groups, &messages).await,
            Scope::Full => self.full(work, groups, &error).await,
            Scope::TooLong => Self::shorten(work, groups, &error),
            Scope::Gone | Scope::Zone => {
                let message = self.out_of_reach(&work.zone, &error);
                work.refuse(&groups, &RefusalCode::ZoneUnavailable, &message, true);
                for batch in std::mem::take(&mut work.queue) {
                    work.refuse(&batch, &RefusalCode::ZoneUnavailable, &message, true);
                }
            }
            Scope::Later | Scope::Unclear => {
                work.queue.push_front(groups);
                work.leave_untried(error);
            }
        }
    }

    /// Halves a batch that something on the way found too long.
    ///
    /// One that cannot be halved is no fault of the record: it is tried again by the next request.
    fn shorten(work: &mut Work<'_>, mut groups: Vec<Group>, error: &ApiError) {
        if groups.len() > 1 && work.searched < MAX_SEARCHED {
            work.searched += 1;
            let half = groups.split_off(groups.len() / 2);
            work.queue_first([groups, half]);
            return;
        }
        let message = format!(
            "something on the way to Route 53 found the request too long, in the smallest batch that \
             was tried, too; look at the proxies and gateways between here and AWS: {error}"
        );
        work.refuse(&groups, &RefusalCode::NotTried, &message, true);
    }

    /// Refuses what a zone has no room for, and goes on with the rest.
    ///
    /// AWS refuses a batch whole when a part of it would fit. What fits by AWS's own count is tried
    /// once; if that is refused, too, nothing is added any more.
    async fn full(&self, work: &mut Work<'_>, mut groups: Vec<Group>, error: &ApiError) {
        let zone = Arc::clone(&work.zone);
        let all = groups.iter().chain(work.queue.iter().flatten());
        let growth: i64 = all.map(Group::growth).filter(|growth| *growth > 0).sum();
        let (room, usage) = match zone.account.usage(&zone.id).await {
            Ok(usage) => (
                usage.quota.saturating_sub(usage.count),
                format!("it holds {} record sets of at most {}", usage.count, usage.quota),
            ),
            Err(unknown) => {
                tracing::debug!(
                    error = daemon::chain(&unknown),
                    "Cannot ask for the quota of a zone"
                );
                let store = self.store.read().unwrap_or_else(PoisonError::into_inner);
                let snapshot = store.zone(&zone.id).and_then(|cached| cached.snapshot.as_ref());
                let count = snapshot.map_or(0, records::Snapshot::len);
                let usage = format!(
                    "it holds {count} record sets, and AWS gives 10,000 unless asked for more"
                );
                (0, usage)
            }
        };
        let reason = format!(
            "zone `{}` ({}) has no room for all: {usage}, and {growth} more are wanted; remove some, or \
             ask AWS for more (quota MAX_RRSETS_BY_ZONE). {error}",
            zone.name, zone.id
        );
        tracing::error!(
            zone.id = &*zone.id,
            zone.name = %zone.name,
            reason,
            "A zone is full; what it has room for is written all the same"
        );
        let room = if work.full.is_some() { 0 } else { room };
        work.full = Some(Full { room, reason: reason.clone() });
        if groups.iter().all(|group| group.growth() <= 0) {
            // It is as small as we can make it: with the same batch AWS would say the same.
            work.refuse(&groups, &RefusalCode::ZoneFull, &reason, true);
            groups.clear();
        }
        let rest: Vec<_> = std::mem::take(&mut work.queue).into_iter().collect();
        work.queue_first(std::iter::once(groups).chain(rest));
    }

    /// Reads what the groups rest on, and compares them again; what still does not fit is refused.
    pub(super) async fn recheck(&self, work: &mut Work<'_>, keys: &[GroupKey]) -> Vec<Group> {
        let write = UnconfirmedWrite::new(self.store, &work.zone.id);
        if let Err(error) = self.reread(work, keys).await {
            drop(write);
            if error.is_about_the_zone() || error.is_about_the_account() {
                let message = self.out_of_reach(&work.zone, &error);
                for key in keys {
                    work.refuse_key(key, &RefusalCode::ZoneUnavailable, &message, true);
                }
                return Vec::new();
            }
            for key in keys {
                let message = format!("what zone `{}` holds could not be checked", work.zone.name);
                work.refuse_key(key, &RefusalCode::NotTried, &message, true);
            }
            work.outcome.unknown.get_or_insert(error);
            return Vec::new();
        }
        write.resolve();
        let (groups, conflicts) = self.look(work, keys);
        let mut told = Few::new("Left more record sets as they are; each is in the answer");
        for (key, conflict) in conflicts {
            if told.is_first() {
                tracing::warn!(
                    zone.name = %work.zone.name,
                    record.name = %key,
                    reason = conflict.code().as_str(),
                    error = daemon::chain(&conflict),
                    "Left a record set as it is"
                );
            }
            work.refuse_key(&key, &conflict.code(), &conflict.to_string(), false);
        }
        groups
    }

    /// Reads the names of groups: one by one when they are few, the whole zone when they are many.
    async fn reread(&self, work: &Work<'_>, keys: &[GroupKey]) -> Result<(), ApiError> {
        let change_groups = keys.iter().filter_map(|key| work.change_groups.get(key));
        let names: BTreeSet<WireName> =
            change_groups.flat_map(|group| group.names()).cloned().collect();
        let zone = &work.zone;
        if names.len() > records::MAX_NAMES_REREAD {
            let begun = Instant::now();
            let believes = |name: &_, sets: &[_]| {
                let store = self.store.read().unwrap_or_else(PoisonError::into_inner);
                store.believes(&zone.id, name, sets)
            };
            let reading = records::read_zone(zone, believes, |_| {}).await?;
            let mut store = self.store_mut();
            if !store.read(&zone.id, reading, begun).is_empty() {
                store.mark_stale(&zone.id);
            }
            return Ok(());
        }
        let begun = Instant::now();
        let found = records::read_names(zone, names).await?;
        let mut store = self.store_mut();
        if !store.lookup_name(&zone.id, found, begun).is_empty() {
            store.mark_stale(&zone.id);
        }
        Ok(())
    }

    /// Takes in that a zone cannot be written to, and returns why.
    ///
    /// A zone that may be read all the same stays as it is, so that its records do not look gone.
    fn out_of_reach(&self, zone: &Zone, error: &ApiError) -> String {
        tracing::error!(
            zone.id = &*zone.id,
            zone.name = %zone.name,
            error = daemon::chain(error),
            "Cannot write to a zone"
        );
        let reason = error.to_string();
        let message = format!("zone `{}` ({}) cannot be written to: {reason}", zone.name, zone.id);
        if error.is_about_the_account() {
            self.store_mut().lost_credentials(&zone.id, reason, Instant::now());
        } else if isolate::scope(error) == Scope::Gone {
            self.store_mut().gone(&zone.id, reason, Instant::now());
        } else {
            self.store_mut().write_denied(&zone.id, reason, Instant::now());
        }
        message
    }

    /// Takes the blamed groups out of a refused batch and queues what is left.
    async fn isolate(&self, work: &mut Work<'_>, mut groups: Vec<Group>, messages: &[String]) {
        if work.searched == MAX_SEARCHED {
            let message = format!(
                "Route 53 refused the batch with this name in it, and too many before it to find \
                 out which name is wrong; it says: {}",
                messages.join("; ")
            );
            work.refuse(&groups, &RefusalCode::NotTried, &message, true);
            return;
        }
        work.searched += 1;
        let blamed = isolate::blamed_groups(messages, &groups);
        if blamed.is_empty() && groups.len() > 1 {
            let half = groups.split_off(groups.len() / 2);
            work.queue_first([groups, half]);
            return;
        }
        let (mut rest, mut stale) = (Vec::new(), Vec::new());
        for (index, group) in groups.into_iter().enumerate() {
            match blamed.get(&index) {
                Some(error) if error.is_stale && work.may_look_again(&group.key) => {
                    stale.push(group.key);
                }
                Some(error) => self.quarantine(work, &group, &error.text),
                None if blamed.is_empty() => {
                    rest.extend(self.unless_as_before(work, group, &messages.join("; ")).await);
                }
                None => rest.push(group),
            }
        }
        if !stale.is_empty() {
            rest.extend(self.recheck(work, &stale).await);
        }
        let (batches, too_large) = batch::split(rest, self.limits);
        for group in too_large {
            work.refuse_key(&group.key, &RefusalCode::TooLarge, &group.to_string(), false);
        }
        work.queue_first(batches);
    }

    /// Looks again at a group that was refused alone in words that say nothing of it: the zone may
    /// not be as we believe. If it is, the group is to blame.
    async fn unless_as_before(
        &self,
        work: &mut Work<'_>,
        group: Group,
        reason: &str,
    ) -> Option<Group> {
        if work.may_look_again(&group.key) {
            let again = self.recheck(work, std::slice::from_ref(&group.key)).await.pop();
            if again.as_ref() != Some(&group) {
                return again;
            }
        }
        self.quarantine(work, &group, reason);
        None
    }

    /// Refuses a group with the words of AWS, and keeps it apart for a while.
    fn quarantine(&self, work: &mut Work<'_>, group: &Group, reason: &str) {
        tracing::error!(
            zone.name = %work.zone.name,
            record.name = %group.key,
            reason,
            "Route 53 refused a record set; it is not tried again for a while"
        );
        let mut quarantine = self.quarantine.lock().unwrap_or_else(PoisonError::into_inner);
        quarantine.keep(&work.zone.id, group, reason, Instant::now());
        drop(quarantine);
        work.refuse(std::slice::from_ref(group), &RefusalCode::RefusedByService, reason, true);
    }
}

impl Work<'_> {
    /// Leaves everything that is queued for the next request.
    pub(super) fn leave_untried(&mut self, error: ApiError) {
        tracing::warn!(
            zone.id = &*self.zone.id,
            zone.name = %self.zone.name,
            error = daemon::chain(&error),
            "Left changes for the next request"
        );
        let message = error.to_string();
        for batch in std::mem::take(&mut self.queue) {
            self.refuse(&batch, &RefusalCode::NotTried, &message, true);
        }
        self.outcome.unknown.get_or_insert(error);
    }
}
