//! What a shell and `man` know of a program's command line.

use clap::builder::EnumValueParser;
use clap::{Arg, ArgMatches, Command};
pub use clap_complete::Shell;

/// Commands that every program of ours has beside its own.
const COMPLETION: &str = "completion";
const MAN: &str = "man";

/// The text cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ShellError {
    /// The program has no such command.
    #[error("`{0}` is not a command; `help` lists them")]
    NoCommand(String),
    /// The generator failed.
    #[error("the text cannot be made: {0}")]
    Generator(#[from] std::io::Error),
    /// What was generated is no text.
    #[error("the text cannot be made: {0}")]
    NoText(#[from] std::string::FromUtf8Error),
}

/// Returns what makes a shell complete the program's command line.
///
/// # Errors
///
/// Returns an error when it is no text.
pub fn completion(mut program: Command, shell: Shell) -> Result<String, ShellError> {
    let mut script = Vec::new();
    let name = program.get_name().to_owned();
    clap_complete::generate(shell, &mut program, name, &mut script);
    Ok(String::from_utf8(script)?)
}

/// Returns the manual page of the program, or of one of its commands.
///
/// # Errors
///
/// Returns an error when there is no such command.
pub fn man(mut program: Command, command: Option<&str>) -> Result<String, ShellError> {
    program.build();
    let command = match command {
        None => program,
        Some(name) => match program.find_subcommand(name) {
            Some(command) => command.clone(),
            None => return Err(ShellError::NoCommand(name.to_owned())),
        },
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    Ok(String::from_utf8(page)?)
}

/// Returns the program with the commands `completion` and `man`.
pub(crate) fn with_commands(program: Command) -> Command {
    let shell = Arg::new("shell").value_name("SHELL").required(true).help("The shell");
    let shell = shell.value_parser(EnumValueParser::<Shell>::new());
    let command = Arg::new("command")
        .value_name("COMMAND")
        .help("The command; the whole program without one");
    program
        .subcommand(Command::new(COMPLETION).about("Print completions for a shell").arg(shell))
        .subcommand(
            Command::new(MAN)
                .about("Print the manual page of the program, or of a command")
                .arg(command),
        )
}

/// Returns the text that one of those commands asks for; `None` when none of them was given.
///
/// # Errors
///
/// As [`completion`] and [`man`].
pub(crate) fn asked(program: &Command, matches: &ArgMatches) -> Result<Option<String>, ShellError> {
    match matches.subcommand() {
        Some((COMPLETION, given)) => match given.get_one::<Shell>("shell") {
            Some(shell) => completion(program.clone(), *shell).map(Some),
            None => Ok(None),
        },
        Some((MAN, given)) => {
            let command = given.get_one::<String>("command").map(String::as_str);
            man(program.clone(), command).map(Some)
        }
        _ => Ok(None),
    }
}
