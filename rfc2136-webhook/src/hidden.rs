//! Which record sets of a zone no resolver sees, because a delegation or a DNAME at or above them
//! sends every query elsewhere.

use std::iter::successors;

use external_dns_webhook::{Cover, NameRecords, RecordType, Servers, hidden_by};

use crate::name::{self, Name};
use crate::record_type::{DNAME, NS, TXT, TypeCode, served};
use crate::snapshot::{RecordSet, Snapshot};
use crate::update::texts;

/// Returns what hides a record set of a zone, and where; `None` when it is seen.
///
/// `current` tells what the zone has.
pub fn hidden(
    apex: &Name,
    name: &Name,
    record_type: &RecordType,
    current: impl Fn(&Name, TypeCode) -> Option<RecordSet>,
) -> Option<(Cover, Name)> {
    let above = |at: &Name| (!at.is_root()).then(|| at.base_name());
    hidden_by(record_type, apex, successors(Some(name.clone()), above), |at| NameRecords {
        has_dname: current(at, DNAME).is_some(),
        servers: current(at, NS).map(|delegation| servers(&delegation, name)),
    })
}

/// Tells whether a delegation leads to servers of which one has this name.
fn servers(delegation: &RecordSet, name: &Name) -> Servers {
    let servers = texts(&RecordType::Ns, delegation).unwrap_or_default();
    let is_it = |server: &String| name::parse(server).is_ok_and(|server| server == *name);
    if servers.iter().any(is_it) { Servers::OfThisName } else { Servers::Others }
}

/// Returns record sets that no resolver sees, at most `limit`, one line each.
///
/// Ownership records are not among them: controllers read them in the zone, and resolvers need not.
pub fn all(snapshot: &Snapshot, apex: &Name, limit: usize) -> Vec<String> {
    let hides = |(name, code, _): (&Name, TypeCode, &RecordSet)| {
        code == DNAME || code == NS && name != apex
    };
    if !snapshot.iter().any(hides) {
        return Vec::new();
    }
    let current = |name: &Name, code| snapshot.get(name, code).cloned();
    let line = |(name, code, set): (&Name, TypeCode, &RecordSet)| {
        let record_type = served(code).filter(|_| !is_of_ownership(code, set))?;
        let (cover, at) = hidden(apex, name, &record_type, current)?;
        Some(format!("{} {record_type}, by {cover} at {}", name::to_text(name), name::to_text(&at)))
    };
    snapshot.iter().filter_map(line).take(limit).collect()
}

fn is_of_ownership(code: TypeCode, set: &RecordSet) -> bool {
    let is_mark = |text: &String| text.trim_start_matches('"').starts_with("heritage=");
    code == TXT && texts(&RecordType::Txt, set).is_some_and(|texts| texts.iter().all(is_mark))
}
