//! A command that is run to its end: it has a bound on its time, and is ended with all that it started.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};

/// How much a command may print: a certificate and its key are some kilobytes.
const LONGEST: u64 = 1 << 20;

/// Why a command did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum CommandFailure {
    /// Its time was over.
    #[error("it has not ended for {} s", .0.as_secs())]
    Silent(Duration),
    /// It cannot be started, or not be listened to.
    #[error(transparent)]
    NotRun(#[from] std::io::Error),
}

/// A process that is ended with all that it started when this is dropped.
struct Running {
    child: Child,
    /// Whether it leads a group of its own.
    leads: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        // The number is its own as long as its end was not waited for.
        let number = self.child.id().filter(|_| self.leads).and_then(|id| i32::try_from(id).ok());
        if let Some(group) = number.and_then(Pid::from_raw) {
            // It may have ended by itself.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// Runs a command, and returns how it ended and what it printed. Where it `leads` a group of its own, which a terminal
/// does not ask, it is ended with all that it started.
///
/// # Errors
///
/// It cannot be run, or has not ended after `most`.
pub async fn run_bounded(
    mut command: Command,
    leads: bool,
    most: Duration,
) -> Result<(ExitStatus, Vec<u8>), CommandFailure> {
    command.stdout(Stdio::piped()).kill_on_drop(true);
    if leads {
        command.process_group(0);
    }
    let mut running = Running { child: command.spawn()?, leads };
    match tokio::time::timeout(most, finish(&mut running.child)).await {
        Err(_) => Err(CommandFailure::Silent(most)),
        Ok(done) => Ok(done?),
    }
}

/// Waits until the command has printed all, and ended.
async fn finish(child: &mut Child) -> std::io::Result<(ExitStatus, Vec<u8>)> {
    let mut printed = Vec::new();
    if let Some(output) = child.stdout.take() {
        output.take(LONGEST).read_to_end(&mut printed).await?;
    }
    Ok((child.wait().await?, printed))
}
