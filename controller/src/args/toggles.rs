//! Flags that are on or off: `--events`, `--no-events`.

/// Reads what Go reads as a boolean.
pub(super) fn toggle(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("write `true` or `false`".to_owned()),
    }
}

/// Turns `--no-x` into `--x=false` for every toggle `x` of `command`.
pub(super) fn positive(command: &clap::Command, argument: String) -> String {
    let Some(name) = argument.strip_prefix("--no-") else {
        return argument;
    };
    match command.get_arguments().find(|it| it.get_long() == Some(name)) {
        Some(found) if is_toggle(found) => format!("--{name}=false"),
        _ => argument,
    }
}

/// Tells whether an argument is a toggle.
pub(super) fn is_toggle(argument: &clap::Arg) -> bool {
    argument.get_value_names().is_some_and(|names| names.iter().any(|it| it == "BOOL"))
}
