//! Every source reads the same from a cluster as from files.

use controller_sources::SOURCES;
use external_dns_webhook::Endpoint;

use crate::case::Case;
use crate::stage::{stages, sync_over_files};

/// Folders with a sample of each source: what its primary and auxiliary objects look like once an
/// API server has stored them.
const SAMPLES: &[&str] = &[
    "cr01-record",
    "e03-headless-with-pods",
    "gw28-listener-set",
    "gw20-allowed-namespaces",
    "gw27-all-kinds",
    "in11-tls",
    "no04-external-and-ipv6",
    "ot01-istio-gateway",
    "ot02-istio-virtualservice",
    "ot03-contour",
    "ot04-traefik",
    "ot04-traefik-legacy",
    "ot05-gloo",
    "ot06-kong",
    "ot07-f5",
    "ot08-ambassador",
    "ot09-skipper",
    "ot10-openshift",
    "ot11-unstructured",
    "ot11-unstructured-status",
    "ot12-fake",
    "ot13-empty",
    "po01-names",
    "sn01-node-port",
    "sh01-headless",
    "sx02-external-ips",
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
