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
    let mut script = Vec::new();
    clap_complete::generate(*shell, &mut Cli::command(), "signpost", &mut script);
    print::text(&String::from_utf8(script)?)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the manual page of the program, or of one of its commands.
///
/// # Errors
///
/// Returns an error when there is no such command.
pub fn man(args: &ManArgs) -> anyhow::Result<ExitCode> {
    let ManArgs { command: name, log: _ } = args;
    let mut cli = Cli::command();
    cli.build();
    let command = match name {
        None => cli,
        Some(name) => match cli.find_subcommand(name) {
            Some(command) => command.clone(),
            None => anyhow::bail!("`{name}` is not a command; `signpost help` lists them"),
        },
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    print::text(&String::from_utf8(page)?)?;
    Ok(ExitCode::SUCCESS)
}
