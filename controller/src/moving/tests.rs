//! What is listed before a move, each kind on its own; whole worlds are the program's tests.

use controller_core::desired::{Desired, Scope};
use controller_core::plan::Planner;
use controller_core::registry::{Noop, Registry, TxtOptions, TxtRegistry};
use controller_sources::annotations::DEFAULT_PREFIXES;
use controller_sources::objects::{KindId, Raw};
use controller_sources::{SourceOptions, kinds_watched};
use external_dns_webhook::{Endpoint, RecordType};
use serde_json::{Value, json};

use super::*;

fn settings() -> Settings {
    Settings {
        policy: Policy::SYNC,
        owner: "me".to_owned(),
        migrate_from: String::new(),
        keeps_owners: true,
        changes_unowned: false,
        namespaces: Vec::new(),
        prefixes: DEFAULT_PREFIXES.map(str::to_owned).to_vec(),
    }
}

fn objects(all: &[(&'static str, Value)]) -> Objects {
    let sources = ["service", "crd", "gateway-httproute", "gateway-tcproute"];
    let mut objects = Objects::new(kinds_watched(&sources, &SourceOptions::default()).unwrap());
    for (kind, object) in all {
        objects.apply(&KindId::new(kind), Raw::from_value(object.clone()).unwrap());
    }
    objects
}

/// Returns what is listed of records whose names nothing wants.
fn of_records(settings: &Settings, records: &[(&str, RecordType, &str)]) -> Vec<Difference> {
    let records = records
        .iter()
        .map(|(name, of, value)| Endpoint::new(*name, of.clone(), [*value]))
        .collect();
    let options = TxtOptions { owner: settings.owner.clone(), ..TxtOptions::default() };
    let registry: Box<dyn Registry> = if settings.keeps_owners {
        Box::new(TxtRegistry::new(options).unwrap())
    } else {
        Box::new(Noop)
    };
    let inventory = registry.read(records, &["example.com".into()]);
    let planner = Planner {
        owner: Some(settings.owner.clone()),
        policy: settings.policy,
        ..Planner::default()
    };
    let plan = planner.plan(
        &controller_core::plan::memory::Memory::default(),
        &inventory,
        &Desired::default(),
        &Scope::All,
    );
    differences(Evidence { settings, objects: &objects(&[]), inventory: &inventory, plan: &plan })
}

fn of_objects(settings: &Settings, objects: &Objects) -> Vec<Difference> {
    let inventory = Noop.read(Vec::new(), &[]);
    differences(Evidence { settings, objects, inventory: &inventory, plan: &Plan::default() })
}

fn object(api: &str, kind: &str, name: &str, annotations: &Value, spec: &Value) -> Value {
    json!({"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": "apps", "annotations": annotations}, "spec": spec})
}

const GATEWAY_API: &str = "gateway.networking.k8s.io/v1";
const OWNED: &str =
    "heritage=external-dns,external-dns/owner=me,external-dns/resource=service/other/web";

#[test]
fn an_orphan_that_a_sync_would_delete_is_listed_and_one_that_stays_is_not() {
    let records = [
        ("old.example.com", RecordType::A, "192.0.2.1"),
        ("a-old.example.com", RecordType::Txt, OWNED),
        ("hand.example.com", RecordType::A, "192.0.2.2"),
    ];
    let found = of_records(&settings(), &records);
    let [removed] = &found[..] else { panic!("{found:#?}") };
    assert_eq!(removed.kind, Kind::Removed);
    assert!(removed.about.starts_with("old.example.com A"), "{removed:?}");
    assert!(
        removed.here.contains("service/other/web") && removed.next.contains("upsert-only"),
        "{removed:?}"
    );
    let keeps = Settings { policy: Policy::UPSERT_ONLY, ..settings() };
    assert_eq!(of_records(&keeps, &records), []);
}

#[test]
fn records_of_namespaces_that_are_not_read_are_counted_by_namespace() {
    let records = [
        ("old.example.com", RecordType::A, "192.0.2.1"),
        ("a-old.example.com", RecordType::Txt, OWNED),
    ];
    let narrow =
        Settings { namespaces: vec!["apps".to_owned()], policy: Policy::UPSERT_ONLY, ..settings() };
    let found = of_records(&narrow, &records);
    let [setting] = &found[..] else { panic!("{found:#?}") };
    assert_eq!((setting.kind, &*setting.about), (Kind::Setting, "--namespace=apps"));
    assert!(setting.next.contains("`--namespace=other`"), "{setting:?}");
    let wide = Settings { namespaces: vec!["apps".to_owned(), "other".to_owned()], ..narrow };
    assert_eq!(of_records(&wide, &records), []);
}

#[test]
fn an_owner_that_has_nothing_beside_one_that_has_is_told() {
    let records = [
        ("old.example.com", RecordType::A, "192.0.2.1"),
        ("a-old.example.com", RecordType::Txt, &*OWNED.replace("=me", "=default")),
    ];
    let found = of_records(&settings(), &records);
    assert!(found[0].next.contains("`--migrate-from-txt-owner=default`"), "{found:#?}");
    let moving = Settings { migrate_from: "default".to_owned(), ..settings() };
    assert_eq!(of_records(&moving, &records), []);
}

#[test]
fn an_ownership_record_without_a_type_is_listed() {
    let records = [
        ("old.example.com", RecordType::A, "192.0.2.1"),
        ("old.example.com", RecordType::Txt, OWNED),
    ];
    let keeps = Settings { policy: Policy::UPSERT_ONLY, ..settings() };
    let found = of_records(&keeps, &records);
    assert!(found.iter().any(|found| found.kind == Kind::Ownership), "{found:#?}");
}

#[test]
fn a_registry_of_nothing_under_a_policy_that_deletes_is_told() {
    let noop = Settings { keeps_owners: false, ..settings() };
    assert_eq!(of_records(&noop, &[])[0].about, "--registry=noop");
    assert_eq!(of_records(&Settings { changes_unowned: true, ..noop.clone() }, &[]), []);
    assert_eq!(of_records(&Settings { policy: Policy::CREATE_ONLY, ..noop }, &[]), []);
}

#[test]
fn annotations_that_are_passed_over_there_are_listed_with_what_removes_them() {
    let route = |name: &str, annotations: Value| {
        (
            "httproutes.gateway.networking.k8s.io",
            object(GATEWAY_API, "HTTPRoute", name, &annotations, &json!({})),
        )
    };
    let gateway = object(
        GATEWAY_API,
        "Gateway",
        "edge",
        &json!({"external-dns.kubernetes.io/ttl": "60", "external-dns.kubernetes.io/hostname": "a.example.com"}),
        &json!({"gatewayClassName": "x", "listeners": []}),
    );
    let objects = objects(&[
        route("dormant", json!({"external-dns.kubernetes.io/target": "192.0.2.9"})),
        route("empty", json!({"external-dns.kubernetes.io/target": ""})),
        route("plain", json!({"external-dns.kubernetes.io/ttl": "60"})),
        route("weighted", json!({"external-dns.kubernetes.io/aws-weight": "1"})),
        route(
            "whole",
            json!({"external-dns.kubernetes.io/aws-weight": "1", "external-dns.kubernetes.io/set-identifier": "a"}),
        ),
        ("gateways.gateway.networking.k8s.io", gateway),
    ]);
    let found = of_objects(&settings(), &objects);
    let about: Vec<_> = found.iter().map(|found| found.about.as_str()).collect();
    assert_eq!(
        about,
        [
            "gateways.gateway.networking.k8s.io/apps/edge: annotation `external-dns.kubernetes.io/ttl`",
            "httproutes.gateway.networking.k8s.io/apps/dormant: annotation `external-dns.kubernetes.io/target`",
            "httproutes.gateway.networking.k8s.io/apps/weighted: annotation `external-dns.kubernetes.io/aws-weight`",
        ]
    );
    assert!(
        found[1].next.contains("`kubectl annotate httproutes.gateway.networking.k8s.io dormant --namespace=apps external-dns.kubernetes.io/target-`"),
        "{found:#?}"
    );
    assert!(found[2].next.contains("`external-dns.kubernetes.io/set-identifier`"), "{found:#?}");
}

#[test]
fn a_property_of_a_dns_endpoint_without_a_set_identifier_is_listed() {
    let element = |set: &str| {
        json!({"dnsName": "a.example.com", "recordType": "A", "targets": ["192.0.2.1"], "setIdentifier": set,
               "providerSpecific": [{"name": "aws/weight", "value": "1"}, {"name": "aws/health-check-id", "value": "x"}]})
    };
    let spec = json!({"endpoints": [element(""), element("blue")]});
    let endpoint = object("externaldns.k8s.io/v1alpha1", "DNSEndpoint", "x", &json!({}), &spec);
    let found = of_objects(&settings(), &objects(&[("dnsendpoints.externaldns.k8s.io", endpoint)]));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].about.ends_with("`aws/weight` of `a.example.com`"), "{found:#?}");
}

#[test]
fn routes_of_a_version_that_is_not_read_there_are_listed() {
    let kind = "tcproutes.gateway.networking.k8s.io";
    let mut objects =
        objects(&[(kind, object(GATEWAY_API, "TCPRoute", "db", &json!({}), &json!({})))]);
    assert_eq!(of_objects(&settings(), &objects), []);
    objects.set_version(&KindId::new(kind), "v1");
    assert_eq!(of_objects(&settings(), &objects)[0].kind, Kind::Version);
    objects.set_version(&KindId::new(kind), "v1alpha2");
    assert_eq!(of_objects(&settings(), &objects), []);
}

#[test]
fn where_both_prefixes_are_in_use_the_objects_of_the_rarer_one_are_listed() {
    let service = |name: &str, prefix: &str| {
        let annotations = json!({(format!("{prefix}hostname")): "a.example.com"});
        ("services", object("v1", "Service", name, &annotations, &json!({})))
    };
    let [new, old] = DEFAULT_PREFIXES;
    let objects = objects(&[service("a", old), service("b", old), service("c", new)]);
    let found = of_objects(&settings(), &objects);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].about.starts_with("services/apps/c"), "{found:#?}");
    assert!(found[0].next.contains(&format!("`--annotation-prefix={old}`")), "{found:#?}");
    let one = Settings { prefixes: vec![old.to_owned()], ..settings() };
    assert_eq!(of_objects(&one, &objects), []);
}
