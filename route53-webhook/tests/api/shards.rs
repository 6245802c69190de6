//! Several processes, each of which serves a part of the zones.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use external_dns_webhook::{DnsName, DomainFilter, Negotiation, Provider as _, Shard};
use route53_emulator::{Emulator, Fault, FaultKind};
use route53_webhook::provider::Config;
use route53_webhook::zones::ZoneFilter;

use crate::harness::*;

/// Zones of which some lie in others, one of them twice.
const ZONES: [&str; 9] = [
    "example.com=Z1",
    "dev.example.com=Z2",
    "a.dev.example.com=Z3",
    "example.com:private=Z4",
    "example.org=Z5",
    "example.net=Z6",
    "2.0.192.in-addr.arpa=Z7",
    "shop.example=Z8",
    "eu.shop.example=Z9",
];

fn of(shard: &str) -> Config {
    let shard: Option<Shard> = Some(shard.parse().unwrap());
    Config { zones: ZoneFilter { shard, ..ZoneFilter::default() }, ..config() }
}

async fn serving(shard: &str) -> (World, Negotiation, BTreeSet<String>) {
    let world = World::with(emulator(&ZONES).await, of(shard));
    let zones = world.provider.zones().await.unwrap();
    let negotiation = world.provider.negotiate().await.unwrap();
    (world, negotiation, zones.into_iter().map(|zone| zone.id).collect())
}

fn read(emulator: &Emulator) -> BTreeSet<String> {
    let reads = emulator.calls().into_iter();
    let reads = reads.filter(|call| call.operation == "ListResourceRecordSets");
    reads.filter_map(|call| call.zone).collect()
}

#[tokio::test]
async fn every_zone_is_read_and_served_by_one_shard_and_named_by_the_others() {
    let mut all = BTreeSet::new();
    for shard in ["1/3", "2/3", "3/3"] {
        let (world, negotiation, own) = serving(shard).await;
        world.records().await;
        assert_eq!(read(&world.emulator), own, "nothing is read of the zones of others");
        let scope = negotiation.shard.unwrap();
        assert_eq!(scope.shard.to_string(), shard);
        assert_eq!(scope.contradiction(&negotiation.domain_filter), None);
        let has = |name: &str| negotiation.domain_filter.covers(&DnsName::from(name));
        let leaves = |name: &str| scope.elsewhere.contains(&DnsName::from(name));
        for zone in ZONES {
            let (name, id) = zone.split_once('=').unwrap();
            let name = name.trim_end_matches(":private");
            assert_eq!(own.contains(id), has(name), "{name} of {shard}");
            assert_eq!(own.contains(id), !leaves(name), "{name} of {shard}");
        }
        for (a, b) in [("Z1", "Z2"), ("Z2", "Z3"), ("Z1", "Z4"), ("Z8", "Z9")] {
            assert_eq!(own.contains(a), own.contains(b), "what lies in one another stays together");
        }
        assert!(all.is_disjoint(&own));
        all.extend(own);
    }
    assert_eq!(all.len(), ZONES.len());
}

#[tokio::test]
async fn a_shard_without_a_zone_is_ready_and_has_no_name() {
    let mut empty = 0;
    for at in 1..=30 {
        let shard = format!("{at}/30");
        let (world, negotiation, own) = serving(&shard).await;
        if !own.is_empty() {
            continue;
        }
        empty += 1;
        assert!(world.records().await.is_empty());
        assert!(world.provider.readiness().is_ready, "{shard}");
        assert_eq!(negotiation.domain_filter, DomainFilter::Nothing);
        assert!(!negotiation.domain_filter.covers(&"www.example.com".into()));
        assert!(negotiation.shard.unwrap().elsewhere.len() > 7);
        if empty == 2 {
            return;
        }
    }
    panic!("of thirty shards some have none of nine zones");
}

/// Two accounts of which the one has zones in those of the other, and a provider of a shard.
struct Accounts {
    outer: Emulator,
    world: World,
}

impl Accounts {
    async fn new(shard: &str, outer: &[&str], inner: &[&str]) -> Self {
        Self::of(shard, emulator(outer).await, emulator(inner).await)
    }

    fn of(shard: &str, outer: Emulator, inner: Emulator) -> Self {
        let accounts = vec![
            account(&inner.endpoint_url(), "inner", 0.0),
            account(&outer.endpoint_url(), "outer", 0.0),
        ];
        let mut config = of(shard);
        // They are listed for every request.
        config.max_age.zones = Duration::ZERO;
        Self { world: World::of(inner, config, accounts, BTreeMap::new()), outer }
    }

    /// Denies all that one of the accounts is asked, and waits until that is known.
    async fn deny(&self, account: &Emulator) {
        account.set_faults(vec![Fault::new(FaultKind::AccessDenied)]);
        until("the account is lost", async || {
            drop(self.world.provider.records().await);
            !self.world.provider.readiness().problems.is_empty()
        })
        .await;
    }

    async fn zones(&self) -> BTreeSet<String> {
        let zones = self.world.provider.zones().await.unwrap_or_default();
        zones.into_iter().filter(|zone| zone.unavailable.is_none()).map(|zone| zone.id).collect()
    }
}

const OUTER: [&str; 2] = ["example.com=Z1", "example.net=Z6"];
const INNER: [&str; 2] = ["dev.example.com=Z2", "2.0.192.in-addr.arpa=Z5"];

#[tokio::test]
async fn a_zone_stays_where_it_is_while_the_one_around_it_is_out_of_reach() {
    for shard in ["1/2", "2/2"] {
        let accounts = Accounts::new(shard, &OUTER, &INNER).await;
        let negotiate = async || accounts.world.provider.negotiate().await.unwrap();
        let before = negotiate().await;
        accounts.deny(&accounts.outer).await;
        let now = negotiate().await;
        assert_eq!(now.shard, before.shard, "{shard}");
        assert_eq!(now.domain_filter, before.domain_filter, "{shard}");
    }
}

#[tokio::test]
async fn a_provider_that_starts_while_an_account_is_out_of_reach_serves_no_part() {
    for shard in ["1/2", "2/2"] {
        let outer = emulator(&OUTER).await;
        outer.set_faults(vec![Fault::new(FaultKind::AccessDenied)]);
        let accounts = Accounts::of(shard, outer, emulator(&INNER).await);
        let error = accounts.world.provider.negotiate().await.unwrap_err().to_string();
        for told in ["which zones this shard has is not known", "account `outer`"] {
            assert!(error.contains(told), "{error}");
        }
        assert!(!accounts.world.provider.readiness().is_ready, "{shard}");
        accounts.outer.set_faults(Vec::new());
        until("it is whole", async || accounts.world.provider.negotiate().await.is_ok()).await;
    }
}

#[tokio::test]
async fn a_zone_that_comes_around_one_that_is_out_of_reach_is_served_by_no_shard_yet() {
    let mut served = Vec::new();
    for shard in ["1/2", "2/2"] {
        let accounts =
            Accounts::new(shard, &["shop.example=Z8", "2.0.192.in-addr.arpa=Z5"], &INNER[..1])
                .await;
        let before = accounts.zones().await;
        accounts.deny(&accounts.world.emulator).await;
        let around = accounts.outer.add_zone("example.com".parse().unwrap(), false);
        let around = around.trim_start_matches("/hostedzone/").to_owned();
        drop(accounts.world.provider.records().await);
        let now = accounts.zones().await;
        assert!(!now.contains(&around), "{shard}: {now:?}");
        assert!(now.is_subset(&before), "{shard}");
        accounts.world.emulator.set_faults(Vec::new());
        until("all are found", async || {
            drop(accounts.world.provider.records().await);
            accounts.world.provider.readiness().problems.is_empty()
        })
        .await;
        let zones = accounts.zones().await.into_iter();
        served.extend(zones.map(|id| if id == around { "around".to_owned() } else { id }));
    }
    served.sort();
    assert_eq!(served, ["Z2", "Z5", "Z8", "around"], "each by one shard");
}
