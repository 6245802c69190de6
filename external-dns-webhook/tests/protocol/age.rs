//! How old a list is, and that it is wanted new.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use external_dns_webhook::client::{Client, ClientOptions};
use external_dns_webhook::{
    Applied, Changes, Endpoint, Extension, Listing, Negotiation, Provider, ProviderError, server,
};

use super::{raw, serve};

/// Keeps its list, which is as old as it says.
#[derive(Debug)]
struct Keeping(AtomicU64);

impl Provider for Keeping {
    async fn negotiate(&self) -> Result<Negotiation, ProviderError> {
        let extensions = [Extension::ConditionalRecords].into_iter().collect();
        Ok(Negotiation { extensions, ..Negotiation::default() })
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        Ok(Vec::new())
    }

    async fn apply(&self, _changes: Changes) -> Result<Applied, ProviderError> {
        Ok(Applied::default())
    }

    async fn revision(&self) -> Option<String> {
        Some("same".to_owned())
    }

    async fn age(&self) -> Option<Duration> {
        let age = self.0.load(Ordering::Relaxed);
        (age > 0).then(|| Duration::from_millis(age))
    }

    async fn refresh(&self) -> Result<(), ProviderError> {
        self.0.store(900, Ordering::Relaxed);
        Ok(())
    }
}

#[tokio::test]
async fn a_list_says_its_age_and_is_read_anew_for_a_request_that_says_so() {
    let keeping = Arc::new(Keeping(AtomicU64::new(0)));
    let address = serve(Arc::clone(&keeping), server::ServerOptions::default()).await;
    let url = format!("http://{address}");
    let client = Client::new(&ClientOptions { url, ..ClientOptions::default() }).unwrap();
    client.negotiate().await.unwrap();
    client.records().await.unwrap();
    assert_eq!(client.age().await, None, "it was not said");

    keeping.0.store(61_999, Ordering::Relaxed);
    client.records().await.unwrap();
    assert_eq!(client.age().await, Some(Duration::from_secs(61)));
    let unchanged = client.records_since(Some("\"same\"".to_owned())).await.unwrap();
    assert_eq!(
        (unchanged, client.age().await),
        (Listing::Unchanged, Some(Duration::from_secs(61)))
    );

    client.refresh().await.unwrap();
    client.records().await.unwrap();
    assert_eq!(client.age().await, Some(Duration::ZERO));
    keeping.0.store(5_000, Ordering::Relaxed);
    client.records().await.unwrap();
    assert_eq!(client.age().await, Some(Duration::from_secs(5)), "it was wanted once");
}

#[tokio::test]
async fn a_request_wants_no_kept_list_only_where_it_says_so() {
    for (header, wants) in [
        ("Cache-Control: no-cache\r\n", true),
        ("Cache-Control: max-age=0, No-Cache\r\n", true),
        ("Cache-Control: max-age=0\r\nCache-Control: no-cache\r\n", true),
        ("Cache-Control: max-age=0\r\n", false),
        ("Cache-Control: no-cachet\r\n", false),
        ("Pragma: no-cache\r\n", false),
        ("", false),
    ] {
        let keeping = Arc::new(Keeping(AtomicU64::new(7_000)));
        let address = serve(Arc::clone(&keeping), server::ServerOptions::default()).await;
        let answer = async |path: &str| {
            keeping.0.store(7_000, Ordering::Relaxed);
            let request =
                format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{header}\r\n");
            raw(address, &request).await.to_ascii_lowercase()
        };
        let whole = answer("/records").await;
        let age = if wants { "\r\nage: 0\r\n" } else { "\r\nage: 7\r\n" };
        assert!(whole.contains(age), "{header}: {whole}");
        // What single names are answered with is of a moment of its own, and costs no zone a read.
        let named = answer("/records?name=a.example.com").await;
        assert!(!named.contains("\r\nage:"), "{header}: {named}");
        assert_eq!(keeping.0.load(Ordering::Relaxed), 7_000, "{header}");
    }
}

/// Reads anew for as long as it is not let go, and counts who waits for that.
#[derive(Debug)]
struct Slow {
    waiting: AtomicU64,
    let_go: tokio::sync::Semaphore,
}

impl Provider for Slow {
    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        Ok(Vec::new())
    }

    async fn apply(&self, _changes: Changes) -> Result<Applied, ProviderError> {
        Ok(Applied::default())
    }

    async fn refresh(&self) -> Result<(), ProviderError> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        drop(self.let_go.acquire().await);
        Ok(())
    }
}

#[tokio::test]
async fn of_many_who_want_a_list_anew_few_wait_and_the_others_get_what_is_known() {
    let slow = Slow { waiting: AtomicU64::new(0), let_go: tokio::sync::Semaphore::new(0) };
    let slow = Arc::new(slow);
    let address = serve(Arc::clone(&slow), server::ServerOptions::default()).await;
    let request =
        "GET /records HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCache-Control: no-cache\r\n\r\n";
    let mut all: tokio::task::JoinSet<String> = (0..10).map(|_| raw(address, request)).collect();
    let mut answered = Vec::new();
    while answered.len() < 6 {
        let next = tokio::time::timeout(Duration::from_secs(20), all.join_next()).await;
        answered.push(next.expect("six are answered at once").unwrap().unwrap());
    }
    assert_eq!(slow.waiting.load(Ordering::Relaxed), 4, "the others were answered meanwhile");
    slow.let_go.add_permits(4);
    while let Some(answer) = all.join_next().await {
        answered.push(answer.unwrap());
    }
    assert!(answered.iter().all(|answer| answer.starts_with("HTTP/1.1 200 ")), "{answered:?}");
}
