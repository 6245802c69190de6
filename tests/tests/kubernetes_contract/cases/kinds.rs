//! Discovery, custom kinds, and the kinds that need more than storing.

use serde_json::{Value, json};

use super::Case;
use crate::probe::{delete, get, merge, post, put};

const CRDS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const WIDGETS: &str = "/apis/$ns.example.com/v1/namespaces/$ns/widgets";
const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/$ns/leases";
const SLICES: &str = "/apis/discovery.k8s.io/v1/namespaces/$ns/endpointslices";

pub(super) fn cases() -> Vec<Case> {
    [discovery(), custom_kinds(), other_kinds()].into_iter().flatten().collect()
}

fn discovery() -> Vec<Case> {
    vec![
        Case::new(
            "Discovery names versions, groups and resources",
            [
                get("/api").says(["/kind", "/versions"]),
                get("/apis/networking.k8s.io").says(["/kind", "/preferredVersion/version"]),
                get("/apis/coordination.k8s.io/v1").says(["/kind", "/groupVersion"]),
                get("/version").says(["/major"]),
            ],
        ).expects("200 APIVersions [\"v1\"]; 200 APIGroup v1; 200 APIResourceList coordination.k8s.io/v1; 200 1"),
        Case::new(
            "A server says that it is ready",
            [get("/readyz"), get("/livez"), get("/healthz")],
        ).expects("200; 200; 200"),
        Case::new(
            "A group that does not exist is not found",
            [get("/apis/nothing.example.com/v1")],
        ).expects("404"),
    ]
}

fn custom_kinds() -> Vec<Case> {
    vec![
        Case::new(
            "A definition makes its kind, with the schema's rules",
            [
                post(CRDS, definition()).says(["/spec/names/listKind", "/spec/scope"]),
                post(WIDGETS, widget("a", &json!({ "size": 3, "unknown": true })))
                    .waiting()
                    .says(["/kind", "/spec", "/metadata/generation", "/status?"]),
                post(WIDGETS, widget("b", &json!({ "size": "big" })))
                    .says(["/details/causes/0/field"]),
                post(WIDGETS, widget("c", &json!({}))).says(["/details/causes/0/field"]),
                post(WIDGETS, widget("d", &json!({ "size": 3, "colour": "pink" })))
                    .says(["/details/causes/0/field"]),
                get(WIDGETS).says(["/kind", "/items*/metadata/name"]),
            ],
        ).expects("201 WidgetList Namespaced; 201 Widget {\"size\":3} 1 unset; 422 Invalid spec.size; 422 Invalid spec.size; 422 Invalid spec.colour; 200 WidgetList [a]"),
        Case::new(
            "A custom kind with a status path keeps the halves apart",
            [
                post(CRDS, definition()).given(),
                post(WIDGETS, widget("a", &json!({ "size": 3 }))).waiting().given(),
                merge(&format!("{WIDGETS}/a"), json!({ "status": { "ready": true } }))
                    .says(["/status?", "/metadata/generation"]),
                merge(
                    &format!("{WIDGETS}/a/status"),
                    json!({ "spec": { "size": 9 }, "status": { "ready": true } }),
                )
                .says(["/spec/size", "/status/ready", "/metadata/generation"]),
                merge(&format!("{WIDGETS}/a"), json!({ "spec": { "size": 4 } })).says([
                    "/spec/size",
                    "/status/ready",
                    "/metadata/generation",
                ]),
            ],
        ).expects("200 unset 1; 200 3 true 1; 200 4 true 2"),
        Case::new(
            "A strategic patch of a custom kind is refused",
            [
                post(CRDS, definition()).given(),
                post(WIDGETS, widget("a", &json!({ "size": 3 }))).waiting().given(),
                merge(&format!("{WIDGETS}/a"), json!({}))
                    .typed("application/strategic-merge-patch+json"),
            ],
        ).expects("415 UnsupportedMediaType"),
        Case::new(
            "A replacement of a custom object needs a version",
            [
                post(CRDS, definition()).given(),
                post(WIDGETS, widget("a", &json!({ "size": 3 }))).waiting().given(),
                put(&format!("{WIDGETS}/a"), widget("a", &json!({ "size": 4 }))),
            ],
        ).expects("422 Invalid"),
        Case::new(
            "A definition's name is its plural and group",
            [post(CRDS, misnamed()).says(["/details/causes/0/field"])],
        ).expects("422 Invalid metadata.name"),
    ]
}

fn other_kinds() -> Vec<Case> {
    vec![
        Case::new(
            "A lease is taken by the client that writes first",
            [
                post(LEASES, lease("one", "")).saves("rv", "/metadata/resourceVersion").given(),
                put(&format!("{LEASES}/lead"), lease("two", "$rv")).says(["/spec/holderIdentity"]),
                put(&format!("{LEASES}/lead"), lease("three", "$rv")),
                delete(&format!("{LEASES}/lead")),
            ],
        )
        .expects("200 two; 409 Conflict; 200"),
        Case::new(
            "An endpoint slice keeps its address type",
            [
                post(SLICES, slice("IPv4")).says(["/endpoints/0/addresses/0", "/ports/0/protocol"]),
                merge(&format!("{SLICES}/web"), json!({ "addressType": "IPv6" }))
                    .says(["/details/causes/0/field"]),
            ],
        )
        .expects("201 192.0.2.1 TCP; 422 Invalid addressType"),
        Case::new(
            "An access review says what one may do",
            [post(
                "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                json!({ "spec": { "resourceAttributes": {
                    "verb": "list", "resource": "services", "namespace": "$ns",
                } } }),
            )
            .says(["/status/allowed"])],
        )
        .expects("201 true"),
        Case::new(
            "A node has no namespace",
            [
                post("/api/v1/nodes", json!({ "metadata": { "name": "$ns" } }))
                    .says(["/metadata/namespace?"]),
                merge(
                    "/api/v1/nodes/$ns/status",
                    json!({ "status": { "addresses": [
                        { "type": "ExternalIP", "address": "192.0.2.1" },
                    ] } }),
                )
                .says(["/status/addresses/0/address"]),
            ],
        )
        .expects("201 unset; 200 192.0.2.1"),
    ]
}

fn definition() -> Value {
    named("widgets.$ns.example.com")
}

fn named(name: &str) -> Value {
    json!({
        "metadata": { "name": name },
        "spec": {
            "group": "$ns.example.com",
            "scope": "Namespaced",
            "names": { "plural": "widgets", "singular": "widget", "kind": "Widget" },
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "subresources": { "status": {} },
                "schema": { "openAPIV3Schema": { "type": "object", "properties": {
                    "spec": { "type": "object", "required": ["size"], "properties": {
                        "size": { "type": "integer" },
                        "colour": { "type": "string", "enum": ["red", "blue"] },
                    } },
                    "status": { "type": "object", "properties": { "ready": { "type": "boolean" } } },
                } } },
            }],
        },
    })
}

fn misnamed() -> Value {
    named("gadgets.$ns.example.com")
}

fn widget(name: &str, spec: &Value) -> Value {
    json!({
        "apiVersion": "$ns.example.com/v1", "kind": "Widget",
        "metadata": { "name": name }, "spec": spec, "status": { "ready": false },
    })
}

fn lease(holder: &str, version: &str) -> Value {
    json!({
        "metadata": { "name": "lead", "resourceVersion": version },
        "spec": { "holderIdentity": holder, "leaseDurationSeconds": 15 },
    })
}

fn slice(kind: &str) -> Value {
    json!({
        "metadata": { "name": "web" },
        "addressType": kind,
        "endpoints": [{ "addresses": ["192.0.2.1"] }],
        "ports": [{ "port": 80 }],
    })
}
