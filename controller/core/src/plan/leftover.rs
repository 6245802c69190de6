//! Ownership records of ours whose record set is gone.
//!
//! Such an ownership record would make ours whatever is made by hand under its name later. So it
//! goes in a full sync, unless its record set is wanted, is not known, or may be another
//! one after all.

use std::collections::BTreeMap;

use external_dns_webhook::{CanonicalName, DnsName, Endpoint, RecordType};

use super::gaps::Gaps;
use super::guard::{Held, HeldAt};
use super::step::{Action, Step, Values};
use super::{Draft, PlannedZone, Rules};
use crate::desired::Scope;
use crate::inventory::{Inventory, OwnershipRecord, ZoneInventory, would_fit};
use crate::status::Verb;

/// An ownership record without its record set.
#[derive(Debug)]
pub(super) struct LeftOver {
    /// The name that it is about.
    pub(super) about: CanonicalName,
    pub(super) ownership_record: OwnershipRecord,
    pub(super) step: Step,
}

/// Where ownership records are looked at.
struct Search<'a> {
    rules: Rules<'a>,
    current: &'a Inventory,
    zone: &'a ZoneInventory,
    wanted: &'a BTreeMap<CanonicalName, Vec<&'a Endpoint>>,
    gaps: &'a Gaps<'a>,
}

/// Returns the ownership records in a zone that have lost their record set for good.
pub(super) fn find(
    rules: Rules<'_>,
    current: &Inventory,
    PlannedZone { current: zone, wanted, gaps, nodes: _, below: _ }: &PlannedZone<'_, '_>,
    scope: &Scope,
) -> Vec<LeftOver> {
    if *scope != Scope::All || !rules.planner.policy.allows(Verb::Delete) {
        return Vec::new();
    }
    let search = Search { rules, current, zone, wanted, gaps };
    let ownership_records = zone
        .ownership_records()
        .filter(|(about, ownership_record)| search.is_left_over(about, ownership_record));
    let mut found: Vec<_> = ownership_records
        .map(|(about, ownership_record)| left_over(zone, about, ownership_record))
        .collect();
    found.sort_by_cached_key(|found| {
        (found.about.clone(), found.ownership_record.endpoint.key(), found.step.old.clone())
    });
    found
}

/// Writes what was found, except in zones and namespaces whose deletions are held.
pub(super) fn write(draft: &mut Draft<'_>, held: Option<&Held>) {
    for LeftOver { about, ownership_record, step } in std::mem::take(&mut draft.left_over) {
        if held.is_none_or(|held| !held.covers(&HeldAt::of(&step))) {
            draft.writes.left_over.push((about, ownership_record));
            draft.steps.push(step);
        }
    }
}

impl Search<'_> {
    fn is_left_over(&self, about: &CanonicalName, ownership_record: &OwnershipRecord) -> bool {
        let scheme = self.zone.scheme();
        // Without a type, it may as well be one with another affix, about another name.
        let Some(record_type) = &ownership_record.record_type else { return false };
        scheme.is_some_and(|scheme| scheme.is_mine(ownership_record))
            && self.rules.planner.manages(record_type)
            && self.rules.covers(&DnsName::from(about))
            && self.zone.is_within(about)
            && self
                .names(about, ownership_record)
                .iter()
                .all(|name| self.is_gone(name, record_type, ownership_record))
            && self.zone.zone_of(about) == self.zone.zone_of(ownership_record.endpoint.key().name())
            && !self.zone.is_ambiguous(about, ownership_record)
            && !self.is_elsewhere(about, ownership_record)
            && (ownership_record.explicit
                || !self.may_be_misread(about, record_type, ownership_record))
    }

    /// Returns the names that the ownership record can be about: with a replacement for wildcards,
    /// two.
    fn names(
        &self,
        about: &CanonicalName,
        ownership_record: &OwnershipRecord,
    ) -> Vec<CanonicalName> {
        let scheme = self.zone.scheme().filter(|_| !ownership_record.explicit);
        let wildcard = scheme.and_then(|scheme| scheme.affixes.wildcard_counterpart(about));
        [Some(about.clone()), wildcard.map(CanonicalName::from)].into_iter().flatten().collect()
    }

    /// Tells whether a record set is neither there nor wanted, and nothing about it is unknown.
    fn is_gone(
        &self,
        name: &CanonicalName,
        record_type: &RecordType,
        ownership_record: &OwnershipRecord,
    ) -> bool {
        let wanted = self.wanted.get(name).map_or(&[][..], Vec::as_slice);
        let is_wanted = |wish: &&Endpoint| would_fit(record_type, wish) || wish.targets.is_empty();
        !self.zone.sets(name).iter().any(|set| ownership_record.fit(set).is_some())
            && !wanted.iter().any(is_wanted)
            && self
                .gaps
                .cover_deletion(name, record_type, ownership_record.labels.resource())
                .is_none()
    }

    /// Tells whether the ownership record may be about a record set in another zone, which could
    /// not hold it, as of one who keeps ownership records without asking which zone is whose.
    fn is_elsewhere(&self, about: &CanonicalName, ownership_record: &OwnershipRecord) -> bool {
        let place = ownership_record.endpoint.key();
        let can_hold_it = |zone: &ZoneInventory| zone.zone_of(place.name()).is_some();
        let others = self.current.zones().filter(|zone| zone.id() != self.zone.id());
        let mut others =
            others.filter(|other| other.zone_of(about).is_some() && !can_hold_it(other));
        others.any(|other| {
            let sets = other.at(about);
            other.unavailable().is_some()
                || sets
                    .iter()
                    .any(|set| !set.is_owned() && ownership_record.fit(set.endpoint).is_some())
        })
    }

    /// Tells whether the ownership record would be about a record set that nobody owns, if prefix,
    /// suffix or replacement were other than they are: someone may have changed them by mistake.
    fn may_be_misread(
        &self,
        about: &CanonicalName,
        record_type: &RecordType,
        ownership_record: &OwnershipRecord,
    ) -> bool {
        let unowned = |name: &str| {
            let mut sets = self.zone.at(name).into_iter();
            sets.any(|set| !set.is_owned() && would_fit(record_type, set.endpoint))
        };
        let Some((head, rest)) = about.split_once('.') else { return false };
        // `o-own.example.com` with a suffix `-own`, `o.own.example.com` with a suffix `.own`.
        let shorter = head.match_indices('-').filter_map(|(at, _)| head.get(..at));
        let shorter = shorter.map(|head| format!("{head}.{rest}"));
        let dots = rest.match_indices('.').filter_map(|(at, _)| rest.get(at + 1..));
        let higher = dots.map(|rest| format!("{head}.{rest}"));
        if shorter.chain(higher).any(|name| unowned(&name)) {
            return true;
        }
        // `o-any.example.com` for `*.example.com`, and what stands for `*` may have dots.
        let mut wildcards = about.match_indices('.').filter_map(|(at, _)| about.get(at + 1..));
        if wildcards.any(|rest| unowned(&format!("*.{rest}"))) {
            return true;
        }
        // These two types are what prefixes begin with: `txt-`, `cname-owner.`.
        if !matches!(record_type, RecordType::Txt | RecordType::Cname) {
            return false;
        }
        let place = ownership_record.endpoint.dns_name.canonical();
        let ends = place.match_indices(['-', '.']).filter_map(|(at, _)| place.get(at + 1..));
        let mut names = ends.filter(|name| *about != **name && self.zone.is_within(name));
        names.any(|name| self.zone.at(name).iter().any(|set| !set.is_owned()))
    }
}

fn left_over(
    zone: &ZoneInventory,
    about: &CanonicalName,
    ownership_record: &OwnershipRecord,
) -> LeftOver {
    let record = &ownership_record.endpoint;
    let text: Vec<_> = ownership_record.text().map(str::to_owned).into_iter().collect();
    let step = Step {
        action: Action::Delete,
        name: record.dns_name.clone(),
        record_type: record.record_type.clone(),
        set_identifier: record.set_identifier.clone(),
        old: Some(Values { targets: text, ..Values::of(record) }),
        new: None,
        owner: ownership_record.labels.owner().map(str::to_owned),
        new_owner: None,
        object: ownership_record.labels.resource().cloned(),
        zone: zone.told_zone(about),
        reason: None,
    };
    LeftOver { about: about.clone(), ownership_record: ownership_record.clone(), step }
}
