//! What people ask a running controller to do: a sync now, or held deletions to go.
//!
//! The admin routes and the annotation on the ConfigMap leave it here, the loop takes it. It is one place and not a
//! queue: what is asked for twice is done once, so it is no larger than what can be approved and those who asked, and
//! nobody has to wait or be turned away for want of room.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use controller_core::plan::PlanHash;
use tokio::sync::Notify;

/// What was approved, each with those who did it.
pub type ApprovedBy = BTreeMap<PlanHash, BTreeSet<String>>;

/// Why held deletions are not approved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotApproved {
    /// No deletions are held.
    #[error("no deletions are held, so there is nothing to approve")]
    NothingHeld,
    /// Other deletions are held than those of the hash.
    ///
    /// Their hash is not told: anyone who approves has to have looked at the plan.
    #[error("the hash is stale: other deletions are held now than those; look at the plan again")]
    Stale,
    /// Several of the hashes of what is held begin so.
    #[error("several hashes begin like this; write all of the one that is meant")]
    Ambiguous,
}

/// What was asked for and no sync has taken, and what can be.
#[derive(Debug, Default)]
pub struct Requests {
    waiting: Mutex<Waiting>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    /// What approves some of the deletions that are held, and all; empty when none are.
    approvable: BTreeSet<PlanHash>,
    approved: ApprovedBy,
    /// Who asked for a sync.
    demanded: BTreeSet<String>,
}

impl Requests {
    /// Has exactly those deletions be approvable that the last sync of everything held; see
    /// [`Held::hashes`](controller_core::plan::Held::hashes).
    pub fn offer(&self, approvable: BTreeSet<PlanHash>) {
        self.waiting().approvable = approvable;
    }

    /// Tells whether `hash` approves some of the deletions that are held.
    pub fn is_offered(&self, hash: &PlanHash) -> bool {
        self.waiting().approvable.contains(hash)
    }

    /// Asks for exactly those held deletions to go whose hash is `typed` or alone begins with it, and
    /// returns that hash; `by` is who asks.
    ///
    /// # Errors
    ///
    /// Returns an error when no deletions are held, or others, or when it could be several.
    pub fn approve(&self, typed: &PlanHash, by: &str) -> Result<PlanHash, NotApproved> {
        let mut waiting = self.waiting();
        let hash = waiting.can_approve(typed)?;
        waiting.approved.entry(hash.clone()).or_default().insert(by.to_owned());
        drop(waiting);
        self.wake.notify_one();
        Ok(hash)
    }

    /// Returns the hash that [`approve`](Self::approve) would approve.
    ///
    /// # Errors
    ///
    /// As [`approve`](Self::approve).
    pub fn can_approve(&self, typed: &PlanHash) -> Result<PlanHash, NotApproved> {
        self.waiting().can_approve(typed)
    }

    /// Returns what was approved since the last call.
    pub fn take_approved(&self) -> ApprovedBy {
        std::mem::take(&mut self.waiting().approved)
    }

    /// Asks for a full sync as soon as can be; `by` is who asks.
    pub fn demand_sync(&self, by: &str) {
        self.waiting().demanded.insert(by.to_owned());
        self.wake.notify_one();
    }

    /// Returns who asked for a full sync since the last call.
    pub fn take_demanded(&self) -> BTreeSet<String> {
        std::mem::take(&mut self.waiting().demanded)
    }

    /// Leaves what was asked for to the next sync, which comes in its time: the one that took it failed.
    pub fn give_back(&self, approved: ApprovedBy, demanded: BTreeSet<String>) {
        let mut waiting = self.waiting();
        for (hash, by) in approved {
            waiting.approved.entry(hash).or_default().extend(by);
        }
        waiting.demanded.extend(demanded);
    }

    /// Forgets what was asked for and what can be: another may have led, and decided otherwise.
    pub fn forget(&self) {
        *self.waiting() = Waiting::default();
    }

    /// Waits until someone asks for something that a sync has to do.
    pub async fn woken(&self) {
        self.wake.notified().await;
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn can_approve(&self, typed: &PlanHash) -> Result<PlanHash, NotApproved> {
        if self.approvable.is_empty() {
            return Err(NotApproved::NothingHeld);
        }
        let mut meant = self.approvable.iter().filter(|hash| hash.begins_with(typed));
        let hash = meant.next().cloned().ok_or(NotApproved::Stale)?;
        if meant.next().is_some() {
            return Err(NotApproved::Ambiguous);
        }
        Ok(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_often_is_done_once() {
        let requests = Requests::default();
        let hash: PlanHash = "0123456789ab".parse().unwrap();
        requests.offer([hash.clone()].into());
        for _ in 0..1_000 {
            requests.approve(&hash, "jane").unwrap();
            requests.demand_sync("jane");
        }
        assert_eq!(requests.take_approved(), [(hash, ["jane".to_owned()].into())].into());
        assert_eq!(requests.take_demanded(), ["jane".to_owned()].into());
        assert_eq!(requests.take_approved(), [].into());
    }

    #[test]
    fn the_beginning_of_a_hash_approves_what_alone_begins_with_it() {
        let requests = Requests::default();
        let hashes: Vec<PlanHash> = ["0123456789abcdef", "0123456789ab0000", "aaaaaaaaaaaaaaaa"]
            .iter()
            .map(|hash| format!("{hash}{hash}").parse().unwrap())
            .collect();
        requests.offer(hashes.iter().cloned().collect());
        let approve = |typed: &str| requests.approve(&typed.parse().unwrap(), "jane");
        assert_eq!(approve("0123456789ab"), Err(NotApproved::Ambiguous));
        assert_eq!(approve("0123456789ac"), Err(NotApproved::Stale));
        assert_eq!(requests.take_approved(), [].into());
        assert_eq!(approve("0123456789abc").as_ref(), Ok(&hashes[0]));
        assert_eq!(approve("aaaaaaaaaaaa").as_ref(), Ok(&hashes[2]));
        let approved: Vec<_> = requests.take_approved().into_keys().collect();
        assert_eq!(approved, [hashes[0].clone(), hashes[2].clone()]);
    }

    #[test]
    fn a_replica_that_leads_no_more_forgets_what_it_was_asked() {
        let requests = Requests::default();
        let hash: PlanHash = "0123456789ab".parse().unwrap();
        requests.offer([hash.clone()].into());
        requests.approve(&hash, "jane").unwrap();
        requests.demand_sync("jane");
        requests.forget();
        assert_eq!(requests.approve(&hash, "jane"), Err(NotApproved::NothingHeld));
        assert_eq!((requests.take_approved(), requests.take_demanded()), ([].into(), [].into()));
    }
}
