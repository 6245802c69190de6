//! The conformance kit of the protocol, with all its rules, over HTTP.

use std::sync::Arc;
use std::time::Duration;

use external_dns_webhook::client::ClientOptions;
use external_dns_webhook::conformance::{self, ConformanceOptions, Extent, Outcome};
use external_dns_webhook::server::{ServerOptions, zoned_router};
use rfc2136_webhook::provider::Zoned;
use tokio_util::task::TaskTracker;

use crate::harness::{Server, listed, told};

#[tokio::test]
async fn every_rule_of_the_protocol_is_kept_and_the_zone_is_left_as_it_was() {
    for server in Server::all(&["example.com"]).await {
        let provider = server.provider();
        let before = told(&listed(&provider).await);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let zoned = Arc::new(Zoned(Arc::clone(&provider)));
        let (options, writes) = (ServerOptions::default(), TaskTracker::new());
        let routes = zoned_router(Arc::clone(&provider), zoned, options, writes);
        let served = axum::serve(listener, routes);
        let options = ConformanceOptions {
            client: ClientOptions { url, ..ClientOptions::default() },
            extent: Extent::Writes("example.com".into()),
            settle: Duration::ZERO,
            big_body_record_sets: 2_000,
        };
        let findings = tokio::select! {
            findings = conformance::run(options, |_| {}) => findings.unwrap(),
            ended = served.into_future() => panic!("{ended:?}"),
        };
        let not_met: Vec<_> = findings
            .iter()
            .filter(|finding| finding.outcome != Outcome::Met)
            .map(|finding| (finding.check.id(), &finding.outcome))
            .collect();
        let ids: Vec<_> = not_met.iter().map(|(id, _)| *id).collect();
        assert_eq!(ids, ["retry-after"], "{:?}: {not_met:#?}", server.kind);
        assert_eq!(told(&listed(&provider).await), before, "{:?}", server.kind);
    }
}
