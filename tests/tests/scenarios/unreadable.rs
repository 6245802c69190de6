//! A kind of object that cannot be read, for a while or from the start.

use e2e::cluster::Cluster;
use e2e::kube_apiserver::{ApiServer, Authorization, PLAIN_USER, assets};
use serde_json::{Value, json};

use crate::gateways::{gateway, on, route};
use crate::objects::{GA, annotated, crd, service};
use crate::records::{a, ownership_record};
use crate::scenario::{Scenario, Setup, install};

const ISTIO: &str = "networking.istio.io";
const GATEWAY_API: &str = "gateway.networking.k8s.io";

/// Injects a fault into the Kubernetes of a world, and breaks off what is being watched.
async fn fail(world: &Scenario, fault: &Value) {
    let client = reqwest::Client::new();
    let url = format!("{}/_emulator", world.cluster().url());
    let answer = client.post(format!("{url}/faults")).json(fault).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    client.post(format!("{url}/drop/watches")).send().await.unwrap();
}

/// Ends all faults.
async fn repair(world: &Scenario) {
    let url = format!("{}/_emulator/faults", world.cluster().url());
    reqwest::Client::new().delete(url).send().await.unwrap();
}

fn istio(count: usize) -> Vec<Value> {
    let gateway = json!({
        "apiVersion": format!("{ISTIO}/v1"),
        "kind": "Gateway",
        "metadata": { "name": "front", "namespace": "default" },
        "spec": { "selector": {}, "servers": [{ "hosts": ["*.example.com"] }] },
    });
    let mut objects = vec![annotated(&gateway, &format!("{GA}target"), "192.0.2.50")];
    objects.extend((0..count).map(|number| {
        json!({
            "apiVersion": format!("{ISTIO}/v1"),
            "kind": "VirtualService",
            "metadata": { "name": format!("v{number}"), "namespace": "default" },
            "spec": { "hosts": [format!("v{number}.example.com")], "gateways": ["front"] },
        })
    }));
    objects
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_cannot_be_read_for_a_while_freezes_its_records_and_no_others() {
    let cluster = Cluster::emulated().await.unwrap();
    for (kind, plural) in [("Gateway", "gateways"), ("VirtualService", "virtualservices")] {
        install(&cluster, &crd(ISTIO, kind, plural, "v1")).await;
    }
    let services = (0..5).map(|number| service(&format!("s{number}"), "192.0.2.1"));
    let mut world = Setup::default()
        .objects(services.chain(istio(5)))
        .cluster(cluster, "default")
        .flags(&["--source=service", "--source=istio-virtualservice"])
        .start()
        .await;
    world.settle().await;
    assert_eq!(world.zone().len(), 20, "{:?}", world.zone());
    world.written();

    let broken = json!({
        "fault": "fail",
        "on": { "resource": format!("gateways.{ISTIO}") },
        "times": 0,
        "code": 504,
    });
    fail(&world, &broken).await;
    world.complains_of(&["gateways.networking.istio.io"]).await;
    world.put(&service("s3", "192.0.2.33")).await;
    world.writes(&[&["CREATE s3 A 192.0.2.33", "DELETE s3 A 192.0.2.1"]]).await;

    // A controller that starts into this knows no gateway at all, and deletes nothing either.
    world.restart_controller(&[]);
    world.put(&service("s4", "192.0.2.44")).await;
    world.writes(&[&["CREATE s4 A 192.0.2.44", "DELETE s4 A 192.0.2.1"]]).await;
    world.complains_of(&["gateways"]).await;

    repair(&world).await;
    world.is_ready().await;
    world.writes_nothing().await;
    assert!(world.controller.as_mut().unwrap().process.is_running());
}

fn routes() -> [&'static str; 3] {
    ["one", "two", "three"]
}

fn routed(namespace: &str) -> Setup {
    let records = routes().into_iter().flat_map(|name| {
        let object = format!("httproute/{namespace}/{name}");
        [a(name, "192.0.2.9"), ownership_record(&format!("a-{name}"), "c1", &object)]
    });
    Setup::default()
        .records(records)
        .objects([service("web", "192.0.2.1")])
        .flags(&["--source=service", "--source=gateway-httproute"])
}

const WEB: [&str; 2] = ["CREATE a-web TXT c1:service/default/web", "CREATE web A 192.0.2.1"];

async fn install_gateway_api(cluster: &Cluster) {
    for (kind, plural) in [("HTTPRoute", "httproutes"), ("Gateway", "gateways")] {
        install(cluster, &crd(GATEWAY_API, kind, plural, "v1")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kind_that_is_not_installed_is_named_and_heals_without_a_restart() {
    let mut servers = Vec::new();
    let mut clusters = vec![Cluster::emulated().await.unwrap()];
    if let Some(assets) = assets() {
        // One of its own: the shared one has the kinds that are missing here.
        let server = ApiServer::start(&assets, Authorization::AlwaysAllow).await.unwrap();
        clusters.push(Cluster::at(&server.kubeconfig).await.unwrap());
        servers.push(server);
    }
    for cluster in clusters {
        let mut world = routed("default").cluster(cluster, "default").start().await;
        world.writes(&[&WEB]).await;
        world.complains_of(&["httproutes", GATEWAY_API]).await;

        // The kinds come before the objects; no record is given up in between.
        install_gateway_api(world.cluster()).await;
        world.put(&gateway("gw", Some("192.0.2.9"))).await;
        for name in routes() {
            world.put(&route(name, &on("gw"), &[("gw", 1, "True")])).await;
        }
        world.is_ready().await;
        world.writes_nothing().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_that_is_missing_is_named_and_costs_no_record() {
    let cluster = Cluster::emulated().await.unwrap();
    install_gateway_api(&cluster).await;
    let mut objects: Vec<_> =
        routes().iter().map(|kind| route(kind, &on("gw"), &[("gw", 1, "True")])).collect();
    objects.push(gateway("gw", Some("192.0.2.9")));
    let setup = routed("default").objects(objects).cluster(cluster, "default");
    let mut world = setup.without_controller().await;
    let resource = format!("httproutes.{GATEWAY_API}");

    // Listing is allowed, watching is not.
    let no_watch = json!({ "fault": "refuse", "on": { "verb": "watch", "resource": resource } });
    fail(&world, &no_watch).await;
    world.start_controller(&[]);
    world.complains_of(&["watch", "httproutes"]).await;
    world.writes(&[&WEB]).await;
    repair(&world).await;
    world.is_ready().await;

    // Later everything is denied.
    fail(&world, &json!({ "fault": "refuse", "on": { "resource": resource } })).await;
    world.complains_of(&["httproutes"]).await;
    world.put(&service("web", "192.0.2.2")).await;
    world.writes(&[&["CREATE web A 192.0.2.2", "DELETE web A 192.0.2.1"]]).await;
    world.restart_controller(&[]);
    world.complains_of(&["httproutes"]).await;
    world.writes_nothing().await;

    repair(&world).await;
    world.is_ready().await;
    world.writes_nothing().await;
}

/// Returns what lets the plain user read what these stories need, and do `verbs` with routes.
fn role(verbs: &[&str]) -> Value {
    let rule = |group: &str, resources: &[&str], verbs: &[&str]| json!({ "apiGroups": [group], "resources": resources, "verbs": verbs });
    let read = ["list", "watch"];
    let mut rules = vec![
        rule("", &["services", "nodes", "namespaces"], &read),
        rule("discovery.k8s.io", &["endpointslices"], &read),
        rule(GATEWAY_API, &["gateways"], &read),
    ];
    if !verbs.is_empty() {
        rules.push(rule(GATEWAY_API, &["httproutes"], verbs));
    }
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": { "name": "signpost" },
        "rules": rules,
    })
}

fn binding() -> Value {
    let group = "rbac.authorization.k8s.io";
    json!({
        "apiVersion": format!("{group}/v1"),
        "kind": "ClusterRoleBinding",
        "metadata": { "name": "signpost" },
        "roleRef": { "apiGroup": group, "kind": "ClusterRole", "name": "signpost" },
        "subjects": [{ "apiGroup": group, "kind": "User", "name": PLAIN_USER }],
    })
}

/// With the roles of a real API server, which lets an open watch go on.
#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_lacks_a_verb_is_named_and_heals_without_a_restart() {
    let Some(assets) = assets() else { return };
    let server = ApiServer::start(&assets, Authorization::Rbac).await.unwrap();
    let mut cluster = Cluster::at(&server.kubeconfig).await.unwrap();
    install_gateway_api(&cluster).await;
    cluster.apply(&role(&["list"]), "").await.unwrap();
    cluster.apply(&binding(), "").await.unwrap();
    // The story is told by an administrator; the controller is someone else.
    cluster.kubeconfig.clone_from(&server.plain_kubeconfig);
    let mut objects: Vec<_> =
        routes().iter().map(|kind| route(kind, &on("gw"), &[("gw", 1, "True")])).collect();
    objects.push(gateway("gw", Some("192.0.2.9")));
    let mut world = routed("default").objects(objects).cluster(cluster, "default").start().await;

    world.complains_of(&["watch", "httproutes"]).await;
    world.writes(&[&WEB]).await;
    world.cluster().apply(&role(&["list", "watch"]), "").await.unwrap();
    world.is_ready().await;
    world.writes_nothing().await;

    world.cluster().apply(&role(&[]), "").await.unwrap();
    world.restart_controller(&[]);
    world.complains_of(&["list", "httproutes"]).await;
    world.put(&service("web", "192.0.2.2")).await;
    world.writes(&[&["CREATE web A 192.0.2.2", "DELETE web A 192.0.2.1"]]).await;
    world.cluster().apply(&role(&["list", "watch"]), "").await.unwrap();
    world.is_ready().await;
    world.writes_nothing().await;
}
