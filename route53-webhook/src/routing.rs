//! Routing policies: what makes several record sets of one name and type answer side by side.
//!
//! One file per policy, each with four translations: from and to properties, from and to the API.
//! A law proves that nothing is lost on the way. A new policy is one file and one variant: the
//! matches below do not compile until it is complete.

mod cidr;
mod failover;
mod geolocation;
mod geoproximity;
mod latency;
mod multivalue;
mod weighted;

use aws_sdk_route53::types::ResourceRecordSet;
use aws_sdk_route53::types::builders::ResourceRecordSetBuilder;
use external_dns_webhook::Properties;

pub use self::cidr::Cidr;
pub use self::failover::Failover;
pub use self::geolocation::Geolocation;
pub use self::geoproximity::{Geoproximity, Place};
pub use self::latency::Latency;
pub use self::multivalue::MultiValue;
pub use self::weighted::Weighted;
use crate::properties::InvalidProperty;

/// The four translations that a policy is.
trait Policy: Sized {
    /// Reads the policy out of properties in canonical spelling; `None` when it is not desired.
    fn from_properties(properties: &Properties) -> Result<Option<Self>, InvalidProperty>;
    /// Adds the properties that mean this policy.
    fn to_properties(&self, properties: &mut Properties);
    /// Reads the policy out of a record set; `None` when it has another one.
    fn from_api(set: &ResourceRecordSet) -> Option<Self>;
    /// Adds the policy to a record set.
    fn to_api(&self, set: ResourceRecordSetBuilder) -> ResourceRecordSetBuilder;
}

/// Routing policy of a record set; one without any is simple.
///
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Routing {
    /// Traffic is shared by weight.
    Weighted(Weighted),
    /// The region with the lowest latency answers.
    Latency(Latency),
    /// The secondary answers when the primary is unhealthy.
    Failover(Failover),
    /// Up to eight healthy record sets answer together.
    MultiValue(MultiValue),
    /// The location of the resolver decides.
    Geolocation(Geolocation),
    /// The distance to the resolver decides.
    Geoproximity(Geoproximity),
    /// The address range of the resolver decides.
    Cidr(Cidr),
}

/// Kind of a routing policy: record sets of one name and type must share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoutingKind {
    /// See [`Routing::Weighted`].
    Weighted,
    /// See [`Routing::Latency`].
    Latency,
    /// See [`Routing::Failover`].
    Failover,
    /// See [`Routing::MultiValue`].
    MultiValue,
    /// See [`Routing::Geolocation`].
    Geolocation,
    /// See [`Routing::Geoproximity`].
    Geoproximity,
    /// See [`Routing::Cidr`].
    Cidr,
}

impl Routing {
    /// Reads the policy out of properties in canonical spelling; `None` when they have none.
    ///
    /// # Errors
    ///
    /// Returns an error when a value makes no sense or there are two policies at once.
    pub fn from_properties(properties: &Properties) -> Result<Option<Self>, InvalidProperty> {
        let desired = [
            Weighted::from_properties(properties)?.map(Self::Weighted),
            Latency::from_properties(properties)?.map(Self::Latency),
            Failover::from_properties(properties)?.map(Self::Failover),
            MultiValue::from_properties(properties)?.map(Self::MultiValue),
            Geolocation::from_properties(properties)?.map(Self::Geolocation),
            Geoproximity::from_properties(properties)?.map(Self::Geoproximity),
            Cidr::from_properties(properties)?.map(Self::Cidr),
        ];
        let mut desired = desired.into_iter().flatten();
        let (first, second) = (desired.next(), desired.next());
        if let (Some(first), Some(second)) = (&first, second) {
            let (name, value) = second.main_property();
            let other = first.main_property().0;
            let problem = format!("it cannot be combined with `{other}`; keep one routing policy");
            return Err(InvalidProperty::new(name, &value, problem));
        }
        Ok(first)
    }

    /// Adds the properties that mean this policy.
    pub fn to_properties(&self, properties: &mut Properties) {
        match self {
            Self::Weighted(policy) => policy.to_properties(properties),
            Self::Latency(policy) => policy.to_properties(properties),
            Self::Failover(policy) => policy.to_properties(properties),
            Self::MultiValue(policy) => policy.to_properties(properties),
            Self::Geolocation(policy) => policy.to_properties(properties),
            Self::Geoproximity(policy) => policy.to_properties(properties),
            Self::Cidr(policy) => policy.to_properties(properties),
        }
    }

    /// Reads the policy out of a record set; `None` when it is simple.
    pub fn from_api(set: &ResourceRecordSet) -> Option<Self> {
        set.set_identifier.as_ref()?;
        None.or_else(|| Weighted::from_api(set).map(Self::Weighted))
            .or_else(|| Latency::from_api(set).map(Self::Latency))
            .or_else(|| Failover::from_api(set).map(Self::Failover))
            .or_else(|| MultiValue::from_api(set).map(Self::MultiValue))
            .or_else(|| Geolocation::from_api(set).map(Self::Geolocation))
            .or_else(|| Geoproximity::from_api(set).map(Self::Geoproximity))
            .or_else(|| Cidr::from_api(set).map(Self::Cidr))
    }

    /// Adds the policy to a record set.
    pub fn to_api(&self, set: ResourceRecordSetBuilder) -> ResourceRecordSetBuilder {
        match self {
            Self::Weighted(policy) => policy.to_api(set),
            Self::Latency(policy) => policy.to_api(set),
            Self::Failover(policy) => policy.to_api(set),
            Self::MultiValue(policy) => policy.to_api(set),
            Self::Geolocation(policy) => policy.to_api(set),
            Self::Geoproximity(policy) => policy.to_api(set),
            Self::Cidr(policy) => policy.to_api(set),
        }
    }

    /// Returns the kind of the policy.
    pub fn kind(&self) -> RoutingKind {
        match self {
            Self::Weighted(_) => RoutingKind::Weighted,
            Self::Latency(_) => RoutingKind::Latency,
            Self::Failover(_) => RoutingKind::Failover,
            Self::MultiValue(_) => RoutingKind::MultiValue,
            Self::Geolocation(_) => RoutingKind::Geolocation,
            Self::Geoproximity(_) => RoutingKind::Geoproximity,
            Self::Cidr(_) => RoutingKind::Cidr,
        }
    }

    /// Returns the property that people would recognise the policy by, and its value.
    pub(crate) fn main_property(&self) -> (&'static str, String) {
        let mut properties = Properties::default();
        self.to_properties(&mut properties);
        let (name, value) = properties.iter().next().unwrap_or_default();
        (crate::properties::canonical_name(name).unwrap_or_default(), value.to_owned())
    }
}

impl RoutingKind {
    /// Returns the name that AWS gives the policy.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Weighted => "weighted",
            Self::Latency => "latency",
            Self::Failover => "failover",
            Self::MultiValue => "multivalue answer",
            Self::Geolocation => "geolocation",
            Self::Geoproximity => "geoproximity",
            Self::Cidr => "IP-based",
        }
    }
}

#[cfg(test)]
mod tests;
