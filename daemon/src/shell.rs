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

/// Returns the manual page of the program, or of the command that `path` leads to, such as
/// `ownership adopt`.
///
/// # Errors
///
/// Returns an error when there is no such command.
pub fn man(mut program: Command, path: &[String]) -> Result<String, ShellError> {
    program.build();
    let mut command = &program;
    for name in path {
        let inner = command.find_subcommand(name);
        command = inner.ok_or_else(|| ShellError::NoCommand(path.join(" ")))?;
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    Ok(laid_out(&String::from_utf8(page)?))
}

/// Returns a page in which what is typed stays as it is typed: no word is broken at the end of a line, and
/// lines that begin with two spaces are examples, which are not filled ([groff_man(7)]).
///
/// [groff_man(7)]: https://man7.org/linux/man-pages/man7/groff_man.7.html
fn laid_out(page: &str) -> String {
    let mut laid_out = String::new();
    let mut is_example = false;
    for line in page.lines() {
        if line.starts_with("  ") != is_example {
            is_example = !is_example;
            laid_out.push_str(if is_example { ".nf\n" } else { ".fi\n" });
        }
        laid_out.push_str(line);
        laid_out.push('\n');
        if line.starts_with(".TH ") {
            laid_out.push_str(".nh\n.ad l\n");
        }
    }
    laid_out
}

/// Returns the program with the commands `completion` and `man`.
pub(crate) fn with_commands(program: Command) -> Command {
    let shell = Arg::new("shell").value_name("SHELL").required(true).help("The shell");
    let shell = shell.value_parser(EnumValueParser::<Shell>::new());
    let command = Arg::new("command")
        .value_name("COMMAND")
        .num_args(0..)
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
            let path = given.get_many::<String>("command").into_iter().flatten().cloned();
            man(program.clone(), &path.collect::<Vec<_>>()).map(Some)
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program() -> Command {
        let inner = Command::new("adopt").about("Take over").long_about(
            "Take over records.\n\n  signpost ownership adopt www.example.com --policy=upsert-only\n\nDone.",
        );
        Command::new("signpost").subcommand(Command::new("ownership").subcommand(inner))
    }

    fn page(path: &[&str]) -> Result<String, ShellError> {
        let path: Vec<_> = path.iter().map(|word| (*word).to_owned()).collect();
        man(program(), &path)
    }

    #[test]
    fn every_command_has_a_page_in_which_no_word_is_broken_and_examples_stay_lines() {
        let page = page(&["ownership", "adopt"]).unwrap();
        let (head, rest) = page.split_once(".TH ").unwrap();
        assert!(!head.contains(".SH") && rest.contains("\n.nh\n.ad l\n"), "{page}");
        let (_, example) = page.split_once("\n.nf\n").unwrap();
        let (example, _) = example.split_once("\n.fi\n").unwrap();
        assert!(example.starts_with("  signpost ownership adopt"), "{page}");
        assert_eq!(example.lines().count(), 1, "{page}");
    }

    #[test]
    fn a_command_that_there_is_not_is_named_whole() {
        let error = page(&["ownership", "adept"]).unwrap_err().to_string();
        assert!(error.contains("`ownership adept` is not a command"), "{error}");
        assert!(page(&[]).unwrap().contains("signpost"));
    }
}
