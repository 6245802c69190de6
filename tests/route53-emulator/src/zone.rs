//! One hosted zone: its record sets in the order of the lists, and what describes it.
//!
//! A page costs what it returns and a change costs a search, however large the zone.

use std::collections::BTreeMap;
use std::ops::Bound;

use serde::{Deserialize, Serialize};

use crate::name::Name;
use crate::record::{Content, Key, RecordSet, RecordType, Routing};

/// Seconds that resolvers keep the NS record set that comes with a zone ([defaults]).
///
/// [defaults]: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/SOA-NSrecords.html
const NS_TTL: u32 = 172_800;

/// Seconds that resolvers keep the SOA record set that comes with a zone.
const SOA_TTL: u32 = 900;

/// A hosted zone.
#[derive(Debug, Clone)]
pub struct Zone {
    /// The id without `/hostedzone/`.
    pub id: String,
    /// The name.
    pub name: Name,
    /// Whether only VPCs see it.
    pub private: bool,
    /// The comment given at creation.
    pub comment: Option<String>,
    /// What makes the creation unique.
    pub caller_reference: String,
    /// The VPCs of a private zone.
    pub vpcs: Vec<Vpc>,
    /// The tags.
    pub tags: BTreeMap<String, String>,
    records: BTreeMap<Key, RecordSet>,
}

/// A VPC that sees a private zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Vpc {
    /// The region.
    #[serde(rename = "VPCRegion")]
    pub region: String,
    /// The id.
    #[serde(rename = "VPCId")]
    pub id: String,
}

impl Zone {
    /// Returns a zone that holds nothing, not even SOA and NS.
    pub fn bare(id: String, name: Name, private: bool) -> Self {
        Self {
            caller_reference: format!("emulator-{id}"),
            id,
            name,
            private,
            comment: None,
            vpcs: Vec::new(),
            tags: BTreeMap::new(),
            records: BTreeMap::new(),
        }
    }

    /// Returns a zone with the SOA and NS record sets that Route 53 creates with it.
    pub fn new(id: String, name: Name, private: bool) -> Self {
        let mut zone = Self::bare(id, name, private);
        let servers = zone.name_servers();
        let primary = servers.first().cloned().unwrap_or_default();
        let soa = format!("{primary}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400");
        let ns = servers.iter().map(|server| format!("{server}.").into()).collect();
        zone.put(zone.apex_set(RecordType::NS, NS_TTL, ns));
        zone.put(zone.apex_set(RecordType::SOA, SOA_TTL, vec![soa.into()]));
        zone
    }

    fn apex_set(&self, record_type: RecordType, ttl: u32, values: Vec<Box<str>>) -> RecordSet {
        RecordSet {
            key: Key { name: self.name.clone(), record_type, set_identifier: "".into() },
            routing: Routing::Simple,
            content: Content::Records { ttl, values },
            health_check_id: None,
        }
    }

    /// Returns the four name servers, without trailing dots; they follow from the zone's id.
    pub fn name_servers(&self) -> Vec<String> {
        let seed = fnv(self.id.as_bytes());
        ["com", "net", "org", "co.uk"]
            .iter()
            .zip(0_u64..)
            .map(|(suffix, index)| {
                // Real servers share a number range per suffix: 0–511 com, 512–1023 net, …
                let number = (seed >> (index * 9)) % 512 + index * 512;
                format!("ns-{number}.awsdns-{:02}.{suffix}", number % 64)
            })
            .collect()
    }

    /// Returns how many record sets the zone holds.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Tells whether the zone holds nothing, not even SOA and NS.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Returns the record set with this identity.
    pub fn find(&self, key: &Key) -> Option<&RecordSet> {
        self.records.get(key)
    }

    /// Stores a record set and returns the one it replaces.
    pub fn put(&mut self, set: RecordSet) -> Option<RecordSet> {
        self.records.insert(set.key.clone(), set)
    }

    /// Removes a record set and returns it.
    pub fn remove(&mut self, key: &Key) -> Option<RecordSet> {
        self.records.remove(key)
    }

    /// Removes everything but SOA and NS of the apex.
    pub fn clear(&mut self) {
        let apex = self.name.clone();
        self.records.retain(|key, _| {
            key.name == apex && matches!(key.record_type, RecordType::SOA | RecordType::NS)
        });
    }

    /// Returns every record set in the order of the lists.
    pub fn all(&self) -> impl Iterator<Item = &RecordSet> {
        self.records.values()
    }

    /// Returns the record sets from `start` on, itself included.
    pub fn starting_at(&self, start: &Key) -> impl Iterator<Item = &RecordSet> {
        self.records.range((Bound::Included(start), Bound::Unbounded)).map(|(_, set)| set)
    }

    /// Returns the record sets of one name.
    pub fn at(&self, name: &Name) -> impl Iterator<Item = &RecordSet> + use<'_> {
        let name = name.clone();
        let first =
            Key { name: name.clone(), record_type: RecordType::A, set_identifier: "".into() };
        self.records
            .range((Bound::Included(first), Bound::Unbounded))
            .map(|(_, set)| set)
            .take_while(move |set| set.key.name == name)
    }

    /// Returns the record sets of one name and type: more than one under a routing policy only.
    pub fn group(
        &self,
        name: &Name,
        record_type: RecordType,
    ) -> impl Iterator<Item = &RecordSet> + use<'_> {
        self.at(name).filter(move |set| set.key.record_type == record_type)
    }

    /// Tells whether the name or any name below it exists (RFC 8020: then the name exists).
    pub fn has_name(&self, name: &Name) -> bool {
        let first =
            Key { name: name.clone(), record_type: RecordType::A, set_identifier: "".into() };
        self.starting_at(&first).next().is_some_and(|set| set.key.name.is_within(name))
    }
}

/// A small stable hash (FNV-1a), for values that must not differ between runs.
pub(crate) fn fnv(octets: &[u8]) -> u64 {
    octets.iter().fold(0xcbf2_9ce4_8422_2325, |hash, octet| {
        (hash ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01b3)
    })
}
