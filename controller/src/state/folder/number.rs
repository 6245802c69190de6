//! The highest number that was given to a write which the history may not have: kept where a full disk
//! takes it.
//!
//! Its file always has the same length and is written over in place, which needs no room.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use super::files::regular;

/// Returns `number` as the file has it: as long as any other.
pub(super) fn text(number: u64) -> String {
    format!("{number:>20}\n")
}

/// Writes `number` over the one that is in the file.
pub(super) fn keep(path: &Path, number: u64) -> std::io::Result<()> {
    regular(path)?;
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.write_all(text(number).as_bytes())
}

/// Says that the number of a write could not be kept.
pub(super) fn not_kept(number: u64) -> String {
    format!(
        "write {number} is not kept, nor is its number, which may be given again after a restart"
    )
}
