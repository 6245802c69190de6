//! Which value each flag has, as text: what tells whether reading the flags again changed any.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args as _;

use super::{DomainArgs, LogArgs, SafetyArgs, SourceArgs, TemplateArgs, TransformArgs};

/// The flags of other groups that can change while the process runs.
const ALSO_RELOADED: [&str; 8] = [
    // When passes run.
    "events",
    "interval",
    "min-event-sync-interval",
    // What of others' is taken over; who we are stays.
    "adopt",
    "allow-default-owner",
    "allow-unowned-changes",
    "migrate-from-txt-owner",
    "normalise-claims",
];

/// The values of all flags of a command, defaults included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given(BTreeMap<String, Vec<String>>);

impl Given {
    /// Returns the values that `matches` has for the flags of `command`, the innermost command.
    pub(super) fn of(matches: &clap::ArgMatches, command: &clap::Command) -> Self {
        let mut innermost = matches;
        while let Some((_, inner)) = innermost.subcommand() {
            innermost = inner;
        }
        let values = |argument: &clap::Arg| {
            let flag = argument.get_long()?;
            let raw = innermost.try_get_raw(argument.get_id().as_str()).ok().flatten()?;
            let values = raw.map(|it| it.to_string_lossy().into_owned()).collect();
            Some((flag.to_owned(), values))
        };
        Self(command.get_arguments().filter_map(values).collect())
    }

    /// Returns the flags whose values differ, without dashes.
    pub fn difference(&self, other: &Self) -> BTreeSet<String> {
        let flags = self.0.keys().chain(other.0.keys());
        flags.filter(|flag| self.0.get(*flag) != other.0.get(*flag)).cloned().collect()
    }
}

/// Returns the flags of `run` that can change while it runs, without dashes; others need a restart.
pub fn reloaded() -> BTreeSet<String> {
    let groups = [
        sources(),
        flags(&TransformArgs::augment_args(clap::Command::new(""))),
        flags(&DomainArgs::augment_args(clap::Command::new(""))),
        flags(&SafetyArgs::augment_args(clap::Command::new(""))),
        flags(&LogArgs::augment_args(clap::Command::new(""))),
    ];
    groups.into_iter().flatten().chain(ALSO_RELOADED.map(str::to_owned)).collect()
}

/// Returns the flags that decide which objects are read and what they ask for, without dashes.
pub(crate) fn sources() -> BTreeSet<String> {
    let sources = flags(&SourceArgs::augment_args(clap::Command::new("")));
    let templates = flags(&TemplateArgs::augment_args(clap::Command::new("")));
    sources.into_iter().chain(templates).collect()
}

fn flags(group: &clap::Command) -> BTreeSet<String> {
    group.get_arguments().filter_map(|it| it.get_long()).map(str::to_owned).collect()
}
