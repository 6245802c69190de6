//! What asks a process to end, and to read its flags again, from its first moment on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use tokio::signal::unix::{Signal, SignalKind, signal as on};

/// Whether nothing has begun, so that the process may end wherever it is.
static NOTHING_BEGUN: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Whether SIGHUP came before it was waited for.
static HUNG_UP: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Catches signals in a program that is going to serve: call it before anything else.
///
/// Until [`Signals::catch`] takes over, SIGTERM and SIGINT end the process at once and with success,
/// even while it waits for a file that is a pipe: nothing has begun, so there is nothing to finish.
/// SIGHUP is remembered. A command that does one thing and ends must not call this: who ends it is to
/// see that it was not done.
///
/// What cannot be caught is left as it is, which ends the process as well.
pub fn catch_signals() {
    NOTHING_BEGUN.store(true, Ordering::SeqCst);
    for signal in [SIGTERM, SIGINT] {
        // An error says that the system will not have it, which `Signals::catch` will tell.
        let _ =
            signal_hook::flag::register_conditional_shutdown(signal, 0, Arc::clone(&NOTHING_BEGUN));
    }
    let _ = signal_hook::flag::register(SIGHUP, Arc::clone(&HUNG_UP));
}

/// The signals that this process answers.
///
/// One that comes before it is waited for is not lost.
pub struct Signals {
    /// Asks to read the flags again.
    pub hangup: Hangup,
    /// Asks to end.
    pub end: End,
}

/// SIGHUP.
pub struct Hangup(Signal);

/// SIGTERM and SIGINT.
pub struct End {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Catches them from now on, for those who wait for them: what begins is to be finished.
    ///
    /// # Errors
    ///
    /// Returns an error when the system will not have it.
    pub fn catch() -> std::io::Result<Self> {
        let hangup = Hangup(on(SignalKind::hangup())?);
        let terminate = on(SignalKind::terminate())?;
        let interrupt = on(SignalKind::interrupt())?;
        NOTHING_BEGUN.store(false, Ordering::SeqCst);
        Ok(Self { hangup, end: End { terminate, interrupt } })
    }
}

impl Hangup {
    /// Waits for the next, or for none when one came before anyone waited.
    pub async fn asked(&mut self) {
        if !HUNG_UP.swap(false, Ordering::SeqCst) {
            self.0.recv().await;
            HUNG_UP.store(false, Ordering::SeqCst);
        }
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
