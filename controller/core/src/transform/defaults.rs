//! Fills in default targets, and leaves out what has no target at all.

use std::collections::BTreeSet;

use external_dns_webhook::{CanonicalName, Endpoint, ObjectRef, RecordType, Targets};

use super::{TransformOptions, leave_out};
use crate::desired::{Desired, Gap, Unknown};
use crate::status::{Reason, RecordStatus};
use crate::value::Target;

pub(super) fn apply(mut desired: Desired, options: &TransformOptions) -> Desired {
    let TransformOptions { default_targets, force_default_targets, .. } = options;
    for endpoint in std::mem::take(&mut desired.endpoints) {
        let wants = endpoint.targets.is_empty() || *force_default_targets;
        if wants && !default_targets.is_empty() {
            desired.endpoints.extend(filled(&endpoint, default_targets));
        } else if endpoint.targets.is_empty() {
            leave_out(&mut desired, &endpoint, Reason::no_targets(""));
        } else {
            desired.endpoints.push(endpoint);
        }
    }
    stand_in(desired, options)
}

/// Lets default targets stand in where an object has a name and nothing to answer with.
///
/// Nobody's own targets are ever replaced by them: a name that another object answers for is that
/// object's, and one that was published with other targets waits for those to come back, for as long
/// as it would without default targets.
fn stand_in(mut desired: Desired, options: &TransformOptions) -> Desired {
    let waiting = std::mem::take(&mut desired.without_targets);
    if waiting.is_empty() || options.default_targets.is_empty() {
        return desired;
    }
    let answered: BTreeSet<CanonicalName> = desired.endpoints.iter().map(name).collect();
    // Parts of one whole are not missing where others answer: their gap is gone already.
    let lost: BTreeSet<CanonicalName> = desired.unknown.iter().filter_map(lost_name).collect();
    let mut filled_in: BTreeSet<(Option<ObjectRef>, CanonicalName)> = BTreeSet::new();
    for endpoint in waiting {
        let name = name(&endpoint);
        if !lost.contains(&name) || answered.contains(&name) {
            continue;
        }
        desired.endpoints.extend(filled(&endpoint, &options.default_targets));
        filled_in.insert((endpoint.labels.resource().cloned(), name));
    }
    desired.statuses.retain(|status| !is_about(status, &filled_in));
    let names: BTreeSet<CanonicalName> = filled_in.into_iter().map(|(_, name)| name).collect();
    if options.force_default_targets {
        desired.unknown.retain(|gap| !lost_name(gap).is_some_and(|name| names.contains(&name)));
    } else {
        desired.stand_ins = names;
    }
    desired
}

fn name(endpoint: &Endpoint) -> CanonicalName {
    endpoint.dns_name.canonical().clone()
}

/// Returns the name that has nothing to answer with, if that is what a gap is about.
fn lost_name(gap: &Gap) -> Option<CanonicalName> {
    match &gap.what {
        Unknown::Name(name) if matches!(gap.reason, Reason::NoTargets { .. }) => {
            Some(name.canonical().clone())
        }
        Unknown::Name(_)
        | Unknown::RecordSet { .. }
        | Unknown::Resource(_)
        | Unknown::Kind(_)
        | Unknown::All => None,
    }
}

fn is_about(
    status: &RecordStatus,
    filled_in: &BTreeSet<(Option<ObjectRef>, CanonicalName)>,
) -> bool {
    matches!(status.reason, Reason::NoTargets { .. })
        && filled_in.contains(&(status.object.clone(), status.name.canonical().clone()))
}

/// Returns `endpoint` with `targets`: one record set for each type that they make.
fn filled<'a>(endpoint: &'a Endpoint, targets: &'a [Target]) -> impl Iterator<Item = Endpoint> {
    let types = [RecordType::A, RecordType::Aaaa, RecordType::Cname];
    types.into_iter().filter_map(move |record_type| {
        let targets = targets.iter().filter(|target| target.record_type() == record_type);
        let targets = targets.map(Target::as_str).collect::<Targets>().sorted();
        (!targets.is_empty()).then(|| Endpoint { targets, record_type, ..endpoint.clone() })
    })
}
