//! A provider as strict as Route 53, and one sync against it.
//!
//! It refuses a deletion that does not repeat what it holds to the byte, a creation of what exists,
//! a CNAME with company, mixed routing policies, names it has no zone for, and names that no DNS can
//! hold. A plan that asks for any of these fails the test that made it.

use controller_core::desired::{Desired, Scope};
use controller_core::inventory::Inventory;
use controller_core::plan::memory::{Deletions, Memory, Served};
use controller_core::plan::{DeletionGuard, Plan, PlanHash, Planner};
use controller_core::registry::{Registry, TxtOptions, TxtRegistry};
use external_dns_webhook::{Changes, DnsName, Endpoint, Labels, RecordType, Ttl};

pub(crate) const ZONE: &str = "example.com";
pub(crate) const KEY: &str = "12345678901234567890123456789012";

/// What the provider holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct World {
    pub records: Vec<Endpoint>,
}

pub(crate) fn options() -> TxtOptions {
    TxtOptions { owner: "me".into(), ..TxtOptions::default() }
}

/// Returns what is known of a provider that says which properties it understands.
pub(crate) fn memory() -> Memory {
    let served = Served { property_prefixes: vec!["aws/".into()], ..Served::default() };
    Memory { served, ..Memory::default() }
}

/// Returns the same when a person has approved deletions by these hashes.
pub(crate) fn approving(hashes: impl IntoIterator<Item = PlanHash>) -> Memory {
    let approved = hashes.into_iter().collect();
    Memory { deletions: Deletions { approved, ..Deletions::default() }, ..memory() }
}

pub(crate) fn planner() -> Planner {
    let managed = [RecordType::A, RecordType::Aaaa, RecordType::Cname, RecordType::Txt];
    Planner {
        owner: Some("me".into()),
        managed: managed.into(),
        guard: DeletionGuard::off(),
        ..Planner::default()
    }
}

/// Returns a record set: `a("www", "A", "192.0.2.1")` is `www.example.com`, `""` the zone's top.
pub(crate) fn record(name: &str, record_type: &str, target: &str) -> Endpoint {
    Endpoint::new(full(name), record_type.into(), target.split(' ').collect::<Vec<_>>().targets())
}

pub(crate) fn full(name: &str) -> String {
    if name.is_empty() { ZONE.to_owned() } else { format!("{name}.{ZONE}") }
}

trait IntoTargets {
    fn targets(self) -> external_dns_webhook::Targets;
}

impl IntoTargets for Vec<&str> {
    fn targets(self) -> external_dns_webhook::Targets {
        self.into_iter().collect()
    }
}

/// Returns an ownership record as ExternalDNS writes it.
pub(crate) fn ownership_record(name: &str, owner: &str, resource: &str) -> Endpoint {
    let resource = if resource.is_empty() {
        String::new()
    } else {
        format!(",external-dns/resource={resource}")
    };
    let text = format!("\"heritage=external-dns,external-dns/owner={owner}{resource}\"");
    let mut ownership_record = Endpoint::new(full(name), RecordType::Txt, [text]);
    ownership_record.ttl = Ttl::from_seconds(300);
    ownership_record
}

/// Small changes to a record set that read as a sentence.
pub(crate) trait With {
    fn of(self, resource: &str) -> Self;
    fn set(self, set: &str) -> Self;
    fn ttl(self, seconds: i64) -> Self;
    fn with(self, property: &str, value: &str) -> Self;
}

impl With for Endpoint {
    fn of(mut self, resource: &str) -> Self {
        self.labels.set(Labels::RESOURCE, resource);
        self
    }

    fn set(mut self, set: &str) -> Self {
        set.clone_into(&mut self.set_identifier);
        self
    }

    fn ttl(mut self, seconds: i64) -> Self {
        self.ttl = Ttl::from_seconds(seconds);
        self
    }

    fn with(mut self, property: &str, value: &str) -> Self {
        self.properties.set(property, value);
        self
    }
}

pub(crate) fn desired(endpoints: impl IntoIterator<Item = Endpoint>) -> Desired {
    Desired { endpoints: endpoints.into_iter().collect(), ..Desired::default() }
}

pub(crate) fn zones() -> [DnsName; 1] {
    [ZONE.into()]
}

impl World {
    pub(crate) fn new(records: impl IntoIterator<Item = Endpoint>) -> Self {
        Self { records: records.into_iter().collect() }
    }

    pub(crate) fn read(&self, options: &TxtOptions) -> Inventory {
        TxtRegistry::new(options.clone()).unwrap().read(self.records.clone(), &zones())
    }

    /// Runs one sync that knows of none before it, and returns its plan and what was written.
    pub(crate) fn sync(
        &mut self,
        planner: &Planner,
        options: &TxtOptions,
        desired: &Desired,
    ) -> (Plan, Changes) {
        self.sync_after(&memory(), planner, options, desired)
    }

    /// Runs one sync after those that `memory` is of.
    pub(crate) fn sync_after(
        &mut self,
        memory: &Memory,
        planner: &Planner,
        options: &TxtOptions,
        desired: &Desired,
    ) -> (Plan, Changes) {
        let registry = TxtRegistry::new(options.clone()).unwrap();
        let current = registry.read(self.records.clone(), &zones());
        let plan = planner.plan(memory, &current, desired, &Scope::All);
        let changes = registry.write(&current, &plan);
        self.take(&changes);
        (plan, changes)
    }

    /// Does what a strict provider does with `changes`: all of it, or the test fails.
    pub(crate) fn take(&mut self, changes: &Changes) {
        for gone in changes.delete.iter().chain(changes.update.iter().map(|update| &update.old)) {
            let same = |endpoint: &Endpoint| {
                endpoint.key() == gone.key()
                    && endpoint.targets == gone.targets
                    && endpoint.ttl == gone.ttl
                    && endpoint.properties == gone.properties
            };
            let at = self.records.iter().position(same);
            let at = at.unwrap_or_else(|| panic!("{gone:#?}\nis not held like this: {self:#?}"));
            self.records.remove(at);
        }
        for new in changes.create.iter().chain(changes.update.iter().map(|update| &update.new)) {
            let mut new = new.clone();
            assert!(new.labels.owner().is_some() || new.labels.get(Labels::OWNED_RECORD).is_some());
            new.labels = Labels::default();
            self.admit(&new);
            self.records.push(new);
        }
    }

    fn admit(&self, new: &Endpoint) {
        let name = new.dns_name.canonical();
        assert!(new.dns_name.is_within(&ZONE.into()), "{name} is outside the zone");
        assert!(name.len() <= 253, "{name} is too long");
        assert!(
            name.split('.').all(|part| (1..=63).contains(&part.len())),
            "{name} has a bad label"
        );
        assert!(!new.targets.is_empty(), "{name} has no targets");
        for there in self.records.iter().filter(|record| record.dns_name.canonical() == name) {
            assert!(there.key() != new.key(), "{} exists already", new.key());
            let cname = |endpoint: &Endpoint| endpoint.record_type == RecordType::Cname;
            assert!(cname(there) == cname(new), "{} beside {}", new.key(), there.key());
            if there.record_type == new.record_type {
                let policy = |endpoint: &Endpoint| {
                    let names = endpoint.properties.iter().map(|(name, _)| name.to_owned());
                    let names = names.filter(|name| name.starts_with("aws/"));
                    (endpoint.set_identifier.is_empty(), names.collect::<Vec<_>>())
                };
                assert_eq!(policy(there), policy(new), "{} beside {}", new.key(), there.key());
            }
        }
    }

    /// Returns the record sets, written as `name TYPE targets`, ownership records with their text;
    /// sorted.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |endpoint: &Endpoint| {
            let set = &endpoint.set_identifier;
            let set = if set.is_empty() { String::new() } else { format!(" ({set})") };
            let targets: Vec<_> = endpoint.targets.iter().collect();
            format!("{} {}{set} {}", endpoint.dns_name, endpoint.record_type, targets.join(" "))
        };
        let mut lines: Vec<_> = self.records.iter().map(line).collect();
        lines.sort();
        lines
    }

    pub(crate) fn holds(&self, record: &Endpoint) -> bool {
        self.records.iter().any(|endpoint| {
            endpoint.key() == record.key()
                && endpoint.targets.answers_like(&record.targets, &record.record_type)
                && (record.ttl.is_none() || endpoint.ttl == record.ttl)
        })
    }
}
