//! Kinds that a `CustomResourceDefinition` adds.

use serde_json::{Value, json};

use crate::http::{Http, names};

const ENDPOINTS: &str = "/apis/externaldns.k8s.io/v1alpha1/namespaces/default/dnsendpoints";
const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/// A definition in the shape of the one for `DNSEndpoint`.
fn definition() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": "dnsendpoints.externaldns.k8s.io",
            "annotations": { "api-approved.kubernetes.io": "https://example.com" },
        },
        "spec": {
            "group": "externaldns.k8s.io",
            "scope": "Namespaced",
            "names": { "kind": "DNSEndpoint", "plural": "dnsendpoints", "shortNames": ["de"] },
            "versions": [{
                "name": "v1alpha1",
                "served": true,
                "storage": true,
                "subresources": { "status": {} },
                "additionalPrinterColumns": [
                    { "name": "First", "type": "string", "jsonPath": ".spec.endpoints[0].dnsName" },
                ],
                "schema": { "openAPIV3Schema": schema() },
            }],
        },
    })
}

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "apiVersion": { "type": "string" },
            "kind": { "type": "string" },
            "metadata": { "type": "object" },
            "spec": { "type": "object", "properties": { "endpoints": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["dnsName"],
                    "properties": {
                        "dnsName": { "type": "string", "pattern": "^[a-z.*]+$" },
                        "recordTTL": { "type": "integer", "format": "int64", "minimum": 0 },
                        "recordType": { "type": "string", "enum": ["A", "CNAME"], "default": "A" },
                        "targets": { "type": "array", "items": { "type": "string" } },
                        "labels": {
                            "type": "object",
                            "additionalProperties": { "type": "string" },
                        },
                    },
                },
            } } },
            "status": { "type": "object", "properties": {
                "observedGeneration": { "type": "integer" },
            } },
        },
    })
}

fn endpoint(name: &str, fields: &Value) -> Value {
    json!({
        "apiVersion": "externaldns.k8s.io/v1alpha1",
        "kind": "DNSEndpoint",
        "metadata": { "name": name },
        "spec": { "endpoints": [fields] },
    })
}

async fn start() -> Http {
    let http = Http::start().await;
    let (code, created) = http.post(DEFINITIONS, &definition()).await;
    assert_eq!(code, 201, "{created}");
    http
}

#[tokio::test]
async fn a_definition_is_established_at_once_and_shows_in_discovery() {
    let http = start().await;
    let (_, held) = http.get(&format!("{DEFINITIONS}/dnsendpoints.externaldns.k8s.io")).await;
    let established = &held["status"]["conditions"][1];
    assert_eq!(
        (&established["type"], &established["status"]),
        (&json!("Established"), &json!("True"))
    );
    assert_eq!(held["spec"]["names"]["singular"], "dnsendpoint");
    let (_, resources) = http.get("/apis/externaldns.k8s.io/v1alpha1").await;
    let listed: Vec<&Value> = resources["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|resource| &resource["name"])
        .collect();
    assert_eq!(listed, ["dnsendpoints", "dnsendpoints/status"]);
    assert_eq!(resources["resources"][0]["shortNames"], json!(["de"]));
    let (_, index) = http.get("/openapi/v3").await;
    assert!(index["paths"]["apis/externaldns.k8s.io/v1alpha1"].is_object(), "{index}");
    let (code, _) = http.get("/openapi/v3/apis/externaldns.k8s.io/v1alpha1").await;
    assert_eq!(code, 200);
}

#[tokio::test]
async fn a_schema_prunes_defaults_and_refuses() {
    let http = start().await;
    let sent = endpoint(
        "a",
        &json!({ "dnsName": "a.example.com", "colour": "red", "labels": { "k": "v" } }),
    );
    let (code, created) = http.post(ENDPOINTS, &sent).await;
    assert_eq!(code, 201, "{created}");
    let expected = json!({ "dnsName": "a.example.com", "recordType": "A", "labels": { "k": "v" } });
    assert_eq!(created["spec"]["endpoints"][0], expected);
    assert_eq!(created["metadata"]["generation"], 1);

    let (code, status) = http.post(&format!("{ENDPOINTS}?fieldValidation=Strict"), &sent).await;
    assert_eq!(code, 400);
    let message = status["message"].as_str().unwrap();
    assert!(message.ends_with("unknown field \"spec.endpoints[0].colour\""), "{message}");

    for (fields, message) in [
        (json!({}), "spec.endpoints[0].dnsName: Required value"),
        (
            json!({ "dnsName": "a", "recordTTL": "5" }),
            "spec.endpoints[0].recordTTL: Invalid value: \"string\": spec.endpoints[0].recordTTL \
             in body must be of type integer: \"string\"",
        ),
        (json!({ "dnsName": "a", "recordTTL": -1 }), "should be greater than or equal to 0"),
        (json!({ "dnsName": "A" }), "should match '^[a-z.*]+$'"),
        (
            json!({ "dnsName": "a", "recordType": "X" }),
            "spec.endpoints[0].recordType: Unsupported value: \"X\": supported values: \"A\", \
             \"CNAME\"",
        ),
    ] {
        let (code, status) = http.post(ENDPOINTS, &endpoint("b", &fields)).await;
        assert_eq!(code, 422);
        let start = "DNSEndpoint.externaldns.k8s.io \"b\" is invalid: ";
        let text = status["message"].as_str().unwrap();
        assert!(text.starts_with(start) && text.contains(message), "{text}");
    }
}

#[tokio::test]
async fn a_custom_object_has_a_status_of_its_own_and_needs_a_version_to_be_replaced() {
    let http = start().await;
    let (_, created) = http.post(ENDPOINTS, &endpoint("a", &json!({ "dnsName": "a" }))).await;
    let path = format!("{ENDPOINTS}/a");
    let patch =
        json!({ "status": { "observedGeneration": 1 }, "metadata": { "labels": { "x": "y" } } });
    let (code, patched) =
        http.patch(&format!("{path}/status"), "merge-patch", &patch.to_string()).await;
    assert_eq!((code, &patched["status"]["observedGeneration"]), (200, &json!(1)));
    assert_eq!(patched["metadata"].get("labels"), None, "only the status is written there");
    assert_eq!(patched["metadata"]["generation"], 1);
    let mut bare = endpoint("a", &json!({ "dnsName": "b" }));
    assert_eq!(http.put(&path, &bare).await.0, 422);
    bare["metadata"]["resourceVersion"] = created["metadata"]["resourceVersion"].clone();
    assert_eq!(http.put(&path, &bare).await.0, 409);
    bare["metadata"]["resourceVersion"] = patched["metadata"]["resourceVersion"].clone();
    let (code, replaced) = http.put(&path, &bare).await;
    assert_eq!((code, &replaced["metadata"]["generation"]), (200, &json!(2)));
    assert_eq!(replaced["status"]["observedGeneration"], 1);
    assert_eq!(http.patch(&path, "strategic-merge-patch", "{}").await.0, 415);
}

#[tokio::test]
async fn a_definition_that_goes_takes_its_objects_and_ends_their_watches() {
    let http = start().await;
    http.post(ENDPOINTS, &endpoint("a", &json!({ "dnsName": "a" }))).await;
    let (_, list) = http.get(ENDPOINTS).await;
    assert_eq!(names(&list), ["a"]);
    assert_eq!(list["items"][0]["kind"], "DNSEndpoint", "custom items say what they are");
    let mut events = http.watch(&format!("{ENDPOINTS}?watch=1")).await;
    assert_eq!(events.next_short().await, "ADDED a");
    http.delete(&format!("{DEFINITIONS}/dnsendpoints.externaldns.k8s.io")).await;
    assert_eq!(events.next_short().await, "DELETED a");
    assert_eq!(events.next().await, None);
    assert_eq!(http.get(ENDPOINTS).await, (404, json!("404 page not found\n")));
    assert_eq!(http.get("/apis/externaldns.k8s.io").await.0, 404);
    http.post(DEFINITIONS, &definition()).await;
    assert_eq!(names(&http.get(ENDPOINTS).await.1), [""; 0]);
}

#[tokio::test]
async fn an_object_is_shown_in_whichever_served_version_is_asked() {
    let http = Http::start().await;
    let mut two = definition();
    let mut newer = two["spec"]["versions"][0].clone();
    newer["name"] = json!("v1");
    two["spec"]["versions"][0]["storage"] = json!(false);
    two["spec"]["versions"].as_array_mut().unwrap().push(newer);
    assert_eq!(http.post(DEFINITIONS, &two).await.0, 201);
    http.post(ENDPOINTS, &endpoint("a", &json!({ "dnsName": "a" }))).await;
    for version in ["v1", "v1alpha1"] {
        let (_, held) = http.get(&format!("{}/a", ENDPOINTS.replace("v1alpha1", version))).await;
        assert_eq!(held["apiVersion"], format!("externaldns.k8s.io/{version}"));
    }
    let (_, group) = http.get("/apis/externaldns.k8s.io").await;
    assert_eq!(group["preferredVersion"]["version"], "v1");
}

#[tokio::test]
async fn a_definition_with_mistakes_is_refused() {
    let http = Http::start().await;
    let mut wrong = definition();
    wrong["metadata"]["name"] = json!("other");
    wrong["metadata"]["annotations"] = json!({});
    wrong["spec"]["versions"][0]["storage"] = json!(false);
    let (code, status) = http.post(DEFINITIONS, &wrong).await;
    assert_eq!(code, 422);
    let fields: Vec<&Value> = status["details"]["causes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cause| &cause["field"])
        .collect();
    let expected =
        ["metadata.name", "metadata.annotations[api-approved.kubernetes.io]", "spec.versions"];
    assert_eq!(fields, expected);
}
