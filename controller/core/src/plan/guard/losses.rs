//! What a zone would lose, namespace by namespace, and of whom that is too much.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use external_dns_webhook::CanonicalName;

use super::held::whose;
use super::{DeletionGuard, DeletionSource, HeldAt};
use crate::desired::Scope;
use crate::inventory::{CurrentRecord, Inventory, ZoneInventory};
use crate::plan::memory::Deletions;
use crate::plan::{Deletion, Planner};
use crate::status::Reason;
use crate::zone::ZoneInfo;

/// Of whom the deletions are held, by zone and namespace.
#[derive(Debug, Default)]
pub(super) struct Rulings {
    held: BTreeMap<Option<ZoneInfo>, BTreeMap<String, Ruling>>,
    /// Zones that lose too much although nobody alone does.
    broad: BTreeSet<Option<ZoneInfo>>,
    own: BTreeMap<Option<ZoneInfo>, OwnNames>,
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
        (guard, planner, known): (&DeletionGuard, &Planner, &Deletions),
        (current, scope): (&Inventory, &Scope),
        deletions: &[&Deletion],
    ) -> Self {
        let places: Vec<HeldAt> =
            deletions.iter().map(|deletion| HeldAt::of(&deletion.step)).collect();
        let sources: Vec<DeletionSource> =
            deletions.iter().map(|deletion| DeletionSource::of(&deletion.step)).collect();
        let mut zones: BTreeMap<&Option<ZoneInfo>, ZoneLosses<'_>> = BTreeMap::new();
        for (source, at) in sources.iter().zip(&places) {
            let zone = zones.entry(&at.zone).or_default();
            zone.add(at, std::iter::once(source), false);
        }
        let elsewhere = known.held.iter().filter(|(at, _)| !scope.has(&at.name));
        // What is there again was not lost.
        let gone = known.recent.iter().filter(|(at, _)| !is_there(current, at));
        let others = elsewhere.map(|other| (other, false)).chain(gone.map(|gone| (gone, true)));
        for ((at, name), is_gone) in others {
            if let Some(zone) = zones.get_mut(&at.zone) {
                zone.add(at, &name.sources, is_gone);
            }
        }
        for (at, name) in known.recent.of_broad_losses() {
            if let Some(zone) = zones.get_mut(&at.zone) {
                zone.mark_broad(at, &name.sources);
            }
        }
        let mut rulings = Self::default();
        for (zone, losses) in zones {
            if !guard.may_trip(&losses) {
                continue;
            }
            let own = OwnNames::of(planner, current, zone.as_ref());
            let (held, is_broad) = guard.rule(&losses, &own);
            if is_broad {
                rulings.broad.insert(zone.clone());
            }
            if !held.is_empty() {
                rulings.held.insert(zone.clone(), held);
                rulings.own.insert(zone.clone(), own);
            }
        }
        rulings
    }

    /// Returns why what is at `at` is held; `None` when it is not.
    pub(super) fn on(&self, at: &HeldAt) -> Option<Ruling> {
        self.held.get(&at.zone)?.get(&at.namespace).copied()
    }

    /// Returns the zones that lose too much although nobody alone does.
    pub(super) fn broad(self) -> BTreeSet<Option<ZoneInfo>> {
        self.broad
    }

    /// Counts the names of a zone, or of one namespace in it, that we own records under.
    pub(super) fn own_names(&self, (zone, namespace): (Option<&ZoneInfo>, Option<&str>)) -> usize {
        let Some(own) = self.own.get(&zone.cloned()) else { return 0 };
        match namespace {
            Some(namespace) => own.of_namespace(namespace),
            None => own.besides(&BTreeSet::new()),
        }
    }
}

impl DeletionGuard {
    /// Tells whether a zone could be above the limits, before its names are counted.
    fn may_trip(&self, losses: &ZoneLosses<'_>) -> bool {
        let names: usize = losses.0.values().map(Losses::names).sum();
        let objects: usize =
            losses.0.values().map(|losses| Counted::WithGone.objects(losses)).sum();
        self.max_deletes.is_some_and(|most| names > most)
            || self.max_percent.is_some() && objects >= self.min_objects
    }

    fn trips(&self, (names, of): (usize, usize), objects: usize) -> bool {
        let over_count = self.max_deletes.is_some_and(|most| names > most);
        let limit = self.max_percent.filter(|_| objects >= self.min_objects);
        over_count || limit.is_some_and(|most| names * 100 > usize::from(most) * of)
    }

    /// Returns the namespaces of a zone whose deletions are held, and whether what is left without
    /// those who lose too much alone is still too much.
    fn rule(&self, zone: &ZoneLosses<'_>, own: &OwnNames) -> (BTreeMap<String, Ruling>, bool) {
        let mut left = Left::new(zone, Counted::WithGone);
        let mut pending = Left::new(zone, Counted::Pending);
        let of_namespace = own.by_namespace();
        let alone = |namespace: &str, losses: &Losses<'_>| {
            let of = of_namespace.get(namespace).copied().unwrap_or_default() + losses.gone.len();
            let counts = (losses.names(), of);
            self.trips(counts, losses.all_objects().count()).then_some(counts)
        };
        let trips_alone = zone
            .0
            .iter()
            .filter_map(|(namespace, losses)| Some((*namespace, alone(namespace, losses)?)));
        let mut blamed: Vec<_> = trips_alone.collect();
        blamed.sort_by_key(|(namespace, (names, _))| (Reverse(*names), *namespace));
        let mut blamed = blamed.into_iter();
        let mut held = BTreeMap::new();
        loop {
            let (names, of, objects) = left.counts(own);
            if !self.trips((names, of), objects) {
                return (held, false);
            }
            let whole = Ruling { is_alone: false, names, of };
            let next = if self.would_empty(&pending, own) { None } else { blamed.next() };
            let Some((namespace, of_namespace)) = next else {
                let together = self.rule_together(pending, own);
                let is_broad = !together.is_empty();
                held.extend(together.into_iter().map(|namespace| (namespace.to_owned(), whole)));
                return (held, is_broad);
            };
            // Where nobody else has anything it is the zone that loses too much.
            let is_alone = of_namespace != (names, of);
            let (names, of) = of_namespace;
            held.insert(namespace.to_owned(), Ruling { is_alone, names, of });
            left.remove(namespace);
            pending.remove(namespace);
        }
    }

    /// Tells whether everything would go that is ours in what is left of a zone, and is more than may:
    /// of so many namespaces that no two of them are behind it.
    fn would_empty(&self, pending: &Left<'_, '_>, own: &OwnNames) -> bool {
        let (names, of, objects) = pending.counts(own);
        names >= of
            && self.trips((names, of), objects)
            && pending.namespaces().count() >= self.min_objects
    }

    /// Returns of whom the deletions are held in what is left of a zone without those who lose too much
    /// alone.
    ///
    /// Where as many namespaces as a zone may lose of its names lose half of theirs or more, each of
    /// these is: that is no tenant. Otherwise, and of the rest, those that would lose most, until what
    /// is left is within the limits. What others have deleted is not counted against them, but for what
    /// went beside deletions that were held like this: it is a part of what they are the rest of.
    fn rule_together<'a>(&self, mut left: Left<'a, '_>, own: &OwnNames) -> BTreeSet<&'a str> {
        let (zone, removed) = (left.zone, left.removed.clone());
        let of_namespace = own.by_namespace();
        let mut namespaces: BTreeSet<&str> = of_namespace.keys().copied().collect();
        namespaces.extend(zone.0.keys());
        namespaces.retain(|namespace| !removed.contains(namespace));
        let rest = zone.0.iter().filter(|(namespace, _)| !removed.contains(**namespace));
        if self.would_empty(&left, own) {
            return rest.map(|(namespace, _)| *namespace).collect();
        }
        let is_hit = |(namespace, losses): &(&&str, &Losses<'_>)| {
            let left = of_namespace.get(**namespace).copied().unwrap_or_default();
            2 * losses.names() >= left + losses.gone.len()
        };
        let hit: BTreeSet<&str> =
            rest.clone().filter(is_hit).map(|(namespace, _)| *namespace).collect();
        let mut held = BTreeSet::new();
        if self.trips((hit.len(), namespaces.len()), hit.len()) {
            held = hit;
        }
        for namespace in &held {
            left.remove(namespace);
        }
        let mut by_size: BTreeMap<Reverse<usize>, Vec<&str>> = BTreeMap::new();
        for (namespace, losses) in rest.filter(|(namespace, _)| !held.contains(**namespace)) {
            by_size.entry(Reverse(losses.pending.len())).or_default().push(namespace);
        }
        // Those that would lose as much as one another go together: none of them stands out.
        for largest in by_size.into_values() {
            let (names, of, objects) = left.counts(own);
            if !self.trips((names, of), objects) {
                break;
            }
            for namespace in largest {
                held.insert(namespace);
                left.remove(namespace);
            }
        }
        held
    }
}

/// What one zone would lose, by namespace.
#[derive(Default)]
struct ZoneLosses<'a>(BTreeMap<&'a str, Losses<'a>>);

/// What the objects of one namespace would lose in a zone, and have lost: each a name with the objects
/// behind it.
#[derive(Default)]
struct Losses<'a> {
    /// Names that would lose records.
    pending: BTreeSet<&'a str>,
    /// The objects behind those.
    objects: BTreeSet<&'a DeletionSource>,
    /// Names that are gone already.
    gone: BTreeSet<&'a str>,
    /// The objects that were behind those.
    gone_objects: BTreeSet<&'a DeletionSource>,
    /// Those of `gone` that went beside others that were held because nobody alone lost too much.
    broad: BTreeSet<&'a str>,
    /// The objects that were behind those.
    broad_objects: BTreeSet<&'a DeletionSource>,
}

/// Which losses are counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counted {
    /// What would be lost, and what went beside it when it was held.
    Pending,
    /// And what is gone already.
    WithGone,
}

impl<'a> ZoneLosses<'a> {
    fn add(
        &mut self,
        at: &'a HeldAt,
        objects: impl IntoIterator<Item = &'a DeletionSource>,
        is_gone: bool,
    ) {
        let losses = self.0.entry(&at.namespace).or_default();
        if is_gone {
            losses.gone.insert(&at.name);
            losses.gone_objects.extend(objects);
        } else {
            losses.pending.insert(&at.name);
            losses.objects.extend(objects);
        }
    }

    /// Notes that what is gone at `at` went beside others that were held.
    fn mark_broad(&mut self, at: &HeldAt, objects: &'a BTreeSet<DeletionSource>) {
        if let Some(losses) = self.0.get_mut(at.namespace.as_str())
            && let Some(name) = losses.gone.get(at.name.as_str())
        {
            losses.broad.insert(name);
            losses.broad_objects.extend(objects);
        }
    }
}

impl<'a> Losses<'a> {
    /// Counts the names that would be lost or are gone; what is gone is not there to be lost.
    fn names(&self) -> usize {
        self.pending.len() + self.gone.len()
    }

    fn all_objects(&self) -> impl Iterator<Item = &&'a DeletionSource> {
        self.objects.union(&self.gone_objects)
    }
}

/// What is left of a zone's losses without the namespaces that are held already.
struct Left<'a, 'b> {
    zone: &'b ZoneLosses<'a>,
    counted: Counted,
    /// In how many namespaces each name is lost.
    names: BTreeMap<&'a str, usize>,
    objects: usize,
    gone: usize,
    removed: BTreeSet<&'a str>,
}

impl<'a, 'b> Left<'a, 'b> {
    fn new(zone: &'b ZoneLosses<'a>, counted: Counted) -> Self {
        let (mut objects, mut gone) = (0, 0);
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        for losses in zone.0.values() {
            for name in counted.names(losses) {
                *names.entry(name).or_default() += 1;
            }
            objects += counted.objects(losses);
            gone += counted.gone(losses);
        }
        Self { zone, counted, names, objects, gone, removed: BTreeSet::new() }
    }

    /// Returns how many names are lost, of how many, and how many objects are behind that.
    fn counts(&self, own: &OwnNames) -> (usize, usize, usize) {
        (self.names.len(), own.besides(&self.removed) + self.gone, self.objects)
    }

    /// Iterates over the namespaces that would lose something.
    fn namespaces(&self) -> impl Iterator<Item = &&'a str> {
        let loses = |(namespace, losses): &(&&str, &Losses<'_>)| {
            !losses.pending.is_empty() && !self.removed.contains(**namespace)
        };
        self.zone.0.iter().filter(loses).map(|(namespace, _)| namespace)
    }

    fn remove(&mut self, namespace: &str) {
        let Some((namespace, losses)) = self.zone.0.get_key_value(namespace) else { return };
        if !self.removed.insert(namespace) {
            return;
        }
        // What went in a broad loss is a part of it, whosever it was.
        let (stays, objects_stay) = match self.counted {
            Counted::Pending => (Some(&losses.broad), losses.broad_objects.len()),
            Counted::WithGone => (None, 0),
        };
        self.objects -= self.counted.objects(losses) - objects_stay;
        self.gone -= self.counted.gone(losses) - stays.map_or(0, BTreeSet::len);
        let goes = |name: &&str| !stays.is_some_and(|stays| stays.contains(*name));
        for name in self.counted.names(losses).filter(goes) {
            let left = self.names.get(name).copied().unwrap_or_default();
            if left > 1 {
                self.names.insert(name, left - 1);
            } else {
                self.names.remove(name);
            }
        }
    }
}

impl Counted {
    fn names<'a, 'b>(self, losses: &'b Losses<'a>) -> impl Iterator<Item = &'a str> + use<'a, 'b> {
        let gone = match self {
            Self::Pending => &losses.broad,
            Self::WithGone => &losses.gone,
        };
        losses.pending.iter().chain(gone).copied()
    }

    fn objects(self, losses: &Losses<'_>) -> usize {
        match self {
            Self::Pending => losses.objects.union(&losses.broad_objects).count(),
            Self::WithGone => losses.all_objects().count(),
        }
    }

    fn gone(self, losses: &Losses<'_>) -> usize {
        match self {
            Self::Pending => losses.broad.len(),
            Self::WithGone => losses.gone.len(),
        }
    }
}

/// How many names of a zone we own records under, by the namespaces that they are of: mostly one.
#[derive(Debug, Default)]
struct OwnNames(BTreeMap<BTreeSet<String>, usize>);

impl OwnNames {
    fn of(planner: &Planner, current: &Inventory, zone: Option<&ZoneInfo>) -> Self {
        let is_ours = |record: &CurrentRecord<'_>| {
            planner.manages(&record.endpoint.record_type)
                && (planner.owner.is_none() || record.owner() == planner.owner.as_deref())
        };
        let mut own = Self::default();
        for current in current.zones() {
            let is_whole = current.info().map(|info| Some(info) == zone);
            let named = zone.map(|zone| zone.name().as_str());
            let is_in =
                |name: &&CanonicalName| is_whole.unwrap_or_else(|| current.zone_of(name) == named);
            for name in current.names().filter(is_in) {
                let records = current.at(name);
                let ours = records.iter().filter(|record| is_ours(record));
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

    /// Counts the names of each namespace.
    fn by_namespace(&self) -> BTreeMap<&str, usize> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for (whose, names) in &self.0 {
            for namespace in whose {
                *counts.entry(namespace).or_default() += names;
            }
        }
        counts
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
        zone.told_zone(&at.name) == at.zone && !zone.at(&at.name).is_empty()
    })
}
