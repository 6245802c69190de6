//! One DNS record set, as both sides of the protocol see it.
//!
//! Decoding is total: any JSON a Go provider can send becomes an [`Endpoint`], because one odd
//! record must not hide the rest of a zone. Rules about what we are willing to *create* live with
//! the code that creates, not here.

use std::fmt;

use serde::Serialize;

use crate::{CanonicalName, DnsName, Labels, Properties, RecordType, Targets, Ttl, ZoneId};

/// One DNS record set: a name, a type and the values it answers with.
///
/// ```
/// use external_dns_webhook::{Endpoint, RecordType};
///
/// let endpoint = Endpoint::new("www.example.com", RecordType::A, ["192.0.2.1"]);
/// assert!(endpoint.ttl.is_none(), "the provider picks one");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// Name the record answers for.
    #[serde(skip_serializing_if = "DnsName::is_empty")]
    pub dns_name: DnsName,
    /// Values the record answers with.
    #[serde(skip_serializing_if = "Targets::is_empty")]
    pub targets: Targets,
    /// Type of the record.
    #[serde(skip_serializing_if = "is_untyped")]
    pub record_type: RecordType,
    /// Tells apart records with the same name and type under a routing policy; empty otherwise.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub set_identifier: String,
    /// How long resolvers may keep the answer. `None` lets the provider decide.
    #[serde(rename = "recordTTL", skip_serializing_if = "Option::is_none")]
    pub ttl: Option<Ttl>,
    /// Facts about the record that travel in the ownership record, such as its owner.
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// Provider-specific settings, such as a routing weight; `providerSpecific` on the wire.
    #[serde(rename = "providerSpecific", skip_serializing_if = "Properties::is_empty")]
    pub properties: Properties,
    /// The zone that it lives in; `None` on the wire of version 1, and while no zone is chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<ZoneId>,
}

/// What makes two endpoints the same record set: canonical name, type, set identifier and zone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKey {
    name: CanonicalName,
    record_type: RecordType,
    set_identifier: String,
    zone: Option<ZoneId>,
}

impl Endpoint {
    /// Returns an endpoint with no TTL, set identifier, labels, properties or zone.
    pub fn new(
        name: impl Into<DnsName>,
        record_type: RecordType,
        targets: impl Into<Targets>,
    ) -> Self {
        Self { dns_name: name.into(), targets: targets.into(), record_type, ..Self::default() }
    }

    /// Returns the identity of the record set, whatever it answers with.
    pub fn key(&self) -> RecordKey {
        RecordKey {
            name: self.dns_name.canonical().clone(),
            record_type: self.record_type.clone(),
            set_identifier: self.set_identifier.clone(),
            zone: self.zone.clone(),
        }
    }
}

impl RecordKey {
    /// Returns the identity of the record set that has all of this.
    pub fn new(
        name: &DnsName,
        record_type: RecordType,
        set_identifier: impl Into<String>,
        zone: Option<ZoneId>,
    ) -> Self {
        let name = name.canonical().clone();
        Self { name, record_type, set_identifier: set_identifier.into(), zone }
    }

    /// Returns the name as resolvers compare it.
    pub fn name(&self) -> &CanonicalName {
        &self.name
    }

    /// Returns the type of the record set.
    pub fn record_type(&self) -> &RecordType {
        &self.record_type
    }

    /// Returns the set identifier; empty without a routing policy.
    pub fn set_identifier(&self) -> &str {
        &self.set_identifier
    }

    /// Returns the zone of the record set; `None` for a provider of one nameless zone.
    pub fn zone(&self) -> Option<&ZoneId> {
        self.zone.as_ref()
    }
}

impl fmt::Display for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, record_type, set_identifier, zone } = self;
        write!(f, "{name} {record_type}")?;
        if !set_identifier.is_empty() {
            write!(f, " ({set_identifier})")?;
        }
        if let Some(zone) = zone {
            write!(f, " in {zone}")?;
        }
        Ok(())
    }
}

fn is_untyped(record_type: &RecordType) -> bool {
    record_type.as_str().is_empty()
}
