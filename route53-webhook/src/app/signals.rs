//! What asks us to end, and to read the flags again.

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal as on};

/// The signals that this process answers.
///
/// Until they are caught, each of them ends it, SIGHUP too: catch them before anyone is told that it
/// serves. One that comes before it is waited for is not lost.
pub(super) struct Signals {
    /// Asks to read the flags again.
    pub(super) hangup: Signal,
    /// Asks to end.
    pub(super) end: End,
}

/// SIGTERM and SIGINT.
pub(super) struct End {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Catches them from now on.
    pub(super) fn catch() -> anyhow::Result<Self> {
        let hangup = on(SignalKind::hangup()).context("cannot wait for SIGHUP")?;
        let terminate = on(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
        let interrupt = on(SignalKind::interrupt()).context("cannot wait for SIGINT")?;
        Ok(Self { hangup, end: End { terminate, interrupt } })
    }
}

impl End {
    /// Waits for either.
    pub(super) async fn asked(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
