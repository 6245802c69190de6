//! Help of the program that kubectl runs: examples begin with what a person types there.

use clap::{Arg, Command};

/// Returns a command line whose help, with that of its commands and flags, says `called` where a person types
/// `program`.
pub(super) fn as_called(command: Command, program: &str, called: &str) -> Command {
    if program == called {
        return command;
    }
    let said = |text: &clap::builder::StyledStr| typed(&text.to_string(), program, called);
    let about = command.get_about().map(said);
    let long_about = command.get_long_about().map(said);
    let after_help = command.get_after_help().map(said);
    let names: Vec<String> =
        command.get_subcommands().map(|inner| inner.get_name().to_owned()).collect();
    let mut command = command.mut_args(|argument: Arg| {
        let help = argument.get_help().map(said);
        let long_help = argument.get_long_help().map(said);
        let argument = match help {
            Some(help) => argument.help(help),
            None => argument,
        };
        match long_help {
            Some(help) => argument.long_help(help),
            None => argument,
        }
    });
    if let Some(about) = about {
        command = command.about(about);
    }
    if let Some(about) = long_about {
        command = command.long_about(about);
    }
    if let Some(help) = after_help {
        command = command.after_help(help);
    }
    for name in names {
        command = command.mut_subcommand(name, |inner| as_called(inner, program, called));
    }
    command
}

/// Returns a text in which each command that a person types begins with `called`: in backticks, or at the
/// beginning of an indented line.
fn typed(text: &str, program: &str, called: &str) -> String {
    let line = |line: &str| {
        let bare = line.trim_start();
        let is_example = bare.len() < line.len() && bare.starts_with(&format!("{program} "));
        let line = if is_example { line.replacen(program, called, 1) } else { line.to_owned() };
        let quoted = [format!("`{program} "), format!("`{program}`")];
        let line = line.replace(&quoted[0], &format!("`{called} "));
        line.replace(&quoted[1], &format!("`{called}`"))
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use crate::args::{Environment, Parsed, no_rules, parse_as};

    fn help(called: &'static str, words: &[&str]) -> String {
        let read = |_: &std::path::Path| Err(std::io::ErrorKind::NotFound.into());
        let environment = Environment { lookup: &|_| None, read: &read, rules: &no_rules };
        match parse_as(called, words.iter().map(|word| (*word).to_owned()).collect(), &environment)
        {
            Parsed::Print(text) => text,
            other => panic!("{words:?}: {other:?}"),
        }
    }

    #[test]
    fn the_help_of_a_plug_in_types_what_kubectl_runs() {
        for words in [
            &["--help"][..],
            &["plan", "--help"],
            &["man", "--help"],
            &["ownership", "adopt", "--help"],
        ] {
            let text = help("kubectl signpost", words);
            assert!(text.contains("Usage: kubectl signpost"), "{text}");
            for unlike in ["`signpost ", "`signpost`", "  signpost "] {
                assert!(!text.contains(unlike), "{words:?}: {text}");
            }
            assert!(!help("signpost", words).contains("kubectl signpost"), "{words:?}");
        }
        assert!(
            help("kubectl signpost", &["--help"])
                .contains("\n  kubectl signpost plan --source=service")
        );
        assert!(
            help("kubectl signpost", &["man", "--help"])
                .contains("`kubectl signpost man plan | man -l -`")
        );
    }
}
