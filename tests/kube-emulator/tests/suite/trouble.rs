//! Faults, cut connections, tokens, and the record of requests.

use std::time::{Duration, Instant};

use kube_emulator::{Calls, Emulator, Fault, Options};
use reqwest::Method;
use serde_json::json;

use crate::http::{CONFIG_MAPS, Http, SERVICES, answer, service};

const REVIEWS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

#[tokio::test]
async fn a_refusal_reads_like_that_of_rbac_and_shows_in_reviews() {
    let http = Http::start().await;
    http.emulator.inject(Fault::Refuse { calls: Calls::of("list", "services") });
    let (code, status) = http.get("/api/v1/services").await;
    assert_eq!((code, &status["reason"]), (403, &json!("Forbidden")));
    let message = "services is forbidden: User \"system:serviceaccount:default:signpost\" cannot \
                   list resource \"services\" in API group \"\" at the cluster scope";
    assert_eq!(status["message"], message);
    let (_, status) = http.get(SERVICES).await;
    assert!(status["message"].as_str().unwrap().ends_with("in the namespace \"default\""));
    assert_eq!(http.get(&format!("{SERVICES}/kubernetes")).await.0, 200);

    let review = |verb: &str| json!({ "spec": { "resourceAttributes": { "verb": verb, "resource": "services" } } });
    let (code, listing) = http.post(REVIEWS, &review("list")).await;
    assert_eq!((code, &listing["status"]["allowed"]), (201, &json!(false)));
    assert_eq!(http.post(REVIEWS, &review("get")).await.1["status"]["allowed"], true);

    http.emulator.clear_faults();
    assert_eq!(http.get(SERVICES).await.0, 200);
}

#[tokio::test]
async fn a_refusal_can_be_for_one_namespace_or_one_subresource() {
    let http = Http::start().await;
    let calls = Calls { namespace: Some("default".to_owned()), ..Calls::of("list", "services") };
    http.emulator.inject(Fault::Refuse { calls });
    http.emulator.inject(Fault::Refuse { calls: Calls::of("patch", "services/status") });
    assert_eq!(http.get("/api/v1/services").await.0, 200);
    assert_eq!(http.get(SERVICES).await.0, 403);
    let path = format!("{SERVICES}/kubernetes");
    assert_eq!(http.patch(&path, "merge-patch", "{}").await.0, 200);
    assert_eq!(http.patch(&format!("{path}/status"), "merge-patch", "{}").await.0, 403);
}

#[tokio::test]
async fn throttling_and_failures_last_as_many_calls_as_asked() {
    let http = Http::start().await;
    let calls = Calls::of("list", "services");
    http.emulator.inject(Fault::Throttle {
        calls: calls.clone(),
        times: 1,
        retry_after_seconds: 7,
    });
    let response = http.request(Method::GET, SERVICES).send().await.unwrap();
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["retry-after"], "7");
    assert_eq!(http.get(SERVICES).await.0, 200);
    http.emulator.inject(Fault::Fail { calls, times: 2, code: 503 });
    let mut codes = Vec::new();
    for _ in 0..3 {
        codes.push(http.get(SERVICES).await.0);
    }
    assert_eq!(codes, [503, 503, 200]);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the test measures a delay")]
async fn a_slow_list_is_slow_and_others_are_not() {
    let http = Http::start().await;
    let calls = Calls::of("list", "services");
    http.emulator.inject(Fault::Slow { calls, milliseconds: 200 });
    let start = Instant::now();
    assert_eq!(http.get(SERVICES).await.0, 200);
    assert!(start.elapsed() >= Duration::from_millis(200));
    let faults = http.get("/_emulator/faults").await.1;
    assert_eq!(
        faults[0],
        json!({ "fault": "slow", "on": { "verb": "list", "resource": "services" }, "milliseconds": 200 })
    );
}

#[tokio::test]
async fn faults_can_be_injected_from_outside() {
    let http = Http::start().await;
    let fault = json!({ "fault": "fail", "on": { "verb": "get" }, "times": 1, "code": 500 });
    assert_eq!(http.post("/_emulator/faults", &fault).await.0, 204);
    assert_eq!(http.get(&format!("{SERVICES}/kubernetes")).await.0, 500);
    assert_eq!(http.get(&format!("{SERVICES}/kubernetes")).await.0, 200);
    let misspelt = json!({ "fault": "refuse", "on": { "verbs": "get" } });
    assert_eq!(http.post("/_emulator/faults", &misspelt).await.0, 422);
    let refuse = json!({ "fault": "refuse" });
    assert_eq!(http.post("/_emulator/faults", &refuse).await.0, 204);
    assert_eq!(http.get(SERVICES).await.0, 403);
    assert_eq!(http.delete("/_emulator/faults").await.0, 204);
    assert_eq!(http.get(SERVICES).await.0, 200);
}

#[tokio::test]
async fn a_dropped_watch_breaks_in_the_middle() {
    let http = Http::start().await;
    let mut events = http.watch(&format!("{SERVICES}?watch=1")).await;
    assert_eq!(events.next_short().await, "ADDED kubernetes");
    assert_eq!(http.post("/_emulator/drop/watches", &json!({})).await.0, 204);
    events.next_break().await;
}

#[tokio::test]
async fn dropping_connections_spares_the_one_that_asks() {
    let http = Http::start().await;
    let mut events = http.watch(&format!("{SERVICES}?watch=1")).await;
    assert_eq!(events.next_short().await, "ADDED kubernetes");
    assert_eq!(http.post("/_emulator/drop/connections", &json!({})).await.0, 204);
    events.next_break().await;
    assert_eq!(http.get(SERVICES).await.0, 200);
}

#[tokio::test]
async fn requests_are_counted_and_remembered() {
    let http = Http::start().await;
    http.emulator.clear_requests();
    http.get(SERVICES).await;
    http.post(SERVICES, &service("web")).await;
    http.post(SERVICES, &service("web")).await;
    http.get("/apis/networking.k8s.io/v1/ingresses").await;
    let requests = http.emulator.requests();
    assert_eq!(requests.count("create", "services"), 2);
    assert_eq!(requests.count("list", "ingresses.networking.k8s.io"), 1);
    let codes: Vec<u16> = requests.log.iter().map(|request| request.code).collect();
    assert_eq!(codes, [200, 201, 409, 200]);
    let (_, seen) = http.get("/_emulator/requests").await;
    assert_eq!(seen["counts"]["create services"], 2);
    assert_eq!(seen["log"][0]["namespace"], "default");
    assert_eq!(http.delete("/_emulator/requests").await.0, 204);
    assert!(http.emulator.requests().log.is_empty());
}

#[tokio::test]
async fn compaction_from_outside_says_the_version() {
    let http = Http::start().await;
    let (code, compacted) = http.post("/_emulator/compact", &json!({})).await;
    assert_eq!(code, 200);
    assert_eq!(compacted["resourceVersion"], http.emulator.version().to_string());
}

#[tokio::test]
async fn a_token_is_required_where_one_is_set() {
    let http =
        Http::start_with(Options { token: Some("secret".to_owned()), ..Options::default() }).await;
    let (code, status) = http.get(SERVICES).await;
    assert_eq!((code, &status["reason"]), (401, &json!("Unauthorized")));
    assert_eq!(http.get("/readyz").await.0, 200);
    let wrong = http.request(Method::GET, SERVICES).bearer_auth("other");
    assert_eq!(answer(wrong).await.0, 401);
    let right = http.request(Method::GET, SERVICES).bearer_auth("secret");
    assert_eq!(answer(right).await.0, 200);
}

#[tokio::test]
async fn manifests_set_the_scene_with_their_statuses() {
    let http = Http::start().await;
    let text = "
apiVersion: v1
kind: Service
metadata: {name: web, namespace: apps}
spec: {type: LoadBalancer, ports: [{port: 80}]}
status: {loadBalancer: {ingress: [{ip: 192.0.2.1}]}}
---
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Namespace, metadata: {name: apps}}
";
    assert_eq!(http.emulator.apply_manifests(text).unwrap(), 2);
    let held = http.emulator.get("v1", "Service", "apps", "web").unwrap();
    assert_eq!(held["status"]["loadBalancer"]["ingress"][0]["ip"], "192.0.2.1");
    let before = http.emulator.version();
    http.emulator.apply_manifests(text).unwrap();
    assert_eq!(http.emulator.version(), before, "applying again changes nothing");

    let unknown = "{apiVersion: example.com/v1, kind: Odd, metadata: {name: a}}";
    let error = http.emulator.apply_manifests(unknown).unwrap_err();
    assert_eq!(error.to_string(), "failed to apply `Odd//a`");
    assert_eq!(http.emulator.list("v1", "Service", "apps").len(), 1);
    http.emulator.delete("v1", "Service", "apps", "web").unwrap();
    assert_eq!(http.emulator.get("v1", "Service", "apps", "web"), None);
}

#[tokio::test]
async fn a_taken_address_is_an_error_that_says_what_to_do() {
    let http = Http::start().await;
    let options = Options { listen: http.emulator.address(), ..Options::default() };
    let error = Emulator::start(options).await.unwrap_err();
    let expected = format!(
        "failed to listen on `{}`; choose another address with `--listen`",
        http.emulator.address()
    );
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn paths_that_are_not_served_are_plain_404() {
    let http = Http::start().await;
    for path in ["/odd", "/apis/odd.example.com/v1/things"] {
        assert_eq!(http.get(path).await, (404, json!("404 page not found\n")), "{path}");
    }
    for path in ["/api/v1/widgets", "/api/v2", &format!("{CONFIG_MAPS}/a/status")] {
        let (code, status) = http.get(path).await;
        let message = "the server could not find the requested resource";
        assert_eq!((code, &status["message"]), (404, &json!(message)), "{path}");
    }
    assert_eq!(http.get("/version").await.1["major"], "1");
    assert_eq!(http.post("/version", &json!({})).await.0, 405);
}
