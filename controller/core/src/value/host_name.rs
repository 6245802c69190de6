//! Which texts are names that the DNS can hold, and what is wrong with the others.

use std::net::IpAddr;

use external_dns_webhook::DnsName;

use super::{Flaw, NO_VALUE};

/// Longest name that the DNS carries, in octets without the final dot ([RFC 1035]).
///
/// [RFC 1035]: https://datatracker.ietf.org/doc/html/rfc1035#section-2.3.4
const MAX_NAME: usize = 253;

/// Longest label of a name, in octets.
const MAX_LABEL: usize = 63;

/// What stands for a dot between labels in scripts that have no ASCII one ([RFC 3490], 3.1).
///
/// [RFC 3490]: https://datatracker.ietf.org/doc/html/rfc3490#section-3.1
const OTHER_DOTS: [char; 3] = ['\u{3002}', '\u{ff0e}', '\u{ff61}'];

/// A name that the DNS can hold.
///
/// Labels of letters, digits, `-` and `_` ([RFC 1123], 2.1; `_` by [RFC 8552]), of 1 to 63 octets each
/// and 253 together; `*` as the whole of the first of several labels ([RFC 4592]); international
/// names whose IDNA form is such a name. Lengths are those of that form. A hyphen may begin or end a
/// label: the DNS takes it, and such names exist. One final dot is taken off.
///
/// What reads as an address is no name: the last label is neither all digits nor a number in
/// hexadecimal, as `0xc0000201` ([URL Standard], "ends in a number"). A label that says it is
/// international, `xn--…`, is one.
///
/// ```
/// use controller_core::value::HostName;
///
/// assert_eq!(HostName::validate("www.example.com.").unwrap().as_str(), "www.example.com");
/// HostName::validate("https://www.example.com").unwrap_err();
/// ```
///
/// [RFC 1123]: https://datatracker.ietf.org/doc/html/rfc1123#section-2.1
/// [RFC 4592]: https://datatracker.ietf.org/doc/html/rfc4592#section-2.1.1
/// [RFC 8552]: https://datatracker.ietf.org/doc/html/rfc8552
/// [URL Standard]: https://url.spec.whatwg.org/#ends-in-a-number-checker
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName(DnsName);

impl HostName {
    /// Validates `text`; the letters stay as they are.
    ///
    /// # Errors
    ///
    /// The DNS cannot hold such a name, or it is not a name but a URL, an address, a placeholder and
    /// the like.
    pub fn validate(text: &str) -> Result<Self, Flaw> {
        let name = text.replace(OTHER_DOTS, ".");
        let name = name.strip_suffix('.').unwrap_or(&name);
        if name.is_empty() {
            return Err(Flaw::new("it is empty, or has an empty item"));
        }
        let ascii = ascii(name, text)?;
        if let Some(character) = ascii.chars().find(|character| !is_allowed(*character)) {
            return Err(with_character(text, character));
        }
        if ascii.len() > MAX_NAME {
            return Err(Flaw::new(format!("it has {} octets, of at most {MAX_NAME}", ascii.len())));
        }
        let mut last = "";
        for (at, label) in ascii.split('.').enumerate() {
            validate_label(label, at == 0)?;
            last = label;
        }
        if ascii == "*" {
            return Err(Flaw::new("a `*` alone stands for no name; write the domain after it"));
        }
        if is_number(last) {
            return Err(numeric(text));
        }
        Ok(Self(DnsName::from(name)))
    }

    /// Returns the name in the letters that it was given in, without a final dot.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Tells whether the name stands for others: its first label is `*`.
    pub fn is_wildcard(&self) -> bool {
        self.as_str().starts_with("*.")
    }

    /// Returns the name.
    pub fn into_name(self) -> DnsName {
        self.0
    }
}

fn is_allowed(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.' | '*')
}

fn validate_label(label: &str, is_first: bool) -> Result<(), Flaw> {
    if label.is_empty() {
        return Err(Flaw::new("it has an empty label"));
    }
    if label.len() > MAX_LABEL {
        return Err(Flaw::new(format!(
            "`{label}` has {} octets, of at most {MAX_LABEL}",
            label.len()
        )));
    }
    if label.contains('*') && !(is_first && label == "*") {
        return Err(Flaw::new("a `*` can only be the whole of the first label"));
    }
    Ok(())
}

/// Tells whether resolvers take a name with this last label for an address.
fn is_number(last: &str) -> bool {
    let hexadecimal = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    last.bytes().all(|byte| byte.is_ascii_digit())
        || hexadecimal
            .is_some_and(|hexadecimal| hexadecimal.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Tells whether a label says that it stands for an international one.
fn is_international(label: &str) -> bool {
    label.get(..4).is_some_and(|label| label.eq_ignore_ascii_case("xn--"))
}

/// Returns the name in the form that resolvers see.
fn ascii(name: &str, text: &str) -> Result<String, Flaw> {
    if name.is_ascii() {
        let wrong =
            |label: &&str| is_international(label) && DnsName::from(*label).to_ascii().is_none();
        return match name.split('.').find(wrong) {
            Some(label) => Err(Flaw::new(format!("`{label}` stands for no international label"))),
            None => Ok(name.to_owned()),
        };
    }
    for character in name.chars().filter(|character| !character.is_ascii()) {
        // Two names that look alike must not be one that is published and one that is not.
        let is_invisible =
            || DnsName::from(format!("a{character}b")).to_ascii().as_deref() == Some("ab");
        if character.is_whitespace() || character.is_control() || is_invisible() {
            return Err(with_character(text, character));
        }
    }
    let ascii = DnsName::from(name).to_ascii();
    let ascii = ascii.ok_or_else(|| Flaw::new("IDNA has no form of it that the DNS can hold"))?;
    // Some single characters stand for several, dots among them.
    if ascii.split('.').count() != name.split('.').count() {
        return Err(Flaw::new(format!(
            "to resolvers it reads `{ascii}`; write it so if it is meant"
        )));
    }
    Ok(ascii)
}

/// Tells what is wrong with a text that has a character in it that no name has.
fn with_character(text: &str, character: char) -> Flaw {
    let has = |part: &str| text.contains(part);
    if has(NO_VALUE) {
        return Flaw::new("the template read a field that is not there");
    }
    if has("${") || has("$(") || has("{{") || has("<%") {
        return Flaw::new("it has a placeholder in it that nothing has filled in");
    }
    if has("://") {
        return Flaw::new("it has a scheme; write the host alone");
    }
    if text.parse::<IpAddr>().is_ok() {
        return Flaw::new("it is an address, not a name");
    }
    match character {
        '\\' => Flaw::new("it has a backslash in it, and escapes are not read"),
        '@' => Flaw::new("it has an `@` in it; write the whole name of the domain"),
        '/' => Flaw::new("it has a path; write the host alone"),
        ':' => Flaw::new("it has a port; write the host alone"),
        ',' => Flaw::new("it has a comma in it"),
        blank if blank.is_whitespace() => {
            Flaw::new("it has white space in it; only commas separate names")
        }
        shown if shown.is_ascii_graphic() => Flaw::new(format!(
            "it has `{shown}` in it; a name has letters, digits, `-`, `_` and dots"
        )),
        hidden => Flaw::new(format!(
            "it has a character in it that no name has, U+{:04X}",
            u32::from(hidden)
        )),
    }
}

fn numeric(text: &str) -> Flaw {
    if text.parse::<IpAddr>().is_ok() {
        return Flaw::new("it is an address, not a name");
    }
    Flaw::new("its last label is a number, so it reads as an address and is none")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn flaw(text: &str) -> String {
        HostName::validate(text).unwrap_err().to_string()
    }

    #[test]
    fn names_that_the_dns_holds_are_taken_in_their_own_letters() {
        for name in [
            "www.example.com",
            "WWW.Example.COM",
            "*.example.com",
            "_sip._tcp.example.com",
            "a_b.example.com",
            "-a-.example.com",
            "xn--mnchen-3ya.example.com",
            "münchen.example.com",
            "點看.example.com",
            "stonks📈.example.org",
            "localhost",
            "0xcafe.example.com",
            "www.0xyz",
            "xn--strae-oqa.example.com",
            "XN--MNCHEN-3YA.example.com",
            "4.3.2.1.in-addr.arpa",
        ] {
            assert_eq!(HostName::validate(name).unwrap().as_str(), name);
            assert_eq!(HostName::validate(&format!("{name}.")).unwrap().as_str(), name);
        }
        let long = format!("{}.example.com", "a".repeat(63));
        HostName::validate(&long).unwrap();
        let longest = format!("{}.{}", vec!["a".repeat(62); 3].join("."), "b".repeat(63));
        assert_eq!(longest.len(), 252);
        HostName::validate(&longest).unwrap();
    }

    #[test]
    fn other_dots_are_dots() {
        assert_eq!(HostName::validate("例え。example．com｡").unwrap().as_str(), "例え.example.com");
    }

    #[test]
    fn each_text_that_is_no_name_says_what_it_is() {
        for (text, why) in [
            ("", "empty"),
            (".", "empty"),
            ("www.example.org..", "an empty label"),
            (".example.com", "an empty label"),
            ("a..example.com", "an empty label"),
            ("https://u.example.com", "a scheme"),
            ("u.example.com/path", "a path"),
            ("u.example.com:443", "a port"),
            ("app.${STAGE}.example.com", "placeholder"),
            ("app.{{ .Values.domain }}", "placeholder"),
            ("app.$(DOMAIN)", "placeholder"),
            ("<no value>.example.com", "a field that is not there"),
            ("ops@example.com", "an `@`"),
            ("@", "an `@`"),
            ("\\167eb.example.com", "a backslash"),
            ("a.example.com b.example.com", "white space"),
            ("a.example.com\nb.example.com", "white space"),
            ("a\u{a0}b.example.com", "white space"),
            ("a\u{3000}b.example.com", "white space"),
            ("a\u{1b}[2Jb.example.com", "U+001B"),
            ("a\u{200b}b.example.com", "U+200B"),
            ("a\u{ad}b.example.com", "U+00AD"),
            ("a\u{202e}b.example.com", "IDNA"),
            ("a.*.example.com", "a `*`"),
            ("*a.example.com", "a `*`"),
            ("**.example.com", "a `*`"),
            ("*", "alone"),
            ("\"a.example.com\"", "`\"`"),
            ("[a.example.com]", "`[`"),
            ("a.example.com;b.example.com", "`;`"),
            ("a.example.com,b.example.com", "a comma"),
            ("a／b.example.com", "a path"),
            ("℀.example.com", "a path"),
            ("192.0.2.1", "an address"),
            ("2001:db8::1", "an address"),
            ("300.0.2.1", "a number"),
            ("www.example.443", "a number"),
            ("0xC0000201", "a number"),
            ("www.0x", "a number"),
            ("xn--zzzzzz-", "no international label"),
            ("www.XN--zzzzzz-.example.com", "no international label"),
            ("xn--.example.com", "no international label"),
        ] {
            assert!(flaw(text).contains(why), "{text:?}: {}", flaw(text));
        }
        assert!(flaw(&format!("{}.example.com", "a".repeat(64))).contains("64 octets"));
        assert!(flaw(&format!("{}example.com", "abcdefgh.".repeat(30))).contains("281 octets"));
        let international = format!("{}.example.com", "ü".repeat(60));
        assert!(flaw(&international).contains("octets"), "{}", flaw(&international));
    }

    proptest! {
        #[test]
        fn a_name_is_valid_as_it_is_returned_and_has_one_form_that_the_dns_holds(
            text in r"([a-z0-9*_.-]|[A-Z]|ü|ß|。|[ \\/:,]){0,20}"
        ) {
            if let Ok(name) = HostName::validate(&text) {
                let again = HostName::validate(name.as_str());
                prop_assert_eq!(again.as_ref().map(HostName::as_str), Ok(name.as_str()));
                let canonical = name.into_name().canonical().clone();
                prop_assert!(canonical.chars().all(is_allowed), "{}", canonical);
                prop_assert!(canonical.split('.').all(|label| matches!(label.len(), 1..=63)));
                prop_assert!(HostName::validate(&canonical).is_ok());
            }
        }
    }
}
