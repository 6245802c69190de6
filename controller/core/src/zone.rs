//! A zone as people are told about it.

use std::fmt;
use std::sync::Arc;

use external_dns_webhook::{DnsName, Zone, ZoneId};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// Which zone something is about.
///
/// Cheap to clone: everything that is said about a zone shares one. As JSON it is three members of
/// what it is about: `zone` (the name), and `zoneId` and `private` where the provider tells record
/// sets apart by their zone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ZoneInfo(Arc<Inner>);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Inner {
    name: DnsName,
    /// The provider's own identifier; `None` when only the name is known.
    id: Option<ZoneId>,
    private: bool,
}

impl ZoneInfo {
    /// Returns a zone that only its name is known of.
    pub fn named(name: impl Into<DnsName>) -> Self {
        Self(Arc::new(Inner { name: name.into(), id: None, private: false }))
    }

    /// Returns a zone that only its identifier is known of.
    pub fn unnamed(id: ZoneId) -> Self {
        Self(Arc::new(Inner { name: DnsName::default(), id: Some(id), private: false }))
    }

    /// Returns its name; empty when it is not known.
    pub fn name(&self) -> &DnsName {
        &self.0.name
    }

    /// Returns the provider's own identifier; `None` for a provider that does not tell record sets
    /// apart by their zone.
    pub fn id(&self) -> Option<&ZoneId> {
        self.0.id.as_ref()
    }

    /// Tells whether only private networks see it.
    pub fn is_private(&self) -> bool {
        self.0.private
    }
}

impl From<&Zone> for ZoneInfo {
    fn from(zone: &Zone) -> Self {
        let Zone { id, name, private, unavailable: _ } = zone;
        let id = Some(ZoneId::from(id.as_str()));
        Self(Arc::new(Inner { name: name.clone(), id, private: *private }))
    }
}

impl fmt::Display for ZoneInfo {
    /// `example.com (Z1, private)`, or only what is known of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { name, id, private } = &*self.0;
        let kind = if *private { "private" } else { "public" };
        match id {
            None => f.pad(name.as_str()),
            Some(id) if name.is_empty() => f.pad(id.as_str()),
            Some(id) => f.pad(&format!("{name} ({id}, {kind})")),
        }
    }
}

impl Serialize for ZoneInfo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Inner { name, id, private } = &*self.0;
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("zone", name)?;
        if let Some(id) = id {
            members.serialize_entry("zoneId", id)?;
            members.serialize_entry("private", private)?;
        }
        members.end()
    }
}

/// Writes a zone as people are told about it; an empty text when it is not known.
#[expect(clippy::ref_option, reason = "serde calls it with what stands in the field")]
pub(crate) fn as_text<S: Serializer>(zone: &Option<ZoneInfo>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&text(zone.as_ref()))
}

/// Returns a zone as people are told about it; empty when it is not known.
pub(crate) fn text(zone: Option<&ZoneInfo>) -> String {
    zone.map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_told_by_name_and_where_there_are_several_by_id_and_kind() {
        let zone = Zone {
            id: "Z1".to_owned(),
            name: "example.com".into(),
            private: true,
            unavailable: None,
        };
        let told = ZoneInfo::from(&zone);
        assert_eq!(told.to_string(), "example.com (Z1, private)");
        assert_eq!(
            serde_json::to_string(&told).unwrap(),
            r#"{"zone":"example.com","zoneId":"Z1","private":true}"#
        );
        let named = ZoneInfo::named("example.com");
        assert_eq!(named.to_string(), "example.com");
        assert_eq!(serde_json::to_string(&named).unwrap(), r#"{"zone":"example.com"}"#);
        assert_eq!(ZoneInfo::unnamed("Z2".into()).to_string(), "Z2");
    }
}
