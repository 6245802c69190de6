//! A zone as a name server has it at one serial.

use std::collections::BTreeMap;

use crate::message::ResourceRecord;
use crate::name::Name;
use crate::record_type::{SOA, TypeCode, is_of_signing};

/// A zone at one serial.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The version.
    pub serial: u32,
    /// The SOA record, as the server has it; for incremental transfers.
    pub soa: Vec<u8>,
    sets: BTreeMap<(Name, TypeCode), RecordSet>,
}

/// The values of one name and type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordSet {
    /// How long it may be kept, in seconds.
    pub ttl: u32,
    /// The values, in bytes; never empty in a zone.
    pub values: Vec<Vec<u8>>,
}

impl Snapshot {
    /// Returns an empty zone with that SOA record; `None` when it is none.
    pub fn new(soa: &ResourceRecord) -> Option<Self> {
        Some(Self { serial: serial(soa)?, soa: soa.data.clone(), sets: BTreeMap::new() })
    }

    /// Adds a record; one that is there stays as it is.
    ///
    /// What a server makes for signing is left out: it comes and goes without anyone writing it.
    pub fn add(&mut self, record: ResourceRecord) {
        let ResourceRecord { name, record_type, class: _, ttl, data } = record;
        if record_type == SOA || is_of_signing(record_type) {
            return;
        }
        let set = self.sets.entry((name, record_type)).or_default();
        set.ttl = ttl;
        if !set.values.contains(&data) {
            set.values.push(data);
        }
    }

    /// Removes a record, and tells whether it was there.
    pub fn remove(&mut self, record: &ResourceRecord) -> bool {
        let ResourceRecord { name, record_type, data, .. } = record;
        if *record_type == SOA || is_of_signing(*record_type) {
            return true;
        }
        let key = (name.clone(), *record_type);
        let Some(set) = self.sets.get_mut(&key) else { return false };
        let count = set.values.len();
        set.values.retain(|value| value != data);
        let was_there = set.values.len() < count;
        if set.values.is_empty() {
            self.sets.remove(&key);
        }
        was_there
    }

    /// Takes the SOA record of another version.
    pub fn set_soa(&mut self, soa: &ResourceRecord) -> Option<()> {
        self.serial = serial(soa)?;
        self.soa.clone_from(&soa.data);
        Some(())
    }

    /// Returns the values of a name and type; `None` when there are none.
    pub fn get(&self, name: &Name, record_type: TypeCode) -> Option<&RecordSet> {
        self.sets.get(&(name.clone(), record_type))
    }

    /// Iterates over the types of a name.
    pub fn types(&self, name: &Name) -> impl Iterator<Item = TypeCode> + '_ {
        let from = (name.clone(), 0);
        let to = (name.clone(), TypeCode::MAX);
        self.sets.range(from..=to).map(|((_, record_type), _)| *record_type)
    }

    /// Iterates over all record sets, in order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, TypeCode, &RecordSet)> {
        self.sets.iter().map(|((name, record_type), set)| (name, *record_type, set))
    }

    /// Returns how many record sets there are.
    pub fn len(&self) -> usize {
        self.sets.len()
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }
}

/// Returns the serial of an SOA record; `None` when it is none.
pub fn serial(record: &ResourceRecord) -> Option<u32> {
    // Serial, refresh, retry, expire and minimum end it, 4 bytes each.
    let at = record.data.len().checked_sub(20)?;
    let bytes: [u8; 4] = record.data.get(at..at + 4)?.try_into().ok()?;
    (record.record_type == SOA).then_some(u32::from_be_bytes(bytes))
}

/// Tells whether a serial is older than another one ([RFC 1982]): serials go round.
///
/// [RFC 1982]: https://www.rfc-editor.org/rfc/rfc1982
pub fn is_older(serial: u32, than: u32) -> bool {
    let ahead = than.wrapping_sub(serial);
    ahead != 0 && ahead < 1 << 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_go_round() {
        assert!(is_older(1, 2));
        assert!(!is_older(2, 1));
        assert!(!is_older(7, 7));
        assert!(is_older(u32::MAX, 3));
        assert!(!is_older(3, u32::MAX));
    }
}
