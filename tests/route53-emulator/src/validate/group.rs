//! The rules between record sets: one CNAME alone, one routing policy per name and type, targets that
//! exist.
//!
//! Messages follow the service's patterns `RRSet with DNS name …, type …, SetIdentifier … cannot be
//! created as …` and `RRSet of type … with DNS name … is not permitted …`.

use std::collections::BTreeSet;

use super::Action;
use super::alias::{AliasZones, CLOUDFRONT};
use crate::record::{AliasTarget, Content, Key, RecordSet, RecordType, Routing, RoutingKind};
use crate::zone::Zone;

/// Most record sets of one name and type under a policy ([quotas]).
///
/// [quotas]: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html
const MAX_SETS_PER_GROUP: usize = 100;

/// Most geoproximity record sets of one name and type, by the same page.
const MAX_GEOPROXIMITY_SETS: usize = 30;

/// Lists why a zone cannot take a record set that is well formed; nothing when it can.
pub(crate) fn objections(
    zone: &Zone,
    alias_zones: &AliasZones,
    action: Action,
    set: &RecordSet,
) -> Vec<String> {
    let mut problems = Vec::new();
    if action == Action::Create && zone.find(&set.key).is_some() {
        problems.push(format!(
            "Tried to create resource record set {} but it already exists",
            describe(&set.key)
        ));
        return problems;
    }
    types(zone, &set.key, &mut problems);
    policy(zone, set, &mut problems);
    if let Content::Alias(target) = &set.content {
        alias(zone, alias_zones, set, target, &mut problems);
    }
    problems
}

/// Writes an identity as the service's messages do.
pub(crate) fn describe(key: &Key) -> String {
    let Key { name, record_type, set_identifier } = key;
    if set_identifier.is_empty() {
        format!("[name='{name}', type='{record_type}']")
    } else {
        format!("[name='{name}', type='{record_type}', set-identifier='{set_identifier}']")
    }
}

/// Which types one name may hold together.
fn types(zone: &Zone, key: &Key, problems: &mut Vec<String>) {
    let Key { name, record_type, set_identifier: _ } = key;
    if *record_type == RecordType::CNAME {
        if *name == zone.name {
            problems.push(format!(
                "RRSet of type CNAME with DNS name {name} is not permitted at apex in zone {}",
                zone.name
            ));
        } else if zone.at(name).any(|other| other.key.record_type != RecordType::CNAME) {
            problems.push(format!(
                "RRSet of type CNAME with DNS name {name} is not permitted as it conflicts with \
                 other records with the same DNS name in zone {}",
                zone.name
            ));
        }
    } else if zone.at(name).any(|other| other.key.record_type == RecordType::CNAME) {
        // The two blanks are the service's own.
        problems.push(format!(
            "RRSet of type {record_type} with DNS name {name} is not permitted because a \
             conflicting RRSet of type  CNAME with the same DNS name already exists in zone {}",
            zone.name
        ));
    }
    if *record_type == RecordType::SOA && *name != zone.name {
        problems.push(format!(
            "RRSet of type SOA with DNS name {name} is only permitted at apex in zone {}",
            zone.name
        ));
    }
    if *record_type == RecordType::DS && *name == zone.name {
        problems.push(format!(
            "RRSet of type DS with DNS name {name} is not permitted at apex in zone {}",
            zone.name
        ));
    }
}

/// How record sets of one name and type share it.
fn policy(zone: &Zone, set: &RecordSet, problems: &mut Vec<String>) {
    let Key { name, record_type, set_identifier } = &set.key;
    let kind = set.routing.kind();
    if kind == RoutingKind::Simple {
        if zone.group(name, *record_type).any(|other| other.key != set.key) {
            problems.push(format!(
                "RRSet with DNS name {name}, type {record_type} cannot be created as other \
                 RRSets exist with the same name and type."
            ));
        }
        return;
    }
    let mut refuse = |reason: &str| {
        problems.push(format!(
            "RRSet with DNS name {name}, type {record_type}, SetIdentifier {set_identifier} \
             cannot be created {reason}"
        ));
    };
    // An UPSERT does not change the policy of a record set either, so its own predecessor counts.
    if zone.group(name, *record_type).any(|other| other.routing.kind() != kind) {
        match kind {
            RoutingKind::Multivalue => {
                refuse("because a non multivalue answer rrset exists with the same name and type.");
            }
            _ => refuse(&format!("as a non-{kind} set exists with the same name and type.")),
        }
        return;
    }
    let others = || zone.group(name, *record_type).filter(|other| other.key != set.key);
    let most = match kind {
        RoutingKind::Geoproximity => MAX_GEOPROXIMITY_SETS,
        _ => MAX_SETS_PER_GROUP,
    };
    if others().count() >= most {
        refuse(&format!("as at most {most} {kind} sets may have the same name and type."));
    }
    match &set.routing {
        // Weights, multivalue answers and places with a bias may repeat.
        Routing::Simple | Routing::Weighted(_) | Routing::Multivalue | Routing::Geoproximity(_) => {
        }
        Routing::Latency(region) => {
            if others().any(|other| other.routing == set.routing) {
                refuse(&format!("as a latency set with region {region} already exists."));
            }
        }
        Routing::Geolocation(_) => {
            if others().any(|other| other.routing == set.routing) {
                refuse("as a geolocation set with the same location already exists.");
            }
        }
        Routing::Cidr { location_name, .. } => {
            if others().any(|other| other.routing == set.routing) {
                refuse(&format!("as a cidr set with location {location_name} already exists."));
            }
        }
        Routing::FailoverPrimary => {
            if others().any(|other| other.routing == Routing::FailoverPrimary) {
                refuse("as a primary failover set already exists with the same name and type.");
            }
            match &set.content {
                Content::Records { .. } if set.health_check_id.is_none() => {
                    refuse("as a non-alias primary failover set must have a health check.");
                }
                Content::Alias(target)
                    if !target.evaluate_target_health && set.health_check_id.is_none() =>
                {
                    refuse(
                        "as a primary failover alias must evaluate target health or have a \
                         health check.",
                    );
                }
                Content::Records { .. } | Content::Alias(_) => {}
            }
        }
        Routing::FailoverSecondary => {
            if others().any(|other| other.routing == Routing::FailoverSecondary) {
                refuse("as a secondary failover set already exists with the same name and type.");
            }
        }
    }
}

/// Where aliases may point.
fn alias(
    zone: &Zone,
    alias_zones: &AliasZones,
    set: &RecordSet,
    target: &AliasTarget,
    problems: &mut Vec<String>,
) {
    let Key { name, record_type, .. } = &set.key;
    let AliasTarget { hosted_zone_id, dns_name, evaluate_target_health } = target;
    let mut refuse = |reason: &str| {
        problems.push(format!(
            "Tried to create an alias that targets {dns_name}, type {record_type} in zone \
             {hosted_zone_id}, but {reason}"
        ));
    };
    if **hosted_zone_id == zone.id {
        if !dns_name.is_within(&zone.name) {
            refuse("the alias target name does not lie within the target zone");
        }
        let itself = dns_name == name;
        if itself || zone.group(dns_name, *record_type).next().is_none() {
            refuse("that target was not found");
        }
        return;
    }
    // Another hosted zone is no target either, whoever owns it: an alias points to an AWS resource
    // or to a record set of its own zone.
    let covered = alias_zones.covers(hosted_zone_id, dns_name);
    let has_type = matches!(record_type, RecordType::A | RecordType::AAAA | RecordType::HTTPS);
    if !covered {
        refuse("the alias target name does not lie within the target zone");
    }
    if !covered || !has_type {
        refuse("that target was not found");
    }
    if **hosted_zone_id == *CLOUDFRONT {
        if *evaluate_target_health {
            refuse("EvaluateTargetHealth cannot be true for a CloudFront distribution");
        }
        if zone.private {
            refuse("an alias in a private zone cannot target a CloudFront distribution");
        }
    }
}

/// Lists what a batch has left behind that no zone may hold: judged once, after its last change.
pub(crate) fn leftovers(zone: &Zone, touched: &BTreeSet<Key>) -> Vec<String> {
    let mut problems = Vec::new();
    if zone.group(&zone.name, RecordType::SOA).next().is_none() {
        problems.push("A HostedZone must contain exactly one SOA record.".to_owned());
    }
    if zone.group(&zone.name, RecordType::NS).next().is_none() {
        problems.push(
            "A HostedZone must contain at least one NS record for the zone itself.".to_owned(),
        );
    }
    // All weighted record sets of one name and type share a TTL (`TTL` of `ResourceRecordSet`). A
    // batch may move the whole group to another one, so the end of the batch counts.
    for key in touched {
        let Some(set) = zone.find(key) else { continue };
        if set.routing.kind() != RoutingKind::Weighted {
            continue;
        }
        let Content::Records { ttl, .. } = set.content else { continue };
        let differs = zone.group(&key.name, key.record_type).any(|other| {
            matches!(other.content, Content::Records { ttl: other_ttl, .. } if other_ttl != ttl)
        });
        if differs {
            problems.push(format!(
                "RRSet with DNS name {} and type {}, SetIdentifier {} cannot be created as \
                 weighted sets must contain the same TTL.",
                key.name, key.record_type, key.set_identifier
            ));
        }
    }
    problems
}
