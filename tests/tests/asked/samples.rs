//! Every source reads the same from a cluster as from files.

use controller_sources::SOURCES;
use external_dns_webhook::Endpoint;

use crate::case::Case;
use crate::stage::{stages, sync_over_files};

/// Cases with a sample of each source: what its primary and auxiliary objects look like once an
/// API server has stored them.
const SAMPLES: &[&str] = &[
    "crd/namespace-and-filters-choose-the-source-objects",
    "service/a-target-outside-the-allowed-networks-is-refused",
    "gateway-httproute/a-wildcard-set-listener-serves-deep-names",
    "gateway-httproute/a-route-from-a-barred-namespace-is-not-served",
    "gateway-grpcroute/every-route-kind-combines-annotation-and-template",
    "ingress/tls-hosts-are-published-too",
    "node/an-exposed-internal-ipv6-joins-the-external-address",
    "istio-gateway/server-hosts-are-published-without-their-namespace",
    "istio-virtualservice/a-host-bound-to-the-mesh-is-left-out",
    "contour-httpproxy/a-virtual-host-takes-its-targets-from-the-status",
    "traefik-proxy/rule-hosts-need-a-target-annotation",
    "traefik-proxy/flags-choose-the-legacy-group-over-the-new",
    "gloo-proxy/virtual-host-domains-take-settings-from-their-virtualservice",
    "kong-tcpingress/a-hostname-annotation-adds-to-the-rule-hosts",
    "f5-virtualserver/the-spec-address-outranks-the-status-address",
    "ambassador-host/a-host-takes-the-targets-of-its-annotated-service",
    "skipper-routegroup/hosts-take-their-targets-from-the-status",
    "openshift-route/the-first-router-that-admits-a-route-answers",
    "unstructured/annotations-give-any-object-name-and-target",
    "unstructured/a-target-template-reads-the-status",
    "fake/the-fake-source-makes-records-of-every-type",
    "empty/the-empty-source-gives-no-records",
    "pod/host-network-pods-answer-with-node-addresses",
    "service/a-node-port-gets-addresses-and-an-srv-record",
    "service/a-headless-service-publishes-its-ready-pods",
    "service/external-ips-outrank-the-external-name",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_source_reads_the_same_from_a_cluster_as_from_files() {
    let (stages, _playing) = stages().await;
    let mut differences = Vec::new();
    for case in SAMPLES.iter().map(|name| Case::of(name)) {
        let files = sync_over_files(&case, &[]).await;
        let expected = lines(&files.endpoints);
        let asks_for_nothing = case.sources().all(|source| source == "empty");
        assert_eq!(expected.is_empty(), asks_for_nothing, "{}: {files:#?}", case.name);
        for stage in &stages {
            let sync = stage.play(&case, &[]).await;
            let code = (sync.ended.status.code(), files.ended.status.code());
            if lines(&sync.endpoints) != expected || code.0 != code.1 {
                let (name, on) = (case.name, stage.name);
                differences.push(format!("{name} on {on}: {code:?}, not {expected:#?}: {sync:#?}"));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn every_source_has_a_sample() {
    let cases: Vec<_> = SAMPLES.iter().map(|name| Case::of(name)).collect();
    for row in SOURCES {
        let has_one = cases.iter().any(|case| case.sources().any(|source| source == row.name));
        assert!(has_one, "give `{}` a folder and name it in SAMPLES", row.name);
    }
}

/// Returns the endpoints as they go over the wire, in an order of their own.
fn lines(endpoints: &[Endpoint]) -> Vec<String> {
    let mut lines: Vec<_> =
        endpoints.iter().map(|endpoint| serde_json::to_string(endpoint).unwrap()).collect();
    lines.sort();
    lines
}
