//! Which values each type of record can have, spelled as a DNSEndpoint spells them.

use std::net::{Ipv4Addr, Ipv6Addr};

use external_dns_webhook::{DnsName, Endpoint, Properties, RecordType};

use super::{Flaw, Target};
use crate::inventory::reads_as_ownership;

/// Validates a value of a record of this type, and returns it as it goes to a provider.
///
/// Host names go without a final dot, but the hosts of SRV and NAPTR with one, and that of MX as it
/// was written: so the protocol has them. `is_alias` tells that the provider is asked to answer with
/// what the value answers with, so that an A or AAAA record may have a name.
///
/// CAA and types that nobody gives a meaning to here are taken as they are.
///
/// # Errors
///
/// No record of this type can have the value, or it is a TXT that reads as an ownership record: those
/// are written by the registry alone, or any object could take over records that are not its own.
pub fn validate(record_type: &RecordType, value: &str, is_alias: bool) -> Result<String, Flaw> {
    match record_type {
        RecordType::A | RecordType::Aaaa if is_alias => Target::validate(value).map(String::from),
        RecordType::A => address::<Ipv4Addr>(value, "an A record answers with IPv4 addresses"),
        RecordType::Aaaa => {
            address::<Ipv6Addr>(value, "an AAAA record answers with IPv6 addresses")
        }
        RecordType::Cname | RecordType::Dname | RecordType::Ns | RecordType::Ptr => host(value),
        RecordType::Mx => mx(value),
        RecordType::Srv => srv(value),
        RecordType::Naptr => naptr(value),
        RecordType::Txt if reads_as_ownership(value) => Err(Flaw::new(
            "it reads as an ownership record, which only the registry of a controller writes",
        )),
        RecordType::Caa | RecordType::Other(_) if value.trim().is_empty() => {
            Err(Flaw::new("it is empty"))
        }
        RecordType::Txt | RecordType::Caa | RecordType::Other(_) => Ok(value.to_owned()),
    }
}

/// Tells whether a record set can lead those elsewhere who ask for names below it: a delegation
/// ([RFC 1034, section 4.2.1](https://www.rfc-editor.org/rfc/rfc1034#section-4.2.1)), unless it is at the apex of its
/// zone, or a DNAME record ([RFC 6672, section 2.4](https://www.rfc-editor.org/rfc/rfc6672#section-2.4)).
pub fn can_cut(endpoint: &Endpoint) -> bool {
    matches!(endpoint.record_type, RecordType::Ns | RecordType::Dname)
}

/// Tells whether a record set sends resolvers back to its own name, as the DNS compares names: a loop,
/// which is no answer ([RFC 1034], 3.6.2).
///
/// [RFC 1034]: https://datatracker.ietf.org/doc/html/rfc1034#section-3.6.2
pub fn answers_itself(endpoint: &Endpoint) -> bool {
    let Endpoint { dns_name, targets, record_type, properties, .. } = endpoint;
    let is_alias = properties.get(Properties::ALIAS).is_some_and(|alias| alias != "false");
    let can_loop = match record_type {
        RecordType::Cname => true,
        RecordType::A | RecordType::Aaaa => is_alias,
        RecordType::Caa
        | RecordType::Dname
        | RecordType::Mx
        | RecordType::Naptr
        | RecordType::Ns
        | RecordType::Ptr
        | RecordType::Srv
        | RecordType::Txt
        | RecordType::Other(_) => false,
    };
    can_loop
        && targets.iter().any(|target| DnsName::from(target).canonical() == dns_name.canonical())
}

fn address<A: std::str::FromStr>(value: &str, expected: &str) -> Result<String, Flaw> {
    if value.parse::<A>().is_ok() {
        return Ok(value.to_owned());
    }
    match Target::validate(value) {
        Ok(_) => Err(Flaw::new(expected)),
        Err(flaw) => Err(flaw),
    }
}

fn host(value: &str) -> Result<String, Flaw> {
    let target = Target::validate(value)?;
    if target.address().is_some() {
        return Err(Flaw::new("it is an address, not a name"));
    }
    Ok(target.into())
}

fn mx(value: &str) -> Result<String, Flaw> {
    let fields: Vec<_> = value.split_whitespace().collect();
    let [preference, exchange] = fields.as_slice() else { return Err(no_mx()) };
    if !is_u16(preference) {
        return Err(no_mx());
    }
    // A single dot says that the domain takes no mail (RFC 7505).
    if *exchange == "." {
        return Ok(value.to_owned());
    }
    let ascii = host(exchange)?;
    Ok(with_host(value, exchange, &ascii))
}

/// Returns a value whose last field is a host, with the host in ASCII; one that is, as it was written.
fn with_host(value: &str, host: &str, ascii: &str) -> String {
    match value.trim_end().strip_suffix(host) {
        Some(before) if !host.is_ascii() => {
            let dot = if ends_in_dot(host) { "." } else { "" };
            format!("{before}{ascii}{dot}")
        }
        Some(_) | None => value.to_owned(),
    }
}

/// Tells whether a name ends in a dot, that of another script included ([UTS #46]).
///
/// [UTS #46]: https://www.unicode.org/reports/tr46/#Notation
fn ends_in_dot(host: &str) -> bool {
    host.ends_with(['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'])
}

fn no_mx() -> Flaw {
    Flaw::new("an MX record answers with a preference and a host, such as `10 mx.example.com`")
}

fn srv(value: &str) -> Result<String, Flaw> {
    let fields: Vec<_> = value.split_whitespace().collect();
    let [priority, weight, port, target] = fields.as_slice() else { return Err(no_srv()) };
    if ![priority, weight, port].into_iter().all(|field| is_u16(field)) {
        return Err(no_srv());
    }
    // A single dot says that there is no such service (RFC 2782).
    if *target == "." {
        return Ok(value.to_owned());
    }
    let ascii = host(target)?;
    let dot = if ends_in_dot(target) { "" } else { "." };
    Ok(format!("{}{dot}", with_host(value, target, &ascii)))
}

fn no_srv() -> Flaw {
    Flaw::new(
        "an SRV record answers with priority, weight, port and a host, such as \
         `0 50 443 www.example.com.`",
    )
}

fn naptr(value: &str) -> Result<String, Flaw> {
    let fields = fields(value).ok_or_else(no_naptr)?;
    let [order, preference, _flags, _services, _expression, replacement] = fields.as_slice() else {
        return Err(no_naptr());
    };
    if !is_u16(order) || !is_u16(preference) {
        return Err(no_naptr());
    }
    if *replacement == "." {
        return Ok(value.to_owned());
    }
    let ascii = host(replacement)?;
    if !value.ends_with('.') {
        return Err(Flaw::new(format!("it must end in a dot; write `{value}.`")));
    }
    Ok(with_host(value, replacement, &ascii))
}

fn no_naptr() -> Flaw {
    Flaw::new(
        "a NAPTR record answers with order, preference, flags, services, an expression and a name, \
         such as `100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:info@example.com!\" .`",
    )
}

/// Returns the fields of a value, in which blanks count between quotes; `None` when a quote is open.
fn fields(value: &str) -> Option<Vec<&str>> {
    let mut fields = Vec::new();
    let mut rest = value.trim();
    while !rest.is_empty() {
        let end = match rest.strip_prefix('"') {
            Some(quoted) => 2 + end_of_string(quoted)?,
            None => rest.find(char::is_whitespace).unwrap_or(rest.len()),
        };
        let (field, after) = rest.split_at_checked(end)?;
        fields.push(field);
        rest = after.trim_start();
    }
    Some(fields)
}

/// Returns where the quote is that ends a string; a backslash takes a quote its meaning.
fn end_of_string(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

/// Tells whether `text` is a number of 16 bits, without a sign.
fn is_u16(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn validated(record_type: &str, value: &str) -> Result<String, Flaw> {
        validate(&RecordType::from(record_type), value, false)
    }

    #[test]
    fn values_that_a_type_can_have_go_to_the_provider_as_the_protocol_has_them() {
        for (record_type, value, sent) in [
            ("A", "192.0.2.1", "192.0.2.1"),
            ("AAAA", "2001:0db8::1", "2001:0db8::1"),
            ("CNAME", "lb.example.net.", "lb.example.net"),
            ("DNAME", "example.net", "example.net"),
            ("NS", "ns1.example.net.", "ns1.example.net"),
            ("PTR", "www.example.com.", "www.example.com"),
            ("MX", "10 mail.example.com", "10 mail.example.com"),
            ("MX", "10 mail.example.com.", "10 mail.example.com."),
            ("MX", "0 .", "0 ."),
            ("SRV", "0 50 443 www.example.com.", "0 50 443 www.example.com."),
            ("SRV", "0 50 443 www.example.com", "0 50 443 www.example.com."),
            ("SRV", "0 0 0 .", "0 0 0 ."),
            (
                "NAPTR",
                "100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:a b@example.com!\" .",
                "100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:a b@example.com!\" .",
            ),
            (
                "NAPTR",
                "1 2 s SIP+D2U \"\" _sip._udp.a.example.",
                "1 2 s SIP+D2U \"\" _sip._udp.a.example.",
            ),
            ("TXT", "any text, \"quoted\" or not", "any text, \"quoted\" or not"),
            ("TXT", "", ""),
            ("CAA", "0 issue \"ca.example.net\"", "0 issue \"ca.example.net\""),
            ("SVCB", "1 svc.example.com.", "1 svc.example.com."),
            ("CNAME", "münchen.example.com.", "xn--mnchen-3ya.example.com"),
            ("MX", "10 münchen.example.com", "10 xn--mnchen-3ya.example.com"),
            ("MX", "10 münchen.example.com.", "10 xn--mnchen-3ya.example.com."),
            ("SRV", "0 50 443 münchen.example.com", "0 50 443 xn--mnchen-3ya.example.com."),
            ("SRV", "0 50 443 münchen.example。", "0 50 443 xn--mnchen-3ya.example."),
            (
                "NAPTR",
                "1 1 \"u\" \"é\" \"\" münchen.example.",
                "1 1 \"u\" \"é\" \"\" xn--mnchen-3ya.example.",
            ),
        ] {
            assert_eq!(validated(record_type, value).as_deref(), Ok(sent), "{record_type} {value}");
        }
        assert!(validate(&RecordType::A, "lb.example.net", true).is_ok());
    }

    #[test]
    fn values_that_a_type_cannot_have_are_refused() {
        for (record_type, value) in [
            ("A", "192.0.2.1."),
            ("A", "2001:db8::1"),
            ("A", "lb.example.net"),
            ("A", ""),
            ("AAAA", "192.0.2.1"),
            ("AAAA", "fe80::1%eth0"),
            ("CNAME", "192.0.2.1"),
            ("CNAME", "https://lb.example.net"),
            ("CNAME", "*.example.net"),
            ("CNAME", "."),
            ("NS", "ns1 example.net"),
            ("PTR", "192.0.2.1"),
            ("PTR", "  "),
            ("MX", "mail.example.com"),
            ("MX", "ten mail.example.com"),
            ("MX", "+10 mail.example.com"),
            ("MX", "65536 mail.example.com"),
            ("MX", "10 mail.example.com:25"),
            ("MX", "10 192.0.2.1"),
            ("SRV", "0 50 www.example.com."),
            ("SRV", "0 50 https www.example.com."),
            ("SRV", "0 50 443 192.0.2.1"),
            ("NAPTR", "100 10 \"u\" \"E2U+sip\" \"!^.*$!!\" example.com"),
            ("NAPTR", "100 10 \"u\" \"E2U+sip ."),
            ("NAPTR", "."),
            ("TXT", "heritage=external-dns,external-dns/owner=me"),
            ("CAA", " "),
        ] {
            validated(record_type, value).unwrap_err();
        }
    }

    #[test]
    fn a_value_that_is_sent_is_valid_as_it_is_returned() {
        for (record_type, value) in
            [("SRV", "1 2 3 a.example"), ("CNAME", "a.example."), ("NS", "a.")]
        {
            let sent = validated(record_type, value).unwrap();
            assert_eq!(validated(record_type, &sent), Ok(sent.clone()));
        }
    }
}
