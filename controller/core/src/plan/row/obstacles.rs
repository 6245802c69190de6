//! What stands in the way of a wanted record set: whose the current ones are, what they exclude, what
//! is not known about them, and what the policy allows.

use external_dns_webhook::{CanonicalName, Endpoint, ObjectRef, RecordType};

use super::{Row, same_set};
use crate::inventory::{CurrentRecord, OwnershipRecord};
use crate::name_sharing::NameSharing;
use crate::name_sharing::unites;
use crate::plan::diff::differs;
use crate::plan::routing::{Clash, clash, policy};
use crate::status::{Reason, Verb};
use crate::value::answers_itself;

/// Whose a current record set is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ownership {
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
    /// Owned for us by an ownership record that could be about another record set.
    Ambiguous(String),
}

impl Row<'_> {
    pub(super) fn ownership(&self, record: &CurrentRecord<'_>) -> Ownership {
        let Some(owner) = &self.planner.owner else {
            return if self.planner.allow_unowned { Ownership::Mine } else { Ownership::Unowned };
        };
        let is_ours = record.owner() == Some(owner);
        let is_adopted = self.planner.adopt.contains(self.name);
        if is_ours {
            let is_mine =
                self.current.scheme().is_none_or(|scheme| scheme.is_my_instance(record.instance()));
            if !is_mine {
                return Ownership::Shared(record.instance().unwrap_or_default().to_owned());
            }
        }
        let migrates =
            record.owner().is_some() && record.owner() == self.planner.migrate_from.as_deref();
        // Wildcard and stand-in change hands together; what another ownership record explains is
        // nobody's.
        let best = record.ownership_records.first().map(|(_, ownership_record)| *ownership_record);
        let is_guess = best
            .is_some_and(|ownership_record| self.current.is_explained(self.name, ownership_record));
        if (is_ours && record.ambiguous || migrates && is_guess) && !is_adopted {
            let ownership_record = record
                .ownership_records
                .first()
                .map(|(_, ownership_record)| ownership_record.endpoint.dns_name.to_string());
            return Ownership::Ambiguous(ownership_record.unwrap_or_default());
        }
        if is_ours && !record.ambiguous {
            return Ownership::Mine;
        }
        let is_for_us = is_ours
            || migrates
            || record.owner().is_none() && is_adopted && self.unread(record).is_none();
        if is_for_us { Ownership::Moving } else { Ownership::Foreign }
    }

    /// Returns what stands in the way of each winner, in the order of the winners.
    pub(super) fn obstacles(&self) -> Vec<Option<Reason>> {
        if let Some(reason) = self.stood_in_for() {
            return vec![Some(reason); self.winners.len()];
        }
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
        let new = &*self.winners.get(at)?.endpoint;
        let mut exists = false;
        for (record, ownership) in self.records.iter().zip(&self.ownerships) {
            if same_set(record.endpoint, new) {
                exists = true;
                if let Some(reason) = self.obstacle_to_update(record, ownership, new) {
                    return Some(reason);
                }
            }
        }
        let (mut makes_room, mut in_the_way) = (false, None);
        for (index, (record, ownership)) in self.records.iter().zip(&self.ownerships).enumerate() {
            if same_set(record.endpoint, new) || self.moves(index, obstacles) {
                continue;
            }
            let Some(clash) = clash(record.endpoint, new) else { continue };
            makes_room = true;
            match self.obstacle_to_room(record, ownership, new, clash) {
                // Taking the others over would be for nothing.
                Some(reason @ Reason::CannotCoexist { .. }) => return Some(reason),
                Some(reason) => _ = in_the_way.get_or_insert(reason),
                None => {}
            }
        }
        if in_the_way.is_some() {
            return in_the_way;
        }
        if exists {
            return None;
        }
        if makes_room || self.planner.policy.allows(Verb::Create) {
            return self.obstacle_to_create(new);
        }
        Some(self.forbidden(Verb::Create))
    }

    /// Returns why the name stays answered for as it is, where the winners only stand in for what its
    /// object lost.
    fn stood_in_for(&self) -> Option<Reason> {
        let answers = |endpoint: &Endpoint| {
            matches!(endpoint.record_type, RecordType::A | RecordType::Aaaa | RecordType::Cname)
        };
        let same = |(at, record): (usize, &CurrentRecord<'_>)| {
            let winner = self.winner_of(at).and_then(|at| self.winners.get(at));
            winner.is_some_and(|winner| {
                !differs(
                    record.endpoint,
                    &winner.endpoint,
                    &self.rules.memory.served.property_prefixes,
                )
            })
        };
        let mine = self.records.iter().zip(&self.ownerships).enumerate();
        let mine = mine.filter(|(_, (_, ownership))| **ownership == Ownership::Mine);
        let mut others =
            mine.filter(|(at, (record, _))| answers(record.endpoint) && !same((*at, record)));
        others
            .find_map(|(_, (record, _))| self.gaps.stand_in(self.name, record.resource()))
            .cloned()
    }

    /// Tells whether a current record set becomes what a winner wants, and so fits the others.
    pub(super) fn moves(&self, at: usize, obstacles: &[Option<Reason>]) -> bool {
        self.winner_of(at).is_some_and(|winner| obstacles.get(winner).is_some_and(Option::is_none))
    }

    /// Returns the winner that decides over a current record set.
    pub(super) fn winner_of(&self, at: usize) -> Option<usize> {
        self.deciders.get(at).copied().flatten()
    }

    fn obstacle_to_update(
        &self,
        record: &CurrentRecord<'_>,
        ownership: &Ownership,
        new: &Endpoint,
    ) -> Option<Reason> {
        let differs = differs(record.endpoint, new, &self.rules.memory.served.property_prefixes);
        let owns_again = self.needs_ownership_record(record, ownership, new);
        match ownership {
            Ownership::Foreign => return Some(self.foreign(record)),
            // Told from the first day: it looks as if all were well until the answer changes.
            Ownership::Ambiguous(ownership_record) => {
                return Some(Reason::AmbiguousOwnershipRecord {
                    ownership_record: ownership_record.clone(),
                });
            }
            _ if !differs && !owns_again => return None,
            Ownership::Mine | Ownership::Moving => {}
            Ownership::Unowned => return Some(Reason::UnownedChange { verb: Verb::Update }),
            Ownership::Shared(instance) => {
                return Some(Reason::OwnerIdShared { instance: instance.clone() });
            }
        }
        if differs && self.current.keeps_ownership_records(record.endpoint) {
            return Some(Reason::OwnershipRecordInTheWay);
        }
        // Other source objects are not known in full, unless the record is the source object's own.
        let is_of_source_object = is_of_source_object(record, new);
        if !is_of_source_object && let Some(reason) = self.gap(record, new) {
            return Some(reason);
        }
        let changes_hands = !differs || *ownership == Ownership::Moving;
        if owns_again && changes_hands && self.cannot_be_owned.contains(&new.key()) {
            return Some(Reason::OwnershipRecordImpossible);
        }
        let verb = match (differs, clash(record.endpoint, new)) {
            (true, Some(_)) => Verb::Replace,
            (true, None) => Verb::Update,
            (false, _) => Verb::Own,
        };
        (!self.planner.policy.allows(verb)).then(|| self.forbidden(verb))
    }

    fn obstacle_to_room(
        &self,
        record: &CurrentRecord<'_>,
        ownership: &Ownership,
        new: &Endpoint,
        clash: Clash,
    ) -> Option<Reason> {
        let record_type = record.endpoint.record_type.clone();
        if !self.planner.manages(&record_type) {
            return Some(Reason::CannotCoexist { record_type });
        }
        match ownership {
            Ownership::Mine | Ownership::Moving => {}
            Ownership::Foreign => {
                // Such a set may be one of many that answer together, so it is named, and nobody is
                // led to take it over: that would remove it. Of one with an owner the owner counts.
                let is_routed = !record.endpoint.set_identifier.is_empty();
                let is_named =
                    is_routed && (!new.set_identifier.is_empty() || record.owner().is_none());
                return Some(match clash {
                    Clash::Routing if is_named => Reason::RoutingPolicyConflict {
                        set_identifier: record.endpoint.set_identifier.clone(),
                        policy: policy(record.endpoint).to_owned(),
                    },
                    // What a zone or its mail hangs on is nothing to take over for an alias.
                    Clash::Type if !is_answer(&record_type) => {
                        Reason::CannotCoexist { record_type }
                    }
                    Clash::Routing | Clash::Type => self.foreign(record),
                });
            }
            Ownership::Unowned => return Some(Reason::UnownedChange { verb: Verb::Replace }),
            Ownership::Shared(instance) => {
                return Some(Reason::OwnerIdShared { instance: instance.clone() });
            }
            Ownership::Ambiguous(ownership_record) => {
                return Some(Reason::AmbiguousOwnershipRecord {
                    ownership_record: ownership_record.clone(),
                });
            }
        }
        if self.current.keeps_ownership_records(record.endpoint) {
            return Some(Reason::OwnershipRecordInTheWay);
        }
        let is_of_source_object = is_of_source_object(record, new);
        if !is_of_source_object && let Some(reason) = self.gap(record, new) {
            return Some(reason);
        }
        (!self.planner.policy.allows(Verb::Replace)).then(|| self.forbidden(Verb::Replace))
    }

    fn obstacle_to_create(&self, new: &Endpoint) -> Option<Reason> {
        if self.sharing == NameSharing::WithinNamespace
            && let Some(name) = self.below.cut_off(self.rules, new)
        {
            return Some(Reason::CutsOffOthers { name });
        }
        let owner = self.planner.owner.as_ref()?;
        if matches!(new.record_type, RecordType::Txt | RecordType::Cname) {
            // An ownership record of ours on this very record set moves away in the same write,
            // unless another record set that stays needs it.
            let moves_away = |about: &CanonicalName, ownership_record: &OwnershipRecord| {
                let dependents = self.current.dependents(about, ownership_record);
                let replaced = new.record_type == RecordType::Cname
                    && dependents.iter().all(|dependent| dependent.name() == self.name);
                about == self.name
                    && ownership_record.labels.owner() == Some(owner)
                    && ownership_record.fit(new).is_some()
                    && (replaced || dependents.is_empty())
            };
            let mut kept_here = self.current.ownership_records_kept_at(self.name);
            if kept_here.any(|(about, ownership_record)| !moves_away(about, ownership_record))
                || self.current.has_orphan(self.name)
            {
                return Some(Reason::OwnershipRecordInTheWay);
            }
        }
        // An ownership record without its record set: someone is about to write it, or lost it.
        if let Some((_, ownership_record)) =
            self.current.ownership_records_on(self.name, new).first()
            && let Some(owned_by) = ownership_record.labels.owner()
        {
            if owned_by == owner {
                let is_mine = self
                    .current
                    .scheme()
                    .is_none_or(|scheme| scheme.is_my_instance(ownership_record.instance()));
                if !is_mine {
                    let instance = ownership_record.instance().unwrap_or_default().to_owned();
                    return Some(Reason::OwnerIdShared { instance });
                }
            } else if self.planner.migrate_from.as_deref() != Some(owned_by) {
                let owner = Some(owned_by.to_owned());
                return Some(Reason::ForeignOwner { owner, record_type: new.record_type.clone() });
            }
        }
        self.cannot_be_owned.contains(&new.key()).then_some(Reason::OwnershipRecordImpossible)
    }

    /// Tells whether the ownership record on a record set must be written, even if the set stays.
    ///
    /// It must when the set is taken over from another owner, when another object wants it now
    /// (what an object's absence may delete is read from the ownership record), when the ownership
    /// record was lost, when an old form is to be brought up to date, and when an ownership record
    /// without a type gets company.
    pub(super) fn needs_ownership_record(
        &self,
        record: &CurrentRecord<'_>,
        ownership: &Ownership,
        new: &Endpoint,
    ) -> bool {
        let moves = *ownership == Ownership::Moving;
        let other_object = record.resource().is_some()
            && new.labels.resource().is_some()
            && !is_same_object(record.resource(), new.labels.resource());
        // What is written already changes hands when it is known whether the other still wants it.
        let other_object = other_object
            && (self.gap(record, new).is_none()
                || differs(record.endpoint, new, &self.rules.memory.served.property_prefixes));
        let is_old = self.planner.normalise_ownership_records && record.has_old_ownership_record();
        // Beside an ownership record with a type, one without a type is a guess.
        let gets_company = record.has_untyped_ownership_record()
            && self.winners.iter().any(|winner| {
                let other = &winner.endpoint;
                other.set_identifier == new.set_identifier && other.record_type != new.record_type
            });
        moves || other_object || record.lost_its_ownership_record() || is_old || gets_company
    }

    /// Returns where an ownership record stands that may be on a record set and cannot be read.
    fn unread(&self, record: &CurrentRecord<'_>) -> Option<String> {
        self.current.unreadable_ownership_record(self.name, record.endpoint).map(String::from)
    }

    fn foreign(&self, record: &CurrentRecord<'_>) -> Reason {
        let unread = record.owner().is_none().then(|| self.unread(record)).flatten();
        match unread {
            Some(ownership_record) => Reason::UnreadableOwnershipRecord { ownership_record },
            None => Reason::ForeignOwner {
                owner: record.owner().map(str::to_owned),
                record_type: record.endpoint.record_type.clone(),
            },
        }
    }

    /// Returns why a current record set is not to be measured by what `new` wants. What another object
    /// says wrong is told to that one, so this one is told who has the name.
    fn gap(&self, record: &CurrentRecord<'_>, new: &Endpoint) -> Option<Reason> {
        if answers_itself(record.endpoint) {
            return None;
        }
        let gap = self.gaps.cover(self.name, &record.endpoint.record_type, record.resource())?;
        let holder = record.resource().filter(|_| gap.object().is_some());
        let another = holder.filter(|holder| {
            new.labels.resource().is_some() && !is_same_object(Some(holder), new.labels.resource())
        });
        Some(match another {
            Some(holder) => Reason::Conflict { winner: holder.to_string() },
            None => gap.reason.clone(),
        })
    }
}

/// Tells whether `new` is all that the object of `record` wants there. What one part of a whole wants
/// is not all that there is, whichever part the record names.
fn is_of_source_object(record: &CurrentRecord<'_>, new: &Endpoint) -> bool {
    is_same_object(record.resource(), new.labels.resource())
        && !new.labels.resource().is_some_and(unites)
}

/// Tells whether both are known and one object.
pub(super) fn is_same_object(a: Option<&ObjectRef>, b: Option<&ObjectRef>) -> bool {
    a.is_some() && a == b
}

/// Tells whether a record set answers the question where a name is, and nothing else.
fn is_answer(record_type: &RecordType) -> bool {
    matches!(record_type, RecordType::A | RecordType::Aaaa | RecordType::Cname)
}
