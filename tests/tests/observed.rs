//! What a running controller tells those who watch it: metrics, probes, and Events in an outage.
//!
//! Every case runs against the emulator and, where `KUBEBUILDER_ASSETS` names one, unchanged against
//! a real kube-apiserver.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot set up its world should stop"
)]

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use e2e::World;
use e2e::faulty::FaultMode;
use e2e::manifest::{HOSTNAME, dns_endpoint, endpoint};
use e2e::patience::eventually;
use e2e::world::{Controller, Namespace};
use external_dns_webhook::{Endpoint, RecordType};
use k8s_openapi::api::events::v1::Event;
use serde_json::{Value, json};

/// Metrics that dashboards of `ExternalDNS` want: name, type, labels.
const THEIRS: &[(&str, &str, &str)] = &[
    ("external_dns_build_info", "gauge", "arch go_version os revision version"),
    ("external_dns_controller_last_reconcile_timestamp_seconds", "gauge", ""),
    ("external_dns_controller_last_sync_timestamp_seconds", "gauge", ""),
    ("external_dns_controller_no_op_runs_total", "counter", ""),
    ("external_dns_controller_consecutive_soft_errors", "gauge", ""),
    ("external_dns_controller_verified_records", "gauge", "record_type"),
    ("external_dns_registry_endpoints_total", "gauge", ""),
    ("external_dns_registry_records", "gauge", "record_type"),
    ("external_dns_registry_errors_total", "counter", ""),
    (
        "external_dns_registry_skipped_records_owner_mismatch_per_sync",
        "gauge",
        "domain foreign_owner owner record_type",
    ),
    ("external_dns_source_endpoints_total", "gauge", ""),
    ("external_dns_source_records", "gauge", "record_type"),
    ("external_dns_source_errors_total", "counter", ""),
    ("external_dns_source_invalid_endpoints", "gauge", "record_type source_type"),
    ("external_dns_source_deduplicated_endpoints", "gauge", "record_type source_type"),
    (
        "external_dns_http_request_duration_seconds",
        "summary",
        "handler host method path scheme status",
    ),
    ("external_dns_provider_cache_records_calls", "counter", "from_cache"),
    ("external_dns_provider_cache_apply_changes_calls", "counter", ""),
    ("external_dns_webhook_provider_records_requests_total", "gauge", ""),
    ("external_dns_webhook_provider_records_errors_total", "gauge", ""),
    ("external_dns_webhook_provider_applychanges_requests_total", "gauge", ""),
    ("external_dns_webhook_provider_applychanges_errors_total", "gauge", ""),
    ("external_dns_webhook_provider_adjustendpoints_requests_total", "gauge", ""),
    ("external_dns_webhook_provider_adjustendpoints_errors_total", "gauge", ""),
    ("process_cpu_seconds_total", "counter", ""),
    ("process_max_fds", "gauge", ""),
    ("process_open_fds", "gauge", ""),
    ("process_resident_memory_bytes", "gauge", ""),
    ("process_start_time_seconds", "gauge", ""),
    ("process_virtual_memory_bytes", "gauge", ""),
];

/// Metrics that there are beyond those.
const OURS: &[(&str, &str, &str)] = &[
    ("external_dns_controller_last_completed_sync_timestamp_seconds", "gauge", ""),
    ("external_dns_controller_deletion_guard_engaged", "gauge", ""),
    ("external_dns_controller_changes_total", "counter", "action reason result zone"),
    ("external_dns_controller_held_deletes", "gauge", ""),
    ("external_dns_controller_leader", "gauge", ""),
    ("external_dns_controller_leader_transitions_total", "counter", ""),
    ("external_dns_controller_sync_duration_seconds", "histogram", "kind result"),
    ("external_dns_controller_publish_latency_seconds", "histogram", ""),
    ("external_dns_controller_state_failing", "gauge", ""),
    ("external_dns_controller_record_status", "gauge", "reason"),
    ("external_dns_provider_call_duration_seconds", "histogram", "operation"),
    ("external_dns_provider_calls_total", "counter", "operation result"),
    ("external_dns_source_objects", "gauge", "kind"),
    ("external_dns_source_watch_age_seconds", "gauge", "kind namespace"),
    ("external_dns_source_watch_synced", "gauge", "kind namespace"),
];

/// Returns a world for every cluster there is on this machine, with a controller that is ready.
async fn worlds(namespace: &str) -> Vec<World<Namespace>> {
    let foreign = Endpoint::new("www.foreign.example.com", RecordType::A, ["192.0.2.99"]);
    let flags = [
        "--source=crd",
        "--source=unstructured",
        "--unstructured-resource=configmaps.v1",
        "--managed-record-types=A",
        "--managed-record-types=MX",
        "--interval=500ms",
        "--events",
        "--leader-elect",
        &format!("--leader-elect-namespace={namespace}"),
        "--events-emit=RecordReady",
        "--events-emit=RecordError",
    ];
    let worlds = World::everywhere(namespace, &[foreign], &flags).await;
    for world in &worlds {
        world.until_ready_is(true).await;
    }
    worlds
}

/// A `ConfigMap` that wants a name.
fn config_map(name: &str, host: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": { "name": name, "annotations": {
            HOSTNAME: host,
            "external-dns.kubernetes.io/target": "192.0.2.8",
        } },
    })
}

/// A family of metrics as it was read: its type, and the labels of its samples.
type Family = (String, BTreeSet<String>);

/// Returns every family that has a sample.
fn families(text: &str) -> BTreeMap<String, Family> {
    let types: BTreeMap<&str, &str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' ')).collect();
    let mut found: BTreeMap<String, Family> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        let parts = ["_bucket", "_sum", "_count"];
        let base = parts.iter().find_map(|part| name.strip_suffix(part));
        let base = base.filter(|base| types.contains_key(base)).unwrap_or(name);
        let kind = types.get(base).unwrap_or_else(|| panic!("`{line}` has no type"));
        let inside = line
            .split_once('{')
            .and_then(|(_, rest)| rest.rsplit_once('}'))
            .map_or("", |parts| parts.0);
        // No value here holds a comma.
        let labels = inside
            .split(',')
            .filter_map(|part| part.split_once('='))
            .map(|label| label.0.to_owned());
        let labels = labels.filter(|label| label != "le" && label != "quantile");
        let family =
            found.entry(base.to_owned()).or_insert_with(|| ((*kind).to_owned(), BTreeSet::new()));
        family.1.extend(labels);
    }
    found
}

/// Returns a sample; `None` when there is none.
async fn sample(world: &World<Namespace>, name: &str) -> Option<f64> {
    let text = world.get("/metrics").await;
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

/// Waits until this many more syncs have asked the provider something.
async fn syncs(world: &World<Namespace>, count: usize) {
    world.provider.until_asked(&Method::GET, "/", count).await;
}

/// Returns the Events on an object: its version and kind, the reason, and the note.
async fn events(world: &World<Namespace>, name: &str) -> Vec<(String, String, String)> {
    let told = |event: Event| {
        let regarding =
            event.regarding.filter(|regarding| regarding.name.as_deref() == Some(name))?;
        assert!(regarding.uid.is_some(), "{regarding:?}");
        let kind = format!("{} {}", regarding.api_version?, regarding.kind?);
        Some((kind, event.reason?, event.note?))
    };
    world.objects.events().await.into_iter().filter_map(told).collect()
}

async fn read(controller: &Controller, path: &str) -> (u16, String) {
    let answer = controller.get(path).await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_controller_has_every_metric_by_name_type_and_labels() {
    for world in worlds("metrics").await {
        let new = || endpoint("new.example.com", "A", "192.0.2.1");
        let all = [
            new(),
            new(),
            endpoint("www.foreign.example.com", "A", "192.0.2.2"),
            endpoint("bad.example.com", "MX", "nowhere"),
        ];
        world.objects.apply(&dns_endpoint("all", &all)).await;
        let expected: BTreeMap<String, Family> = THEIRS
            .iter()
            .chain(OURS)
            .map(|(name, kind, labels)| {
                let labels = labels.split_whitespace().map(str::to_owned).collect();
                ((*name).to_owned(), ((*kind).to_owned(), labels))
            })
            .collect();
        let found = || async { families(&world.get("/metrics").await) };
        let wanted = |families: &BTreeMap<String, Family>| {
            expected.keys().all(|name| families.contains_key(name))
        };
        let found = eventually("a sample of every metric", found, wanted).await;
        assert_eq!(found, expected);

        for (name, expected) in [
            ("external_dns_controller_verified_records{record_type=\"a\"}", 2.0),
            (
                "external_dns_source_deduplicated_endpoints{record_type=\"a\",source_type=\"crd\"}",
                1.0,
            ),
            ("external_dns_source_invalid_endpoints{record_type=\"mx\",source_type=\"crd\"}", 1.0),
            (
                "external_dns_registry_skipped_records_owner_mismatch_per_sync{record_type=\"a\",\
                 owner=\"me\",foreign_owner=\"\",domain=\"foreign.example.com\"}",
                1.0,
            ),
            ("external_dns_controller_record_status{reason=\"ForeignOwner\"}", 1.0),
            ("external_dns_controller_leader", 1.0),
            ("external_dns_controller_leader_transitions_total", 1.0),
            ("external_dns_source_objects{kind=\"dnsendpoints.externaldns.k8s.io\"}", 1.0),
            ("external_dns_source_watch_synced{kind=\"configmaps\",namespace=\"metrics\"}", 1.0),
            ("external_dns_controller_publish_latency_seconds_count", 1.0),
        ] {
            assert_eq!(sample(&world, name).await, Some(expected), "{name}");
        }
        let latency = sample(&world, "external_dns_controller_publish_latency_seconds_sum").await;
        assert!(latency.is_some_and(|latency| latency > 0.0 && latency < 30.0), "{latency:?}");
        let answer = world.controller().get("/metrics").await.unwrap();
        assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_tell_the_truth_while_the_provider_is_down_and_about_who_stands_by() {
    for world in worlds("probes").await {
        world
            .objects
            .apply(&dns_endpoint("one", &[endpoint("new.example.com", "A", "192.0.2.1")]))
            .await;
        let says = || async { world.controller().ready().await.unwrap() };
        let lines = [
            "[+]leadership ok: this replica leads, in epoch ",
            "[+]sync ok: the last one ended ",
            "[+]provider ok: it answered ",
            "[+]deletion-guard ok",
            "[+]changes ok",
            "[+]state ok",
            "[+]watch-configmaps/probes ok: ",
            "[+]watch-dnsendpoints.externaldns.k8s.io/probes ok: 1 object, last read ",
            "readyz check passed",
        ];
        let all = |(ready, text): &(bool, String)| {
            let told = |line: &&str| text.lines().any(|other| other.starts_with(*line));
            *ready && lines.iter().all(told)
        };
        eventually("every check is well", says, all).await;
        assert_eq!(read(world.controller(), "/readyz").await, (200, "ok".to_owned()));

        world.provider.be(FaultMode::Status(503));
        let (_, text) = eventually("not ready", says, |(ready, text)| {
            // The provider is heard before the sync has ended.
            let provider = text.contains("[-]provider failed: no good answer for ");
            !ready && provider && text.contains("[-]sync failed: ")
        })
        .await;
        assert!(text.contains("503"), "{text}");
        assert!(text.contains("[+]watch-configmaps/probes ok"), "{text}");
        assert!(text.ends_with("readyz check failed\n"), "{text}");
        assert_eq!(read(world.controller(), "/healthz").await, (200, "OK".to_owned()));
        let alive = read(world.controller(), "/livez?verbose").await;
        assert_eq!(alive, (200, "[+]loop ok\nlivez check passed\n".to_owned()));
        assert_eq!(read(world.controller(), "/livez").await, (200, "ok".to_owned()));

        // The second replica never made a sync, and knows all the same.
        let second = world.replica();
        let says_second = || async { second.ready().await.unwrap() };
        let (_, text) = eventually("the second knows", says_second, |(ready, text)| {
            !ready && text.contains("[-]provider failed: ")
        })
        .await;
        assert!(text.contains("[+]leadership ok: this replica stands by"), "{text}");
        assert!(
            text.contains("[+]sync ok: none is expected of a replica that stands by"),
            "{text}"
        );
        // Nor does it call well what it cannot know.
        let (_, records) = read(&second, "/v1/records?problems").await;
        let records: Value = serde_json::from_str(&records).unwrap();
        assert!(records["standsBy"].is_string(), "{records:#}");
        assert_eq!(records["problems"][0]["part"], "provider", "{records:#}");
        let page = read(&second, "/").await.1;
        assert!(
            page.contains("This replica stands by") && !page.contains("is as desired."),
            "{page}"
        );
        drop(second);

        world.provider.be(FaultMode::Well);
        world.until_ready_is(true).await;
        let second = world.replica();
        let says_second = || async { second.ready().await.unwrap() };
        let leads = |(ready, text): &(bool, String)| *ready && text.contains("` leads");
        eventually("the second stands by and is ready", says_second, leads).await;
        let metrics = read(&second, "/metrics").await.1;
        assert!(metrics.contains("\nexternal_dns_controller_leader 0\n"), "{metrics}");
        assert_eq!(read(&second, "/livez").await.0, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_told_once_to_those_who_wait_and_so_is_its_end() {
    for world in worlds("outage").await {
        world.objects.apply(&config_map("before", "before.example.com")).await;
        let before = || events(&world, "before");
        eventually("the first name", before, |found| found.len() == 1).await;

        world.provider.be(FaultMode::Status(503));
        world.objects.apply(&config_map("map", "map.example.com")).await;
        world
            .objects
            .apply(&dns_endpoint("names", &[endpoint("n.example.com", "A", "192.0.2.1")]))
            .await;
        for (name, kind) in
            [("map", "v1 ConfigMap"), ("names", "externaldns.k8s.io/v1alpha1 DNSEndpoint")]
        {
            let told = eventually(
                "the outage is told",
                || events(&world, name),
                |events| !events.is_empty(),
            )
            .await;
            let [(regarding, reason, note)] = told.as_slice() else { panic!("{told:#?}") };
            assert_eq!((regarding.as_str(), reason.as_str()), (kind, "RecordError"));
            assert!(note.contains("not written yet, and tried again: "), "{note}");
            assert!(note.contains("503"), "{note}");
        }
        syncs(&world, 2).await;
        assert_eq!(events(&world, "map").await.len(), 1, "it is told once");
        assert_eq!(before().await.len(), 1, "this one waits for nothing");
        assert_eq!(
            sample(&world, "external_dns_controller_publish_latency_seconds_count").await,
            Some(1.0)
        );

        world.provider.be(FaultMode::Well);
        for name in ["map", "names"] {
            let told =
                eventually("the end is told", || events(&world, name), |events| events.len() > 1)
                    .await;
            assert_eq!(told[1].1, "RecordReady", "{told:#?}");
        }
        syncs(&world, 3).await;
        for (name, count) in [("map", 2), ("names", 2), ("before", 1)] {
            let events = events(&world, name).await;
            assert_eq!(events.len(), count, "steady state is silent: {events:#?}");
        }
        // They waited for the outage to end, which took two syncs and the waits before them.
        let count = sample(&world, "external_dns_controller_publish_latency_seconds_count").await;
        let sum =
            sample(&world, "external_dns_controller_publish_latency_seconds_sum").await.unwrap();
        assert_eq!(count, Some(3.0));
        assert!(sum > 2.0, "{sum}");
    }
}
