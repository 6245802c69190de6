//! The grammar of flags that users of ExternalDNS know.

use std::ffi::OsString;
use std::time::Duration;

use webhook_api::Pattern;

/// Reads a Go duration: `1h30m`, `500ms`, `0`.
///
/// <https://pkg.go.dev/time#ParseDuration>
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let complain =
        || format!("`{text}` is no duration; use a number and a unit, such as 500ms, 10s or 1m30s");
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest.is_empty() {
        return Err(complain());
    }
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits =
            rest.find(|it: char| !it.is_ascii_digit() && it != '.').ok_or_else(complain)?;
        let (number, tail) = rest.split_at(digits);
        let length = tail.find(|it: char| it.is_ascii_digit() || it == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(length);
        let unit = match unit {
            "h" => 3_600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return Err(complain()),
        };
        seconds += number.parse::<f64>().map_err(|_| complain())? * unit;
        rest = tail;
    }
    Duration::try_from_secs_f64(seconds).map_err(|_| complain())
}

/// Reads a boolean as Go does.
///
/// <https://pkg.go.dev/strconv#ParseBool>
pub(super) fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(false),
        other => Err(format!("`{other}` is no boolean; use true or false")),
    }
}

/// Reads a regular expression.
pub(super) fn pattern(text: &str) -> Result<Pattern, String> {
    Pattern::new(text).map_err(|error| error.to_string())
}

/// Rewrites `--no-flag` as `--flag=false`, for the flags that are booleans.
pub(super) fn negations(
    args: impl Iterator<Item = OsString>,
    command: &clap::Command,
) -> Vec<OsString> {
    let is_boolean = |flag: &str| {
        command
            .get_arguments()
            .any(|arg| arg.get_long() == Some(flag) && arg.is_require_equals_set())
    };
    args.map(|arg| {
        let flag = arg.to_str().and_then(|it| it.strip_prefix("--no-"));
        match flag.filter(|it| is_boolean(it)) {
            Some(flag) => format!("--{flag}=false").into(),
            None => arg,
        }
    })
    .collect()
}
