//! Whose the record sets of a zone are, and what is odd about their ownership records.

use std::collections::BTreeMap;

use external_dns_webhook::DnsName;
use serde::Serialize;

use super::{Inventory, ZoneInventory};
use crate::zone::ZoneInfo;

/// What an inventory says about ownership.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Audit {
    /// Record sets by owner.
    pub owners: BTreeMap<String, usize>,
    /// Record sets that nobody owns.
    pub unowned: usize,
    /// Our record sets by the instance that wrote them last; those that do not say are left out.
    pub instances: BTreeMap<String, usize>,
    /// What deserves a look, in order of name.
    pub findings: Vec<Finding>,
}

/// One oddity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Name of the record set or, for an ownership record without one, of the ownership record.
    pub name: DnsName,
    /// What is odd.
    pub oddity: Oddity,
    /// Which zone it is in; `None` for a zone without a name.
    #[serde(flatten)]
    pub zone: Option<ZoneInfo>,
}

/// What can be odd about an ownership record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Oddity {
    /// An ownership record in a form that is read but not written any more.
    OldForm,
    /// An ownership record that could be about another record set.
    Ambiguous,
    /// An ownership record of ours on a record set that is not there.
    WithoutRecord,
}

impl Inventory {
    /// Counts who owns what, and lists what is odd about the ownership records of `owner`.
    pub fn audit(&self, owner: &str) -> Audit {
        let mut audit = Audit::default();
        for zone in self.zones() {
            zone.audit(owner, &mut audit);
        }
        audit.findings.sort();
        audit.findings.dedup();
        audit
    }
}

impl ZoneInventory {
    fn audit(&self, owner: &str, audit: &mut Audit) {
        let zone = || self.info().cloned();
        for record in self.records() {
            let Some(owned_by) = record.owner() else {
                audit.unowned += 1;
                continue;
            };
            *audit.owners.entry(owned_by.to_owned()).or_default() += 1;
            if owned_by != owner {
                continue;
            }
            if let Some(instance) = record.instance() {
                *audit.instances.entry(instance.to_owned()).or_default() += 1;
            }
            let name = record.endpoint.dns_name.clone();
            if record.ambiguous {
                audit.findings.push(Finding { name, oddity: Oddity::Ambiguous, zone: zone() });
            } else if record.has_old_ownership_record() {
                audit.findings.push(Finding { name, oddity: Oddity::OldForm, zone: zone() });
            }
        }
        for (about, ownership_record) in self.ownership_records() {
            let believed = !self.dependents(about, ownership_record).is_empty();
            let fits_any = self.sets(about).iter().any(|set| ownership_record.fit(set).is_some());
            if ownership_record.labels.owner() == Some(owner) && !believed && !fits_any {
                let name = ownership_record.endpoint.dns_name.clone();
                audit.findings.push(Finding { name, oddity: Oddity::WithoutRecord, zone: zone() });
            }
        }
    }
}
