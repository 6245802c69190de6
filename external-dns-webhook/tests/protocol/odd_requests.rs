//! Requests that no controller sends, and what they are answered.

use std::sync::Arc;

use external_dns_webhook::memory::Memory;
use external_dns_webhook::{Provider as _, server};

use super::{MEDIA_TYPE, raw, send, serve};

const RECORD: &str =
    r#"{"create":[{"dnsName":"a.example.com","targets":["192.0.2.1"],"recordType":"A"}]}"#;

fn post(headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST /records HTTP/1.1\r\nConnection: close\r\nContent-Type: {MEDIA_TYPE}\r\n\
         Content-Length: {length}\r\n{headers}\r\n{body}"
    )
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_before_it_is_sent() {
    let memory = Arc::new(Memory::default());
    let options = server::ServerOptions { max_body_size_bytes: 2_000, ..Default::default() };
    let address = serve(Arc::clone(&memory), options).await;
    let ask = |length: usize| {
        format!(
            "POST /records HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Type: {MEDIA_TYPE}\r\nContent-Length: {length}\r\nExpect: 100-continue\r\n\r\n"
        )
    };
    for length in [2_001, 1 << 40] {
        let answer = raw(address, &ask(length)).await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{length}: {answer}");
    }
    let allowed = raw(address, &(ask(RECORD.len()) + RECORD)).await;
    assert!(allowed.starts_with("HTTP/1.1 100 ") && allowed.contains("HTTP/1.1 204 "), "{allowed}");
}

#[tokio::test]
async fn a_request_that_may_be_read_in_two_ways_is_not_read() {
    let memory = Arc::new(Memory::default());
    let address = serve(Arc::clone(&memory), server::ServerOptions::default()).await;
    for (headers, status) in [
        ("Host: localhost\r\nHost: other.example.org\r\n", 400),
        ("", 400),
        ("Host:\r\n", 400),
        ("Host: \r\nHost: localhost\r\n", 400),
        ("Host: localhost, other.example.org\r\n", 400),
        ("Host: user@localhost\r\n", 400),
        ("Host: localhost\r\nContent-Encoding: gzip\r\n", 415),
        ("Host: localhost\r\nContent-Encoding: identity\r\nContent-Encoding: br\r\n", 415),
    ] {
        let answer = raw(address, &post(headers, RECORD)).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{headers}: {answer}");
    }
    assert_eq!(memory.dump(), []);
}

#[tokio::test]
async fn what_is_no_changes_is_not_answered_as_though_it_was_written() {
    let memory = Arc::new(Memory::default());
    let address = serve(Arc::clone(&memory), server::ServerOptions::default()).await;
    for (body, status) in [
        // Meant for another port, of another shape, or misspelt as a whole.
        (r#"{"hash": "0123456789abcdef"}"#, 400),
        (r#"{"changes": {"create": []}}"#, 400),
        (r#"{"Creates": [], "kind": "Changes"}"#, 400),
        ("[]", 400),
        (r#""create""#, 400),
        // No changes, and changes of a later version.
        ("{}", 204),
        ("null", 204),
        (r#"{"later": 1, "Create": []}"#, 204),
    ] {
        let answer = raw(address, &post("Host: localhost\r\n", body)).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{body}: {answer}");
    }
    let answer = raw(address, &post("Host: localhost\r\n", r#"{"hash": "x"}"#)).await;
    assert!(answer.contains("it has `hash`, and none of `create`"), "{answer}");
}

#[tokio::test]
async fn a_write_of_what_no_text_can_hold_is_refused_and_names_the_member() {
    let memory = Arc::new(Memory::default());
    let address = serve(Arc::clone(&memory), server::ServerOptions::default()).await;
    let record = |name: &str, target: &str| {
        format!("{{\"dnsName\":\"{name}\",\"targets\":[\"{target}\"],\"recordType\":\"TXT\"}}")
    };
    for (path, before, after) in [("/records", "{\"create\":", "}"), ("/adjustendpoints", "", "")] {
        for (name, target, member) in [
            ("a\\ud800.example.com", "x", "`dnsName`"),
            ("a.example.com", "x\\udc00", "`targets`"),
            ("a.example.com", "\\ud83dx\\ude00", "`targets`"),
        ] {
            let good = record("good.example.com", "x");
            let body = format!("{before}[{good},{}]{after}", record(name, target));
            let (status, _, text) = send(address, "POST", path, &body).await;
            assert_eq!(status, 400, "{path}: {text}");
            assert!(text.contains(member) && text.contains("half of a surrogate pair"), "{text}");
        }
        let pair = record("a.example.com", "\\ud83d\\ude00");
        let (status, _, text) =
            send(address, "POST", path, &format!("{before}[{pair}]{after}")).await;
        assert!(status < 300, "{path}: {text}");
    }
    let held = memory.records().await.unwrap();
    assert_eq!(held.len(), 1);
    assert_eq!(held.first().unwrap().targets, ["😀"].into_iter().collect());
}
