//! What is below a name, and would be cut off by a delegation or a DNAME record there.
//!
//! A server that is asked for a name below NS records sends everyone elsewhere
//! ([RFC 1034, section 4.2.1](https://www.rfc-editor.org/rfc/rfc1034#section-4.2.1)), and for one below a DNAME record it
//! answers with another name ([RFC 6672, section 2.4](https://www.rfc-editor.org/rfc/rfc6672#section-2.4)). So where a
//! name is for one namespace, nobody gets either above what is another namespace's, or not ours.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use external_dns_webhook::{CanonicalName, DnsName, Endpoint, ObjectRef, RecordType};

use super::{Rules, Wanted, row};
use crate::desired::{Desired, Gap, Unknown};
use crate::inventory::{CurrentRecord, Inventory, ZoneInventory};
use crate::zone::ZoneInfo;

/// The names of a zone, those that are there and those that are wanted, by what they are below.
pub(super) struct Below<'a> {
    all: &'a Inventory,
    current: &'a ZoneInventory,
    wanted: &'a BTreeMap<CanonicalName, Vec<&'a Endpoint>>,
    /// What is wanted, in all zones.
    everywhere: &'a Wanted<'a>,
    /// What is wanted and cannot be answered for now, as names that are there.
    unknown: BTreeMap<CanonicalName, Vec<&'a Gap>>,
    /// What is wanted under names that this sync is not about.
    beyond: &'a BTreeMap<CanonicalName, Vec<Option<ObjectRef>>>,
    /// By their labels from the last to the first, so that what is below a name follows it.
    found: OnceCell<BTreeMap<String, CanonicalName>>,
}

impl<'a> Below<'a> {
    /// Returns the names of a zone in which `wanted` is desired; nothing is looked at yet.
    pub(super) fn new(
        (all, current): (&'a Inventory, &'a ZoneInventory),
        everywhere: &'a Wanted<'a>,
        wanted: &'a BTreeMap<CanonicalName, Vec<&'a Endpoint>>,
        desired: &'a Desired,
    ) -> Self {
        let mut unknown: BTreeMap<CanonicalName, Vec<&'a Gap>> = BTreeMap::new();
        for gap in &desired.unknown {
            if let Unknown::Name(name) | Unknown::RecordSet { name, .. } = &gap.what {
                unknown.entry(name.canonical().clone()).or_default().push(gap);
            }
        }
        Self {
            all,
            current,
            wanted,
            everywhere,
            unknown,
            beyond: &desired.beyond,
            found: OnceCell::new(),
        }
    }

    /// Returns a name that `new` would cut off from those who ask for it, and that is not its namespace's to
    /// cut off; `None` for a record set that cuts off nothing of others.
    ///
    /// Addresses of the servers that NS records name count as well: whatever answers for them, resolvers do not ask here any more.
    /// So do the names of other zones that are served, which the records would lead everyone away from.
    pub(super) fn cut_off(&self, rules: Rules<'_>, new: &Endpoint) -> Option<DnsName> {
        let name = new.dns_name.canonical();
        let is_apex = || self.current.zone_of(name).is_some_and(|apex| apex == name.as_str());
        let cuts = match new.record_type {
            RecordType::Ns => !is_apex(),
            RecordType::Dname => true,
            _ => false,
        };
        if !cuts {
            return None;
        }
        let own = new.labels.resource().and_then(ObjectRef::namespace);
        let is_own =
            |object: Option<&ObjectRef>| object.is_some_and(|object| object.namespace() == own);
        let is_others = |record: &CurrentRecord<'_>| {
            let is_ours = row::is_ours(rules.planner, self.current, record);
            !(is_ours && is_own(record.resource()))
        };
        let is_wanted = |wanted: &&&Endpoint| {
            rules.planner.manages(&wanted.record_type) && !is_own(wanted.labels.resource())
        };
        let is_cut = |below: &&CanonicalName| {
            let mut gaps = self.unknown.get(*below).into_iter().flatten();
            if gaps.any(|gap| !is_own(gap.object())) {
                return true;
            }
            let mut beyond = self.beyond.get(*below).into_iter().flatten();
            if beyond.any(|object| !is_own(object.as_ref())) {
                return true;
            }
            let wanted = self.wanted.get(*below).into_iter().flatten();
            self.current.at(below).iter().any(is_others)
                || wanted.into_iter().any(|one| is_wanted(&one))
        };
        let here = self.names(name).find(is_cut);
        let elsewhere = || {
            let zones = self.all.zones().filter(|zone| zone.id() != self.current.id());
            // Those who ask a private zone follow no delegation of a public one, nor the other way round.
            let is_private = self.current.info().is_some_and(ZoneInfo::is_private);
            let mut inside = zones.filter(|zone| {
                zone.info().is_some_and(|info| {
                    info.is_private() == is_private && info.name().canonical().is_within(name)
                })
            });
            let others = |zone: &'a ZoneInventory| {
                let makes_the_zone = |record: &CurrentRecord<'_>| {
                    let record_type = record.endpoint.record_type.as_str();
                    let is_apex =
                        zone.info().is_some_and(|info| info.name() == &record.endpoint.dns_name);
                    is_apex && ["NS", "SOA"].contains(&record_type)
                };
                let is_others = |record: &CurrentRecord<'_>| {
                    !(makes_the_zone(record)
                        || row::is_ours(rules.planner, zone, record) && is_own(record.resource()))
                };
                zone.names().find(|below| zone.at(below).iter().any(is_others))
            };
            let wanted = |zone: &ZoneInventory| {
                let names = self.everywhere.get(&zone.id().cloned())?;
                names
                    .iter()
                    .find(|(_, wanted)| wanted.iter().any(|one| is_wanted(&one)))
                    .map(|(name, _)| name)
            };
            inside.find_map(|zone| others(zone).or_else(|| wanted(zone)))
        };
        here.or_else(elsewhere).map(DnsName::from)
    }

    /// Returns the names below `name`.
    fn names<'b>(&'b self, name: &'b CanonicalName) -> impl Iterator<Item = &'b CanonicalName> {
        let found = self.found.get_or_init(|| {
            let names = self.current.names().chain(self.wanted.keys());
            let names = names.chain(self.unknown.keys()).chain(self.beyond.keys());
            names.map(|name| (turned(name), name.clone())).collect()
        });
        let top = turned(name);
        // The name itself comes first.
        let here = found.range(top.clone()..).skip_while(move |(_, found)| *found == name);
        here.take_while(move |(turned, _)| turned.starts_with(&top)).map(|(_, name)| name)
    }
}

/// Returns the labels of a name from the last to the first, each with a dot behind it.
fn turned(name: &str) -> String {
    let mut turned = String::with_capacity(name.len() + 1);
    for label in name.rsplit('.') {
        turned.push_str(label);
        turned.push('.');
    }
    turned
}
