//! Reads the flags again when their file or one that they name changes, or a signal asks for it, and
//! takes them.
//!
//! All or nothing: a file that cannot be read or makes no sense, or that changes a flag which needs
//! a restart, changes nothing. It is logged once, and stands in `/readyz` until it is fixed; the
//! process stays ready meanwhile, since it serves as before.

use std::marker::PhantomData;
use std::path::PathBuf;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{CommandLine, Contents, FlagValues, Flags, Hangup};

/// What reads flags again.
pub struct Reloader<C, F> {
    values: FlagValues,
    /// What was in the files that they name.
    contents: Contents,
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
    /// `reloaded` has changed, or what is in the files that they name and was `contents`; with it comes
    /// what tells why they were not taken.
    pub fn new(
        (values, contents): (FlagValues, Contents),
        reloaded: Flags,
        hangup: Hangup,
        take: F,
    ) -> (Self, watch::Receiver<Option<String>>) {
        let (problem, is_problem) = watch::channel(None);
        (Self { values, contents, reloaded, problem, hangup, take, args: PhantomData }, is_problem)
    }

    /// Reads the flags again until `end`; `config` is the file in which some stand.
    pub async fn run(mut self, config: Option<PathBuf>, end: CancellationToken) {
        let mut watcher = self.contents.watcher(config.as_deref());
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
                Ok((changed, has_other_contents)) if changed.is_empty() => {
                    if has_other_contents {
                        tracing::info!(
                            "Files that the configuration names have changed, and are in use"
                        );
                    } else if is_asked {
                        tracing::info!("The configuration was read again; nothing in it changed");
                    }
                    None
                }
                Ok((changed, _)) => {
                    tracing::info!(flags = %changed, "The configuration changed");
                    watcher = self.contents.watcher(config.as_deref());
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

    /// Reads the flags and takes them; returns those that changed, and whether what is in files did.
    ///
    /// Anyone who asks has them taken although nothing changed.
    fn read(&mut self, is_asked: bool) -> Result<(Flags, bool), String> {
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
        let contents = Contents::of(&args);
        let has_other_contents = contents != self.contents;
        if changed.is_empty() && !has_other_contents && !is_asked {
            return Ok((changed, false));
        }
        (self.take)(&args)?;
        self.values.tell_opened(&values);
        (self.values, self.contents) = (values, contents);
        Ok((changed, has_other_contents))
    }
}
