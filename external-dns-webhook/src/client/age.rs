//! How old an answer is, as its sender says.

use std::time::Duration;

use reqwest::header::{AGE, HeaderMap};

/// What counts for more seconds than that: [RFC 9111, 1.2.2].
///
/// [RFC 9111, 1.2.2]: https://www.rfc-editor.org/rfc/rfc9111#section-1.2.2
const MOST: u64 = 1 << 31;

/// Returns how old the answer with these headers is; `None` when it does not say, or nothing that makes
/// sense.
///
/// Of several members the first counts ([RFC 9111, 5.1]).
///
/// [RFC 9111, 5.1]: https://www.rfc-editor.org/rfc/rfc9111#section-5.1
pub(super) fn age(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(AGE)?.to_str().ok()?;
    let first = text.split(',').next().unwrap_or_default();
    delta_seconds(first.trim_matches([' ', '\t'])).map(Duration::from_secs)
}

/// Reads a number of seconds as HTTP has them: digits and nothing else.
pub(crate) fn delta_seconds(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // More digits than a number can have are more than the most.
    is_number.then(|| text.parse().unwrap_or(MOST).min(MOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(values: &[&str]) -> Option<u64> {
        let pairs = values.iter().map(|value| (AGE, value.parse().unwrap()));
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, value);
        }
        age(&headers).map(|age| age.as_secs())
    }

    #[test]
    fn an_age_is_a_number_of_seconds_up_to_the_most_that_one_can_be() {
        for (values, seconds) in [
            (&["0"][..], 0),
            (&["7"], 7),
            (&["007"], 7),
            (&[" 7 "], 7),
            (&["\t7"], 7),
            (&["2147483647"], 2_147_483_647),
            (&["2147483648"], 2_147_483_648),
            (&["2147483649"], 2_147_483_648),
            (&["18446744073709551615"], 2_147_483_648),
            (&["18446744073709551616"], 2_147_483_648),
            (&["99999999999999999999999999999999999"], 2_147_483_648),
            (&["7, 8"], 7),
            (&["7 ,x"], 7),
            (&["7", "8"], 7),
        ] {
            assert_eq!(told(values), Some(seconds), "{values:?}");
        }
    }

    #[test]
    fn what_is_no_number_of_seconds_says_no_age() {
        for values in [
            &[][..],
            &[""],
            &[" "],
            &["+7"],
            &["-7"],
            &["-0"],
            &["7.0"],
            &["7s"],
            &["7 8"],
            &["0x7"],
            &["1e3"],
            &["1_000"],
            &["\"7\""],
            &["soon"],
            &[", 7"],
            &["x, 7"],
            &["x", "7"],
            &["٧"],
            &["７"],
        ] {
            assert_eq!(told(values), None, "{values:?}");
        }
    }
}
