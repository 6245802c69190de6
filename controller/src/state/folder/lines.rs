//! Lines of the history, each written whole or not at all, and those that could not be written yet.
//!
//! A full disk takes the first half of a line. That half is cut off before the next one, which would
//! be no line behind it; and what was to be told waits in memory, with its number and its time.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use controller_core::history::{History, HistoryRow, Outcome};

use super::OWNERS_FILE;

/// How a line is written.
pub(super) type WriteLine = fn(&mut File, &[u8]) -> std::io::Result<()>;

/// Writes a line.
pub(super) fn write_line(file: &mut File, line: &[u8]) -> std::io::Result<()> {
    file.write_all(line)
}

/// Rows that could not be written yet, oldest first.
#[derive(Debug, Default)]
pub(super) struct Unwritten {
    rows: Vec<HistoryRow>,
    /// The numbers of those among them that the file has nothing of.
    fresh: BTreeSet<u64>,
}

impl Unwritten {
    /// Adds a row under a number that the file does not have; `most` are kept, the latest.
    pub(super) fn add(&mut self, row: HistoryRow, most: usize) {
        self.fresh.insert(row.id);
        self.conclude(row, most);
    }

    /// Adds what a row is now.
    pub(super) fn conclude(&mut self, row: HistoryRow, most: usize) {
        // Nobody has seen what it was before.
        self.rows.retain(|other| other.id != row.id);
        self.rows.push(row);
        let excess = self.rows.len().saturating_sub(most.max(1));
        for gone in self.rows.drain(..excess) {
            self.fresh.remove(&gone.id);
        }
    }

    /// Gives other numbers to rows whose number another process has given meanwhile; the last of those is
    /// `last_id`.
    pub(super) fn make_way(&mut self, last_id: u64) {
        let taken = self.fresh.iter().filter(|id| **id <= last_id).count();
        let by = match self.fresh.first() {
            Some(first) if taken > 0 => last_id + 1 - first,
            _ => return,
        };
        for row in &mut self.rows {
            if self.fresh.contains(&row.id) {
                row.id += by;
            }
        }
        self.fresh = self.fresh.iter().map(|id| id + by).collect();
    }

    /// Tells whether the file has nothing of the row with this number.
    pub(super) fn is_fresh(&self, id: u64) -> bool {
        self.fresh.contains(&id)
    }

    /// Returns the highest number; 0 for none.
    pub(super) fn last_id(&self) -> u64 {
        self.fresh.last().copied().unwrap_or(0)
    }

    /// Returns the line that comes next; `None` when there is none.
    pub(super) fn first_line(&self) -> serde_json::Result<Option<String>> {
        self.rows.first().map(line).transpose()
    }

    /// Takes the first one, which is written.
    pub(super) fn pop(&mut self) {
        if !self.rows.is_empty() {
            self.fresh.remove(&self.rows.remove(0).id);
        }
    }

    /// Returns all of them as the file will have them.
    pub(super) fn to_text(&self) -> serde_json::Result<String> {
        self.rows.iter().map(line).collect()
    }
}

impl Drop for Unwritten {
    fn drop(&mut self) {
        if let (Some(first), Some(last)) = (self.fresh.first(), self.fresh.last()) {
            tracing::warn!(
                first,
                last,
                "Writes from the first to the last of these numbers are in no history: it could not be \
                 written to the end, and they cannot be rolled back"
            );
        }
    }
}

fn line(row: &HistoryRow) -> serde_json::Result<String> {
    Ok(serde_json::to_string(row)? + "\n")
}

/// Returns a text without a last line that was not written to its end.
pub(super) fn whole(text: &str) -> &str {
    let (before, last) = text.split_at(text.rfind('\n').map_or(0, |index| index + 1));
    if History::from_text(last).is_ok() { text } else { before }
}

/// Returns the lines of the latest `most` writes, and of what takes the highest number if no write has it.
pub(super) fn latest(history: &History, most: usize) -> serde_json::Result<Vec<String>> {
    // A write that is only begun takes no other's place: it may turn out to be none.
    let begun = history.rows().filter(|row| row.outcome == Outcome::Begun).count().min(1);
    let excess = history.rows().count().saturating_sub(most + begun);
    let mut kept: Vec<_> = history.rows().skip(excess).collect();
    let last = HistoryRow::nothing(history.last_id());
    if kept.last().is_none_or(|row| row.id < last.id) {
        kept.push(&last);
    }
    kept.into_iter().map(serde_json::to_string).collect()
}

/// Appends a line, with nothing of another one before it that was not written to its end. Returns how much
/// longer the file is now.
pub(super) fn append(path: &Path, line: &str, write: WriteLine) -> std::io::Result<i64> {
    let mut file =
        OpenOptions::new().create(true).read(true).append(true).mode(OWNERS_FILE).open(path)?;
    let (before, ended) = end_the_last_line(&mut file)?;
    if let Err(error) = write(&mut file, line.as_bytes()) {
        // Where this fails, too, the next line does it.
        let is_ours = file.metadata().is_ok_and(|now| now.len() < before + line.len() as u64);
        if is_ours {
            let _cut = file.set_len(before);
        }
        return Err(error);
    }
    Ok(ended.saturating_add_unsigned(line.len() as u64))
}

/// Cuts off a last line that makes no sense and has no end; returns how long the file
/// is, and how much longer than before.
fn end_the_last_line(file: &mut File) -> std::io::Result<(u64, i64)> {
    let length = file.metadata()?.len();
    if length == 0 {
        return Ok((0, 0));
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    if last == *b"\n" {
        return Ok((length, 0));
    }
    file.rewind()?;
    let mut text = Vec::new();
    file.read_to_end(&mut text)?;
    let text = String::from_utf8_lossy(&text);
    let whole = whole(&text);
    if whole.len() == text.len() {
        file.write_all(b"\n")?;
        return Ok((length + 1, 1));
    }
    let kept = whole.len() as u64;
    file.set_len(kept)?;
    tracing::warn!("A line of the history that was not written to its end is cut off");
    Ok((
        kept,
        kept.saturating_sub(length).cast_signed() - length.saturating_sub(kept).cast_signed(),
    ))
}

#[cfg(test)]
mod tests {
    use controller_core::plan::memory::Kept;
    use external_dns_webhook::{Changes, Endpoint, RecordType};

    use super::super::{Folder, HISTORY};
    use super::*;
    use crate::state::StateStore as _;

    fn write(written: i64, outcome: Outcome) -> HistoryRow {
        let create = vec![Endpoint::new("a.example.com", RecordType::A, ["192.0.2.1"])];
        let changes = Changes { create, ..Changes::default() };
        HistoryRow { id: 0, written, changes, outcome, cause: String::new() }
    }

    /// A disk that takes the first half of a line.
    fn full(file: &mut File, line: &[u8]) -> std::io::Result<()> {
        file.write_all(&line[..line.len() / 2])?;
        Err(std::io::Error::from(std::io::ErrorKind::StorageFull))
    }

    fn listed(folder: &Folder) -> Vec<(u64, i64, Outcome)> {
        let history = folder.history().unwrap();
        history.rows().map(|row| (row.id, row.written, row.outcome)).collect()
    }

    #[tokio::test]
    async fn what_a_full_disk_does_not_take_is_written_with_its_time_when_it_does_and_no_half_line_stays()
     {
        let folder = tempfile::tempdir().unwrap();
        let text = || std::fs::read_to_string(folder.path().join(HISTORY)).unwrap();
        let mut state = Folder::open(folder.path(), 10).unwrap();
        state.add(write(1, Outcome::Written)).unwrap();
        let before = text();
        state.write_line = full;
        state.add(write(2, Outcome::Begun)).unwrap();
        assert_eq!(text(), before, "the half of it is cut off");
        let error = format!("{:#}", state.write(&Kept::default()).await.unwrap_err());
        assert!(error.contains("history.jsonl` cannot be written: no storage space"), "{error}");
        let begun = state.open().unwrap().pop().unwrap();
        state.conclude(HistoryRow { id: begun.id, ..write(3, Outcome::Written) }).unwrap();
        let expected = [(1, 1, Outcome::Written), (2, 3, Outcome::Written)];
        assert_eq!(listed(&state), expected, "it is known here all the same");
        state.write_line = write_line;
        state.write(&Kept::default()).await.unwrap();
        assert_eq!(listed(&Folder::open(folder.path(), 10).unwrap()), expected);
    }

    #[tokio::test]
    async fn a_half_line_that_a_process_left_is_cut_off_before_the_next_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(HISTORY);
        let mut state = Folder::open(folder.path(), 10).unwrap();
        state.add(write(1, Outcome::Written)).unwrap();
        let whole = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{whole}{}", &whole[..whole.len() / 2])).unwrap();
        state.add(write(2, Outcome::Written)).unwrap();
        let mut lines = std::fs::read_to_string(&path).unwrap();
        assert!(lines.starts_with(&whole), "{lines}");
        assert_eq!(lines.lines().count(), 2);
        // One that lacks nothing but its end stays.
        lines.pop();
        std::fs::write(&path, &lines).unwrap();
        state.add(write(3, Outcome::Written)).unwrap();
        assert_eq!(listed(&state).len(), 3);
    }

    #[tokio::test]
    async fn what_waits_takes_no_number_that_another_process_has_given_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let mut ours = Folder::open(folder.path(), 10).unwrap();
        ours.write_line = full;
        ours.add(write(1, Outcome::Written)).unwrap();
        ours.add(write(2, Outcome::Written)).unwrap();
        let mut theirs = Folder::open(folder.path(), 10).unwrap();
        theirs.add(write(7, Outcome::Written)).unwrap();
        ours.write_line = write_line;
        ours.write(&Kept::default()).await.unwrap();
        // Numbers 1 and 2 were given, and perhaps logged.
        let expected = [(3, 7), (4, 1), (5, 2)].map(|(id, at)| (id, at, Outcome::Written));
        assert_eq!(listed(&ours), expected);
        ours.add(write(8, Outcome::Written)).unwrap();
        assert_eq!(listed(&ours).last().unwrap().0, 6);
    }

    #[test]
    fn a_number_that_was_given_while_the_disk_was_full_is_given_to_no_other_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let mut state = Folder::open(folder.path(), 10).unwrap();
        state.add(write(1, Outcome::Written)).unwrap();
        state.write_line = full;
        for at in 2..=4 {
            state.add(write(at, Outcome::Written)).unwrap();
        }
        drop(state);
        let mut next = Folder::repairing(folder.path(), 10);
        next.look().unwrap();
        next.add(write(5, Outcome::Written)).unwrap();
        let expected = [(1, 1), (5, 5)].map(|(id, at)| (id, at, Outcome::Written));
        assert_eq!(listed(&next), expected);
        drop(next);
        // No number is left out where everything could be written.
        let mut last = Folder::open(folder.path(), 10).unwrap();
        last.add(write(6, Outcome::Written)).unwrap();
        assert_eq!(listed(&last).last().unwrap().0, 6);
    }

    #[tokio::test]
    async fn that_the_number_of_a_write_cannot_be_kept_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let mut state = Folder::open(folder.path(), 10).unwrap();
        state.add(write(1, Outcome::Written)).unwrap();
        state.write_line = full;
        let number = folder.path().join(super::super::NUMBER);
        std::fs::remove_file(&number).unwrap();
        std::fs::create_dir(&number).unwrap();
        state.add(write(2, Outcome::Written)).unwrap();
        let error = format!("{:#}", state.write(&Kept::default()).await.unwrap_err());
        assert!(error.starts_with("write 2 is not kept, nor is its number"), "{error}");
    }

    #[test]
    fn a_number_is_given_once_though_nothing_is_left_of_its_write_after_a_restart_too() {
        let folder = tempfile::tempdir().unwrap();
        for round in 1..=20 {
            let mut state = Folder::open(folder.path(), 2).unwrap();
            state.add(write(1, Outcome::Begun)).unwrap();
            let begun = state.open().unwrap().pop().unwrap();
            assert_eq!(begun.id, round);
            state.conclude(HistoryRow::nothing(begun.id)).unwrap();
            assert_eq!(listed(&state), []);
        }
        let lines = std::fs::read_to_string(folder.path().join(HISTORY)).unwrap().lines().count();
        assert!(lines <= 4, "{lines}");
    }

    #[test]
    fn writes_that_come_to_nothing_evict_no_write() {
        let folder = tempfile::tempdir().unwrap();
        let mut state = Folder::open(folder.path(), 2).unwrap();
        for at in [1, 2] {
            state.add(write(at, Outcome::Written)).unwrap();
        }
        for _ in 0..20 {
            state.add(write(3, Outcome::Begun)).unwrap();
            let begun = state.open().unwrap().pop().unwrap();
            state.conclude(HistoryRow::nothing(begun.id)).unwrap();
        }
        assert_eq!(listed(&state), [(1, 1, Outcome::Written), (2, 2, Outcome::Written)]);
    }
}
