//! What is wrong with a Service.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::defaults::allocate::{Allocations, NODE_PORTS, addresses, ports};
use crate::defaults::service::is_address;
use crate::json::{items, text};
use crate::status::Cause;
use crate::validate::names;

const TYPES: [&str; 4] = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];
const AFFINITIES: [&str; 2] = ["ClientIP", "None"];

/// Returns everything wrong with a Service that has its defaults.
pub(crate) fn check(allocations: &Allocations, value: &Value, old: Option<&Value>) -> Vec<Cause> {
    let mut causes = Vec::new();
    let form = text(value, "/spec/type");
    if !TYPES.contains(&form) {
        causes.push(Cause::unsupported("spec.type", &form.into(), &TYPES));
    }
    let affinity = text(value, "/spec/sessionAffinity");
    if !AFFINITIES.contains(&affinity) {
        let field = "spec.sessionAffinity";
        causes.push(Cause::unsupported(field, &affinity.into(), &AFFINITIES));
    }
    check_ports(value, form, &mut causes);
    if form == "ExternalName" {
        let name = text(value, "/spec/externalName");
        if name.is_empty() {
            causes.push(Cause::required("spec.externalName", ""));
        } else if let Some(problem) = names::subdomain(name.trim_end_matches('.')) {
            causes.push(Cause::invalid("spec.externalName", &name.into(), problem));
        }
    }
    let address = text(value, "/spec/clusterIP");
    if !matches!(address, "" | "None") && !is_address(address) {
        let problem = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
        causes.push(Cause::invalid("spec.clusterIPs[0]", &address.into(), problem));
    }
    for (index, external) in items(value, "/spec/externalIPs").enumerate() {
        if !is_address(external.as_str().unwrap_or("")) {
            let field = format!("spec.externalIPs[{index}]");
            let problem = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
            causes.push(Cause::invalid(field, external, problem));
        }
    }
    check_ingress(value, form, &mut causes);
    check_address_stays(value, old, &mut causes);
    check_free(allocations, value, old, &mut causes);
    causes
}

fn check_ports(value: &Value, form: &str, causes: &mut Vec<Cause>) {
    let headless = text(value, "/spec/clusterIP") == "None";
    let count = items(value, "/spec/ports").count();
    if count == 0 && !headless && form != "ExternalName" {
        causes.push(Cause::required("spec.ports", ""));
    }
    let (mut seen_names, mut seen_ports) = (BTreeSet::new(), BTreeSet::new());
    for (index, port) in items(value, "/spec/ports").enumerate() {
        let field = |name: &str| format!("spec.ports[{index}].{name}");
        let name = text(port, "/name");
        if name.is_empty() && count > 1 {
            causes.push(Cause::required(field("name"), ""));
        } else if !name.is_empty() {
            if let Some(problem) = names::label(name) {
                causes.push(Cause::invalid(field("name"), &name.into(), problem));
            }
            if !seen_names.insert(name) {
                causes.push(Cause::duplicate(field("name"), &name.into()));
            }
        }
        let number = port.get("port").and_then(Value::as_i64).unwrap_or(0);
        if !(1..=65_535).contains(&number) {
            let problem = "must be between 1 and 65535, inclusive";
            causes.push(Cause::invalid(field("port"), &number.into(), problem));
        }
        let protocol = text(port, "/protocol");
        if !PROTOCOLS.contains(&protocol) {
            causes.push(Cause::unsupported(field("protocol"), &protocol.into(), &PROTOCOLS));
        }
        if !seen_ports.insert((number, protocol)) {
            let held = serde_json::json!({ "port": number, "protocol": protocol });
            causes.push(Cause::duplicate(format!("spec.ports[{index}]"), &held));
        }
        let node_port = port.get("nodePort").and_then(Value::as_u64).unwrap_or(0);
        let in_range = u16::try_from(node_port).is_ok_and(|port| NODE_PORTS.contains(&port));
        if node_port != 0 && !in_range {
            let problem = "provided port is not in the valid range. The range of valid ports is \
                           30000-32767";
            causes.push(Cause::invalid(field("nodePort"), &node_port.into(), problem));
        }
    }
}

fn check_ingress(value: &Value, form: &str, causes: &mut Vec<Cause>) {
    let points = items(value, "/status/loadBalancer/ingress");
    for (index, point) in points.enumerate() {
        let field = |name: &str| format!("status.loadBalancer.ingress[{index}].{name}");
        let address = text(point, "/ip");
        if form != "LoadBalancer" {
            let problem = "may only be used when `spec.type` is 'LoadBalancer'";
            causes.push(Cause::forbidden("status.loadBalancer.ingress", problem));
            return;
        }
        if !address.is_empty() && !is_address(address) {
            let problem = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
            causes.push(Cause::invalid(field("ip"), &address.into(), problem));
        }
        let host = text(point, "/hostname");
        if !host.is_empty() {
            if is_address(host) {
                let problem = "must be a DNS name, not an IP address";
                causes.push(Cause::invalid(field("hostname"), &host.into(), problem));
            } else if let Some(problem) = names::subdomain(host) {
                causes.push(Cause::invalid(field("hostname"), &host.into(), problem));
            }
        }
    }
}

/// The first address of a Service stays while it has one.
fn check_address_stays(value: &Value, old: Option<&Value>, causes: &mut Vec<Cause>) {
    let Some(old) = old else { return };
    let has_none = |service: &Value| matches!(text(service, "/spec/type"), "ExternalName" | "");
    let (was, is) = (text(old, "/spec/clusterIP"), text(value, "/spec/clusterIP"));
    if !has_none(old) && !has_none(value) && !was.is_empty() && was != is {
        let listed = value.pointer("/spec/clusterIPs").cloned().unwrap_or(Value::Null);
        causes.push(Cause::invalid("spec.clusterIPs[0]", &listed, "may not change once set"));
    }
}

fn check_free(
    allocations: &Allocations,
    value: &Value,
    old: Option<&Value>,
    causes: &mut Vec<Cause>,
) {
    let (own_addresses, own_ports) =
        old.map(|old| (addresses(old), ports(old))).unwrap_or_default();
    for address in addresses(value) {
        if allocations.holds_address(address) && !own_addresses.contains(&address) {
            let problem =
                format!("failed to allocate IP {address}: provided IP is already allocated");
            let listed = serde_json::json!([address.to_string()]);
            causes.push(Cause::invalid("spec.clusterIPs", &listed, problem));
        }
    }
    for port in ports(value) {
        if allocations.holds_port(port) && !own_ports.contains(&port) {
            let problem = "provided port is already allocated";
            causes.push(Cause::invalid("spec.ports[0].nodePort", &port.into(), problem));
        }
    }
}
