//! What a controller desires, by zone and by the name that it is about: a record set and its
//! ownership records are one group, which is written as a whole or not at all.

use std::collections::{BTreeMap, BTreeSet};

use external_dns_webhook::{
    CanonicalName, Changes, DnsName, Endpoint, Labels, Refusal, RefusalCode, Update, ZoneId,
};

use crate::name::{self, Name};

/// Everything that is desired for one name in one zone.
#[derive(Clone, Debug)]
pub struct Group {
    /// The name that it is about.
    pub about: CanonicalName,
    /// The changes: what goes first, what comes last.
    pub changes: Vec<Change>,
}

/// A record set before and after.
#[derive(Clone, Debug)]
pub struct Change {
    /// What the controller has seen; `None` for a creation.
    pub old: Option<Endpoint>,
    /// What there should be; `None` for a deletion.
    pub new: Option<Endpoint>,
}

impl Group {
    /// Returns the refusal of all of it: one for each record set that is not an ownership record.
    pub fn refused(&self, code: &RefusalCode, message: &str, retryable: bool) -> Vec<Refusal> {
        let only_ownership_records = self.changes.iter().all(Change::is_of_ownership);
        self.changes
            .iter()
            .filter(|change| only_ownership_records || !change.is_of_ownership())
            .filter_map(Change::endpoint)
            .map(|endpoint| Refusal { retryable, ..Refusal::of(endpoint, code.clone(), message) })
            .collect()
    }

    /// Returns the names of the record sets that it touches, those of ownership records too.
    ///
    /// What is no name is left out: nothing is written for it.
    pub fn names(&self) -> BTreeSet<Name> {
        let sets = self.changes.iter().flat_map(|change| change.old.iter().chain(&change.new));
        sets.filter_map(|set| name::from_dns_name(&set.dns_name).ok()).collect()
    }
}

impl Change {
    /// Returns the record set as it will be, or was.
    pub fn endpoint(&self) -> Option<&Endpoint> {
        self.new.as_ref().or(self.old.as_ref())
    }

    /// Tells whether it is about an ownership record.
    pub fn is_of_ownership(&self) -> bool {
        self.endpoint().is_some_and(|endpoint| owned(endpoint).is_some())
    }

    /// Returns what is done, in one word.
    pub fn verb(&self) -> &'static str {
        match (&self.old, &self.new) {
            (None, _) => "create",
            (Some(_), Some(_)) => "update",
            (Some(_), None) => "delete",
        }
    }
}

/// Groups changes; `zone_of` tells the zone of a record set, given the name that it is about.
///
/// Returns those that have no zone apart.
pub fn group(
    changes: Changes,
    zone_of: impl Fn(&Endpoint, &DnsName) -> Option<ZoneId>,
) -> (BTreeMap<ZoneId, Vec<Group>>, Vec<Refusal>) {
    let Changes { create, update, delete } = changes;
    let deletions = delete.into_iter().map(|old| Change { old: Some(old), new: None });
    let updates =
        update.into_iter().map(|Update { old, new }| Change { old: Some(old), new: Some(new) });
    let creations = create.into_iter().map(|new| Change { old: None, new: Some(new) });
    let mut grouped: BTreeMap<(ZoneId, CanonicalName), Vec<Change>> = BTreeMap::new();
    let mut refused = Vec::new();
    for change in deletions.chain(updates).chain(creations) {
        let Some(endpoint) = change.endpoint() else { continue };
        let about = owned(endpoint).unwrap_or_else(|| endpoint.dns_name.clone());
        match zone_of(endpoint, &about) {
            Some(zone) => {
                let key = (zone, about.canonical().clone());
                grouped.entry(key).or_default().push(change);
            }
            None => refused.push(Refusal::of(
                endpoint,
                RefusalCode::NoZone,
                "none of the zones that are served has this name; give it to `--rfc2136-zone`",
            )),
        }
    }
    let mut zones: BTreeMap<ZoneId, Vec<Group>> = BTreeMap::new();
    for ((zone, about), changes) in grouped {
        zones.entry(zone).or_default().push(Group { about, changes });
    }
    (zones, refused)
}

/// Returns the name that an ownership record is about; `None` for other record sets.
fn owned(endpoint: &Endpoint) -> Option<DnsName> {
    endpoint.labels.get(Labels::OWNED_RECORD).map(DnsName::from)
}
