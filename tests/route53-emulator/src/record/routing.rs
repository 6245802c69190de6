//! The routing policies: which of several record sets of one name and type answers.

use std::fmt;

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
