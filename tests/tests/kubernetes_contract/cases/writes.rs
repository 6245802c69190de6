//! Creating, replacing and deleting.

use serde_json::{Value, json};

use super::Case;
use crate::probe::{delete, delete_with, get, merge, post, put};

const INGRESSES: &str = "/apis/networking.k8s.io/v1/namespaces/$ns/ingresses";

pub(super) fn cases() -> Vec<Case> {
    [creating(), statuses(), requests(), replacing(), deleting()].into_iter().flatten().collect()
}

fn creating() -> Vec<Case> {
    vec![
        Case::new(
            "A Service is created with its defaults",
            [post("services", service("web")).says([
                "/kind",
                "/metadata/namespace",
                "/metadata/uid?",
                "/metadata/resourceVersion?",
                "/metadata/creationTimestamp?",
                "/metadata/generation?",
                "/spec/type",
                "/spec/clusterIP?",
                "/spec/clusterIPs?",
                "/spec/ports/0/protocol",
                "/spec/ports/0/targetPort",
                "/spec/ports/0/nodePort?",
                "/spec/sessionAffinity",
                "/spec/ipFamilies/0",
                "/spec/ipFamilyPolicy",
                "/spec/internalTrafficPolicy",
                "/spec/externalTrafficPolicy?",
                "/status",
            ])],
        ).expects("201 Service case-0 set set set unset ClusterIP set set TCP 80 unset None IPv4 SingleStack Cluster unset {\"loadBalancer\":{}}"),
        Case::new(
            "A Service of type LoadBalancer gets node ports",
            [post("services", typed("LoadBalancer")).says([
                "/spec/ports/0/nodePort?",
                "/spec/allocateLoadBalancerNodePorts",
                "/spec/externalTrafficPolicy",
            ])],
        ).expects("201 set true Cluster"),
        Case::new(
            "A headless Service keeps its None",
            [post("services", headless()).says(["/spec/clusterIP", "/spec/clusterIPs/0"])],
        ).expects("201 None None"),
        Case::new(
            "An ExternalName Service has no address",
            [post("services", external()).says(["/spec/clusterIP?", "/spec/externalName"])],
        ).expects("201 unset web.example.net"),
        Case::new(
            "A status in a new object is left out",
            [
                post("services", with_status()).says(["/status"]),
                post(INGRESSES, ingress("web")).says(["/status", "/metadata/generation"]),
            ],
        ).expects("201 {\"loadBalancer\":{}}; 201 {\"loadBalancer\":{}} 1"),
    ]
}

fn statuses() -> Vec<Case> {
    vec![
        Case::new(
            "The status is written through its own path, and only the status",
            [
                post(INGRESSES, ingress("web")).given(),
                get(&format!("{INGRESSES}/web")).saves("rv", "/metadata/resourceVersion").given(),
                put(&format!("{INGRESSES}/web/status"), ingress_with_status()).says([
                    "/status/loadBalancer/ingress/0/ip",
                    "/spec/rules/0/host",
                    "/metadata/generation",
                ]),
            ],
        )
        .expects("200 192.0.2.1 web.example.com 1"),
        Case::new(
            "The main path leaves the status alone and counts generations",
            [
                post(INGRESSES, ingress("web")).given(),
                merge(
                    &format!("{INGRESSES}/web/status"),
                    json!({ "status": { "loadBalancer": { "ingress": [{ "ip": "192.0.2.1" }] } } }),
                )
                .given(),
                merge(
                    &format!("{INGRESSES}/web"),
                    json!({
                        "spec": { "ingressClassName": "nginx" },
                        "status": { "loadBalancer": null },
                    }),
                )
                .says(["/status/loadBalancer/ingress/0/ip", "/metadata/generation"]),
                merge(
                    &format!("{INGRESSES}/web"),
                    json!({ "metadata": { "annotations": { "a": "b" } } }),
                )
                .says(["/metadata/generation"]),
            ],
        )
        .expects("200 192.0.2.1 2; 200 2"),
    ]
}

fn requests() -> Vec<Case> {
    vec![
        Case::new(
            "A name that exists is refused",
            [
                post("services", service("web")).given(),
                post("services", service("web")).says(["/message", "/details/name", "/status"]),
            ],
        ).expects("409 AlreadyExists services \"web\" already exists web Failure"),
        Case::new(
            "An object that does not exist is not found",
            [get("services/web").says(["/message", "/kind", "/code"])],
        ).expects("404 NotFound services \"web\" not found Status 404"),
        Case::new(
            "A namespace that does not exist is not found",
            [post("/api/v1/namespaces/nowhere/services", service("web")).says(["/message"])],
        ).expects("404 NotFound namespaces \"nowhere\" not found"),
        Case::new(
            "A resource that does not exist is not found",
            [get("wonders").says(["/message"])],
        ).expects("404 NotFound the server could not find the requested resource"),
        Case::new(
            "A name must be a DNS label",
            [
                post("services", service("Web")).says(["/details/causes/0/field"]),
                post("configmaps", json!({ "metadata": { "name": "a_b" } }))
                    .says(["/details/causes/0/field"]),
            ],
        ).expects("422 Invalid metadata.name; 422 Invalid metadata.name"),
        Case::new(
            "An object needs a name",
            [post("configmaps", json!({ "metadata": {} })).says(["/message"])],
        ).expects("422 Invalid ConfigMap \"\" is invalid: metadata.name: Required value: name or generateName is required"),
        Case::new(
            "A name can be made up",
            [post("configmaps", json!({ "metadata": { "generateName": "made-" } }))
                .says(["/metadata/generateName", "/metadata/name?"])],
        ).expects("201 made- set"),
        Case::new(
            "A Service needs ports",
            [post("services", json!({ "metadata": { "name": "web" }, "spec": {} }))
                .says(["/details/causes/0/field", "/details/causes/0/reason"])],
        ).expects("422 Invalid spec.ports FieldValueRequired"),
        Case::new(
            "An Ingress path needs a type",
            [post(INGRESSES, without_path_type()).says(["/details/causes/0/field"])],
        ).expects("422 Invalid spec.rules[0].http.paths[0].pathType"),
        Case::new(
            "A body of another kind is refused",
            [post(
                "services",
                json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "a" } }),
            )],
        ).expects("400 BadRequest"),
        Case::new("A body that is no JSON is refused", [post("services", Value::Null).raw("{")]).expects("400 BadRequest"),
        Case::new(
            "A namespace in the body must be the path's",
            [post("configmaps", json!({ "metadata": { "name": "a", "namespace": "other" } }))],
        ).expects("400 BadRequest"),
        Case::new(
            "An unknown field is refused when asked to be strict",
            [post("configmaps", json!({ "metadata": { "name": "a" }, "colour": "red" }))
                .asking("fieldValidation=Strict")],
        ).expects("400 BadRequest"),
        Case::new(
            "A dry run leaves nothing behind",
            [
                post("configmaps", config_map("a", "1"))
                    .asking("dryRun=All")
                    .says(["/metadata/name"]),
                get("configmaps/a"),
            ],
        ).expects("201 a; 404 NotFound"),
    ]
}

fn replacing() -> Vec<Case> {
    vec![
        Case::new(
            "A replacement with an old version is a conflict",
            [
                post("configmaps", config_map("a", "1"))
                    .saves("rv", "/metadata/resourceVersion")
                    .given(),
                put("configmaps/a", versioned("2")).says(["/data/key"]),
                put("configmaps/a", versioned("3")),
                get("configmaps/a").says(["/data/key"]),
            ],
        ).expects("200 2; 409 Conflict; 200 2"),
        Case::new(
            "A replacement without a version overwrites",
            [
                post("configmaps", config_map("a", "1")).given(),
                put("configmaps/a", config_map("a", "2")).says(["/data/key"]),
            ],
        ).expects("200 2"),
        Case::new(
            "A replacement must have the path's name",
            [
                post("configmaps", config_map("a", "1")).given(),
                put("configmaps/a", config_map("b", "2")),
            ],
        ).expects("400 BadRequest"),
        Case::new(
            "A replacement that changes nothing keeps the version",
            [
                post("configmaps", config_map("a", "1"))
                    .saves("rv", "/metadata/resourceVersion")
                    .given(),
                put("configmaps/a", versioned("1"))
                    .saves("again", "/metadata/resourceVersion")
                    .given(),
                put(
                    "configmaps/a",
                    json!({
                        "metadata": { "name": "a", "resourceVersion": "$rv" }, "data": { "key": "2" },
                    }),
                ),
            ],
        ).expects("200"),
        Case::new(
            "A replacement of what is not there creates nothing",
            [put("configmaps/a", config_map("a", "1"))],
        ).expects("404 NotFound"),
    ]
}

fn deleting() -> Vec<Case> {
    vec![
        Case::new(
            "A deletion answers with a Status or the object",
            [
                post("configmaps", config_map("a", "1")).given(),
                delete("configmaps/a").says(["/kind", "/status", "/details/name"]),
                delete("configmaps/a"),
                post("services", service("web")).given(),
                delete("services/web").says(["/kind"]),
            ],
        )
        .expects("200 Status Success a; 404 NotFound; 200 Service"),
        Case::new(
            "A deletion can insist on a uid",
            [
                post("configmaps", config_map("a", "1")).saves("uid", "/metadata/uid").given(),
                delete_with("configmaps/a", json!({ "preconditions": { "uid": "other" } })),
                delete_with("configmaps/a", json!({ "preconditions": { "uid": "$uid" } })),
            ],
        )
        .expects("409 Conflict; 200"),
        Case::new(
            "A finalizer holds an object that is being deleted",
            [
                post("configmaps", finalized()).given(),
                delete("configmaps/a").says(["/kind", "/metadata/deletionTimestamp?"]),
                get("configmaps/a").says(["/metadata/deletionTimestamp?"]),
                merge("configmaps/a", json!({ "metadata": { "finalizers": null } })),
                get("configmaps/a"),
            ],
        )
        .expects("200 ConfigMap set; 200 set; 200; 404 NotFound"),
        Case::new(
            "A collection is deleted by its labels",
            [
                post("configmaps", labelled("a", "red")).given(),
                post("configmaps", labelled("b", "blue")).given(),
                delete("configmaps").asking("labelSelector=colour%3Dred"),
                get("configmaps").asking("labelSelector=colour").says(["/items*/metadata/name"]),
            ],
        )
        .expects("200; 200 [b]"),
    ]
}

pub(super) fn service(name: &str) -> Value {
    json!({ "metadata": { "name": name }, "spec": { "ports": [{ "port": 80 }] } })
}

pub(super) fn config_map(name: &str, value: &str) -> Value {
    json!({ "metadata": { "name": name }, "data": { "key": value } })
}

pub(super) fn labelled(name: &str, colour: &str) -> Value {
    json!({ "metadata": { "name": name, "labels": { "colour": colour } } })
}

fn typed(kind: &str) -> Value {
    json!({ "metadata": { "name": "web" }, "spec": { "type": kind, "ports": [{ "port": 80 }] } })
}

fn headless() -> Value {
    json!({ "metadata": { "name": "web" }, "spec": { "clusterIP": "None", "ports": [{ "port": 80 }] } })
}

fn external() -> Value {
    json!({
        "metadata": { "name": "web" },
        "spec": { "type": "ExternalName", "externalName": "web.example.net" },
    })
}

fn with_status() -> Value {
    json!({
        "metadata": { "name": "web" },
        "spec": { "type": "LoadBalancer", "ports": [{ "port": 80 }] },
        "status": { "loadBalancer": { "ingress": [{ "ip": "192.0.2.1" }] } },
    })
}

fn rules(host: &str) -> Value {
    json!([{ "host": host, "http": { "paths": [{
        "path": "/", "pathType": "Prefix",
        "backend": { "service": { "name": "web", "port": { "number": 80 } } },
    }] } }])
}

fn ingress(name: &str) -> Value {
    json!({
        "metadata": { "name": name },
        "spec": { "rules": rules("web.example.com") },
        "status": { "loadBalancer": { "ingress": [{ "ip": "192.0.2.9" }] } },
    })
}

fn ingress_with_status() -> Value {
    json!({
        "metadata": { "name": "web", "resourceVersion": "$rv" },
        "spec": { "rules": rules("other.example.com") },
        "status": { "loadBalancer": { "ingress": [{ "ip": "192.0.2.1" }] } },
    })
}

fn without_path_type() -> Value {
    json!({
        "metadata": { "name": "web" },
        "spec": { "rules": [{ "http": { "paths": [{
            "path": "/", "backend": { "service": { "name": "web", "port": { "number": 80 } } },
        }] } }] },
    })
}

fn versioned(value: &str) -> Value {
    json!({ "metadata": { "name": "a", "resourceVersion": "$rv" }, "data": { "key": value } })
}

fn finalized() -> Value {
    json!({ "metadata": { "name": "a", "finalizers": ["example.com/hold"] } })
}
