//! Scripts of `OpenRC` ([openrc-run]): shell that says what is started instead of starting it.
//!
//! [openrc-run]: https://github.com/OpenRC/openrc/blob/master/man/openrc-run.8

use super::script::{self, ShellCommand};
use super::word::whole;
use super::{Scope, Start, StartVariables, Wording, command};
use crate::convert::words;

/// What is said of a script that does not start the program.
pub(super) const NONE: &str = "the script of OpenRC starts something else, or says so in a function: give what runs \
     (`tr '\\0' ' ' </proc/PID/cmdline`), or the arguments themselves (`signpost convert -- --source=…`)";

/// Variables of such a script that set nothing of the program.
const HARMLESS: [&str; 22] = [
    "capabilities",
    "command_background",
    "command_group",
    "command_progress",
    "command_user",
    "description",
    "directory",
    "error_log",
    "error_logger",
    "extra_commands",
    "extra_started_commands",
    "healthcheck_delay",
    "healthcheck_timer",
    "name",
    "output_log",
    "output_logger",
    "pidfile",
    "procname",
    "respawn_delay",
    "respawn_max",
    "retry",
    "supervisor",
];

/// Functions that set nothing of the program: what is run after it began, or says what goes before.
const AFTERWARDS: [&str; 5] = ["depend", "start_post", "status", "stop", "stop_post"];

/// Tells whether a text is such a script.
pub(super) fn is_one(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first.starts_with("#!") && ["openrc-run", "runscript"].iter().any(|name| first.ends_with(name))
}

/// Reads such a script.
pub(super) fn read(text: &str) -> Vec<Start> {
    let mut scope = Scope::default();
    let mut unread = vec!["the file of its name in /etc/conf.d".to_owned()];
    let (mut function, mut depth) = (None::<String>, 0_usize);
    let mut before = String::new();
    for command in script::commands(text) {
        let first = command.words.first().map(|word| whole(word, &scope));
        let name = first.as_ref().map(Wording::written).unwrap_or_default().to_owned();
        match name.as_str() {
            "(" | ")" => {}
            "{" if function.is_none() => {
                let name = std::mem::take(&mut before);
                if !AFTERWARDS.contains(&name.as_str()) {
                    super::add(&mut unread, format!("{name}()"));
                }
                function = Some(name);
            }
            "{" => depth = depth.saturating_add(1),
            "}" if depth > 0 => depth = depth.saturating_sub(1),
            "}" => function = None,
            _ if function.is_some() => {}
            _ => said(&command, &mut scope, &mut unread),
        }
        if !["(", ")"].contains(&name.as_str()) {
            before = name;
        }
    }
    let words = |name: &str| -> Vec<Wording> {
        match scope.get(name) {
            None => Vec::new(),
            Some(Wording::Known(text)) => {
                words::split(text).into_iter().map(Wording::Known).collect()
            }
            Some(Wording::Open(text)) => each(text),
        }
    };
    let all: Vec<Wording> =
        ["command", "command_args", "command_args_background", "command_args_foreground"]
            .into_iter()
            .flat_map(words)
            .collect();
    // These may set variables.
    for name in ["start_stop_daemon_args", "supervise_daemon_args"] {
        if scope.get(name).is_some() {
            super::add(&mut unread, name.to_owned());
        }
    }
    let variables = || scope.exported().into_iter().collect::<StartVariables>();
    let found = command::start(&all, &variables);
    let mut found =
        found.map_or_else(|| command::in_shell(&all, &variables()), |start| vec![start]);
    for start in &mut found {
        for place in &unread {
            start.beside(place.clone());
        }
    }
    found
}

/// Returns the words of a text of which not all is known: those that a variable stands in are not, and where a command
/// or what is computed does, none is.
fn each(text: &str) -> Vec<Wording> {
    let has_variables = text.contains('$') && !text.contains("$(") && !text.contains('`');
    if !has_variables {
        return vec![Wording::Open(text.to_owned())];
    }
    let word = |word: String| {
        if word.contains('$') { Wording::Open(word) } else { Wording::Known(word) }
    };
    words::split(text).into_iter().map(word).collect()
}

/// Takes a command outside of functions.
fn said(command: &ShellCommand, scope: &mut Scope, unread: &mut Vec<String>) {
    if command.assigns {
        super::add(unread, format!("${{…:=…}} in line {}", command.line));
    }
    let Some((first, rest)) = command.words.split_first() else { return };
    if whole(first, scope).known() == Some(":") {
        return;
    }
    let is_export = whole(first, scope).known() == Some("export");
    let set = if is_export { rest } else { &command.words };
    for word in set {
        let Some((name, value)) = script::assignment(word) else {
            let name = whole(word, scope);
            let exported = name.known().filter(|name| is_export && script::is_name(name));
            let Some(exported) = exported else {
                let name = name.written().split('=').next().unwrap_or_default();
                return super::add(unread, format!("{name} in line {}", command.line));
            };
            scope.export(exported);
            continue;
        };
        if command.is_joined {
            super::add(unread, format!("{name} in line {}", command.line));
        }
        let value = match whole(&value, scope) {
            Wording::Known(text) if !command.is_joined => Wording::Known(text),
            value => Wording::Open(value.written().to_owned()),
        };
        if is_export || !HARMLESS.contains(&name.as_str()) {
            scope.set(&name, value, is_export);
        }
    }
}
