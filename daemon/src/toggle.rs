//! Flags that are on or off: `--events`, `--no-events`, `--events=false`.
//!
//! A toggle is an argument whose value is named `BOOL`.

/// Reads a boolean as [Go] does.
///
/// [Go]: https://pkg.go.dev/strconv#ParseBool
///
/// # Errors
///
/// Returns what to write instead.
pub fn toggle(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("write `true` or `false`".to_owned()),
    }
}

/// Returns `--x=false` for `--no-x`, when `x` is a toggle of `command`; `None` for other words.
pub fn positive(command: &clap::Command, word: &str) -> Option<String> {
    let name = word.strip_prefix("--no-")?;
    let found = command.get_arguments().find(|argument| argument.get_long() == Some(name))?;
    is_toggle(found).then(|| format!("--{name}=false"))
}

/// Tells whether an argument is a toggle.
pub fn is_toggle(argument: &clap::Arg) -> bool {
    argument.get_value_names().is_some_and(|names| names.iter().any(|name| name == "BOOL"))
}
