//! What outlives a sync, and what of it outlives the process: the history of writes, when targets
//! were lost, and how much there was.
//!
//! Where it is kept is a [`StateStore`]'s business. Here it is decided when: before a write, and after a
//! sync that changed something if the store has rested since. That it cannot be kept stops nothing;
//! it is tried again.

mod approvals;
mod config_map;
mod folder;
mod rows;
mod store;
mod writes;

use std::time::Duration;

use controller_core::history::{History, HistoryRow};
use controller_core::plan::memory::{Kept, Memory};
use tokio::time::Instant;

pub use self::approvals::{ApprovalRequest, Approvals};
pub use self::config_map::{InConfigMap, Place};
pub use self::folder::Folder;
pub use self::store::StateStore;
use self::writes::PendingWrite;

/// How long a store that failed is left alone.
const PAUSE: Duration = Duration::from_secs(10);

/// Returns why what is to be kept cannot be, with what comes of that and the next step.
pub fn trouble(error: &anyhow::Error) -> String {
    format!(
        "{}; records are published all the same, but `history` and `rollback` miss what is written now \
         if this process ends before that is put right: make room there, and let it read and write",
        daemon::chain(error.as_ref())
    )
}

/// What outlives a sync, and where what outlives the process is kept.
pub struct State {
    /// `None` when nothing is kept.
    store: Option<Box<dyn StateStore>>,
    memory: Memory,
    /// What of it is to be kept, as last noted.
    noted: Kept,
    /// Whether what is kept was ever read, and whether it is still known.
    was_read: bool,
    is_known: bool,
    /// Whether there is something to write.
    is_due: bool,
    wait: Wait,
    pending_write: PendingWrite,
    numbers: Numbers,
    /// Writes whose outcome only the records told, until they are taken from here.
    resolved: Vec<HistoryRow>,
    /// What makes the writes, as the history tells it.
    cause: String,
    /// What came of the last attempt to keep a write, unless a user was told.
    result: Option<anyhow::Result<()>>,
}

/// Until when the store is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    /// It need not be.
    No,
    /// Until it has rested from a write.
    Throttled(Instant),
    /// Until it is tried again after a failure.
    Pause(Instant),
}

/// Whether writes were told with their numbers in the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Numbers {
    /// All that have one were.
    Told,
    /// Some were told without, because they are not kept yet.
    Missing,
    /// These are kept, and so have theirs, since the history was last shown.
    Known,
}

impl State {
    /// Returns state that ends with the process.
    pub fn nowhere() -> Self {
        Self {
            store: None,
            memory: Memory::default(),
            noted: Kept::default(),
            was_read: false,
            is_known: false,
            is_due: false,
            wait: Wait::No,
            pending_write: PendingWrite::Nothing,
            numbers: Numbers::Told,
            resolved: Vec::new(),
            cause: "sync".to_owned(),
            result: None,
        }
    }

    /// Returns state that is kept in `store`; nothing is read yet.
    pub fn kept_in(store: impl StateStore + 'static) -> Self {
        Self { store: Some(Box::new(store)), ..Self::nowhere() }
    }

    /// Returns it with another cause of writes than syncs, such as the command of a person.
    #[must_use]
    pub fn caused_by(self, cause: impl Into<String>) -> Self {
        Self { cause: cause.into(), ..self }
    }

    /// Says what makes the writes from now on.
    pub fn set_cause(&mut self, cause: impl Into<String>) {
        self.cause = cause.into();
    }

    /// Returns what makes the writes, as the history tells it.
    pub fn cause(&self) -> &str {
        &self.cause
    }

    /// Tells whether what is kept was read since anyone else may have written.
    pub fn is_known(&self) -> bool {
        self.is_known
    }

    /// Returns what the syncs so far have learned.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Returns the same, to learn more.
    pub fn memory_mut(&mut self) -> &mut Memory {
        &mut self.memory
    }

    /// Returns the history as last read, with what was recorded since; empty when nothing is kept.
    ///
    /// # Errors
    ///
    /// Returns an error when it makes no sense.
    pub fn history(&self) -> anyhow::Result<History> {
        self.store.as_ref().map_or_else(|| Ok(History::default()), |store| store.history())
    }

    /// Notes that another client may have written since it was read.
    pub fn invalidate(&mut self) {
        self.is_known = false;
        self.flush_now();
    }

    /// Reads what is kept, unless it is known; tells whether it was read.
    ///
    /// After a failure it is tried again only when some time has passed.
    ///
    /// # Errors
    ///
    /// Returns an error when it cannot be read or makes no sense.
    pub async fn read(&mut self, now: Instant) -> anyhow::Result<bool> {
        let Some(store) = &mut self.store else { return Ok(false) };
        if self.is_known || self.wait.until().is_some_and(|instant| now < instant) {
            return Ok(false);
        }
        match store.read().await {
            Ok(kept) if self.was_read => self.memory.kept = kept,
            Ok(kept) => self.memory.kept = std::mem::take(&mut self.memory.kept).with(kept),
            Err(error) => {
                self.wait = Wait::Pause(now + PAUSE);
                return Err(error);
            }
        }
        self.noted.clone_from(&self.memory.kept);
        (self.was_read, self.is_known) = (true, true);
        self.pending_write = PendingWrite::Nothing;
        Ok(true)
    }

    /// Reads what others added to the history, such as a command of a person; tells whether there was
    /// anything, or a write has got its number that was told without one. Nothing is looked at before the whole was read, nor soon after a failure.
    ///
    /// # Errors
    ///
    /// Returns an error when it cannot be read or makes no sense.
    pub async fn catch_up(&mut self, now: Instant) -> anyhow::Result<bool> {
        let rests = matches!(self.wait, Wait::Pause(until) if now < until);
        let Some(store) = self.store.as_mut().filter(|_| self.is_known && !rests) else {
            return Ok(false);
        };
        let caught_up = store.catch_up().await;
        if caught_up.is_err() {
            self.wait = Wait::Pause(now + PAUSE);
        }
        let has_numbers = self.numbers == Numbers::Known;
        if has_numbers {
            self.numbers = Numbers::Told;
        }
        Ok(caught_up? || has_numbers)
    }

    /// Notes that what is remembered now is to be kept.
    pub fn note(&mut self) {
        if self.noted != self.memory.kept {
            self.noted.clone_from(&self.memory.kept);
            self.is_due = true;
        }
    }

    /// Returns when there is something to write; `None` when there is nothing.
    pub fn due(&self, now: Instant) -> Option<Instant> {
        let is_due = self.is_due && self.store.is_some();
        is_due.then(|| self.wait.until().map_or(now, |instant| instant.max(now)))
    }

    /// Writes what is to be kept, if there is something and it is time.
    ///
    /// Nothing is written before what is kept was read: it is added to and not replaced.
    ///
    /// # Errors
    ///
    /// Returns an error when it cannot be kept; it is due again after a while.
    pub async fn persist(&mut self, now: Instant) -> anyhow::Result<()> {
        if !self.is_known || self.due(now).is_none_or(|instant| instant > now) {
            return Ok(());
        }
        let Some(store) = &mut self.store else { return Ok(()) };
        match store.write(&self.noted).await {
            Ok(()) => {
                self.is_due = false;
                if self.numbers == Numbers::Missing {
                    self.numbers = Numbers::Known;
                }
                self.wait = Wait::Throttled(now + store.throttle());
                Ok(())
            }
            Err(error) => {
                self.wait = Wait::Pause(now + PAUSE);
                Err(error)
            }
        }
    }

    /// Lets the next attempt be made at once: the process ends, or a user waits.
    pub fn flush_now(&mut self) {
        self.wait = Wait::No;
    }

    /// Returns what came of the last attempt to keep a write, if it was not told yet.
    pub fn take_result(&mut self) -> Option<anyhow::Result<()>> {
        self.result.take()
    }
}

impl Wait {
    fn until(self) -> Option<Instant> {
        match self {
            Self::No => None,
            Self::Throttled(until) | Self::Pause(until) => Some(until),
        }
    }
}

#[cfg(test)]
mod tests;
