//! Two shards that divide eight zones between them, one of them with a replica that stands by.

use std::collections::{BTreeMap, BTreeSet};

use e2e::manifest;
use e2e::patience::eventually;
use e2e::world::{Controller, Namespace, OWNER, Objects as _, Route53, Sidecar};
use external_dns_webhook::{DnsName, Shard};
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::ListParams;

const LEASE: &str = "--leader-elect-lease-duration=3s";

/// The processes of one shard's replica. Both stand as long as this does.
struct Replica {
    controller: Controller,
    _sidecar: Sidecar,
}

struct Shards {
    objects: Namespace,
    route53: Route53,
}

impl Shards {
    /// Starts a Route 53 with eight zones, in each of which a Service wants a name.
    async fn start(objects: Namespace) -> Self {
        let route53 = Route53::start("z0.example=Z0", None, None).unwrap();
        for zone in 1..8 {
            route53.put(&zone_of(zone), &serde_json::json!([])).await.unwrap();
        }
        let shards = Self { objects, route53 };
        for zone in 0..8 {
            shards.want(zone, 1).await;
        }
        shards
    }

    /// Has the name in a zone answer with another address.
    async fn want(&self, zone: usize, address: u8) {
        let (name, host) = (format!("web-{zone}"), host(zone));
        self.objects.apply(&manifest::service(&name, &host, &[format!("192.0.2.{address}")])).await;
    }

    /// Starts a replica of a shard, whose calls to AWS have `key`; waits until it is ready.
    async fn join(&self, shard: &str, key: &str) -> Replica {
        let flag = format!("--shard={shard}");
        let sidecar = Sidecar::program(&self.route53.url, "127.0.0.1:0", &[&flag]);
        let sidecar = sidecar.env("AWS_ACCESS_KEY_ID", key).env("AWS_SECRET_ACCESS_KEY", "demo");
        let sidecar = Sidecar::run(&sidecar).unwrap();
        let place = format!("--leader-elect-namespace={}", self.objects.name);
        let objects = self.objects.flags();
        let own = ["--source=service", OWNER, "--interval=1s", "--leader-elect", LEASE];
        let own = own.into_iter().chain([place.as_str(), flag.as_str()]);
        let arguments: Vec<_> = own.chain(objects.iter().map(String::as_str)).collect();
        let controller = Controller::start(&sidecar.url, &arguments, None).unwrap();
        let ready = || async { controller.ready().await.unwrap() };
        eventually("readiness", ready, |(is_ready, _)| *is_ready).await;
        Replica { controller, _sidecar: sidecar }
    }

    /// Returns who has written to each zone, and how often.
    async fn writers(&self) -> BTreeMap<String, Vec<String>> {
        let mut writers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for call in self.route53.calls("ChangeResourceRecordSets").await.unwrap() {
            let text = |key: &str| {
                call.get(key).and_then(|value| value.as_str()).unwrap_or_default().to_owned()
            };
            assert_eq!(text("outcome"), "ok", "no two writers stand in each other's way: {call}");
            writers.entry(text("zone")).or_default().push(text("access_key"));
        }
        writers
    }
}

fn zone_of(zone: usize) -> String {
    format!("z{zone}.example")
}

fn host(zone: usize) -> String {
    format!("www.z{zone}.example")
}

/// Returns the zones that a shard has.
fn zones_of(shard: &str) -> Vec<usize> {
    let shard: Shard = shard.parse().unwrap();
    (0..8).filter(|zone| shard.has(DnsName::from(zone_of(*zone)).canonical())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn shards_write_what_is_theirs_and_a_lost_one_is_taken_over() {
    let (firsts, seconds) = (zones_of("1/2"), zones_of("2/2"));
    assert!(firsts.len() > 1 && seconds.len() > 1 && firsts.len() + seconds.len() == 8);
    for objects in Namespace::everywhere("shards").await {
        let shards = Shards::start(objects).await;
        let first = shards.join("1/2", "first").await;
        let mut second = shards.join("2/2", "second").await;
        // Before the one that stands by has its provider read the zones.
        let writers = eventually("a write in each zone", || shards.writers(), |all| all.len() == 8);
        let writers = writers.await;
        let standby = shards.join("2/2", "standby").await;
        let writers: BTreeMap<String, BTreeSet<String>> =
            writers.into_iter().map(|(zone, keys)| (zone, keys.into_iter().collect())).collect();
        let by = |key: &str| writers.values().filter(|keys| keys.iter().eq([key])).count();
        assert_eq!((by("first"), by("second")), (firsts.len(), seconds.len()), "{writers:?}");

        let leases = shards.objects.api::<Lease>().list(&ListParams::default()).await.unwrap();
        let leases: Vec<_> =
            leases.items.into_iter().filter_map(|lease| lease.metadata.name).collect();
        assert_eq!(leases, ["signpost-shard-1-of-2", "signpost-shard-2-of-2"]);

        let of_other = host(*seconds.first().unwrap());
        let told = first.controller.get(&format!("/v1/records?name={of_other}")).await.unwrap();
        let told = told.text().await.unwrap();
        assert!(told.contains("is in a zone of shard 2/2: ask its controller"), "{told}");

        second.controller.process.kill();
        for zone in [firsts.first().unwrap(), seconds.first().unwrap()] {
            shards.want(*zone, 2).await;
        }
        let last = |key: &'static str| {
            let shards = &shards;
            move || async move {
                let writers = shards.writers().await;
                writers.values().filter(|keys| keys.last().is_some_and(|last| last == key)).count()
            }
        };
        eventually("the one that stood by writes", last("standby"), |zones| *zones == 1).await;
        eventually("the other shard goes on", last("first"), |zones| *zones == firsts.len()).await;
        let (is_ready, told) = standby.controller.ready().await.unwrap();
        assert!(is_ready && told.contains("this is 2/2"), "{told}");
    }
}
