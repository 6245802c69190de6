//! Names between the protocol's text and the labels of the wire.
//!
//! Text is lower case, without the final dot, and writes as `\DDD` what a label has beyond plain
//! letters ([RFC 1035, 5.1]), so that each name has one text and each text one name.
//!
//! [RFC 1035, 5.1]: https://www.rfc-editor.org/rfc/rfc1035#section-5.1

use std::fmt::Write as _;

use external_dns_webhook::DnsName;
pub use hickory_proto::rr::Name;

/// Why a text is no name that DNS could carry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// Two dots in a row, or one at the start.
    #[error("the name `{0}` has an empty label; remove the extra dot")]
    EmptyLabel(String),
    /// A label of more than 63 bytes, or more than 255 in all.
    #[error("the name `{0}` is too long; a label has at most 63 bytes, and a name 255")]
    TooLong(String),
    /// A backslash without what it stands for.
    #[error("the name `{0}` ends in a backslash, or has one before a number above 255")]
    Escape(String),
}

/// Returns the name that a controller means; international names become `xn--` labels.
///
/// # Errors
///
/// Returns an error when DNS has no such name.
pub fn from_dns_name(name: &DnsName) -> Result<Name, BadName> {
    parse(name.canonical())
}

/// Returns the name that a text means, in its letters; a final dot is taken, and `.` is the root.
///
/// # Errors
///
/// Returns an error when DNS has no such name.
pub fn parse(text: &str) -> Result<Name, BadName> {
    if text.is_empty() || text == "." {
        return Ok(Name::root());
    }
    let too_long = |_| BadName::TooLong(text.to_owned());
    let mut name = Name::new();
    let mut label = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'.' => {
                if label.is_empty() {
                    return Err(BadName::EmptyLabel(text.to_owned()));
                }
                name = name.append_label(label.as_slice()).map_err(too_long)?;
                label.clear();
            }
            b'\\' => {
                let escape = || BadName::Escape(text.to_owned());
                let (escaped, after) = unescape(tail).ok_or_else(escape)?;
                label.push(escaped);
                rest = after;
            }
            other => label.push(other),
        }
    }
    if !label.is_empty() {
        name = name.append_label(label.as_slice()).map_err(too_long)?;
    }
    name.set_fqdn(true);
    Ok(name)
}

/// Returns the text of a name, without the final dot; empty for the root.
pub fn to_text(name: &Name) -> String {
    let mut text = String::with_capacity(name.len());
    for label in name {
        if !text.is_empty() {
            text.push('.');
        }
        for byte in label {
            match byte.to_ascii_lowercase() {
                plain @ (b'a'..=b'z'
                | b'0'..=b'9'
                | b'-'
                | b'_'
                | b'*'
                | b'/'
                | b'+'
                | b'='
                | b':'
                | b'#'
                | b'&'
                | b'~') => text.push(char::from(plain)),
                // Writing to a string cannot fail.
                other => drop(write!(text, "\\{other:03}")),
            }
        }
    }
    text
}

/// Reads what follows a backslash: three decimal digits, or one byte that stands for itself.
///
/// Returns the byte and what comes after; `None` when nothing follows, or a number above 255.
pub(crate) fn unescape(after: &[u8]) -> Option<(u8, &[u8])> {
    let (&first, rest) = after.split_first()?;
    if !first.is_ascii_digit() {
        return Some((first, rest));
    }
    let (digits, rest) = after.split_at_checked(3)?;
    let number = std::str::from_utf8(digits).ok()?.parse::<u8>().ok()?;
    Some((number, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_read_as_resolvers_compare_them() {
        let text = |name: &str| to_text(&from_dns_name(&name.into()).unwrap());
        assert_eq!(text("WWW.Example.com."), "www.example.com");
        assert_eq!(text("*.example.com"), "*.example.com");
        assert_eq!(text("_443._tcp.example.com"), "_443._tcp.example.com");
        assert_eq!(text("münchen.example.com"), "xn--mnchen-3ya.example.com");
        assert_eq!(text("0/25.2.0.192.in-addr.arpa"), "0/25.2.0.192.in-addr.arpa");
        assert_eq!(text(r"a\046b.example.com"), r"a\046b.example.com");
        assert_eq!(text(r"a\.b.example.com"), r"a\046b.example.com");
    }

    #[test]
    fn what_dns_cannot_carry_is_no_name() {
        assert!(matches!(parse("a..b"), Err(BadName::EmptyLabel(_))));
        assert!(matches!(parse(".a"), Err(BadName::EmptyLabel(_))));
        assert!(matches!(parse(&"a".repeat(64)), Err(BadName::TooLong(_))));
        assert!(matches!(parse(&"abcdefgh.".repeat(30)), Err(BadName::TooLong(_))));
        assert!(matches!(parse("a\\"), Err(BadName::Escape(_))));
        assert!(matches!(parse("a\\256"), Err(BadName::Escape(_))));
    }

    proptest! {
        #[test]
        fn every_name_has_one_text_that_means_it(
            labels in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..12), 1..6),
        ) {
            let name = Name::from_labels(labels.iter().map(Vec::as_slice)).unwrap();
            let text = to_text(&name);
            prop_assert_eq!(&parse(&text).unwrap(), &name);
            // As it comes back from a controller.
            prop_assert_eq!(to_text(&from_dns_name(&text.as_str().into()).unwrap()), text);
        }
    }
}
