//! Deletions that depend on what is in another zone.
//!
//! Zones are planned apart, but an object asks for a name and not for a zone. Its record set in one
//! zone stays while what takes its place in another cannot come. And a copy that came with it, by
//! whoever knew one zone only, is not left behind.

use std::collections::BTreeMap;

use webhook_api::{DnsName, RecordType};

use super::step::{Action, Step};
use super::{Deletion, Draft};
use crate::desired::family;
use crate::verdict::Reason;

/// What moves from one zone to another: a name, what it answers, and the object that asks.
type Moved = (String, RecordType, String);

/// Holds the deletions that have to wait for another zone, and says why.
pub(super) fn hold(drafts: &mut [Draft<'_>]) {
    if drafts.len() < 2 {
        return;
    }
    let mut stuck: BTreeMap<Moved, Reason> = BTreeMap::new();
    for step in drafts.iter().flat_map(|draft| &draft.steps).filter(|step| cannot_come(step)) {
        if let Some((moved, reason)) = moved(step).zip(step.reason.clone()) {
            stuck.entry(moved).or_insert(reason);
        }
    }
    let reasons: Vec<Vec<Option<Reason>>> = drafts
        .iter()
        .map(|draft| {
            let reason = |deletion: &Deletion| {
                let waits = moved(&deletion.step).and_then(|moved| stuck.get(&moved).cloned());
                waits.or_else(|| unowned_copy(deletion, draft, drafts))
            };
            draft.deletions.iter().map(reason).collect()
        })
        .collect();
    for (draft, reasons) in drafts.iter_mut().zip(reasons) {
        let deletions = std::mem::take(&mut draft.deletions);
        for (deletion, reason) in deletions.into_iter().zip(reasons) {
            let Some(reason) = reason else {
                draft.deletions.push(deletion);
                continue;
            };
            draft.told.insert(deletion.name);
            draft.verdicts.push(deletion.step.verdict(reason.clone()));
            draft.steps.push(Step { action: Action::Hold, reason: Some(reason), ..deletion.step });
        }
    }
}

/// Tells whether a step is about a record set that is wanted, not there, and cannot be made.
fn cannot_come(step: &Step) -> bool {
    step.action == Action::Hold && step.new.is_some() && step.old.is_none()
}

fn moved(step: &Step) -> Option<Moved> {
    let object = step.object.as_ref()?.to_ascii_lowercase();
    let name = step.name.normalized().into_owned();
    Some((name, family(&step.record_type).clone(), object))
}

/// Returns that a copy in another zone has no claim, although it came with what is to be deleted.
///
/// Who keeps claims beside their record sets without asking which zone is whose leaves such a copy
/// where the claim would lie outside of the zone: the claim in the one zone was meant for both. In a
/// zone that could hold the claim, a copy without one is someone else's.
fn unowned_copy(deletion: &Deletion, draft: &Draft<'_>, drafts: &[Draft<'_>]) -> Option<Reason> {
    let claim = deletion.claim.as_ref()?;
    let others = drafts.iter().filter(|other| !std::ptr::eq(*other, draft));
    let outside =
        others.filter(|other| other.zone.info().is_some_and(|zone| !is_within(claim, zone.name())));
    let mut copies = outside.filter(|other| {
        other.zone.at(&deletion.name).iter().any(|held| {
            let (ours, copy) = (&deletion.endpoint, held.endpoint);
            copy.record_type == ours.record_type
                && copy.set_identifier == ours.set_identifier
                && copy.targets.answers_like(&ours.targets, &ours.record_type)
                && held.owner().is_none()
        })
    });
    let zone = copies.next()?.zone.info()?.to_string();
    Some(Reason::UnownedCopy { zone })
}

fn is_within(name: &DnsName, zone: &DnsName) -> bool {
    zone.is_empty() || name.is_within(zone)
}
