//! What different controllers are told, and when what they know is old.

use std::sync::Arc;

use external_dns_webhook::client::{Client, ClientOptions};
use external_dns_webhook::server::{ServerOptions, zoned_router};
use external_dns_webhook::{Endpoint, Listing, Provider as _, ProviderError, RecordType};
use rfc2136_webhook::provider::{Rfc2136, Zoned};
use rfc2136_webhook::zone::{Zone, ZoneConfig};
use tokio_util::task::TaskTracker;

use crate::harness::{KEY, Kind, SECRET, Server, exchange, key, provider, told, zone_at};

/// Serves a provider for as long as `work` takes, which is given its URL.
async fn while_served<T>(provider: &Arc<Rfc2136>, work: impl AsyncFnOnce(String) -> T) -> T {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let zoned = Arc::new(Zoned(Arc::clone(provider)));
    let (options, writes) = (ServerOptions::default(), TaskTracker::new());
    let served = axum::serve(listener, zoned_router(Arc::clone(provider), zoned, options, writes));
    tokio::select! {
        done = work(url) => done,
        ended = served.into_future() => panic!("{ended:?}"),
    }
}

async fn client(url: &str) -> Client {
    let options = ClientOptions { url: url.to_owned(), ..ClientOptions::default() };
    let client = Client::new(&options).unwrap();
    client.negotiate().await.unwrap();
    client
}

#[tokio::test]
async fn what_one_controller_was_told_of_a_zone_empties_it_for_no_other() {
    let Some(stays) = Server::start(Kind::Knot, &["example.com"]).await else { return };
    let Some(mut goes) = Server::start(Kind::Bind, &["example.org"]).await else { return };
    let zones = vec![
        stays.zone("example.com", KEY, SECRET),
        zone_at("example.org", vec![goes.address()], Some(key(KEY, SECRET)), exchange()),
    ];
    let provider = provider(zones);
    while_served(&provider, async |url| {
        let (early, late) = (client(&url).await, client(&url).await);
        early.zones().await.unwrap();
        let all = early.records_since(None).await.unwrap();
        let Listing::Changed { revision, .. } = all else { panic!("{all:?}") };
        goes.kill();
        assert!(late.zones().await.unwrap()[1].unavailable.is_some());
        let left = ["ns.example.com A 127.0.0.1 300"];
        assert_eq!(told(&late.records().await.unwrap()), left);
        // The other one was told that the zone is there.
        let names = || vec!["ns.example.org".into()];
        let failed = early.records().await.unwrap_err();
        assert!(matches!(failed, ProviderError::Unavailable { .. }), "{failed:?}");
        assert!(early.records_since(revision.clone()).await.is_err());
        assert!(early.records_named(names()).await.is_err());
        early.zones().await.unwrap();
        assert_eq!(told(&early.records().await.unwrap()), left);
        assert_eq!(early.records_named(names()).await.unwrap(), []);
        let now = early.records_since(revision).await.unwrap();
        assert!(matches!(now, Listing::Changed { .. }), "{now:?}");
    })
    .await;
}

/// Returns a zone that has a view, on a server that is never asked.
fn in_view(id: &str, name: &str) -> Zone {
    let config = ZoneConfig {
        id: id.to_owned(),
        name: rfc2136_webhook::name::parse(name).unwrap(),
        servers: Vec::new(),
        key: None,
        unsigned_transfer: false,
    };
    Zone::new(config, exchange(), None)
}

#[tokio::test]
async fn a_zone_that_is_chosen_is_the_zone_that_is_written_or_the_choice_is_refused() {
    let provider = provider(vec![
        in_view("example.com@outside", "example.com"),
        in_view("example.com@inside", "example.com"),
        in_view("sub.example.com", "sub.example.com"),
    ]);
    let desired = |name: &str, zone: &str| {
        let mut desired = Endpoint::new(name, RecordType::A, ["192.0.2.1"]);
        desired.properties.set("rfc2136/zone", zone);
        vec![desired]
    };
    let merged = async |name, zone| {
        let adjusted = provider.adjust(desired(name, zone)).await.unwrap();
        let codes: Vec<_> =
            adjusted.refused.iter().map(|refusal| refusal.code.as_str().to_owned()).collect();
        (adjusted.endpoints.len(), codes)
    };
    let refused = (0, vec!["InvalidProperty".to_owned()]);
    let (www, below) = ("www.example.com", "www.sub.example.com");
    assert_eq!(merged(www, "example.com@outside").await, (1, vec![]));
    assert_eq!(merged(below, "sub.example.com").await, (1, vec![]));
    assert_eq!(merged(www, "example.com@inside").await, refused);
    assert_eq!(merged(www, "example.com@outside,example.com@inside").await, refused);
    assert_eq!(merged(below, "example.com@outside").await, refused);
    let zoned = Zoned(Arc::clone(&provider)).adjust(desired(www, "example.com@inside")).await;
    assert_eq!(zoned.unwrap().endpoints[0].zone.as_ref().unwrap().as_str(), "example.com@inside");
}

#[tokio::test]
async fn a_list_is_not_unchanged_after_other_servers_were_configured_whatever_their_serials() {
    let Some(old) = Server::start(Kind::Bind, &["example.com"]).await else { return };
    let Some(new) = Server::start(Kind::Knot, &["example.com"]).await else { return };
    old.nsupdate("example.com", &["add old.example.com 60 A 192.0.2.1"]);
    new.nsupdate("example.com", &["add new.example.com 60 A 192.0.2.2"]);
    assert_eq!(old.serial("example.com").await, new.serial("example.com").await);
    let provider = old.provider();
    let zoned = Zoned(Arc::clone(&provider));
    let Listing::Changed { revision, .. } = zoned.records_since(None).await.unwrap() else {
        panic!("there was nothing before");
    };
    let unchanged = zoned.records_since(revision.clone()).await.unwrap();
    assert_eq!(unchanged, Listing::Unchanged);
    let settings = crate::harness::settings(50);
    provider.change(vec![new.zone("example.com", KEY, SECRET)], settings);
    let Listing::Changed { records, .. } = zoned.records_since(revision).await.unwrap() else {
        panic!("another server is another zone");
    };
    let expected = ["new.example.com A 192.0.2.2 60", "ns.example.com A 127.0.0.1 300"];
    assert_eq!(told(&records), expected);
}
