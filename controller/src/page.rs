//! What anyone may ask a running controller: is it ready, what did it plan, what does it hold.
//!
//! The loop writes the page after each pass; the admin routes only read it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

/// The state of a running controller, as the last pass left it.
#[derive(Debug, Default)]
pub struct Page {
    state: Mutex<State>,
}

/// What is shown.
#[derive(Debug, Default)]
struct State {
    last_good_pass: Option<Instant>,
    problems: BTreeMap<&'static str, String>,
    plan: serde_json::Value,
    records: serde_json::Value,
}

/// One line of `/readyz?verbose`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub name: String,
    /// What is wrong; `None` when nothing is.
    pub problem: Option<String>,
}

impl Page {
    /// Shows that a pass went well at `now`, and what it planned and found.
    pub fn pass_went_well(
        &self,
        now: Instant,
        plan: serde_json::Value,
        records: Option<serde_json::Value>,
    ) {
        let mut state = self.state();
        state.last_good_pass = Some(now);
        state.problems.remove("pass");
        state.plan = plan;
        if let Some(records) = records {
            state.records = records;
        }
    }

    /// Shows `problem` under `name` until it is cleared; `None` clears it.
    pub fn problem(&self, name: &'static str, problem: Option<String>) {
        let mut state = self.state();
        match problem {
            Some(problem) => state.problems.insert(name, problem),
            None => state.problems.remove(name),
        };
    }

    /// Returns everything that readiness depends on.
    pub fn checks(&self, now: Instant, stale_after: Duration) -> Vec<Check> {
        let state = self.state();
        let pass = match (state.last_good_pass, state.problems.get("pass")) {
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

    /// Returns the last plan; null before the first pass.
    pub fn plan(&self) -> serde_json::Value {
        self.state().plan.clone()
    }

    /// Returns what the provider held after the last pass; null before the first one.
    pub fn records(&self) -> serde_json::Value {
        self.state().records.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
