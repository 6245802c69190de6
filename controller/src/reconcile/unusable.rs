//! Zones of which nothing is known: named wherever a person is told what there is, whatever is desired
//! in them.

use std::fmt;

use controller_core::inventory::{Inventory, ZoneInventory};
use external_dns_webhook::{DnsName, Printable};
use serde::Serialize;

/// A zone that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnusableZone {
    /// The zone, as people are told about it.
    pub zone: String,
    /// Why, in the words of the provider.
    pub reason: String,
}

impl fmt::Display for UnusableZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { zone, reason } = self;
        write!(f, "zone {} cannot be used: {}", Printable(zone), Printable(reason))
    }
}

/// Returns the zones that cannot be used, in order of their identifiers.
pub fn unusable(inventory: &Inventory) -> Vec<UnusableZone> {
    inventory.zones().filter_map(told).collect()
}

/// Returns the zones that cannot be used and could hold one of `names`.
pub fn unusable_for(inventory: &Inventory, names: &[DnsName]) -> Vec<UnusableZone> {
    let may_hold = |zone: &&ZoneInventory| {
        let zone = zone.info().map(|info| info.name().canonical());
        zone.is_none_or(|zone| names.iter().any(|name| name.canonical().is_within(zone)))
    };
    inventory.zones().filter(may_hold).filter_map(told).collect()
}

fn told(zone: &ZoneInventory) -> Option<UnusableZone> {
    let reason = zone.unavailable()?.to_owned();
    let zone = zone.info().map(ToString::to_string).unwrap_or_default();
    Some(UnusableZone { zone, reason })
}

/// Says why nothing at all is known: there are zones, and not one can be used; `None` otherwise.
pub fn blind(inventory: &Inventory) -> Option<String> {
    let is_blind = inventory.zones().all(|zone| zone.unavailable().is_some());
    let zones = unusable(inventory);
    let first = zones.first().filter(|_| is_blind)?;
    Some(match zones.len() {
        1 => format!("no zone can be used: {first}"),
        count => format!("none of the {count} zones can be used; the first: {first}"),
    })
}

#[cfg(test)]
mod tests {
    use controller_core::registry::{Noop, Registry as _};
    use external_dns_webhook::Zone;

    use super::*;

    fn inventory(zones: &[(&str, Option<&str>)]) -> Inventory {
        let zone = |(id, unavailable): &(&str, Option<&str>)| Zone {
            id: (*id).to_owned(),
            name: "example.com".into(),
            private: false,
            unavailable: unavailable.map(str::to_owned),
        };
        Noop.read_zones(Vec::new(), &zones.iter().map(zone).collect::<Vec<_>>())
    }

    #[test]
    fn a_zone_that_cannot_be_used_is_named_with_its_reason() {
        let some = inventory(&[("Z1", None), ("Z2", Some("no\nanswer"))]);
        let told: Vec<_> = unusable(&some).iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 1);
        assert!(
            told[0].starts_with("zone example.com (Z2, public) cannot be used: no"),
            "{told:?}"
        );
        assert!(!told[0].contains('\n'), "one line: {told:?}");
    }

    #[test]
    fn a_zone_that_cannot_hold_a_name_is_not_in_its_way() {
        let some = inventory(&[("Z1", None), ("Z2", Some("no answer"))]);
        let in_the_way = |name: &str| unusable_for(&some, &[name.into()]).len();
        let names = ["example.com", "www.Example.com.", "a.b.example.com"];
        assert_eq!(names.map(in_the_way), [1; 3]);
        assert_eq!(["example.org", "myexample.com", "com"].map(in_the_way), [0; 3]);
    }

    #[test]
    fn nothing_is_known_only_where_there_are_zones_and_none_can_be_used() {
        assert_eq!(blind(&Inventory::default()), None, "zones are not told apart");
        assert_eq!(blind(&inventory(&[])), None);
        assert_eq!(blind(&inventory(&[("Z1", None), ("Z2", Some("x"))])), None);
        assert!(blind(&inventory(&[("Z1", Some("x"))])).is_some());
        let both = blind(&inventory(&[("Z1", Some("x")), ("Z2", Some("y"))])).unwrap();
        assert!(both.contains("none of the 2 zones"), "{both}");
    }
}
