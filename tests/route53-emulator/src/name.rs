//! A domain name as Route 53 keeps it: lower case, escaped, fully qualified, in the order of its lists.
//!
//! Inside, the labels stand in reverse (`com.example.www.`), because that text with its trailing dot
//! is what Route 53 sorts by ([list order]). So comparing two names compares two strings, "lies
//! within" is "starts with", and everything below a name is one range of a map.
//!
//! [list order]: https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListResourceRecordSets.html

use std::fmt;
use std::str::FromStr;

/// Most octets in one label ([format]).
///
/// [format]: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html
const MAX_LABEL_OCTETS: usize = 63;

/// Most octets of a whole name as a DNS message carries it (RFC 1035, 2.3.4).
const MAX_NAME_OCTETS: usize = 255;

/// How Route 53 writes the `*` of a wildcard.
const ESCAPED_ASTERISK: &str = "\\052";

/// A domain name; equal names are written alike, and the order is that of Route 53's lists.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Box<str>);

/// Why Route 53 refuses a text as a domain name; the text is in the words of its API.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameProblem {
    /// There is no text at all.
    #[error("FATAL problem: DomainNameEmpty (Domain name is empty) encountered with '{0}'")]
    Empty(String),
    /// Two dots follow each other, or the name starts with one.
    #[error("FATAL problem: DomainLabelEmpty (Domain label is empty) encountered with '{0}'")]
    LabelEmpty(String),
    /// A label has more than 63 octets; the value is that label.
    #[error("FATAL problem: DomainLabelTooLong (Domain label is too long) encountered with '{0}'")]
    LabelTooLong(String),
    /// The whole name has more than 255 octets.
    #[error("FATAL problem: DomainNameTooLong (Domain name is too long) encountered with '{0}'")]
    TooLong(String),
    /// A space, a control character or anything outside ASCII that is not written as an escape.
    #[error(
        "FATAL problem: UnsupportedCharacter (Value contains unsupported characters) \
         encountered with '{0}'"
    )]
    UnsupportedCharacter(String),
    /// A backslash that three octal digits do not follow.
    #[error(
        "FATAL problem: InvalidEscapeSequence (Value contains an invalid escape sequence) \
         encountered with '{0}'"
    )]
    InvalidEscape(String),
}

impl Name {
    /// Returns the name of these labels, leftmost first, each as its raw octets.
    pub fn from_labels<'a>(labels: impl DoubleEndedIterator<Item = &'a [u8]>) -> Self {
        let mut reversed = String::new();
        for label in labels.rev() {
            for octet in label {
                push_escaped(&mut reversed, *octet);
            }
            reversed.push('.');
        }
        Self(reversed.into())
    }

    /// Tells whether this name is `zone` or lies below it, on a label boundary.
    pub fn is_within(&self, zone: &Self) -> bool {
        self.0.starts_with(&*zone.0)
    }

    /// Tells whether the leftmost label is `*` and nothing else.
    pub fn is_wildcard(&self) -> bool {
        self.written_labels().next_back() == Some(ESCAPED_ASTERISK)
    }

    /// Tells whether this is the root, written `.`.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns how many labels the name has; the root has none.
    pub fn label_count(&self) -> usize {
        self.written_labels().count()
    }

    /// Returns the name without its leftmost label; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        let inner = self.0.strip_suffix('.')?;
        let end = inner.rfind('.').map_or(0, |dot| dot + 1);
        inner.get(..end).map(|parent| Self(parent.into()))
    }

    /// Returns the wildcard directly below this name.
    #[must_use]
    pub fn wildcard(&self) -> Self {
        Self(format!("{}{ESCAPED_ASTERISK}.", self.0).into())
    }

    /// Returns the labels, leftmost first, each as its raw octets.
    pub fn labels(&self) -> Vec<Vec<u8>> {
        self.written_labels().rev().map(unescape).collect()
    }

    /// Returns the root-most part common to every name below this one, the text that lists sort by.
    pub(crate) fn sort_text(&self) -> &str {
        &self.0
    }

    /// Labels as written, rightmost first.
    fn written_labels(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split_terminator('.')
    }
}

impl FromStr for Name {
    type Err = NameProblem;

    /// Reads a name as the API takes it: any case, `\ooo` escapes, with or without the last dot.
    fn from_str(text: &str) -> Result<Self, NameProblem> {
        if text.is_empty() {
            return Err(NameProblem::Empty(String::new()));
        }
        if text == "." {
            return Ok(Self("".into()));
        }
        let mut labels = vec![Vec::new()];
        let mut rest = text.as_bytes();
        while let Some((octet, tail)) = rest.split_first() {
            rest = tail;
            let octet = match octet {
                b'.' if tail.is_empty() => break,
                b'.' => {
                    labels.push(Vec::new());
                    continue;
                }
                b'\\' => {
                    let (octet, tail) =
                        octal(rest).ok_or_else(|| NameProblem::InvalidEscape(text.to_owned()))?;
                    rest = tail;
                    octet
                }
                b'!'..=b'~' => *octet,
                _ => return Err(NameProblem::UnsupportedCharacter(text.to_owned())),
            };
            if let Some(label) = labels.last_mut() {
                label.push(octet.to_ascii_lowercase());
            }
        }
        let mut octets = 1;
        for label in &labels {
            if label.is_empty() {
                return Err(NameProblem::LabelEmpty(text.to_owned()));
            }
            if label.len() > MAX_LABEL_OCTETS {
                let label = String::from_utf8_lossy(label).into_owned();
                return Err(NameProblem::LabelTooLong(label));
            }
            octets += label.len() + 1;
        }
        if octets > MAX_NAME_OCTETS {
            return Err(NameProblem::TooLong(text.to_owned()));
        }
        Ok(Self::from_labels(labels.iter().map(Vec::as_slice)))
    }
}

/// Writes the name as Route 53 lists it: `\052.example.com.`
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_root() {
            return f.write_str(".");
        }
        for label in self.written_labels().rev() {
            write!(f, "{label}.")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Writes one octet of a label: letters, digits, `-` and `_` as they are, the rest as `\ooo`.
fn push_escaped(text: &mut String, octet: u8) {
    match octet {
        b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => text.push(char::from(octet)),
        b'A'..=b'Z' => text.push(char::from(octet.to_ascii_lowercase())),
        _ => {
            text.push('\\');
            for shift in [6, 3, 0] {
                text.push(char::from(b'0' + ((octet >> shift) & 7)));
            }
        }
    }
}

/// Reads three octal digits of at most `\377`.
pub(crate) fn octal(text: &[u8]) -> Option<(u8, &[u8])> {
    let (digits, rest) = text.split_first_chunk::<3>()?;
    let mut value = 0_u16;
    for digit in digits {
        if !(b'0'..=b'7').contains(digit) {
            return None;
        }
        value = value * 8 + u16::from(digit - b'0');
    }
    Some((u8::try_from(value).ok()?, rest))
}

/// Reverts [`push_escaped`] for one label.
fn unescape(label: &str) -> Vec<u8> {
    let mut octets = Vec::with_capacity(label.len());
    let mut rest = label.as_bytes();
    while let Some((octet, tail)) = rest.split_first() {
        rest = tail;
        match octal(tail) {
            Some((escaped, tail)) if *octet == b'\\' => {
                octets.push(escaped);
                rest = tail;
            }
            _ => octets.push(*octet),
        }
    }
    octets
}

#[cfg(test)]
mod tests;
