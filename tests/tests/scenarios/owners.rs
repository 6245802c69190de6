//! Two clusters with one name, and zones that ExternalDNS left.

use e2e::cluster::Cluster;
use e2e::patience::eventually;
use e2e::world::Controller;

use crate::objects::{ingress, service};
use crate::records::{a, alias, ownership_record};
use crate::scenario::Setup;

const ELB1: &str = "k8s-1.eu-west-1.elb.amazonaws.com";

#[tokio::test(flavor = "multi_thread")]
async fn two_clusters_that_share_an_owner_id_never_delete_each_others_records() {
    let [blue, green] = [Cluster::emulated().await.unwrap(), Cluster::emulated().await.unwrap()];
    green.apply(&service("y", "192.0.2.2"), "").await.unwrap();
    let mut world = Setup::default()
        .objects([service("x", "192.0.2.1")])
        .cluster(blue, "default")
        .flags(&["--txt-owner-id=shared"])
        .start()
        .await;
    let kubeconfig = format!("--kubeconfig={}", green.kubeconfig.display());
    let flags = [
        "--source=service",
        "--txt-owner-id=shared",
        "--domain-filter=example.com",
        "--interval=200ms",
        "--log-format=json",
        &kubeconfig,
    ];
    let other = Controller::start(&world.sidecar_url, &flags, None).unwrap();
    let both = [
        "a-x TXT shared:service/default/x",
        "a-y TXT shared:service/default/y",
        "x A 192.0.2.1",
        "y A 192.0.2.2",
    ];
    eventually("both names", || async { world.zone() }, |zone| *zone == both).await;
    world.written();
    world.full_syncs(10).await;
    assert!(world.written().is_empty(), "{:?}", world.zone());
    assert_eq!(world.zone(), both);
    world.is_told("OwnerIdShared", "y.example.com").await;
    let log = || async { other.process.log() };
    eventually("the other one to say so", log, |log| log.contains("OwnerIdShared")).await;

    // What is gone here goes here, and nothing of the other one's.
    world.remove(&service("x", "192.0.2.1")).await;
    world.settle().await;
    assert_eq!(world.zone(), [both[1], both[3]]);
}

/// Feature 8: zones as three generations of ExternalDNS left them.
#[tokio::test(flavor = "multi_thread")]
async fn a_zone_of_external_dns_is_taken_over_without_a_write() {
    let of_web = |name: &str| ownership_record(name, "c1", "service/default/web");
    let of_app = |name: &str| ownership_record(name, "c1", "ingress/default/app");
    let eras = [
        ("v0.14", vec![of_web("a-web"), of_app("cname-app"), of_app("aaaa-app")]),
        ("v0.18", vec![of_web("a-web"), of_app("cname-app"), of_app("aaaa-app")]),
        ("v0.22", vec![of_web("a-web"), of_app("a-app"), of_app("aaaa-app")]),
    ];
    for (era, ownership_records) in eras {
        let mut records =
            vec![a("web", "192.0.2.1"), alias("app", "A", ELB1), alias("app", "AAAA", ELB1)];
        records.extend(ownership_records);
        if era == "v0.14" {
            // Then every name also had an ownership record without the type.
            records.extend([of_web("web"), of_app("app")]);
        }
        let mut world = Setup::default()
            .records(records)
            .objects([service("web", "192.0.2.1"), ingress("app", ELB1)])
            .start()
            .await;
        let before = world.zone();
        world.writes_nothing().await;
        assert_eq!(world.zone(), before, "{era}");

        // And it is left without a trace.
        world.remove(&service("web", "192.0.2.1")).await;
        world.remove(&ingress("app", ELB1)).await;
        world.settle().await;
        assert!(world.zone().is_empty(), "{era}: {:?}", world.zone());
    }
}
