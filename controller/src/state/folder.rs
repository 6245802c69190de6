//! A folder of files: the journal has a line for each write, the rest a small file each.
//!
//! Files are replaced whole, by writing another and renaming it, so a crash leaves the old or the
//! new one; a write costs one line of the journal.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use controller_core::journal::{Journal, JournalRow};
use futures::future::BoxFuture;
use webhook_api::Changes;

use super::store::{Facts, Store};

const JOURNAL: &str = "journal.jsonl";
const LOSSES: &str = "losses.json";
const RECORDS: &str = "records.json";

/// A folder with what outlives the process.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    journal_size: usize,
    /// Number of the last write, and how many rows the file has.
    last_id: u64,
    rows: usize,
    kept: Facts,
}

impl Folder {
    /// Opens the folder, made if it is not there; its journal keeps `journal_size` writes at least.
    ///
    /// # Errors
    ///
    /// Returns an error when the folder cannot be used or a file in it makes no sense.
    pub fn open(path: &Path, journal_size: usize) -> anyhow::Result<Self> {
        let (path, journal_size) = (path.to_owned(), journal_size.max(1));
        std::fs::create_dir_all(&path).with_context(|| {
            format!("`--state-dir={}` cannot be made; is it writable?", path.display())
        })?;
        let mut folder = Self { path, journal_size, last_id: 0, rows: 0, kept: Facts::default() };
        folder.look()?;
        Ok(folder)
    }

    fn look(&mut self) -> anyhow::Result<Facts> {
        let journal = self.journal()?;
        self.last_id = journal.rows().next_back().map_or(0, |it| it.id);
        self.rows = journal.rows().count();
        self.kept = Facts {
            losses: self.small(LOSSES)?.unwrap_or_default(),
            records: self.small(RECORDS)?.unwrap_or_default(),
        };
        Ok(self.kept.clone())
    }

    fn small<T: serde::de::DeserializeOwned>(&self, name: &str) -> anyhow::Result<Option<T>> {
        let path = self.path.join(name);
        let Some(text) = read(&path)? else { return Ok(None) };
        let value = serde_json::from_str(&text);
        value.with_context(|| format!("`{}` makes no sense", path.display())).map(Some)
    }

    fn replace(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let (path, fresh) = (self.path.join(name), self.path.join(format!("{name}.new")));
        std::fs::write(&fresh, text)
            .and_then(|()| std::fs::rename(&fresh, &path))
            .with_context(|| format!("`{}` cannot be written", path.display()))
    }

    fn forget_the_oldest(&mut self) -> anyhow::Result<()> {
        let journal = self.journal()?;
        let excess = self.rows.saturating_sub(self.journal_size);
        let kept = journal.rows().skip(excess).map(serde_json::to_string);
        let lines = kept.collect::<Result<Vec<_>, _>>()?;
        self.replace(JOURNAL, &(lines.join("\n") + "\n"))?;
        self.rows = lines.len();
        Ok(())
    }
}

impl Store for Folder {
    fn read(&mut self) -> BoxFuture<'_, anyhow::Result<Facts>> {
        Box::pin(async { self.look() })
    }

    fn journal(&self) -> anyhow::Result<Journal> {
        let path = self.path.join(JOURNAL);
        let Some(text) = read(&path)? else { return Ok(Journal::default()) };
        Journal::from_text(&text).with_context(|| format!("`{}`", path.display()))
    }

    fn add(&mut self, changes: Changes, written: i64) -> anyhow::Result<()> {
        let row = JournalRow { id: self.last_id + 1, written, changes };
        let path = self.path.join(JOURNAL);
        let line = serde_json::to_string(&row)? + "\n";
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&path);
        file.and_then(|mut file| file.write_all(line.as_bytes()))
            .with_context(|| format!("`{}` cannot be written", path.display()))?;
        self.last_id += 1;
        self.rows += 1;
        if self.rows >= self.journal_size.saturating_mul(2) {
            self.forget_the_oldest()?;
        }
        Ok(())
    }

    fn write<'a>(&'a mut self, facts: &'a Facts) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async move {
            let Facts { losses, records } = facts;
            if *losses != self.kept.losses {
                self.replace(LOSSES, &serde_json::to_string(losses)?)?;
            }
            if *records != self.kept.records {
                self.replace(RECORDS, &records.to_string())?;
            }
            self.kept = facts.clone();
            Ok(())
        })
    }

    fn rest(&self) -> Duration {
        Duration::ZERO
    }
}

fn read(path: &Path) -> anyhow::Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("`{}` cannot be read", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use webhook_api::{Endpoint, RecordType};

    use super::*;

    #[test]
    fn the_journal_outlives_the_process_and_forgets_the_oldest() {
        let folder = tempfile::tempdir().unwrap();
        let create = vec![Endpoint::new("a.example.com", RecordType::A, ["192.0.2.1"])];
        let changes = Changes { create, ..Changes::default() };
        let mut first = Folder::open(folder.path(), 2).unwrap();
        for now in 1..=4 {
            first.add(changes.clone(), now).unwrap();
        }
        let mut again = Folder::open(folder.path(), 2).unwrap();
        again.add(changes.clone(), 5).unwrap();
        let journal = again.journal().unwrap();
        let ids: Vec<_> = journal.rows().map(|it| it.id).collect();
        assert_eq!(ids, [3, 4, 5], "the newest two at least, and no number twice");
        assert_eq!(journal.row(5).unwrap().changes, changes);
    }

    #[test]
    fn a_journal_that_makes_no_sense_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(JOURNAL), "nonsense\n").unwrap();
        let error = Folder::open(folder.path(), 2).unwrap_err();
        assert!(format!("{error:#}").contains(JOURNAL), "{error:#}");
    }
}
