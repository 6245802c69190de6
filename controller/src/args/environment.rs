//! `EXTERNAL_DNS_*` variables, as further arguments behind those of the command line.

use daemon::{EmptyVariables, SetBy, is_toggle, variable};

/// Tells whether variables and the file set `argument`: not if a flag of `run` has its name and is another
/// one. Such a flag is part of a question, and what `run` was told, such as in a Pod, is no answer to it.
pub(super) fn is_config(argument: &clap::Arg, run: &clap::Command) -> bool {
    let mut of_run = run.get_arguments();
    let of_run = of_run.find(|of_run| of_run.get_long() == argument.get_long());
    of_run.is_none_or(|of_run| {
        let said = |argument: &clap::Arg| argument.get_help().map(ToString::to_string);
        said(of_run) == said(argument)
    })
}

/// Returns the arguments that variables add to `given`, and which flags they set.
///
/// An empty variable counts as unset, but for what guards something, and is noted in `empty`. A repeatable flag takes
/// one value per line.
pub(super) fn arguments(
    command: &clap::Command,
    run: &clap::Command,
    given: &[String],
    lookup: &dyn Fn(&str) -> Option<String>,
    empty: &mut EmptyVariables,
) -> (Vec<String>, Vec<SetBy>) {
    let (mut added, mut sources) = (Vec::new(), Vec::new());
    for argument in command.get_arguments() {
        let Some(flag) = argument.get_long() else { continue };
        let variable = variable(flag);
        let Some(value) = lookup(&variable) else { continue };
        if is_given(argument, flag, given) || !is_config(argument, run) {
            continue;
        }
        // A list of blank lines has no value, either.
        if value.trim().is_empty() && (value.is_empty() || daemon::is_guard(argument)) {
            empty.note(argument, &variable);
            continue;
        }
        let repeatable = matches!(argument.get_action(), clap::ArgAction::Append);
        if repeatable {
            let lines = value.strip_suffix('\n').unwrap_or(&value).lines();
            added.extend(lines.map(|line| format!("--{flag}={line}")));
        } else {
            added.push(format!("--{flag}={value}"));
        }
        sources.push(SetBy { flag: flag.to_owned(), place: variable });
    }
    (added, sources)
}

/// Tells whether `given` has the flag in any form.
pub(super) fn is_given(argument: &clap::Arg, flag: &str, given: &[String]) -> bool {
    given.iter().any(|word| {
        let Some(name) = word.strip_prefix("--") else {
            return argument.get_short().is_some_and(|short| {
                word.strip_prefix('-').is_some_and(|rest| rest.starts_with(short))
            });
        };
        let name = name.split('=').next().unwrap_or(name);
        name == flag || (is_toggle(argument) && name.strip_prefix("no-") == Some(flag))
    })
}
