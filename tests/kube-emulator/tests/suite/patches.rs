//! The four forms of patch over HTTP.

use serde_json::{Value, json};

use crate::http::{CONFIG_MAPS, Http, SERVICES, service};

#[tokio::test]
async fn a_json_patch_applies_whole_or_not_at_all() {
    let http = Http::start().await;
    http.config_map("a", json!({ "x": "1" })).await;
    let path = format!("{CONFIG_MAPS}/a");
    let good = json!([
        { "op": "test", "path": "/metadata/labels/x", "value": "1" },
        { "op": "add", "path": "/data", "value": { "k": "v" } },
    ]);
    let (code, patched) = http.patch(&path, "json-patch", &good.to_string()).await;
    assert_eq!((code, &patched["data"]["k"]), (200, &json!("v")));
    let bad = json!([
        { "op": "remove", "path": "/data" },
        { "op": "test", "path": "/metadata/labels/x", "value": "2" },
    ]);
    let (code, status) = http.patch(&path, "json-patch", &bad.to_string()).await;
    assert_eq!((code, &status["reason"]), (422, &json!("Invalid")));
    assert_eq!(http.get(&path).await.1["data"]["k"], "v");
}

#[tokio::test]
async fn a_patch_that_names_an_old_version_is_a_conflict() {
    let http = Http::start().await;
    let path = format!("{CONFIG_MAPS}/a");
    let old = http.config_map("a", json!({})).await;
    let labels = json!({ "metadata": { "labels": { "x": "1" } } }).to_string();
    assert_eq!(http.patch(&path, "merge-patch", &labels).await.0, 200);
    let version = &old["metadata"]["resourceVersion"];
    let stale = json!({ "metadata": { "resourceVersion": version, "labels": { "x": "2" } } });
    assert_eq!(http.patch(&path, "merge-patch", &stale.to_string()).await.0, 409);
}

#[tokio::test]
async fn a_patch_cannot_rename_and_its_target_must_exist() {
    let http = Http::start().await;
    http.config_map("a", json!({})).await;
    let rename = json!({ "metadata": { "name": "b" } }).to_string();
    let (code, status) = http.patch(&format!("{CONFIG_MAPS}/a"), "merge-patch", &rename).await;
    let message = "the name of the object (b) does not match the name on the URL (a)";
    assert_eq!((code, &status["message"]), (400, &json!(message)));
    assert_eq!(http.patch(&format!("{CONFIG_MAPS}/gone"), "merge-patch", "{}").await.0, 404);
    assert_eq!(http.patch(&format!("{CONFIG_MAPS}/a"), "odd", "{}").await.0, 415);
}

#[tokio::test]
async fn a_strategic_patch_merges_ports_by_their_number() {
    let http = Http::start().await;
    http.post(SERVICES, &service("web")).await;
    let patch =
        json!({ "spec": { "ports": [{ "port": 80, "name": "a" }, { "port": 81, "name": "b" }] } });
    let (code, patched) =
        http.patch(&format!("{SERVICES}/web"), "strategic-merge-patch", &patch.to_string()).await;
    assert_eq!(code, 200, "{patched}");
    let ports: Vec<&Value> =
        patched["spec"]["ports"].as_array().unwrap().iter().map(|port| &port["name"]).collect();
    assert_eq!(ports, ["a", "b"]);
    assert_eq!(patched["spec"]["ports"][0]["targetPort"], 80);
}

#[tokio::test]
async fn an_apply_creates_then_changes_then_takes_back() {
    let http = Http::start().await;
    let path = format!("{SERVICES}/web?fieldManager=me");
    let first = "
apiVersion: v1
kind: Service
metadata:
  name: web
  annotations: {a: '1', b: '2'}
spec:
  ports: [{port: 80}, {port: 443, name: tls}]
";
    let first = first.replace("{port: 80}", "{port: 80, name: http}");
    let (code, created) = http.patch(&path, "apply", &first).await;
    assert_eq!(code, 201, "{created}");
    let second = first.replace(", b: '2'", "").replace("{port: 80, name: http}, ", "");
    let (code, applied) = http.patch(&path, "apply", &second).await;
    assert_eq!(code, 200, "{applied}");
    assert_eq!(applied["metadata"]["annotations"], json!({ "a": "1" }));
    assert_eq!(applied["spec"]["ports"].as_array().unwrap().len(), 1);
    assert_eq!(applied["spec"]["clusterIP"], created["spec"]["clusterIP"]);
}

#[tokio::test]
async fn an_apply_over_the_fields_of_another_needs_force() {
    let http = Http::start().await;
    let path = |manager: &str| format!("{CONFIG_MAPS}/a?fieldManager={manager}");
    let body = |value: &str| {
        format!(
            "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: a}}, data: {{k: '{value}'}}}}"
        )
    };
    assert_eq!(http.patch(&path("one"), "apply", &body("1")).await.0, 201);
    let (code, status) = http.patch(&path("two"), "apply", &body("2")).await;
    let message = "Apply failed with 1 conflict: conflict with \"one\": .data.k";
    assert_eq!((code, &status["message"]), (409, &json!(message)));
    let forced = format!("{}&force=true", path("two"));
    assert_eq!(http.patch(&forced, "apply", &body("2")).await.1["data"]["k"], "2");
    let (code, status) = http.patch(&format!("{CONFIG_MAPS}/a"), "apply", &body("3")).await;
    assert_eq!(code, 422);
    assert!(status["message"].as_str().unwrap().contains("fieldManager: Required value"));
}
