//! What a zone would lose, namespace by namespace, and of whom that is too much.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::held::whose;
use super::{DeletionGuard, HeldAt};
use crate::desired::Scope;
use crate::plan::{Deletion, Planner};
use crate::registry::{Holding, Inventory, ZoneInventory};
use crate::status::Reason;

/// Of whom the deletions are held, by zone and namespace.
#[derive(Debug, Default)]
pub(super) struct Rulings {
    held: BTreeMap<String, BTreeMap<String, Ruling>>,
    own: BTreeMap<String, OwnNames>,
}

/// Why the deletions of a namespace in a zone are held.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ruling {
    /// Whether the namespace alone is above the limits, and not only what is left of the zone.
    is_alone: bool,
    names: usize,
    of: usize,
}

impl Ruling {
    /// Returns the reason for what is held at `at`.
    pub(super) fn reason(self, at: &HeldAt) -> Reason {
        let Self { is_alone, names, of } = self;
        let namespace = is_alone.then(|| at.namespace.clone());
        Reason::DeletionHeld { zone: at.zone.clone(), namespace, names, of }
    }
}

impl Rulings {
    pub(super) fn of(
        guard: &DeletionGuard,
        planner: &Planner,
        (current, scope): (&Inventory, &Scope),
        deletions: &[&Deletion],
    ) -> Self {
        let places: Vec<HeldAt> =
            deletions.iter().map(|deletion| HeldAt::of(&deletion.step)).collect();
        let mut zones: BTreeMap<&str, ZoneLosses<'_>> = BTreeMap::new();
        for (deletion, at) in deletions.iter().zip(&places) {
            let zone = zones.entry(&at.zone).or_default();
            zone.add(at, std::iter::once(deletion.object()), false);
        }
        let elsewhere = guard.held_elsewhere.iter().filter(|(at, _)| !scope.has(&at.name));
        // What is there again was not lost.
        let gone = guard.recent_deletions.iter().filter(|(at, _)| !is_there(current, at));
        let others = elsewhere.map(|other| (other, false)).chain(gone.map(|gone| (gone, true)));
        for ((at, name), is_gone) in others {
            if let Some(zone) = zones.get_mut(at.zone.as_str()) {
                zone.add(at, name.objects.iter().map(String::as_str), is_gone);
            }
        }
        let mut rulings = Self::default();
        for (zone, losses) in zones {
            if !guard.may_trip(&losses) {
                continue;
            }
            let own = OwnNames::of(planner, current, zone);
            let held = guard.judge(losses, &own);
            if !held.is_empty() {
                rulings.held.insert(zone.to_owned(), held);
                rulings.own.insert(zone.to_owned(), own);
            }
        }
        rulings
    }

    /// Returns why what is at `at` is held; `None` when it is not.
    pub(super) fn on(&self, at: &HeldAt) -> Option<Ruling> {
        self.held.get(&at.zone)?.get(&at.namespace).copied()
    }

    /// Counts the names of a zone, or of one namespace in it, that we own records under.
    pub(super) fn own_names(&self, (zone, namespace): (&str, Option<&str>)) -> usize {
        let Some(own) = self.own.get(zone) else { return 0 };
        match namespace {
            Some(namespace) => own.of_namespace(namespace),
            None => own.besides(&BTreeSet::new()),
        }
    }
}

impl DeletionGuard {
    /// Tells whether a zone could be above the limits, before its names are counted.
    fn may_trip(&self, losses: &ZoneLosses<'_>) -> bool {
        let names: usize = losses.0.values().map(|losses| losses.names.len()).sum();
        let objects: usize = losses.0.values().map(|losses| losses.objects.len()).sum();
        self.max_deletes.is_some_and(|most| names > most)
            || self.max_percent.is_some() && objects >= self.min_objects
    }

    fn trips(&self, (names, of): (usize, usize), objects: usize) -> bool {
        let over_count = self.max_deletes.is_some_and(|most| names > most);
        let limit = self.max_percent.filter(|_| objects >= self.min_objects);
        over_count || limit.is_some_and(|most| names * 100 > usize::from(most) * of)
    }

    /// Returns the namespaces of a zone whose deletions are held.
    fn judge(&self, zone: ZoneLosses<'_>, own: &OwnNames) -> BTreeMap<String, Ruling> {
        let mut left = Left::new(zone);
        let alone = |namespace: &str, losses: &Losses<'_>| {
            let of = own.of_namespace(namespace) + losses.gone;
            let counts = (losses.names.len(), of);
            self.trips(counts, losses.objects.len()).then_some(counts)
        };
        let trips_alone = left
            .losses
            .iter()
            .filter_map(|(namespace, losses)| Some((*namespace, alone(namespace, losses)?)));
        let mut culprits: Vec<_> = trips_alone.collect();
        culprits.sort_by_key(|(namespace, (names, _))| (Reverse(*names), *namespace));
        let mut culprits = culprits.into_iter();
        let mut held = BTreeMap::new();
        loop {
            let (names, of, objects) = left.counts(own);
            if !self.trips((names, of), objects) {
                return held;
            }
            let Some((namespace, of_namespace)) = culprits.next() else {
                let ruling = Ruling { is_alone: false, names, of };
                held.extend(left.losses.keys().map(|namespace| ((*namespace).to_owned(), ruling)));
                return held;
            };
            // Where nobody else has anything it is the zone that loses too much.
            let is_alone = of_namespace != (names, of);
            let (names, of) = of_namespace;
            held.insert(namespace.to_owned(), Ruling { is_alone, names, of });
            left.remove(namespace);
        }
    }
}

/// What one zone would lose, by namespace.
#[derive(Default)]
struct ZoneLosses<'a>(BTreeMap<&'a str, Losses<'a>>);

/// What the objects of one namespace would lose in a zone.
#[derive(Default)]
struct Losses<'a> {
    names: BTreeSet<&'a str>,
    objects: BTreeSet<&'a str>,
    /// How many of the names are gone already.
    gone: usize,
}

impl<'a> ZoneLosses<'a> {
    fn add(&mut self, at: &'a HeldAt, objects: impl Iterator<Item = &'a str>, is_gone: bool) {
        let losses = self.0.entry(&at.namespace).or_default();
        losses.names.insert(&at.name);
        losses.objects.extend(objects);
        losses.gone += usize::from(is_gone);
    }
}

/// What is left of a zone's losses without the namespaces that are held already.
struct Left<'a> {
    losses: BTreeMap<&'a str, Losses<'a>>,
    /// In how many namespaces each name is lost.
    names: BTreeMap<&'a str, usize>,
    objects: usize,
    gone: usize,
    removed: BTreeSet<&'a str>,
}

impl<'a> Left<'a> {
    fn new(ZoneLosses(losses): ZoneLosses<'a>) -> Self {
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        for name in losses.values().flat_map(|losses| &losses.names) {
            *names.entry(name).or_default() += 1;
        }
        let objects = losses.values().map(|losses| losses.objects.len()).sum();
        let gone = losses.values().map(|losses| losses.gone).sum();
        Self { losses, names, objects, gone, removed: BTreeSet::new() }
    }

    /// Returns how many names are lost, of how many, and how many objects are behind that.
    fn counts(&self, own: &OwnNames) -> (usize, usize, usize) {
        (self.names.len(), own.besides(&self.removed) + self.gone, self.objects)
    }

    fn remove(&mut self, namespace: &str) {
        let Some((namespace, losses)) = self.losses.remove_entry(namespace) else { return };
        self.removed.insert(namespace);
        self.objects -= losses.objects.len();
        self.gone -= losses.gone;
        for name in losses.names {
            let left = self.names.get(name).copied().unwrap_or_default();
            if left > 1 {
                self.names.insert(name, left - 1);
            } else {
                self.names.remove(name);
            }
        }
    }
}

/// How many names of a zone we own records under, by the namespaces that they are of: mostly one.
#[derive(Debug, Default)]
struct OwnNames(BTreeMap<BTreeSet<String>, usize>);

impl OwnNames {
    fn of(planner: &Planner, current: &Inventory, zone: &str) -> Self {
        let is_ours = |held: &Holding<'_>| {
            planner.manages(&held.endpoint.record_type)
                && (planner.owner.is_none() || held.owner() == planner.owner.as_deref())
        };
        let mut own = Self::default();
        for current in current.zones() {
            let is_whole = current.info().map(ToString::to_string).map(|info| info == zone);
            let is_in = |name: &&str| {
                is_whole.unwrap_or_else(|| current.zone_of(name).unwrap_or_default() == zone)
            };
            for name in current.names().filter(is_in) {
                let holdings = current.at(name);
                let ours = holdings.iter().filter(|held| is_ours(held));
                let whose: BTreeSet<_> =
                    ours.map(|held| whose(held.resource()).to_owned()).collect();
                if !whose.is_empty() {
                    *own.0.entry(whose).or_default() += 1;
                }
            }
        }
        own
    }

    fn of_namespace(&self, namespace: &str) -> usize {
        let has_it = |(whose, _): &(&BTreeSet<String>, &usize)| whose.contains(namespace);
        self.0.iter().filter(has_it).map(|(_, names)| names).sum()
    }

    fn besides(&self, removed: &BTreeSet<&str>) -> usize {
        let is_left = |(whose, _): &(&BTreeSet<String>, &usize)| {
            whose.iter().any(|namespace| !removed.contains(namespace.as_str()))
        };
        self.0.iter().filter(is_left).map(|(_, names)| names).sum()
    }
}

/// Tells whether the name has record sets in its zone.
fn is_there(current: &Inventory, at: &HeldAt) -> bool {
    current.zones().any(|zone: &ZoneInventory| {
        let told = zone.told_zone(&at.name).map(|zone| zone.to_string()).unwrap_or_default();
        told == at.zone && !zone.at(&at.name).is_empty()
    })
}
