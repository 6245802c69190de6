//! The rules between record sets: one CNAME alone, targets that exist, an apex that is complete.
//!
//! Messages follow the service's pattern `RRSet of type … with DNS name … is not permitted …`. The
//! rules of routing policies are in [`super::policy`].

use std::collections::BTreeSet;

use super::alias::{AliasZones, CLOUDFRONT};
use super::{Action, policy};
use crate::record::{AliasTarget, Content, Key, RecordSet, RecordType, RoutingKind};
use crate::zone::Zone;

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
    policy::check(zone, set, &mut problems);
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
    // Another hosted zone is no target either, whatever its owner is: an alias points to an AWS
    // resource or to a record set of its own zone.
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

/// Lists what a batch has left behind that no zone may hold: validated once, after its last change.
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
