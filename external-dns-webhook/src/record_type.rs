//! Types of DNS record sets, spelled as DNS spells them.

use std::fmt;

use serde::Serialize;

/// Type of a DNS record set ([IANA registry]).
///
/// Compared exactly: `a` is not `A`, because no provider answers for it.
///
/// ```
/// use external_dns_webhook::RecordType;
///
/// assert_eq!(RecordType::from("AAAA"), RecordType::Aaaa);
/// assert_eq!(RecordType::from("SVCB").as_str(), "SVCB");
/// ```
///
/// [IANA registry]: https://www.iana.org/assignments/dns-parameters/dns-parameters.xhtml
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordType {
    /// IPv4 address.
    A,
    /// IPv6 address.
    Aaaa,
    /// Certification authority authorization.
    Caa,
    /// Alias to another name.
    Cname,
    /// Alias for a whole subtree.
    Dname,
    /// Mail exchange.
    Mx,
    /// Naming authority pointer.
    Naptr,
    /// Name server.
    Ns,
    /// Name of an address, under `in-addr.arpa` or `ip6.arpa`.
    Ptr,
    /// Location of a service.
    Srv,
    /// Free text; also how ownership records are stored.
    Txt,
    /// A type this crate gives no meaning to, or none at all when empty; kept as it was sent.
    Other(String),
}

impl RecordType {
    /// Returns the type as DNS writes it; empty when the sender gave none.
    pub fn as_str(&self) -> &str {
        match self {
            Self::A => "A",
            Self::Aaaa => "AAAA",
            Self::Caa => "CAA",
            Self::Cname => "CNAME",
            Self::Dname => "DNAME",
            Self::Mx => "MX",
            Self::Naptr => "NAPTR",
            Self::Ns => "NS",
            Self::Ptr => "PTR",
            Self::Srv => "SRV",
            Self::Txt => "TXT",
            Self::Other(name) => name,
        }
    }
}

impl Default for RecordType {
    fn default() -> Self {
        Self::Other(String::new())
    }
}

impl From<&str> for RecordType {
    fn from(name: &str) -> Self {
        match name {
            "A" => Self::A,
            "AAAA" => Self::Aaaa,
            "CAA" => Self::Caa,
            "CNAME" => Self::Cname,
            "DNAME" => Self::Dname,
            "MX" => Self::Mx,
            "NAPTR" => Self::Naptr,
            "NS" => Self::Ns,
            "PTR" => Self::Ptr,
            "SRV" => Self::Srv,
            "TXT" => Self::Txt,
            _ => Self::Other(name.to_owned()),
        }
    }
}

impl From<String> for RecordType {
    fn from(name: String) -> Self {
        Self::from(name.as_str())
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for RecordType {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
