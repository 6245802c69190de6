//! What one value of each type may be.

use std::net::{Ipv4Addr, Ipv6Addr};

use external_dns_webhook::RecordType;

use super::MAX_VALUE_BYTES;
use crate::name::{BadName, WireName};
use crate::text;

/// Validates one value of a record set.
///
/// # Errors
///
/// Returns what it should be, in a few words.
pub(super) fn check(value: &str, record_type: &RecordType) -> Result<(), &'static str> {
    if value.is_empty() {
        return Err("it is empty");
    }
    if value.len() > MAX_VALUE_BYTES {
        return Err("it has more than 4,000 characters");
    }
    let words: Vec<_> = value.split_ascii_whitespace().collect();
    match (record_type, words.as_slice()) {
        (RecordType::A, [address]) if address.parse::<Ipv4Addr>().is_ok() => Ok(()),
        (RecordType::A, _) => Err("use an IPv4 address"),
        (RecordType::Aaaa, [address]) if address.parse::<Ipv6Addr>().is_ok() => Ok(()),
        (RecordType::Aaaa, _) => Err("use an IPv6 address"),
        (RecordType::Cname | RecordType::Ns | RecordType::Ptr, [name]) => host(name),
        (RecordType::Cname | RecordType::Ns | RecordType::Ptr, _) => Err("use one host name"),
        (RecordType::Mx, [preference, name]) if preference.parse::<u16>().is_ok() => host(name),
        (RecordType::Mx, _) => Err("use `PREFERENCE HOST`"),
        (RecordType::Srv, [priority, weight, port, name])
            if [priority, weight, port].iter().all(|part| part.parse::<u16>().is_ok()) =>
        {
            host(name)
        }
        (RecordType::Srv, _) => Err("use `PRIORITY WEIGHT PORT HOST`"),
        (RecordType::Caa, [flags, tag, ..]) if flags.parse::<u8>().is_ok() => caa(tag, value),
        (RecordType::Caa, _) => Err(CAA),
        (RecordType::Naptr, [order, preference, ..])
            if [order, preference].iter().all(|part| part.parse::<u16>().is_ok()) =>
        {
            naptr(value)
        }
        (RecordType::Naptr, _) => Err(NAPTR),
        (RecordType::Txt, _) => match text::parse(value) {
            Some(strings)
                if strings.iter().all(|string| string.len() <= text::MAX_STRING_BYTES) =>
            {
                Ok(())
            }
            Some(_) => Err("a string in it has more than 255 bytes"),
            None => Err("use text in quotes"),
        },
        (RecordType::Dname | RecordType::Other(_), _) => Ok(()),
    }
}

/// The fields of a CAA value.
const CAA: &str = "use `FLAGS TAG \"VALUE\"`";

/// Validates a CAA value: a tag has letters and digits, and there is one value behind it ([RFC 8659],
/// 4.1).
///
/// [RFC 8659]: https://datatracker.ietf.org/doc/html/rfc8659#section-4.1
fn caa(tag: &str, value: &str) -> Result<(), &'static str> {
    if tag.is_empty() || !tag.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err("the tag has letters and digits only, such as `issue`");
    }
    let quoted = value.find('"').and_then(|at| value.get(at..)).ok_or(CAA)?;
    match text::parse(quoted).as_deref() {
        Some([_]) => Ok(()),
        Some(_) => Err("there is more than one value; use `FLAGS TAG \"VALUE\"`"),
        None => Err(CAA),
    }
}

/// The fields of a NAPTR value.
const NAPTR: &str = "use `ORDER PREFERENCE \"FLAGS\" \"SERVICE\" \"REGEXP\" REPLACEMENT`";

/// Validates what follows the two numbers: a rule rewrites by an expression or to a name, not both
/// ([RFC 3403, 4.1]).
///
/// [RFC 3403, 4.1]: https://datatracker.ietf.org/doc/html/rfc3403#section-4.1
fn naptr(value: &str) -> Result<(), &'static str> {
    let behind = value.find('"').and_then(|at| value.get(at..)).unwrap_or_default();
    let (quoted, replacement) = behind.rsplit_once(char::is_whitespace).ok_or(NAPTR)?;
    let strings = text::parse(quoted).ok_or(NAPTR)?;
    let [_flags, _service, expression] = strings.as_slice() else {
        return Err(NAPTR);
    };
    host(replacement)?;
    if expression.is_empty() || replacement == "." {
        return Ok(());
    }
    Err("it has an expression and a replacement; leave one of them empty (`\"\"` or `.`)")
}

/// Validates a host name; the root, `.`, says that there is none.
fn host(name: &str) -> Result<(), &'static str> {
    if name == "." {
        return Ok(());
    }
    if name.parse::<Ipv4Addr>().is_ok() || name.parse::<Ipv6Addr>().is_ok() {
        return Err("use a host name, not an address");
    }
    if !name.is_ascii() {
        return Err("the host name has no spelling in ASCII (`xn--…`), which DNS needs");
    }
    match WireName::from_api(name).check() {
        Ok(()) => Ok(()),
        Err(BadName::EmptyLabel(_)) => Err("the host name has an empty label"),
        Err(BadName::LongLabel(_) | BadName::LongName(_)) => Err("the host name is too long"),
    }
}
