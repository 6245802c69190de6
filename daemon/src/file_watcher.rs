//! Notices that files may have changed.
//!
//! Folders are watched and not files: editors replace a file by renaming another over it, and a
//! mounted `ConfigMap` swaps a link beside it ([mounted ConfigMaps]). A slow look finds what no
//! notification told.
//!
//! [mounted ConfigMaps]: https://kubernetes.io/docs/concepts/configuration/configmap/#mounted-configmaps-are-updated-automatically

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{RecursiveMode, Watcher as _};
use tokio::sync::mpsc;

/// How long to wait for the rest of a change: an editor writes several times.
const SETTLE: Duration = Duration::from_millis(50);

/// How often to look even when nothing was told.
const LOOK: Duration = Duration::from_secs(30);

/// How often to look when the system cannot tell.
const LOOK_WITHOUT_WATCHER: Duration = Duration::from_secs(2);

/// Notices that files may have changed.
#[derive(Debug)]
pub struct FileWatcher {
    events: mpsc::Receiver<()>,
    /// Watches for as long as it lives; `None` when the system cannot tell.
    watcher: Option<notify::RecommendedWatcher>,
}

impl FileWatcher {
    /// Returns what notices changes of the file at `path`, which need not be there.
    pub fn of(path: &Path) -> Self {
        Self::of_folders([(Self::folder(path), false)])
    }

    /// Returns the folder that is to be watched for a file.
    pub(crate) fn folder(path: &Path) -> PathBuf {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        parent.unwrap_or(Path::new(".")).to_owned()
    }

    /// Returns what notices changes in folders; `true` for those whose subfolders count, too.
    pub fn of_folders(folders: impl IntoIterator<Item = (PathBuf, bool)>) -> Self {
        // Capacity one: what counts is that something happened, not how often.
        let (sender, events) = mpsc::channel(1);
        let told = move |event: notify::Result<notify::Event>| {
            if !event.is_ok_and(|event| event.kind.is_access()) {
                let _: Result<(), _> = sender.try_send(());
            }
        };
        let complain = |folder: &Path, error: &notify::Error| {
            tracing::warn!(%error, folder = %folder.display(), "Cannot watch; looking instead");
        };
        let mut watcher = notify::recommended_watcher(told)
            .inspect_err(|error| complain(Path::new("."), error))
            .ok();
        for (folder, is_deep) in folders {
            let mode = if is_deep { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
            let watched = watcher.as_mut().map(|watcher| watcher.watch(&folder, mode));
            if let Some(Err(error)) = watched {
                complain(&folder, &error);
                watcher = None;
            }
        }
        Self { events, watcher }
    }

    /// Waits until it is time to look at the files; that they have changed is not certain.
    pub async fn wait(&mut self) {
        let pause = if self.watcher.is_some() { LOOK } else { LOOK_WITHOUT_WATCHER };
        tokio::select! {
            Some(()) = self.events.recv() => {
                tokio::time::sleep(SETTLE).await;
                while self.events.try_recv().is_ok() {}
            }
            () = tokio::time::sleep(pause) => {}
        }
    }
}
