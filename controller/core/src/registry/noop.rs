//! Owns nothing: who owns a record is not known.

use std::collections::{BTreeMap, BTreeSet};

use external_dns_webhook::{CanonicalName, Changes, DnsName, Endpoint, RecordType, Zone};

use super::Registry;
use crate::inventory::Inventory;
use crate::plan::Plan;

/// Owns nothing; the planner then holds changes of what exists unless told otherwise.
#[derive(Clone, Copy, Debug, Default)]
pub struct Noop;

impl Registry for Noop {
    fn read(&self, records: Vec<Endpoint>, zones: &[DnsName]) -> Inventory {
        Inventory::nameless(records, zones, None)
    }

    fn read_zones(&self, records: Vec<Endpoint>, zones: &[Zone]) -> Inventory {
        Inventory::zoned(records, zones, None)
    }

    fn write(&self, _current: &Inventory, plan: &Plan) -> Changes {
        plan.changes()
    }

    fn lookup_names(
        &self,
        wanted: &[Endpoint],
        _managed: &BTreeSet<RecordType>,
    ) -> BTreeMap<CanonicalName, BTreeSet<CanonicalName>> {
        let names = wanted.iter().map(|record| record.dns_name.canonical().clone());
        names.map(|name| (name.clone(), [name].into())).collect()
    }
}
