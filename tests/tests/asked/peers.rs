//! The seventeen scenarios of the integration suite of `ExternalDNS`, restated as data.
//!
//! Each is the folder `eNN-…`. What is expected is written here once more, by hand: the folders'
//! own expectations are what we answer, these are what the suite asks. Labels do not count, as
//! there; targets and endpoints are compared without order.

use e2e::cluster::Cluster;
use external_dns_webhook::{Endpoint, Ttl};
use k8s_openapi::api::events::v1::Event;
use kube::api::{Api, DeleteParams, ListParams};

use crate::case::Case;
use crate::stage::{Stage, stages};

/// Name, type, targets, and TTL in seconds; 0 for none.
type Record = (&'static str, &'static str, &'static [&'static str], u32);

struct Scenario {
    folder: &'static str,
    expected: &'static [Record],
    /// Objects that events must be about, as `Kind namespace/name`; empty for whichever.
    told: &'static [&'static str],
}

const fn scenario(folder: &'static str, expected: &'static [Record]) -> Scenario {
    Scenario { folder, expected, told: &[] }
}

const SCENARIOS: [Scenario; 17] = [
    scenario(
        "node/a-node-publishes-its-external-address",
        &[("node-1.example.com", "A", &["1.2.3.4"], 0)],
    ),
    scenario(
        "service/a-template-can-serve-one-source-only",
        &[("node-1.node.example.com", "A", &["1.2.3.4"], 0)],
    ),
    scenario(
        "service/a-target-outside-the-allowed-networks-is-refused",
        &[
            ("headless.example.com", "A", &["10.0.0.1", "10.0.0.2"], 0),
            ("headless-svc-0.headless.example.com", "A", &["10.0.0.1"], 0),
            ("headless-svc-1.headless.example.com", "A", &["10.0.0.2"], 0),
        ],
    ),
    scenario(
        "service/a-load-balancer-address-is-the-target",
        &[("svc.example.com", "A", &["1.2.3.4"], 0)],
    ),
    // Here we differ on purpose: ExternalDNS joins the answers of both Ingresses into a round robin
    // that nobody asked for. With us every object asks for itself, one gets the name, and the
    // others are told `Conflict`; the Ingress that asks for what the Service asks for is the same
    // answer twice.
    scenario(
        "service/records-of-two-sources-are-not-merged",
        &[("example.local", "A", &["203.0.113.10"], 0), ("example.local", "A", &["1.2.3.4"], 0)],
    ),
    scenario(
        "service/the-same-address-from-two-sources-gives-one-record",
        &[("example.local", "A", &["1.2.3.4"], 0)],
    ),
    scenario(
        "service/the-same-target-from-two-sources-gives-one-record",
        &[("example.local", "CNAME", &["elb.example.com"], 0)],
    ),
    scenario(
        "service/different-target-names-from-two-sources-stay-apart",
        &[
            ("example.local", "CNAME", &["a.elb.example.com"], 0),
            ("example.local", "CNAME", &["b.elb.example.com"], 0),
        ],
    ),
    scenario(
        "crd/an-a-record-keeps-its-target-and-ttl",
        &[("www.example.com", "A", &["1.2.3.4"], 300)],
    ),
    scenario(
        "crd/a-cname-record-is-published-as-written",
        &[("alias.example.com", "CNAME", &["target.example.com"], 180)],
    ),
    scenario(
        "crd/a-dname-record-is-published-as-written",
        &[("sub.example.com", "DNAME", &["example.net"], 300)],
    ),
    scenario(
        "crd/one-dnsendpoint-holds-records-of-several-types",
        &[
            ("a.example.com", "A", &["1.2.3.4", "5.6.7.8"], 60),
            ("b.example.com", "CNAME", &["a.example.com"], 60),
        ],
    ),
    scenario(
        "crd/an-srv-target-gains-a-missing-final-dot",
        // A host without its final dot is taken here, and written with it.
        &[
            ("_bad._tcp.example.com", "SRV", &["0 0 443 abc.example.com."], 180),
            (
                "_svc._tcp.example.com",
                "SRV",
                &["0 0 443 abc.example.com.", "10 20 443 def.example.com."],
                180,
            ),
        ],
    ),
    scenario(
        "crd/a-dnsendpoint-and-a-service-publish-side-by-side",
        &[("api.example.com", "A", &["10.0.0.1"], 120), ("svc.example.com", "A", &["10.0.0.2"], 0)],
    ),
    Scenario {
        folder: "crd/one-dnsendpoint-holds-two-names",
        expected: &[
            ("api.example.com", "A", &["1.2.3.4"], 120),
            ("www.example.com", "A", &["5.6.7.8"], 120),
        ],
        told: &["DNSEndpoint default/multi-dns", "DNSEndpoint default/multi-dns"],
    },
    Scenario {
        folder: "service/a-hostname-annotation-gives-one-record",
        expected: &[("svc.example.com", "A", &["1.2.3.4"], 0)],
        told: &["Service default/my-svc"],
    },
    Scenario {
        folder: "crd/a-record-shared-with-a-service-is-given-once",
        expected: &[("shared.example.com", "A", &["1.2.3.4"], 300)],
        told: &["DNSEndpoint default/shared-dns", "Service default/shared-svc"],
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn the_scenarios_of_externaldns_ask_for_the_same_here() {
    let mut differences = Vec::new();
    let (stages, _playing) = stages().await;
    for stage in stages {
        for scenario in &SCENARIOS {
            let (asked, told) = play(&stage, scenario).await;
            let expected = scenario.expected();
            if asked != expected || told != scenario.told {
                let (folder, on) = (scenario.folder, stage.name);
                differences.push(format!(
                    "{folder} on {on}: {asked:#?}, not {expected:#?}; told {told:?}, not {:?}",
                    scenario.told
                ));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

async fn play(stage: &Stage, scenario: &Scenario) -> (Vec<String>, Vec<String>) {
    let mut more = vec!["--no-exclude-unschedulable"];
    if !scenario.told.is_empty() {
        more.push("--events-emit=RecordReady");
        forget_events(&stage.cluster).await;
    }
    let sync = stage.play(&Case::of(scenario.folder), &more).await;
    assert!(sync.ended.status.success(), "{}: {sync:#?}", scenario.folder);
    let mut asked: Vec<_> = sync.endpoints.iter().map(asked).collect();
    asked.sort();
    let told = if scenario.told.is_empty() { Vec::new() } else { told(&stage.cluster).await };
    (asked, told)
}

impl Scenario {
    fn expected(&self) -> Vec<String> {
        let mut expected: Vec<_> = self
            .expected
            .iter()
            .map(|(name, record_type, targets, ttl)| {
                format!("{name} {record_type} {targets:?} {ttl}")
            })
            .collect();
        expected.sort();
        expected
    }
}

fn asked(endpoint: &Endpoint) -> String {
    let mut targets: Vec<_> = endpoint.targets.iter().collect();
    targets.sort_unstable();
    let ttl = endpoint.ttl.map_or(0, Ttl::seconds);
    format!("{} {} {targets:?} {ttl}", endpoint.dns_name, endpoint.record_type)
}

fn events(cluster: &Cluster) -> Api<Event> {
    Api::namespaced(cluster.client().clone(), "default")
}

async fn forget_events(cluster: &Cluster) {
    let all = (DeleteParams::default(), ListParams::default());
    events(cluster).delete_collection(&all.0, &all.1).await.unwrap();
}

/// Returns what events are about, in order.
async fn told(cluster: &Cluster) -> Vec<String> {
    let all = events(cluster).list(&ListParams::default()).await.unwrap();
    let about = all.items.into_iter().filter_map(|item| item.regarding).map(|regarding| {
        let text = |text: Option<String>| text.unwrap_or_default();
        format!("{} {}/{}", text(regarding.kind), text(regarding.namespace), text(regarding.name))
    });
    let mut about: Vec<_> = about.collect();
    about.sort();
    about
}
