//! Which members of a change may stand together, in the words of the service.
//!
//! A record set has an alias target, or a TTL with values; a set identifier goes with exactly one
//! routing policy and a routing policy with a set identifier.

use crate::error::ApiError;
use crate::shape::Change;

/// The routing policies as the service's messages list them.
const POLICIES: &str = "Weight, Region, Failover, GeoLocation, MultiValueAnswer, \
                        GeoProximityLocation, or CidrRoutingConfig";

/// Checks the members of every change.
///
/// # Errors
///
/// `InvalidInput` that lists every change with members that do not go together.
pub(super) fn check(changes: &[Change]) -> Result<(), ApiError> {
    let mut problems = Vec::new();
    for change in changes {
        check_change(change, &mut problems);
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(ApiError::invalid_input(format!("Invalid request: {}", problems.join(", "))))
}

fn check_change(change: &Change, problems: &mut Vec<String>) {
    let set = &change.resource_record_set;
    let place = format!(
        "Change with [Action={}, Name={}, Type={}, SetIdentifier={}]",
        change.action,
        set.name,
        set.r#type,
        set.set_identifier.as_deref().unwrap_or("null")
    );

    let records = set.resource_records.is_some();
    let ttl = set.ttl.is_some();
    let contents = "[AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId]";
    let alias = set.alias_target.is_some();
    let traffic_policy = set.traffic_policy_instance_id.is_some();
    let own = records || ttl;
    match [alias, own, traffic_policy].iter().filter(|present| **present).count() {
        0 => {
            problems.push(format!("Expected exactly one of {contents}, but found none in {place}"));
        }
        1 if own && !(records && ttl) => {
            let missing = if records { "TTL" } else { "ResourceRecords" };
            problems.push(format!("Missing field '{missing}' in {place}"));
        }
        1 if traffic_policy => problems.push(format!(
            "TrafficPolicyInstanceId can only be changed through its traffic policy instance in \
             {place}"
        )),
        1 => {}
        _ => problems.push(format!(
            "Expected exactly one of {contents}, but found more than one in {place}"
        )),
    }

    let policies = [
        set.weight.is_some(),
        set.region.is_some(),
        set.failover.is_some(),
        set.geo_location.is_some(),
        set.multi_value_answer == Some(true),
        set.geo_proximity_location.is_some(),
        set.cidr_routing_config.is_some(),
    ];
    let count = policies.iter().filter(|present| **present).count();
    match (count, set.set_identifier.is_some()) {
        (0, false) | (1, true) => {}
        (0, true) => problems
            .push(format!("Expected exactly one of [{POLICIES}], but found none in {place}")),
        (1, false) => problems.push(format!("Missing field 'SetIdentifier' in {place}")),
        _ => problems.push(format!(
            "Expected exactly one of [{POLICIES}], but found more than one in {place}"
        )),
    }
}
