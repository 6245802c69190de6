//! Names as Route 53 spells them, and the one canonical form in which we compare them.
//!
//! Route 53 answers with lower case, a final dot and `\ooo` for every byte outside `a-z0-9-_.`
//! ([naming rules]). The canonical form here is that without the final dot, so two spellings of
//! one name are one key. What people read is the decoded form.
//!
//! [naming rules]: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html

use std::borrow::Borrow;
use std::fmt::{self, Write as _};
use std::sync::Arc;

use external_dns_webhook::DnsName;

/// Longest label, in bytes, escapes counted as one ([RFC 1035]).
///
/// [RFC 1035]: https://datatracker.ietf.org/doc/html/rfc1035#section-2.3.4
pub const MAX_LABEL_BYTES: usize = 63;

/// Longest name, in bytes, dots between labels included, escapes counted as one.
pub const MAX_NAME_BYTES: usize = 253;

/// A name in canonical form: lower case, escaped as Route 53 escapes, without the final dot.
///
/// Cloning shares the text, because a snapshot has each name several times.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WireName(Arc<str>);

/// Why no record set can have a name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// Nothing, or two dots in a row, or a dot at the start.
    #[error("the name `{0}` has an empty label; remove the extra dot")]
    EmptyLabel(String),
    /// A label that DNS cannot carry.
    #[error("a label of `{0}` has more than {MAX_LABEL_BYTES} bytes; shorten it")]
    LongLabel(String),
    /// A name that DNS cannot carry.
    #[error("the name `{0}` has more than {MAX_NAME_BYTES} bytes; shorten it")]
    LongName(String),
}

impl WireName {
    /// Returns the canonical form of a name that a person or a controller wrote.
    ///
    /// International names become `xn--` labels; `\ooo` escapes are understood.
    pub fn from_text(name: &DnsName) -> Self {
        Self::canonical(name.canonical())
    }

    /// Returns the canonical form of a name that the Route 53 API answered with.
    pub fn from_api(name: &str) -> Self {
        Self::canonical(name.strip_suffix('.').unwrap_or(name))
    }

    fn canonical(name: &str) -> Self {
        let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.');
        if name.bytes().all(plain) {
            return Self(name.into());
        }
        let mut canonical = String::with_capacity(name.len() + 3);
        let mut rest = name.as_bytes();
        while let Some((&byte, tail)) = rest.split_first() {
            rest = tail;
            let byte = match (byte, octal(tail)) {
                (b'\\', Some((escaped, after))) => {
                    rest = after;
                    escaped
                }
                (byte, _) => byte.to_ascii_lowercase(),
            };
            // An escaped dot is part of a label and must stay apart from a dot between labels.
            let separator = byte == b'.' && rest.len() == tail.len();
            if separator || (plain(byte) && byte != b'.') {
                canonical.push(char::from(byte));
            } else {
                // Writing to a string cannot fail.
                let _ = write!(canonical, "\\{byte:03o}");
            }
        }
        Self(canonical.into())
    }

    /// Returns the canonical text, escapes included.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name to put into a request.
    ///
    /// A leading wildcard is sent as `*`, which AWS takes in both spellings and emulators in one.
    pub fn to_api(&self) -> String {
        match self.0.strip_prefix("\\052") {
            Some(rest) => format!("*{rest}"),
            None => self.0.to_string(),
        }
    }

    /// Returns the name as people write it.
    ///
    /// Compat: `\052` becomes `*`, then all octal escapes are decoded or, when that gives no valid
    /// text, none.
    pub fn to_text(&self) -> String {
        decode(&self.0)
    }

    /// Tells whether the name is `zone` or lies under it, label by label.
    pub fn is_within(&self, zone: &Self) -> bool {
        self.0
            .strip_suffix(zone.as_str())
            .is_some_and(|head| head.is_empty() || head.ends_with('.'))
    }

    /// Checks what DNS itself demands of a name.
    ///
    /// # Errors
    ///
    /// Returns an error when a label is empty or too long, or the whole name is.
    pub fn check(&self) -> Result<(), BadName> {
        let length = |text: &str| text.len() - 3 * text.matches('\\').count();
        for label in self.0.split('.') {
            match length(label) {
                0 => return Err(BadName::EmptyLabel(self.to_text())),
                1..=MAX_LABEL_BYTES => {}
                _ => return Err(BadName::LongLabel(self.to_text())),
            }
        }
        if length(&self.0) > MAX_NAME_BYTES {
            return Err(BadName::LongName(self.to_text()));
        }
        Ok(())
    }
}

impl fmt::Display for WireName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_text())
    }
}

impl Borrow<str> for WireName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// Decodes the escapes of a name that the Route 53 API answered with; a final dot stays.
///
/// Compat: all or nothing, except that the first `\052` always becomes `*`.
pub fn decode(name: &str) -> String {
    let name = name.replacen("\\052", "*", 1);
    decode_octal(&name).unwrap_or(name)
}

fn decode_octal(name: &str) -> Option<String> {
    if !name.contains('\\') || name.contains('"') {
        return None;
    }
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte == b'\\' {
            let (escaped, after) = octal(tail)?;
            bytes.push(escaped);
            rest = after;
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// Reads three octal digits, at most `377`, and returns the byte and what follows.
pub(crate) fn octal(text: &[u8]) -> Option<(u8, &[u8])> {
    let (digits, rest) = text.split_at_checked(3)?;
    let digit = |byte: &u8| matches!(byte, b'0'..=b'7').then(|| u32::from(byte - b'0'));
    let value = digits.iter().try_fold(0, |sum, byte| Some(sum * 8 + digit(byte)?))?;
    Some((u8::try_from(value).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_all_or_not_at_all() {
        let table = [
            (r"\052.a.com.", "*.a.com."),
            (r"\052.\052.com.", "*.*.com."),
            (r"a\057b.com.", "a/b.com."),
            (r"a\303\251.com.", "aé.com."),
            (r"x\134y.com.", r"x\y.com."),
            (r"x\056y.com.", "x.y.com."),
            (r"x\400.com.", r"x\400.com."),
            (r"x\057\400.com.", r"x\057\400.com."),
            (r"x\057\q.com.", r"x\057\q.com."),
            ("x\"\\057.com.", "x\"\\057.com."),
            (r"x\344.com.", r"x\344.com."),
            (r"txt-\041\042\043-test.com", "txt-!\"#-test.com"),
            (r"\074\075\076\077\100", "<=>?@"),
        ];
        for (escaped, decoded) in table {
            assert_eq!(decode(escaped), decoded, "{escaped}");
        }
    }

    #[test]
    fn every_printable_escape_decodes_to_its_character() {
        for byte in (0o41_u8..=0o57).chain(0o72..=0o100).chain(0o133..=0o140).chain(0o173..=0o176) {
            assert_eq!(
                decode(&format!("txt-\\{byte:03o}-test")),
                format!("txt-{}-test", char::from(byte))
            );
        }
    }

    #[test]
    fn a_whole_range_of_escapes_in_one_name_decodes_to_its_characters() {
        for range in [0o41_u8..=0o73, 0o74..=0o176] {
            let plain: String = range.clone().map(char::from).collect();
            let escaped: Vec<_> = range.map(|byte| format!("\\{byte:03o}")).collect();
            let escaped = format!("txt-{}-test.com.", escaped.concat());
            assert_eq!(decode(&escaped), format!("txt-{plain}-test.com."));
        }
    }

    #[test]
    fn all_spellings_of_a_name_are_one_key() {
        let canonical = |name| WireName::from_text(&DnsName::from(name)).as_str().to_owned();
        assert_eq!(canonical("WWW.Example.com."), "www.example.com");
        assert_eq!(canonical("*.example.com"), r"\052.example.com");
        assert_eq!(canonical(r"\052.example.com"), r"\052.example.com");
        assert_eq!(canonical("a/b.example.com"), r"a\057b.example.com");
        assert_eq!(canonical("münchen.example.com"), "xn--mnchen-3ya.example.com");
        assert_eq!(WireName::from_api("*.Example.com.").as_str(), r"\052.example.com");
        assert_eq!(WireName::from_api(r"\052.example.com.").to_api(), "*.example.com");
    }

    #[test]
    fn an_escaped_dot_does_not_separate_labels() {
        let name = WireName::from_api(r"x\056y.example.com.");
        assert_eq!(name.as_str(), r"x\056y.example.com");
        assert_ne!(name, WireName::from_text(&DnsName::from(name.to_text())));
    }

    #[test]
    fn names_that_dns_cannot_carry_are_refused() {
        let check = |name: &str| WireName::from_text(&DnsName::from(name)).check();
        assert_eq!(check(&format!("{}.example.com", "a".repeat(63))), Ok(()));
        assert!(matches!(check(&format!("{}.a.com", "a".repeat(64))), Err(BadName::LongLabel(_))));
        assert!(matches!(check(".example.com"), Err(BadName::EmptyLabel(_))));
        assert!(matches!(check("a..example.com"), Err(BadName::EmptyLabel(_))));
        assert!(matches!(check(&"a.".repeat(128)), Err(BadName::LongName(_))));
        assert_eq!(check(&"*".repeat(63)), Ok(()), "an escape counts as one byte");
    }
}
