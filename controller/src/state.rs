//! What outlives the process: the journal of writes, and when targets were lost.
//!
//! Files are replaced whole, by writing another and renaming it, so a crash leaves the old or the
//! new one. Without a folder nothing is kept, and nothing but undoing needs it.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use controller_core::hold::Losses;
use controller_core::journal::Journal;
use webhook_api::Changes;

const JOURNAL: &str = "journal.jsonl";
const LOSSES: &str = "losses.json";

/// A folder with what outlives the process.
#[derive(Debug)]
pub struct State {
    folder: Option<PathBuf>,
    journal: Journal,
    journal_size: usize,
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
            journal: Journal::default(),
            journal_size,
            losses: Losses::default(),
        };
        let Some(folder) = folder else { return Ok(state) };
        std::fs::create_dir_all(folder).with_context(|| {
            format!("`--state-dir={}` cannot be made; is it writable?", folder.display())
        })?;
        if let Some(text) = read(&folder.join(JOURNAL))? {
            state.journal = Journal::from_text(&text)
                .with_context(|| format!("`{}`", folder.join(JOURNAL).display()))?;
        }
        if let Some(text) = read(&folder.join(LOSSES))? {
            state.losses = serde_json::from_str(&text)
                .with_context(|| format!("`{}` makes no sense", folder.join(LOSSES).display()))?;
        }
        Ok(state)
    }

    /// Returns the journal.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Returns when targets were lost, as last kept.
    pub fn losses(&self) -> &Losses {
        &self.losses
    }

    /// Adds a write, made at `now` in seconds since 1970, and returns its number.
    ///
    /// # Errors
    ///
    /// Returns an error when the journal cannot be kept; it then holds the write until the end.
    pub fn record(&mut self, changes: Changes, now: i64) -> anyhow::Result<u64> {
        let id = self.journal.record(changes, now, self.journal_size);
        self.keep(JOURNAL, || self.journal.to_text())?;
        Ok(id)
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
        for now in 1..=3 {
            state.record(changes.clone(), now).unwrap();
        }
        let again = State::open(Some(folder.path()), 2).unwrap();
        let ids: Vec<_> = again.journal().rows().map(|it| it.id).collect();
        assert_eq!(ids, [2, 3]);
        assert_eq!(again.journal().row(3).unwrap().changes, changes);
    }

    #[test]
    fn a_journal_that_makes_no_sense_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(JOURNAL), "nonsense\n").unwrap();
        let error = State::open(Some(folder.path()), 2).unwrap_err();
        assert!(format!("{error:#}").contains(JOURNAL), "{error:#}");
    }
}
