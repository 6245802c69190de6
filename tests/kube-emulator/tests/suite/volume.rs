//! Many objects: pages, streams and watches keep all of them.

use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams};
use kube::runtime::watcher::{Config, Event, watcher};
use kube::{Client, ResourceExt};
use serde_json::{Value, json};

use crate::http::Http;

/// Enough for many pages, many chunks of one answer and many batches of events.
const PODS: usize = 3_000;

fn pods() -> Value {
    let pod = |index: usize| {
        json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": { "name": format!("pod-{index:06}"), "labels": { "app": "web" } },
            "spec": { "nodeName": "n1", "containers": [{ "name": "c", "image": "example.com/web:1" }] },
            "status": { "phase": "Running", "podIP": "192.0.2.1" },
        })
    };
    json!({ "apiVersion": "v1", "kind": "List", "items": (0..PODS).map(pod).collect::<Vec<_>>() })
}

#[tokio::test]
async fn json_lines_are_a_scene_whose_namespaces_come_first() {
    let http = Http::start().await;
    let lines = [
        json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "a", "namespace": "apps" } }),
        json!({ "apiVersion": "v1", "kind": "NamespaceList", "items": [
            { "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "apps" } },
        ] }),
        Value::Null,
    ];
    let text = lines.map(|line| line.to_string()).join("\n");
    assert_eq!(http.emulator.apply_manifests(&text).unwrap(), 2);
    assert!(http.emulator.get("v1", "ConfigMap", "apps", "a").is_some());

    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("scene.jsonl"), pods()["items"][0].to_string()).unwrap();
    assert_eq!(http.emulator.apply_path(folder.path()).unwrap(), 1);
}

#[tokio::test]
async fn no_object_is_lost_in_pages_streams_or_watches() {
    let http = Http::start().await;
    let client = Client::try_from(kube::Config::new(http.emulator.url().parse().unwrap())).unwrap();
    let api: Api<Pod> = Api::all(client);
    let before = api.list(&ListParams::default()).await.unwrap();
    http.emulator.apply_manifests(&pods().to_string()).unwrap();

    let whole = api.list(&ListParams::default()).await.unwrap();
    assert_eq!(whole.items.len(), PODS);
    let (mut paged, mut token) = (Vec::new(), None);
    loop {
        let mut parameters = ListParams::default().limit(700);
        parameters.continue_token = token;
        let page = api.list(&parameters).await.unwrap();
        token = page.metadata.continue_.clone().filter(|token| !token.is_empty());
        paged.extend(page.items.into_iter().map(|pod| pod.name_any()));
        if token.is_none() {
            break;
        }
    }
    let names: Vec<String> = whole.items.iter().map(ResourceExt::name_any).collect();
    assert_eq!(paged, names);

    let streamed = watcher(api.clone(), Config::default().streaming_lists())
        .try_take_while(|event| std::future::ready(Ok(!matches!(event, Event::InitDone))))
        .try_filter(|event| std::future::ready(matches!(event, Event::InitApply(_))));
    assert_eq!(streamed.count().await, PODS);

    let since = before.metadata.resource_version.unwrap();
    let mut events = http.watch(&format!("/api/v1/pods?watch=1&resourceVersion={since}")).await;
    for name in names {
        assert_eq!(events.next_short().await, format!("ADDED {name}"));
    }
}
