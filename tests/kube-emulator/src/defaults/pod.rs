//! Defaults of a Pod ([Pod]).
//!
//! [Pod]: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/

use serde_json::{Map, Value, json};

use crate::json::{default, object};

/// Fills in a Pod. Nobody schedules or runs it: its phase stays `Pending` until someone says
/// otherwise.
pub(crate) fn fill(fields: &mut Map<String, Value>) {
    let spec = object(fields, "spec");
    default(spec, "dnsPolicy", "ClusterFirst");
    default(spec, "enableServiceLinks", true);
    default(spec, "preemptionPolicy", "PreemptLowerPriority");
    default(spec, "priority", 0);
    default(spec, "restartPolicy", "Always");
    default(spec, "schedulerName", "default-scheduler");
    default(spec, "securityContext", json!({}));
    default(spec, "serviceAccountName", "default");
    default(spec, "terminationGracePeriodSeconds", 30);
    let account = spec.get("serviceAccountName").cloned().unwrap_or(Value::Null);
    default(spec, "serviceAccount", account);
    let host_network = spec.get("hostNetwork") == Some(&json!(true));
    for list in ["containers", "initContainers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(container) = container.as_object_mut() {
                fill_container(container, host_network);
            }
        }
    }
    let status = object(fields, "status");
    default(status, "phase", "Pending");
    default(status, "qosClass", "BestEffort");
}

fn fill_container(container: &mut Map<String, Value>, host_network: bool) {
    let image = container.get("image").and_then(Value::as_str).unwrap_or("");
    let tag = image.rsplit_once('/').map_or(image, |(_, last)| last);
    let latest = !tag.contains(':') || tag.ends_with(":latest");
    default(container, "imagePullPolicy", if latest { "Always" } else { "IfNotPresent" });
    default(container, "resources", json!({}));
    default(container, "terminationMessagePath", "/dev/termination-log");
    default(container, "terminationMessagePolicy", "File");
    for port in container.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(port) = port.as_object_mut() else { continue };
        default(port, "protocol", "TCP");
        if host_network {
            let number = port.get("containerPort").cloned().unwrap_or(Value::Null);
            default(port, "hostPort", number);
        }
    }
}
