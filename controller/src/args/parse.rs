//! From the words of a command line to [`Cli`], or to an answer that says what is wrong.

use clap::{CommandFactory, FromArgMatches};

use super::environment::{self, FromVariable};
use super::unsupported::{self, Whereabouts};
use super::{Cli, toggles};

/// What became of a command line.
#[derive(Debug)]
pub enum Parsed {
    /// It can be done; the warnings are worth a line in the log.
    Run(Box<Cli>, Vec<String>),
    /// Help or the version was asked for.
    Print(String),
    /// It cannot be done: what is wrong and what to write instead.
    Usage(String),
}

const COMMANDS: [&str; 8] =
    ["run", "endpoints", "plan", "check", "explain", "release", "undo", "ownership"];

/// Reads `arguments` (without the program's name) and the variables that `lookup` finds.
pub fn parse(arguments: Vec<String>, lookup: &dyn Fn(&str) -> Option<String>) -> Parsed {
    let mut words = arguments;
    let asks = |it: &String| ["--help", "-h", "--version", "-V"].contains(&it.as_str());
    match words.first() {
        Some(word) if COMMANDS.contains(&word.as_str()) || (words.len() == 1 && asks(word)) => {}
        Some(word) if !word.starts_with('-') => {
            return Parsed::Usage(format!(
                "`{word}` is not a command; the commands are {}",
                COMMANDS.map(|it| format!("`{it}`")).join(", ")
            ));
        }
        // The way ExternalDNS is called: flags only.
        _ => words.insert(0, "run".to_owned()),
    }
    let mut cli = Cli::command();
    let Some(name) = words.first().filter(|it| COMMANDS.contains(&it.as_str())).cloned() else {
        return finish(cli.try_get_matches_from_mut(program(words)), Vec::new(), &[]);
    };
    cli.build();
    let Some(mut command) = cli.find_subcommand(&name).cloned() else {
        return Parsed::Usage(format!("`{name}` is not a command"));
    };
    // A command of commands, such as `ownership audit`: the flags are those of the inner one.
    if let Some(inner) = words.get(1).and_then(|it| command.find_subcommand(it)) {
        command = inner.clone();
    }
    let words: Vec<String> =
        words.into_iter().map(|word| toggles::positive(&command, word)).collect();

    let mut warnings = Vec::new();
    for found in unsupported::mentioned(&words, lookup) {
        match found.flag.whereabouts {
            Whereabouts::NoEffect(_) => warnings.push(found.to_string()),
            Whereabouts::Moved(_) | Whereabouts::NotBuilt(_) => {
                return Parsed::Usage(found.to_string());
            }
        }
    }
    let mut words = unsupported::without_idle(words);
    let (more, variables) = environment::arguments(&command, &words, lookup);
    words.extend(more);
    finish(cli.try_get_matches_from_mut(program(words)), warnings, &variables)
}

fn program(mut words: Vec<String>) -> Vec<String> {
    words.insert(0, "signpost".to_owned());
    words
}

fn finish(
    matches: Result<clap::ArgMatches, clap::Error>,
    warnings: Vec<String>,
    variables: &[FromVariable],
) -> Parsed {
    match matches.and_then(|it| Cli::from_arg_matches(&it)) {
        Ok(cli) => Parsed::Run(Box::new(cli), warnings),
        Err(error) if !error.use_stderr() => Parsed::Print(error.to_string()),
        Err(error) => {
            let text = error.to_string();
            let text = text.strip_prefix("error: ").unwrap_or(&text);
            let from = variables.iter().find(|it| text.contains(&format!("'--{}", it.flag)));
            Parsed::Usage(match from {
                Some(it) => format!("{}\n\nThe value is from `{}`.", text.trim_end(), it.variable),
                None => text.trim_end().to_owned(),
            })
        }
    }
}

#[cfg(test)]
mod tests;
