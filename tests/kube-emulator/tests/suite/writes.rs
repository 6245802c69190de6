//! Create, update and delete.

use reqwest::Method;
use serde_json::json;

use crate::http::{
    CONFIG_MAPS, Http, INGRESSES, SERVICES, answer, ingress, names, service, version,
};

#[tokio::test]
async fn a_created_object_gets_its_identity_from_the_server() {
    let http = Http::start().await;
    let mut sent = ingress("web", "a.example.com");
    sent["metadata"]["uid"] = json!("mine");
    sent["metadata"]["generation"] = json!(7);
    sent["status"] = json!({ "loadBalancer": { "ingress": [{ "ip": "192.0.2.1" }] } });
    let (code, created) = http.post(INGRESSES, &sent).await;
    assert_eq!(code, 201);
    let metadata = &created["metadata"];
    assert_eq!(metadata["uid"].as_str().unwrap().len(), 36);
    assert_eq!(metadata["namespace"], "default");
    assert_eq!(metadata["generation"], 1);
    assert!(metadata["creationTimestamp"].as_str().unwrap().ends_with('Z'));
    assert_eq!(version(&created), http.emulator.version().to_string());
    assert_eq!(created["status"], json!({ "loadBalancer": {} }));
    let (code, read) = http.get(&format!("{INGRESSES}/web")).await;
    assert_eq!((code, read), (200, created));
}

#[tokio::test]
async fn a_name_is_generated_from_its_beginning() {
    let http = Http::start().await;
    let body = json!({ "metadata": { "generateName": "web-" } });
    let (_, one) = http.post(CONFIG_MAPS, &body).await;
    let (_, other) = http.post(CONFIG_MAPS, &body).await;
    let name = one["metadata"]["name"].as_str().unwrap();
    assert!(name.starts_with("web-") && name.len() == 9, "{name}");
    assert_ne!(one["metadata"]["name"], other["metadata"]["name"]);
}

#[tokio::test]
async fn what_cannot_be_created_is_refused_in_the_words_of_the_server() {
    let http = Http::start().await;
    http.config_map("held", json!({})).await;
    let in_gone = CONFIG_MAPS.replace("default", "gone");
    let named = |name: &str| json!({ "metadata": { "name": name } });
    let cases = [
        (CONFIG_MAPS, named("held"), 409, "AlreadyExists", "configmaps \"held\" already exists"),
        (&in_gone, named("new"), 404, "NotFound", "namespaces \"gone\" not found"),
        (
            CONFIG_MAPS,
            json!({ "metadata": { "name": "a", "namespace": "other" } }),
            400,
            "BadRequest",
            "the namespace of the provided object does not match the namespace sent on the request",
        ),
        (
            CONFIG_MAPS,
            service("web"),
            400,
            "BadRequest",
            "Service in version \"v1\" cannot be handled as a ConfigMap: converting (Service) to \
             (ConfigMap): unknown conversion",
        ),
        (
            CONFIG_MAPS,
            json!({ "metadata": { "name": "a", "resourceVersion": "1" } }),
            400,
            "BadRequest",
            "resourceVersion should not be set on objects to be created",
        ),
        (
            CONFIG_MAPS,
            json!({ "metadata": {} }),
            422,
            "Invalid",
            "ConfigMap \"\" is invalid: metadata.name: Required value: name or generateName is \
             required",
        ),
    ];
    for (path, body, code, reason, message) in cases {
        let (answered, status) = http.post(path, &body).await;
        assert_eq!(answered, code, "{status}");
        assert_eq!((&status["reason"], &status["message"]), (&json!(reason), &json!(message)));
        assert_eq!(status["kind"], "Status");
    }
    let (code, status) = http.post("/api/v1/configmaps", &named("a")).await;
    assert_eq!((code, &status["reason"]), (405, &json!("MethodNotAllowed")));
}

#[tokio::test]
async fn an_update_from_an_old_version_is_a_conflict() {
    let http = Http::start().await;
    let old = http.config_map("a", json!({})).await;
    let path = format!("{CONFIG_MAPS}/a");
    let mut new = old.clone();
    new["data"] = json!({ "k": "1" });
    let (code, _) = http.put(&path, &new).await;
    assert_eq!(code, 200);
    new["data"] = json!({ "k": "2" });
    let (code, status) = http.put(&path, &new).await;
    assert_eq!(code, 409);
    let message = "Operation cannot be fulfilled on configmaps \"a\": the object has been \
                   modified; please apply your changes to the latest version and try again";
    assert_eq!(status["message"], message);
    assert_eq!(status["details"], json!({ "name": "a", "kind": "configmaps" }));
    let (_, held) = http.get(&path).await;
    assert_eq!(held["data"]["k"], "1");
}

#[tokio::test]
async fn an_update_that_changes_nothing_is_no_write() {
    let http = Http::start().await;
    let held = http.config_map("a", json!({})).await;
    let before = http.emulator.version();
    let (code, same) = http.put(&format!("{CONFIG_MAPS}/a"), &held).await;
    assert_eq!((code, same), (200, held));
    assert_eq!(http.emulator.version(), before);
}

#[tokio::test]
async fn a_lease_must_be_updated_from_a_version() {
    let http = Http::start().await;
    let path = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
    let lease = json!({ "metadata": { "name": "l" }, "spec": { "holderIdentity": "me" } });
    let (code, _) = http.post(path, &lease).await;
    assert_eq!(code, 201);
    let (code, status) = http.put(&format!("{path}/l"), &lease).await;
    assert_eq!(code, 422);
    assert!(status["message"].as_str().unwrap().contains("must be specified for an update"));
}

#[tokio::test]
async fn status_and_the_rest_are_written_apart() {
    let http = Http::start().await;
    let path = format!("{INGRESSES}/web");
    let (_, created) = http.post(INGRESSES, &ingress("web", "a.example.com")).await;
    let status = json!({ "loadBalancer": { "ingress": [{ "ip": "192.0.2.1" }] } });

    let mut both = created.clone();
    both["status"] = status.clone();
    both["spec"]["rules"][0]["host"] = json!("b.example.com");
    let (code, after) = http.put(&format!("{path}/status"), &both).await;
    assert_eq!((code, &after["status"]), (200, &status));
    assert_eq!(after["spec"], created["spec"]);
    assert_eq!(after["metadata"]["generation"], 1);

    let mut both = after.clone();
    both["status"] = json!({});
    both["spec"]["rules"][0]["host"] = json!("b.example.com");
    let (_, after) = http.put(&path, &both).await;
    assert_eq!(after["status"], status);
    assert_eq!(after["spec"]["rules"][0]["host"], "b.example.com");
    assert_eq!(after["metadata"]["generation"], 2);

    let merge = json!({ "metadata": { "annotations": { "a": "b" } } }).to_string();
    let (_, after) = http.patch(&path, "merge-patch", &merge).await;
    assert_eq!(after["metadata"]["generation"], 2);
}

#[tokio::test]
async fn an_object_with_finalizers_goes_when_they_are_gone() {
    let http = Http::start().await;
    let body = json!({ "metadata": { "name": "a", "finalizers": ["example.com/wait"] } });
    http.post(CONFIG_MAPS, &body).await;
    let path = format!("{CONFIG_MAPS}/a");
    let (code, waiting) = http.delete(&path).await;
    assert_eq!(code, 200);
    assert!(waiting["metadata"]["deletionTimestamp"].is_string(), "{waiting}");
    let (_, again) = http.delete(&path).await;
    assert_eq!(version(&again), version(&waiting));
    let patch = json!({ "metadata": { "finalizers": null } }).to_string();
    let (code, _) = http.patch(&path, "merge-patch", &patch).await;
    assert_eq!(code, 200);
    assert_eq!(http.get(&path).await.0, 404);
}

#[tokio::test]
async fn a_delete_can_demand_a_version_and_a_uid() {
    let http = Http::start().await;
    let held = http.config_map("a", json!({})).await;
    let path = format!("{CONFIG_MAPS}/a");
    for preconditions in [json!({ "uid": "other" }), json!({ "resourceVersion": "1" })] {
        let body = json!({ "preconditions": preconditions });
        let (code, status) = answer(http.request(Method::DELETE, &path).json(&body)).await;
        assert_eq!(code, 409);
        assert!(status["message"].as_str().unwrap().contains("in the precondition"), "{status}");
    }
    let body = json!({ "preconditions": { "uid": held["metadata"]["uid"] } });
    let (code, status) = answer(http.request(Method::DELETE, &path).json(&body)).await;
    assert_eq!((code, &status["status"]), (200, &json!("Success")));
    assert_eq!(http.delete(&path).await.0, 404);
}

#[tokio::test]
async fn a_collection_is_deleted_as_far_as_it_is_selected() {
    let http = Http::start().await;
    http.config_map("a", json!({ "app": "x" })).await;
    http.config_map("b", json!({ "app": "y" })).await;
    let (code, deleted) = http.delete(&format!("{CONFIG_MAPS}?labelSelector=app%3Dx")).await;
    assert_eq!((code, names(&deleted)), (200, vec!["a"]));
    assert_eq!(names(&http.get(CONFIG_MAPS).await.1), ["b"]);
}

#[tokio::test]
async fn a_dry_run_answers_and_stores_nothing() {
    let http = Http::start().await;
    let before = http.emulator.version();
    let (code, created) = http.post(&format!("{SERVICES}?dryRun=All"), &service("web")).await;
    assert_eq!(code, 201);
    assert_eq!(created["spec"]["clusterIP"], "10.96.1.0");
    assert_eq!(http.get(&format!("{SERVICES}/web")).await.0, 404);
    assert_eq!(http.emulator.version(), before);
    let (_, stored) = http.post(SERVICES, &service("web")).await;
    assert_eq!(stored["spec"]["clusterIP"], "10.96.1.0", "the dry run took no address");
    let (code, _) = http.delete(&format!("{SERVICES}/web?dryRun=All")).await;
    assert_eq!((code, http.get(&format!("{SERVICES}/web")).await.0), (200, 200));
}

#[tokio::test]
async fn deleting_a_namespace_empties_it_and_waits_for_finalizers() {
    let http = Http::start().await;
    let (_, created) =
        http.post("/api/v1/namespaces", &json!({ "metadata": { "name": "n" } })).await;
    assert_eq!(created["metadata"]["labels"]["kubernetes.io/metadata.name"], "n");
    let inside = CONFIG_MAPS.replace("default", "n");
    http.post(&inside, &json!({ "metadata": { "name": "a" } })).await;
    let waits = json!({ "metadata": { "name": "b", "finalizers": ["example.com/wait"] } });
    http.post(&inside, &waits).await;

    let (_, namespace) = http.delete("/api/v1/namespaces/n").await;
    assert_eq!(namespace["status"]["phase"], "Terminating");
    assert_eq!(names(&http.get(&inside).await.1), ["b"]);
    let (code, status) = http.post(&inside, &json!({ "metadata": { "name": "c" } })).await;
    assert_eq!((code, &status["reason"]), (403, &json!("Forbidden")));

    let patch = json!({ "metadata": { "finalizers": null } }).to_string();
    http.patch(&format!("{inside}/b"), "merge-patch", &patch).await;
    assert_eq!(http.get("/api/v1/namespaces/n").await.0, 404);
}

#[tokio::test]
async fn unknown_fields_are_dropped_unless_validation_is_strict() {
    let http = Http::start().await;
    let mut sent = service("web");
    sent["spec"]["colour"] = json!("red");
    let (code, status) = http.post(&format!("{SERVICES}?fieldValidation=Strict"), &sent).await;
    assert_eq!(code, 400);
    let message = "Service in version \"v1\" cannot be handled as a Service: strict decoding \
                   error: unknown field \"spec.colour\"";
    assert_eq!(status["message"], message);
    let (code, created) = http.post(SERVICES, &sent).await;
    assert_eq!((code, created["spec"].get("colour")), (201, None));
}

#[tokio::test]
async fn an_event_is_one_object_in_both_of_its_groups() {
    let http = Http::start().await;
    let event = json!({
        "metadata": { "name": "e" },
        "eventTime": "2026-01-01T00:00:00.000000Z",
        "type": "Warning",
        "reason": "Held",
        "action": "Publish",
        "note": "why",
        "reportingController": "signpost",
        "reportingInstance": "signpost-0",
        "regarding": { "kind": "Service", "namespace": "default", "name": "web" },
    });
    let newer = "/apis/events.k8s.io/v1/namespaces/default/events";
    let (code, created) = http.post(newer, &event).await;
    assert_eq!((code, &created["note"]), (201, &json!("why")));
    let (_, core) = http.get("/api/v1/namespaces/default/events/e").await;
    assert_eq!(core["message"], "why");
    assert_eq!(core["involvedObject"]["name"], "web");
    let selected = "/api/v1/events?fieldSelector=involvedObject.name%3Dweb,reason%3DHeld";
    assert_eq!(names(&http.get(selected).await.1), ["e"]);

    let mut incomplete = event;
    incomplete["metadata"]["name"] = json!("f");
    incomplete["action"] = json!("");
    let (code, status) = http.post(newer, &incomplete).await;
    assert_eq!((code, &status["details"]["causes"][0]["field"]), (422, &json!("action")));
}
