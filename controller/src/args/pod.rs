//! What a command that looks at what `run` would do makes of the arguments that a Pod has.

use clap::{Arg, Command};

/// The commands that say what `run` would do with the same arguments.
const LIKE_RUN: [&str; 4] = ["plan", "check", "endpoints", "explain"];

/// Returns `words` without what only `run` takes, if `command` says what `run` would do: a user who
/// types the arguments of the Pod as they are means them.
///
/// `words` begin with the name of `command`; `run` may follow it, as it does in the Pod.
pub(super) fn without_what_only_runs(
    command: &Command,
    run: &Command,
    words: Vec<String>,
) -> Vec<String> {
    if !LIKE_RUN.contains(&command.get_name()) {
        return words;
    }
    let mut kept = Vec::new();
    let mut words = words.into_iter().peekable();
    kept.extend(words.next());
    words.next_if(|word| word == "run");
    while let Some(word) = words.next() {
        let (name, value) = match word.strip_prefix("--").map(|rest| rest.split_once('=')) {
            None => ("", None),
            Some(None) => (word.trim_start_matches('-'), None),
            Some(Some((name, value))) => (name, Some(value)),
        };
        let only_runs = argument(run, name).filter(|_| argument(command, name).is_none());
        match only_runs {
            None => kept.push(word),
            Some(argument) if value.is_none() && takes_next_word(argument) => drop(words.next()),
            Some(_) => {}
        }
    }
    kept
}

/// Returns the argument that `name`, without dashes, stands for; `no-` turns a toggle off.
fn argument<'a>(command: &'a Command, name: &str) -> Option<&'a Arg> {
    let is_named = |argument: &&Arg, name: &str| {
        argument.get_long_and_visible_aliases().is_some_and(|all| all.contains(&name))
    };
    let is_off = |argument: &&Arg| {
        let on = name.strip_prefix("no-");
        daemon::is_toggle(argument) && on.is_some_and(|on| is_named(argument, on))
    };
    command.get_arguments().find(|argument| is_named(argument, name) || is_off(argument))
}

fn takes_next_word(argument: &Arg) -> bool {
    argument.get_action().takes_values() && !argument.is_require_equals_set()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::args::Cli;

    fn left(words: &[&str]) -> Vec<String> {
        let mut cli = Cli::command();
        cli.build();
        let command = cli.find_subcommand(words[0]).unwrap();
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        without_what_only_runs(command, cli.find_subcommand("run").unwrap(), words)
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
        let of = |start: &[&'static str]| left(&[start, &pod[..]].concat());
        let kept = ["plan", "--source=service", "--log-format=json"];
        assert_eq!(of(&["plan"]), kept);
        assert_eq!(of(&["plan", "run"]), kept, "as the Pod has it");
        assert_eq!(of(&["endpoints"])[1..], kept[1..]);
        let checked = of(&["check"]);
        for flag in ["--state-configmap=dns/signpost", "--leader-elect", "--source=service"] {
            assert!(checked.iter().any(|word| word == flag), "{flag} in {checked:?}");
        }
        assert!(!checked.iter().any(|word| word.contains("interval") || word == "1m"));
        assert_eq!(left(&["explain", "run/a/b", "--once"]), ["explain", "run/a/b"]);
    }

    #[test]
    fn what_run_does_not_know_either_and_what_other_commands_get_stays() {
        assert_eq!(left(&["plan", "--intervall=1m"]), ["plan", "--intervall=1m"]);
        assert_eq!(left(&["rollback", "--interval=1m"]), ["rollback", "--interval=1m"]);
        assert_eq!(left(&["plan", "--", "-x", "y"]), ["plan", "--", "-x", "y"]);
    }
}
