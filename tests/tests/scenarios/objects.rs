//! Kubernetes objects, as small as the stories need them.

use serde_json::{Value, json};

/// Prefix of annotations since ExternalDNS v0.22.
pub(crate) const GA: &str = "external-dns.kubernetes.io/";

/// Prefix of annotations before ExternalDNS v0.22.
pub(crate) const ALPHA: &str = "external-dns.alpha.kubernetes.io/";

/// Returns a Service `default/NAME` that wants `NAME.example.com` to be `address`.
pub(crate) fn service(name: &str, address: &str) -> Value {
    let object = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": { "name": name, "namespace": "default" },
        "spec": { "type": "LoadBalancer", "ports": [{ "port": 80 }] },
        "status": { "loadBalancer": { "ingress": [{ "ip": address }] } },
    });
    wanting(&object, &format!("{name}.example.com"))
}

/// Returns an Ingress `default/NAME` for the host `NAME.example.com` behind a load balancer.
pub(crate) fn ingress(name: &str, balancer: &str) -> Value {
    let is_address = balancer.parse::<std::net::IpAddr>().is_ok();
    let key = if is_address { "ip" } else { "hostname" };
    json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": { "name": name, "namespace": "default" },
        "spec": {
            "rules": [{
                "host": format!("{name}.example.com"),
                "http": { "paths": [{
                    "path": "/",
                    "pathType": "Prefix",
                    "backend": { "service": { "name": "web", "port": { "number": 80 } } },
                }] },
            }],
        },
        "status": { "loadBalancer": { "ingress": [{ key: balancer }] } },
    })
}

/// Returns the object with an annotation, given with its prefix.
pub(crate) fn annotated(object: &Value, annotation: &str, value: &str) -> Value {
    let mut object = object.clone();
    let metadata = object.get_mut("metadata").unwrap().as_object_mut().unwrap();
    let annotations = metadata.entry("annotations").or_insert_with(|| json!({}));
    annotations.as_object_mut().unwrap().insert(annotation.to_owned(), value.into());
    object
}

/// Returns the object without any annotation.
pub(crate) fn bare(object: &Value) -> Value {
    let mut object = object.clone();
    object.get_mut("metadata").unwrap().as_object_mut().unwrap().remove("annotations");
    object
}

/// Returns the object, asking for `hosts`, a comma between two.
pub(crate) fn wanting(object: &Value, hosts: &str) -> Value {
    annotated(object, &format!("{GA}hostname"), hosts)
}

/// Returns the object with the key under `pointer`, which must exist, set to `value`.
pub(crate) fn with(object: &Value, pointer: &str, value: Value) -> Value {
    let mut object = object.clone();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = object.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    parent.insert(key.to_owned(), value);
    object
}

/// Returns a definition of a custom kind that takes any content and has a status of its own.
pub(crate) fn crd(group: &str, kind: &str, plural: &str, version: &str) -> Value {
    // Kubernetes wants to know of a kind in its own groups where it was agreed upon.
    let approved = "https://gateway-api.sigs.k8s.io";
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": format!("{plural}.{group}"),
            "annotations": { "api-approved.kubernetes.io": approved },
        },
        "spec": {
            "group": group,
            "names": {
                "kind": kind,
                "plural": plural,
                "singular": kind.to_lowercase(),
                "listKind": format!("{kind}List"),
            },
            "scope": "Namespaced",
            "versions": [{
                "name": version,
                "served": true,
                "storage": true,
                "subresources": { "status": {} },
                "schema": { "openAPIV3Schema": {
                    "type": "object",
                    "x-kubernetes-preserve-unknown-fields": true,
                } },
            }],
        },
    })
}
