//! The files of the folder: each is its owner's alone, and replaced whole.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::Context as _;

use super::OWNERS_FILE;

/// Writes a new file, which is its owner's alone from the start.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    // One that was left half written may be anyone's to read.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file: File =
        OpenOptions::new().create_new(true).write(true).mode(OWNERS_FILE).open(path)?;
    file.write_all(text.as_bytes())
}

pub(super) fn replace(folder: &Path, name: &str, text: &str) -> anyhow::Result<()> {
    let (path, fresh) = (folder.join(name), folder.join(format!("{name}.new")));
    write(&fresh, text)
        .and_then(|()| std::fs::rename(&fresh, &path))
        .with_context(|| format!("`{}` cannot be written", path.display()))
}

pub(super) fn read(path: &Path) -> anyhow::Result<Option<String>> {
    let text = bytes(path)?.map(String::from_utf8).transpose();
    text.with_context(|| format!("`{}` is not text", path.display()))
}

/// Fails when something is there that is no file: to open a pipe may last forever, and a device never
/// ends.
pub(super) fn regular(path: &Path) -> std::io::Result<()> {
    match path.metadata() {
        Ok(metadata) if metadata.is_file() => Ok(()),
        Ok(_) => Err(std::io::Error::other("it is no file; move it away")),
        // What is not there is made.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

pub(super) fn bytes(path: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    match regular(path).and_then(|()| std::fs::read(path)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("`{}` cannot be read", path.display())),
    }
}
