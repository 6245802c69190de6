//! Addresses that stand in for those of load balancers, where objects have no status yet.
//!
//! Objects in Git have none, so a preview of them would show no names. What a controller in the cluster
//! would write is put where it would write it, before any source looks, and only where nothing is.
//! Nothing of this is ever published: only commands that look can assume it.

use std::collections::{BTreeMap, BTreeSet};

use controller_core::value::Target;
use external_dns_webhook::counted;
use serde_json::{Map, Value, json};

use controller_sources::objects::{
    Kind, KindId, Meta, ObjectKey, Raw, Resource, cis, contour, core, gateway, istio, kong,
    openshift, skipper,
};

/// Name of the node that stands for those of the cluster.
const NODE: &str = "assumed";

/// What is assumed.
#[derive(Clone, Debug)]
pub struct Assumed {
    /// What load balancers answer with; never empty.
    addresses: Vec<Target>,
    /// The annotation that says what an object answers with.
    target_key: String,
    /// Whether nodes want names themselves.
    nodes_want_names: bool,
}

/// Objects with what is assumed of them.
#[derive(Debug, Default)]
pub(super) struct Filled {
    /// Objects that were there, with a status now.
    pub(super) changed: BTreeMap<ObjectKey, Raw>,
    /// Objects that others refer to and that are not there.
    pub(super) added: BTreeMap<ObjectKey, Raw>,
}

impl Filled {
    /// Says what is assumed, and of how many objects.
    pub(super) fn told(&self, assumed: &Assumed) -> String {
        let added: Vec<_> = self.added.keys().map(ToString::to_string).collect();
        let elsewhere = match added.len() {
            0 => String::new(),
            count => {
                format!(", and of {count} that are not in the manifests ({})", added.join(", "))
            }
        };
        format!(
            "addresses are assumed, and this is no more than a preview: {} in place of the status \
             that {}{elsewhere}",
            assumed.told(),
            match self.changed.len() {
                1 => "1 object lacks".to_owned(),
                many => format!("{} lack", counted(many, "object")),
            }
        )
    }
}

impl Assumed {
    /// Returns what assumes `addresses` wherever a load balancer's are missing.
    ///
    /// `target_key` is the annotation that says what an object answers with. Where nodes want names
    /// themselves, none is made up.
    pub fn new(addresses: Vec<Target>, target_key: String, nodes_want_names: bool) -> Self {
        Self { addresses, target_key, nodes_want_names }
    }

    /// Returns the addresses, for people.
    fn told(&self) -> String {
        self.addresses.iter().map(Target::as_str).collect::<Vec<_>>().join(", ")
    }

    /// Fills in what is missing of `objects`, of which sources read `kinds`.
    pub(super) fn fill(&self, objects: &BTreeMap<&ObjectKey, &Raw>, kinds: &[Kind]) -> Filled {
        let mut filled = Filled::default();
        for (key, raw) in objects {
            let mut with = (*raw).clone();
            if self.fill_one(key, &mut with, objects) {
                filled.changed.insert((*key).clone(), with);
            }
        }
        let is_read = |id: &KindId| kinds.iter().any(|kind| kind.id() == *id);
        if is_read(&gateway::Gateway::ID) {
            self.add_gateways(objects, &mut filled);
        }
        if is_read(&core::Namespace::ID) {
            add_namespaces(objects, &mut filled);
        }
        if is_read(&core::Node::ID) && !self.nodes_want_names {
            self.add_node(objects, &mut filled);
        }
        filled
    }

    /// Fills in one object; tells whether something was missing.
    fn fill_one(
        &self,
        key: &ObjectKey,
        raw: &mut Raw,
        objects: &BTreeMap<&ObjectKey, &Raw>,
    ) -> bool {
        let id = &key.kind;
        if *id == core::Service::ID {
            let is_balanced = raw.data.get("spec").and_then(|spec| spec.get("type"))
                == Some(&Value::from("LoadBalancer"));
            return is_balanced && self.balance(raw, "ingress");
        }
        if [core::Ingress::ID, contour::HttpProxy::ID, kong::TcpIngress::ID].contains(id) {
            return self.balance(raw, "ingress");
        }
        if *id == skipper::RouteGroup::ID {
            return self.balance(raw, "routegroup");
        }
        if *id == gateway::Gateway::ID {
            let values =
                self.addresses.iter().map(|address| json!({ "value": address.as_str() })).collect();
            return put(raw, &["status", "addresses"], values);
        }
        if *id == gateway::ListenerSet::ID {
            return accept_listeners(raw);
        }
        if is_route(id) {
            return accept_route(raw);
        }
        if [cis::VirtualServer::ID, cis::TransportServer::ID].contains(id) {
            let first = self.addresses.first().map(Target::as_str).unwrap_or_default();
            return put(raw, &["status", "vsAddress"], Value::from(first));
        }
        if *id == openshift::OpenShiftRoute::ID {
            return self.admit(raw);
        }
        if *id == istio::IstioGateway::ID {
            return self.answer(raw, objects);
        }
        if *id == core::Node::ID {
            return put(raw, &["status", "addresses"], self.node_addresses());
        }
        false
    }

    /// Fills in what a load balancer got.
    fn balance(&self, raw: &mut Raw, key: &str) -> bool {
        let each = self.addresses.iter().map(|target| match target.address() {
            Some(address) => json!({ "ip": address.to_string() }),
            None => json!({ "hostname": target.as_str() }),
        });
        put(raw, &["status", "loadBalancer", key], each.collect())
    }

    /// Fills in that a router has the host of a route.
    fn admit(&self, raw: &mut Raw) -> bool {
        let host = raw.data.get("spec").and_then(|spec| spec.get("host")).cloned();
        let first = self.addresses.first().map(Target::as_str).unwrap_or_default();
        let admitted = json!([{
            "host": host.unwrap_or_default(),
            "routerCanonicalHostname": first,
            "conditions": [{ "type": "Admitted", "status": "True" }],
        }]);
        put(raw, &["status", "ingress"], admitted)
    }

    /// Says what an Istio Gateway answers with whose Service is not there.
    fn answer(&self, raw: &mut Raw, objects: &BTreeMap<&ObjectKey, &Raw>) -> bool {
        let says = |pointer: &str| pointer.ends_with("/target") || pointer.ends_with("/ingress");
        let selector = raw.data.get("spec").and_then(|spec| spec.get("selector")).cloned();
        let wanted = selector.as_ref().and_then(Value::as_object).cloned().unwrap_or_default();
        let is_there = objects.iter().any(|(key, object)| {
            let own = object.data.get("spec").and_then(|spec| spec.get("selector"));
            let has = |(label, value): (&String, &Value)| {
                own.and_then(|selector| selector.get(label)).is_some_and(|item| item == value)
            };
            key.kind == core::Service::ID && wanted.iter().all(has)
        });
        if is_there || raw.meta.annotations.iter().any(|(key, _)| says(key)) {
            return false;
        }
        let own =
            raw.meta.annotations.iter().map(|(key, value)| (key.to_owned(), value.to_owned()));
        let target = (self.target_key.clone(), self.told().replace(' ', ""));
        raw.meta.annotations = own.chain([target]).collect();
        true
    }

    /// Adds the Gateways that routes refer to and that are elsewhere.
    fn add_gateways(&self, objects: &BTreeMap<&ObjectKey, &Raw>, filled: &mut Filled) {
        let mut listeners: BTreeMap<ObjectKey, BTreeSet<(String, i64)>> = BTreeMap::new();
        for (key, raw) in objects {
            let parents: Vec<&Value> = if is_route(&key.kind) {
                list(&raw.data, &["spec", "parentRefs"])
            } else if key.kind == gateway::ListenerSet::ID {
                raw.data.get("spec").and_then(|spec| spec.get("parentRef")).into_iter().collect()
            } else {
                continue;
            };
            for parent in parents {
                let text = |key: &str| parent.get(key).and_then(Value::as_str).unwrap_or_default();
                let is_gateway = ["", "Gateway"].contains(&text("kind"))
                    && ["", gateway::GROUP].contains(&text("group"));
                let namespace = match text("namespace") {
                    "" => &key.namespace,
                    namespace => namespace,
                };
                let gateway = ObjectKey {
                    kind: gateway::Gateway::ID,
                    namespace: namespace.to_owned(),
                    name: text("name").to_owned(),
                };
                if is_gateway && !gateway.name.is_empty() && !objects.contains_key(&gateway) {
                    let port = parent.get("port").and_then(Value::as_i64).unwrap_or_default();
                    let section = text("sectionName").to_owned();
                    listeners.entry(gateway).or_default().insert((section, port));
                }
            }
        }
        for (key, listeners) in listeners {
            let mut raw = added("gateway.networking.k8s.io/v1", "Gateway", &key);
            let all = json!({ "namespaces": { "from": "All" } });
            let each = listeners.iter().flat_map(|(name, port)| {
                let all = all.clone();
                ["HTTP", "HTTPS", "TLS", "TCP", "UDP"].map(move |protocol| {
                    json!({ "name": name, "port": port, "protocol": protocol, "allowedRoutes": all })
                })
            });
            let each: Value = each.collect();
            raw.data.insert(
                "spec".to_owned(),
                json!({ "listeners": each, "allowedListeners": { "namespaces": { "from": "All" } } }),
            );
            self.fill_one(&key, &mut raw, objects);
            filled.added.insert(key, raw);
        }
    }

    /// Adds a node where Services are reached through nodes and there is none.
    fn add_node(&self, objects: &BTreeMap<&ObjectKey, &Raw>, filled: &mut Filled) {
        let through_nodes = |raw: &Raw| {
            let of_type = raw.data.get("spec").and_then(|spec| spec.get("type"));
            of_type == Some(&Value::from("NodePort"))
        };
        let mut services = objects.iter().filter(|(key, _)| key.kind == core::Service::ID);
        let is_wanted = services.any(|(_, raw)| through_nodes(raw));
        if is_wanted && !objects.keys().any(|key| key.kind == core::Node::ID) {
            let (namespace, name) = (String::new(), NODE.to_owned());
            let key = ObjectKey { kind: core::Node::ID, namespace, name };
            let mut raw = added("v1", "Node", &key);
            if put(&mut raw, &["status", "addresses"], self.node_addresses()) {
                filled.added.insert(key, raw);
            }
        }
    }

    /// Returns the addresses as a node has them; it has no names.
    fn node_addresses(&self) -> Value {
        let addresses = self.addresses.iter().filter_map(Target::address);
        addresses
            .map(|address| json!({ "type": "ExternalIP", "address": address.to_string() }))
            .collect()
    }
}

/// Adds the namespaces that attach to Gateways and are not there, as they are when they are made: with
/// the label of their name and no other.
fn add_namespaces(objects: &BTreeMap<&ObjectKey, &Raw>, filled: &mut Filled) {
    let attach = |key: &&&ObjectKey| is_route(&key.kind) || key.kind == gateway::ListenerSet::ID;
    for namespace in objects.keys().filter(attach).map(|key| &key.namespace) {
        let (name, none) = (namespace.clone(), String::new());
        let key = ObjectKey { kind: core::Namespace::ID, namespace: none, name };
        if !namespace.is_empty() && !objects.contains_key(&key) {
            let raw = added("v1", "Namespace", &key);
            filled.added.insert(key, raw);
        }
    }
}

/// Tells whether objects of a kind are routes of the Gateway API.
fn is_route(id: &KindId) -> bool {
    [
        gateway::HttpRoute::ID,
        gateway::GrpcRoute::ID,
        gateway::TlsRoute::ID,
        gateway::TcpRoute::ID,
        gateway::UdpRoute::ID,
    ]
    .contains(id)
}

/// Fills in that every parent took a route.
fn accept_route(raw: &mut Raw) -> bool {
    let accepted = accepted(raw.meta.generation);
    let parents = list(&raw.data, &["spec", "parentRefs"]);
    let parents = parents.into_iter().map(|parent| {
        json!({ "parentRef": parent, "controllerName": "assumed", "conditions": [accepted] })
    });
    let parents = parents.collect();
    put(raw, &["status", "parents"], parents)
}

/// Fills in that a listener set and each of its listeners was taken.
fn accept_listeners(raw: &mut Raw) -> bool {
    let accepted = accepted(raw.meta.generation);
    let names = list(&raw.data, &["spec", "listeners"]);
    let names = names.into_iter().filter_map(|name| name.get("name").cloned());
    let listeners = names.map(|name| json!({ "name": name, "conditions": [accepted] })).collect();
    if !put(raw, &["status", "conditions"], json!([accepted])) {
        return false;
    }
    put(raw, &["status", "listeners"], listeners);
    true
}

fn accepted(generation: i64) -> Value {
    json!({ "type": "Accepted", "status": "True", "observedGeneration": generation })
}

/// Puts `value` where nothing is; tells whether it did, and leaves out what says nothing.
fn put(raw: &mut Raw, path: &[&str], value: Value) -> bool {
    let Some((last, above)) = path.split_last() else { return false };
    let is_nothing = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(_) | Value::Bool(_) | Value::Number(_) => false,
    };
    if is_nothing(&value) {
        return false;
    }
    let mut map = &mut raw.data;
    for key in above {
        let below = map.entry((*key).to_owned()).or_insert(Value::Null);
        if below.is_null() {
            *below = Value::Object(Map::new());
        }
        let Value::Object(inner) = below else { return false };
        map = inner;
    }
    let place = map.entry((*last).to_owned()).or_insert(Value::Null);
    let is_missing = is_nothing(place);
    if is_missing {
        *place = value;
    }
    is_missing
}

/// Returns the elements of a list in an object; none when there is no list.
fn list<'a>(data: &'a Map<String, Value>, path: &[&str]) -> Vec<&'a Value> {
    let (first, rest) = path.split_first().map_or(("", &[][..]), |(first, rest)| (*first, rest));
    let found =
        rest.iter().fold(data.get(first), |value, key| value.and_then(|value| value.get(*key)));
    found.and_then(Value::as_array).into_iter().flatten().collect()
}

fn added(api_version: &str, kind: &str, key: &ObjectKey) -> Raw {
    let (namespace, name) = (key.namespace.clone(), key.name.clone());
    Raw {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        meta: Meta { name, namespace, ..Meta::default() },
        ..Raw::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(kind: &str, namespace: &str, name: &str) -> Raw {
        let object = json!({
            "apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": namespace},
        });
        Raw::from_value(object).unwrap()
    }

    #[test]
    fn a_namespace_that_is_not_there_is_assumed_for_what_attaches_to_a_gateway() {
        let key = |kind: KindId, namespace: &str, name: &str| ObjectKey {
            kind,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        };
        let objects: BTreeMap<ObjectKey, Raw> = [
            (key(gateway::HttpRoute::ID, "app", "web"), raw("HTTPRoute", "app", "web")),
            (key(gateway::HttpRoute::ID, "shop", "web"), raw("HTTPRoute", "shop", "web")),
            (key(core::Namespace::ID, "", "shop"), raw("Namespace", "", "shop")),
            (key(core::Service::ID, "other", "web"), raw("Service", "other", "web")),
        ]
        .into();
        let objects: BTreeMap<_, _> = objects.iter().collect();
        let assumed = Assumed::new(Vec::new(), String::new(), false);
        let filled = assumed.fill(&objects, controller_sources::objects::KINDS);
        let namespaces = filled.added.keys().filter(|key| key.kind == core::Namespace::ID);
        let names: Vec<_> = namespaces.map(|key| key.name.as_str()).collect();
        assert_eq!(names, ["app"]);
    }
}
