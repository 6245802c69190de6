//! Reads manifest files again when they change.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::path::{Path, PathBuf};

use daemon::FileWatcher;

use super::{ManifestReport, Manifests};

impl Manifests {
    /// Brings the store up to date whenever a file changes, for ever.
    ///
    /// `last` is what the first look found; `report` is told of every look that found something else
    /// than the one before. `now` gives seconds since 1970.
    pub async fn watch(
        mut self,
        now: impl Fn() -> i64 + Send,
        mut last: ManifestReport,
        mut report: impl FnMut(&ManifestReport) + Send,
    ) -> Infallible {
        let mut watcher = FileWatcher::of_folders(self.folders());
        // What changed since the first look is found by one more.
        let mut is_first = true;
        loop {
            if !std::mem::take(&mut is_first) {
                watcher.wait().await;
            }
            let next = self.load(now());
            if next != last {
                report(&next);
                last = next;
            }
        }
    }

    /// Returns the folders to watch, and whether their subfolders count, too.
    fn folders(&self) -> BTreeSet<(PathBuf, bool)> {
        let folder = |path: &PathBuf| {
            if path.is_dir() {
                return (path.clone(), true);
            }
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            (parent.unwrap_or(Path::new(".")).to_owned(), false)
        };
        self.paths.iter().filter(|path| *path != Path::new("-")).map(folder).collect()
    }
}
