//! What is wrong with a command line: all of it, told at once.
//!
//! What the grammar refuses is taken out and the rest is read again, until nothing is left to refuse;
//! then rules between flags are asked of what is left. A rule about a flag of which a value was refused
//! is not told: it would be about what nobody wrote.

mod words;

use std::collections::BTreeSet;
use std::error::Error;
use std::ffi::OsString;
use std::fmt;

use clap::builder::Resettable;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgMatches, Command};

use crate::FlagValues;

/// What is wrong, each with the next step.
#[derive(Debug, Default)]
pub struct Complaints {
    told: Vec<String>,
    /// Flags, without dashes, of which a value was refused, and positional arguments, as `<NAME>`.
    refused: BTreeSet<String>,
    /// What was set by something other than the command line, and stands in its words.
    set_by: Vec<SetBy>,
    /// Words behind flags that nobody knows: the value of such a flag, or a word of its own.
    perhaps: Vec<OsString>,
    /// Whether something that sets flags could not be read: nothing is missed, since it may stand there.
    is_partial: bool,
}

/// Something other than the command line that set a flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetBy {
    /// The flag, without dashes.
    pub flag: String,
    /// The variable, or the file.
    pub place: String,
}

/// How the words of a command line are read.
#[derive(Clone)]
pub struct Grammar<'a> {
    /// The program; a variable of which a value is refused is no longer looked at.
    pub program: Command,
    /// The innermost command that the words name: its flags may have been meant.
    pub command: &'a Command,
    /// Says what the error is when a program knows better than the grammar.
    pub told: &'a dyn Fn(&Command, &clap::Error) -> Option<String>,
}

impl Complaints {
    /// Adds what is wrong.
    pub fn extend(&mut self, told: impl IntoIterator<Item = String>) {
        for text in told {
            let text = crate::plain(&text);
            if !self.told.contains(&text) {
                self.told.push(text);
            }
        }
    }

    /// Adds why what sets flags could not be read, such as a file. What it would say is not known, so no rule is
    /// asked of the rest, and nothing is called missing.
    pub fn unread(&mut self, told: String) {
        self.is_partial = true;
        self.extend([told]);
    }

    /// Notes what else than the command line sets flags.
    pub fn set_by(&mut self, set_by: impl IntoIterator<Item = SetBy>) {
        self.set_by.extend(set_by);
    }

    /// Adds what a rule says that goes by the values of `flags` (without dashes), unless one of them was
    /// refused, or what else sets them [could not be read](Self::unread).
    pub fn rule(&mut self, flags: &[&str], told: impl fmt::Display) {
        if self.is_partial || flags.iter().any(|flag| self.refused.contains(*flag)) {
            return;
        }
        let place = match flags {
            [flag] => self.place(flag),
            _ => None,
        };
        self.extend([with_place(told.to_string(), place)]);
    }

    /// Returns what was made of `flags` (without dashes); when that failed, tells why as a rule and
    /// returns nothing.
    pub fn took<T, E: Into<Box<dyn Error + Send + Sync>>>(
        &mut self,
        flags: &[&str],
        made: Result<T, E>,
    ) -> Option<T> {
        made.map_err(|error| self.rule(flags, crate::chain(error.into().as_ref()))).ok()
    }

    /// Notes a word behind a flag that is refused and that may take a value: it is no mistake besides.
    pub fn perhaps_values(&mut self, words: impl IntoIterator<Item = OsString>) {
        self.perhaps.extend(words);
    }

    /// Returns what is made by something that adds what is wrong.
    ///
    /// # Errors
    ///
    /// Returns all that is wrong.
    pub fn none_of<T>(make: impl FnOnce(&mut Self) -> T) -> Result<T, Self> {
        let mut wrong = Self::default();
        let made = make(&mut wrong);
        wrong.check().map(|()| made)
    }

    /// Tells whether a value of `flag` (without dashes) was refused.
    pub fn refuses(&self, flag: &str) -> bool {
        self.refused.contains(flag)
    }

    /// Tells whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// Fails when something is wrong.
    ///
    /// # Errors
    ///
    /// Returns itself.
    pub fn check(self) -> Result<(), Self> {
        if self.is_empty() { Ok(()) } else { Err(self) }
    }

    /// Reads `words`, of which the first is the program: what is left of them when all is taken out that
    /// is wrong; `None` when that makes no sense even so.
    ///
    /// # Errors
    ///
    /// Returns the text that was asked for, such as the help, if nothing is wrong beside it.
    pub fn read(
        &mut self,
        grammar: &mut Grammar<'_>,
        words: &mut Vec<OsString>,
    ) -> Result<Option<ArgMatches>, clap::Error> {
        loop {
            let error = match grammar.program.clone().try_get_matches_from(&*words) {
                Ok(matches) => {
                    self.refuse_nothing(&FlagValues::of(&matches, grammar.command));
                    return Ok(Some(matches));
                }
                Err(error) => error,
            };
            if !error.use_stderr() {
                return if self.is_empty() { Err(error) } else { Ok(None) };
            }
            // Each turn takes out a word or a variable.
            if !self.take_value_of_unknown(words, &error) && !self.take(grammar, words, &error) {
                break;
            }
        }
        // What is missing cannot be taken out; the rules are asked of all the rest.
        let lenient = grammar.program.clone().ignore_errors(true);
        Ok(lenient.try_get_matches_from(&*words).ok())
    }

    /// Refuses filters and other guards of commas and blanks alone, as a template makes them of values that are all
    /// missing.
    fn refuse_nothing(&mut self, values: &FlagValues) {
        for flag in values.set_to_nothing() {
            self.rule(
                &[flag],
                format!(
                    "`--{flag}` has no value, and would limit nothing: give it one, or leave it out"
                ),
            );
            // That no value of such a kind is made of it goes without saying.
            let _ = self.refused.insert(flag.to_owned());
        }
    }

    /// Takes out a word that is the value of a flag nobody knows, now that there is a word too many; tells
    /// whether there was one.
    fn take_value_of_unknown(&mut self, words: &mut Vec<OsString>, error: &clap::Error) -> bool {
        if !words::is_about_a_word(error) {
            return false;
        }
        while !self.perhaps.is_empty() {
            let word = self.perhaps.remove(0);
            if let Some(at) = words.iter().skip(1).position(|other| *other == word) {
                words.remove(at + 1);
                return true;
            }
        }
        false
    }

    /// Adds what `error` says, and takes out what it is about; tells whether there was such a thing.
    fn take(
        &mut self,
        grammar: &mut Grammar<'_>,
        words: &mut Vec<OsString>,
        error: &clap::Error,
    ) -> bool {
        let named = flags(error, ContextKind::InvalidArg);
        if error.kind() == ErrorKind::MissingRequiredArgument {
            // What is missing may be what was refused before, or stand in what was not read.
            if !self.is_partial && !named.iter().any(|flag| self.refused.contains(flag)) {
                self.extend([told(grammar, error)]);
            }
            self.refused.extend(named);
            return false;
        }
        let text = told(grammar, error);
        let mut place = named.iter().find_map(|flag| self.place(flag));
        let mut is_out =
            words::take_out(grammar.command, words, error, &mut self.perhaps).is_some();
        if !is_out && let Some(variable) = take_out_of_variable(grammar, words, error) {
            is_out = true;
            place = place.or(Some(variable));
        }
        is_out = is_out || words::take_any_out(&grammar.program, words, error);
        self.refused.extend(named);
        self.refused.extend(flags(error, ContextKind::SuggestedArg));
        self.extend([with_place(text, place)]);
        is_out
    }

    /// Returns what set `flag`, if something other than the command line did.
    fn place(&self, flag: &str) -> Option<String> {
        let setting = self.set_by.iter().find(|setting| setting.flag == flag);
        setting.map(|setting| setting.place.clone())
    }

    /// Returns all of it as one text, and what is worth a warning besides.
    pub fn into_text(self, warnings: &[String]) -> String {
        let besides =
            warnings.iter().fold(String::new(), |text, warning| text + "\n\n" + warning + ".");
        format!("{self}{besides}")
    }
}

impl fmt::Display for Complaints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [alone] = &*self.told {
            return f.write_str(alone);
        }
        write!(f, "{} things are wrong with the command line:", self.told.len())?;
        for text in &self.told {
            let (text, place) = text.split_once(PLACE).unwrap_or((text, ""));
            write!(f, "\n  - {}", text.trim_end().replace("\n\n", "; ").replace(":\n  ", ": "))?;
            if !place.is_empty() {
                write!(f, "; the value is from {}", place.trim_end_matches('.'))?;
            }
        }
        Ok(())
    }
}

impl Error for Complaints {}

/// What stands between a complaint and what set the value that it is about.
const PLACE: &str = "\n\nThe value is from ";

fn with_place(text: String, place: Option<String>) -> String {
    match place {
        Some(place) => format!("{text}{PLACE}`{place}`."),
        None => text,
    }
}

/// Returns the flags (without dashes) and positional arguments (as `<NAME>`) that an error names as `kind`.
fn flags(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    let named = match error.get(kind) {
        Some(ContextValue::String(named)) => std::slice::from_ref(named),
        Some(ContextValue::Strings(named)) => named.as_slice(),
        _ => &[],
    };
    let known = named.iter().map(|named| name(named));
    let known = known.filter_map(|name| {
        let positional = Some(name).filter(|name| name.starts_with('<'));
        name.strip_prefix("--").or(positional)
    });
    known.map(str::to_owned).collect()
}

/// Returns the flag in what an error calls it, such as `--interval <DURATION>`.
fn name(named: &str) -> &str {
    named.split([' ', '=', '[']).next().unwrap_or_default()
}

/// Returns what an error says.
fn told(grammar: &Grammar<'_>, error: &clap::Error) -> String {
    let told = (grammar.told)(grammar.command, error);
    told.unwrap_or_else(|| {
        let text = error.to_string();
        let commands: Vec<_> = grammar
            .command
            .get_subcommands()
            .map(|command| format!("`{}`", command.get_name()))
            .collect();
        let commands = commands.join(", ");
        match error.kind() {
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand
                if !commands.is_empty() =>
            {
                return format!(
                    "say which command of `{}`: {commands}",
                    grammar.command.get_name()
                );
            }
            ErrorKind::InvalidSubcommand if !commands.is_empty() => {
                let text = text.lines().next().unwrap_or_default();
                let text = text.strip_prefix("error: ").unwrap_or(text);
                let meant = match error.get(ContextKind::SuggestedSubcommand) {
                    Some(ContextValue::Strings(meant)) => meant.first(),
                    _ => None,
                };
                let meant = meant.map(|meant| format!("; did you mean `{meant}`?"));
                return format!(
                    "{text}{}",
                    meant.unwrap_or_else(|| format!("; there are {commands}"))
                );
            }
            _ => {}
        }
        let text = text.strip_prefix("error: ").unwrap_or(&text).trim_end();
        // How the whole command is used says nothing of what is wrong, and is in its help; where that is to be
        // had is told once.
        let text = text.split_once("\n\nUsage: ").map_or(text, |(before, _)| before);
        let text = text.split_once("\n\nFor more information").map_or(text, |(before, _)| before);
        text.trim_end().to_owned()
    })
}

/// Takes what `error` is about out of the variable that it stands in, whose other values become words;
/// returns the variable, if there was such a thing.
fn take_out_of_variable(
    grammar: &mut Grammar<'_>,
    words: &mut Vec<OsString>,
    error: &clap::Error,
) -> Option<String> {
    let flag = flags(error, ContextKind::InvalidArg).pop()?;
    let is_it = |argument: &&clap::Arg| argument.get_long() == Some(&flag);
    let argument = grammar.program.get_arguments().find(is_it)?;
    let (variable, id) = (argument.get_env()?.to_owned(), argument.get_id().clone());
    let text = std::env::var_os(&variable)?;
    let program = std::mem::take(&mut grammar.program);
    grammar.program = program.mut_arg(id, |argument| argument.env(Resettable::Reset));
    let value = invalid_value(error);
    let text = text.to_string_lossy();
    let rest = text.lines().filter(|line| value.is_some_and(|value| value != *line));
    words.extend(rest.map(|line| OsString::from(format!("--{flag}={line}"))));
    Some(variable.to_string_lossy().into_owned())
}

fn invalid_value(error: &clap::Error) -> Option<&str> {
    match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
