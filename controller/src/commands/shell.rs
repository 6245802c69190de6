//! `signpost completion` and `signpost man`: what a shell and `man` know of the command line.

use std::process::ExitCode;

use clap::CommandFactory as _;

use super::print;
use crate::args::{Cli, CompletionArgs, ManArgs};

/// Prints the completions of a shell.
///
/// # Errors
///
/// Returns an error when standard output cannot be written.
pub fn completion(args: &CompletionArgs) -> anyhow::Result<ExitCode> {
    let CompletionArgs { shell, log: _ } = args;
    print::text(&daemon::completion(Cli::command(), *shell)?)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the manual page of the program, or of one of its commands.
///
/// # Errors
///
/// Returns an error when there is no such command.
pub fn man(args: &ManArgs) -> anyhow::Result<ExitCode> {
    let ManArgs { command, log: _ } = args;
    print::text(&daemon::man(Cli::command(), command)?)?;
    Ok(ExitCode::SUCCESS)
}
