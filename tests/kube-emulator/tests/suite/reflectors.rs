//! The `kube` crate's watchers and reflectors against the emulator, as the controller uses them.

use std::collections::BTreeMap;
use std::pin::pin;

use futures::{Stream, StreamExt, TryStreamExt};
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{ConfigMap, Service};
use kube::api::{Api, DeleteParams, ListParams, ObjectMeta, Patch, PatchParams, PostParams};
use kube::core::PartialObjectMeta;
use kube::runtime::watcher::{Config, Event};
use kube::runtime::{WatchStreamExt, reflector, watcher};
use kube::{Client, ResourceExt};
use serde_json::json;

use crate::http::{DEADLINE, Http, service};

fn client(http: &Http) -> Client {
    Client::try_from(kube::Config::new(http.emulator.url().parse().unwrap())).unwrap()
}

fn config_map(name: &str) -> ConfigMap {
    let metadata = ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() };
    ConfigMap { metadata, ..ConfigMap::default() }
}

/// Drives a reflector until its store holds exactly `names`.
async fn until_holds(
    store: &reflector::Store<ConfigMap>,
    events: &mut (impl Stream<Item = watcher::Result<Event<ConfigMap>>> + Unpin),
    names: &[&str],
) {
    let reached = async {
        loop {
            let mut held: Vec<String> =
                store.state().iter().map(|object| object.name_any()).collect();
            held.sort();
            if held == names {
                return;
            }
            // Errors are part of recovering; the stream goes on after them.
            let _: Option<_> = events.next().await;
        }
    };
    let waited = tokio::time::timeout(DEADLINE, reached).await;
    assert!(waited.is_ok(), "the store never held {names:?}: {:?}", store.state());
}

async fn a_reflector_recovers(config: Config) {
    let http = Http::start().await;
    let api: Api<ConfigMap> = Api::namespaced(client(&http), "default");
    for name in ["a", "b", "c"] {
        api.create(&PostParams::default(), &config_map(name)).await.unwrap();
    }
    let (store, writer) = reflector::store();
    let events = reflector(writer, watcher(api.clone(), config)).default_backoff();
    let mut events = pin!(events);
    until_holds(&store, &mut events, &["a", "b", "c"]).await;

    api.create(&PostParams::default(), &config_map("d")).await.unwrap();
    api.delete("a", &DeleteParams::default()).await.unwrap();
    until_holds(&store, &mut events, &["b", "c", "d"]).await;

    // The watch breaks, and what happened since is forgotten: only a new list can tell.
    http.emulator.drop_watches();
    api.delete("b", &DeleteParams::default()).await.unwrap();
    http.emulator.compact();
    http.emulator.drop_connections();
    until_holds(&store, &mut events, &["c", "d"]).await;
}

#[tokio::test]
async fn a_reflector_that_lists_follows_changes_and_recovers_from_410() {
    a_reflector_recovers(Config::default().page_size(2)).await;
}

#[tokio::test]
async fn a_reflector_that_streams_follows_changes_and_recovers_from_410() {
    a_reflector_recovers(Config::default().streaming_lists()).await;
}

#[tokio::test]
async fn a_watcher_tells_the_whole_first_list_before_changes() {
    let http = Http::start().await;
    http.emulator.apply(service("web")).unwrap();
    let api: Api<Service> = Api::all(client(&http));
    let mut events = pin!(watcher(api, Config::default()));
    let mut seen = Vec::new();
    while seen.last().map(String::as_str) != Some("done") {
        seen.push(match events.try_next().await.unwrap().unwrap() {
            Event::Init => "init".to_owned(),
            Event::InitApply(service) => service.name_any(),
            Event::InitDone => "done".to_owned(),
            Event::Apply(_) | Event::Delete(_) => panic!("nothing has changed"),
        });
    }
    assert_eq!(seen, ["init", "kubernetes", "web", "done"]);
    http.emulator.delete("v1", "Service", "default", "web").unwrap();
    match events.try_next().await.unwrap().unwrap() {
        Event::Delete(service) => assert_eq!(service.name_any(), "web"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn metadata_alone_can_be_listed_and_patched() {
    let http = Http::start().await;
    http.emulator.apply(service("web")).unwrap();
    let api: Api<PartialObjectMeta<Service>> = Api::namespaced(client(&http), "default");
    let list = api.list(&ListParams::default().fields("metadata.name=web")).await.unwrap();
    assert_eq!(list.items[0].name_any(), "web");
    let patch = json!({ "metadata": { "annotations": { "a": "b" } } });
    let patched = api.patch("web", &PatchParams::default(), &Patch::Merge(patch)).await.unwrap();
    assert_eq!(patched.annotations(), &BTreeMap::from([("a".to_owned(), "b".to_owned())]));
}

#[tokio::test]
async fn a_lease_goes_to_the_first_of_two_who_want_it() {
    let http = Http::start().await;
    let api: Api<Lease> = Api::namespaced(client(&http), "default");
    let lease = |holder: &str, version: Option<String>| -> Lease {
        serde_json::from_value(json!({
            "metadata": { "name": "leader", "resourceVersion": version },
            "spec": { "holderIdentity": holder, "leaseDurationSeconds": 15 },
        }))
        .unwrap()
    };
    let parameters = PostParams::default();
    let held = api.create(&parameters, &lease("one", None)).await.unwrap();
    let version = held.resource_version();
    api.replace("leader", &parameters, &lease("two", version.clone())).await.unwrap();
    let late = api.replace("leader", &parameters, &lease("three", version)).await.unwrap_err();
    assert!(matches!(&late, kube::Error::Api(status) if status.is_conflict()), "{late}");
    let held = api.get("leader").await.unwrap();
    assert_eq!(held.spec.unwrap().holder_identity.as_deref(), Some("two"));
}

#[tokio::test]
async fn server_side_apply_through_kube_upserts() {
    let http = Http::start().await;
    let api: Api<ConfigMap> = Api::namespaced(client(&http), "default");
    let parameters = PatchParams::apply("test").force();
    let wanted = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": { "name": "a" }, "data": { "k": "v" },
    });
    for _ in 0..2 {
        let held = api.patch("a", &parameters, &Patch::Apply(&wanted)).await.unwrap();
        assert_eq!(held.data.unwrap()["k"], "v");
    }
    assert_eq!(http.emulator.requests().count("patch", "configmaps"), 2);
}
