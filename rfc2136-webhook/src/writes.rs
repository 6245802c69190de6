//! Sends groups of changes to one zone, as many in a message as fit, and finds out what became of
//! each.

use std::collections::VecDeque;

use external_dns_webhook::server::client_gone;
use external_dns_webhook::{Refusal, RefusalCode};

use crate::fault::{Code, Fault, chain};
use crate::group::Group;
use crate::message::Request;
use crate::metrics::Metrics;
use crate::update::{Evaluated, Plan, Ttls, evaluate};
use crate::zone::{Held, Zone};

/// Most bytes of a message: TCP carries 65,535 ([RFC 1035, 4.2.2]), some of which are the signature's.
///
/// [RFC 1035, 4.2.2]: https://www.rfc-editor.org/rfc/rfc1035#section-4.2.2
pub const MAX_MESSAGE_BYTES: usize = 60_000;

/// Most records in one part of a message, of the 65,535 that its header could count.
const MAX_RECORDS: usize = 30_000;

/// How often the same groups are tried together.
const MOST_ATTEMPTS: u8 = 3;

/// After how many names that are refused by themselves, while none is taken, no further is tried.
const MOST_REFUSED: usize = 3;

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
    pub unknown: Option<Fault>,
}

/// Groups that wait, and how often they were tried.
struct Batch {
    groups: VecDeque<Group>,
    attempts: u8,
}

/// One that is under way.
struct Work<'a> {
    zone: &'a Zone,
    held: Held<'a>,
    settings: Settings,
    metrics: &'a Metrics,
    queue: VecDeque<Batch>,
    outcome: Outcome,
    has_written: bool,
    refused_alone: usize,
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
    let held = match zone.read().await {
        Ok(held) => held,
        Err(fault) => {
            let message = unavailable(zone, &fault);
            let refuse =
                |group: &Group| group.refused(&RefusalCode::ZoneUnavailable, &message, true);
            let refused = groups.iter().flat_map(refuse).collect();
            return Outcome { refused, unknown: None };
        }
    };
    let all = Batch { groups: groups.into(), attempts: 0 };
    let mut work = Work {
        zone,
        held,
        settings,
        metrics,
        queue: [all].into(),
        outcome: Outcome::default(),
        has_written: false,
        refused_alone: 0,
    };
    let gone = client_gone();
    while let Some(batch) = work.queue.pop_front() {
        let Some((groups, plan, attempts)) = work.take(batch) else { continue };
        let next = if gone.is_cancelled() {
            let message = "the controller did not wait for the answer".to_owned();
            work.refuse(&groups, &RefusalCode::NotTried, &message, true);
            Next::Stop { code: RefusalCode::NotTried, message }
        } else if settings.dry_run {
            tell(zone, &groups, "Would write a change");
            Next::Continue
        } else {
            work.send(groups, plan, attempts).await
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
    /// Takes as many groups as fit in a message, and leaves the others in the queue.
    fn take(&mut self, batch: Batch) -> Option<(Vec<Group>, Plan, u8)> {
        let Batch { mut groups, attempts } = batch;
        let (mut taken, mut all, mut changes) = (Vec::new(), Plan::default(), 0);
        let mut length = 0;
        while let Some(group) = groups.pop_front() {
            let apex = &self.zone.config.name;
            let plan = match evaluate(&group, apex, &self.held.snapshot, self.settings.ttls) {
                Evaluated::Done => continue,
                Evaluated::Refused(obstacle) => {
                    let message = obstacle.to_string();
                    self.refuse(&[group], &obstacle.code(), &message, obstacle.is_retryable());
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
                self.refuse(&[group], &RefusalCode::TooLarge, &message, false);
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
            all.extend(plan);
            taken.push(group);
        }
        if !groups.is_empty() {
            self.queue.push_front(Batch { groups, attempts });
        }
        (!taken.is_empty()).then_some((taken, all, attempts))
    }

    async fn send(&mut self, groups: Vec<Group>, plan: Plan, attempts: u8) -> Next {
        let Plan { prerequisites, removals, additions } = plan;
        let mut request = Request::update(self.zone.config.name.clone());
        request.prerequisites = prerequisites;
        // What goes, goes first: beside it what comes could not stand.
        request.authority = removals.into_iter().chain(additions).collect();
        let Err(fault) = self.zone.update(&request).await else {
            tell(self.zone, &groups, "Wrote a change");
            self.metrics.wrote(groups.iter().map(|group| group.changes.len()).sum());
            self.has_written = true;
            return Next::Continue;
        };
        tracing::debug!(
            zone = self.zone.config.id,
            names = groups.len(),
            error = chain(&fault),
            "A message of changes was not taken"
        );
        match &fault {
            Fault::Refused { code, .. } if code.is_prerequisite() => {
                self.look_again(groups, attempts, fault).await
            }
            fault_in_doubt if fault_in_doubt.is_in_doubt() => {
                self.look_again(groups, attempts, fault).await
            }
            Fault::Refused { code, .. }
                if matches!(
                    *code,
                    Code::REFUSED | Code::FORMAT | Code::NOT_IN_ZONE | Code::SERVER_FAILURE
                ) =>
            {
                self.narrow_down(groups, &fault)
            }
            _ => {
                let message = unavailable(self.zone, &fault);
                self.refuse(&groups, &RefusalCode::ZoneUnavailable, &message, true);
                Next::Stop { code: RefusalCode::ZoneUnavailable, message }
            }
        }
    }

    /// Reads the zone, and tries what is still to be done: what was done already is found there, and
    /// what another owner has changed is refused.
    async fn look_again(&mut self, groups: Vec<Group>, attempts: u8, fault: Fault) -> Next {
        if let Err(read) = self.held.again(self.zone).await {
            let message = format!("{}; {}", chain(&fault), chain(&read));
            if fault.is_in_doubt() {
                self.outcome.unknown = Some(fault);
            } else {
                self.refuse(&groups, &RefusalCode::ZoneUnavailable, &message, true);
            }
            return Next::Stop { code: RefusalCode::ZoneUnavailable, message };
        }
        let attempts = attempts + 1;
        if attempts < MOST_ATTEMPTS {
            self.queue.push_front(Batch { groups: groups.into(), attempts });
            return Next::Continue;
        }
        if fault.is_in_doubt() {
            let message = unavailable(self.zone, &fault);
            self.outcome.unknown = Some(fault);
            return Next::Stop { code: RefusalCode::ZoneUnavailable, message };
        }
        if groups.len() > 1 {
            self.halve(groups);
            return Next::Continue;
        }
        let message = format!(
            "{}, whenever it is tried: another owner changes it at the same time, or the zone \
             holds what a transfer does not show",
            chain(&fault)
        );
        self.refuse(&groups, &RefusalCode::ChangedElsewhere, &message, true);
        Next::Continue
    }

    /// Finds out which of several groups the server will not take.
    fn narrow_down(&mut self, groups: Vec<Group>, fault: &Fault) -> Next {
        if groups.len() > 1 {
            self.halve(groups);
            return Next::Continue;
        }
        let message = unavailable(self.zone, fault);
        self.refuse(&groups, &RefusalCode::RefusedByService, &message, true);
        self.refused_alone += 1;
        if self.refused_alone >= MOST_REFUSED && !self.has_written {
            return Next::Stop { code: RefusalCode::NotTried, message };
        }
        Next::Continue
    }

    fn halve(&mut self, groups: Vec<Group>) {
        let mut first: VecDeque<_> = groups.into();
        let second = first.split_off(first.len() / 2);
        self.queue.push_front(Batch { groups: second, attempts: 0 });
        self.queue.push_front(Batch { groups: first, attempts: 0 });
    }

    fn refuse(&mut self, groups: &[Group], code: &RefusalCode, message: &str, retryable: bool) {
        for group in groups {
            let refused = group.refused(code, message, retryable);
            self.metrics.refused(group.changes.len());
            for Refusal { dns_name, record_type, .. } in &refused {
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
            self.refuse(&Vec::from(batch.groups), code, message, true);
        }
    }
}

fn tell(zone: &Zone, groups: &[Group], what: &'static str) {
    for change in groups.iter().flat_map(|group| &group.changes) {
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
