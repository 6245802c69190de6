//! Definitions of all the custom kinds that sources read, with schemas that take anything.

use controller_sources::objects::{KINDS, Kind};
use e2e::cluster::Cluster;
use e2e::patience::eventually;
use kube::core::GroupVersionKind;
use serde_json::{Value, json};

/// Groups that every API server has.
const BUILT_IN: [&str; 3] = ["", "discovery.k8s.io", "networking.k8s.io"];

/// A kind of nobody's, for the source that reads any.
const ANY: (&str, &str, &str, &str) =
    ("kubevirt.io", "v1", "VirtualMachineInstance", "virtualmachineinstances");

/// Installs every kind that a source reads and an API server lacks.
pub(crate) async fn install(cluster: &Cluster) {
    cluster.install_crd().await.unwrap();
    let mut definitions: Vec<Value> = KINDS
        .iter()
        .filter(|kind| !BUILT_IN.contains(&&*kind.group) && kind.group != "externaldns.k8s.io")
        .map(of)
        .collect();
    let (group, version, kind, plural) = ANY;
    definitions.push(definition(group, &[version], kind, plural));
    for definition in &definitions {
        cluster.apply(definition, "").await.unwrap();
    }
    for definition in &definitions {
        until_served(cluster, definition).await;
    }
}

fn of(kind: &Kind) -> Value {
    let versions: Vec<&str> = kind.versions.iter().map(AsRef::as_ref).collect();
    assert!(kind.namespaced, "{kind:?}");
    definition(&kind.group, &versions, &kind.kind, &kind.plural)
}

fn definition(group: &str, versions: &[&str], kind: &str, plural: &str) -> Value {
    let anything = json!({ "openAPIV3Schema": { "type": "object", "x-kubernetes-preserve-unknown-fields": true } });
    let versions: Vec<_> = versions
        .iter()
        .enumerate()
        .map(|(index, name)| {
            json!({
                "name": name,
                "served": true,
                "storage": index == 0,
                "schema": anything,
                "subresources": { "status": {} },
            })
        })
        .collect();
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": format!("{plural}.{group}"),
            // The server asks for this in groups under `k8s.io`.
            "annotations": { "api-approved.kubernetes.io": "unapproved, for tests" },
        },
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": { "kind": kind, "plural": plural, "singular": kind.to_lowercase() },
            "versions": versions,
        },
    })
}

async fn until_served(cluster: &Cluster, definition: &Value) {
    let text = |pointer| definition.pointer(pointer).and_then(Value::as_str).unwrap();
    let (group, kind) = (text("/spec/group"), text("/spec/names/kind"));
    let kind = GroupVersionKind::gvk(group, text("/spec/versions/0/name"), kind);
    let served = || async { kube::discovery::pinned_kind(cluster.client(), &kind).await.is_ok() };
    eventually("that the kind is served", served, |found| *found).await;
}
