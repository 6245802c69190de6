//! Objects of the model as manifests.

use serde_json::{Map, Value, json};

use super::model::{Kind, Object};

/// Prefix of the annotations that are read.
const PREFIX: &str = "external-dns.kubernetes.io/";

/// Returns version and kind of an object, as manifests name them.
pub(crate) fn version_and_kind(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Endpoint => ("externaldns.k8s.io/v1alpha1", "DNSEndpoint"),
        Kind::Service => ("v1", "Service"),
        Kind::Ingress => ("networking.k8s.io/v1", "Ingress"),
    }
}

/// Returns the manifest of an object.
///
/// A Service or Ingress gives all its names the same addresses and TTL: those of the first.
pub(crate) fn of(object: &Object) -> Value {
    let (version, kind) = version_and_kind(object.kind);
    let hosts: Vec<_> = object.wants.iter().map(|want| want.key.name.clone()).collect();
    let first = object.wants.first();
    let addresses = first.iter().flat_map(|want| &want.values);
    let addresses: Vec<_> = addresses.map(|address| json!({ "ip": address })).collect();
    let mut annotations = Map::new();
    let mut annotate = |key: &str, value: String| {
        annotations.insert(format!("{PREFIX}{key}"), value.into());
    };
    annotate("priority", object.priority.to_string());
    if let (Kind::Service | Kind::Ingress, Some(first)) = (object.kind, first) {
        annotate("ttl", first.ttl.to_string());
    }
    let (spec, status) = match object.kind {
        Kind::Endpoint => {
            let endpoints: Vec<_> = object.wants.iter().map(endpoint).collect();
            (json!({ "endpoints": endpoints }), Value::Null)
        }
        Kind::Service => {
            annotate("hostname", hosts.join(","));
            let spec = json!({ "type": "LoadBalancer", "ports": [{ "port": 80 }] });
            (spec, json!({ "loadBalancer": { "ingress": addresses } }))
        }
        Kind::Ingress => {
            let backend = json!({ "service": { "name": "web", "port": { "number": 80 } } });
            let path = json!({ "path": "/", "pathType": "Prefix", "backend": backend });
            let rule = |host: &String| json!({ "host": host, "http": { "paths": [path] } });
            let rules: Vec<_> = hosts.iter().map(rule).collect();
            (json!({ "rules": rules }), json!({ "loadBalancer": { "ingress": addresses } }))
        }
    };
    let mut manifest = json!({
        "apiVersion": version,
        "kind": kind,
        "metadata": { "name": object.name, "namespace": "default", "annotations": annotations },
        "spec": spec,
    });
    if let (Some(fields), false) = (manifest.as_object_mut(), status.is_null()) {
        fields.insert("status".to_owned(), status);
    }
    manifest
}

fn endpoint(want: &super::model::Want) -> Value {
    let mut endpoint = json!({
        "dnsName": want.key.name,
        "recordType": want.key.record_type,
        "recordTTL": want.ttl,
        "targets": want.values,
    });
    if let (Some(weight), Some(fields)) = (want.weight, endpoint.as_object_mut()) {
        fields.insert("setIdentifier".to_owned(), want.key.set_id.clone().into());
        let weight = json!([{ "name": "aws/weight", "value": weight.to_string() }]);
        fields.insert("providerSpecific".to_owned(), weight);
    }
    endpoint
}
