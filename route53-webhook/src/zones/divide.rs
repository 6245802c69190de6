//! Which zones this shard has, and which the others.
//!
//! Zones that lie in one another stay together, with the outermost that is known: a name can be in any of
//! them, records move between them, and a delegation in one is about another.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use external_dns_webhook::{DnsName, Shard};

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

/// Returns which of `zones` belong to `shard`; all of them without one.
///
/// `before` are names of zones that may well be there and were not found this time: they count for what lies in
/// what.
pub fn divide(
    zones: BTreeMap<Box<str>, Arc<Zone>>,
    before: &BTreeSet<WireName>,
    shard: Option<Shard>,
) -> Divided {
    let Some(shard) = shard else {
        return Divided { own: zones, elsewhere: BTreeSet::new() };
    };
    let names: HashSet<&str> =
        zones.values().map(|zone| &zone.name).chain(before).map(WireName::as_str).collect();
    let is_own = |name: &WireName| {
        let root = upwards(name.as_str()).filter(|above| names.contains(above)).last();
        let root = WireName::from_api(root.unwrap_or(name.as_str())).to_text();
        shard.has(DnsName::from(root.as_str()).canonical())
    };
    let others = before.iter().filter(|name| !is_own(name)).cloned();
    let mut elsewhere: BTreeSet<WireName> = others.collect();
    let mut own = BTreeMap::new();
    for (id, zone) in &zones {
        if is_own(&zone.name) {
            own.insert(id.clone(), Arc::clone(zone));
        } else {
            elsewhere.insert(zone.name.clone());
        }
    }
    Divided { own, elsewhere }
}

/// Iterates over a name and the names above it. An escaped dot is no dot in this form.
fn upwards(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name), |name| name.split_once('.').map(|(_, above)| above))
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
                shards(of).map(|shard| divide(zones.clone(), &BTreeSet::new(), Some(shard))).collect();
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
        fn a_zone_that_is_not_found_for_a_while_moves_no_other(
            names_given in prop::collection::btree_set("([abc]\\.){0,3}[xy]", 1..20),
            lost in any::<prop::sample::Index>(),
            of in 1_u32..5,
        ) {
            let all = zones(&names_given);
            let before: BTreeSet<_> = all.values().map(|zone| zone.name.clone()).collect();
            let lost = lost.get(&before.iter().cloned().collect::<Vec<_>>()).clone();
            for shard in shards(of) {
                let then = divide(all.clone(), &BTreeSet::new(), Some(shard));
                let mut found = all.clone();
                found.retain(|_, zone| zone.name != lost);
                let mut expected = names(&then);
                expected.remove(&lost);
                let now = divide(found, &before, Some(shard));
                prop_assert_eq!(names(&now), expected);
                prop_assert_eq!(now.elsewhere, then.elsewhere);
            }
        }
    }

    #[test]
    fn without_shards_all_zones_are_ones_own() {
        let zones = zones(&["a.x".to_owned(), "y".to_owned()].into());
        let divided = divide(zones.clone(), &BTreeSet::new(), None);
        assert_eq!(divided.own.len(), 2);
        assert!(divided.elsewhere.is_empty());
    }
}
