//! Changes: what is sent, and what becomes of it.

use external_dns_webhook::server::Health;
use external_dns_webhook::{Changes, Endpoint, RecordType, Targets, Ttl};
use route53_emulator::Operation;
use route53_webhook::batch::Limits;
use route53_webhook::provider::Config;

use crate::harness::*;

const ELB: &str = "foo.eu-central-1.elb.amazonaws.com";

fn alias(name: &str, target: &str) -> Endpoint {
    with(Endpoint::new(name, RecordType::A, [target]), &[("alias", "true")])
}

#[tokio::test]
async fn a_record_and_its_ownership_record_are_one_batch() {
    let world = World::new(&["example.com=Z1"]).await;
    world.write(owned([a("www.example.com", "192.0.2.1")])).await;
    assert_eq!(world.batches(), [["CREATE a-www.example.com TXT", "CREATE www.example.com A"]]);
    assert_eq!(
        world.records_in("Z1"),
        [
            "a-www.example.com TXT \"heritage=external-dns,external-dns/owner=c1\"",
            "www.example.com A 192.0.2.1"
        ]
    );
}

#[tokio::test]
async fn an_update_removes_what_was_seen_and_creates_what_is_wanted() {
    let world = World::new(&["example.com=Z1"]).await;
    let (old, new) = (a("www.example.com", "192.0.2.1"), a("www.example.com", "192.0.2.2"));
    world.write(create([old.clone()])).await;
    world.write(update([(old, new)])).await;
    assert_eq!(world.batches()[1], ["DELETE www.example.com A", "CREATE www.example.com A"]);
    assert_eq!(world.records_in("Z1"), ["www.example.com A 192.0.2.2"]);
}

#[tokio::test]
async fn an_update_that_changes_nothing_writes_nothing() {
    let world = World::new(&["example.com=Z1"]).await;
    let same = a("www.example.com", "192.0.2.1");
    world.write(create([same.clone()])).await;
    world.write(update([(same.clone(), same)])).await;
    assert_eq!(world.writes(), 1);
}

// Q6 of docs/compatibility.md.
#[tokio::test]
async fn whenever_the_identity_changes_the_record_set_is_replaced() {
    let world = World::new(&["example.com=Z1"]).await;
    let plain = a("r.example.com", "192.0.2.1");
    let weighted = |weight| routed(plain.clone(), "c1", &[("aws/weight", weight)]);
    let steps = [
        plain.clone(),
        cname("r.example.com", "www.example.net"),
        alias("r.example.com", ELB),
        weighted("10"),
        weighted("20"),
        routed(plain.clone(), "c1", &[("aws/region", "eu-west-1")]),
        routed(plain.clone(), "c2", &[("aws/region", "eu-west-1")]),
        routed(plain.clone(), "c2", &[("aws/multi-value-answer", "true")]),
        routed(plain.clone(), "c2", &[("aws/geoproximity-region", "eu-west-1")]),
    ];
    world.write(create([steps[0].clone()])).await;
    for step in steps.windows(2) {
        world.write(update([(step[0].clone(), step[1].clone())])).await;
        let verbs: Vec<_> = world.batches().pop().unwrap();
        assert!(verbs[0].starts_with("DELETE") && verbs[1].starts_with("CREATE"), "{verbs:?}");
        assert_eq!(world.records_in("Z1").len(), 1);
    }
}

#[tokio::test]
async fn a_batch_has_upserts_deletes_and_creates_in_this_order() {
    let world = World::new(&["example.com=Z1"]).await;
    let d = a("d.example.com", "192.0.2.1");
    let v = a("v.example.com", "192.0.2.1");
    world.write(create([d.clone(), v.clone()])).await;
    let mut text = Endpoint::new("a.example.com", RecordType::Txt, ["text"]);
    text.ttl = Ttl::from_seconds(60);
    let mut changes =
        create([text, a("a.example.com", "192.0.2.2"), a("b.example.com", "192.0.2.3")]);
    changes.delete = vec![d];
    changes.update = update([(v, alias("v.example.com", ELB))]).update;
    world.write(changes).await;
    assert_eq!(
        world.batches()[1],
        [
            "DELETE d.example.com A",
            "DELETE v.example.com A",
            "CREATE a.example.com A",
            "CREATE a.example.com TXT",
            "CREATE b.example.com A",
            "CREATE v.example.com A",
        ]
    );
}

#[tokio::test]
async fn aliases_point_into_the_zone_of_their_target() {
    let world = World::new(&["example.com=Z1"]).await;
    let given = [("alias", "true"), ("aws/target-hosted-zone", "Z35SXDOTRQ7X7K")];
    world
        .write(create([a("target.example.com", "192.0.2.1"), alias("elb.example.com", ELB)]))
        .await;
    let elsewhere = "bar.us-east-1.elb.amazonaws.com";
    let own = Endpoint::new("own.example.com", RecordType::A, ["target.example.com"]);
    let set = Endpoint::new("set.example.com", RecordType::A, [elsewhere]);
    world.write(create([with(own, &[("alias", "true")]), with(set, &given)])).await;
    assert_eq!(
        world.records_in("Z1"),
        [
            "elb.example.com A -> foo.eu-central-1.elb.amazonaws.com. (Z215JYRZR1TBD5)",
            "own.example.com A -> target.example.com. (Z1)",
            "set.example.com A -> bar.us-east-1.elb.amazonaws.com. (Z35SXDOTRQ7X7K)",
            "target.example.com A 192.0.2.1",
        ]
    );
}

#[tokio::test]
async fn health_of_a_target_is_evaluated_when_desired_or_by_default() {
    let world = World::new(&["example.com=Z1"]).await;
    let alias_with = |name, value| with(alias(name, ELB), &[("aws/evaluate-target-health", value)]);
    let records = [
        alias_with("yes.example.com", "true"),
        alias_with("no.example.com", "false"),
        alias("default.example.com", ELB),
    ];
    world.write(create(records)).await;
    let evaluates = |name: &str| {
        let sets = world.emulator.record_sets("Z1");
        let set = sets.iter().find(|set| set.name.starts_with(name)).unwrap();
        set.alias_target.as_ref().unwrap().evaluate_target_health
    };
    assert!(evaluates("yes") && evaluates("default"));
    assert!(!evaluates("no"));
}

#[tokio::test]
async fn a_record_without_a_ttl_gets_300_seconds() {
    let world = World::new(&["example.com=Z1"]).await;
    world.write(create([cname("c.example.com", "foo.example.org")])).await;
    let sets = world.emulator.record_sets("Z1");
    assert_eq!(sets.iter().find(|set| set.r#type == "CNAME").unwrap().ttl, Some(300));
}

#[tokio::test]
async fn a_repeated_request_is_harmless() {
    let world = World::new(&["example.com=Z1"]).await;
    let (old, new) = (a("u.example.com", "192.0.2.1"), a("u.example.com", "192.0.2.2"));
    let gone = a("d.example.com", "192.0.2.1");
    world.write(owned([old.clone(), gone.clone()])).await;
    let changes = Changes {
        create: owned([a("c.example.com", "192.0.2.1")]).create,
        update: update([
            (old.clone(), new.clone()),
            (ownership_record(&old, "c1"), ownership_record(&new, "c1")),
        ])
        .update,
        delete: vec![gone.clone(), ownership_record(&gone, "c1")],
    };
    world.write(changes.clone()).await;
    let (records, writes) = (world.records_in("Z1"), world.writes());
    world.write(changes.clone()).await;
    assert_eq!((world.records_in("Z1"), world.writes()), (records.clone(), writes));

    let world = world.restarted(config());
    world.write(changes).await;
    assert_eq!(world.records_in("Z1"), records);
}

#[tokio::test]
async fn many_changes_are_split_within_the_limits() {
    let world = World::new(&["example.com=Z1"]).await;
    let names = (0..750).map(|number| a(&format!("n{number}.example.com"), "192.0.2.1"));
    world.write(owned(names)).await;
    assert_eq!(world.records_in("Z1").len(), 1_500);
    let batches = world.batches();
    assert!(
        batches.len() >= 2
            && batches.iter().all(|batch| batch.len() <= 1_000 && batch.len() % 2 == 0)
    );

    let long = "x".repeat(200);
    let texts = (0..200).map(|number| {
        Endpoint::new(format!("t{number}.example.com"), RecordType::Txt, [long.as_str()])
    });
    world.write(create(texts)).await;
    assert_eq!(world.records_in("Z1").len(), 1_700);
}

#[tokio::test]
async fn four_thousand_records_are_all_created() {
    let limits = Limits { changes: 4_000, ..Limits::default() };
    let world = World::with(emulator(&["example.com=Z1"]).await, Config { limits, ..config() });
    let names = (0..4_000).map(|number| a(&format!("n{number}.example.com"), "1.1.1.1"));
    world.write(create(names)).await;
    assert_eq!(world.records_in("Z1").len(), 4_000);
}

#[tokio::test]
async fn a_dry_run_writes_nothing() {
    let config = Config { dry_run: true, ..config() };
    let world = World::with(emulator(&["example.com=Z1"]).await, config);
    world.write(owned([a("www.example.com", "192.0.2.1")])).await;
    assert_eq!(world.writes(), 0);
    assert!(world.records_in("Z1").is_empty());
    let health = Health::health(&*world.provider, false).await;
    assert!(health.is_ready, "{health:?}");
    assert!(health.problems[0].contains("runs with --dry-run: nothing is written"), "{health:?}");
}

#[tokio::test]
async fn no_changes_cost_no_call() {
    let world = World::new(&["example.com=Z1"]).await;
    world.records().await;
    world.emulator.clear_calls();
    world.write(Changes::default()).await;
    assert!(world.emulator.calls().is_empty());
}

#[tokio::test]
async fn one_change_costs_one_call_and_no_read() {
    let world = World::new(&["example.com=Z1"]).await;
    world.records().await;
    let lists = world.lists();
    world.write(owned([a("www.example.com", "192.0.2.1")])).await;
    assert_eq!((world.lists(), world.writes()), (lists, 1));
    assert_eq!(world.emulator.call_count(Operation::ListHostedZones), 1, "since the start");
    assert_eq!(world.record("www.example.com").await.targets, Targets::from(["192.0.2.1"]));
    assert_eq!(world.lists(), lists, "what we wrote is known");
}

#[tokio::test]
async fn a_type_change_is_one_batch_with_both_ownership_records() {
    let world = World::new(&["example.com=Z1"]).await;
    let (old, new) = (cname("t.example.com", "x.example.net"), a("t.example.com", "192.0.2.5"));
    world.write(owned([old.clone()])).await;
    let mut changes = owned([new]);
    changes.delete = vec![ownership_record(&old, "c1"), old];
    world.write(changes).await;
    assert_eq!(
        world.batches()[1],
        [
            "DELETE cname-t.example.com TXT",
            "DELETE t.example.com CNAME",
            "CREATE a-t.example.com TXT",
            "CREATE t.example.com A",
        ]
    );
}

#[tokio::test]
async fn an_ownership_record_that_was_never_written_is_made_by_an_update() {
    let world = World::new(&["example.com=Z1"]).await;
    let record = a("app.example.com", "192.0.2.1");
    let legacy = Endpoint::new(
        "app.example.com",
        RecordType::Txt,
        ["\"heritage=external-dns,external-dns/owner=c1\""],
    );
    world.write(create([record.clone(), legacy])).await;
    let ownership_records = (ownership_record(&record, "c1"), ownership_record(&record, "c1"));
    world.write(update([(record.clone(), record), ownership_records])).await;
    assert_eq!(world.records_in("Z1").len(), 3);
    assert_eq!(world.batches()[1], ["CREATE a-app.example.com TXT"]);
}

#[tokio::test]
async fn every_form_converges_after_it_is_written() {
    use external_dns_webhook::Provider as _;
    let world = World::new(&["example.com=Z1"]).await;
    let long = "k=".repeat(150);
    let mut aliased = cname("alias.example.com", "X.EU-WEST-1.elb.amazonaws.com.");
    aliased.ttl = Ttl::from_seconds(60);
    let desired = vec![
        aliased,
        with(
            alias("s3.example.com", "s3-website-us-east-1.amazonaws.com"),
            &[("aws/target-hosted-zone", "Z3AQBSTGFYJSTF")],
        ),
        a("*.wild.example.com", "192.0.2.1"),
        Endpoint::new("text.example.com", RecordType::Txt, [long.as_str(), r#"say "hi""#]),
        Endpoint::new("mx.example.com", RecordType::Mx, ["10 Mail.example.net."]),
        Endpoint::new("_s._tcp.example.com", RecordType::Srv, ["0 5 443 Host.example.net."]),
        Endpoint::new("caa.example.com", RecordType::Caa, ["0 issue \"ca.example.net\""]),
        Endpoint::new("1.2.0.192.example.com", RecordType::Ptr, ["host.example.net"]),
        Endpoint::new("sub.example.com", RecordType::Ns, ["ns1.example.net", "ns2.example.net"]),
        Endpoint::new("v6.example.com", RecordType::Aaaa, ["2001:0db8::0001"]),
        Endpoint::new("odd/name.example.com", RecordType::A, ["192.0.2.1"]),
    ];
    let adjusted = world.provider.adjust(desired).await.unwrap();
    assert_eq!(adjusted.refused, []);
    world.write(create(adjusted.endpoints.clone())).await;
    let world = world.restarted(config());
    let reported = world.provider.records().await.unwrap();
    for endpoint in adjusted.endpoints {
        let found = reported.iter().find(|record| record.key() == endpoint.key());
        let found = found.unwrap_or_else(|| panic!("{} is missing", endpoint.key()));
        assert!(endpoint.targets.answers_like(&found.targets, &endpoint.record_type), "{found:?}");
        assert_eq!(endpoint.properties, found.properties);
        assert!(endpoint.ttl.is_none() || endpoint.ttl == found.ttl);
    }
}

#[tokio::test]
async fn a_delete_and_a_create_of_one_record_set_are_its_update() {
    let world = World::new(&["example.com=Z1"]).await;
    let (old, new) = (a("www.example.com", "192.0.2.1"), a("www.example.com", "192.0.2.2"));
    world.write(owned([old.clone()])).await;
    let mut changes = owned([new]);
    changes.delete = vec![old.clone(), ownership_record(&old, "c1")];
    world.write(changes).await;
    assert!(world.records_in("Z1").contains(&"www.example.com A 192.0.2.2".to_owned()));
    assert_eq!(world.batches()[1], ["DELETE www.example.com A", "CREATE www.example.com A"]);
}
