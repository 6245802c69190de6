//! Makes a folder usable again after a crash of the node, or after a user's editor.
//!
//! Only what cannot be read at all is touched: a torn last line of the history goes, and any other
//! file that makes no sense is moved aside, where people can look at it. That a file may not be read
//! says nothing about what is in it, so it stays.

use std::path::Path;

use anyhow::Context as _;
use controller_core::history::History;
use controller_core::target_loss::Losses;

use super::{HISTORY, LOSSES, NUMBER, RECORDS, bytes, replace};

/// Leaves only files that make sense in `folder`.
///
/// # Errors
///
/// Returns an error when a file cannot be read, replaced or moved.
pub(super) fn repair(folder: &Path) -> anyhow::Result<()> {
    repair_the_history(folder)?;
    keep_if(folder, LOSSES, |text| serde_json::from_str::<Losses>(text).is_ok())?;
    keep_if(folder, RECORDS, |text| serde_json::from_str::<usize>(text).is_ok())?;
    keep_if(folder, NUMBER, |text| serde_json::from_str::<u64>(text).is_ok())
}

fn repair_the_history(folder: &Path) -> anyhow::Result<()> {
    let is_history = |text: &str| History::from_text(text).is_ok();
    let path = folder.join(HISTORY);
    let Some(text) = bytes(&path)? else { return Ok(()) };
    // A tear may go through a letter; the last line is told from the others by what precedes it.
    let text = String::from_utf8_lossy(&text);
    let whole = text.trim_end_matches('\n');
    let (before, last) = whole.split_at(whole.rfind('\n').map_or(0, |index| index + 1));
    if !is_history(last) && is_history(before) {
        tracing::warn!(
            file = %path.display(),
            "The last line of the history is torn, as by a crash, and is dropped"
        );
        return replace(folder, HISTORY, before);
    }
    if !text.is_empty() && !text.ends_with('\n') && is_history(&text) {
        // What is added next would become part of the last line.
        return replace(folder, HISTORY, &format!("{text}\n"));
    }
    keep_if(folder, HISTORY, is_history)
}

fn keep_if(folder: &Path, name: &str, makes_sense: impl Fn(&str) -> bool) -> anyhow::Result<()> {
    let path = folder.join(name);
    let Some(text) = bytes(&path)? else { return Ok(()) };
    if std::str::from_utf8(&text).is_ok_and(makes_sense) {
        return Ok(());
    }
    let aside = folder.join(format!("{name}.unreadable"));
    std::fs::rename(&path, &aside).with_context(|| {
        format!("`{}` makes no sense and cannot be moved aside", path.display())
    })?;
    tracing::error!(
        file = %path.display(),
        moved_to = %aside.display(),
        "A file of the state makes no sense; it is moved aside, and nothing of it is remembered"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use controller_core::history::{HistoryRow, Outcome};
    use external_dns_webhook::{Changes, Endpoint, RecordType};

    use super::super::*;

    fn write() -> HistoryRow {
        let create = vec![Endpoint::new("ä.example.com", RecordType::A, ["192.0.2.1"])];
        let changes = Changes { create, ..Changes::default() };
        HistoryRow { id: 0, written: 1, changes, outcome: Outcome::Written, cause: String::new() }
    }

    /// Returns a folder whose history has two writes, and the text of that.
    fn written() -> (tempfile::TempDir, String) {
        let folder = tempfile::tempdir().unwrap();
        let mut state = Folder::open(folder.path(), 10).unwrap();
        state.add(write()).unwrap();
        state.add(write()).unwrap();
        let text = std::fs::read_to_string(folder.path().join(HISTORY)).unwrap();
        (folder, text)
    }

    fn numbers(folder: &Folder) -> Vec<u64> {
        folder.history().unwrap().rows().map(|row| row.id).collect()
    }

    #[tokio::test]
    async fn wherever_the_last_line_of_the_history_is_torn_the_others_stay_and_it_goes_on() {
        let (folder, text) = written();
        let first = text.find('\n').unwrap() + 1;
        for end in first + 1..text.len() {
            std::fs::write(folder.path().join(HISTORY), &text.as_bytes()[..end]).unwrap();
            let mut state = Folder::repairing(folder.path(), 10);
            state.read().await.unwrap();
            // Only the end of the line was lost in the last case.
            let expected: &[u64] = if end == text.len() - 1 { &[1, 2] } else { &[1] };
            assert_eq!(numbers(&state), expected, "{end}");
            state.add(write()).unwrap();
            assert_eq!(
                numbers(&Folder::open(folder.path(), 10).unwrap()).len(),
                expected.len() + 1
            );
        }
        assert!(!folder.path().join("history.jsonl.unreadable").exists());
    }

    #[tokio::test]
    async fn a_file_that_makes_no_sense_is_moved_aside_and_the_others_are_read() {
        for name in [HISTORY, LOSSES, RECORDS] {
            let (folder, text) = written();
            let nonsense = format!("nonsense\n{text}");
            std::fs::write(folder.path().join(RECORDS), "7").unwrap();
            std::fs::write(folder.path().join(name), &nonsense).unwrap();
            let mut state = Folder::repairing(folder.path(), 10);
            let facts = state.read().await.unwrap();
            assert_eq!(facts.records, if name == RECORDS { 0 } else { 7 }, "{name}");
            assert_eq!(numbers(&state).is_empty(), name == HISTORY, "{name}");
            let aside = folder.path().join(format!("{name}.unreadable"));
            assert_eq!(std::fs::read_to_string(aside).unwrap(), nonsense);
        }
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_made_is_told_and_used_as_soon_as_it_can() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        std::fs::write(&path, "in the way").unwrap();
        let mut state = Folder::repairing(&path, 10);
        let error = format!("{:#}", state.read().await.unwrap_err());
        assert!(error.contains("state` is a file, and must be a folder"), "{error}");
        state.add(write()).unwrap();
        StateStore::write(&mut state, &Kept::default()).await.unwrap_err();
        std::fs::remove_file(&path).unwrap();
        state.read().await.unwrap();
        state.add(write()).unwrap();
        assert_eq!(numbers(&Folder::open(&path, 10).unwrap()), [1, 2], "nothing is lost");
    }
}
