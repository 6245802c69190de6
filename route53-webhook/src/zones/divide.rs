//! Which zones this shard has, and which the others.
//!
//! Zones that lie in one another stay together, with the outermost that is known: a name can be in any of
//! them, records move between them, and a delegation in one is about another.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use external_dns_webhook::{CanonicalName, DnsName, Shard};

use super::Zone;
use crate::name::WireName;

/// Zones, divided among shards.
#[derive(Clone, Debug, Default)]
pub struct Divided {
    /// The zones of this shard, by id.
    pub own: BTreeMap<Box<str>, Arc<Zone>>,
    /// Names of the zones of other shards.
    pub elsewhere: BTreeSet<WireName>,
}

/// Names of zones as they were divided when all of them were found.
#[derive(Clone, Debug, Default)]
pub struct Before {
    /// Those of this shard.
    pub own: BTreeSet<WireName>,
    /// Those of others.
    pub elsewhere: BTreeSet<WireName>,
}

/// Returns which of `zones`, which are all there are, belong to `shard`; all of them without one.
pub fn divide(zones: BTreeMap<Box<str>, Arc<Zone>>, shard: Option<Shard>) -> Divided {
    let Some(shard) = shard else {
        return Divided { own: zones, elsewhere: BTreeSet::new() };
    };
    let names: HashSet<CanonicalName> = zones.values().map(|zone| as_told(&zone.name)).collect();
    let is_own = |name: &WireName| {
        let name = as_told(name);
        let root = name.upwards().filter(|above| names.contains(*above)).last();
        shard.has(&root.map_or_else(|| name.clone(), CanonicalName::from))
    };
    let mut divided = Divided::default();
    for (id, zone) in zones {
        if is_own(&zone.name) {
            divided.own.insert(id, zone);
        } else {
            divided.elsewhere.insert(zone.name.clone());
        }
    }
    divided
}

/// Returns which of `zones` belong to this shard while not all can be found: those that did before, and what has come
/// in them since.
///
/// What lies around others, or by itself, waits until all are found: a zone that is out of reach may lie in it, or around
/// it, and two shards would have one name.
pub fn divide_as_before(zones: BTreeMap<Box<str>, Arc<Zone>>, before: &Before) -> Divided {
    let told = |names: &BTreeSet<WireName>| names.iter().map(as_told).collect::<HashSet<_>>();
    let own = told(&before.own);
    let is_own = |zone: &Zone| as_told(&zone.name).upwards().any(|above| own.contains(above));
    let zones = zones.into_iter().filter(|(_, zone)| is_own(zone));
    Divided { own: zones.collect(), elsewhere: before.elsewhere.clone() }
}

/// Returns a name as controllers are told it, by which they tell what lies in what.
fn as_told(name: &WireName) -> CanonicalName {
    DnsName::from(name.to_text()).canonical().clone()
}

#[cfg(test)]
mod tests {
    use aws_sdk_route53::types::HostedZone;
    use proptest::prelude::*;

    use super::*;
    use crate::zones::tests::account;

    fn zones(names: &BTreeSet<String>) -> BTreeMap<Box<str>, Arc<Zone>> {
        let account = account();
        let zone = |(at, name): (usize, &String)| {
            let zone = HostedZone::builder().id(format!("Z{at}")).name(format!("{name}."));
            let zone = zone.caller_reference("tests").build().unwrap();
            let zone = Zone::from_api(&zone, &account);
            (zone.id.clone(), Arc::new(zone))
        };
        names.iter().enumerate().map(zone).collect()
    }

    fn shards(of: u32) -> impl Iterator<Item = Shard> {
        (1..=of).map(move |at| format!("{at}/{of}").parse().unwrap())
    }

    fn names(divided: &Divided) -> BTreeSet<WireName> {
        divided.own.values().map(|zone| zone.name.clone()).collect()
    }

    proptest! {
        #[test]
        fn every_zone_is_one_shards_and_none_lies_in_one_of_another(
            names_given in prop::collection::btree_set("([abc]\\.){0,3}[xy]", 0..20),
            of in 1_u32..5,
        ) {
            let zones = zones(&names_given);
            let each: Vec<_> =
                shards(of).map(|shard| divide(zones.clone(), Some(shard))).collect();
            let whole: usize = each.iter().map(|divided| divided.own.len()).sum();
            prop_assert_eq!(whole, zones.len());
            for divided in &each {
                let own = names(divided);
                prop_assert!(own.is_disjoint(&divided.elsewhere));
                prop_assert_eq!(own.len() + divided.elsewhere.len(), zones.len());
                for own in &own {
                    for other in &divided.elsewhere {
                        prop_assert!(!own.is_within(other) && !other.is_within(own), "{own} {other}");
                    }
                }
            }
        }

        #[test]
        fn while_not_all_are_found_no_zone_changes_its_shard_and_no_two_have_one(
            names_given in prop::collection::btree_set("([abc]\\.){0,3}[xy]", 1..20),
            lost in prop::collection::vec(any::<prop::sample::Index>(), 1..4),
            come in prop::collection::btree_set("([abc]\\.){0,3}[xy]", 0..6),
            of in 1_u32..5,
        ) {
            let lost: BTreeSet<_> =
                lost.iter().map(|lost| lost.index(names_given.len())).collect();
            let found = names_given.iter().enumerate().filter(|(at, _)| !lost.contains(at));
            let found: BTreeSet<_> = found.map(|(_, name)| name.clone()).chain(come).collect();
            let mut served: BTreeMap<WireName, Shard> = BTreeMap::new();
            for shard in shards(of) {
                let then = divide(zones(&names_given), Some(shard));
                let before = Before { own: names(&then), elsewhere: then.elsewhere.clone() };
                let now = divide_as_before(zones(&found), &before);
                for zone in now.own.values() {
                    prop_assert!(!before.elsewhere.contains(&zone.name), "{}", zone.name);
                    prop_assert!(served.insert(zone.name.clone(), shard).is_none());
                    let above = |other: &&WireName| zone.name.is_within(other);
                    prop_assert!(!before.elsewhere.iter().any(|other| above(&other)));
                }
                // What stays of this shard's own is served on, so what is out of reach is, too.
                for name in &before.own {
                    let is_found = found.contains(&name.to_text());
                    let is_served = now.own.values().any(|zone| zone.name == *name);
                    prop_assert_eq!(is_found, is_served, "{}", name);
                }
                prop_assert_eq!(now.elsewhere, before.elsewhere);
            }
        }
    }

    #[test]
    fn an_escaped_dot_lies_in_what_controllers_take_it_to_lie_in() {
        let zones = zones(&["a\\056b.x".to_owned(), "b.x".to_owned()].into());
        for shard in shards(3) {
            let divided = divide(zones.clone(), Some(shard));
            assert!(divided.own.is_empty() || divided.elsewhere.is_empty(), "{shard}");
        }
    }

    #[test]
    fn without_shards_all_zones_are_ones_own() {
        let zones = zones(&["a.x".to_owned(), "y".to_owned()].into());
        let divided = divide(zones.clone(), None);
        assert_eq!(divided.own.len(), 2);
        assert!(divided.elsewhere.is_empty());
    }
}
