//! Changes: what is sent, and what becomes of it.

use external_dns_webhook::{Changes, Endpoint, RecordType, Targets, Ttl};
use route53_emulator::{Operation, ResourceRecordSet};
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
        world.held("Z1"),
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
    assert_eq!(world.held("Z1"), ["www.example.com A 192.0.2.2"]);
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
        assert_eq!(world.held("Z1").len(), 1);
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
        world.held("Z1"),
        [
            "elb.example.com A -> foo.eu-central-1.elb.amazonaws.com. (Z215JYRZR1TBD5)",
            "own.example.com A -> target.example.com. (Z1)",
            "set.example.com A -> bar.us-east-1.elb.amazonaws.com. (Z35SXDOTRQ7X7K)",
            "target.example.com A 192.0.2.1",
        ]
    );
}

#[tokio::test]
async fn health_of_a_target_is_evaluated_when_asked_or_by_default() {
    let world = World::new(&["example.com=Z1"]).await;
    let asked = |name, value| with(alias(name, ELB), &[("aws/evaluate-target-health", value)]);
    let records = [
        asked("yes.example.com", "true"),
        asked("no.example.com", "false"),
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
    let (held, writes) = (world.held("Z1"), world.writes());
    world.write(changes.clone()).await;
    assert_eq!((world.held("Z1"), world.writes()), (held.clone(), writes));

    let world = world.restarted(config());
    world.write(changes).await;
    assert_eq!(world.held("Z1"), held);
}

#[tokio::test]
async fn what_someone_else_has_changed_is_reported_and_not_overwritten() {
    let world = World::new(&["example.com=Z1"]).await;
    let seen = a("www.example.com", "192.0.2.1");
    world.write(owned([seen.clone()])).await;
    let theirs = ResourceRecordSet::new("www.example.com", "A", 300, &["203.0.113.9"]);
    world.seed("Z1", theirs);
    let held = world.held("Z1");

    let new = a("www.example.com", "192.0.2.2");
    let changed = [("www.example.com".to_owned(), "ChangedElsewhere".to_owned())];
    let changes = update([
        (seen.clone(), new.clone()),
        (ownership_record(&seen, "c1"), ownership_record(&new, "c1")),
    ]);
    assert_eq!(world.refusals(changes).await, changed);
    assert_eq!(
        world.refusals(delete([seen.clone(), ownership_record(&seen, "c1")])).await,
        changed
    );
    assert_eq!(world.refusals(create([new])).await, changed);
    assert_eq!(world.held("Z1"), held);
    assert_eq!(world.record("www.example.com").await.targets, Targets::from(["203.0.113.9"]));
}

#[tokio::test]
async fn a_surprise_in_one_group_does_not_hold_up_the_others() {
    let world = World::new(&["example.com=Z1"]).await;
    world.records().await;
    world.seed("Z1", ResourceRecordSet::new("n3.example.com", "A", 60, &["203.0.113.9"]));
    let names = (0..6).map(|number| a(&format!("n{number}.example.com"), "192.0.2.1"));
    let refused = world.refusals(owned(names)).await;
    assert_eq!(refused, [("n3.example.com".to_owned(), "ChangedElsewhere".to_owned())]);
    assert_eq!(world.held("Z1").len(), 11);
    assert!(world.writes() <= 2, "{}", world.writes());
    assert!(
        !world.held("Z1").iter().any(|line| line.starts_with("a-n3")),
        "no ownership record without it"
    );
}

// Q2 of docs/compatibility.md.
#[tokio::test]
async fn what_aws_refuses_is_isolated_quarantined_and_told_in_its_words() {
    let world = World::new(&["example.com=Z1"]).await;
    let unknown = [("aws/weight", "1"), ("aws/health-check-id", "no-such-check")];
    let bad = routed(a("s7.example.com", "192.0.2.1"), "x", &unknown);
    let good = (0..29).map(|number| a(&format!("n{number}.example.com"), "192.0.2.1"));
    let changes = owned(good.chain([bad.clone()]));
    let refused = world.apply(changes).await.refused;
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert_eq!(refused[0].code, "RefusedByService");
    assert_eq!(world.held("Z1").len(), 58);
    assert!(world.writes() <= 12, "{}", world.writes());

    let writes = world.writes();
    let refused = world.apply(owned([bad, a("n99.example.com", "192.0.2.1")])).await.refused;
    assert_eq!(refused[0].code, "Quarantined");
    assert_eq!(world.writes(), writes + 1, "only the other one is tried");
    assert_eq!(world.held("Z1").len(), 60);
}

#[tokio::test]
async fn invalid_records_are_refused_before_anything_is_sent() {
    let world = World::new(&["example.com=Z1"]).await;
    let long = format!("{}.example.com", "x".repeat(64));
    let changes = owned([
        a("ok.example.com", "192.0.2.1"),
        a(".example.com", "192.0.2.1"),
        a(&long, "192.0.2.1"),
        routed(a("w.example.com", "192.0.2.1"), "c1", &[("aws/weight", "1O0")]),
        Endpoint::new("a.example.com", RecordType::A, ["host.example.net"]),
    ]);
    let mut codes: Vec<_> =
        world.refusals(changes).await.into_iter().map(|refusal| refusal.1).collect();
    codes.dedup();
    assert_eq!(codes, ["InvalidName", "InvalidTarget", "InvalidProperty", "InvalidName"]);
    assert_eq!(world.held("Z1").len(), 2);
    assert_eq!(world.writes(), 1);
}

// Q7 of docs/compatibility.md.
#[tokio::test]
async fn a_name_with_600_targets_is_told_why() {
    let world = World::new(&["example.com=Z1"]).await;
    let targets: Targets =
        (0..600).map(|number| format!("10.0.{}.{}", number / 256, number % 256)).collect();
    let changes = create([Endpoint::new("big.example.com", RecordType::A, targets)]);
    assert_eq!(world.refusals(changes).await, [("big.example.com".into(), "TooLarge".into())]);
}

// Case 73 of the list that ExternalDNS is compared by.
#[tokio::test]
async fn a_record_and_its_ownership_record_that_fit_into_no_batch_are_not_torn_apart() {
    let limits = Limits { changes: 1, ..Limits::default() };
    let world = World::with(emulator(&["example.com=Z1"]).await, Config { limits, ..config() });
    let names = ["a.example.com", "b.example.com"];
    let refused = world.refusals(owned(names.map(|name| a(name, "192.0.2.1")))).await;
    assert_eq!(refused, names.map(|name| (name.to_owned(), "TooLarge".to_owned())));
    assert_eq!(world.writes(), 0);
}

#[tokio::test]
async fn many_changes_are_split_within_the_limits() {
    let world = World::new(&["example.com=Z1"]).await;
    let names = (0..750).map(|number| a(&format!("n{number}.example.com"), "192.0.2.1"));
    world.write(owned(names)).await;
    assert_eq!(world.held("Z1").len(), 1_500);
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
    assert_eq!(world.held("Z1").len(), 1_700);
}

#[tokio::test]
async fn four_thousand_records_are_all_created() {
    let limits = Limits { changes: 4_000, ..Limits::default() };
    let world = World::with(emulator(&["example.com=Z1"]).await, Config { limits, ..config() });
    let names = (0..4_000).map(|number| a(&format!("n{number}.example.com"), "1.1.1.1"));
    world.write(create(names)).await;
    assert_eq!(world.held("Z1").len(), 4_000);
}

#[tokio::test]
async fn a_dry_run_writes_nothing() {
    let config = Config { dry_run: true, ..config() };
    let world = World::with(emulator(&["example.com=Z1"]).await, config);
    world.write(owned([a("www.example.com", "192.0.2.1")])).await;
    assert_eq!(world.writes(), 0);
    assert!(world.held("Z1").is_empty());
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
async fn changes_go_to_the_zones_of_their_names() {
    let zones = [
        "foo.example.org=ZFOO",
        "bar.example.org=ZBAR",
        "bar.example.org:private=ZBARP",
        "baz.example.org=ZBAZ",
    ];
    let world = World::new(&zones).await;
    let names = ["qux.foo", "qux.bar", "wambo.foo", "wambo.bar"];
    world.write(create(names.map(|name| a(&format!("{name}.example.org"), "192.0.2.1")))).await;
    assert_eq!(world.held("ZFOO").len(), 2);
    assert_eq!(world.held("ZBAR").len(), 2);
    assert_eq!(world.held("ZBARP").len(), 2);
    assert_eq!(world.held("ZBAZ").len(), 0);
}

// Q4 of docs/compatibility.md.
#[tokio::test]
async fn pinned_records_go_to_their_zones_only() {
    let world = World::new(&["my.com=ZPUB", "my.com:private=ZPRIV"]).await;
    world
        .write(owned([
            with(a("foo.my.com", "192.0.2.1"), &[("aws/hosted-zone-id", "/hostedzone/ZPRIV")]),
            with(a("bar.my.com", "192.0.2.1"), &[("aws/hosted-zone-id", "ZPUB")]),
            a("baz.my.com", "192.0.2.1"),
        ]))
        .await;
    let names = |zone| {
        let held = world.held(zone);
        held.iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("ZPRIV"), ["a-baz.my.com", "a-foo.my.com", "baz.my.com", "foo.my.com"]);
    assert_eq!(names("ZPUB"), ["a-bar.my.com", "a-baz.my.com", "bar.my.com", "baz.my.com"]);

    // What is reported carries the pin, so deleting needs no other zone.
    let (foo, ownership_record) =
        (world.record("foo.my.com").await, world.record("a-foo.my.com").await);
    assert_eq!(pairs(&foo.properties), [("aws/hosted-zone-id", "ZPRIV")]);
    world.write(delete([foo, ownership_record])).await;
    assert_eq!(names("ZPRIV"), ["a-baz.my.com", "baz.my.com"]);
}

#[tokio::test]
async fn a_pin_to_an_unknown_zone_writes_nothing_and_says_so() {
    let world = World::new(&["my.com=ZPUB"]).await;
    let pinned = with(a("foo.my.com", "192.0.2.1"), &[("aws/hosted-zone-id", "ZNOWHERE")]);
    assert_eq!(world.refusals(create([pinned])).await, [("foo.my.com".into(), "NoZone".into())]);
    assert_eq!(world.writes(), 0);
}

// Q1 of docs/compatibility.md.
#[tokio::test]
async fn an_alias_into_its_own_zone_has_the_id_of_each_zone() {
    let world = World::new(&["example.com=ZPUB", "example.com:private=ZPRIV"]).await;
    let own = Endpoint::new("own.example.com", RecordType::A, ["www.example.com"]);
    let own = with(own, &[("alias", "true")]);
    world.write(owned([a("www.example.com", "192.0.2.1"), own])).await;
    for zone in ["ZPUB", "ZPRIV"] {
        let expected = format!("own.example.com A -> www.example.com. ({zone})");
        assert!(world.held(zone).contains(&expected), "{:?}", world.held(zone));
        assert_eq!(world.held(zone).len(), 4);
    }
}

#[tokio::test]
async fn never_to_a_parent_and_a_child_of_one_kind() {
    let zones = ["example.com:private=ZP1", "in.example.com:private=ZP2", "example.com=ZPUB"];
    let world = World::new(&zones).await;
    let record = a("x.in.example.com", "192.0.2.1");
    world.write(owned([record.clone()])).await;
    assert_eq!(world.held("ZP1").len(), 0);
    assert_eq!(world.held("ZP2").len(), 2);
    assert_eq!(world.held("ZPUB").len(), 2);
    world.write(delete([record.clone(), ownership_record(&record, "c1")])).await;
    assert_eq!(world.held("ZP2").len() + world.held("ZPUB").len(), 0);
}

// Q12 of docs/compatibility.md.
#[tokio::test]
async fn a_copy_that_a_zone_lacks_is_put_back_and_one_too_many_is_left() {
    let zones = ["example.com=ZPUB", "example.com:private=ZP1", "in.example.com:private=ZP2"];
    let world = World::new(&zones).await;
    let set = || ResourceRecordSet::new("x.in.example.com", "A", 300, &["192.0.2.1"]);
    world.seed("ZPUB", set());
    world.seed("ZP1", set());
    let old = world.record("x.in.example.com").await;
    assert_eq!(pairs(&old.properties), [("aws/hosted-zone-id", "ZPUB")]);
    world.write(update([(old, a("x.in.example.com", "192.0.2.1"))])).await;
    for zone in ["ZPUB", "ZP1", "ZP2"] {
        assert_eq!(world.held(zone), ["x.in.example.com A 192.0.2.1"], "{zone}");
    }
    assert!(world.record("x.in.example.com").await.properties.is_empty());
    let misplaced = world.provider.misplaced();
    assert_eq!(
        misplaced,
        ["x.in.example.com A in example.com (ZP1), where another zone answers for it"]
    );
}

// Q12 of docs/compatibility.md.
#[tokio::test]
async fn a_copy_that_someone_removed_is_put_back_by_the_next_update() {
    let world = World::new(&["example.com=ZPUB", "example.com:private=ZPRIV"]).await;
    let (old, new) = (a("www.example.com", "192.0.2.1"), a("www.example.com", "192.0.2.2"));
    world.write(owned([old.clone()])).await;
    world.unseed("ZPRIV", ResourceRecordSet::new("www.example.com", "A", 300, &["192.0.2.1"]));
    let world = world.restarted(config());
    let ownership_records = (ownership_record(&old, "c1"), ownership_record(&new, "c1"));
    world.write(update([(old, new), ownership_records])).await;
    for zone in ["ZPUB", "ZPRIV"] {
        assert!(world.held(zone).contains(&"www.example.com A 192.0.2.2".to_owned()), "{zone}");
    }
}

// Q10 of docs/compatibility.md.
#[tokio::test]
async fn copies_that_differ_are_reported_and_made_alike_when_asked() {
    let world = World::new(&["example.com=ZPUB", "example.com:private=ZPRIV"]).await;
    let wanted = a("www.example.com", "192.0.2.1");
    world.write(owned([wanted.clone()])).await;
    world.seed("ZPRIV", ResourceRecordSet::new("www.example.com", "A", 60, &["203.0.113.9"]));
    let world = world.restarted(config());
    let seen = world.record("www.example.com").await;
    assert!(seen.properties.get("aws/differing-copies").is_some());
    let ownership_records = (ownership_record(&wanted, "c1"), ownership_record(&wanted, "c1"));
    world.write(update([(seen, wanted), ownership_records])).await;
    assert_eq!(world.held("ZPUB"), world.held("ZPRIV"));
    assert!(world.record("www.example.com").await.properties.is_empty());
}

#[tokio::test]
async fn a_copy_of_someone_else_is_not_taken_for_ours() {
    let world = World::new(&["example.com=ZPUB", "example.com:private=ZPRIV"]).await;
    // The public copy is theirs: it has no ownership record. The private one is ours.
    world.seed("ZPUB", ResourceRecordSet::new("www.example.com", "A", 300, &["203.0.113.9"]));
    let private = |endpoint| with(endpoint, &[("zone", "private")]);
    world.write(owned([private(a("www.example.com", "192.0.2.1"))])).await;
    let seen = world.record("www.example.com").await;
    let new = a("www.example.com", "192.0.2.2");
    let old_ownership_record = world.record("a-www.example.com").await;
    let ownership_records = (with(old_ownership_record, &[]), ownership_record(&new, "c1"));
    let changes = update([(seen, new), ownership_records]);
    world.apply(changes).await;
    assert!(world.held("ZPUB").contains(&"www.example.com A 203.0.113.9".to_owned()));
}

// Q13 of docs/compatibility.md.
#[tokio::test]
async fn an_ownership_record_outside_of_the_zone_takes_its_record_with_it() {
    let world = World::new(&["example.com=Z1"]).await;
    let changes = owned([a("example.com", "192.0.2.1"), a("www.example.com", "192.0.2.1")]);
    let refused = world.refusals(changes).await;
    let code = "OwnershipRecordOutsideZone".to_owned();
    assert!(refused.contains(&("example.com".to_owned(), code)), "{refused:?}");
    assert_eq!(world.held("Z1").len(), 2);
}

#[tokio::test]
async fn other_routing_policies_and_types_in_the_way_are_named() {
    let world = World::new(&["example.com=Z1"]).await;
    let theirs = routed(a("r.example.com", "203.0.113.9"), "c2", &[("aws/region", "eu-west-1")]);
    world.write(create([theirs, cname("c.example.com", "x.example.net")])).await;
    let writes = world.writes();
    let ours = routed(a("r.example.com", "192.0.2.1"), "c1", &[("aws/weight", "100")]);
    let refused = world.apply(create([ours, a("c.example.com", "192.0.2.1")])).await.refused;
    assert_eq!(refused[0].code, "NameConflict");
    assert_eq!(refused[1].code, "RoutingPolicyConflict");
    assert!(refused[1].message.contains("latency routing (set identifier `c2`)"));
    assert_eq!(world.writes(), writes);
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
    assert_eq!(world.held("Z1").len(), 3);
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
async fn an_object_can_send_a_name_to_a_parent_zone_and_take_it_back() {
    let world = World::new(&["example.com=ZPUB", "in.example.com=ZSUB"]).await;
    let record = with(a("x.in.example.com", "192.0.2.1"), &[("aws/hosted-zone-id", "ZPUB")]);
    world.write(owned([record])).await;
    assert_eq!((world.held("ZPUB").len(), world.held("ZSUB").len()), (2, 0));
    let seen = world.record("x.in.example.com").await;
    let ownership_record = world.record("a-x.in.example.com").await;
    assert_eq!(pairs(&seen.properties), [("aws/hosted-zone-id", "ZPUB")]);
    world.write(delete([seen, ownership_record])).await;
    assert_eq!(world.held("ZPUB").len(), 0);
}

#[tokio::test]
async fn a_leftover_in_a_parent_zone_is_in_nobodys_way() {
    let world = World::new(&["example.com=ZPUB", "in.example.com=ZSUB"]).await;
    world.seed("ZPUB", ResourceRecordSet::new("x.in.example.com", "A", 60, &["203.0.113.9"]));
    assert!(world.records().await.is_empty());
    world.write(owned([a("x.in.example.com", "192.0.2.1")])).await;
    assert_eq!(world.held("ZPUB"), ["x.in.example.com A 203.0.113.9"]);
    assert_eq!(world.held("ZSUB").len(), 2);
    assert_eq!(world.provider.misplaced().len(), 1);
}

#[tokio::test]
async fn a_delete_and_a_create_of_one_record_set_are_its_update() {
    let world = World::new(&["example.com=Z1"]).await;
    let (old, new) = (a("www.example.com", "192.0.2.1"), a("www.example.com", "192.0.2.2"));
    world.write(owned([old.clone()])).await;
    let mut changes = owned([new]);
    changes.delete = vec![old.clone(), ownership_record(&old, "c1")];
    world.write(changes).await;
    assert!(world.held("Z1").contains(&"www.example.com A 192.0.2.2".to_owned()));
    assert_eq!(world.batches()[1], ["DELETE www.example.com A", "CREATE www.example.com A"]);
}
