//! What a sync means for the source objects: written, removed, or why not.

use std::collections::BTreeSet;

use controller_core::plan::{Action, Refused, Step, Values};
use controller_core::status::{Reason, RecordStatus};
use controller_core::zone::ZoneInfo;
use external_dns_webhook::{
    CanonicalName, Endpoint, ObjectRef, RecordKey, RecordType, Refusal, Ttl, ZoneId,
};

use super::Kind;
use crate::reconcile::{Report, SyncError};

/// Something that happened to a record set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) subject: Subject,
    pub(super) kind: Kind,
    /// What was done, in one word.
    pub(super) action: &'static str,
    /// A sentence.
    pub(super) note: String,
    /// Whether it stays so until the user acts.
    pub(super) needs_action: bool,
}

/// What an outcome is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Subject {
    /// `kind/namespace/name`.
    pub(super) object: ObjectRef,
    about: About,
    /// Code of the reason; empty for what was done.
    code: String,
}

/// What of an object an outcome is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum About {
    /// All of it, or no name of it yet.
    Object,
    /// A name that has a status: of one type or of all, in one zone or in all.
    Name { name: CanonicalName, record_type: Option<RecordType>, zone: Option<ZoneId> },
    /// A record set that was written, or refused.
    RecordSet(RecordKey),
}

/// Returns what was done, and what is wrong; without objects of other namespaces where those are kept
/// apart.
pub(super) fn outcomes(
    report: &Report,
    owner: &str,
    keeps_apart: bool,
) -> (Vec<Outcome>, Vec<Outcome>) {
    let written = &report.written;
    let changes = &written.changes;
    let changed = changes.create.iter().chain(&changes.delete);
    let changed = changed.chain(changes.update.iter().map(|update| &update.new));
    let changed: BTreeSet<RecordKey> = changed.map(Endpoint::key).collect();
    let no = Refused::new(&written.refused);
    let (mut done, mut wrong) = (Vec::new(), Vec::new());
    for step in report.plan.steps() {
        let Some(object) = &step.object else { continue };
        let Some((kind, action, values)) = effect(step) else { continue };
        let zone = step.zone.as_ref().and_then(ZoneInfo::id);
        let key = RecordKey::new(
            &step.name,
            step.record_type.clone(),
            step.set_identifier.clone(),
            zone.cloned(),
        );
        let refusal = no.of((&step.name, &step.record_type, &step.set_identifier), zone);
        let record = record(step, values, owner);
        if let Some(Refusal { code, message, .. }) = refusal {
            wrong.push(Outcome {
                subject: Subject::new(object, About::RecordSet(key), code.as_str()),
                kind: Kind::Error,
                action,
                note: format!("{record}: the provider did not take it: {message} ({code})"),
                needs_action: true,
            });
        } else if changed.contains(&key) {
            let beside = report.plan.beside(step).iter();
            for object in std::iter::once(object).chain(beside) {
                let subject = Subject::new(object, About::RecordSet(key.clone()), "");
                let (note, needs_action) = (record.clone(), false);
                done.push(Outcome { subject, kind, action, note, needs_action });
            }
        }
    }
    // What was refused when it was to be written is told above, with the record.
    let refused = written.refused.iter().map(|no| no.dns_name.canonical());
    let refused: BTreeSet<_> = refused.collect();
    let is_told = |status: &&RecordStatus| {
        matches!(status.reason, Reason::ProviderRejected { .. })
            && refused.contains(status.name.canonical())
    };
    let others = report.plan.statuses.iter().filter(|status| !is_told(status));
    wrong.extend(others.filter_map(|status| refusal(status, owner, keeps_apart)));
    (done, wrong)
}

/// Returns what did not come about because `error` ended the sync, once for each object.
///
/// `waiting` is what objects want whose last change has not reached the provider; it matters
/// when the sync ended before it was known what to write.
pub(super) fn failures(error: &SyncError, waiting: &[Endpoint], owner: &str) -> Vec<Outcome> {
    let why = daemon::chain(error);
    let mut told = BTreeSet::new();
    let mut outcomes = Vec::new();
    let mut add = |object: &ObjectRef, action: &'static str, record: String| {
        if told.insert(object.clone()) {
            outcomes.push(Outcome {
                subject: Subject::new(object, About::Object, "Failed"),
                kind: Kind::Error,
                action,
                note: format!("{record}: not written yet, and tried again: {why}"),
                needs_action: false,
            });
        }
    };
    if let SyncError::Apply { plan, .. } = error {
        for step in plan.steps() {
            if let (Some(object), Some((_, action, values))) = (&step.object, effect(step)) {
                add(object, action, record(step, values, owner));
            }
        }
        return outcomes;
    }
    for endpoint in waiting {
        let Some(object) = endpoint.labels.resource() else { continue };
        let targets: Vec<_> = endpoint.targets.iter().collect();
        let record = format!(
            "(external-dns) record:{},owner:{owner},type:{},ttl:{},targets:{}",
            endpoint.dns_name,
            endpoint.record_type,
            endpoint.ttl.map(Ttl::seconds).unwrap_or_default(),
            targets.join(",")
        );
        add(object, "FailedSync", record);
    }
    outcomes
}

/// Returns what a step does to the record set and what it is about; `None` when nothing is done.
fn effect(step: &Step) -> Option<(Kind, &'static str, Option<&Values>)> {
    match step.action {
        Action::Create => Some((Kind::Ready, "Created", step.new.as_ref())),
        Action::Update => Some((Kind::Ready, "Updated", step.new.as_ref())),
        Action::Delete => Some((Kind::Deleted, "Deleted", step.old.as_ref())),
        Action::Replace => match &step.new {
            Some(new) => Some((Kind::Ready, "Created", Some(new))),
            None => Some((Kind::Deleted, "Deleted", step.old.as_ref())),
        },
        // Which owner a record set has is not what the object wants; what is held has a status.
        Action::Own | Action::Hold => None,
    }
}

/// Returns which zone an outcome is about, to be put after a record set.
fn in_zone(zone: Option<&ZoneInfo>) -> String {
    zone.map(|zone| format!(",zone:{zone}")).unwrap_or_default()
}

/// Returns what a status tells its object; `None` when all is well or not our business.
fn refusal(status: &RecordStatus, owner: &str, keeps_apart: bool) -> Option<Outcome> {
    let RecordStatus { name, record_type, object, zone, reason } = status;
    let object = object.as_ref()?;
    let apart = keeps_apart.then(|| reason.without_others(Some(object)));
    let reason = apart.as_ref().unwrap_or(reason);
    // Another controller's object or name: each of several instances would say so on every object.
    let is_others =
        matches!(reason, Reason::OtherController { .. } | Reason::FilteredDomain { .. });
    if reason.is_well() || is_others {
        return None;
    }
    let code = reason.code();
    let note = match record_type {
        _ if name.canonical().as_str().is_empty() => "(external-dns)".to_owned(),
        None => format!("(external-dns) record:{name},owner:{owner}"),
        Some(record_type) => {
            format!("(external-dns) record:{name},owner:{owner},type:{record_type}")
        }
    };
    let about = About::Name {
        name: name.canonical().clone(),
        record_type: record_type.clone(),
        zone: zone.as_ref().and_then(ZoneInfo::id).cloned(),
    };
    let hint = match reason.hint() {
        "" => String::new(),
        hint => format!("; next: {hint}"),
    };
    Some(Outcome {
        subject: Subject::new(object, about, code),
        kind: Kind::Error,
        action: "Refused",
        note: format!("{note}{} {code}: {reason}{hint}", in_zone(zone.as_ref())),
        needs_action: reason.needs_someone(),
    })
}

/// Returns a record set in the form that `ExternalDNS` notes it in.
fn record(step: &Step, values: Option<&Values>, owner: &str) -> String {
    let none = Values::default();
    let Values { targets, ttl, properties: _ } = values.unwrap_or(&none);
    let owner = step.new_owner.as_deref().or(step.owner.as_deref()).unwrap_or(owner);
    format!(
        "(external-dns) record:{},owner:{owner},type:{},ttl:{},targets:{}{}",
        step.name,
        step.record_type,
        ttl.unwrap_or_default(),
        targets.join(","),
        // Where there is one of the name, the name says it.
        in_zone(step.zone.as_ref().filter(|zone| zone.id().is_some()))
    )
}

impl Subject {
    fn new(object: &ObjectRef, about: About, code: &str) -> Self {
        Self { object: object.clone(), about, code: code.to_owned() }
    }

    /// Returns what stands for it among the shards: its name, and for a whole object that.
    pub(super) fn told_by(&self) -> CanonicalName {
        let name = self.name();
        if name.is_empty() { CanonicalName::from(self.object.to_string()) } else { name }
    }

    /// Returns the name that it is about; empty for a whole object.
    pub(super) fn name(&self) -> CanonicalName {
        match &self.about {
            About::Object => CanonicalName::default(),
            About::Name { name, .. } => name.clone(),
            About::RecordSet(key) => key.name().clone(),
        }
    }
}
