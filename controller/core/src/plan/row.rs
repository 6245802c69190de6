//! Plans one name: everything that is held and everything that is wanted under it, together.
//!
//! A name is the smallest thing that can be planned alone, because a CNAME excludes every other
//! type and a routing policy every other policy. So either all that must go and all that must come
//! can be done, or the name keeps what it has and every candidate is told why.

use webhook_api::{DnsName, Endpoint, RecordType, Update};

use super::conflict::settle;
use super::diff::differs;
use super::routing::{Clash, clash, policy};
use super::step::{Action, Step, Values};
use super::{Deletion, Draft, Gaps, Planner};
use crate::desired::Desired;
use crate::registry::{Holding, Inventory};
use crate::verdict::{Reason, Verb, Verdict};

/// Plans the record sets of one normalised name into `draft`.
pub(super) fn plan(
    planner: &Planner,
    current: &Inventory,
    gaps: &Gaps<'_>,
    desired: &Desired,
    name: &str,
    candidates: &[&Endpoint],
    draft: &mut Draft,
) {
    let held = current.at(name);
    if held.is_empty() && candidates.is_empty() {
        return;
    }
    let dns_name = DnsName::from(name);
    if let Some(filter) = planner.filters.iter().find(|it| !it.covers(&dns_name)) {
        let filter = serde_json::to_string(filter).unwrap_or_default();
        for candidate in candidates {
            tell(draft, candidate, Reason::FilteredDomain { filter: filter.clone() });
        }
        return;
    }
    let mut row = Row {
        planner,
        current,
        gaps,
        name,
        standings: Vec::with_capacity(held.len()),
        fates: vec![Fate::Stay; held.len()],
        held,
        candidates: candidates.to_vec(),
        winners: Vec::new(),
        empty: None,
    };
    row.admit(draft);
    row.standings = row.held.iter().map(|it| row.standing(it)).collect();
    row.settle(desired, draft);
    let obstacles = row.obstacles();
    row.carry_out(&obstacles, draft);
    row.clear_away(&obstacles, draft);
}

struct Row<'a> {
    planner: &'a Planner,
    current: &'a Inventory,
    gaps: &'a Gaps<'a>,
    name: &'a str,
    held: Vec<Holding<'a>>,
    standings: Vec<Standing>,
    fates: Vec<Fate>,
    candidates: Vec<&'a Endpoint>,
    winners: Vec<&'a Endpoint>,
    /// Why nothing may go, when a candidate came without anything to answer with.
    empty: Option<Reason>,
}

/// Whose a held record set is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Standing {
    /// Ours.
    Mine,
    /// Another owner's or nobody's, and taken over where we want it.
    Moving,
    /// Nobody's, and nobody is asked: there is no registry.
    Unowned,
    /// Someone else's, or nobody's while there is a registry.
    Foreign,
    /// Written by another instance under our owner id.
    Shared(String),
    /// Claimed for us by a claim that could be about another record set.
    Ambiguous(String),
}

/// What becomes of a held record set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It is not wanted and not in the way of anything.
    Stay,
    /// A winner decides over it.
    Decided,
    /// It makes room for a winner.
    MakeRoom,
}

impl Row<'_> {
    /// Turns away candidates that no one may publish.
    fn admit(&mut self, draft: &mut Draft) {
        let no_zone = self.current.knows_zones() && self.current.zone_of(self.name).is_none();
        let planner = self.planner;
        let mut empty = None;
        self.candidates.retain(|it| {
            let reason = if !planner.manages(&it.record_type) {
                Reason::UnmanagedType { record_type: it.record_type.clone() }
            } else if no_zone {
                Reason::NoZone
            } else if it.targets.is_empty() {
                // Nothing to answer with is not the same as not being asked for.
                empty = Some(Reason::NoTargets);
                Reason::NoTargets
            } else {
                return true;
            };
            tell(draft, it, reason);
            false
        });
        self.empty = empty;
    }

    fn standing(&self, held: &Holding<'_>) -> Standing {
        let Some(owner) = &self.planner.owner else {
            return if self.planner.allow_unowned { Standing::Mine } else { Standing::Unowned };
        };
        if held.owner() == Some(owner) {
            let is_mine = self.current.scheme().is_none_or(|it| it.is_my_instance(held.instance()));
            if !is_mine {
                return Standing::Shared(held.instance().unwrap_or_default().to_owned());
            }
            // The object that asks settles what the claim's name leaves open.
            let asked_for = |it: &&Endpoint| {
                same_set(it, held.endpoint)
                    && it.labels.resource().is_some()
                    && it.labels.resource() == held.resource()
            };
            if held.ambiguous && !self.candidates.iter().any(asked_for) {
                let claim = held.claims.first().map(|(_, it)| it.endpoint.dns_name.to_string());
                return Standing::Ambiguous(claim.unwrap_or_default());
            }
            return Standing::Mine;
        }
        if held.owner().is_some() && held.owner() == self.planner.migrate_from.as_deref() {
            return Standing::Moving;
        }
        if held.owner().is_none() && self.planner.adopt.contains(self.name) {
            return Standing::Moving;
        }
        Standing::Foreign
    }

    fn settle(&mut self, desired: &Desired, draft: &mut Draft) {
        let ours =
            |at: &usize| matches!(self.standings.get(*at), Some(Standing::Mine | Standing::Moving));
        let own: Vec<_> = (0..self.held.len())
            .filter(ours)
            .filter_map(|at| self.held.get(at).and_then(|it| Some((it.endpoint, it.resource()?))))
            .collect();
        let settled = settle(std::mem::take(&mut self.candidates), &own, &desired.askers);
        for (loser, winner) in settled.losers {
            if loser == winner {
                continue;
            }
            let winner = winner.labels.resource().unwrap_or("another object").to_owned();
            tell(draft, loser, Reason::Conflict { winner });
        }
        self.winners = settled.winners;
        for at in 0..self.held.len() {
            if self.winner_of(at).is_some()
                && let Some(fate) = self.fates.get_mut(at)
            {
                *fate = Fate::Decided;
            }
        }
    }

    /// Returns what stands in the way of each winner, in the order of the winners.
    fn obstacles(&self) -> Vec<Option<Reason>> {
        let mut obstacles = vec![None; self.winners.len()];
        // One that cannot move may be in the way of others, so look again until nothing changes.
        loop {
            let mut changed = false;
            for at in 0..self.winners.len() {
                if obstacles.get(at).is_some_and(Option::is_none)
                    && let Some(reason) = self.obstacle(at, &obstacles)
                    && let Some(slot) = obstacles.get_mut(at)
                {
                    *slot = Some(reason);
                    changed = true;
                }
            }
            if !changed {
                return obstacles;
            }
        }
    }

    fn obstacle(&self, at: usize, obstacles: &[Option<Reason>]) -> Option<Reason> {
        let new = *self.winners.get(at)?;
        let mut exists = false;
        for (held, standing) in self.held.iter().zip(&self.standings) {
            if same_set(held.endpoint, new) {
                exists = true;
                if let Some(reason) = self.obstacle_to_update(held, standing, new) {
                    return Some(reason);
                }
            }
        }
        let mut makes_room = false;
        for (index, (held, standing)) in self.held.iter().zip(&self.standings).enumerate() {
            if same_set(held.endpoint, new) || self.moves(index, obstacles) {
                continue;
            }
            let Some(clash) = clash(held.endpoint, new) else { continue };
            makes_room = true;
            if let Some(reason) = self.obstacle_to_room(held, standing, new, clash) {
                return Some(reason);
            }
        }
        if exists {
            return None;
        }
        if makes_room || self.planner.policy.allows(Verb::Create) {
            return self.obstacle_to_create(new);
        }
        Some(self.forbidden(Verb::Create))
    }

    /// Tells whether a held record set becomes what a winner wants, and so fits the others.
    fn moves(&self, held: usize, obstacles: &[Option<Reason>]) -> bool {
        self.winner_of(held).is_some_and(|at| obstacles.get(at).is_some_and(Option::is_none))
    }

    /// Returns the winner that decides over a held record set.
    fn winner_of(&self, held: usize) -> Option<usize> {
        let held = self.held.get(held)?;
        self.winners.iter().position(|it| same_set(held.endpoint, it))
    }

    fn obstacle_to_update(
        &self,
        held: &Holding<'_>,
        standing: &Standing,
        new: &Endpoint,
    ) -> Option<Reason> {
        let differs = differs(held.endpoint, new, &self.planner.property_prefixes);
        let reclaims = self.needs_claim(held, standing, new);
        match standing {
            Standing::Foreign => return Some(foreign(held)),
            _ if !differs && !reclaims => return None,
            Standing::Mine | Standing::Moving => {}
            Standing::Unowned => return Some(Reason::UnownedChange { verb: Verb::Update }),
            Standing::Shared(instance) => {
                return Some(Reason::OwnerIdShared { instance: instance.clone() });
            }
            Standing::Ambiguous(claim) => {
                return Some(Reason::AmbiguousClaim { claim: claim.clone() });
            }
        }
        // Who else asks is not known in full, unless the asker is the one whose record this is.
        let is_askers = held.resource().is_some() && held.resource() == new.labels.resource();
        if !is_askers && let Some(reason) = self.gap(held) {
            return Some(reason);
        }
        let verb = match (differs, clash(held.endpoint, new)) {
            (true, Some(_)) => Verb::Replace,
            (true, None) => Verb::Update,
            (false, _) => Verb::Claim,
        };
        (!self.planner.policy.allows(verb)).then(|| self.forbidden(verb))
    }

    fn obstacle_to_room(
        &self,
        held: &Holding<'_>,
        standing: &Standing,
        new: &Endpoint,
        clash: Clash,
    ) -> Option<Reason> {
        let record_type = held.endpoint.record_type.clone();
        if !self.planner.manages(&record_type) {
            return Some(Reason::CannotCoexist { record_type });
        }
        match standing {
            Standing::Mine | Standing::Moving => {}
            Standing::Foreign => {
                let both_routed =
                    !held.endpoint.set_identifier.is_empty() && !new.set_identifier.is_empty();
                return Some(match clash {
                    Clash::Routing if both_routed => Reason::RoutingPolicyConflict {
                        set_identifier: held.endpoint.set_identifier.clone(),
                        policy: policy(held.endpoint).to_owned(),
                    },
                    Clash::Routing | Clash::Type => foreign(held),
                });
            }
            Standing::Unowned => return Some(Reason::UnownedChange { verb: Verb::Replace }),
            Standing::Shared(instance) => {
                return Some(Reason::OwnerIdShared { instance: instance.clone() });
            }
            Standing::Ambiguous(claim) => {
                return Some(Reason::AmbiguousClaim { claim: claim.clone() });
            }
        }
        let is_askers = held.resource().is_some() && held.resource() == new.labels.resource();
        if !is_askers && let Some(reason) = self.gap(held) {
            return Some(reason);
        }
        (!self.planner.policy.allows(Verb::Replace)).then(|| self.forbidden(Verb::Replace))
    }

    fn obstacle_to_create(&self, new: &Endpoint) -> Option<Reason> {
        let owner = self.planner.owner.as_ref()?;
        if matches!(new.record_type, RecordType::Txt | RecordType::Cname) {
            let others_claim = self
                .current
                .claims_kept_at(self.name)
                .any(|(about, claim)| about != self.name || claim.labels.owner() != Some(owner));
            if others_claim || self.current.has_stray(self.name) {
                return Some(Reason::ClaimInTheWay);
            }
        }
        // A claim without its record set: someone is about to write it, or lost it.
        if let Some((_, claim)) = self.current.claims_on(self.name, new).first()
            && let Some(claimed_by) = claim.labels.owner()
        {
            if claimed_by == owner {
                let is_mine =
                    self.current.scheme().is_none_or(|it| it.is_my_instance(claim.instance()));
                if !is_mine {
                    let instance = claim.instance().unwrap_or_default().to_owned();
                    return Some(Reason::OwnerIdShared { instance });
                }
            } else if self.planner.migrate_from.as_deref() != Some(claimed_by) {
                let owner = Some(claimed_by.to_owned());
                return Some(Reason::ForeignOwner { owner, record_type: new.record_type.clone() });
            }
        }
        // Whoever holds the name in one type decides about the others.
        for (held, standing) in self.held.iter().zip(&self.standings) {
            if held.endpoint.set_identifier != new.set_identifier
                || !self.planner.manages(&held.endpoint.record_type)
            {
                continue;
            }
            match standing {
                Standing::Foreign => return Some(foreign(held)),
                Standing::Shared(instance) => {
                    return Some(Reason::OwnerIdShared { instance: instance.clone() });
                }
                Standing::Mine | Standing::Moving | Standing::Unowned | Standing::Ambiguous(_) => {}
            }
        }
        None
    }

    /// Writes what the winners want, or why not.
    fn carry_out(&mut self, obstacles: &[Option<Reason>], draft: &mut Draft) {
        for (at, new) in self.winners.clone().into_iter().enumerate() {
            if let Some(reason) = obstacles.get(at).cloned().flatten() {
                self.hold_winner(new, reason, draft);
                continue;
            }
            let slots: Vec<usize> =
                (0..self.held.len()).filter(|it| self.winner_of(*it) == Some(at)).collect();
            for index in 0..self.held.len() {
                let Some(held) = self.held.get(index) else { continue };
                let in_the_way = !same_set(held.endpoint, new)
                    && !self.moves(index, obstacles)
                    && clash(held.endpoint, new).is_some();
                if in_the_way && let Some(fate) = self.fates.get_mut(index) {
                    *fate = Fate::MakeRoom;
                }
            }
            if slots.is_empty() {
                self.create(new, draft);
            } else {
                self.update(new, &slots, draft);
            }
        }
        for index in 0..self.held.len() {
            if self.fates.get(index) == Some(&Fate::MakeRoom)
                && let Some(held) = self.held.get(index)
            {
                draft.changes.delete.push(held.labelled());
                draft.tidy.insert(self.name.to_owned());
                let step = self.step(Action::Replace, Some(held), None);
                draft.steps.push(step);
            }
        }
    }

    fn create(&self, new: &Endpoint, draft: &mut Draft) {
        let action =
            if self.fates.contains(&Fate::MakeRoom) { Action::Replace } else { Action::Create };
        draft.steps.push(self.step(action, None, Some(new)));
        draft.changes.create.push(self.owned(new));
        draft.tidy.insert(self.name.to_owned());
        let verb = action.verb().unwrap_or(Verb::Create);
        tell(draft, new, Reason::Published { verb });
    }

    fn update(&self, new: &Endpoint, slots: &[usize], draft: &mut Draft) {
        let mut done = None;
        for (held, standing) in
            slots.iter().filter_map(|it| Some((self.held.get(*it)?, self.standings.get(*it)?)))
        {
            let differs = differs(held.endpoint, new, &self.planner.property_prefixes);
            let reclaims = self.needs_claim(held, standing, new)
                || differs && held.is_claimed() && held.resource() != new.labels.resource();
            if differs {
                let replaces = clash(held.endpoint, new).is_some();
                let action = if replaces { Action::Replace } else { Action::Update };
                draft.steps.push(self.step(action, Some(held), Some(new)));
                draft.changes.update.push(Update { old: held.labelled(), new: self.owned(new) });
                draft.tidy.insert(self.name.to_owned());
                done = Some(action);
            } else if reclaims && done.is_none() {
                let mut step = self.step(Action::Claim, Some(held), Some(held.endpoint));
                step.object = new.labels.resource().map(str::to_owned).or(step.object);
                draft.steps.push(step);
                done = Some(Action::Claim);
            }
            if reclaims {
                let owned = self.owned(new);
                if !draft.reclaim.iter().rev().take(slots.len()).any(|it| it.key() == owned.key()) {
                    draft.reclaim.push(owned);
                }
            }
        }
        let verb = done.and_then(Action::verb);
        tell(draft, new, verb.map_or(Reason::UpToDate, |verb| Reason::Published { verb }));
    }

    fn hold_winner(&self, new: &Endpoint, reason: Reason, draft: &mut Draft) {
        let held = self.held.iter().find(|it| same_set(it.endpoint, new));
        let mut step = self.step(Action::Hold, held, Some(new));
        step.reason = Some(reason.clone());
        draft.steps.push(step);
        draft.told.insert(self.name.to_owned());
        tell(draft, new, reason);
    }

    /// Decides over the record sets that nobody wants.
    fn clear_away(&self, obstacles: &[Option<Reason>], draft: &mut Draft) {
        // As long as something wanted cannot come, what is there goes on answering.
        let waits = self.winners.iter().zip(obstacles).find_map(|(new, obstacle)| {
            let comes = !self.held.iter().any(|it| same_set(it.endpoint, new));
            if comes { obstacle.clone() } else { None }
        });
        for (index, (held, standing)) in self.held.iter().zip(&self.standings).enumerate() {
            if self.fates.get(index) != Some(&Fate::Stay)
                || !self.planner.manages(&held.endpoint.record_type)
            {
                continue;
            }
            let reason = match standing {
                Standing::Foreign | Standing::Moving => continue,
                Standing::Unowned => {
                    self.gap(held).or(Some(Reason::UnownedChange { verb: Verb::Delete }))
                }
                Standing::Shared(instance) => {
                    Some(Reason::OwnerIdShared { instance: instance.clone() })
                }
                Standing::Ambiguous(claim) => Some(Reason::AmbiguousClaim { claim: claim.clone() }),
                Standing::Mine => {
                    self.gap(held).or_else(|| self.empty.clone()).or_else(|| waits.clone()).or_else(
                        || {
                            let allowed = self.planner.policy.allows(Verb::Delete);
                            (!allowed).then(|| self.forbidden(Verb::Delete))
                        },
                    )
                }
            };
            let Some(reason) = reason else {
                let step = self.step(Action::Delete, Some(held), None);
                let (name, endpoint) = (self.name.to_owned(), held.labelled());
                draft.deletions.push(Deletion { name, endpoint, step });
                continue;
            };
            let mut step = self.step(Action::Hold, Some(held), None);
            step.reason = Some(reason.clone());
            draft.steps.push(step);
            draft.told.insert(self.name.to_owned());
            draft.verdicts.push(Verdict {
                name: held.endpoint.dns_name.clone(),
                record_type: Some(held.endpoint.record_type.clone()),
                object: held.resource().map(str::to_owned),
                reason,
            });
        }
    }

    /// Tells whether the claim on a record set must be written, even if the set stays.
    ///
    /// It must when the set is taken over from another owner, when another object asks for it now
    /// (what an object's absence may delete is read from the claim), when the claim was lost, and
    /// when an old form is to be brought up to date.
    fn needs_claim(&self, held: &Holding<'_>, standing: &Standing, new: &Endpoint) -> bool {
        let moves = *standing == Standing::Moving;
        let other_object = held.resource().is_some()
            && new.labels.resource().is_some()
            && held.resource() != new.labels.resource();
        let is_old = self.planner.normalise_claims && held.has_old_claim();
        moves || other_object || held.lost_its_claim() || is_old
    }

    fn gap(&self, held: &Holding<'_>) -> Option<Reason> {
        self.gaps.cover(self.name, held.resource()).cloned()
    }

    fn forbidden(&self, verb: Verb) -> Reason {
        Reason::PolicyForbids { policy: self.planner.policy.to_string(), verb }
    }

    /// Returns a desired record set with its owner in its labels, as it travels.
    fn owned(&self, new: &Endpoint) -> Endpoint {
        let mut owned = new.clone();
        if let Some(owner) = &self.planner.owner {
            owned.labels.set(webhook_api::Labels::OWNER, owner.as_str());
        }
        owned
    }

    fn step(&self, action: Action, old: Option<&Holding<'_>>, new: Option<&Endpoint>) -> Step {
        let shown = new.or(old.map(|it| it.endpoint));
        let written = new.is_some() && action.verb().is_some();
        let new_owner = self
            .planner
            .owner
            .clone()
            .filter(|it| written && old.and_then(Holding::owner) != Some(it.as_str()));
        let object = new
            .and_then(|it| it.labels.resource())
            .or_else(|| old.and_then(Holding::resource))
            .map(str::to_owned);
        Step {
            action,
            name: shown.map(|it| it.dns_name.clone()).unwrap_or_default(),
            record_type: shown.map(|it| it.record_type.clone()).unwrap_or_default(),
            set_identifier: shown.map(|it| it.set_identifier.clone()).unwrap_or_default(),
            old: old.map(|it| Values::of(it.endpoint)),
            new: new.map(Values::of),
            owner: old.and_then(Holding::owner).map(str::to_owned),
            new_owner,
            object,
            zone: self.current.zone_of(self.name).map(str::to_owned),
            reason: None,
        }
    }
}

fn same_set(a: &Endpoint, b: &Endpoint) -> bool {
    a.record_type == b.record_type && a.set_identifier == b.set_identifier
}

fn foreign(held: &Holding<'_>) -> Reason {
    Reason::ForeignOwner {
        owner: held.owner().map(str::to_owned),
        record_type: held.endpoint.record_type.clone(),
    }
}

fn tell(draft: &mut Draft, candidate: &Endpoint, reason: Reason) {
    draft.verdicts.push(Verdict {
        name: candidate.dns_name.clone(),
        record_type: Some(candidate.record_type.clone()),
        object: candidate.labels.resource().map(str::to_owned),
        reason,
    });
}
