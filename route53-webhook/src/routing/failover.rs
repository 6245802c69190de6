//! Failover routing: a secondary answers when the primary is unhealthy.

use aws_sdk_route53::types::builders::ResourceRecordSetBuilder;
use aws_sdk_route53::types::{ResourceRecordSet, ResourceRecordSetFailover};
use external_dns_webhook::Properties;

use super::Policy;
use crate::properties::{FAILOVER, InvalidProperty};

/// Which half of a failover pair a record set is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failover {
    /// Answers while it is healthy.
    Primary,
    /// Answers when the primary is unhealthy.
    Secondary,
}

impl Policy for Failover {
    fn from_properties(properties: &Properties) -> Result<Option<Self>, InvalidProperty> {
        match properties.get(FAILOVER) {
            None => Ok(None),
            Some("PRIMARY") => Ok(Some(Self::Primary)),
            Some("SECONDARY") => Ok(Some(Self::Secondary)),
            Some(other) => {
                Err(InvalidProperty::new(FAILOVER, other, "use `PRIMARY` or `SECONDARY`"))
            }
        }
    }

    fn to_properties(&self, properties: &mut Properties) {
        let value = match self {
            Self::Primary => "PRIMARY",
            Self::Secondary => "SECONDARY",
        };
        properties.set(FAILOVER, value);
    }

    fn from_api(set: &ResourceRecordSet) -> Option<Self> {
        match set.failover.as_ref()? {
            ResourceRecordSetFailover::Primary => Some(Self::Primary),
            ResourceRecordSetFailover::Secondary => Some(Self::Secondary),
            _ => None,
        }
    }

    fn to_api(&self, set: ResourceRecordSetBuilder) -> ResourceRecordSetBuilder {
        set.failover(match self {
            Self::Primary => ResourceRecordSetFailover::Primary,
            Self::Secondary => ResourceRecordSetFailover::Secondary,
        })
    }
}
