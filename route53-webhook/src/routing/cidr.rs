//! IP-based routing: the address range that the resolver asks for decides.

use aws_sdk_route53::types::builders::ResourceRecordSetBuilder;
use aws_sdk_route53::types::{CidrRoutingConfig, ResourceRecordSet};
use external_dns_webhook::Properties;

use super::Policy;
use crate::properties::{CIDR_COLLECTION, CIDR_LOCATION, InvalidProperty};

/// Location of a CIDR collection whose address ranges a record set answers.
///
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy-ipbased.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cidr {
    /// Id of the collection.
    pub collection: Box<str>,
    /// Name of the location in it; `*` for everyone that no other location covers.
    pub location: Box<str>,
}

impl Policy for Cidr {
    fn from_properties(properties: &Properties) -> Result<Option<Self>, InvalidProperty> {
        let missing = |name, other: &str| {
            InvalidProperty::new(name, "", format!("it is needed together with `{other}`"))
        };
        let given = |name| properties.get(name).filter(|property| !property.is_empty());
        match (given(CIDR_COLLECTION), given(CIDR_LOCATION)) {
            (None, None) => Ok(None),
            (Some(collection), Some(location)) => {
                Ok(Some(Self { collection: collection.into(), location: location.into() }))
            }
            (Some(_), None) => Err(missing(CIDR_LOCATION, CIDR_COLLECTION)),
            (None, Some(_)) => Err(missing(CIDR_COLLECTION, CIDR_LOCATION)),
        }
    }

    fn to_properties(&self, properties: &mut Properties) {
        properties.set(CIDR_COLLECTION, &*self.collection);
        properties.set(CIDR_LOCATION, &*self.location);
    }

    fn from_api(set: &ResourceRecordSet) -> Option<Self> {
        let CidrRoutingConfig { collection_id, location_name, .. } =
            set.cidr_routing_config.as_ref()?;
        Some(Self {
            collection: collection_id.as_str().into(),
            location: location_name.as_str().into(),
        })
    }

    fn to_api(&self, set: ResourceRecordSetBuilder) -> ResourceRecordSetBuilder {
        let config = CidrRoutingConfig::builder()
            .collection_id(&*self.collection)
            .location_name(&*self.location)
            .build();
        // Both halves are set, so this is never an error.
        set.set_cidr_routing_config(config.ok())
    }
}
