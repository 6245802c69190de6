//! Deletions that depend on what is in another zone.
//!
//! Zones are planned apart, but an object wants a name and not for a zone. Its record set in one
//! zone stays while what takes its place in another cannot come. And a copy that came with it, by
//! a controller that knew one zone only, is not left behind.

use std::collections::{BTreeMap, BTreeSet};

use external_dns_webhook::{
    CanonicalName, DnsName, Endpoint, ObjectRef, RecordKey, RecordType, ZoneId,
};

use super::later::Awaited;
use super::step::{Action, Step};
use super::{Deletion, Draft, Everywhere};
use crate::desired::{Unknown, family, is_maybe_same};
use crate::inventory::ZoneInventory;
use crate::status::{Reason, RecordStatus};
use crate::zone::ZoneInfo;

/// Something that is to come in a zone: where, what it answers, and for whom.
struct Comer<'a> {
    zone: Option<&'a ZoneId>,
    family: &'a RecordType,
    object: Option<&'a ObjectRef>,
    disposition: Disposition<'a>,
}

/// What becomes of something that is to come.
enum Disposition<'a> {
    /// It is written in this sync, and who holds it now, if anyone, is not us.
    Written(RecordKey),
    /// It cannot be had now.
    Stuck(&'a Reason),
}

/// Holds the deletions that have to wait for another zone, and says why; those that only have to wait
/// for what is written elsewhere in this sync learn of it.
pub(super) fn hold(drafts: &mut [Draft<'_>], everywhere: &Everywhere<'_>) {
    let dispositions: Vec<Vec<(Option<Reason>, Vec<Awaited>)>> = {
        let comers = comers(drafts, everywhere);
        let disposition = |deletion: &Deletion, draft: &Draft<'_>| {
            let comers = comers.get(&deletion.name).map(Vec::as_slice).unwrap_or_default();
            let leaving = Leaving::new(deletion, draft, everywhere);
            let reason = leaving
                .obstacle(comers)
                .or_else(|| not_delegated(deletion, draft, everywhere))
                .or_else(|| unowned_copy(deletion, draft, drafts));
            (reason, leaving.awaited(comers))
        };
        let of_draft = |draft: &Draft<'_>| {
            draft.deletions.iter().map(|deletion| disposition(deletion, draft)).collect()
        };
        drafts.iter().map(of_draft).collect()
    };
    for (draft, dispositions) in drafts.iter_mut().zip(dispositions) {
        let deletions = std::mem::take(&mut draft.deletions);
        for (deletion, (reason, after)) in deletions.into_iter().zip(dispositions) {
            let Some(reason) = reason else {
                draft.deletions.push(Deletion { after, ..deletion });
                continue;
            };
            draft.told.insert(deletion.name);
            draft.statuses.push(deletion.step.status(reason.clone()));
            draft.steps.push(Step { action: Action::Hold, reason: Some(reason), ..deletion.step });
        }
    }
}

/// Returns what is to come under each name of which something is to go.
fn comers<'a>(
    drafts: &'a [Draft<'_>],
    everywhere: &'a Everywhere<'_>,
) -> BTreeMap<&'a CanonicalName, Vec<Comer<'a>>> {
    let deletions = drafts.iter().flat_map(|draft| &draft.deletions);
    let mut comers: BTreeMap<&CanonicalName, Vec<Comer<'_>>> =
        deletions.map(|deletion| (&deletion.name, Vec::new())).collect();
    if comers.is_empty() {
        return comers;
    }
    let names: Vec<&CanonicalName> = comers.keys().copied().collect();
    let mut add = |name: &DnsName, comer: Comer<'a>| {
        if let Some(comers) = comers.get_mut(name.canonical()) {
            comers.push(comer);
        }
    };
    for draft in drafts {
        let zone = draft.zone.id();
        for step in draft.steps.iter().filter(|step| comes(step)) {
            let disposition = Disposition::Written(RecordKey::new(
                &step.name,
                step.record_type.clone(),
                &step.set_identifier,
                zone.cloned(),
            ));
            let (family, object) = (family(&step.record_type), step.object.as_ref());
            add(&step.name, Comer { zone, family, object, disposition });
        }
    }
    let told = drafts.iter().flat_map(|draft| {
        let wanted = everywhere.wanted.get(&draft.zone.id().cloned());
        let candidates = names.iter().filter_map(move |name| wanted?.get(*name)).flatten();
        let wanted: BTreeSet<_> = candidates
            .map(|wanted| {
                (wanted.dns_name.canonical(), &wanted.record_type, wanted.labels.resource())
            })
            .collect();
        let is_wanted = move |status: &&RecordStatus| {
            let Some(record_type) = &status.record_type else { return false };
            wanted.contains(&(status.name.canonical(), record_type, status.object.as_ref()))
        };
        draft.statuses.iter().filter(is_wanted).map(|status| (draft.zone.id(), status))
    });
    let nowhere = everywhere.nowhere.iter().map(|status| {
        let zone = status.zone.as_ref().and_then(ZoneInfo::id);
        (zone, status)
    });
    for (zone, status) in told.chain(nowhere) {
        let is_well = status.reason.is_well();
        let Some(record_type) = status.record_type.as_ref().filter(|_| !is_well) else { continue };
        let (family, object) = (family(record_type), status.object.as_ref());
        add(
            &status.name,
            Comer { zone, family, object, disposition: Disposition::Stuck(&status.reason) },
        );
    }
    for gap in everywhere.desired.unknown.iter().filter(|gap| gap.zone.is_some()) {
        let Unknown::RecordSet { name, record_type, object, .. } = &gap.what else { continue };
        let (zone, family) = (gap.zone.as_ref(), family(record_type));
        let (object, disposition) = (object.as_ref(), Disposition::Stuck(&gap.reason));
        add(name, Comer { zone, family, object, disposition });
    }
    comers
}

/// Tells whether a step makes a record set, or takes it over.
fn comes(step: &Step) -> bool {
    let is_written = step.action.verb().is_some() && step.new.is_some();
    is_written && (step.old.is_none() || step.new_owner.is_some())
}

/// A deletion, seen as the end of a move.
struct Leaving<'a> {
    everywhere: &'a Everywhere<'a>,
    zone: Option<&'a ZoneId>,
    family: &'a RecordType,
    object: Option<&'a ObjectRef>,
    /// What is still desired under its name in its zone.
    here: &'a [&'a Endpoint],
}

impl<'a> Leaving<'a> {
    fn new(deletion: &'a Deletion, draft: &'a Draft<'_>, everywhere: &'a Everywhere<'_>) -> Self {
        let zone = draft.zone.id();
        let here =
            everywhere.wanted.get(&zone.cloned()).and_then(|endpoint| endpoint.get(&deletion.name));
        Self {
            everywhere,
            zone,
            family: family(&deletion.step.record_type),
            object: deletion.step.object.as_ref(),
            here: here.map(Vec::as_slice).unwrap_or_default(),
        }
    }

    /// Returns why what its object wants in another zone instead cannot come there.
    fn obstacle(&self, comers: &[Comer<'_>]) -> Option<Reason> {
        // What the object wants here as well is no move.
        let stays = self.here.iter().any(|endpoint| {
            family(&endpoint.record_type) == self.family
                && is_maybe_same(endpoint.labels.resource(), self.object)
        });
        if stays {
            return None;
        }
        comers.iter().find_map(|comer| {
            let Disposition::Stuck(reason) = comer.disposition else { return None };
            let is_it = self.is_elsewhere(comer)
                && comer.family == self.family
                && is_maybe_same(comer.object, self.object);
            let (zone, cause) = (self.told(comer.zone), Box::new(reason.clone()));
            is_it.then_some(Reason::WaitsForZone { zone, cause })
        })
    }

    /// Returns what is written in other zones that answers in its place, for whomever.
    fn awaited(&self, comers: &[Comer<'_>]) -> Vec<Awaited> {
        let answers = self.here.iter().any(|endpoint| family(&endpoint.record_type) == self.family);
        let wants =
            self.here.iter().any(|endpoint| is_maybe_same(endpoint.labels.resource(), self.object));
        let awaited = comers.iter().filter_map(|comer| {
            let Disposition::Written(key) = &comer.disposition else { return None };
            let same_object = is_maybe_same(comer.object, self.object);
            let is_it = !answers && comer.family == self.family || !wants && same_object;
            let zone = self.told(comer.zone);
            (is_it && self.is_elsewhere(comer)).then(|| Awaited { key: key.clone(), zone })
        });
        awaited.collect()
    }

    /// Tells whether something comes in another zone, or in none.
    fn is_elsewhere(&self, comer: &Comer<'_>) -> bool {
        self.zone.is_some() && comer.zone != self.zone
    }

    /// Returns a zone as people read it.
    fn told(&self, zone: Option<&ZoneId>) -> String {
        let Some(id) = zone else { return String::new() };
        let info = self.everywhere.current.zone(Some(id)).and_then(ZoneInventory::info).cloned();
        info.unwrap_or_else(|| ZoneInfo::unnamed(id.clone())).to_string()
    }
}

/// Returns that what its object still wants under the name is in a child zone to which its parent sends nobody:
/// what the parent has is what everyone is answered with ([RFC 1034, section 4.2.1]).
///
/// Private zones are not delegated to: who asks there is answered by the longest name that fits.
///
/// [RFC 1034, section 4.2.1]: https://www.rfc-editor.org/rfc/rfc1034#section-4.2.1
fn not_delegated(
    deletion: &Deletion,
    draft: &Draft<'_>,
    everywhere: &Everywhere<'_>,
) -> Option<Reason> {
    let parent = draft.zone.info().filter(|parent| !parent.is_private())?;
    let (kind, object) = (family(&deletion.step.record_type), deletion.step.object.as_ref());
    let wanted = everywhere.wanted.iter().filter(|(_, names)| {
        let mut candidates = names.get(&deletion.name).into_iter().flatten();
        candidates.any(|wanted| {
            family(&wanted.record_type) == kind && is_maybe_same(wanted.labels.resource(), object)
        })
    });
    let mut zones = wanted.filter_map(|(id, _)| everywhere.current.zone(id.as_ref())?.info());
    let child = zones.find(|child| {
        let is_below = child.name() != parent.name() && is_within(child.name(), parent.name());
        !child.is_private() && is_below
    })?;
    let top = parent.name().canonical();
    let above = child.name().canonical().upwards();
    let is_sent_elsewhere =
        above.take_while(|name| *name != top.as_str() && name.len() > top.len()).any(|name| {
            draft.zone.sets(name).iter().any(|record| record.record_type == RecordType::Ns)
        });
    let (zone, parent) = (child.to_string(), parent.to_string());
    (!is_sent_elsewhere).then_some(Reason::NotDelegated { zone, parent })
}

/// Returns that a copy in another zone has no ownership record, although it came with what is to be
/// deleted.
///
/// Who keeps ownership records beside their record sets without asking which zone is whose leaves
/// such a copy where the ownership record would lie outside of the zone: the ownership record in
/// the one zone was meant for both. In a zone that could hold the ownership record, a copy without
/// one is someone else's.
fn unowned_copy(deletion: &Deletion, draft: &Draft<'_>, drafts: &[Draft<'_>]) -> Option<Reason> {
    let ownership_record = deletion.ownership_record.as_ref()?;
    let others = drafts.iter().filter(|other| !std::ptr::eq(*other, draft));
    let outside = others.filter(|other| {
        other.zone.info().is_some_and(|zone| !is_within(ownership_record, zone.name()))
    });
    let mut copies = outside.filter(|other| {
        other.zone.at(&deletion.name).iter().any(|record| {
            let (ours, copy) = (&deletion.endpoint, record.endpoint);
            copy.record_type == ours.record_type
                && copy.set_identifier == ours.set_identifier
                && copy.targets.answers_like(&ours.targets, &ours.record_type)
                && record.owner().is_none()
        })
    });
    let zone = copies.next()?.zone.info()?.to_string();
    Some(Reason::UnownedCopy { zone })
}

fn is_within(name: &DnsName, zone: &DnsName) -> bool {
    zone.is_empty() || name.is_within(zone)
}
