//! The changes of one kind, oldest first, up to a limit.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::status::Status;
use crate::store::object::Object;

/// What a write did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Added,
    Modified,
    Deleted,
}

/// One write: the object after it (its last state, for a removal) and before it.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) outcome: Outcome,
    pub(crate) object: Arc<Object>,
    pub(crate) before: Option<Arc<Object>>,
}

/// The remembered changes of one kind.
#[derive(Debug)]
pub(crate) struct History {
    changes: VecDeque<Change>,
    limit: usize,
    forgotten_through: u64,
}

impl History {
    /// Starts empty; what happened up to `version` counts as forgotten.
    pub(crate) fn new(limit: usize, version: u64) -> Self {
        Self { changes: VecDeque::new(), limit, forgotten_through: version }
    }

    pub(crate) fn push(&mut self, change: Change) {
        self.changes.push_back(change);
        while self.changes.len() > self.limit {
            self.forget_first();
        }
    }

    /// Forgets everything.
    pub(crate) fn forget(&mut self) {
        while !self.changes.is_empty() {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        if let Some(first) = self.changes.pop_front() {
            self.forgotten_through = first.object.version;
        }
    }

    /// Returns all changes after `version`; refuses with 410 if some of them are forgotten.
    pub(crate) fn since(
        &self,
        version: u64,
    ) -> Result<impl DoubleEndedIterator<Item = &Change>, Status> {
        if version < self.forgotten_through {
            return Err(Status::too_old(version, self.forgotten_through));
        }
        let start = self.changes.partition_point(|change| change.object.version <= version);
        Ok(self.changes.range(start..))
    }
}
