//! What our protocol can say beyond version 1, and how a provider announces it.
//!
//! Every existing controller ignores the members we add, and our client uses an extension only
//! when the provider named it, so version 1 stays as it is. `proto-docs/extensions.md` shows each
//! exchange.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    DnsName, DomainFilter, Endpoint, ObjectRef, RecordType, RefusalCode, ShardScope, ZoneId,
};

/// What a provider says when a controller first asks.
///
/// ```
/// use external_dns_webhook::{Negotiation, wire};
///
/// assert_eq!(wire::encode(&Negotiation::default()), b"{}\n");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Negotiation {
    /// Names the provider serves; [`DomainFilter::All`] when it does not say.
    pub domain_filter: DomainFilter,
    /// Which extensions it offers; empty for a provider of version 1.
    pub extensions: Extensions,
    /// Prefixes of the properties it understands, such as `aws/`; empty when it does not say.
    pub property_prefixes: Vec<String>,
    /// Which part of the zones it serves; `None` for all of them.
    pub shard: Option<ShardScope>,
}

/// The query parameter that asks for the dialect of [`Extension::ZonedRecords`], and its value.
#[cfg(any(feature = "client", feature = "server"))]
pub(crate) const ZONED: (&str, &str) = ("zoned", "true");

/// The query parameter that names a zone which the controller knows to be unavailable; beside
/// [`ZONED`], once for each.
#[cfg(any(feature = "client", feature = "server"))]
pub(crate) const WITHOUT: &str = "without";

/// One thing a provider offers beyond version 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Extension {
    /// `GET /records?name=…` lists the record sets of those names only.
    RecordsByName,
    /// `GET /records` carries an `ETag` and answers 304 to `If-None-Match`.
    ConditionalRecords,
    /// `Prefer: return=representation` makes adjust and apply answer with outcomes.
    Outcomes,
    /// `GET /zones` lists the zones.
    Zones,
    /// `zoned=true` makes every record set say its zone, and live in that zone alone.
    ZonedRecords,
    /// Offered only as long as a list takes long because it is made for the first time: names are
    /// answered for, and written, before.
    NamesFirst,
}

/// The extensions a provider offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extensions(BTreeSet<Extension>);

/// What became of desired record sets that a provider was asked to adjust.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adjusted {
    /// Record sets in the form the provider will report them in.
    #[serde(default)]
    pub endpoints: Vec<Endpoint>,
    /// Record sets it will not serve; what it holds for them stays as it is.
    #[serde(default)]
    pub refused: Vec<Refusal>,
}

/// What became of changes that a provider was asked to write.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Applied {
    /// Changes that were not written; empty when everything was.
    #[serde(default)]
    pub refused: Vec<Refusal>,
    /// Whether the provider makes a dry run: it looked at the changes and wrote none of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

/// One record set that a provider did not take, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// Name of the record set.
    pub dns_name: DnsName,
    /// Type of the record set.
    pub record_type: RecordType,
    /// Its set identifier; empty without a routing policy.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub set_identifier: String,
    /// The zone that it is about; `None` for every zone, and for a provider of one nameless zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<ZoneId>,
    /// The `resource` label of the record set that was sent: which of several objects that ask for it
    /// this is about; `None` when the label was not sent, or the provider does not repeat it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<ObjectRef>,
    /// Which kind of refusal.
    pub code: RefusalCode,
    /// What is wrong and what to do, in one sentence.
    pub message: String,
    /// Whether trying the very same change again can succeed.
    #[serde(default)]
    pub retryable: bool,
}

impl Extension {
    const ALL: [Self; 6] = [
        Self::RecordsByName,
        Self::ConditionalRecords,
        Self::Outcomes,
        Self::Zones,
        Self::ZonedRecords,
        Self::NamesFirst,
    ];

    /// Returns the name that stands for it on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RecordsByName => "records-by-name",
            Self::ConditionalRecords => "conditional-records",
            Self::Outcomes => "outcomes",
            Self::Zones => "zones",
            Self::ZonedRecords => "zoned-records",
            Self::NamesFirst => "names-first",
        }
    }
}

impl Extensions {
    /// Returns the extensions we know among `names`; others are for someone else.
    pub(crate) fn from_names(names: &[String]) -> Self {
        let known = |extension: &Extension| names.iter().any(|name| name == extension.as_str());
        Self(Extension::ALL.into_iter().filter(known).collect())
    }

    /// Tells whether the provider offers `extension`.
    pub fn offers(&self, extension: Extension) -> bool {
        self.0.contains(&extension)
    }

    /// Tells whether the provider tells record sets apart by their zone, which takes the zones and
    /// outcomes, too.
    pub fn offer_zoned_records(&self) -> bool {
        [Extension::ZonedRecords, Extension::Zones, Extension::Outcomes]
            .into_iter()
            .all(|extension| self.offers(extension))
    }

    /// Tells whether the provider offers nothing beyond version 1.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Iterates over the names on the wire.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|extension| extension.as_str())
    }
}

impl FromIterator<Extension> for Extensions {
    fn from_iter<I: IntoIterator<Item = Extension>>(extensions: I) -> Self {
        Self(extensions.into_iter().collect())
    }
}

impl Serialize for Negotiation {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;

        let Self { domain_filter, extensions, property_prefixes, shard } = self;
        let mut object = serializer.serialize_map(None)?;
        domain_filter.serialize_members(&mut object)?;
        if !extensions.is_empty() {
            object.serialize_entry("extensions", &extensions.names().collect::<Vec<_>>())?;
        }
        if !property_prefixes.is_empty() {
            object.serialize_entry("propertyPrefixes", property_prefixes)?;
        }
        if let Some(ShardScope { shard, elsewhere }) = shard {
            object.serialize_entry("shard", &shard.to_string())?;
            object.serialize_entry("elsewhere", elsewhere)?;
        }
        object.end()
    }
}

impl<'de> Deserialize<'de> for DnsName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

impl<'de> Deserialize<'de> for RecordType {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

impl Refusal {
    /// Returns a refusal of `endpoint` that repeating will not change.
    pub fn of(
        endpoint: &Endpoint,
        code: impl Into<RefusalCode>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            dns_name: endpoint.dns_name.clone(),
            record_type: endpoint.record_type.clone(),
            set_identifier: endpoint.set_identifier.clone(),
            zone: endpoint.zone.clone(),
            resource: endpoint.labels.resource().cloned(),
            code: code.into(),
            message: message.into(),
            retryable: false,
        }
    }

    /// Tells whether this is about `endpoint`, in its zone or in all.
    pub fn is_about(&self, endpoint: &Endpoint) -> bool {
        self.dns_name.canonical() == endpoint.dns_name.canonical()
            && self.record_type == endpoint.record_type
            && self.set_identifier == endpoint.set_identifier
            && (self.zone.is_none() || self.zone == endpoint.zone)
    }
}
