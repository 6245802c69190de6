//! Kubernetes Events: objects are told what became of the names they want.
//!
//! An Event is made when something happens: a record set is written or removed, a provider does
//! not take it or is not there, or a reason not to publish it is new. Unless the flags say otherwise, only
//! what a person must act on is told. Nothing is said twice, so a cluster in which
//! nothing changes gets none; a restart tells what is wrong once more. Events never delay a sync:
//! they wait in a queue of bounded length, and what does not fit is left out with a warning; so is what
//! an object that changes its mind all the time has beyond its allowance.

mod allowance;
mod deliver;
mod object_lookup;
mod operator_action;
mod outcome;

use std::collections::{BTreeMap, BTreeSet};

use controller_core::desired::Scope;
use controller_core::plan::memory::Served;
use external_dns_webhook::{CanonicalName, Endpoint, ObjectRef, Printable};
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use kube::Client;
use tokio::sync::mpsc::{self, Sender};
use tokio_util::sync::CancellationToken;

use self::allowance::Allowances;
use self::object_lookup::ObjectLookup;
pub use self::operator_action::OperatorAction;
use self::outcome::{Outcome, Subject};
use crate::reconcile::{Report, SyncError};
use controller_sources::objects::Objects;

/// How many Events wait at most.
const QUEUE: usize = 1_000;

/// What reports, under the name that filters on `ExternalDNS`'s Events look for.
const CONTROLLER: &str = "external-dns";

/// The longest name of an object ([names]).
///
/// [names]: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names
const MAX_NAME: usize = 253;

/// The longest note ([Event v1]), in bytes.
///
/// [Event v1]: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
const MAX_NOTE: usize = 1_024;

/// Which kinds of Events are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each kind is chosen by itself")]
pub struct EventFilter {
    /// A record set was created or updated.
    pub ready: bool,
    /// A record set was removed.
    pub deleted: bool,
    /// A record set is not as desired.
    pub error: bool,
    /// A record set is not as desired, and the user has to act.
    pub action_needed: bool,
}

/// Value of the flag for what a person has to act on.
const ACTION_NEEDED: &str = "ActionNeeded";

/// Value of the flag that stands for no Events.
const NOTHING: &str = "None";

/// What an Event is about, as `reason` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Ready,
    Deleted,
    Error,
}

/// Makes Events of what syncs did.
#[derive(Debug)]
pub struct EventRecorder {
    filter: EventFilter,
    owner: String,
    queue: Sender<Event>,
    /// What stands for this controller; `None` where nothing in the cluster does.
    myself: Option<ObjectReference>,
    /// What is wrong, as it was last told, by name; the empty one for whole objects.
    told: BTreeMap<CanonicalName, BTreeMap<Subject, String>>,
    /// Objects that know that syncs fail; none while they go well.
    warned: BTreeSet<ObjectRef>,
    /// Whether an object is told nothing of the objects of another namespace.
    keeps_apart: bool,
    /// How many Events each object may still have.
    allowances: Allowances,
    /// When the last Event was made, in nanoseconds since 1970: no two have the same time.
    last: i128,
}

impl EventFilter {
    /// Returns the kinds that `values` name: `ActionNeeded`, `RecordReady`, `RecordDeleted` and
    /// `RecordError`; `None` adds none.
    ///
    /// Compat: other values are left out; see [`is_kind`](Self::is_kind).
    pub fn parse(values: &[String]) -> Self {
        let has = |kind: &str| values.iter().any(|value| value == kind);
        Self {
            ready: has(Kind::Ready.as_str()),
            deleted: has(Kind::Deleted.as_str()),
            error: has(Kind::Error.as_str()),
            action_needed: has(ACTION_NEEDED),
        }
    }

    /// Tells whether `value` names a kind, or that none is wanted.
    pub fn is_kind(value: &str) -> bool {
        [ACTION_NEEDED, NOTHING].contains(&value)
            || Kind::ALL.iter().any(|kind| kind.as_str() == value)
    }

    /// Tells whether these are the kinds that are made unless a person says otherwise.
    pub fn is_default(self) -> bool {
        self == Self { action_needed: true, ..Self::default() }
    }

    /// Tells whether no Events are made at all.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }

    fn covers(self, outcome: &Outcome) -> bool {
        match outcome.kind {
            Kind::Ready => self.ready,
            Kind::Deleted => self.deleted,
            Kind::Error => self.error || self.action_needed && outcome.needs_action,
        }
    }
}

impl Kind {
    const ALL: [Self; 3] = [Self::Ready, Self::Deleted, Self::Error];

    fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "RecordReady",
            Self::Deleted => "RecordDeleted",
            Self::Error => "RecordError",
        }
    }

    /// Returns the `type`: people filter on what needs their attention.
    fn severity(self) -> &'static str {
        match self {
            Self::Ready | Self::Deleted => "Normal",
            Self::Error => "Warning",
        }
    }
}

impl EventRecorder {
    /// Returns what makes Events, and the task that sends them.
    ///
    /// `owner` is our owner id, for notes. The task ends when the recorder is dropped and
    /// everything is sent, or a few seconds after `stop`.
    pub fn new(
        filter: EventFilter,
        owner: String,
        client: Client,
        stop: CancellationToken,
    ) -> (Self, impl Future<Output = anyhow::Result<()>> + Send + 'static) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        (Self::sending(filter, owner, sender), deliver::deliver(receiver, client, stop))
    }

    fn sending(filter: EventFilter, owner: String, queue: Sender<Event>) -> Self {
        let (told, warned) = (BTreeMap::new(), BTreeSet::new());
        let allowances = Allowances::default();
        let (myself, keeps_apart, last) = (None, false, 0);
        Self { filter, owner, queue, myself, told, warned, keeps_apart, allowances, last }
    }

    /// Sets whether an object is told nothing of the objects of another namespace from here on.
    pub fn keep_apart(&mut self, keeps_apart: bool) {
        self.keeps_apart = keeps_apart;
    }

    /// Announces what a sync did and did not do; never waits. Of several shards one says what is of none.
    ///
    /// `now` is in nanoseconds since 1970.
    pub fn record(&mut self, report: &Report, served: &Served, objects: &Objects, now: i128) {
        // When syncs fail again, that is told anew.
        self.warned.clear();
        let outcomes = self.new_outcomes(report, served);
        self.send(outcomes, objects, now);
    }

    /// Tells which of `objects`, by `resource` label, do not know yet that syncs fail.
    pub fn unwarned(&self, mut objects: BTreeSet<ObjectRef>) -> BTreeSet<ObjectRef> {
        objects.retain(|object| self.filter.error && !self.warned.contains(object));
        objects
    }

    /// Announces that a sync failed, to each object that it was to write something for and that
    /// does not know; never waits.
    ///
    /// `waiting` is what objects want whose last change has not reached the provider; `now` is
    /// in nanoseconds since 1970.
    pub fn warn(&mut self, error: &SyncError, waiting: &[Endpoint], objects: &Objects, now: i128) {
        if !self.filter.error {
            return;
        }
        let mut outcomes = outcome::failures(error, waiting, &self.owner);
        outcomes.retain(|failure| self.warned.insert(failure.subject.object.clone()));
        self.send(outcomes, objects, now);
    }

    fn send(&mut self, outcomes: Vec<Outcome>, objects: &Objects, now: i128) {
        let mut left_out = 0_usize;
        for outcome in outcomes {
            let Some(regarding) = ObjectLookup::find(&outcome.subject.object, objects) else {
                continue;
            };
            if outcome.kind == Kind::Error && !self.allowances.take(&outcome.subject.object, now) {
                left_out += 1;
                continue;
            }
            self.last = now.max(self.last + 1);
            let event = event(&outcome, &regarding, self.last);
            if self.queue.try_send(event).is_err() {
                left_out += 1;
            }
        }
        self.allowances.forget_the_full(now);
        if left_out > 0 {
            tracing::warn!(
                left_out,
                "More happened than Events can be sent for; some are left out"
            );
        }
    }

    /// Returns what has not been told yet, of the kinds that are wanted.
    fn new_outcomes(&mut self, report: &Report, served: &Served) -> Vec<Outcome> {
        let (done, wrong) = outcome::outcomes(report, &self.owner, self.keeps_apart);
        let mut now: BTreeMap<CanonicalName, BTreeMap<_, _>> = BTreeMap::new();
        let mut outcomes: Vec<_> = done;
        for outcome in wrong.into_iter().filter(|wrong| served.tells_of(&wrong.subject.told_by())) {
            let Outcome { subject, note, .. } = &outcome;
            let last = self.told.get(&subject.name()).and_then(|told| told.get(subject));
            let is_new = last.is_none_or(|last| last != note);
            let told = now.entry(subject.name()).or_default();
            if told.insert(subject.clone(), note.clone()).is_none() && is_new {
                outcomes.push(outcome);
            }
        }
        match &report.scope {
            Scope::All => self.told = now,
            Scope::AllBut(others) => {
                self.told.retain(|name, _| others.contains(name));
                self.told.extend(now);
            }
            Scope::Names(names) => {
                for name in names {
                    self.told.remove(name);
                }
                for (name, told) in now {
                    // Of whole objects it says some, and nothing of the others.
                    self.told.entry(name).or_default().extend(told);
                }
            }
        }
        outcomes.retain(|outcomes| self.filter.covers(outcomes));
        outcomes
    }
}

/// Returns the Event that tells `outcome`; `at` is in nanoseconds since 1970.
///
/// Compat: names, note and reporter are those of `ExternalDNS`. Unlike there, a failure is of type
/// `Warning`.
fn event(outcome: &Outcome, regarding: &ObjectLookup, at: i128) -> Event {
    let Outcome { subject: _, kind, action, note, needs_action: _ } = outcome;
    let ObjectLookup { source, reference } = regarding;
    let time = jiff::Timestamp::from_nanosecond(at).unwrap_or_default();
    Event {
        metadata: ObjectMeta {
            name: Some(event_name(reference.name.as_deref().unwrap_or_default(), at)),
            namespace: Some(place(reference)),
            ..ObjectMeta::default()
        },
        event_time: Some(MicroTime(time)),
        reporting_controller: Some(CONTROLLER.to_owned()),
        reporting_instance: Some(format!("{CONTROLLER}/source/{source}")),
        action: Some((*action).to_owned()),
        reason: Some(kind.as_str().to_owned()),
        type_: Some(kind.severity().to_owned()),
        note: Some(short(note)),
        regarding: Some(reference.clone()),
        ..Event::default()
    }
}

/// Returns the namespace of Events about an object: its own, or `default` for one of the cluster.
fn place(reference: &ObjectReference) -> String {
    let own = reference.namespace.clone().filter(|namespace| !namespace.is_empty());
    own.unwrap_or_else(|| "default".to_owned())
}

/// Returns a name that no other Event has: the object's, as far as it fits, and the time.
fn event_name(object: &str, at: i128) -> String {
    let suffix = format!(".{at:x}");
    let allowed = |character: char| {
        character.is_ascii_lowercase() || character.is_ascii_digit() || ".-".contains(character)
    };
    let mut name: String = object
        .to_lowercase()
        .chars()
        .map(|character| if allowed(character) { character } else { '-' })
        .collect();
    if !name.starts_with(|character: char| character.is_ascii_alphanumeric()) {
        name.insert(0, 'a');
    }
    // One place is left for the letter at the end.
    name.truncate(MAX_NAME - suffix.len() - 1);
    if !name.ends_with(|character: char| character.is_ascii_alphanumeric()) {
        name.push('z');
    }
    name + &suffix
}

/// Returns `note`, cut where it is too long.
fn short(note: &str) -> String {
    // It is printed as it is by clients that list events.
    let note = Printable(note).to_string();
    if note.len() <= MAX_NOTE {
        return note;
    }
    let dots = "...";
    let end = note.floor_char_boundary(MAX_NOTE - dots.len());
    format!("{}{dots}", note.split_at(end).0)
}

#[cfg(test)]
mod tests;
