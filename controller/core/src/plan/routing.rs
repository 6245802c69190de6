//! Which record sets can stand under one name.
//!
//! Two rules: a CNAME stands alone (RFC 1034, 3.6.2), and the sets of one name and type all follow
//! one routing policy ([Route 53]; other providers with set identifiers have the same rule).
//!
//! [Route 53]: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy.html

use external_dns_webhook::{Endpoint, RecordType};

/// Last parts of the properties that choose a routing policy, with the policy's name.
const POLICIES: [(&str, &str); 7] = [
    ("weight", "weighted"),
    ("region", "latency"),
    ("failover", "failover"),
    ("geolocation", "geolocation"),
    ("geoproximity", "geoproximity"),
    ("multi-value-answer", "multivalue"),
    ("cidr", "CIDR"),
];

/// Why two record sets cannot stand under one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clash {
    /// One of them is a CNAME.
    Type,
    /// They follow different routing policies.
    Routing,
}

/// What decides beside which others a record set of another type or set identifier can stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SetKind<'a> {
    record_type: &'a RecordType,
    policy: &'static str,
}

impl<'a> SetKind<'a> {
    /// Returns the kind of a record set.
    pub(crate) fn of(endpoint: &'a Endpoint) -> Self {
        Self { record_type: &endpoint.record_type, policy: policy(endpoint) }
    }

    /// Tells why two different record sets of one name cannot both be there; `None` when they can.
    pub(crate) fn clash(self, other: SetKind<'_>) -> Option<Clash> {
        let is_cname = |kind: SetKind<'_>| *kind.record_type == RecordType::Cname;
        if is_cname(self) != is_cname(other) {
            return Some(Clash::Type);
        }
        let differ = self.record_type == other.record_type && self.policy != other.policy;
        differ.then_some(Clash::Routing)
    }
}

/// Tells why two different record sets of one name cannot both be there; `None` when they can.
pub(crate) fn clash(a: &Endpoint, b: &Endpoint) -> Option<Clash> {
    SetKind::of(a).clash(SetKind::of(b))
}

/// Returns the name of the routing policy of a record set.
pub(crate) fn policy(endpoint: &Endpoint) -> &'static str {
    if endpoint.set_identifier.is_empty() {
        return "simple";
    }
    let of_property = |name: &str| {
        let last = name.rsplit('/').next()?;
        let chosen = |(part, _): &&(&str, &str)| {
            last == *part || last.strip_prefix(part).is_some_and(|rest| rest.starts_with('-'))
        };
        POLICIES.iter().find(chosen).map(|(_, policy)| *policy)
    };
    endpoint.properties.iter().find_map(|(name, _)| of_property(name)).unwrap_or("unnamed")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(record_type: RecordType, set: &str, property: &str) -> Endpoint {
        let mut endpoint = Endpoint::new("a.example.com", record_type, [""; 0]);
        set.clone_into(&mut endpoint.set_identifier);
        if !property.is_empty() {
            endpoint.properties.set(property, "1");
        }
        endpoint
    }

    #[test]
    fn a_cname_stands_alone_whatever_the_set_identifier() {
        let (cname, a) = (set(RecordType::Cname, "s", ""), set(RecordType::A, "", ""));
        assert_eq!(clash(&cname, &a), Some(Clash::Type));
        assert_eq!(clash(&a, &set(RecordType::Aaaa, "", "")), None);
    }

    #[test]
    fn sets_of_one_type_share_one_routing_policy() {
        let weighted = set(RecordType::A, "c1", "aws/weight");
        assert_eq!(clash(&weighted, &set(RecordType::A, "c2", "aws/weight")), None);
        assert_eq!(clash(&weighted, &set(RecordType::A, "", "")), Some(Clash::Routing));
        let latency = set(RecordType::A, "c2", "aws/region");
        assert_eq!(clash(&weighted, &latency), Some(Clash::Routing));
        assert_eq!(policy(&set(RecordType::A, "c", "aws/geolocation-country-code")), "geolocation");
        assert_eq!(clash(&weighted, &set(RecordType::Aaaa, "", "")), None);
    }
}
