//! How record sets of one name and type share it: one routing policy, and each place in it once.
//!
//! Messages follow the service's pattern `RRSet with DNS name …, type …, SetIdentifier … cannot be
//! created …`.

use crate::record::{Content, GeoLocation, Key, RecordSet, Routing, RoutingKind};
use crate::zone::Zone;

/// Most record sets of one name and type under a policy ([quotas]).
///
/// [quotas]: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html
const MAX_SETS: usize = 100;

/// Most geoproximity record sets of one name and type, by the same page.
const MAX_GEOPROXIMITY_SETS: usize = 30;

/// Adds to `problems` why the zone's other record sets leave no room for this one.
pub(super) fn check(zone: &Zone, set: &RecordSet, problems: &mut Vec<String>) {
    let Key { name, record_type, set_identifier } = &set.key;
    let kind = set.routing.kind();
    let others = || zone.group(name, *record_type).filter(|other| other.key != set.key);
    if kind == RoutingKind::Simple {
        if others().next().is_some() {
            problems.push(format!(
                "RRSet with DNS name {name}, type {record_type} cannot be created as other \
                 RRSets exist with the same name and type."
            ));
        }
        return;
    }
    let subject =
        format!("RRSet with DNS name {name}, type {record_type}, SetIdentifier {set_identifier}");
    // An UPSERT does not change the policy of a record set either, so its own predecessor counts.
    if zone.group(name, *record_type).any(|other| other.routing.kind() != kind) {
        let reason = match kind {
            RoutingKind::Multivalue => {
                "because a non multivalue answer rrset exists with the same name and type.".into()
            }
            _ => format!("as a non-{kind} set exists with the same name and type."),
        };
        problems.push(format!("{subject} cannot be created {reason}"));
        return;
    }
    let most = match kind {
        RoutingKind::Geoproximity => MAX_GEOPROXIMITY_SETS,
        _ => MAX_SETS,
    };
    if others().count() >= most {
        problems.push(format!(
            "{subject} cannot be created as at most {most} {kind} sets may have the same name \
             and type."
        ));
    }
    if let Some((place, what)) = exclusive_place(&set.routing)
        && others().any(|other| other.routing == set.routing)
    {
        problems.push(format!(
            "{subject}, and {place} cannot be created because a {kind} RRSet with the same name, \
             type and {what} already exists."
        ));
    }
    if set.routing == Routing::FailoverPrimary && set.health_check_id.is_none() {
        problems.extend(unchecked_primary(&set.content).map(str::to_owned));
    }
}

/// Returns what only one record set of a name and type may have: its value, and what it is called.
///
/// Weights, multivalue answers and places with a bias may repeat.
fn exclusive_place(routing: &Routing) -> Option<(String, &'static str)> {
    Some(match routing {
        Routing::Simple | Routing::Weighted(_) | Routing::Multivalue | Routing::Geoproximity(_) => {
            return None;
        }
        Routing::Latency(region) => (format!("Region Name={region}"), "region"),
        Routing::FailoverPrimary => ("Failover=PRIMARY".to_owned(), "failover"),
        Routing::FailoverSecondary => ("Failover=SECONDARY".to_owned(), "failover"),
        Routing::Geolocation(location) => (describe_location(location), "geolocation"),
        Routing::Cidr { location_name, .. } => {
            (format!("LocationName={location_name}"), "CIDR location")
        }
    })
}

fn describe_location(location: &GeoLocation) -> String {
    match location {
        GeoLocation::Continent(code) => format!("GeoLocation=[ContinentCode={code}]"),
        GeoLocation::Country(code) => format!("GeoLocation=[CountryCode={code}]"),
        GeoLocation::Subdivision { country, subdivision } => {
            format!("GeoLocation=[CountryCode={country}, SubdivisionCode={subdivision}]")
        }
    }
}

/// Says why a failover primary without a health check is refused, if it is.
///
/// The service's message names no record set, so neither does ours.
fn unchecked_primary(content: &Content) -> Option<&'static str> {
    match content {
        Content::Records { .. } => Some(
            "A non-alias primary ResourceRecordSet must have an associated health check. No \
             changes made.",
        ),
        Content::Alias(target) if !target.evaluate_target_health => Some(
            "An alias primary ResourceRecordSet must evaluate target health or have an associated \
             health check. No changes made.",
        ),
        Content::Alias(_) => None,
    }
}
