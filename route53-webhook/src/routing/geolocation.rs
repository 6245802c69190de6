//! Geolocation routing: where the resolver is decides.

use aws_sdk_route53::types::builders::ResourceRecordSetBuilder;
use aws_sdk_route53::types::{GeoLocation, ResourceRecordSet};
use external_dns_webhook::Properties;

use super::Policy;
use crate::properties::{CONTINENT, COUNTRY, InvalidProperty, SUBDIVISION};

/// Where the resolvers are that a record set answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Geolocation {
    /// A continent, such as `EU`.
    Continent(Box<str>),
    /// A country; `*` for everyone that no other record set answers.
    Country {
        /// ISO 3166-1 code, such as `US`.
        country: Box<str>,
        /// State within it, such as `NY`; `None` for all of it.
        subdivision: Option<Box<str>>,
    },
    /// A state without its country, which AWS takes to be in the United States.
    Subdivision(Box<str>),
}

impl Policy for Geolocation {
    /// Compat: a continent wins over a country, as in ExternalDNS.
    fn from_properties(properties: &Properties) -> Result<Option<Self>, InvalidProperty> {
        let code = |name| match properties.get(name) {
            None => Ok(None),
            Some("") => Err(InvalidProperty::new(name, "", "give a code, or remove the property")),
            Some(code) => Ok(Some(Box::<str>::from(code))),
        };
        Ok(match (code(CONTINENT)?, code(COUNTRY)?, code(SUBDIVISION)?) {
            (Some(continent), _, _) => Some(Self::Continent(continent)),
            (None, Some(country), subdivision) => Some(Self::Country { country, subdivision }),
            (None, None, Some(subdivision)) => Some(Self::Subdivision(subdivision)),
            (None, None, None) => None,
        })
    }

    fn to_properties(&self, properties: &mut Properties) {
        match self {
            Self::Continent(continent) => properties.set(CONTINENT, &**continent),
            Self::Country { country, subdivision } => {
                properties.set(COUNTRY, &**country);
                if let Some(subdivision) = subdivision {
                    properties.set(SUBDIVISION, &**subdivision);
                }
            }
            Self::Subdivision(subdivision) => properties.set(SUBDIVISION, &**subdivision),
        }
    }

    fn from_api(set: &ResourceRecordSet) -> Option<Self> {
        let GeoLocation { continent_code, country_code, subdivision_code, .. } =
            set.geo_location.as_ref()?;
        let code = |code: &Option<String>| {
            code.as_deref().filter(|code| !code.is_empty()).map(Box::<str>::from)
        };
        match (code(continent_code), code(country_code), code(subdivision_code)) {
            (Some(continent), _, _) => Some(Self::Continent(continent)),
            (None, Some(country), subdivision) => Some(Self::Country { country, subdivision }),
            (None, None, Some(subdivision)) => Some(Self::Subdivision(subdivision)),
            (None, None, None) => None,
        }
    }

    fn to_api(&self, set: ResourceRecordSetBuilder) -> ResourceRecordSetBuilder {
        let location = GeoLocation::builder();
        set.geo_location(match self {
            Self::Continent(continent) => location.continent_code(&**continent).build(),
            Self::Country { country, subdivision } => location
                .country_code(&**country)
                .set_subdivision_code(subdivision.as_deref().map(str::to_owned))
                .build(),
            Self::Subdivision(subdivision) => location.subdivision_code(&**subdivision).build(),
        })
    }
}
