//! What anyone may ask a running controller: is it ready, what did it plan, what does it hold, why.
//!
//! The loop writes the status after each sync; the admin routes read it.

mod writing;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use controller_core::plan::PlanHash;
use controller_core::plan::memory::Served;
use controller_core::zone::ZoneInfo;
use external_dns_webhook::{ZoneId, counted};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use self::writing::WriteUnderWay;
use crate::reconcile::{LastKnown, Superseded};
use crate::records::{AskedAbout, Freshness, HeldView, OutageView, RecentWrites, RowSources, time};
use crate::statuses::{Noted, StatusStore};

/// Under which a provider is noted that takes changes and writes nothing.
pub const DRY_RUN: &str = "dry-run";

/// Under which zones are noted that the provider does not list any more.
pub const UNLISTED: &str = "zones";

/// Under which a write is shown that the provider has not answered yet.
const WRITING: &str = "writing";

/// Under which it is noted that the annotations that objects have are none that are read.
pub const ANNOTATIONS: &str = "annotations";

/// What to ask then.
pub const MISSPELT_PREFIX: &str = "is --annotation-prefix misspelt, or are they?";

/// Under which it is noted that other shards have a part of the zones.
const SHARD: &str = "shard";

/// The state of a running controller, as the last sync left it.
#[derive(Debug, Default)]
pub struct Status {
    state: Mutex<State>,
    /// Apart, since reading or writing it takes long: probes need the rest.
    statuses: Mutex<StatusStore>,
    /// What the provider held when it was last read; the loop writes it.
    last_known: Arc<LastKnown>,
    writes: Mutex<RecentWrites>,
    superseded: Superseded,
    /// What the provider serves, as it said last.
    served: Mutex<Served>,
}

/// What is shown.
#[derive(Debug, Default)]
struct State {
    last_good_sync: Option<Instant>,
    stands_by: bool,
    /// When the loop is to have said something again; `None` while nobody expects it to.
    back_by: Option<Instant>,
    provider: ProviderHealth,
    problems: BTreeMap<&'static str, String>,
    notes: BTreeMap<&'static str, String>,
    /// As JSON; `None` before the first sync.
    plan: Option<Arc<str>>,
    /// The write that is under way; `None` while nothing is written.
    writing: Option<WriteUnderWay>,
    /// Where the provider is; `None` before that is known.
    provider_place: Option<String>,
    held: Option<PlanHash>,
    held_names: usize,
    /// Since when syncs fail, in seconds since 1970, and why the last one did.
    failing: Option<(i64, String)>,
    /// The flags with which commands find the history; `None` when there is none.
    history: Option<String>,
    /// The flags with which commands see what this controller sees; `None` before they are known.
    flags: Option<String>,
}

/// One line of `/readyz?verbose`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub name: String,
    /// What is wrong; `None` when nothing is.
    pub problem: Option<String>,
    /// What else there is to know; may be empty.
    pub note: String,
}

/// When the provider answered, and why it does not.
#[derive(Debug, Default)]
struct ProviderHealth {
    answered: Option<Instant>,
    /// Since when it does not, and what came of the last try.
    failing: Option<(Instant, String)>,
}

/// What a full sync leaves to be shown.
#[derive(Debug)]
pub struct PlanView {
    /// The plan as JSON text: a tree of it takes ten times the memory, and nobody reads it here.
    pub plan: Arc<str>,
    /// What releases the deletions that are held; `None` when none are.
    pub held: Option<PlanHash>,
    /// How many names they are about.
    pub held_names: usize,
}

impl Status {
    /// Shows that a sync went well at `now`, and what it planned if it looked at everything.
    pub fn sync_went_well(&self, now: Instant, view: Option<PlanView>) {
        let mut state = self.state();
        state.last_good_sync = Some(now);
        state.problems.remove("sync");
        state.failing = None;
        if let Some(PlanView { plan, held, held_names }) = view {
            state.plan = Some(plan);
            state.held = held;
            state.held_names = held_names;
        }
    }

    /// Shows that a sync failed at `at`, in seconds since 1970, and why.
    pub fn sync_failed(&self, error: String, at: i64) {
        let mut state = self.state();
        let since = state.failing.take().map_or(at, |(since, _)| since);
        state.failing = Some((since, error.clone()));
        state.problems.insert("sync", error);
    }

    /// Shows what the provider serves.
    pub fn serves(&self, served: Served) {
        let others = served.elsewhere.len();
        let note = served
            .shard
            .map(|shard| format!("this is {shard}; other shards have {}", counted(others, "zone")));
        self.note(SHARD, note);
        *self.served.lock().unwrap_or_else(PoisonError::into_inner) = served;
    }

    /// Returns what the provider serves, as it said last.
    pub fn served(&self) -> Served {
        self.served.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Shows what syncs wait for: none has failed since the last one that went well.
    pub fn sync_waits(&self, what: String) {
        let mut state = self.state();
        state.failing = None;
        state.problems.insert("sync", what);
    }

    /// Returns what tells whether the sync under way goes by a config that is no more in use.
    pub fn superseded(&self) -> &Superseded {
        &self.superseded
    }

    /// Shows whether another replica makes the syncs, so that none is expected of this one.
    pub fn stands_by(&self, stands_by: bool) {
        self.state().stands_by = stands_by;
    }

    /// Shows that the loop will have said something again by `then`; `None` while it waits for its
    /// turn to lead, which may be for ever.
    pub fn back_by(&self, then: Option<Instant>) {
        self.state().back_by = then;
    }

    /// Shows that the provider has just answered a request of the loop, so that it may take for
    /// `patience` more: a write of very many record sets is many requests.
    pub fn went_on(&self, now: Instant, patience: Duration) {
        let mut state = self.state();
        let longer = now.checked_add(patience);
        state.back_by = state.back_by.map(|then| longer.map_or(then, |longer| then.max(longer)));
    }

    /// Returns for how long the loop has been expected back in vain; `None` when it has not.
    pub fn overdue(&self, now: Instant) -> Option<Duration> {
        let late = now.checked_duration_since(self.state().back_by?)?;
        Some(late).filter(|late| !late.is_zero())
    }

    /// Shows that the provider answered at `now`, or why it did not.
    pub fn provider(&self, now: Instant, error: Option<String>) {
        let health = &mut self.state().provider;
        match error {
            None => *health = ProviderHealth { answered: Some(now), failing: None },
            Some(error) => {
                let since = health.failing.take().map_or(now, |(since, _)| since);
                health.failing = Some((since, error));
            }
        }
    }

    /// Sets where the provider is.
    pub fn provider_at(&self, place: &str) {
        self.state().provider_place = Some(place.to_owned());
    }

    /// Shows that `changes` are sent to the provider at `now`.
    pub fn write_begins(&self, changes: usize, now: Instant) {
        self.state().writing = Some(WriteUnderWay::begun(changes, now));
    }

    /// Shows that the provider has answered `done` changes of a write that goes on.
    pub fn write_goes_on(&self, done: usize, now: Instant) {
        if let Some(writing) = &mut self.state().writing {
            writing.went_on(done, now);
        }
    }

    /// Shows that the write under way has ended, however it did.
    pub fn write_ended(&self) {
        self.state().writing = None;
    }

    /// Says which write is under way at `now`, and for how long it has waited; `None` without one.
    pub fn writing(&self, now: Instant) -> Option<String> {
        self.state().writing(now, None)
    }

    /// Shows `problem` under `name` until it is cleared; `None` clears it.
    ///
    /// Tells whether one was shown before.
    pub fn problem(&self, name: &'static str, problem: Option<String>) -> bool {
        let mut state = self.state();
        match problem {
            Some(problem) => state.problems.insert(name, problem).is_some(),
            None => state.problems.remove(name).is_some(),
        }
    }

    /// Shows `note` under `name`, where there is no problem, until it is cleared; `None` clears it.
    pub fn note(&self, name: &'static str, note: Option<String>) {
        let mut state = self.state();
        match note {
            Some(note) => state.notes.insert(name, note),
            None => state.notes.remove(name),
        };
    }

    /// Tells whether a note is shown under `name`.
    pub fn has_note(&self, name: &str) -> bool {
        self.state().notes.contains_key(name)
    }

    /// Lets `note` write into the store of statuses.
    pub fn statuses(&self, note: impl FnOnce(&mut StatusStore)) {
        note(&mut self.store());
    }

    /// Returns what readiness depends on, as far as the loop knows it.
    pub fn checks(&self, now: Instant, stale_after: Duration) -> Vec<Check> {
        let state = self.state();
        let mut checks = vec![state.sync(now, stale_after), state.provider(now), state.guard()];
        // These are always looked at; others show only while they last.
        let mut others = BTreeMap::from([("changes", None), ("state", None)]);
        let writing = state.writing(now, None);
        others.extend(state.notes.keys().map(|name| (*name, None)));
        others.extend(writing.iter().map(|_| (WRITING, None)));
        others.extend(state.problems.iter().map(|(name, problem)| (*name, Some(problem.clone()))));
        let others = others.into_iter().filter(|(name, _)| !["sync", "provider"].contains(name));
        let note = |name: &str| {
            let writing = writing.as_ref().filter(|_| name == WRITING);
            state.notes.get(name).or(writing).cloned().unwrap_or_default()
        };
        checks.extend(
            others.map(|(name, problem)| Check { note: note(name), ..Check::new(name, problem) }),
        );
        checks
    }

    /// Returns the last plan as JSON; null before the first sync.
    pub fn plan(&self) -> Arc<str> {
        self.state().plan.clone().unwrap_or_else(|| Arc::from("null"))
    }

    /// Returns where the loop keeps what the provider held when it was last read.
    pub fn last_known(&self) -> Arc<LastKnown> {
        Arc::clone(&self.last_known)
    }

    /// Lets `note` write into the latest writes.
    pub fn writes(&self, note: impl FnOnce(&mut RecentWrites)) {
        note(&mut self.recent_writes());
    }

    /// Lets `look` see all that is known of records: the last state stays while the provider is away.
    pub fn look<T>(&self, look: impl FnOnce(RowSources<'_>) -> T) -> T {
        let flags = self.state().flags.clone();
        let flags = flags.as_deref();
        let (statuses, writes, seen) = (self.store(), self.recent_writes(), self.last_known.read());
        look(RowSources { statuses: &statuses, seen: &seen, writes: &writes, flags })
    }

    /// Returns how well that is known at `now`, in seconds since 1970.
    pub fn freshness(&self, now: i64) -> Freshness {
        let at = self.last_known.read().at;
        let state = self.state();
        let (failing, history) = (state.failing.clone(), state.history.clone());
        let writing = state.writing(Instant::now(), Some(now));
        let unread_annotations = state.notes.get(ANNOTATIONS).cloned();
        let held = state.held.as_ref().map(|hash| HeldView {
            hash: hash.to_string(),
            names: state.held_names,
            why: Vec::new(),
        });
        drop(state);
        let outage = failing.map(|(since, cause)| OutageView {
            since: time::moment(since),
            seconds: (now - since).max(0),
            cause,
        });
        Freshness {
            stands_by: None,
            problems: Vec::new(),
            as_of: at.map(time::moment),
            age_seconds: at.map(|at| (now - at).max(0)),
            writing,
            unread_annotations,
            outage,
            held,
            history,
        }
    }

    /// Sets the flags with which commands find the history; `None` when there is none.
    pub fn history_at(&self, flags: Option<String>) {
        self.state().history = flags;
    }

    /// Sets the flags with which commands see what this controller sees.
    pub fn seen_with(&self, flags: String) {
        self.state().flags = Some(flags);
    }

    /// Returns the statuses of a name or an object, each with its sentence and the next step.
    pub fn explain(&self, asked: &str) -> Value {
        let status = |Noted { status, since, is_older }: &Noted| {
            json!({
                "name": status.name,
                "recordType": status.record_type,
                "object": status.object,
                "zone": status.zone.as_ref().map(ToString::to_string),
                "zoneId": status.zone.as_ref().and_then(ZoneInfo::id).map(ZoneId::as_str),
                "private": status.zone.as_ref().map(ZoneInfo::is_private),
                "code": status.reason.code(),
                "sentence": status.reason.to_string(),
                "hint": status.reason.hint(),
                "reason": status.reason,
                "since": time::moment(*since),
                "isSinceBefore": is_older,
            })
        };
        let (store, asked) = (self.store(), AskedAbout::parse(asked));
        match &asked {
            AskedAbout::Name(name) => store.of(name).iter().map(status).collect(),
            AskedAbout::Object { .. } => {
                let of = |noted: &&Noted| {
                    noted.status.object.as_ref().is_some_and(|label| asked.is_object(label))
                };
                store.all().filter(of).map(status).collect()
            }
        }
    }

    /// Shows neither deletions as held nor syncs as failing: another may have led, and decided otherwise.
    pub fn lost_lead(&self) {
        let mut state = self.state();
        state.held = None;
        state.held_names = 0;
        state.failing = None;
        state.problems.remove("sync");
    }

    fn store(&self) -> MutexGuard<'_, StatusStore> {
        self.statuses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn recent_writes(&self) -> MutexGuard<'_, RecentWrites> {
        self.writes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn sync(&self, now: Instant, stale_after: Duration) -> Check {
        let age = self.last_good_sync.map(|instant| now.duration_since(instant));
        let problem = match (age, self.problems.get("sync")) {
            _ if self.stands_by => None,
            (_, Some(problem)) => Some(problem.clone()),
            (None, None) => Some("no sync has ended yet".to_owned()),
            (Some(age), None) if age > stale_after => {
                Some(format!("the last sync that went well was {} ago", seconds(age)))
            }
            (Some(_), None) => None,
        };
        let note = match age {
            _ if self.stands_by => "none is expected of a replica that stands by".to_owned(),
            None => String::new(),
            Some(age) => format!("the last one ended {} ago", seconds(age)),
        };
        Check { note, ..Check::new("sync", problem) }
    }

    fn writing(&self, now: Instant, at: Option<i64>) -> Option<String> {
        let place = self.provider_place.as_deref();
        Some(self.writing.as_ref()?.told(place, now, at))
    }

    fn provider(&self, now: Instant) -> Check {
        let ago = |instant: Instant| now.duration_since(instant);
        let silent =
            self.provider.failing.as_ref().map(|(since, error)| {
                format!("no good answer for {}: {error}", seconds(ago(*since)))
            });
        let note = match self.provider.answered {
            Some(at) => format!("it answered {} ago", seconds(ago(at))),
            None => "it was not asked yet".to_owned(),
        };
        let problem = silent.or_else(|| self.problems.get("provider").cloned());
        Check { note, ..Check::new("provider", problem) }
    }

    /// Held deletions are a person's to decide on; they keep nothing else from being done.
    fn guard(&self) -> Check {
        let note = self.held.as_ref().map(|hash| {
            format!(
                "the deletion of {} is held until `{hash}` is approved",
                counted(self.held_names, "name")
            )
        });
        Check { note: note.unwrap_or_default(), ..Check::new("deletion-guard", None) }
    }
}

/// Returns how long a span is, for people.
pub fn seconds(span: Duration) -> String {
    counted(usize::try_from(span.as_secs()).unwrap_or(usize::MAX), "second")
}

impl Check {
    /// Returns a check that found `problem`, or nothing wrong.
    pub fn new(name: impl Into<String>, problem: Option<String>) -> Self {
        Self { name: name.into(), problem, note: String::new() }
    }
}

#[cfg(test)]
mod tests;
