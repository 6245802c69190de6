//! Defaults of a Service: type, addresses, families, policies, ports ([Service]).
//!
//! An update that leaves out what the server gave (address, node ports) keeps it.
//!
//! [Service]: https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/

use std::net::{IpAddr, Ipv6Addr};

use serde_json::{Map, Value, json};

use crate::defaults::allocate::Allocations;
use crate::json::{default, is_set, object, strings, text};

/// Fills in a Service; `old` is the one that an update replaces.
pub(crate) fn fill(
    allocations: &Allocations,
    fields: &mut Map<String, Value>,
    old: Option<&Value>,
) {
    fill_status(fields, old);
    let spec = object(fields, "spec");
    default(spec, "type", "ClusterIP");
    default(spec, "sessionAffinity", "None");
    if spec.get("sessionAffinity") == Some(&json!("ClientIP")) {
        let config = object(spec, "sessionAffinityConfig");
        default(object(config, "clientIP"), "timeoutSeconds", 10_800);
    }
    let form = spec.get("type").and_then(Value::as_str).unwrap_or("").to_owned();
    fill_ports(spec);
    if form == "ExternalName" {
        for key in [
            "allocateLoadBalancerNodePorts",
            "clusterIP",
            "clusterIPs",
            "externalTrafficPolicy",
            "internalTrafficPolicy",
            "ipFamilies",
            "ipFamilyPolicy",
        ] {
            spec.remove(key);
        }
        fill_node_ports(spec, &form, allocations);
        return;
    }
    fill_policies(spec, &form);
    keep_given(spec, &form, old);
    fill_addresses(spec, allocations);
    fill_families(spec);
    fill_node_ports(spec, &form, allocations);
}

/// Addresses of a load balancer say how they are reached; a Service that is none has none.
fn fill_status(fields: &mut Map<String, Value>, old: Option<&Value>) {
    let is_balanced = |spec: Option<&Value>| {
        spec.and_then(|spec| spec.get("type")) == Some(&json!("LoadBalancer"))
    };
    let (is, was) =
        (is_balanced(fields.get("spec")), is_balanced(old.and_then(|old| old.get("spec"))));
    let balancer = object(object(fields, "status"), "loadBalancer");
    if was && !is {
        balancer.clear();
    }
    for point in balancer.get_mut("ingress").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(point) = point.as_object_mut() else { continue };
        if is && point.get("ip").is_some_and(|address| !crate::json::is_blank(address)) {
            default(point, "ipMode", "VIP");
        }
    }
}

fn fill_ports(spec: &mut Map<String, Value>) {
    for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        let Some(port) = port.as_object_mut() else { continue };
        default(port, "protocol", "TCP");
        if port.get("targetPort").is_none_or(|target| *target == json!(0) || *target == json!("")) {
            let number = port.get("port").cloned().unwrap_or(Value::Null);
            port.insert("targetPort".to_owned(), number);
        }
    }
}

fn fill_policies(spec: &mut Map<String, Value>, form: &str) {
    default(spec, "internalTrafficPolicy", "Cluster");
    let external = spec.get("externalIPs").is_some_and(|ips| !strings(ips).is_empty());
    if matches!(form, "NodePort" | "LoadBalancer") || external {
        default(spec, "externalTrafficPolicy", "Cluster");
    } else {
        spec.remove("externalTrafficPolicy");
    }
    if form == "LoadBalancer" {
        default(spec, "allocateLoadBalancerNodePorts", true);
    } else {
        spec.remove("allocateLoadBalancerNodePorts");
    }
}

/// Copies what the server gave before and the update does not mention.
fn keep_given(spec: &mut Map<String, Value>, form: &str, old: Option<&Value>) {
    let Some(old) = old else { return };
    if text(old, "/spec/type") == "ExternalName" {
        return;
    }
    for key in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
        if let Some(given) = old.pointer(&format!("/spec/{key}")) {
            default(spec, key, given.clone());
        }
    }
    if !matches!(form, "NodePort" | "LoadBalancer") {
        return;
    }
    for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        let same = crate::json::items(old, "/spec/ports").find(|held| {
            held.get("port") == port.get("port") && held.get("protocol") == port.get("protocol")
        });
        let given = same.and_then(|held| held.get("nodePort")).cloned();
        if let (Some(port), Some(given)) = (port.as_object_mut(), given) {
            default(port, "nodePort", given);
        }
    }
}

fn fill_addresses(spec: &mut Map<String, Value>, allocations: &Allocations) {
    if spec.get("clusterIP").is_none_or(crate::json::is_blank) {
        let listed = spec.get("clusterIPs").map(strings).unwrap_or_default();
        let address = listed
            .into_iter()
            .next()
            .or_else(|| allocations.free_address().map(|address| address.to_string()));
        if let Some(address) = address {
            spec.insert("clusterIP".to_owned(), address.into());
        }
    }
    let first = spec.get("clusterIP").cloned().unwrap_or(Value::Null);
    default(spec, "clusterIPs", json!([first]));
}

fn fill_families(spec: &mut Map<String, Value>) {
    let view = Value::Object(spec.clone());
    let headless = text(&view, "/clusterIP") == "None";
    let selects =
        view.pointer("/selector").and_then(Value::as_object).is_some_and(|s| !s.is_empty());
    let families: Vec<&str> = view
        .pointer("/clusterIPs")
        .map(strings)
        .unwrap_or_default()
        .iter()
        .filter_map(|address| address.parse::<IpAddr>().ok())
        .map(|address| if address.is_ipv4() { "IPv4" } else { "IPv6" })
        .collect();
    if headless && !selects {
        // A user who lists the endpoints of such a Service by hand may list both families.
        default(spec, "ipFamilyPolicy", "RequireDualStack");
        if !is_set(&view, "/ipFamilies") {
            spec.insert("ipFamilies".to_owned(), json!(["IPv4", "IPv6"]));
        }
        return;
    }
    let policy = if families.len() > 1 { "RequireDualStack" } else { "SingleStack" };
    default(spec, "ipFamilyPolicy", policy);
    let families = if families.is_empty() { vec!["IPv4"] } else { families };
    default(spec, "ipFamilies", json!(families));
}

fn fill_node_ports(spec: &mut Map<String, Value>, form: &str, allocations: &Allocations) {
    let wanted = match form {
        "NodePort" => true,
        "LoadBalancer" => spec.get("allocateLoadBalancerNodePorts") != Some(&json!(false)),
        _ => {
            for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
                if let Some(port) = port.as_object_mut() {
                    port.remove("nodePort");
                }
            }
            spec.remove("healthCheckNodePort");
            return;
        }
    };
    let mut taken =
        crate::defaults::allocate::ports(&json!({ "spec": Value::Object(spec.clone()) }));
    if wanted {
        for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
            let Some(port) = port.as_object_mut() else { continue };
            let unset = port.get("nodePort").is_none_or(|given| given.as_u64().unwrap_or(0) == 0);
            if let Some(free) = unset.then(|| allocations.free_port(&taken)).flatten() {
                taken.push(free);
                port.insert("nodePort".to_owned(), free.into());
            }
        }
    }
    let local = spec.get("externalTrafficPolicy") == Some(&json!("Local"));
    if form == "LoadBalancer" && local {
        if let Some(free) = allocations.free_port(&taken) {
            default(spec, "healthCheckNodePort", free);
        }
    } else {
        spec.remove("healthCheckNodePort");
    }
}

/// Tells whether an address is one that a Service may be given.
pub(crate) fn is_address(text: &str) -> bool {
    text.parse::<std::net::Ipv4Addr>().is_ok() || text.parse::<Ipv6Addr>().is_ok()
}
