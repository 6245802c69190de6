//! Text (TXT) values: how they are quoted, escaped and cut into strings of 255 bytes.
//!
//! A text value is one or more quoted strings of at most 255 bytes each. One that is longer must
//! be cut before it is sent and joined when it is read, or a controller would see another text than
//! it wrote. Strings are joined only where ours were cut, after exactly 255 bytes, so text that
//! was cut on purpose stays as it is.

use std::fmt::Write as _;

use crate::name::octal;

/// Longest single string of a text value, in bytes ([RFC 1035]).
///
/// [RFC 1035]: https://datatracker.ietf.org/doc/html/rfc1035#section-3.3
pub const MAX_STRING_BYTES: usize = 255;

/// Returns the value as Route 53 takes it: quoted, escaped, in strings of at most 255 bytes.
///
/// Text without quotes is taken as the content itself.
pub fn to_api(value: &str) -> String {
    let strings = parse(value).unwrap_or_else(|| vec![value.as_bytes().to_vec()]);
    encode(strings.iter().flat_map(|string| {
        // An empty string is a value too; `chunks` would drop it.
        if string.is_empty() { vec![&[][..]] } else { string.chunks(MAX_STRING_BYTES).collect() }
    }))
}

/// Returns the value as we report it: one spelling for each content.
///
/// What is not a list of quoted strings is returned as it is.
pub fn canonical(value: &str) -> String {
    let Some(strings) = parse(value) else {
        return value.to_owned();
    };
    let mut joined: Vec<Vec<u8>> = Vec::with_capacity(strings.len());
    let mut cut_here = false;
    for string in strings {
        let full = string.len() == MAX_STRING_BYTES;
        match joined.last_mut() {
            Some(last) if cut_here => last.extend(string),
            _ => joined.push(string),
        }
        cut_here = full;
    }
    encode(joined.iter().map(Vec::as_slice))
}

/// Returns the canonical form of a value that a controller wrote, which may lack its quotes.
pub fn desired(value: &str) -> String {
    canonical(&to_api(value))
}

/// Returns the strings of a value; `None` when it is not a list of quoted strings.
pub fn parse(value: &str) -> Option<Vec<Vec<u8>>> {
    let mut strings = Vec::new();
    let mut rest = value.trim().as_bytes();
    while !rest.is_empty() {
        let (string, after) = quoted(rest.strip_prefix(b"\"")?)?;
        strings.push(string);
        rest = after.trim_ascii_start();
        if !rest.is_empty() && rest.len() == after.len() {
            return None;
        }
    }
    (!strings.is_empty()).then_some(strings)
}

fn quoted(mut rest: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut string = Vec::new();
    loop {
        let (&byte, tail) = rest.split_first()?;
        rest = tail;
        match byte {
            b'"' => return Some((string, rest)),
            b'\\' => {
                if let Some((escaped, after)) = octal(tail) {
                    string.push(escaped);
                    rest = after;
                } else {
                    let (&escaped, after) = tail.split_first()?;
                    string.push(escaped);
                    rest = after;
                }
            }
            other => string.push(other),
        }
    }
}

fn encode<'a>(strings: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut value = String::new();
    for string in strings {
        if !value.is_empty() {
            value.push(' ');
        }
        value.push('"');
        for &byte in string {
            match byte {
                b'"' | b'\\' => {
                    value.push('\\');
                    value.push(char::from(byte));
                }
                b' '..=b'~' => value.push(char::from(byte)),
                // Writing to a string cannot fail.
                _ => {
                    let _ = write!(value, "\\{byte:03o}");
                }
            }
        }
        value.push('"');
    }
    value
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_ownership_record_is_sent_and_reported_to_the_letter() {
        let ownership_record =
            r#""heritage=external-dns,external-dns/owner=c1,external-dns/resource=service/a/b""#;
        assert_eq!(to_api(ownership_record), ownership_record);
        assert_eq!(canonical(ownership_record), ownership_record);
    }

    #[test]
    fn text_without_quotes_gets_them() {
        assert_eq!(to_api("v=spf1 -all"), "\"v=spf1 -all\"");
        assert_eq!(desired(r#"say "hi""#), r#""say \"hi\"""#);
        assert_eq!(canonical("random"), "random", "what Route 53 has is reported as it is");
    }

    #[test]
    fn long_text_is_cut_when_sent_and_joined_when_read() {
        let long = format!("\"{}\"", "x".repeat(300));
        let sent = to_api(&long);
        assert_eq!(sent, format!("\"{}\" \"{}\"", "x".repeat(255), "x".repeat(45)));
        assert_eq!(canonical(&sent), long);
    }

    #[test]
    fn strings_that_were_cut_on_purpose_stay_cut() {
        assert_eq!(desired(r#""a" "b""#), r#""a" "b""#);
        assert_eq!(desired(r#""""#), r#""""#);
    }

    #[test]
    fn escapes_have_one_spelling() {
        assert_eq!(canonical(r#""caf\303\251""#), desired("café"));
        assert_eq!(canonical(r#""a\042b""#), r#""a\"b""#);
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_is_read(text in "\\PC{0,600}") {
            let wanted = desired(&text);
            prop_assert_eq!(canonical(&to_api(&wanted)), wanted);
        }
    }
}
