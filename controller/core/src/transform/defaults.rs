//! Fills in default targets, and leaves out what has no target at all.

use webhook_api::{Endpoint, RecordType, Targets};

use super::{TransformOptions, leave_out};
use crate::desired::Desired;
use crate::value::Target;
use crate::verdict::Reason;

pub(super) fn apply(mut desired: Desired, options: &TransformOptions) -> Desired {
    let TransformOptions { default_targets, force_default_targets, .. } = options;
    for endpoint in std::mem::take(&mut desired.endpoints) {
        let wants = endpoint.targets.is_empty() || *force_default_targets;
        if wants && !default_targets.is_empty() {
            desired.endpoints.extend(filled(&endpoint, default_targets));
        } else if endpoint.targets.is_empty() {
            leave_out(&mut desired, &endpoint, Reason::NoTargets);
        } else {
            desired.endpoints.push(endpoint);
        }
    }
    desired
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
