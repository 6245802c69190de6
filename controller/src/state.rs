//! What outlives the process: the journal of writes, and when targets were lost.
//!
//! Files are replaced whole, by writing another and renaming it, so a crash leaves the old or the
//! new one. Without a folder nothing is kept, and nothing but undoing needs it.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use controller_core::hold::Losses;
use controller_core::journal::{Journal, JournalRow};
use webhook_api::Changes;

const JOURNAL: &str = "journal.jsonl";
const LOSSES: &str = "losses.json";

/// A folder with what outlives the process.
#[derive(Debug)]
pub struct State {
    folder: Option<PathBuf>,
    journal_size: usize,
    /// Number of the last write, and how many rows the file has.
    last_id: u64,
    rows: usize,
    losses: Losses,
}

impl State {
    /// Opens the folder, made if it is not there; without one, nothing is kept.
    ///
    /// # Errors
    ///
    /// Returns an error when the folder cannot be used or a file in it makes no sense.
    pub fn open(folder: Option<&Path>, journal_size: usize) -> anyhow::Result<Self> {
        let mut state = Self {
            folder: folder.map(Path::to_owned),
            journal_size: journal_size.max(1),
            last_id: 0,
            rows: 0,
            losses: Losses::default(),
        };
        let Some(folder) = folder else { return Ok(state) };
        std::fs::create_dir_all(folder).with_context(|| {
            format!("`--state-dir={}` cannot be made; is it writable?", folder.display())
        })?;
        let journal = state.journal()?;
        state.last_id = journal.rows().next_back().map_or(0, |it| it.id);
        state.rows = journal.rows().count();
        if let Some(text) = read(&folder.join(LOSSES))? {
            state.losses = serde_json::from_str(&text)
                .with_context(|| format!("`{}` makes no sense", folder.join(LOSSES).display()))?;
        }
        Ok(state)
    }

    /// Reads the journal; empty without a folder.
    ///
    /// # Errors
    ///
    /// Returns an error when it cannot be read or makes no sense.
    pub fn journal(&self) -> anyhow::Result<Journal> {
        let Some(folder) = &self.folder else { return Ok(Journal::default()) };
        let path = folder.join(JOURNAL);
        let Some(text) = read(&path)? else { return Ok(Journal::default()) };
        Journal::from_text(&text).with_context(|| format!("`{}`", path.display()))
    }

    /// Returns when targets were lost, as last kept.
    pub fn losses(&self) -> &Losses {
        &self.losses
    }

    /// Adds a write, made at `now` in seconds since 1970; without a folder, it is not kept.
    ///
    /// A write costs one line of the file, and now and then a new file without the oldest lines.
    ///
    /// # Errors
    ///
    /// Returns an error when the journal cannot be kept.
    pub fn record(&mut self, changes: Changes, now: i64) -> anyhow::Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let row = JournalRow { id: self.last_id + 1, written: now, changes };
        let path = folder.join(JOURNAL);
        let line = serde_json::to_string(&row)? + "\n";
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&path);
        file.and_then(|mut file| file.write_all(line.as_bytes()))
            .with_context(|| format!("`{}` cannot be written", path.display()))?;
        self.last_id += 1;
        self.rows += 1;
        if self.rows >= self.journal_size.saturating_mul(2) {
            let journal = self.journal()?;
            let excess = self.rows.saturating_sub(self.journal_size);
            let kept = journal.rows().skip(excess).map(serde_json::to_string);
            let lines = kept.collect::<Result<Vec<_>, _>>()?;
            self.keep(JOURNAL, || lines.join("\n") + "\n")?;
            self.rows = lines.len();
        }
        Ok(())
    }

    /// Keeps when targets were lost, if that is another time than before.
    ///
    /// # Errors
    ///
    /// Returns an error when it cannot be kept.
    pub fn lost(&mut self, losses: &Losses) -> anyhow::Result<()> {
        if self.losses == *losses {
            return Ok(());
        }
        self.losses = losses.clone();
        self.keep(LOSSES, || serde_json::to_string(&self.losses).unwrap_or_default())
    }

    fn keep(&self, name: &str, text: impl FnOnce() -> String) -> anyhow::Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let (path, fresh) = (folder.join(name), folder.join(format!("{name}.new")));
        std::fs::write(&fresh, text())
            .and_then(|()| std::fs::rename(&fresh, &path))
            .with_context(|| format!("`{}` cannot be written", path.display()))
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
        let mut state = State::open(Some(folder.path()), 2).unwrap();
        for now in 1..=4 {
            state.record(changes.clone(), now).unwrap();
        }
        let mut again = State::open(Some(folder.path()), 2).unwrap();
        again.record(changes.clone(), 5).unwrap();
        let journal = again.journal().unwrap();
        let ids: Vec<_> = journal.rows().map(|it| it.id).collect();
        assert_eq!(ids, [3, 4, 5], "the newest two at least, and no number twice");
        assert_eq!(journal.row(5).unwrap().changes, changes);
    }

    #[test]
    fn a_journal_that_makes_no_sense_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(JOURNAL), "nonsense\n").unwrap();
        let error = State::open(Some(folder.path()), 2).unwrap_err();
        assert!(format!("{error:#}").contains(JOURNAL), "{error:#}");
    }
}
