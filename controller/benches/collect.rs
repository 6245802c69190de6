//! What it costs to find out what one object wants, by how many names it wants.
//!
//! A Service with a list of names in its annotation, an Ingress with a host in each of its rules, and
//! a `DNSEndpoint` with an element for each. Beyond the bound that an object has, a Service costs no
//! more than counting its names.
#![expect(clippy::unwrap_used, reason = "a benchmark may fail by panicking")]

use std::hint::black_box;

use controller_core::desired::Desired;
use controller_sources::objects::core::{Ingress, Service};
use controller_sources::objects::dns_endpoint::DnsEndpoint;
use controller_sources::objects::{KindId, KindState, Objects, Raw, Resource};
use controller_sources::{ObjectScope, SourceOptions, build, kinds_watched};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use serde_json::{Value, json};

/// Names of an object.
const SIZES: [u64; 5] = [10, 100, 1_000, 10_000, 50_000];

fn names(count: u64) -> Vec<String> {
    (0..count).map(|at| format!("n{at}.example.com")).collect()
}

fn status() -> Value {
    json!({"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}})
}

fn service(count: u64) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "web", "namespace": "default", "annotations": {
            "external-dns.kubernetes.io/hostname": names(count).join(","),
        }},
        "spec": {"type": "LoadBalancer"}, "status": status(),
    })
}

fn ingress(count: u64) -> Value {
    let rules: Vec<_> = names(count).iter().map(|host| json!({ "host": host })).collect();
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"rules": rules}, "status": status(),
    })
}

fn dns_endpoint(count: u64) -> Value {
    let element =
        |name: &String| json!({"dnsName": name, "recordType": "A", "targets": ["192.0.2.1"]});
    json!({
        "apiVersion": "externaldns.k8s.io/v1alpha1", "kind": "DNSEndpoint",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"endpoints": names(count).iter().map(element).collect::<Vec<_>>()},
    })
}

fn measure(c: &mut Criterion, case: &str, id: &KindId, most: usize, make: fn(u64) -> Value) {
    let source = case.split(' ').next().unwrap_or_default();
    let options = SourceOptions { max_names_per_object: most, ..SourceOptions::default() };
    let sources = build(&[source], &options).unwrap();
    let mut group = c.benchmark_group(case);
    group.sample_size(10);
    for size in SIZES {
        let mut objects = Objects::new(kinds_watched(&[source], &options).unwrap());
        let kinds: Vec<_> = objects.watches().map(|watch| watch.kind.id()).collect();
        for kind in kinds {
            objects.set_state(&kind, "", KindState::Synced);
        }
        objects.apply(id, Raw::from_value(make(size)).unwrap());
        group.throughput(Throughput::Elements(size));
        group.bench_with_input(BenchmarkId::from_parameter(size), &objects, |bencher, objects| {
            bencher.iter(|| {
                let mut desired = Desired::default();
                for source in &sources {
                    source.collect(objects, &ObjectScope::All, &mut desired);
                }
                black_box(desired)
            });
        });
    }
    group.finish();
}

fn collect(c: &mut Criterion) {
    measure(c, "service", &Service::ID, 0, service);
    measure(c, "ingress", &Ingress::ID, 0, ingress);
    measure(c, "crd", &DnsEndpoint::ID, 0, dns_endpoint);
    measure(c, "service within the bound", &Service::ID, 1_000, service);
}

criterion_group!(benches, collect);
criterion_main!(benches);
