//! Commands that give tokens, asked by requests to an API server on a socket.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};

use super::super::tests::with_command;
use super::super::{Credentials, of_within};
use super::*;
use crate::cluster::bounded;

/// Answers who showed the token `good`, and nobody else.
async fn server(good: &'static str) -> String {
    let answer = async |State(good): State<&'static str>, headers: HeaderMap| {
        let is_good = headers.get("authorization").is_some_and(|shown| shown == good);
        if is_good { StatusCode::OK } else { StatusCode::UNAUTHORIZED }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let routes = Router::new().fallback(answer).with_state(good);
    let mut servers = JoinSet::new();
    servers.spawn(async move { axum::serve(listener, routes).await.unwrap() });
    servers.detach_all();
    url
}

/// Returns a script that says each time that it runs, gives these tokens one after the other, and then hangs.
fn script(runs: &Path, tokens: &[(&str, &str)]) -> String {
    let runs = runs.display();
    let given = tokens.iter().zip(1..).map(|((token, expires), number)| {
        format!(
            r#"{number}) echo '{{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{{"token":"{token}","expirationTimestamp":"{expires}"}}}}';;"#
        )
    });
    let given: String = given.collect();
    format!("echo >>'{runs}'; case $(wc -l <'{runs}') in {given} *) sleep 600 & wait;; esac")
}

fn runs(runs: &Path) -> usize {
    std::fs::read_to_string(runs).unwrap().lines().count()
}

async fn requested(client: &Client) -> Result<StatusCode, String> {
    let request = axum::http::Request::get("/").body(kube::client::Body::empty()).unwrap();
    client
        .send(request)
        .await
        .map(|answer| answer.status())
        .map_err(|error| crate::api_server::told(&error))
}

async fn made(script: &str, server: &str, timings: Timings) -> (Arc<Credentials>, Client) {
    let mut config = with_command(script);
    config.cluster_url = server.parse().unwrap();
    let credentials = Arc::new(of_within(timings, config).await.unwrap());
    let place = (server.to_owned(), None);
    let client = bounded::client(Arc::clone(&credentials), place, "default".to_owned());
    (credentials, client)
}

fn command(credentials: &Credentials) -> &TokenCommand {
    match credentials {
        Credentials::Command(command) => command,
        Credentials::Fixed(_) | Credentials::File(..) => panic!("it has a command"),
    }
}

const QUICK: Timings =
    Timings { most: Duration::from_secs(1), pause: Duration::ZERO, ahead: Duration::from_mins(1) };

const LATER: &str = "2999-01-01T00:00:00Z";

#[tokio::test]
async fn a_token_is_shown_as_long_as_it_is_taken_while_its_command_hangs() {
    let folder = tempfile::tempdir().unwrap();
    let counted = folder.path().join("runs");
    let soon = (Timestamp::now() + Duration::from_secs(50)).to_string();
    let server = server("Bearer one").await;
    let (credentials, client) = made(
        &script(&counted, &[("one", &soon)]),
        &server,
        Timings { pause: Duration::from_mins(1), ..QUICK },
    )
    .await;
    assert_eq!(credentials.trouble(), None);
    // It rests after its first run.
    assert_eq!(requested(&client).await, Ok(StatusCode::OK));
    assert_eq!(runs(&counted), 1);
    command(&credentials).work.known.send_modify(|known| known.rests_until = None);
    let began = Instant::now();
    for _ in 0..20 {
        assert_eq!(requested(&client).await, Ok(StatusCode::OK), "nothing waits for the command");
    }
    assert!(began.elapsed() < QUICK.most, "nothing waits for the command");
    let mut known = command(&credentials).work.known.subscribe();
    drop(known.wait_for(|known| known.trouble.is_some() && !known.is_running).await.unwrap());
    let CredentialTrouble { why: told, is_bridged } = credentials.trouble().unwrap();
    assert!(is_bridged, "the token has most of a minute left");
    assert!(
        told.starts_with("the command `sh` of the kubeconfig's user has given no token for 1 s"),
        "{told}"
    );
    assert_eq!(requested(&client).await, Ok(StatusCode::OK));
    assert_eq!(runs(&counted), 2, "one command at a time, and none while it rests");
}

#[tokio::test]
async fn a_refused_token_is_renewed_and_where_it_cannot_be_the_command_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let counted = folder.path().join("runs");
    let server = server("Bearer two").await;
    let script = script(&counted, &[("one", LATER), ("two", LATER)]);
    let (credentials, client) = made(&script, &server, QUICK).await;
    assert_eq!(requested(&client).await, Ok(StatusCode::UNAUTHORIZED));
    let both = tokio::join!(requested(&client), requested(&client));
    assert_eq!(both, (Ok(StatusCode::OK), Ok(StatusCode::OK)));
    assert_eq!(runs(&counted), 2, "both waited for one run");
    // As if the API server took it no more.
    command(&credentials).refused(1);
    let told = requested(&client).await.unwrap_err();
    assert!(
        told.starts_with("the command `sh` of the kubeconfig's user has given no token"),
        "{told}"
    );
}

#[tokio::test]
async fn a_renewal_that_failed_is_tried_again_without_a_request() {
    let folder = tempfile::tempdir().unwrap();
    let counted = folder.path().join("runs");
    let soon = (Timestamp::now() + Duration::from_secs(50)).to_string();
    let server = server("Bearer one").await;
    // In its second and third run it prints nothing of use.
    let tokens = [("one", soon.as_str()), ("", LATER), ("", LATER), ("two", LATER)];
    let (credentials, client) = made(&script(&counted, &tokens), &server, QUICK).await;
    let mut known = command(&credentials).work.known.subscribe();
    assert_eq!(requested(&client).await, Ok(StatusCode::OK));
    let has_second = |known: &Known| {
        known.trouble.is_none() && known.shown.as_ref().is_some_and(|shown| shown.number == 1)
    };
    let renewed = tokio::time::timeout(Duration::from_secs(20), known.wait_for(has_second)).await;
    drop(renewed.expect("the command is run until it gives a token").unwrap());
    assert_eq!((runs(&counted), credentials.trouble()), (4, None));
}

#[tokio::test]
async fn a_token_that_has_ended_or_is_refused_bridges_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let counted = folder.path().join("runs");
    let past = (Timestamp::now() - Duration::from_secs(1)).to_string();
    let timings = Timings { pause: Duration::from_mins(1), ..QUICK };
    for (ends, is_refused) in [(past.as_str(), false), (LATER, true)] {
        let _ = std::fs::remove_file(&counted);
        let server = server("Bearer none").await;
        let (credentials, _) = made(&script(&counted, &[("one", ends)]), &server, timings).await;
        command(&credentials).work.known.send_modify(|known| {
            known.is_refused = is_refused;
            known.trouble = Some(Arc::new(NoToken::Unusable { why: "no".to_owned() }));
        });
        assert!(!credentials.trouble().unwrap().is_bridged, "{ends}");
    }
}

#[tokio::test]
async fn a_certificate_that_a_command_gives_is_shown() {
    let own = rcgen::generate_simple_self_signed(["me".to_owned()]).unwrap();
    let status = serde_json::json!({
        "clientCertificateData": own.cert.pem(), "clientKeyData": own.signing_key.serialize_pem(),
    });
    let credential = serde_json::json!({
        "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status,
    });
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), credential.to_string()).unwrap();
    let config = with_command(&format!("cat {}", file.path().display()));
    let credentials = of_within(QUICK, config).await.unwrap();
    let shown = command(&credentials)
        .work
        .known
        .borrow()
        .shown
        .as_ref()
        .map(|shown| shown.identity.is_some());
    assert_eq!(shown, Some(true));
    let broken = r#"{"status":{"clientCertificateData":"sekret","clientKeyData":"sekret"}}"#;
    let told = of_within(QUICK, with_command(&format!("echo '{broken}'")))
        .await
        .err()
        .unwrap()
        .to_string();
    assert!(!told.contains("sekret"), "{told}");
}
