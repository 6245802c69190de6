//! The cells of built-in kinds, between the name and the age.

use serde_json::Value;

use crate::json::{items, strings, text};
use crate::kinds::Kind;

/// Returns the names of the columns.
pub(crate) fn names(kind: &Kind) -> &'static [&'static str] {
    match kind.plural.as_str() {
        "services" => &["Type", "Cluster-IP", "External-IP", "Port(s)"],
        "ingresses" => &["Class", "Hosts", "Address", "Ports"],
        "pods" | "namespaces" => &["Status"],
        "nodes" => &["Status", "Version"],
        "endpointslices" => &["AddressType", "Endpoints"],
        "ingressclasses" => &["Controller"],
        "leases" => &["Holder"],
        "events" => &["Type", "Reason", "Object", "Message"],
        "configmaps" | "secrets" => &["Data"],
        "customresourcedefinitions" => &["Scope"],
        _ => &[],
    }
}

/// Returns the cells under [`names`].
pub(crate) fn cells(kind: &Kind, value: &Value) -> Vec<Value> {
    let at = |pointer: &str| Value::from(text(value, pointer));
    match kind.plural.as_str() {
        "services" => service(value).map(Value::from).to_vec(),
        "ingresses" => ingress(value).map(Value::from).to_vec(),
        "pods" | "namespaces" => vec![at("/status/phase")],
        "nodes" => vec![node_status(value).into(), at("/status/nodeInfo/kubeletVersion")],
        "endpointslices" => {
            let addresses = items(value, "/endpoints").flat_map(|item| items(item, "/addresses"));
            vec![at("/addressType"), or_none(joined(addresses)).into()]
        }
        "ingressclasses" => vec![at("/spec/controller")],
        "leases" => vec![at("/spec/holderIdentity")],
        "events" => event(value).to_vec(),
        "configmaps" | "secrets" => {
            let entries = |key: &str| value[key].as_object().map_or(0, serde_json::Map::len);
            vec![(entries("data") + entries("binaryData")).to_string().into()]
        }
        "customresourcedefinitions" => vec![at("/spec/scope")],
        _ => Vec::new(),
    }
}

fn service(value: &Value) -> [String; 4] {
    let form = text(value, "/spec/type");
    let address = text(value, "/spec/clusterIP");
    let mut external: Vec<String> =
        value.pointer("/spec/externalIPs").map(strings).unwrap_or_default();
    external.extend(load_balancers(value));
    if form == "ExternalName" {
        external = vec![text(value, "/spec/externalName").to_owned()];
    }
    let external = match (form, external.is_empty()) {
        ("LoadBalancer", true) => "<pending>".to_owned(),
        (_, true) => "<none>".to_owned(),
        _ => external.join(","),
    };
    let ports: Vec<String> = items(value, "/spec/ports")
        .map(|port| {
            let number = &port["port"];
            let protocol = text(port, "/protocol");
            match port["nodePort"].as_u64().filter(|port| *port != 0) {
                Some(node_port) => format!("{number}:{node_port}/{protocol}"),
                None => format!("{number}/{protocol}"),
            }
        })
        .collect();
    [form.to_owned(), or_none(address.to_owned()), external, or_none(ports.join(","))]
}

fn ingress(value: &Value) -> [String; 4] {
    let hosts: Vec<&str> = items(value, "/spec/rules")
        .map(|rule| text(rule, "/host"))
        .filter(|host| !host.is_empty())
        .collect();
    let hosts = if hosts.is_empty() { "*".to_owned() } else { hosts.join(",") };
    let ports = if items(value, "/spec/tls").next().is_some() { "80, 443" } else { "80" };
    [
        or_none(text(value, "/spec/ingressClassName").to_owned()),
        hosts,
        load_balancers(value).join(","),
        ports.to_owned(),
    ]
}

fn load_balancers(value: &Value) -> Vec<String> {
    items(value, "/status/loadBalancer/ingress")
        .map(|point| match text(point, "/ip") {
            "" => text(point, "/hostname").to_owned(),
            address => address.to_owned(),
        })
        .collect()
}

fn node_status(value: &Value) -> String {
    let ready = items(value, "/status/conditions").find(|item| text(item, "/type") == "Ready");
    match ready.map(|condition| text(condition, "/status")) {
        Some("True") => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    }
    .to_owned()
}

fn event(value: &Value) -> [Value; 4] {
    let about = ["involvedObject", "regarding"]
        .iter()
        .map(|key| &value[*key])
        .find(|about| about.is_object())
        .unwrap_or(&Value::Null);
    let object = format!("{}/{}", text(about, "/kind").to_lowercase(), text(about, "/name"));
    let message =
        ["/message", "/note"].iter().map(|at| text(value, at)).find(|text| !text.is_empty());
    [
        text(value, "/type").into(),
        text(value, "/reason").into(),
        object.into(),
        message.unwrap_or("").into(),
    ]
}

fn joined<'a>(values: impl Iterator<Item = &'a Value>) -> String {
    values.filter_map(Value::as_str).collect::<Vec<_>>().join(",")
}

fn or_none(text: String) -> String {
    if text.is_empty() { "<none>".to_owned() } else { text }
}
