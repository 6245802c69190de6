//! What a relay does to requests and answers, seen from both of its ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

/// A relay before a service that counts what it is asked and answers each with its number.
async fn before_a_counter() -> (Relay, Arc<AtomicU32>, JoinSet<()>) {
    let asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&asked);
    let answer = axum::routing::any(move || {
        let count = Arc::clone(&count);
        async move { format!("answer number {}", count.fetch_add(1, Ordering::SeqCst) + 1) }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let relay = Relay::start(Service::Route53).await.unwrap();
    relay.lead_to(Some(listener.local_addr().unwrap()));
    let mut server = JoinSet::new();
    let router = axum::Router::new().fallback(answer);
    server.spawn(async move { drop(axum::serve(listener, router).await) });
    (relay, asked, server)
}

async fn ask(relay: &Relay) -> Result<(u16, String), reqwest::Error> {
    let client = reqwest::Client::builder().timeout(Duration::from_millis(500)).build()?;
    let answer = client.get(format!("{}/2013-04-01/hostedzone", relay.url())).send().await?;
    Ok((answer.status().as_u16(), answer.text().await?))
}

#[tokio::test]
async fn without_a_rule_everything_passes() {
    let (relay, asked, _server) = before_a_counter().await;
    assert_eq!(ask(&relay).await.unwrap(), (200, "answer number 1".to_owned()));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert_eq!(relay.count(Call::ListZones), 1);
    relay.lead_to(None);
    assert!(ask(&relay).await.is_err());
}

#[tokio::test]
async fn each_act_does_to_the_service_and_to_the_caller_what_it_says() {
    let rows = [
        (Act::Twice, 2_u32, Some((200_u16, "answer number 2"))),
        (Act::Lose(Loss::Status(503)), 1, Some((503, ""))),
        (Act::Lose(Loss::Reset), 1, None),
        (Act::Answer(429, Some("7")), 0, Some((429, ""))),
        (Act::Nonsense(0), 0, Some((200, "null"))),
        (Act::Reset, 0, None),
        (Act::Hang, 0, None),
        (Act::CutTransfer(500), 1, None),
        (Act::ShortBody(500), 1, Some((200, "answer "))),
    ];
    for (act, carried_out, answer) in rows {
        let (relay, asked, _server) = before_a_counter().await;
        relay.add(Rule::next(Call::ListZones, 1, act));
        let got = ask(&relay).await.ok();
        let got = got.as_ref().map(|(status, body)| (*status, body.as_str()));
        assert_eq!(got, answer, "{act:?}");
        assert_eq!(asked.load(Ordering::SeqCst), carried_out, "{act:?}");
        assert!(ask(&relay).await.is_ok(), "{act:?} is over");
    }
}

#[tokio::test]
async fn peace_waits_for_what_is_still_on_its_way() {
    let (relay, asked, _server) = before_a_counter().await;
    relay.add(Rule::next(Call::ListZones, 1, Act::Late(50)));
    assert_eq!(ask(&relay).await.unwrap().0, 503);
    relay.calm().await;
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}
