//! Which words of a command line an error of the grammar is about.

use std::ffi::{OsStr, OsString};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};

use super::{invalid_value, name};

/// Tells whether `error` is about a word that is neither a flag nor the value of one.
pub(super) fn is_about_a_word(error: &clap::Error) -> bool {
    let about = match error.kind() {
        ErrorKind::InvalidSubcommand => return true,
        ErrorKind::UnknownArgument
        | ErrorKind::InvalidValue
        | ErrorKind::ValueValidation
        | ErrorKind::TooManyValues => argument(error),
        _ => None,
    };
    about.is_some_and(|about| !about.starts_with('-'))
}

/// Takes what `error` is about out of `words`; `None` when there is no such thing. The word behind it stays
/// when nobody knows whether it is its value, and is added to `perhaps`.
pub(super) fn take_out(
    command: &Command,
    words: &mut Vec<OsString>,
    error: &clap::Error,
    perhaps: &mut Vec<OsString>,
) -> Option<()> {
    let about = argument(error)?;
    let value = invalid_value(error);
    if !about.starts_with('-') {
        let written = if error.kind() == ErrorKind::UnknownArgument { about } else { value? };
        let at = words.iter().skip(1).position(|word| *word == *written)?;
        words.remove(at + 1);
        return Some(());
    }
    let name = name(about);
    let known = command.get_arguments().find(|known| spellings(known).any(|other| other == name));
    let names: Vec<String> = match known {
        Some(known) => spellings(known).collect(),
        None => vec![name.to_owned()],
    };
    let mut all = Vec::new();
    // The first word is the program.
    for at in 1..words.len() {
        let next = words.get(at + 1).and_then(|next| next.to_str());
        let word = words.get(at).and_then(|word| word.to_str());
        all.extend(word.and_then(|word| Mention::find(at, word, next, &names, known)));
    }
    let is_repeated = error.kind() == ErrorKind::ArgumentConflict && all.len() > 1;
    let found = if is_repeated {
        all.pop()
    } else {
        all.into_iter().find(|mention| value.is_none_or(|value| mention.holds(value)))
    }?;
    let (at, is_separate) = (found.at, found.is_separate);
    let rest = value.and_then(|value| found.without(value));
    words.remove(at);
    if known.is_none() {
        perhaps.extend(words.get(at).filter(|_| is_separate).cloned());
        return Some(());
    }
    if is_separate {
        words.remove(at);
    }
    // What else stands in a list with commas is read.
    if let Some(rest) = rest {
        words.insert(at, format!("{name}={rest}").into());
    }
    Some(())
}

/// Takes a word out without which the grammar says something else than `error`; tells whether there was
/// one. It is for errors that do not say where their cause stands, as in `-xfoo`.
pub(super) fn take_any_out(
    program: &Command,
    words: &mut Vec<OsString>,
    error: &clap::Error,
) -> bool {
    if matches!(
        error.kind(),
        ErrorKind::InvalidSubcommand
            | ErrorKind::MissingSubcommand
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    ) {
        return false;
    }
    let said = |error: &clap::Error| {
        (error.kind(), argument(error).map(str::to_owned), invalid_value(error).map(str::to_owned))
    };
    let before = said(error);
    for at in (1..words.len()).filter(|at| words.get(*at).is_some_and(|word| !names(program, word)))
    {
        let mut without = words.clone();
        without.remove(at);
        let after = program.clone().try_get_matches_from(&without).err();
        if after.is_none_or(|after| said(&after) != before) {
            *words = without;
            return true;
        }
    }
    false
}

/// Tells whether a word is that of a command, without which the others mean something else.
fn names(program: &Command, word: &OsStr) -> bool {
    let names =
        |command: &Command| command.get_name_and_visible_aliases().iter().any(|name| *name == word);
    program.get_subcommands().any(|command| names(command) || command.get_subcommands().any(names))
}

/// A word that is a flag which an error may be about.
struct Mention<'a> {
    at: usize,
    /// What the grammar takes for its value.
    value: Option<&'a str>,
    /// Whether that is the next word.
    is_separate: bool,
}

impl<'a> Mention<'a> {
    fn find(
        at: usize,
        word: &'a str,
        next: Option<&'a str>,
        names: &[String],
        known: Option<&Arg>,
    ) -> Option<Self> {
        let rest = names.iter().find_map(|name| {
            let rest = word.strip_prefix(name.as_str())?;
            let is_short = !name.starts_with("--");
            (rest.is_empty() || rest.starts_with('=') || is_short).then_some(rest)
        })?;
        if !rest.is_empty() {
            let value = rest.strip_prefix('=').unwrap_or(rest);
            return Some(Self { at, value: Some(value), is_separate: false });
        }
        let takes_next = known.is_none_or(|known| {
            known.get_action().takes_values() && !known.is_require_equals_set()
        });
        let takes_dashes = known.is_some_and(Arg::is_allow_hyphen_values_set);
        let value = next.filter(|next| takes_next && (takes_dashes || !next.starts_with('-')));
        Some(Self { at, value, is_separate: value.is_some() })
    }

    /// Tells whether this is where `value` stands; an empty one is also that of a flag without any.
    fn holds(&self, value: &str) -> bool {
        let Some(given) = self.value else { return value.is_empty() };
        given == value || given.split(',').any(|part| part == value)
    }

    /// Returns the rest of a list with commas that `value` stands in.
    fn without(&self, value: &str) -> Option<String> {
        let list: Vec<_> = self.value?.split(',').collect();
        let rest: Vec<_> = list.iter().copied().filter(|part| *part != value).collect();
        (!rest.is_empty() && rest.len() < list.len()).then(|| rest.join(","))
    }
}

/// Returns how a flag can be written.
fn spellings(argument: &Arg) -> impl Iterator<Item = String> {
    let long =
        argument.get_long().into_iter().chain(argument.get_all_aliases().into_iter().flatten());
    let short = argument.get_short_and_visible_aliases().into_iter().flatten();
    long.map(|name| format!("--{name}")).chain(short.map(|name| format!("-{name}")))
}

/// Returns what `error` calls the argument that it is about.
fn argument(error: &clap::Error) -> Option<&str> {
    match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(argument)) => Some(argument),
        _ => None,
    }
}
