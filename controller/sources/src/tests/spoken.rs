//! Nothing comes and nothing is said: laws over objects of every kind.

use std::collections::BTreeSet;

use controller_core::status::Reason;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::super::annotations::key;
use super::super::keys::KEYS;
use super::super::*;
use crate::objects::{Kind, KindState, Raw};

const PREFIX: &str = "external-dns.kubernetes.io/";
const CONFIG_MAPS: &str = "configmaps.v1";

/// One object of some kind that some source reads, as it is varied.
#[derive(Clone, Debug, Default)]
struct Draft {
    /// Hosts where the kind has them.
    hosts: Vec<String>,
    /// Annotations without their prefix.
    annotations: Vec<(String, String)>,
    /// Whether the status has an address.
    has_status: bool,
    /// Chooses between forms of the kind.
    form: u8,
}

impl Draft {
    #[expect(clippy::needless_pass_by_value, reason = "drafts are made where they are used")]
    fn object(&self, api_version: &str, kind: &str, spec: Value, status: Value) -> Value {
        let keys = self.annotations.iter();
        let annotations: Map<_, _> =
            keys.map(|(key, value)| (format!("{PREFIX}{key}"), json!(value))).collect();
        let mut object = json!({
            "apiVersion": api_version, "kind": kind,
            "metadata": {"name": "x", "namespace": "default", "generation": 1,
                "annotations": annotations},
            "spec": spec,
        });
        if self.has_status {
            object["status"] = status;
        }
        object
    }

    fn one_of<'a>(&self, choices: &[&'a str]) -> &'a str {
        choices[usize::from(self.form) % choices.len()]
    }

    /// Returns the object as `source` reads it, and whether the kind has hosts in its spec.
    #[expect(clippy::too_many_lines, reason = "one arm for each source")]
    fn of(&self, source: &str) -> (Value, bool) {
        let Self { hosts, .. } = self;
        let balanced = json!({"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}});
        let host = hosts.first().cloned().unwrap_or_default();
        let rules: Vec<_> = hosts.iter().map(|host| json!({"host": host})).collect();
        let gateway = self.one_of(&["gw", "gone", "mesh", "other/gw", "narrow"]);
        let gateways = if self.form % 7 == 6 { json!([]) } else { json!([gateway]) };
        let matches = |matcher: &str| -> Vec<Value> {
            let call = |host: &String| json!({"match": format!("{matcher}(\"{host}\")")});
            hosts.iter().map(call).collect()
        };
        match source {
            "service" => {
                let types = ["LoadBalancer", "ClusterIP", "NodePort", "ExternalName", "Later"];
                let address = self.one_of(&["10.0.0.1", "None", ""]);
                let spec = json!({"type": self.one_of(&types), "clusterIP": address});
                (self.object("v1", "Service", spec, balanced), false)
            }
            "ingress" => {
                let spec = json!({"rules": rules});
                (self.object("networking.k8s.io/v1", "Ingress", spec, balanced), true)
            }
            "node" => {
                let status = json!({"addresses": [{"type": "ExternalIP", "address": "192.0.2.1"}]});
                let spec = json!({"unschedulable": self.form % 2 == 1});
                let mut node = self.object("v1", "Node", spec, status);
                node["metadata"]["namespace"] = json!("");
                (node, false)
            }
            "pod" => {
                let spec = json!({"nodeName": self.one_of(&["", "node-1", "gone"])});
                (self.object("v1", "Pod", spec, json!({"podIP": "10.0.0.1"})), false)
            }
            "crd" => {
                let endpoint = |name: &String| json!({"dnsName": name, "recordType": "A", "targets": ["192.0.2.1"]});
                let endpoints: Vec<_> = hosts.iter().map(endpoint).collect();
                let spec = json!({"endpoints": endpoints});
                (self.object("externaldns.k8s.io/v1alpha1", "DNSEndpoint", spec, json!({})), true)
            }
            "istio-gateway" => {
                let spec = json!({"selector": {"a": self.one_of(&["b", "c"])},
                    "servers": [{"hosts": hosts}]});
                (self.object("networking.istio.io/v1", "Gateway", spec, json!({})), true)
            }
            "istio-virtualservice" => {
                let spec = json!({"hosts": hosts, "gateways": gateways});
                (self.object("networking.istio.io/v1", "VirtualService", spec, json!({})), true)
            }
            "contour-httpproxy" => {
                let spec = match host.as_str() {
                    "" => json!({}),
                    host => json!({"virtualhost": {"fqdn": host}}),
                };
                (self.object("projectcontour.io/v1", "HTTPProxy", spec, balanced), true)
            }
            "traefik-proxy" => {
                let (kind, matcher) = match self.form % 3 {
                    0 => ("IngressRoute", "Host"),
                    1 => ("IngressRouteTCP", "HostSNI"),
                    _ => ("IngressRoute", "HostRegexp"),
                };
                let spec = json!({"routes": matches(matcher)});
                (self.object("traefik.io/v1alpha1", kind, spec, json!({})), true)
            }
            "gloo-proxy" => {
                let spec = json!({"listeners": [{"httpListener":
                    {"virtualHosts": [{"domains": hosts}]}}]});
                let mut proxy = self.object("gloo.solo.io/v1", "Proxy", spec, json!({}));
                proxy["metadata"]["namespace"] = json!("gloo-system");
                (proxy, true)
            }
            "kong-tcpingress" => {
                let spec = json!({"rules": rules});
                (
                    self.object("configuration.konghq.com/v1beta1", "TCPIngress", spec, balanced),
                    true,
                )
            }
            "f5-virtualserver" | "f5-transportserver" => {
                let kind =
                    if source == "f5-virtualserver" { "VirtualServer" } else { "TransportServer" };
                let status = json!({"vsAddress": self.one_of(&["192.0.2.1", "None"])});
                (self.object("cis.f5.com/v1", kind, json!({"host": host}), status), true)
            }
            "ambassador-host" => {
                let spec = json!({"hostname": host});
                let mut object = self.object("getambassador.io/v3alpha1", "Host", spec, json!({}));
                let service = self.one_of(&["", "front.default", "default/gone", "a/b/c"]);
                if !service.is_empty() {
                    object["metadata"]["annotations"]["external-dns.ambassador-service"] =
                        json!(service);
                }
                (object, true)
            }
            "skipper-routegroup" => {
                let status =
                    json!({"loadBalancer": {"routegroup": [{"hostname": "lb.example.net"}]}});
                (self.object("zalando.org/v1", "RouteGroup", json!({"hosts": hosts}), status), true)
            }
            "openshift-route" => {
                let admitted = self.one_of(&["True", "False"]);
                let status = json!({"ingress": [{"host": host, "routerName": "r",
                    "routerCanonicalHostname": "lb.example.net",
                    "conditions": [{"type": "Admitted", "status": admitted}]}]});
                let spec = json!({"host": host});
                (self.object("route.openshift.io/v1", "Route", spec, status), true)
            }
            "unstructured" => (self.object("v1", "ConfigMap", json!({}), json!({})), false),
            other => panic!("no object for {other}"),
        }
    }

    fn is_annotated(&self) -> bool {
        self.annotations.iter().any(|(key, _)| key != key::CONTROLLER)
    }
}

/// Sources whose objects are drafted: all that read objects but the Gateway API's, whose parents have
/// laws of their own.
fn sources() -> Vec<&'static str> {
    let all = SOURCES.iter().map(|row| row.name);
    all.filter(|name| !name.starts_with("gateway-") && !matches!(*name, "fake" | "empty")).collect()
}

/// What stands around each object.
fn surroundings() -> Vec<Value> {
    let gateway = |name: &str, hosts: Value| {
        json!({"apiVersion": "networking.istio.io/v1", "kind": "Gateway",
            "metadata": {"name": name, "namespace": "default"},
            "spec": {"selector": {"a": "b"}, "servers": [{"hosts": hosts}]}})
    };
    vec![
        gateway("gw", json!(["*"])),
        gateway("narrow", json!(["other.example.com"])),
        json!({"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "front", "namespace": "default"},
            "spec": {"type": "LoadBalancer", "selector": {"a": "b"}},
            "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.2"}]}}}),
        json!({"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "x", "namespace": "gloo-system"},
            "spec": {"type": "LoadBalancer"},
            "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.3"}]}}}),
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
            "metadata": {"name": "front", "namespace": "default"},
            "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.4"}]}}}),
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"},
            "status": {"addresses": [{"type": "ExternalIP", "address": "192.0.2.5"},
                {"type": "InternalIP", "address": "10.0.0.5"}]}}),
        json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": {"name": "x", "namespace": "default",
                "labels": {"kubernetes.io/service-name": "x"}},
            "addressType": "IPv4",
            "endpoints": [{"addresses": ["10.1.0.1"], "nodeName": "node-1",
                "targetRef": {"kind": "Pod", "name": "p"}}]}),
    ]
}

/// Returns what `source` makes of `object`, and the object's `resource` label.
fn run(source: &str, object: &Value) -> (Desired, String) {
    let options = SourceOptions {
        unstructured_resources: vec![CONFIG_MAPS.to_owned()],
        publish_internal_services: true,
        ..SourceOptions::default()
    };
    let watches = kinds_watched(&[source], &options).unwrap();
    let kinds: Vec<Kind> = watches.iter().map(|watch| watch.kind.clone()).collect();
    let mut objects = Objects::new(watches);
    let mut key = None;
    for object in surroundings().iter().chain([object]) {
        let raw = Raw::from_value(object.clone()).unwrap();
        let kind = kinds.iter().find(|kind| kind.reads(raw.group(), raw.version(), &raw.kind));
        let Some(kind) = kind else { continue };
        key = Some(ObjectKey::new(kind.id(), &raw.meta));
        objects.apply(&kind.id(), raw);
    }
    for kind in &kinds {
        let states: Vec<_> = objects.states(&kind.id()).map(|(at, _)| at.to_owned()).collect();
        for at in states {
            objects.set_state(&kind.id(), &at, KindState::Synced);
        }
    }
    let mut desired = Desired::default();
    let mut resource = None;
    for source in build(&[source], &options).unwrap() {
        source.collect(&objects, &ObjectScope::All, &mut desired);
        resource = resource.or_else(|| source.resource(key.as_ref()?));
    }
    (desired, resource.unwrap().label().to_owned())
}

/// Returns everything that is desired and said for `resource`.
fn outcome(desired: &Desired, resource: &str) -> BTreeSet<String> {
    let endpoints = desired
        .endpoints
        .iter()
        .filter(|endpoint| endpoint.labels.get("resource") == Some(resource));
    let endpoints = endpoints.map(|endpoint| serde_json::to_string(endpoint).unwrap());
    let told = desired
        .statuses
        .iter()
        .filter(|status| status.object.as_ref().map(ObjectRef::label) == Some(resource));
    let told = told.map(|status| format!("{} {}", status.name, status.reason));
    endpoints.chain(told).collect()
}

fn draft() -> impl Strategy<Value = Draft> {
    let host = prop_oneof![
        4 => "[a-z]{1,6}\\.example\\.org",
        1 => Just("*.example.org".to_owned()),
        1 => Just("*".to_owned()),
        1 => Just("short".to_owned()),
    ];
    let known = KEYS.iter().filter(|row| !row.key.contains(' ')).map(|row| row.key.to_owned());
    let keys = known.chain(["aws-weight".to_owned()]).collect::<Vec<_>>();
    let value = prop_oneof![
        Just("a.example.net"),
        Just("192.0.2.9"),
        Just("1"),
        Just("true"),
        Just("5m"),
        Just("annotation-only"),
        Just("defined-hosts-only"),
        Just("private"),
        Just("HostIP"),
        Just("nonsense"),
    ];
    let annotation = (prop::sample::select(keys), value.prop_map(str::to_owned));
    let annotations = proptest::collection::btree_map(
        annotation.clone().prop_map(|(key, _)| key),
        annotation.prop_map(|(_, value)| value),
        0..3,
    );
    let hosts = proptest::collection::vec(host, 0..3);
    (hosts, annotations, any::<bool>(), any::<u8>()).prop_map(
        |(hosts, annotations, has_status, form)| Draft {
            hosts,
            annotations: annotations.into_iter().collect(),
            has_status,
            form,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Legal silences are those of filters, which are not set here.
    #[test]
    fn an_object_that_wants_a_name_gets_records_or_a_reason(draft in draft()) {
        for source in sources() {
            let (object, has_hosts) = draft.of(source);
            let wants_a_name = draft.is_annotated()
                || source == "node"
                || (has_hosts && draft.hosts.iter().any(|host| !host.is_empty()));
            if wants_a_name {
                let (desired, resource) = run(source, &object);
                prop_assert!(!outcome(&desired, &resource).is_empty(), "{source}: {object:#}");
            }
        }
    }
}

/// A value of each key that is not what the program does without it.
fn value(key: &str) -> &'static str {
    match key {
        key::HOSTNAME | key::INTERNAL_HOSTNAME => "extra.example.org",
        key::TARGET => "192.0.2.99",
        key::TTL => "5m",
        key::RECORD_TYPE => "CNAME",
        key::ALIAS => "true",
        key::SET_IDENTIFIER => "blue",
        key::CONTROLLER => "other",
        key::PRIORITY | "aws-weight" => "7",
        key::ACCESS => "private",
        key::ENDPOINTS_TYPE => "HostIP",
        key::INGRESS => "front",
        _ => "defined-hosts-only",
    }
}

#[test]
fn every_key_has_an_effect_or_is_told_to_have_none() {
    for source in sources() {
        for row in KEYS {
            let key = if row.key.contains(' ') { "aws-weight" } else { row.key };
            let mut changes = false;
            for form in 0..15 {
                let mut without = Draft {
                    hosts: vec!["www.example.org".to_owned()],
                    annotations: Vec::new(),
                    has_status: true,
                    form,
                };
                // Something has to be desired, or a setting would be one of nothing.
                let mut needs = |key: &str, value: &str| {
                    without.annotations.push((key.to_owned(), value.to_owned()));
                };
                if key != key::HOSTNAME && key != key::INTERNAL_HOSTNAME {
                    needs(key::HOSTNAME, "own.example.org");
                }
                if key != key::TARGET && matches!(source, "traefik-proxy" | "unstructured") {
                    needs(key::TARGET, "192.0.2.8");
                }
                let mut with = without.clone();
                with.annotations.push((key.to_owned(), value(key).to_owned()));
                let ((before, resource), (after, _)) =
                    (run(source, &without.of(source).0), run(source, &with.of(source).0));
                let whole = format!("{PREFIX}{key}");
                let ignored = after.statuses.iter().any(|status| {
                    matches!(&status.reason, Reason::IgnoredAnnotation { annotation, .. }
                        if *annotation == whole)
                });
                let differs = outcome(&before, &resource) != outcome(&after, &resource)
                    || before.source_objects != after.source_objects;
                assert!(ignored || (row.counts)(source), "{source}: `{key}` is not told");
                changes |= differs && !ignored;
            }
            assert_eq!(changes, (row.counts)(source), "{source}: `{key}`");
        }
    }
}
