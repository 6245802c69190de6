//! Reads the flags again when their file changes or a signal asks for it, and takes them.
//!
//! All or nothing: a file that cannot be read or makes no sense, or that changes a flag which needs
//! a restart, changes nothing. It is logged once, and stands in `/readyz` until it is mended; the
//! process stays ready meanwhile, since it serves as before.

use std::sync::Arc;

use anyhow::bail;
use daemon::{CommandLine as _, FileWatcher, FlagValues, Flags, Log};
use tokio::signal::unix::Signal;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{logging, settings};
use crate::args::{self, Args};
use crate::provider::Route53;

/// What reads flags again.
pub(super) struct Reloader {
    /// What they were.
    pub(super) values: FlagValues,
    /// What changes how the log is written.
    pub(super) log: Log,
    /// What behaves as they say.
    pub(super) provider: Arc<Route53>,
    /// Where it is told why they were not taken.
    pub(super) problem: watch::Sender<Option<String>>,
    /// What asks to read them, with or without a file.
    pub(super) hangup: Signal,
}

impl Reloader {
    /// Reads the flags again until `end`; `watcher` tells when their file may have changed.
    pub(super) async fn run(mut self, mut watcher: Option<FileWatcher>, end: CancellationToken) {
        loop {
            let may_have_changed = async {
                match &mut watcher {
                    Some(watcher) => watcher.wait().await,
                    None => std::future::pending().await,
                }
            };
            let is_asked = tokio::select! {
                () = end.cancelled() => return,
                _ = self.hangup.recv() => true,
                () = may_have_changed => false,
            };
            let problem = match self.take() {
                Ok(changed) if changed.is_empty() => {
                    if is_asked {
                        tracing::info!("The configuration was read again; nothing in it changed");
                    }
                    None
                }
                Ok(changed) => {
                    tracing::info!(flags = %changed, "The configuration changed");
                    None
                }
                Err(error) => Some(format!("the configuration cannot be taken: {error:#}")),
            };
            let is_news = *self.problem.borrow() != problem;
            if let Some(problem) = problem.as_deref().filter(|_| is_news) {
                tracing::error!(error = problem, "The configuration before stays in use");
            }
            self.problem.send_replace(problem);
        }
    }

    /// Reads the flags and takes them; returns those that changed.
    fn take(&mut self) -> anyhow::Result<Flags> {
        let (args, values) = Args::from_process().map_err(|error| {
            // In one line, as `/readyz` and the log have it.
            let text = error.to_string();
            let text = text.strip_prefix("error: ").unwrap_or(&text);
            anyhow::anyhow!(text.split_whitespace().collect::<Vec<_>>().join(" "))
        })?;
        let changed = self.values.difference(&values);
        let fixed = changed.without(&args::reloaded());
        if !fixed.is_empty() {
            bail!("{fixed} changed, which needs a restart; nothing else is taken");
        }
        if changed.is_empty() {
            return Ok(changed);
        }
        logging::change(&self.log, &args.serve);
        self.provider.change(settings::provider(&args));
        self.values = values;
        Ok(changed)
    }
}
