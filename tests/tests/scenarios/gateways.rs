//! Routes whose Gateway fails them, or is exchanged for another.

use e2e::cluster::Cluster;
use serde_json::{Value, json};

use crate::objects::{GA, annotated, crd, with};
use crate::records::{a, ownership_record};
use crate::scenario::{self, Scenario, Setup, install};

const GROUP: &str = "gateway.networking.k8s.io";

/// Returns where stories about routes are told.
async fn stages() -> Vec<Option<Cluster>> {
    let stages = scenario::stages().await;
    for cluster in stages.iter().flatten() {
        for (kind, plural) in [("Gateway", "gateways"), ("HTTPRoute", "httproutes")] {
            install(cluster, &crd(GROUP, kind, plural, "v1")).await;
        }
    }
    stages
}

/// Returns a Gateway; without an address it is down.
pub(crate) fn gateway(name: &str, address: Option<&str>) -> Value {
    let up = if address.is_some() { "True" } else { "False" };
    let addresses: Vec<_> =
        address.iter().map(|line| json!({ "type": "IPAddress", "value": line })).collect();
    json!({
        "apiVersion": format!("{GROUP}/v1"),
        "kind": "Gateway",
        "metadata": { "name": name, "namespace": "default" },
        "spec": {
            "gatewayClassName": "class",
            "listeners": [
                { "name": "foo", "port": 80, "protocol": "HTTP", "hostname": "foo.example.com" },
                { "name": "bar", "port": 80, "protocol": "HTTP", "hostname": "bar.example.com" },
                { "name": "any", "port": 80, "protocol": "HTTP" },
            ],
        },
        "status": {
            "addresses": addresses,
            "conditions": [{
                "type": "Programmed",
                "status": up,
                "reason": "Programmed",
                "message": "",
                "lastTransitionTime": "2025-01-01T00:00:00Z",
            }],
        },
    })
}

/// What a Gateway says of a route: its name, the generation it looked at, and whether it accepts.
pub(crate) type Said<'a> = (&'a str, u64, &'a str);

/// Returns a route for `NAME.example.com`, and what was said of it.
pub(crate) fn route(name: &str, parents: &Value, said: &[Said<'_>]) -> Value {
    let said: Vec<_> = said
        .iter()
        .map(|(gateway, generation, accepted)| {
            json!({
                "parentRef": { "group": GROUP, "kind": "Gateway", "name": gateway },
                "controllerName": "example.com/controller",
                "conditions": [{
                    "type": "Accepted",
                    "status": accepted,
                    "reason": "Accepted",
                    "message": "",
                    "observedGeneration": generation,
                    "lastTransitionTime": "2025-01-01T00:00:00Z",
                }],
            })
        })
        .collect();
    json!({
        "apiVersion": format!("{GROUP}/v1"),
        "kind": "HTTPRoute",
        "metadata": { "name": name, "namespace": "default", "generation": 1 },
        "spec": { "parentRefs": parents, "hostnames": [format!("{name}.example.com")] },
        "status": { "parents": said },
    })
}

/// Returns the parents of a route on one Gateway.
pub(crate) fn on(gateway: &str) -> Value {
    json!([{ "group": GROUP, "kind": "Gateway", "name": gateway }])
}

async fn begin(stage: Option<Cluster>, namespace: &str, setup: Setup) -> Scenario {
    let setup = setup.flags(&["--source=gateway-httproute", "--source=service"]);
    match stage {
        Some(cluster) => setup.cluster(cluster, namespace).start().await,
        None => setup.start().await,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_one_bad_route_takes_down_costs_the_others_nothing() {
    for stage in stages().await {
        let published = |name: &str| route(name, &on("gw"), &[("gw", 1, "True")]);
        let lost = |name: &str| route(name, &on("gw"), &[("gw", 1, "False")]);
        let setup = Setup::default().objects([
            gateway("gw", Some("192.0.2.9")),
            published("foo"),
            published("bar"),
        ]);
        let mut world = begin(stage, "down", setup).await;
        let ownership_record =
            |name: &str| format!("CREATE a-{name} TXT c1:httproute/{}/{name}", world.namespace());
        let (foo, bar, bad) =
            (ownership_record("foo"), ownership_record("bar"), ownership_record("bad"));
        world.writes(&[&["CREATE bar A 192.0.2.9", "CREATE foo A 192.0.2.9", &bar, &foo]]).await;

        world.put(&gateway("gw", None)).await;
        for route in [lost("foo"), lost("bar"), lost("bad")] {
            world.put(&route).await;
        }
        world.writes_nothing().await;

        // A route that is deleted in the middle goes, and only that.
        world.remove(&lost("foo")).await;
        world.writes(&[&["DELETE foo A 192.0.2.9", &foo.replace("CREATE", "DELETE")]]).await;

        world.put(&gateway("gw", Some("192.0.2.9"))).await;
        for route in [published("bar"), published("bad")] {
            world.put(&route).await;
        }
        world.writes(&[&["CREATE bad A 192.0.2.9", &bad]]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_that_moves_to_another_gateway_waits_for_its_word_and_forgets_the_old_one() {
    for stage in stages().await {
        let setup = Setup::default().objects([
            gateway("ext", Some("192.0.2.1")),
            gateway("int", Some("10.0.0.1")),
            route("h", &on("ext"), &[("ext", 1, "True")]),
        ]);
        let mut world = begin(stage, "moves", setup).await;
        world.settle().await;
        assert_eq!(world.written().len(), 1);

        // The new parent has not said anything; what the old one said is about generation 1.
        let moved = |said: &[Said<'_>]| {
            with(&route("h", &on("int"), said), "/metadata/generation", json!(2))
        };
        world.put(&moved(&[("ext", 1, "True")])).await;
        world.writes_nothing().await;

        world.put(&moved(&[("ext", 1, "True"), ("int", 2, "True")])).await;
        world.writes(&[&["CREATE h A 10.0.0.1", "DELETE h A 192.0.2.1"]]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_that_moves_to_another_listener_has_that_listeners_host_only() {
    let on_section =
        |section: &str| json!([{ "kind": "Gateway", "name": "gw", "sectionName": section }]);
    let listening = |section: &str, generation: u64| {
        let mut route = route("any", &on_section(section), &[("gw", generation, "True")]);
        route["spec"]["hostnames"] = json!(["*.example.com"]);
        route["status"]["parents"][0]["parentRef"]["sectionName"] = json!(section);
        with(&route, "/metadata/generation", json!(generation))
    };
    for stage in stages().await {
        let setup = Setup::default()
            .objects([gateway("gw", Some("192.0.2.1")), listening("foo", 1)])
            .records([
                a("other", "192.0.2.2"),
                ownership_record("a-other", "c2", "service/default/other"),
            ]);
        let mut world = begin(stage, "listeners", setup).await;
        let object = format!("httproute/{}/any", world.namespace());
        let created = format!("CREATE a-foo TXT c1:{object}");
        world.writes(&[&[&created, "CREATE foo A 192.0.2.1"]]).await;
        world.put(&listening("bar", 2)).await;
        world
            .replaces(
                &[&format!("CREATE a-bar TXT c1:{object}"), "CREATE bar A 192.0.2.1"],
                &[&format!("DELETE a-foo TXT c1:{object}"), "DELETE foo A 192.0.2.1"],
            )
            .await;
        // Annotations are read from the route; they change nothing here.
        world.put(&annotated(&listening("bar", 2), &format!("{GA}ttl"), "300")).await;
        world.writes_nothing().await;
    }
}
