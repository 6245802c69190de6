//! What Route 53 takes of routing policies: places that exist, and record sets that may have them.
//!
//! Only what is desired is validated: what a zone has is read whatever it says.

use external_dns_webhook::RecordType;

use super::places;
use crate::properties::{
    CIDR_COLLECTION, CIDR_LOCATION, CONTINENT, COUNTRY, FAILOVER, InvalidProperty,
    MULTI_VALUE_ANSWER, PROXIMITY_COORDINATES, PROXIMITY_LOCAL_ZONE_GROUP, PROXIMITY_REGION,
    REGION, SUBDIVISION,
};
use crate::record_set::{Data, RecordSet};
use crate::routing::{Cidr, Failover, Geolocation, Geoproximity, Place, Routing};

/// What is said about a region that is not in the list.
const UNKNOWN_REGION: &str = "there is no such AWS region; use a code such as `eu-central-1`";

/// Validates the routing policy of a record set.
///
/// # Errors
///
/// Returns the property that is wrong, and what it may be.
pub(super) fn of(set: &RecordSet) -> Result<(), InvalidProperty> {
    let Some(routing) = set.routing.as_deref() else {
        return Ok(());
    };
    if matches!(set.record_type, RecordType::Ns) {
        let (name, value) = routing.main_property();
        let problem = "NS record sets have no routing policy; remove it";
        return Err(InvalidProperty::new(name, &value, problem));
    }
    match routing {
        Routing::Weighted(_) => Ok(()),
        Routing::Latency(latency) => {
            one_of(places::is_region(&latency.region), REGION, &latency.region, UNKNOWN_REGION)
        }
        Routing::Failover(half) => failover(*half, set),
        Routing::MultiValue(_) => multivalue(set),
        Routing::Geolocation(location) => geolocation(location),
        Routing::Geoproximity(Geoproximity { place, bias: _ }) => geoproximity(place),
        Routing::Cidr(cidr) => cidr_location(cidr),
    }
}

fn one_of(
    is_good: bool,
    name: &'static str,
    value: &str,
    problem: &str,
) -> Result<(), InvalidProperty> {
    if is_good { Ok(()) } else { Err(InvalidProperty::new(name, value, problem)) }
}

/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-values-failover.html>
fn failover(half: Failover, set: &RecordSet) -> Result<(), InvalidProperty> {
    let is_watched = match &set.data {
        Data::Alias(alias) => alias.evaluate_target_health,
        Data::Values { .. } => false,
    };
    let problem = match half {
        Failover::Secondary => return Ok(()),
        Failover::Primary if is_watched || set.health_check.is_some() => return Ok(()),
        Failover::Primary => {
            "a primary needs `aws/health-check-id`, or as an alias `aws/evaluate-target-health` of \
             `true`: nothing else says when to fail over"
        }
    };
    Err(InvalidProperty::new(FAILOVER, "PRIMARY", problem))
}

/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html>
fn multivalue(set: &RecordSet) -> Result<(), InvalidProperty> {
    let problem = match (&set.record_type, &set.data) {
        (RecordType::Cname, _) => "a CNAME cannot be one of several answers; use another policy",
        (_, Data::Alias(_)) => "an alias cannot be one of several answers; use another policy",
        (_, Data::Values { .. }) => return Ok(()),
    };
    Err(InvalidProperty::new(MULTI_VALUE_ANSWER, "true", problem))
}

fn geolocation(location: &Geolocation) -> Result<(), InvalidProperty> {
    match location {
        Geolocation::Continent(code) => one_of(
            places::is_continent(code),
            CONTINENT,
            code,
            "use `AF`, `AN`, `AS`, `EU`, `NA`, `OC` or `SA`",
        ),
        Geolocation::Country { country, .. } if !places::is_country(country) => {
            let problem = "use a country of ISO 3166-1 in two capitals, such as `DE`, or `*` for \
                           everyone else";
            Err(InvalidProperty::new(COUNTRY, country, problem))
        }
        Geolocation::Country { country: _, subdivision: None } => Ok(()),
        Geolocation::Country { country, subdivision: Some(part) } => one_of(
            places::is_part(country, part),
            SUBDIVISION,
            part,
            if places::has_parts(country) {
                "the country has no such part; use a code such as `NY` in `US` or `05` in `UA`"
            } else {
                "only the countries `US` and `UA` have parts"
            },
        ),
        Geolocation::Subdivision(part) => {
            let problem = "it needs `aws/geolocation-country-code`, `US` or `UA`";
            Err(InvalidProperty::new(SUBDIVISION, part, problem))
        }
    }
}

fn geoproximity(place: &Place) -> Result<(), InvalidProperty> {
    match place {
        Place::Region(region) => {
            one_of(places::is_region(region), PROXIMITY_REGION, region, UNKNOWN_REGION)
        }
        Place::LocalZoneGroup(group) => one_of(
            places::is_local_zone_group(group),
            PROXIMITY_LOCAL_ZONE_GROUP,
            group,
            "use a group of Local Zones, such as `us-east-1-bue-1`, without the letter of a zone",
        ),
        Place::Coordinates { latitude, longitude } => one_of(
            places::is_degrees(latitude, 90.0) && places::is_degrees(longitude, 180.0),
            PROXIMITY_COORDINATES,
            &format!("{latitude},{longitude}"),
            "use `LATITUDE,LONGITUDE` in degrees with two decimals at most, such as `47.61,-122.33`",
        ),
    }
}

/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_CidrRoutingConfig.html>
fn cidr_location(cidr: &Cidr) -> Result<(), InvalidProperty> {
    let Cidr { collection, location } = cidr;
    let lengths = collection.split('-').map(str::len).collect::<Vec<_>>();
    let is_hex = |byte: u8| byte == b'-' || byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
    one_of(
        lengths == [8, 4, 4, 4, 12] && collection.bytes().all(is_hex),
        CIDR_COLLECTION,
        collection,
        "use the id of a CIDR collection, such as `01234567-89ab-cdef-0123-456789abcdef`",
    )?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'*');
    one_of(
        (1..=16).contains(&location.len()) && location.bytes().all(is_plain),
        CIDR_LOCATION,
        location,
        "use the name of a location of the collection, 16 letters or digits at most, or `*`",
    )
}
