//! The one form of a DNS name by which names are compared, kept and looked up.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use serde::{Serialize, Serializer};

use super::DnsName;

/// The longest text that is read as an international name, in bytes: four times what the wire carries
/// ([RFC 1035, section 2.3.4]), since a letter has four bytes at most and none takes less than one octet there.
///
/// To encode a label takes time with the square of its letters, and what is longer is no name.
///
/// [RFC 1035, section 2.3.4]: https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4
pub(super) const LONGEST_TEXT: usize = 4 * 255;

/// A DNS name as resolvers compare it: ASCII, lower case, without the final dot.
///
/// International names are `xn--` labels by UTS #46 with transitional mapping and without
/// the STD3 rules, so `*` and `_` stay. What cannot be mapped is lower-cased and kept, and so is a text
/// that is too long for a name, as far as it is ASCII. What ends in several dots is no name and keeps them.
/// Compat: `ß` is `ss`, as in the ownership records that exist.
///
/// Cheap to clone: what is kept by a name shares its text with the [`DnsName`] that it comes from. A map by
/// such names is searched by a `&str`, which must be in this form, too.
///
/// ```
/// use external_dns_webhook::{CanonicalName, DnsName};
///
/// assert_eq!(DnsName::from("WWW.Example.com.").canonical().as_str(), "www.example.com");
/// assert_eq!(CanonicalName::from("münchen.example.com"), "xn--mnchen-3ya.example.com");
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CanonicalName(Arc<str>);

impl CanonicalName {
    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Tells whether the name is `zone` or lies under it, label by label.
    pub fn is_within(&self, zone: &Self) -> bool {
        self.strip_suffix(zone.as_str()).is_some_and(|head| head.is_empty() || head.ends_with('.'))
    }

    /// Iterates over the name and the names above it, the top-level domain last.
    ///
    /// ```
    /// use external_dns_webhook::CanonicalName;
    ///
    /// let name = CanonicalName::from("a.example.com");
    /// assert!(name.upwards().eq(["a.example.com", "example.com", "com"]));
    /// ```
    pub fn upwards(&self) -> impl Iterator<Item = &str> {
        std::iter::successors(Some(self.as_str()), |name| {
            name.split_once('.').map(|(_, above)| above)
        })
    }
}

impl Deref for CanonicalName {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for CanonicalName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for CanonicalName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for CanonicalName {
    fn from(text: &str) -> Self {
        // Twice: what letters are mapped to may be a dot, or a blank.
        Self(bare(&canonical(bare(text))).into())
    }
}

impl From<String> for CanonicalName {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<&DnsName> for CanonicalName {
    fn from(name: &DnsName) -> Self {
        name.canonical().clone()
    }
}

impl From<CanonicalName> for String {
    fn from(name: CanonicalName) -> Self {
        name.as_str().to_owned()
    }
}

impl PartialEq<str> for CanonicalName {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for CanonicalName {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl fmt::Debug for CanonicalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for CanonicalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for CanonicalName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

/// Returns a name without blanks around it and without its final dot.
///
/// What has one dot more, or a blank before it, is no name, and stays as it is: it must not come to be
/// another one.
fn bare(name: &str) -> &str {
    let name = name.trim();
    let is_name = |rest: &&str| !rest.ends_with(|last: char| last == '.' || last.is_whitespace());
    name.strip_suffix('.').filter(is_name).unwrap_or(name)
}

/// Returns the canonical form of a name that has no final dot.
fn canonical(name: &str) -> Cow<'_, str> {
    let plain = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    if name.bytes().all(plain) {
        return Cow::Borrowed(name);
    }
    Cow::Owned(if name.len() > LONGEST_TEXT { name.to_ascii_lowercase() } else { to_ascii(name) })
}

fn to_ascii(name: &str) -> String {
    let mapped = transitional(name);
    let uts46 = Uts46::new();
    let whole =
        uts46.to_ascii(mapped.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow, DnsLength::Ignore);
    if let Ok(ascii) = whole {
        return ascii.into_owned();
    }
    // One label that breaks the rules must not leave its neighbours unmapped.
    let labels = mapped.split('.').map(|label| {
        let ascii = uts46.to_ascii(
            label.as_bytes(),
            AsciiDenyList::EMPTY,
            Hyphens::Allow,
            DnsLength::Ignore,
        );
        match ascii {
            Ok(ascii) => ascii.into_owned(),
            Err(_) if label.is_ascii() => label.to_ascii_lowercase(),
            Err(_) => {
                let lower = label.to_lowercase();
                idna::punycode::encode_str(&lower).map_or(lower, |encoded| format!("xn--{encoded}"))
            }
        }
    });
    labels.collect::<Vec<_>>().join(".")
}

/// Applies the deviations of UTS #46 transitional processing, which the `idna` crate left behind.
pub(super) fn transitional(name: &str) -> String {
    let mut mapped = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            'ß' | 'ẞ' => mapped.push_str("ss"),
            'ς' => mapped.push('σ'),
            '\u{200c}' | '\u{200d}' => {}
            other => mapped.push(other),
        }
    }
    mapped
}
