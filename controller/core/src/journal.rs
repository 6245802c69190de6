//! What was written, and the way back.
//!
//! Every applied change keeps its before-image: a deletion names what was there, an update both
//! sides. Undoing is planned against what the provider holds now and goes back to the byte; what
//! anyone changed since is left alone and listed.

use std::collections::BTreeSet;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use webhook_api::{Changes, DnsName, Endpoint, EndpointKey, Labels, Update, wire};

use crate::plan::routing::clash;
use crate::registry::Inventory;

/// One write that a provider took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalRow {
    /// Number of the write; counts up from 1.
    pub id: u64,
    /// When it was written, in seconds since 1970.
    pub written: i64,
    /// What was written, claims included.
    pub changes: Changes,
}

/// The latest writes, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Journal {
    rows: Vec<JournalRow>,
}

/// The exact return from a write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Undo {
    /// What to write to go back.
    pub changes: Changes,
    /// Record sets that someone changed since, which stay as they are.
    pub skipped: Vec<Skipped>,
}

/// A record set that undoing leaves alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Which record set.
    pub key: EndpointKey,
    /// What was found instead of what was written.
    pub found: Found,
}

/// What is there instead of what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing: someone deleted it.
    Nothing,
    /// Something else: someone changed it or took its place.
    Another,
    /// What was written, but something that belongs with it was changed.
    Companion,
}

/// A row of a journal cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of the journal cannot be read; remove it to go on without it")]
pub struct BadRow {
    line: usize,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl Journal {
    /// Adds a write and forgets the oldest so that at most `keep` rows remain.
    ///
    /// Returns the number of the write.
    pub fn record(&mut self, changes: Changes, written: i64, keep: usize) -> u64 {
        let id = self.rows.last().map_or(1, |it| it.id + 1);
        self.rows.push(JournalRow { id, written, changes });
        let excess = self.rows.len().saturating_sub(keep.max(1));
        self.rows.drain(..excess);
        id
    }

    /// Iterates over the writes, oldest first.
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = &JournalRow> {
        self.rows.iter()
    }

    /// Returns the write with this number; `None` when it was forgotten or never was.
    pub fn row(&self, id: u64) -> Option<&JournalRow> {
        self.rows.iter().find(|it| it.id == id)
    }

    /// Returns the journal as text: one JSON object a line, oldest first.
    pub fn to_text(&self) -> String {
        let line = |it: &JournalRow| serde_json::to_string(it).unwrap_or_default() + "\n";
        self.rows.iter().map(line).collect()
    }

    /// Reads what [`to_text`](Self::to_text) wrote.
    ///
    /// # Errors
    ///
    /// Returns an error that names the first line that is not a row.
    pub fn from_text(text: &str) -> Result<Self, BadRow> {
        let lines = text.lines().enumerate().filter(|(_, it)| !it.trim().is_empty());
        let rows = lines.map(|(at, line)| {
            JournalRow::read(line).map_err(|source| BadRow { line: at + 1, source })
        });
        Ok(Self { rows: rows.collect::<Result<_, _>>()? })
    }
}

impl JournalRow {
    fn read(line: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        #[derive(serde::Deserialize)]
        struct Row {
            id: u64,
            written: i64,
            changes: serde_json::Value,
        }
        let Row { id, written, changes } = serde_json::from_str(line)?;
        Ok(Self { id, written, changes: wire::decode_changes(&serde_json::to_vec(&changes)?)? })
    }

    /// Plans the exact return from this write, given what the provider holds now.
    pub fn undo(&self, current: &Inventory) -> Undo {
        let Changes { create, update, delete } = &self.changes;
        let mut undo = Undo::default();
        for new in create {
            match find(current, new) {
                Look::Same(there) => undo.changes.delete.push(there),
                Look::Other => undo.skip(new, Found::Another),
                // It is gone already, which is where undoing leads.
                Look::Nothing => {}
            }
        }
        for Update { old, new } in update {
            match find(current, new) {
                Look::Same(there) => {
                    undo.changes.update.push(Update { old: there, new: old.clone() });
                }
                Look::Nothing => undo.skip(new, Found::Nothing),
                Look::Other if matches!(find(current, old), Look::Same(_)) => {}
                Look::Other => undo.skip(new, Found::Another),
            }
        }
        for old in delete {
            match find(current, old) {
                Look::Nothing if self.has_room_for(old, current) => {
                    undo.changes.create.push(old.clone());
                }
                Look::Same(_) => {}
                Look::Nothing | Look::Other => undo.skip(old, Found::Another),
            }
        }
        undo.keep_pairs_together();
        undo
    }

    /// Tells whether nothing that came since excludes `old`.
    fn has_room_for(&self, old: &Endpoint, current: &Inventory) -> bool {
        let ours = |it: &Endpoint| self.changes.create.iter().any(|new| new.key() == it.key());
        let key = old.key();
        let mut in_the_way =
            current.held_at(key.name()).filter(|it| clash(it, old).is_some() && !ours(it));
        in_the_way.next().is_none()
    }
}

impl Undo {
    fn skip(&mut self, endpoint: &Endpoint, found: Found) {
        self.skipped.push(Skipped { key: endpoint.key(), found });
    }

    /// Leaves a whole name alone when any part of it was changed since: a record set and its claim
    /// go back together or not at all.
    fn keep_pairs_together(&mut self) {
        let name = |it: &Endpoint| {
            let owned = it.labels.get(Labels::OWNED_RECORD).map(DnsName::from);
            owned.unwrap_or_else(|| it.dns_name.clone()).normalized().into_owned()
        };
        let changes = std::mem::take(&mut self.changes);
        let all = || {
            let updates = changes.update.iter().map(|it| &it.new);
            changes.create.iter().chain(&changes.delete).chain(updates)
        };
        let mut spoiled = BTreeSet::new();
        for skipped in &self.skipped {
            spoiled.insert(skipped.key.name().to_owned());
        }
        // A claim that was changed spoils the name it is about.
        for endpoint in all() {
            if spoiled.contains(endpoint.dns_name.normalized().as_ref()) {
                spoiled.insert(name(endpoint));
            }
        }
        let whole = |it: &Endpoint| !spoiled.contains(&name(it));
        let (create, left): (Vec<_>, Vec<_>) = changes.create.into_iter().partition(whole);
        let (delete, left_there): (Vec<_>, Vec<_>) = changes.delete.into_iter().partition(whole);
        let (update, left_as_is): (Vec<_>, Vec<_>) =
            changes.update.into_iter().partition(|it| whole(&it.new));
        let left = left.iter().chain(&left_there).chain(left_as_is.iter().map(|it| &it.old));
        for endpoint in left {
            self.skip(endpoint, Found::Companion);
        }
        self.changes = Changes { create, update, delete };
    }
}

enum Look {
    Nothing,
    /// Exactly this, with the labels that it travels with.
    Same(Endpoint),
    Other,
}

/// Looks for a record set or claim among what is held; labels do not count.
fn find(current: &Inventory, wanted: &Endpoint) -> Look {
    let key = wanted.key();
    let mut there = current.held_at(key.name()).filter(|it| it.key() == key).peekable();
    if there.peek().is_none() {
        return Look::Nothing;
    }
    let same = there.find(|it| {
        it.targets == wanted.targets
            && (wanted.ttl.is_none() || it.ttl == wanted.ttl)
            && it.properties == wanted.properties
    });
    match same {
        Some(it) => Look::Same(Endpoint { labels: wanted.labels.clone(), ..it.clone() }),
        None => Look::Other,
    }
}

impl Serialize for JournalRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("JournalRow", 3)?;
        object.serialize_field("id", &self.id)?;
        object.serialize_field("written", &self.written)?;
        object.serialize_field("changes", &self.changes)?;
        object.end()
    }
}
