//! Records that change their type or their routing policy.

use route53_emulator::ResourceRecordSet;
use serde_json::{Value, json};

use crate::objects::{GA, annotated, ingress, service};
use crate::records::{a, alias, ownership_record, set};
use crate::scenario::{PUBLIC, Scenario, Setup};

const ELB1: &str = "k8s-1.eu-west-1.elb.amazonaws.com";

fn owned_cname() -> Setup {
    Setup::default()
        .records([
            set("t", "CNAME", &["x.example.net"]),
            ownership_record("cname-t", "c1", "service/default/t"),
        ])
        .objects([service("t", "192.0.2.5")])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_of_ours_changes_its_type_in_one_batch_even_where_nothing_may_be_deleted() {
    for policy in ["--policy=sync", "--policy=upsert-only"] {
        let mut world = owned_cname().flags(&[policy]).start().await;
        world
            .writes(&[&[
                "CREATE a-t TXT c1:service/default/t",
                "CREATE t A 192.0.2.5",
                "DELETE cname-t TXT c1:service/default/t",
                "DELETE t CNAME x.example.net",
            ]])
            .await;
    }
    let mut world = owned_cname().flags(&["--policy=create-only"]).start().await;
    world.writes_nothing().await;
    world.is_told("PolicyForbids", "t.example.com").await;
}

/// Between an alias and a CNAME.
#[tokio::test(flavor = "multi_thread")]
async fn an_alias_becomes_a_cname_and_an_alias_again() {
    let mut world = Setup::default()
        .records([
            alias("app", "A", ELB1),
            alias("app", "AAAA", ELB1),
            ownership_record("a-app", "c1", "ingress/default/app"),
            ownership_record("aaaa-app", "c1", "ingress/default/app"),
        ])
        .objects([ingress("app", ELB1)])
        .start()
        .await;
    world.writes_nothing().await;
    world.restart_sidecar(&["--aws-prefer-cname"]);
    world
        .writes(&[&[
            &format!("CREATE app CNAME {ELB1}"),
            "CREATE cname-app TXT c1:ingress/default/app",
            "DELETE a-app TXT c1:ingress/default/app",
            "DELETE aaaa-app TXT c1:ingress/default/app",
            &format!("DELETE app A -> {ELB1}"),
            &format!("DELETE app AAAA -> {ELB1}"),
        ]])
        .await;
    world.restart_sidecar(&[]);
    world
        .writes(&[&[
            "CREATE a-app TXT c1:ingress/default/app",
            "CREATE aaaa-app TXT c1:ingress/default/app",
            &format!("CREATE app A -> {ELB1}"),
            &format!("CREATE app AAAA -> {ELB1}"),
            &format!("DELETE app CNAME {ELB1}"),
            "DELETE cname-app TXT c1:ingress/default/app",
        ]])
        .await;
}

fn routed(object: &Value, set_identifier: &str, weight: &str) -> Value {
    let object = annotated(object, &format!("{GA}set-identifier"), set_identifier);
    annotated(&object, &format!("{GA}aws-weight"), weight)
}

/// Returns the zone without ownership records, whose names are their own business here.
fn answers(world: &Scenario) -> Vec<String> {
    world.zone().into_iter().filter(|line| !line.contains(" TXT ")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_simple_record_becomes_weighted_in_one_batch() {
    let mut world = Setup::default()
        .records([a("r", "192.0.2.1"), ownership_record("a-r", "c1", "service/default/r")])
        .objects([routed(&service("r", "192.0.2.1"), "c1", "100")])
        .start()
        .await;
    world.settle().await;
    let written = world.written();
    assert_eq!(written.len(), 1, "one batch: {written:#?}");
    for line in ["DELETE r A 192.0.2.1", "CREATE r A (c1) weight=100 192.0.2.1"] {
        assert!(written[0].contains(&line.to_owned()), "{line}: {written:#?}");
    }
    let zone = world.zone();
    assert_eq!(zone.len(), 2, "the record and one ownership record: {zone:?}");
    let ownership_record = zone.iter().find(|line| line.contains(" TXT ")).unwrap();
    assert!(
        !ownership_record.contains("weight="),
        "an ownership record is never routed: {ownership_record}"
    );
    world.writes_nothing().await;

    world.put(&routed(&service("r", "192.0.2.1"), "c1", "0")).await;
    world.settle().await;
    assert_eq!(answers(&world), ["r A (c1) weight=0 192.0.2.1"]);
    world.remove(&service("r", "192.0.2.1")).await;
    world.settle().await;
    assert!(world.zone().is_empty(), "{:?}", world.zone());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_clusters_routing_policy_is_respected_and_named() {
    let theirs = ResourceRecordSet {
        set_identifier: Some("c2".to_owned()),
        region: Some("eu-west-1".to_owned()),
        ..a("r", "198.51.100.2")
    };
    let theirs_ownership_record = ownership_record("a-r-c2", "other", "service/default/r");
    let mut world = Setup::default()
        .records([theirs.clone(), theirs_ownership_record])
        .objects([routed(&service("r", "192.0.2.1"), "c1", "100")])
        .start()
        .await;
    world.writes_nothing().await;
    let told = world.is_told("RoutingPolicyConflict", "r.example.com").await;
    assert!(told.to_string().contains("c2"), "{told}");
    assert!(world.route53.record_sets(PUBLIC).contains(&theirs));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failover_alias_needs_no_health_check_and_neither_does_its_ownership_record() {
    let failover = annotated(&ingress("f", ELB1), &format!("{GA}set-identifier"), "first");
    let failover = annotated(&failover, &format!("{GA}aws-failover"), "PRIMARY");
    let mut world = Setup::default().objects([failover]).start().await;
    world.settle().await;
    let written = world.written();
    assert_eq!(written.len(), 1, "{written:#?}");
    assert!(
        answers(&world).contains(&format!("f A (first) PRIMARY -> {ELB1}")),
        "{:?}",
        world.zone()
    );
    let mut ownership_records = world.zone();
    ownership_records.retain(|ownership_record| ownership_record.contains(" TXT "));
    assert_eq!(ownership_records.len(), 2, "{ownership_records:?}");
    assert!(
        ownership_records.iter().all(|ownership_record| !ownership_record.contains("PRIMARY")),
        "{ownership_records:?}"
    );
    world.writes_nothing().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_weight_that_is_none_changes_nothing_and_is_named() {
    let mut world =
        Setup::default().objects([routed(&service("r", "192.0.2.1"), "c1", "100")]).start().await;
    world.settle().await;
    world.written();
    let before = world.zone();
    world.put(&routed(&service("r", "192.0.2.1"), "c1", "1O0")).await;
    world.writes_nothing().await;
    let told = world.is_told("ProviderRejected", "r.example.com").await;
    assert!(told.to_string().contains("1O0"), "{told}");
    assert_eq!(told.get("object"), Some(&json!("service/default/r")));
    assert_eq!(world.zone(), before);
}
