//! A record set that has passed validation, and its identity inside a zone.
//!
//! Route 53 identifies a record set by name, type and set identifier; everything else is content
//! that a DELETE has to repeat exactly.

use std::fmt;
use std::str::FromStr;

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

/// The routing policy of a record set, with its parameters.
#[derive(Debug, Clone, PartialEq)]
pub enum Routing {
    /// No policy: the only record set of its name and type.
    Simple,
    /// A share of the answers, 0 to 255.
    Weighted(u8),
    /// The AWS region for latency routing.
    Latency(Box<str>),
    /// The one that answers while healthy.
    FailoverPrimary,
    /// The one that answers otherwise.
    FailoverSecondary,
    /// Queries from one place.
    Geolocation(GeoLocation),
    /// Queries nearest to one place.
    Geoproximity(GeoProximity),
    /// Up to eight record sets answer together.
    Multivalue,
    /// Queries from one location of a CIDR collection.
    Cidr {
        /// The collection's id.
        collection_id: Box<str>,
        /// The location in it; `*` is the default.
        location_name: Box<str>,
    },
}

impl Routing {
    /// Returns the policy's kind, which all record sets of one name and type share.
    pub fn kind(&self) -> RoutingKind {
        match self {
            Self::Simple => RoutingKind::Simple,
            Self::Weighted(_) => RoutingKind::Weighted,
            Self::Latency(_) => RoutingKind::Latency,
            Self::FailoverPrimary | Self::FailoverSecondary => RoutingKind::Failover,
            Self::Geolocation(_) => RoutingKind::Geolocation,
            Self::Geoproximity(_) => RoutingKind::Geoproximity,
            Self::Multivalue => RoutingKind::Multivalue,
            Self::Cidr { .. } => RoutingKind::Cidr,
        }
    }
}

/// A routing policy without its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoutingKind {
    /// [`Routing::Simple`].
    Simple,
    /// [`Routing::Weighted`].
    Weighted,
    /// [`Routing::Latency`].
    Latency,
    /// [`Routing::FailoverPrimary`] or [`Routing::FailoverSecondary`].
    Failover,
    /// [`Routing::Geolocation`].
    Geolocation,
    /// [`Routing::Geoproximity`].
    Geoproximity,
    /// [`Routing::Multivalue`].
    Multivalue,
    /// [`Routing::Cidr`].
    Cidr,
}

impl fmt::Display for RoutingKind {
    /// Writes the kind as Route 53's messages do: `weighted`, `multivalue answer`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Simple => "simple",
            Self::Weighted => "weighted",
            Self::Latency => "latency",
            Self::Failover => "failover",
            Self::Geolocation => "geolocation",
            Self::Geoproximity => "geoproximity",
            Self::Multivalue => "multivalue answer",
            Self::Cidr => "cidr",
        })
    }
}

/// A place on a map as geolocation routing names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GeoLocation {
    /// A continent's two-letter code.
    Continent(Box<str>),
    /// A country's ISO 3166-1 code; `*` is everywhere else.
    Country(Box<str>),
    /// A part of the United States or of Ukraine.
    Subdivision {
        /// The country's code.
        country: Box<str>,
        /// The part's code.
        subdivision: Box<str>,
    },
}

/// A place on a map as geoproximity routing names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeoProximity {
    /// The place.
    pub place: GeoProximityPlace,
    /// How far its area reaches, -99 to 99; `None` when not given, which acts as 0.
    pub bias: Option<i8>,
}

/// The three ways to say where a resource is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GeoProximityPlace {
    /// An AWS region.
    Region(Box<str>),
    /// A local zone group.
    LocalZoneGroup(Box<str>),
    /// Degrees north and east, as sent.
    Coordinates {
        /// Degrees north.
        latitude: Box<str>,
        /// Degrees east.
        longitude: Box<str>,
    },
}
