//! Who may do what, by an API server that answers what each case says.

use axum::http::header::AUTHORIZATION;
use kube::client::Body;
use serde_json::{Value, json};

use super::*;

const POST: (&Method, &str) = (&Method::POST, "/v1/approve");

fn far() -> Peer {
    Peer::Address { remote: ([192, 0, 2, 1], 1).into(), is_local: false }
}

/// Returns rights by a cluster that knows the token `good`, and lets whom `allows` says.
fn rights(allows: fn(&Value) -> bool) -> Rights {
    let service = tower::service_fn(move |request: axum::http::Request<Body>| async move {
        let is_token = request.uri().path().ends_with("/tokenreviews");
        let bytes = request.into_body().collect_bytes().await?;
        let mut review: Value = serde_json::from_slice(&bytes).unwrap();
        review["status"] = if is_token {
            let is_known = review["spec"]["token"] == "good";
            json!({ "authenticated": is_known, "user": { "username": "jane", "groups": ["ops"] } })
        } else {
            json!({ "allowed": allows(&review["spec"]) })
        };
        Ok::<_, kube::Error>(axum::http::Response::new(Body::from(review.to_string().into_bytes())))
    });
    Rights { cluster: Some(Client::new(service, "default")), guard_reading: false }
}

fn token(token: &str) -> HeaderMap {
    HeaderMap::from_iter([(AUTHORIZATION, format!("Bearer {token}").parse().unwrap())])
}

async fn status(rights: &Rights, what: (&Method, &str), headers: &HeaderMap) -> (u16, String) {
    match rights.check(Some(far()), what, headers).await {
        Ok(who) => (200, who.to_string()),
        Err(denied) => (denied.status().as_u16(), denied.to_string()),
    }
}

#[tokio::test]
async fn whoever_the_cluster_lets_may_and_is_called_by_their_name() {
    let attributes = |spec: &Value| {
        let wanted = json!({ "path": "/v1/approve", "verb": "post" });
        spec["nonResourceAttributes"] == wanted
            && spec["user"] == "jane"
            && spec["groups"][0] == "ops"
    };
    let rights = rights(attributes);
    assert_eq!(status(&rights, POST, &token("good")).await, (200, "jane".to_owned()));
    let (code, sentence) = status(&rights, POST, &token("bad")).await;
    assert!(code == 401 && sentence.contains("kubectl create token"), "{sentence}");
    let (code, sentence) = status(&rights, POST, &HeaderMap::new()).await;
    assert!(code == 401 && sentence.contains("kubectl port-forward"), "{sentence}");
}

#[tokio::test]
async fn whoever_it_does_not_let_is_told_which_right_is_missing() {
    let (code, sentence) = status(&rights(|_| false), POST, &token("good")).await;
    assert!(code == 403 && sentence.contains("`jane` may not post `/v1/approve`"), "{sentence}");
    let (code, sentence) = status(&Rights::default(), POST, &token("good")).await;
    assert!(code == 403 && sentence.contains("no cluster"), "{sentence}");
}

#[tokio::test]
async fn the_machine_itself_needs_no_token_and_reading_none_unless_it_is_guarded() {
    let mut rights = rights(|_| false);
    for peer in [Peer::Socket, Peer::Address { remote: ([127, 0, 0, 1], 1).into(), is_local: true }]
    {
        let who = rights.check(Some(peer), POST, &HeaderMap::new()).await.unwrap();
        assert_eq!(who, Who::Here);
    }
    // What cannot be told is no reason to let anyone in.
    assert!(rights.check(None, POST, &HeaderMap::new()).await.is_err());
    for path in ["/metrics", "/readyz", "/v1/plan"] {
        assert_eq!(status(&rights, (&Method::GET, path), &HeaderMap::new()).await.0, 200);
    }
    rights.guard_reading = true;
    assert_eq!(status(&rights, (&Method::GET, "/metrics"), &HeaderMap::new()).await.0, 200);
    assert_eq!(status(&rights, (&Method::GET, "/v1/plan"), &HeaderMap::new()).await.0, 401);
    assert_eq!(status(&rights, (&Method::GET, "/v1/plan"), &token("good")).await.0, 403);
}
