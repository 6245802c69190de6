//! Words in which the cases spell record sets and changes.
//!
//! Names are relative to the case's zone; a final `@` stands for the zone's name, so `@` alone is
//! the apex; a name that ends in a dot stands as it is. The probe qualifies them when it knows the
//! zone.

use aws_sdk_route53::types::{
    AliasTarget, Change, ChangeAction, ResourceRecord, ResourceRecordSet, RrType,
};

/// Stands for the id of the case's own zone in an alias.
pub(crate) const THIS_ZONE: &str = "this zone";

/// The zone in which AWS keeps the names of load balancers in us-east-1.
///
/// <https://docs.aws.amazon.com/general/latest/gr/elb.html>
pub(crate) const LOAD_BALANCERS: &str = "Z35SXDOTRQ7X7K";

/// A name such as a load balancer of us-east-1 has.
pub(crate) const LOAD_BALANCER: &str = "web-1234567890.us-east-1.elb.amazonaws.com.";

/// Returns a record set with a time to live of 60 s.
pub(crate) fn set(name: &str, kind: RrType, values: &[&str]) -> ResourceRecordSet {
    let values =
        values.iter().map(|value| ResourceRecord::builder().value(*value).build().unwrap());
    let mut set = bare(name, kind);
    set.ttl = Some(60);
    set.resource_records = Some(values.collect());
    set
}

/// Returns an A record set with one value and a time to live of 60 s.
pub(crate) fn a(name: &str, value: &str) -> ResourceRecordSet {
    set(name, RrType::A, &[value])
}

/// Returns an alias of type A.
pub(crate) fn alias(name: &str, zone: &str, target: &str) -> ResourceRecordSet {
    let target = AliasTarget::builder()
        .hosted_zone_id(zone)
        .dns_name(target)
        .evaluate_target_health(false)
        .build()
        .unwrap();
    let mut set = bare(name, RrType::A);
    set.alias_target = Some(target);
    set
}

/// Returns a record set with neither values nor a target.
pub(crate) fn bare(name: &str, kind: RrType) -> ResourceRecordSet {
    ResourceRecordSet::builder().name(name).r#type(kind).build().unwrap()
}

/// Returns an A record set of a weighted group.
pub(crate) fn weighted(
    name: &str,
    identifier: &str,
    weight: i64,
    value: &str,
) -> ResourceRecordSet {
    let mut set = a(name, value);
    set.set_identifier = Some(identifier.to_owned());
    set.weight = Some(weight);
    set
}

/// Returns `set` with another time to live, in seconds.
pub(crate) fn lasting(mut set: ResourceRecordSet, ttl: i64) -> ResourceRecordSet {
    set.ttl = Some(ttl);
    set
}

/// Returns `set` as a member of a group, before a policy is chosen.
pub(crate) fn identified(mut set: ResourceRecordSet, identifier: &str) -> ResourceRecordSet {
    set.set_identifier = Some(identifier.to_owned());
    set
}

/// Returns the change that creates `set`.
pub(crate) fn create(set: ResourceRecordSet) -> Change {
    change(ChangeAction::Create, set)
}

/// Returns the change that deletes `set`.
pub(crate) fn delete(set: ResourceRecordSet) -> Change {
    change(ChangeAction::Delete, set)
}

/// Returns the change that creates `set` or replaces the one of its name, type and identifier.
pub(crate) fn upsert(set: ResourceRecordSet) -> Change {
    change(ChangeAction::Upsert, set)
}

fn change(action: ChangeAction, set: ResourceRecordSet) -> Change {
    Change::builder().action(action).resource_record_set(set).build().unwrap()
}
