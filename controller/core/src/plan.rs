//! Decides what to write so that a provider ends up holding what is desired.
//!
//! The same input gives the same plan, whatever order it arrives in. A [`Plan`] is at once what
//! runs, what people read before it runs, and what tests pin.

mod again;
mod brake;
mod conflict;
mod diff;
mod display;
mod lately;
mod policy;
mod refused;
pub(crate) mod routing;
mod row;
mod step;

use std::collections::{BTreeMap, BTreeSet};

use webhook_api::{Changes, DnsName, DomainFilter, Endpoint, EndpointKey, RecordType};

pub use self::brake::{Brake, Held, HeldName, HeldZone, PlanHash};
pub use self::lately::Lately;
pub use self::policy::{Policy, UnknownPolicy};
pub use self::step::{Action, Step, Values};
use crate::desired::{Desired, Gap, Scope, Unknown};
use crate::registry::{self, Inventory};
use crate::verdict::{Reason, Verb, Verdict};

/// Turns what a provider holds and what is desired into a [`Plan`].
#[derive(Clone, Debug)]
pub struct Planner {
    /// Which kinds of change may be made at all.
    pub policy: Policy,
    /// Record types we manage; others are never touched.
    pub managed: BTreeSet<RecordType>,
    /// Record types we leave alone although they are in `managed`.
    pub excluded: BTreeSet<RecordType>,
    /// Filters that must all cover a name for it to be ours to manage; the first is the operator's.
    pub filters: Vec<DomainFilter>,
    /// Who we are, as claims spell it; `None` when records are not claimed at all.
    pub owner: Option<String>,
    /// Owner whose records we take over, name by name as they are desired here.
    pub migrate_from: Option<String>,
    /// Normalised names whose record sets we take over although nobody claims them, or their claim
    /// could be about another name, if they are desired here.
    pub adopt: BTreeSet<String>,
    /// Whether records that nobody claims may be changed; only matters without an `owner`.
    pub allow_unowned: bool,
    /// Whether claims in an old form are rewritten in the current one although nothing else
    /// changes.
    pub normalise_claims: bool,
    /// Prefixes of the properties that the provider understands; empty when it does not say.
    pub property_prefixes: Vec<String>,
    /// How much may be deleted at once.
    pub brake: Brake,
}

/// Changes worth making, and why others are not made.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub(crate) changes: Changes,
    /// Record sets, as they will be, whose claim must say something else than it does.
    pub(crate) reclaim: Vec<Endpoint>,
    /// Names whose left-over claims go along with the changes.
    pub(crate) tidy: BTreeSet<String>,
    /// Types whose left-over claims may go.
    pub(crate) managed: BTreeSet<RecordType>,
    /// Owner whose claims count as ours where we write.
    pub(crate) migrate_from: Option<String>,
    steps: Vec<Step>,
    held: Option<Held>,
    /// What became of every name that was asked for or would have been removed.
    pub verdicts: Vec<Verdict>,
}

impl Default for Planner {
    fn default() -> Self {
        Self {
            policy: Policy::default(),
            managed: [RecordType::A, RecordType::Aaaa, RecordType::Cname].into(),
            excluded: BTreeSet::new(),
            filters: Vec::new(),
            owner: None,
            migrate_from: None,
            adopt: BTreeSet::new(),
            allow_unowned: false,
            normalise_claims: false,
            property_prefixes: Vec::new(),
            brake: Brake::default(),
        }
    }
}

impl Planner {
    /// Plans the writes that move `current` to `desired`, for the names in `scope`.
    ///
    /// `desired` is what came back from the provider's adjustment. With [`Scope::Names`] it need
    /// only be complete for those names, and every other name is left alone.
    pub fn plan(&self, current: &Inventory, desired: &Desired, scope: &Scope) -> Plan {
        let mut unclaimable = BTreeSet::new();
        loop {
            let plan = self.attempt(current, desired, scope, &unclaimable);
            // Where a claim can be kept depends on everything that is planned, so it is known last.
            // What has none is planned again as a name that must wait, with all that depends on it.
            let found = registry::unclaimable(current, &plan);
            if found.is_subset(&unclaimable) {
                return plan;
            }
            unclaimable.extend(found);
        }
    }

    fn attempt(
        &self,
        current: &Inventory,
        desired: &Desired,
        scope: &Scope,
        unclaimable: &BTreeSet<EndpointKey>,
    ) -> Plan {
        let mut wanted: BTreeMap<String, Vec<&Endpoint>> = BTreeMap::new();
        for endpoint in &desired.endpoints {
            let name = endpoint.dns_name.normalized();
            if let Some(endpoints) = wanted.get_mut(name.as_ref()) {
                endpoints.push(endpoint);
            } else {
                wanted.insert(name.into_owned(), vec![endpoint]);
            }
        }
        let gaps = Gaps::new(desired);
        let view = View { current, desired, gaps: &gaps, unclaimable };
        let mut draft = Draft::default();
        {
            let mut plan_name = |name: &str, candidates: &[&Endpoint]| {
                row::plan(self, view, name, candidates, &mut draft);
            };
            match scope {
                Scope::All => {
                    for (name, candidates) in &wanted {
                        plan_name(name, candidates);
                    }
                    for name in current.names().filter(|it| !wanted.contains_key(*it)) {
                        plan_name(name, &[]);
                    }
                }
                Scope::Names(names) => {
                    for name in names {
                        plan_name(name, wanted.get(name).map_or(&[], Vec::as_slice));
                    }
                }
            }
        }
        gaps.tell_the_rest((desired, scope), &mut draft);
        let held = self.brake.hold(self, (current, scope), &mut draft);
        self.finish(draft, held, desired)
    }

    fn finish(&self, draft: Draft, held: Option<Held>, desired: &Desired) -> Plan {
        let Draft {
            mut changes,
            mut reclaim,
            mut tidy,
            mut steps,
            mut verdicts,
            deletions,
            told: _,
        } = draft;
        for Deletion { name, endpoint, step } in deletions {
            tidy.insert(name);
            changes.delete.push(endpoint);
            verdicts.push(Verdict {
                name: step.name.clone(),
                record_type: Some(step.record_type.clone()),
                object: step.object.clone(),
                reason: Reason::Published { verb: Verb::Delete },
            });
            steps.push(step);
        }
        if !self.policy.allows(Verb::Delete) {
            tidy.clear();
        }
        changes.create.sort_by_cached_key(Endpoint::key);
        changes.delete.sort_by_cached_key(|it| (it.key(), it.targets.clone()));
        changes.update.sort_by_cached_key(|it| (it.new.key(), it.old.targets.clone()));
        reclaim.sort_by_cached_key(Endpoint::key);
        steps.sort();
        verdicts.extend(again::verdicts(&desired.repeated, &verdicts));
        verdicts.extend(desired.verdicts.iter().cloned());
        verdicts.sort_by(|a, b| {
            let key = |it: &Verdict| (it.name.clone(), it.record_type.clone(), it.object.clone());
            key(a).cmp(&key(b)).then_with(|| a.reason.code().cmp(b.reason.code()))
        });
        verdicts.dedup();
        let managed = self.managed.difference(&self.excluded).cloned().collect();
        let migrate_from = self.migrate_from.clone();
        Plan { changes, reclaim, tidy, managed, migrate_from, steps, held, verdicts }
    }

    /// Tells whether record sets of this type are ours to manage.
    pub(crate) fn manages(&self, record_type: &RecordType) -> bool {
        self.managed.contains(record_type) && !self.excluded.contains(record_type)
    }
}

impl Plan {
    /// Tells whether nothing needs writing, whatever is held back.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.reclaim.is_empty()
    }

    /// Returns what is done and what is held, in order of name, type and set identifier.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Returns the deletions that the brake holds back; `None` when there are none.
    pub fn held(&self) -> Option<&Held> {
        self.held.as_ref()
    }

    /// Returns the digest of everything the plan does and holds.
    pub fn hash(&self) -> PlanHash {
        PlanHash::of(self.steps.iter())
    }
}

/// What a pass has decided so far.
#[derive(Debug, Default)]
struct Draft {
    changes: Changes,
    reclaim: Vec<Endpoint>,
    tidy: BTreeSet<String>,
    steps: Vec<Step>,
    verdicts: Vec<Verdict>,
    /// Deletions that the brake has yet to see.
    deletions: Vec<Deletion>,
    /// Names for which a gap has already been told.
    told: BTreeSet<String>,
}

/// A record set that nobody asks for any more.
#[derive(Debug)]
struct Deletion {
    name: String,
    endpoint: Endpoint,
    step: Step,
}

/// What every name is planned from.
#[derive(Clone, Copy)]
struct View<'a> {
    current: &'a Inventory,
    desired: &'a Desired,
    gaps: &'a Gaps<'a>,
    /// Record sets for whose claim there is no name.
    unclaimable: &'a BTreeSet<EndpointKey>,
}

/// What could not be learned, by what it covers.
struct Gaps<'a> {
    names: BTreeMap<String, &'a Reason>,
    /// Single record sets, by name.
    record_sets: BTreeMap<String, Vec<&'a Gap>>,
    /// By `resource` label in lower case.
    resources: BTreeMap<String, &'a Reason>,
    /// By the first part of the label, in lower case.
    kinds: BTreeMap<String, &'a Reason>,
    all: Option<&'a Reason>,
    stand_ins: &'a BTreeSet<String>,
}

impl<'a> Gaps<'a> {
    fn new(desired: &'a Desired) -> Self {
        let mut gaps = Self {
            names: BTreeMap::new(),
            record_sets: BTreeMap::new(),
            resources: BTreeMap::new(),
            kinds: BTreeMap::new(),
            all: None,
            stand_ins: &desired.stand_ins,
        };
        for gap in &desired.unknown {
            let reason = &gap.reason;
            match &gap.what {
                Unknown::Name(name) => {
                    gaps.names.entry(name.normalized().into_owned()).or_insert(reason);
                }
                Unknown::RecordSet { name, .. } => {
                    let name = name.normalized().into_owned();
                    gaps.record_sets.entry(name).or_default().push(gap);
                }
                Unknown::Resource(resource) => {
                    gaps.resources.entry(resource.to_ascii_lowercase()).or_insert(reason);
                }
                Unknown::Kind(kind) => {
                    gaps.kinds.entry(kind.to_ascii_lowercase()).or_insert(reason);
                }
                Unknown::All => gaps.all = gaps.all.or(Some(reason)),
            }
        }
        gaps
    }

    /// Returns why what is held under a name must not be changed for another object's sake; see
    /// [`Unknown::covers`].
    fn cover(
        &self,
        name: &str,
        record_type: &RecordType,
        resource: Option<&str>,
    ) -> Option<&'a Reason> {
        let of_resource = |it: &str| {
            let it = it.to_ascii_lowercase();
            self.resources.get(&it).copied().or_else(|| {
                let kind = it.split_once('/').map_or(it.as_str(), |(kind, _)| kind);
                self.kinds.get(kind).copied()
            })
        };
        let of_record_set = || {
            let name = DnsName::from(name);
            let mut gaps = self.record_sets.get(name.as_str()).into_iter().flatten();
            gaps.find(|gap| gap.what.covers(&name, record_type, resource)).map(|gap| &gap.reason)
        };
        let of_name = self.names.get(name).copied().or_else(of_record_set);
        of_name.or_else(|| resource.and_then(of_resource)).or(self.all)
    }

    /// Returns why an answer that is held under a name must not be replaced by what stands in for it.
    fn stand_in(&self, name: &str) -> Option<&'a Reason> {
        self.names.get(name).copied().filter(|_| self.stand_ins.contains(name))
    }

    /// Returns why what is held under a name must not be deleted.
    ///
    /// A record set that does not say who asked for it may be anyone's of whom nothing is known.
    fn cover_deletion(
        &self,
        name: &str,
        record_type: &RecordType,
        resource: Option<&str>,
    ) -> Option<&'a Reason> {
        let anyone = || {
            let gaps = self.kinds.values().chain(self.resources.values()).copied();
            if resource.is_none() { gaps.into_iter().next() } else { None }
        };
        self.cover(name, record_type, resource).or_else(anyone)
    }

    /// Gives a verdict to the unknown names about which nothing was said yet.
    ///
    /// Whoever found that a name is not known has mostly said so with the object that asks.
    fn tell_the_rest(&self, (desired, scope): (&Desired, &Scope), draft: &mut Draft) {
        let mut said: BTreeMap<String, Vec<&Reason>> = BTreeMap::new();
        for verdict in &desired.verdicts {
            let name = verdict.name.normalized().into_owned();
            said.entry(name).or_default().push(&verdict.reason);
        }
        let record_sets = self
            .record_sets
            .iter()
            .flat_map(|(name, gaps)| gaps.iter().map(move |gap| (name, &gap.reason)));
        let names = self.names.iter().map(|(name, reason)| (name, *reason));
        for (name, reason) in names.chain(record_sets) {
            let in_scope = match scope {
                Scope::All => true,
                Scope::Names(names) => names.contains(name),
            };
            // What something stands in for is not missing.
            if in_scope && !draft.told.contains(name) && !self.stand_ins.contains(name) {
                let name = DnsName::from(name.as_str());
                // Nothing is published, so nothing was lost.
                let reason = match reason {
                    Reason::TargetsLost { cause, .. } => (**cause).clone(),
                    reason => reason.clone(),
                };
                if said.get(name.normalized().as_ref()).is_some_and(|it| it.contains(&&reason)) {
                    continue;
                }
                draft.verdicts.push(Verdict { name, record_type: None, object: None, reason });
            }
        }
    }
}
