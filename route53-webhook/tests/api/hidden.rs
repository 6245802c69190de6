//! Record sets that a delegation hides: they are written as ever, and told.

use external_dns_webhook::{Endpoint, RecordType};
use route53_emulator::ResourceRecordSet;

use crate::harness::*;

fn delegate(world: &World, zone: &str) {
    let servers = ["ns.sub.example.com.", "ns.example.net."];
    world.seed(zone, ResourceRecordSet::new("sub.example.com", "NS", 300, &servers));
}

#[tokio::test]
async fn what_a_delegation_hides_is_written_as_ever_and_told() {
    let world = World::new(&["example.com=Z1"]).await;
    delegate(&world, "Z1");
    let txt = Endpoint::new("sub.example.com", RecordType::Txt, ["\"v=spf1 -all\""]);
    let endpoints = [
        a("www.sub.example.com", "192.0.2.1"),
        a("*.a.sub.example.com", "192.0.2.1"),
        a("ns.sub.example.com", "192.0.2.53"),
        a("xsub.example.com", "192.0.2.1"),
        txt,
    ];
    world.write(owned(endpoints)).await;
    assert!(world.records_in("Z1").iter().any(|line| line == "www.sub.example.com A 192.0.2.1"));
    let mut hidden = world.provider.hidden();
    hidden.sort();
    let by = "in example.com (Z1), by the delegation at sub.example.com";
    let told = ["*.a.sub.example.com A", "sub.example.com TXT", "www.sub.example.com A"]
        .map(|set| format!("{set} {by}"));
    assert_eq!(hidden, told);
    // What another owner has there is told as well, and goes with the delegation.
    world.seed("Z1", ResourceRecordSet::new("b.sub.example.com", "A", 300, &["192.0.2.9"]));
    let world = world.restarted(config());
    world.records().await;
    assert_eq!(world.provider.hidden().len(), 4);
    let servers = ["ns.sub.example.com.", "ns.example.net."];
    world.unseed("Z1", ResourceRecordSet::new("sub.example.com", "NS", 300, &servers));
    let world = world.restarted(config());
    world.records().await;
    assert_eq!(world.provider.hidden(), [""; 0]);
}

#[tokio::test]
async fn nothing_is_said_of_private_zones_nor_of_what_the_child_zone_answers_for() {
    let zones = ["example.com=Z1", "sub.example.com=Z2", "example.com:private=ZP"];
    let world = World::new(&zones).await;
    delegate(&world, "Z1");
    delegate(&world, "ZP");
    let set = || ResourceRecordSet::new("www.sub.example.com", "A", 300, &["192.0.2.1"]);
    for zone in ["Z1", "Z2", "ZP"] {
        world.seed(zone, set());
    }
    world.records().await;
    assert_eq!(world.provider.hidden(), [""; 0]);
    assert_eq!(world.provider.misplaced().len(), 1, "that is said of the copy in the parent");
}
