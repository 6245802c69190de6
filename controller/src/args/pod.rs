//! What a command that looks at what `run` would do makes of the arguments that a Pod has.

use clap::{ArgMatches, Command, FromArgMatches as _};

use super::{Command as Asked, RunArgs};

/// The name of the command that the arguments of a Pod are for.
const RUN: &str = "run";

/// Tells whether a command looks at what `run` would look at, so that it means what `run` takes.
pub(super) fn takes_objects(command: &Command) -> bool {
    command.get_arguments().any(|argument| argument.get_id() == "source")
}

/// Returns the program with commands that take all that `run` takes where they say what it would do: a
/// user who types the arguments of the Pod as they are means them, and one grammar reads the values, so
/// that what `run` refuses they refuse. What is of no consequence for them is not in their help.
pub(super) fn with_what_only_runs(cli: Command) -> Command {
    let Some(run) = cli.find_subcommand(RUN).cloned() else { return cli };
    let all_of_run = |command: Command| {
        if !takes_objects(&command) {
            return command;
        }
        let known: Vec<_> =
            command.get_arguments().map(|argument| argument.get_id().clone()).collect();
        let only_runs = run.get_arguments().filter(|argument| !known.contains(argument.get_id()));
        let only_runs: Vec<_> = only_runs.map(|argument| argument.clone().hide(true)).collect();
        command.args(only_runs)
    };
    cli.mut_subcommands(|command| all_of_run(command).mut_subcommands(all_of_run))
}

/// Returns `words` without `run` behind the name of `command`, where it stands in a Pod's arguments.
pub(super) fn without_run(command: &Command, mut words: Vec<String>) -> Vec<String> {
    let is_run = words.get(1).is_some_and(|word| word == RUN);
    if is_run && command.get_name() != RUN && takes_objects(command) {
        words.remove(1);
    }
    words
}

/// Returns the flags of `run` that were given to a command that is `run`, or says what it would do;
/// `None` for every other.
pub(super) fn run(command: &Asked, matches: &ArgMatches) -> Option<RunArgs> {
    command.of_run()?;
    let mut given = matches;
    while let Some((_, inner)) = given.subcommand() {
        given = inner;
    }
    RunArgs::from_arg_matches(given).ok()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use crate::args::{Cli, Environment, Parsed, no_rules, parse};

    fn read(words: &[&str]) -> Parsed {
        let read = |_: &std::path::Path| Err(std::io::ErrorKind::NotFound.into());
        let environment = Environment { lookup: &|_| None, read: &read, rules: &no_rules };
        parse(words.iter().map(|word| (*word).to_owned()).collect(), &environment)
    }

    #[test]
    fn the_arguments_of_a_pod_are_taken_by_commands_that_say_what_it_would_do() {
        let pod = [
            "--source=service",
            "--interval",
            "1m",
            "--once",
            "--no-events",
            "--dry-run=true",
            "--state-configmap=dns/signpost",
            "--metrics-address",
            ":7979",
            "--leader-elect",
            "--log-format=json",
        ];
        for start in [&["plan"][..], &["plan", "run"], &["endpoints"], &["check", "run"]] {
            let words = [start, &pod[..]].concat();
            assert!(matches!(read(&words), Parsed::Run(..)), "{words:?}: {:?}", read(&words));
        }
        for start in [
            &["explain", "run/a/b"][..],
            &["ownership", "adopt", "a.org"],
            &["ownership", "migrate", "--from-owner=x"],
        ] {
            let words = [start, &pod[..]].concat();
            assert!(matches!(read(&words), Parsed::Run(..)), "{words:?}: {:?}", read(&words));
        }
    }

    #[test]
    fn what_run_does_not_know_either_is_refused() {
        for words in [&["plan", "--intervall=1m"][..], &["rollback", "--interval=1m"]] {
            assert!(matches!(read(words), Parsed::Usage(_)), "{words:?}");
        }
    }

    /// Returns what is said of `--FLAG=VALUE` for a command, without what a missing policy adds.
    fn refusal(command: &[&str], word: &str) -> Option<String> {
        let policy = if word.starts_with("--policy=") { &[][..] } else { &["--policy=sync"] };
        match read(&[command, policy, &[word]].concat()) {
            Parsed::Usage(text) => Some(text),
            Parsed::Run(..) | Parsed::Print(_) => None,
        }
    }

    #[test]
    fn what_run_refuses_of_a_flag_is_refused_in_the_same_words_by_what_says_what_it_would_do() {
        let cli = Cli::command();
        let run = cli.find_subcommand("run").unwrap();
        let likes = [
            &["plan"][..],
            &["check"],
            &["endpoints"],
            &["explain", "x"],
            &["ownership", "adopt", "x"],
        ];
        let values = ["foo", "-1", "(", "a,,b"];
        let flags = run.get_arguments().filter_map(|argument| argument.get_long());
        let words =
            flags.flat_map(|flag| values.map(|value| format!("--{flag}={value}"))).enumerate();
        let mut refused = 0;
        for (at, word) in words {
            let told = refusal(&["run"], &word);
            refused += usize::from(told.is_some());
            // Each value is tried with another command, and each command with every flag's neighbours.
            let like = likes[(at / values.len() + at) % likes.len()];
            assert_eq!(refusal(like, &word), told, "{like:?} {word}");
        }
        assert!(refused > 100, "{refused}");
    }
}
