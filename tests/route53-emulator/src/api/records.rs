//! Record sets: list a page, change a batch.

use super::{Answer, Call, changes};
use crate::account::{Account, Moment};
use crate::error::ApiError;
use crate::record::{Key, RecordType};
use crate::shape::{
    AliasTargetShape, Change, CidrRoutingConfig, Coordinates, GeoLocationShape,
    GeoProximityLocation, ResourceRecord, ResourceRecordSet,
};
use crate::validate::Quota;
use crate::xml::{self, Document, Element};

/// Most record sets in one page.
const MAX_SETS_PER_PAGE: usize = 300;

/// Answers `ListResourceRecordSets`.
pub(super) fn list(account: &Account, call: &Call) -> Result<Answer, ApiError> {
    let zone = account.zone(call.parameter(0))?;
    let max_items = call.max_items(MAX_SETS_PER_PAGE)?;
    let start = cursor(call)?.unwrap_or_else(|| Key {
        name: zone.name.clone(),
        record_type: RecordType::A,
        set_identifier: "".into(),
    });
    let mut sets = zone.starting_at(&start);
    let mut document = Document::new("ListResourceRecordSetsResponse");
    document.nest("ResourceRecordSets", |document| {
        for set in sets.by_ref().take(max_items) {
            write(document, &set.into());
        }
    });
    let next = sets.next();
    document.leaf("IsTruncated", if next.is_some() { "true" } else { "false" });
    if let Some(next) = next {
        document.leaf("NextRecordName", &next.key.name.to_string());
        document.leaf("NextRecordType", &next.key.record_type.to_string());
        if !next.key.set_identifier.is_empty() {
            document.leaf("NextRecordIdentifier", &next.key.set_identifier);
        }
    }
    document.leaf("MaxItems", &max_items.to_string());
    Ok(Answer::ok(document.finish()))
}

/// Reads where the page starts.
fn cursor(call: &Call) -> Result<Option<Key>, ApiError> {
    let identifier = call.asks("identifier");
    let record_type = call.asks("type");
    if identifier.is_some() && record_type.is_none() {
        return Err(ApiError::invalid_input(
            "The input is not valid: StartRecordIdentifier requires StartRecordType",
        ));
    }
    let Some(name) = call.asks("name") else {
        if record_type.is_some() {
            return Err(ApiError::invalid_input(
                "The input is not valid: StartRecordType requires StartRecordName",
            ));
        }
        return Ok(None);
    };
    let name = name.parse().map_err(|problem| ApiError::invalid_input(format!("{problem}")))?;
    let record_type = match record_type {
        Some(text) => text.parse().map_err(|_| {
            ApiError::invalid_input(format!(
                "1 validation error detected: Value '{text}' at 'startRecordType' failed to \
                 satisfy constraint: Member must satisfy enum value set"
            ))
        })?,
        None => RecordType::A,
    };
    Ok(Some(Key { name, record_type, set_identifier: identifier.unwrap_or_default().into() }))
}

/// Answers `ChangeResourceRecordSets`.
pub(super) fn change(
    account: &mut Account,
    call: &mut Call,
    moment: Moment,
) -> Result<Answer, ApiError> {
    account.zone(call.parameter(0))?;
    let (batch, comment) = read_batch(&call.body)?;
    call.batch = batch;
    account.change(call.parameter(0), &call.batch, Quota::Enforced)?;
    let change = account.submit(comment, moment);
    let mut document = Document::new("ChangeResourceRecordSetsResponse");
    changes::write(&mut document, &change, moment.steady);
    Ok(Answer::ok(document.finish()))
}

/// Reads the changes and the comment of a request.
fn read_batch(body: &str) -> Result<(Vec<Change>, Option<String>), ApiError> {
    let request = xml::read(body, "ChangeResourceRecordSetsRequest")?;
    let batch = request.child("ChangeBatch").ok_or_else(|| {
        ApiError::invalid_input(
            "Invalid XML ; the content of element ChangeResourceRecordSetsRequest is not complete",
        )
    })?;
    let mut changes = Vec::new();
    if let Some(list) = batch.child("Changes") {
        for element in &list.children {
            changes.push(read_change(element)?);
        }
    }
    Ok((changes, batch.text_of("Comment").filter(|comment| !comment.is_empty())))
}

fn read_change(element: &Element) -> Result<Change, ApiError> {
    if element.name != "Change" {
        return Err(unexpected(element));
    }
    let set = element.child("ResourceRecordSet").ok_or_else(|| {
        ApiError::invalid_input("Invalid XML ; the content of element Change is not complete")
    })?;
    Ok(Change {
        action: element.text_of("Action").unwrap_or_default(),
        resource_record_set: read_set(set)?,
    })
}

fn read_set(element: &Element) -> Result<ResourceRecordSet, ApiError> {
    let mut set = ResourceRecordSet::default();
    for member in &element.children {
        let text = || member.text.clone();
        match member.name.as_str() {
            "Name" => set.name = text(),
            "Type" => set.r#type = text(),
            "SetIdentifier" => set.set_identifier = Some(text()),
            "Weight" => set.weight = element.number_of("Weight")?,
            "Region" => set.region = Some(text()),
            "GeoLocation" => {
                set.geo_location = Some(GeoLocationShape {
                    continent_code: member.text_of("ContinentCode"),
                    country_code: member.text_of("CountryCode"),
                    subdivision_code: member.text_of("SubdivisionCode"),
                });
            }
            "Failover" => set.failover = Some(text()),
            "MultiValueAnswer" => set.multi_value_answer = element.bool_of("MultiValueAnswer")?,
            "TTL" => set.ttl = element.number_of("TTL")?,
            "ResourceRecords" => {
                let mut records = Vec::new();
                for record in &member.children {
                    let value = record.text_of("Value").ok_or_else(|| unexpected(record))?;
                    records.push(ResourceRecord { value });
                }
                set.resource_records = Some(records);
            }
            "AliasTarget" => {
                set.alias_target = Some(AliasTargetShape {
                    hosted_zone_id: member.text_of("HostedZoneId").unwrap_or_default(),
                    dns_name: member.text_of("DNSName").unwrap_or_default(),
                    evaluate_target_health: member
                        .bool_of("EvaluateTargetHealth")?
                        .ok_or_else(|| incomplete("AliasTarget"))?,
                });
            }
            "HealthCheckId" => set.health_check_id = Some(text()),
            "TrafficPolicyInstanceId" => set.traffic_policy_instance_id = Some(text()),
            "CidrRoutingConfig" => {
                set.cidr_routing_config = Some(CidrRoutingConfig {
                    collection_id: member.text_of("CollectionId").unwrap_or_default(),
                    location_name: member.text_of("LocationName").unwrap_or_default(),
                });
            }
            "GeoProximityLocation" => {
                set.geo_proximity_location = Some(GeoProximityLocation {
                    aws_region: member.text_of("AWSRegion"),
                    local_zone_group: member.text_of("LocalZoneGroup"),
                    coordinates: member.child("Coordinates").map(|point| Coordinates {
                        latitude: point.text_of("Latitude").unwrap_or_default(),
                        longitude: point.text_of("Longitude").unwrap_or_default(),
                    }),
                    bias: member.number_of("Bias")?,
                });
            }
            _ => return Err(unexpected(member)),
        }
    }
    Ok(set)
}

fn unexpected(element: &Element) -> ApiError {
    ApiError::invalid_input(format!(
        "Invalid XML ; cvc-complex-type.2.4.a: Invalid content was found starting with element \
         '{}'",
        element.name
    ))
}

fn incomplete(name: &str) -> ApiError {
    ApiError::invalid_input(format!(
        "Invalid XML ; cvc-complex-type.2.4.b: The content of element '{name}' is not complete"
    ))
}

/// Writes a record set.
fn write(document: &mut Document, set: &ResourceRecordSet) {
    document.nest("ResourceRecordSet", |document| {
        document.leaf("Name", &set.name);
        document.leaf("Type", &set.r#type);
        document.optional("SetIdentifier", set.set_identifier.as_deref());
        write_routing(document, set);
        document.optional("TTL", set.ttl.map(|ttl| ttl.to_string()).as_deref());
        if let Some(records) = &set.resource_records {
            document.nest("ResourceRecords", |document| {
                for record in records {
                    document.nest("ResourceRecord", |document| {
                        document.leaf("Value", &record.value);
                    });
                }
            });
        }
        if let Some(target) = &set.alias_target {
            document.nest("AliasTarget", |document| {
                document.leaf("HostedZoneId", &target.hosted_zone_id);
                document.leaf("DNSName", &target.dns_name);
                let evaluates = if target.evaluate_target_health { "true" } else { "false" };
                document.leaf("EvaluateTargetHealth", evaluates);
            });
        }
        document.optional("HealthCheckId", set.health_check_id.as_deref());
        write_places(document, set);
    });
}

fn write_routing(document: &mut Document, set: &ResourceRecordSet) {
    document.optional("Weight", set.weight.map(|weight| weight.to_string()).as_deref());
    document.optional("Region", set.region.as_deref());
    if let Some(location) = &set.geo_location {
        document.nest("GeoLocation", |document| {
            document.optional("ContinentCode", location.continent_code.as_deref());
            document.optional("CountryCode", location.country_code.as_deref());
            document.optional("SubdivisionCode", location.subdivision_code.as_deref());
        });
    }
    document.optional("Failover", set.failover.as_deref());
    if set.multi_value_answer == Some(true) {
        document.leaf("MultiValueAnswer", "true");
    }
}

fn write_places(document: &mut Document, set: &ResourceRecordSet) {
    if let Some(cidr) = &set.cidr_routing_config {
        document.nest("CidrRoutingConfig", |document| {
            document.leaf("CollectionId", &cidr.collection_id);
            document.leaf("LocationName", &cidr.location_name);
        });
    }
    if let Some(location) = &set.geo_proximity_location {
        document.nest("GeoProximityLocation", |document| {
            document.optional("AWSRegion", location.aws_region.as_deref());
            document.optional("LocalZoneGroup", location.local_zone_group.as_deref());
            if let Some(point) = &location.coordinates {
                document.nest("Coordinates", |document| {
                    document.leaf("Latitude", &point.latitude);
                    document.leaf("Longitude", &point.longitude);
                });
            }
            document.optional("Bias", location.bias.map(|bias| bias.to_string()).as_deref());
        });
    }
}
