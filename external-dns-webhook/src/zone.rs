//! Zones: the part of the DNS in which a record set lives.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::DnsName;

/// The provider's own identifier of a zone.
///
/// Cheap to clone: every record set of a zone shares one.
///
/// ```
/// use external_dns_webhook::ZoneId;
///
/// assert_eq!(ZoneId::from("Z1").as_str(), "Z1");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ZoneId(Arc<str>);

/// A zone that a provider serves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Zone {
    /// The provider's own identifier.
    pub id: String,
    /// Name of the zone, without the final dot.
    pub name: DnsName,
    /// Whether only private networks see it.
    #[serde(default)]
    pub private: bool,
    /// Why the zone cannot be used right now; `None` when it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unavailable: Option<String>,
}

impl ZoneId {
    /// Returns the identifier as the provider spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for ZoneId {
    fn from(id: &str) -> Self {
        Self(id.into())
    }
}

impl From<String> for ZoneId {
    fn from(id: String) -> Self {
        Self(id.into())
    }
}

impl fmt::Display for ZoneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Serialize for ZoneId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ZoneId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}
