//! How a world begins: zones, records, objects, and the flags of both programs.

use std::collections::BTreeMap;

use e2e::cluster::Cluster;
use e2e::process::{Process, Program};
use e2e::programs;
use route53_emulator::{Emulator, Options, ResourceRecordSet};
use serde_json::Value;

use super::{Objects, PUBLIC, Scenario};
use crate::proxy::Proxy;

/// Flags of every controller, each replaced by what a story says under the same name.
const CONTROLLER: [&str; 9] = [
    "--source=service",
    "--source=ingress",
    "--registry=txt",
    "--txt-owner-id=c1",
    "--policy=sync",
    "--domain-filter=example.com",
    // Full syncs often, so that what would be written a minute later is written now.
    "--interval=200ms",
    "--log-format=json",
    "--log-level=info",
];

/// Flags of every sidecar, replaced likewise: it reads the zone anew for every sync, at any rate.
const SIDECAR: [&str; 4] = [
    "--aws-requests-per-second=0",
    "--full-read-interval=0s",
    "--aws-zones-cache-duration=0s",
    "--aws-api-retries=3",
];

/// How a world begins.
#[derive(Default)]
pub(crate) struct Setup {
    zones: Vec<&'static str>,
    records: Vec<(&'static str, ResourceRecordSet)>,
    objects: Vec<Value>,
    cluster: Option<(Cluster, String)>,
    controller: Vec<String>,
    sidecar: Vec<String>,
}

impl Setup {
    /// Puts record sets into the public zone.
    pub(crate) fn records(self, records: impl IntoIterator<Item = ResourceRecordSet>) -> Self {
        self.records_in(PUBLIC, records)
    }

    /// Puts record sets into a zone.
    pub(crate) fn records_in(
        mut self,
        zone: &'static str,
        records: impl IntoIterator<Item = ResourceRecordSet>,
    ) -> Self {
        self.records.extend(records.into_iter().map(|record| (zone, record)));
        self
    }

    /// Has these objects from the start.
    pub(crate) fn objects(mut self, objects: impl IntoIterator<Item = Value>) -> Self {
        self.objects.extend(objects);
        self
    }

    /// Has zones, written `NAME[:private]=ID`, instead of the public one.
    pub(crate) fn zones(mut self, zones: impl IntoIterator<Item = &'static str>) -> Self {
        self.zones.extend(zones);
        self
    }

    /// Has objects in a namespace of a cluster instead of in files.
    pub(crate) fn cluster(mut self, cluster: Cluster, namespace: &str) -> Self {
        self.cluster = Some((cluster, namespace.to_owned()));
        self
    }

    /// Starts the controller with these flags, too.
    pub(crate) fn flags(mut self, flags: &[&str]) -> Self {
        self.controller.extend(flags.iter().map(|flag| (*flag).to_owned()));
        self
    }

    /// Starts the sidecar with these flags, too.
    pub(crate) fn sidecar(mut self, flags: &[&str]) -> Self {
        self.sidecar.extend(flags.iter().map(|flag| (*flag).to_owned()));
        self
    }

    /// Starts everything but the controller.
    pub(crate) async fn without_controller(self) -> Scenario {
        let Self { mut zones, records, objects, cluster, controller, sidecar } = self;
        if zones.is_empty() {
            zones.push("example.com=ZPUB");
        }
        let zones = zones.iter().map(|zone| zone.parse().unwrap()).collect();
        let route53 = Emulator::start(Options { zones, ..Options::default() }).await.unwrap();
        let mut by_zone: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (zone, record) in records {
            by_zone.entry(zone).or_default().push(record);
        }
        for (zone, records) in by_zone {
            route53.seed(zone, records).unwrap();
        }
        let sidecar_flags = sidecar;
        let (sidecar, sidecar_address) = start_sidecar(&route53, "127.0.0.1:0", &sidecar_flags);
        let proxy = Proxy::start(&format!("http://{sidecar_address}")).await;
        let place = match cluster {
            Some((cluster, namespace)) => {
                cluster.namespace(&namespace).await.unwrap();
                Objects::Cluster(Box::new(cluster), namespace)
            }
            None => Objects::Files(tempfile::tempdir().unwrap()),
        };
        let mut flags = with_defaults(&CONTROLLER, &controller);
        flags.extend(place.flags());
        let world = Scenario {
            route53,
            controller: None,
            sidecar,
            sidecar_url: format!("http://{}", proxy.address),
            proxy,
            sidecar_flags,
            sidecar_address,
            objects: place,
            flags,
            markers: 0,
        };
        for object in &objects {
            world.put(object).await;
        }
        world
    }

    /// Starts everything.
    pub(crate) async fn start(self) -> Scenario {
        let mut world = self.without_controller().await;
        world.start_controller(&[]);
        world
    }
}

/// Starts a sidecar; returns it and where it listens.
pub(super) fn start_sidecar(
    route53: &Emulator,
    listen: &str,
    flags: &[String],
) -> (Process, String) {
    let program = Program::new(programs::SIDECAR)
        .args(["--listen", listen, "--metrics-address", "127.0.0.1:0", "--announce"])
        .args(with_defaults(&SIDECAR, flags))
        .env("AWS_ENDPOINT_URL", &route53.endpoint_url())
        .env("AWS_ACCESS_KEY_ID", "tests")
        .env("AWS_SECRET_ACCESS_KEY", "tests")
        .env("AWS_REGION", "us-east-1");
    let mut process = program.start().unwrap();
    let announced = process.announced().unwrap();
    let address = announced.get("listen").and_then(Value::as_str).unwrap().to_owned();
    (process, address)
}

/// Returns the default flags that are not given otherwise, and then the given ones.
pub(super) fn with_defaults(defaults: &[&str], given: &[String]) -> Vec<String> {
    let name = |flag: &str| flag.split('=').next().unwrap_or_default().to_owned();
    let is_given = |flag: &&&str| given.iter().any(|given| name(given) == name(flag));
    let kept =
        defaults.iter().filter(|default| !is_given(default)).map(|default| (*default).to_owned());
    // A flag with an empty value takes a default away.
    kept.chain(given.iter().filter(|line| !line.ends_with('=')).cloned()).collect()
}
