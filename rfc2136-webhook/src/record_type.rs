//! Which types are served, and their numbers on the wire ([IANA registry]).
//!
//! [IANA registry]: https://www.iana.org/assignments/dns-parameters/dns-parameters.xhtml

use external_dns_webhook::RecordType;

/// Number of a type on the wire.
pub type TypeCode = u16;

/// A, an address of IPv4.
pub const A: TypeCode = 1;
/// AAAA, an address of IPv6.
pub const AAAA: TypeCode = 28;
/// DNAME, below which a zone has nothing.
pub const DNAME: TypeCode = 39;
/// CNAME, beside which a name has no other type.
pub const CNAME: TypeCode = 5;
/// NS, which at the apex belongs to the zone.
pub const NS: TypeCode = 2;
/// SOA, the version of the zone.
pub const SOA: TypeCode = 6;
/// TXT, whose strings are cut at 255 bytes.
pub const TXT: TypeCode = 16;
/// TSIG, the signature of a message.
pub const TSIG: TypeCode = 250;
/// Incremental transfer, as a question.
pub const IXFR: TypeCode = 251;
/// Whole transfer, as a question.
pub const AXFR: TypeCode = 252;
/// Every type, in prerequisites and updates.
pub const ANY: TypeCode = 255;

/// The types that are served, in order of their names.
pub const SERVED: [(&str, TypeCode); 14] = [
    ("A", A),
    ("AAAA", AAAA),
    ("CAA", 257),
    ("CNAME", CNAME),
    ("DNAME", DNAME),
    ("HTTPS", 65),
    ("MX", 15),
    ("NAPTR", 35),
    ("NS", NS),
    ("PTR", 12),
    ("SRV", 33),
    ("SVCB", 64),
    ("TLSA", 52),
    ("TXT", TXT),
];

/// Returns the number of a type that is served; `None` for others.
pub fn code(record_type: &RecordType) -> Option<TypeCode> {
    SERVED.iter().find(|(name, _)| *name == record_type.as_str()).map(|(_, code)| *code)
}

/// Returns a type that is served; `None` for others.
pub fn served(code: TypeCode) -> Option<RecordType> {
    SERVED.iter().find(|(_, other)| *other == code).map(|(name, _)| RecordType::from(*name))
}

/// Types that are not served and that hickory knows no names of.
const OTHERS: [(&str, TypeCode); 22] = [
    ("RP", 17),
    ("AFSDB", 18),
    ("LOC", 29),
    ("KX", 36),
    ("APL", 42),
    ("IPSECKEY", 45),
    ("DHCID", 49),
    ("HIP", 55),
    ("ZONEMD", 63),
    ("SPF", 99),
    ("NID", 104),
    ("L32", 105),
    ("L64", 106),
    ("LP", 107),
    ("EUI48", 108),
    ("EUI64", 109),
    ("URI", 256),
    ("AVC", 258),
    ("AMTRELAY", 260),
    ("RESINFO", 261),
    ("WALLET", 262),
    ("DLV", 32769),
];

/// Returns the name of a type as the registry has it; `TYPE65400` where it has none ([RFC 3597, 5]).
///
/// [RFC 3597, 5]: https://www.rfc-editor.org/rfc/rfc3597#section-5
pub fn name(code: TypeCode) -> String {
    let ours = SERVED.iter().chain(&OTHERS).find(|(_, other)| *other == code);
    match (ours, hickory_proto::rr::RecordType::from(code)) {
        (Some((name, _)), _) => (*name).to_owned(),
        (None, hickory_proto::rr::RecordType::Unknown(_)) => format!("TYPE{code}"),
        (None, known) => known.to_string(),
    }
}

/// Returns the name of a type as it was written, of `TYPE65` (RFC 3597) that of the registry.
pub fn told(record_type: &RecordType) -> String {
    let number = record_type.as_str().strip_prefix("TYPE").and_then(|number| number.parse().ok());
    number.map_or_else(|| record_type.to_string(), name)
}

/// Says why a type is not served, and what to write instead.
pub fn not_served(record_type: &RecordType) -> String {
    let name = told(record_type);
    if SERVED.iter().any(|(served, _)| *served == name) {
        return format!("type {record_type} is served by its name; call it {name}");
    }
    let types: Vec<_> = SERVED.iter().map(|(name, _)| *name).collect();
    format!("type {name} is not served; use one of {}", types.join(", "))
}

/// Tells whether the name server itself makes records of this type for a signed zone, which stand
/// beside everything and come and go without anyone writing them ([RFC 4034], [RFC 5155]).
///
/// [RFC 4034]: https://www.rfc-editor.org/rfc/rfc4034
/// [RFC 5155]: https://www.rfc-editor.org/rfc/rfc5155
pub fn is_of_signing(code: TypeCode) -> bool {
    // RRSIG, NSEC, DNSKEY, NSEC3, NSEC3PARAM, CDS, CDNSKEY, TYPE65534 (BIND's progress of signing).
    matches!(code, 46 | 47 | 48 | 50 | 51 | 59 | 60 | 65534)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_the_names_of_the_registry() {
        for (code, expected) in [
            (1, "A"),
            (13, "HINFO"),
            (29, "LOC"),
            (43, "DS"),
            (65, "HTTPS"),
            (108, "EUI48"),
            (256, "URI"),
            (65400, "TYPE65400"),
        ] {
            assert_eq!(name(code), expected);
        }
        let told = |written: &str| told(&RecordType::from(written));
        assert_eq!(
            ["TYPE65", "TYPE29", "TYPE65400", "LOC"].map(told),
            ["HTTPS", "LOC", "TYPE65400", "LOC"]
        );
        let not_served = |written: &str| not_served(&RecordType::from(written));
        assert_eq!(not_served("TYPE65"), "type TYPE65 is served by its name; call it HTTPS");
        assert!(not_served("TYPE29").starts_with("type LOC is not served; use one of A, AAAA, "));
        assert_eq!(["TYPE", "TYPE70000", "TYPE-1"].map(told), ["TYPE", "TYPE70000", "TYPE-1"]);
    }
}
