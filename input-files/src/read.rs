//! Reads a file that may be anything by its name.
//!
//! A named pipe without a writer is waited for without an end, a device may have none, and a folder has
//! nothing. So a file is a regular one, behind however many links: Kubernetes mounts Secrets as links. A
//! shell hands over pipes, too, as `/dev/stdin` and, for `<(…)`, as `/dev/fd/63`. Such a pipe is read once,
//! and what it said stays what is in it for the life of the process.
//!
//! Also a regular file can be waited for without an end: one of `/proc`, or on a file system that hangs.

use std::collections::BTreeMap;
use std::fs::{File, FileType, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::patience::{NotRead, Patience, Reads};

/// Largest file that is read, in bytes; certificates of authorities are some hundred kilobytes.
pub const LARGEST_BYTES: u64 = 4 << 20;

/// Why a file cannot be used; what is shown is the rest of a sentence behind its name.
#[derive(Debug, thiserror::Error)]
pub enum BadFile {
    /// The system says why.
    #[error("cannot be read")]
    Unreadable(#[source] io::Error),
    /// It is something else than a file.
    #[error("is {0}, and not a file; name a file")]
    NoFile(&'static str),
    /// It has no end, or one that is far away.
    #[error("is larger than {} MiB, which no such file is", .most_bytes >> 20)]
    TooLarge {
        /// As many bytes such a file may have.
        most_bytes: u64,
    },
    /// What it is on gives no answer.
    #[error(
        "cannot be read: no answer comes from what it is on, such as a file system of a network"
    )]
    NoAnswer {
        /// For how long none has come.
        since: Duration,
    },
    /// It holds what is no text.
    #[error("holds what is no text in UTF-8")]
    NoText,
}

impl From<BadFile> for io::Error {
    fn from(bad: BadFile) -> Self {
        match bad {
            BadFile::Unreadable(source) => source,
            BadFile::NoFile(_)
            | BadFile::TooLarge { .. }
            | BadFile::NoAnswer { .. }
            | BadFile::NoText => Self::other(bad),
        }
    }
}

/// What is known of how files were read.
static READS: Reads<Result<Vec<u8>, BadFile>> = Reads::new();

/// What pipes of a shell said, by what tells one from another.
static SAID: Mutex<BTreeMap<(u64, u64), Vec<u8>>> = Mutex::new(BTreeMap::new());

/// Returns what is in the file at `path`. Some seconds are waited for one that was never read, and less than
/// one for one that was.
///
/// # Errors
///
/// Returns an error when it cannot be read, or not soon, is no regular file and nothing that a shell hands
/// over, or is larger than [`LARGEST_BYTES`].
pub fn read(path: &Path) -> Result<Vec<u8>, BadFile> {
    read_within(path, LARGEST_BYTES, Patience::SHORT)
}

/// Returns what is in the file at `path`, which may have `most_bytes`: for those who keep nobody waiting. Some
/// seconds are waited for it each time.
///
/// # Errors
///
/// As [`read`].
pub fn read_large(path: &Path, most_bytes: u64) -> Result<Vec<u8>, BadFile> {
    read_within(path, most_bytes, Patience::LONG)
}

fn read_within(path: &Path, most_bytes: u64, patience: Patience) -> Result<Vec<u8>, BadFile> {
    let file = path.to_owned();
    // What a command writes that a shell has started takes as long as that.
    let first = patience.first.filter(|_| !is_handed_over(path));
    match READS.read(path, Patience { first, ..patience }, move || read_here(&file, most_bytes)) {
        Ok(read) => read,
        Err(NotRead::Waited(since)) => Err(BadFile::NoAnswer { since }),
        Err(NotRead::NoThread(error)) => Err(BadFile::Unreadable(error)),
    }
}

/// Reads it on this thread, however long that takes.
fn read_here(path: &Path, most_bytes: u64) -> Result<Vec<u8>, BadFile> {
    if path == Path::new("/dev/null") {
        return Ok(Vec::new());
    }
    let is_handed_over = is_handed_over(path);
    let allowed = |metadata: &Metadata| match kind(metadata.file_type()) {
        Some(_) if is_handed_over && !metadata.is_dir() => Ok(()),
        Some(kind) => Err(BadFile::NoFile(kind)),
        None => Ok(()),
    };
    // Before it is opened, which may take for ever, and after, when it can no more be another one.
    allowed(&path.metadata().map_err(BadFile::Unreadable)?)?;
    let file = File::open(path).map_err(BadFile::Unreadable)?;
    let metadata = file.metadata().map_err(BadFile::Unreadable)?;
    allowed(&metadata)?;
    if metadata.is_file() {
        return bounded(file, most_bytes);
    }
    let this = (metadata.dev(), metadata.ino());
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(bytes) = said.get(&this) {
        return Ok(bytes.clone());
    }
    let bytes = bounded(file, most_bytes)?;
    said.insert(this, bytes.clone());
    Ok(bytes)
}

/// Returns the text in the file at `path`.
///
/// # Errors
///
/// As [`read`], and when what is in it is no text.
pub fn read_text(path: &Path) -> Result<String, BadFile> {
    String::from_utf8(read(path)?).map_err(|_| BadFile::NoText)
}

fn bounded(file: File, most_bytes: u64) -> Result<Vec<u8>, BadFile> {
    let mut bytes = Vec::new();
    file.take(most_bytes + 1).read_to_end(&mut bytes).map_err(BadFile::Unreadable)?;
    if bytes.len() as u64 > most_bytes {
        return Err(BadFile::TooLarge { most_bytes });
    }
    Ok(bytes)
}

/// Tells whether a path is one by which a shell hands over what it has opened, such as a pipe.
pub fn is_handed_over(path: &Path) -> bool {
    let is_number = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    path.to_str().is_some_and(|path| {
        let folder = ["/dev/fd/", "/proc/self/fd/"].iter().find_map(|at| path.strip_prefix(at));
        path == "/dev/stdin" || folder.is_some_and(is_number)
    })
}

/// Returns what something else than a file is called.
fn kind(kind: FileType) -> Option<&'static str> {
    if kind.is_file() {
        return None;
    }
    Some(if kind.is_dir() {
        "a folder"
    } else if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::fd::AsRawFd as _;
    use std::os::unix::fs::symlink;

    use super::*;

    fn told(path: &Path) -> String {
        read(path).unwrap_err().to_string()
    }

    #[test]
    fn a_file_is_a_regular_one_behind_however_many_links() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("..2026")).unwrap();
        std::fs::write(at("..2026/token"), "words").unwrap();
        symlink("..2026", at("..data")).unwrap();
        symlink("..data/token", at("token")).unwrap();
        assert_eq!(read(&at("token")).unwrap(), b"words");
        let made = std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap();
        assert!(made.success());
        symlink("pipe", at("to-pipe")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        // Nobody writes into it: to open it would take for ever.
        for (name, said) in [
            ("pipe", "is a pipe, and not a file; name a file"),
            ("to-pipe", "is a pipe, and not a file; name a file"),
            ("socket", "is a socket, and not a file; name a file"),
            ("..data", "is a folder, and not a file; name a file"),
            ("gone", "cannot be read"),
        ] {
            assert_eq!(told(&at(name)), said, "{name}");
        }
        assert_eq!(told(Path::new("/dev/zero")), "is a device, and not a file; name a file");
        assert_eq!(told(Path::new("/dev/fd/")), "is a folder, and not a file; name a file");
        assert_eq!(read(Path::new("/dev/null")).unwrap(), b"");
    }

    #[test]
    fn a_file_has_an_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large");
        let file = File::create(&path).unwrap();
        file.set_len(LARGEST_BYTES).unwrap();
        assert_eq!(read(&path).unwrap().len() as u64, LARGEST_BYTES);
        file.set_len(LARGEST_BYTES + 1).unwrap();
        assert!(told(&path).contains("larger than 4 MiB"));
        std::fs::write(&path, b"\xff").unwrap();
        assert!(matches!(read_text(&path), Err(BadFile::NoText)));
    }

    #[test]
    fn a_pipe_that_a_shell_hands_over_says_the_same_however_often_it_is_read() {
        for text in ["first", "second"] {
            let (reader, mut writer) = io::pipe().unwrap();
            writer.write_all(text.as_bytes()).unwrap();
            drop(writer);
            for folder in ["/dev/fd", "/proc/self/fd"] {
                let path = format!("{folder}/{}", reader.as_raw_fd());
                for _ in 0..2 {
                    assert_eq!(read(Path::new(&path)).unwrap(), text.as_bytes(), "{path}");
                }
            }
        }
    }
}
