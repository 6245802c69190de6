//! Which changes concern which objects of a source, and what has to be read for one.

mod large;
mod left_out;
mod spoken;

use std::collections::BTreeSet;

use controller_core::desired::Unknown;
use serde_json::{Value, json};

use super::*;
use crate::objects::core::{Node, Service};
use crate::objects::endpoint_slice::EndpointSlice;
use crate::objects::{KindId, Raw, Resource};

fn store(sources: &[&str]) -> (Objects, Vec<Box<dyn Source>>) {
    let options = SourceOptions::default();
    let objects = Objects::new(kinds_watched(sources, &options).unwrap());
    (objects, build(sources, &options).unwrap())
}

fn service(name: &str, annotations: &Value) -> Raw {
    let object = json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": name, "namespace": "default", "annotations": annotations},
        "spec": {"clusterIP": "None"},
    });
    Raw::from_value(object).unwrap()
}

fn slice(service: &str, address: &str) -> Raw {
    let object = json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {"name": "s", "namespace": "default",
            "labels": {"kubernetes.io/service-name": service}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": [address], "targetRef": {"kind": "Pod", "name": "p"}}],
    });
    Raw::from_value(object).unwrap()
}

fn affected(
    objects: &mut Objects,
    sources: &[Box<dyn Source>],
    id: &KindId,
    raw: Raw,
) -> BTreeSet<ObjectRef> {
    let mut found = BTreeSet::new();
    for change in objects.apply(id, raw) {
        for source in sources {
            let Affected::Objects(keys) = source.affected(objects, &change) else {
                panic!("everything")
            };
            found.extend(keys.iter().filter_map(|key| source.resource(key)));
        }
    }
    found
}

#[test]
fn churn_behind_services_that_want_nothing_affects_no_object() {
    let (mut objects, sources) = store(&["service", "ingress", "istio-gateway"]);
    let gateway = json!({
        "apiVersion": "networking.istio.io/v1", "kind": "Gateway",
        "metadata": {"name": "gw", "namespace": "default"},
    });
    let gateways = objects::istio::IstioGateway::ID;
    objects.apply(&gateways, Raw::from_value(gateway).unwrap());
    objects.apply(&Service::ID, service("quiet", &json!({})));
    let hostname = json!({"external-dns.kubernetes.io/hostname": "a.example.org"});
    objects.apply(&Service::ID, service("loud", &hostname));
    let mut after = |raw| affected(&mut objects, &sources, &EndpointSlice::ID, raw);
    assert!(after(slice("quiet", "192.0.2.1")).is_empty());
    assert!(after(slice("gone", "192.0.2.1")).is_empty());
    assert_eq!(after(slice("loud", "192.0.2.1")), ["service/default/loud".into()].into());
    assert!(after(slice("loud", "192.0.2.1")).is_empty(), "nothing has changed");
    let left = after(slice("quiet", "192.0.2.1"));
    assert_eq!(left, ["service/default/loud".into()].into(), "whom it left is concerned");
}

#[test]
fn what_a_source_refers_to_concerns_its_objects() {
    let (mut objects, sources) = store(&["istio-gateway"]);
    let gateway = json!({
        "apiVersion": "networking.istio.io/v1", "kind": "Gateway",
        "metadata": {"name": "gw", "namespace": "default"},
    });
    objects.apply(&objects::istio::IstioGateway::ID, Raw::from_value(gateway).unwrap());
    let concerned = affected(&mut objects, &sources, &Service::ID, service("a", &json!({})));
    assert_eq!(concerned, ["gateway/default/gw".into()].into());
}

#[test]
fn a_node_affects_services_with_annotations_of_an_older_tool() {
    let compatibility = Compatibility::KopsDnsController;
    let options = SourceOptions { compatibility, ..SourceOptions::default() };
    let mut objects = Objects::new(kinds_watched(&["service"], &options).unwrap());
    let sources = build(&["service"], &options).unwrap();
    let service = json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "old", "namespace": "default",
            "annotations": {"dns.alpha.kubernetes.io/internal": "a.example.org"}},
        "spec": {"type": "NodePort"},
    });
    objects.apply(&Service::ID, Raw::from_value(service).unwrap());
    let node = json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": "n", "labels": {"node-role.kubernetes.io/node": ""}},
        "status": {"addresses": [{"type": "InternalIP", "address": "192.0.2.1"}]},
    });
    let node = Raw::from_value(node).unwrap();
    let concerned = affected(&mut objects, &sources, &Node::ID, node);
    assert_eq!(concerned, ["service/default/old".into()].into());
}

#[test]
fn every_kind_that_a_source_reads_has_a_row() {
    for source in SOURCES {
        for read in source.reads {
            assert!(objects::kind(&read.kind).is_some(), "KINDS lacks `{}`", read.kind);
        }
    }
}

#[test]
fn pods_are_read_only_when_a_flag_needs_them() {
    let kinds = |options: &SourceOptions| -> Vec<String> {
        let watches = kinds_watched(&["service", "ingress"], options).unwrap();
        watches.iter().map(|watch| watch.kind.id().to_string()).collect()
    };
    let mut options = SourceOptions::default();
    assert!(!kinds(&options).contains(&"pods".to_owned()));
    options.publish_host_ip = true;
    assert!(kinds(&options).contains(&"pods".to_owned()));
}

#[test]
fn a_kind_that_two_sources_read_is_watched_once_and_wide_enough_for_both() {
    let options = SourceOptions { namespaces: ["a".into()].into(), ..SourceOptions::default() };
    let watches = kinds_watched(&["service", "node", "gloo-proxy"], &options).unwrap();
    let of = |id: &str| watches.iter().find(|watch| watch.kind.id().as_str() == id).unwrap();
    assert!(of("services").namespaces.is_empty(), "Gloo reads Services everywhere");
    assert!(!of("nodes").is_optional, "the source `node` cannot do without");
    assert_eq!(of("nodes").sources, ["node", "service"].into());
    assert_eq!(of("endpointslices.discovery.k8s.io").namespaces, options.namespaces);
}

#[test]
fn a_kind_that_is_not_known_makes_names_unknown_and_not_absent() {
    let (mut objects, sources) = store(&["service"]);
    let hostname = json!({"external-dns.kubernetes.io/hostname": "a.example.org"});
    objects.apply(&Service::ID, service("a", &hostname));
    let mut desired = Desired::default();
    for source in &sources {
        source.collect(&objects, &ObjectScope::All, &mut desired);
    }
    let unknown: Vec<_> = desired.unknown.into_iter().map(|gap| gap.what).collect();
    let whole = [Unknown::Kind("service".into()), Unknown::Resource("service/default/a".into())];
    assert_eq!(unknown, whole);
}
