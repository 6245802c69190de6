//! Which member of which protocol object goes where.

use serde::Deserializer;
use serde::de::MapAccess;

use super::merge_decode::{Members, MergeDecode, Seed};
use crate::domain_filter::{DomainFilter, UnusableFilter};
use crate::shard::{BadShard, ShardScope};
use crate::{
    Changes, DnsName, Endpoint, Extensions, Labels, Negotiation, Properties, Property, RecordType,
    Targets, Ttl, UnpairedUpdates, Update, ZoneId,
};

/// The change lists as they travel: updates in two halves, elements possibly `null`.
#[derive(Default)]
pub(super) struct WireChanges {
    create: Vec<Option<Endpoint>>,
    update_old: Vec<Option<Endpoint>>,
    update_new: Vec<Option<Endpoint>>,
    delete: Vec<Option<Endpoint>>,
    /// Whether any member was one of those.
    is_known: bool,
    /// The first member that was none of those.
    unknown: Option<String>,
}

impl WireChanges {
    /// Returns a member of an object that has none of those of changes.
    ///
    /// What is meant for another path, or is misspelt as a whole, must not look as though it was
    /// written.
    pub(super) fn only_unknown(&self) -> Option<&str> {
        self.unknown.as_deref().filter(|_| !self.is_known)
    }
}

/// What a provider answers to negotiation, as it travels.
#[derive(Default)]
pub(super) struct WireNegotiation {
    include: Vec<String>,
    exclude: Vec<String>,
    regex_include: String,
    regex_exclude: String,
    extensions: Vec<String>,
    property_prefixes: Vec<String>,
    shard: String,
    elsewhere: Vec<String>,
}

/// Why what a provider answers to negotiation cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadNegotiation {
    /// Its domain filter.
    #[error("the domain filter is not usable: {0}")]
    DomainFilter(#[from] UnusableFilter),
    /// Its shard.
    #[error("the shard is not usable: {0}")]
    Shard(#[from] BadShard),
}

impl Members for Endpoint {
    const WHAT: &'static str = "a record set object";

    fn member<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        map: &mut A,
    ) -> Result<bool, A::Error> {
        match name {
            "dnsname" => {
                if let Some(text) = map.next_value::<Option<String>>()? {
                    self.dns_name = text.into();
                }
            }
            "targets" => map.next_value_seed(Seed(&mut self.targets.0))?,
            "recordtype" => {
                if let Some(text) = map.next_value::<Option<String>>()? {
                    self.record_type = RecordType::from(text);
                }
            }
            "setidentifier" => map.next_value_seed(Seed(&mut self.set_identifier))?,
            "recordttl" => {
                let mut seconds =
                    self.ttl.map_or(0, |ttl| i64::try_from(ttl.seconds()).unwrap_or(i64::MAX));
                map.next_value_seed(Seed(&mut seconds))?;
                self.ttl = Ttl::from_seconds(seconds);
            }
            "labels" => map.next_value_seed(Seed(&mut self.labels))?,
            "providerspecific" => map.next_value_seed(Seed(&mut self.properties.0))?,
            "zone" => {
                if let Some(text) = map.next_value::<Option<String>>()? {
                    self.zone = Some(text).filter(|zone| !zone.is_empty()).map(ZoneId::from);
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl Members for Property {
    const WHAT: &'static str = "an object with `name` and `value`";

    fn member<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        map: &mut A,
    ) -> Result<bool, A::Error> {
        match name {
            "name" => map.next_value_seed(Seed(&mut self.name))?,
            "value" => map.next_value_seed(Seed(&mut self.value))?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl Members for WireChanges {
    const WHAT: &'static str = "an object with `create`, `updateOld`, `updateNew` and `delete`";

    fn member<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        map: &mut A,
    ) -> Result<bool, A::Error> {
        // Names are matched without case, which also covers `Create` and `UpdateOld`, the spelling
        // that controllers before May 2025 send.
        match name {
            "create" => map.next_value_seed(Seed(&mut self.create))?,
            "updateold" => map.next_value_seed(Seed(&mut self.update_old))?,
            "updatenew" => map.next_value_seed(Seed(&mut self.update_new))?,
            "delete" => map.next_value_seed(Seed(&mut self.delete))?,
            other => {
                self.unknown.get_or_insert_with(|| other.chars().take(100).collect());
                return Ok(false);
            }
        }
        self.is_known = true;
        Ok(true)
    }
}

impl TryFrom<WireChanges> for Changes {
    type Error = UnpairedUpdates;

    fn try_from(wire: WireChanges) -> Result<Self, UnpairedUpdates> {
        let WireChanges { create, update_old, update_new, delete, is_known: _, unknown: _ } = wire;
        let update = Update::pair(update_old, update_new)?;
        let present = |list: Vec<Option<Endpoint>>| list.into_iter().flatten().collect();
        Ok(Self { create: present(create), update, delete: present(delete) })
    }
}

impl Members for WireNegotiation {
    const WHAT: &'static str = "a domain filter object";

    fn member<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        map: &mut A,
    ) -> Result<bool, A::Error> {
        match name {
            "include" => map.next_value_seed(Seed(&mut self.include))?,
            "exclude" => map.next_value_seed(Seed(&mut self.exclude))?,
            "regexinclude" => map.next_value_seed(Seed(&mut self.regex_include))?,
            "regexexclude" => map.next_value_seed(Seed(&mut self.regex_exclude))?,
            "extensions" => map.next_value_seed(Seed(&mut self.extensions))?,
            "propertyprefixes" => map.next_value_seed(Seed(&mut self.property_prefixes))?,
            "shard" => map.next_value_seed(Seed(&mut self.shard))?,
            "elsewhere" => map.next_value_seed(Seed(&mut self.elsewhere))?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl TryFrom<WireNegotiation> for Negotiation {
    type Error = BadNegotiation;

    fn try_from(wire: WireNegotiation) -> Result<Self, BadNegotiation> {
        let WireNegotiation {
            include,
            exclude,
            regex_include,
            regex_exclude,
            extensions,
            property_prefixes,
            shard,
            elsewhere,
        } = wire;
        let domain_filter =
            DomainFilter::from_wire(&include, &exclude, &regex_include, &regex_exclude)?;
        // What it serves only a part of must not be taken for all.
        let shard = match shard.as_str() {
            "" => None,
            shard => Some(ShardScope {
                shard: shard.parse()?,
                elsewhere: elsewhere.into_iter().map(DnsName::from).collect(),
            }),
        };
        Ok(Self {
            domain_filter,
            extensions: Extensions::from_names(&extensions),
            property_prefixes,
            shard,
        })
    }
}

// The plain `Deserialize` reads a record set wherever one is embedded: in a manifest, a snapshot.
impl<'de> serde::Deserialize<'de> for Endpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut endpoint = Self::default();
        endpoint.merge_decode(deserializer)?;
        Ok(endpoint)
    }
}

impl<'de> serde::Deserialize<'de> for Changes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut wire = WireChanges::default();
        wire.merge_decode(deserializer)?;
        wire.try_into().map_err(serde::de::Error::custom)
    }
}

impl<'de> serde::Deserialize<'de> for DomainFilter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut wire = WireNegotiation::default();
        wire.merge_decode(deserializer)?;
        let negotiation = Negotiation::try_from(wire).map_err(serde::de::Error::custom)?;
        Ok(negotiation.domain_filter)
    }
}

/// Reads a bare value over nothing, for the types that are lists or maps on the wire.
macro_rules! deserialize_over_nothing {
    ($($type:ident),*) => {$(
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let mut inner = Default::default();
                MergeDecode::merge_decode(&mut inner, deserializer)?;
                Ok(Self(inner))
            }
        }
    )*};
}

deserialize_over_nothing!(Targets, Properties);

impl<'de> serde::Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut labels = Self::default();
        labels.merge_decode(deserializer)?;
        Ok(labels)
    }
}
