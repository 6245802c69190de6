//! Plans one name: everything that is there and everything that is wanted under it, together.
//!
//! A name is the smallest thing that can be planned alone, because a CNAME excludes every other
//! type and a routing policy every other policy. So either all that must go and all that must come
//! can be done, or the name keeps what it has and every candidate is told why.

mod deletions;
mod itself;
mod obstacles;
mod tell;
mod wildcard;

use std::collections::{BTreeMap, BTreeSet};

use external_dns_webhook::{CanonicalName, DnsName, Endpoint, RecordKey, Update};

use self::obstacles::{Ownership, is_same_object};
use self::tell::{tell, tell_all};
pub(super) use self::wildcard::Nodes;
use super::below::Below;
use super::conflict::{Precedence, Winner, place, resolve_conflicts};
use super::diff::differs;
use super::routing::clash;
use super::step::{Action, Step, Values};
use super::{Draft, Gaps, Holders, Planner, Rules, View};
use crate::desired::Desired;
use crate::inventory::{CurrentRecord, ZoneInventory};
use crate::name_sharing::NameSharing;
use crate::status::{Place, Reason, Verb};

/// Plans the record sets of one name into `draft`.
pub(super) fn plan(
    rules: Rules<'_>,
    view: View<'_, '_>,
    name: &CanonicalName,
    candidates: &[&Endpoint],
    draft: &mut Draft<'_>,
) {
    let View { current, desired, holders, gaps, nodes, below, cannot_be_owned } = view;
    let records = current.at(name);
    if records.is_empty() && candidates.is_empty() {
        return;
    }
    let dns_name = DnsName::from(name);
    // A provider's filter names its zones, which says less than that no zone has the name.
    let no_zone = current.knows_zones() && current.zone_of(name).is_none();
    let is_ours_to_manage = rules.planner.domain_filter.covers(&dns_name);
    if no_zone && is_ours_to_manage && records.is_empty() {
        for candidate in candidates {
            tell(draft, candidate, Reason::NoZone);
        }
        return;
    }
    if let Some(filtered) = rules.filtered(&dns_name) {
        for candidate in candidates {
            tell(draft, candidate, filtered.clone());
        }
        return;
    }
    let mut row = Row {
        rules,
        planner: rules.planner,
        current,
        gaps,
        sharing: desired.sharing,
        below,
        cannot_be_owned,
        name,
        ownerships: Vec::with_capacity(records.len()),
        dispositions: vec![Disposition::Stay; records.len()],
        records,
        candidates: candidates.to_vec(),
        winners: Vec::new(),
        deciders: Vec::new(),
        empty: Vec::new(),
        lost: Vec::new(),
        told_before: draft.statuses.len(),
    };
    row.admit(nodes, holders, draft);
    row.ownerships = row.records.iter().map(|record| row.ownership(record)).collect();
    row.resolve_conflicts(desired, draft);
    let obstacles = row.obstacles();
    row.apply_winners(&obstacles, draft);
    row.plan_deletions(&obstacles, draft);
}

struct Row<'a> {
    rules: Rules<'a>,
    planner: &'a Planner,
    current: &'a ZoneInventory,
    gaps: &'a Gaps<'a>,
    sharing: NameSharing,
    below: &'a Below<'a>,
    cannot_be_owned: &'a BTreeSet<RecordKey>,
    name: &'a CanonicalName,
    records: Vec<CurrentRecord<'a>>,
    ownerships: Vec<Ownership>,
    dispositions: Vec<Disposition>,
    candidates: Vec<&'a Endpoint>,
    winners: Vec<Winner<'a>>,
    /// Which winner decides over each current record set.
    deciders: Vec<Option<usize>>,
    /// Candidates without anything to answer with, and why: what may be theirs does not go.
    empty: Vec<(&'a Endpoint, Reason)>,
    /// Candidates that lost the name to another object, and why: what they are to replace does not go.
    lost: Vec<(&'a Endpoint, Reason)>,
    /// How many statuses there were before those of this name.
    told_before: usize,
}

/// What becomes of a current record set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Disposition {
    /// It is not wanted and not in the way of anything.
    Stay,
    /// A winner decides over it.
    Decided,
    /// It makes room for a winner.
    MakeRoom,
}

impl Row<'_> {
    /// Turns away candidates that no one may publish.
    fn admit(&mut self, nodes: &Nodes<'_>, holders: &Holders, draft: &mut Draft<'_>) {
        let (rules, current, name) = (self.rules, self.current, self.name);
        let mut empty = Vec::new();
        self.candidates.retain(|candidate| {
            let reason = match turned_away(rules, current, nodes, candidate) {
                Some(Unfit::Here(reason)) => reason,
                Some(Unfit::Unanswerable(reason)) => {
                    // Nothing to answer with is not the same as not being desired.
                    empty.push((*candidate, reason.clone()));
                    reason
                }
                None => match holders.instead_of(name, candidate.labels.resource()) {
                    Some(holder) => Reason::conflict(holder.object.as_ref()),
                    None => return true,
                },
            };
            tell(draft, candidate, reason);
            false
        });
        self.empty = empty;
    }

    fn resolve_conflicts(&mut self, desired: &Desired, draft: &mut Draft<'_>) {
        let ours = |at: &usize| {
            matches!(self.ownerships.get(*at), Some(Ownership::Mine | Ownership::Moving))
        };
        let own: Vec<_> = (0..self.records.len())
            .filter(ours)
            .filter_map(|at| {
                self.records.get(at).and_then(|record| Some((record.endpoint, record.resource()?)))
            })
            .collect();
        let candidates = std::mem::take(&mut self.candidates);
        let (candidates, beside) = itself::without_cnames_beside_addresses(&candidates);
        for (cname, address) in beside {
            tell(draft, cname, itself::excluded(cname, address));
        }
        let precedence = Precedence {
            incumbents: &own,
            source_objects: &desired.source_objects,
            reach: self.planner.priority_scope,
        };
        let resolution = resolve_conflicts(&candidates, precedence);
        for (loser, winner) in resolution.losers {
            let (own, other) = (loser.labels.resource(), winner.labels.resource());
            let reason = if is_same_object(own, other) {
                itself::excluded(loser, winner)
            } else {
                let reason = Reason::conflict(other);
                self.lost.push((loser, reason.clone()));
                reason
            };
            tell(draft, loser, reason);
        }
        self.winners = resolution.winners;
        let places: BTreeMap<_, usize> = self
            .winners
            .iter()
            .enumerate()
            .map(|(at, winner)| (place(&winner.endpoint), at))
            .collect();
        let decider = |record: &CurrentRecord<'_>| places.get(&place(record.endpoint)).copied();
        self.deciders = self.records.iter().map(decider).collect();
        for (disposition, decider) in self.dispositions.iter_mut().zip(&self.deciders) {
            if decider.is_some() {
                *disposition = Disposition::Decided;
            }
        }
    }

    /// Writes what the winners want, or why not.
    fn apply_winners(&mut self, obstacles: &[Option<Reason>], draft: &mut Draft<'_>) {
        let mut decided: Vec<Vec<usize>> = vec![Vec::new(); self.winners.len()];
        for (index, decider) in self.deciders.iter().enumerate() {
            if let Some(decided) = decider.and_then(|at| decided.get_mut(at)) {
                decided.push(index);
            }
        }
        for (at, (winner, indexes)) in self.winners.clone().iter().zip(decided).enumerate() {
            let new = &*winner.endpoint;
            if let Some(reason) = obstacles.get(at).cloned().flatten() {
                self.hold_winner(winner, &reason, draft);
                continue;
            }
            for index in 0..self.records.len() {
                let Some(record) = self.records.get(index) else { continue };
                let in_the_way = !same_set(record.endpoint, new)
                    && !self.moves(index, obstacles)
                    && clash(record.endpoint, new).is_some();
                if in_the_way && let Some(disposition) = self.dispositions.get_mut(index) {
                    *disposition = Disposition::MakeRoom;
                }
            }
            if indexes.is_empty() {
                self.create(winner, draft);
            } else {
                self.update(winner, &indexes, draft);
            }
        }
        for index in 0..self.records.len() {
            if self.dispositions.get(index) == Some(&Disposition::MakeRoom)
                && let Some(record) = self.records.get(index)
            {
                draft.writes.changes.delete.push(record.labelled());
                draft.writes.tidy.insert(self.name.to_owned());
                let step = self.step(Action::Replace, Some(record), None);
                draft.steps.push(step);
            }
        }
    }

    fn create(&self, winner: &Winner<'_>, draft: &mut Draft<'_>) {
        let new = &*winner.endpoint;
        let action = if self.dispositions.contains(&Disposition::MakeRoom) {
            Action::Replace
        } else {
            Action::Create
        };
        draft.steps.push(self.step(action, None, Some(new)));
        draft.writes.changes.create.push(self.owned(new));
        draft.writes.tidy.insert(self.name.to_owned());
        let verb = action.verb().unwrap_or(Verb::Create);
        tell_all(draft, winner, &Reason::done(verb));
    }

    fn update(&self, winner: &Winner<'_>, indexes: &[usize], draft: &mut Draft<'_>) {
        let new = &*winner.endpoint;
        let mut done = None;
        for (record, ownership) in indexes
            .iter()
            .filter_map(|slot| Some((self.records.get(*slot)?, self.ownerships.get(*slot)?)))
        {
            let differs =
                differs(record.endpoint, new, &self.rules.memory.served.property_prefixes);
            let other_object = differs
                && record.is_owned()
                && new.labels.resource().is_some()
                && !is_same_object(record.resource(), new.labels.resource());
            // An ownership record of ours that cannot be kept up to date stays as it is.
            let owns_again = (self.needs_ownership_record(record, ownership, new) || other_object)
                && !self.cannot_be_owned.contains(&new.key());
            if differs {
                let replaces = clash(record.endpoint, new).is_some();
                let action = if replaces { Action::Replace } else { Action::Update };
                draft.steps.push(self.step(action, Some(record), Some(new)));
                draft
                    .writes
                    .changes
                    .update
                    .push(Update { old: record.labelled(), new: self.owned(new) });
                draft.writes.tidy.insert(self.name.to_owned());
                done = Some(action);
            } else if owns_again && done.is_none() {
                let mut step = self.step(Action::Own, Some(record), Some(record.endpoint));
                step.object = new.labels.resource().cloned().or(step.object);
                draft.steps.push(step);
                done = Some(Action::Own);
            }
            if owns_again {
                let owned = self.owned(new);
                if !draft
                    .writes
                    .own_again
                    .iter()
                    .rev()
                    .take(indexes.len())
                    .any(|endpoint| endpoint.key() == owned.key())
                {
                    draft.writes.own_again.push(owned);
                }
            }
        }
        let verb = done.and_then(Action::verb);
        tell_all(draft, winner, &verb.map_or(Reason::UpToDate, Reason::done));
    }

    fn hold_winner(&self, winner: &Winner<'_>, reason: &Reason, draft: &mut Draft<'_>) {
        let new = &*winner.endpoint;
        let record = self.records.iter().find(|record| same_set(record.endpoint, new));
        let mut step = self.step(Action::Hold, record, Some(new));
        step.reason = Some(reason.clone());
        draft.steps.push(step);
        draft.told.insert(self.name.to_owned());
        tell_all(draft, winner, reason);
    }

    fn forbidden(&self, verb: Verb) -> Reason {
        Reason::PolicyForbids { policy: self.planner.policy.to_string(), verb }
    }

    /// Returns a desired record set with its owner in its labels, as it travels.
    fn owned(&self, new: &Endpoint) -> Endpoint {
        let mut owned = new.clone();
        if let Some(owner) = &self.planner.owner {
            owned.labels.set(external_dns_webhook::Labels::OWNER, owner.as_str());
        }
        owned
    }

    fn step(
        &self,
        action: Action,
        old: Option<&CurrentRecord<'_>>,
        new: Option<&Endpoint>,
    ) -> Step {
        let shown = new.or(old.map(|record| record.endpoint));
        let written = new.is_some() && action.verb().is_some();
        let new_owner =
            self.planner.owner.clone().filter(|other| {
                written && old.and_then(CurrentRecord::owner) != Some(other.as_str())
            });
        let object = new
            .and_then(|endpoint| endpoint.labels.resource())
            .or_else(|| old.and_then(CurrentRecord::resource))
            .cloned();
        Step {
            action,
            name: shown.map(|endpoint| endpoint.dns_name.clone()).unwrap_or_default(),
            record_type: shown.map(|endpoint| endpoint.record_type.clone()).unwrap_or_default(),
            set_identifier: shown
                .map(|endpoint| endpoint.set_identifier.clone())
                .unwrap_or_default(),
            old: old.map(|record| Values::of(record.endpoint)),
            new: new.map(Values::of),
            owner: old.and_then(CurrentRecord::owner).map(str::to_owned),
            new_owner,
            object,
            zone: self.current.told_zone(self.name),
            reason: None,
        }
    }
}

/// Why a candidate cannot be published, whichever other object wants its name.
pub(super) enum Unfit {
    /// Its name or type is not for us to publish in this zone.
    Here(Reason),
    /// It has nothing to answer with.
    Unanswerable(Reason),
}

/// Tells why a candidate is not published, whichever other object wants its name; `None` when it can be.
pub(super) fn turned_away(
    rules: Rules<'_>,
    current: &ZoneInventory,
    nodes: &Nodes<'_>,
    candidate: &Endpoint,
) -> Option<Unfit> {
    if !rules.planner.manages(&candidate.record_type) {
        let record_type = candidate.record_type.clone();
        return Some(Unfit::Here(Reason::UnmanagedType { record_type }));
    }
    if current.knows_zones() && current.zone_of(candidate.dns_name.canonical()).is_none() {
        return Some(Unfit::Here(Reason::NoZone));
    }
    let unanswerable =
        unanswerable(current, candidate).or_else(|| wildcard::circle(rules, nodes, candidate));
    unanswerable.map(Unfit::Unanswerable)
}

/// Tells whether a current record set is ours, or will be where we want it.
pub(super) fn is_ours(
    planner: &Planner,
    current: &ZoneInventory,
    record: &CurrentRecord<'_>,
) -> bool {
    let owner = record.owner();
    let is_mine = || current.scheme().is_none_or(|scheme| scheme.is_my_instance(record.instance()));
    let migrates = owner.is_some() && owner == planner.migrate_from.as_deref();
    migrates || owner == planner.owner.as_deref() && is_mine()
}

/// Tells why a candidate can answer nothing, if so.
fn unanswerable(current: &ZoneInventory, candidate: &Endpoint) -> Option<Reason> {
    if candidate.targets.is_empty() {
        return Some(Reason::no_targets(""));
    }
    current.reads_as_ownership(candidate).then(|| Reason::InvalidTarget {
        target: candidate.targets.iter().collect::<Vec<_>>().join(", "),
        place: Place::Object,
        why: "it reads as an ownership record, which only the registry of a controller writes"
            .to_owned(),
    })
}

fn same_set(a: &Endpoint, b: &Endpoint) -> bool {
    a.record_type == b.record_type && a.set_identifier == b.set_identifier
}
