//! What anyone may ask a running controller: is it ready, what did it plan, what does it hold, why.
//!
//! The loop writes the page after each pass; the admin routes read it, and leave requests on it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use controller_core::plan::PlanHash;
use controller_core::verdict::Verdict;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use crate::verdicts::VerdictBook;

/// The state of a running controller, as the last pass left it.
#[derive(Debug, Default)]
pub struct Page {
    state: Mutex<State>,
    wake: Notify,
    asked: Notify,
}

/// What is shown.
#[derive(Debug, Default)]
struct State {
    last_good_pass: Option<Instant>,
    stands_by: bool,
    problems: BTreeMap<&'static str, String>,
    /// As JSON; `None` before the first pass.
    plan: Option<Arc<str>>,
    held: Option<PlanHash>,
    released: Option<PlanHash>,
    questions: Vec<oneshot::Sender<Value>>,
    verdicts: VerdictBook,
}

/// One line of `/readyz?verbose`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub name: String,
    /// What is wrong; `None` when nothing is.
    pub problem: Option<String>,
}

/// What a pass over everything leaves on the page.
#[derive(Debug)]
pub struct Shown {
    /// The plan as JSON text: a tree of it takes ten times the memory, and nobody reads it here.
    pub plan: Arc<str>,
    /// What releases the deletions that are held; `None` when none are.
    pub held: Option<PlanHash>,
}

/// Why held deletions are not released.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotReleased {
    /// No deletions are held.
    #[error("no deletions are held, so there is nothing to release")]
    NothingHeld,
    /// Other deletions are held than those of the hash.
    #[error(
        "the hash is stale: the deletions that are held now have the hash `{now}`; look at the plan again"
    )]
    Stale {
        /// The hash of those that are held.
        now: String,
    },
}

impl Page {
    /// Shows that a pass went well at `now`, and what it planned if it looked at everything.
    pub fn pass_went_well(&self, now: Instant, shown: Option<Shown>) {
        let mut state = self.state();
        state.last_good_pass = Some(now);
        state.problems.remove("pass");
        if let Some(Shown { plan, held }) = shown {
            state.plan = Some(plan);
            state.held = held;
        }
    }

    /// Shows whether another replica makes the passes, so that none is expected of this one.
    pub fn stands_by(&self, stands_by: bool) {
        self.state().stands_by = stands_by;
    }

    /// Shows `problem` under `name` until it is cleared; `None` clears it.
    pub fn problem(&self, name: &'static str, problem: Option<String>) {
        let mut state = self.state();
        match problem {
            Some(problem) => state.problems.insert(name, problem),
            None => state.problems.remove(name),
        };
    }

    /// Lets `note` write into the book of verdicts.
    pub fn verdicts(&self, note: impl FnOnce(&mut VerdictBook)) {
        note(&mut self.state().verdicts);
    }

    /// Returns everything that readiness depends on.
    pub fn checks(&self, now: Instant, stale_after: Duration) -> Vec<Check> {
        let state = self.state();
        let pass = match (state.last_good_pass, state.problems.get("pass")) {
            _ if state.stands_by => None,
            (_, Some(problem)) => Some(problem.clone()),
            (None, None) => Some("no pass has ended yet".to_owned()),
            (Some(at), None) if now.duration_since(at) > stale_after => Some(format!(
                "the last pass that went well was {} seconds ago",
                now.duration_since(at).as_secs()
            )),
            (Some(_), None) => None,
        };
        let others = state.problems.iter().filter(|(name, _)| **name != "pass");
        let mut checks = vec![Check { name: "pass".to_owned(), problem: pass }];
        checks.extend(others.map(|(name, problem)| Check {
            name: (*name).to_owned(),
            problem: Some(problem.clone()),
        }));
        checks
    }

    /// Returns the last plan as JSON; null before the first pass.
    pub fn plan(&self) -> Arc<str> {
        self.state().plan.clone().unwrap_or_else(|| Arc::from("null"))
    }

    /// Returns what the provider holds, as the loop answers it between two passes.
    ///
    /// `None` when it does not answer: it has ended, or a pass takes longer than the caller waits.
    pub async fn records(&self) -> Option<Value> {
        let (sender, answer) = oneshot::channel();
        self.state().questions.push(sender);
        self.asked.notify_one();
        answer.await.ok()
    }

    /// Waits until someone asked what the provider holds.
    pub async fn asked(&self) {
        self.asked.notified().await;
    }

    /// Answers everyone who asked what the provider holds.
    pub fn answer(&self, records: impl Fn() -> Value) {
        for question in std::mem::take(&mut self.state().questions) {
            // Whoever asked may have gone.
            drop(question.send(records()));
        }
    }

    /// Returns the verdicts on a name or an object, each with its sentence and the next step.
    pub fn explain(&self, asked: &str) -> Value {
        let verdict = |it: &Verdict| {
            json!({
                "name": it.name,
                "recordType": it.record_type,
                "object": it.object,
                "code": it.reason.code(),
                "sentence": it.reason.to_string(),
                "hint": it.reason.hint(),
                "reason": it.reason,
            })
        };
        self.state().verdicts.about(asked).into_iter().map(verdict).collect()
    }

    /// Asks for exactly those held deletions to go that `hash` stands for.
    ///
    /// # Errors
    ///
    /// Returns an error when no deletions are held, or others.
    pub fn release(&self, hash: PlanHash) -> Result<(), NotReleased> {
        let mut state = self.state();
        let held = state.held.as_ref().ok_or(NotReleased::NothingHeld)?;
        if *held != hash {
            return Err(NotReleased::Stale { now: held.to_string() });
        }
        state.released = Some(hash);
        drop(state);
        self.wake.notify_one();
        Ok(())
    }

    /// Returns what was released since the last call.
    pub fn take_released(&self) -> Option<PlanHash> {
        self.state().released.take()
    }

    /// Waits until someone asked for something that a pass has to do.
    pub async fn woken(&self) {
        self.wake.notified().await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
