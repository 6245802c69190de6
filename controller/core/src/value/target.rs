//! Which texts can be answered with: addresses and host names, and nothing that only looks like one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use external_dns_webhook::{DnsName, RecordType};

use super::{Flaw, HostName};

/// Words that templates and programs write where they have nothing to answer with.
const NOTHING: [&str; 12] = [
    "changeme",
    "empty",
    "false",
    "nan",
    "nil",
    "none",
    "null",
    "pending",
    "tbd",
    "true",
    "undefined",
    "unknown",
];

/// An address or a host name, as it was written but for letters outside of ASCII.
///
/// An IPv4 address is four numbers without leading zeros, an IPv6 address has neither brackets nor a
/// zone index, whose meaning is local to a node ([RFC 4007], 6). All else is a [`HostName`] without a
/// wildcard, or nothing: labels of a host begin and end with a letter, a digit or `_` ([RFC 1123], 2.1),
/// and words such as `null` are what programs write where there is no host.
///
/// ```
/// use controller_core::value::Target;
/// use external_dns_webhook::RecordType;
///
/// assert_eq!(Target::validate("192.0.2.1").unwrap().record_type(), RecordType::A);
/// Target::validate("192.0.2.1:8443").unwrap_err();
/// ```
///
/// [RFC 1123]: https://datatracker.ietf.org/doc/html/rfc1123#section-2.1
/// [RFC 4007]: https://datatracker.ietf.org/doc/html/rfc4007#section-6
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    text: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    V4(Ipv4Addr),
    V6(Ipv6Addr),
    Name,
}

impl Target {
    /// Validates `text`; one final dot of a name is taken off, and an international name is spelled as the
    /// DNS does, with `xn--` labels: what answers must be in ASCII ([RFC 5890], 2.3.2.1).
    ///
    /// [RFC 5890]: https://datatracker.ietf.org/doc/html/rfc5890#section-2.3.2.1
    ///
    /// # Errors
    ///
    /// It is neither an address nor a host name.
    pub fn validate(text: &str) -> Result<Self, Flaw> {
        if let Ok(address) = text.parse() {
            let kind = match address {
                IpAddr::V4(address) => Kind::V4(address),
                IpAddr::V6(address) => Kind::V6(address),
            };
            return Ok(Self { text: text.to_owned(), kind });
        }
        let name = HostName::validate(text).map_err(|flaw| near_address(text).unwrap_or(flaw))?;
        if name.is_wildcard() {
            return Err(Flaw::new("a wildcard stands for names and is none to answer with"));
        }
        if let Some(last) = after_three_numbers(name.as_str()) {
            return Err(Flaw::new(format!(
                "it reads as an address, and `{last}` is no number of one"
            )));
        }
        if let Some(flaw) = no_host(name.as_str()) {
            return Err(flaw);
        }
        Ok(Self { text: ascii(name.as_str()), kind: Kind::Name })
    }

    /// Returns the type of the record that answers with it: A, AAAA or CNAME.
    pub fn record_type(&self) -> RecordType {
        match self.kind {
            Kind::V4(_) => RecordType::A,
            Kind::V6(_) => RecordType::Aaaa,
            Kind::Name => RecordType::Cname,
        }
    }

    /// Returns the address, if it is one.
    pub fn address(&self) -> Option<IpAddr> {
        match self.kind {
            Kind::V4(address) => Some(address.into()),
            Kind::V6(address) => Some(address.into()),
            Kind::Name => None,
        }
    }

    /// Returns the target: an address as it was written, a name in ASCII without a final dot.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.text
    }
}

/// Returns a judged name in ASCII; one that is, as it was written.
fn ascii(name: &str) -> String {
    if name.is_ascii() {
        return name.to_owned();
    }
    DnsName::from(name).to_ascii().unwrap_or_else(|| name.to_owned())
}

/// Returns the last label of a name that would be an IPv4 address with a number there: no domain has
/// three such labels below its top level, and an address with a slip is no wish for a CNAME.
fn after_three_numbers(name: &str) -> Option<&str> {
    let (numbers, last) = name.rsplit_once('.')?;
    let is_number = |label: &str| label.parse::<u8>().is_ok();
    (numbers.split('.').count() == 3 && numbers.split('.').all(is_number)).then_some(last)
}

/// Tells why a name is not one of a host; `None` when it can be.
fn no_host(name: &str) -> Option<Flaw> {
    if NOTHING.iter().any(|word| name.eq_ignore_ascii_case(word)) {
        return Some(Flaw::new("it is a word for nothing, and no host is called so"));
    }
    let is_bare = |label: &&str| !label.contains(|character: char| character.is_alphanumeric());
    if let Some(label) = name.split('.').find(is_bare) {
        return Some(Flaw::new(format!("`{label}` in it has neither a letter nor a digit")));
    }
    let hangs = |label: &&str| label.starts_with('-') || label.ends_with('-');
    let label = name.split('.').find(hangs)?;
    Some(Flaw::new(format!("no host has a label that begins or ends with `-`, as `{label}` does")))
}

/// Tells what is wrong with a text that begins or ends like an address.
fn near_address(text: &str) -> Option<Flaw> {
    let is_address = |text: &str| text.parse::<IpAddr>().is_ok();
    if let Some(address) = text.strip_suffix('.')
        && is_address(address)
    {
        return Some(Flaw::new(format!("an address has no final dot; write `{address}`")));
    }
    if let Some((address, _)) = text.split_once('/')
        && is_address(address)
    {
        return Some(Flaw::new("it is a network; write one address"));
    }
    if let Some((address, _)) = text.split_once('%')
        && address.parse::<Ipv6Addr>().is_ok()
    {
        return Some(Flaw::new("it has a zone index, which means something on one node only"));
    }
    if let Some((address, rest)) = text.strip_prefix('[').and_then(|text| text.split_once(']'))
        && is_address(address)
    {
        let what = if rest.is_empty() { "brackets" } else { "brackets and a port" };
        return Some(Flaw::new(format!("it has {what}; write `{address}`")));
    }
    if let Some((address, port)) = text.rsplit_once(':')
        && address.parse::<Ipv4Addr>().is_ok()
        && port.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Some(Flaw::new(format!("it has a port; write `{address}`")));
    }
    // No host has two ports.
    (text.matches(':').count() > 1 && !text.contains("://")).then(|| {
        Flaw::new("it is no address: an IPv6 address has up to eight groups of 0-9 and a-f")
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_type_follows_from_the_target() {
        for (target, record_type) in [
            ("192.168.1.1", RecordType::A),
            ("255.255.255.255", RecordType::A),
            ("0.0.0.0", RecordType::A),
            ("2001:0db8:85a3:0000:0000:8a2e:0370:7334", RecordType::Aaaa),
            ("::ffff:192.168.20.3", RecordType::Aaaa),
            ("::1", RecordType::Aaaa),
            ("::", RecordType::Aaaa),
            ("example.com", RecordType::Cname),
            ("abc.def.ghi.jkl", RecordType::Cname),
            ("lb_1.example.com", RecordType::Cname),
            ("192.0.2.example.com", RecordType::Cname),
            ("2.0.example.com", RecordType::Cname),
            ("192.0.700.example", RecordType::Cname),
            ("_lb.example.com", RecordType::Cname),
            ("lb", RecordType::Cname),
            ("null.example.com", RecordType::Cname),
            ("none-1", RecordType::Cname),
        ] {
            let validated = Target::validate(target).unwrap();
            assert_eq!((validated.record_type(), validated.as_str()), (record_type, target));
        }
        assert_eq!(Target::validate("lb.example.com.").unwrap().as_str(), "lb.example.com");
    }

    #[test]
    fn an_international_target_is_spelled_in_ascii() {
        for (target, ascii) in [
            ("münchen.example.org", "xn--mnchen-3ya.example.org"),
            ("MÜNCHEN.example.org.", "xn--mnchen-3ya.example.org"),
            ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
            ("LB.example.org", "LB.example.org"),
        ] {
            assert_eq!(Target::validate(target).unwrap().as_str(), ascii, "{target}");
        }
    }

    #[test]
    fn what_is_neither_an_address_nor_a_name_says_what_it_is() {
        for (target, why) in [
            ("", "empty"),
            (" ", "white space"),
            ("192.0.2.1:8443", "a port"),
            ("lb.example.com:443", "a port"),
            ("https://lb.example.com", "a scheme"),
            ("lb.example.com/path", "a path"),
            ("10.0.0.0/8", "a network"),
            ("2001:db8::/32", "a network"),
            ("300.0.2.1", "a number"),
            ("256.256.256.256", "a number"),
            ("192.168.1", "a number"),
            ("192.0.2.01", "a number"),
            ("10.0.0.x", "`x` is no number"),
            ("192.0.2.lb", "`lb` is no number"),
            ("192.0.2.1.", "final dot"),
            ("fe80::1%eth0", "zone index"),
            ("[2001:db8::1]", "brackets"),
            ("[2001:db8::1]:443", "a port"),
            ("2001:db8::g", "no address"),
            ("2001:db8::1::2", "no address"),
            ("\"192.0.2.1\"", "`\"`"),
            ("[192.0.2.1, 192.0.2.2]", "`["),
            ("<no value>", "not there"),
            ("<pending>", "`<`"),
            ("None", "a word for nothing"),
            ("null.", "a word for nothing"),
            ("undefined", "a word for nothing"),
            ("-", "neither a letter nor a digit"),
            ("_", "neither a letter nor a digit"),
            ("a._.example.com", "neither a letter nor a digit"),
            ("-lb.example.com", "begins or ends with `-`"),
            ("lb.example-.com", "begins or ends with `-`"),
            ("0xC0000201", "a number"),
            ("xn--zzzzzz-", "no international label"),
            ("*.example.com", "wildcard"),
            ("a.example.com b.example.com", "white space"),
        ] {
            let flaw = Target::validate(target).unwrap_err().to_string();
            assert!(flaw.contains(why), "{target:?}: {flaw}");
        }
    }

    proptest! {
        #[test]
        fn a_target_is_valid_as_it_is_returned(text in "[0-9a-f:.%/*x ,-]{0,20}") {
            if let Ok(target) = Target::validate(&text) {
                prop_assert_eq!(Target::validate(target.as_str()), Ok(target.clone()));
                prop_assert_eq!(target.address().is_none(), target.record_type() == RecordType::Cname);
            }
        }
    }
}
