//! Reads a command line, the variables that stand in for it, and the file that they name.
//!
//! What the command line says counts first, then the variables, then the file of `--config`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;

use crate::{FlagValues, Setting, UsageError, positive, settings, shell};

/// The flags of a program.
pub trait CommandLine: clap::CommandFactory + clap::FromArgMatches + Sized {
    /// Returns the file in which more flags stand; `None` when there is none.
    fn config(&self) -> Option<&Path>;

    /// Returns the files that flags name and that are taken with them, such as keys; when what is in
    /// one changes, the flags are taken again.
    fn files(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    /// Checks what the grammar cannot say.
    ///
    /// # Errors
    ///
    /// Returns an error that names the flag.
    fn check(&self) -> Result<(), UsageError>;

    /// Reads the command line and the environment of this process, and the file that they name.
    ///
    /// # Errors
    ///
    /// Returns an error that names the flag, or the text that was asked for (`--help`).
    fn from_process() -> Result<(Self, FlagValues), UsageError> {
        Self::parse_words(std::env::args_os())
    }

    /// Reads a command line, the environment of this process, and the file that they name.
    ///
    /// # Errors
    ///
    /// As [`from_process`](Self::from_process).
    fn parse_words(
        words: impl IntoIterator<Item: Into<OsString>>,
    ) -> Result<(Self, FlagValues), UsageError> {
        let command = shell::with_commands(grammar(Self::command()));
        let positive =
            |word: OsString| match word.to_str().and_then(|text| positive(&command, text)) {
                Some(positive) => positive.into(),
                None => word,
            };
        let mut words: Vec<_> = words.into_iter().map(Into::into).map(positive).collect();
        if let [_, word] = words.as_mut_slice()
            && word == "version"
        {
            *word = "--version".into();
        }
        let matches = command.clone().try_get_matches_from(&words)?;
        if let Some(text) = shell::asked(&command, &matches).map_err(UsageError::new)? {
            return Err(UsageError::Asked(text));
        }
        let without_file = Self::from_arg_matches(&matches)?;
        let Some(path) = without_file.config() else {
            return checked(&matches, &command);
        };
        let wrong = |error: String| {
            UsageError::new(format!("--config={}: {}", path.display(), error.trim_end()))
        };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        let added = settings(&text)
            .and_then(|settings| added_by_file(&command, &matches, &settings))
            .map_err(wrong)?;
        words.extend(added);
        // Without the file it made sense, so what does not now is from the file.
        let from_file = |error: UsageError| {
            let text = error.to_string();
            wrong(text.strip_prefix("error: ").unwrap_or(&text).to_owned())
        };
        let matches = command.clone().try_get_matches_from(words);
        matches
            .map_err(UsageError::from)
            .and_then(|matches| checked(&matches, &command))
            .map_err(from_file)
    }
}

fn checked<C: CommandLine>(
    matches: &clap::ArgMatches,
    command: &clap::Command,
) -> Result<(C, FlagValues), UsageError> {
    let args = C::from_arg_matches(matches)?;
    args.check()?;
    Ok((args, FlagValues::of(matches, command)))
}

/// Returns the grammar, in which an empty variable counts as unset.
fn grammar(command: clap::Command) -> clap::Command {
    let is_empty = |arg: &clap::Arg| {
        arg.get_env()
            .is_some_and(|name| std::env::var_os(name).is_some_and(|value| value.is_empty()))
    };
    command.mut_args(
        |arg| {
            if is_empty(&arg) { arg.env(clap::builder::Resettable::Reset) } else { arg }
        },
    )
}

/// Returns the words that the file adds to those of the command line and the variables, which
/// `matches` has.
fn added_by_file(
    command: &clap::Command,
    matches: &clap::ArgMatches,
    settings: &[Setting],
) -> Result<Vec<OsString>, String> {
    let mut added = Vec::new();
    for setting in settings {
        let is_given = |argument: &clap::Arg| {
            let source = matches.value_source(argument.get_id().as_str());
            matches!(source, Some(ValueSource::CommandLine | ValueSource::EnvVariable))
        };
        match setting.argument(command)? {
            Some(argument) if is_given(argument) => {}
            Some(_) => added.extend(setting.words().map(OsString::from)),
            None => added.push(setting.unknown().into()),
        }
    }
    Ok(added)
}
