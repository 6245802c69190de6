//! Which command has a flag that was given to another one.

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Flags of which no command may make more than a preview.
const PREVIEWS: [&str; 1] = ["assume-address"];

/// Returns whose the flag is that `error` does not know, for people; `None` when no command has it.
///
/// `cli` is everything there is, built, and `command` is what the flag was given to.
pub(super) fn belongs(
    cli: &clap::Command,
    command: &clap::Command,
    error: &clap::Error,
) -> Option<String> {
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let Some(ContextValue::String(given)) = error.get(ContextKind::InvalidArg) else { return None };
    let written = given.split_once('=').map_or(given.as_str(), |(name, _)| name);
    let name = written.strip_prefix("--")?;
    let mut owners = Vec::new();
    find(cli, name, "signpost", &mut owners);
    // Most flags are taken by several commands, and `run` has nearly all of them.
    if let Some(run) = owners.iter().find(|owner| *owner == "`signpost run`") {
        owners = vec![run.clone()];
    }
    if owners.is_empty() {
        return None;
    }
    let here = command.get_bin_name().unwrap_or(command.get_name());
    let why =
        if PREVIEWS.contains(&name) { ": what is assumed must never be published" } else { "" };
    let last = owners.pop().unwrap_or_default();
    let owners = match owners.join(", ") {
        owners if owners.is_empty() => last,
        owners => format!("{owners} and {last}"),
    };
    Some(format!("`{written}` belongs to {owners}; `{here}` does not take it{why}"))
}

/// Adds every command at or below `command` that has the flag.
fn find(command: &clap::Command, name: &str, path: &str, owners: &mut Vec<String>) {
    let has = |argument: &clap::Arg| {
        let is_off = || name.strip_prefix("no-").is_some_and(|on| argument.get_long() == Some(on));
        argument.get_long_and_visible_aliases().is_some_and(|all| all.contains(&name))
            || daemon::is_toggle(argument) && is_off()
    };
    if command.get_arguments().any(has) {
        owners.push(format!("`{path}`"));
    }
    for inner in command.get_subcommands() {
        find(inner, name, &format!("{path} {}", inner.get_name()), owners);
    }
}
