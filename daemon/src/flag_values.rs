//! Which value each flag has, as text: what tells whether reading the flags again changed any.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The values of all flags of a command, defaults included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlagValues(BTreeMap<String, Vec<String>>);

/// Names of flags, without dashes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags(pub BTreeSet<String>);

impl FlagValues {
    /// Returns the values that `matches` has for the flags of `command`, the innermost command.
    pub fn of(matches: &clap::ArgMatches, command: &clap::Command) -> Self {
        let mut innermost = matches;
        while let Some((_, inner)) = innermost.subcommand() {
            innermost = inner;
        }
        let values = |argument: &clap::Arg| {
            let flag = argument.get_long()?;
            let raw = innermost.try_get_raw(argument.get_id().as_str()).ok().flatten()?;
            let values = raw.map(|value| value.to_string_lossy().into_owned()).collect();
            Some((flag.to_owned(), values))
        };
        Self(command.get_arguments().filter_map(values).collect())
    }

    /// Returns the values of a flag (without dashes); empty when it has none.
    pub fn of_flag(&self, flag: &str) -> &[String] {
        self.0.get(flag).map_or(&[], Vec::as_slice)
    }

    /// Returns the flags whose values differ.
    pub fn difference(&self, other: &Self) -> Flags {
        let flags = self.0.keys().chain(other.0.keys());
        Flags(flags.filter(|flag| self.0.get(*flag) != other.0.get(*flag)).cloned().collect())
    }
}

impl Flags {
    /// Returns all flags that an argument group has; `augment` is its `augment_args`.
    pub fn of(augment: impl FnOnce(clap::Command) -> clap::Command) -> Self {
        let group = augment(clap::Command::new(""));
        group
            .get_arguments()
            .filter_map(|argument| argument.get_long())
            .map(str::to_owned)
            .collect()
    }

    /// Returns those that are not in `others`.
    #[must_use]
    pub fn without(&self, others: &Self) -> Self {
        self.0.difference(&others.0).cloned().collect()
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<String> for Flags {
    fn from_iter<I: IntoIterator<Item = String>>(flags: I) -> Self {
        Self(flags.into_iter().collect())
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, flag) in self.0.iter().enumerate() {
            let separator = if number == 0 { "" } else { ", " };
            write!(f, "{separator}`--{flag}`")?;
        }
        Ok(())
    }
}
