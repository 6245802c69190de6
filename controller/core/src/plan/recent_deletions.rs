//! What was deleted within the last minute.
//!
//! `kubectl delete` removes objects one after the other, and so does a controller that has gone mad.
//! Each of them may get a sync of its own, which sees one ordinary deletion; what they are together
//! shows only when the last ones are remembered.

use std::collections::{BTreeMap, BTreeSet};

use super::Plan;
use super::guard::{DeletionSource, HeldAt, HeldName};
use super::step::Action;

/// For how long a deletion is counted with others, in seconds.
const SECONDS: i64 = 60;

/// Names that lost their records within the last minute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecentDeletions(BTreeMap<HeldAt, RecentDeletion>);

/// A name that lost its records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct RecentDeletion {
    /// When, in seconds since 1970.
    at: i64,
    gone: HeldName,
    /// Whether others were held at that time, in its zone, because nobody alone lost too much.
    is_broad: bool,
}

impl RecentDeletions {
    /// Notes the deletions of a plan that is about to be made, at `now` in seconds since 1970; not
    /// those that a person approved, and what was deleted beside them before.
    ///
    /// It does not matter whether they are made: only names that are gone are counted.
    pub fn note(&mut self, plan: &Plan, now: i64) {
        if !plan.approved.is_empty() {
            self.forget_meant(&plan.approved);
        }
        for step in plan.steps.iter().filter(|step| step.action == Action::Delete) {
            let place = HeldAt::of(step);
            if plan.approved.contains(&place) {
                continue;
            }
            let is_broad = plan.broad.contains(&place.zone);
            let deletion = self.0.entry(place).or_default();
            deletion.at = now;
            deletion.gone.sources.insert(DeletionSource::of(step));
            deletion.gone.records += 1;
            deletion.is_broad |= is_broad;
        }
    }

    /// Forgets what was deleted longer ago than a minute before `now`.
    pub fn forget(&mut self, now: i64) {
        self.0.retain(|_, deletion| now.saturating_sub(deletion.at) < SECONDS);
    }

    /// Forgets what was deleted of the zones and namespaces of `approved`: a person has said that it
    /// is meant.
    fn forget_meant(&mut self, approved: &BTreeSet<HeldAt>) {
        let meant: BTreeSet<_> = approved.iter().map(|at| (&at.zone, &at.namespace)).collect();
        self.0.retain(|at, _| !meant.contains(&(&at.zone, &at.namespace)));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&HeldAt, &HeldName)> {
        self.0.iter().map(|(name, deletion)| (name, &deletion.gone))
    }

    /// Iterates over what went beside deletions that were held because nobody alone lost too much.
    pub(super) fn of_broad_losses(&self) -> impl Iterator<Item = (&HeldAt, &HeldName)> {
        let broad = self.0.iter().filter(|(_, deletion)| deletion.is_broad);
        broad.map(|(name, deletion)| (name, &deletion.gone))
    }
}
