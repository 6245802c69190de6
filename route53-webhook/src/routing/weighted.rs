//! Weighted routing: traffic is shared in proportion to a number.

use aws_sdk_route53::types::ResourceRecordSet;
use aws_sdk_route53::types::builders::ResourceRecordSetBuilder;
use external_dns_webhook::Properties;

use super::Policy;
use crate::properties::{InvalidProperty, WEIGHT, whole_number};

/// Share of the traffic, 0 to 255; zero gets none while another weight is positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weighted {
    /// The weight.
    pub weight: u8,
}

impl Policy for Weighted {
    fn from_properties(properties: &Properties) -> Result<Option<Self>, InvalidProperty> {
        let Some(value) = properties.get(WEIGHT) else {
            return Ok(None);
        };
        // Never a default: a weight of zero would drain the traffic that a typo meant to keep.
        match whole_number(value) {
            Some(weight) => Ok(Some(Self { weight })),
            None => Err(InvalidProperty::new(WEIGHT, value, "use a whole number from 0 to 255")),
        }
    }

    fn to_properties(&self, properties: &mut Properties) {
        properties.set(WEIGHT, self.weight.to_string());
    }

    fn from_api(set: &ResourceRecordSet) -> Option<Self> {
        set.weight.and_then(|weight| u8::try_from(weight).ok()).map(|weight| Self { weight })
    }

    fn to_api(&self, set: ResourceRecordSetBuilder) -> ResourceRecordSetBuilder {
        set.weight(i64::from(self.weight))
    }
}
