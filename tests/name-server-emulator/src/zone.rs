//! A zone: its records, what is answered from it, and its copy in a file.

use std::collections::BTreeMap;

use hickory_proto::rr::Name;
use serde_json::{Value, json};

use crate::wire::{A, ANY, Answer, CNAME, Code, IN, NS, Record, SOA, emit_name};

/// How long records of the zone itself may be kept, in seconds.
const TTL: u32 = 300;

/// Values of one name and type; never empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Set {
    pub(crate) ttl: u32,
    pub(crate) values: Vec<Vec<u8>>,
}

/// A zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Zone {
    pub(crate) name: Name,
    pub(crate) serial: u32,
    /// Everything but the SOA record.
    pub(crate) sets: BTreeMap<(Name, u16), Set>,
}

/// Returns a name as the zone has it.
pub(crate) fn canonical(name: &Name) -> Name {
    let mut name = name.to_lowercase();
    name.set_fqdn(true);
    name
}

impl Zone {
    /// Returns a zone that has its own records: SOA, NS, and the address of its server.
    pub(crate) fn new(name: &Name) -> Self {
        let name = canonical(name);
        let server = name.prepend_label("ns").unwrap_or_else(|_| name.clone());
        let mut target = Vec::new();
        emit_name(&server, &mut target);
        let set = |value| Set { ttl: TTL, values: vec![value] };
        let sets = [((name.clone(), NS), set(target)), ((server, A), set(vec![127, 0, 0, 1]))];
        Self { name, serial: 1, sets: sets.into() }
    }

    /// Returns the SOA record.
    pub(crate) fn soa(&self) -> Record {
        let mut data = Vec::new();
        for label in ["ns", "admin"] {
            let name = self.name.prepend_label(label).unwrap_or_else(|_| self.name.clone());
            emit_name(&name, &mut data);
        }
        for number in [self.serial, 3600, 600, 86_400, TTL] {
            data.extend(number.to_be_bytes());
        }
        Record { name: self.name.clone(), record_type: SOA, class: IN, ttl: TTL, data }
    }

    /// Returns every record as a transfer has it: the SOA record comes first and last.
    pub(crate) fn transfer(&self) -> Vec<Record> {
        let all = self.sets.iter().flat_map(|((name, code), set)| records(name, *code, set));
        [self.soa()].into_iter().chain(all).chain([self.soa()]).collect()
    }

    /// Tells whether a name has anything but what is left out.
    pub(crate) fn has(&self, name: &Name) -> bool {
        *name == self.name || self.types(name).next().is_some()
    }

    /// Iterates over the types that a name has; the SOA record is not among them.
    pub(crate) fn types(&self, name: &Name) -> impl Iterator<Item = u16> {
        let range = self.sets.range((name.clone(), 0)..=(name.clone(), u16::MAX));
        range.map(|((_, code), _)| *code)
    }

    /// Answers a question.
    pub(crate) fn answer(&self, name: &Name, code: u16) -> Answer {
        let asked = canonical(name);
        if asked == self.name && code == SOA {
            return Answer { answers: vec![self.soa()], ..Answer::of(Code::NoError) };
        }
        if let Some((cut, set)) = self.delegation(&asked) {
            let authorities = records(cut, NS, set).collect();
            return Answer { authorities, ..Answer::of(Code::NoError) };
        }
        let Some(found) = self.closest(&asked) else {
            let exists = self.sets.keys().any(|(name, _)| asked.zone_of(name));
            let code = if exists { Code::NoError } else { Code::NxDomain };
            return Answer { authorities: vec![self.soa()], ..Answer::of(code) };
        };
        let wanted = |other: u16| other == code || other == CNAME || code == ANY;
        let answers: Vec<_> = self
            .types(&found)
            .filter(|other| wanted(*other))
            .filter_map(|other| Some((other, self.sets.get(&(found.clone(), other))?)))
            .flat_map(|(other, set)| records(&asked, other, set))
            .collect();
        let authorities = if answers.is_empty() { vec![self.soa()] } else { Vec::new() };
        Answer { code: Code::NoError, answers, authorities }
    }

    /// Returns the name servers of a zone below this one that has a name.
    fn delegation(&self, asked: &Name) -> Option<(&Name, &Set)> {
        let is_cut = |name: &Name| *name != self.name && name.zone_of(asked);
        self.sets
            .iter()
            .find(|((name, code), _)| *code == NS && is_cut(name))
            .map(|((name, _), set)| (name, set))
    }

    /// Returns the name that answers: itself, or a wildcard ([RFC 4592]).
    ///
    /// [RFC 4592]: https://www.rfc-editor.org/rfc/rfc4592
    fn closest(&self, asked: &Name) -> Option<Name> {
        if self.has(asked) {
            return Some(asked.clone());
        }
        let mut parent = asked.base_name();
        loop {
            // Names between two others exist, although they have nothing.
            if self.sets.keys().any(|(name, _)| parent.zone_of(name)) || parent == self.name {
                let wildcard = parent.prepend_label("*").ok()?;
                return self.has(&wildcard).then_some(wildcard);
            }
            if parent.is_root() {
                return None;
            }
            parent = parent.base_name();
        }
    }

    /// Returns the zone as it is kept in a file.
    pub(crate) fn to_json(&self) -> Value {
        let set = |((name, code), set): (&(Name, u16), &Set)| json!({ "name": name.to_ascii(), "type": code, "ttl": set.ttl, "values": set.values });
        let sets: Vec<_> = self.sets.iter().map(set).collect();
        json!({ "name": self.name.to_ascii(), "serial": self.serial, "sets": sets })
    }

    /// Returns the zone that a file has; `None` when it has none.
    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        let name = |value: &Value| Some(canonical(&Name::from_ascii(value.as_str()?).ok()?));
        let number = |value: &Value| u32::try_from(value.as_u64()?).ok();
        let mut sets = BTreeMap::new();
        for set in value.get("sets")?.as_array()? {
            let key = (name(set.get("name")?)?, u16::try_from(number(set.get("type")?)?).ok()?);
            let values = serde_json::from_value(set.get("values")?.clone()).ok()?;
            sets.insert(key, Set { ttl: number(set.get("ttl")?)?, values });
        }
        Some(Self { name: name(value.get("name")?)?, serial: number(value.get("serial")?)?, sets })
    }
}

fn records<'a>(
    name: &Name,
    record_type: u16,
    set: &'a Set,
) -> impl Iterator<Item = Record> + use<'a> {
    let name = name.clone();
    set.values.iter().map(move |data| Record {
        name: name.clone(),
        record_type,
        class: IN,
        ttl: set.ttl,
        data: data.clone(),
    })
}
