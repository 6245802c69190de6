//! A folder of files: the history has lines for each write, the rest a small file each.
//!
//! Files are replaced whole, by writing another and renaming it, so a crash leaves the old or the
//! new one; a write costs two lines of the history, one before it and one after. What a crash of
//! the node leaves all the same is [repaired](Folder::repairing), and what a full disk does not take
//! is [kept](lines) until it does.

mod files;
mod lines;
mod number;
mod repair;

use std::fs::{DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use controller_core::history::{History, HistoryRow, Outcome};
use controller_core::plan::memory::Kept;
use futures::future::BoxFuture;

use self::files::{bytes, read, regular, replace};
use self::lines::Unwritten;
use super::store::StateStore;

const HISTORY: &str = "history.jsonl";
const LOSSES: &str = "losses.json";
const RECORDS: &str = "records.json";
/// The highest number that was given to a write which the history may not have.
const NUMBER: &str = "number.json";

/// Which users may look into the folder: its owner. It tells every name that there ever was.
const OWNERS_FOLDER: u32 = 0o700;

/// Which users may read a file.
const OWNERS_FILE: u32 = 0o600;

/// What others than the owner need to make, rename and remove files in a folder.
const OTHERS_WRITE: u32 = 0o022;

/// A folder with what outlives the process.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    damage: Damage,
    history_size: usize,
    /// Number of the last write, and how many lines and bytes the file has, as far as we know.
    last_id: u64,
    lines: usize,
    bytes: u64,
    /// Writes of which no outcome is known.
    open: Vec<HistoryRow>,
    unwritten: Unwritten,
    kept: Kept,
    write_line: lines::WriteLine,
    /// Whether it was told that others may write.
    is_told: bool,
    /// Whether others have written since the whole was last shown.
    has_news: bool,
}

/// What becomes of files that make no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Damage {
    /// They are named.
    Told,
    /// They are repaired or moved aside, once: later, another process may be writing.
    Repaired,
}

impl Folder {
    /// Returns the folder, which is made and repaired when it is first read.
    ///
    /// Its history keeps `history_size` writes at least.
    pub fn repairing(path: &Path, history_size: usize) -> Self {
        Self { damage: Damage::Repaired, ..Self::unread(path, history_size) }
    }

    /// Opens the folder, made if it is not there; its history keeps `history_size` writes at least.
    ///
    /// # Errors
    ///
    /// Returns an error when the folder cannot be used or a file in it makes no sense.
    pub fn open(path: &Path, history_size: usize) -> anyhow::Result<Self> {
        let mut folder = Self::unread(path, history_size);
        folder.look()?;
        Ok(folder)
    }

    /// Tells whether a history was ever kept in the folder.
    pub fn has_history(path: &Path) -> bool {
        path.join(HISTORY).exists()
    }

    fn unread(path: &Path, history_size: usize) -> Self {
        Self {
            path: path.to_owned(),
            damage: Damage::Told,
            history_size: history_size.max(1),
            last_id: 0,
            lines: 0,
            bytes: 0,
            open: Vec::new(),
            unwritten: Unwritten::default(),
            kept: Kept::default(),
            write_line: lines::write_line,
            is_told: false,
            has_news: false,
        }
    }

    fn look(&mut self) -> anyhow::Result<Kept> {
        if self.path.exists() && !self.path.is_dir() {
            anyhow::bail!("`--state-dir={}` is a file, and must be a folder", self.path.display());
        }
        let made = DirBuilder::new().recursive(true).mode(OWNERS_FOLDER).create(&self.path);
        made.with_context(|| {
            format!("`--state-dir={}` cannot be made; is it writable?", self.path.display())
        })?;
        if self.damage == Damage::Repaired {
            repair::repair(&self.path)?;
            self.damage = Damage::Told;
        }
        self.tell_if_others_may_write();
        for name in [HISTORY, LOSSES, RECORDS, NUMBER] {
            let path = self.path.join(name);
            // What a link leads to may be anything.
            if path.symlink_metadata().is_ok_and(|metadata| metadata.is_file()) {
                // Those of a version before, where they are ours and there.
                let _ = std::fs::set_permissions(path, Permissions::from_mode(OWNERS_FILE));
            }
        }
        self.look_at_the_history()?;
        self.has_news = false;
        self.kept = Kept {
            losses: self.small(LOSSES)?.unwrap_or_default(),
            records: self.small(RECORDS)?.unwrap_or_default(),
        };
        Ok(self.kept.clone())
    }

    /// Says once when others may write to the folder, and so change what is remembered.
    ///
    /// It is no reason not to start: volumes of Kubernetes belong to a group, or to everyone.
    fn tell_if_others_may_write(&mut self) {
        let mode = self.path.metadata().map_or(0, |metadata| metadata.permissions().mode());
        if mode & OTHERS_WRITE == 0 || std::mem::replace(&mut self.is_told, true) {
            return;
        }
        tracing::warn!(
            folder = %self.path.display(),
            mode = format!("{:o}", mode & 0o7777),
            "Others may write to the folder of --state-dir, and change what is remembered there: take \
             that from them (`chmod go-w`), or name a folder in it, which is made for its owner alone"
        );
    }

    fn look_at_the_history(&mut self) -> anyhow::Result<()> {
        let text = self.text()?;
        let history = self.parsed(&text)?;
        self.unwritten.make_way(history.last_id());
        let given = self.small(NUMBER)?.unwrap_or(0);
        let last_ids = [history.last_id(), self.unwritten.last_id(), given];
        self.last_id = last_ids.into_iter().fold(self.last_id, u64::max);
        let all = self.parsed(&(lines::whole(&text).to_owned() + &self.unwritten.to_text()?))?;
        self.open = all.rows().filter(|row| row.outcome == Outcome::Begun).cloned().collect();
        (self.lines, self.bytes) = (text.lines().count(), text.len() as u64);
        Ok(())
    }

    /// Looks again if another process has written, such as `signpost rollback` beside the controller, and
    /// notes that.
    fn look_again(&mut self) -> anyhow::Result<()> {
        if self.bytes != self.bytes_of_the_history() {
            self.look_at_the_history()?;
            self.has_news = true;
        }
        Ok(())
    }

    fn text(&self) -> anyhow::Result<String> {
        Ok(read(&self.path.join(HISTORY))?.unwrap_or_default())
    }

    /// Returns the history with what could not be written yet.
    fn whole_text(&self) -> anyhow::Result<String> {
        Ok(lines::whole(&self.text()?).to_owned() + &self.unwritten.to_text()?)
    }

    fn parsed(&self, text: &str) -> anyhow::Result<History> {
        let path = self.path.join(HISTORY);
        History::from_text(lines::whole(text)).with_context(|| format!("`{}`", path.display()))
    }

    fn bytes_of_the_history(&self) -> u64 {
        std::fs::metadata(self.path.join(HISTORY)).map_or(0, |metadata| metadata.len())
    }

    fn small<T: serde::de::DeserializeOwned>(&self, name: &str) -> anyhow::Result<Option<T>> {
        let path = self.path.join(name);
        let Some(text) = read(&path)? else { return Ok(None) };
        let value = serde_json::from_str(&text);
        value.with_context(|| format!("`{}` makes no sense", path.display())).map(Some)
    }

    fn replace(&self, name: &str, text: &str) -> anyhow::Result<()> {
        replace(&self.path, name, text)
    }

    /// Writes the lines that wait, oldest first. What cannot be written waits on, with its number.
    fn write_out(&mut self) -> anyhow::Result<()> {
        let Err(error) = self.write_lines() else { return Ok(()) };
        if self.unwritten.last_id() == 0 {
            return Err(error);
        }
        match number::keep(&self.path.join(NUMBER), self.last_id) {
            Ok(()) => Err(error),
            Err(_) => Err(error.context(number::not_kept(self.last_id))),
        }
    }

    fn write_lines(&mut self) -> anyhow::Result<()> {
        self.look_again()?;
        if self.unwritten.last_id() > 0 && !self.path.join(NUMBER).exists() {
            // While there is room: a file that is there can be written over when there is none.
            let _tried_again = self.replace(NUMBER, &number::text(0));
        }
        let path = self.path.join(HISTORY);
        while let Some(line) = self.unwritten.first_line()? {
            let written =
                regular(&path).and_then(|()| lines::append(&path, &line, self.write_line));
            let added =
                written.with_context(|| format!("`{}` cannot be written", path.display()))?;
            self.unwritten.pop();
            self.lines += 1;
            self.bytes = self.bytes.saturating_add_signed(added);
        }
        if self.lines >= self.history_size.saturating_mul(2) {
            self.forget_the_oldest()?;
        }
        Ok(())
    }

    fn forget_the_oldest(&mut self) -> anyhow::Result<()> {
        let lines = lines::latest(&self.parsed(&self.text()?)?, self.history_size)?;
        self.replace(HISTORY, &(lines.join("\n") + "\n"))?;
        (self.lines, self.bytes) = (lines.len(), self.bytes_of_the_history());
        Ok(())
    }
}

impl StateStore for Folder {
    fn read(&mut self) -> BoxFuture<'_, anyhow::Result<Kept>> {
        Box::pin(async { self.look() })
    }

    fn catch_up(&mut self) -> BoxFuture<'_, anyhow::Result<bool>> {
        Box::pin(async {
            self.look_again()?;
            Ok(std::mem::take(&mut self.has_news))
        })
    }

    fn history(&self) -> anyhow::Result<History> {
        self.parsed(&self.whole_text()?)
    }

    /// What cannot be read or written now waits for [`write`](StateStore::write), which tells why.
    fn add(&mut self, row: HistoryRow) -> anyhow::Result<bool> {
        let _told_by_write = self.look_again();
        let row = HistoryRow { id: self.last_id + 1, ..row };
        self.last_id = row.id;
        self.unwritten.add(row.clone(), self.history_size);
        if row.outcome == Outcome::Begun {
            self.open.push(row);
        }
        let _told_by_write = self.write_out();
        Ok(true)
    }

    fn open(&self) -> anyhow::Result<Vec<HistoryRow>> {
        Ok(self.open.clone())
    }

    fn conclude(&mut self, row: HistoryRow) -> anyhow::Result<()> {
        if !self.unwritten.is_fresh(row.id) {
            let _told_by_write = self.look_again();
        }
        // Only the process that began a write knows how it ended, whatever others concluded
        // meanwhile.
        if row.outcome != Outcome::Written && !self.open.iter().any(|other| other.id == row.id) {
            return Ok(());
        }
        self.open.retain(|other| other.id != row.id);
        if row.outcome == Outcome::Begun {
            self.open.push(row.clone());
        }
        self.unwritten.conclude(row, self.history_size);
        let _told_by_write = self.write_out();
        Ok(())
    }

    fn write<'a>(&'a mut self, kept: &'a Kept) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async move {
            self.write_out()?;
            let Kept { losses, records } = kept;
            if *losses != self.kept.losses {
                self.replace(LOSSES, &serde_json::to_string(losses)?)?;
            }
            if *records != self.kept.records {
                self.replace(RECORDS, &records.to_string())?;
            }
            self.kept = kept.clone();
            Ok(())
        })
    }

    fn throttle(&self) -> Duration {
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use external_dns_webhook::{Changes, Endpoint, RecordType};

    use super::*;

    fn write(written: i64, outcome: Outcome) -> HistoryRow {
        let create = vec![Endpoint::new("a.example.com", RecordType::A, ["192.0.2.1"])];
        HistoryRow {
            id: 0,
            written,
            changes: Changes { create, ..Changes::default() },
            outcome,
            cause: String::new(),
        }
    }

    fn listed(folder: &Folder) -> Vec<(u64, i64, Outcome)> {
        let history = folder.history().unwrap();
        history.rows().map(|row| (row.id, row.written, row.outcome)).collect()
    }

    #[test]
    fn the_history_outlives_the_process_and_forgets_the_oldest() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = Folder::open(folder.path(), 2).unwrap();
        for now in 1..=4 {
            first.add(write(now, Outcome::Written)).unwrap();
        }
        let mut again = Folder::open(folder.path(), 2).unwrap();
        again.add(write(5, Outcome::Written)).unwrap();
        let written = |id| (id, i64::try_from(id).unwrap(), Outcome::Written);
        let expected = [3, 4, 5].map(written);
        assert_eq!(listed(&again), expected, "the newest two at least, and no number twice");
        let expected = HistoryRow { id: 5, ..write(5, Outcome::Written) };
        assert_eq!(*again.history().unwrap().row(5).unwrap(), expected);
    }

    #[test]
    fn a_write_that_was_begun_is_open_until_it_is_concluded_in_this_process_or_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = Folder::open(folder.path(), 2).unwrap();
        let begun = |id| HistoryRow { id, ..write(1, Outcome::Begun) };
        for _ in 0..3 {
            first.add(begun(0)).unwrap();
        }
        let concluded = |id, outcome| HistoryRow { outcome, ..begun(id) };
        first.conclude(concluded(1, Outcome::Written)).unwrap();
        assert_eq!(first.open().unwrap(), [begun(2), begun(3)]);
        let mut next = Folder::open(folder.path(), 2).unwrap();
        assert_eq!(next.open().unwrap(), [begun(2), begun(3)]);
        next.conclude(concluded(2, Outcome::Landed)).unwrap();
        assert_eq!(next.open().unwrap(), [begun(3)]);
        // What is only begun takes the place of none.
        let written = (1, 1, Outcome::Written);
        let expected = [written, (2, 1, Outcome::Landed), (3, 1, Outcome::Begun)];
        assert_eq!(listed(&Folder::open(folder.path(), 2).unwrap()), expected);
    }

    #[test]
    fn two_writers_give_no_number_twice_and_conclude_what_is_theirs() {
        let folder = tempfile::tempdir().unwrap();
        let mut ours = Folder::open(folder.path(), 3).unwrap();
        let mut theirs = Folder::open(folder.path(), 3).unwrap();
        ours.add(write(1, Outcome::Begun)).unwrap();
        theirs.add(write(2, Outcome::Begun)).unwrap();
        ours.conclude(HistoryRow { id: 1, ..write(1, Outcome::Written) }).unwrap();
        theirs.conclude(HistoryRow { id: 2, ..write(2, Outcome::Landed) }).unwrap();
        ours.add(write(3, Outcome::Begun)).unwrap();
        let expected = [(1, 1, Outcome::Written), (2, 2, Outcome::Landed), (3, 3, Outcome::Begun)];
        assert_eq!(listed(&ours), expected);
        // Theirs makes the file shorter, for it has twice as many lines as it must.
        theirs.add(write(4, Outcome::Written)).unwrap();
        ours.add(write(5, Outcome::Written)).unwrap();
        let numbers: Vec<_> = listed(&theirs).iter().map(|(id, _, _)| *id).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5]);
        let lines = std::fs::read_to_string(folder.path().join(HISTORY)).unwrap().lines().count();
        assert_eq!(lines, 5, "one for each write");
    }

    #[test]
    fn the_process_that_began_a_write_has_the_last_word_on_how_it_ended() {
        let folder = tempfile::tempdir().unwrap();
        let mut ours = Folder::open(folder.path(), 3).unwrap();
        ours.add(write(1, Outcome::Begun)).unwrap();
        let mut theirs = Folder::open(folder.path(), 3).unwrap();
        let concluded = |outcome| HistoryRow { id: 1, ..write(1, outcome) };
        theirs.conclude(concluded(Outcome::NotLanded)).unwrap();
        ours.conclude(concluded(Outcome::Written)).unwrap();
        theirs.conclude(concluded(Outcome::NotLanded)).unwrap();
        assert_eq!(listed(&ours), [(1, 1, Outcome::Written)]);
    }

    #[test]
    fn a_history_that_makes_no_sense_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(HISTORY), "nonsense\n").unwrap();
        let error = Folder::open(folder.path(), 2).unwrap_err();
        assert!(format!("{error:#}").contains(HISTORY), "{error:#}");
    }

    #[test]
    fn what_is_no_file_is_named_and_not_waited_for() {
        for name in [HISTORY, LOSSES, RECORDS, NUMBER] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(name);
            std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
            let error = format!("{:#}", Folder::open(folder.path(), 2).unwrap_err());
            assert!(
                error.contains(name) && error.contains("it is no file; move it away"),
                "{error}"
            );
            std::fs::remove_file(&path).unwrap();
            // As a pipe without a writer, which a test could wait for.
            let _socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
            let error = format!("{:#}", Folder::open(folder.path(), 2).unwrap_err());
            assert!(error.contains("it is no file"), "{error}");
            std::fs::remove_file(&path).unwrap();
            let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
            assert!(made.success());
            let error = format!("{:#}", Folder::open(folder.path(), 2).unwrap_err());
            assert!(error.contains("it is no file"), "{error}");
        }
    }

    #[tokio::test]
    async fn a_pipe_that_takes_the_place_of_the_history_is_not_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let mut state = Folder::open(folder.path(), 2).unwrap();
        let path = folder.path().join(HISTORY);
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        state.add(write(1, Outcome::Written)).unwrap();
        let error =
            format!("{:#}", StateStore::write(&mut state, &Kept::default()).await.unwrap_err());
        assert!(error.contains("it is no file"), "{error}");
    }

    #[test]
    fn a_folder_that_others_may_write_to_is_told_and_used() {
        for (mode, is_told) in
            [(0o700, false), (0o755, false), (0o770, true), (0o2775, true), (0o1777, true)]
        {
            let folder = tempfile::tempdir().unwrap();
            std::fs::set_permissions(folder.path(), Permissions::from_mode(mode)).unwrap();
            let state = Folder::open(folder.path(), 2).unwrap();
            assert_eq!(state.is_told, is_told, "{mode:o}");
        }
    }

    #[test]
    fn what_a_link_leads_to_keeps_its_mode() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let target = elsewhere.path().join("target");
        std::fs::write(&target, "7").unwrap();
        std::fs::set_permissions(&target, Permissions::from_mode(0o644)).unwrap();
        std::os::unix::fs::symlink(&target, folder.path().join(RECORDS)).unwrap();
        Folder::open(folder.path(), 2).unwrap();
        assert_eq!(target.metadata().unwrap().permissions().mode() & 0o777, 0o644);
    }

    #[test]
    fn what_is_kept_is_its_owners_alone_and_becomes_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        let mut state = Folder::open(&path, 10).unwrap();
        state.replace(LOSSES, "[]").unwrap();
        assert_eq!((mode(&path), mode(&path.join(LOSSES))), (0o700, 0o600));
        for name in [HISTORY, LOSSES] {
            std::fs::write(path.join(name), "").unwrap();
            std::fs::set_permissions(path.join(name), Permissions::from_mode(0o644)).unwrap();
        }
        std::fs::remove_file(path.join(LOSSES)).unwrap();
        state.look().unwrap();
        assert_eq!(mode(&path.join(HISTORY)), 0o600);
    }
}
