//! Objects from an API server on a socket: read, followed, and never lost by accident.
#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use controller::cluster::{self, Access};
use controller::store::ObjectStore;
use controller_core::status::{Reason, RecordStatus};
use controller_sources::crd::{Echoes, RecordStatuses, statuses};
use controller_sources::objects::core::Service;
use controller_sources::objects::dns_endpoint::DnsEndpoint;
use controller_sources::objects::gateway::TcpRoute;
use controller_sources::objects::{KINDS, Kind, KindState, Objects, Resource};
use controller_sources::{SOURCES, SourceOptions, kinds_watched};
use external_dns_webhook::{CanonicalName, ObjectRef};
use kube_emulator::{Calls, Emulator, Fault, Options};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long a state may take to come; a wait is over as soon as it is there.
const TIMEOUT: Duration = Duration::from_secs(30);

const CUSTOM_RESOURCE: &str = include_str!("../../charts/signpost/crds/dnsendpoints.yaml");

struct Cluster {
    emulator: Emulator,
    store: Arc<ObjectStore>,
    tasks: JoinSet<anyhow::Result<()>>,
}

impl Cluster {
    async fn start(sources: &[&str], namespaces: &[&str]) -> Self {
        let emulator = Emulator::start(Options::default()).await.unwrap();
        let mut cluster = Self { emulator, store: Arc::default(), tasks: JoinSet::new() };
        cluster.watch(sources, namespaces).await;
        cluster
    }

    async fn watch(&mut self, sources: &[&str], namespaces: &[&str]) {
        let options = SourceOptions {
            namespaces: namespaces.iter().map(|namespace| (*namespace).to_owned()).collect(),
            ..SourceOptions::default()
        };
        self.store =
            Arc::new(ObjectStore::new(Objects::new(kinds_watched(sources, &options).unwrap())));
        self.follow().await;
    }

    async fn follow(&mut self) {
        let access = Access { server: self.emulator.url(), ..Access::default() };
        let client = cluster::client(&access).await.unwrap();
        for (_, task) in cluster::watch(&client, &self.store, &CancellationToken::new()) {
            self.tasks.spawn(task);
        }
    }

    async fn until(&self, what: &str, mut holds: impl FnMut(&Objects) -> bool) {
        let mut changed = self.store.subscribe();
        let wait = async {
            while !holds(&self.store.read()) {
                changed.changed().await.unwrap();
            }
        };
        assert!(tokio::time::timeout(TIMEOUT, wait).await.is_ok(), "never: {what}");
    }

    async fn until_synced<T: Resource>(&self) {
        self.until("synced", |objects| objects.gap(&T::ID, "").is_none()).await;
    }

    fn names(&self) -> Vec<String> {
        // The API server has a Service of its own.
        let objects = self.store.read();
        let names = objects.list::<Service>().map(|object| object.meta.name.clone());
        names.filter(|name| name != "kubernetes").collect()
    }
}

fn service(name: &str, namespace: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
    })
}

fn dns_endpoint() -> Value {
    json!({
        "apiVersion": "externaldns.k8s.io/v1alpha1", "kind": "DNSEndpoint",
        "metadata": {"name": "a", "namespace": "default"},
        "spec": {"endpoints": [{"dnsName": "a.example.org", "recordType": "A",
            "targets": ["192.0.2.1"]}]},
    })
}

fn failure(
    objects: &Objects,
    id: &controller_sources::objects::KindId,
) -> Option<(&'static str, String)> {
    objects.states(id).find_map(|(_, state)| match state {
        KindState::Failed(failure) => Some((failure.verb, failure.error.clone())),
        KindState::Pending | KindState::Synced => None,
    })
}

#[tokio::test]
async fn objects_are_read_and_then_followed() {
    let cluster = Cluster::start(&["service"], &[]).await;
    cluster.emulator.apply(service("early", "default")).unwrap();
    cluster.until_synced::<Service>().await;
    cluster.until("early", |objects| objects.get::<Service>("default", "early").is_some()).await;
    cluster.emulator.apply(service("late", "default")).unwrap();
    cluster.until("late", |objects| objects.get::<Service>("default", "late").is_some()).await;
    cluster.emulator.delete("v1", "Service", "default", "early").unwrap();
    cluster
        .until("early gone", |objects| objects.get::<Service>("default", "early").is_none())
        .await;
    assert_eq!(cluster.names(), ["late"]);
}

#[tokio::test]
async fn a_custom_resource_that_comes_later_is_found_without_a_restart() {
    let cluster = Cluster::start(&["crd"], &[]).await;
    cluster
        .until("told", |objects| {
            failure(objects, &DnsEndpoint::ID).is_some_and(|(verb, _)| verb == "discover")
        })
        .await;
    cluster.emulator.apply_manifests(CUSTOM_RESOURCE).unwrap();
    cluster.until_synced::<DnsEndpoint>().await;
    cluster.emulator.apply(dns_endpoint()).unwrap();
    cluster.until("read", |objects| objects.get::<DnsEndpoint>("default", "a").is_some()).await;
    assert_eq!(cluster.store.read().get::<DnsEndpoint>("default", "a").unwrap().meta.generation, 1);
}

/// Returns the definition of a kind that is served in one version only.
fn definition(kind: &Kind, version: &str) -> Value {
    let Kind { group, kind: name, plural, namespaced, .. } = kind;
    let schema = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}"), "annotations": {
            "api-approved.kubernetes.io": "https://github.com/kubernetes-sigs",
        }},
        "spec": {
            "group": group, "scope": if *namespaced { "Namespaced" } else { "Cluster" },
            "names": {"kind": name, "listKind": format!("{name}List"), "plural": plural,
                "singular": name.to_lowercase()},
            "versions": [{"name": version, "served": true, "storage": true,
                "schema": {"openAPIV3Schema": schema}}],
        },
    })
}

#[tokio::test]
async fn every_kind_is_read_in_every_version_that_a_cluster_may_serve_alone() {
    let built_in = ["", "discovery.k8s.io", "networking.k8s.io"];
    let custom = || KINDS.iter().filter(|kind| !built_in.contains(&kind.group.as_ref()));
    let most = custom().map(|kind| kind.versions.len()).max().unwrap();
    for turn in 0..most {
        let emulator = Emulator::start(Options::default()).await.unwrap();
        let version = |kind: &Kind| kind.versions[turn.min(kind.versions.len() - 1)].to_string();
        for kind in custom() {
            emulator.apply(definition(kind, &version(kind))).unwrap();
        }
        let options = SourceOptions {
            gateway_listener_sets: true,
            traefik_legacy: true,
            ..SourceOptions::default()
        };
        let sources: Vec<_> = SOURCES.iter().map(|source| source.name).collect();
        let watched = kinds_watched(&sources, &options).unwrap();
        assert!(custom().all(|kind| watched.iter().any(|watch| watch.kind == *kind)));
        let store = Arc::new(ObjectStore::new(Objects::new(watched)));
        let mut cluster = Cluster { emulator, store, tasks: JoinSet::new() };
        cluster.follow().await;
        for kind in custom() {
            let (id, version) = (kind.id(), version(kind));
            let is_read = |objects: &Objects| {
                objects.gap(&id, "").is_none() && objects.version(&id).is_some()
            };
            cluster.until(&format!("{id} as {version}"), is_read).await;
            assert_eq!(cluster.store.read().version(&id), Some(version.as_str()), "{id}");
        }
    }
}

#[tokio::test]
async fn a_kind_in_no_version_that_is_read_is_told_with_those_looked_for_and_those_there() {
    let cluster = Cluster::start(&["gateway-tcproute"], &[]).await;
    let told = |part: &'static str| {
        move |objects: &Objects| {
            failure(objects, &TcpRoute::ID).is_some_and(|(_, why)| why.contains(part))
        }
    };
    let tcp = KINDS.iter().find(|kind| kind.id() == TcpRoute::ID).unwrap();
    cluster.until("nothing is there", told("as v1 or v1alpha2, nor anything else")).await;
    let http = KINDS.iter().find(|kind| kind.plural == "httproutes").unwrap();
    cluster.emulator.apply(definition(http, "v1")).unwrap();
    cluster.until("the group is there", told("as v1 or v1alpha2; of that group it has v1,")).await;
    cluster.emulator.apply(definition(tcp, "v2")).unwrap();
    cluster.until("another version", told("as v1 or v1alpha2, only as v2; install")).await;
}

#[tokio::test]
async fn a_refused_watch_is_named_and_what_was_known_stays() {
    let cluster = Cluster::start(&["service"], &[]).await;
    cluster.emulator.apply(service("a", "default")).unwrap();
    cluster.until("a", |objects| objects.get::<Service>("default", "a").is_some()).await;
    cluster.emulator.inject(Fault::Refuse { calls: Calls::of("watch", "services") });
    cluster.emulator.drop_watches();
    cluster
        .until("told", |objects| {
            failure(objects, &Service::ID).is_some_and(|(verb, error)| {
                verb == "watch" && error.contains("grant get, list and watch")
            })
        })
        .await;
    assert_eq!(cluster.names(), ["a"]);
    cluster.emulator.clear_faults();
    cluster.until_synced::<Service>().await;
}

#[tokio::test]
async fn a_version_that_is_too_old_means_reading_anew_and_missing_nothing() {
    let cluster = Cluster::start(&["service"], &[]).await;
    for name in ["a", "b", "c"] {
        cluster.emulator.apply(service(name, "default")).unwrap();
    }
    cluster.until("all", |objects| objects.get::<Service>("default", "c").is_some()).await;
    cluster.emulator.inject(Fault::Fail {
        calls: Calls::of("watch", "services"),
        times: 1,
        code: 500,
    });
    cluster.emulator.drop_watches();
    cluster.emulator.delete("v1", "Service", "default", "b").unwrap();
    cluster.emulator.apply(service("d", "default")).unwrap();
    cluster.emulator.compact();
    cluster.until("d", |objects| objects.get::<Service>("default", "d").is_some()).await;
    cluster.until("b gone", |objects| objects.get::<Service>("default", "b").is_none()).await;
    cluster.until_synced::<Service>().await;
    assert_eq!(cluster.names(), ["a", "c", "d"]);
}

#[tokio::test]
async fn one_forbidden_namespace_hurts_only_itself() {
    let emulator = Emulator::start(Options::default()).await.unwrap();
    for namespace in ["a", "b"] {
        let object =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        emulator.apply(object).unwrap();
        emulator.apply(service("web", namespace)).unwrap();
    }
    let calls = Calls {
        resource: Some("services".to_owned()),
        namespace: Some("b".to_owned()),
        ..Calls::default()
    };
    emulator.inject(Fault::Refuse { calls });
    let mut cluster = Cluster { emulator, store: Arc::default(), tasks: JoinSet::new() };
    cluster.watch(&["service"], &["a", "b"]).await;
    cluster.until("a", |objects| objects.gap(&Service::ID, "a").is_none()).await;
    cluster.until("b told", |objects| failure(objects, &Service::ID).is_some()).await;
    assert_eq!(cluster.store.read().list::<Service>().count(), 1);
    cluster.emulator.clear_faults();
    cluster.until("b", |objects| objects.gap(&Service::ID, "b").is_none()).await;
    assert_eq!(cluster.store.read().list::<Service>().count(), 2);
}

#[tokio::test]
async fn a_server_that_comes_back_is_followed_again() {
    let cluster = Cluster::start(&["service"], &[]).await;
    cluster.until_synced::<Service>().await;
    cluster.emulator.drop_connections();
    cluster.emulator.apply(service("after", "default")).unwrap();
    cluster.until("after", |objects| objects.get::<Service>("default", "after").is_some()).await;
    cluster.until_synced::<Service>().await;
}

/// Every name that an object wants is as it should be.
struct UpToDate;

impl RecordStatuses for UpToDate {
    fn is_elsewhere(&self, _: &CanonicalName) -> bool {
        false
    }

    fn writes(&self, _: &CanonicalName) -> bool {
        true
    }

    fn of_name(&self, name: &CanonicalName) -> Vec<RecordStatus> {
        vec![RecordStatus::on_name(name, "crd/default/a", Reason::UpToDate)]
    }

    fn of_object(&self, _object: &ObjectRef) -> Vec<RecordStatus> {
        Vec::new()
    }
}

#[tokio::test]
async fn a_status_is_written_once_and_says_what_became_of_each_record_set() {
    let cluster = Cluster::start(&["crd"], &[]).await;
    cluster.emulator.apply_manifests(CUSTOM_RESOURCE).unwrap();
    cluster.until_synced::<DnsEndpoint>().await;
    cluster.emulator.apply(dns_endpoint()).unwrap();
    cluster.until("read", |objects| objects.get::<DnsEndpoint>("default", "a").is_some()).await;
    let access = Access { server: cluster.emulator.url(), ..Access::default() };
    let client = cluster::client(&access).await.unwrap();
    let echoes = Mutex::new(Echoes::default());
    let writes = |now: &str| {
        let objects = cluster.store.read();
        statuses(&objects, &echoes.lock().unwrap(), None, &UpToDate, &[], now)
    };
    let first = writes("2026-01-01T00:00:00Z");
    assert_eq!(first.len(), 1);
    cluster::write_statuses(&client, &echoes, first.clone()).await;
    assert_eq!(writes("2026-01-01T00:00:01Z"), []);
    let version = "externaldns.k8s.io/v1alpha1";
    let written = cluster.emulator.get(version, "DNSEndpoint", "default", "a").unwrap();
    assert_eq!(written["status"]["observedGeneration"], 1);
    let programmed = &written["status"]["conditions"][1];
    assert_eq!(programmed["type"], "Programmed");
    assert_eq!(programmed["status"], "True");
    assert_eq!(written["status"]["endpoints"][0]["state"], "Programmed");

    // The same over what is not the last state any more is refused, and changes nothing here.
    cluster
        .until("it came back", |objects| {
            objects
                .get::<DnsEndpoint>("default", "a")
                .is_some_and(|object| object.status.observed_generation == 1)
        })
        .await;
    let before = cluster.store.read().get::<DnsEndpoint>("default", "a").cloned();
    cluster::write_statuses(&client, &echoes, first).await;
    assert_eq!(cluster.emulator.get(version, "DNSEndpoint", "default", "a").unwrap(), written);
    assert_eq!(cluster.store.read().get::<DnsEndpoint>("default", "a").cloned(), before);
}

#[tokio::test]
async fn a_custom_resource_that_went_and_came_back_does_not_bring_its_old_objects() {
    let cluster = Cluster::start(&["crd"], &[]).await;
    cluster.emulator.apply_manifests(CUSTOM_RESOURCE).unwrap();
    let endpoint = json!({
        "apiVersion": "externaldns.k8s.io/v1alpha1", "kind": "DNSEndpoint",
        "metadata": {"name": "a", "namespace": "default"}, "spec": {},
    });
    cluster.emulator.apply(endpoint).unwrap();
    cluster.until("read", |objects| objects.get::<DnsEndpoint>("default", "a").is_some()).await;
    let definition = ("apiextensions.k8s.io/v1", "CustomResourceDefinition");
    let name = "dnsendpoints.externaldns.k8s.io";
    cluster.emulator.delete(definition.0, definition.1, "", name).unwrap();
    cluster.emulator.drop_watches();
    cluster.until("told", |objects| failure(objects, &DnsEndpoint::ID).is_some()).await;
    cluster.emulator.apply_manifests(CUSTOM_RESOURCE).unwrap();
    cluster.until_synced::<DnsEndpoint>().await;
    assert_eq!(cluster.store.read().list::<DnsEndpoint>().count(), 0);
}

#[test]
fn each_kind_is_looked_for_in_its_newest_version_first() {
    for kind in KINDS {
        let ages: Vec<_> = kind
            .versions
            .iter()
            .map(|version| kube::core::Version::parse(version).generation())
            .collect();
        assert!(ages.is_sorted_by(|newer, older| newer > older), "{}", kind.id());
    }
}
