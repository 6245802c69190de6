//! Record sets are created, found again, changed and removed, and nothing is written twice.

use aws_sdk_route53::Client;
use e2e::standins;
use e2e::world::Sidecar;
use external_dns_webhook::client::{self, Client as Webhook};
use external_dns_webhook::{Changes, Endpoint, Labels, Provider as _, RecordType, Ttl, Update};

use crate::aws::{self, Key};

const WHAT: &str = "the sidecar against a stand-in";

#[tokio::test]
async fn moto_holds_what_was_asked_for() {
    let Some(moto) = standins::moto(WHAT).await.unwrap() else { return };
    whole_life(&moto.url).await;
}

#[tokio::test]
async fn ministack_holds_what_was_asked_for() {
    let Some(ministack) = standins::ministack(WHAT).await.unwrap() else { return };
    whole_life(&ministack.url).await;
}

fn sidecar(url: &str) -> Sidecar {
    let program = Sidecar::program(url, "127.0.0.1:0", &["--aws-requests-per-second=0"])
        .env("AWS_ACCESS_KEY_ID", "any")
        .env("AWS_SECRET_ACCESS_KEY", "thing");
    Sidecar::run(&program).unwrap()
}

fn webhook(sidecar: &Sidecar) -> Webhook {
    Webhook::new(&client::ClientOptions {
        url: sidecar.url.clone(),
        ..client::ClientOptions::default()
    })
    .unwrap()
}

fn endpoint(name: &str, record_type: RecordType, targets: &[&str]) -> Endpoint {
    let mut endpoint = Endpoint::new(name, record_type, [""; 0]);
    endpoint.targets = targets.iter().map(|target| (*target).to_owned()).collect();
    endpoint.ttl = Ttl::from_seconds(120);
    endpoint
}

/// Returns the ownership record on a record set, as it would be written beside it.
fn ownership_record(of: &Endpoint) -> Endpoint {
    let kind = of.record_type.as_str().to_lowercase();
    let text = "\"heritage=external-dns,external-dns/owner=c1\"";
    let mut ownership_record =
        Endpoint::new(format!("{kind}-{}", of.dns_name), RecordType::Txt, [text]);
    ownership_record.labels.set(Labels::OWNED_RECORD, of.dns_name.as_str());
    ownership_record.set_identifier.clone_from(&of.set_identifier);
    ownership_record.properties = of.properties.clone();
    ownership_record.zone.clone_from(&of.zone);
    ownership_record
}

fn desired() -> Vec<Endpoint> {
    let weighted = |id: &str, weight: &str, address: &str| {
        let mut endpoint = endpoint("w.example.com", RecordType::A, &[address]);
        id.clone_into(&mut endpoint.set_identifier);
        endpoint.properties.set("aws/weight", weight);
        endpoint
    };
    vec![
        endpoint("a.example.com", RecordType::A, &["192.0.2.1", "192.0.2.2"]),
        endpoint("*.wild.example.com", RecordType::Aaaa, &["2001:db8::1"]),
        endpoint("c.example.com", RecordType::Cname, &["elsewhere.example.net"]),
        endpoint("m.example.com", RecordType::Mx, &["10 mail.example.net"]),
        endpoint("t.example.com", RecordType::Txt, &["two words"]),
        weighted("one", "10", "192.0.2.3"),
        weighted("two", "0", "192.0.2.4"),
    ]
}

/// Returns the record sets among those served that someone asked for, without their ownership
/// records.
async fn served(webhook: &Webhook) -> Vec<Endpoint> {
    let mut records = webhook.records().await.unwrap();
    records.retain(|record| {
        !matches!(record.record_type, RecordType::Ns)
            && !record.targets.iter().any(|target| target.contains("heritage="))
    });
    records.sort_by_key(|record| (record.dns_name.clone(), record.set_identifier.clone()));
    records
}

fn created(endpoints: &[Endpoint]) -> Changes {
    let create = endpoints
        .iter()
        .flat_map(|endpoint| [endpoint.clone(), ownership_record(endpoint)])
        .collect();
    Changes { create, ..Changes::default() }
}

async fn apply(webhook: &Webhook, changes: Changes) {
    assert_eq!(webhook.apply(changes).await.unwrap().refused, []);
}

/// Returns how many batches a sidecar has sent.
async fn batches(sidecar: &Sidecar) -> usize {
    let url = format!("{}/metrics", sidecar.admin);
    let metrics = reqwest::get(url).await.unwrap().text().await.unwrap();
    let line = "route53_webhook_aws_calls_total{operation=\"ChangeResourceRecordSets\"";
    let counts = metrics.lines().filter(|other| other.starts_with(line));
    counts.map(|count| count.rsplit(' ').next().unwrap().parse::<usize>().unwrap()).sum()
}

async fn whole_life(url: &str) {
    let aws: Client = aws::route53(url, &Key::any());
    let zone = aws::zone(&aws, "example.com").await;
    let first = sidecar(url);
    let webhook_of_first = webhook(&first);
    webhook_of_first.negotiate().await.unwrap();
    let adjusted = webhook_of_first.adjust(desired()).await.unwrap();
    assert_eq!(adjusted.refused, []);
    let wanted = adjusted.endpoints;
    apply(&webhook_of_first, created(&wanted)).await;
    assert_eq!(aws::held(&aws, &zone).await.len(), 2 * wanted.len());
    assert_eq!(batches(&first).await, 1);
    apply(&webhook_of_first, created(&wanted)).await;
    assert_eq!(batches(&first).await, 1, "what is there is not written again");
    drop(first);

    // Another process reads what there is: exactly what was asked for, so there is nothing to do.
    let second = sidecar(url);
    let webhook = webhook(&second);
    webhook.negotiate().await.unwrap();
    let mut expected = webhook.adjust(desired()).await.unwrap().endpoints;
    expected.sort_by_key(|endpoint| (endpoint.dns_name.clone(), endpoint.set_identifier.clone()));
    assert_eq!(served(&webhook).await, expected);
    apply(&webhook, created(&expected)).await;
    assert_eq!(batches(&second).await, 0, "a second sync writes nothing");

    let before =
        expected.iter().find(|endpoint| endpoint.dns_name.as_str() == "a.example.com").unwrap();
    let mut after = before.clone();
    after.targets = ["192.0.2.9"].into();
    let update = vec![Update { old: before.clone(), new: after.clone() }];
    apply(&webhook, Changes { update, ..Changes::default() }).await;
    assert!(aws::held(&aws, &zone).await.contains(&"a.example.com. A 192.0.2.9".to_owned()));

    let mut gone = served(&webhook).await;
    // moto removes every record set with the set identifier of the one that is to go.
    gone.retain(|endpoint| endpoint.set_identifier.is_empty());
    let delete =
        gone.iter().flat_map(|endpoint| [endpoint.clone(), ownership_record(endpoint)]).collect();
    apply(&webhook, Changes { delete, ..Changes::default() }).await;
    let left = aws::held(&aws, &zone).await;
    assert!(left.iter().all(|line| line.contains("w.example.com.")), "{left:?}");
    assert_eq!(left.len(), 4, "{left:?}");
    assert_eq!(batches(&second).await, 2);
}
