//! What properties mean that every controller has to know, whatever the provider.
//!
//! Their names come from ExternalDNS, whose annotations objects carry for any provider. A provider of
//! version 1 says of a property neither that it selects a routing policy nor that it is never listed, so
//! a controller goes by these names.

use super::Properties;

/// Last parts of the properties that select a routing policy, with the policy's name.
const ROUTING_POLICIES: [(&str, &str); 7] = [
    ("weight", "weighted"),
    ("region", "latency"),
    ("failover", "failover"),
    ("geolocation", "geolocation"),
    ("geoproximity", "geoproximity"),
    ("multi-value-answer", "multivalue"),
    ("cidr", "CIDR"),
];

impl Properties {
    /// Zone id of an alias target that the provider does not know by itself.
    pub const TARGET_HOSTED_ZONE: &'static str = "aws/target-hosted-zone";

    /// Returns the name of the routing policy that the first property of such a kind selects; `None` when
    /// there is none.
    ///
    /// What stands before the last slash is the provider's and does not matter.
    ///
    /// ```
    /// use external_dns_webhook::Properties;
    ///
    /// let properties = Properties::default().with("aws/geolocation-country-code", "DE");
    /// assert_eq!(properties.routing_policy(), Some("geolocation"));
    /// ```
    pub fn routing_policy(&self) -> Option<&'static str> {
        self.iter().find_map(|(name, _)| {
            let last = name.rsplit('/').next()?;
            let selects = |(part, _): &&(&str, &str)| {
                last == *part || last.strip_prefix(part).is_some_and(|rest| rest.starts_with('-'))
            };
            ROUTING_POLICIES.iter().find(selects).map(|(_, policy)| *policy)
        })
    }

    /// Tells whether a property says how to write and is never listed, so that its absence from what is
    /// listed means nothing.
    pub fn is_write_only(name: &str) -> bool {
        [Self::RECORD_TYPE, Self::TARGET_HOSTED_ZONE].contains(&name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_routing_policy_is_known_by_the_last_part_of_a_property() {
        let policy = |name: &str| Properties::default().with(name, "1").routing_policy();
        for (name, selected) in [
            ("aws/weight", Some("weighted")),
            ("webhook/region", Some("latency")),
            ("failover", Some("failover")),
            ("aws/geoproximity-bias", Some("geoproximity")),
            ("aws/multi-value-answer", Some("multivalue")),
            ("aws/cidr-collection-id", Some("CIDR")),
            ("aws/weights", None),
            ("weight/x", None),
            ("alias", None),
        ] {
            assert_eq!(policy(name), selected, "{name}");
        }
        let two = Properties::default().with("alias", "true").with("x/region", "a");
        assert_eq!(two.with("x/weight", "1").routing_policy(), Some("latency"), "the first counts");
    }
}
