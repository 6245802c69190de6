//! Latency routing: the region nearest in time answers.

use aws_sdk_route53::types::builders::ResourceRecordSetBuilder;
use aws_sdk_route53::types::{ResourceRecordSet, ResourceRecordSetRegion};
use external_dns_webhook::Properties;

use super::Policy;
use crate::properties::{InvalidProperty, REGION};

/// AWS region whose latency decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latency {
    /// The region, such as `eu-central-1`; AWS knows whether it exists.
    pub region: Box<str>,
}

impl Policy for Latency {
    fn from_properties(properties: &Properties) -> Result<Option<Self>, InvalidProperty> {
        match properties.get(REGION) {
            None => Ok(None),
            Some("") => Err(InvalidProperty::new(REGION, "", "name an AWS region")),
            Some(region) => Ok(Some(Self { region: region.into() })),
        }
    }

    fn to_properties(&self, properties: &mut Properties) {
        properties.set(REGION, &*self.region);
    }

    fn from_api(set: &ResourceRecordSet) -> Option<Self> {
        let region = set.region.as_ref()?.as_str();
        (!region.is_empty()).then(|| Self { region: region.into() })
    }

    fn to_api(&self, set: ResourceRecordSetBuilder) -> ResourceRecordSetBuilder {
        set.region(ResourceRecordSetRegion::from(&*self.region))
    }
}
