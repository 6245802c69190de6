//! Notices when manifest files change.
//!
//! Folders are watched, not files: editors replace a file by renaming another over it, and a
//! mounted `ConfigMap` swaps a link to a folder. A slow look at everything finds what no
//! notification told.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{RecursiveMode, Watcher};
use tokio::sync::mpsc;

use super::{Manifests, Report};

/// How long to wait for the rest of a change: an editor writes several times.
const SETTLE: Duration = Duration::from_millis(50);

/// How often to look even when nothing was told.
const LOOK: Duration = Duration::from_secs(30);

/// How often to look when the system cannot tell.
const LOOK_WITHOUT_NOTICE: Duration = Duration::from_secs(2);

impl Manifests {
    /// Brings the store up to date whenever a file changes, for ever.
    ///
    /// `report` is told of every look that found something else than the one before. `now` gives
    /// seconds since 1970.
    pub async fn watch(
        mut self,
        now: impl Fn() -> i64 + Send,
        mut report: impl FnMut(&Report) + Send,
    ) -> Infallible {
        // Capacity one: what counts is that something happened, not how often.
        let (sender, mut events) = mpsc::channel(1);
        let watcher = self.notify(sender);
        let pause = if watcher.is_some() { LOOK } else { LOOK_WITHOUT_NOTICE };
        let mut last = self.load(now());
        report(&last);
        loop {
            tokio::select! {
                event = events.recv() => {
                    if event.is_none() {
                        tokio::time::sleep(pause).await;
                    }
                    tokio::time::sleep(SETTLE).await;
                    while events.try_recv().is_ok() {}
                }
                () = tokio::time::sleep(pause) => {}
            }
            let next = self.load(now());
            if next != last {
                report(&next);
                last = next;
            }
        }
    }

    fn notify(&self, sender: mpsc::Sender<()>) -> Option<notify::RecommendedWatcher> {
        let told = move |event: notify::Result<notify::Event>| {
            if !event.is_ok_and(|it| it.kind.is_access()) {
                let _: Result<(), _> = sender.try_send(());
            }
        };
        let mut watcher = notify::recommended_watcher(told)
            .inspect_err(|error| tracing::warn!(%error, "Cannot watch files; looking instead"))
            .ok()?;
        for (folder, mode) in self.folders() {
            if let Err(error) = watcher.watch(&folder, mode) {
                tracing::warn!(%error, folder = %folder.display(), "Cannot watch; looking instead");
                return None;
            }
        }
        Some(watcher)
    }

    fn folders(&self) -> BTreeSet<(PathBuf, RecursiveMode)> {
        let folder = |path: &PathBuf| {
            if path.is_dir() {
                return (path.clone(), RecursiveMode::Recursive);
            }
            let parent = path.parent().filter(|it| !it.as_os_str().is_empty());
            (parent.unwrap_or(Path::new(".")).to_owned(), RecursiveMode::NonRecursive)
        };
        self.paths.iter().filter(|it| *it != Path::new("-")).map(folder).collect()
    }
}
