//! Whether a record set must be written to be as desired.

use external_dns_webhook::{Endpoint, Properties};

/// Prefix of the properties that every provider behind the protocol gets.
const WEBHOOK_PREFIX: &str = "webhook/";

/// Tells whether `new` wants something that `old` does not already give.
///
/// A missing TTL means "whatever the provider picked", so it never counts as a difference.
pub(crate) fn differs(old: &Endpoint, new: &Endpoint, prefixes: &[String]) -> bool {
    new.ttl.is_some_and(|ttl| old.ttl != Some(ttl))
        || !new.targets.answers_like(&old.targets, &new.record_type)
        || properties_differ(&old.properties, &new.properties, prefixes)
}

/// Compares the properties that a provider can both take and report.
///
/// Those are the ones without a slash and those under `prefixes`, which is what the provider said
/// it understands; if it did not say, `webhook/` and whatever is desired.
fn properties_differ(old: &Properties, new: &Properties, prefixes: &[String]) -> bool {
    let understood = |name: &str| {
        !name.contains('/')
            || if prefixes.is_empty() {
                name.starts_with(WEBHOOK_PREFIX) || new.get(name).is_some()
            } else {
                prefixes.iter().any(|prefix| name.starts_with(prefix.as_str()))
            }
    };
    // The last of two equal names counts, as it does for those who read them into a map.
    let last = |properties: &Properties, name: &str| {
        properties
            .iter()
            .filter(|(other, _)| *other == name)
            .last()
            .map(|(_, value)| value.to_owned())
    };
    let names = old.iter().chain(new.iter()).map(|(name, _)| name).filter(|name| understood(name));
    let mut names =
        names.filter(|name| !(Properties::is_write_only(name) && old.get(name).is_none()));
    names.any(|name| {
        !(Properties::is_write_only(name) && new.get(name).is_none())
            && last(old, name) != last(new, name)
    })
}

#[cfg(test)]
mod tests {
    use external_dns_webhook::{RecordType, Ttl};

    use super::*;

    fn with(properties: &[(&str, &str)]) -> Endpoint {
        let mut endpoint = Endpoint::new("a.example.com", RecordType::A, ["192.0.2.1"]);
        endpoint.properties = properties.iter().copied().collect();
        endpoint
    }

    fn differ(old: &[(&str, &str)], new: &[(&str, &str)], prefixes: &[&str]) -> bool {
        let prefixes: Vec<String> = prefixes.iter().map(ToString::to_string).collect();
        differs(&with(old), &with(new), &prefixes)
    }

    #[test]
    fn a_ttl_that_nobody_asked_for_is_no_difference() {
        let mut current = with(&[]);
        current.ttl = Ttl::from_seconds(300);
        let mut desired = with(&[]);
        assert!(!differs(&current, &desired, &[]));
        desired.ttl = Ttl::from_seconds(60);
        assert!(differs(&current, &desired, &[]));
    }

    #[test]
    fn a_property_added_changed_or_removed_is_a_difference() {
        let (on, off): (&[_], &[_]) = (&[("aws/x", "true")], &[("aws/x", "false")]);
        assert!(differ(on, off, &["aws/"]));
        assert!(differ(&[], on, &["aws/"]));
        assert!(differ(on, &[], &["aws/"]));
        assert!(!differ(on, on, &["aws/"]));
        assert!(!differ(&[("b", "1"), ("a", "2")], &[("a", "2"), ("b", "1")], &[]));
    }

    #[test]
    fn what_the_provider_cannot_take_or_report_is_not_compared() {
        assert!(!differ(&[("other/x", "1")], &[], &[]), "reported, but never sent");
        assert!(!differ(&[], &[("other/x", "1")], &["aws/"]), "sent by mistake");
        assert!(differ(&[], &[("other/x", "1")], &[]), "a provider that declares none gets it");
        assert!(differ(&[("webhook/x", "1")], &[], &[]));
    }

    #[test]
    fn a_property_that_is_never_reported_back_does_not_cause_a_write_in_every_sync() {
        for name in [Properties::RECORD_TYPE, Properties::TARGET_HOSTED_ZONE] {
            assert!(!differ(&[], &[(name, "x")], &["aws/"]), "{name}");
            assert!(!differ(&[(name, "x")], &[], &["aws/"]), "{name}");
            assert!(differ(&[(name, "x")], &[(name, "y")], &["aws/"]), "{name}");
        }
    }
}
