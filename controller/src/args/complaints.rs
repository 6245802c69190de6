//! What the controller says of an error of the grammar that it knows more about.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::elsewhere;

/// Returns what `error` is; `None` leaves that to the grammar.
///
/// `cli` is everything there is, built, and `command` is what the words were given to.
pub(super) fn told(
    cli: &clap::Command,
    command: &clap::Command,
    error: &clap::Error,
) -> Option<String> {
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let Some(ContextValue::String(given)) = error.get(ContextKind::InvalidArg) else { return None };
    Some(elsewhere::belongs(cli, command, error).unwrap_or_else(|| unknown(command, given)))
}

/// Says that nobody knows an argument, and which one is meant if that is plain.
///
/// Only a slip of the fingers is plain: an argument that is merely alike may mean the opposite.
fn unknown(command: &clap::Command, given: &str) -> String {
    let written = given.split_once('=').map_or(given, |(name, _)| name);
    let flags: Vec<_> =
        command.get_arguments().filter_map(|argument| argument.get_long()).collect();
    let meant =
        written.strip_prefix("--").and_then(|name| external_dns_webhook::nearest(name, flags));
    let meant = meant.map(|nearest| format!("; a similar argument exists: '--{nearest}'"));
    format!("unexpected argument '{written}' found{}", meant.unwrap_or_default())
}
