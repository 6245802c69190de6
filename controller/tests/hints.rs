//! Every command and flag that a hint names exists.

use clap::CommandFactory as _;
use controller::args::Cli;
use controller_core::status::Reason;

fn has_flag(command: &clap::Command, name: &str) -> bool {
    let is_it = |argument: &clap::Arg| {
        argument.get_long_and_visible_aliases().is_some_and(|all| all.contains(&name))
    };
    command.get_arguments().any(is_it)
        || command.get_subcommands().any(|inner| has_flag(inner, name))
}

/// Returns the words of each command that a text names in backticks.
fn commands(text: &str) -> Vec<Vec<&str>> {
    let quoted = text.split('`').skip(1).step_by(2);
    let ours = quoted.filter_map(|quoted| quoted.strip_prefix("signpost "));
    ours.map(|words| words.split_whitespace().collect()).collect()
}

#[test]
fn every_command_and_flag_that_a_hint_names_exists() {
    let mut cli = Cli::command();
    cli.build();
    let mut checked = 0;
    for row in Reason::catalogue() {
        for words in commands(row.hint) {
            let mut command = &cli;
            for word in words {
                if let Some(flag) = word.strip_prefix("--") {
                    let name = flag.split('=').next().unwrap_or(flag);
                    assert!(has_flag(command, name), "{}: `{word}` in {}", row.code, row.hint);
                    checked += 1;
                    continue;
                }
                let inner = command.find_subcommand(word);
                assert!(inner.is_some(), "{}: `signpost {word}` in {}", row.code, row.hint);
                command = inner.unwrap_or(command);
                checked += 1;
            }
        }
        for word in row.hint.split_whitespace().filter_map(|word| word.strip_prefix("--")) {
            let name = word.split(['=', ',', ';', '.', ')']).next().unwrap_or(word);
            assert!(has_flag(&cli, name), "{}: `--{name}` in {}", row.code, row.hint);
            checked += 1;
        }
    }
    assert!(checked > 10, "only {checked} were found");
}

#[test]
fn nobody_is_told_to_delete_what_is_not_ours() {
    for row in Reason::catalogue() {
        for word in ["delete it", "delete the record", "by hand"] {
            assert!(!row.hint.contains(word), "{}: {}", row.code, row.hint);
        }
    }
}
