//! What was written, and the way back.
//!
//! Every applied change keeps its before-image: a deletion names what was there, an update both
//! sides. A write is there before it is made, so that one that is cut off is not forgotten, and once
//! more under the same number when it is known how it ended.

mod look;
mod outcome;
mod rollback;
mod writes;

use external_dns_webhook::{Changes, wire};
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

pub use self::outcome::Outcome;
pub use self::rollback::{Found, Rollback, Skipped};
pub use self::writes::RecordWrite;

/// One write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryRow {
    /// Number of the write; counts up from 1.
    pub id: u64,
    /// When it was written, in seconds since 1970.
    pub written: i64,
    /// What was written, ownership records included; of a write that was not taken in full, what
    /// was taken.
    pub changes: Changes,
    /// How it ended.
    pub outcome: Outcome,
    /// What wrote it: `sync`, or the command of a person; empty in histories of before.
    pub cause: String,
}

/// The latest writes, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    rows: Vec<HistoryRow>,
    /// The highest number that was ever given, as far as the text says.
    last_id: u64,
}

/// A row of a history cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of the history cannot be read; remove it to go on without it")]
pub struct BadRow {
    line: usize,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl History {
    /// Adds a write and forgets the oldest so that at most `keep` rows remain.
    ///
    /// Returns the number of the write.
    pub fn record(&mut self, changes: Changes, written: i64, keep: usize) -> u64 {
        let id = self.last_id + 1;
        self.last_id = id;
        let (outcome, cause) = (Outcome::Written, String::new());
        self.rows.push(HistoryRow { id, written, changes, outcome, cause });
        let excess = self.rows.len().saturating_sub(keep.max(1));
        self.rows.drain(..excess);
        id
    }

    /// Returns the highest number that was given to a write, also to one that came to nothing; 0 for none.
    pub fn last_id(&self) -> u64 {
        self.last_id
    }

    /// Iterates over the writes, oldest first.
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = &HistoryRow> {
        self.rows.iter()
    }

    /// Returns the write with this number; `None` when it was forgotten or never was.
    pub fn row(&self, id: u64) -> Option<&HistoryRow> {
        self.rows.iter().find(|row| row.id == id)
    }

    /// Returns the history as text: one JSON object a line, oldest first.
    pub fn to_text(&self) -> String {
        let line = |row: &HistoryRow| serde_json::to_string(row).unwrap_or_default() + "\n";
        self.rows.iter().map(line).collect()
    }

    /// Reads what [`to_text`](Self::to_text) wrote; of two rows with one number, the later holds,
    /// and one without changes takes its number out.
    ///
    /// # Errors
    ///
    /// Returns an error that names the first line that is not a row.
    pub fn from_text(text: &str) -> Result<Self, BadRow> {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let mut history = Self::default();
        for (at, line) in lines {
            let row = HistoryRow::read(line).map_err(|source| BadRow { line: at + 1, source })?;
            history.put(row);
        }
        Ok(history)
    }

    fn put(&mut self, row: HistoryRow) {
        self.last_id = self.last_id.max(row.id);
        let is_next = self.rows.last().is_none_or(|other| other.id < row.id);
        let place = self.rows.iter().rposition(|other| !is_next && other.id == row.id);
        match place.and_then(|place| self.rows.get_mut(place)) {
            Some(before) if !row.changes.is_empty() => *before = row,
            Some(_) => self.rows.retain(|other| other.id != row.id),
            None if row.changes.is_empty() => {}
            None => self.rows.push(row),
        }
    }
}

impl HistoryRow {
    /// Returns what takes the write with this number out of the history: nothing of it is left. The
    /// number stays taken.
    pub fn nothing(id: u64) -> Self {
        let (changes, cause) = (Changes::default(), String::new());
        Self { id, written: 0, changes, outcome: Outcome::NotLanded, cause }
    }

    fn read(line: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        #[derive(serde::Deserialize)]
        struct Row {
            id: u64,
            written: i64,
            changes: serde_json::Value,
            // Histories of before had only writes that were taken.
            #[serde(default)]
            outcome: Outcome,
            #[serde(default)]
            cause: String,
        }
        let Row { id, written, changes, outcome, cause } = serde_json::from_str(line)?;
        let changes = wire::decode_changes(&serde_json::to_vec(&changes)?)?;
        Ok(Self { id, written, changes, outcome, cause })
    }
}

impl Serialize for HistoryRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("HistoryRow", 5)?;
        object.serialize_field("id", &self.id)?;
        object.serialize_field("written", &self.written)?;
        object.serialize_field("outcome", &self.outcome)?;
        if !self.cause.is_empty() {
            object.serialize_field("cause", &self.cause)?;
        }
        object.serialize_field("changes", &self.changes)?;
        object.end()
    }
}
