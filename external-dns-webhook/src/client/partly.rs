//! A write of several requests that ended before all of them were answered: what was is known.

use std::error::Error;
use std::fmt;

use crate::{Applied, Changes, ProviderError};

/// A write that ended before all of its requests were answered; it reads as what ended it.
///
/// It is the source of the [`ProviderError`] of such a write.
#[derive(Debug)]
pub struct PartlyApplied {
    /// The changes whose requests were answered, taken or not.
    pub done: Changes,
    /// What was answered to them.
    pub applied: Applied,
    /// The changes that were not sent, or sent and not answered.
    pub rest: Changes,
    cause: Box<dyn Error + Send + Sync>,
}

impl PartlyApplied {
    /// Returns a write that ended with `cause` when `applied` had been answered to `done`, and nothing to `rest`.
    pub fn new(
        (done, applied): (Changes, Applied),
        rest: Changes,
        cause: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self { done, applied, rest, cause: cause.into() }
    }

    /// Returns what is known of the write that ended with `error`; `None` when that is nothing.
    pub fn of(error: &ProviderError) -> Option<&Self> {
        let (ProviderError::Unavailable { source, .. } | ProviderError::Refused(source)) = error;
        source.downcast_ref()
    }

    /// Tells whether it was ended by a `T`, such as by what an [observer](super::Observer) said.
    pub fn is_ended_by<T: Error + 'static>(&self) -> bool {
        self.cause.is::<T>()
    }
}

impl fmt::Display for PartlyApplied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl Error for PartlyApplied {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.source()
    }
}

/// What was answered of a write so far.
#[derive(Default)]
pub(super) struct Answered {
    done: Changes,
    pub(super) applied: Applied,
}

impl Answered {
    /// Takes in that `piece` was answered.
    pub(super) fn add(&mut self, piece: Changes, Applied { refused, dry_run }: Applied) {
        add(&mut self.done, piece);
        self.applied.refused.extend(refused);
        self.applied.dry_run |= dry_run;
    }

    /// Returns how many changes were answered.
    pub(super) fn len(&self) -> usize {
        self.done.len()
    }

    /// Returns the error of a write that ended with `error` before `rest` was answered.
    pub(super) fn ended(self, error: ProviderError, rest: Vec<Changes>) -> ProviderError {
        let Self { done, applied } = self;
        if done.is_empty() {
            return error;
        }
        let mut left = Changes::default();
        // The last of them is the next.
        rest.into_iter().rev().for_each(|piece| add(&mut left, piece));
        let partly = |cause| Box::new(PartlyApplied::new((done, applied), left, cause));
        match error {
            ProviderError::Unavailable { retry_after, source } => {
                ProviderError::Unavailable { retry_after, source: partly(source) }
            }
            ProviderError::Refused(source) => ProviderError::Refused(partly(source)),
        }
    }
}

fn add(all: &mut Changes, Changes { create, update, delete }: Changes) {
    all.create.extend(create);
    all.update.extend(update);
    all.delete.extend(delete);
}
