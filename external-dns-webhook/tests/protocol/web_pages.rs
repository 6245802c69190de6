//! What a browser sends for a page that is open in it.

use std::sync::Arc;

use external_dns_webhook::memory::Memory;
use external_dns_webhook::server;

use super::{MEDIA_TYPE, raw, serve};

#[tokio::test]
async fn a_web_page_can_neither_read_nor_write() {
    let memory = Arc::new(Memory::default());
    let options = server::ServerOptions { hosts: server::Hosts::Local, ..Default::default() };
    let address = serve(Arc::clone(&memory), options).await;
    let body =
        r#"{"create":[{"dnsName":"a.example.com","targets":["192.0.2.1"],"recordType":"A"}]}"#;
    let length = body.len();
    let write = |headers: &str| {
        format!(
            "POST /records HTTP/1.1\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\
             \r\n{body}"
        )
    };
    // As a browser sends it without asking first, and by a name of the page's own.
    let page = "Host: other.example.org\r\nOrigin: https://other.example.org\r\n\
                Content-Type: text/plain\r\n";
    assert!(raw(address, &write(page)).await.starts_with("HTTP/1.1 403 "));
    let rebound =
        "GET /records HTTP/1.1\r\nHost: other.example.org:8888\r\nConnection: close\r\n\r\n";
    assert!(raw(address, rebound).await.starts_with("HTTP/1.1 421 "));
    let plain = write("Host: localhost\r\nContent-Type: text/plain\r\n");
    assert!(raw(address, &plain).await.starts_with("HTTP/1.1 415 "));
    assert_eq!(memory.dump(), []);
    let ours = write(&format!("Host: localhost\r\nContent-Type: {MEDIA_TYPE}\r\n"));
    assert!(raw(address, &ours).await.starts_with("HTTP/1.1 204 "));
    assert_eq!(memory.dump().len(), 1);
}
