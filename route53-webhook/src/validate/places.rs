//! The closed lists of places: continents, countries, their parts, regions, coordinates.

use std::collections::HashMap;
use std::sync::LazyLock;

use aws_sdk_route53::types::ResourceRecordSetRegion;

/// Codes by the kind of place; see the file for where they are from.
static PLACES: LazyLock<HashMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let mut places: HashMap<_, Vec<_>> = HashMap::new();
    let lines = include_str!("places.txt").lines().filter(|line| !line.starts_with('#'));
    for (kind, codes) in lines.filter_map(|line| line.split_once(' ')) {
        places.entry(kind).or_default().extend(codes.split(' '));
    }
    places
});

fn is(kind: &str, code: &str) -> bool {
    PLACES.get(kind).is_some_and(|codes| codes.contains(&code))
}

/// Tells whether this is the code of a continent.
pub(super) fn is_continent(code: &str) -> bool {
    is("continent", code)
}

/// Tells whether this is the code of a country, or the `*` that stands for every other place.
pub(super) fn is_country(code: &str) -> bool {
    code == "*" || is("country", code)
}

/// Tells whether parts of a country can be told apart.
pub(super) fn has_parts(country: &str) -> bool {
    matches!(country, "US" | "UA")
}

/// Tells whether a country has this part.
pub(super) fn is_part(country: &str, code: &str) -> bool {
    has_parts(country) && is(country, code)
}

/// Tells whether this is a region that Route 53 knows: those of the API that the SDK was made from.
pub(super) fn is_region(code: &str) -> bool {
    ResourceRecordSetRegion::values().contains(&code)
}

/// Tells whether this can be a Local Zone group, such as `us-east-1-bue-1`: a region, a place and a
/// number ([names]). A Local Zone itself, `us-east-1-bue-1a`, is none.
///
/// [names]: https://docs.aws.amazon.com/local-zones/latest/ug/concepts-local-zones.html
pub(super) fn is_local_zone_group(code: &str) -> bool {
    let is_place = |rest: &str| match rest.strip_prefix('-').and_then(|rest| rest.split_once('-')) {
        Some((place, number)) => {
            place.len() == 3
                && place.bytes().all(|byte| byte.is_ascii_lowercase())
                && !number.is_empty()
                && number.bytes().all(|byte| byte.is_ascii_digit())
        }
        None => false,
    };
    ResourceRecordSetRegion::values()
        .iter()
        .filter_map(|region| code.strip_prefix(region))
        .any(is_place)
}

/// Tells whether these are degrees as Route 53 takes them: within `limit`, two decimals at most
/// ([`Coordinates`]).
///
/// [`Coordinates`]: https://docs.aws.amazon.com/Route53/latest/APIReference/API_Coordinates.html
pub(super) fn is_degrees(text: &str, limit: f64) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (1..=3).contains(&whole.len())
        && decimals.len() <= 2
        && is_number(whole)
        && is_number(decimals)
        && text.parse::<f64>().is_ok_and(|degrees| (-limit..=limit).contains(&degrees))
}
