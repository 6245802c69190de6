//! Reads the routing policy of a record set and validates its parameters.

use crate::error::ApiError;
use crate::record::{
    GeoLocation, GeoProximity, GeoProximityPlace, RecordType, Routing, RoutingKind,
};
use crate::shape::{GeoLocationShape, GeoProximityLocation, ResourceRecordSet};
use crate::validate::geo;
use crate::validate::regions::LATENCY_REGIONS;

/// Reads the one policy that a record set has; [`super::structure`] has counted them.
///
/// # Errors
///
/// `InvalidInput` for a place that does not exist or is named twice.
pub(super) fn read(set: &ResourceRecordSet) -> Result<Routing, ApiError> {
    if let Some(weight) = set.weight {
        let weight = u8::try_from(weight)
            .map_err(|_| ApiError::invalid_input(format!("Invalid weight {weight}")))?;
        return Ok(Routing::Weighted(weight));
    }
    if let Some(region) = &set.region {
        return Ok(Routing::Latency(region.as_str().into()));
    }
    if let Some(failover) = &set.failover {
        return Ok(match failover.as_str() {
            "PRIMARY" => Routing::FailoverPrimary,
            _ => Routing::FailoverSecondary,
        });
    }
    if let Some(location) = &set.geo_location {
        return read_geolocation(location).map(Routing::Geolocation);
    }
    if let Some(location) = &set.geo_proximity_location {
        return read_geoproximity(location).map(Routing::Geoproximity);
    }
    if let Some(cidr) = &set.cidr_routing_config {
        return Ok(Routing::Cidr {
            collection_id: cidr.collection_id.as_str().into(),
            location_name: cidr.location_name.as_str().into(),
        });
    }
    if set.multi_value_answer == Some(true) {
        return Ok(Routing::Multivalue);
    }
    Ok(Routing::Simple)
}

/// Tells whether record sets of this type may have this policy.
///
/// From `Type` of `ResourceRecordSet` in the API reference.
pub(super) fn allows(kind: RoutingKind, record_type: RecordType) -> bool {
    match record_type {
        RecordType::NS | RecordType::SOA | RecordType::DS => kind == RoutingKind::Simple,
        RecordType::CNAME => kind != RoutingKind::Multivalue,
        _ => true,
    }
}

fn read_geolocation(location: &GeoLocationShape) -> Result<GeoLocation, ApiError> {
    let GeoLocationShape { continent_code, country_code, subdivision_code } = location;
    match (continent_code.as_deref(), country_code.as_deref(), subdivision_code.as_deref()) {
        (Some(continent), None, None) if geo::is_continent(continent) => {
            Ok(GeoLocation::Continent(continent.into()))
        }
        (None, Some(country), None) if geo::is_country(country) => {
            Ok(GeoLocation::Country(country.into()))
        }
        (None, Some(country), Some(part)) if geo::is_subdivision(country, part) => {
            Ok(GeoLocation::Subdivision { country: country.into(), subdivision: part.into() })
        }
        (Some(_), None, None) | (None, Some(_), _) => {
            let continent = continent_code.as_deref().unwrap_or("null");
            let country = country_code.as_deref().unwrap_or("null");
            let part = subdivision_code.as_deref().unwrap_or("null");
            Err(ApiError::invalid_input(format!(
                "Invalid GeoLocation: no such location [ContinentCode={continent}, \
                 CountryCode={country}, SubdivisionCode={part}]"
            )))
        }
        (Some(_), Some(_), _) | (Some(_), _, Some(_)) => Err(ApiError::invalid_input(
            "Invalid GeoLocation: ContinentCode cannot be specified with CountryCode or \
             SubdivisionCode",
        )),
        (None, None, Some(_)) => Err(ApiError::invalid_input(
            "Invalid GeoLocation: SubdivisionCode cannot be specified without CountryCode",
        )),
        (None, None, None) => Err(ApiError::invalid_input(
            "Invalid GeoLocation: expected exactly one of [ContinentCode, CountryCode]",
        )),
    }
}

fn read_geoproximity(location: &GeoProximityLocation) -> Result<GeoProximity, ApiError> {
    let GeoProximityLocation { aws_region, local_zone_group, coordinates, bias } = location;
    let place = match (aws_region, local_zone_group, coordinates) {
        (Some(region), None, None) => {
            if !LATENCY_REGIONS.contains(&region.as_str()) {
                return Err(ApiError::invalid_input(format!(
                    "Invalid GeoProximityLocation: unknown AWSRegion {region}"
                )));
            }
            GeoProximityPlace::Region(region.as_str().into())
        }
        (None, Some(group), None) => GeoProximityPlace::LocalZoneGroup(group.as_str().into()),
        (None, None, Some(point)) => {
            if !is_coordinate(&point.latitude, 90.0) || !is_coordinate(&point.longitude, 180.0) {
                return Err(ApiError::invalid_input(format!(
                    "Invalid GeoProximityLocation: Coordinates [Latitude={}, Longitude={}] are \
                     not degrees with at most two decimals",
                    point.latitude, point.longitude
                )));
            }
            GeoProximityPlace::Coordinates {
                latitude: point.latitude.as_str().into(),
                longitude: point.longitude.as_str().into(),
            }
        }
        _ => {
            return Err(ApiError::invalid_input(
                "Invalid GeoProximityLocation: expected exactly one of [AWSRegion, \
                 LocalZoneGroup, Coordinates]",
            ));
        }
    };
    let bias = bias.map(i8::try_from).transpose().map_err(|_| {
        ApiError::invalid_input("Invalid GeoProximityLocation: Bias is out of bounds")
    })?;
    Ok(GeoProximity { place, bias })
}

/// Tells whether the text is degrees within `limit` with at most two decimals.
fn is_coordinate(text: &str, limit: f64) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    (1..=3).contains(&whole.len())
        && decimals.len() <= 2
        && whole.bytes().chain(decimals.bytes()).all(|b| b.is_ascii_digit())
        && text.parse::<f64>().is_ok_and(|degrees| degrees.abs() <= limit)
}
