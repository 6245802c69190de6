//! What the server makes of Services and Ingresses, and what it refuses.

use serde_json::{Value, json};

use crate::http::{Http, INGRESSES, SERVICES, ingress, service};

/// Creates a Service and returns its spec.
async fn created(http: &Http, name: &str, spec: Value) -> Value {
    let body = json!({ "metadata": { "name": name }, "spec": spec });
    let (code, service) = http.post(SERVICES, &body).await;
    assert_eq!(code, 201, "{service}");
    service["spec"].clone()
}

/// Returns the message with which a Service is refused.
async fn refused(http: &Http, name: &str, spec: Value) -> String {
    let body = json!({ "metadata": { "name": name }, "spec": spec });
    let (code, status) = http.post(SERVICES, &body).await;
    assert_eq!(code, 422, "{status}");
    status["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_plain_service_gets_an_address_and_every_default() {
    let http = Http::start().await;
    let spec = created(&http, "web", json!({ "ports": [{ "port": 80 }] })).await;
    let expected = json!({
        "type": "ClusterIP",
        "clusterIP": "10.96.1.0",
        "clusterIPs": ["10.96.1.0"],
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
        "internalTrafficPolicy": "Cluster",
        "sessionAffinity": "None",
        "ports": [{ "port": 80, "protocol": "TCP", "targetPort": 80 }],
    });
    assert_eq!(spec, expected);
}

#[tokio::test]
async fn a_load_balancer_gets_node_ports_and_its_policies() {
    let http = Http::start().await;
    let ports =
        json!([{ "name": "a", "port": 80 }, { "name": "b", "port": 443, "nodePort": 31_000 }]);
    let spec = created(&http, "web", json!({ "type": "LoadBalancer", "ports": ports })).await;
    assert_eq!(spec["ports"][0]["nodePort"], 30_000);
    assert_eq!(spec["ports"][1]["nodePort"], 31_000);
    assert_eq!(spec["externalTrafficPolicy"], "Cluster");
    assert_eq!(spec["allocateLoadBalancerNodePorts"], true);
    let local = json!({
        "type": "LoadBalancer",
        "externalTrafficPolicy": "Local",
        "allocateLoadBalancerNodePorts": false,
        "ports": [{ "port": 80 }],
    });
    let spec = created(&http, "local", local).await;
    assert_eq!(spec["ports"][0].get("nodePort"), None);
    assert!(spec["healthCheckNodePort"].is_number(), "{spec}");
}

#[tokio::test]
async fn headless_and_external_services_have_no_address() {
    let http = Http::start().await;
    let headless = json!({ "clusterIP": "None", "selector": { "app": "db" } });
    let spec = created(&http, "db", headless).await;
    assert_eq!(
        (&spec["clusterIPs"], &spec["ipFamilyPolicy"]),
        (&json!(["None"]), &json!("SingleStack"))
    );
    let by_hand = created(&http, "hand", json!({ "clusterIP": "None" })).await;
    assert_eq!(by_hand["ipFamilies"], json!(["IPv4", "IPv6"]));
    let name = json!({ "type": "ExternalName", "externalName": "www.example.com" });
    let spec = created(&http, "out", name).await;
    assert_eq!(spec.get("clusterIP"), None);
    assert_eq!(spec.get("internalTrafficPolicy"), None);
}

#[tokio::test]
async fn a_service_keeps_its_address_and_ports_through_updates() {
    let http = Http::start().await;
    let ports = json!([{ "port": 80 }]);
    let first = created(&http, "web", json!({ "type": "NodePort", "ports": ports })).await;
    let mut sent = service("web");
    sent["spec"]["type"] = json!("NodePort");
    let path = format!("{SERVICES}/web");
    let (code, after) = http.put(&path, &sent).await;
    assert_eq!(code, 200, "{after}");
    assert_eq!(after["spec"]["clusterIP"], first["clusterIP"]);
    assert_eq!(after["spec"]["ports"][0]["nodePort"], first["ports"][0]["nodePort"]);

    sent["spec"]["clusterIP"] = json!("10.96.9.9");
    let (code, status) = http.put(&path, &sent).await;
    assert_eq!(code, 422);
    assert!(status["message"].as_str().unwrap().contains("may not change once set"), "{status}");

    sent["spec"] = json!({ "type": "ExternalName", "externalName": "www.example.com" });
    let (code, after) = http.put(&path, &sent).await;
    assert_eq!((code, after["spec"].get("clusterIP")), (200, None));
    let again = created(&http, "next", json!({ "ports": [{ "port": 80 }] })).await;
    assert_eq!(again["clusterIP"], first["clusterIP"], "a freed address is given out again");
}

#[tokio::test]
async fn what_is_wrong_with_a_service_is_named_by_its_field() {
    let http = Http::start().await;
    assert_eq!(
        refused(&http, "web", json!({})).await,
        "Service \"web\" is invalid: spec.ports: Required value"
    );
    assert_eq!(
        refused(&http, "web", json!({ "ports": [{ "port": 80 }, { "port": 0, "name": "b" }] }))
            .await,
        "Service \"web\" is invalid: [spec.ports[0].name: Required value, spec.ports[1].port: \
         Invalid value: 0: must be between 1 and 65535, inclusive]"
    );
    assert_eq!(
        refused(&http, "web", json!({ "type": "ExternalName" })).await,
        "Service \"web\" is invalid: spec.externalName: Required value"
    );
    let taken =
        refused(&http, "web", json!({ "clusterIP": "10.96.0.1", "ports": [{ "port": 80 }] }));
    assert!(taken.await.contains("provided IP is already allocated"));
    let odd = refused(&http, "1web", json!({ "ports": [{ "port": 80 }] })).await;
    assert!(odd.contains("a DNS-1035 label must consist of"), "{odd}");
    let unknown = refused(&http, "web", json!({ "type": "Odd", "ports": [{ "port": 80 }] })).await;
    assert!(
        unknown.contains(
            "spec.type: Unsupported value: \"Odd\": supported values: \"ClusterIP\", \
             \"ExternalName\", \"LoadBalancer\", \"NodePort\""
        ),
        "{unknown}"
    );
    let body = json!({ "metadata": { "name": "web" }, "spec": { "ports": [{ "port": "80" }] } });
    let (code, status) = http.post(SERVICES, &body).await;
    assert_eq!((code, &status["reason"]), (400, &json!("BadRequest")));
}

#[tokio::test]
async fn what_is_wrong_with_an_ingress_is_named_by_its_field() {
    let http = Http::start().await;
    let rule = "/spec/rules/0";
    let path = "/spec/rules/0/http/paths/0";
    let cases = [
        (
            format!("{path}/pathType"),
            json!(null),
            "pathType: Required value: pathType must be specified",
        ),
        (
            format!("{path}/path"),
            json!("a"),
            "path: Invalid value: \"a\": must be an absolute path",
        ),
        (format!("{path}/backend"), json!({}), "resource or service backend is required"),
        (format!("{rule}/host"), json!("192.0.2.1"), "must be a DNS name, not an IP address"),
        (format!("{rule}/host"), json!("a.*.com"), "a wildcard DNS-1123 subdomain"),
        ("/spec".to_owned(), json!({}), "either `defaultBackend` or `rules` must be specified"),
    ];
    for (pointer, value, message) in cases {
        let mut sent = ingress("web", "a.example.com");
        *sent.pointer_mut(&pointer).unwrap() = value;
        let (code, status) = http.post(INGRESSES, &sent).await;
        assert_eq!(code, 422, "{pointer}: {status}");
        assert!(status["message"].as_str().unwrap().contains(message), "{status}");
    }
    assert_eq!(http.post(INGRESSES, &ingress("web", "*.example.com")).await.0, 201);
}

#[tokio::test]
async fn an_ingress_without_a_class_gets_the_default_one() {
    let http = Http::start().await;
    let class = json!({
        "metadata": {
            "name": "front",
            "annotations": { "ingressclass.kubernetes.io/is-default-class": "true" },
        },
        "spec": { "controller": "example.com/front" },
    });
    http.post("/apis/networking.k8s.io/v1/ingressclasses", &class).await;
    let (_, created) = http.post(INGRESSES, &ingress("web", "a.example.com")).await;
    assert_eq!(created["spec"]["ingressClassName"], "front");
    let mut annotated = ingress("old", "b.example.com");
    annotated["metadata"]["annotations"] = json!({ "kubernetes.io/ingress.class": "x" });
    let (_, created) = http.post(INGRESSES, &annotated).await;
    assert_eq!(created["spec"].get("ingressClassName"), None);
}

#[tokio::test]
async fn an_update_of_a_service_that_is_not_there_creates_it() {
    let http = Http::start().await;
    let (code, created) = http.put(&format!("{SERVICES}/web"), &service("web")).await;
    assert_eq!((code, &created["spec"]["clusterIP"]), (201, &json!("10.96.1.0")));
    let (code, _) = http.put(&format!("{INGRESSES}/web"), &ingress("web", "a.example.com")).await;
    assert_eq!(code, 404, "most kinds are not made by updates");
}

#[tokio::test]
async fn a_service_that_is_no_longer_balanced_loses_its_balancer() {
    let http = Http::start().await;
    created(&http, "web", json!({ "type": "LoadBalancer", "ports": [{ "port": 80 }] })).await;
    let path = format!("{SERVICES}/web");
    let status = json!({ "status": { "loadBalancer": { "ingress": [{ "ip": "192.0.2.1" }] } } });
    let (_, balanced) =
        http.patch(&format!("{path}/status"), "merge-patch", &status.to_string()).await;
    let point = json!([{ "ip": "192.0.2.1", "ipMode": "VIP" }]);
    assert_eq!(balanced["status"]["loadBalancer"]["ingress"], point);
    let plain = json!({ "spec": { "type": "ClusterIP" } }).to_string();
    let (code, after) = http.patch(&path, "merge-patch", &plain).await;
    assert_eq!((code, &after["status"]), (200, &json!({ "loadBalancer": {} })));
    assert_eq!(after["spec"]["ports"][0].get("nodePort"), None);
    let (code, refused) =
        http.patch(&format!("{path}/status"), "merge-patch", &status.to_string()).await;
    assert_eq!(code, 422);
    assert!(refused["message"].as_str().unwrap().contains("may only be used when"), "{refused}");
}
