//! The values of record sets: the one parser that validation and DNS answers share.
//!
//! The notation of each type is that of [supported types]. Problems are worded as the service does;
//! where its wording is not public, ours follows the same pattern.
//!
//! [supported types]: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html

mod fields;
mod text;

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::name::{Name, NameProblem};
use crate::record::RecordType;

/// A value, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rdata {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// The name in a CNAME, NS or PTR.
    Name(Name),
    /// A mail exchanger.
    Mx { preference: u16, exchange: Name },
    /// A service's place.
    Srv { priority: u16, weight: u16, port: u16, target: Name },
    /// A certificate authority's permission.
    Caa { flags: u8, tag: String, value: Vec<u8> },
    /// A rewriting rule.
    Naptr {
        order: u16,
        preference: u16,
        flags: Vec<u8>,
        services: Vec<u8>,
        regexp: Vec<u8>,
        replacement: Name,
    },
    /// The strings of a TXT or SPF.
    Text(Vec<Vec<u8>>),
    /// The start of a zone.
    Soa { primary: Name, mailbox: Name, serial: u32, timers: [u32; 4] },
    /// DS, TLSA and SSHFP in wire form.
    Wire(Vec<u8>),
    /// SVCB and HTTPS: accepted and listed, but not answered over DNS.
    Service,
}

/// Why a value is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ValueProblem {
    /// A problem with the service's code, its description, and the value.
    #[error("FATAL problem: {code} ({description}) encountered with '{value}'")]
    Malformed { code: &'static str, description: &'static str, value: String },
    /// A NAPTR value that rewrites in both ways ([RFC 3403, 4.1]), in the words of a [report].
    ///
    /// [RFC 3403, 4.1]: https://datatracker.ietf.org/doc/html/rfc3403#section-4.1
    /// [report]: https://github.com/kubernetes-sigs/external-dns/issues/3979
    #[error(
        "WARNING problem: NAPTRRRDATARegexpAndReplacementError (NAPTR record can have only one \
         field in regexp and replacement) encountered with '{0}'"
    )]
    TwoRewrites(String),
    /// A name inside the value is refused.
    #[error(transparent)]
    Name(#[from] NameProblem),
}

impl ValueProblem {
    fn new(code: &'static str, description: &'static str, value: &str) -> Self {
        Self::Malformed { code, description, value: value.to_owned() }
    }
}

impl Rdata {
    /// Reads a value in the notation of its type.
    ///
    /// # Errors
    ///
    /// The first problem, in the words of the service.
    pub(crate) fn parse(record_type: RecordType, value: &str) -> Result<Self, ValueProblem> {
        match record_type {
            RecordType::A => value.parse().map(Self::A).map_err(|_| {
                ValueProblem::new(
                    "ARRDATAIllegalIPv4Address",
                    "Value is not a valid IPv4 address",
                    value,
                )
            }),
            RecordType::AAAA => value.parse().map(Self::Aaaa).map_err(|_| {
                ValueProblem::new(
                    "AAAARRDATAIllegalIPv6Address",
                    "Value is not a valid IPv6 address",
                    value,
                )
            }),
            RecordType::CNAME | RecordType::NS | RecordType::PTR => Ok(Self::Name(value.parse()?)),
            RecordType::TXT | RecordType::SPF => text::strings(value).map(Self::Text),
            RecordType::MX => fields::mx(value),
            RecordType::SRV => fields::srv(value),
            RecordType::CAA => fields::caa(value),
            RecordType::NAPTR => fields::naptr(value),
            RecordType::SOA => fields::soa(value),
            RecordType::DS => fields::ds(value),
            RecordType::TLSA => fields::tlsa(value),
            RecordType::SSHFP => fields::sshfp(value),
            RecordType::SVCB | RecordType::HTTPS => fields::service(value),
        }
    }
}

#[cfg(test)]
mod tests;
