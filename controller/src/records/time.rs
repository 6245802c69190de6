//! Moments and spans as people read them.

use serde::Serializer;

/// What is said after a moment since when something is so, if it may be so for longer.
pub const OR_BEFORE: &str = " or before: it was so when this process first looked";

/// Returns a moment, in seconds since 1970, as RFC 3339 has it.
pub fn moment(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| seconds.to_string(), |time| time.to_string())
}

/// Returns how long a span of seconds is, in its largest two units: `3 h 20 min`.
pub fn span(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min {} s", seconds % 60),
        (0, hours, minutes) => format!("{hours} h {} min", minutes % 60),
        (days, hours, _) => format!("{days} d {} h", hours % 24),
    }
}

/// Writes a moment for JSON.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field as it is")]
pub(super) fn seconds<S: Serializer>(at: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&moment(*at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_in_two_units_and_moments_in_utc() {
        for (seconds, text) in [
            (-5, "0 s"),
            (59, "59 s"),
            (61, "1 min 1 s"),
            (7_265, "2 h 1 min"),
            (93_600, "1 d 2 h"),
        ] {
            assert_eq!(span(seconds), text);
        }
        assert_eq!(moment(1_700_000_000), "2023-11-14T22:13:20Z");
        assert_eq!(moment(i64::MAX), i64::MAX.to_string());
    }
}
