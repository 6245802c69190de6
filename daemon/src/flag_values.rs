//! Which value each flag has, as text: what tells whether reading the flags again changed any.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use clap::parser::ValueSource;

use crate::guards::{EmptyVariables, is_blank, is_limit};

/// The values of all flags of a command, defaults included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlagValues {
    values: BTreeMap<String, Vec<String>>,
    /// Those that guard something and are set to something.
    guards: BTreeSet<String>,
    /// Those that guard something and are set to nothing, as a template makes them of a value that is missing.
    blanks: BTreeSet<String>,
    /// The variables of filters and limits that are empty, by flag, where nothing else sets these.
    empty_variables: BTreeMap<String, String>,
}

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
        let is_set = |argument: &&clap::Arg| {
            let source = innermost.value_source(argument.get_id().as_str());
            source.is_some_and(|source| source != ValueSource::DefaultValue)
        };
        let guards = command.get_arguments().filter(|argument| is_limit(argument)).filter(is_set);
        let values: BTreeMap<_, Vec<String>> = command.get_arguments().filter_map(values).collect();
        let is_blank = |guard: &String| values.get(guard).is_none_or(|values| is_blank(values));
        let guards = guards.filter_map(|guard| guard.get_long().map(str::to_owned));
        let (blanks, guards) = guards.partition(is_blank);
        Self { values, guards, blanks, empty_variables: BTreeMap::new() }
    }

    /// Returns these values, for which variables were `empty`.
    #[must_use]
    pub fn with_empty(mut self, empty: EmptyVariables) -> Self {
        let is_set = |flag: &String| self.guards.contains(flag) || self.blanks.contains(flag);
        let EmptyVariables { wrong: _, of_limits } = empty;
        self.empty_variables = of_limits.into_iter().filter(|(flag, _)| !is_set(flag)).collect();
        self
    }

    /// Returns the filters, limits and other guards that are set to blanks, or to commas and nothing between them: to
    /// several values of which each is missing.
    pub(crate) fn set_to_nothing(&self) -> impl Iterator<Item = &str> {
        let is_said = |flag: &&String| {
            let values = self.of_flag(flag);
            values.len() > 1 || values.iter().any(|value| !value.is_empty())
        };
        self.blanks.iter().filter(is_said).map(String::as_str)
    }

    /// Returns what to know of filters, limits and other guards that are set to nothing: as in ExternalDNS, they are
    /// as if they were not there.
    pub fn blank_guards(&self) -> Vec<String> {
        let told = |flag| {
            format!("`--{flag}` is empty and limits nothing: give it a value, or leave it out")
        };
        let of_variable = |(flag, variable): (&String, &String)| {
            let counts = match self.of_flag(flag).iter().find(|value| !value.is_empty()) {
                Some(value) => format!("`--{flag}={value}` counts, as by default"),
                None => format!("`--{flag}` limits nothing"),
            };
            format!("`{variable}` is empty, and {counts}: give it a value, or leave it out")
        };
        let variables = self.empty_variables.iter().map(of_variable);
        self.blanks.iter().map(told).chain(variables).collect()
    }

    /// Returns the values of a flag (without dashes); empty when it has none.
    pub fn of_flag(&self, flag: &str) -> &[String] {
        self.values.get(flag).map_or(&[], Vec::as_slice)
    }

    /// Returns the flags whose values differ.
    pub fn difference(&self, other: &Self) -> Flags {
        let flags = self.values.keys().chain(other.values.keys());
        let differs = |flag: &&String| self.values.get(*flag) != other.values.get(*flag);
        Flags(flags.filter(differs).cloned().collect())
    }

    /// Says in the log which filters, limits and other guards are set here and no more in `taken`.
    pub fn tell_opened(&self, taken: &Self) {
        let opened = self.opened(taken);
        if !opened.is_empty() {
            tracing::warn!(
                flags = %opened,
                "The configuration sets guards no more that it set before: their defaults are in use"
            );
        }
    }

    /// Returns the filters, limits and other guards that are set here and not in `other`.
    fn opened(&self, other: &Self) -> Flags {
        self.guards.difference(&other.guards).cloned().collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_of_a_filter_is_told_unless_something_else_sets_it() {
        let flag = |name: &'static str| clap::Arg::new(name).long(name);
        let command = clap::Command::new("p").args(["zone-id-filter", "interval"].map(flag));
        let told = |words: &[&str]| {
            let words = ["p"].iter().chain(words);
            let matches = command.clone().try_get_matches_from(words).unwrap();
            let mut empty = EmptyVariables::default();
            for argument in command.get_arguments() {
                let flag = argument.get_long().unwrap();
                empty.note(argument, &crate::variable(flag));
            }
            FlagValues::of(&matches, &command).with_empty(empty).blank_guards()
        };
        assert_eq!(
            told(&[]),
            [
                "`EXTERNAL_DNS_ZONE_ID_FILTER` is empty, and `--zone-id-filter` limits nothing: give it a value, or leave it out"
            ]
        );
        assert!(told(&["--zone-id-filter=Z1"]).is_empty());
        assert_eq!(told(&["--zone-id-filter="]).len(), 1, "the flag is told, and not the variable");
    }

    #[test]
    fn a_guard_that_is_set_no_more_has_opened_and_one_of_another_value_has_not() {
        let flag = |name: &'static str| clap::Arg::new(name).long(name);
        let flags = ["domain-filter", "namespace-domain", "max-deletes", "interval"].map(flag);
        let command = clap::Command::new("p").args(flags);
        let command = command.mut_arg("max-deletes", |argument| argument.default_value("100"));
        let values = |words: &[&str]| {
            let words = ["p"].iter().chain(words);
            FlagValues::of(&command.clone().try_get_matches_from(words).unwrap(), &command)
        };
        let before = values(&[
            "--domain-filter=a",
            "--namespace-domain=b",
            "--max-deletes=3",
            "--interval=1m",
        ]);
        let none = ["domain-filter", "namespace-domain", "max-deletes"].map(str::to_owned);
        assert_eq!(before.opened(&values(&[])), Flags::from_iter(none));
        assert_eq!(values(&[]).opened(&before), Flags::default());
        let other = values(&["--domain-filter=c", "--namespace-domain=b", "--max-deletes=9"]);
        assert_eq!(before.opened(&other), Flags::default());
        assert!(!before.difference(&other).is_empty());
    }
}
