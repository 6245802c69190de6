//! What asks a process to end, and to read its flags again, from its first moment on.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use tokio::signal::unix::{Signal, SignalKind, signal as on};

/// How long a process that was asked to end may take, whatever keeps the threads that would see to it, such as a file
/// that gives no answer in a library. Kubernetes [kills] it after half a minute and has nothing in its log.
///
/// [kills]: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
const LONGEST_END: Duration = Duration::from_secs(25);

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
    pub fn catch() -> io::Result<Self> {
        end_in_time(LONGEST_END)?;
        let hangup = Hangup(on(SignalKind::hangup())?);
        let terminate = on(SignalKind::terminate())?;
        let interrupt = on(SignalKind::interrupt())?;
        NOTHING_BEGUN.store(false, Ordering::SeqCst);
        Ok(Self { hangup, end: End { terminate, interrupt } })
    }
}

/// Ends the process, with a failure, when it has not ended `most` after it was asked to.
fn end_in_time(most: Duration) -> io::Result<()> {
    let (mut asked, ask) = UnixStream::pair()?;
    for signal in [SIGTERM, SIGINT] {
        signal_hook::low_level::pipe::register(signal, ask.try_clone()?)?;
    }
    thread::Builder::new().name("end in time".to_owned()).spawn(move || {
        if asked.read_exact(&mut [0]).is_err() {
            return;
        }
        thread::sleep(most);
        // The log may be what hangs.
        let _ = writeln!(
            io::stderr(),
            "error: this process was asked to end {} s ago, and something that it waits for gives no answer, such as a \
             file; it ends without it",
            most.as_secs()
        );
        #[expect(clippy::exit, clippy::disallowed_methods, reason = "`main` hangs")]
        std::process::exit(1);
    })?;
    Ok(())
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

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader};
    use std::process::{Command, Stdio};

    use super::*;

    /// Set for a process that hangs.
    const HANGS: &str = "SIGNPOST_TEST_HANGS";

    #[test]
    fn a_process_that_hangs_ends_a_while_after_it_was_asked_to_and_says_so() {
        if std::env::var_os(HANGS).is_some() {
            end_in_time(Duration::from_millis(100)).unwrap();
            println!("ready");
            loop {
                thread::park();
            }
        }
        let own =
            "signals::tests::a_process_that_hangs_ends_a_while_after_it_was_asked_to_and_says_so";
        let mut hanging = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", own, "--nocapture"])
            .env(HANGS, "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(hanging.stdout.take().unwrap()).lines();
        assert!(lines.map_while(Result::ok).any(|line| line.ends_with("ready")));
        let asked = Command::new("kill").args(["-TERM", &hanging.id().to_string()]).status();
        assert!(asked.unwrap().success());
        let ended = hanging.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(1), "{ended:?}");
        let told = String::from_utf8(ended.stderr).unwrap();
        assert!(told.contains("something that it waits for gives no answer"), "{told}");
    }
}
