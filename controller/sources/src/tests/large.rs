//! How much one object may want.

use controller_core::desired::{Gap, Unknown};
use controller_core::status::{Reason, RecordStatus};
use serde_json::{Value, json};

use super::*;
use crate::objects::KindState;
use crate::objects::core::Ingress;
use crate::objects::dns_endpoint::DnsEndpoint;

fn names(count: usize) -> Vec<String> {
    (0..count).map(|at| format!("n{at}.example.com")).collect()
}

/// Returns what one object wants.
fn desired_by(
    source: &'static str,
    options: &SourceOptions,
    id: &KindId,
    object: Value,
) -> Desired {
    let mut objects = Objects::new(kinds_watched(&[source], options).unwrap());
    let kinds: Vec<_> = objects.watches().map(|watch| watch.kind.id()).collect();
    for kind in kinds {
        objects.set_state(&kind, "", KindState::Synced);
    }
    objects.apply(id, Raw::from_value(object).unwrap());
    let mut desired = Desired::default();
    for source in build(&[source], options).unwrap() {
        source.collect(&objects, &ObjectScope::All, &mut desired);
    }
    desired
}

fn annotated(annotations: &Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "web", "namespace": "default", "annotations": annotations},
        "spec": {"type": "LoadBalancer"},
        "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}},
    })
}

fn named(names: &[String]) -> Value {
    annotated(&json!({"external-dns.kubernetes.io/hostname": names.join(",")}))
}

fn ingress(rules: &[String], certificates: &[String]) -> Value {
    let rules: Vec<_> = rules.iter().map(|host| json!({ "host": host })).collect();
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"rules": rules, "tls": [{"hosts": certificates}]},
        "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}, {"ip": "2001:db8::1"}]}},
    })
}

fn dns_endpoint(elements: &[Value]) -> Value {
    json!({
        "apiVersion": "externaldns.k8s.io/v1alpha1", "kind": "DNSEndpoint",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"endpoints": elements},
    })
}

fn element(name: &str, set_identifier: &str) -> Value {
    json!({"dnsName": name, "recordType": "A", "targets": ["192.0.2.1"],
        "setIdentifier": set_identifier})
}

/// Asserts that the object is left as it is, as a whole and for one reason.
fn is_left(desired: &Desired, resource: &str, reason: &Reason) {
    assert_eq!(desired.endpoints, []);
    let what = Unknown::Resource(resource.into());
    let object = Some(resource.into());
    let gap = Gap { what, zone: None, reason: reason.clone(), object };
    assert_eq!(desired.unknown, [gap]);
    assert_eq!(desired.statuses, [RecordStatus::on_object(resource, reason.clone())]);
    assert!(desired.source_objects.contains_key(&resource.into()));
}

#[test]
fn an_object_that_wants_more_names_than_one_may_have_is_left_as_it_is() {
    let options = SourceOptions::default();
    let too_many = |names| Reason::TooManyNames { names, most: 1_000 };
    for count in [1_001, 26_000] {
        let service = desired_by("service", &options, &Service::ID, named(&names(count)));
        is_left(&service, "service/default/web", &too_many(count));
    }
    let by_rules = ingress(&names(1_001), &[]);
    let ingress = desired_by("ingress", &options, &Ingress::ID, by_rules);
    is_left(&ingress, "ingress/default/web", &too_many(1_001));
    let elements: Vec<_> = names(1_200).iter().map(|name| element(name, "")).collect();
    let endpoint = desired_by("crd", &options, &DnsEndpoint::ID, dns_endpoint(&elements));
    is_left(&endpoint, "crd/default/web", &too_many(1_200));
    let sets: Vec<_> = (0..1_001).map(|at| element("www.example.com", &at.to_string())).collect();
    let endpoint = desired_by("crd", &options, &DnsEndpoint::ID, dns_endpoint(&sets));
    is_left(&endpoint, "crd/default/web", &too_many(1_001));
}

#[test]
fn names_that_cannot_exist_count_as_well() {
    let junk: Vec<_> = (0..5_000).map(|at| format!("a..b{at}")).collect();
    let desired = desired_by("service", &SourceOptions::default(), &Service::ID, named(&junk));
    let reason = Reason::TooManyNames { names: 5_000, most: 1_000 };
    is_left(&desired, "service/default/web", &reason);
}

#[test]
fn names_that_templates_make_count_as_well() {
    let mut options = SourceOptions { max_names_per_object: 2, ..SourceOptions::default() };
    options.templates.names = vec!["a.example.com,b.example.com,c.example.com".to_owned()];
    let desired = desired_by("service", &options, &Service::ID, annotated(&json!({})));
    is_left(&desired, "service/default/web", &Reason::TooManyNames { names: 3, most: 2 });
    options.templates.names.clear();
    options.templates.pairs = vec!["a.b:192.0.2.1,c.d:192.0.2.2,e.f:192.0.2.3".to_owned()];
    let desired = desired_by("service", &options, &Service::ID, annotated(&json!({})));
    is_left(&desired, "service/default/web", &Reason::TooManyNames { names: 3, most: 2 });
}

#[test]
fn a_long_list_of_targets_for_each_of_many_names_is_too_much() {
    let targets: Vec<_> = (0..5_000).map(|at| format!("10.0.{}.{}", at / 250, at % 250)).collect();
    let object = annotated(&json!({
        "external-dns.kubernetes.io/hostname": names(900).join(","),
        "external-dns.kubernetes.io/target": targets.join(","),
    }));
    let desired = desired_by("service", &SourceOptions::default(), &Service::ID, object);
    let reason = Reason::TooManyTargets { targets: 105_000, most: 100_000 };
    is_left(&desired, "service/default/web", &reason);
}

#[test]
fn as_many_names_as_one_object_may_have_are_published() {
    let options = SourceOptions::default();
    let names = names(1_000);
    let service = desired_by("service", &options, &Service::ID, named(&names));
    assert_eq!((service.endpoints.len(), service.unknown.len()), (1_000, 0));
    // Both families, and each host in a rule and in a certificate: they are the same names.
    let ingress = desired_by("ingress", &options, &Ingress::ID, ingress(&names, &names));
    assert_eq!((ingress.endpoints.len(), ingress.unknown.len()), (2_000, 0));
    let twice = names.iter().cloned().chain(names.iter().map(|name| name.to_uppercase()));
    let service = desired_by("service", &options, &Service::ID, named(&twice.collect::<Vec<_>>()));
    assert_eq!((service.endpoints.len(), service.unknown.len()), (1_000, 0));
}

#[test]
fn without_a_bound_every_name_is_published_and_targets_of_one_name_are_united() {
    let mut options = SourceOptions { max_names_per_object: 0, ..SourceOptions::default() };
    let service = desired_by("service", &options, &Service::ID, named(&names(20_000)));
    assert_eq!((service.endpoints.len(), service.unknown.len()), (20_000, 0));
    let pairs = (0..2_000).map(|at| format!("a.b:10.0.{}.{}", at / 250, at % 250));
    options.templates.pairs = vec![pairs.collect::<Vec<_>>().join(",")];
    let service = desired_by("service", &options, &Service::ID, annotated(&json!({})));
    assert_eq!(service.endpoints.len(), 1);
    assert_eq!(service.endpoints[0].targets.len(), 2_000);
}

#[test]
fn what_is_remarked_on_thousands_of_annotations_of_an_object_is_a_few_lines() {
    let keys = |prefix: &str| (0..5_000).map(|at| format!("{prefix}{at}")).collect::<Vec<_>>();
    let both = |one: &str, other: &str| [keys(one), keys(other)].concat();
    for (what, keys) in [
        ("unknown", keys("external-dns.kubernetes.io/unknown-")),
        ("a slip in the prefix", keys("external-dns.k8s.io/webhook-")),
        ("under another prefix", keys("external-dns.alpha.kubernetes.io/x")),
        (
            "under both",
            both("external-dns.kubernetes.io/aws-", "external-dns.alpha.kubernetes.io/aws-"),
        ),
    ] {
        let mut annotations = json!({"external-dns.kubernetes.io/hostname": "www.example.com"});
        for (at, key) in keys.iter().enumerate() {
            annotations[key] = at.to_string().into();
        }
        let options = SourceOptions::default();
        let desired = desired_by("service", &options, &Service::ID, annotated(&annotations));
        let lines: Vec<_> =
            desired.statuses.iter().map(|status| status.reason.to_string()).collect();
        assert!((1..=10).contains(&lines.len()), "{what}: {} lines", lines.len());
        assert!(lines.iter().any(|line| line.contains("so it is with 499")), "{what}: {lines:?}");
    }
}
