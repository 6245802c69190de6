//! What is desired and what the provider has, by type; never by name.

use std::collections::BTreeSet;

use controller_core::desired::Desired;
use controller_core::status::{Reason, RecordStatus};
use external_dns_webhook::{DnsName, Endpoint, ObjectRef, RecordType};

use controller_sources::SOURCES;
use daemon::metrics::{Counter, Family, Gauge, Metric, number};

/// How many owners and domains are told apart at most.
const MOST_MISMATCHES: usize = 200;

/// What is counted of record sets.
#[derive(Debug)]
pub struct RecordMetrics {
    registry_endpoints: Family<Gauge>,
    registry_records: Family<Gauge>,
    registry_errors: Family<Counter>,
    mismatches: Family<Gauge>,
    source_endpoints: Family<Gauge>,
    source_records: Family<Gauge>,
    source_errors: Family<Counter>,
    invalid: Family<Gauge>,
    repeated: Family<Gauge>,
    verified: Family<Gauge>,
}

impl RecordMetrics {
    pub(super) fn new() -> Self {
        let by_type: &[&str] = &["record_type"];
        let by_source: &[&str] = &["record_type", "source_type"];
        Self {
            registry_endpoints: Family::new(
                "external_dns_registry_endpoints_total",
                &[],
                "Record sets that the provider holds",
            ),
            registry_records: Family::new(
                "external_dns_registry_records",
                by_type,
                "Record sets that the provider holds, by type",
            ),
            registry_errors: Family::new(
                "external_dns_registry_errors_total",
                &[],
                "Syncs that failed to read or write records, or had one refused",
            ),
            mismatches: Family::new(
                "external_dns_registry_skipped_records_owner_mismatch_per_sync",
                &["record_type", "owner", "foreign_owner", "domain"],
                "Record sets that are not written because another owner holds the name",
            ),
            source_endpoints: Family::new(
                "external_dns_source_endpoints_total",
                &[],
                "Record sets that the sources want",
            ),
            source_records: Family::new(
                "external_dns_source_records",
                by_type,
                "Record sets that the sources want, by type",
            ),
            source_errors: Family::new(
                "external_dns_source_errors_total",
                &[],
                "Syncs in which a source could not be read in full",
            ),
            invalid: Family::new(
                "external_dns_source_invalid_endpoints",
                by_source,
                "Record sets that are desired and cannot exist",
            ),
            repeated: Family::new(
                "external_dns_source_deduplicated_endpoints",
                by_source,
                "Record sets that are desired more than once, the first not counted",
            ),
            verified: Family::new(
                "external_dns_controller_verified_records",
                by_type,
                "Record sets that are desired of which the provider holds name and type",
            ),
        }
    }

    pub(super) fn all(&self) -> Vec<&dyn Metric> {
        // No `..`: what is not listed would never be shown.
        let Self {
            registry_endpoints,
            registry_records,
            registry_errors,
            mismatches,
            source_endpoints,
            source_records,
            source_errors,
            invalid,
            repeated,
            verified,
        } = self;
        vec![
            registry_endpoints,
            registry_records,
            registry_errors,
            mismatches,
            source_endpoints,
            source_records,
            source_errors,
            invalid,
            repeated,
            verified,
        ]
    }

    /// Notes that records could not be read or written.
    pub fn registry_failed(&self) {
        self.registry_errors.add(&[], 1.0);
    }

    /// Notes that a source could not be read in full.
    pub fn source_failed(&self) {
        self.source_errors.add(&[], 1.0);
    }

    /// Notes what the provider has, and which of what is desired is there.
    pub fn current<'a>(
        &self,
        records: impl Iterator<Item = &'a Endpoint>,
        desired: impl Iterator<Item = &'a Endpoint>,
    ) {
        let mut there = BTreeSet::new();
        let mut types = Vec::new();
        for record in records {
            there.insert((record.dns_name.canonical(), &record.record_type));
            types.push(&record.record_type);
        }
        self.registry_endpoints.set(&[], number(types.len()));
        self.registry_records.replace(types.into_iter().map(by_type));
        let verified = desired.filter(|endpoint| {
            there.contains(&(endpoint.dns_name.canonical(), &endpoint.record_type))
        });
        self.verified.replace(verified.map(|verified| by_type(&verified.record_type)));
    }

    /// Notes what is desired, and what of it by more than one object.
    pub fn desired(&self, desired: &Desired) {
        let endpoints = desired.distinct();
        self.source_endpoints.set(&[], number(endpoints.len()));
        self.source_records
            .replace(endpoints.iter().map(|endpoint| by_type(&endpoint.record_type)));
        let repeated = desired.repeated().into_iter();
        self.repeated.replace(
            repeated.map(|endpoint| by_source(&endpoint.record_type, endpoint.labels.resource())),
        );
    }

    /// Notes what was desired and cannot exist, and what another owner has; `owner` is us.
    pub fn statuses<'a>(
        &self,
        statuses: impl Iterator<Item = &'a RecordStatus>,
        owner: Option<&str>,
    ) {
        let (mut invalid, mut mismatches) = (Vec::new(), Vec::new());
        for status in statuses {
            match (&status.reason, &status.record_type) {
                // Those of sources are about annotations and have no type yet.
                (
                    Reason::InvalidTarget { .. }
                    | Reason::InvalidName { .. }
                    | Reason::IgnoredAnnotation { .. },
                    Some(record_type),
                ) => invalid.push(by_source(record_type, status.object.as_ref())),
                (Reason::ForeignOwner { owner: foreign, record_type }, _) => {
                    let foreign = foreign.as_deref().unwrap_or_default();
                    let values = [
                        record_type.as_str(),
                        owner.unwrap_or_default(),
                        foreign,
                        &domain(&status.name),
                    ];
                    mismatches.push(values.map(str::to_lowercase).to_vec());
                }
                _ => {}
            }
        }
        self.invalid.replace(invalid);
        self.mismatches.replace(bounded(mismatches));
    }
}

/// Returns the labels of a type, in lower case as `ExternalDNS` has them.
fn by_type(record_type: &RecordType) -> (Vec<String>, f64) {
    (vec![record_type.as_str().to_lowercase()], 1.0)
}

/// Returns the labels of a type that an object wants: those of its source.
fn by_source(record_type: &RecordType, object: Option<&ObjectRef>) -> (Vec<String>, f64) {
    let head = object.map_or("", ObjectRef::kind);
    let reads = |head: &str| {
        SOURCES.iter().find(|row| row.reads.iter().any(|read| read.label == Some(head)))
    };
    let source = reads(head).map_or("unknown", |source| source.name);
    (vec![record_type.as_str().to_lowercase(), source.to_owned()], 1.0)
}

/// Returns the name without its first label, unless that leaves a single one.
///
/// Compat: as `ExternalDNS` has it in the label `domain`.
fn domain(name: &DnsName) -> String {
    let name = name.canonical();
    match name.split_once('.') {
        Some((_, rest)) if rest.contains('.') => rest.to_owned(),
        _ => name.to_string(),
    }
}

/// Counts each, and those beyond what is told apart under `other`.
fn bounded(all: Vec<Vec<String>>) -> Vec<(Vec<String>, f64)> {
    let mut seen = BTreeSet::new();
    let one = |values: Vec<String>| {
        if seen.len() < MOST_MISMATCHES || seen.contains(&values) {
            seen.insert(values.clone());
            return (values, 1.0);
        }
        let other = ["other", "other", "other"].map(str::to_owned);
        (values.into_iter().take(1).chain(other).collect(), 1.0)
    };
    all.into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domain_of_a_name_is_the_name_without_its_first_label() {
        for (name, expected) in [
            ("www.example.com", "example.com"),
            ("a.b.c.d", "b.c.d"),
            ("example.com", "example.com"),
            ("WWW.Example.com.", "example.com"),
            ("com", "com"),
        ] {
            assert_eq!(domain(&DnsName::from(name)), expected, "{name}");
        }
    }

    #[test]
    fn owners_and_domains_without_end_end_up_together() {
        let values = |number: usize| {
            ["a", "me", "you", &format!("d{number}.example.com")].map(str::to_owned).to_vec()
        };
        let many = bounded((0..MOST_MISMATCHES + 5).map(values).chain([values(0)]).collect());
        let others = many.iter().filter(|(labels, _)| labels[3] == "other").count();
        assert_eq!(others, 5);
        assert_eq!(many.last().unwrap().0, values(0));
    }

    #[test]
    fn a_source_is_known_by_the_label_of_its_objects() {
        let source = |label: &str| {
            let object = Some(ObjectRef::from(label)).filter(ObjectRef::is_whole);
            by_source(&RecordType::Aaaa, object.as_ref()).0
        };
        assert_eq!(source("service/default/web"), ["aaaa", "service"]);
        assert_eq!(source("node/n1"), ["aaaa", "node"]);
        assert_eq!(source("unheard/of/it"), ["aaaa", "unknown"]);
        assert_eq!(source(""), ["aaaa", "unknown"]);
    }
}
