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

/// Tells whether the name server itself makes records of this type for a signed zone, which stand
/// beside everything and come and go without anyone writing them ([RFC 4034], [RFC 5155]).
///
/// [RFC 4034]: https://www.rfc-editor.org/rfc/rfc4034
/// [RFC 5155]: https://www.rfc-editor.org/rfc/rfc5155
pub fn is_of_signing(code: TypeCode) -> bool {
    // RRSIG, NSEC, DNSKEY, NSEC3, NSEC3PARAM, CDS, CDNSKEY, TYPE65534 (BIND's progress of signing).
    matches!(code, 46 | 47 | 48 | 50 | 51 | 59 | 60 | 65534)
}
