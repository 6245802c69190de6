//! Runs a program, and says why it could not be.

use std::error::Error;
use std::ffi::OsString;
use std::fmt::Display;
use std::io::Write as _;
use std::process::ExitCode;

use crate::{CommandLine, Complaints, FlagValues, catch_signals};

/// Why a command line cannot be followed, or the text that it asks for.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    /// What the grammar says: what is wrong, or its help.
    #[error("{0}")]
    Grammar(#[from] clap::Error),
    /// All that is wrong.
    #[error("{0}")]
    Wrong(#[from] Complaints),
    /// A text that was asked for.
    #[error("{0}")]
    Asked(String),
}

impl UsageError {
    /// Returns an error that says `text`.
    pub fn new(text: impl Display) -> Self {
        let text = format!("{text}\n");
        Self::Grammar(clap::Error::raw(clap::error::ErrorKind::ValueValidation, text))
    }

    /// Prints it, and returns the exit code: 0 for what was asked for, 1 for every error.
    ///
    /// Compat: ExternalDNS exits with 1 on a bad flag, where clap would with 2.
    pub fn report(&self) -> ExitCode {
        let text = match self {
            Self::Grammar(error) if error.use_stderr() => {
                // Nothing is left to do about a stream that cannot be written to.
                let _ = write!(std::io::stderr(), "{}", error.render());
                return ExitCode::FAILURE;
            }
            Self::Wrong(complaints) => {
                let text = complaints.to_string();
                let help = if text.contains("--help") { "" } else { HELP };
                let _ = writeln!(std::io::stderr(), "error: {text}{help}");
                return ExitCode::FAILURE;
            }
            Self::Grammar(error) => error.render().to_string(),
            Self::Asked(text) => text.clone(),
        };
        let _ = write!(std::io::stdout(), "{text}");
        ExitCode::SUCCESS
    }
}

/// What follows what is wrong with a command line, unless that says so itself.
const HELP: &str = "\n\nFor more information, try '--help'.";

/// Returns an error with its causes in one line, each said once, since many an error repeats the one below it, and in
/// words for people: see [`plain`](crate::plain).
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    crate::plain(&text)
}

/// Runs a program: reads its command line, does what it asks for on one thread, and says on one line
/// why it could not.
pub fn run<C: CommandLine, E: AsRef<dyn Error + Send + Sync>>(
    program: impl AsyncFnOnce(C, FlagValues) -> Result<(), E>,
) -> ExitCode {
    allocator::configure(std::env::vars_os().map(|(name, _)| name));
    // A command in place of serving ends as any other program does.
    let is_command = |word: OsString| {
        let program = crate::shell::with_commands(C::command());
        word.to_str().is_some_and(|word| program.find_subcommand(word).is_some())
    };
    if !std::env::args_os().skip(1).any(is_command) {
        catch_signals();
    }
    if let Err(error) = crate::check_authorities() {
        let _ = writeln!(std::io::stderr(), "error: {error}");
        return ExitCode::FAILURE;
    }
    let (args, values) = match C::from_process() {
        Ok(read) => read,
        Err(error) => {
            let code = error.report();
            // What is missing may stand in a variable that nothing reads.
            if code != ExitCode::SUCCESS {
                for slip in slips::<C>() {
                    let _ = writeln!(std::io::stderr(), "\n{slip}");
                }
            }
            return code;
        }
    };
    // One thread: a sidecar has one controller to answer, and the memory that listing a big zone
    // takes for a moment is then taken from one heap again and again, not from one for each thread.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result = match runtime {
        Ok(runtime) => {
            let result = runtime.block_on(program(args, values));
            // Looking up a name cannot be stopped, and must not keep us.
            runtime.shutdown_background();
            result.map_err(|error| chain(error.as_ref()))
        }
        Err(error) => Err(format!("the runtime cannot be started: {error}")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to do about a standard error that cannot be written to.
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Returns what to know of variables that nothing reads and that look as if they were meant for us.
pub(crate) fn slips<C: CommandLine>() -> Vec<String> {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    crate::misspelt::slips(&C::command(), names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot open `x`: no such file")]
    struct Open(#[source] std::io::Error);

    #[derive(Debug, thiserror::Error)]
    #[error("the settings cannot be read")]
    struct Settings(#[source] Open);

    #[test]
    fn a_cause_that_the_error_above_it_repeats_is_said_once() {
        let error = Settings(Open(std::io::Error::other("no such file")));
        assert_eq!(chain(&error), "the settings cannot be read: cannot open `x`: no such file");
        let error = Open(std::io::Error::other("another"));
        assert_eq!(chain(&error), "cannot open `x`: no such file: another");
    }
}
