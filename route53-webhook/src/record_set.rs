//! One record set as Route 53 has it, and its translations: API ⇄ record set ⇄ endpoint.
//!
//! Nothing of a record set that we may have to delete is lost here, since a DELETE must repeat it
//! exactly. A law proves that each translation is the inverse of the other.

use std::borrow::Cow;
use std::net::IpAddr;

use aws_sdk_route53::error::BuildError;
use aws_sdk_route53::types::{AliasTarget, ResourceRecord, ResourceRecordSet, RrType};
use external_dns_webhook::{DnsName, Endpoint, Properties, RecordType, Targets, Ttl};

use crate::alias;
use crate::name::WireName;
use crate::properties::{
    self, ALIAS, EVALUATE_TARGET_HEALTH, HEALTH_CHECK_ID, InvalidProperty, TARGET_HOSTED_ZONE,
};
use crate::routing::{Routing, RoutingKind};
use crate::text;

/// TTL of a record set whose controller wants none, in seconds.
///
/// Compat: also the TTL that an alias, which has none, is reported with.
pub const DEFAULT_TTL_SECONDS: u32 = 300;

/// A record set of one zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordSet {
    /// Its name.
    pub name: WireName,
    /// Its type.
    pub record_type: RecordType,
    /// Tells it apart from others of its name and type under a routing policy.
    pub set_identifier: Option<Box<str>>,
    /// What it answers with.
    pub data: Data,
    /// How it shares its name and type with others; `None` for simple routing.
    pub routing: Option<Box<Routing>>,
    /// Health check that decides whether it answers.
    pub health_check: Option<Box<str>>,
}

/// What a record set answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// Values of its own, in the spelling that Route 53 has.
    Values {
        /// How long resolvers may keep the answer.
        ttl_seconds: u32,
        /// The values.
        values: Box<[Box<str>]>,
    },
    /// Whatever another name answers.
    Alias(Box<Alias>),
}

/// Where an alias points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// Name of the target.
    pub name: WireName,
    /// Hosted zone of the target.
    pub zone: AliasZone,
    /// Whether the alias answers according to the health of its target.
    pub evaluate_target_health: bool,
}

/// Hosted zone of an alias target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AliasZone {
    /// The zone that has the alias, whichever that is: copies in two zones differ in their ids.
    Same,
    /// The zone with this id, without `/hostedzone/`.
    Id(Box<str>),
}

/// What makes two record sets of a zone the same one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Its name.
    pub name: WireName,
    /// Its type.
    pub record_type: RecordType,
    /// Its set identifier; empty with simple routing.
    pub set_identifier: String,
}

impl RecordSet {
    /// Returns what makes it the same record set, whatever it answers with.
    pub fn key(&self) -> Key {
        Key {
            name: self.name.clone(),
            record_type: self.record_type.clone(),
            set_identifier: self.set_identifier.as_deref().unwrap_or_default().to_owned(),
        }
    }

    /// Returns the kind of its routing policy; `None` for simple routing.
    pub fn routing_kind(&self) -> Option<RoutingKind> {
        self.routing.as_ref().map(|routing| routing.kind())
    }

    /// Returns the number of values, which is one for an alias.
    pub fn value_count(&self) -> usize {
        match &self.data {
            Data::Values { values, .. } => values.len(),
            Data::Alias(_) => 1,
        }
    }

    /// Returns the number of characters in its values, or in the name of its alias target.
    pub fn value_bytes(&self) -> usize {
        match &self.data {
            Data::Values { values, .. } => values.iter().map(|value| value.len()).sum(),
            Data::Alias(alias) => alias.name.as_str().len(),
        }
    }

    /// Tells whether both answer the same way, in whatever order and spelling.
    pub fn answers_like(&self, other: &Self) -> bool {
        self.key() == other.key()
            && self.routing == other.routing
            && self.health_check == other.health_check
            && self.same_data(other)
    }

    fn same_data(&self, other: &Self) -> bool {
        match (&self.data, &other.data) {
            (Data::Alias(ours), Data::Alias(theirs)) => ours == theirs,
            (
                Data::Values { ttl_seconds, values },
                Data::Values { ttl_seconds: their_ttl, values: their_values },
            ) => {
                let canonical = |values: &[Box<str>]| {
                    let mut all: Vec<_> = values
                        .iter()
                        .map(|value| canonical_value(value, &self.record_type))
                        .collect();
                    all.sort();
                    all
                };
                ttl_seconds == their_ttl
                    && values.len() == their_values.len()
                    && (values == their_values || canonical(values) == canonical(their_values))
            }
            (Data::Alias(_), Data::Values { .. }) | (Data::Values { .. }, Data::Alias(_)) => false,
        }
    }

    /// Reads what the API answered; `None` for a set that answers with nothing.
    ///
    /// `zone_id` is the zone that has it.
    pub fn from_api(set: &ResourceRecordSet, zone_id: &str) -> Option<Self> {
        let data = match &set.alias_target {
            Some(target) => Data::Alias(Box::new(Alias::from_api(target, zone_id))),
            None => Data::Values {
                ttl_seconds: u32::try_from(set.ttl.unwrap_or(0)).unwrap_or(u32::MAX),
                values: set.resource_records().iter().map(|record| record.value().into()).collect(),
            },
        };
        if matches!(&data, Data::Values { values, .. } if values.is_empty()) {
            return None;
        }
        Some(Self {
            name: WireName::from_api(&set.name),
            record_type: RecordType::from(set.r#type.as_str()),
            set_identifier: set.set_identifier.as_deref().map(Into::into),
            data,
            routing: Routing::from_api(set).map(Box::new),
            health_check: set.health_check_id.as_deref().map(Into::into),
        })
    }

    /// Writes it as the API takes it, for the zone with the given id.
    ///
    /// # Errors
    ///
    /// Returns an error when a member that AWS requires is missing, which would be a defect.
    pub fn to_api(&self, zone_id: &str) -> Result<ResourceRecordSet, BuildError> {
        let Self { name, record_type, set_identifier, data, routing, health_check } = self;
        let set = ResourceRecordSet::builder()
            .name(name.to_api())
            .r#type(RrType::from(record_type.as_str()))
            .set_set_identifier(set_identifier.as_deref().map(str::to_owned))
            .set_health_check_id(health_check.as_deref().map(str::to_owned));
        let set = match data {
            Data::Values { ttl_seconds, values } => {
                let records = values
                    .iter()
                    .map(|value| ResourceRecord::builder().value(&**value).build())
                    .collect::<Result<Vec<_>, _>>()?;
                set.ttl(i64::from(*ttl_seconds)).set_resource_records(Some(records))
            }
            Data::Alias(alias) => set.alias_target(alias.to_api(zone_id)?),
        };
        match routing {
            Some(routing) => routing.to_api(set),
            None => set,
        }
        .build()
    }

    /// Returns it as a controller sees it.
    pub fn to_endpoint(&self) -> Endpoint {
        let Self { name, record_type, set_identifier, data, routing, health_check } = self;
        let mut properties = Properties::default();
        let (targets, ttl_seconds) = match data {
            Data::Values { ttl_seconds, values } => {
                if matches!(record_type, RecordType::Cname) {
                    properties.set(ALIAS, "false");
                }
                let targets =
                    values.iter().map(|value| reported_value(value, record_type)).collect();
                (targets, *ttl_seconds)
            }
            Data::Alias(alias) => {
                alias.to_properties(&mut properties);
                (Targets::from([alias.name.to_text()]), DEFAULT_TTL_SECONDS)
            }
        };
        if let Some(routing) = routing {
            routing.to_properties(&mut properties);
        }
        if let Some(health_check) = health_check {
            properties.set(HEALTH_CHECK_ID, &**health_check);
        }
        Endpoint {
            dns_name: DnsName::from(name.to_text()),
            targets,
            record_type: record_type.clone(),
            set_identifier: set_identifier.as_deref().unwrap_or_default().to_owned(),
            ttl: Ttl::from_seconds(i64::from(ttl_seconds)),
            properties,
            ..Endpoint::default()
        }
    }

    /// Reads what a controller desires.
    ///
    /// `evaluate_target_health` is what an alias does that does not say, to a target that has a health
    /// at all. Whether Route 53 would
    /// take the record set is for [`validate`](crate::validate) to say.
    ///
    /// # Errors
    ///
    /// Returns an error when a property makes no sense.
    pub fn from_endpoint(
        endpoint: &Endpoint,
        evaluate_target_health: bool,
    ) -> Result<Self, InvalidProperty> {
        let properties = properties::canonical(&endpoint.properties);
        let record_type = &endpoint.record_type;
        let data = match alias_name(endpoint, &properties) {
            Some(name) => {
                properties::named(&properties, TARGET_HOSTED_ZONE)?;
                let zone = AliasZone::of(name, &properties);
                let evaluate = properties::flag(&properties, EVALUATE_TARGET_HEALTH)?;
                let default = evaluate_target_health && zone.has_health();
                Data::Alias(Box::new(Alias {
                    zone,
                    name: WireName::from_text(&DnsName::from(name)),
                    evaluate_target_health: evaluate.unwrap_or(default),
                }))
            }
            None => Data::Values {
                ttl_seconds: endpoint.ttl.map_or(DEFAULT_TTL_SECONDS, |ttl| {
                    u32::try_from(ttl.seconds()).unwrap_or(u32::MAX)
                }),
                values: endpoint
                    .targets
                    .iter()
                    .map(|target| sent_value(target, record_type))
                    .collect(),
            },
        };
        Ok(Self {
            name: WireName::from_text(&endpoint.dns_name),
            record_type: record_type.clone(),
            set_identifier: Some(endpoint.set_identifier.as_str())
                .filter(|text| !text.is_empty())
                .map(Into::into),
            data,
            routing: Routing::from_properties(&properties)?.map(Box::new),
            health_check: properties::named(&properties, HEALTH_CHECK_ID)?.map(Into::into),
        })
    }
}

impl Alias {
    fn from_api(target: &AliasTarget, zone_id: &str) -> Self {
        let target_zone = bare_zone_id(&target.hosted_zone_id);
        Self {
            name: WireName::from_api(&target.dns_name),
            zone: if target_zone == zone_id {
                AliasZone::Same
            } else {
                AliasZone::Id(target_zone.into())
            },
            evaluate_target_health: target.evaluate_target_health,
        }
    }

    fn to_api(&self, zone_id: &str) -> Result<AliasTarget, BuildError> {
        let target_zone = match &self.zone {
            AliasZone::Same => zone_id,
            AliasZone::Id(id) => id,
        };
        AliasTarget::builder()
            .dns_name(self.name.to_api())
            .hosted_zone_id(target_zone)
            .evaluate_target_health(self.evaluate_target_health)
            .build()
    }

    /// The zone of the target is reported only where it is not the one we would choose ourselves.
    fn to_properties(&self, properties: &mut Properties) {
        properties.set(EVALUATE_TARGET_HEALTH, self.evaluate_target_health.to_string());
        properties.set(ALIAS, "true");
        if self.zone != AliasZone::of(&self.name.to_text(), &Properties::default())
            && let AliasZone::Id(id) = &self.zone
        {
            properties.set(TARGET_HOSTED_ZONE, &**id);
        }
    }
}

impl AliasZone {
    /// Returns the zone of a target: the one that the properties name, or that the table knows.
    pub fn of(target: &str, properties: &Properties) -> Self {
        match (properties.get(TARGET_HOSTED_ZONE), alias::target(target)) {
            (Some(id), _) if !id.is_empty() => Self::Id(bare_zone_id(id).into()),
            (_, alias::Target::Service(id)) => Self::Id(id.into()),
            (_, alias::Target::UnknownRegion | alias::Target::Elsewhere) => Self::Same,
        }
    }
}

impl AliasZone {
    /// Tells whether Route 53 knows the health of targets in this zone.
    pub fn has_health(&self) -> bool {
        match self {
            Self::Same => true,
            Self::Id(id) => !alias::WITHOUT_HEALTH.contains(&&**id),
        }
    }
}

/// Returns a zone id without the path that the API puts in front of it.
pub fn bare_zone_id(id: &str) -> &str {
    id.strip_prefix("/hostedzone/").unwrap_or(id)
}

/// Returns what an alias points to; `None` for a record set with values of its own.
///
/// Compat: ExternalDNS copies the properties of an alias onto its ownership record, so text in
/// quotes is text whatever they say.
fn alias_name<'a>(endpoint: &'a Endpoint, properties: &Properties) -> Option<&'a str> {
    let alias = properties.get(ALIAS)?;
    let target = endpoint.targets.first()?;
    let is_alias = match &endpoint.record_type {
        RecordType::A => matches!(alias, "true" | "A"),
        RecordType::Aaaa => matches!(alias, "true" | "AAAA"),
        RecordType::Txt => alias == "true" && !target.contains(['"', '=', ' ']),
        _ => alias == "true",
    };
    is_alias.then_some(target)
}

fn sent_value(value: &str, record_type: &RecordType) -> Box<str> {
    match record_type {
        RecordType::Txt => text::to_api(value).into(),
        RecordType::Cname
        | RecordType::Dname
        | RecordType::Mx
        | RecordType::Naptr
        | RecordType::Ns
        | RecordType::Ptr
        | RecordType::Srv => with_ascii_host(value.trim()).into(),
        RecordType::A | RecordType::Aaaa | RecordType::Caa | RecordType::Other(_) => {
            value.trim().into()
        }
    }
}

/// Returns a value that is or ends with a host name, with that in ASCII: `xn--` labels are how the
/// DNS spells it ([RFC 5890], 2.3.2.1). A name that has no such form stays, to be refused.
///
/// [RFC 5890]: https://datatracker.ietf.org/doc/html/rfc5890#section-2.3.2.1
fn with_ascii_host(value: &str) -> Cow<'_, str> {
    let start = value.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let Some((before, host)) = value.split_at_checked(start).filter(|(_, host)| !host.is_ascii())
    else {
        return Cow::Borrowed(value);
    };
    match DnsName::from(host).to_ascii() {
        Some(ascii) => {
            // A full stop of another script is a dot, too.
            let has_dot = host.ends_with(['.', '\u{3002}', '\u{ff0e}', '\u{ff61}']);
            let ascii = ascii.strip_suffix('.').unwrap_or(&ascii);
            Cow::Owned(format!("{before}{ascii}{}", if has_dot { "." } else { "" }))
        }
        None => Cow::Borrowed(value),
    }
}

/// Compat: the final dot is left out, except where the values are more than one name.
fn reported_value(value: &str, record_type: &RecordType) -> String {
    match record_type {
        RecordType::Txt => text::canonical(value),
        RecordType::Naptr | RecordType::Srv => value.to_owned(),
        _ => without_final_dot(value).to_owned(),
    }
}

/// Returns a value without the dot that ends its name, unless that is all there is of the name: the
/// root, as in the MX `0 .` of a name that takes no mail ([RFC 7505]).
///
/// [RFC 7505]: https://datatracker.ietf.org/doc/html/rfc7505#section-3
fn without_final_dot(value: &str) -> &str {
    match value.strip_suffix('.') {
        Some(rest) if !rest.is_empty() && !rest.ends_with(char::is_whitespace) => rest,
        _ => value,
    }
}

/// Returns a value in the one spelling in which two that answer alike are equal.
pub fn canonical_value(value: &str, record_type: &RecordType) -> String {
    match record_type {
        RecordType::Txt => text::canonical(value),
        RecordType::A | RecordType::Aaaa => match value.parse::<IpAddr>() {
            Ok(address) => address.to_string(),
            Err(_) => value.to_ascii_lowercase(),
        },
        RecordType::Cname
        | RecordType::Dname
        | RecordType::Mx
        | RecordType::Ns
        | RecordType::Ptr
        | RecordType::Srv => {
            let name = without_final_dot(value.trim_end()).to_ascii_lowercase();
            name.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
        }
        RecordType::Caa | RecordType::Naptr | RecordType::Other(_) => value.to_owned(),
    }
}

#[cfg(test)]
mod tests;
