//! Sends groups of changes to one zone, as many in a message as fit, and finds out what became of
//! each.

mod batch;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use daemon::Few;
use daemon::chain;
use external_dns_webhook::server::client_gone;
use external_dns_webhook::{Refusal, RefusalCode};

use self::batch::{Batch, Unconfirmed, in_order};
use crate::fault::{Code, Fault};
use crate::group::Group;
use crate::message::Request;
use crate::metrics::Metrics;
use crate::name::Name;
use crate::update::{Evaluated, Plan, Ttls, evaluate};
use crate::zone::{LockedZone, NotUpdated, Zone};

/// Most bytes of a message: TCP carries 65,535 ([RFC 1035, 4.2.2]), some of which are the signature's.
///
/// [RFC 1035, 4.2.2]: https://www.rfc-editor.org/rfc/rfc1035#section-4.2.2
pub const MAX_MESSAGE_BYTES: usize = 60_000;

/// Most records in one part of a message, of the 65,535 that its header could count.
const MAX_RECORDS: usize = 30_000;

/// How often the same groups are tried together.
const MOST_ATTEMPTS: u8 = 3;

/// After how many names that are refused by themselves no further is tried in a zone that takes
/// nothing else either.
const MOST_REFUSED: usize = 3;

/// What is said of a refusal when the zone takes other updates.
const OF_THIS_RECORD: &str = "; it takes other updates of this zone, so it objects to this name: to \
     so many values, to what stands at or above it (as a DNAME), or to what it points to; the name \
     server's log says which";

/// How changes are written.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How long records may be kept.
    pub ttls: Ttls,
    /// Most changes in one message; zero for no limit but that of its size.
    pub most_changes: usize,
    /// Whether changes are only logged.
    pub dry_run: bool,
}

/// What became of changes.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Those that were not written, and why.
    pub refused: Vec<Refusal>,
    /// Why it is not known what became of some; `None` when it is.
    pub unknown: Option<Arc<Fault>>,
}

/// One that is under way.
struct Work<'a> {
    zone: &'a Zone,
    locked: LockedZone<'a>,
    settings: Settings,
    metrics: &'a Metrics,
    queue: VecDeque<Batch>,
    outcome: Outcome,
    /// Whether the server takes updates of this zone at all; `None` while nothing shows it.
    takes_updates: Option<bool>,
    /// Names of what was written since the zone was read.
    written: BTreeSet<Name>,
    refused_alone: usize,
    told: Few,
}

/// What to do after a request.
enum Next {
    /// Go on with what waits.
    Continue,
    /// Nothing more can be done in this zone now.
    Stop { code: RefusalCode, message: String },
}

/// Writes groups of changes to a zone.
pub async fn write(
    zone: &Zone,
    groups: Vec<Group>,
    settings: Settings,
    metrics: &Metrics,
) -> Outcome {
    let locked = match zone.read().await {
        Ok(locked) => locked,
        Err(fault) => {
            let message = unavailable(zone, &fault);
            let refuse =
                |group: &Group| group.refused(&RefusalCode::ZoneUnavailable, &message, true);
            let refused = groups.iter().flat_map(refuse).collect();
            return Outcome { refused, unknown: None };
        }
    };
    let groups = zone.refused_last(in_order(groups));
    let all = Batch { groups, ..Batch::default() };
    let mut work = Work {
        zone,
        locked,
        settings,
        metrics,
        queue: [all].into(),
        outcome: Outcome::default(),
        takes_updates: None,
        written: BTreeSet::new(),
        refused_alone: 0,
        told: Few::new("Refused more changes of the same request; each is in its answer"),
    };
    let gone = client_gone();
    while let Some(batch) = work.queue.pop_front() {
        let next = if gone.is_cancelled() {
            let message = "the controller did not wait for the answer".to_owned();
            work.refuse_batch(batch, &RefusalCode::NotTried, &message);
            Next::Stop { code: RefusalCode::NotTried, message }
        } else {
            work.next(batch).await
        };
        if let Next::Stop { code, message } = next {
            work.refuse_rest(&code, &message);
        }
    }
    work.outcome
}

/// Returns why nothing can be written in a zone.
pub fn unavailable(zone: &Zone, fault: &Fault) -> String {
    format!("zone `{}`: {}", zone.config.id, chain(fault))
}

impl Work<'_> {
    /// Does what can be done at once for the first groups of a batch.
    async fn next(&mut self, batch: Batch) -> Next {
        let touches_written = batch.groups.front().is_some_and(|group| self.is_written(group));
        if touches_written && let Err(fault) = self.locked.again(self.zone).await {
            let message = unavailable(self.zone, &fault);
            self.refuse_batch(batch, &RefusalCode::ZoneUnavailable, &message);
            return Next::Stop { code: RefusalCode::ZoneUnavailable, message };
        }
        if touches_written {
            self.written.clear();
        }
        let Some((taken, plan)) = self.take(batch) else { return Next::Continue };
        if self.settings.dry_run {
            tell(self.zone, taken.groups.iter(), "Would write a change");
            return Next::Continue;
        }
        self.send(taken, plan).await
    }

    /// Tells whether a name of a group was written since the zone was read.
    fn is_written(&self, group: &Group) -> bool {
        !self.written.is_empty() && !self.written.is_disjoint(&group.names())
    }

    /// Takes as many groups as fit in a message, and leaves the others in the queue.
    ///
    /// No two groups of a message share a name: each is compared with the zone as it was read, and a
    /// server skips without a word what cannot stand beside what came before it in the same message
    /// ([RFC 2136, 3.4.2.2]).
    ///
    /// [RFC 2136, 3.4.2.2]: https://www.rfc-editor.org/rfc/rfc2136#section-3.4.2.2
    fn take(&mut self, batch: Batch) -> Option<(Batch, Plan)> {
        let Batch { mut groups, attempts, unconfirmed } = batch;
        let (mut taken, mut all, mut changes) = (VecDeque::new(), Plan::default(), 0);
        let (mut length, mut names) = (0, BTreeSet::new());
        while let Some(group) = groups.pop_front() {
            let own_names = group.names();
            if !names.is_disjoint(&own_names) || self.is_written(&group) {
                groups.push_front(group);
                break;
            }
            let apex = &self.zone.config.name;
            let plan = match evaluate(&group, apex, &self.locked.snapshot, self.settings.ttls) {
                Evaluated::Done => continue,
                Evaluated::Refused(obstacle) => {
                    let (message, retryable) = (obstacle.to_string(), obstacle.is_retryable());
                    self.refuse(
                        &[group],
                        unconfirmed.as_ref(),
                        &obstacle.code(),
                        &message,
                        retryable,
                    );
                    continue;
                }
                Evaluated::Write(plan) => plan,
            };
            let more = plan.length();
            let records = all.prerequisites.len() + plan.prerequisites.len();
            if more > MAX_MESSAGE_BYTES {
                let message = format!(
                    "it takes {more} bytes with its ownership record, and a message has at most \
                     {MAX_MESSAGE_BYTES}; use fewer or shorter values"
                );
                self.refuse(
                    &[group],
                    unconfirmed.as_ref(),
                    &RefusalCode::TooLarge,
                    &message,
                    false,
                );
                continue;
            }
            let most = match self.settings.most_changes {
                0 => usize::MAX,
                most => most,
            };
            let is_full = length + more > MAX_MESSAGE_BYTES
                || records > MAX_RECORDS
                || changes + group.changes.len() > most;
            if is_full && !taken.is_empty() {
                groups.push_front(group);
                break;
            }
            length += more;
            changes += group.changes.len();
            names.extend(own_names);
            all.extend(plan);
            taken.push_back(group);
        }
        if !groups.is_empty() {
            self.queue.push_front(Batch { groups, attempts, unconfirmed: unconfirmed.clone() });
        }
        (!taken.is_empty()).then_some((Batch { groups: taken, attempts, unconfirmed }, all))
    }

    async fn send(&mut self, batch: Batch, plan: Plan) -> Next {
        let Plan { prerequisites, removals, additions } = plan;
        let mut request = Request::update(self.zone.config.name.clone());
        request.prerequisites = prerequisites;
        // What goes, goes first: beside it what comes could not stand.
        request.authority = removals.into_iter().chain(additions).collect();
        let Err(NotUpdated { server, fault }) = self.zone.update(&request).await else {
            tell(self.zone, batch.groups.iter(), "Wrote a change");
            self.metrics.wrote(batch.groups.iter().map(|group| group.changes.len()).sum());
            self.takes_updates = Some(true);
            self.written.extend(batch.groups.iter().flat_map(Group::names));
            return Next::Continue;
        };
        tracing::debug!(
            zone = self.zone.config.id,
            names = batch.groups.len(),
            error = chain(&fault),
            "A message of changes was not taken"
        );
        if fault.is_unconfirmed() {
            let Batch { groups, attempts, unconfirmed } = batch;
            let unconfirmed = Unconfirmed::of(unconfirmed, server, fault);
            let message = unavailable(self.zone, &unconfirmed.fault);
            return self
                .look_again(Batch { groups, attempts, unconfirmed: Some(unconfirmed) }, message)
                .await;
        }
        match &fault {
            Fault::Refused { code, .. } if code.is_prerequisite() => {
                self.look_again(batch, chain(&fault)).await
            }
            Fault::Refused { code, .. }
                if matches!(
                    *code,
                    Code::REFUSED | Code::FORMAT | Code::NOT_IN_ZONE | Code::SERVER_FAILURE
                ) =>
            {
                self.narrow_down(batch, &fault).await
            }
            _ => {
                let message = unavailable(self.zone, &fault);
                self.refuse_batch(batch, &RefusalCode::ZoneUnavailable, &message);
                Next::Stop { code: RefusalCode::ZoneUnavailable, message }
            }
        }
    }

    /// Reads the zone, and tries what is still to be done: what was done already is found there, and
    /// what another owner has changed is refused.
    async fn look_again(&mut self, mut batch: Batch, why: String) -> Next {
        // What was read again and fails again is not what the zone has, whatever its serial says: it
        // can be changed without a new one, and then only a whole transfer shows it.
        let read = match (batch.attempts, &batch.unconfirmed) {
            (0, _) | (_, Some(_)) => self.locked.again(self.zone).await,
            (_, None) => self.locked.anew(self.zone).await,
        };
        if let Err(read) = read {
            let message = format!("{why}; {}", chain(&read));
            self.refuse_batch(batch, &RefusalCode::ZoneUnavailable, &message);
            return Next::Stop { code: RefusalCode::ZoneUnavailable, message };
        }
        self.written.clear();
        batch.attempts += 1;
        let is_last = batch.attempts >= MOST_ATTEMPTS;
        // After the last attempt nothing is tried that a late update could still come before.
        if is_last && let Some(unconfirmed) = &batch.unconfirmed {
            let message = unavailable(self.zone, &unconfirmed.fault);
            self.refuse_batch(batch, &RefusalCode::ZoneUnavailable, &message);
            return Next::Stop { code: RefusalCode::ZoneUnavailable, message };
        }
        let read_from = self.locked.read_from();
        batch.unconfirmed =
            batch.unconfirmed.and_then(|unconfirmed| unconfirmed.after_reading(read_from));
        if !is_last {
            self.queue.push_front(batch);
            return Next::Continue;
        }
        if batch.groups.len() > 1 {
            self.halve(batch);
            return Next::Continue;
        }
        let message = format!(
            "{why}, whenever it is tried: another owner changes it at the same time, or the zone \
             holds what a transfer does not show"
        );
        let groups = Vec::from(batch.groups);
        self.refuse(&groups, None, &RefusalCode::ChangedElsewhere, &message, true);
        Next::Continue
    }

    /// Finds out which of several groups the server will not take.
    async fn narrow_down(&mut self, batch: Batch, fault: &Fault) -> Next {
        if batch.groups.len() > 1 {
            self.halve(batch);
            return Next::Continue;
        }
        let mut message = unavailable(self.zone, fault);
        if self.takes_updates().await {
            message.push_str(OF_THIS_RECORD);
            self.refuse_batch(batch, &RefusalCode::RefusedByService, &message);
            return Next::Continue;
        }
        self.zone.refused_alone(batch.groups.iter().map(|group| group.about.as_str()));
        self.refuse_batch(batch, &RefusalCode::RefusedByService, &message);
        self.refused_alone += 1;
        if self.refused_alone >= MOST_REFUSED {
            return Next::Stop { code: RefusalCode::NotTried, message };
        }
        Next::Continue
    }

    /// Tells whether the server takes updates of this zone: by what it took, or else by what it says
    /// to one that changes nothing.
    async fn takes_updates(&mut self) -> bool {
        if self.takes_updates.is_none() {
            self.takes_updates = Some(self.zone.update_nothing().await.is_ok());
        }
        self.takes_updates == Some(true)
    }

    fn halve(&mut self, batch: Batch) {
        let Batch { groups: mut first, attempts: _, unconfirmed } = batch;
        let second = first.split_off(first.len() / 2);
        self.queue.push_front(Batch {
            groups: second,
            attempts: 0,
            unconfirmed: unconfirmed.clone(),
        });
        self.queue.push_front(Batch { groups: first, attempts: 0, unconfirmed });
    }

    fn refuse_batch(&mut self, batch: Batch, code: &RefusalCode, message: &str) {
        let Batch { groups, attempts: _, unconfirmed } = batch;
        self.refuse(&Vec::from(groups), unconfirmed.as_ref(), code, message, true);
    }

    /// Tells that groups were not written, or, when that is unconfirmed, that it is not known: there is
    /// no other way to give one up.
    fn refuse(
        &mut self,
        groups: &[Group],
        unconfirmed: Option<&Unconfirmed>,
        code: &RefusalCode,
        message: &str,
        retryable: bool,
    ) {
        if let Some(unconfirmed) = unconfirmed {
            self.metrics.unknown(groups.iter().map(|group| group.changes.len()).sum());
            let names: Vec<_> = groups.iter().map(|group| group.about.as_str()).collect();
            tracing::warn!(
                zone = self.zone.config.id,
                names = names.join(" "),
                error = chain(&unconfirmed.fault),
                since = message,
                "It is not known whether changes were written; the next sync reads what is there"
            );
            self.outcome.unknown.get_or_insert_with(|| Arc::clone(&unconfirmed.fault));
            return;
        }
        for group in groups {
            let refused = group.refused(code, message, retryable);
            self.metrics.refused(group.changes.len());
            for Refusal { dns_name, record_type, .. } in
                refused.iter().filter(|_| self.told.is_first())
            {
                tracing::warn!(
                    record.name = %dns_name,
                    record.r#type = record_type.as_str(),
                    reason = code.as_str(),
                    error = message,
                    "Refused a change"
                );
            }
            self.outcome.refused.extend(refused);
        }
    }

    fn refuse_rest(&mut self, code: &RefusalCode, message: &str) {
        for batch in std::mem::take(&mut self.queue) {
            self.refuse_batch(batch, code, message);
        }
    }
}

fn tell<'a>(zone: &Zone, groups: impl Iterator<Item = &'a Group>, what: &'static str) {
    for change in groups.flat_map(|group| &group.changes) {
        if let Some(endpoint) = change.endpoint() {
            tracing::info!(
                zone = zone.config.id,
                change = change.verb(),
                record.name = %endpoint.dns_name,
                record.r#type = endpoint.record_type.as_str(),
                "{what}"
            );
        }
    }
}
