//! Names in the DNS: what was given, and when two of them are one name.

mod canonical;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use serde::Serialize;

pub use self::canonical::CanonicalName;
use self::canonical::{LONGEST_TEXT, transitional};

/// A DNS name in the letters it arrived in.
///
/// Two names are equal when their [canonical form](Self::canonical) is: when they differ only in case or in
/// a final dot ([RFC 4343]), or when one is written in Unicode and the other as IDNA has it.
///
/// Cheap to clone.
///
/// ```
/// use external_dns_webhook::DnsName;
///
/// assert_eq!(DnsName::from("WWW.Example.com."), DnsName::from("www.example.com"));
/// assert_eq!(DnsName::from("bücher.example.com"), DnsName::from("xn--bcher-kva.example.com"));
/// ```
///
/// [RFC 4343]: https://datatracker.ietf.org/doc/html/rfc4343
#[derive(Clone, Default)]
pub struct DnsName {
    canonical: CanonicalName,
    /// The letters it arrived in; `None` when they are those of the canonical form, as they mostly are.
    given: Option<Arc<Given>>,
}

/// A name that is not in canonical form, as it was given.
struct Given(Box<str>);

impl DnsName {
    /// Returns the name as it was given, without one final dot; empty for the empty name.
    pub fn as_str(&self) -> &str {
        match &self.given {
            Some(given) => given.0.strip_suffix('.').unwrap_or(&given.0),
            None => &self.canonical,
        }
    }

    /// Returns the name as resolvers compare it, by which it is kept and looked up.
    pub fn canonical(&self) -> &CanonicalName {
        &self.canonical
    }

    /// Returns the name as [`canonical`](Self::canonical) does if IDNA has such a form of every label;
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
        self.canonical.is_within(&zone.canonical)
    }

    /// Tells whether the name is empty, which no record can have.
    pub fn is_empty(&self) -> bool {
        self.as_str().is_empty()
    }

    /// Returns the name with its final dot, if it was given one.
    fn as_given(&self) -> &str {
        self.given.as_ref().map_or(&self.canonical, |given| &given.0)
    }
}

impl From<&str> for DnsName {
    fn from(name: &str) -> Self {
        let canonical = CanonicalName::from(name);
        // Only the canonical form of a name with two final dots ends in one.
        let is_canonical = canonical == *name && !name.ends_with('.');
        Self { canonical, given: (!is_canonical).then(|| Arc::new(Given(name.into()))) }
    }
}

impl From<String> for DnsName {
    fn from(name: String) -> Self {
        Self::from(name.as_str())
    }
}

impl From<&CanonicalName> for DnsName {
    fn from(name: &CanonicalName) -> Self {
        if name.ends_with('.') {
            return Self::from(name.as_str());
        }
        Self { canonical: name.clone(), given: None }
    }
}

impl From<CanonicalName> for DnsName {
    fn from(name: CanonicalName) -> Self {
        Self::from(&name)
    }
}

impl From<DnsName> for String {
    fn from(name: DnsName) -> Self {
        name.as_str().to_owned()
    }
}

impl PartialEq for DnsName {
    fn eq(&self, other: &Self) -> bool {
        self.canonical == other.canonical
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
        self.canonical.cmp(&other.canonical)
    }
}

impl Hash for DnsName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.canonical.hash(state);
    }
}

impl fmt::Debug for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DnsName").field(&self.as_given()).finish()
    }
}

impl fmt::Display for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for DnsName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_given())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_compared_as_resolvers_compare_them() {
        let canonical = |name: &str| DnsName::from(name).canonical().clone();
        assert_eq!(canonical("3AAAA.FOO.BAR.COM    "), "3aaaa.foo.bar.com");
        assert_eq!(canonical("   example.foo.com."), "example.foo.com");
        assert_eq!(canonical("_foo.com."), "_foo.com");
        assert_eq!(canonical("*.Example.com"), "*.example.com");
        assert_eq!(canonical("straße.de"), "strasse.de");
        assert_eq!(canonical("點看.org."), "xn--c1yn36f.org");
        assert_eq!(canonical("nordic-ø.kitty😸.com."), "xn--nordic--w1a.xn--kitty-pd34d.com");
        assert_eq!(canonical(""), "");
    }

    #[test]
    fn a_name_stays_in_the_letters_that_it_was_given_in() {
        for given in ["", ".", "..", "a.", "a..", " a ", "WWW.Example.com.", "münchen.de", "a.b"] {
            let name = DnsName::from(given);
            assert_eq!(serde_json::to_value(&name).unwrap(), given);
            assert_eq!(name.as_str(), given.strip_suffix('.').unwrap_or(given));
        }
    }

    #[test]
    fn a_plain_name_is_kept_once_however_often_it_is_looked_up() {
        let name = DnsName::from("www.example.com");
        assert_eq!(name.canonical().as_ptr(), name.as_str().as_ptr());
        assert_eq!(DnsName::from(name.canonical()).as_str().as_ptr(), name.as_str().as_ptr());
        assert!(size_of::<DnsName>() <= size_of::<String>());
    }

    #[test]
    fn a_bad_international_label_leaves_its_neighbours_mapped() {
        assert_eq!(
            CanonicalName::from("nordic-ø.xn--kitty-點看pd34d.com"),
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

    /// Given, canonical, Unicode.
    #[test]
    fn names_compare_and_show_as_external_dns_has_them() {
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
        for (given, canonical, unicode) in rows {
            let name = DnsName::from(given);
            assert_eq!(name.canonical().as_str(), canonical, "{given}");
            assert_eq!(name.unicode(), unicode, "{given}");
        }
    }

    proptest! {
        #[test]
        fn a_canonical_name_is_its_own_canonical_form(
            name in "[a-zA-Zß点İ. 。\u{3000}\u{a0}*_-]{0,12}|\\PC{0,24}|(xn--|ﷺ|[.]){1,6}",
        ) {
            let once = DnsName::from(name.as_str());
            let again = DnsName::from(once.canonical().as_str());
            prop_assert_eq!(again.canonical(), once.canonical());
            prop_assert_eq!(&again, &once);
            prop_assert_eq!(&DnsName::from(once.canonical()), &once);
        }
    }

    #[test]
    fn what_ends_in_several_dots_or_blanks_is_never_another_name() {
        for name in ["a.example.com..", "a.example.com .", "a.example.com. ."] {
            assert_ne!(DnsName::from(name), DnsName::from("a.example.com"), "{name}");
        }
        assert_eq!(DnsName::from(" a.example.com. "), DnsName::from("a.example.com"));
    }

    #[test]
    fn a_text_that_is_too_long_for_a_name_is_compared_by_its_letters() {
        let label = |count: u32| -> String {
            (0x4e00..).take(count as usize).filter_map(char::from_u32).collect()
        };
        let long = format!("{}.Example.com", label(2_000));
        let name = DnsName::from(long.as_str());
        assert_eq!(name.canonical().as_str(), long.to_lowercase());
        assert_eq!((name.to_ascii(), name.unicode().into_owned()), (None, long.to_lowercase()));
        // The longest labels that the wire carries are shorter.
        let short = DnsName::from(format!("{}.example.com", label(20)));
        assert!(short.canonical().starts_with("xn--"));
    }

    #[test]
    fn a_name_is_within_a_zone_only_at_a_label() {
        let zone = DnsName::from("example.com");
        assert!(DnsName::from("Example.com.").is_within(&zone));
        assert!(DnsName::from("a.example.com").is_within(&zone));
        assert!(!DnsName::from("anexample.com").is_within(&zone));
    }
}
