//! Which texts can be a domain of a filter: a slip in one would let in, or leave out, what nobody meant.

use super::DomainFilter;
use crate::DnsName;

/// Longest label in bytes ([RFC 1035], 2.3.4).
///
/// [RFC 1035]: https://datatracker.ietf.org/doc/html/rfc1035#section-2.3.4
const MAX_LABEL: usize = 63;

/// Longest name in bytes, without the final dot.
const MAX_NAME: usize = 253;

/// Why a text is no domain that names can be compared with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadDomain {
    /// A wildcard, which is not how a filter is written.
    #[error(
        "no name matches it: write `{0}` for the domain and all below it, or `.{0}` for what is below it"
    )]
    Wildcard(String),
    /// A domain with something around it.
    #[error("it has {0}; write `{1}`")]
    Around(&'static str, String),
    /// Something around a domain, or before it, and no domain.
    #[error("it has {0} and no domain; write one such as `example.com`")]
    Nothing(&'static str),
    /// A character that no name has.
    #[error("no domain has `{}` in it; write one such as `example.com`", .0.escape_default())]
    Character(char),
    /// White space between two words.
    #[error("it has white space in it; give each domain by itself")]
    Blank,
    /// A comma, where each value is one domain.
    #[error("it has a comma in it; give each domain by itself")]
    Comma,
    /// Two dots in a row, or nothing but a dot.
    #[error("it has an empty label; write one such as `example.com`")]
    EmptyLabel,
    /// Longer than the DNS takes.
    #[error("it is longer than the DNS takes: 63 bytes a label, 253 in all")]
    TooLong,
    /// A number as the last label, as in an address.
    #[error("it ends in a number, as no domain does; write one such as `example.com`")]
    Number,
}

impl DomainFilter {
    /// Judges a domain of a list as a person writes it, and returns it without the blanks around it.
    ///
    /// As for ExternalDNS it may begin with a dot, which leaves out the domain itself, end with one, and
    /// have letters of any script and case; nothing at all means "not configured". A `/` is part of
    /// names for reverse look-ups only ([RFC 2317], 4).
    ///
    /// [RFC 2317]: https://datatracker.ietf.org/doc/html/rfc2317#section-4
    ///
    /// # Errors
    ///
    /// No name lies under it, so it would silently let in or leave out nothing.
    pub fn validate(text: &str) -> Result<String, BadDomain> {
        let domain = text.trim();
        let name = domain.strip_prefix('.').unwrap_or(domain);
        if domain.is_empty() {
            return Ok(String::new());
        }
        around(name)?;
        if name == "*." {
            return Err(BadDomain::Nothing("a wildcard"));
        }
        if let Some(parent) = name.strip_prefix("*.") {
            return Err(Self::validate(parent).map_or_else(|bad| bad, BadDomain::Wildcard));
        }
        let ascii = DnsName::from(name).to_ascii().ok_or_else(|| odd(name))?;
        let is_reverse = ascii.ends_with(".in-addr.arpa");
        let is_good = |character: char| {
            character.is_ascii_alphanumeric()
                || matches!(character, '-' | '_' | '.')
                || (character == '/' && is_reverse)
        };
        if let Some(bad) = ascii.chars().find(|character| !is_good(*character)) {
            return Err(BadDomain::Character(bad));
        }
        if ascii.split('.').any(str::is_empty) {
            return Err(BadDomain::EmptyLabel);
        }
        if ascii.len() > MAX_NAME || ascii.split('.').any(|label| label.len() > MAX_LABEL) {
            return Err(BadDomain::TooLong);
        }
        let last = ascii.rsplit('.').next().unwrap_or_default();
        if last.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(BadDomain::Number);
        }
        Ok(domain.to_owned())
    }
}

/// Says that `what` is around `domain`, which is to be written without.
fn without(what: &'static str, domain: &str) -> BadDomain {
    match domain {
        "" => BadDomain::Nothing(what),
        domain => BadDomain::Around(what, domain.to_owned()),
    }
}

/// Looks for what people leave around a domain.
fn around(name: &str) -> Result<(), BadDomain> {
    let quotes = ['"', '\'', '`'];
    if let Some((_, rest)) = name.split_once("://") {
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        return Err(without("a scheme", host));
    }
    if name.contains(char::is_whitespace) {
        return Err(BadDomain::Blank);
    }
    if name.contains(',') {
        return Err(BadDomain::Comma);
    }
    let bare = name.trim_matches(quotes);
    if bare != name {
        return Err(without("quotes", bare));
    }
    if let Some((host, _)) = name.split_once('/').filter(|_| !is_reverse(name)) {
        return Err(without("a path", host));
    }
    match name.split_once(':') {
        Some((host, _)) => Err(without("a port", host)),
        None => Ok(()),
    }
}

fn is_reverse(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    name.ends_with(".in-addr.arpa")
}

/// Says what is odd about a name that has no form in ASCII.
fn odd(name: &str) -> BadDomain {
    let odd =
        name.chars().find(|character| !character.is_alphanumeric() && !"-_.".contains(*character));
    odd.map_or(BadDomain::EmptyLabel, BadDomain::Character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_users_write_is_taken_as_it_is() {
        for domain in [
            "example.com",
            ".example.com",
            "Example.COM.",
            "com",
            "_tcp.example.com",
            "xn--mnchen-3ya.example",
            "münchen.example",
            "例え。テスト",
            "2.0.192.in-addr.arpa",
            "0/25.2.0.192.in-addr.arpa.",
            "8.b.d.0.1.0.0.2.ip6.arpa",
            "1and1.example.com",
            "",
        ] {
            assert_eq!(DomainFilter::validate(domain).as_deref(), Ok(domain));
        }
        assert_eq!(DomainFilter::validate("  example.com ").as_deref(), Ok("example.com"));
    }

    #[test]
    fn a_slip_is_told_with_what_to_write_instead() {
        for (domain, words) in [
            (
                "*.example.com",
                "write `example.com` for the domain and all below it, or `.example.com`",
            ),
            (".*.example.com", "write `example.com`"),
            ("https://example.com", "a scheme; write `example.com`"),
            ("https://example.com/x", "a scheme; write `example.com`"),
            ("example.com/", "a path; write `example.com`"),
            ("example.com:443", "a port; write `example.com`"),
            ("\"example.com\"", "quotes; write `example.com`"),
            ("'example.com", "quotes; write `example.com`"),
            ("a.example b.example", "white space"),
            ("a.example\tb.example", "white space"),
            ("a.example,b.example", "a comma"),
            ("*.", "a wildcard and no domain; write one such as `example.com`"),
            ("\"\"", "quotes and no domain"),
            ("https://", "a scheme and no domain"),
            (":443", "a port and no domain"),
            ("/", "a path and no domain"),
            ("${D}", "`$`"),
            ("{{ .D }}", "white space"),
            ("{{.D}}", "`{`"),
            ("@", "`@`"),
            ("*", "`*`"),
            ("a.*.example.com", "`*`"),
            ("example..com", "an empty label"),
            ("..example.com", "an empty label"),
            (".", "an empty label"),
            ("example.com..", "an empty label"),
            ("192.0.2.1", "a number"),
            ("10.0.0.0/8", "a path"),
            ("(^|\\.)example\\.com$", "`(`"),
        ] {
            let error = DomainFilter::validate(domain).unwrap_err().to_string();
            assert!(error.contains(words), "{domain:?}: {error}");
        }
        let long = format!("{}.example.com", "x".repeat(64));
        assert_eq!(DomainFilter::validate(&long), Err(BadDomain::TooLong));
    }

    #[test]
    fn what_is_taken_covers_what_is_below_it_and_nothing_else() {
        let parts =
            ["", ".", "a", "A.b", "ab..c", "*.a", "a/b", "a_b.c-d", "1.2", "a b", "@", "x.y."];
        let texts =
            parts.iter().flat_map(|part| parts.iter().map(move |two| format!("{part}{two}")));
        for text in texts {
            let Ok(domain) = DomainFilter::validate(&text) else {
                continue;
            };
            if domain.is_empty() {
                continue;
            }
            let filter = DomainFilter::lists([&domain], [""; 0]);
            let below = format!("below.{}", domain.trim_start_matches('.'));
            assert!(filter.covers(&DnsName::from(below.as_str())), "{domain}");
            assert!(!filter.covers(&DnsName::from("elsewhere.invalid")), "{domain}");
        }
    }
}
