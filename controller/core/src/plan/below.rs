//! What is below a name, and would be cut off by a delegation or a DNAME record there.
//!
//! A server that is asked for a name below NS records sends everyone elsewhere
//! ([RFC 1034, section 4.2.1](https://www.rfc-editor.org/rfc/rfc1034#section-4.2.1)), and for one below a DNAME record it
//! answers with another name ([RFC 6672, section 2.4](https://www.rfc-editor.org/rfc/rfc6672#section-2.4)). So where a
//! name is for one namespace, nobody gets either above what is another namespace's, or not ours.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use external_dns_webhook::{CanonicalName, DnsName, Endpoint, ObjectRef, RecordType};

use super::{Rules, row};
use crate::registry::{Holding, ZoneInventory};

/// The names of a zone, those that are there and those that are wanted, by what they are below.
pub(super) struct Below<'a> {
    current: &'a ZoneInventory,
    wanted: &'a BTreeMap<CanonicalName, Vec<&'a Endpoint>>,
    /// By their labels from the last to the first, so that what is below a name follows it.
    found: OnceCell<BTreeMap<String, CanonicalName>>,
}

impl<'a> Below<'a> {
    /// Returns the names of a zone in which `wanted` is desired; nothing is looked at yet.
    pub(super) fn new(
        current: &'a ZoneInventory,
        wanted: &'a BTreeMap<CanonicalName, Vec<&'a Endpoint>>,
    ) -> Self {
        Self { current, wanted, found: OnceCell::new() }
    }

    /// Returns a name that `new` would cut off from those who ask for it, and that is not its namespace's to
    /// cut off; `None` for a record set that cuts off nothing of others.
    ///
    /// Addresses of the servers that NS records name are no answers of their own: they lead to the servers.
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
        let leads_there = |endpoint: &Endpoint| {
            let mut servers = new.targets.iter().map(CanonicalName::from);
            matches!(endpoint.record_type, RecordType::A | RecordType::Aaaa)
                && new.record_type == RecordType::Ns
                && servers.any(|server| server == *endpoint.dns_name.canonical())
        };
        let is_others = |held: &Holding<'_>| {
            let is_ours = row::is_ours(rules.planner, self.current, held);
            !(is_ours && is_own(held.resource()) || leads_there(held.endpoint))
        };
        let is_wanted = |wanted: &&&Endpoint| {
            rules.planner.manages(&wanted.record_type)
                && !is_own(wanted.labels.resource())
                && !leads_there(wanted)
        };
        let is_cut = |below: &&CanonicalName| {
            let wanted = self.wanted.get(*below).into_iter().flatten();
            self.current.at(below).iter().any(is_others)
                || wanted.into_iter().any(|one| is_wanted(&one))
        };
        self.names(name).find(is_cut).map(DnsName::from)
    }

    /// Returns the names below `name`.
    fn names<'b>(&'b self, name: &'b CanonicalName) -> impl Iterator<Item = &'b CanonicalName> {
        let found = self.found.get_or_init(|| {
            let names = self.current.names().chain(self.wanted.keys());
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
