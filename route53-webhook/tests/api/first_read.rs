//! A zone that takes long to be read for the first time, and clients that need a few of its names.

use std::sync::Arc;
use std::time::Duration;

use external_dns_webhook::{Endpoint, Extension, Provider as _, ProviderError, RecordType};
use route53_emulator::ResourceRecordSet;
use route53_webhook::provider::{Config, Zoned};

use crate::harness::*;

/// How many pages the zone has.
const PAGES: u64 = 8;

/// Returns a provider whose zone has [`PAGES`] pages, of which it may read two a second.
async fn large(answer_within: Duration) -> (World, Zoned) {
    let emulator = emulator(&["example.com=Z1"]).await;
    let sets = (0..u32::try_from(PAGES).unwrap() * 300 - 10).map(|number| {
        ResourceRecordSet::new(&format!("n{number:05}.example.com"), "A", 300, &["192.0.2.1"])
    });
    emulator.seed("Z1", sets.collect()).unwrap();
    let account = account(&emulator.endpoint_url(), "key", 2.0);
    let config = Config { answer_within, ..config() };
    let world = World::of(emulator, config, vec![account], std::collections::BTreeMap::new());
    let zoned = Zoned(Arc::clone(&world.provider));
    (world, zoned)
}

fn here(endpoint: Endpoint) -> Endpoint {
    Endpoint { zone: Some("Z1".into()), ..endpoint }
}

#[tokio::test]
async fn a_name_is_answered_for_and_written_before_its_zone_was_read_and_stays_written() {
    let (world, zoned) = large(Duration::from_secs(20)).await;
    let offered = async || zoned.negotiate().await.unwrap().extensions;
    assert!(offered().await.offers(Extension::NamesFirst));
    let zones = zoned.zones().await.unwrap();
    assert_eq!(zones.iter().map(|zone| &*zone.id).collect::<Vec<_>>(), ["Z1"]);

    // Both are on the first page, which was read before they are written.
    let (new, txt) = (here(a("a.example.com", "192.0.2.7")), "a-a.example.com");
    // What is below a name comes with it.
    let names = ["a._owner.a.example.com", "a.example.com", txt, "n00000.example.com"];
    let names = names.map(Into::into).to_vec();
    let named = zoned.records_named(names).await.unwrap();
    let names: Vec<_> = named.iter().map(|endpoint| endpoint.dns_name.to_string()).collect();
    assert_eq!(names, ["n00000.example.com"]);
    let adjusted = zoned.adjust(vec![a("a.example.com", "192.0.2.7")]).await.unwrap();
    assert_eq!(adjusted.endpoints, std::slice::from_ref(&new));
    let applied = zoned.apply(create([here(ownership_record(&new, "c1")), new])).await.unwrap();
    assert_eq!(applied.refused, []);
    assert_eq!(world.writes(), 1);
    assert!(world.lists() < PAGES + 3, "{} lists: the zone was read before", world.lists());
    assert!(!world.provider.readiness().is_ready);
    let shown = world.provider.readiness().zones;
    assert!(shown[0].contains("of 2392 record sets so far"), "{shown:?}");

    let all = zoned.records().await.unwrap();
    let written =
        all.iter().filter(|endpoint| endpoint.dns_name.as_str().ends_with("a.example.com"));
    assert_eq!(written.count(), 2, "what was written while the zone was read is in the list");
    assert_eq!(world.lists(), PAGES + 3);
    assert!(!offered().await.offers(Extension::NamesFirst), "and no name goes first any more");
}

#[tokio::test]
async fn what_was_not_read_is_neither_written_nor_answered_for_before_its_zone_was_read() {
    let (world, zoned) = large(Duration::from_millis(100)).await;
    zoned.negotiate().await.unwrap();
    let is_put_off = |result: Result<(), ProviderError>| {
        matches!(result, Err(ProviderError::Unavailable { retry_after: Some(_), .. }))
    };
    let new = here(a("a.example.com", "192.0.2.7"));
    zoned.records_named(vec!["b.example.com".into()]).await.unwrap_err();
    assert!(is_put_off(zoned.apply(create([new.clone()])).await.map(drop)));
    assert!(is_put_off(zoned.records().await.map(drop)));
    // Of version 1, which does not say where.
    let new = a("a.example.com", "192.0.2.7");
    assert!(is_put_off(world.provider.apply(create([new])).await.map(drop)));
    assert!(is_put_off(world.provider.records_named(vec!["a.example.com".into()]).await.map(drop)));
    assert_eq!(world.writes(), 0);

    let many = (0..41).map(|number| format!("m{number}.example.com").as_str().into());
    assert!(is_put_off(zoned.records_named(many.collect()).await.map(drop)), "too many at once");
    // Whether its target has addresses of both kinds is not known.
    let alias = with(cname("alias.example.com", "n02000.example.com"), &[("alias", "true")]);
    let adjusted = zoned.adjust(vec![alias]).await.unwrap();
    let codes: Vec<_> = adjusted.refused.iter().map(|refused| refused.code.as_str()).collect();
    assert_eq!((adjusted.endpoints.len(), codes), (0, vec!["NotTried"]));
}

#[tokio::test]
async fn a_start_at_which_no_name_is_needed_costs_each_page_once() {
    let emulator = emulator(&["example.com=Z1"]).await;
    let sets = (0..700).map(|number| {
        ResourceRecordSet::new(&format!("n{number:05}.example.com"), "A", 300, &["192.0.2.1"])
    });
    emulator.seed("Z1", sets.collect()).unwrap();
    let world = World::with(emulator, config());
    let zoned = Zoned(Arc::clone(&world.provider));
    let offered = zoned.negotiate().await.unwrap().extensions;
    assert!(!offered.offers(Extension::NamesFirst), "so little is read in a moment");
    assert_eq!(zoned.zones().await.unwrap().len(), 1);
    let addresses = |all: Vec<Endpoint>| {
        all.iter().filter(|endpoint| endpoint.record_type == RecordType::A).count()
    };
    assert_eq!(addresses(zoned.records().await.unwrap()), 700);
    assert_eq!(world.lists(), 3);
}
