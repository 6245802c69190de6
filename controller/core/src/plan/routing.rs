//! Which record sets can stand under one name.
//!
//! Two rules: a CNAME stands alone (RFC 1034, 3.6.2), and the sets of one name and type all follow
//! one routing policy, as each provider that has set identifiers requires.

use external_dns_webhook::{Endpoint, RecordType};

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
    endpoint.properties.routing_policy().unwrap_or("unnamed")
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
