//! Where state is kept: the seam between what is kept and how.

use std::time::Duration;

use controller_core::history::{History, HistoryRow};
use controller_core::plan::memory::Kept;
use futures::future::BoxFuture;

/// A place that outlives the process.
///
/// Nothing is lost when reading or writing fails: what was added waits for the next attempt.
pub trait StateStore: Send + Sync {
    /// Reads what is kept; nothing when nothing is.
    ///
    /// What was added and not written yet stays, after what others have written.
    ///
    /// # Errors
    ///
    /// Returns an error when it cannot be read or makes no sense.
    fn read(&mut self) -> BoxFuture<'_, anyhow::Result<Kept>>;

    /// Reads what others added to the history since it was last read, such as a command of a person;
    /// tells whether there was anything. What is small stays as it is known here.
    ///
    /// # Errors
    ///
    /// Returns an error when it cannot be read or makes no sense.
    fn catch_up(&mut self) -> BoxFuture<'_, anyhow::Result<bool>>;

    /// Returns the history as it was last read, with what was added since.
    ///
    /// # Errors
    ///
    /// Returns an error when it makes no sense.
    fn history(&self) -> anyhow::Result<History>;

    /// Adds a write to the history under the next number; the oldest go.
    ///
    /// Tells whether there is room for it.
    ///
    /// # Errors
    ///
    /// Returns an error when it cannot be added.
    fn add(&mut self, row: HistoryRow) -> anyhow::Result<bool>;

    /// Returns the writes in the history of which no outcome is known, oldest first.
    ///
    /// # Errors
    ///
    /// Returns an error when they make no sense.
    fn open(&self) -> anyhow::Result<Vec<HistoryRow>>;

    /// Tells whether the number of a write is its own for good, as it is where numbers are kept by themselves:
    /// another writer gives it to none.
    fn has_number(&self, _id: u64) -> bool {
        true
    }

    /// Puts a write in the place of the one with its number, if the history still has that.
    ///
    /// # Errors
    ///
    /// Returns an error when it cannot be put there.
    fn conclude(&mut self, row: HistoryRow) -> anyhow::Result<()>;

    /// Keeps `kept` and everything that was added.
    ///
    /// # Errors
    ///
    /// Returns an error when it cannot be kept.
    fn write<'a>(&'a mut self, kept: &'a Kept) -> BoxFuture<'a, anyhow::Result<()>>;

    /// Returns how long to leave the place alone after a write, which a large one costs more.
    fn throttle(&self) -> Duration;
}
