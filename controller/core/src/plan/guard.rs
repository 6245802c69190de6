//! How much may be deleted at once.
//!
//! When many names of a zone would lose records in one sync, something else is broken far more
//! often than so many objects were deleted: a changed annotation prefix, a cache that lost its
//! content, a source that sees nothing. Such deletions are held until a person approves exactly
//! these by their hash. Creates and updates go on.
//!
//! Deletions are counted zone by zone and, in a zone that would lose too much, namespace by
//! namespace: what one of them does holds its own deletions and nobody else's, and each namespace,
//! and each object in it, has a hash of its own.

mod hash;
mod held;
mod losses;

use std::collections::BTreeSet;

pub(super) use self::hash::HashOf;
pub use self::hash::PlanHash;
pub use self::held::{DeletionSource, Held, HeldAt, HeldGroup, HeldName, HeldObject, HeldZone};
use self::losses::Rulings;
use super::step::{Action, Step};
use super::{Deletion, Draft, Planner};
use crate::desired::Scope;
use crate::inventory::Inventory;
use crate::plan::memory::Deletions;
use crate::zone::ZoneInfo;

/// Limits on deletions in one zone within a minute.
///
/// Only names that lose a record set for good are counted, not replacements. The defaults let an
/// ordinary change through in a zone of any size: up to 100 names, and more than 30 % of a zone only
/// when at most two objects are behind it, as when one object with many names is deleted.
///
/// In a zone that would lose more, the namespace that alone would lose more than that, of its own
/// names, is held; the largest one first, until the others are within the limits as if its names were
/// not there. Where nobody alone is above them, those are held that would lose most, and what others
/// have lost within the minute is not counted against anyone, except what went beside deletions that
/// were held like this: the rest of a loss does not follow in the next sync. But a zone that would be empty keeps
/// everything, and so do those who lose half or more where that many namespaces do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletionGuard {
    /// Most names that may lose records; `None` for no limit.
    pub max_deletes: Option<usize>,
    /// Largest share of our names that may lose records, in percent; `None` for no limit.
    pub max_percent: Option<u8>,
    /// Objects that must be behind the deletions before `max_percent` applies; a record that does
    /// not name its source object counts as one.
    pub min_objects: usize,
}

impl Default for DeletionGuard {
    fn default() -> Self {
        Self { max_deletes: Some(100), max_percent: Some(30), min_objects: 3 }
    }
}

/// What the deletion guard decided.
#[derive(Debug, Default)]
pub(super) struct Decision {
    /// What it holds; `None` when nothing.
    pub(super) held: Option<Held>,
    /// What it would hold if a person had not said that it is meant.
    pub(super) approved: BTreeSet<HeldAt>,
    /// The hashes by which they said so.
    pub(super) used: BTreeSet<PlanHash>,
    /// Zones that lose too much although nobody alone does.
    pub(super) broad: BTreeSet<Option<ZoneInfo>>,
}

impl DeletionGuard {
    /// Returns a deletion guard that holds nothing.
    pub fn off() -> Self {
        Self { max_deletes: None, max_percent: None, ..Self::default() }
    }

    /// Takes the deletions out of `drafts` that must wait, and says why.
    ///
    /// Held names that `scope` leaves out are counted, since they would be lost as well.
    pub(super) fn hold(
        &self,
        (planner, known): (&Planner, &Deletions),
        (current, scope): (&Inventory, &Scope),
        drafts: &mut [Draft<'_>],
    ) -> Decision {
        let deletions: Vec<_> = drafts.iter().flat_map(|draft| &draft.deletions).collect();
        let rulings = Rulings::of((self, planner, known), (current, scope), &deletions);
        let is_held = |deletion: &&Deletion| rulings.on(&HeldAt::of(&deletion.step)).is_some();
        let all: Vec<&Step> =
            deletions.into_iter().filter(is_held).map(|deletion| &deletion.step).collect();
        let (meant, used) = meant(&all, &known.approved);
        let left: Vec<&Step> =
            all.iter().copied().filter(|step| !meant.contains(&id(step))).collect();
        let mut decision = Decision { used, ..Decision::default() };
        if all.is_empty() {
            return decision;
        }
        decision.held = Held::of(&left, |group| rulings.own_names(group));
        for draft in drafts {
            for deletion in std::mem::take(&mut draft.deletions) {
                let at = HeldAt::of(&deletion.step);
                match rulings.on(&at) {
                    None => draft.deletions.push(deletion),
                    Some(_) if meant.contains(&id(&deletion.step)) => {
                        decision.approved.insert(at);
                        draft.deletions.push(deletion);
                    }
                    Some(ruling) => {
                        let reason = ruling.reason(&at);
                        draft.statuses.push(deletion.step.status(reason.clone()));
                        let (action, reason) = (Action::Hold, Some(reason));
                        draft.steps.push(Step { action, reason, ..deletion.step });
                    }
                }
            }
        }
        decision.broad = rulings.broad();
        decision
    }
}

/// Returns which of the steps that would be held a person approved, and by which hashes.
fn meant(all: &[&Step], approved: &BTreeSet<PlanHash>) -> (BTreeSet<StepId>, BTreeSet<PlanHash>) {
    let (mut meant, mut used) = (BTreeSet::new(), BTreeSet::new());
    if approved.is_empty() {
        return (meant, used);
    }
    for (hash, steps) in held::sets(all) {
        if approved.contains(&hash) {
            meant.extend(steps.into_iter().map(id));
            used.insert(hash);
        }
    }
    (meant, used)
}

/// What tells apart the deletions of one sync.
type StepId = (HeldAt, String, String);

fn id(step: &Step) -> StepId {
    (HeldAt::of(step), step.record_type.to_string(), step.set_identifier.clone())
}
