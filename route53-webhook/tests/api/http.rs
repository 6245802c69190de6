//! The provider over HTTP, as controllers of version 1 and `curl` see it.

use std::sync::Arc;
use std::time::Duration;

use external_dns_webhook::{DomainFilter, Provider as _, server};
use reqwest::{Client, Response, StatusCode};
use route53_emulator::ResourceRecordSet;
use route53_webhook::provider::Config;
use route53_webhook::records::MaxAge;
use route53_webhook::zones::ZoneFilter;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::harness::*;

const MEDIA_TYPE: &str = "application/external.dns.webhook+json;version=1";

struct Served {
    world: World,
    url: String,
    client: Client,
    _tasks: JoinSet<()>,
}

async fn served() -> Served {
    let world = World::new(&["example.com=Z1"]).await;
    world.seed("Z1", ResourceRecordSet::new("www.example.com", "A", 300, &["192.0.2.1"]));
    serving(world).await
}

async fn serving(world: World) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let provider = Arc::clone(&world.provider);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let options = server::ServerOptions { max_body_size_bytes: 10_000, ..Default::default() };
        axum::serve(listener, server::router(provider, options)).await.unwrap();
    });
    Served { world, url, client: Client::new(), _tasks: tasks }
}

impl Served {
    async fn get(&self, path: &str) -> Response {
        self.client.get(format!("{}{path}", self.url)).send().await.unwrap()
    }

    async fn post(&self, path: &str, body: &str) -> (StatusCode, String) {
        let request = self.client.post(format!("{}{path}", self.url));
        let request = request.header("content-type", MEDIA_TYPE).body(body.to_owned());
        let answer = request.send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }
}

#[tokio::test]
async fn the_exchanges_of_version_1_are_byte_exact() {
    let served = served().await;
    let answer = served.get("/").await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], MEDIA_TYPE);

    let answer = served.get("/records").await;
    assert_eq!(answer.headers()["content-type"], MEDIA_TYPE);
    let body = answer.text().await.unwrap();
    let www = "{\"dnsName\":\"www.example.com\",\"targets\":[\"192.0.2.1\"],\"recordType\":\"A\",\
               \"recordTTL\":300}";
    assert!(body.ends_with(&format!("{www}]\n")), "{body}");

    let (status, body) = served.post("/adjustendpoints", &format!("[{www}]")).await;
    assert_eq!((status.as_u16(), body), (200, format!("[{www}]\n")));

    let (status, body) = served
        .post(
            "/records",
            r#"{"Create":[{"dnsName":"new.example.com","targets":["192.0.2.2"],"recordType":"A","recordTTL":60}],
                "UpdateOld":[{"dnsName":"www.example.com","targets":["192.0.2.1"],"recordType":"A","recordTTL":300}],
                "UpdateNew":[{"dnsName":"www.example.com","targets":["192.0.2.9"],"recordType":"A","recordTTL":300}],
                "Delete":null}"#,
        )
        .await;
    assert_eq!((status.as_u16(), body), (204, String::new()));
    assert_eq!(
        served.world.records_in("Z1"),
        ["new.example.com A 192.0.2.2", "www.example.com A 192.0.2.9"]
    );
}

#[tokio::test]
async fn an_update_without_its_other_half_is_left_out_or_refused() {
    let served = served().await;
    let one = |address: &str| {
        format!(
            "{{\"dnsName\":\"www.example.com\",\"targets\":[\"{address}\"],\"recordType\":\"A\",\
             \"recordTTL\":300}}"
        )
    };
    let (old, new) = (one("192.0.2.1"), one("192.0.2.9"));
    let other = new.replace("www", "other");
    let lists = |old: &str, new: &str| format!("{{\"updateOld\":[{old}],\"updateNew\":[{new}]}}");
    let uneven = lists(&format!("{old},null"), &format!("{new},{other},{other}"));
    assert_eq!(served.post("/records", &uneven).await.0, 400);
    assert_eq!(served.world.writes(), 0);
    let even = lists(&format!("{old},null"), &format!("{new},{other}"));
    assert_eq!(served.post("/records", &even).await.0, 204);
    assert_eq!(served.world.records_in("Z1"), ["www.example.com A 192.0.2.9"]);
}

#[tokio::test]
async fn what_cannot_be_read_is_400_or_413() {
    let served = served().await;
    for path in ["/records", "/adjustendpoints"] {
        assert_eq!(served.post(path, "").await.0, 400);
        assert_eq!(served.post(path, "{").await.0, 400);
        assert_eq!(served.post(path, &" ".repeat(20_000)).await.0, 413);
    }
    assert_eq!(served.world.writes(), 0);
}

#[tokio::test]
async fn a_refusal_is_500_to_clients_that_know_no_better_and_the_rest_is_written() {
    let served = served().await;
    let body = r#"{"create":[{"dnsName":"ok.example.com","targets":["192.0.2.2"],"recordType":"A"},
                   {"dnsName":"bad.example.com","targets":["192.0.2.2"],"recordType":"A",
                    "setIdentifier":"s","providerSpecific":[{"name":"aws/weight","value":"1O0"}]}]}"#;
    let (status, answer) = served.post("/records", body).await;
    assert_eq!(status, 500);
    assert!(answer.contains("\"code\":\"InvalidProperty\""), "{answer}");
    assert!(served.world.records_in("Z1").contains(&"ok.example.com A 192.0.2.2".to_owned()));
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let served = served().await;
    // The first answer waits for the first read.
    let seen = served.get("/records").await.headers()["etag"].clone();
    let seen = seen.to_str().unwrap();
    // As a proxy on the way makes it.
    let weak = format!("W/{seen}");
    let again = |seen: &str| {
        let request = served.client.get(format!("{}/records", served.url));
        request.header("if-none-match", seen).send()
    };
    for seen in [seen, &weak] {
        assert_eq!(again(seen).await.unwrap().status(), 304, "{seen}");
    }
    served.world.write(create([a("new.example.com", "192.0.2.1")])).await;
    for seen in [seen, &weak] {
        assert_eq!(again(seen).await.unwrap().status(), 200, "{seen}");
    }
}

#[tokio::test]
async fn what_is_read_for_each_question_is_marked_too_and_read_once_for_each() {
    let max_age = MaxAge { zones: Duration::from_hours(1), records: Duration::ZERO };
    let world = World::with(emulator(&["example.com=Z1"]).await, Config { max_age, ..config() });
    let served = serving(world).await;
    let seen = served.get("/records").await.headers()["etag"].clone();
    let again = || {
        let request = served.client.get(format!("{}/records", served.url));
        request.header("if-none-match", seen.clone()).send()
    };
    let read = served.world.lists();
    for count in 1..=2 {
        assert_eq!(again().await.unwrap().status(), 304);
        assert_eq!(served.world.lists(), read + count);
    }
    served.world.seed("Z1", ResourceRecordSet::new("new.example.com", "A", 60, &["192.0.2.1"]));
    let answer = again().await.unwrap();
    assert_eq!(answer.status(), 200, "what another wrote is seen");
    assert_ne!(answer.headers()["etag"], seen);
}

#[tokio::test]
async fn one_name_and_the_zones_can_be_asked_for() {
    let served = served().await;
    let one = served.get("/records?name=www.example.com").await.text().await.unwrap();
    assert!(one.starts_with("[{\"dnsName\":\"www.example.com\"") && !one.contains("NS"), "{one}");
    let zones = served.get("/zones").await.text().await.unwrap();
    assert_eq!(zones, "[{\"id\":\"Z1\",\"name\":\"example.com\",\"private\":false}]\n");
}

#[tokio::test]
async fn without_any_zone_nothing_is_said_to_be_empty_until_one_appears() {
    let filter = ZoneFilter {
        domains: DomainFilter::lists(["example.org"], [""; 0]),
        ..ZoneFilter::default()
    };
    let emulator = emulator(&["example.com=Z1"]).await;
    let served = serving(World::with(emulator, Config { zones: filter, ..config() })).await;
    let reason = "no hosted zone passes the filters; check them, or run `route53-webhook check`";
    for path in ["/", "/records", "/records?name=a.example.org"] {
        let answer = served.get(path).await;
        assert_eq!(answer.status(), 503, "{path}");
        assert!(answer.headers().contains_key("retry-after"), "{path}");
        let text = answer.text().await.unwrap();
        assert!(text.contains(reason), "{path}: {text}");
    }
    let record = r#"{"dnsName":"a.example.org","targets":["192.0.2.1"],"recordType":"A"}"#;
    let (adjust, apply) = (format!("[{record}]"), format!(r#"{{"create":[{record}]}}"#));
    for (path, body) in [("/adjustendpoints", &adjust), ("/records", &apply)] {
        let (status, text) = served.post(path, body).await;
        assert_eq!(status, 503, "{path}");
        assert!(text.contains(reason), "{path}: {text}");
    }
    assert_eq!(served.get("/zones").await.text().await.unwrap().trim_end(), "[]");
    let readiness = served.world.provider.readiness();
    assert!(!readiness.is_ready);
    assert_eq!(readiness.problems, [reason]);

    let id = served.world.emulator.add_zone("example.org".parse().unwrap(), false);
    // No client asks meanwhile, as when an unready pod gets no requests.
    until("ready", async || served.world.provider.readiness().is_ready).await;
    assert_eq!(served.get("/").await.status(), 200);
    assert_eq!(served.post("/records", &apply).await.0, 204);
    assert_eq!(served.world.records_in(&id), ["a.example.org A 192.0.2.1"]);
}

#[tokio::test]
async fn a_filter_that_is_repaired_serves_without_a_restart() {
    let misspelt = ZoneFilter {
        domains: DomainFilter::lists(["exmaple.com"], [""; 0]),
        ..ZoneFilter::default()
    };
    let emulator = emulator(&["example.com=Z1"]).await;
    let world = World::with(emulator, Config { zones: misspelt, ..config() });
    assert!(world.provider.records().await.is_err());
    world.provider.change(config());
    until("ready", async || world.provider.readiness().is_ready).await;
}
