//! Lists and requests that are long: adjusted piece by piece, written in as few calls as can be.

use std::sync::Arc;

use external_dns_webhook::{Endpoint, Provider as _, RecordType, server, wire};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::harness::*;

/// Returns a list of more than the length from which it is adjusted piece by piece, with everything
/// in it that depends on something else in the list.
fn long_list() -> Vec<Endpoint> {
    let mut desired = vec![
        // The target comes later in the list, and has no IPv6 address: there is no counterpart.
        with(cname("alias.example.com", "late.example.com"), &[("alias", "true")]),
        with(cname("both.example.com", "elsewhere.example.com"), &[("alias", "true")]),
        cname("lb.example.com", "my-lb.eu-central-1.elb.amazonaws.com"),
        with(a("refused.example.com", "192.0.2.1"), &[("aws/weight", "1O0")]),
        with(a("away.example.com", "192.0.2.1"), &[("zone", "private")]),
    ];
    desired.extend((0..4_000).map(|number| a(&format!("n{number}.example.com"), "192.0.2.1")));
    desired.push(a("late.example.com", "192.0.2.2"));
    desired
}

#[tokio::test]
async fn a_long_list_is_adjusted_as_a_short_one_would_be() {
    let world = World::new(&["example.com=Z1"]).await;
    let provider = Arc::clone(&world.provider);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/adjustendpoints", listener.local_addr().unwrap());
    let mut tasks = JoinSet::new();
    let served = Arc::clone(&provider);
    tasks.spawn(async move {
        let options = server::ServerOptions::default();
        axum::serve(listener, server::router(served, options)).await.unwrap();
    });
    let body = wire::encode(&long_list());
    assert!(body.len() > 256 << 10, "{}", body.len());
    let whole = provider.adjust(long_list()).await.unwrap();
    let types = |name: &str| {
        let of_name = whole.endpoints.iter().filter(|endpoint| endpoint.dns_name.as_str() == name);
        of_name.map(|endpoint| endpoint.record_type.clone()).collect::<Vec<_>>()
    };
    assert_eq!(types("alias.example.com"), [RecordType::A]);
    assert_eq!(types("both.example.com"), [RecordType::A, RecordType::Aaaa]);
    assert_eq!(whole.refused.len(), 2);

    let client = reqwest::Client::new();
    let ask = async |prefer: &str, body: &[u8]| {
        let request = client.post(&url).header("prefer", prefer);
        let request = request.header("content-type", "application/json").body(body.to_owned());
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
    };
    let (status, list) = ask("nothing", &body).await;
    assert_eq!((status, list == wire::encode(&whole.endpoints)), (200, true));
    let (status, outcomes) = ask("return=representation", &body).await;
    assert_eq!((status, outcomes == wire::encode(&whole)), (200, true));

    let broken = [&body[..body.len() - 3], b"x"].concat();
    assert_eq!(ask("nothing", &broken).await.0, 400, "nothing is answered before all is read");
}

#[tokio::test]
async fn a_long_list_is_not_begun_before_the_zones_are_known() {
    let emulator = emulator(&["example.com=Z1"]).await;
    let nowhere = account("http://127.0.0.1:9", "key", 0.0);
    let world = World::of(emulator, config(), vec![nowhere], std::collections::BTreeMap::new());
    assert!(Arc::clone(&world.provider).adjuster().await.is_err());
}

#[tokio::test]
async fn twenty_thousand_record_sets_take_no_more_calls_than_the_limits_demand() {
    let world = World::new(&["example.com=Z1"]).await;
    world.records().await;
    let resource =
        |number: usize| format!("external-dns/resource=service/default/service-{number}");
    let pair = |number: usize| {
        let record = a(&format!("service-{number}.example.com"), "198.51.100.1");
        let mut ownership_record = ownership_record(&record, "my-cluster");
        let text = ownership_record.targets.first().unwrap().trim_end_matches('"').to_owned();
        ownership_record.targets = [format!("{text},{}\"", resource(number))].into();
        [record, ownership_record]
    };
    let all: Vec<_> = (0..20_000).flat_map(pair).collect();
    let characters: usize = all.iter().filter_map(|pair| pair.targets.first()).map(str::len).sum();
    let least = (all.len().div_ceil(1_000)).max(characters.div_ceil(32_000));
    world.write(create(all)).await;
    assert_eq!(world.records_in("Z1").len(), 40_000);
    let sent = usize::try_from(world.writes()).unwrap();
    // Not a fifth more, as is the bound; what is wasted is less than a pair in each batch.
    assert!(sent <= least + 1, "{sent} calls where {least} could do");
    let lists = world.lists();
    assert_eq!(lists, 1, "what was written is known without reading it");
}
