//! A search for a name finds the objects that have it and do not want it, each with the reason.

use serde_json::{Value, json};

use super::*;
use crate::objects::core::Ingress;

const NAME: &str = "a.example.com";

fn told(options: &SourceOptions, kind: &KindId, source: &str, object: &Value) -> Vec<String> {
    let mut objects = Objects::new(kinds_watched(&[source], options).unwrap());
    objects.apply(kind, Raw::from_value(object.clone()).unwrap());
    let sources = build(&[source], options).unwrap();
    let statuses = sources.iter().flat_map(|source| source.left_out(&objects, &NAME.into()));
    statuses
        .map(|status| {
            assert_eq!(status.name.as_str(), NAME);
            format!("{}: {}: {}", status.object.unwrap(), status.reason.code(), status.reason)
        })
        .collect()
}

fn typed(annotations: &Value, service_type: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "web", "namespace": "default", "annotations": annotations,
            "labels": {"team": "a"}},
        "spec": {"type": service_type, "clusterIP": "10.0.0.1"},
        "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}},
    })
}

fn of_service(annotations: &Value, service_type: &str, options: &SourceOptions) -> Vec<String> {
    told(options, &Service::ID, "service", &typed(annotations, service_type))
}

#[test]
fn an_object_that_has_the_name_and_is_left_out_is_found_with_the_reason() {
    let hostname = json!({"external-dns.kubernetes.io/hostname": "b.example.com, A.example.com."});
    let default = SourceOptions::default();
    let labels = SourceOptions {
        label_filter: Selector::labels("team=b").unwrap(),
        ..SourceOptions::default()
    };
    let annotations = SourceOptions {
        annotation_filter: Selector::annotations("public=yes").unwrap(),
        ..SourceOptions::default()
    };
    let elsewhere = json!({
        "external-dns.alpha.kubernetes.io/hostname": NAME,
        "external-dns.alpha.kubernetes.io/controller": "other",
    });
    let misspelt = json!({"external-dns.alpha.kubernetes.io/hostnames": NAME});
    let foreign = json!({"example.com/host": NAME});
    for (annotations, service_type, options, words) in [
        (&hostname, "ClusterIP", &default, "reached inside the cluster only"),
        (&hostname, "LoadBalancer", &labels, "LeftOut: it is left out: --label-filter=team=b"),
        (&hostname, "LoadBalancer", &annotations, "LeftOut: it is left out: --annotation-filter="),
        (&elsewhere, "LoadBalancer", &default, "OtherController: "),
        (&misspelt, "LoadBalancer", &default, "external-dns.alpha.kubernetes.io/hostnames`"),
        (&foreign, "LoadBalancer", &default, "stands in `example.com/host`, which is not read"),
    ] {
        let told = of_service(annotations, service_type, options);
        assert!(told.iter().any(|line| line.contains(words)), "{words}: {told:?}");
        assert!(told.iter().all(|line| line.starts_with("service/default/web: ")), "{told:?}");
    }
}

#[test]
fn an_ingress_of_a_class_that_is_not_read_is_found_by_its_host() {
    let ingress = json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"ingressClassName": "inside", "rules": [{"host": NAME}]},
        "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}},
    });
    let read = |class: &str| {
        let ingress_classes = [class.to_owned()].into();
        let options = SourceOptions { ingress_classes, ..SourceOptions::default() };
        told(&options, &Ingress::ID, "ingress", &ingress)
    };
    assert_eq!(read("outside").len(), 1);
    assert_eq!(read("inside"), Vec::<String>::new(), "it wants the name");
}

#[test]
fn an_object_that_wants_the_name_or_has_another_is_not_told() {
    let key = |key: &str, name: &str| json!({format!("external-dns.kubernetes.io/{key}"): name});
    let default = SourceOptions::default();
    for annotations in [
        key("hostname", NAME),
        key("hostname", "b.example.com"),
        key("target", NAME),
        json!({"note": "see a.example.com"}),
        json!({}),
    ] {
        let told = of_service(&annotations, "LoadBalancer", &default);
        assert_eq!(told, Vec::<String>::new(), "{annotations}");
    }
}
