//! Writing over whatever is there, for controllers that want it.

use external_dns_webhook::{Endpoint, RecordType};
use route53_emulator::ResourceRecordSet;
use route53_webhook::provider::Config;
use route53_webhook::writes::Mode;

use crate::harness::*;

async fn world() -> World {
    let config = Config { mode: Mode::Upsert, ..config() };
    World::with(emulator(&["example.com=Z1"]).await, config)
}

#[tokio::test]
async fn an_update_is_one_change_and_writes_over_what_another_client_wrote() {
    let world = world().await;
    let (old, new) = (a("www.example.com", "192.0.2.1"), a("www.example.com", "192.0.2.2"));
    world.write(create([old.clone()])).await;
    world.seed("Z1", ResourceRecordSet::new("www.example.com", "A", 60, &["203.0.113.9"]));
    world.write(update([(old, new)])).await;
    assert_eq!(world.batches()[1], ["UPSERT www.example.com A"]);
    assert_eq!(world.records_in("Z1"), ["www.example.com A 192.0.2.2"]);
}

// Q6 of docs/compatibility.md.
#[tokio::test]
async fn another_routing_policy_is_a_delete_and_a_create_all_the_same() {
    let world = world().await;
    let by = |name, value| routed(a("r.example.com", "192.0.2.1"), "c1", &[(name, value)]);
    let steps = [
        by("aws/weight", "10"),
        by("aws/weight", "20"),
        by("aws/region", "eu-west-1"),
        by("aws/multi-value-answer", "true"),
        by("aws/geoproximity-region", "eu-west-1"),
        by("aws/multi-value-answer", "true"),
        by("aws/geolocation-continent-code", "EU"),
        a("r.example.com", "192.0.2.1"),
    ];
    world.write(create([steps[0].clone()])).await;
    for step in steps.windows(2) {
        world.write(update([(step[0].clone(), step[1].clone())])).await;
    }
    let replaced = ["DELETE r.example.com A", "CREATE r.example.com A"];
    let batches = world.batches();
    assert_eq!(batches[1], ["UPSERT r.example.com A"], "the same policy");
    assert!(batches[2..].iter().all(|batch| *batch == replaced), "{batches:?}");
    assert_eq!(batches.len(), steps.len());
    assert_eq!(world.records_in("Z1"), ["r.example.com A 192.0.2.1"]);
}

#[tokio::test]
async fn a_batch_has_upserts_deletes_and_creates_in_this_order() {
    let world = world().await;
    let record = |name: &str| a(&format!("{name}.example.com"), "192.0.2.1");
    let alias =
        Endpoint::new("v.example.com", RecordType::A, ["foo.eu-central-1.elb.amazonaws.com"]);
    let alias = with(alias, &[("alias", "true")]);
    let text = Endpoint::new("a.example.com", RecordType::Txt, ["text"]);
    world.write(create(["d", "t", "u", "v"].map(record))).await;
    let mut changes = create([text, record("a"), record("b")]);
    changes.delete = vec![record("d")];
    changes.update = update([
        (record("u"), a("u.example.com", "192.0.2.2")),
        (record("v"), alias),
        (record("t"), cname("t.example.com", "www.example.net")),
    ])
    .update;
    world.write(changes).await;
    assert_eq!(
        world.batches()[1],
        [
            "UPSERT u.example.com A",
            "UPSERT v.example.com A",
            "DELETE d.example.com A",
            "DELETE t.example.com A",
            "CREATE a.example.com A",
            "CREATE a.example.com TXT",
            "CREATE b.example.com A",
            "CREATE t.example.com CNAME",
        ]
    );
}
