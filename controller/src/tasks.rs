//! Tasks with names, none of which can die unseen.
//!
//! The end of any task, by success, error or panic, ends the process: a controller whose watch is
//! gone looks healthy and acts on what it once saw.

use std::collections::HashMap;
use std::future::Future;

use anyhow::Context as _;
use tokio::runtime::{Builder, Handle};
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// The tasks of a process.
#[derive(Debug, Default)]
pub struct Tasks {
    running: JoinSet<anyhow::Result<()>>,
    /// What each task is for, until its end is told.
    names: HashMap<Id, &'static str>,
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
        let task = self.running.spawn(task);
        self.names.insert(task.id(), name);
    }

    /// Starts `task` on a thread of its own, so that it may think for as long as it needs: what
    /// waits on the network is served meanwhile.
    pub fn spawn_thinking(
        &mut self,
        name: &'static str,
        task: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) {
        let runtime = Handle::current();
        let task = self.running.spawn_blocking(move || runtime.block_on(task));
        self.names.insert(task.id(), name);
    }

    /// Starts `task` on a thread and a runtime of its own, so that it answers whatever all others
    /// are busy with, also on a machine of one core: there the system shares it out.
    ///
    /// What it listens on must be made inside of it.
    pub fn spawn_apart(
        &mut self,
        name: &'static str,
        task: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) {
        let task = self.running.spawn_blocking(move || {
            let runtime = Builder::new_current_thread().enable_all().build();
            runtime.context("cannot start a thread")?.block_on(task)
        });
        self.names.insert(task.id(), name);
    }

    /// Returns what tells every task to stop.
    pub fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Waits for the first task to end; never returns while none has.
    pub async fn first_end(&mut self) -> Ended {
        match self.running.join_next_with_id().await {
            Some(ended) => self.describe(ended),
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
        while let Some(ended) = self.running.join_next_with_id().await {
            let ended = self.describe(ended);
            if result.is_ok() {
                result = ended.result.map_err(|error| error.context(ended.name));
            }
        }
        result
    }

    fn describe(&mut self, ended: Result<(Id, anyhow::Result<()>), JoinError>) -> Ended {
        let (id, result) = match ended {
            Ok((id, result)) => (id, result),
            Err(error) => (error.id(), Err(error.into())),
        };
        Ended { name: self.names.remove(&id).unwrap_or("go on"), result }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use super::*;

    type Question = Sender<()>;

    #[tokio::test]
    async fn a_task_that_panicked_is_told_by_what_it_was_for() {
        let mut tasks = Tasks::default();
        tasks.spawn("watch services", std::future::pending());
        tasks.spawn("run syncs", async { panic!("a line that nobody foresaw") });
        let ended = tasks.first_end().await;
        assert_eq!(ended.name, "run syncs");
        let error = format!("{:#}", ended.result.unwrap_err());
        assert!(error.contains("panicked"), "{error}");
        assert!(error.contains("a line that nobody foresaw"), "{error}");
    }

    #[tokio::test]
    async fn a_task_that_thinks_keeps_no_other_from_answering() {
        let mut tasks = Tasks::default();
        let (asked, questions) = channel::<Question>();
        // It stops its thread, and goes on only when it was answered by each of the others.
        tasks.spawn_thinking("think", async move {
            for _ in 0..2 {
                questions.recv()?.send(())?;
            }
            Ok(())
        });

        let ask = |asked: Sender<Question>| async move {
            let (question, answer) = channel();
            asked.send(question)?;
            answer.recv()?;
            Ok(())
        };
        tasks.spawn_apart("answer apart", ask(asked.clone()));
        tasks.spawn_apart("answer apart, too", ask(asked));
        tokio::task::yield_now().await;
        tasks.finish().await.unwrap();
    }
}
