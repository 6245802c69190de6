//! Lists: pages, selectors, forms.

use reqwest::Method;
use serde_json::{Value, json};

use crate::http::{CONFIG_MAPS, Http, SERVICES, answer, names, service, version};

#[tokio::test]
async fn all_pages_of_a_list_show_one_moment() {
    let http = Http::start().await;
    for name in ["a", "b", "c", "d", "e"] {
        http.config_map(name, json!({})).await;
    }
    let (_, first) = http.get(&format!("{CONFIG_MAPS}?limit=2")).await;
    assert_eq!(names(&first), ["a", "b"]);
    assert_eq!(first["metadata"]["remainingItemCount"], 3);
    let moment = version(&first).to_owned();

    http.delete(&format!("{CONFIG_MAPS}/c")).await;
    http.config_map("d2", json!({})).await;
    let patch = json!({ "data": { "k": "new" } }).to_string();
    http.patch(&format!("{CONFIG_MAPS}/e"), "merge-patch", &patch).await;

    let mut rest = Vec::new();
    let mut token = first["metadata"]["continue"].as_str().unwrap().to_owned();
    while !token.is_empty() {
        let (code, page) = http.get(&format!("{CONFIG_MAPS}?limit=2&continue={token}")).await;
        assert_eq!((code, version(&page)), (200, moment.as_str()));
        rest.extend(page["items"].as_array().unwrap().clone());
        token = page["metadata"]["continue"].as_str().unwrap_or("").to_owned();
    }
    let rest = json!({ "items": rest });
    assert_eq!(names(&rest), ["c", "d", "e"]);
    assert_eq!(rest["items"][2].get("data"), None, "a later write does not show");
}

#[tokio::test]
async fn a_page_from_before_compaction_is_expired() {
    let http = Http::start().await;
    for name in ["a", "b"] {
        http.config_map(name, json!({})).await;
    }
    let (_, first) = http.get(&format!("{CONFIG_MAPS}?limit=1")).await;
    http.config_map("c", json!({})).await;
    http.emulator.compact();
    let token = first["metadata"]["continue"].as_str().unwrap();
    let (code, status) = http.get(&format!("{CONFIG_MAPS}?limit=1&continue={token}")).await;
    assert_eq!((code, &status["reason"]), (410, &json!("Expired")));
    assert_eq!(http.get(&format!("{CONFIG_MAPS}?continue=odd")).await.0, 400);
}

#[tokio::test]
async fn a_list_can_ask_for_one_version_exactly() {
    let http = Http::start().await;
    let first = http.config_map("a", json!({})).await;
    http.config_map("b", json!({})).await;
    let exact = format!("resourceVersion={}&resourceVersionMatch=Exact", version(&first));
    assert_eq!(names(&http.get(&format!("{CONFIG_MAPS}?{exact}")).await.1), ["a"]);
    let any = format!("{CONFIG_MAPS}?resourceVersion={}", version(&first));
    assert_eq!(names(&http.get(&any).await.1), ["a", "b"]);
    let ahead = http.emulator.version() + 1;
    let (code, status) = http.get(&format!("{CONFIG_MAPS}?resourceVersion={ahead}")).await;
    assert_eq!((code, &status["reason"]), (504, &json!("Timeout")));
    assert_eq!(status["details"]["causes"][0]["reason"], "ResourceVersionTooLarge");
}

#[tokio::test]
async fn a_list_is_narrowed_by_namespace_labels_and_fields() {
    let http = Http::start().await;
    http.emulator
        .apply(json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "n" } }))
        .unwrap();
    http.config_map("a", json!({ "app": "x" })).await;
    http.config_map("b", json!({ "app": "y" })).await;
    let inside = CONFIG_MAPS.replace("default", "n");
    http.post(&inside, &json!({ "metadata": { "name": "a" } })).await;
    for (path, expected) in [
        ("/api/v1/configmaps", vec!["a", "b", "a"]),
        (inside.as_str(), vec!["a"]),
        ("/api/v1/configmaps?labelSelector=app%20in%20(x,y)", vec!["a", "b"]),
        ("/api/v1/configmaps?labelSelector=!app", vec!["a"]),
        ("/api/v1/configmaps?fieldSelector=metadata.name%3Db", vec!["b"]),
        ("/api/v1/configmaps?fieldSelector=metadata.namespace!%3Ddefault", vec!["a"]),
        ("/api/v1/namespaces/gone/configmaps", vec![]),
    ] {
        assert_eq!(names(&http.get(path).await.1), expected, "{path}");
    }
    let (code, status) = http.get("/api/v1/configmaps?fieldSelector=data.k%3Db").await;
    assert_eq!((code, &status["message"]), (400, &json!("field label not supported: data.k")));
}

#[tokio::test]
async fn pods_are_selected_by_node_and_phase() {
    let http = Http::start().await;
    let pod = |name: &str, node: &str, phase: &str| {
        json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": { "name": name },
            "spec": { "nodeName": node, "containers": [{ "name": "c", "image": "i" }] },
            "status": { "phase": phase },
        })
    };
    http.emulator.apply(pod("a", "n1", "Running")).unwrap();
    http.emulator.apply(pod("b", "n2", "Running")).unwrap();
    http.emulator.apply(pod("c", "n1", "Failed")).unwrap();
    let query = "fieldSelector=spec.nodeName%3Dn1,status.phase!%3DFailed";
    assert_eq!(names(&http.get(&format!("/api/v1/pods?{query}")).await.1), ["a"]);
}

#[tokio::test]
async fn items_of_built_in_lists_do_not_say_what_they_are() {
    let http = Http::start().await;
    http.config_map("a", json!({})).await;
    let (_, list) = http.get(CONFIG_MAPS).await;
    assert_eq!((&list["kind"], &list["apiVersion"]), (&json!("ConfigMapList"), &json!("v1")));
    assert_eq!((list["items"][0].get("kind"), list["items"][0].get("apiVersion")), (None, None));
}

#[tokio::test]
async fn a_list_can_be_a_table_or_metadata_alone() {
    let http = Http::start().await;
    http.post(SERVICES, &service("web")).await;
    let asking = |accept: &str| {
        answer(
            http.request(Method::GET, &format!("{SERVICES}?fieldSelector=metadata.name%3Dweb"))
                .header("accept", accept),
        )
    };
    let (_, table) = asking("application/json;as=Table;v=v1;g=meta.k8s.io,application/json").await;
    assert_eq!(table["kind"], "Table");
    let headers: Vec<&Value> = table["columnDefinitions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| &column["name"])
        .collect();
    assert_eq!(headers, ["Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age"]);
    let cells = table["rows"][0]["cells"].as_array().unwrap();
    assert_eq!(cells[..5], ["web", "ClusterIP", "10.96.1.0", "<none>", "80/TCP"]);
    assert_eq!(table["rows"][0]["object"]["kind"], "PartialObjectMetadata");

    let partial = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
    let (_, list) = asking(partial).await;
    assert_eq!(list["kind"], "PartialObjectMetadataList");
    assert_eq!(list["items"][0].get("spec"), None);
    assert_eq!(names(&list), ["web"]);
    assert_eq!(asking("application/vnd.kubernetes.protobuf").await.0, 406);
    assert_eq!(asking("application/vnd.kubernetes.protobuf,application/json").await.0, 200);
}
