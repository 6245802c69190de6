//! What planning costs in a large zone.
//!
//! `full`: 100,000 desired against 100,000 current record sets, read from 200,000 that a provider
//! lists. `targeted`: one name against the same inventory. `memory` prints the bytes that the
//! inventory holds per record set, ownership records included.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a benchmark may fail by panicking")]

use std::hint::black_box;

use controller_core::desired::{Desired, Scope};
use controller_core::inventory::Inventory;
use controller_core::plan::Planner;
use controller_core::plan::memory::Memory;
use controller_core::registry::{Registry, TxtOptions, TxtRegistry};
use criterion::{Criterion, criterion_group, criterion_main};
use external_dns_webhook::{DnsName, Endpoint, RecordType};

/// Record sets in the zone.
const COUNT: usize = 100_000;

fn record(at: usize) -> Endpoint {
    let target = format!("10.{}.{}.{}", at >> 16 & 0xff, at >> 8 & 0xff, at & 0xff);
    let mut record =
        Endpoint::new(format!("service-{at}.apps.example.com"), RecordType::A, [target]);
    record.labels.set("resource", format!("service/namespace-{}/service-{at}", at % 100));
    record
}

fn registry() -> TxtRegistry {
    TxtRegistry::new(TxtOptions { owner: "cluster-1".into(), ..TxtOptions::default() }).unwrap()
}

fn planner() -> Planner {
    Planner { owner: Some("cluster-1".into()), ..Planner::default() }
}

fn zones() -> [DnsName; 1] {
    ["example.com".into()]
}

/// What a provider lists once all records are published.
fn listed(desired: &Desired) -> Vec<Endpoint> {
    let empty = registry().read(vec![], &zones());
    let plan = planner().plan(&Memory::default(), &empty, desired, &Scope::All);
    let mut listed = registry().write(&empty, &plan).create;
    for record in &mut listed {
        record.labels = external_dns_webhook::Labels::default();
    }
    listed
}

/// What is held after all records were published; made in one go, so that nothing but itself is
/// left in memory afterwards.
fn published() -> Inventory {
    let ownership_record = |record: &Endpoint| {
        let name = format!("a-{}", record.dns_name);
        let resource =
            record.labels.get(external_dns_webhook::Labels::RESOURCE).unwrap_or_default();
        let text = format!(
            "\"heritage=external-dns,external-dns/owner=cluster-1,external-dns/resource={resource}\""
        );
        Endpoint::new(name, RecordType::Txt, [text])
    };
    let pair = |at| {
        let mut record = record(at);
        let ownership_record = ownership_record(&record);
        record.labels = external_dns_webhook::Labels::default();
        [record, ownership_record]
    };
    registry().read((0..COUNT).flat_map(pair).collect(), &zones())
}

fn plan(criterion: &mut Criterion) {
    let before = resident_bytes();
    let current = published();
    if let (Some(before), Some(after)) = (before, resident_bytes()) {
        eprintln!("memory: {} bytes per record set", after.saturating_sub(before) / COUNT);
    }
    let desired = Desired { endpoints: (0..COUNT).map(record).collect(), ..Desired::default() };
    let listed = listed(&desired);

    let mut group = criterion.benchmark_group("plan");
    group.sample_size(10);
    group.bench_function("read 200,000", |bench| {
        bench.iter(|| black_box(registry().read(listed.clone(), &zones()).len()));
    });
    group.bench_function("full, nothing changed", |bench| {
        bench.iter(|| {
            let plan =
                planner().plan(&Memory::default(), black_box(&current), &desired, &Scope::All);
            assert!(plan.is_empty());
            plan.statuses.len()
        });
    });
    let moved = Desired {
        endpoints: (0..COUNT)
            .map(|at| {
                let mut record = record(at);
                if at % 10 == 0 {
                    record.targets = ["192.0.2.1"].into();
                }
                record
            })
            .collect(),
        ..Desired::default()
    };
    group.bench_function("full, a tenth changed", |bench| {
        bench.iter(|| {
            let plan = planner().plan(&Memory::default(), black_box(&current), &moved, &Scope::All);
            registry().write(&current, &plan).len()
        });
    });
    let scope = Scope::Names(["service-7.apps.example.com".into()].into());
    let one = Desired { endpoints: vec![record(7)], ..Desired::default() };
    group.bench_function("targeted at one name", |bench| {
        bench.iter(|| {
            planner().plan(&Memory::default(), black_box(&current), &one, &scope).statuses.len()
        });
    });
    group.finish();
}

/// Returns the resident memory of this process; `None` where the system does not tell.
fn resident_bytes() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = status.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4096)
}

criterion_group!(benches, plan);
criterion_main!(benches);
