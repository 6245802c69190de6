//! Refusals that are about a zone: told once, for the zone, and everything else goes on.

use std::time::Duration;

use external_dns_webhook::{Changes, Provider as _, Update};
use route53_emulator::{
    Change, Emulator, Fault, FaultKind, Operation, Options, ResourceRecordSet, Trigger,
};
use route53_webhook::batch::Limits;
use route53_webhook::provider::Config;
use route53_webhook::records::MaxAge;

use crate::harness::*;

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("s{number}.example.com")).collect()
}

/// Starts a provider for two zones that may have 20 record sets each, two of them their own.
async fn small() -> World {
    let zones = ["example.com=Z1", "example.org=Z2"].map(|word| word.parse().unwrap()).to_vec();
    let options = Options { zones, max_record_sets: Some(20), ..Options::default() };
    World::with(Emulator::start(options).await.unwrap(), config())
}

#[tokio::test]
async fn a_full_zone_costs_one_call_and_is_told_with_its_quota_and_its_count() {
    let world = small().await;
    world.records().await;
    world.write(owned(names(9).iter().map(|name| a(name, "192.0.2.1")))).await;
    let wanted = names(109);
    let changes = owned(wanted.iter().skip(9).map(|name| a(name, "192.0.2.1")));
    for sync in 2..=3 {
        let refused = world.apply(changes.clone()).await.refused;
        assert_eq!(refused.len(), 100);
        for refusal in refused {
            assert_eq!((refusal.code.as_str(), refusal.retryable), ("ZoneFull", true));
            let told = &refusal.message;
            for words in ["holds 20 record sets of at most 20", "200 more", "MAX_RRSETS_BY_ZONE"] {
                assert!(told.contains(words), "{told}");
            }
        }
        assert_eq!(world.writes(), sync, "no change is searched for, and none is set aside");
    }
}

#[tokio::test]
async fn what_a_zone_still_has_room_for_is_written_whole_pairs_only() {
    let world = small().await;
    world.records().await;
    world.seed("Z1", ResourceRecordSet::new("by-hand.example.com", "A", 300, &["192.0.2.9"]));
    let changes = owned(names(100).iter().map(|name| a(name, "192.0.2.1")));
    let refused = world.refusals(changes.clone()).await;
    assert_eq!(
        refused.len(),
        92,
        "17 places are left, for eight names with their ownership records"
    );
    assert!(refused.iter().all(|(_, code)| code == "ZoneFull"));
    assert_eq!(world.records_in("Z1").len(), 17);
    assert_eq!(world.writes(), 2);
}

#[tokio::test]
async fn what_is_left_of_a_batch_that_is_sent_again_takes_the_room_of_a_full_zone_once() {
    let zones = vec!["example.com=Z1".parse().unwrap()];
    let options = Options { zones, max_record_sets: Some(20), ..Options::default() };
    let limits = Limits { changes: 10, ..config().limits };
    let emulator = Emulator::start(options).await.unwrap();
    let world = World::with(emulator, Config { limits, ..config() });
    world.records().await;
    // Six places are left, and of the second batch, which would take them, one name cannot be.
    for number in 0..11 {
        let name = format!("by-hand-{number}.example.com");
        world.seed("Z1", ResourceRecordSet::new(&name, "A", 300, &["192.0.2.9"]));
    }
    world.seed("Z1", ResourceRecordSet::new("m2.example.com", "CNAME", 300, &["x.test."]));
    let large = (0..5).map(|number| {
        routed(a("large.example.com", "192.0.2.1"), &format!("s{number}"), &[("aws/weight", "1")])
    });
    let small = ["m1", "m2", "m3"].map(|name| a(&format!("{name}.example.com"), "192.0.2.1"));
    let refused = world.refusals(owned(large.chain(small))).await;
    let (full, other): (Vec<_>, Vec<_>) =
        refused.into_iter().partition(|(_, code)| code == "ZoneFull");
    assert_eq!(full.len(), 5);
    assert!(full.iter().all(|(name, _)| name == "large.example.com"), "{full:?}");
    assert_eq!(other, [("m2.example.com".to_owned(), "RefusedByService".to_owned())]);
    let records = world.records_in("Z1");
    for name in ["m1", "m3"] {
        assert!(records.contains(&format!("{name}.example.com A 192.0.2.1")), "{records:?}");
    }
}

#[tokio::test]
async fn what_adds_nothing_to_a_full_zone_is_written_and_so_are_other_zones() {
    let world = small().await;
    let (kept, gone) = (a("kept.example.com", "192.0.2.1"), a("gone.example.com", "192.0.2.1"));
    world.write(owned([kept.clone(), gone.clone()])).await;
    let writes = world.writes();
    let mut new = kept.clone();
    new.targets = ["192.0.2.2"].into();
    let mut changes = owned(names(30).iter().map(|name| a(name, "192.0.2.1")));
    changes.create.extend(owned([a("www.example.org", "192.0.2.1")]).create);
    changes.update = vec![Update { old: kept, new }];
    changes.delete = vec![ownership_record(&gone, "c1"), gone];
    let refused = world.refusals(changes).await;
    assert_eq!(refused.len(), 23, "{refused:?}");
    assert!(refused.iter().all(|(name, code)| name.starts_with('s') && code == "ZoneFull"));
    assert!(world.records_in("Z1").contains(&"kept.example.com A 192.0.2.2".to_owned()));
    assert!(!world.records_in("Z1").iter().any(|line| line.starts_with("gone.")));
    assert_eq!(world.records_in("Z2").len(), 2);
    assert_eq!(world.writes() - writes, 3, "one for the quota, one for the rest, one for Z2");
}

#[tokio::test]
async fn without_the_right_to_ask_for_the_quota_a_full_zone_is_told_all_the_same() {
    let world = small().await;
    world.records().await;
    let mut denied = Fault::new(FaultKind::AccessDenied);
    denied.operation = Some(Operation::GetHostedZoneLimit);
    world.emulator.set_faults(vec![denied]);
    let changes = owned(names(10).iter().map(|name| a(name, "192.0.2.1")));
    let refused = world.apply(changes).await.refused;
    assert_eq!(refused.len(), 10);
    assert!(refused.iter().all(|refusal| refusal.code == "ZoneFull"));
    assert!(refused[0].message.contains("holds 2 record sets"), "{}", refused[0].message);
}

#[tokio::test]
async fn a_zone_that_was_made_anew_is_found_in_the_next_request() {
    let world = World::new(&["example.com=Z1"]).await;
    let (old, new) = (a("w.example.com", "192.0.2.1"), a("w.example.com", "192.0.2.2"));
    world.write(owned([old.clone()])).await;
    world.records().await;
    world.emulator.remove_zone("Z1");
    let anew = world.emulator.add_zone("example.com".parse().unwrap(), false);
    let refused = world.apply(update([(old, new.clone())])).await.refused;
    assert_eq!(refused[0].code, "ZoneUnavailable");
    assert!(refused[0].message.contains("no such hosted zone"), "{}", refused[0].message);
    assert_eq!(world.writes(), 2);
    assert_eq!(world.records().await, [], "the new one is empty");
    world.write(owned([new])).await;
    assert_eq!(world.records_in(&anew).len(), 2);
}

#[tokio::test]
async fn a_zone_that_is_gone_is_not_read_again_and_its_neighbours_are_answered_for() {
    let world = World::new(&["example.com=Z1", "example.org=Z2"]).await;
    world.write(owned([a("www.example.org", "192.0.2.1")])).await;
    world.emulator.remove_zone("Z1");
    let refused = world.refusals(create([a("www.example.com", "192.0.2.1")])).await;
    assert_eq!(refused, [("www.example.com".to_owned(), "ZoneUnavailable".to_owned())]);
    assert_eq!(world.records().await.len(), 2);
    let zones = world.provider.zones().await.unwrap();
    assert_eq!(zones.iter().map(|zone| zone.id.as_str()).collect::<Vec<_>>(), ["Z2"]);
}

#[tokio::test]
async fn the_zone_that_aws_names_is_not_the_record_set_of_that_name() {
    let world = World::new(&["example.com=Z1"]).await;
    world.records().await;
    let theirs = ResourceRecordSet::new("deep.example.com", "CNAME", 300, &["x.test."]);
    world.seed("Z1", theirs);
    let wanted = ["example.com", "deep.example.com", "fine.example.com"];
    let changes = create(wanted.map(|name| a(name, "192.0.2.1")));
    let refused = world.apply(changes.clone()).await.refused;
    assert_eq!(refused.len(), 1);
    assert_eq!(
        (refused[0].dns_name.as_str(), refused[0].code.as_str()),
        ("deep.example.com", "RefusedByService")
    );
    let apex = "example.com A 192.0.2.1".to_owned();
    assert!(world.records_in("Z1").contains(&apex), "{:?}", world.records_in("Z1"));
    let again = world.refusals(changes).await;
    assert_eq!(again, [("deep.example.com".to_owned(), "Quarantined".to_owned())]);
}

#[tokio::test]
async fn what_aws_says_of_a_place_that_is_taken_is_told_to_the_end() {
    let world = World::new(&["example.com=Z1"]).await;
    world.records().await;
    let mut theirs = ResourceRecordSet::new("l.example.com", "A", 300, &["192.0.2.1"]);
    theirs.set_identifier = Some("x".to_owned());
    theirs.region = Some("eu-west-1".to_owned());
    let change = Change { action: "CREATE".to_owned(), resource_record_set: theirs };
    world.emulator.change("Z1", &[change]).unwrap();
    let beta = routed(a("l.example.com", "192.0.2.2"), "beta", &[("aws/region", "eu-west-1")]);
    let refused = world.apply(Changes { create: vec![beta], ..Changes::default() }).await.refused;
    assert_eq!(
        refused[0].message,
        "RRSet with DNS name l.example.com., type A, SetIdentifier beta, and Region Name=eu-west-1 \
         cannot be created because a latency RRSet with the same name, type and region already \
         exists."
    );
}

/// Returns one refusal of one call, after which everything goes well.
fn slip(kind: FaultKind, operation: Operation) -> Fault {
    let mut fault = Fault::new(kind);
    fault.operation = Some(operation);
    fault.trigger = Trigger::Next(1);
    fault
}

#[tokio::test]
async fn one_refused_call_is_over_with_the_next_request_also_when_nothing_old_is_wanted() {
    let nothing_old = MaxAge { zones: Duration::ZERO, records: Duration::ZERO };
    for max_age in [config().max_age, nothing_old] {
        for (kind, operation) in [
            (FaultKind::NoSuchHostedZone, Operation::ChangeResourceRecordSets),
            (FaultKind::AccessDenied, Operation::ListResourceRecordSets),
            (FaultKind::NoSuchHostedZone, Operation::ListResourceRecordSets),
        ] {
            let emulator = emulator(&["example.com=Z1"]).await;
            let world = World::with(emulator, Config { max_age, ..config() });
            let (old, new) = (a("w.example.com", "192.0.2.1"), a("w.example.com", "192.0.2.2"));
            world.write(create([old.clone()])).await;
            world.emulator.set_faults(vec![slip(kind.clone(), operation)]);
            let _ = world.provider.records().await;
            let _ = world.provider.apply(update([(old.clone(), new.clone())])).await;
            let case = format!("{kind:?} {operation:?} {max_age:?}");
            let records = world.provider.records().await;
            assert!(records.is_ok(), "{case}: {records:?}");
            world.write(update([(old, new)])).await;
            assert_eq!(world.records_in("Z1"), ["w.example.com A 192.0.2.2"], "{case}");
        }
    }
}

#[tokio::test]
async fn a_zone_that_is_not_there_is_named_with_the_words_of_aws() {
    let world = World::new(&["example.com=Z1"]).await;
    world.records().await;
    let mut gone = Fault::new(FaultKind::NoSuchHostedZone);
    gone.zone = Some("Z1".to_owned());
    world.emulator.set_faults(vec![gone]);
    let refused = world.apply(create([a("w.example.com", "192.0.2.1")])).await.refused;
    assert_eq!(refused[0].code, "ZoneUnavailable");
    let error = world.provider.records().await.unwrap_err();
    let cause = error.to_string();
    for words in ["zone `example.com` (Z1)", "No hosted zone found with ID: Z1", "leave it out"] {
        assert!(cause.contains(words), "{cause}");
    }
}

#[tokio::test]
async fn a_bare_refusal_of_a_batch_is_searched_for_the_bad_change_like_any_other() {
    let world = World::new(&["example.com=Z1"]).await;
    world.records().await;
    world.seed("Z1", ResourceRecordSet::new("bad.example.com", "CNAME", 300, &["x.test."]));
    world.emulator.set_faults(vec![Fault::new(FaultKind::Bare)]);
    let wanted = ["bad.example.com", "fine.example.com"].map(|name| a(name, "192.0.2.1"));
    let refused = world.apply(create(wanted)).await.refused;
    let told: Vec<_> =
        refused.iter().map(|refusal| (refusal.dns_name.as_str(), refusal.code.as_str())).collect();
    assert_eq!(told, [("bad.example.com", "RefusedByService")]);
    assert!(refused[0].message.contains("CNAME"), "{}", refused[0].message);
    assert!(world.records_in("Z1").contains(&"fine.example.com A 192.0.2.1".to_owned()));
}

#[tokio::test]
async fn a_page_in_place_of_an_answer_is_shown_with_its_status_and_the_next_write_goes_through() {
    let world = World::new(&["example.com=Z1", "example.org=Z2"]).await;
    world.records().await;
    let mut page = Fault::new(FaultKind::Page(403));
    page.zone = Some("Z1".to_owned());
    page.operation = Some(Operation::ChangeResourceRecordSets);
    world.emulator.set_faults(vec![page]);
    let wanted = ["www.example.com", "www.example.org"].map(|name| a(name, "192.0.2.1"));
    let refused = world.apply(create(wanted.clone())).await.refused;
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert_eq!((refused[0].code.as_str(), refused[0].retryable), ("ZoneUnavailable", true));
    for words in
        ["HTTP status 403", "<html><head><title>Access denied", "ask who runs it", "HTTPS_PROXY"]
    {
        assert!(refused[0].message.contains(words), "{}", refused[0].message);
    }
    assert_eq!(world.records_in("Z2").len(), 1, "the other zone goes on");
    world.emulator.set_faults(vec![]);
    world.write(create(wanted)).await;
    assert_eq!(world.records_in("Z1").len(), 1);
}

#[tokio::test]
async fn a_request_that_something_on_the_way_finds_too_long_is_no_fault_of_its_records() {
    let world = World::new(&["example.com=Z1"]).await;
    world.records().await;
    let mut page = Fault::new(FaultKind::Page(413));
    page.operation = Some(Operation::ChangeResourceRecordSets);
    world.emulator.set_faults(vec![page]);
    let wanted = ["one.example.com", "two.example.com"].map(|name| a(name, "192.0.2.1"));
    let refused = world.apply(create(wanted.clone())).await.refused;
    let told: Vec<_> =
        refused.iter().map(|refusal| (refusal.code.as_str(), refusal.retryable)).collect();
    assert_eq!(told, [("NotTried", true); 2]);
    assert!(refused[0].message.contains("too long"), "{}", refused[0].message);
    world.emulator.set_faults(vec![]);
    world.write(create(wanted)).await;
    assert_eq!(world.records_in("Z1").len(), 2, "nothing waits for a pause");
}

#[tokio::test]
async fn an_answer_of_aws_is_told_apart_from_one_written_on_the_way_by_its_request_id() {
    let by_id = axum::http::HeaderMap::from_iter([(
        axum::http::HeaderName::from_static("x-amzn-requestid"),
        axum::http::HeaderValue::from_static("r-7"),
    )]);
    for (status, headers, words, wrong) in [
        (503, by_id.clone(), "AWS answered 503 (request id r-7)", "proxy"),
        (503, axum::http::HeaderMap::new(), "why it does not reach Route 53", "AWS answered"),
        (407, axum::http::HeaderMap::new(), "with a user and a password", "AWS answered"),
    ] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let status = axum::http::StatusCode::from_u16(status).unwrap();
        let router = axum::Router::new().fallback(async move || (status, headers.clone()));
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
        let emulator = emulator(&["example.com=Z1"]).await;
        let accounts = vec![account(&url, "key", 0.0)];
        let world = World::of(emulator, config(), accounts, std::collections::BTreeMap::new());
        let error = daemon::chain(&world.provider.records().await.unwrap_err());
        assert!(error.contains(words) && !error.contains(wrong), "{status}: {error}");
    }
}

/// Answers as Route 53 would for a zone, with an empty list of its record sets.
async fn hollow() -> (String, tokio::task::JoinSet<()>) {
    let zones = "<ListHostedZonesResponse><HostedZones><HostedZone><Id>/hostedzone/Z1</Id>\
                 <Name>example.com.</Name><CallerReference>r</CallerReference></HostedZone>\
                 </HostedZones><IsTruncated>false</IsTruncated><MaxItems>100</MaxItems>\
                 </ListHostedZonesResponse>";
    let sets = "<ListResourceRecordSetsResponse><ResourceRecordSets/><IsTruncated>false</IsTruncated>\
                <MaxItems>300</MaxItems></ListResourceRecordSetsResponse>";
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = axum::Router::new()
        .route("/2013-04-01/hostedzone", axum::routing::get(async move || zones))
        .route("/2013-04-01/hostedzone/Z1/rrset", axum::routing::get(async move || sets));
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, tasks)
}

#[tokio::test]
async fn a_list_without_the_record_sets_that_each_zone_has_is_no_list() {
    let (url, _tasks) = hollow().await;
    let emulator = emulator(&["example.com=Z1"]).await;
    let accounts = vec![account(&url, "key", 0.0)];
    let world = World::of(emulator, config(), accounts, std::collections::BTreeMap::new());
    let error = world.provider.records().await.unwrap_err();
    let cause = error.to_string();
    assert!(cause.contains("neither the NS nor the SOA"), "{cause}");
}

#[tokio::test]
async fn while_zones_cannot_be_listed_nothing_old_is_answered_if_none_is_wanted() {
    let nothing_old = MaxAge { zones: Duration::ZERO, records: Duration::ZERO };
    for (max_age, is_answered) in [(nothing_old, false), (config().max_age, true)] {
        let emulator = emulator(&["example.com=Z1"]).await;
        let world = World::with(emulator, Config { max_age, ..config() });
        world.records().await;
        let mut down = Fault::new(FaultKind::Error(503));
        down.operation = Some(Operation::ListHostedZones);
        world.emulator.set_faults(vec![down]);
        assert_eq!(world.provider.records().await.is_ok(), is_answered, "{max_age:?}");
    }
}
