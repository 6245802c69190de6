//! What a first sync would write, and ownership records that say less than those that are written now.

use std::collections::BTreeMap;

use controller_core::inventory::Oddity;
use controller_core::plan::{Action, Plan, Step, Values};
use controller_core::status::{Reason, RecordStatus};
use controller_core::zone::ZoneInfo;

use external_dns_webhook::{CanonicalName, ObjectRef};

use super::{Difference, Evidence, Kind};

/// Adds record sets that would change, and what their ownership records leave open.
pub(super) fn add(evidence: Evidence<'_>, all: &mut Vec<Difference>) {
    let elsewhere = Elsewhere::of(evidence.plan);
    all.extend(evidence.plan.steps().iter().filter_map(|step| of_step(step, &elsewhere)));
    if !evidence.settings.keeps_owners {
        return;
    }
    for finding in evidence.inventory.audit(evidence.settings.owner()).findings {
        let zone = finding.zone.map(|zone| format!("  [zone {zone}]")).unwrap_or_default();
        let name = &finding.name;
        let (external_dns, here, next) = match finding.oddity {
            Oddity::Ambiguous => (
                "takes the ownership record, which names no type, for one of every record set of its name",
                "changes and deletes nothing there until it is known which one is meant (AmbiguousOwnershipRecord)",
                format!(
                    "`signpost ownership adopt {name}`, if it is this owner's; leave it if it was made by hand"
                ),
            ),
            Oddity::OldForm => (
                "takes the ownership record, which is in an older form such as one without a type, for one of every record set of \
                 its name",
                "takes it for an address or a CNAME only, and no other type beside them for its own",
                "`--normalise-ownership-records` rewrites it in the form that both write now"
                    .to_owned(),
            ),
            Oddity::WithoutRecord => (
                "leaves an ownership record without its record where it is",
                "keeps it until the name is desired again, or its type is managed and may be deleted",
                format!("`signpost ownership disown {name}` removes it"),
            ),
        };
        all.push(Difference {
            kind: Kind::Ownership,
            about: format!("{name}{zone}"),
            external_dns: external_dns.to_owned(),
            here: here.to_owned(),
            next,
        });
    }
}

/// Returns what a step of the plan means; `None` for one that only writes who owns a record set, and for
/// one that is not taken for a reason, which is told by itself.
fn of_step(step: &Step, elsewhere: &Elsewhere) -> Option<Difference> {
    let is_held = matches!(step.reason, Some(Reason::DeletionHeld { .. }));
    if step.reason.is_some() && !is_held {
        return None;
    }
    let old = step.old.as_ref().map(shown).unwrap_or_default();
    let new = step.new.as_ref().map(shown).unwrap_or_default();
    let object = step.object.as_ref().map_or("nothing".into(), ObjectRef::shown);
    let kept = format!("left it as it is: {old}");
    let (kind, external_dns, here, next) = match step.action {
        Action::Own => return None,
        // A deletion that is held is one that waits for a person.
        Action::Delete | Action::Hold => (
            Kind::Removed,
            kept,
            {
                let approved =
                    if is_held { ", once a person has approved (DeletionHeld)" } else { "" };
                match elsewhere.zone(step) {
                    Some(zone) => format!(
                        "deletes it here{approved}: the name is written to `{zone}`, the nearest zone of its kind, only. Who sees this \
                         zone and not that one, as a VPC may that is associated with one of two private zones, loses it"
                    ),
                    None => format!(
                        "deletes it{approved}: no object that is read wants it any more; `{object}` did"
                    ),
                }
            },
            "`--policy=upsert-only` keeps it; with `--policy=sync` make sure that it may go"
                .to_owned(),
        ),
        Action::Replace if step.new.is_none() => (
            Kind::Removed,
            kept,
            format!("deletes it: what `{object}` wants cannot stand beside it"),
            ASKED.to_owned(),
        ),
        Action::Update | Action::Replace if step.old.is_some() => {
            (Kind::Changed, kept, format!("makes it {new}, as `{object}` asks"), ASKED.to_owned())
        }
        Action::Create | Action::Update | Action::Replace => (
            Kind::Made,
            "has made no such record".to_owned(),
            format!("makes it {new}, as `{object}` asks"),
            ASKED.to_owned(),
        ),
    };
    Some(Difference { kind, about: about(step), external_dns, here, next })
}

/// In which zones names are published.
struct Elsewhere(BTreeMap<CanonicalName, Vec<ZoneInfo>>);

impl Elsewhere {
    fn of(plan: &Plan) -> Self {
        let mut zones: BTreeMap<CanonicalName, Vec<ZoneInfo>> = BTreeMap::new();
        let there = |status: &&RecordStatus| {
            status.reason.is_well() && !matches!(status.reason, Reason::Deleted)
        };
        for status in plan.statuses.iter().filter(there) {
            let names = zones.entry(status.name.canonical().clone()).or_default();
            names.extend(status.zone.clone());
        }
        Self(zones)
    }

    /// Returns another zone of the same kind in which the name of a step is published.
    fn zone(&self, step: &Step) -> Option<&ZoneInfo> {
        let here = step.zone.as_ref()?;
        let zones = self.0.get(step.name.canonical())?;
        zones.iter().find(|zone| *zone != here && zone.is_private() == here.is_private())
    }
}

/// What to do about a record that an object wants.
const ASKED: &str = "change the object if this is not meant: `kubectl describe` shows it, and a line about the object may be below";

fn about(step: &Step) -> String {
    let Step { name, record_type, set_identifier, zone, .. } = step;
    let set =
        if set_identifier.is_empty() { String::new() } else { format!(" ({set_identifier})") };
    let zone = zone.as_ref().map(|zone| format!("  [zone {zone}]")).unwrap_or_default();
    format!("{name} {record_type}{set}{zone}")
}

fn shown(values: &Values) -> String {
    let Values { targets, ttl, properties } = values;
    let ttl = ttl.map(|ttl| format!("TTL {ttl}"));
    let properties = properties.iter().map(|(name, value)| format!("{name}={value}"));
    let all = targets.iter().cloned().chain(ttl).chain(properties);
    all.collect::<Vec<_>>().join(", ")
}
