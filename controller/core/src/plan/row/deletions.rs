//! What becomes of the record sets of a name that nobody wants any more.

use std::collections::BTreeSet;

use external_dns_webhook::Endpoint;

use super::obstacles::{Ownership, is_same_object};
use super::{Disposition, Row};
use crate::desired::{Gap, Unknown, family};
use crate::inventory::CurrentRecord;
use crate::plan::routing::clash;
use crate::plan::step::Action;
use crate::plan::{Deletion, Draft};
use crate::status::{Reason, RecordStatus, Verb};
use crate::value::answers_itself;

impl Row<'_> {
    /// Returns why nothing takes the place of a current record set: what its object wants there instead,
    /// another object has the name for. An object that answers otherwise has something in its place.
    fn lost_by_the_object_of(&self, record: &CurrentRecord<'_>) -> Option<Reason> {
        let is_its =
            |wanted: &Endpoint| is_same_object(wanted.labels.resource(), record.resource());
        let answers = |wanted: &Endpoint| {
            is_its(wanted) && family(&wanted.record_type) == family(&record.endpoint.record_type)
        };
        let mut won = self
            .winners
            .iter()
            .flat_map(|winner| winner.beside.iter().copied().chain([&*winner.endpoint]));
        if won.any(answers) {
            return None;
        }
        let replaces = |wanted: &Endpoint| clash(record.endpoint, wanted).is_some();
        let mut lost = self.lost.iter().filter(|(wanted, _)| is_its(wanted) && replaces(wanted));
        lost.next().map(|(_, reason)| reason.clone())
    }

    /// Decides over the record sets that nobody wants.
    pub(super) fn plan_deletions(&self, obstacles: &[Option<Reason>], draft: &mut Draft<'_>) {
        // As long as something wanted cannot come, what is there for its namespace goes on answering.
        let is_there: BTreeSet<usize> = self.deciders.iter().copied().flatten().collect();
        let comers = self.winners.iter().zip(obstacles).enumerate();
        let comers = comers.filter(|(at, _)| !is_there.contains(at));
        let comers = comers
            .filter_map(|(_, (winner, obstacle))| Some((&*winner.endpoint, obstacle.clone()?)));
        let stuck: Vec<_> = self.empty.iter().cloned().chain(comers).collect();
        let waits = |record: &CurrentRecord<'_>| {
            let is_theirs = |(wanted, _): &&(&Endpoint, Reason)| {
                self.sharing.is_maybe_one(wanted.labels.resource(), record.resource())
            };
            let stuck = stuck.iter().find(is_theirs).map(|(_, reason)| reason.clone());
            stuck.or_else(|| self.lost_by_the_object_of(record))
        };
        for (index, (record, ownership)) in self.records.iter().zip(&self.ownerships).enumerate() {
            if self.dispositions.get(index) != Some(&Disposition::Stay)
                || !self.planner.manages(&record.endpoint.record_type)
            {
                continue;
            }
            let reason = match ownership {
                Ownership::Foreign | Ownership::Moving => continue,
                Ownership::Unowned => {
                    let gap = self.deletion_gap(record).map(|gap| gap.reason.clone());
                    gap.or(Some(Reason::UnownedChange { verb: Verb::Delete }))
                }
                Ownership::Shared(instance) => {
                    Some(Reason::OwnerIdShared { instance: instance.clone() })
                }
                Ownership::Ambiguous(ownership_record) => Some(Reason::AmbiguousOwnershipRecord {
                    ownership_record: ownership_record.clone(),
                }),
                Ownership::Mine => {
                    let allowed = self.planner.policy.allows(Verb::Delete);
                    let keeps_ownership_records =
                        self.current.keeps_ownership_records(record.endpoint);
                    let gap = self.deletion_gap(record);
                    if let (Some(Unknown::Resource(object)), None) =
                        (gap.map(|gap| &gap.what), record.resource())
                    {
                        *draft.blamed.entry(object.clone()).or_default() += 1;
                    }
                    gap.map(|gap| gap.reason.clone())
                        .or_else(|| {
                            keeps_ownership_records.then_some(Reason::OwnershipRecordInTheWay)
                        })
                        .or_else(|| waits(record))
                        .or_else(|| (!allowed).then(|| self.forbidden(Verb::Delete)))
                }
            };
            let Some(reason) = reason else {
                let step = self.step(Action::Delete, Some(record), None);
                let (name, endpoint) = (self.name.to_owned(), record.labelled());
                let ownership_record = record
                    .ownership_records
                    .first()
                    .map(|(_, ownership_record)| ownership_record.endpoint.dns_name.clone());
                let after = Vec::new();
                draft.deletions.push(Deletion { name, endpoint, step, ownership_record, after });
                continue;
            };
            let mut step = self.step(Action::Hold, Some(record), None);
            step.reason = Some(reason.clone());
            draft.steps.push(step);
            draft.told.insert(self.name.to_owned());
            let status = RecordStatus {
                name: record.endpoint.dns_name.clone(),
                record_type: Some(record.endpoint.record_type.clone()),
                object: record.resource().cloned(),
                zone: self.current.info().cloned(),
                reason,
            };
            // Its object may want this name and type under another identifier, and was told.
            let about = |status: &RecordStatus| (status.record_type.clone(), status.object.clone());
            let of_this_name = draft.statuses.get(self.told_before..).unwrap_or_default();
            if !of_this_name.iter().any(|other| about(other) == about(&status)) {
                draft.statuses.push(status);
            }
        }
    }

    fn deletion_gap(&self, record: &CurrentRecord<'_>) -> Option<&Gap> {
        if answers_itself(record.endpoint) {
            return None;
        }
        let record_type = &record.endpoint.record_type;
        self.gaps.cover_deletion(self.name, record_type, record.resource())
    }
}
