//! Says what is wrong in zones, by looking at nothing but the zones and the facts of the model.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use route53_emulator::ResourceRecordSet;

use super::model::{Contents, Key, Model, OWNER, Want, Wanted, plain};

/// What zones hold, by their ids.
pub(crate) type Zones = BTreeMap<&'static str, Vec<ResourceRecordSet>>;

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    /// The zone's id.
    pub(crate) zone: &'static str,
    /// The name that it is about.
    pub(crate) name: String,
    /// What it is.
    pub(crate) what: What,
    /// What there is and what there should be.
    pub(crate) detail: String,
}

/// What a difference is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    /// What another owner wrote has changed or is gone.
    ForeignTouched,
    /// What is wanted is not there.
    Missing,
    /// What is wanted is there with another content.
    Wrong,
    /// A record set of ours has no ownership record in its zone, or one of another object.
    Unowned,
    /// A record set is there that neither an object nor anybody else wants.
    Orphan,
    /// An ownership record of ours is there for a record set that is not.
    OrphanOwnership,
}

/// An ownership record, as far as it says what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ownership {
    /// The record set that it is about.
    pub(crate) key: Key,
    pub(crate) owner: String,
    resource: String,
}

/// Returns what another owner wrote and is not as they wrote it: wrong at any time.
pub(crate) fn damage(model: &Model, zones: &Zones) -> Vec<Difference> {
    let mut found = Vec::new();
    for (zone, foreign) in &model.foreign {
        let held = by_key(zones.get(zone));
        for (key, written) in foreign {
            let now = held.get(key).copied();
            if now != Some(written) {
                let is = now.map_or("nothing".to_owned(), shown);
                let detail = format!("{} was written by hand, and there is {is}", shown(written));
                found.push(difference(zone, key, What::ForeignTouched, detail));
            }
        }
    }
    found
}

/// Returns everything that is not as it should be once everything has settled.
pub(crate) fn differences(model: &Model, zones: &Zones) -> Vec<Difference> {
    let mut found = damage(model, zones);
    for zone in &model.zones {
        let held = by_key(zones.get(zone.id));
        let Contents { wanted, obstructed } = model.wanted_in(zone.id);
        let none = BTreeMap::new();
        let foreign = model.foreign.get(zone.id).unwrap_or(&none);
        let not_foreign = || held.iter().filter(|(key, _)| !foreign.contains_key(key));
        let owned: Vec<_> =
            not_foreign().filter_map(|(key, set)| Some((key, ownership(set)?))).collect();
        let mut marked = BTreeSet::new();
        for (at, ownership) in &owned {
            let key = &ownership.key;
            let stays = obstructed.contains(&key.name) && held.contains_key(key);
            if ownership.owner == OWNER && (wanted.contains_key(key) || stays) {
                marked.insert((*at).clone());
            } else {
                let detail = format!("{at} is about {}", ownership.key);
                found.push(difference(zone.id, &ownership.key, What::OrphanOwnership, detail));
                marked.insert((*at).clone());
            }
        }
        for (key, wanted) in &wanted {
            let wrong = check(key, wanted, held.get(key).copied(), &owned);
            found.extend(wrong.map(|(what, detail)| difference(zone.id, key, what, detail)));
        }
        for (key, set) in not_foreign() {
            let is_owned = || {
                owned.iter().any(|(_, ownership)| ownership.key == *key && ownership.owner == OWNER)
            };
            let stays = obstructed.contains(&key.name) && is_owned();
            if !wanted.contains_key(key) && !marked.contains(key) && !stays {
                found.push(difference(zone.id, key, What::Orphan, shown(set)));
            }
        }
    }
    found
}

/// Compares one wanted record set with what there is.
fn check(
    key: &Key,
    wanted: &Wanted<'_>,
    held: Option<&ResourceRecordSet>,
    owned: &[(&Key, Ownership)],
) -> Option<(What, String)> {
    let Wanted { candidates, is_optional } = wanted;
    let wanted = || {
        let all: Vec<_> =
            candidates.iter().map(|(object, want)| format!("{want} of {object}")).collect();
        all.join(", or ")
    };
    let mut of_key = owned.iter().filter(|(_, ownership)| ownership.key == *key);
    let Some(set) = held else {
        if *is_optional {
            let (at, _) = of_key.next()?;
            return Some((What::OrphanOwnership, format!("{at} is about {key}")));
        }
        return Some((What::Missing, wanted()));
    };
    let is_as_wanted = |want: &Want| {
        let values: BTreeSet<_> = values(set).collect();
        let weight = set.weight.and_then(|weight| u32::try_from(weight).ok());
        values == want.values
            && set.ttl == Some(i64::from(want.ttl))
            && weight == want.weight
            && set.alias_target.is_none()
    };
    let fits: Vec<_> = candidates.iter().filter(|(_, want)| is_as_wanted(want)).collect();
    if fits.is_empty() {
        return Some((What::Wrong, format!("there is {}, wanted is {}", shown(set), wanted())));
    }
    let is_right = |ownership: &Ownership| {
        ownership.owner == OWNER && fits.iter().any(|(object, _)| *object == ownership.resource)
    };
    if of_key.clone().any(|(_, ownership)| is_right(ownership)) {
        return None;
    }
    let has = of_key.next().map_or("none".to_owned(), |(at, ownership)| {
        format!("{at} of {} for {}", ownership.owner, ownership.resource)
    });
    Some((What::Unowned, format!("the ownership record of {} is {has}", wanted())))
}

/// Returns what an ownership record says; `None` for any other record set.
///
/// From `proto-docs/ownership.md`: the label `record` if there is one, or else the name, which
/// begins with the type.
pub(crate) fn ownership(set: &ResourceRecordSet) -> Option<Ownership> {
    if set.r#type != "TXT" {
        return None;
    }
    let value = values(set).next()?;
    let text = value.trim_matches('"').strip_prefix("heritage=external-dns")?.to_owned();
    let label = |wanted: &str| {
        let mut labels = text.split(',').filter_map(|token| token.strip_prefix("external-dns/"));
        labels.find_map(|token| {
            let (key, value) = token.split_once('=')?;
            (key == wanted).then(|| value.to_owned())
        })
    };
    let key = if let Some(record) = label("record") {
        let mut parts = record.splitn(3, '/').map(str::to_owned);
        Key {
            name: parts.next()?,
            record_type: parts.next()?,
            set_id: parts.next().unwrap_or_default(),
        }
    } else {
        let name = plain(&set.name);
        let (before, name) = name.split_once('-')?;
        // A prefix that is a label of its own.
        let record_type = before.rsplit('.').next()?.to_uppercase();
        Key::simple(name, &record_type)
    };
    let owner = label("owner").unwrap_or_default();
    Some(Ownership { key, owner, resource: label("resource").unwrap_or_default() })
}

/// Returns a record set in one line.
pub(crate) fn shown(set: &ResourceRecordSet) -> String {
    let mut words = vec![Key::of(set).to_string()];
    words.extend(set.ttl.map(|ttl| ttl.to_string()));
    words.push(values(set).collect::<Vec<_>>().join(","));
    words.extend(set.weight.map(|weight| format!("weight={weight}")));
    words.extend(set.alias_target.iter().map(|target| format!("-> {}", target.dns_name)));
    words.join(" ")
}

/// Returns the values; host names without their final dots.
fn values(set: &ResourceRecordSet) -> impl Iterator<Item = String> {
    let is_host = set.r#type == "CNAME";
    let value = move |text: &str| if is_host { plain(text) } else { text.to_owned() };
    set.resource_records.iter().flatten().map(move |record| value(&record.value))
}

fn by_key(sets: Option<&Vec<ResourceRecordSet>>) -> BTreeMap<Key, &ResourceRecordSet> {
    sets.into_iter().flatten().map(|set| (Key::of(set), set)).collect()
}

fn difference(zone: &'static str, key: &Key, what: What, detail: String) -> Difference {
    Difference { zone, name: key.name.clone(), what, detail }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { zone, name, what, detail } = self;
        write!(f, "{what:?} in {zone} at {name}: {detail}")
    }
}

#[cfg(test)]
mod tests;
