//! What goes wrong is told as what it is, and nothing is taken for done, or gone, that is not.

use std::sync::Arc;
use std::time::Duration;

use daemon::chain;
use external_dns_webhook::server::knowing_unavailable;
use external_dns_webhook::{Changes, Endpoint, Provider as _, ProviderError, RecordType, ZoneId};
use rfc2136_webhook::exchange::{Address, Exchange, system_clock};
use rfc2136_webhook::provider::{Rfc2136, Zoned};

use crate::harness::{
    KEY, Kind, SECRET, Server, adjusted, apply, exchange, key, listed, provider, told, zone_at,
};
use crate::proxy::{Proxy, Trick};

fn www(address: &str) -> Endpoint {
    Endpoint::new("www.example.com", RecordType::A, [address])
}

/// Returns why the only zone of a provider cannot be used.
async fn problem(provider: &Arc<Rfc2136>) -> String {
    let zones = provider.zones().await.unwrap();
    zones.into_iter().next().unwrap().unavailable.unwrap()
}

fn assert_has(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "`{word}` is not in: {text}");
    }
}

#[tokio::test]
async fn a_key_that_the_server_does_not_have_is_told_as_that() {
    for server in Server::all(&["example.com"]).await {
        let zone = server.zone("example.com", "stranger", SECRET);
        let text = problem(&provider(vec![zone])).await;
        assert_has(&text, &["stranger", "127.0.0.1"]);
        if server.kind != Kind::PowerDns {
            assert_has(
                &text,
                &[
                    "does not know key `stranger`, or does not allow it the SOA query (BADKEY)",
                    "same on both sides",
                ],
            );
        }
    }
}

#[tokio::test]
async fn another_secret_is_told_as_that_and_shown_nowhere() {
    for server in Server::all(&["example.com"]).await {
        let other = "b3RoZXIgc2VjcmV0IG9mIHRoaXMga2V5";
        let text = problem(&provider(vec![server.zone("example.com", KEY, other)])).await;
        assert!(!text.contains(other), "{text}");
        assert_has(&text, &["home"]);
        if server.kind != Kind::PowerDns {
            assert_has(&text, &["another secret for key `home` (BADSIG)"]);
        }
    }
}

#[tokio::test]
async fn clocks_that_differ_are_told_with_both_times() {
    for server in Server::all(&["example.com"]).await {
        let slow = Exchange { clock: || system_clock() - 7200, ..exchange() };
        let zone = zone_at("example.com", vec![server.address()], Some(key(KEY, SECRET)), slow);
        let text = problem(&provider(vec![zone])).await;
        if server.kind == Kind::PowerDns {
            continue;
        }
        assert_has(
            &text,
            &["BADTIME", "set both clocks by NTP", "says that it is 20", "here it is 20"],
        );
    }
}

#[tokio::test]
async fn a_zone_that_is_not_there_and_one_that_may_not_be_read_are_told_as_such() {
    for server in Server::all(&["example.com"]).await {
        let text = problem(&provider(vec![server.zone("example.org", KEY, SECRET)])).await;
        assert_has(&text, &["example.org"]);
    }
    let Some(server) = Server::start(Kind::Bind, &["example.com"]).await else { return };
    let unsigned = zone_at("example.com", vec![server.address()], None, exchange());
    let text = problem(&provider(vec![unsigned])).await;
    assert_has(
        &text,
        &["AXFR", "REFUSED", "allow transfers to requests without a key", "allow-transfer"],
    );
}

#[tokio::test]
async fn a_key_that_may_only_read_is_told_so_name_by_name_and_every_zone_stays() {
    for server in Server::all(&["example.com"]).await {
        let reader = provider(vec![server.zone("example.com", "reader", SECRET)]);
        let desired = (0..10)
            .map(|at| Endpoint::new(format!("h{at}.example.com"), RecordType::A, ["192.0.2.1"]))
            .collect();
        let create = adjusted(&reader, desired).await;
        let refused = apply(&reader, Changes { create, ..<_>::default() }).await.refused;
        assert_eq!(refused.len(), 10, "{:?}", server.kind);
        assert!(refused.iter().all(|refusal| refusal.retryable), "{refused:?}");
        assert_has(&refused[0].message, &["UPDATE", "key `reader`"]);
        assert_eq!(told(&listed(&reader).await), ["ns.example.com A 127.0.0.1 300"]);
    }
}

#[tokio::test]
async fn a_frozen_zone_takes_no_change_and_is_told_with_what_thaws_it() {
    let Some(server) = Server::start(Kind::Bind, &["example.com"]).await else { return };
    let rndc = |command: &str| {
        let config = server.path("rndc.conf");
        server.run_tool("rndc", &["-c", config.to_str().unwrap(), command, "example.com"]);
    };
    rndc("freeze");
    let provider = server.provider();
    let create = adjusted(&provider, vec![www("192.0.2.1")]).await;
    let all = Changes { create, ..<_>::default() };
    let refused = apply(&provider, all.clone()).await.refused;
    assert_has(&refused[0].message, &["REFUSED", "frozen", "rndc thaw"]);
    rndc("thaw");
    assert_eq!(apply(&provider, all).await.refused, []);
}

#[tokio::test]
async fn a_server_that_is_not_there_makes_its_zone_unavailable_and_no_other() {
    let Some(server) = Server::start(Kind::Knot, &["example.com"]).await else { return };
    let silent = Address { host: "127.0.0.1".to_owned(), port: 1 };
    let unreachable = zone_at("example.org", vec![silent], Some(key(KEY, SECRET)), exchange());
    let provider = provider(vec![server.zone("example.com", KEY, SECRET), unreachable]);
    // To a controller that does not know, a list without the zone would read as its deletion.
    let early = Zoned(Arc::clone(&provider)).records().await.unwrap_err();
    assert_has(
        &chain(&early),
        &["zone `example.org` cannot be read", "127.0.0.1:1 cannot be reached"],
    );
    let zones = provider.zones().await.unwrap();
    assert_eq!(zones[0].unavailable, None);
    assert_has(zones[1].unavailable.as_deref().unwrap(), &["127.0.0.1:1 cannot be reached"]);
    let known = [ZoneId::from("example.org")].into();
    let left = knowing_unavailable(known, listed(&provider)).await;
    assert_eq!(told(&left), ["ns.example.com A 127.0.0.1 300"]);
    // To a controller of version 1 there is only the one list.
    assert!(provider.records().await.is_err());
    let desired = vec![Endpoint::new("www.example.org", RecordType::A, ["192.0.2.1"])];
    let refused = Zoned(Arc::clone(&provider)).adjust(desired).await.unwrap().refused;
    assert_eq!((refused[0].code.as_str(), refused[0].retryable), ("ZoneUnavailable", true));
}

#[tokio::test]
async fn the_second_server_is_asked_when_the_first_is_gone_and_each_message_is_signed_anew() {
    for server in Server::all(&["example.com"]).await {
        let silent = Address { host: "127.0.0.1".to_owned(), port: 1 };
        let both = vec![silent, server.address()];
        let zone = zone_at("example.com", both, Some(key(KEY, SECRET)), exchange());
        let provider = provider(vec![zone]);
        let create = adjusted(&provider, vec![www("192.0.2.1")]).await;
        let applied = apply(&provider, Changes { create, ..<_>::default() }).await;
        assert_eq!(applied.refused, [], "{:?}", server.kind);
        assert_eq!(server.answers("www.example.com", "A").await, ["192.0.2.1"]);
    }
}

#[tokio::test]
async fn a_server_that_is_behind_is_not_read_in_the_place_of_one_that_was() {
    let Some(mut ahead) = Server::start(Kind::Bind, &["example.com"]).await else { return };
    let Some(behind) = Server::start(Kind::Knot, &["example.com"]).await else { return };
    ahead.nsupdate("example.com", &["add www.example.com 60 A 192.0.2.1"]);
    let both = vec![ahead.address(), behind.address()];
    let zone = zone_at("example.com", both, Some(key(KEY, SECRET)), exchange());
    let provider = provider(vec![zone]);
    let before = told(&listed(&provider).await);
    ahead.kill();
    let text = problem(&provider).await;
    assert_has(&text, &["cannot be reached"]);
    ahead.run().await;
    assert_eq!(told(&listed(&provider).await), before);
}

#[tokio::test]
async fn a_restarted_server_and_a_serial_that_goes_back_are_survived() {
    for mut server in Server::all(&["example.com"]).await {
        if server.kind == Kind::PowerDns {
            // Its zone lives in a database, which has no copy of before.
            continue;
        }
        let provider = server.provider();
        for name in ["host-1.example.com", "host-2.example.com"] {
            let desired = vec![Endpoint::new(name, RecordType::A, ["192.0.2.1"])];
            let create = adjusted(&provider, desired).await;
            assert_eq!(apply(&provider, Changes { create, ..<_>::default() }).await.refused, []);
        }
        assert_eq!(listed(&provider).await.len(), 3, "{:?}", server.kind);
        server.kill();
        assert_has(&problem(&provider).await, &["cannot be reached"]);
        // Restored from an old copy: without its journal, and with the first serial.
        server.restore("example.com");
        server.run().await;
        let now = told(&listed(&provider).await);
        assert_eq!(now, ["ns.example.com A 127.0.0.1 300"], "{:?}", server.kind);
        let zone = provider.served().into_iter().next().unwrap();
        assert_eq!(zone.summary().serial_went_back, 1, "{:?}", server.kind);
    }
}

#[tokio::test]
async fn a_lost_answer_is_looked_up_and_not_repeated_blindly() {
    for server in Server::all(&["example.com"]).await {
        let proxy = Proxy::start(server.address(), Trick::LoseAnswers(1)).await;
        let zone =
            zone_at("example.com", vec![proxy.address()], Some(key(KEY, SECRET)), exchange());
        let provider = provider(vec![zone]);
        let create = adjusted(&provider, vec![www("192.0.2.1")]).await;
        let applied = apply(&provider, Changes { create, ..<_>::default() }).await;
        assert_eq!(applied.refused, [], "{:?}", server.kind);
        assert_eq!(server.answers("www.example.com", "A").await, ["192.0.2.1"]);
        assert_eq!(proxy.updates(), 1, "{:?}: it was found to be done", server.kind);
    }
}

#[tokio::test]
async fn an_update_that_never_arrived_is_sent_again() {
    for server in Server::all(&["example.com"]).await {
        let proxy = Proxy::start(server.address(), Trick::LoseUpdates(1)).await;
        let zone =
            zone_at("example.com", vec![proxy.address()], Some(key(KEY, SECRET)), exchange());
        let provider = provider(vec![zone]);
        let create = adjusted(&provider, vec![www("192.0.2.1")]).await;
        let applied = apply(&provider, Changes { create, ..<_>::default() }).await;
        assert_eq!(applied.refused, [], "{:?}", server.kind);
        assert_eq!(server.answers("www.example.com", "A").await, ["192.0.2.1"]);
    }
}

#[tokio::test]
async fn what_cannot_be_found_out_is_told_as_unknown() {
    let Some(server) = Server::start(Kind::Knot, &["example.com"]).await else { return };
    let proxy = Proxy::start(server.address(), Trick::LoseAnswers(99)).await;
    let zone = zone_at("example.com", vec![proxy.address()], Some(key(KEY, SECRET)), exchange());
    let provider = provider(vec![zone]);
    let create = adjusted(&provider, vec![www("192.0.2.1")]).await;
    let deleted = Changes { delete: create.clone(), ..<_>::default() };
    proxy.then(Trick::Silence);
    let slow = Exchange { timeout: Duration::from_millis(300), ..exchange() };
    let quiet = zone_at("example.com", vec![proxy.address()], Some(key(KEY, SECRET)), slow);
    let quiet = crate::harness::provider(vec![quiet]);
    let refused = apply(&quiet, deleted).await.refused;
    assert_has(
        &refused.iter().map(|refusal| refusal.message.clone()).collect::<String>(),
        &["has not answered the SOA query within 300ms"],
    );
    proxy.then(Trick::LoseAnswersThenAll);
    let outcome = Zoned(provider).apply(Changes { create, ..<_>::default() }).await;
    let Err(ProviderError::Unavailable { source, .. }) = outcome else { panic!("{outcome:?}") };
    assert_has(
        &source.to_string(),
        &["ended the connection before its answer to the UPDATE was complete"],
    );
}

#[tokio::test]
async fn a_transfer_that_is_cut_off_is_no_list_of_a_smaller_zone() {
    for server in Server::all(&["example.com"]).await {
        let lines: Vec<_> = (0..400)
            .map(|at| format!("add t{at}.example.com 60 TXT \"{}\"", "x".repeat(200)))
            .collect();
        for chunk in lines.chunks(100) {
            server.nsupdate("example.com", &chunk.iter().map(String::as_str).collect::<Vec<_>>());
        }
        let proxy = Proxy::start(server.address(), Trick::CutAfter(30_000)).await;
        let zone =
            zone_at("example.com", vec![proxy.address()], Some(key(KEY, SECRET)), exchange());
        let text = problem(&provider(vec![zone])).await;
        assert_has(&text, &["ended the connection before its answer to the AXFR was complete"]);
        // And whole, it is of several messages, however the server signs them.
        assert_eq!(listed(&server.provider()).await.len(), 401, "{:?}", server.kind);
    }
}

#[tokio::test]
async fn an_answer_that_was_changed_on_its_way_is_not_believed() {
    let Some(server) = Server::start(Kind::Bind, &["example.com"]).await else { return };
    let proxy = Proxy::start(server.address(), Trick::Change).await;
    let zone = zone_at("example.com", vec![proxy.address()], Some(key(KEY, SECRET)), exchange());
    let text = problem(&provider(vec![zone])).await;
    assert_has(&text, &["is not what was signed with key `home`", "not believed"]);
}
