//! Reads a command line, the variables that stand in for it, and the file that they name.
//!
//! What the command line says counts first, then the variables, then the file of `--config`.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;

use crate::{
    Complaints, EmptyVariables, FlagValues, Grammar, SetBy, Setting, UsageError, empty_setting,
    is_guard, positive, settings, shell,
};

/// The flags of a program.
pub trait CommandLine: clap::CommandFactory + clap::FromArgMatches + Sized {
    /// Returns the file in which more flags stand; `None` when there is none.
    fn config(&self) -> Option<&Path>;

    /// Returns the files that flags name and that are taken with them, such as keys; when what is in
    /// one changes, the flags are taken again.
    fn files(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    /// Adds all that is wrong and that the grammar cannot say, each with its flag.
    fn check(&self, complaints: &mut Complaints);

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
        let (command, empty) = grammar(Self::command());
        let command = shell::with_commands(command);
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
        let grammar = Grammar { program: command.clone(), command: &command, told: &|_, _| None };
        let mut complaints = Complaints::default();
        complaints.extend(empty.wrong.iter().cloned());
        // Once for the file that they name; what is wrong with them is told with what is wrong with it.
        let mut without_file = Complaints::default();
        let matches = without_file.read(&mut grammar.clone(), &mut words.clone())?;
        if let Some(matches) = matches.as_ref().filter(|_| without_file.is_empty())
            && let Some(text) = shell::asked(&command, matches).map_err(UsageError::new)?
        {
            return Err(UsageError::Asked(text));
        }
        let args = matches.as_ref().and_then(|matches| Self::from_arg_matches(matches).ok());
        if let (Some(matches), Some(path)) = (&matches, args.as_ref().and_then(Self::config)) {
            let place = format!("--config={}", path.display());
            let is_given = |argument: &clap::Arg| {
                let source = matches.value_source(argument.get_id().as_str());
                matches!(source, Some(ValueSource::CommandLine | ValueSource::EnvVariable))
                    || argument.get_long().is_some_and(|flag| without_file.refuses(flag))
            };
            let text = input_files::read_text(path).map_err(|bad| io::Error::from(bad).to_string());
            let added = text.and_then(|text| added_by_file(&command, is_given, &settings(&text)?));
            match added {
                Ok(added) => {
                    for (flag, word) in added {
                        complaints.set_by([SetBy { flag, place: place.clone() }]);
                        words.push(word.into());
                    }
                }
                Err(error) => complaints.unread(format!("{place}: {}", error.trim_end())),
            }
        }
        let matches = complaints.read(&mut grammar.clone(), &mut words)?;
        let args = matches.as_ref().map(Self::from_arg_matches);
        if let Some(Ok(args)) = &args {
            args.check(&mut complaints);
        }
        complaints.check()?;
        match (args, matches) {
            (Some(args), Some(matches)) => {
                Ok((args?, FlagValues::of(&matches, &command).with_empty(empty)))
            }
            _ => Err(UsageError::new("the command line makes no sense; see --help")),
        }
    }
}

/// Returns the grammar, in which an empty variable counts as unset, and those that are empty.
fn grammar(command: clap::Command) -> (clap::Command, EmptyVariables) {
    let mut empty = EmptyVariables::default();
    let command = command.mut_args(|argument| {
        let variable = argument.get_env().map(ToOwned::to_owned);
        let is_guard = is_guard(&argument);
        // A list of blank lines has no value, either.
        let is_empty = |name: &OsString| {
            std::env::var_os(name).is_some_and(|text| {
                text.is_empty() || (is_guard && text.to_string_lossy().trim().is_empty())
            })
        };
        let Some(variable) = variable.filter(is_empty) else { return argument };
        empty.note(&argument, &variable.to_string_lossy());
        argument.env(clap::builder::Resettable::Reset)
    });
    (command, empty)
}

/// Returns the flags that the file adds to those that are given, each with a word that sets it.
fn added_by_file(
    command: &clap::Command,
    is_given: impl Fn(&clap::Arg) -> bool,
    settings: &[Setting],
) -> Result<Vec<(String, String)>, String> {
    let mut added = Vec::new();
    for setting in settings {
        let words: Vec<_> = match setting.argument(command)? {
            Some(argument) if is_given(argument) => continue,
            Some(argument) => match empty_setting(argument, setting) {
                Some(wrong) => return Err(wrong),
                None => setting.words().collect(),
            },
            None => vec![setting.unknown()],
        };
        added.extend(words.into_iter().map(|word| (setting.flag.clone(), word)));
    }
    Ok(added)
}
