//! What a cluster holds before anyone has done anything.

use serde_json::{Value, json};

/// The address under which pods reach the API server.
const API_SERVER: &str = "10.96.0.1";

/// Returns the first objects, in the order in which they can be created.
pub(crate) fn objects() -> Vec<Value> {
    let namespaces = ["default", "kube-node-lease", "kube-public", "kube-system"];
    let mut objects: Vec<Value> = namespaces
        .iter()
        .map(
            |name| json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } }),
        )
        .collect();
    objects.push(json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "kubernetes",
            "namespace": "default",
            "labels": { "component": "apiserver", "provider": "kubernetes" },
        },
        "spec": {
            "clusterIP": API_SERVER,
            "ports": [{ "name": "https", "port": 443, "targetPort": 6443 }],
        },
    }));
    objects
}
