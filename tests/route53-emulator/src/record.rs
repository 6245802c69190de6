//! A record set that has passed validation, and its identity inside a zone.
//!
//! Route 53 identifies a record set by name, type and set identifier; everything else is content
//! that a DELETE has to repeat exactly.

mod routing;

use std::fmt;
use std::str::FromStr;

pub(crate) use self::routing::{
    GeoLocation, GeoProximity, GeoProximityPlace, Routing, RoutingKind,
};
use crate::name::Name;

/// The record types of Route 53, in the order in which one name's record sets are listed.
///
/// From `RRType` of the API reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the variants are the DNS types of the same name")]
pub enum RecordType {
    A,
    AAAA,
    CAA,
    CNAME,
    DS,
    HTTPS,
    MX,
    NAPTR,
    NS,
    PTR,
    SOA,
    SPF,
    SRV,
    SSHFP,
    SVCB,
    TLSA,
    TXT,
}

impl RecordType {
    /// Every type, in the order of the lists.
    pub const ALL: [Self; 17] = [
        Self::A,
        Self::AAAA,
        Self::CAA,
        Self::CNAME,
        Self::DS,
        Self::HTTPS,
        Self::MX,
        Self::NAPTR,
        Self::NS,
        Self::PTR,
        Self::SOA,
        Self::SPF,
        Self::SRV,
        Self::SSHFP,
        Self::SVCB,
        Self::TLSA,
        Self::TXT,
    ];

    /// The names of [`Self::ALL`].
    pub const NAMES: [&'static str; 17] = [
        "A", "AAAA", "CAA", "CNAME", "DS", "HTTPS", "MX", "NAPTR", "NS", "PTR", "SOA", "SPF",
        "SRV", "SSHFP", "SVCB", "TLSA", "TXT",
    ];
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A text that names no record type of Route 53.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a record type of Route 53")]
pub struct UnknownRecordType(pub String);

impl FromStr for RecordType {
    type Err = UnknownRecordType;

    fn from_str(text: &str) -> Result<Self, UnknownRecordType> {
        Self::ALL
            .into_iter()
            .zip(Self::NAMES)
            .find_map(|(record_type, name)| (name == text).then_some(record_type))
            .ok_or_else(|| UnknownRecordType(text.to_owned()))
    }
}

/// What makes a record set the same record set: name, type, set identifier.
///
/// The order is that of Route 53's lists. The set identifier is empty for simple record sets;
/// Route 53 accepts no empty one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The name.
    pub name: Name,
    /// The type.
    pub record_type: RecordType,
    /// The set identifier, empty when the record set has none.
    pub set_identifier: Box<str>,
}

/// One record set of a zone.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordSet {
    /// Name, type and set identifier.
    pub key: Key,
    /// Which queries it answers.
    pub routing: Routing,
    /// What it answers.
    pub content: Content,
    /// The health check it depends on.
    pub health_check_id: Option<Box<str>>,
}

impl RecordSet {
    /// Tells whether a DELETE that repeats `other` matches this record set.
    ///
    /// The order of values does not matter; everything else does.
    pub fn matches(&self, other: &Self) -> bool {
        let Self { key, routing, content, health_check_id } = self;
        *key == other.key
            && *routing == other.routing
            && *health_check_id == other.health_check_id
            && content.matches(&other.content)
    }

    /// Returns the values; none for an alias.
    pub fn values(&self) -> &[Box<str>] {
        match &self.content {
            Content::Records { values, .. } => values,
            Content::Alias(_) => &[],
        }
    }
}

/// What a record set answers.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Records of its own.
    Records {
        /// Time to live in seconds.
        ttl: u32,
        /// At least one value, as sent.
        values: Vec<Box<str>>,
    },
    /// Whatever another name answers.
    Alias(AliasTarget),
}

impl Content {
    fn matches(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Records { ttl, values },
                Self::Records { ttl: other_ttl, values: other_values },
            ) => ttl == other_ttl && sorted(values) == sorted(other_values),
            (Self::Alias(target), Self::Alias(other)) => target == other,
            (Self::Records { .. }, Self::Alias(_)) | (Self::Alias(_), Self::Records { .. }) => {
                false
            }
        }
    }
}

fn sorted(values: &[Box<str>]) -> Vec<&str> {
    let mut values: Vec<_> = values.iter().map(AsRef::as_ref).collect();
    values.sort_unstable();
    values
}

/// Where an alias points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasTarget {
    /// The record set's own zone, or the zone that AWS publishes for a service and region.
    pub hosted_zone_id: Box<str>,
    /// The target's name.
    pub dns_name: Name,
    /// Whether the target's health counts as this record set's health.
    pub evaluate_target_health: bool,
}
