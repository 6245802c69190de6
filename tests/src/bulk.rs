//! Record sets by the thousand, what AWS's limits make of them, and the memory of who handles them.

use std::path::Path;

use serde_json::{Value, json};

use crate::process::Process;

/// Most values, and changes, of one batch.
///
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html>
const MAX_VALUES: usize = 1_000;

/// Most characters in all values of one batch.
const MAX_CHARACTERS: usize = 32_000;

/// Names below `example.com`, each with an address and an ownership record.
#[derive(Debug)]
pub struct Bulk {
    names: usize,
}

impl Bulk {
    /// Returns that many names.
    pub fn of_names(names: usize) -> Self {
        Self { names }
    }

    /// Returns the record sets, each followed by its ownership record, as a controller writes them.
    pub fn record_sets(&self) -> Vec<Value> {
        (0..self.names).flat_map(|number| [record_set(number), ownership_record(number)]).collect()
    }

    /// Returns the last record set and its ownership record.
    pub fn last(&self) -> Vec<Value> {
        let last = self.names.saturating_sub(1);
        vec![record_set(last), ownership_record(last)]
    }

    /// Returns the record sets without ownership records, as a controller asks for them to be
    /// adjusted.
    pub fn desired(&self) -> Value {
        (0..self.names).map(record_set).collect()
    }

    /// Returns the fewest batches that could hold all of them, if each could be filled to the brim
    /// with whole pairs of a record set and its ownership record.
    pub fn least_batches(&self) -> usize {
        let characters: usize = (0..self.names)
            .map(|number| address(number).len() + ownership_record_text(number).len())
            .sum();
        let values = 2 * self.names;
        values.div_ceil(MAX_VALUES).max(characters.div_ceil(MAX_CHARACTERS))
    }
}

/// Returns as many record sets as asked for, half of them ownership records, as the emulator takes
/// them.
pub fn seeds(record_sets: usize) -> Value {
    let set = |name: String, kind: &str, value: String| json!({ "Name": name, "Type": kind, "TTL": 300, "ResourceRecords": [{ "Value": value }] });
    let pair = |number: usize| {
        [
            set(name(number), "A", address(number)),
            set(format!("a-{}", name(number)), "TXT", ownership_record_text(number)),
        ]
    };
    (0..record_sets.div_ceil(2)).flat_map(pair).take(record_sets).collect()
}

fn name(number: usize) -> String {
    format!("service-{number}.example.com")
}

fn address(number: usize) -> String {
    format!("198.51.{}.{}", number / 250 % 250, number % 250)
}

fn ownership_record_text(number: usize) -> String {
    format!(
        "\"heritage=external-dns,external-dns/owner=my-cluster,\
         external-dns/resource=service/default/service-{number}\""
    )
}

fn record_set(number: usize) -> Value {
    json!({
        "dnsName": name(number),
        "recordType": "A",
        "targets": [address(number)],
        "recordTTL": 300,
        "labels": { "owner": "my-cluster", "resource": format!("service/default/service-{number}") },
    })
}

fn ownership_record(number: usize) -> Value {
    json!({
        "dnsName": format!("a-{}", name(number)),
        "recordType": "TXT",
        "targets": [ownership_record_text(number)],
        "labels": { "ownedRecord": name(number) },
    })
}

/// Returns the resident memory of a process, as Linux tells it; 0 elsewhere.
///
/// # Errors
///
/// When what Linux tells is no number.
pub fn resident_kib(process: &Process) -> anyhow::Result<u64> {
    told(process, "VmRSS:")
}

/// Returns the most memory that a process has had resident so far, as Linux tells it; 0 elsewhere.
///
/// # Errors
///
/// When what Linux tells is no number.
pub fn most_resident_kib(process: &Process) -> anyhow::Result<u64> {
    told(process, "VmHWM:")
}

/// Returns the resident memory of a process that is of no file, as Linux tells it; 0 elsewhere.
///
/// # Errors
///
/// When what Linux tells is no number.
pub fn heap_kib(process: &Process) -> anyhow::Result<u64> {
    told(process, "RssAnon:")
}

/// Returns how many heaps beside the first the C library keeps for a process: each takes 64 MiB of addresses, most of them not
/// accessible, as glibc's `arena.c` has them on 64 bits.
///
/// # Errors
///
/// When Linux tells nothing.
pub fn further_heaps(process: &Process) -> anyhow::Result<usize> {
    let text =
        std::fs::read_to_string(Path::new("/proc").join(process.id().to_string()).join("maps"))?;
    let address = |text: &str| u64::from_str_radix(text, 16).ok();
    let ranges = text.lines().filter_map(|line| {
        let (range, rest) = line.split_once(' ')?;
        let (start, end) = range.split_once('-')?;
        Some((address(start)?, address(end)?, rest.starts_with("---p")))
    });
    let heap = 64 << 20;
    Ok(ranges
        .filter(|(start, end, is_shut)| {
            *is_shut && end % heap == 0 && end - start < heap && end - start > heap / 2
        })
        .count())
}

fn told(process: &Process, member: &str) -> anyhow::Result<u64> {
    let status = Path::new("/proc").join(process.id().to_string()).join("status");
    let text = std::fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(member));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.map(str::parse).transpose()?.unwrap_or(0))
}
