//! Decides what to write so that a provider ends up holding what is desired.
//!
//! Each zone is planned by itself: what is current, desired and owned there says nothing about another.
//! Only the limit on deletions, and what an object wants in several zones, look at all of them.
//!
//! The same input gives the same plan, whatever order it arrives in. A [`Plan`] is at once what
//! runs, what people read before it runs, and what tests pin.

mod below;
mod conflict;
mod diff;
mod display;
mod gaps;
mod guard;
mod holders;
mod later;
mod leftover;
pub mod memory;
mod policy;
mod recent_deletions;
mod refused;
pub(crate) mod routing;
mod row;
mod rules;
mod step;
mod together;
mod writes;

use std::collections::{BTreeMap, BTreeSet};

use external_dns_webhook::{
    CanonicalName, Changes, DnsName, DomainFilter, Endpoint, ObjectRef, RecordKey, RecordType,
    ZoneId,
};

use self::below::Below;
pub use self::display::WithTtl;
use self::gaps::Gaps;
use self::guard::Decision;
pub use self::guard::{
    DeletionGuard, DeletionSource, Held, HeldAt, HeldGroup, HeldName, HeldObject, HeldZone,
    PlanHash,
};
use self::holders::Holders;
use self::later::{Awaited, Later};
use self::leftover::LeftOver;
use self::memory::Memory;
pub use self::policy::{Policy, UnknownPolicy};
pub use self::recent_deletions::RecentDeletions;
pub use self::refused::Refused;
use self::row::Nodes;
use self::rules::Rules;
pub use self::step::{Action, Step, Values};
pub(crate) use self::writes::ZoneWrites;
use crate::desired::{Desired, Scope};
use crate::inventory::{Inventory, OwnershipSearch, ZoneInventory};
use crate::precedence::PriorityScope;
use crate::status::{Place, Reason, RecordStatus, Verb};
use crate::zone::ZoneInfo;

/// Turns what a provider holds and what is desired into a [`Plan`].
#[derive(Clone, Debug)]
pub struct Planner {
    /// Which kinds of change may be made at all.
    pub policy: Policy,
    /// Record types we manage; others are never touched.
    pub managed: BTreeSet<RecordType>,
    /// Record types we leave alone although they are in `managed`.
    pub excluded: BTreeSet<RecordType>,
    /// Which names we are to manage; the provider's filter must cover them, too.
    pub domain_filter: DomainFilter,
    /// Who we are, as ownership records spell it; `None` when records are not owned at all.
    pub owner: Option<String>,
    /// Owner whose records we take over, name by name as they are desired here.
    pub migrate_from: Option<String>,
    /// Names whose record sets we take over although nobody owns them, or their
    /// ownership record could be about another name, if they are desired here.
    pub adopt: BTreeSet<CanonicalName>,
    /// Whether records that nobody owns may be changed; only matters without an `owner`.
    pub allow_unowned: bool,
    /// Whether ownership records in an old form are rewritten in the current one although nothing
    /// else changes.
    pub normalise_ownership_records: bool,
    /// Among which objects `priority` settles who gets a name.
    pub priority_scope: PriorityScope,
    /// How much may be deleted at once.
    pub guard: DeletionGuard,
}

/// Changes worth making, and why others are not made.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// What is written in each zone.
    zones: BTreeMap<Option<ZoneId>, ZoneWrites>,
    /// Types whose left-over ownership records may go.
    pub(crate) managed: BTreeSet<RecordType>,
    /// Owner whose ownership records count as ours where we write.
    pub(crate) migrate_from: Option<String>,
    /// Deletions that go out when what takes their place in another zone has been written.
    later: Vec<Later>,
    steps: Vec<Step>,
    held: Option<Held>,
    /// Deletions that would be held, and that a person approved.
    approved: BTreeSet<HeldAt>,
    /// The hashes by which they did.
    used: BTreeSet<PlanHash>,
    /// Zones that lose too much although nobody alone does.
    broad: BTreeSet<Option<ZoneInfo>>,
    /// Objects that want what another one is written for, by their `resource` labels.
    beside: BTreeMap<RecordKey, Vec<ObjectRef>>,
    /// What became of every name that was desired or would have been removed.
    pub statuses: Vec<RecordStatus>,
}

impl Default for Planner {
    fn default() -> Self {
        Self {
            policy: Policy::default(),
            managed: [RecordType::A, RecordType::Aaaa, RecordType::Cname].into(),
            excluded: BTreeSet::new(),
            domain_filter: DomainFilter::default(),
            owner: None,
            migrate_from: None,
            adopt: BTreeSet::new(),
            allow_unowned: false,
            normalise_ownership_records: false,
            priority_scope: PriorityScope::default(),
            guard: DeletionGuard::default(),
        }
    }
}

impl Planner {
    /// Plans the writes that move `current` to `desired`, for the names in `scope`, as `memory` has
    /// it from the syncs before.
    ///
    /// `desired` is what came back from the provider's adjustment. With [`Scope::Names`] it need
    /// only be complete for those names, and every other name is left alone.
    pub fn plan(
        &self,
        memory: &Memory,
        current: &Inventory,
        desired: &Desired,
        scope: &Scope,
    ) -> Plan {
        let rules = Rules { planner: self, memory };
        let everywhere = wanted(current, desired);
        let (mut drafts, nothing) = (Vec::new(), BTreeMap::new());
        let mut unzoned: BTreeMap<_, _> = everywhere.iter().collect();
        let mut zones = Vec::new();
        for zone in current.zones().filter(|zone| zone.unavailable().is_none()) {
            let wanted = unzoned.remove(&zone.id().cloned()).unwrap_or(&nothing);
            let gaps = Gaps::new(desired, zone.id());
            let nodes = Nodes::new(zone, wanted, desired);
            let below = Below::new((current, zone), &everywhere, wanted, desired);
            zones.push(PlannedZone { current: zone, wanted, gaps, nodes, below });
        }
        let holders = Holders::find(rules, desired, &zones, scope);
        for zone in &zones {
            let mut draft = rules.plan_zone(zone, &holders, (desired, scope));
            draft.left_over = leftover::find(rules, current, zone, scope);
            drafts.push(draft);
        }
        let mut statuses = Vec::new();
        for endpoint in unzoned.into_values().flat_map(BTreeMap::values).flatten() {
            statuses.push(rules.nowhere(current, endpoint));
        }
        together::hold(
            &mut drafts,
            &Everywhere { current, desired, wanted: &everywhere, nowhere: &statuses },
        );
        let told = drafts.iter_mut().flat_map(|draft| std::mem::take(&mut draft.told)).collect();
        statuses.extend(gaps::unreported(desired, scope, &told));
        if matches!(scope, Scope::All | Scope::AllBut(_)) {
            statuses.extend(gaps::blamed(&drafts));
        }
        let decision = self.guard.hold((self, &memory.deletions), (current, scope), &mut drafts);
        for draft in &mut drafts {
            leftover::write(draft, decision.held.as_ref());
        }
        self.finish(drafts, statuses, decision, (current, desired))
    }

    /// Returns what becomes of what is desired where nothing stands in its way: each name goes to one
    /// object, and only records of managed types come about.
    pub fn resolve_conflicts(&self, desired: &Desired) -> Vec<RecordStatus> {
        let plan = self.plan(&Memory::default(), &Inventory::default(), desired, &Scope::All);
        let as_desired = |status: &RecordStatus| status.reason.is_well();
        let many = desired.endpoints.iter().filter(|endpoint| {
            endpoint.record_type == RecordType::Cname && endpoint.targets.len() > 1
        });
        let many = many.filter_map(|endpoint| {
            let target = endpoint.targets.iter().nth(1)?.to_owned();
            let why = "a CNAME answers with one name (RFC 1034, 3.6.2)".to_owned();
            let reason = Reason::InvalidTarget { target, place: Place::Object, why };
            let object = endpoint.labels.resource().cloned();
            let (name, record_type) = (endpoint.dns_name.clone(), Some(RecordType::Cname));
            Some(RecordStatus { name, record_type, object, zone: None, reason })
        });
        plan.statuses.into_iter().filter(|status| !as_desired(status)).chain(many).collect()
    }

    /// Tells whether a name is left out by the operator's own filter.
    fn is_left_out(&self, name: &DnsName) -> bool {
        !self.domain_filter.covers(name)
    }

    /// Returns the filters that must all cover a name for it to be ours to manage: the operator's,
    /// then that of the provider, as last told.
    pub fn filters<'a>(&'a self, memory: &'a Memory) -> [&'a DomainFilter; 2] {
        [&self.domain_filter, &memory.served.domain_filter]
    }

    fn finish(
        &self,
        drafts: Vec<Draft<'_>>,
        mut statuses: Vec<RecordStatus>,
        Decision { held, approved, used, broad }: Decision,
        (current, desired): (&Inventory, &Desired),
    ) -> Plan {
        let mut plan = Plan {
            managed: self.managed.difference(&self.excluded).cloned().collect(),
            migrate_from: self.migrate_from.clone(),
            held,
            approved,
            used,
            broad,
            ..Plan::default()
        };
        for draft in drafts {
            let Draft { zone, mut writes, steps, statuses: told, deletions, beside, .. } = draft;
            plan.beside.extend(beside);
            plan.steps.extend(steps);
            statuses.extend(told);
            for Deletion { name, endpoint, step, ownership_record: _, after } in deletions {
                statuses.push(step.status(Reason::Deleted));
                plan.steps.push(step.clone());
                if after.is_empty() {
                    writes.tidy.insert(name);
                    writes.changes.delete.push(endpoint);
                } else {
                    let zone = zone.id().cloned();
                    plan.later.push(Later { zone, name, endpoint, step, after });
                }
            }
            if !self.policy.allows(Verb::Delete) {
                writes.tidy.clear();
            }
            writes.sort();
            if !writes.is_empty() {
                plan.zones.insert(zone.id().cloned(), writes);
            }
        }
        plan.steps.sort();
        let lost = gaps::KeptAnswers::among(&statuses);
        let others = desired.statuses.iter().filter(|status| !lost.tell(status));
        statuses.extend(others.map(|status| told_in_full(status, current)));
        statuses.sort_by(|a, b| {
            let key = |status: &RecordStatus| {
                (
                    status.name.clone(),
                    status.record_type.clone(),
                    status.object.clone(),
                    status.zone.clone(),
                )
            };
            let why = |status: &RecordStatus| status.reason.to_string();
            key(a)
                .cmp(&key(b))
                .then_with(|| a.reason.code().cmp(b.reason.code()))
                .then_with(|| why(a).cmp(&why(b)))
        });
        statuses.dedup();
        Plan { statuses, ..plan }
    }

    /// Tells whether record sets of this type are ours to manage.
    pub(crate) fn manages(&self, record_type: &RecordType) -> bool {
        self.managed.contains(record_type) && !self.excluded.contains(record_type)
    }
}

impl Plan {
    /// Tells whether nothing needs writing, whatever is held back.
    pub fn is_empty(&self) -> bool {
        self.later.is_empty() && self.zones.values().all(ZoneWrites::is_empty)
    }

    /// Iterates over the zones in which something is written.
    pub(crate) fn zones(&self) -> impl Iterator<Item = (Option<&ZoneId>, &ZoneWrites)> {
        self.zones.iter().map(|(zone, writes)| (zone.as_ref(), writes))
    }

    /// Returns the changes of all zones, without ownership records.
    pub(crate) fn changes(&self) -> Changes {
        let mut changes = Changes::default();
        for writes in self.zones.values() {
            let Changes { create, update, delete } = writes.changes.clone();
            changes.create.extend(create);
            changes.update.extend(update);
            changes.delete.extend(delete);
        }
        changes
    }

    /// Returns what is done and what is held, in order of name, type and set identifier.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Returns the `resource` labels of the objects that want what a step writes for another one.
    pub fn beside(&self, step: &Step) -> &[ObjectRef] {
        let zone = step.zone.as_ref().and_then(ZoneInfo::id).cloned();
        let record_type = step.record_type.clone();
        let key = RecordKey::new(&step.name, record_type, &step.set_identifier, zone);
        self.beside.get(&key).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns the deletions that the deletion guard holds back; `None` when there are none.
    pub fn held(&self) -> Option<&Held> {
        self.held.as_ref()
    }

    /// Tells whether `hash` was approved and stands for deletions that would be held.
    pub fn fits_approval(&self, hash: &PlanHash) -> bool {
        self.used.contains(hash)
    }
}

/// Returns a status with everything that is known of its zone.
fn told_in_full(status: &RecordStatus, current: &Inventory) -> RecordStatus {
    let id = status.zone.as_ref().and_then(ZoneInfo::id);
    let known = id.and_then(|id| current.zone(Some(id))?.info()).cloned();
    RecordStatus { zone: known.or_else(|| status.zone.clone()), ..status.clone() }
}

/// Returns what is desired in each zone, by name.
fn wanted<'a>(current: &Inventory, desired: &'a Desired) -> Wanted<'a> {
    let is_zoned = current.is_zoned();
    let mut zones: BTreeMap<_, BTreeMap<CanonicalName, Vec<&Endpoint>>> = BTreeMap::new();
    for endpoint in &desired.endpoints {
        let zone = endpoint.zone.clone().filter(|_| is_zoned);
        let wanted = zones.entry(zone).or_default();
        let name = endpoint.dns_name.canonical();
        if let Some(endpoints) = wanted.get_mut(name) {
            endpoints.push(endpoint);
        } else {
            wanted.insert(name.clone(), vec![endpoint]);
        }
    }
    zones
}

/// What is desired, by zone and name.
type Wanted<'a> = BTreeMap<Option<ZoneId>, BTreeMap<CanonicalName, Vec<&'a Endpoint>>>;

/// A zone, with what is wanted in it and what is not known about it.
struct PlannedZone<'a, 'b> {
    current: &'a ZoneInventory,
    wanted: &'b BTreeMap<CanonicalName, Vec<&'b Endpoint>>,
    gaps: Gaps<'b>,
    nodes: Nodes<'b>,
    below: Below<'b>,
}

/// What is known of all zones together.
struct Everywhere<'a> {
    current: &'a Inventory,
    desired: &'a Desired,
    wanted: &'a Wanted<'a>,
    /// On what is desired in no zone that can be planned.
    nowhere: &'a [RecordStatus],
}

/// What a sync has decided so far for one zone.
#[derive(Debug)]
struct Draft<'a> {
    zone: &'a ZoneInventory,
    writes: ZoneWrites,
    steps: Vec<Step>,
    statuses: Vec<RecordStatus>,
    /// Deletions that the deletion guard has yet to see.
    deletions: Vec<Deletion>,
    /// Ownership records without their record sets.
    left_over: Vec<LeftOver>,
    /// Objects that want what another one is written for.
    beside: BTreeMap<RecordKey, Vec<ObjectRef>>,
    /// Names for which a gap has already been told.
    told: BTreeSet<CanonicalName>,
    /// How many records that do not name their source object stay because of one that may be it.
    blamed: BTreeMap<ObjectRef, usize>,
}

/// A record set that no object wants any more.
#[derive(Debug)]
struct Deletion {
    name: CanonicalName,
    endpoint: Endpoint,
    step: Step,
    /// Name of the ownership record that makes it ours; `None` when there is none.
    ownership_record: Option<DnsName>,
    /// What must have come in other zones before it goes; mostly nothing.
    after: Vec<Awaited>,
}

impl<'a> Draft<'a> {
    /// Returns the record sets that would be made or change hands without an ownership record, because
    /// there is no name to keep one under.
    fn cannot_be_owned(&self, migrate_from: Option<&str>) -> BTreeSet<RecordKey> {
        let Some(scheme) = self.zone.scheme() else { return BTreeSet::new() };
        let ZoneWrites { changes, own_again, .. } = &self.writes;
        let search = OwnershipSearch::new(scheme, self.zone, changes, migrate_from);
        search.cannot_own(changes.create.iter().chain(own_again))
    }

    fn new(zone: &'a ZoneInventory) -> Self {
        Self {
            zone,
            writes: ZoneWrites::default(),
            steps: Vec::new(),
            statuses: Vec::new(),
            deletions: Vec::new(),
            left_over: Vec::new(),
            beside: BTreeMap::new(),
            told: BTreeSet::new(),
            blamed: BTreeMap::new(),
        }
    }
}

/// What every name is planned from.
#[derive(Clone, Copy)]
struct View<'a, 'b> {
    current: &'a ZoneInventory,
    desired: &'b Desired,
    holders: &'b Holders,
    gaps: &'b Gaps<'b>,
    nodes: &'b Nodes<'b>,
    below: &'b Below<'b>,
    /// Record sets for whose ownership record there is no name.
    cannot_be_owned: &'b BTreeSet<RecordKey>,
}
