//! How long a provider asks to be left alone, and how long it is.

use std::time::{Duration, SystemTime};

use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};

/// The longest that a `Retry-After` counts: nobody can stop a controller by asking for more.
///
/// [RFC 9110] gives the field no upper bound.
///
/// [RFC 9110]: https://datatracker.ietf.org/doc/html/rfc9110#section-10.2.3
pub const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(5);

/// Returns how long the sender of `headers` asks to be left alone, at most
/// [`LONGEST_RETRY_AFTER`]; `None` when it does not say, or nothing that makes sense.
///
/// It says so in seconds, or as a date, which counts from the date of the answer, or from `now`
/// when that is not there: the two clocks may differ.
pub(super) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = text(headers, &RETRY_AFTER)?;
    let asked = if text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a number can have is more than enough.
        Duration::from_secs(text.parse().unwrap_or(u64::MAX))
    } else {
        let until = httpdate::parse_http_date(text).ok()?;
        let sent = text_date(headers).unwrap_or(now);
        until.duration_since(sent).unwrap_or_default()
    };
    Some(asked.min(LONGEST_RETRY_AFTER))
}

fn text_date(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(text(headers, &DATE)?).ok()
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let text = headers.get(name)?.to_str().ok()?.trim();
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(HeaderName, &str)]) -> Option<u64> {
        let pairs = pairs.iter().map(|(name, text)| (name.clone(), text.parse().unwrap()));
        // 1994-11-06T08:49:37Z, the example of RFC 9110, 5.6.7.
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        retry_after(&pairs.collect(), now).map(|duration| duration.as_secs())
    }

    #[test]
    fn seconds_count_up_to_the_bound() {
        for (text, seconds) in [
            ("0", 0),
            ("7", 7),
            (" 007 ", 7),
            ("300", 300),
            ("301", 300),
            ("86400", 300),
            ("18446744073709551615", 300),
            ("18446744073709551616", 300),
            ("99999999999999999999999999999999", 300),
        ] {
            assert_eq!(asked(&[(RETRY_AFTER, text)]), Some(seconds), "{text}");
        }
    }

    #[test]
    fn a_date_counts_from_the_answer_in_each_of_its_forms() {
        for text in [
            "Sun, 06 Nov 1994 08:50:07 GMT",
            "Sunday, 06-Nov-94 08:50:07 GMT",
            "Sun Nov  6 08:50:07 1994",
        ] {
            assert_eq!(asked(&[(RETRY_AFTER, text)]), Some(30), "{text}");
        }
        let date = (RETRY_AFTER, "Sun, 06 Nov 1994 08:50:07 GMT");
        let sent = (DATE, "Sun, 06 Nov 1994 08:50:00 GMT");
        assert_eq!(asked(&[date.clone(), sent]), Some(7));
        let later = (DATE, "Sun, 06 Nov 1994 09:50:00 GMT");
        assert_eq!(asked(&[date.clone(), later]), Some(0), "it has passed");
        assert_eq!(asked(&[date, (DATE, "yesterday")]), Some(30));
        assert_eq!(asked(&[(RETRY_AFTER, "Fri, 31 Dec 9999 23:59:59 GMT")]), Some(300));
    }

    #[test]
    fn what_makes_no_sense_asks_for_nothing() {
        for text in ["", " ", "soon", "-1", "+5", "1.5", "5s", "0x10", "٣", "Sun, 99 Nov 1994"] {
            assert_eq!(asked(&[(RETRY_AFTER, text)]), None, "{text}");
        }
        assert_eq!(asked(&[]), None);
    }
}
