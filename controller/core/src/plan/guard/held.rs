//! What is held, by whom it is, and what approves which part of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use external_dns_webhook::{CanonicalName, ObjectRef};
use serde::{Serialize, Serializer};

use super::{HashOf, PlanHash};
use crate::plan::step::Step;
use crate::zone::{self, ZoneInfo};

/// Deletions that the deletion guard holds back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Held {
    /// What approves exactly these deletions, all of them.
    pub hash: PlanHash,
    /// The zones that tripped; `None` when zones are not known. Texts as JSON.
    #[serde(serialize_with = "by_text")]
    pub zones: BTreeMap<Option<ZoneInfo>, HeldZone>,
    /// What each namespace would lose in each zone, in that order.
    pub groups: Vec<HeldGroup>,
    /// What keeps its records; a list of names as JSON.
    #[serde(serialize_with = "keys")]
    pub names: BTreeMap<HeldAt, HeldName>,
}

/// A name in a zone, of the objects of one namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeldAt {
    /// The name.
    pub name: CanonicalName,
    /// The zone; `None` when zones are not known.
    pub zone: Option<ZoneInfo>,
    /// The namespace of the source object; empty for an object without one, and for a record
    /// that does not say.
    pub namespace: String,
}

/// A name that keeps its records because too many would lose theirs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeldName {
    /// The sources of its records.
    pub sources: BTreeSet<DeletionSource>,
    /// Record sets that would go.
    pub records: usize,
}

/// What a record that would go stems from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeletionSource {
    /// Its source object.
    Object(ObjectRef),
    /// Its name, for a record that does not say: each counts as an object.
    Name(CanonicalName),
}

impl DeletionSource {
    /// Returns what the record of a step stems from.
    pub(in crate::plan) fn of(step: &Step) -> Self {
        let name = || Self::Name(step.name.canonical().clone());
        step.object.clone().map_or_else(name, Self::Object)
    }
}

impl fmt::Display for DeletionSource {
    /// `kind/namespace/name`, or the name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(object) => f.pad(&object.shown()),
            Self::Name(name) => f.pad(name),
        }
    }
}

/// Deletions held in one zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct HeldZone {
    /// Names that would lose records.
    pub names: usize,
    /// Names we own records under.
    pub of: usize,
    /// Record sets that would go.
    pub records: usize,
}

/// Deletions held in one zone for the objects of one namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeldGroup {
    /// The zone; `None` when zones are not known. A text as JSON.
    #[serde(serialize_with = "zone::as_text")]
    pub zone: Option<ZoneInfo>,
    /// The namespace; empty for objects without one, and for records that do not say.
    pub namespace: String,
    /// What approves exactly these. It depends on nothing that other namespaces do.
    pub hash: PlanHash,
    /// How many they are; `of` counts the names of the namespace.
    #[serde(flatten)]
    pub counts: HeldZone,
    /// The same by object, each with what approves its deletions only.
    pub objects: Vec<HeldObject>,
}

/// Deletions held of what one object wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeldObject {
    /// What they stem from; a text as JSON.
    #[serde(rename = "object", serialize_with = "as_text")]
    pub source: DeletionSource,
    /// What approves exactly these.
    pub hash: PlanHash,
    /// Names that would lose records.
    pub names: usize,
}

impl HeldAt {
    /// Returns where a step is, and whose.
    pub(in crate::plan) fn of(step: &Step) -> Self {
        Self {
            name: step.name.canonical().clone(),
            zone: step.zone.clone(),
            namespace: whose(step.object.as_ref()).to_owned(),
        }
    }
}

/// Returns the namespace that a record set counts for, by the `resource` label that it has.
pub(super) fn whose(object: Option<&ObjectRef>) -> &str {
    object.and_then(ObjectRef::namespace).unwrap_or_default()
}

/// Steps of one namespace in one zone, by object.
type Group<'a> = BTreeMap<DeletionSource, Vec<&'a Step>>;

/// Returns the steps by zone and namespace.
fn groups<'a>(steps: &[&'a Step]) -> BTreeMap<(Option<ZoneInfo>, String), Group<'a>> {
    let mut groups: BTreeMap<_, Group<'_>> = BTreeMap::new();
    for step in steps {
        let HeldAt { name: _, zone, namespace } = HeldAt::of(step);
        let group = groups.entry((zone, namespace)).or_default();
        group.entry(DeletionSource::of(step)).or_default().push(step);
    }
    groups
}

/// Returns what identifies steps that are held.
///
/// What is one object's alone is that object's, and what is one namespace's that namespace's, whatever
/// it is shown as: who looked at one deletion approves it also when others have joined it since.
fn hash_of(steps: &[&Step]) -> PlanHash {
    let groups = groups(steps);
    let mut all = groups.iter();
    let steps = steps.iter().copied();
    let (Some(((zone, namespace), group)), None) = (all.next(), all.next()) else {
        return PlanHash::of(HashOf::Held, steps);
    };
    let zone = &zone::text(zone.as_ref());
    let mut sources = group.keys();
    match (sources.next(), sources.next()) {
        (Some(source), None) => {
            let object = &source.to_string();
            PlanHash::of(HashOf::Object { zone, namespace, object }, steps)
        }
        _ => PlanHash::of(HashOf::Group { zone, namespace }, steps),
    }
}

/// Returns the sets of steps that can be approved, each with its hash: all, and those of each group and
/// each object.
pub(super) fn sets<'a>(steps: &[&'a Step]) -> Vec<(PlanHash, Vec<&'a Step>)> {
    let mut sets = vec![steps.to_vec()];
    for group in groups(steps).into_values() {
        sets.push(group.values().flatten().copied().collect());
        sets.extend(group.into_values());
    }
    sets.into_iter().map(|steps| (hash_of(&steps), steps)).collect()
}

impl Held {
    /// Returns what is held of `steps`; `None` when there are none. `own_names` counts the names
    /// that we own records under, of a zone and of a namespace in it.
    pub(super) fn of(
        steps: &[&Step],
        own_names: impl Fn((Option<&ZoneInfo>, Option<&str>)) -> usize,
    ) -> Option<Self> {
        if steps.is_empty() {
            return None;
        }
        let mut names: BTreeMap<HeldAt, HeldName> = BTreeMap::new();
        let mut zones: BTreeMap<Option<ZoneInfo>, Vec<&Step>> = BTreeMap::new();
        for step in steps {
            let at = HeldAt::of(step);
            zones.entry(at.zone.clone()).or_default().push(step);
            let name = names.entry(at).or_default();
            name.sources.insert(DeletionSource::of(step));
            name.records += 1;
        }
        let counts = |steps: &[&Step], of| HeldZone {
            names: distinct(steps.iter().copied()),
            of,
            records: steps.len(),
        };
        let zones = zones.into_iter().map(|(zone, steps)| {
            let counts = counts(&steps, own_names((zone.as_ref(), None)));
            (zone, counts)
        });
        let group = |((zone, namespace), group): ((Option<ZoneInfo>, String), Group<'_>)| {
            let all: Vec<&Step> = group.values().flatten().copied().collect();
            let object = |(source, steps): (DeletionSource, Vec<&Step>)| {
                let hash = hash_of(&steps);
                HeldObject { source, hash, names: distinct(steps.into_iter()) }
            };
            let objects = group.into_iter().map(object).collect();
            HeldGroup {
                hash: hash_of(&all),
                counts: counts(&all, own_names((zone.as_ref(), Some(&namespace)))),
                objects,
                zone,
                namespace,
            }
        };
        Some(Self {
            hash: hash_of(steps),
            zones: zones.collect(),
            groups: groups(steps).into_iter().map(group).collect(),
            names,
        })
    }

    /// Returns everything that approves some of these deletions.
    pub fn hashes(&self) -> BTreeSet<PlanHash> {
        let of_group = |group: &HeldGroup| {
            let objects = group.objects.iter().map(|object| object.hash.clone());
            std::iter::once(group.hash.clone()).chain(objects).collect::<Vec<_>>()
        };
        let groups = self.groups.iter().flat_map(of_group);
        std::iter::once(self.hash.clone()).chain(groups).collect()
    }

    /// Tells whether deletions are held for the objects of a namespace in a zone.
    pub(in crate::plan) fn covers(&self, at: &HeldAt) -> bool {
        self.groups.iter().any(|group| group.zone == at.zone && group.namespace == at.namespace)
    }
}

/// Counts the names of steps.
fn distinct<'a>(steps: impl Iterator<Item = &'a Step>) -> usize {
    steps.map(|step| step.name.canonical()).collect::<BTreeSet<_>>().len()
}

/// Writes the names alone.
fn keys<S: Serializer>(names: &BTreeMap<HeldAt, HeldName>, to: S) -> Result<S::Ok, S::Error> {
    let names: BTreeSet<_> = names.keys().map(|at| &at.name).collect();
    to.collect_seq(names)
}

/// Writes zones as texts.
fn by_text<S: Serializer>(
    zones: &BTreeMap<Option<ZoneInfo>, HeldZone>,
    to: S,
) -> Result<S::Ok, S::Error> {
    to.collect_map(zones.iter().map(|(zone, counts)| (zone::text(zone.as_ref()), counts)))
}

/// Writes what is shown as it is shown.
fn as_text<S: Serializer>(shown: &impl fmt::Display, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(shown)
}
