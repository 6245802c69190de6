//! One of our programs, running beside a test or the demo.
//!
//! Dropping it kills it, so that no end of a test leaves a process behind.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::Value;

use crate::programs;

/// How long a program may take to say that it is ready, on a busy machine.
const DEADLINE: Duration = Duration::from_mins(1);

/// A running program.
#[derive(Debug)]
pub struct Process {
    name: &'static str,
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
    lines: Mutex<Receiver<String>>,
}

/// How a program ended and what it said.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status.
    pub status: ExitStatus,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

/// What to start.
#[derive(Clone, Debug)]
pub struct Program {
    name: &'static str,
    arguments: Vec<String>,
    variables: Vec<(String, String)>,
    log_file: Option<PathBuf>,
    input: Option<String>,
}

impl Program {
    /// Returns one of our programs, such as [`programs::SIGNPOST`], without arguments.
    pub fn new(name: &'static str) -> Self {
        Self { name, arguments: Vec::new(), variables: Vec::new(), log_file: None, input: None }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<S: Into<String>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Adds a variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Also writes what the program logs to a file.
    #[must_use]
    pub fn log_to(mut self, file: PathBuf) -> Self {
        self.log_file = Some(file);
        self
    }

    /// Has the program find `text` on its standard input, which then ends.
    #[must_use]
    pub fn input(mut self, text: &str) -> Self {
        self.input = Some(text.to_owned());
        self
    }

    fn command(&self) -> anyhow::Result<Command> {
        let mut command = Command::new(programs::path(self.name)?);
        command.args(&self.arguments);
        // What the machine has set must not decide how a test ends.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if ["AWS_", "EXTERNAL_DNS_", "KUBE", "HTTP_PROXY", "http_proxy"]
                .iter()
                .any(|word| name.starts_with(word))
            {
                command.env_remove(name.as_ref());
            }
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        Ok(command)
    }

    /// Starts the program.
    ///
    /// # Errors
    ///
    /// When it cannot be built or started.
    pub fn start(&self) -> anyhow::Result<Process> {
        let mut child = self
            .command()?
            .stdin(if self.input.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("failed to start `{}`", self.name))?;
        if let (Some(mut stdin), Some(text)) = (child.stdin.take(), &self.input) {
            stdin.write_all(text.as_bytes())?;
        }
        let log = Arc::new(Mutex::new(Vec::new()));
        let stderr = child.stderr.take().context("no standard error")?;
        let mut file = self.log_file.as_ref().map(std::fs::File::create).transpose()?;
        let shared = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if let Some(file) = &mut file {
                    drop(writeln!(file, "{line}"));
                }
                shared.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        });
        let stdout = child.stdout.take().context("no standard output")?;
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Process { name: self.name, child, log, lines: Mutex::new(lines) })
    }

    /// Runs the program to its end, with `input` on its standard input.
    ///
    /// # Errors
    ///
    /// When it cannot be built or started; a program that fails is no error.
    pub fn run_with(&self, input: &str) -> anyhow::Result<Ended> {
        let mut child = self
            .command()?
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("failed to start `{}`", self.name))?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that ends without reading its input closes the pipe.
            drop(stdin.write_all(input.as_bytes()));
        }
        let output = child.wait_with_output()?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok(Ended {
            status: output.status,
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        })
    }

    /// Runs the program to its end.
    ///
    /// # Errors
    ///
    /// As [`run_with`](Self::run_with).
    pub fn run(&self) -> anyhow::Result<Ended> {
        self.run_with("")
    }
}

impl Process {
    /// Waits for the line of JSON with which a program says where it listens.
    ///
    /// # Errors
    ///
    /// When the program ends first or takes too long, with what it logged.
    pub fn announced(&mut self) -> anyhow::Result<Value> {
        let lines = self.lines.get_mut().unwrap_or_else(PoisonError::into_inner);
        match lines.recv_timeout(DEADLINE) {
            Ok(line) => serde_json::from_str(&line)
                .with_context(|| format!("`{}` announced itself as: {line}", self.name)),
            Err(_) => bail!("`{}` did not become ready and said:\n{}", self.name, self.log()),
        }
    }

    /// Returns what the program has logged so far.
    pub fn log(&self) -> String {
        self.lines_logged().join("\n")
    }

    /// Returns the process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Tells whether the program is still running.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Kills the program so that it cannot react (SIGKILL), and waits for its end.
    pub fn kill(&mut self) {
        // It may have ended already, which is what was wanted.
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// Sends a signal by name, such as `TERM` or `STOP`.
    ///
    /// # Errors
    ///
    /// When there is no such signal or process.
    pub fn signal(&self, name: &str) -> anyhow::Result<()> {
        // Every shell has `kill`; as a program of its own it is missing on small machines.
        let kill = ["-c", "kill -s \"$0\" \"$1\"", name, &self.id().to_string()];
        let status = Command::new("sh").args(kill).status()?;
        if !status.success() {
            bail!("failed to send SIG{name} to `{}`", self.name);
        }
        Ok(())
    }

    /// Waits for the program to end by itself.
    ///
    /// # Errors
    ///
    /// When it still runs after a minute.
    pub fn wait(&mut self) -> anyhow::Result<ExitStatus> {
        for _ in 0..DEADLINE.as_millis() / 20 {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("`{}` does not end; it said:\n{}", self.name, self.log())
    }

    /// Returns what is left of standard output, after the program has ended.
    pub fn rest_of_stdout(&mut self) -> String {
        if let Some(stdout) = &mut self.child.stdout {
            let mut text = String::new();
            drop(stdout.read_to_string(&mut text));
            return text;
        }
        let lines = self.lines.get_mut().unwrap_or_else(PoisonError::into_inner);
        lines.iter().fold(String::new(), |text, line| text + &line + "\n")
    }

    fn lines_logged(&self) -> MutexGuard<'_, Vec<String>> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
