//! Which names can be written before everything was read, and what is written of them.
//!
//! After a start it takes long to read a large zone, and an object changes meanwhile. Its names can be
//! read by themselves, with all that decides over them. What is then made or changed is what a sync
//! that knows everything would make of these names: a law says so. Nothing is taken away by it, not
//! even to make room: what that is about may belong to another owner, which only the whole list tells.

use std::collections::{BTreeMap, BTreeSet};

use external_dns_webhook::{CanonicalName, Changes, Endpoint, Labels};

use crate::desired::{Desired, Scope, Unknown};
use crate::inventory::Inventory;
use crate::plan::memory::Memory;
use crate::plan::{Action, Plan, Planner, Step};
use crate::registry::Registry;
use crate::value::can_cut;

/// What is written before everything was read.
#[derive(Clone, Debug, Default)]
pub struct Early {
    /// What is done, and the statuses of the names that it is about.
    pub plan: Plan,
    /// What is written, with ownership records: nothing is deleted.
    pub changes: Changes,
    /// The names that it is about; the others wait for a sync that knows everything.
    pub names: BTreeSet<CanonicalName>,
}

/// What was read of names.
#[derive(Clone, Copy, Debug)]
pub struct ByName<'a> {
    /// What the provider holds under the names that were read, in every zone.
    pub inventory: &'a Inventory,
    /// The names that decide over each name that is to be written, by these: as
    /// [`Registry::lookup_names`] has them. All were read.
    pub lookups: &'a BTreeMap<CanonicalName, BTreeSet<CanonicalName>>,
}

/// Plans what can be written now under the names of `known`, of all that is `desired`.
///
/// A name waits when anything of it would go, be taken over, be held or change hands; when something
/// about it is not known; and when it needs no write.
pub fn plan(
    (planner, memory): (&Planner, &Memory),
    registry: &dyn Registry,
    known: ByName<'_>,
    desired: &Desired,
) -> Early {
    let mut names: BTreeSet<CanonicalName> = known.lookups.keys().cloned().collect();
    for gap in &desired.unknown {
        if let Unknown::Name(name) | Unknown::RecordSet { name, .. } = &gap.what {
            names.remove(name.canonical());
        }
    }
    // What is below a name was not read, and may be another's to be answered for: see `plan::below`.
    if desired.looks_below() {
        for cut in desired.endpoints.iter().filter(|endpoint| can_cut(endpoint)) {
            names.remove(cut.dns_name.canonical());
        }
    }
    // Whose another record set is was not asked: it may be ours to replace, or a host that an
    // ownership record is about.
    let wanted: BTreeSet<_> = desired
        .endpoints
        .iter()
        .map(|wanted| {
            (wanted.dns_name.canonical(), &wanted.record_type, wanted.set_identifier.as_str())
        })
        .collect();
    let is_asked = |name: &CanonicalName, record: &Endpoint| {
        wanted.contains(&(name, &record.record_type, record.set_identifier.as_str()))
    };
    names.retain(|name| {
        let others = known.lookups.get(name).into_iter().flatten().filter(|other| *other != name);
        let mut records = known.inventory.at(name).into_iter().map(|record| record.endpoint);
        records.all(|record| !planner.manages(&record.record_type) || is_asked(name, record))
            && others.into_iter().all(|other| known.inventory.at(other).is_empty())
    });
    // What decides over two names may decide differently over both together, so look again.
    while !names.is_empty() {
        let scope = Scope::Names(names.clone());
        let mut desired = desired.clone();
        desired.only(&scope);
        desired.statuses.retain(|status| scope.covers(&status.name));
        let plan = planner.plan(memory, known.inventory, &desired, &scope);
        let changes = registry.write(known.inventory, &plan);
        let waiting = waiting(&plan, &changes, known, &names);
        if waiting.is_empty() {
            return Early { plan, changes, names };
        }
        names.retain(|name| !waiting.contains(name));
    }
    Early::default()
}

/// Returns the names that must wait, of those that are planned together.
fn waiting(
    plan: &Plan,
    changes: &Changes,
    known: ByName<'_>,
    names: &BTreeSet<CanonicalName>,
) -> BTreeSet<CanonicalName> {
    let done: BTreeSet<_> = plan.steps().iter().map(|step| step.name.canonical().clone()).collect();
    let mut waiting: BTreeSet<CanonicalName> = names.difference(&done).cloned().collect();
    let held_back = plan.steps().iter().filter(|step| !adds(step));
    waiting.extend(held_back.map(|step| step.name.canonical().clone()));
    let Changes { create, update, delete } = changes;
    let is_known = |endpoint: &Endpoint| {
        let decides = known.lookups.get(&about(endpoint));
        decides.is_some_and(|names| names.contains(endpoint.dns_name.canonical()))
    };
    waiting.extend(delete.iter().map(about));
    waiting.extend(create.iter().filter(|new| !is_known(new)).map(about));
    let changes_hands = update.iter().filter(|update| {
        let is_of_one = update.old.labels.resource() == update.new.labels.resource();
        is_ownership_record(&update.new) || !is_of_one || !is_known(&update.new)
    });
    waiting.extend(changes_hands.map(|update| about(&update.new)));
    if waiting.is_disjoint(names) && !waiting.is_empty() {
        // It is not told which name that is about.
        return names.clone();
    }
    waiting
}

/// Tells whether a step makes or changes something, and no answer goes by it.
fn adds(step: &Step) -> bool {
    match step.action {
        Action::Create => true,
        Action::Update => !step.loses_answers(),
        Action::Replace | Action::Delete | Action::Own | Action::Hold => false,
    }
}

/// Returns the name that a change is about: for an ownership record that of its record set.
fn about(endpoint: &Endpoint) -> CanonicalName {
    match endpoint.labels.get(Labels::OWNED_RECORD) {
        Some(name) => name.into(),
        None => endpoint.dns_name.canonical().clone(),
    }
}

fn is_ownership_record(endpoint: &Endpoint) -> bool {
    endpoint.labels.get(Labels::OWNED_RECORD).is_some()
}
