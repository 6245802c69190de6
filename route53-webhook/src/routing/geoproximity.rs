//! Geoproximity routing: how far the resolver is decides, bent by a bias.

use aws_sdk_route53::types::builders::ResourceRecordSetBuilder;
use aws_sdk_route53::types::{Coordinates, GeoProximityLocation, ResourceRecordSet};
use external_dns_webhook::Properties;

use super::Policy;
use crate::properties::{
    InvalidProperty, PROXIMITY_BIAS, PROXIMITY_COORDINATES, PROXIMITY_LOCAL_ZONE_GROUP,
    PROXIMITY_REGION, whole_number,
};

/// Where the target of a record set is, and how much further it should reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Geoproximity {
    /// Where the target is.
    pub place: Place,
    /// How much the area of the target grows (up to 99) or shrinks (down to -99).
    pub bias: i8,
}

/// Where the target of a geoproximity record set is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In an AWS region.
    Region(Box<str>),
    /// In an AWS Local Zone group.
    LocalZoneGroup(Box<str>),
    /// Anywhere else, in the spelling that was given.
    Coordinates {
        /// Degrees north, -90 to 90.
        latitude: Box<str>,
        /// Degrees east, -180 to 180.
        longitude: Box<str>,
    },
}

impl Policy for Geoproximity {
    /// Compat: without a bias it is 0, and that is reported.
    fn from_properties(properties: &Properties) -> Result<Option<Self>, InvalidProperty> {
        let named = |name| match properties.get(name) {
            None => Ok(None),
            Some("") => Err(InvalidProperty::new(name, "", "give a place, or remove the property")),
            Some(place) => Ok(Some(Box::<str>::from(place))),
        };
        let region = named(PROXIMITY_REGION)?.map(Place::Region);
        let group = named(PROXIMITY_LOCAL_ZONE_GROUP)?.map(Place::LocalZoneGroup);
        let coordinates = properties.get(PROXIMITY_COORDINATES).map(coordinates).transpose()?;
        let bias = properties.get(PROXIMITY_BIAS);

        let mut places = [region, group, coordinates].into_iter().flatten();
        match (places.next(), places.next()) {
            (Some(place), None) => Ok(Some(Self { place, bias: bias.map_or(Ok(0), parse_bias)? })),
            (None, _) => match bias {
                None => Ok(None),
                Some(value) => Err(InvalidProperty::new(
                    PROXIMITY_BIAS,
                    value,
                    "it needs a region, a local zone group or coordinates",
                )),
            },
            (Some(_), Some(second)) => {
                let (name, value) = second.property();
                let problem = "give one of region, local zone group and coordinates";
                Err(InvalidProperty::new(name, &value, problem))
            }
        }
    }

    fn to_properties(&self, properties: &mut Properties) {
        let (name, value) = self.place.property();
        properties.set(name, value);
        properties.set(PROXIMITY_BIAS, self.bias.to_string());
    }

    fn from_api(set: &ResourceRecordSet) -> Option<Self> {
        let location = set.geo_proximity_location.as_ref()?;
        let text = |text: &Option<String>| {
            text.as_deref().filter(|text| !text.is_empty()).map(Box::<str>::from)
        };
        let place = text(&location.aws_region)
            .map(Place::Region)
            .or_else(|| text(&location.local_zone_group).map(Place::LocalZoneGroup))
            .or_else(|| {
                let Coordinates { latitude, longitude, .. } = location.coordinates.as_ref()?;
                Some(Place::Coordinates {
                    latitude: latitude.as_str().into(),
                    longitude: longitude.as_str().into(),
                })
            })?;
        let bias = location.bias.and_then(|bias| i8::try_from(bias).ok()).unwrap_or(0);
        Some(Self { place, bias })
    }

    fn to_api(&self, set: ResourceRecordSetBuilder) -> ResourceRecordSetBuilder {
        let location = GeoProximityLocation::builder().bias(i32::from(self.bias));
        let location = match &self.place {
            Place::Region(region) => location.aws_region(&**region),
            Place::LocalZoneGroup(group) => location.local_zone_group(&**group),
            Place::Coordinates { latitude, longitude } => {
                let coordinates =
                    Coordinates::builder().latitude(&**latitude).longitude(&**longitude).build();
                // Both halves are set, so this is never an error.
                location.set_coordinates(coordinates.ok())
            }
        };
        set.geo_proximity_location(location.build())
    }
}

impl Place {
    fn property(&self) -> (&'static str, String) {
        match self {
            Self::Region(region) => (PROXIMITY_REGION, region.to_string()),
            Self::LocalZoneGroup(group) => (PROXIMITY_LOCAL_ZONE_GROUP, group.to_string()),
            Self::Coordinates { latitude, longitude } => {
                (PROXIMITY_COORDINATES, format!("{latitude},{longitude}"))
            }
        }
    }
}

fn parse_bias(value: &str) -> Result<i8, InvalidProperty> {
    let bias = whole_number(value).filter(|bias: &i8| (-99..=99).contains(bias));
    bias.ok_or_else(|| {
        InvalidProperty::new(PROXIMITY_BIAS, value, "use a whole number from -99 to 99")
    })
}

fn coordinates(value: &str) -> Result<Place, InvalidProperty> {
    let within = |text: &str, limit: f64| {
        text.parse::<f64>().is_ok_and(|degrees| (-limit..=limit).contains(&degrees))
    };
    match value.split_once(',') {
        Some((latitude, longitude)) if within(latitude, 90.0) && within(longitude, 180.0) => {
            Ok(Place::Coordinates { latitude: latitude.into(), longitude: longitude.into() })
        }
        _ => Err(InvalidProperty::new(
            PROXIMITY_COORDINATES,
            value,
            "use `LATITUDE,LONGITUDE` in degrees, such as `47.61,-122.33`",
        )),
    }
}
