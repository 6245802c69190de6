//! Where a new ownership record is kept.
//!
//! The name that ExternalDNS would use is taken whenever it is safe: inside the zone of the record
//! set, short enough, read back as exactly this record set, and free. Otherwise the ownership
//! record moves to a name below the record set and its text spells out what it is about, so that
//! apex names, long labels, wildcards, look-alikes and set identifiers all stay apart.
//! `proto-docs/ownership.md` has the rules for readers in other languages.

use std::collections::{BTreeMap, BTreeSet};

use external_dns_webhook::{CanonicalName, Changes, Endpoint, ObjectRef, RecordType};
use sha2::{Digest, Sha256};

use super::current_record::{OwnershipRecord, may_be_untyped, would_fit};
use super::names::Affixes;
use super::scheme::Scheme;
use super::zone_inventory::ZoneInventory;
use crate::hex::hex;

/// Label under which ownership records with spelled-out texts are kept; no host name can have it.
const OWNER_LABEL: &str = "_owner";
/// Stands for `*` in the middle of a name, where it would not be a wildcard.
const ANY_LABEL: &str = "_any";
/// Most bytes of a label ([RFC 1035, 2.3.4](https://www.rfc-editor.org/rfc/rfc1035)).
const MAX_LABEL: usize = 63;
/// Most bytes of a name in text form, without the final dot.
const MAX_NAME: usize = 253;

/// A name for an ownership record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placement {
    pub(crate) name: String,
    /// Whether the text must spell out what is owned, because the name does not.
    pub(crate) explicit: bool,
}

/// What the same plan does that matters to the place of an ownership record.
#[derive(Debug, Default)]
pub(crate) struct Planned {
    /// Names that it gives to records, so that no ownership record lands on one.
    created: BTreeMap<CanonicalName, BTreeSet<RecordType>>,
    /// The same names with the object that each is for.
    objects: BTreeSet<(CanonicalName, Option<ObjectRef>)>,
    /// Owner whose ownership records become ours where they are.
    migrate_from: Option<String>,
}

impl Planned {
    pub(crate) fn new(changes: &Changes, migrate_from: Option<&str>) -> Self {
        let mut created: BTreeMap<CanonicalName, BTreeSet<RecordType>> = BTreeMap::new();
        let mut objects = BTreeSet::new();
        for record in &changes.create {
            let name = record.dns_name.canonical().clone();
            let object = record.labels.resource().cloned();
            created.entry(name.clone()).or_default().insert(record.record_type.clone());
            objects.insert((name, object));
        }
        Self { created, objects, migrate_from: migrate_from.map(str::to_owned) }
    }

    /// Tells whether it gives a name to a record of an object.
    fn has_for(&self, name: &str, object: Option<&ObjectRef>) -> bool {
        self.created.contains_key(name) && self.objects.contains(&(name.into(), object.cloned()))
    }

    fn takes_over(&self, ownership_record: &OwnershipRecord) -> bool {
        ownership_record.labels.owner().is_some()
            && ownership_record.labels.owner() == self.migrate_from.as_deref()
    }

    fn has(&self, name: &str, record_type: &RecordType) -> bool {
        self.created.get(name).is_some_and(|types| types.contains(record_type))
    }
}

/// Returns where to keep the ownership record on a record set; `None` if every name for it is
/// taken.
pub(crate) fn place(
    scheme: &Scheme,
    current: &ZoneInventory,
    planned: &Planned,
    record: &Endpoint,
) -> Option<Placement> {
    let name = record.dns_name.canonical();
    let search = Search { scheme, current, planned, record, name };
    search.classic().or_else(|| search.below()).or_else(|| search.hashed())
}

/// Returns the names under which an ownership record on a record set stands, as far as
/// they follow from the record set: where ExternalDNS writes it, or wrote it for an alias, and below
/// the record set.
pub(super) fn usual_places(affixes: &Affixes, name: &str, record: &Endpoint) -> Vec<CanonicalName> {
    let typed = |record_type| CanonicalName::from(affixes.ownership_record_name(name, record_type));
    let alias = (record.record_type == RecordType::A).then(|| typed(&RecordType::Cname));
    let below = below(name, record).map(CanonicalName::from);
    [Some(typed(&record.record_type)), alias, below].into_iter().flatten().collect()
}

/// Returns a name below the record set, which is always inside its zone.
pub(super) fn below(name: &str, record: &Endpoint) -> Option<String> {
    // Nothing can live below a DNAME (RFC 6672, 2.4).
    if record.record_type == RecordType::Dname {
        return None;
    }
    let kind = record.record_type.as_str().to_lowercase();
    let set = &record.set_identifier;
    let set_label = if set.is_empty() { String::new() } else { format!("{}.", digest(set, 8)) };
    let base = match name.strip_prefix("*.") {
        Some(rest) => format!("{ANY_LABEL}.{rest}"),
        None => name.to_owned(),
    };
    Some(format!("{kind}.{set_label}{OWNER_LABEL}.{base}"))
}

/// Tells whether an ownership record of ours on `record`, kept under `place`, would look as if it had
/// been written without a type beside that of another record set, or that one beside it.
pub(super) fn looks_alike(
    scheme: &Scheme,
    current: &ZoneInventory,
    planned: &Planned,
    place: &str,
    record: &Endpoint,
) -> bool {
    let object = record.labels.resource();
    let untyped_place = scheme.affixes.untyped_place(record.dns_name.canonical());
    let host = scheme.affixes.untyped(place);
    let other = scheme.affixes.owned(&untyped_place).filter(|(_, kind)| kind.is_some());
    let others = [host, other.map(|(name, _)| name)];
    others.iter().flatten().any(|other| planned.has_for(other, object))
        || current.would_look_alike(place, record, &scheme.labels(record))
}

struct Search<'a> {
    scheme: &'a Scheme,
    current: &'a ZoneInventory,
    planned: &'a Planned,
    record: &'a Endpoint,
    name: &'a CanonicalName,
}

impl Search<'_> {
    /// The name ExternalDNS uses.
    fn classic(&self) -> Option<Placement> {
        let Self { scheme, current, planned, record, name } = self;
        // A provider such as Route 53 takes either one simple set or several with identifiers
        // under a name, so a simple ownership record needs a name of its own for each identifier.
        if !record.set_identifier.is_empty() {
            return None;
        }
        let affixes = &scheme.affixes;
        let ownership_record = affixes.ownership_record_name(name, &record.record_type);
        let replaced = affixes.lookup_name(name);
        let about = replaced.clone().unwrap_or_else(|| String::from(name.as_str()));
        // A zone gives it back as DNS spells it.
        let spelled = CanonicalName::from(ownership_record.as_str());
        let reads_back = affixes.owned(&spelled) == Some((about, Some(record.record_type.clone())));
        if !reads_back
            || !fits(&ownership_record)
            || !self.is_in_zone(&ownership_record)
            || self.is_taken(&ownership_record)
            || looks_alike(scheme, current, planned, &ownership_record, record)
        {
            return None;
        }
        // With a replacement for wildcards, two names share this one; the plain one comes first.
        let fits = |endpoint: &&Endpoint| would_fit(&record.record_type, endpoint);
        let plain_is_there = replaced.is_some_and(|plain| {
            planned.has(&plain, &record.record_type)
                || record.record_type == RecordType::Cname && planned.has(&plain, &RecordType::A)
                || current.sets(&plain).iter().any(|set| fits(&set))
        });
        let wildcard_looks_owned = affixes.wildcard_counterpart(name).is_some_and(|wildcard| {
            current.sets(&wildcard).iter().filter(fits).any(|set| {
                let best = current.ownership_records_on(&wildcard, set);
                best.first().is_none_or(|(_, best)| !best.explicit)
            })
        });
        // A host called like the ownership record, and unowned, would look owned by it.
        let old_host = affixes.untyped(&ownership_record);
        let lookalike_is_there = old_host.is_some_and(|host| {
            current.sets(&host).iter().any(|set| {
                may_be_untyped(&set.record_type)
                    && current.ownership_records_on(&host, set).is_empty()
            })
        });
        let free = !plain_is_there && !wildcard_looks_owned && !lookalike_is_there;
        free.then_some(Placement { name: ownership_record, explicit: false })
    }

    /// A name below the record set, which is always inside its zone.
    fn below(&self) -> Option<Placement> {
        let ownership_record = below(self.name, self.record)?;
        let usable = fits(&ownership_record)
            && self.is_in_zone(&ownership_record)
            && !self.is_taken(&ownership_record);
        usable.then_some(Placement { name: ownership_record, explicit: true })
    }

    /// A name at the top of the zone that carries nothing but a digest.
    fn hashed(&self) -> Option<Placement> {
        let mut base: &str = match self.current.zone_of(self.name) {
            Some(zone) => zone,
            // Without a known zone the parent is the best guess, as no zone starts at a host.
            None => self.name.split_once('.').map_or(self.name.as_str(), |(_, parent)| parent),
        };
        while base.len() > MAX_NAME - 40 {
            (_, base) = base.split_once('.')?;
        }
        // The zone is left out: it is said by the base.
        let key = Endpoint { zone: None, ..self.record.clone() }.key().to_string();
        let candidates = (0..4).map(|attempt| {
            format!("{}.{OWNER_LABEL}.{base}", digest(&format!("{key} {attempt}"), 24))
        });
        let mut usable =
            candidates.filter(|candidate| fits(candidate) && !self.is_taken(candidate));
        Some(Placement { name: usable.next()?, explicit: true })
    }

    fn is_in_zone(&self, ownership_record: &str) -> bool {
        match self.current.zone_of(self.name) {
            Some(zone) => self.current.zone_of(ownership_record) == Some(zone),
            // Two labels are most likely the top of a zone, whose siblings are someone else's.
            None => {
                self.name.split('.').count() > 2
                    || ownership_record.ends_with(&format!(".{}", self.name))
            }
        }
    }

    /// Tells whether something else is kept, or about to be kept, under the name.
    fn is_taken(&self, ownership_record: &str) -> bool {
        let Self { scheme, current, planned, record, name } = self;
        let refuses_company =
            |record_type: &RecordType| matches!(record_type, RecordType::Txt | RecordType::Cname);
        let by_record =
            current.sets(ownership_record).iter().any(|set| refuses_company(&set.record_type))
                || planned.has(ownership_record, &RecordType::Txt)
                || planned.has(ownership_record, &RecordType::Cname);
        let by_ownership_record =
            current.ownership_records_kept_at(ownership_record).any(|(about, ownership_record)| {
                let fits_us = (about == *name
                    || Some(about.as_str()) == scheme.affixes.lookup_name(name).as_deref())
                    && ownership_record.fit(record).is_some();
                let simple = ownership_record.endpoint.set_identifier.is_empty();
                let dependents = current.dependents(about, ownership_record);
                let believed_elsewhere =
                    dependents.iter().any(|dependent| *dependent != record.key());
                let is_ours =
                    scheme.is_mine(ownership_record) || planned.takes_over(ownership_record);
                !fits_us || !simple || !is_ours || believed_elsewhere
            });
        by_record || by_ownership_record || current.has_orphan(ownership_record)
    }
}

/// Tells whether a zone can hold a canonical name.
pub(super) fn fits(name: &str) -> bool {
    name.len() <= MAX_NAME
        && name.split('.').all(|part| !part.is_empty() && part.len() <= MAX_LABEL)
}

fn digest(text: &str, digits: usize) -> String {
    hex(&Sha256::digest(text.as_bytes()), digits)
}
