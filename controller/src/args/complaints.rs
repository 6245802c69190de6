//! What is wrong with a command line: all of it, told at once.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::elsewhere;
use super::environment::SetBy;

/// What is wrong, each with the next step.
#[derive(Debug, Default)]
pub(super) struct Complaints(Vec<String>);

impl Complaints {
    /// Adds what is wrong.
    pub(super) fn extend(&mut self, told: impl IntoIterator<Item = String>) {
        self.0.extend(told);
    }

    /// Tells whether nothing is wrong.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells whether a value of `flag` (with dashes) was refused.
    pub(super) fn about(&self, flag: &str) -> bool {
        self.0.iter().any(|told| told.contains(&format!("'{flag} ")))
    }

    /// Adds `error`, unless it only says that something is missing that was refused before.
    pub(super) fn add(
        &mut self,
        cli: &clap::Command,
        command: &clap::Command,
        error: &clap::Error,
        set_by: &[SetBy],
    ) {
        if error.kind() == ErrorKind::MissingRequiredArgument && !self.is_empty() {
            return;
        }
        let text = told(cli, command, error);
        let named = |setting: &&SetBy| {
            let after = text.split_once(&format!("'--{}", setting.flag)).map(|(_, after)| after);
            after.is_some_and(|word| word.starts_with(['\'', ' ', '=', '[']))
        };
        self.0.push(match set_by.iter().find(named) {
            Some(setting) => format!("{text}\n\nThe value is from `{}`.", setting.place),
            None => text,
        });
    }

    /// Returns all of it as one text, and what is worth a warning besides.
    pub(super) fn into_text(self, warnings: &[String]) -> String {
        let count = self.0.len();
        let besides =
            warnings.iter().fold(String::new(), |text, warning| text + "\n\n" + warning + ".");
        if count == 1 {
            return format!("{}{besides}", self.0.concat());
        }
        let line = |word: &String| {
            let (text, _) = word.split_once("\n\nFor more information").unwrap_or((word, ""));
            let (text, place) = match word.split_once("\n\nThe value is from") {
                Some((_, place)) => (text, format!("; the value is from{place}")),
                None => (text, String::new()),
            };
            format!("\n  - {}{place}", text.trim_end().replace("\n\n", "; "))
        };
        let lines: String = self.0.iter().map(line).collect();
        format!("{count} things are wrong with the command line:{lines}{besides}")
    }
}

fn told(cli: &clap::Command, command: &clap::Command, error: &clap::Error) -> String {
    if let Some(text) = elsewhere::belongs(cli, command, error) {
        return text;
    }
    if error.kind() == ErrorKind::UnknownArgument
        && let Some(ContextValue::String(given)) = error.get(ContextKind::InvalidArg)
    {
        return unknown(command, given);
    }
    let text = error.to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    text.trim_end().to_owned()
}

/// Says that nobody knows an argument, and which one is meant if that is plain.
///
/// Only a slip of the fingers is plain: an argument that is merely alike may mean the opposite.
fn unknown(command: &clap::Command, given: &str) -> String {
    let written = given.split_once('=').map_or(given, |(name, _)| name);
    let flags: Vec<_> =
        command.get_arguments().filter_map(|argument| argument.get_long()).collect();
    let meant =
        written.strip_prefix("--").and_then(|name| external_dns_webhook::nearest(name, flags));
    let meant = meant.map(|nearest| format!("; a similar argument exists: '--{nearest}'"));
    format!("unexpected argument '{written}' found{}", meant.unwrap_or_default())
}

/// Takes what `error` is about out of `words`; tells whether there was such a thing.
pub(super) fn take_out(words: &mut Vec<String>, error: &clap::Error) -> bool {
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else {
        return false;
    };
    let name = argument.split([' ', '=', '[']).next().unwrap_or_default();
    let value = match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) => Some(value.as_str()),
        _ => None,
    };
    // The first word is the program, and the second a command.
    let is_named = |word: &String| {
        word == name || word.strip_prefix(name).is_some_and(|rest| rest.starts_with('='))
    };
    let holds = |at: usize| {
        let next = words.get(at + 1).map(String::as_str);
        let inline = words.get(at).and_then(|word| word.split_once('=')).map(|(_, value)| value);
        value.is_none_or(|value| {
            inline.or(next).is_some_and(|inline| {
                inline.split(',').any(|part| part == value) || inline == value
            })
        })
    };
    let all: Vec<_> = (2..words.len()).filter(|at| words.get(*at).is_some_and(is_named)).collect();
    let repeated = error.kind() == ErrorKind::ArgumentConflict && all.len() > 1;
    let at = if repeated { all.last() } else { all.iter().find(|at| holds(**at)) };
    let Some(at) = at.copied() else { return false };
    let word = words.remove(at);
    if let (Some((flag, list)), Some(value)) = (word.split_once('='), value) {
        let rest: Vec<_> = list.split(',').filter(|part| *part != value).collect();
        if rest.len() < list.split(',').count() && !rest.is_empty() {
            words.insert(at, format!("{flag}={}", rest.join(",")));
        }
    } else if !word.contains('=') && words.get(at).is_some_and(|word| !word.starts_with('-')) {
        words.remove(at);
    }
    true
}
