//! What was deleted within the last minute.
//!
//! `kubectl delete` removes objects one after the other, and so does a controller that has gone mad.
//! Each of them may get a sync of its own, which sees one ordinary deletion; what they are together
//! shows only when the last ones are remembered.

use std::collections::BTreeMap;

use super::guard::{HeldAt, HeldName};
use super::step::{Action, Step};

/// For how long a deletion is counted with others, in seconds.
const SECONDS: i64 = 60;

/// Names that lost their records within the last minute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecentDeletions(BTreeMap<HeldAt, (i64, HeldName)>);

impl RecentDeletions {
    /// Notes the deletions among the steps of a plan that is about to be made, at `now` in seconds
    /// since 1970.
    ///
    /// It does not matter whether they are made: only names that are gone are counted.
    pub fn note<'a>(&mut self, steps: impl IntoIterator<Item = &'a Step>, now: i64) {
        for step in steps.into_iter().filter(|step| step.action == Action::Delete) {
            let name = step.name.normalized().into_owned();
            let object = step.object.clone().unwrap_or_else(|| name.clone());
            let (at, gone) = self.0.entry(HeldAt::of(step)).or_default();
            *at = now;
            gone.objects.insert(object);
            gone.records += 1;
        }
    }

    /// Forgets what was deleted longer ago than a minute before `now`.
    pub fn forget(&mut self, now: i64) {
        self.0.retain(|_, (at, _)| now.saturating_sub(*at) < SECONDS);
    }

    /// Forgets everything: a person has said that it was meant.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&HeldAt, &HeldName)> {
        self.0.iter().map(|(name, (_, gone))| (name, gone))
    }
}
