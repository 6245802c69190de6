//! Wildcards that send resolvers round in a circle.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use external_dns_webhook::{CanonicalName, DnsName, Endpoint, RecordType};

use crate::desired::{Desired, Unknown};
use crate::inventory::ZoneInventory;
use crate::plan::Rules;
use crate::status::{Place, Reason};

/// The names that exist in a zone once everything is as it is desired, and those above them.
pub(in crate::plan) struct Nodes<'a> {
    current: &'a ZoneInventory,
    wanted: &'a BTreeMap<CanonicalName, Vec<&'a Endpoint>>,
    desired: &'a Desired,
    found: OnceCell<BTreeSet<String>>,
}

impl<'a> Nodes<'a> {
    /// Returns the nodes of a zone, in which `wanted` is desired; nothing is looked at yet.
    pub(in crate::plan) fn new(
        current: &'a ZoneInventory,
        wanted: &'a BTreeMap<CanonicalName, Vec<&'a Endpoint>>,
        desired: &'a Desired,
    ) -> Self {
        Self { current, wanted, desired, found: OnceCell::new() }
    }

    fn has(&self, name: &str) -> bool {
        let found = self.found.get_or_init(|| {
            let mut nodes = BTreeSet::new();
            self.current.names().for_each(|name| add(name, &mut nodes));
            self.wanted.keys().for_each(|name| add(name, &mut nodes));
            for gap in &self.desired.unknown {
                if let Unknown::Name(name) | Unknown::RecordSet { name, .. } = &gap.what {
                    add(name.canonical(), &mut nodes);
                }
            }
            nodes
        });
        found.contains(name)
    }
}

/// Adds a name and all above it; where one is there already, so are those above it.
fn add(name: &str, nodes: &mut BTreeSet<String>) {
    let mut rest = Some(name);
    while let Some(name) = rest {
        if !nodes.insert(name.to_owned()) {
            return;
        }
        rest = name.split_once('.').map(|(_, above)| above);
    }
}

/// Tells why a wildcard cannot be a CNAME to a name that only the wildcard itself answers for.
///
/// A wildcard answers for a name below it unless that name, or one between the two, exists
/// ([RFC 4592], 3.3.1). So whether it circles depends on what else is in the zone, and it is refused
/// only where all of that is known: in a zone of ours, for a name that no filter leaves out.
///
/// [RFC 4592]: https://datatracker.ietf.org/doc/html/rfc4592#section-3.3.1
pub(super) fn circle(rules: Rules<'_>, nodes: &Nodes<'_>, candidate: &Endpoint) -> Option<Reason> {
    if candidate.record_type != RecordType::Cname {
        return None;
    }
    let name = candidate.dns_name.canonical();
    let domain = name.strip_prefix("*.")?;
    let circles = |target: &&str| {
        let target = DnsName::from(*target);
        let below = target.canonical().strip_suffix(domain).and_then(|rest| rest.strip_suffix('.'));
        let Some(label) = below.and_then(|rest| rest.rsplit('.').next()) else { return false };
        let zone = nodes.current.zone_of(target.canonical());
        zone.is_some()
            && zone == nodes.current.zone_of(name)
            && rules.covers(&target)
            && !nodes.has(&format!("{label}.{domain}"))
    };
    let target = candidate.targets.iter().find(circles)?;
    Some(Reason::InvalidTarget {
        target: target.to_owned(),
        place: Place::Object,
        why: format!(
            "nothing but the wildcard itself answers for it, so resolvers go round in a circle; \
             publish `{target}` as well"
        ),
    })
}
