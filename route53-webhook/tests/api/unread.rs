//! A zone that cannot be read just now: out of use by itself, and never taken for an empty one.

use std::sync::Arc;
use std::time::Duration;

use external_dns_webhook::server::knowing_unavailable;
use external_dns_webhook::{Changes, Endpoint, Provider as _, ProviderError, RecordType};
use route53_emulator::{Fault, ResourceRecordSet};
use route53_webhook::provider::{Config, Zoned};
use route53_webhook::records::MaxAge;

use crate::harness::*;

const ZONES: [&str; 3] = ["example.com=Z1", "example.com:private=Z2", "example.org=Z3"];
const NOTHING_OLD: MaxAge = MaxAge { zones: Duration::ZERO, records: Duration::ZERO };

/// Answers that say nothing of what a zone has.
const UNCLEAR: [&str; 5] = ["error=503", "error=500", "page=403", "cut", "reset"];

fn faults(kind: &str, zone: &str) -> Vec<Fault> {
    vec![format!("{kind}:zone={zone},op=ListResourceRecordSets").parse().unwrap()]
}

fn record(name: &str, address: &str) -> ResourceRecordSet {
    ResourceRecordSet::new(&format!("{name}."), "A", 300, &[address])
}

fn in_zone(endpoint: Endpoint, zone: &str) -> Endpoint {
    Endpoint { zone: Some(zone.into()), ..endpoint }
}

/// Starts a provider for three zones, each with a record set.
async fn three(max_age: MaxAge) -> (World, Zoned) {
    let world = World::with(emulator(&ZONES).await, Config { max_age, ..config() });
    for (zone, name) in
        [("Z1", "www.example.com"), ("Z2", "www.example.com"), ("Z3", "example.org")]
    {
        world.seed(zone, record(name, "192.0.2.1"));
    }
    let zoned = Zoned(Arc::clone(&world.provider));
    (world, zoned)
}

/// Returns the zones that cannot be used and why, as they are told.
async fn unavailable(zoned: &Zoned) -> Vec<(String, String)> {
    let zones = zoned.zones().await.unwrap();
    zones.into_iter().filter_map(|zone| Some((zone.id, zone.unavailable?))).collect()
}

/// Returns the zones of all record sets that are shown.
async fn shown(zoned: &Zoned) -> Vec<String> {
    let away = unavailable(zoned).await.into_iter().map(|(id, _)| id.into()).collect();
    let records = knowing_unavailable(away, zoned.records()).await.unwrap();
    // Without the name servers of the zones themselves.
    let ours = records.into_iter().filter(|record| record.record_type == RecordType::A);
    let zones = ours.filter_map(|record| record.zone);
    let mut zones: Vec<_> = zones.map(|zone| zone.to_string()).collect();
    zones.sort();
    zones
}

#[tokio::test]
async fn a_zone_that_cannot_be_read_is_named_and_the_others_go_on() {
    for kind in UNCLEAR {
        for max_age in [NOTHING_OLD, config().max_age] {
            let (world, zoned) = three(max_age).await;
            world.emulator.set_faults(faults(kind, "Z2"));
            let told = unavailable(&zoned).await;
            assert_eq!(told.len(), 1, "{kind}: {told:?}");
            assert_eq!(told[0].0, "Z2");
            assert!(told[0].1.contains("ListResourceRecordSets"), "{kind}: {told:?}");
            assert_eq!(shown(&zoned).await, ["Z1", "Z3"], "{kind}");
            let adjusted = zoned.adjust(vec![a("www.example.com", "192.0.2.2")]).await.unwrap();
            assert_eq!(adjusted.refused.len(), 1, "{kind}");
            assert_eq!(
                (adjusted.refused[0].zone.clone(), adjusted.refused[0].code.as_str()),
                (Some("Z2".into()), "ZoneUnavailable")
            );
            let new = ["Z1", "Z2"].map(|zone| in_zone(a("new.example.com", "192.0.2.2"), zone));
            let refused = zoned.apply(create(new)).await.unwrap().refused;
            assert_eq!((refused.len(), refused[0].retryable), (1, true), "{kind}: {refused:?}");
            assert_eq!(
                (world.records_in("Z1").len(), world.records_in("Z2").len()),
                (2, 1),
                "{kind}"
            );
        }
    }
}

#[tokio::test]
async fn a_client_that_cannot_be_told_of_a_zone_is_told_nothing_while_it_cannot_be_read() {
    for kind in UNCLEAR {
        let (world, zoned) = three(NOTHING_OLD).await;
        world.emulator.set_faults(faults(kind, "Z2"));
        assert_eq!(unavailable(&zoned).await.len(), 1, "{kind}");
        let named = vec!["www.example.com".into()];
        let answers = [
            world.provider.records().await.map(drop),
            world.provider.records_named(named).await.map(drop),
            world.provider.adjust(vec![a("www.example.com", "192.0.2.2")]).await.map(drop),
            world.provider.apply(create([a("new.example.com", "192.0.2.2")])).await.map(drop),
        ];
        for answer in answers {
            let Err(ProviderError::Unavailable { source, .. }) = answer else {
                panic!("{kind}: {answer:?}");
            };
            assert!(source.to_string().contains("zone `example.com` (Z2)"), "{source}");
        }
        assert_eq!(world.writes(), 0, "{kind}");
    }
}

#[tokio::test]
async fn a_zone_that_goes_away_is_missing_only_from_lists_of_clients_that_know() {
    for kind in UNCLEAR {
        let (world, zoned) = three(NOTHING_OLD).await;
        assert_eq!(shown(&zoned).await, ["Z1", "Z2", "Z3"], "{kind}");
        world.emulator.set_faults(faults(kind, "Z2"));
        // Whatever another client was told.
        assert_eq!(unavailable(&zoned).await.len(), 1, "{kind}");
        for known in [&[][..], &["Z1"], &["Z3", "z2"]] {
            let known = || known.iter().map(|id| (*id).into()).collect();
            let named = vec!["www.example.com".into()];
            let all = knowing_unavailable(known(), zoned.records()).await;
            let some = knowing_unavailable(known(), zoned.records_named(named)).await;
            for answer in [all, some] {
                let Err(ProviderError::Unavailable { source, .. }) = answer else {
                    panic!("{kind}: {answer:?}");
                };
                assert!(source.to_string().contains("zone `Z2` cannot be used"), "{source}");
            }
        }
        assert_eq!(shown(&zoned).await, ["Z1", "Z3"], "{kind}");
    }
}

#[tokio::test]
async fn a_zone_that_can_be_read_again_is_used_at_once() {
    for kind in UNCLEAR {
        let (world, zoned) = three(NOTHING_OLD).await;
        world.emulator.set_faults(faults(kind, "Z2"));
        for _ in 0..4 {
            assert_eq!(unavailable(&zoned).await.len(), 1, "{kind}");
        }
        world.emulator.set_faults(vec![]);
        assert_eq!(unavailable(&zoned).await, [], "{kind}");
        assert_eq!(shown(&zoned).await, ["Z1", "Z2", "Z3"], "{kind}");
        assert!(world.provider.records().await.is_ok(), "{kind}");
    }
}

#[tokio::test]
async fn a_zone_that_can_be_read_again_is_found_without_a_request() {
    let (world, zoned) = three(config().max_age).await;
    world.emulator.set_faults(faults("error=503", "Z2"));
    assert_eq!(unavailable(&zoned).await.len(), 1);
    world.emulator.set_faults(vec![]);
    until("the zone", async || world.provider.readiness().problems.is_empty()).await;
    assert_eq!(shown(&zoned).await, ["Z1", "Z2", "Z3"]);
}

#[tokio::test]
async fn a_zone_with_an_unconfirmed_write_that_cannot_be_read_does_not_stop_the_others() {
    let (world, zoned) = three(config().max_age).await;
    assert_eq!(shown(&zoned).await.len(), 3);
    let lost = "reset-after:zone=Z2,op=ChangeResourceRecordSets".parse().unwrap();
    world.emulator.set_faults([faults("error=503", "Z2"), vec![lost]].concat());
    let new = ["Z1", "Z2"].map(|zone| in_zone(a("new.example.com", "192.0.2.2"), zone));
    assert!(zoned.apply(create(new)).await.is_err(), "it is not known what became of it");
    assert_eq!(unavailable(&zoned).await.len(), 1);
    assert_eq!(shown(&zoned).await, ["Z1", "Z1", "Z3"]);
    let other = in_zone(a("other.example.org", "192.0.2.2"), "Z3");
    assert_eq!(zoned.apply(create([other])).await.unwrap().refused, []);
    world.emulator.set_faults(vec![]);
    until("the zone", async || unavailable(&zoned).await.is_empty()).await;
    assert_eq!(shown(&zoned).await, ["Z1", "Z1", "Z2", "Z2", "Z3", "Z3"]);
}

#[tokio::test]
async fn what_is_old_goes_on_to_be_answered_where_it_may_be_old() {
    let (world, zoned) = three(config().max_age).await;
    assert_eq!(shown(&zoned).await.len(), 3);
    world.emulator.set_faults(faults("error=503", "Z2"));
    tokio::time::pause();
    tokio::time::advance(Duration::from_hours(2)).await;
    tokio::time::resume();
    until("the failure", async || {
        let _ = zoned.records().await;
        world.provider.readiness().problems.iter().any(|problem| problem.contains("(Z2)"))
    })
    .await;
    assert_eq!(unavailable(&zoned).await, []);
    assert_eq!(shown(&zoned).await, ["Z1", "Z2", "Z3"]);
    assert!(world.provider.records().await.is_ok());
    let gone = Changes {
        delete: vec![in_zone(a("www.example.com", "192.0.2.1"), "Z2")],
        ..Changes::default()
    };
    assert_eq!(zoned.apply(gone).await.unwrap().refused, [], "Route 53 itself compares");
}
