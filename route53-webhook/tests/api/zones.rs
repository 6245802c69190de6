//! Finding the zones: filters, tags, accounts, and zones that are denied.

use std::collections::BTreeMap;
use std::time::Duration;

use external_dns_webhook::{DomainFilter, Provider as _, ProviderError};
use route53_emulator::{Emulator, Fault, FaultKind, Operation, ResourceRecordSet};
use route53_webhook::provider::Config;
use route53_webhook::records::MaxAge;
use route53_webhook::zones::{ZoneFilter, ZoneTag, ZoneType};

use crate::harness::*;

async fn fixture() -> Emulator {
    let emulator = emulator(&[
        "zone-1.t2.do=Z1",
        "zone-2.t2.do=Z2",
        "zone-3.t2.do:private=Z3",
        "zone-4.t3.do=Z4",
    ])
    .await;
    for (id, zone, domain) in
        [("Z1", "1", "2"), ("Z2", "2", "2"), ("Z3", "3", "2"), ("Z4", "4", "3")]
    {
        emulator.tag_zone(id, "zone", zone);
        emulator.tag_zone(id, "domain", &format!("test-{domain}"));
    }
    emulator
}

async fn served(emulator: Emulator, filter: ZoneFilter) -> (Vec<String>, World) {
    let world = World::with(emulator, Config { zones: filter, ..config() });
    let zones = world.provider.zones().await.unwrap();
    let available = zones.into_iter().filter(|zone| zone.unavailable.is_none());
    let mut ids: Vec<_> = available.map(|zone| zone.id).collect();
    ids.sort();
    (ids, world)
}

fn under_t2() -> ZoneFilter {
    ZoneFilter { domains: DomainFilter::lists(["t2.do."], [""; 0]), ..ZoneFilter::default() }
}

fn tags(tags: &[&str]) -> Vec<ZoneTag> {
    tags.iter().filter_map(|tag| ZoneTag::parse(tag)).collect()
}

#[tokio::test]
async fn each_filter_leaves_the_zones_it_should() {
    let typed = |zone_type| ZoneFilter { zone_type, ..under_t2() };
    let tagged = |tag| ZoneFilter { tags: tags(&[tag]), ..under_t2() };
    let ids = |id: &str| ZoneFilter { ids: vec![id.to_owned()], ..under_t2() };
    let cases: [(ZoneFilter, &[&str]); 7] = [
        (under_t2(), &["Z1", "Z2", "Z3"]),
        (typed(ZoneType::Public), &["Z1", "Z2"]),
        (typed(ZoneType::Private), &["Z3"]),
        (ids("/hostedzone/Z3"), &["Z3"]),
        (ids("3"), &["Z3"]),
        (tagged("zone=not-exists"), &[]),
        (tagged("zone=3"), &["Z3"]),
    ];
    for (filter, expected) in cases {
        let shown = format!("{filter:?}");
        assert_eq!(served(fixture().await, filter).await.0, expected, "{shown}");
    }
}

#[tokio::test]
async fn controllers_are_told_the_names_of_all_zones_and_their_dotted_forms() {
    let told = async |filter| {
        let (_, world) = served(fixture().await, filter).await;
        let DomainFilter::Lists { include, exclude } =
            world.provider.negotiate().await.unwrap().domain_filter
        else {
            panic!("no lists")
        };
        assert_eq!(exclude, [""; 0]);
        include
    };
    let dotted_and_not = |names: &[&str]| {
        let dotted = names.iter().map(|name| format!(".{name}"));
        dotted.chain(names.iter().map(|name| (*name).to_owned())).collect::<Vec<_>>()
    };
    let all = ["zone-1.t2.do", "zone-2.t2.do", "zone-3.t2.do", "zone-4.t3.do"];
    assert_eq!(told(ZoneFilter::default()).await, dotted_and_not(&all));
    assert_eq!(told(under_t2()).await, dotted_and_not(&all[..3]));
}

#[tokio::test]
async fn tags_are_asked_for_ten_zones_at_a_time() {
    let names: Vec<_> =
        (0..169).map(|number| format!("z{number}.example.com=ZT{number:03}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let cases: [(&[&str], usize); 5] = [
        (&["owner=ext-dns"], 169),
        (&["level=5", "owner=ext-dns"], 24),
        (&["domain=z7.example.com"], 1),
        (&["parentdomain=parent-7.example.com"], 1),
        (&["vpcid=vpc-no-such"], 0),
    ];
    for (given, expected) in cases {
        let emulator = emulator(&names).await;
        for zone in 0..169 {
            let id = format!("ZT{zone:03}");
            emulator.tag_zone(&id, "owner", "ext-dns");
            emulator.tag_zone(&id, "level", if zone < 24 { "5" } else { "6" });
            emulator.tag_zone(&id, "domain", &format!("z{zone}.example.com"));
            emulator.tag_zone(&id, "parentdomain", &format!("parent-{zone}.example.com"));
            emulator.tag_zone(&id, "vpcid", &format!("vpc-{zone}"));
        }
        let filter = ZoneFilter { tags: tags(given), ..ZoneFilter::default() };
        let (ids, world) = served(emulator, filter).await;
        assert_eq!(ids.len(), expected, "{given:?}");
        assert_eq!(world.emulator.call_count(Operation::ListTagsForResources), 17);
    }
}

#[tokio::test]
async fn an_error_of_the_tags_says_so_and_nothing_partial_is_answered() {
    let emulator = fixture().await;
    let mut fault = Fault::new(FaultKind::AccessDenied);
    fault.operation = Some(Operation::ListTagsForResources);
    emulator.set_faults(vec![fault]);
    let filter = ZoneFilter { tags: tags(&["zone"]), ..ZoneFilter::default() };
    let world = World::with(emulator, Config { zones: filter, ..config() });
    let error = world.provider.records().await.unwrap_err();
    assert!(matches!(error, ProviderError::Unavailable { .. }), "to be tried again: {error:?}");
    let cause = error.to_string();
    assert!(cause.contains("ListTagsForResources"), "{cause}");
}

#[tokio::test]
async fn whole_ids_are_asked_for_one_by_one_and_nothing_is_listed() {
    let emulator = emulator(&["w2.w1.ex.com=ZA", "ex.com=ZB", "other.com=ZC", "x.ex.com=ZD"]).await;
    let filter = ZoneFilter {
        ids: ["ZA", "ZB", "ZMISSING", "ZD"].map(str::to_owned).into(),
        domains: DomainFilter::lists(["w2.w1.ex.com", "ex.com"], [""; 0]),
        ..ZoneFilter::default()
    };
    let (ids, world) = served(emulator, filter).await;
    assert_eq!(ids, ["ZA", "ZB", "ZD"]);
    assert_eq!(world.emulator.call_count(Operation::ListHostedZones), 0);
    let problems = world.provider.readiness().problems;
    assert_eq!(problems.len(), 1);
    assert!(problems[0].starts_with("zone `ZMISSING` cannot be used: "), "{problems:?}");
}

#[tokio::test]
async fn within_the_cache_time_zones_are_not_listed_again() {
    let world = World::new(&["example.com=Z1"]).await;
    for _ in 0..3 {
        world.provider.zones().await.unwrap();
        world.records().await;
    }
    assert_eq!(world.emulator.call_count(Operation::ListHostedZones), 1);
}

#[tokio::test]
async fn a_new_zone_appears_without_a_restart() {
    let max_age = MaxAge { zones: Duration::ZERO, records: Duration::from_hours(1) };
    let emulator = emulator(&["example.com=Z1"]).await;
    let world = World::with(emulator, Config { max_age, ..config() });
    assert_eq!(world.provider.zones().await.unwrap().len(), 1);
    let id = world.emulator.add_zone("example.org".parse().unwrap(), false);
    assert_eq!(world.provider.zones().await.unwrap().len(), 2);
    world.write(create([a("www.example.org", "192.0.2.1")])).await;
    assert_eq!(world.records_in(&id), ["www.example.org A 192.0.2.1"]);
}

#[tokio::test]
async fn a_name_without_a_zone_finds_one_that_was_just_created() {
    let world = World::new(&["example.com=Z1"]).await;
    let lists = || world.emulator.call_count(Operation::ListHostedZones);
    world.write(create([a("www.example.com", "192.0.2.1")])).await;
    assert_eq!(lists(), 1);
    let id = world.emulator.add_zone("example.org".parse().unwrap(), false);
    world.write(create([a("www.example.org", "192.0.2.1")])).await;
    assert_eq!(world.records_in(&id), ["www.example.org A 192.0.2.1"]);
    assert_eq!(lists(), 2);
    for _ in 0..5 {
        let refused = world.refusals(create([a("www.example.net", "192.0.2.1")])).await;
        assert_eq!(refused, [("www.example.net".into(), "NoZone".into())]);
    }
    assert_eq!(lists(), 2, "a look was taken a moment ago");
}

#[tokio::test]
async fn zones_are_looked_for_only_where_there_can_be_one() {
    let filter = ZoneFilter {
        domains: DomainFilter::lists(["example.com"], [""; 0]),
        ..ZoneFilter::default()
    };
    for filter in [filter, ZoneFilter { ids: vec!["Z1".into()], ..ZoneFilter::default() }] {
        let emulator = emulator(&["example.com=Z1"]).await;
        let world = World::with(emulator, Config { zones: filter, ..config() });
        world.records().await;
        let calls = world.emulator.calls().len();
        world.provider.adjust(vec![a("www.example.org", "192.0.2.1")]).await.unwrap();
        world.refusals(create([a("www.example.org", "192.0.2.1")])).await;
        assert_eq!(world.emulator.calls().len(), calls);
    }
}

#[tokio::test]
async fn a_denied_zone_is_unavailable_by_itself() {
    let emulator =
        emulator(&["example.com:private=ZP1", "in.example.com:private=ZP2", "example.com=ZPUB"])
            .await;
    let mut fault = Fault::new(FaultKind::AccessDenied);
    fault.zone = Some("ZP1".to_owned());
    emulator.set_faults(vec![fault]);
    let world = World::with(emulator, config());
    world.write(owned([a("x.in.example.com", "192.0.2.1")])).await;
    assert_eq!((world.records_in("ZP2").len(), world.records_in("ZPUB").len()), (2, 2));

    let private = with(a("y.example.com", "192.0.2.1"), &[("zone", "private")]);
    let refused = world.refusals(create([private.clone()])).await;
    assert_eq!(refused, [("y.example.com".into(), "ZoneUnavailable".into())]);
    let adjusted = world.provider.adjust(vec![private]).await.unwrap();
    assert_eq!(adjusted.refused[0].code, "ZoneUnavailable");
    assert!(adjusted.refused[0].retryable);

    let readiness = world.provider.readiness();
    assert!(readiness.is_ready);
    assert!(readiness.problems[0].starts_with("zone `example.com` (ZP1) cannot be used"));
    let zones = world.provider.zones().await.unwrap();
    assert!(zones.iter().any(|zone| zone.id == "ZP1" && zone.unavailable.is_some()));
}

#[tokio::test]
async fn each_zone_is_reached_through_its_own_role() {
    let emulator = emulator(&["example.com=ZPUB", "example.com:private=ZPRIV"]).await;
    let url = emulator.endpoint_url();
    let by_role = BTreeMap::from([
        ("ZPUB".to_owned(), account(&url, "role-a", 0.0)),
        ("ZPRIV".to_owned(), account(&url, "role-b", 0.0)),
    ]);
    let filter = ZoneFilter { ids: vec!["ZPUB".into(), "ZPRIV".into()], ..ZoneFilter::default() };
    let config = Config { zones: filter, ..config() };
    let world = World::of(emulator, config, vec![account(&url, "default", 0.0)], by_role);
    world.write(owned([a("www.example.com", "192.0.2.1")])).await;
    for call in world.emulator.calls() {
        let expected = match call.zone.as_deref() {
            Some("ZPUB") => "role-a",
            Some("ZPRIV") => "role-b",
            _ => "default",
        };
        assert_eq!(call.access_key.as_deref(), Some(expected), "{call:?}");
    }
    assert_eq!(world.records_in("ZPUB").len() + world.records_in("ZPRIV").len(), 4);
}

#[tokio::test]
async fn two_accounts_serve_the_zones_of_both() {
    let emulator = emulator(&["example.com=Z1"]).await;
    let url = emulator.endpoint_url();
    let accounts = vec![account(&url, "one", 0.0), account(&url, "two", 0.0)];
    let world = World::of(emulator, config(), accounts, BTreeMap::new());
    assert_eq!(world.provider.zones().await.unwrap().len(), 1);
    let keys: Vec<_> =
        world.emulator.calls().into_iter().filter_map(|call| call.access_key).collect();
    assert!(keys.contains(&"one".to_owned()) && keys.contains(&"two".to_owned()));
}

#[tokio::test]
async fn a_filter_for_a_part_publishes_into_the_parent_zone() {
    let filter = ZoneFilter {
        domains: DomainFilter::lists(["in.example.com"], [""; 0]),
        match_parent: true,
        ..ZoneFilter::default()
    };
    let (ids, world) = served(emulator(&["example.com=ZPUB"]).await, filter).await;
    assert_eq!(ids, ["ZPUB"]);
    world.write(create([a("x.in.example.com", "192.0.2.1")])).await;
    assert_eq!(world.records_in("ZPUB"), ["x.in.example.com A 192.0.2.1"]);
}

#[tokio::test]
async fn a_name_that_is_left_out_is_written_nowhere_not_even_into_the_parent_zone() {
    let filter = ZoneFilter {
        domains: DomainFilter::lists(["example.com"], ["sub.example.com"]),
        ..ZoneFilter::default()
    };
    let emulator = emulator(&["example.com=Z1", "sub.example.com=Z2"]).await;
    let world = World::with(emulator, Config { zones: filter, ..config() });
    world.seed("Z1", ResourceRecordSet::new("old.sub.example.com", "A", 300, &["192.0.2.1"]));
    let names = ["a.sub.example.com", "sub.example.com"];
    let desired = names.map(|name| a(name, "192.0.2.1"));
    let pinned = with(a("b.sub.example.com", "192.0.2.1"), &[("aws/hosted-zone-id", "Z1")]);
    let desired = desired.into_iter().chain([pinned]).collect::<Vec<_>>();
    let adjusted = world.provider.adjust(desired.clone()).await.unwrap();
    assert_eq!(adjusted.endpoints, []);
    assert!(
        adjusted.refused.iter().all(|refusal| refusal.code == "NoZone"),
        "{:?}",
        adjusted.refused
    );
    assert_eq!(
        adjusted.refused[0].message,
        "`a.sub.example.com` is left out by `--exclude-domains`, so it is written to no zone"
    );
    assert_eq!(adjusted.refused.len(), 3);

    for changes in [owned(desired), delete([a("old.sub.example.com", "192.0.2.1")])] {
        let refused = world.refusals(changes).await;
        assert!(
            !refused.is_empty() && refused.iter().all(|refusal| refusal.1 == "NoZone"),
            "{refused:?}"
        );
    }
    let orphan = ownership_record(&a("a.sub.example.com", "192.0.2.1"), "c1");
    assert_eq!(world.refusals(create([orphan])).await[0].1, "NoZone");
    assert_eq!(world.writes(), 0);
    world.write(owned([a("www.example.com", "192.0.2.1")])).await;
}

#[tokio::test]
async fn when_every_zone_is_denied_nothing_is_said_to_be_empty() {
    let emulator = emulator(&["example.com=Z1"]).await;
    let mut denied = Fault::new(FaultKind::AccessDenied);
    denied.operation = Some(Operation::ListResourceRecordSets);
    emulator.set_faults(vec![denied]);
    let world = World::with(emulator, config());
    let error = world.provider.records().await.unwrap_err();
    let cause = error.to_string();
    let words = ["zone `example.com` (Z1) cannot be used: AWS denies", "`route53-webhook check`"];
    assert!(words.iter().all(|words| cause.contains(words)), "{cause}");
    assert!(!world.provider.readiness().is_ready);
}

/// Answers as Route 53 would for three zones, with tags for the first and none for the second; of
/// the third it says nothing.
async fn taciturn() -> (String, tokio::task::JoinSet<()>) {
    let zone = |id: &str| {
        format!(
            "<HostedZone><Id>/hostedzone/{id}</Id><Name>{id}.com.</Name>\
             <CallerReference>r</CallerReference></HostedZone>"
        )
    };
    let zones = format!(
        "<ListHostedZonesResponse><HostedZones>{}{}{}</HostedZones><IsTruncated>false</IsTruncated>\
         <MaxItems>100</MaxItems></ListHostedZonesResponse>",
        zone("A1"),
        zone("B1"),
        zone("C1")
    );
    let set = |id: &str, tags: &str| {
        format!(
            "<ResourceTagSet><ResourceType>hostedzone</ResourceType><ResourceId>{id}</ResourceId>\
             <Tags>{tags}</Tags></ResourceTagSet>"
        )
    };
    let tags = format!(
        "<ListTagsForResourcesResponse><ResourceTagSets>{}{}</ResourceTagSets>\
         </ListTagsForResourcesResponse>",
        set("A1", "<Tag><Key>k</Key><Value>v</Value></Tag>"),
        set("B1", "")
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = axum::Router::new()
        .route("/2013-04-01/hostedzone", axum::routing::get(async move || zones))
        .route("/2013-04-01/tags/hostedzone", axum::routing::post(async move || tags));
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, tasks)
}

#[tokio::test]
async fn the_end_of_an_id_lets_in_every_zone_that_ends_so() {
    let (url, _tasks) = taciturn().await;
    let accounts = [account(&url, "key", 0.0)];
    let found = async |id: &str| {
        let filter = ZoneFilter { ids: vec![id.to_owned()], ..ZoneFilter::default() };
        let found =
            route53_webhook::zones::discover(&accounts, &BTreeMap::new(), &filter).await.unwrap();
        found.zones.into_keys().map(String::from).collect::<Vec<_>>()
    };
    assert_eq!(found("1").await, ["A1", "B1", "C1"]);
    assert_eq!(found("A1").await, ["A1"]);
    assert_eq!(found("/hostedzone/B1").await, ["B1"]);
}

#[tokio::test]
async fn a_zone_whose_tags_are_not_told_stays() {
    let (url, _tasks) = taciturn().await;
    let accounts = [account(&url, "key", 0.0)];
    let filter = ZoneFilter { tags: tags(&["k=v"]), ..ZoneFilter::default() };
    let found =
        route53_webhook::zones::discover(&accounts, &BTreeMap::new(), &filter).await.unwrap();
    let ids: Vec<_> = found.zones.keys().map(|zone| &**zone).collect();
    assert_eq!(ids, ["A1", "C1"]);
}
