//! Which value each flag has, as text: what tells whether reading the flags again changed any.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args as _;

use super::{RecordArgs, ZoneArgs};

/// The flags about serving that can change while the process runs.
const ALSO_RELOADED: [&str; 3] = ["log-format", "log-level", "records-patience"];

/// The values of all flags, defaults included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given(BTreeMap<String, Vec<String>>);

impl Given {
    /// Returns the values that `matches` has for the flags of `command`.
    pub(super) fn of(matches: &clap::ArgMatches, command: &clap::Command) -> Self {
        let values = |argument: &clap::Arg| {
            let flag = argument.get_long()?;
            let raw = matches.try_get_raw(argument.get_id().as_str()).ok().flatten()?;
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

/// Returns the flags that can change while the process runs, without dashes; others need a restart.
pub fn reloaded() -> BTreeSet<String> {
    let groups = [ZoneArgs::augment_args, RecordArgs::augment_args];
    let flags = groups.into_iter().flat_map(|augment| {
        let group = augment(clap::Command::new(""));
        let flags = group.get_arguments().filter_map(|it| it.get_long()).map(str::to_owned);
        flags.collect::<Vec<_>>()
    });
    flags.chain(ALSO_RELOADED.map(str::to_owned)).collect()
}
