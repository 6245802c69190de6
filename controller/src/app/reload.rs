//! Reads the flags again when their file changes or a signal asks for it, and swaps what they set.
//!
//! All or nothing: a file that cannot be read or makes no sense, or that changes a flag which needs
//! a restart, changes nothing. It is logged once, and stands in `/readyz` until it is fixed. What
//! runs goes on: syncs take the new config between two of them. Objects that are read in another
//! way are read anew beside the old ones, which serve until the new ones are known.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use daemon::{FileWatcher, FlagValues, Flags, Hangup, Log};
use external_dns_webhook::DomainFilter;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::config::{Config, stale_after};
use super::{DesiredState, ownership};
use crate::args::{self, LoopArgs, NoPolicy, RunArgs};
use crate::logging;
use crate::schedule::Pace;
use crate::status::Status;
use crate::tasks::Tasks;

/// Name of the problem in `/readyz`.
const PROBLEM: &str = "config";

/// How flags are read again.
pub struct FlagReader {
    /// The file of `--config`; `None` without one.
    pub file: Option<PathBuf>,
    /// What they were.
    pub values: FlagValues,
    /// Reads them; an error is what is wrong with them, for people.
    pub read: Box<dyn Fn() -> Result<(RunArgs, FlagValues), String> + Send + Sync>,
    /// The log that some of them are about.
    pub log: Log,
}

/// What reads flags again, and where that shows.
pub struct Reloader {
    /// How flags are read again.
    pub flag_reader: FlagReader,
    /// What asks to read them, with or without a file.
    pub hangup: Hangup,
    /// Where problems are shown.
    pub status: Arc<Status>,
    /// How old the last good sync may be.
    pub stale_after: watch::Sender<Duration>,
    /// What syncs go by.
    pub config: watch::Sender<Arc<Config>>,
    /// The tasks that bring objects to the desired state in use.
    pub bringing: Tasks,
}

impl Reloader {
    /// Brings objects, and reads flags again, until `stop`.
    ///
    /// # Errors
    ///
    /// Returns an error when objects stop coming.
    pub async fn run(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        let mut watcher = self.flag_reader.file.as_deref().map(FileWatcher::of);
        let changed = async |watcher: &mut Option<FileWatcher>| match watcher {
            Some(watcher) => watcher.wait().await,
            None => std::future::pending().await,
        };
        let mut complaint = None;
        loop {
            let asked = tokio::select! {
                () = stop.cancelled() => return self.bringing.finish().await,
                ended = self.bringing.first_end() => {
                    return ended.result.with_context(|| format!("cannot {}", ended.name));
                }
                () = self.hangup.asked() => true,
                () = changed(&mut watcher) => false,
            };
            let taken = tokio::select! {
                taken = self.take() => taken,
                () = stop.cancelled() => continue,
            };
            let problem = match taken {
                Ok(changed) if changed.is_empty() => {
                    if asked {
                        tracing::info!("The configuration was read again; nothing in it changed");
                    }
                    None
                }
                Ok(changed) => {
                    tracing::info!(flags = %changed, "The configuration changed; a full sync follows");
                    None
                }
                Err(error) => Some(daemon::chain(error.as_ref())),
            };
            if problem != complaint
                && let Some(problem) = &problem
            {
                tracing::error!(
                    error = problem.as_str(),
                    "The configuration cannot be taken; the one before stays in use"
                );
            }
            complaint.clone_from(&problem);
            self.status.problem(PROBLEM, problem);
        }
    }

    /// Reads the flags and takes them; returns those that changed.
    async fn take(&mut self) -> anyhow::Result<Flags> {
        let (args, values) =
            (self.flag_reader.read)().map_err(|text| anyhow::anyhow!(one_line(&text)))?;
        let changed = self.flag_reader.values.difference(&values);
        if changed.is_empty() {
            return Ok(changed);
        }
        let fixed = changed.without(&args::reloaded());
        if !fixed.is_empty() {
            bail!("{fixed} changed, which needs a restart; nothing else is taken");
        }
        let log = args.log;
        let (config, interval, bringing) = self.built(args, &changed).await?;
        if changed.0.iter().any(|flag| flag.starts_with("log-")) {
            logging::change(&self.flag_reader.log, log);
        }
        self.stale_after.send_replace(stale_after(interval));
        self.config.send_replace(Arc::new(config));
        self.flag_reader.values.tell_opened(&values);
        self.flag_reader.values = values;
        if let Some(bringing) = bringing {
            // The old objects are not looked at any more.
            std::mem::replace(&mut self.bringing, bringing).finish().await?;
        }
        Ok(changed)
    }

    /// Returns what syncs are to go by, and what brings their objects when that is something else.
    async fn built(
        &self,
        args: RunArgs,
        changed: &Flags,
    ) -> anyhow::Result<(Config, Duration, Option<Tasks>)> {
        let now = Arc::clone(&self.config.borrow().desired_state);
        // Everything that can be wrong comes before anything is started.
        let policy = args.safety.policy.ok_or(NoPolicy)?;
        let filter = DomainFilter::from(args.domains);
        let ownership =
            ownership((args.ownership, filter), &args.safety, &args.transforms, policy)?;
        let same_objects = changed.0.is_disjoint(&args::source_flags().0);
        let (desired_state, bringing) = if same_objects {
            (now.with_transforms(&args.transforms)?, None)
        } else {
            let manifests = now.manifests_again()?;
            let (sources, templates) = (args.sources, args.templates);
            let desired_state = DesiredState::new(
                sources,
                templates,
                &args.transforms,
                manifests,
                args.kubernetes,
            )?;
            let mut tasks = Tasks::default();
            desired_state.start(&mut tasks).await?;
            desired_state.synced().await;
            (desired_state, Some(tasks))
        };
        let config = Config {
            desired_state: Arc::new(desired_state),
            planner: ownership.planner,
            on_target_loss: ownership.on_target_loss,
            pace: Pace::from(&args.pace),
            events: args.pace.events,
        };
        let LoopArgs { interval, .. } = args.pace;
        Ok((config, interval.0, bringing))
    }
}

/// Returns a text in one line, as `/readyz` and the log have it.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
