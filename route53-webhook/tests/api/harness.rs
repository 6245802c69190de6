//! A provider, the zones it serves, and the words in which tests speak of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_route53::config::{BehaviorVersion, Credentials, Region};
use external_dns_webhook::{
    Applied, Changes, Endpoint, Labels, Properties, Provider as _, RecordType, Ttl, Update,
};
use route53_emulator::{Change, Emulator, Operation, Options, ResourceRecordSet};
use route53_webhook::api::Account;
use route53_webhook::batch::Limits;
use route53_webhook::metrics::Metrics;
use route53_webhook::pace::Budget;
use route53_webhook::provider::{Config, Route53};
use route53_webhook::records::MaxAge;
use route53_webhook::writes::Mode;
use route53_webhook::zones::ZoneFilter;
use tokio::task::JoinSet;

/// A provider and the Route 53 that it serves.
pub(crate) struct World {
    pub(crate) emulator: Emulator,
    pub(crate) provider: Arc<Route53>,
    pub(crate) metrics: Metrics,
    _tasks: JoinSet<()>,
}

/// Returns a config that reads as little as possible and waits for nothing.
pub(crate) fn config() -> Config {
    Config {
        zones: ZoneFilter::default(),
        evaluate_target_health: true,
        prefer_cname: false,
        max_age: MaxAge { zones: Duration::from_mins(10), records: Duration::from_hours(1) },
        answer_within: Duration::from_secs(20),
        mode: Mode::CompareAndSwap,
        limits: Limits::default(),
        batch_interval: Duration::ZERO,
        dry_run: false,
        wait_insync: false,
    }
}

/// Returns an account that calls the emulator with the given access key.
pub(crate) fn account(url: &str, access_key: &str, requests_per_second: f64) -> Arc<Account> {
    let config = aws_sdk_route53::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(url)
        .retry_config(aws_sdk_route53::config::retry::RetryConfig::disabled())
        .credentials_provider(Credentials::new(access_key, "secret", None, None, "tests"))
        .build();
    let client = aws_sdk_route53::Client::from_conf(config);
    let budget = Arc::new(Budget::new(requests_per_second));
    Arc::new(Account::new(access_key, &client, budget, (3, Metrics::default())))
}

pub(crate) async fn emulator(zones: &[&str]) -> Emulator {
    let zones = zones.iter().map(|zone| zone.parse().unwrap()).collect();
    Emulator::start(Options { zones, ..Options::default() }).await.unwrap()
}

impl World {
    /// Starts a provider for zones like `example.com=Z1` and `example.com:private=Z2`.
    pub(crate) async fn new(zones: &[&str]) -> Self {
        Self::with(emulator(zones).await, config())
    }

    pub(crate) fn with(emulator: Emulator, config: Config) -> Self {
        let account = account(&emulator.endpoint_url(), "key", 0.0);
        Self::of(emulator, config, vec![account], BTreeMap::new())
    }

    pub(crate) fn of(
        emulator: Emulator,
        config: Config,
        accounts: Vec<Arc<Account>>,
        by_role: BTreeMap<String, Arc<Account>>,
    ) -> Self {
        let metrics = Metrics::default();
        let provider = Route53::new(config, accounts, by_role, metrics.clone());
        let provider = Arc::new(provider);
        let mut tasks = JoinSet::new();
        let reader = Arc::clone(&provider);
        tasks.spawn(async move { reader.keep_fresh(std::future::pending()).await });
        Self { emulator, provider, metrics, _tasks: tasks }
    }

    /// Starts another provider on the same Route 53, as after a crash.
    pub(crate) fn restarted(self, config: Config) -> Self {
        Self::with(self.emulator, config)
    }

    /// Writes a record set as another client would.
    pub(crate) fn seed(&self, zone: &str, set: ResourceRecordSet) {
        self.emulator.seed(zone, vec![set]).unwrap();
    }

    /// Removes a record set as another client would.
    pub(crate) fn unseed(&self, zone: &str, set: ResourceRecordSet) {
        let change = Change { action: "DELETE".to_owned(), resource_record_set: set };
        self.emulator.change(zone, &[change]).unwrap();
    }

    /// Returns the record sets of a zone as `NAME TYPE [SET] VALUES`, without those of the zone.
    pub(crate) fn records_in(&self, zone: &str) -> Vec<String> {
        let shown = |set: &ResourceRecordSet| {
            let id = set
                .set_identifier
                .as_ref()
                .map(|set_identifier| format!(" [{set_identifier}]"))
                .unwrap_or_default();
            let values = match (&set.alias_target, &set.resource_records) {
                (Some(alias), _) => format!("-> {} ({})", alias.dns_name, alias.hosted_zone_id),
                (None, Some(records)) => {
                    records.iter().map(|record| record.value.as_str()).collect::<Vec<_>>().join(",")
                }
                (None, None) => String::new(),
            };
            format!("{} {}{id} {values}", set.name.trim_end_matches('.'), set.r#type)
        };
        let sets = self.emulator.record_sets(zone);
        let mut records: Vec<_> = sets
            .iter()
            .filter(|set| set.r#type != "SOA" && set.r#type != "NS")
            .map(shown)
            .collect();
        records.sort();
        records
    }

    pub(crate) async fn records(&self) -> Vec<Endpoint> {
        let mut records = self.provider.records().await.unwrap();
        records.retain(|record| !matches!(record.record_type, RecordType::Ns));
        records
    }

    pub(crate) async fn record(&self, name: &str) -> Endpoint {
        let records = self.records().await;
        let found = records.iter().find(|record| record.dns_name.as_str() == name);
        found.unwrap_or_else(|| panic!("no {name} in {records:?}")).clone()
    }

    pub(crate) async fn apply(&self, changes: Changes) -> Applied {
        self.provider.apply(changes).await.unwrap()
    }

    /// Applies changes that must all be written.
    pub(crate) async fn write(&self, changes: Changes) {
        assert_eq!(self.apply(changes).await.refused, []);
    }

    /// Returns the codes with which changes are refused, by name.
    pub(crate) async fn refusals(&self, changes: Changes) -> Vec<(String, String)> {
        let refused = self.apply(changes).await.refused;
        refused
            .into_iter()
            .map(|refusal| (refusal.dns_name.to_string(), refusal.code.to_string()))
            .collect()
    }

    /// Returns the batches that were sent, each change as `VERB NAME TYPE`.
    pub(crate) fn batches(&self) -> Vec<Vec<String>> {
        let shown = |change: &Change| {
            let set = &change.resource_record_set;
            format!("{} {} {}", change.action, set.name.trim_end_matches('.'), set.r#type)
        };
        let calls = self.emulator.calls();
        let calls = calls.iter().filter(|call| call.operation == "ChangeResourceRecordSets");
        calls.map(|call| call.changes.iter().map(shown).collect()).collect()
    }

    pub(crate) fn lists(&self) -> u64 {
        self.emulator.call_count(Operation::ListResourceRecordSets)
    }

    pub(crate) fn writes(&self) -> u64 {
        self.emulator.call_count(Operation::ChangeResourceRecordSets)
    }
}

pub(crate) fn a(name: &str, address: &str) -> Endpoint {
    let mut endpoint = Endpoint::new(name, RecordType::A, [address]);
    endpoint.ttl = Ttl::from_seconds(300);
    endpoint
}

pub(crate) fn cname(name: &str, target: &str) -> Endpoint {
    Endpoint::new(name, RecordType::Cname, [target])
}

/// Returns the ownership record of `owner` on a record set, as ExternalDNS writes it.
pub(crate) fn ownership_record(of: &Endpoint, owner: &str) -> Endpoint {
    let (record_type, name) = (of.record_type.as_str().to_lowercase(), of.dns_name.as_str());
    let text = format!("\"heritage=external-dns,external-dns/owner={owner}\"");
    let mut ownership_record =
        Endpoint::new(format!("{record_type}-{name}"), RecordType::Txt, [text]);
    ownership_record.labels.set(Labels::OWNED_RECORD, name);
    ownership_record.set_identifier.clone_from(&of.set_identifier);
    ownership_record.properties = of.properties.clone();
    ownership_record
}

/// Returns the creation of record sets, each with its ownership record.
pub(crate) fn owned(endpoints: impl IntoIterator<Item = Endpoint>) -> Changes {
    let pair = |endpoint: Endpoint| [ownership_record(&endpoint, "c1"), endpoint];
    create(endpoints.into_iter().flat_map(pair))
}

pub(crate) fn create(endpoints: impl IntoIterator<Item = Endpoint>) -> Changes {
    Changes { create: endpoints.into_iter().collect(), ..Changes::default() }
}

pub(crate) fn delete(endpoints: impl IntoIterator<Item = Endpoint>) -> Changes {
    Changes { delete: endpoints.into_iter().collect(), ..Changes::default() }
}

pub(crate) fn update(pairs: impl IntoIterator<Item = (Endpoint, Endpoint)>) -> Changes {
    let update = pairs.into_iter().map(|(old, new)| Update { old, new }).collect();
    Changes { update, ..Changes::default() }
}

pub(crate) fn with(mut endpoint: Endpoint, properties: &[(&str, &str)]) -> Endpoint {
    for (name, value) in properties {
        endpoint.properties.set(*name, *value);
    }
    endpoint
}

/// Returns a record set under a routing policy.
pub(crate) fn routed(mut endpoint: Endpoint, id: &str, properties: &[(&str, &str)]) -> Endpoint {
    endpoint.set_identifier = id.to_owned();
    with(endpoint, properties)
}

pub(crate) fn pairs(properties: &Properties) -> Vec<(&str, &str)> {
    properties.iter().collect()
}

/// Waits until `is_so`, for ten seconds at most.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while !is_so().await {
        assert!(tokio::time::Instant::now() < deadline, "{what} never happened");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
