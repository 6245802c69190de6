//! A search for a name finds the objects that have it and do not want it, each with the reason.

use serde_json::{Value, json};

use super::*;
use crate::objects::KindState;
use crate::objects::core::{Ingress, Pod};
use crate::objects::gateway::{Gateway, HttpRoute};

const NAME: &str = "a.example.com";

fn told(options: &SourceOptions, kind: &KindId, source: &str, object: &Value) -> Vec<String> {
    told_of(options, source, &[(kind, object)])
}

fn told_of(options: &SourceOptions, source: &str, known: &[(&KindId, &Value)]) -> Vec<String> {
    let watches = kinds_watched(&[source], options).unwrap();
    let kinds: Vec<_> = watches.iter().map(|watch| watch.kind.id()).collect();
    let mut objects = Objects::new(watches);
    for kind in kinds {
        objects.set_state(&kind, "", KindState::Synced);
    }
    for (kind, object) in known {
        objects.apply(kind, Raw::from_value((*object).clone()).unwrap());
    }
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

fn of_ingress(annotations: &Value, host: &str, classes: &[&str]) -> Vec<String> {
    let ingress = json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
        "metadata": {"name": "web", "namespace": "default", "annotations": annotations},
        "spec": {"ingressClassName": "inside", "rules": [{"host": host}]},
        "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}},
    });
    let ingress_classes = classes.iter().map(|class| (*class).to_owned()).collect();
    let options = SourceOptions { ingress_classes, ..SourceOptions::default() };
    told(&options, &Ingress::ID, "ingress", &ingress)
}

/// What is told of an Ingress of the class `inside` where only others are read.
const CLASS: &str = "ingress/default/web: LeftOut: it is left out: its class is `inside`, and only those of \
                     `--ingress-class=outside` are read";

#[test]
fn an_ingress_of_a_class_that_is_not_read_is_told_with_the_class_and_the_flag() {
    let hostname = |value: &str| json!({"external-dns.alpha.kubernetes.io/hostname": value});
    let host = "b.example.com";
    assert_eq!(of_ingress(&json!({}), NAME, &["outside"]), [CLASS], "its host");
    for value in [NAME, "\"a.example.com\"", "'A.example.com'", "c.example.com a.example.com"] {
        assert_eq!(of_ingress(&hostname(value), host, &["outside"]), [CLASS], "{value}");
    }
    for annotations in [json!({}), hostname(NAME)] {
        assert_eq!(
            of_ingress(&annotations, NAME, &["inside"]),
            Vec::<String>::new(),
            "it wants it"
        );
    }
    let unclassed = json!({"kubernetes.io/ingress.class": "inside"});
    let told = of_ingress(&unclassed, NAME, &["outside", "public"]);
    assert!(
        told[0].ends_with("`--ingress-class=outside`, `--ingress-class=public` are read"),
        "{told:?}"
    );
}

#[test]
fn a_name_that_an_annotation_leaves_out_is_told_with_that_annotation() {
    for key in ["ingress-hostname-source", "hostname-source"] {
        let whole = format!("external-dns.alpha.kubernetes.io/{key}");
        let hosts = of_ingress(&json!({&whole: "annotation-only"}), NAME, &[]);
        assert!(
            hosts[0].contains(&format!(
                "its annotation `{whole}: annotation-only` lets only names in its"
            )),
            "{hosts:?}"
        );
        let both = json!({
            &whole: "defined-hosts-only",
            "external-dns.alpha.kubernetes.io/hostname": NAME,
        });
        let annotated = of_ingress(&both, "b.example.com", &[]);
        assert!(annotated[0].contains(&format!("`{whole}: defined-hosts-only`")), "{annotated:?}");
    }
    let whole = "external-dns.kubernetes.io/hostname-source";
    let classed = of_ingress(&json!({whole: "annotation-only"}), NAME, &["outside"]);
    assert_eq!(classed, [CLASS], "the class alone would leave it out");
}

#[test]
fn a_route_whose_hosts_an_annotation_leaves_out_is_told_with_that_annotation() {
    let gateway = json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
        "metadata": {"name": "public", "namespace": "default"},
        "spec": {"gatewayClassName": "c",
            "listeners": [{"name": "http", "protocol": "HTTP", "port": 80}]},
        "status": {"addresses": [{"value": "192.0.2.1"}]},
    });
    let parent = json!({"name": "public"});
    let route = json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
        "metadata": {"name": "web", "namespace": "default", "annotations": {
            "external-dns.kubernetes.io/gateway-hostname-source": "annotation-only",
            "external-dns.kubernetes.io/hostname": "b.example.com",
        }},
        "spec": {"hostnames": [NAME], "parentRefs": [&parent]},
        "status": {"parents": [{"parentRef": &parent, "controllerName": "example.org/c",
            "conditions": [{"type": "Accepted", "status": "True"}]}]},
    });
    let options = SourceOptions::default();
    let known = [(&Gateway::ID, &gateway), (&HttpRoute::ID, &route)];
    let told = told_of(&options, "gateway-httproute", &known);
    let words = "`external-dns.kubernetes.io/gateway-hostname-source: annotation-only`";
    assert!(told.iter().any(|line| line.contains(words)), "{told:?}");
}

#[test]
fn of_a_key_in_upper_case_it_is_told_how_it_is_written() {
    let annotations = json!({"external-dns.alpha.kubernetes.io/Hostname": NAME});
    let service = of_service(&annotations, "LoadBalancer", &SourceOptions::default());
    let ingress = of_ingress(&annotations, "b.example.com", &["outside"]);
    for told in [service, ingress] {
        let lines: Vec<_> = told.iter().filter(|line| line.contains("io/Hostname`")).collect();
        assert!(lines.len() == 1 && lines[0].ends_with("; write `hostname`"), "{told:?}");
    }
}

#[test]
fn an_annotation_that_is_read_is_never_said_not_to_be() {
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "web", "namespace": "default",
            "annotations": {"external-dns.kubernetes.io/hostname": NAME}},
        "spec": {"hostNetwork": false},
        "status": {"podIP": "192.0.2.1"},
    });
    let options = SourceOptions { ignore_non_host_network_pods: true, ..SourceOptions::default() };
    let told = told(&options, &Pod::ID, "pod", &pod);
    assert!(!told.is_empty() && told.iter().all(|line| !line.contains("not read")), "{told:?}");
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

/// Returns what is told of the Service `web`, once by a name that it has and once by itself.
fn in_both_forms(options: &SourceOptions, namespace: &str) -> [Vec<String>; 2] {
    let annotations = json!({"external-dns.alpha.kubernetes.io/hostname": NAME});
    let mut service = typed(&annotations, "LoadBalancer");
    service["metadata"]["namespace"] = json!(namespace);
    let mut objects = Objects::new(kinds_watched(&["service"], options).unwrap());
    objects.set_state(&Service::ID, "", KindState::Synced);
    objects.apply(&Service::ID, Raw::from_value(service).unwrap());
    let (namespace, name) = (namespace.to_owned(), "web".to_owned());
    let key = ObjectKey { kind: Service::ID, namespace, name };
    let sources = build(&["service"], options).unwrap();
    let told = |statuses: Vec<RecordStatus>| -> Vec<String> {
        statuses.iter().map(|status| format!("{}: {}", status.name, status.reason)).collect()
    };
    let by_name = sources.iter().flat_map(|source| source.left_out(&objects, &NAME.into()));
    let by_object = sources.iter().flat_map(|source| source.left_out_of(&objects, &key));
    [told(by_name.collect()), told(by_object.collect())]
}

#[test]
fn who_asks_for_an_object_is_told_what_who_asks_for_its_name_is_told() {
    let labels = SourceOptions {
        label_filter: Selector::labels("team=b").unwrap(),
        ..SourceOptions::default()
    };
    let [by_name, by_object] = in_both_forms(&labels, "default");
    assert!(by_object[0].contains("a.example.com: it is left out: --label-filter=team=b"));
    assert_eq!(by_name, by_object);
    assert_eq!(in_both_forms(&SourceOptions::default(), "default"), [Vec::<String>::new(), vec![]]);
}

#[test]
fn an_object_in_a_namespace_that_is_not_read_is_told_with_the_flag() {
    let namespaces = ["default".to_owned()].into();
    let options = SourceOptions { namespaces, ..SourceOptions::default() };
    let [_, by_object] = in_both_forms(&options, "other");
    let told = ": it is left out: --namespace=default does not read the namespace `other`";
    assert_eq!(by_object, [told]);
}
