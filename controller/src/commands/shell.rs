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

/// Returns the command that words lead to: one by one, together in one word, or as the page is called.
fn path(words: &[String]) -> Vec<String> {
    let words = words.iter().flat_map(|word| word.split_whitespace());
    let mut path: Vec<String> = words.map(str::to_owned).collect();
    if let [page] = path.as_slice()
        && let Some(command) = page.strip_prefix("signpost-")
    {
        path = command.split('-').map(str::to_owned).collect();
    }
    path
}

/// Prints the manual page of the program, or of one of its commands.
///
/// # Errors
///
/// Returns an error when there is no such command.
pub fn man(args: &ManArgs) -> anyhow::Result<ExitCode> {
    let ManArgs { command, log: _ } = args;
    print::text(&daemon::man(Cli::command(), &path(command))?)?;
    Ok(ExitCode::SUCCESS)
}
