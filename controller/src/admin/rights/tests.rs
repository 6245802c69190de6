//! Who may do what, by an API server that answers what each case says.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::header::AUTHORIZATION;
use daemon::ProxySign;
use kube::client::Body;
use serde_json::{Value, json};

use super::*;

const POST: Right = Right::Change("/v1/approve");
const READ: Right = Right::Read("/v1/plan");

fn far() -> Peer {
    Peer::Address { remote: ([192, 0, 2, 1], 1).into(), is_local: false }
}

fn near() -> Peer {
    Peer::Address { remote: ([127, 0, 0, 1], 1).into(), is_local: true }
}

/// Returns rights by a cluster that knows the token `good`, and lets whom `allows` says; and how many
/// tokens it was asked about.
fn counted(allows: fn(&Value) -> bool) -> (Rights, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counts = Arc::clone(&count);
    let service = tower::service_fn(move |request: axum::http::Request<Body>| {
        let counts = Arc::clone(&counts);
        async move {
            let is_token = request.uri().path().ends_with("/tokenreviews");
            let bytes = request.into_body().collect_bytes().await?;
            let mut review: Value = serde_json::from_slice(&bytes).unwrap();
            review["status"] = if is_token {
                counts.fetch_add(1, Ordering::Relaxed);
                let is_known = review["spec"]["token"] == "good";
                let user = json!({ "username": "jane", "groups": ["ops"] });
                json!({ "authenticated": is_known, "user": user })
            } else {
                json!({ "allowed": allows(&review["spec"]) })
            };
            let body = Body::from(review.to_string().into_bytes());
            Ok::<_, kube::Error>(axum::http::Response::new(body))
        }
    });
    (Rights::new(Some(Client::new(service, "default")), false), count)
}

fn rights(allows: fn(&Value) -> bool) -> Rights {
    counted(allows).0
}

fn token(token: &str) -> HeaderMap {
    HeaderMap::from_iter([(AUTHORIZATION, format!("Bearer {token}").parse().unwrap())])
}

async fn asked(
    rights: &Rights,
    (peer, admission): (Peer, Admission),
    right: Right,
    headers: &HeaderMap,
) -> (u16, String) {
    let asks = Asks { peer: Some(peer), admission: Some(admission), headers };
    match rights.check(asks, right, false).await {
        Ok(who) => (200, who.to_string()),
        Err(denied) => (denied.status().as_u16(), denied.to_string()),
    }
}

async fn status(rights: &Rights, right: Right, headers: &HeaderMap) -> (u16, String) {
    asked(rights, (far(), Admission::Unguarded), right, headers).await
}

#[tokio::test]
async fn a_user_whom_the_cluster_lets_may_and_is_called_by_their_name() {
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
    // Of reading it is asked, too, by another verb.
    let (code, sentence) = status(&rights, READ, &token("good")).await;
    assert!(code == 403 && sentence.contains("`jane` may not get `/v1/plan`"), "{sentence}");
}

#[tokio::test]
async fn a_user_whom_it_does_not_let_is_told_which_right_is_missing() {
    let (code, sentence) = status(&rights(|_| false), POST, &token("good")).await;
    assert!(code == 403 && sentence.contains("`jane` may not post `/v1/approve`"), "{sentence}");
    let (code, sentence) = status(&Rights::default(), POST, &token("good")).await;
    assert!(code == 403 && sentence.contains("no cluster"), "{sentence}");
}

#[tokio::test]
async fn the_machine_itself_needs_no_token_and_everyone_else_one_even_to_read() {
    let rights = rights(|_| true);
    for peer in [Peer::Socket, near()] {
        for right in [POST, READ] {
            let here = (peer, Admission::Unguarded);
            let (code, who) = asked(&rights, here, right, &HeaderMap::new()).await;
            assert!(code == 200 && who.contains("on this machine"), "{who}");
        }
    }
    // A proxy of this machine speaks for anyone.
    for peer in [far(), Peer::Proxy(ProxySign::OldVersion)] {
        let there = (peer, Admission::Unguarded);
        for right in [POST, READ] {
            assert_eq!(asked(&rights, there, right, &HeaderMap::new()).await.0, 401);
            assert_eq!(asked(&rights, there, right, &token("good")).await.0, 200);
        }
        for right in [Right::Nothing, Right::LetIn("/metrics")] {
            assert_eq!(asked(&rights, there, right, &HeaderMap::new()).await.0, 200);
        }
    }
    // What cannot be told is no reason to let anyone in.
    for (peer, admission) in
        [(None, Some(Admission::Unguarded)), (Some(near()), None), (Some(far()), None)]
    {
        let asks = Asks { peer, admission, headers: &HeaderMap::new() };
        assert!(rights.check(asks, READ, false).await.is_err(), "{peer:?} {admission:?}");
    }
}

#[tokio::test]
async fn anyone_reads_where_that_is_wanted_and_no_names_are_to_be_kept_apart() {
    let rights = Rights { anyone_reads: true, ..rights(|_| true) };
    let headers = HeaderMap::new();
    let asks = Asks { peer: Some(far()), admission: Some(Admission::Unguarded), headers: &headers };
    assert_eq!(rights.check(asks, READ, false).await.unwrap(), Who::Anyone);
    assert!(rights.check(asks, READ, true).await.is_err());
    assert!(rights.check(asks, POST, false).await.is_err());
    // The listener's own tokens are wanted all the same.
    let asks = Asks { admission: Some(Admission::Unknown), ..asks };
    assert!(rights.check(asks, READ, false).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_token_of_the_listener_reads_and_is_never_shown_to_the_cluster() {
    let (rights, reviews) = counted(|_| true);
    let known = (far(), Admission::Known { by_token: true });
    for right in [Right::LetIn("/metrics"), READ] {
        assert_eq!(asked(&rights, known, right, &token("scraper")).await.0, 200);
    }
    let (code, sentence) = asked(&rights, known, POST, &token("scraper")).await;
    assert!(code == 403 && sentence.contains("a token of the cluster instead"), "{sentence}");
    assert_eq!(reviews.load(Ordering::Relaxed), 0);
    // On the machine itself it is as good as everywhere else without one.
    let here = (near(), Admission::Known { by_token: true });
    assert_eq!(asked(&rights, here, POST, &token("scraper")).await.0, 200);
    // A caller without any of them may have one of the cluster, for everything, from anywhere.
    for peer in [near(), far()] {
        let unknown = (peer, Admission::Unknown);
        for right in [Right::LetIn("/metrics"), READ, POST] {
            assert_eq!(asked(&rights, unknown, right, &token("good")).await.0, 200);
            assert_eq!(asked(&rights, unknown, right, &token("bad")).await.0, 401);
            tokio::time::advance(std::time::Duration::from_secs(1)).await;
        }
    }
    // A certificate says nothing of the token beside it.
    let certified = (far(), Admission::Known { by_token: false });
    assert_eq!(asked(&rights, certified, POST, &token("good")).await.1, "jane");
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_tokens_is_a_few_questions_to_the_cluster() {
    let (rights, reviews) = counted(|_| true);
    for _ in 0..50 {
        assert_eq!(status(&rights, POST, &token("good")).await.0, 200);
        assert_eq!(status(&rights, POST, &token("bad")).await.0, 401);
    }
    assert_eq!(reviews.load(Ordering::Relaxed), 2, "answers count for a while");
    let mut busy = 0;
    for number in 0..500 {
        let (code, _) = status(&rights, POST, &token(&format!("r{number}"))).await;
        busy += usize::from(code == 503);
    }
    assert_eq!((reviews.load(Ordering::Relaxed), busy), (5, 497));
    assert_eq!(status(&rights, POST, &token("good")).await.0, 200, "what is known needs none");
    tokio::time::advance(std::time::Duration::from_secs(1)).await;
    assert_eq!(status(&rights, POST, &token("another")).await.0, 401);
}

#[tokio::test]
async fn why_reviews_have_no_new_token_is_told_as_it_is_now() {
    let trouble = Arc::new(std::sync::Mutex::new(None));
    let told = Arc::clone(&trouble);
    let rights = rights(|_| true).with_credentials(move || told.lock().unwrap().clone());
    assert_eq!(rights.credential_trouble(), None);
    let failed = CredentialTrouble { why: "the command failed".to_owned(), is_bridged: false };
    *trouble.lock().unwrap() = Some(failed.clone());
    assert_eq!(rights.credential_trouble(), Some(failed));
}
