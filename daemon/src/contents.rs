//! What is in the files that flags name, to notice that it changed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::{CommandLine, FileWatcher};

/// What is in files; of one that cannot be read, nothing.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Contents(BTreeMap<PathBuf, Option<Vec<u8>>>);

impl Contents {
    /// Reads the files that flags name: before what they mean is read, so that no change is missed.
    pub fn of(args: &impl CommandLine) -> Self {
        Self(
            args.files()
                .into_iter()
                .map(|path| (path.clone(), input_files::read(&path).ok()))
                .collect(),
        )
    }

    /// Returns what notices changes of these files and of that of `--config`; `None` when there is no
    /// file at all.
    pub(crate) fn watcher(&self, config: Option<&Path>) -> Option<FileWatcher> {
        let files = config.into_iter().chain(self.0.keys().map(PathBuf::as_path));
        let mut folders: Vec<_> = files.map(FileWatcher::folder).collect();
        folders.sort_unstable();
        folders.dedup();
        let watched = folders.into_iter().map(|folder| (folder, false));
        (config.is_some() || !self.0.is_empty()).then(|| FileWatcher::of_folders(watched))
    }
}
