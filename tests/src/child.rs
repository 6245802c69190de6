//! Runs a program beside a test and makes sure that it does not outlive it.
//!
//! A shell stands between: it kills the program when its own standard input closes. That happens
//! when a [`Child`] is dropped, and also when the whole test process is killed or keeps the `Child`
//! in a `static`, where no destructor would run.

use std::{
    ffi::OsStr,
    fs::File,
    io,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};

/// `$1` is a folder to remove at the end, or empty; the rest is the command.
///
/// A background list of a shell without job control reads from `/dev/null`, hence descriptor 3.
const SUPERVISOR: &str = r#"
folder=$1; shift
exec 3<&0
"$@" </dev/null 3<&- &
child=$!
{ read -r line <&3; kill -9 "$child" 2>/dev/null; wait "$child" 2>/dev/null; [ -z "$folder" ] || rm -rf "$folder"; } &
wait "$child"
"#;

/// How long one question "are you ready" may take.
const QUESTION: Duration = Duration::from_secs(2);

/// A running program; dropping it kills the program and waits for its end.
#[derive(Debug)]
pub struct Child {
    name: String,
    supervisor: std::process::Child,
    log: PathBuf,
    folder: Option<PathBuf>,
}

impl Child {
    /// Starts `program`, with everything it prints going to the file `log`.
    ///
    /// # Errors
    ///
    /// When the log cannot be made or no shell can be started. A program that cannot be executed
    /// shows itself in [`Child::until_ready`].
    pub fn start<A: AsRef<OsStr>>(
        program: &Path,
        arguments: impl IntoIterator<Item = A>,
        variables: &[(&str, &str)],
        log: PathBuf,
    ) -> anyhow::Result<Self> {
        Self::spawn(program, arguments, variables, log, None)
    }

    /// Like [`Child::start`], and removes `folder` once the program has ended.
    ///
    /// # Errors
    ///
    /// As [`Child::start`].
    pub fn start_in<A: AsRef<OsStr>>(
        folder: PathBuf,
        program: &Path,
        arguments: impl IntoIterator<Item = A>,
        variables: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let log = folder.join(format!("{name}.log"));
        Self::spawn(program, arguments, variables, log, Some(folder))
    }

    fn spawn<A: AsRef<OsStr>>(
        program: &Path,
        arguments: impl IntoIterator<Item = A>,
        variables: &[(&str, &str)],
        log: PathBuf,
        folder: Option<PathBuf>,
    ) -> anyhow::Result<Self> {
        let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let output =
            File::create(&log).with_context(|| format!("failed to create `{}`", log.display()))?;
        let supervisor = Command::new("sh")
            .args(["-c", SUPERVISOR, "sh"])
            .arg(folder.as_deref().unwrap_or(Path::new("")))
            .arg(program)
            .args(arguments)
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(output.try_clone().context("failed to share the log")?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("failed to start a shell for `{name}`"))?;
        Ok(Self { name, supervisor, log, folder })
    }

    /// Asks `ready` until it says yes, the program ends, or `limit` has passed.
    ///
    /// # Errors
    ///
    /// In the last two cases, with the end of what the program printed.
    pub async fn until_ready<F: Future<Output = bool>>(
        &mut self,
        limit: Duration,
        ready: impl Fn() -> F,
    ) -> anyhow::Result<()> {
        #[expect(clippy::disallowed_methods, reason = "a test waits for a process in real time")]
        let start = Instant::now();
        while !tokio::time::timeout(QUESTION, ready()).await.unwrap_or(false) {
            if let Some(status) = self.ended()? {
                bail!("`{}` ended early ({status}) and said:\n{}", self.name, self.last_words());
            }
            if start.elapsed() > limit {
                bail!(
                    "`{}` was not ready after {} s and said:\n{}",
                    self.name,
                    limit.as_secs(),
                    self.last_words()
                );
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Returns the last lines the program printed.
    pub fn last_words(&self) -> String {
        const LINES: usize = 15;
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines = text.lines().collect::<Vec<_>>();
        lines
            .iter()
            .skip(lines.len().saturating_sub(LINES))
            .fold(String::new(), |text, line| text + "  " + line + "\n")
    }

    fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        self.supervisor.try_wait().with_context(|| format!("failed to watch `{}`", self.name))
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        // Nothing can be done about a failure here: the shell is gone, which is what we wanted.
        drop(self.supervisor.wait());
        if let Some(folder) = &self.folder {
            drop(std::fs::remove_dir_all(folder));
        }
    }
}

/// Returns a port of 127.0.0.1 that nobody listened on a moment ago.
///
/// Only for programs that cannot choose a port themselves: another process may take it first, so
/// the caller starts such a program again with another port when it ends early.
///
/// # Errors
///
/// When the system has no port to give.
pub fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
