//! What is desired changes its spelling, collapses, or loses its targets.

use serde_json::{Value, json};

use crate::objects::{ALPHA, GA, annotated, bare, ingress, service, with};
use crate::proxy::FaultMode;
use crate::records::{a, alias, ownership_record};
use crate::scenario::{Scenario, Setup, stages};

const ELB1: &str = "k8s-1.eu-west-1.elb.amazonaws.com";
const ELB2: &str = "k8s-2.eu-west-1.elb.amazonaws.com";

fn web(annotations: &[(&str, &str)]) -> Value {
    let web = bare(&service("web", "192.0.2.1"));
    annotations
        .iter()
        .fold(web, |web, (prefix, host)| annotated(&web, &format!("{prefix}hostname"), host))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_prefix_of_annotations_may_change_without_a_write() {
    let mut world = Setup::default()
        .records([a("web", "192.0.2.1"), ownership_record("a-web", "c1", "service/default/web")])
        .objects([web(&[(ALPHA, "web.example.com")])])
        .start()
        .await;
    world.writes_nothing().await;

    world.put(&web(&[(GA, "web.example.com")])).await;
    world.writes_nothing().await;

    world.put(&web(&[(ALPHA, "web.example.com"), (GA, "new.example.com")])).await;
    world
        .replaces(
            &["CREATE a-new TXT c1:service/default/web", "CREATE new A 192.0.2.1"],
            &["DELETE a-web TXT c1:service/default/web", "DELETE web A 192.0.2.1"],
        )
        .await;
    let told = world.is_told("AnnotationConflict", "").await;
    assert_eq!(told.get("object"), Some(&json!("service/default/web")));
}

/// Returns a world of this many Services, all of them published.
async fn published(count: usize) -> (Scenario, Vec<Value>) {
    let names: Vec<_> = (0..count).map(|number| format!("s{number:03}")).collect();
    let objects: Vec<_> = names.iter().map(|name| service(name, "192.0.2.1")).collect();
    let records = names.iter().flat_map(|name| {
        let object = format!("service/default/{name}");
        [a(name, "192.0.2.1"), ownership_record(&format!("a-{name}"), "c1", &object)]
    });
    let setup = Setup::default().records(records).objects(objects.clone());
    (setup.start().await, objects)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collapse_of_what_is_asked_for_deletes_nothing_and_two_deleted_objects_do() {
    let (mut world, objects) = published(200).await;
    world.writes_nothing().await;
    let before = world.zone();

    // A prefix that nothing carries: nobody wants anything any more.
    world.restart_controller(&["--annotation-prefix=foo/"]);
    world.full_syncs(2).await;
    let plan = world.plan().await;
    let held = plan.pointer("/held/names").and_then(Value::as_array).unwrap();
    assert_eq!(held.len(), 200, "{plan}");
    assert!(plan.pointer("/held/hash").is_some_and(Value::is_string));
    // The log names the first few of many that share a reason; the plan above has them all.
    world.is_told("DeletionHeld", "s000.example.com").await;
    assert_eq!(world.zone(), before);
    assert!(world.written().is_empty());

    // A sidecar that adjusts everything to nothing.
    world.restart_controller(&[]);
    world.writes_nothing().await;
    world.proxy.be(FaultMode::AdjustsToNothing);
    // A controller that knows nothing asks it for everything; one that found that nothing changed asks for nothing.
    world.restart_controller(&[]);
    world.complains_of(&["dropped"]).await;
    world.full_syncs(2).await;
    world.is_told("AdjustDropped", "s000.example.com").await;
    assert!(world.written().is_empty());
    world.proxy.be(FaultMode::Well);
    world.is_ready().await;

    // Objects that are really gone.
    let two = async || {
        world.remove(&objects[17]).await;
        world.remove(&objects[42]).await;
    };
    world.at_once(two).await;
    world
        .writes(&[&[
            "DELETE a-s017 TXT c1:service/default/s017",
            "DELETE a-s042 TXT c1:service/default/s042",
            "DELETE s017 A 192.0.2.1",
            "DELETE s042 A 192.0.2.1",
        ]])
        .await;
    assert!(world.plan().await.get("held").is_none());
}

fn behind(balancer: Option<&str>) -> Value {
    let ingress = ingress("app", balancer.unwrap_or("192.0.2.255"));
    match balancer {
        Some(_) => ingress,
        None => with(&ingress, "/status/loadBalancer", json!({ "ingress": null })),
    }
}

fn published_app(namespace: &str) -> Setup {
    let object = format!("ingress/{namespace}/app");
    Setup::default()
        .records([
            alias("app", "A", ELB1),
            alias("app", "AAAA", ELB1),
            ownership_record("a-app", "c1", &object),
            ownership_record("aaaa-app", "c1", &object),
        ])
        .objects([behind(Some(ELB1))])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_balancer_that_loses_its_status_for_a_while_keeps_its_records() {
    for stage in stages().await {
        let mut world = match stage {
            Some(cluster) => published_app("lost").cluster(cluster, "lost").start().await,
            None => published_app("default").start().await,
        };
        let object = format!("ingress/{}/app", world.namespace());
        world.writes_nothing().await;

        world.put(&behind(None)).await;
        world.is_told("TargetsLost", "app.example.com").await;
        world.writes_nothing().await;
        // Nor does a restart in the middle forget that there was something.
        world.restart_controller(&[]);
        world.writes_nothing().await;

        world.put(&behind(Some(ELB1))).await;
        world.writes_nothing().await;

        world.put(&behind(Some(ELB2))).await;
        world
            .writes(&[&[
                &format!("CREATE app A -> {ELB2}"),
                &format!("CREATE app AAAA -> {ELB2}"),
                &format!("DELETE app A -> {ELB1}"),
                &format!("DELETE app AAAA -> {ELB1}"),
            ]])
            .await;

        world.remove(&behind(None)).await;
        world
            .writes(&[&[
                &format!("DELETE a-app TXT c1:{object}"),
                &format!("DELETE aaaa-app TXT c1:{object}"),
                &format!("DELETE app A -> {ELB2}"),
                &format!("DELETE app AAAA -> {ELB2}"),
            ]])
            .await;
        assert!(world.zone().is_empty(), "{:?}", world.zone());
    }
}

/// For those who want what is lost to go in the end.
#[tokio::test(flavor = "multi_thread")]
async fn a_loss_that_lasts_deletes_after_the_grace_only_if_told_so() {
    let flags = ["--on-target-loss=delete", "--target-loss-grace=4s"];
    let mut world = published_app("default").flags(&flags).start().await;
    world.writes_nothing().await;
    world.put(&behind(None)).await;
    world.is_told("TargetsLost", "app.example.com").await;
    world.full_syncs(2).await;
    assert!(world.written().is_empty(), "the grace has not passed");
    e2e::patience::eventually("the end of the grace", || async { world.zone() }, Vec::is_empty)
        .await;
    world
        .writes(&[&[
            "DELETE a-app TXT c1:ingress/default/app",
            "DELETE aaaa-app TXT c1:ingress/default/app",
            &format!("DELETE app A -> {ELB1}"),
            &format!("DELETE app AAAA -> {ELB1}"),
        ]])
        .await;
}
