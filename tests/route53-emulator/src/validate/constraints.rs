//! The bounds that the service's own model puts on members, in the words of its model checker.
//!
//! All numbers and enumerations are from the API reference of `ResourceRecordSet` and its parts.

use crate::error::ApiError;
use crate::record::RecordType;
use crate::shape::{Change, ResourceRecordSet};
use crate::validate::regions::LATENCY_REGIONS;

/// Collects the violations of one request.
#[derive(Default)]
struct Violations(Vec<String>);

impl Violations {
    fn add(&mut self, value: &str, path: &str, constraint: &str) {
        self.0.push(format!(
            "Value '{value}' at '{path}' failed to satisfy constraint: Member must {constraint}"
        ));
    }

    /// Checks the length in characters.
    fn length(&mut self, value: &str, path: &str, least: usize, most: usize) {
        let length = value.chars().count();
        if length > most {
            self.add(value, path, &format!("have length less than or equal to {most}"));
        }
        if length < least {
            self.add(value, path, &format!("have length greater than or equal to {least}"));
        }
    }

    fn range(&mut self, value: i64, path: &str, least: i64, most: i64) {
        if value > most {
            let constraint = format!("have value less than or equal to {most}");
            self.add(&value.to_string(), path, &constraint);
        }
        if value < least {
            let constraint = format!("have value greater than or equal to {least}");
            self.add(&value.to_string(), path, &constraint);
        }
    }

    fn one_of(&mut self, value: &str, path: &str, allowed: &[&str]) {
        if !allowed.contains(&value) {
            let constraint = format!("satisfy enum value set: [{}]", allowed.join(", "));
            self.add(value, path, &constraint);
        }
    }
}

/// Checks every member of a batch.
///
/// # Errors
///
/// `InvalidInput` that lists every member out of bounds.
pub(super) fn check(changes: &[Change]) -> Result<(), ApiError> {
    let mut violations = Violations::default();
    if changes.is_empty() {
        violations.add("[]", "changeBatch.changes", "have length greater than or equal to 1");
    }
    for (index, change) in (1..).zip(changes) {
        let path = format!("changeBatch.changes.{index}.member");
        violations.one_of(
            &change.action,
            &format!("{path}.action"),
            &["CREATE", "DELETE", "UPSERT"],
        );
        record_set(
            &change.resource_record_set,
            &format!("{path}.resourceRecordSet"),
            &mut violations,
        );
    }
    let Violations(violations) = violations;
    if violations.is_empty() {
        return Ok(());
    }
    let count = violations.len();
    let plural = if count == 1 { "" } else { "s" };
    Err(ApiError::invalid_input(format!(
        "{count} validation error{plural} detected: {}",
        violations.join("; ")
    )))
}

fn record_set(set: &ResourceRecordSet, path: &str, violations: &mut Violations) {
    violations.length(&set.name, &format!("{path}.name"), 0, 1024);
    violations.one_of(&set.r#type, &format!("{path}.type"), &RecordType::NAMES);
    if let Some(id) = &set.set_identifier {
        violations.length(id, &format!("{path}.setIdentifier"), 1, 128);
    }
    if let Some(weight) = set.weight {
        violations.range(weight, &format!("{path}.weight"), 0, 255);
    }
    if let Some(region) = &set.region {
        violations.one_of(region, &format!("{path}.region"), LATENCY_REGIONS);
    }
    if let Some(failover) = &set.failover {
        violations.one_of(failover, &format!("{path}.failover"), &["PRIMARY", "SECONDARY"]);
    }
    if let Some(ttl) = set.ttl {
        violations.range(ttl, &format!("{path}.tTL"), 0, i64::from(i32::MAX));
    }
    if let Some(records) = &set.resource_records {
        if records.is_empty() {
            let path = format!("{path}.resourceRecords");
            violations.add("[]", &path, "have length greater than or equal to 1");
        }
        for (index, record) in (1..).zip(records) {
            let path = format!("{path}.resourceRecords.{index}.member.value");
            violations.length(&record.value, &path, 0, 4000);
        }
    }
    if let Some(target) = &set.alias_target {
        let id = super::strip_zone_prefix(&target.hosted_zone_id);
        violations.length(id, &format!("{path}.aliasTarget.hostedZoneId"), 0, 32);
        violations.length(&target.dns_name, &format!("{path}.aliasTarget.dNSName"), 0, 1024);
    }
    if let Some(id) = &set.health_check_id {
        violations.length(id, &format!("{path}.healthCheckId"), 0, 64);
    }
    if let Some(location) = &set.geo_location {
        let path = format!("{path}.geoLocation");
        if let Some(code) = &location.continent_code {
            violations.length(code, &format!("{path}.continentCode"), 2, 2);
        }
        if let Some(code) = &location.country_code {
            violations.length(code, &format!("{path}.countryCode"), 1, 2);
        }
        if let Some(code) = &location.subdivision_code {
            violations.length(code, &format!("{path}.subdivisionCode"), 1, 3);
        }
    }
    if let Some(location) = &set.geo_proximity_location {
        let path = format!("{path}.geoProximityLocation");
        if let Some(bias) = location.bias {
            violations.range(bias, &format!("{path}.bias"), -99, 99);
        }
        if let Some(region) = &location.aws_region {
            violations.length(region, &format!("{path}.aWSRegion"), 1, 64);
        }
        if let Some(group) = &location.local_zone_group {
            violations.length(group, &format!("{path}.localZoneGroup"), 1, 64);
        }
    }
    if let Some(cidr) = &set.cidr_routing_config {
        let path = format!("{path}.cidrRoutingConfig");
        violations.length(&cidr.location_name, &format!("{path}.locationName"), 1, 16);
        if !is_uuid(&cidr.collection_id) {
            violations.add(
                &cidr.collection_id,
                &format!("{path}.collectionId"),
                "satisfy regular expression pattern: \
                 [0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}",
            );
        }
    }
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts
            .iter()
            .all(|part| part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)))
}
