//! Finds manifest files and reads their text.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use input_files::BadFile;

/// Extensions of the files that are read from a folder.
const EXTENSIONS: [&str; 3] = ["yaml", "yml", "json"];

/// Folders of other people's code, which have no manifests of ours.
const NOT_OURS: [&str; 1] = ["node_modules"];

/// The largest file that is read, in bytes: a list of some fifty thousand objects.
const MAX_BYTES: u64 = 128 << 20;

/// The files at the paths that were given.
#[derive(Default)]
pub(super) struct Found {
    /// The files, in order.
    pub(super) files: BTreeSet<PathBuf>,
    /// What cannot be looked into, and why.
    pub(super) closed: Vec<(PathBuf, io::Error)>,
    /// Folders that were looked into, links followed: a link may lead back to one.
    folders: BTreeSet<PathBuf>,
    /// Files that were found, links followed.
    real: BTreeSet<PathBuf>,
}

/// What a file says.
pub(super) enum Text {
    /// It is text; `true` where bytes that are no UTF-8 were replaced.
    Is(String, bool),
    /// It is something else.
    IsNot,
    /// It is larger than manifests are.
    TooLarge,
}

impl Found {
    /// Adds the file at `path`, or those in a folder and its subfolders; `-` is a file.
    ///
    /// Kubernetes mounts a `ConfigMap` as links into hidden folders, so links are followed and hidden
    /// names are not. What is found twice is read once.
    pub(super) fn add(&mut self, path: &Path) {
        if path == Path::new("-") {
            self.files.insert(path.to_owned());
            return;
        }
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => self.add_folder(path),
            Ok(_) => self.add_file(path.to_owned()),
            Err(error) => self.closed.push((path.to_owned(), error)),
        }
    }

    fn add_folder(&mut self, path: &Path) {
        let mut folders = vec![path.to_owned()];
        while let Some(folder) = folders.pop() {
            if fs::canonicalize(&folder).is_ok_and(|real| !self.folders.insert(real)) {
                continue;
            }
            let listed = fs::read_dir(&folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
            let mut entries: Vec<_> = match listed {
                Ok(entries) => entries.iter().map(fs::DirEntry::path).collect(),
                Err(error) => {
                    self.closed.push((folder, error));
                    continue;
                }
            };
            entries.sort();
            let mut below = Vec::new();
            for path in entries {
                self.add_entry(path, &mut below);
            }
            // The last is taken first.
            folders.extend(below.into_iter().rev());
        }
    }

    fn add_entry(&mut self, path: PathBuf, folders: &mut Vec<PathBuf>) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') || NOT_OURS.contains(&&*name) {
            return;
        }
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => folders.push(path),
            Ok(metadata) => {
                // Reading a pipe or a device in a folder could take for ever.
                if metadata.is_file() && is_manifest(&path) {
                    self.add_file(path);
                }
            }
            // Gone between listing and looking: an editor that replaces files.
            Err(_) if fs::symlink_metadata(&path).is_err() => {}
            Err(error) => {
                if is_manifest(&path) {
                    self.closed.push((path, error));
                }
            }
        }
    }

    fn add_file(&mut self, path: PathBuf) {
        if fs::canonicalize(&path).is_ok_and(|real| !self.real.insert(real)) {
            return;
        }
        self.files.insert(path);
    }
}

fn is_manifest(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    EXTENSIONS.iter().any(|other| extension.eq_ignore_ascii_case(other))
}

/// Tells whether a file can be read only once: standard input, or a pipe.
pub(super) fn is_read_once(path: &Path) -> bool {
    path == Path::new("-") || fs::metadata(path).is_ok_and(|metadata| !metadata.is_file())
}

/// Reads a file, or standard input for `-`.
pub(super) fn read(path: &Path) -> io::Result<Text> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        io::stdin().lock().take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    } else {
        bytes = match input_files::read_large(path, MAX_BYTES) {
            Ok(bytes) => bytes,
            Err(BadFile::TooLarge { .. }) => return Ok(Text::TooLarge),
            Err(bad) => return Err(bad.into()),
        };
    }
    if bytes.len() as u64 > MAX_BYTES {
        return Ok(Text::TooLarge);
    }
    Ok(text(bytes))
}

/// Returns what `bytes` say in UTF-8, or in UTF-16 where a mark says so, as PowerShell writes it.
fn text(bytes: Vec<u8>) -> Text {
    let pairs = |rest: &[u8], join: fn([u8; 2]) -> u16| {
        let (pairs, _) = rest.as_chunks::<2>();
        let units = pairs.iter().map(|pair| join(*pair));
        let text: Result<String, _> = char::decode_utf16(units).collect();
        text.map_or(Text::IsNot, |text| Text::Is(text, false))
    };
    match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => return pairs(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => return pairs(rest, u16::from_be_bytes),
        bytes if bytes.contains(&0) => return Text::IsNot,
        _ => {}
    }
    match String::from_utf8(bytes) {
        Ok(text) => Text::Is(text, false),
        Err(error) => Text::Is(String::from_utf8_lossy(error.as_bytes()).into_owned(), true),
    }
}
