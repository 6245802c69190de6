//! A provider that keeps its records in memory.
//!
//! For tests, for demonstrations, and as the shortest complete [`Provider`] to learn from. It is as
//! strict as a real one: it refuses to create what exists and to change what it does not hold.

mod zones;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{
    Applied, Changes, DnsName, DomainFilter, Endpoint, Extension, Negotiation, Provider,
    ProviderError, RecordKey, Refusal, Update,
};

pub use self::zones::MemoryZones;

/// A provider that keeps its records in memory.
///
/// ```
/// use external_dns_webhook::memory::Memory;
/// use external_dns_webhook::{Endpoint, RecordType};
///
/// let record = Endpoint::new("www.example.com", RecordType::A, ["192.0.2.1"]);
/// assert_eq!(Memory::holding([record.clone()]).dump(), [record]);
/// ```
#[derive(Debug, Default)]
pub struct Memory {
    domain_filter: DomainFilter,
    records: Mutex<BTreeMap<RecordKey, Endpoint>>,
}

impl Memory {
    /// Returns a provider that serves the names that `domain_filter` covers and holds nothing.
    pub fn new(domain_filter: DomainFilter) -> Self {
        Self { domain_filter, records: Mutex::default() }
    }

    /// Returns a provider that serves every name and holds `records`.
    pub fn holding(records: impl IntoIterator<Item = Endpoint>) -> Self {
        let records = records.into_iter().map(|record| (record.key(), record)).collect();
        Self { domain_filter: DomainFilter::All, records: Mutex::new(records) }
    }

    /// Returns everything it holds, in order of name, type and set identifier.
    pub fn dump(&self) -> Vec<Endpoint> {
        self.held().values().cloned().collect()
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<RecordKey, Endpoint>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Provider for Memory {
    async fn negotiate(&self) -> Result<Negotiation, ProviderError> {
        let extensions = [Extension::RecordsByName, Extension::Outcomes].into_iter().collect();
        Ok(Negotiation {
            domain_filter: self.domain_filter.clone(),
            extensions,
            property_prefixes: Vec::new(),
            shard: None,
        })
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        Ok(self.dump())
    }

    async fn records_named(&self, names: Vec<DnsName>) -> Result<Vec<Endpoint>, ProviderError> {
        Ok(self
            .held()
            .values()
            .filter(|endpoint| names.contains(&endpoint.dns_name))
            .cloned()
            .collect())
    }

    async fn apply(&self, changes: Changes) -> Result<Applied, ProviderError> {
        Ok(Applied { refused: write(&mut self.held(), changes), dry_run: false })
    }
}

/// Writes changes, and returns those that do not fit what is there.
fn write(held: &mut BTreeMap<RecordKey, Endpoint>, changes: Changes) -> Vec<Refusal> {
    let Changes { create, update, delete } = changes;
    let mut refused = Vec::new();
    for endpoint in delete {
        held.remove(&endpoint.key());
    }
    for Update { old, new } in update {
        match held.remove(&old.key()) {
            Some(_) => {
                held.insert(new.key(), new);
            }
            // Sent before: the new record set is there already.
            None if held.get(&new.key()) == Some(&new) => {}
            None => refused.push(Refusal::of(&old, "NotFound", "there is nothing to update")),
        }
    }
    for endpoint in create {
        match held.get(&endpoint.key()) {
            None => {
                held.insert(endpoint.key(), endpoint);
            }
            Some(there) if *there == endpoint => {}
            Some(_) => {
                let message = "the record set exists already with other values";
                refused.push(Refusal::of(&endpoint, "AlreadyExists", message));
            }
        }
    }
    refused
}
