//! Which ownership records could be about another record set than the one they fit.
//!
//! Names of ownership records can be read in several ways, and ExternalDNS wrote two for one record set
//! for years. What may be about something else owns nothing: a guess that is wrong deletes what someone
//! made by hand.

use std::borrow::Cow;

use external_dns_webhook::{Endpoint, Labels};

use super::current_record::{OwnershipRecord, may_be_untyped};
use super::facts::Facts;
use super::zone_inventory::ZoneInventory;

impl ZoneInventory {
    /// Tells whether an ownership record could be about another record set than the one it fits.
    pub(crate) fn is_ambiguous(&self, name: &str, ownership_record: &OwnershipRecord) -> bool {
        let Some(scheme) = self.scheme() else { return false };
        if ownership_record.explicit {
            return false;
        }
        // Under the old form without a type, `a-foo` owns a host of that very name.
        let place = ownership_record.endpoint.dns_name.canonical();
        let old_host = scheme.affixes.untyped(place).filter(|host| host != name);
        let hosts = old_host.as_deref().map_or(&[][..], |host| self.sets(host));
        let lookalike = |endpoint: &Endpoint| {
            may_be_untyped(&endpoint.record_type)
                && endpoint.set_identifier == ownership_record.set_identifier
                && self
                    .ownership_records_on(old_host.as_deref().unwrap_or_default(), endpoint)
                    .is_empty()
        };
        if hosts.iter().any(lookalike) {
            return true;
        }
        // With a wildcard replacement, `*` and the replacement itself share an ownership record
        // name.
        let counterpart =
            scheme.affixes.lookup_name(name).or_else(|| scheme.affixes.wildcard_counterpart(name));
        counterpart.is_some_and(|counterpart| {
            self.sets(&counterpart).iter().any(|set| {
                self.ownership_records_on(&counterpart, set)
                    .first()
                    .is_some_and(|(_, best)| *best == ownership_record)
            })
        })
    }

    /// Tells whether an ownership record was written without a type beside one with a type, of the
    /// same owner: then it is about the same record set, and a guess for every other one.
    pub(crate) fn is_explained(&self, name: &str, ownership_record: &OwnershipRecord) -> bool {
        self.abouts_of(name).iter().any(|about| {
            let ownership_records = self.ownership_records_about(about);
            ownership_records.contains(ownership_record)
                && ownership_records.iter().any(|other| explains(other, ownership_record))
        }) || self.came_with(ownership_record).is_some()
    }

    /// Returns the ownership record that an ownership record may have been written beside, without a
    /// type, although its name can be read as one with a type: `a-www`, beside `a-a-www` on the host
    /// `a-www`, looks as if it were on `www`.
    fn came_with(&self, ownership_record: &OwnershipRecord) -> Option<&OwnershipRecord> {
        ownership_record.record_type.as_ref().filter(|_| !ownership_record.explicit)?;
        let affixes = &self.scheme()?.affixes;
        let place = ownership_record.endpoint.dns_name.canonical();
        let host = affixes.untyped(place)?;
        let is_itself = |company: &OwnershipRecord| company == ownership_record;
        let mut beside = self.ownership_records_about(&host).iter();
        let beside =
            beside.find(|other| !is_itself(other) && other.may_have_come_with(ownership_record))?;
        // One that has such company itself is what it seems to be.
        let (about, _) = affixes.owned(place)?;
        let mut company = self.ownership_records_about(&about).iter();
        let has_company = company
            .any(|other| other.record_type.is_none() && ownership_record.may_have_come_with(other));
        (!has_company).then_some(beside)
    }

    /// Tells whether an ownership record on `record`, kept under `place` with this text, would look as
    /// if it or another one had been written without a type beside the other.
    pub(super) fn would_look_alike(&self, place: &str, record: &Endpoint, labels: &Labels) -> bool {
        let Some(scheme) = self.scheme() else { return false };
        let labels = Facts::from(labels);
        let name = record.dns_name.canonical();
        let looks_alike = |other: &OwnershipRecord| {
            other.record_type.is_some()
                && !other.explicit
                && other.set_identifier == record.set_identifier
                && other.labels == labels
        };
        let host = scheme.affixes.untyped(place).unwrap_or_default();
        let untyped_place = scheme.affixes.untyped_place(name);
        let mut there = self.ownership_records_kept_at(&untyped_place);
        self.ownership_records_about(&host).iter().any(looks_alike)
            || there.any(|(about, other)| about != name && looks_alike(other))
    }

    /// Returns the ownership records without a type that were written beside an ownership record on
    /// a record set of a name: without it, each would speak for whatever address is there.
    pub(crate) fn explained_by<'a>(
        &'a self,
        name: &str,
        ownership_record: &OwnershipRecord,
    ) -> Vec<&'a OwnershipRecord> {
        let mut explained = Vec::new();
        for about in self.abouts_of(name) {
            let ownership_records = self.ownership_records_about(&about);
            if ownership_records.contains(ownership_record) {
                explained.extend(
                    ownership_records.iter().filter(|other| explains(ownership_record, other)),
                );
            }
            let Some(scheme) = self.scheme() else { continue };
            let place = scheme.affixes.untyped_place(&about);
            let owned = scheme.affixes.owned(&place).map(|(about, _)| about).unwrap_or_default();
            let there = self.ownership_records_about(&owned).iter().filter(|other| {
                *other.endpoint.dns_name.canonical() == *place
                    && self.came_with(other) == Some(ownership_record)
            });
            explained.extend(there);
        }
        explained
    }

    /// Returns what ownership records on record sets of a canonical name are about: it, and what
    /// replaces a wildcard.
    fn abouts_of<'a>(&self, name: &'a str) -> Vec<Cow<'a, str>> {
        let replaced = self.scheme().and_then(|scheme| scheme.affixes.lookup_name(name));
        [Some(Cow::Borrowed(name)), replaced.map(Cow::Owned)].into_iter().flatten().collect()
    }
}

/// Tells whether an ownership record with a type explains one without that is about the same name.
fn explains(typed: &OwnershipRecord, untyped: &OwnershipRecord) -> bool {
    typed.record_type.is_some()
        && untyped.record_type.is_none()
        && typed.set_identifier == untyped.set_identifier
        && typed.labels.owner() == untyped.labels.owner()
}
