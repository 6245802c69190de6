//! Tasks with names, none of which can die unseen.
//!
//! The end of any task, by success, error or panic, ends the process: a controller whose watch is
//! gone looks healthy and acts on what it once saw.

use std::future::Future;

use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// The tasks of a process.
#[derive(Debug, Default)]
pub struct Tasks {
    running: JoinSet<(&'static str, anyhow::Result<()>)>,
    stop: CancellationToken,
}

/// How the first task to end did so.
#[derive(Debug)]
pub struct Ended {
    /// What the task was for.
    pub name: &'static str,
    /// Its result; a panic is an error.
    pub result: anyhow::Result<()>,
}

impl Tasks {
    /// Starts `task`; `name` says what it is for, as in "watch services".
    pub fn spawn(
        &mut self,
        name: &'static str,
        task: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) {
        self.running.spawn(async move { (name, task.await) });
    }

    /// Returns what tells every task to stop.
    pub fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Waits for the first task to end; never returns while none has.
    pub async fn first_end(&mut self) -> Ended {
        match self.running.join_next().await {
            Some(ended) => describe(ended),
            None => std::future::pending().await,
        }
    }

    /// Tells every task to stop and waits for all of them.
    ///
    /// # Errors
    ///
    /// Returns the first error that a task ended with.
    pub async fn finish(mut self) -> anyhow::Result<()> {
        self.stop.cancel();
        let mut result = Ok(());
        while let Some(ended) = self.running.join_next().await {
            let ended = describe(ended);
            if result.is_ok() {
                result = ended.result.map_err(|error| error.context(ended.name));
            }
        }
        result
    }
}

fn describe(ended: Result<(&'static str, anyhow::Result<()>), JoinError>) -> Ended {
    match ended {
        Ok((name, result)) => Ended { name, result },
        Err(error) => Ended { name: "a task that panicked", result: Err(error.into()) },
    }
}
