//! What a command takes of the flags of `run`, and how it goes by them.

use super::{Command, OwnershipAction};

/// What a command needs of the flags that `run` takes: it is `run`, or says what that would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a need of its own")]
pub struct OfRun {
    /// Something that wants records.
    pub source: bool,
    /// A provider.
    pub provider: bool,
    /// Who we are, and how records are owned.
    pub ownership: bool,
    /// The policy.
    pub policy: PolicyNeed,
    /// Whether it listens.
    pub listens: bool,
}

/// What a command makes of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyNeed {
    /// It goes by the one that is given, and one must be.
    Required,
    /// It goes by one that deletes when none is given.
    Assumed,
    /// It goes by none.
    Unused,
}

/// What a command needs that makes a plan.
const PLAN: OfRun = OfRun {
    source: true,
    provider: true,
    ownership: true,
    policy: PolicyNeed::Assumed,
    listens: false,
};

impl Command {
    /// Returns what of `run` is taken; `None` by a command that is something else.
    pub fn of_run(&self) -> Option<OfRun> {
        match self {
            Self::Run(_) => Some(OfRun { policy: PolicyNeed::Required, listens: true, ..PLAN }),
            Self::Plan(_) => Some(PLAN),
            // What only reads needs none of the files that say whose records are.
            Self::Check(args) => Some(OfRun {
                source: false,
                ownership: args.moving,
                policy: PolicyNeed::Unused,
                ..PLAN
            }),
            Self::Endpoints(_) => Some(OfRun { provider: false, ownership: false, ..PLAN }),
            // Without manifests it asks a controller, which has been told all of this.
            Self::Explain(args) => (!args.plan.manifests.manifests.is_empty()).then_some(PLAN),
            Self::Ownership(args) => match &args.action {
                // Who takes over is asked in words of its own.
                OwnershipAction::Migrate(_) | OwnershipAction::Adopt(_) => {
                    Some(OfRun { policy: PolicyNeed::Unused, ..PLAN })
                }
                OwnershipAction::Audit(_) | OwnershipAction::Disown(_) => None,
            },
            Self::Status(_)
            | Self::History(_)
            | Self::Completion(_)
            | Self::Man(_)
            | Self::Approve(_)
            | Self::Sync(_)
            | Self::Rollback(_)
            | Self::Convert(_)
            | Self::Conformance(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use crate::args::{Cli, Environment, Parsed, no_rules, parse, takes_objects};

    fn of_run(words: &[&str]) -> bool {
        let read = |_: &std::path::Path| Err(std::io::ErrorKind::NotFound.into());
        let environment = Environment { lookup: &|_| None, read: &read, rules: &no_rules };
        match parse(words.iter().map(|word| (*word).to_owned()).collect(), &environment) {
            Parsed::Run(cli, ..) => cli.command.of_run().is_some(),
            other => panic!("{words:?}: {other:?}"),
        }
    }

    #[test]
    fn every_command_that_reads_objects_goes_by_what_run_takes_and_no_other_does() {
        let needed = |path: &str| match path {
            "run" => &["--policy=sync"][..],
            "explain" => &["a.org", "--manifests=x"],
            "approve" => &["0123456789ab"],
            "completion" => &["bash"],
            "ownership migrate" => &["--from-owner=x"],
            "ownership adopt" | "ownership disown" => &["a.org"],
            _ => &[],
        };
        let mut seen = 0;
        let mut look = |path: &str, command: &clap::Command| {
            let words: Vec<&str> = path.split(' ').chain(needed(path).iter().copied()).collect();
            assert_eq!(of_run(&words), takes_objects(command), "{path}");
            seen += 1;
        };
        for command in Cli::command().get_subcommands() {
            let name = command.get_name();
            for inner in command.get_subcommands() {
                look(&format!("{name} {}", inner.get_name()), inner);
            }
            if !command.has_subcommands() {
                look(name, command);
            }
        }
        assert!(seen > 15, "{seen}");
    }
}
