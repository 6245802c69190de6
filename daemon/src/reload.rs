//! Reads the flags again when their file changes or a signal asks for it, and takes them.
//!
//! All or nothing: a file that cannot be read or makes no sense, or that changes a flag which needs
//! a restart, changes nothing. It is logged once, and stands in `/readyz` until it is fixed; the
//! process stays ready meanwhile, since it serves as before.

use std::marker::PhantomData;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{CommandLine, FileWatcher, FlagValues, Flags, Hangup};

/// What reads flags again.
pub struct Reloader<C, F> {
    values: FlagValues,
    /// Those that can change while the process runs.
    reloaded: Flags,
    /// Where it is told why they were not taken.
    problem: watch::Sender<Option<String>>,
    /// What asks to read them, with or without a file.
    hangup: Hangup,
    /// What behaves as they say from now on.
    take: F,
    args: PhantomData<fn() -> C>,
}

impl<C: CommandLine, F: FnMut(&C) -> Result<(), String>> Reloader<C, F> {
    /// Returns what reads flags again that were `values`, and hands them to `take` when any of
    /// `reloaded` has changed; with it comes what tells why they were not taken.
    pub fn new(
        values: FlagValues,
        reloaded: Flags,
        hangup: Hangup,
        take: F,
    ) -> (Self, watch::Receiver<Option<String>>) {
        let (problem, is_problem) = watch::channel(None);
        (Self { values, reloaded, problem, hangup, take, args: PhantomData }, is_problem)
    }

    /// Reads the flags again until `end`; `watcher` tells when their file may have changed.
    pub async fn run(mut self, mut watcher: Option<FileWatcher>, end: CancellationToken) {
        loop {
            let may_have_changed = async {
                match &mut watcher {
                    Some(watcher) => watcher.wait().await,
                    None => std::future::pending().await,
                }
            };
            let is_asked = tokio::select! {
                () = end.cancelled() => return,
                () = self.hangup.asked() => true,
                () = may_have_changed => false,
            };
            let problem = match self.read(is_asked) {
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
                Err(error) => Some(format!("the configuration cannot be taken: {error}")),
            };
            let is_news = *self.problem.borrow() != problem;
            if let Some(problem) = problem.as_deref().filter(|_| is_news) {
                tracing::error!(error = problem, "The configuration before stays in use");
            }
            self.problem.send_replace(problem);
        }
    }

    /// Reads the flags and takes them; returns those that changed.
    ///
    /// Anyone who asks has them taken although none changed: files that they name may have.
    fn read(&mut self, is_asked: bool) -> Result<Flags, String> {
        let (args, values) = C::from_process().map_err(|error| {
            // In one line, as `/readyz` and the log have it.
            let text = error.to_string();
            let text = text.strip_prefix("error: ").unwrap_or(&text);
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        })?;
        let changed = self.values.difference(&values);
        let fixed = changed.without(&self.reloaded);
        if !fixed.is_empty() {
            return Err(format!("{fixed} changed, which needs a restart; nothing else is taken"));
        }
        if changed.is_empty() && !is_asked {
            return Ok(changed);
        }
        (self.take)(&args)?;
        self.values = values;
        Ok(changed)
    }
}
