//! Which record sets of a zone no resolver sees, because a delegation sends every query elsewhere.
//!
//! Route 53 takes such record sets and answers without them. It has no DNAME records ([types]), and
//! what the resolver of a network makes of a delegation in a private zone depends on rules that are
//! not seen from here ([private zones]), so of those nothing is said.
//!
//! [types]: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html
//! [private zones]: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zone-private-considerations.html

use std::iter::successors;

use external_dns_webhook::{DnsName, NameRecords, RecordType, Servers, hidden_by};

use super::Snapshot;
use crate::name::WireName;
use crate::record_set::{Data, RecordSet};
use crate::zones::Zone;

impl Snapshot {
    /// Returns the delegation of `zone` that hides a record set; `None` when it is seen, or when that
    /// cannot be told.
    pub fn hides(&self, set: &RecordSet, zone: &Zone) -> Option<WireName> {
        if zone.private || is_of_ownership(set) {
            return None;
        }
        let apex = zone.name.as_str();
        // A dot that is part of a label is escaped.
        let path = successors(Some(set.name.as_str()), |at| Some(at.split_once('.')?.1));
        let at = |name: &&str| NameRecords { has_dname: false, servers: self.servers(name, set) };
        let (_, at) = hidden_by(&set.record_type, &apex, path, at)?;
        Some(WireName::from_api(at))
    }

    /// Tells whom the NS records of a name lead to; `None` when it has none.
    fn servers(&self, name: &str, set: &RecordSet) -> Option<Servers> {
        let here = self.by_name.get(name)?;
        let delegation = here.iter().find(|other| other.record_type == RecordType::Ns)?;
        let is_own = match &delegation.data {
            Data::Values { values, .. } => values
                .iter()
                .any(|server| WireName::from_text(&DnsName::from(&**server)) == set.name),
            Data::Alias(_) => false,
        };
        Some(if is_own { Servers::OfThisName } else { Servers::Others })
    }
}

/// Tells whether a record set says whose another one is: that is for controllers, which read the
/// zone, and no other need see it.
fn is_of_ownership(set: &RecordSet) -> bool {
    match &set.data {
        Data::Values { values, .. } => {
            set.record_type == RecordType::Txt
                && values.iter().all(|value| value.starts_with("\"heritage="))
        }
        Data::Alias(_) => false,
    }
}
