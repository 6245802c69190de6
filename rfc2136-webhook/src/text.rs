//! How values are cut into words and strings, and put together again ([RFC 1035, 5.1]).
//!
//! [RFC 1035, 5.1]: https://www.rfc-editor.org/rfc/rfc1035#section-5.1

use std::fmt::Write as _;

use crate::name::unescape;

/// Longest single string of a value, in bytes ([RFC 1035, 3.3]).
///
/// [RFC 1035, 3.3]: https://www.rfc-editor.org/rfc/rfc1035#section-3.3
pub const MAX_STRING_BYTES: usize = 255;

/// Returns the words of a value as they stand, quotes and escapes included; blanks inside of quotes
/// are part of a word. `None` when a quote is not closed.
pub fn words(value: &str) -> Option<Vec<&str>> {
    let mut words = Vec::new();
    let (mut start, mut is_quoted, mut is_escaped) = (None, false, false);
    for (at, character) in value.char_indices() {
        if !is_quoted && !is_escaped && character.is_whitespace() {
            words.extend(start.take().and_then(|start| value.get(start..at)));
            continue;
        }
        start = start.or(Some(at));
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ => {}
        }
    }
    words.extend(start.and_then(|start| value.get(start..)));
    (!is_quoted && !is_escaped).then_some(words)
}

/// Returns the bytes that a word stands for, quoted or not; `None` when an escape means nothing or
/// a quote stands in the middle.
pub fn bytes(word: &str) -> Option<Vec<u8>> {
    let inner = match word.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"')?,
        None => word,
    };
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'"' => return None,
            b'\\' => {
                let (escaped, after) = unescape(tail)?;
                bytes.push(escaped);
                rest = after;
            }
            other => bytes.push(other),
        }
    }
    Some(bytes)
}

/// Returns bytes in quotes.
pub fn quoted(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 2);
    text.push('"');
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => {
                text.push('\\');
                text.push(char::from(byte));
            }
            b' '..=b'~' => text.push(char::from(byte)),
            // Writing to a string cannot fail.
            other => drop(write!(text, "\\{other:03}")),
        }
    }
    text.push('"');
    text
}

/// Returns the strings of a TXT value as the wire has them, none longer than 255 bytes.
///
/// What is no list of quoted strings is the text itself, as controllers may send it.
pub fn strings(value: &str) -> Vec<Vec<u8>> {
    let strings = listed(value).unwrap_or_else(|| vec![value.as_bytes().to_vec()]);
    let cut = |string: &Vec<u8>| {
        // An empty string is a value, too; `chunks` would drop it.
        let none = string.is_empty().then(Vec::new);
        none.into_iter()
            .chain(string.chunks(MAX_STRING_BYTES).map(<[u8]>::to_vec))
            .collect::<Vec<_>>()
    };
    strings.iter().flat_map(cut).collect()
}

/// Returns the text of a TXT value: its strings in quotes, joined where they were cut because a
/// string has no more than 255 bytes.
///
/// Text that was cut elsewhere was cut on purpose and stays so.
pub fn joined<'a>(strings: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut joined: Vec<Vec<u8>> = Vec::new();
    let mut was_full = false;
    for string in strings {
        match joined.last_mut() {
            Some(last) if was_full => last.extend_from_slice(string),
            _ => joined.push(string.to_vec()),
        }
        was_full = string.len() == MAX_STRING_BYTES;
    }
    joined.iter().map(|string| quoted(string)).collect::<Vec<_>>().join(" ")
}

fn listed(value: &str) -> Option<Vec<Vec<u8>>> {
    let words = words(value.trim())?;
    if words.is_empty() || !words.iter().all(|word| word.len() > 1 && word.starts_with('"')) {
        return None;
    }
    words.into_iter().map(bytes).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(value: &str) -> String {
        joined(strings(value).iter().map(Vec::as_slice))
    }

    #[test]
    fn a_text_is_the_same_with_its_quotes_and_without() {
        assert_eq!(told("v=spf1 -all"), "\"v=spf1 -all\"");
        assert_eq!(told("\"v=spf1 -all\""), "\"v=spf1 -all\"");
        assert_eq!(told("\"a\" \"b\""), "\"a\" \"b\"");
        assert_eq!(told("say \"hi\" now"), "\"say \\\"hi\\\" now\"");
        assert_eq!(told("\"open"), "\"\\\"open\"");
        assert_eq!(told(""), "\"\"");
        assert_eq!(told("\"\""), "\"\"");
        assert_eq!(told("\"\\195\\164\""), "\"\\195\\164\"");
    }

    #[test]
    fn a_long_text_is_cut_at_255_bytes_and_joined_again() {
        let long = "x".repeat(600);
        let lengths: Vec<_> = strings(&long).iter().map(Vec::len).collect();
        assert_eq!(lengths, [255, 255, 90]);
        assert_eq!(told(&long), format!("\"{long}\""));
    }

    #[test]
    fn words_end_at_blanks_outside_of_quotes() {
        assert_eq!(
            words("1 . alpn=\"h2, h3\"  port=1"),
            Some(vec!["1", ".", "alpn=\"h2, h3\"", "port=1"])
        );
        assert_eq!(words("a\\ b c"), Some(vec!["a\\ b", "c"]));
        assert_eq!(words("\"a"), None);
        assert_eq!(words("a\\"), None);
    }

    proptest! {
        #[test]
        fn text_survives_being_told(content in prop::collection::vec(any::<u8>(), 0..700)) {
            let value = quoted(&content);
            let back: Vec<u8> = strings(&value).concat();
            prop_assert_eq!(&back, &content);
            prop_assert_eq!(told(&told(&value)), told(&value));
        }

        #[test]
        fn any_text_at_all_is_some_value(value in ".*") {
            prop_assert_eq!(told(&told(&value)), told(&value));
        }
    }
}
