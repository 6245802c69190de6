//! Many who ask at once: what each may take of what all of them share.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use external_dns_webhook::{Applied, Changes, DnsName, Endpoint, Provider, ProviderError, server};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::{MEDIA_TYPE, raw, serve};

/// Begins what it is asked for, and goes on when it is let go.
#[derive(Debug)]
struct Slow {
    begun: Semaphore,
    let_go: Semaphore,
}

impl Slow {
    fn new() -> Arc<Self> {
        Arc::new(Self { begun: Semaphore::new(0), let_go: Semaphore::new(0) })
    }

    async fn work(&self) {
        self.begun.add_permits(1);
        drop(self.let_go.acquire().await);
    }

    async fn has_begun(&self, count: u32) {
        let begun = tokio::time::timeout(Duration::from_secs(20), self.begun.acquire_many(count));
        begun.await.unwrap().unwrap().forget();
    }
}

impl Provider for Slow {
    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        self.work().await;
        Ok(Vec::new())
    }

    async fn records_named(&self, _names: Vec<DnsName>) -> Result<Vec<Endpoint>, ProviderError> {
        self.work().await;
        Ok(Vec::new())
    }

    async fn apply(&self, _changes: Changes) -> Result<Applied, ProviderError> {
        self.work().await;
        Ok(Applied::default())
    }
}

/// A write of one record set, in a body of so many bytes.
fn write(length: usize) -> String {
    let changes = "{\"create\":[{\"dnsName\":\"a.example.com\",\"recordType\":\"A\",\"targets\":[\"192.0.2.1\"]}]}";
    format!(
        "POST /records HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: {MEDIA_TYPE}\r\n\
         Content-Length: {length}\r\n\r\n{changes}{}",
        " ".repeat(length - changes.len())
    )
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
}

async fn answered(address: SocketAddr, request: &str) -> String {
    let answer = tokio::time::timeout(Duration::from_secs(20), raw(address, request)).await;
    answer.unwrap()
}

fn is_told_to_come_again(answer: &str, sentence: &str) {
    let has_time = answer.to_ascii_lowercase().contains("retry-after: 1\r\n");
    assert!(answer.starts_with("HTTP/1.1 503 ") && has_time, "{answer}");
    assert!(answer.contains(sentence), "{answer}");
}

const LARGEST: usize = 200_000;

#[tokio::test]
async fn large_bodies_share_room_for_two_until_they_are_written_and_small_ones_always_get_through()
{
    let slow = Slow::new();
    let options = server::ServerOptions { max_body_size_bytes: LARGEST, ..Default::default() };
    let address = serve(Arc::clone(&slow), options).await;
    let send = |length| async move { answered(address, &write(length)).await };
    let mut large: JoinSet<_> = [send(LARGEST), send(LARGEST)].into_iter().collect();
    slow.has_begun(2).await;
    let third = send(LARGEST).await;
    is_told_to_come_again(&third, "have all the room");
    let mut small: JoinSet<_> = (0..50).map(|_| send(60_000)).collect();
    slow.has_begun(50).await;
    // A write goes on without its client, and so does what it takes.
    large.shutdown().await;
    is_told_to_come_again(&send(LARGEST).await, "have all the room");
    slow.let_go.add_permits(1_000);
    while let Some(answer) = small.join_next().await {
        assert!(answer.unwrap().starts_with("HTTP/1.1 204 "));
    }
    assert!(send(LARGEST).await.starts_with("HTTP/1.1 204 "), "room is given back");
}

#[tokio::test]
async fn bodies_that_are_only_told_take_no_room() {
    let slow = Slow::new();
    slow.let_go.add_permits(1_000);
    let options = server::ServerOptions { max_body_size_bytes: LARGEST, ..Default::default() };
    let address = serve(Arc::clone(&slow), options).await;
    let mut halves = Vec::new();
    for _ in 0..50 {
        use tokio::io::AsyncWriteExt as _;
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let half = write(LARGEST);
        stream.write_all(&half.as_bytes()[..half.len() - LARGEST + 1_000]).await.unwrap();
        halves.push(stream);
    }
    for _ in 0..3 {
        assert!(answered(address, &write(LARGEST)).await.starts_with("HTTP/1.1 204 "));
    }
    drop(halves);
}

#[tokio::test]
async fn those_who_wait_for_a_read_leave_places_for_names_and_writes() {
    let slow = Slow::new();
    let options = server::ServerOptions { requests: 16, ..Default::default() };
    let address = serve(Arc::clone(&slow), options).await;
    let mut waiting = JoinSet::new();
    let mut ask = |request: String| waiting.spawn(async move { answered(address, &request).await });
    for _ in 0..2 {
        ask(get("/records"));
    }
    slow.has_begun(2).await;
    is_told_to_come_again(&answered(address, &get("/records")).await, "wait for zones to be read");
    for _ in 0..6 {
        ask(get("/records?name=a.example.com"));
    }
    slow.has_begun(6).await;
    for path in ["/records?name=a.example.com", "/zones", "/records"] {
        is_told_to_come_again(&answered(address, &get(path)).await, "wait for zones to be read");
    }
    assert!(answered(address, &get("/")).await.starts_with("HTTP/1.1 200 "), "negotiation");
    for _ in 0..20 {
        ask(write(1_000));
    }
    slow.has_begun(20).await;
    slow.let_go.add_permits(1_000);
    while let Some(answer) = waiting.join_next().await {
        assert!(answer.unwrap().starts_with("HTTP/1.1 20"));
    }
    assert!(answered(address, &get("/records")).await.starts_with("HTTP/1.1 200 "));
}
