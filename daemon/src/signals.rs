//! What asks a process to end, and to read its flags again.

use tokio::signal::unix::{Signal, SignalKind, signal as on};

/// The signals that this process answers.
///
/// Until they are caught, each of them ends it, SIGHUP too: catch them before anyone is told that it
/// serves. One that comes before it is waited for is not lost.
pub struct Signals {
    /// Asks to read the flags again.
    pub hangup: Signal,
    /// Asks to end.
    pub end: End,
}

/// SIGTERM and SIGINT.
pub struct End {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Catches them from now on.
    ///
    /// # Errors
    ///
    /// Returns an error when the system will not have it.
    pub fn catch() -> std::io::Result<Self> {
        let hangup = on(SignalKind::hangup())?;
        let terminate = on(SignalKind::terminate())?;
        let interrupt = on(SignalKind::interrupt())?;
        Ok(Self { hangup, end: End { terminate, interrupt } })
    }
}

impl End {
    /// Waits for either.
    pub async fn asked(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
