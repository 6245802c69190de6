//! `ResourceRecordSet` as the API writes it, before anything was validated.
//!
//! The same fields and spellings serve XML bodies, the state file, the admin routes and the command
//! line of AWS (`aws route53 list-resource-record-sets`), so records can be copied between them.

use serde::{Deserialize, Serialize};

use crate::record::{Content, GeoLocation, GeoProximityPlace, RecordSet, Routing};

/// `ResourceRecordSet` of the API: every member optional but name and type.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ResourceRecordSet {
    /// The name; lists give it escaped, in lower case, with a trailing dot.
    pub name: String,
    /// The type.
    pub r#type: String,
    /// Tells record sets of one name and type apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_identifier: Option<String>,
    /// Weighted routing: 0 to 255.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<i64>,
    /// Latency routing: an AWS region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Geolocation routing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geo_location: Option<GeoLocationShape>,
    /// Failover routing: `PRIMARY` or `SECONDARY`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failover: Option<String>,
    /// Multivalue answer routing; `false` means no policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multi_value_answer: Option<bool>,
    /// Time to live in seconds; aliases have none.
    #[serde(rename = "TTL", default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<i64>,
    /// The values; aliases have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_records: Option<Vec<ResourceRecord>>,
    /// Where an alias points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias_target: Option<AliasTargetShape>,
    /// The health check the record set depends on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_check_id: Option<String>,
    /// Never accepted: the emulator has no traffic policies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traffic_policy_instance_id: Option<String>,
    /// IP-based routing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cidr_routing_config: Option<CidrRoutingConfig>,
    /// Geoproximity routing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geo_proximity_location: Option<GeoProximityLocation>,
}

/// One value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResourceRecord {
    /// The value in the notation of its type; TXT strings carry their quotation marks.
    pub value: String,
}

/// `AliasTarget` of the API.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AliasTargetShape {
    /// The zone that holds the target.
    pub hosted_zone_id: String,
    /// The target's name.
    #[serde(rename = "DNSName")]
    pub dns_name: String,
    /// Whether the target's health counts.
    pub evaluate_target_health: bool,
}

/// `GeoLocation` of the API.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GeoLocationShape {
    /// A continent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continent_code: Option<String>,
    /// A country, or `*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country_code: Option<String>,
    /// A part of a country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subdivision_code: Option<String>,
}

/// `CidrRoutingConfig` of the API.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CidrRoutingConfig {
    /// The collection, a UUID.
    pub collection_id: String,
    /// The location in it, or `*`.
    pub location_name: String,
}

/// `GeoProximityLocation` of the API.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GeoProximityLocation {
    /// An AWS region.
    #[serde(rename = "AWSRegion", default, skip_serializing_if = "Option::is_none")]
    pub aws_region: Option<String>,
    /// A local zone group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_zone_group: Option<String>,
    /// A point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coordinates: Option<Coordinates>,
    /// -99 to 99.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bias: Option<i64>,
}

/// `Coordinates` of the API.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Coordinates {
    /// Degrees north, as text.
    pub latitude: String,
    /// Degrees east, as text.
    pub longitude: String,
}

/// `Change` of the API.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Change {
    /// `CREATE`, `DELETE` or `UPSERT`.
    pub action: String,
    /// The record set.
    pub resource_record_set: ResourceRecordSet,
}

impl ResourceRecordSet {
    /// Returns a simple record set, ready for further fields.
    pub fn new(name: &str, record_type: &str, ttl: u32, values: &[&str]) -> Self {
        let records = values.iter().map(|value| ResourceRecord { value: (*value).to_owned() });
        Self {
            name: name.to_owned(),
            r#type: record_type.to_owned(),
            ttl: Some(i64::from(ttl)),
            resource_records: Some(records.collect()),
            ..Self::default()
        }
    }

    /// Returns a simple alias, ready for further fields.
    pub fn alias(name: &str, record_type: &str, hosted_zone_id: &str, target: &str) -> Self {
        Self {
            name: name.to_owned(),
            r#type: record_type.to_owned(),
            alias_target: Some(AliasTargetShape {
                hosted_zone_id: hosted_zone_id.to_owned(),
                dns_name: target.to_owned(),
                evaluate_target_health: false,
            }),
            ..Self::default()
        }
    }
}

impl From<&RecordSet> for ResourceRecordSet {
    fn from(set: &RecordSet) -> Self {
        let RecordSet { key, routing, content, health_check_id } = set;
        let mut shape = Self {
            name: key.name.to_string(),
            r#type: key.record_type.to_string(),
            set_identifier: Some(key.set_identifier.to_string()).filter(|id| !id.is_empty()),
            health_check_id: health_check_id.as_deref().map(str::to_owned),
            ..Self::default()
        };
        match content {
            Content::Records { ttl, values } => {
                shape.ttl = Some(i64::from(*ttl));
                let records =
                    values.iter().map(|value| ResourceRecord { value: value.to_string() });
                shape.resource_records = Some(records.collect());
            }
            Content::Alias(target) => {
                shape.alias_target = Some(AliasTargetShape {
                    hosted_zone_id: target.hosted_zone_id.to_string(),
                    dns_name: target.dns_name.to_string(),
                    evaluate_target_health: target.evaluate_target_health,
                });
            }
        }
        shape.write_routing(routing);
        shape
    }
}

impl ResourceRecordSet {
    fn write_routing(&mut self, routing: &Routing) {
        match routing {
            Routing::Simple => {}
            Routing::Weighted(weight) => self.weight = Some(i64::from(*weight)),
            Routing::Latency(region) => self.region = Some(region.to_string()),
            Routing::FailoverPrimary => self.failover = Some("PRIMARY".to_owned()),
            Routing::FailoverSecondary => self.failover = Some("SECONDARY".to_owned()),
            Routing::Multivalue => self.multi_value_answer = Some(true),
            Routing::Geolocation(location) => self.geo_location = Some(location.into()),
            Routing::Geoproximity(location) => {
                let mut shape = GeoProximityLocation {
                    bias: location.bias.map(i64::from),
                    ..GeoProximityLocation::default()
                };
                match &location.place {
                    GeoProximityPlace::Region(region) => {
                        shape.aws_region = Some(region.to_string());
                    }
                    GeoProximityPlace::LocalZoneGroup(group) => {
                        shape.local_zone_group = Some(group.to_string());
                    }
                    GeoProximityPlace::Coordinates { latitude, longitude } => {
                        shape.coordinates = Some(Coordinates {
                            latitude: latitude.to_string(),
                            longitude: longitude.to_string(),
                        });
                    }
                }
                self.geo_proximity_location = Some(shape);
            }
            Routing::Cidr { collection_id, location_name } => {
                self.cidr_routing_config = Some(CidrRoutingConfig {
                    collection_id: collection_id.to_string(),
                    location_name: location_name.to_string(),
                });
            }
        }
    }
}

impl From<&GeoLocation> for GeoLocationShape {
    fn from(location: &GeoLocation) -> Self {
        let mut shape = Self::default();
        match location {
            GeoLocation::Continent(code) => shape.continent_code = Some(code.to_string()),
            GeoLocation::Country(code) => shape.country_code = Some(code.to_string()),
            GeoLocation::Subdivision { country, subdivision } => {
                shape.country_code = Some(country.to_string());
                shape.subdivision_code = Some(subdivision.to_string());
            }
        }
        shape
    }
}
