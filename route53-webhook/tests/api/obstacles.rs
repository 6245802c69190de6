//! Changes that are not written as a whole: what is in the way is told, and stops no other.

use external_dns_webhook::{Endpoint, RecordType, Targets};
use route53_emulator::ResourceRecordSet;
use route53_webhook::batch::Limits;
use route53_webhook::provider::Config;

use crate::harness::*;

#[tokio::test]
async fn what_another_client_has_changed_is_reported_and_not_overwritten() {
    let world = World::new(&["example.com=Z1"]).await;
    let seen = a("www.example.com", "192.0.2.1");
    world.write(owned([seen.clone()])).await;
    let theirs = ResourceRecordSet::new("www.example.com", "A", 300, &["203.0.113.9"]);
    world.seed("Z1", theirs);
    let records = world.records_in("Z1");

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
    assert_eq!(world.records_in("Z1"), records);
    assert_eq!(world.record("www.example.com").await.targets, Targets::from(["203.0.113.9"]));
}

#[tokio::test]
async fn a_surprise_in_one_group_does_not_stop_the_others() {
    let world = World::new(&["example.com=Z1"]).await;
    world.records().await;
    world.seed("Z1", ResourceRecordSet::new("n3.example.com", "A", 60, &["203.0.113.9"]));
    let names = (0..6).map(|number| a(&format!("n{number}.example.com"), "192.0.2.1"));
    let refused = world.refusals(owned(names)).await;
    assert_eq!(refused, [("n3.example.com".to_owned(), "ChangedElsewhere".to_owned())]);
    assert_eq!(world.records_in("Z1").len(), 11);
    assert!(world.writes() <= 2, "{}", world.writes());
    assert!(
        !world.records_in("Z1").iter().any(|line| line.starts_with("a-n3")),
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
    assert_eq!(world.records_in("Z1").len(), 58);
    assert!(world.writes() <= 12, "{}", world.writes());

    let writes = world.writes();
    let refused = world.apply(owned([bad, a("n99.example.com", "192.0.2.1")])).await.refused;
    assert_eq!(refused[0].code, "Quarantined");
    assert_eq!(world.writes(), writes + 1, "only the other one is tried");
    assert_eq!(world.records_in("Z1").len(), 60);
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
    assert_eq!(world.records_in("Z1").len(), 2);
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

#[tokio::test]
async fn a_record_and_its_ownership_record_that_fit_into_no_batch_are_not_torn_apart() {
    let limits = Limits { changes: 1, ..Limits::default() };
    let world = World::with(emulator(&["example.com=Z1"]).await, Config { limits, ..config() });
    let names = ["a.example.com", "b.example.com"];
    let refused = world.refusals(owned(names.map(|name| a(name, "192.0.2.1")))).await;
    assert_eq!(refused, names.map(|name| (name.to_owned(), "TooLarge".to_owned())));
    assert_eq!(world.writes(), 0);
}

// Q13 of docs/compatibility.md.
#[tokio::test]
async fn an_ownership_record_outside_of_the_zone_takes_its_record_with_it() {
    let world = World::new(&["example.com=Z1"]).await;
    let changes = owned([a("example.com", "192.0.2.1"), a("www.example.com", "192.0.2.1")]);
    let refused = world.refusals(changes).await;
    let code = "OwnershipRecordOutsideZone".to_owned();
    assert!(refused.contains(&("example.com".to_owned(), code)), "{refused:?}");
    assert_eq!(world.records_in("Z1").len(), 2);
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
