//! How ownership records are told from other record sets, read and spelled.
//!
//! Every form that ExternalDNS ever wrote is read; one is written.

use std::sync::Arc;

use external_dns_webhook::{CanonicalName, Endpoint, Labels, RecordType, Ttl};

use super::current_record::OwnershipRecord;
use super::facts::Facts;
use super::names::Affixes;
use super::ownership_record;
use super::place::Placement;
use super::seal::{Key, looks_sealed};

/// TTL of the ownership records we write, in seconds: explicit, so that no provider has to guess
/// one.
const OWNERSHIP_RECORD_TTL_SECONDS: i64 = 300;

/// What it takes to read and write ownership records.
#[derive(Clone, Debug)]
pub(crate) struct Scheme {
    pub(crate) owner: String,
    pub(crate) affixes: Affixes,
    pub(crate) instance: Option<String>,
    pub(crate) former_instances: Vec<String>,
    pub(crate) key: Option<Key>,
    pub(crate) encrypt: bool,
}

/// A record set that was read.
pub(crate) struct Read {
    /// The ownership records among its values, each with the name that it is about;
    /// `None` when that is nothing we know.
    pub(crate) ownership_records: Vec<(Option<CanonicalName>, OwnershipRecord)>,
    /// The record set itself, if any of its values is no ownership record.
    pub(crate) record: Option<Endpoint>,
}

impl Scheme {
    /// Tells ownership records from other record sets, and reads them.
    ///
    /// People add values to a TXT record set that is there, so each value is read for itself.
    pub(crate) fn read(&self, record: Endpoint) -> Read {
        if record.record_type != RecordType::Txt {
            return Read { ownership_records: Vec::new(), record: Some(record) };
        }
        let record = Arc::new(record);
        let ownership_record = |(value, target)| {
            let (labels, sealed) = self.said(target)?;
            Some(self.ownership_record_in(&record, value, &labels, sealed))
        };
        let ownership_records: Vec<_> =
            record.targets.iter().enumerate().filter_map(ownership_record).collect();
        let is_all =
            !ownership_records.is_empty() && ownership_records.len() == record.targets.len();
        let record = (!is_all).then(|| Arc::unwrap_or_clone(record));
        Read { ownership_records, record }
    }

    /// Returns the ownership record that a value of a TXT record set is, with the name that it is
    /// about.
    fn ownership_record_in(
        &self,
        record: &Arc<Endpoint>,
        value: usize,
        labels: &Labels,
        sealed: bool,
    ) -> (Option<CanonicalName>, OwnershipRecord) {
        let spelled = labels.get(ownership_record::RECORD).and_then(ownership_record::unspell);
        let explicit = spelled.is_some();
        let (about, record_type, set_identifier) = match spelled {
            Some((name, record_type, set)) => (Some(name), Some(record_type), set),
            None => match self.affixes.owned(record.dns_name.canonical()) {
                Some((name, kind)) => (Some(name), kind, record.set_identifier.clone()),
                None => (None, None, String::new()),
            },
        };
        let (endpoint, labels) = (Arc::clone(record), Facts::from(labels));
        let ownership_record = OwnershipRecord {
            endpoint,
            value,
            labels,
            record_type,
            set_identifier,
            explicit,
            sealed,
        };
        (about.map(CanonicalName::from), ownership_record)
    }

    /// Returns what an ownership record says, and whether it was encrypted; `None` for what is no
    /// ownership record.
    fn said(&self, target: &str) -> Option<(Labels, bool)> {
        let text = ownership_record::unquoted(target);
        let opened = self.key.as_ref().and_then(|key| key.open(&text));
        let labels = ownership_record::read(opened.as_deref().unwrap_or(&text))?;
        Some((labels, opened.is_some()))
    }

    /// Tells whether a value looks like an encrypted ownership record, and is none that we can read.
    pub(super) fn cannot_open(&self, target: &str) -> bool {
        looks_sealed(&ownership_record::unquoted(target)) && self.said(target).is_none()
    }

    /// Returns the key that opens encrypted ownership records.
    pub(crate) fn key(&self) -> Option<&Key> {
        self.key.as_ref()
    }

    /// Tells whether new ownership records are encrypted.
    pub(crate) fn seals(&self) -> bool {
        self.encrypt && self.key.is_some()
    }

    /// Tells whether we, and not another instance or owner, wrote the ownership record.
    pub(crate) fn is_mine(&self, ownership_record: &OwnershipRecord) -> bool {
        ownership_record.labels.owner() == Some(&self.owner)
            && self.is_my_instance(ownership_record.instance())
    }

    /// Tells whether a record set written by `instance` is one of ours to change.
    pub(crate) fn is_my_instance(&self, instance: Option<&str>) -> bool {
        let Some(instance) = instance else { return true };
        self.instance.as_deref().is_none_or(|other| other == instance)
            || self.former_instances.iter().any(|other| other == instance)
    }

    /// Returns what the ownership record on a record set says.
    pub(crate) fn labels(&self, record: &Endpoint) -> Labels {
        let mut labels = record.labels.clone();
        labels.remove(ownership_record::RECORD);
        labels.remove(ownership_record::INSTANCE);
        labels.set(Labels::OWNER, self.owner.as_str());
        if let Some(instance) = &self.instance {
            labels.set(ownership_record::INSTANCE, instance.as_str());
        }
        labels
    }

    pub(crate) fn ownership_record(
        &self,
        record: &Endpoint,
        place: &Placement,
        mut labels: Labels,
    ) -> Option<Endpoint> {
        if place.explicit {
            let key = record.key();
            let spelled =
                ownership_record::spell(key.name(), key.record_type(), key.set_identifier());
            labels.set(ownership_record::RECORD, spelled);
        }
        let text = ownership_record::write(&labels);
        let text = match &self.key {
            Some(key) if self.encrypt => key.seal(&text)?,
            Some(_) | None => text,
        };
        let target = format!("\"{text}\"");
        let mut ownership_record = Endpoint::new(place.name.as_str(), RecordType::Txt, [target]);
        ownership_record.ttl = Ttl::from_seconds(OWNERSHIP_RECORD_TTL_SECONDS);
        ownership_record.zone.clone_from(&record.zone);
        Some(with_owned(ownership_record, record))
    }
}

/// Marks an ownership record with the record set it is about, which is how a provider keeps the two
/// together.
pub(super) fn with_owned(mut ownership_record: Endpoint, record: &Endpoint) -> Endpoint {
    ownership_record.labels.set(Labels::OWNED_RECORD, record.dns_name.as_str());
    if !record.set_identifier.is_empty() {
        ownership_record.labels.set(Labels::OWNED_SET_IDENTIFIER, record.set_identifier.as_str());
    }
    ownership_record
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{Registry as _, TxtOptions, TxtRegistry};

    #[test]
    fn ownership_records_in_one_record_set_share_it() {
        let options = TxtOptions { owner: "me".to_owned(), ..TxtOptions::default() };
        let inventory = TxtRegistry::new(options).unwrap().read(vec![], &[]);
        let scheme = inventory.zones().next().unwrap().scheme().unwrap();
        let text = |owner| format!("\"heritage=external-dns,external-dns/owner={owner}\"");
        let values = ["one", "two", "three"].map(text);
        let set = Endpoint::new("a-www.example.com", RecordType::Txt, values);
        let Read { ownership_records, record } = scheme.read(set);
        let mut sets = ownership_records.iter().map(|(_, found)| &found.endpoint);
        let first = sets.next().unwrap();
        assert!(sets.all(|other| Arc::ptr_eq(first, other)) && record.is_none());
    }
}
