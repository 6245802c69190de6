//! What the store keeps, forgets and tells of objects.

use std::collections::BTreeSet;

use serde_json::json;

use super::core::Service;
use super::endpoint_slice::EndpointSlice;
use super::*;

fn watch(id: &KindId) -> Watch {
    Watch {
        kind: kind(id).unwrap().clone(),
        namespaces: BTreeSet::new(),
        label_selector: String::new(),
        keep_raw: false,
        sources: BTreeSet::new(),
        is_optional: false,
    }
}

fn objects() -> Objects {
    Objects::new([watch(&Service::ID), watch(&EndpointSlice::ID)])
}

fn service(name: &str, ip: impl Into<Value>) -> Raw {
    Raw::from_value(json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": name, "namespace": "default", "resourceVersion": "7"},
        "spec": {"clusterIP": ip.into(), "unknown": 1},
    }))
    .unwrap()
}

#[test]
fn every_kind_has_its_own_id_and_the_struct_that_names_it() {
    let ids: BTreeSet<_> = KINDS.iter().map(Kind::id).collect();
    assert_eq!(ids.len(), KINDS.len());
    assert!(ids.contains(&Service::ID));
    assert!(ids.contains(&EndpointSlice::ID));
}

#[test]
fn a_change_of_what_is_not_read_is_no_change() {
    let mut objects = objects();
    assert!(objects.apply(&Service::ID, service("a", "10.0.0.1")).len() == 1);
    let mut again = service("a", "10.0.0.1");
    again.data.insert("extra".into(), json!(1));
    assert!(objects.apply(&Service::ID, again).is_empty());
    assert!(objects.apply(&Service::ID, service("a", "10.0.0.2")).len() == 1);
}

#[test]
fn an_object_that_makes_no_sense_hurts_only_itself() {
    let mut objects = objects();
    objects.apply(&Service::ID, service("good", "10.0.0.1"));
    objects.apply(&Service::ID, service("bad", json!({"not": "a string"})));
    assert_eq!(objects.list::<Service>().count(), 1);
    let unreadable: Vec<_> = objects.unreadable(&Service::ID).collect();
    assert_eq!(unreadable.len(), 1);
    assert_eq!(unreadable[0].1, "bad");
}

#[test]
fn null_means_absent() {
    let mut objects = objects();
    objects.apply(&Service::ID, service("a", Value::Null));
    assert_eq!(objects.get::<Service>("default", "a").unwrap().spec.cluster_ip, "");
}

#[test]
fn slices_are_found_by_their_service_until_they_are_gone() {
    let mut objects = objects();
    let slice = |service: &str| {
        Raw::from_value(json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": {"name": "s", "namespace": "default",
                "labels": {"kubernetes.io/service-name": service}},
        }))
        .unwrap()
    };
    let count = |objects: &Objects, service: &str| {
        objects.indexed::<EndpointSlice>("default", service).count()
    };
    let key = objects.apply(&EndpointSlice::ID, slice("one")).pop_first().unwrap().key;
    assert_eq!(count(&objects, "one"), 1);
    assert_eq!(objects.apply(&EndpointSlice::ID, slice("two")).len(), 2);
    assert_eq!((count(&objects, "one"), count(&objects, "two")), (0, 1));
    objects.delete(&key);
    assert_eq!(count(&objects, "two"), 0);
}

#[test]
fn a_kind_is_known_only_where_it_was_read() {
    let mut watch = watch(&Service::ID);
    watch.namespaces = ["a", "b"].map(str::to_owned).into();
    let mut objects = Objects::new([watch]);
    assert!(objects.gap(&Service::ID, "a").is_some());
    assert!(objects.set_state(&Service::ID, "a", KindState::Synced));
    assert!(!objects.set_state(&Service::ID, "a", KindState::Synced));
    assert!(objects.gap(&Service::ID, "a").is_none());
    assert!(objects.gap(&Service::ID, "b").is_some());
    assert!(objects.gap(&Service::ID, "").is_some());
}

#[test]
fn a_kind_named_by_its_plural_is_recognised_in_manifests() {
    let maps = Kind::named("configmaps.v1").unwrap();
    assert!(maps.reads("", "v1", "ConfigMap"));
    let policies = Kind::named("policies.v1.example.com").unwrap();
    assert!(policies.reads("example.com", "v1", "Policy"));
    assert!(!policies.reads("", "v1", "Policy"));
    Kind::named("configmaps").unwrap_err();
}
