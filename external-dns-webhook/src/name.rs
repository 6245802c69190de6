//! Names in the DNS: what was given, and when two of them are one name.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use serde::Serialize;

/// The longest text that is read as an international name, in bytes: four times what the wire carries
/// ([RFC 1035, section 2.3.4]), since a letter has four bytes at most and none takes less than one octet there.
///
/// To encode a label takes time with the square of its letters, and what is longer is no name.
///
/// [RFC 1035, section 2.3.4]: https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4
const LONGEST_TEXT: usize = 4 * 255;

/// A DNS name in the letters it arrived in.
///
/// Two names that differ only in ASCII case or in a final dot are equal ([RFC 4343]). Names that
/// are equal only after internationalisation are compared through [`normalized`](Self::normalized).
///
/// ```
/// use external_dns_webhook::DnsName;
///
/// assert_eq!(DnsName::from("WWW.Example.com."), DnsName::from("www.example.com"));
/// assert_eq!(DnsName::from("münchen.example.com").normalized(), "xn--mnchen-3ya.example.com");
/// ```
///
/// [RFC 4343]: https://datatracker.ietf.org/doc/html/rfc4343
#[derive(Clone, Debug, Default)]
pub struct DnsName(String);

impl DnsName {
    /// Returns the name as it was given, without one final dot; empty for the empty name.
    pub fn as_str(&self) -> &str {
        self.0.strip_suffix('.').unwrap_or(&self.0)
    }

    /// Returns the name as resolvers compare it: ASCII, lower case, without the final dot.
    ///
    /// International names become `xn--` labels by UTS #46 with transitional mapping and without
    /// the STD3 rules, so `*` and `_` stay. What cannot be mapped is lower-cased and kept, and so is a text
    /// that is too long for a name.
    /// Compat: `ß` becomes `ss`, as in the ownership records that exist.
    pub fn normalized(&self) -> Cow<'_, str> {
        let name = self.as_str().trim();
        let plain = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
        if name.bytes().all(plain) {
            return Cow::Borrowed(name);
        }
        Cow::Owned(if name.len() > LONGEST_TEXT { name.to_lowercase() } else { to_ascii(name) })
    }

    /// Returns the name as [`normalized`](Self::normalized) does if IDNA has such a form of every label;
    /// `None` otherwise, and for a text that is too long for a name.
    pub fn to_ascii(&self) -> Option<String> {
        if self.as_str().len() > LONGEST_TEXT && !self.as_str().is_ascii() {
            return None;
        }
        let mapped = transitional(self.as_str());
        let (deny, length) = (AsciiDenyList::EMPTY, DnsLength::Ignore);
        let ascii = Uts46::new().to_ascii(mapped.as_bytes(), deny, Hyphens::Allow, length);
        ascii.ok().map(Cow::into_owned)
    }

    /// Returns the name in Unicode, lower case: the form that domain filters match against.
    pub fn unicode(&self) -> Cow<'_, str> {
        let name = self.as_str();
        if name.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase())
            && !name.contains("xn--")
        {
            return Cow::Borrowed(name);
        }
        if name.len() > LONGEST_TEXT {
            return Cow::Owned(name.to_lowercase());
        }
        let mapped = transitional(name);
        // An error still comes with the best reading of the name, which is what a filter needs.
        let (text, _) = Uts46::new().to_unicode(
            mapped.as_bytes(),
            AsciiDenyList::EMPTY,
            Hyphens::CheckFirstLast,
        );
        Cow::Owned(text.into_owned())
    }

    /// Tells whether the name is `zone` or lies under it, label by label.
    pub fn is_within(&self, zone: &Self) -> bool {
        let (name, zone) = (self.normalized(), zone.normalized());
        name.strip_suffix(zone.as_ref()).is_some_and(|head| head.is_empty() || head.ends_with('.'))
    }

    /// Tells whether the name is empty, which no record can have.
    pub fn is_empty(&self) -> bool {
        self.as_str().is_empty()
    }

    fn folded(&self) -> impl Iterator<Item = u8> + '_ {
        self.as_str().bytes().map(|byte| byte.to_ascii_lowercase())
    }
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
fn transitional(name: &str) -> String {
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

impl From<&str> for DnsName {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

impl From<String> for DnsName {
    fn from(name: String) -> Self {
        Self(name)
    }
}

impl From<DnsName> for String {
    fn from(name: DnsName) -> Self {
        name.as_str().to_owned()
    }
}

impl PartialEq for DnsName {
    fn eq(&self, other: &Self) -> bool {
        self.as_str().eq_ignore_ascii_case(other.as_str())
    }
}

impl Eq for DnsName {}

impl PartialOrd for DnsName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for DnsName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded().cmp(other.folded())
    }
}

impl Hash for DnsName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded().for_each(|byte| state.write_u8(byte));
        state.write_u8(0xff);
    }
}

impl fmt::Display for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for DnsName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_resolvers_compare_them() {
        let normalized = |name| DnsName::from(name).normalized().into_owned();
        assert_eq!(normalized("3AAAA.FOO.BAR.COM    "), "3aaaa.foo.bar.com");
        assert_eq!(normalized("   example.foo.com."), "example.foo.com");
        assert_eq!(normalized("_foo.com."), "_foo.com");
        assert_eq!(normalized("*.Example.com"), "*.example.com");
        assert_eq!(normalized("straße.de"), "strasse.de");
        assert_eq!(normalized("點看.org."), "xn--c1yn36f.org");
        assert_eq!(normalized("nordic-ø.kitty😸.com."), "xn--nordic--w1a.xn--kitty-pd34d.com");
        assert_eq!(normalized(""), "");
    }

    #[test]
    fn a_bad_international_label_leaves_its_neighbours_mapped() {
        assert_eq!(
            DnsName::from("nordic-ø.xn--kitty-點看pd34d.com").normalized(),
            "xn--nordic--w1a.xn--xn--kitty-pd34d-hn01b3542b.com"
        );
    }

    #[test]
    fn filters_see_names_in_unicode() {
        let unicode = |name| DnsName::from(name).unicode().into_owned();
        assert_eq!(unicode("*.GÖPHER.com"), "*.göpher.com");
        assert_eq!(unicode("_abrakadabra.com"), "_abrakadabra.com");
        assert_eq!(unicode("xn--bcher-kva.example.com"), "bücher.example.com");
        assert_eq!(unicode("xn--nordic--w1a.xn--kItty-pd34d.com"), "nordic-ø.kitty😸.com");
        assert_eq!(unicode("xn--bar-zna"), "øbar");
    }

    #[test]
    fn what_idna_refuses_has_no_ascii_form() {
        let ascii = |name| DnsName::from(name).to_ascii();
        assert_eq!(
            ascii("*.MÜNCHEN.example.com.").as_deref(),
            Some("*.xn--mnchen-3ya.example.com")
        );
        assert_eq!(ascii("nordic-ø.xn--kitty-點看pd34d.com"), None);
        assert_eq!(ascii("a\u{202e}b.com"), None);
    }

    /// Cases 60 to 79 of the name rules, in one table: given, normalised, Unicode.
    #[test]
    fn names_normalise_and_show_as_external_dns_has_them() {
        let rows = [
            ("*._abrakadabra.com", "*._abrakadabra.com", "*._abrakadabra.com"),
            ("*.foo.kube.example.com", "*.foo.kube.example.com", "*.foo.kube.example.com"),
            ("foo", "foo", "foo"),
            ("123foo.bar", "123foo.bar", "123foo.bar"),
            (".foo.com.", ".foo.com", ".foo.com"),
            ("foo123.COM", "foo123.com", "foo123.com"),
            (
                "xn--nordic--w1a.xn--xn--kItty-pd34d-hn01b3542b.com",
                "xn--nordic--w1a.xn--xn--kitty-pd34d-hn01b3542b.com",
                "nordic-ø.xn--kitty-點看pd34d.com",
            ),
            ("sTOnks📈.ORG", "xn--stonks-u354e.org", "stonks📈.org"),
            ("ＦＯＯ。example。com", "foo.example.com", "foo.example.com"),
            ("a\u{200d}b.com", "ab.com", "ab.com"),
            ("βόλος.com", "xn--nxasmq6b.com", "βόλοσ.com"),
        ];
        for (given, normalized, unicode) in rows {
            let name = DnsName::from(given);
            assert_eq!(name.normalized(), normalized, "{given}");
            assert_eq!(name.unicode(), unicode, "{given}");
        }
    }

    #[test]
    fn a_normalised_name_normalises_to_itself() {
        for name in
            ["", ".", "*.Example.com.", "點看.org", "straße.de", "xn--a", "-x-.com", "a_b.c"]
        {
            let once = DnsName::from(name).normalized().into_owned();
            assert_eq!(DnsName::from(once.as_str()).normalized(), once, "{name}");
        }
    }

    #[test]
    fn a_text_that_is_too_long_for_a_name_is_compared_by_its_letters() {
        let label = |count: u32| -> String {
            (0x4e00..).take(count as usize).filter_map(char::from_u32).collect()
        };
        let long = format!("{}.Example.com", label(2_000));
        let name = DnsName::from(long.as_str());
        assert_eq!(name.normalized(), long.to_lowercase());
        assert_eq!((name.to_ascii(), name.unicode().into_owned()), (None, long.to_lowercase()));
        // The longest labels that the wire carries are shorter.
        let short = DnsName::from(format!("{}.example.com", label(20)));
        assert!(short.normalized().starts_with("xn--"));
    }

    #[test]
    fn a_name_is_within_a_zone_only_at_a_label() {
        let zone = DnsName::from("example.com");
        assert!(DnsName::from("Example.com.").is_within(&zone));
        assert!(DnsName::from("a.example.com").is_within(&zone));
        assert!(!DnsName::from("anexample.com").is_within(&zone));
    }
}
