//! Judges a batch before any zone is looked at: turns what was sent into record sets, or says why not.
//!
//! The service validates in stages, and a later stage is not reached while an earlier one objects:
//! first the bounds of its model and the shape of each change (`InvalidInput`), then the size of the
//! batch, then names and values, then the rules between record sets (all `InvalidChangeBatch`). The
//! last stage needs the zone and lives in [`crate::change`]. Within a stage every objection is listed.

pub(crate) mod alias;
mod constraints;
pub(crate) mod geo;
pub(crate) mod group;
mod limits;
mod policy;
mod regions;
mod routing;
mod structure;

use crate::error::ApiError;
use crate::name::Name;
use crate::rdata::Rdata;
use crate::record::{AliasTarget, Content, Key, RecordSet, RecordType, RoutingKind};
use crate::shape::{Change, ResourceRecordSet};

/// Most values in one record set ([quota]).
///
/// [quota]: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html
const MAX_VALUES_PER_SET: usize = 400;

/// What a change does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// The record set must not exist yet.
    Create,
    /// The record set must exist exactly like this.
    Delete,
    /// The record set is created or replaced.
    Upsert,
}

/// A change whose record set is well formed on its own.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CheckedChange {
    /// What to do.
    pub(crate) action: Action,
    /// With which record set.
    pub(crate) set: RecordSet,
}

/// Whether the quotas of one request count; a seeded zone may be larger than a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quota {
    /// As for any caller of the API.
    Enforced,
    /// For the admin routes and state files.
    Ignored,
}

/// Judges every change of a batch on its own.
///
/// # Errors
///
/// The objections of the first stage that has any.
pub(crate) fn batch(changes: &[Change], quota: Quota) -> Result<Vec<CheckedChange>, ApiError> {
    constraints::check(changes)?;
    structure::check(changes)?;
    if quota == Quota::Enforced {
        limits::check(changes)?;
    }
    let mut checked = Vec::with_capacity(changes.len());
    let mut problems = Vec::new();
    for change in changes {
        match record_set(&change.resource_record_set, &mut problems)? {
            Some(set) => checked.push(CheckedChange { action: action(&change.action), set }),
            None => debug_assert!(!problems.is_empty(), "a refused record set needs a problem"),
        }
    }
    if problems.is_empty() {
        return Ok(checked);
    }
    Err(ApiError::invalid_change_batch(&problems))
}

/// Returns the action; anything but the three was refused before.
fn action(text: &str) -> Action {
    match text {
        "CREATE" => Action::Create,
        "DELETE" => Action::Delete,
        _ => Action::Upsert,
    }
}

/// Turns one record set into what a zone keeps; adds to `problems` why it cannot.
fn record_set(
    shape: &ResourceRecordSet,
    problems: &mut Vec<String>,
) -> Result<Option<RecordSet>, ApiError> {
    let routing = routing::read(shape)?;
    let Ok(record_type) = shape.r#type.parse::<RecordType>() else {
        return Err(ApiError::invalid_input(format!("Invalid type {}", shape.r#type)));
    };
    let before = problems.len();
    let name = match shape.name.parse::<Name>() {
        Ok(name) => Some(name),
        Err(problem) => {
            problems.push(problem.to_string());
            None
        }
    };
    let content = content(shape, record_type, problems);
    if let Some(name) = &name {
        if routing.kind() != RoutingKind::Simple && !routing::allows(routing.kind(), record_type) {
            problems.push(format!(
                "RRSet of type {record_type} with DNS name {name} cannot be created with a \
                 {} routing policy",
                routing.kind()
            ));
        }
        if record_type == RecordType::NS && name.is_wildcard() {
            problems.push(format!(
                "RRSet of type NS with DNS name {name} is not permitted as NS records cannot be \
                 wildcards"
            ));
        }
        // Users report that the service refuses the loop, without its words:
        // https://github.com/kubernetes-sigs/external-dns/issues/630
        if record_type == RecordType::CNAME && points_to(content.as_ref(), name) {
            problems.push(format!(
                "RRSet of type CNAME with DNS name {name} is not permitted as it points to itself"
            ));
        }
        if routing.kind() == RoutingKind::Multivalue && matches!(content, Some(Content::Alias(_))) {
            problems.push(format!(
                "RRSet with DNS name {name}, type {record_type} cannot be created as an alias \
                 cannot be a multivalue answer"
            ));
        }
    }
    let (Some(name), Some(content)) = (name, content) else { return Ok(None) };
    if problems.len() > before {
        return Ok(None);
    }
    let set_identifier = shape.set_identifier.as_deref().unwrap_or_default().into();
    Ok(Some(RecordSet {
        key: Key { name, record_type, set_identifier },
        routing,
        content,
        health_check_id: shape.health_check_id.as_deref().map(Into::into),
    }))
}

fn content(
    shape: &ResourceRecordSet,
    record_type: RecordType,
    problems: &mut Vec<String>,
) -> Option<Content> {
    if let Some(target) = &shape.alias_target {
        if matches!(record_type, RecordType::NS | RecordType::SOA) {
            problems.push(format!(
                "RRSet of type {record_type} with DNS name {} cannot be an alias",
                shape.name
            ));
        }
        return match target.dns_name.parse() {
            Ok(dns_name) => Some(Content::Alias(AliasTarget {
                hosted_zone_id: strip_zone_prefix(&target.hosted_zone_id).into(),
                dns_name,
                evaluate_target_health: target.evaluate_target_health,
            })),
            Err(problem) => {
                problems.push(problem.to_string());
                None
            }
        };
    }
    let records = shape.resource_records.as_deref().unwrap_or_default();
    if records.len() > MAX_VALUES_PER_SET {
        problems.push(format!("Cannot have more than {MAX_VALUES_PER_SET} records in a RRSet."));
    }
    if matches!(record_type, RecordType::CNAME | RecordType::SOA) && records.len() > 1 {
        problems.push(format!(
            "RRSet of type {record_type} with DNS name {} cannot have more than one resource \
             record.",
            shape.name
        ));
    }
    let mut values: Vec<Box<str>> = Vec::with_capacity(records.len());
    for record in records {
        if let Err(problem) = Rdata::parse(record_type, &record.value) {
            problems.push(format!("Invalid Resource Record: '{problem}'"));
        }
        values.push(record.value.as_str().into());
    }
    let mut seen: Vec<&str> = values.iter().map(AsRef::as_ref).collect();
    seen.sort_unstable();
    for pair in seen.windows(2) {
        if let [first, second] = pair
            && first == second
        {
            problems.push(format!("Duplicate Resource Record: '{first}'"));
        }
    }
    let ttl = u32::try_from(shape.ttl.unwrap_or_default()).ok()?;
    Some(Content::Records { ttl, values })
}

/// Tells whether one of the values is this name.
fn points_to(content: Option<&Content>, name: &Name) -> bool {
    match content {
        Some(Content::Records { values, .. }) => {
            values.iter().any(|value| value.parse::<Name>().is_ok_and(|target| target == *name))
        }
        Some(Content::Alias(_)) | None => false,
    }
}

/// Returns a zone's id without the `/hostedzone/` that lists put before it.
pub(crate) fn strip_zone_prefix(id: &str) -> &str {
    id.strip_prefix("/hostedzone/").unwrap_or(id)
}

#[cfg(test)]
mod tests;
