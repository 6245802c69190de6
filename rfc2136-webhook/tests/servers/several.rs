//! Zones of several servers: which of them is believed, and what is not known when one falls away.

use std::sync::Arc;

use external_dns_webhook::{Changes, Endpoint, Provider as _, ProviderError, RecordType};
use rfc2136_webhook::provider::{Rfc2136, Zoned};

use crate::harness::{
    KEY, Kind, SECRET, Server, adjusted, apply, exchange, key, listed, provider, told, zone_at,
};
use crate::proxy::{Proxy, Trick};

/// NOTAUTH and REFUSED: what a secondary may say to an update.
const OF_SECONDARIES: [u8; 2] = [9, 5];

fn www() -> Endpoint {
    Endpoint::new("www.example.com", RecordType::A, ["192.0.2.1"])
}

fn provider_at(servers: Vec<rfc2136_webhook::exchange::Address>) -> Arc<Rfc2136> {
    provider(vec![zone_at("example.com", servers, Some(key(KEY, SECRET)), exchange())])
}

#[tokio::test]
async fn an_unconfirmed_update_is_not_told_as_not_written_because_another_server_answers() {
    for code in OF_SECONDARIES {
        let Some(primary) = Server::start(Kind::Bind, &["example.com"]).await else { return };
        let Some(secondary) = Server::start(Kind::Knot, &["example.com"]).await else { return };
        let first = Proxy::start(primary.address(), Trick::LoseAnswersThenClose).await;
        let second = Proxy::start(secondary.address(), Trick::AnswerUpdates(code)).await;
        let provider = provider_at(vec![first.address(), second.address()]);
        let create = adjusted(&provider, vec![www()]).await;
        let outcome = Zoned(provider).apply(Changes { create, ..<_>::default() }).await;
        assert_eq!(primary.answers("www.example.com", "A").await, ["192.0.2.1"]);
        let Err(ProviderError::Unavailable { source, .. }) = outcome else { panic!("{outcome:?}") };
        let source = source.to_string();
        assert!(source.contains("before its answer to the UPDATE was complete"), "{source}");
    }
}

#[tokio::test]
async fn an_unconfirmed_update_that_reading_the_server_ends_leaves_what_it_says_next() {
    let Some(server) = Server::start(Kind::Bind, &["example.com"]).await else { return };
    let proxy = Proxy::start(server.address(), Trick::LoseUpdateThenAnswer(5)).await;
    let provider = provider_at(vec![proxy.address()]);
    let create = adjusted(&provider, vec![www()]).await;
    let refused = apply(&provider, Changes { create, ..<_>::default() }).await.refused;
    assert_eq!(refused[0].code.as_str(), "RefusedByService", "{refused:?}");
    assert_eq!(server.answers("www.example.com", "A").await, [""; 0]);
}

#[tokio::test]
async fn serials_of_one_server_say_nothing_about_another_one() {
    let Some(mut first) = Server::start(Kind::Bind, &["example.com"]).await else { return };
    let Some(second) = Server::start(Kind::Knot, &["example.com"]).await else { return };
    let base = "ns.example.com A 127.0.0.1 300";
    first.nsupdate("example.com", &["add first.example.com 60 A 192.0.2.1"]);
    second.nsupdate("example.com", &["add second.example.com 60 A 192.0.2.2"]);
    let provider = provider_at(vec![first.address(), second.address()]);
    assert_eq!(told(&listed(&provider).await), ["first.example.com A 192.0.2.1 60", base]);
    first.kill();
    assert_eq!(told(&listed(&provider).await), [base, "second.example.com A 192.0.2.2 60"]);
}

#[tokio::test]
async fn a_restored_primary_is_read_although_its_serial_is_older_than_that_of_its_secondary() {
    let Some(mut primary) = Server::start(Kind::Bind, &["example.com"]).await else { return };
    let Some(secondary) = Server::start(Kind::Knot, &["example.com"]).await else { return };
    for server in [&primary, &secondary] {
        server.nsupdate("example.com", &["add one.example.com 60 A 192.0.2.1"]);
    }
    let provider = provider_at(vec![primary.address(), secondary.address()]);
    assert_eq!(listed(&provider).await.len(), 2);
    primary.kill();
    assert_eq!(listed(&provider).await.len(), 2);
    primary.restore("example.com");
    primary.run().await;
    assert_eq!(told(&listed(&provider).await), ["ns.example.com A 127.0.0.1 300"]);
    let create = adjusted(&provider, vec![www()]).await;
    assert_eq!(apply(&provider, Changes { create, ..<_>::default() }).await.refused, []);
    assert_eq!(primary.answers("www.example.com", "A").await, ["192.0.2.1"]);
}
