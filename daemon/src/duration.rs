//! Lengths of time in Go's notation, such as `1m30s`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A length of time that was written in [Go's notation]; never negative.
///
/// [Go's notation]: https://pkg.go.dev/time#ParseDuration
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GoDuration(pub Duration);

/// A text is not a length of time.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a length of time; write it with units, such as `90s`, `1m30s` or `500ms`")]
pub struct BadDuration(String);

/// Reads a length of time in Go's notation, for flags that hold a [`Duration`].
///
/// # Errors
///
/// Returns an error when the text is none.
pub fn duration(text: &str) -> Result<Duration, BadDuration> {
    text.parse::<GoDuration>().map(|duration| duration.0)
}

const UNITS: [(&str, f64); 8] = [
    ("ns", 1e-9),
    ("us", 1e-6),
    ("µs", 1e-6),
    ("μs", 1e-6),
    ("ms", 1e-3),
    ("h", 3600.0),
    ("m", 60.0),
    ("s", 1.0),
];

impl FromStr for GoDuration {
    type Err = BadDuration;

    fn from_str(text: &str) -> Result<Self, BadDuration> {
        let bad = || BadDuration(text.to_owned());
        let mut rest = text.strip_prefix('+').unwrap_or(text);
        if rest == "0" {
            return Ok(Self(Duration::ZERO));
        }
        if rest.is_empty() {
            return Err(bad());
        }
        let mut seconds = 0.0;
        while !rest.is_empty() {
            let digits =
                rest.find(|character: char| !character.is_ascii_digit() && character != '.');
            let (number, after) = rest.split_at(digits.ok_or_else(bad)?);
            let number: f64 = number.parse().map_err(|_| bad())?;
            let (unit, factor) =
                UNITS.iter().find(|(unit, _)| after.starts_with(unit)).ok_or_else(bad)?;
            seconds += number * factor;
            rest = after.strip_prefix(unit).unwrap_or_default();
        }
        Duration::try_from_secs_f64(seconds).map(Self).map_err(|_| bad())
    }
}

impl fmt::Display for GoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, millis) = (self.0.as_secs(), self.0.subsec_millis());
        match (seconds / 3600, seconds / 60 % 60, seconds % 60, millis) {
            (0, 0, 0, 0) => f.write_str("0s"),
            (0, 0, 0, millis) => write!(f, "{millis}ms"),
            (hours, minutes, seconds, millis) => {
                if hours > 0 {
                    write!(f, "{hours}h")?;
                }
                if minutes > 0 {
                    write!(f, "{minutes}m")?;
                }
                if seconds > 0 || millis > 0 {
                    write!(f, "{}s", Fraction { seconds, millis })?;
                }
                Ok(())
            }
        }
    }
}

struct Fraction {
    seconds: u64,
    millis: u32,
}

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.seconds)?;
        if self.millis > 0 {
            let digits = format!("{:03}", self.millis);
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(text: &str) -> Option<u128> {
        text.parse::<GoDuration>().ok().map(|duration| duration.0.as_millis())
    }

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for (text, expected) in [
            ("1m30s", 90_000),
            ("500ms", 500),
            ("1.5s", 1_500),
            (".5m", 30_000),
            ("0", 0),
            ("0s", 0),
            ("1h", 3_600_000),
        ] {
            assert_eq!(millis(text), Some(expected), "{text}");
        }
        for text in ["72", "", "-3s", "1x", "s", "1m 30s", "1..5s"] {
            assert_eq!(millis(text), None, "{text}");
        }
    }

    #[test]
    fn durations_are_written_as_they_are_read() {
        for text in ["0s", "500ms", "1m", "1m30s", "1h", "1.5s", "2h0.25s"] {
            assert_eq!(text.parse::<GoDuration>().unwrap().to_string(), text);
        }
    }
}
