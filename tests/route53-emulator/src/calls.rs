//! The log of calls: what was asked, by whom, and how it ended.
//!
//! The counts are complete; the calls themselves are the latest ones.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use crate::shape::Change;

/// Most calls kept.
const MAX_CALLS: usize = 10_000;

/// Most changes kept over all calls; the batches of older calls are dropped first.
const MAX_CHANGES: usize = 20_000;

/// One call.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoggedCall {
    /// Milliseconds since the emulator started.
    pub at_ms: u64,
    /// The operation's name, or the method and path that name none.
    pub operation: String,
    /// The zone's id, for calls about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// The caller; `None` for unsigned calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_key: Option<String>,
    /// The query, for lists.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, String>,
    /// `ok`, the code of the error, `reset`, or `reset-after` for a call that was carried out.
    pub outcome: String,
    /// The batch of a change; empty for other calls and for calls long ago.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
}

/// The calls so far.
#[derive(Debug, Default)]
pub(crate) struct CallLog {
    calls: VecDeque<LoggedCall>,
    counts: BTreeMap<String, BTreeMap<String, u64>>,
    changes: usize,
}

impl CallLog {
    /// Adds a call and drops what is too old.
    pub(crate) fn add(&mut self, call: LoggedCall) {
        *self
            .counts
            .entry(call.operation.clone())
            .or_default()
            .entry(call.outcome.clone())
            .or_default() += 1;
        self.changes += call.changes.len();
        self.calls.push_back(call);
        if self.calls.len() > MAX_CALLS
            && let Some(oldest) = self.calls.pop_front()
        {
            self.changes -= oldest.changes.len();
        }
        for call in &mut self.calls {
            if self.changes <= MAX_CHANGES {
                break;
            }
            self.changes -= call.changes.len();
            call.changes = Vec::new();
        }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Returns the calls kept, oldest first.
    pub(crate) fn calls(&self) -> impl Iterator<Item = &LoggedCall> {
        self.calls.iter()
    }

    /// Returns how many calls of each operation ended how.
    pub(crate) fn counts(&self) -> &BTreeMap<String, BTreeMap<String, u64>> {
        &self.counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(changes: usize) -> LoggedCall {
        LoggedCall {
            at_ms: 0,
            operation: "ChangeResourceRecordSets".to_owned(),
            zone: None,
            access_key: None,
            query: BTreeMap::new(),
            outcome: "ok".to_owned(),
            changes: vec![Change::default(); changes],
        }
    }

    #[test]
    fn old_batches_and_then_old_calls_are_dropped_but_counted() {
        let mut log = CallLog::default();
        for _ in 0..25 {
            log.add(call(1_000));
        }
        assert_eq!(log.calls().filter(|call| call.changes.is_empty()).count(), 5);
        assert!(log.calls().next().unwrap().changes.is_empty());
        for _ in 0..MAX_CALLS {
            log.add(call(0));
        }
        assert_eq!(log.calls().count(), MAX_CALLS);
        assert_eq!(log.counts()["ChangeResourceRecordSets"]["ok"], 10_025);
        assert_eq!(log.changes, 0);
    }
}
