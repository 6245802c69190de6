//! What a group of changes is as prerequisites and updates ([RFC 2136, 2.4 and 2.5]).
//!
//! Everything that is touched is asserted to be what we know, so a message does what it says or
//! nothing. What a server would skip without a word, such as an address beside a CNAME
//! ([RFC 2136, 3.4.2.2]), is asserted not to be there either.
//!
//! [RFC 2136, 2.4 and 2.5]: https://www.rfc-editor.org/rfc/rfc2136#section-2.4
//! [RFC 2136, 3.4.2.2]: https://www.rfc-editor.org/rfc/rfc2136#section-3.4.2.2

use std::collections::{BTreeMap, BTreeSet};

use external_dns_webhook::{Cover, Endpoint, RecordType, RefusalCode, Ttl};

use crate::group::{Change, Group};
use crate::hidden::hidden;
use crate::message::{ANY, IN, NONE, ResourceRecord};
use crate::name::{self, Name};
use crate::rdata;
use crate::record_type::{self, CNAME, NS, SERVED, TypeCode};
use crate::snapshot::{RecordSet, Snapshot};

/// How long records may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ttls {
    /// For a record set that does not say, in seconds.
    pub unsaid: u32,
    /// The least, in seconds.
    pub least: u32,
}

/// A part of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What must be so.
    pub prerequisites: Vec<ResourceRecord>,
    /// What is taken away.
    pub removals: Vec<ResourceRecord>,
    /// What is added.
    pub additions: Vec<ResourceRecord>,
}

/// What is to be done about a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evaluated {
    /// Nothing: the zone is as it should be.
    Done,
    /// This.
    Write(Plan),
    /// Nothing, because it cannot be.
    Refused(Obstacle),
}

/// Why a group cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// Another owner has changed it.
    #[error("`{0}` is not what the controller has seen: {1}; the next sync sees what is there")]
    Changed(String, String),
    /// The name has what cannot stand beside it.
    #[error("`{0}` cannot be a CNAME and {1} at the same time; remove one of them")]
    Name(String, String),
    /// A query for the name would not see it.
    #[error(
        "`{0}` would not be seen: {1} at `{2}` sends everyone who asks elsewhere; make it there, or \
         remove what is at `{2}`"
    )]
    Hidden(String, Cover, String),
    /// It belongs to the zone itself.
    #[error("`{0}` belongs to the zone itself, and is its administrator's")]
    ZoneOwn(String),
    /// It is not within the zone.
    #[error("`{0}` is not in the zone; an ownership record must be, see `--txt-prefix`")]
    Outside(String),
    /// Its name, type or values are none that are served.
    #[error("{0}")]
    Invalid(String),
}

impl Obstacle {
    /// Returns the word that programs know it by.
    pub fn code(&self) -> RefusalCode {
        match self {
            Self::Changed(..) => RefusalCode::ChangedElsewhere,
            Self::Name(..) | Self::Hidden(..) => RefusalCode::NameConflict,
            Self::ZoneOwn(_) | Self::Invalid(_) => RefusalCode::InvalidTarget,
            Self::Outside(_) => RefusalCode::OwnershipRecordOutsideZone,
        }
    }

    /// Tells whether the same change can succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Changed(..))
    }
}

impl Ttls {
    /// Returns how long a record set may be kept; `before` is how long what it replaces may.
    pub fn of(self, desired: Option<Ttl>, before: Option<u32>) -> u32 {
        let seconds = match desired {
            Some(ttl) => u32::try_from(ttl.seconds()).unwrap_or(u32::MAX >> 1),
            None => before.unwrap_or(self.unsaid),
        };
        seconds.max(self.least)
    }
}

impl Plan {
    /// Returns how many bytes it takes in a message.
    pub fn length(&self) -> usize {
        let Self { prerequisites, removals, additions } = self;
        prerequisites.iter().chain(removals).chain(additions).map(ResourceRecord::length).sum()
    }

    /// Adds another plan.
    pub fn extend(&mut self, other: Self) {
        self.prerequisites.extend(other.prerequisites);
        self.removals.extend(other.removals);
        self.additions.extend(other.additions);
    }
}

type Key = (Name, TypeCode);

/// What becomes of a zone.
struct Overlay<'a> {
    apex: &'a Name,
    snapshot: &'a Snapshot,
    ttls: Ttls,
    after: BTreeMap<Key, Option<RecordSet>>,
}

/// Returns what is to be done about a group, given the zone as it is.
pub fn evaluate(group: &Group, apex: &Name, snapshot: &Snapshot, ttls: Ttls) -> Evaluated {
    let mut overlay = Overlay { apex, snapshot, ttls, after: BTreeMap::new() };
    for change in &group.changes {
        if let Err(obstacle) = overlay.take(change) {
            return Evaluated::Refused(obstacle);
        }
    }
    match overlay.plan() {
        Err(obstacle) => Evaluated::Refused(obstacle),
        Ok(plan) if plan.removals.is_empty() && plan.additions.is_empty() => Evaluated::Done,
        Ok(plan) => Evaluated::Write(plan),
    }
}

impl Overlay<'_> {
    fn take(&mut self, change: &Change) -> Result<(), Obstacle> {
        let is_ownership_record = change.is_of_ownership();
        let old = change.old.as_ref().map(|old| self.key(old)).transpose()?;
        let new = change.new.as_ref().map(|new| self.key(new)).transpose()?;
        match (&change.old, old, &change.new, new) {
            (Some(old), Some(old_key), Some(new), Some(new_key)) if old_key == new_key => {
                let current = self.current(&new_key);
                if self.is_as_desired(new, current.as_ref())? {
                    self.after.insert(new_key, current);
                    return Ok(());
                }
                expect(old, current.as_ref(), is_ownership_record)?;
                let set = self.set(new, current.map(|current| current.ttl))?;
                if !is_ownership_record {
                    self.check_seen(new, &new_key)?;
                }
                self.after.insert(new_key, Some(set));
            }
            (old, old_key, new, new_key) => {
                if let (Some(old), Some(key)) = (old, old_key) {
                    self.remove(old, key, is_ownership_record)?;
                }
                if let (Some(new), Some(key)) = (new, new_key) {
                    self.create(new, key, is_ownership_record)?;
                }
            }
        }
        Ok(())
    }

    fn remove(
        &mut self,
        old: &Endpoint,
        key: Key,
        is_ownership_record: bool,
    ) -> Result<(), Obstacle> {
        let current = self.current(&key);
        if current.is_some() {
            expect(old, current.as_ref(), is_ownership_record)?;
        }
        self.after.insert(key, None);
        Ok(())
    }

    fn create(
        &mut self,
        new: &Endpoint,
        key: Key,
        is_ownership_record: bool,
    ) -> Result<(), Obstacle> {
        let current = self.current(&key);
        if self.is_as_desired(new, current.as_ref())? {
            self.after.insert(key, current);
            return Ok(());
        }
        if let Some(current) = current {
            return Err(Obstacle::Changed(told(new), shown(&new.record_type, &current)));
        }
        let set = self.set(new, None)?;
        if !is_ownership_record {
            self.check_seen(new, &key)?;
        }
        self.after.insert(key, Some(set));
        Ok(())
    }

    /// Fails when a delegation or a DNAME at or above a name hides what would stand there.
    fn check_seen(&self, new: &Endpoint, (name, _): &Key) -> Result<(), Obstacle> {
        let current = |name: &Name, code| self.current(&(name.clone(), code));
        match hidden(self.apex, name, &new.record_type, current) {
            None => Ok(()),
            Some((cover, at)) => Err(Obstacle::Hidden(told(new), cover, name::to_text(&at))),
        }
    }

    fn key(&self, endpoint: &Endpoint) -> Result<Key, Obstacle> {
        let name = name::from_dns_name(&endpoint.dns_name)
            .map_err(|error| Obstacle::Invalid(error.to_string()))?;
        let Some(code) = record_type::code(&endpoint.record_type) else {
            return Err(Obstacle::Invalid(record_type::not_served(&endpoint.record_type)));
        };
        if !self.apex.zone_of(&name) {
            return Err(Obstacle::Outside(told(endpoint)));
        }
        if code == NS && name == *self.apex {
            return Err(Obstacle::ZoneOwn(told(endpoint)));
        }
        Ok((name, code))
    }

    fn current(&self, key: &Key) -> Option<RecordSet> {
        match self.after.get(key) {
            Some(after) => after.clone(),
            None => self.snapshot.get(&key.0, key.1).cloned(),
        }
    }

    fn is_as_desired(&self, new: &Endpoint, current: Option<&RecordSet>) -> Result<bool, Obstacle> {
        let desired = texts_of(new)?;
        let Some(current) = current else { return Ok(false) };
        let ttl = self.ttls.of(new.ttl, Some(current.ttl));
        let is_same_ttl = new.ttl.is_none() || ttl == current.ttl;
        Ok(is_same_ttl && texts(&new.record_type, current) == Some(desired))
    }

    fn set(&self, new: &Endpoint, before: Option<u32>) -> Result<RecordSet, Obstacle> {
        let mut values = Vec::with_capacity(new.targets.len());
        for target in new.targets.iter() {
            let value = rdata::from_text(&new.record_type, target)
                .map_err(|error| Obstacle::Invalid(error.to_string()))?;
            if !values.contains(&value) {
                values.push(value);
            }
        }
        if values.is_empty() {
            return Err(Obstacle::Invalid(format!("`{}` has no values", told(new))));
        }
        Ok(RecordSet { ttl: self.ttls.of(new.ttl, before), values })
    }

    fn plan(&self) -> Result<Plan, Obstacle> {
        self.check_names()?;
        let mut plan = Plan::default();
        for (key, after) in &self.after {
            let (name, record_type) = key;
            let before = self.snapshot.get(name, *record_type);
            match before {
                Some(set) => plan.prerequisites.extend(records(key, set, 0)),
                None => {
                    plan.prerequisites.push(ResourceRecord::empty(
                        name.clone(),
                        *record_type,
                        NONE,
                    ));
                }
            }
            if before == after.as_ref() {
                continue;
            }
            if before.is_some() {
                plan.removals.push(ResourceRecord::empty(name.clone(), *record_type, ANY));
            }
            if let Some(set) = after {
                plan.additions.extend(records(key, set, set.ttl));
            }
            if before.is_none() {
                self.assert_alone(key, &mut plan);
            }
        }
        Ok(plan)
    }

    /// Asserts that what a server would skip a new record set for is not there.
    fn assert_alone(&self, (name, record_type): &Key, plan: &mut Plan) {
        let is_touched = |other: TypeCode| self.after.contains_key(&(name.clone(), other));
        let mut assert_none = |other| {
            plan.prerequisites.push(ResourceRecord::empty(name.clone(), other, NONE));
        };
        if *record_type != CNAME {
            if !is_touched(CNAME) {
                assert_none(CNAME);
            }
        } else if self.snapshot.types(name).next().is_none() {
            // The name has nothing at all.
            assert_none(record_type::ANY);
        } else {
            SERVED
                .iter()
                .map(|(_, code)| *code)
                .filter(|code| !is_touched(*code))
                .for_each(assert_none);
        }
    }

    /// Fails when a name would be a CNAME and something else.
    fn check_names(&self) -> Result<(), Obstacle> {
        let names: BTreeSet<&Name> = self
            .after
            .iter()
            .filter(|(_, after)| after.is_some())
            .map(|((name, _), _)| name)
            .collect();
        for name in names {
            let mut types: BTreeSet<TypeCode> = self.snapshot.types(name).collect();
            for ((_, record_type), after) in
                self.after.range((name.clone(), 0)..=(name.clone(), TypeCode::MAX))
            {
                if after.is_some() {
                    types.insert(*record_type);
                } else {
                    types.remove(record_type);
                }
            }
            if types.remove(&CNAME) && !types.is_empty() {
                let others: Vec<_> = types.iter().map(|code| record_type::name(*code)).collect();
                return Err(Obstacle::Name(name::to_text(name), others.join(", ")));
            }
        }
        Ok(())
    }
}

/// Fails unless the zone has what the controller believes that it has.
///
/// Compat: ExternalDNS sends the old ownership record without its TTL.
fn expect(
    old: &Endpoint,
    current: Option<&RecordSet>,
    is_ownership_record: bool,
) -> Result<(), Obstacle> {
    let Some(current) = current else {
        return Err(Obstacle::Changed(told(old), "it is not there".to_owned()));
    };
    let is_same_ttl =
        is_ownership_record || old.ttl.is_none_or(|ttl| ttl.seconds() == u64::from(current.ttl));
    if is_same_ttl
        && texts_of(old).is_ok_and(|old_texts| Some(old_texts) == texts(&old.record_type, current))
    {
        return Ok(());
    }
    Err(Obstacle::Changed(told(old), shown(&old.record_type, current)))
}

fn records<'a>(
    (name, record_type): &'a Key,
    set: &'a RecordSet,
    ttl: u32,
) -> impl Iterator<Item = ResourceRecord> + 'a {
    set.values.iter().map(move |value| ResourceRecord {
        name: name.clone(),
        record_type: *record_type,
        class: IN,
        ttl,
        data: value.clone(),
    })
}

fn told(endpoint: &Endpoint) -> String {
    format!("{} {}", endpoint.dns_name, record_type::told(&endpoint.record_type))
}

/// Returns the values that an endpoint says, each in the one spelling that lists have it in.
fn texts_of(endpoint: &Endpoint) -> Result<BTreeSet<String>, Obstacle> {
    let canonical = |target| {
        rdata::canonical(&endpoint.record_type, target)
            .map_err(|error| Obstacle::Invalid(error.to_string()))
    };
    endpoint.targets.iter().map(canonical).collect()
}

/// Returns the texts of a record set; `None` when one of its values has none.
pub fn texts(record_type: &RecordType, set: &RecordSet) -> Option<BTreeSet<String>> {
    set.values.iter().map(|value| rdata::to_text(record_type, value)).collect()
}

fn shown(record_type: &RecordType, set: &RecordSet) -> String {
    match texts(record_type, set) {
        Some(texts) => {
            let texts: Vec<_> = texts.into_iter().collect();
            format!("it has {} with a TTL of {} s", texts.join(", "), set.ttl)
        }
        None => "it has values that cannot be shown".to_owned(),
    }
}

#[cfg(test)]
mod tests;
