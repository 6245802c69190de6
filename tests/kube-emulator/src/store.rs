//! Everything the server holds: objects by kind, one version counter, and what has changed.
//!
//! Every write takes the next number of one counter, so versions order all writes of all kinds.
//! Changes are remembered up to a limit; reading from a version whose changes are gone is
//! refused, never answered with a gap. The store knows nothing of HTTP and nothing of rules:
//! `write` decides what an object becomes, this decides where it lies.

pub(crate) mod history;
pub(crate) mod object;
pub(crate) mod page;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::watch;

use crate::defaults::allocate::Allocations;
use crate::json::object as member;
use crate::kinds::convert::{convert, differs};
use crate::kinds::{Kind, Kinds, TableKey};
use crate::patch::apply::Applied;
use crate::status::Status;
use crate::store::history::{Change, History, Outcome};
use crate::store::object::{Key, Object};

/// The state of the server.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) kinds: Kinds,
    pub(crate) allocations: Allocations,
    /// What each field manager applied last, by object.
    pub(crate) applied: BTreeMap<(TableKey, Key), Applied>,
    tables: BTreeMap<TableKey, Table>,
    version: u64,
    /// Reading changes from before this version is refused.
    compacted: u64,
    history_limit: usize,
}

#[derive(Debug)]
struct Table {
    objects: BTreeMap<Key, Arc<Object>>,
    history: History,
    /// The version of the last change, for those who wait for the next.
    head: watch::Sender<u64>,
}

impl Store {
    /// Starts empty; versions continue from `version`, and `history_limit` changes of each kind
    /// are remembered.
    pub(crate) fn new(kinds: Kinds, version: u64, history_limit: usize) -> Self {
        Self {
            kinds,
            allocations: Allocations::default(),
            applied: BTreeMap::new(),
            tables: BTreeMap::new(),
            version,
            compacted: version,
            history_limit,
        }
    }

    /// Returns the version of the last write.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// Forgets all changes so far, so that reading from an earlier version is refused.
    pub(crate) fn compact(&mut self) -> u64 {
        self.compacted = self.version;
        for table in self.tables.values_mut() {
            table.history.forget();
        }
        self.version
    }

    /// Returns one object; `namespace` is empty for a kind without namespaces.
    pub(crate) fn object(&self, kind: &Kind, namespace: &str, name: &str) -> Option<&Arc<Object>> {
        self.tables.get(&kind.table)?.objects.get(&Key::new(namespace, name))
    }

    /// Returns all objects of a table in order, those of one namespace if it is not empty.
    pub(crate) fn objects<'a>(
        &'a self,
        table: &TableKey,
        namespace: &'a str,
    ) -> impl Iterator<Item = &'a Arc<Object>> {
        self.tables
            .get(table)
            .into_iter()
            .flat_map(move |table| table.objects.range(Key::new(namespace, "")..))
            .take_while(move |(key, _)| namespace.is_empty() || key.namespace == namespace)
            .map(|(_, object)| object)
    }

    /// Returns every table that has held an object.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &TableKey> {
        self.tables.keys()
    }

    /// Writes `value`, an object of `kind`, under the next version.
    pub(crate) fn put(&mut self, kind: &Arc<Kind>, value: Value) -> Result<Arc<Object>, Status> {
        let object = Arc::new(self.stamped(kind, value)?);
        let table = self.table(&kind.table);
        let before = table.objects.insert(object.key(), Arc::clone(&object));
        let outcome = if before.is_some() { Outcome::Modified } else { Outcome::Added };
        self.note(&kind.table, Change { outcome, object: Arc::clone(&object), before });
        Ok(object)
    }

    /// Removes an object; the answer is its last state under the version of the removal.
    pub(crate) fn remove(
        &mut self,
        kind: &Arc<Kind>,
        key: &Key,
        last: Value,
    ) -> Result<Arc<Object>, Status> {
        let object = Arc::new(self.stamped(kind, last)?);
        let before = self.table(&kind.table).objects.remove(key);
        self.applied.remove(&(kind.table.clone(), key.clone()));
        let change = Change { outcome: Outcome::Deleted, object: Arc::clone(&object), before };
        self.note(&kind.table, change);
        Ok(object)
    }

    /// Returns a receiver that wakes at every change of the table.
    pub(crate) fn head(&mut self, table: &TableKey) -> watch::Receiver<u64> {
        self.table(table).head.subscribe()
    }

    /// Returns up to `limit` changes after `cursor`, and how far the reader has then read.
    ///
    /// Refuses with 410 when changes in between are forgotten.
    pub(crate) fn changes(
        &self,
        table: &TableKey,
        cursor: u64,
        limit: usize,
    ) -> Result<(Vec<Change>, u64), Status> {
        let Some(table) = self.tables.get(table) else {
            return Ok((Vec::new(), self.version));
        };
        let changes: Vec<Change> = table.history.since(cursor)?.take(limit).cloned().collect();
        let read_to = match changes.last() {
            Some(last) if changes.len() == limit => last.object.version,
            _ => self.version,
        };
        Ok((changes, read_to))
    }

    /// Refuses a version from before the last compaction.
    pub(crate) fn check_compaction(&self, version: u64) -> Result<(), Status> {
        if version < self.compacted {
            return Err(Status::too_old(version, self.compacted));
        }
        Ok(())
    }

    /// Refuses a version that is yet to come.
    pub(crate) fn check_reached(&self, version: u64) -> Result<(), Status> {
        if version > self.version {
            return Err(Status::too_large(version, self.version));
        }
        Ok(())
    }

    /// Gives `value` the next version and makes it an object in the form that is kept.
    fn stamped(&mut self, kind: &Arc<Kind>, mut value: Value) -> Result<Object, Status> {
        let version = self.version + 1;
        let kept = self.kinds.preferred(&kind.table.group, &kind.table.plural).unwrap_or(kind);
        let Some(fields) = value.as_object_mut() else {
            return Err(Status::internal("an object that is no JSON object reached the store"));
        };
        if differs(kind, kept) {
            convert(fields, kept);
        }
        member(fields, "metadata").insert("resourceVersion".to_owned(), version.to_string().into());
        let object = Object::new(kept, value, version)?;
        self.version = version;
        Ok(object)
    }

    fn note(&mut self, key: &TableKey, change: Change) {
        let version = change.object.version;
        let table = self.table(key);
        table.history.push(change);
        table.head.send_replace(version);
    }

    fn table(&mut self, key: &TableKey) -> &mut Table {
        let (limit, version) = (self.history_limit, self.compacted);
        self.tables.entry(key.clone()).or_insert_with(|| Table {
            objects: BTreeMap::new(),
            history: History::new(limit, version),
            head: watch::Sender::new(version),
        })
    }
}
