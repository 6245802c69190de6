//! Durations as Go writes them, which is what users of the flags and annotations know.

use std::time::Duration;

/// Returns the duration that `text` means: `90s`, `1h30m`, `1.5s`, `300ms` or `0` ([ParseDuration]).
///
/// The sign is apart: `-3s` is `(true, 3 s)`. `None` when it is not a duration.
///
/// [ParseDuration]: https://pkg.go.dev/time#ParseDuration
pub fn parse_go(text: &str) -> Option<(bool, Duration)> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some((negative, Duration::ZERO));
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: u128 = 0;
    while !rest.is_empty() {
        let end = rest
            .find(|character: char| !character.is_ascii_digit() && character != '.')
            .unwrap_or(rest.len());
        let (number, tail) = rest.split_at_checked(end)?;
        let end = tail
            .find(|character: char| character.is_ascii_digit() || character == '.')
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(end)?;
        total = total.checked_add(nanoseconds(number, unit_in_nanoseconds(unit)?)?)?;
        rest = tail;
    }
    let seconds = u64::try_from(total / 1_000_000_000).ok()?;
    let within = u32::try_from(total % 1_000_000_000).ok()?;
    Some((negative, Duration::new(seconds, within)))
}

fn nanoseconds(number: &str, unit: u128) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut total = whole.checked_mul(unit)?;
    let mut part = unit;
    for digit in fraction.chars() {
        part /= 10;
        total = total.checked_add(u128::from(digit.to_digit(10)?) * part)?;
    }
    Some(total)
}

fn unit_in_nanoseconds(unit: &str) -> Option<u128> {
    Some(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_what_go_reads() {
        let seconds = |text| parse_go(text).map(|(sign, duration)| (sign, duration.as_secs_f64()));
        assert_eq!(seconds("1h30m"), Some((false, 5400.0)));
        assert_eq!(seconds("90s"), Some((false, 90.0)));
        assert_eq!(seconds("1.5s"), Some((false, 1.5)));
        assert_eq!(seconds(".5m"), Some((false, 30.0)));
        assert_eq!(seconds("-3s"), Some((true, 3.0)));
        assert_eq!(seconds("0"), Some((false, 0.0)));
        assert_eq!(seconds("500ms"), Some((false, 0.5)));
        for bad in ["", "10", "s", "1x", " 1s", "1s ", "1.2.3s", ".s", "foo"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }
}
