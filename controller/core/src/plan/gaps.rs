//! What could not be learned, and what its absence must not change.

use std::collections::{BTreeMap, BTreeSet};

use external_dns_webhook::{DnsName, RecordType, ZoneId};

use crate::desired::{Desired, Gap, Scope, Unknown, anywhere, kinds_of};
use crate::status::{Reason, RecordStatus};

/// What could not be learned, by what it covers.
pub(super) struct Gaps<'a> {
    names: BTreeMap<String, &'a Reason>,
    /// Single record sets, by name.
    record_sets: BTreeMap<String, Vec<&'a Gap>>,
    /// By `resource` label in lower case.
    resources: BTreeMap<String, &'a Reason>,
    /// By the first part of the label or its first two, in lower case.
    kinds: BTreeMap<String, &'a Reason>,
    all: Option<&'a Reason>,
    stand_ins: &'a BTreeSet<String>,
}

impl<'a> Gaps<'a> {
    /// Returns what could not be learned that matters to a zone.
    pub(super) fn new(desired: &'a Desired, zone: Option<&ZoneId>) -> Self {
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
                    // What is not known in another zone only is no matter of this one.
                    if gap.zone.is_none() || gap.zone.as_ref() == zone {
                        let gaps = gaps.record_sets.entry(name.normalized().into_owned());
                        gaps.or_default().push(gap);
                    }
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
    pub(super) fn cover(
        &self,
        name: &str,
        record_type: &RecordType,
        resource: Option<&str>,
    ) -> Option<&'a Reason> {
        let of_resource = |resource: &str| {
            let resource = resource.to_ascii_lowercase();
            let of_kind = || kinds_of(&resource).find_map(|kind| self.kinds.get(kind).copied());
            let of_name = || self.resources.get(&anywhere(&resource)?).copied();
            self.resources.get(&resource).copied().or_else(of_name).or_else(of_kind)
        };
        let of_record_set = || {
            let at = DnsName::from(name);
            let mut gaps = self.record_sets.get(name).into_iter().flatten();
            gaps.find(|gap| gap.what.covers(&at, record_type, resource)).map(|gap| &gap.reason)
        };
        let of_name = self.names.get(name).copied().or_else(of_record_set);
        of_name.or_else(|| resource.and_then(of_resource)).or(self.all)
    }

    /// Returns why an answer that is held under a name must not be replaced by what stands in for it.
    pub(super) fn stand_in(&self, name: &str) -> Option<&'a Reason> {
        self.names.get(name).copied().filter(|_| self.stand_ins.contains(name))
    }

    /// Returns why what is held under a name must not be deleted.
    ///
    /// A record set that does not name its source object may be anyone's of whom nothing is known.
    pub(super) fn cover_deletion(
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
}

/// Returns a status for each unknown name about which nothing was said yet; `told` are those of
/// which the plan has said it.
///
/// The source that found that a name is not known has mostly said so with the object that asks.
pub(super) fn unreported(
    desired: &Desired,
    scope: &Scope,
    told: &BTreeSet<String>,
) -> Vec<RecordStatus> {
    let mut said: BTreeMap<String, Vec<&Reason>> = BTreeMap::new();
    for status in &desired.statuses {
        let name = status.name.normalized().into_owned();
        said.entry(name).or_default().push(&status.reason);
    }
    let mut unreported: BTreeMap<String, &Reason> = BTreeMap::new();
    for gap in &desired.unknown {
        let (Unknown::Name(name) | Unknown::RecordSet { name, .. }) = &gap.what else { continue };
        let name = name.normalized().into_owned();
        // What something stands in for is not missing.
        let stands_in = desired.stand_ins.contains(&name);
        if scope.has(&name) && !told.contains(&name) && !stands_in {
            unreported.entry(name).or_insert(&gap.reason);
        }
    }
    let status = |(name, reason): (String, &Reason)| {
        // Nothing is published, so nothing was lost.
        let reason = match reason {
            Reason::TargetsLost { cause, .. } => (**cause).clone(),
            reason => reason.clone(),
        };
        let is_said = said.get(&name).is_some_and(|reasons| reasons.contains(&&reason));
        let name = DnsName::from(name);
        let status = RecordStatus { name, record_type: None, object: None, zone: None, reason };
        (!is_said).then_some(status)
    };
    unreported.into_iter().filter_map(status).collect()
}
