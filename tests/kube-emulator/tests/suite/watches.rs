//! Watches, line by line.

use std::time::Duration;

use kube_emulator::Options;
use serde_json::json;

use crate::http::{CONFIG_MAPS, Http, version};

#[tokio::test]
async fn a_watch_tells_every_change_after_its_version_in_order() {
    let http = Http::start().await;
    let (_, list) = http.get(CONFIG_MAPS).await;
    http.config_map("a", json!({})).await;
    let mut events =
        http.watch(&format!("{CONFIG_MAPS}?watch=1&resourceVersion={}", version(&list))).await;
    assert_eq!(events.next_short().await, "ADDED a");
    let patch = json!({ "data": { "k": "v" } }).to_string();
    http.patch(&format!("{CONFIG_MAPS}/a"), "merge-patch", &patch).await;
    let modified = events.next().await.unwrap();
    assert_eq!(
        (&modified["type"], &modified["object"]["data"]["k"]),
        (&json!("MODIFIED"), &json!("v"))
    );
    assert_eq!(modified["object"]["kind"], "ConfigMap");
    http.delete(&format!("{CONFIG_MAPS}/a")).await;
    let deleted = events.next().await.unwrap();
    assert_eq!(deleted["type"], "DELETED");
    assert_eq!(version(&deleted["object"]), http.emulator.version().to_string());
}

#[tokio::test]
async fn a_watch_without_a_version_starts_with_what_stands() {
    let http = Http::start().await;
    http.config_map("a", json!({})).await;
    http.config_map("b", json!({})).await;
    let mut events = http.watch(&format!("{CONFIG_MAPS}?watch=true")).await;
    assert_eq!(events.next_short().await, "ADDED a");
    assert_eq!(events.next_short().await, "ADDED b");
    http.config_map("c", json!({})).await;
    assert_eq!(events.next_short().await, "ADDED c");
}

#[tokio::test]
async fn streamed_initial_events_end_with_a_marked_bookmark() {
    let http = Http::start().await;
    http.config_map("a", json!({})).await;
    let query = "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
    let mut events = http.watch(&format!("{CONFIG_MAPS}?{query}&allowWatchBookmarks=true")).await;
    assert_eq!(events.next_short().await, "ADDED a");
    let bookmark = events.next().await.unwrap();
    assert_eq!(bookmark["type"], "BOOKMARK");
    let metadata = &bookmark["object"]["metadata"];
    assert_eq!(metadata["annotations"], json!({ "k8s.io/initial-events-end": "true" }));
    assert_eq!(version(&bookmark["object"]), http.emulator.version().to_string());
    http.config_map("b", json!({})).await;
    assert_eq!(events.next_short().await, "ADDED b");

    let (code, status) =
        http.get(&format!("{CONFIG_MAPS}?watch=true&sendInitialEvents=true")).await;
    assert_eq!((code, &status["reason"]), (422, &json!("Invalid")));
}

#[tokio::test]
async fn bookmarks_tell_how_far_a_quiet_watch_has_read() {
    let options = Options { bookmark_interval: Duration::from_millis(20), ..Options::default() };
    let http = Http::start_with(options).await;
    let query = "watch=true&fieldSelector=metadata.name%3Dnone&allowWatchBookmarks=true";
    let mut events = http.watch(&format!("{CONFIG_MAPS}?{query}")).await;
    http.config_map("a", json!({})).await;
    let wanted = http.emulator.version();
    loop {
        let bookmark = events.next().await.unwrap();
        assert_eq!(bookmark["type"], "BOOKMARK");
        if version(&bookmark["object"]).parse::<u64>().unwrap() >= wanted {
            break;
        }
    }
}

#[tokio::test]
async fn a_watch_ends_in_order_after_its_timeout() {
    let http = Http::start().await;
    let query = "watch=true&timeoutSeconds=1&allowWatchBookmarks=true";
    let mut events = http.watch(&format!("{CONFIG_MAPS}?{query}")).await;
    assert_eq!(events.next_short().await, "BOOKMARK");
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn an_object_that_leaves_the_selection_is_deleted_to_the_watch() {
    let http = Http::start().await;
    http.config_map("a", json!({ "app": "x" })).await;
    let mut events = http.watch(&format!("{CONFIG_MAPS}?watch=1&labelSelector=app%3Dx")).await;
    assert_eq!(events.next_short().await, "ADDED a");
    let label = |value: &str| json!({ "metadata": { "labels": { "app": value } } }).to_string();
    http.patch(&format!("{CONFIG_MAPS}/a"), "merge-patch", &label("y")).await;
    assert_eq!(events.next_short().await, "DELETED a");
    http.patch(&format!("{CONFIG_MAPS}/a"), "merge-patch", &label("x")).await;
    assert_eq!(events.next_short().await, "ADDED a");
}

#[tokio::test]
async fn a_watch_hears_of_its_own_namespace_only() {
    let http = Http::start().await;
    http.emulator
        .apply(json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "n" } }))
        .unwrap();
    let mut events = http.watch(&format!("{CONFIG_MAPS}?watch=1")).await;
    let inside = CONFIG_MAPS.replace("default", "n");
    http.post(&inside, &json!({ "metadata": { "name": "there" } })).await;
    http.config_map("here", json!({})).await;
    assert_eq!(events.next_short().await, "ADDED here");
}

#[tokio::test]
async fn a_version_from_before_compaction_is_gone() {
    let http = Http::start().await;
    let old = http.config_map("a", json!({})).await;
    http.config_map("b", json!({})).await;
    http.emulator.compact();
    let from = |version: &str| format!("{CONFIG_MAPS}?watch=1&resourceVersion={version}");
    let mut events = http.watch(&from(version(&old))).await;
    let error = events.next().await.unwrap();
    assert_eq!(error["type"], "ERROR");
    assert_eq!(
        (&error["object"]["code"], &error["object"]["reason"]),
        (&json!(410), &json!("Expired"))
    );
    let newest = http.emulator.version().to_string();
    let expected = format!("too old resource version: {} ({newest})", version(&old));
    assert_eq!(error["object"]["message"], expected);
    assert_eq!(events.next().await, None);
    let mut events = http.watch(&from(&newest)).await;
    http.config_map("c", json!({})).await;
    assert_eq!(events.next_short().await, "ADDED c");
}

#[tokio::test]
async fn an_open_watch_outlives_compaction() {
    let http = Http::start().await;
    let mut events = http.watch(&format!("{CONFIG_MAPS}?watch=1")).await;
    http.config_map("a", json!({})).await;
    assert_eq!(events.next_short().await, "ADDED a");
    http.emulator.compact();
    http.config_map("b", json!({})).await;
    assert_eq!(events.next_short().await, "ADDED b");
}

#[tokio::test]
async fn a_short_memory_ends_old_versions_by_itself() {
    let http = Http::start_with(Options { history: 2, ..Options::default() }).await;
    let old = http.config_map("a", json!({})).await;
    for name in ["b", "c", "d"] {
        http.config_map(name, json!({})).await;
    }
    let mut events =
        http.watch(&format!("{CONFIG_MAPS}?watch=1&resourceVersion={}", version(&old))).await;
    let error = events.next().await.unwrap();
    assert_eq!((&error["type"], &error["object"]["code"]), (&json!("ERROR"), &json!(410)));
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn versions_of_an_earlier_run_are_too_old() {
    let first = Http::start().await;
    let earlier = first.emulator.version();
    drop(first);
    let http = Http::start().await;
    assert!(http.emulator.version() > earlier);
    let mut events = http.watch(&format!("{CONFIG_MAPS}?watch=1&resourceVersion={earlier}")).await;
    assert_eq!(events.next().await.unwrap()["object"]["code"], 410);
}

#[tokio::test]
async fn a_watch_from_a_version_to_come_waits_for_it() {
    let http = Http::start().await;
    let next = http.emulator.version() + 1;
    let mut events = http.watch(&format!("{CONFIG_MAPS}?watch=1&resourceVersion={next}")).await;
    http.config_map("a", json!({})).await;
    http.config_map("b", json!({})).await;
    assert_eq!(events.next_short().await, "ADDED b");
}
