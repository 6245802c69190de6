//! Which names and targets the DNS can carry.

use std::net::IpAddr;

use controller_core::verdict::Reason;
use webhook_api::{DnsName, RecordType};

/// Longest name that the DNS carries, in octets without the final dot ([RFC 1035]).
///
/// [RFC 1035]: https://datatracker.ietf.org/doc/html/rfc1035#section-2.3.4
const MAX_NAME: usize = 253;

/// Longest label of a name, in octets.
const MAX_LABEL: usize = 63;

/// Returns the record type that fits `target`: A and AAAA for addresses, CNAME for all else.
pub(super) fn suitable_type(target: &str) -> RecordType {
    match target.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => RecordType::A,
        Ok(IpAddr::V6(_)) => RecordType::Aaaa,
        Err(_) => RecordType::Cname,
    }
}

/// Returns `name` without one final dot, when the DNS can carry it.
///
/// # Errors
///
/// The name is empty, has an empty label, or is too long. Lengths are those of the form that
/// resolvers see, so an international name is as long as its `xn--` labels.
pub(super) fn judge_name(name: &str) -> Result<DnsName, Reason> {
    let invalid = |why: String| Err(Reason::InvalidName { why });
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.is_empty() {
        return invalid("it is empty".to_owned());
    }
    let name = DnsName::from(name);
    let normalized = name.normalized();
    if normalized.len() > MAX_NAME {
        return invalid(format!("it has {} octets, of at most {MAX_NAME}", normalized.len()));
    }
    if normalized.split('.').any(str::is_empty) {
        return invalid("it has an empty label".to_owned());
    }
    if normalized.contains(char::is_whitespace) {
        return invalid("it has a space in it".to_owned());
    }
    if let Some(label) = normalized.split('.').find(|it| it.len() > MAX_LABEL) {
        return invalid(format!("`{label}` has {} octets, of at most {MAX_LABEL}", label.len()));
    }
    drop(normalized);
    Ok(name)
}

/// Tells why `target` cannot be a value of an address or a CNAME.
pub(super) fn judge_target(target: &str) -> Result<(), Reason> {
    let invalid =
        |why: &str| Err(Reason::InvalidTarget { target: target.to_owned(), why: why.to_owned() });
    if target.is_empty() {
        return invalid("it is empty");
    }
    if target.contains(char::is_whitespace) {
        return invalid("it has a space in it");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_cannot_exist_are_refused() {
        let label = "a".repeat(64);
        for bad in ["", ".", ".example.com", "a..example.com", &format!("{label}.example.com")] {
            judge_name(bad).unwrap_err();
        }
        judge_name(&format!("{}example.com", "abcdefgh.".repeat(30))).unwrap_err();
        for good in ["example.com.", "*.example.com", "_sip._tcp.example.com", "a_b.example.com"] {
            judge_name(good).unwrap();
        }
    }

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
            ("256.256.256.256", RecordType::Cname),
            ("192.168.0.1/22", RecordType::Cname),
            ("192.168.1", RecordType::Cname),
            ("abc.def.ghi.jkl", RecordType::Cname),
            ("", RecordType::Cname),
        ] {
            assert_eq!(suitable_type(target), record_type, "{target}");
        }
    }
}
