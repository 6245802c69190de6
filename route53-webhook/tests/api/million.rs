//! One million record sets, divided among shards: what reading them takes, by a clock that is simulated.
//!
//! No socket is in it: the SDK's client is answered with pages that are made up when they are asked for, so the
//! clock of the process can be stopped, and stands still but for what the budget of calls waits.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_sdk_route53::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use external_dns_webhook::Provider as _;
use route53_webhook::api::Account;
use route53_webhook::metrics::Metrics;
use route53_webhook::pace::Budget;
use route53_webhook::provider::{Config, Route53};
use route53_webhook::zones::ZoneFilter;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::harness::config;

/// How many record sets a zone has: [as many as AWS allows] unless asked for more.
///
/// [as many as AWS allows]: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html
const OF_A_ZONE: usize = 10_000;

/// How many record sets a call lists at most ([reference]).
///
/// [reference]: https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListResourceRecordSets.html
const OF_A_PAGE: usize = 300;

/// How many calls a second AWS takes from an account.
const CALLS_A_SECOND: u32 = 5;

/// A Route 53 that answers without a socket.
#[derive(Clone, Debug)]
struct Pages {
    zones: usize,
    /// How many record sets each of them has.
    each: usize,
    calls: Arc<AtomicUsize>,
}

impl HttpConnector for Pages {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let uri = request.uri();
        let path = uri.split_once("2013-04-01/").map_or(uri, |(_, path)| path);
        let body = match path.strip_prefix("hostedzone/Z") {
            Some(rest) => {
                let zone = rest.split('/').next().unwrap_or_default();
                let from = rest.split(['?', '&']).find_map(|pair| pair.strip_prefix("name=r"));
                let from =
                    from.and_then(|from| from.get(..5)).map_or(0, |from| from.parse().unwrap());
                page(zone, from, self.each)
            }
            None => self.list(),
        };
        let status = StatusCode::try_from(200).unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, body.into())))
    }
}

impl Pages {
    fn list(&self) -> String {
        let zones = (0..self.zones).fold(String::new(), |mut zones, zone| {
            let _ = write!(
                zones,
                "<HostedZone><Id>/hostedzone/Z{zone}</Id><Name>z{zone}.example.</Name>\
                 <CallerReference>tests</CallerReference>\
                 <ResourceRecordSetCount>{}</ResourceRecordSetCount></HostedZone>",
                self.each
            );
            zones
        });
        format!(
            "<ListHostedZonesResponse><HostedZones>{zones}</HostedZones><IsTruncated>false</IsTruncated>\
             <MaxItems>100</MaxItems></ListHostedZonesResponse>"
        )
    }
}

/// Returns a page of a zone that has `all` record sets.
fn page(zone: &str, from: usize, all: usize) -> String {
    let end = (from + OF_A_PAGE).min(all);
    let sets = (from..end).fold(String::new(), |mut sets, at| {
        if at == 0 {
            let _ = write!(
                sets,
                "<ResourceRecordSet><Name>z{zone}.example.</Name><Type>NS</Type><TTL>300</TTL>\
                 <ResourceRecords><ResourceRecord><Value>ns.example.</Value></ResourceRecord></ResourceRecords>\
                 </ResourceRecordSet>"
            );
            return sets;
        }
        let _ = write!(
            sets,
            "<ResourceRecordSet><Name>r{at:05}.z{zone}.example.</Name><Type>A</Type><TTL>300</TTL>\
             <ResourceRecords><ResourceRecord><Value>192.0.2.1</Value></ResourceRecord></ResourceRecords>\
             </ResourceRecordSet>"
        );
        sets
    });
    let next = if end < all {
        format!(
            "<IsTruncated>true</IsTruncated><NextRecordName>r{end:05}.z{zone}.example.</NextRecordName>\
             <NextRecordType>A</NextRecordType>"
        )
    } else {
        "<IsTruncated>false</IsTruncated>".to_owned()
    };
    format!(
        "<ListResourceRecordSetsResponse><ResourceRecordSets>{sets}</ResourceRecordSets>{next}\
         <MaxItems>{OF_A_PAGE}</MaxItems></ListResourceRecordSetsResponse>"
    )
}

/// What a first read took.
#[derive(Debug)]
struct FirstRead {
    records: usize,
    calls: usize,
    took: Duration,
}

/// Reads the zones of a shard of `of`, at all the calls that an account has.
async fn first_read((zones, each): (usize, usize), shard: u32, of: u32) -> FirstRead {
    let pages = Pages { zones, each, calls: Arc::default() };
    let calls = Arc::clone(&pages.calls);
    let connector = SharedHttpConnector::new(pages);
    let client = aws_sdk_route53::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .retry_config(aws_sdk_route53::config::retry::RetryConfig::disabled())
        .credentials_provider(Credentials::new("key", "secret", None, None, "tests"))
        .build();
    let client = aws_sdk_route53::Client::from_conf(client);
    let budget = Arc::new(Budget::new(f64::from(CALLS_A_SECOND)));
    let account = Account::new("key", &client, budget, (3, Metrics::default()));
    let shard = Some(format!("{shard}/{of}").parse().unwrap());
    let config = Config { zones: ZoneFilter { shard, ..ZoneFilter::default() }, ..config() };
    let provider =
        Arc::new(Route53::new(config, vec![Arc::new(account)], [].into(), Metrics::default()));
    let reader = Arc::clone(&provider);
    let mut reading = JoinSet::new();
    reading.spawn(async move { reader.keep_fresh(std::future::pending()).await });
    let began = Instant::now();
    while !provider.readiness().is_ready {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let took = began.elapsed();
    let records = provider.records().await.unwrap().len();
    reading.abort_all();
    FirstRead { records, calls: calls.load(Ordering::Relaxed), took }
}

/// Has every shard of `of` read its part of `zones` with so many record sets `each`, and checks what that takes.
async fn divided((zones, each): (usize, usize), of: u32) {
    let (mut records, mut calls) = (0, 0);
    for shard in 1..=of {
        let read = first_read((zones, each), shard, of).await;
        let pages = read.records / each * each.div_ceil(OF_A_PAGE);
        assert_eq!(read.calls, pages + 1, "a call for each page of its own, and one for the zones");
        let most = u32::try_from(read.calls).unwrap();
        let least = Duration::from_secs(1) * most.saturating_sub(CALLS_A_SECOND) / CALLS_A_SECOND;
        assert!(read.took >= least, "{read:?}: more calls a second than the account has");
        assert!(
            read.took <= least + least / 20 + Duration::from_secs(1),
            "{read:?}, least {least:?}"
        );
        println!("shard {shard} of {of}: {read:?}");
        records += read.records;
        calls += read.calls;
    }
    assert_eq!(records, zones * each);
    let of = usize::try_from(of).unwrap();
    assert_eq!(calls, zones * each.div_ceil(OF_A_PAGE) + of, "nothing is read twice");
}

#[tokio::test(start_paused = true)]
async fn shards_read_together_what_one_would() {
    divided((5, 700), 1).await;
    divided((5, 700), 3).await;
}

#[tokio::test(start_paused = true)]
#[ignore = "takes minutes unless built with --release: `cargo test --release -p route53-webhook --test api million -- --ignored --nocapture`"]
async fn a_million_record_sets_are_read_in_the_least_time_by_any_number_of_shards() {
    for of in [1, 4, 8] {
        divided((100, OF_A_ZONE), of).await;
    }
}
