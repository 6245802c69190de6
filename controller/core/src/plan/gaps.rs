//! What could not be learned, and what its absence must not change.

use std::collections::{BTreeMap, BTreeSet};

use external_dns_webhook::{CanonicalName, DnsName, ObjectRef, RecordType, ZoneId};

use super::Draft;
use crate::desired::{Desired, Gap, KindRef, Scope, Unknown, anywhere, kinds_of};
use crate::name_sharing::part;
use crate::status::{Reason, RecordStatus};

/// What could not be learned, by what it covers; see [`Gap::covers`].
pub(super) struct Gaps<'a> {
    desired: &'a Desired,
    /// By name, the first of each namespace, and of the parts of a whole in it.
    names: BTreeMap<CanonicalName, BTreeMap<Whose<'a>, &'a Gap>>,
    /// Single record sets, by name.
    record_sets: BTreeMap<CanonicalName, Vec<&'a Gap>>,
    resources: BTreeMap<ObjectRef, &'a Gap>,
    kinds: BTreeMap<KindRef, &'a Gap>,
    /// The first of `resources` and `kinds` of each namespace: what does not say whose it is may be
    /// theirs.
    anyone: BTreeMap<Option<&'a str>, &'a Gap>,
    all: Option<&'a Gap>,
}

/// A namespace, and of which whole its object is a part.
type Whose<'a> = (Option<&'a str>, Option<&'static str>);

impl<'a> Gaps<'a> {
    /// Returns what could not be learned that matters to a zone.
    pub(super) fn new(desired: &'a Desired, zone: Option<&ZoneId>) -> Self {
        let mut gaps = Self {
            desired,
            names: BTreeMap::new(),
            record_sets: BTreeMap::new(),
            resources: BTreeMap::new(),
            kinds: BTreeMap::new(),
            anyone: BTreeMap::new(),
            all: None,
        };
        for gap in &desired.unknown {
            match &gap.what {
                Unknown::Name(name) => {
                    let whose = (gap.namespace(), part(gap.object()));
                    let gaps = gaps.names.entry(name.canonical().clone()).or_default();
                    gaps.entry(whose).or_insert(gap);
                }
                Unknown::RecordSet { name, .. } => {
                    // What is not known in another zone only is no matter of this one.
                    if gap.zone.is_none() || gap.zone.as_ref() == zone {
                        let gaps = gaps.record_sets.entry(name.canonical().clone());
                        gaps.or_default().push(gap);
                    }
                }
                Unknown::Resource(resource) => {
                    gaps.resources.entry(resource.clone()).or_insert(gap);
                }
                Unknown::Kind(kind) => {
                    gaps.kinds.entry(kind.clone()).or_insert(gap);
                }
                Unknown::All => gaps.all = gaps.all.or(Some(gap)),
            }
        }
        for gap in gaps.kinds.values().chain(gaps.resources.values()) {
            gaps.anyone.entry(gap.namespace()).or_insert(gap);
        }
        gaps
    }

    /// Returns what is not known so that what stands under a name must not be changed for another
    /// object's sake.
    pub(super) fn cover(
        &self,
        name: &CanonicalName,
        record_type: &RecordType,
        resource: Option<&ObjectRef>,
    ) -> Option<&'a Gap> {
        let of_resource = |resource: &ObjectRef| {
            let of_kind = || kinds_of(resource).find_map(|kind| self.kinds.get(&kind).copied());
            let of_name = || self.resources.get(&anywhere(resource)?).copied();
            self.resources.get(resource).copied().or_else(of_name).or_else(of_kind)
        };
        let of_record_set = || {
            let (at, sharing) = (DnsName::from(name), self.desired.sharing);
            let gaps = self.record_sets.get(name).into_iter().flatten().copied();
            gaps.filter(|gap| gap.covers(sharing, (&at, record_type), resource))
                .find(|gap| self.may_hold(gap, name))
        };
        let of_name = self.of_name(name, resource).or_else(of_record_set);
        of_name.or_else(|| resource.and_then(of_resource)).or(self.all)
    }

    /// Returns what is not known about a name and speaks for what stands there for an object.
    fn of_name(&self, name: &CanonicalName, resource: Option<&ObjectRef>) -> Option<&'a Gap> {
        let mut gaps = self.names.get(name)?.values().copied();
        let sharing = self.desired.sharing;
        gaps.find(|gap| sharing.is_maybe_one(gap.object(), resource) && self.may_hold(gap, name))
    }

    /// Tells whether a gap is of someone who may have the name: another one's records it never holds.
    fn may_hold(&self, gap: &Gap, name: &CanonicalName) -> bool {
        let is_barred = |namespace| self.desired.is_barred(namespace, &DnsName::from(name));
        !gap.namespace().is_some_and(is_barred)
    }

    /// Returns why an answer that stands under a name must not be replaced by what stands in for it.
    pub(super) fn stand_in(
        &self,
        name: &CanonicalName,
        resource: Option<&ObjectRef>,
    ) -> Option<&'a Reason> {
        let stands_in = self.desired.stand_ins.contains(name);
        self.of_name(name, resource).filter(|_| stands_in).map(|gap| &gap.reason)
    }

    /// Returns what is not known so that what stands under a name must not be deleted.
    ///
    /// A record set that does not name its source object may be anyone's of whom nothing is known, and
    /// who may have the name.
    pub(super) fn cover_deletion(
        &self,
        name: &CanonicalName,
        record_type: &RecordType,
        resource: Option<&ObjectRef>,
    ) -> Option<&'a Gap> {
        let anyone = || {
            let gaps = self.anyone.values().copied().filter(|_| resource.is_none());
            gaps.into_iter().find(|gap| self.may_hold(gap, name))
        };
        self.cover(name, record_type, resource).or_else(anyone)
    }
}

/// Returns a status for each object of which so little is known that records stay that do not say whose
/// they are.
pub(super) fn blamed(drafts: &[Draft<'_>]) -> Vec<RecordStatus> {
    let mut blamed: BTreeMap<&ObjectRef, usize> = BTreeMap::new();
    for (object, records) in drafts.iter().flat_map(|draft| &draft.blamed) {
        *blamed.entry(object).or_default() += records;
    }
    let status = |(object, records): (&ObjectRef, usize)| {
        RecordStatus::on_object(object.clone(), Reason::UnlabelledRecordsHeld { records })
    };
    blamed.into_iter().map(status).collect()
}

/// What statuses say of targets that were lost: of which name and object, and what is missing.
pub(super) struct KeptAnswers(BTreeSet<(CanonicalName, Option<ObjectRef>, String)>);

impl KeptAnswers {
    /// Returns what `told` says of it.
    pub(super) fn among(told: &[RecordStatus]) -> Self {
        let lost = told.iter().filter_map(|status| match &status.reason {
            Reason::TargetsLost { cause, .. } => Some(Self::key(status, cause)),
            _ => None,
        });
        Self(lost.collect())
    }

    /// Tells whether it is said what a status says, with what is kept for it.
    pub(super) fn tell(&self, status: &RecordStatus) -> bool {
        !self.0.is_empty() && self.0.contains(&Self::key(status, &status.reason))
    }

    fn key(status: &RecordStatus, missing: &Reason) -> (CanonicalName, Option<ObjectRef>, String) {
        (status.name.canonical().clone(), status.object.clone(), missing.to_string())
    }
}

/// Returns a status for each unknown name about which nothing was said yet; `told` are those of
/// which the plan has said it.
///
/// The source that found that a name is not known has mostly said so with the object that wants it.
pub(super) fn unreported(
    desired: &Desired,
    scope: &Scope,
    told: &BTreeSet<CanonicalName>,
) -> Vec<RecordStatus> {
    let mut said: BTreeMap<CanonicalName, Vec<&Reason>> = BTreeMap::new();
    for status in &desired.statuses {
        let name = status.name.canonical().clone();
        said.entry(name).or_default().push(&status.reason);
    }
    let mut unreported: BTreeMap<CanonicalName, &Reason> = BTreeMap::new();
    for gap in &desired.unknown {
        let (Unknown::Name(name) | Unknown::RecordSet { name, .. }) = &gap.what else { continue };
        let name = name.canonical().clone();
        // What something stands in for is not missing.
        let stands_in = desired.stand_ins.contains(&name);
        if scope.has(&name) && !told.contains(&name) && !stands_in {
            unreported.entry(name).or_insert(&gap.reason);
        }
    }
    let status = |(name, reason): (CanonicalName, &Reason)| {
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
