//! What is said of what is desired, and to whom.

use external_dns_webhook::{Endpoint, RecordKey};

use crate::plan::Draft;
use crate::plan::conflict::Winner;
use crate::status::{Reason, RecordStatus};

/// Says the same of a winner to each object that gets what it wants by it.
pub(super) fn tell_all(draft: &mut Draft<'_>, winner: &Winner<'_>, reason: &Reason) {
    tell(draft, &winner.endpoint, reason.clone());
    for beside in &winner.beside {
        tell(draft, beside, reason.clone());
    }
    let own = winner.endpoint.labels.resource();
    let objects = winner.beside.iter().filter_map(|beside| beside.labels.resource());
    let objects = objects.filter(|object| Some(*object) != own);
    let objects: Vec<_> = objects.cloned().collect();
    if !objects.is_empty() {
        let Endpoint { dns_name, record_type, set_identifier, .. } = &*winner.endpoint;
        let zone = draft.zone.id().cloned();
        let key = RecordKey::new(dns_name, record_type.clone(), set_identifier, zone);
        draft.beside.insert(key, objects);
    }
}

/// Says what becomes of what is desired, in the zone of `draft`.
pub(super) fn tell(draft: &mut Draft<'_>, candidate: &Endpoint, reason: Reason) {
    draft.statuses.push(RecordStatus {
        name: candidate.dns_name.clone(),
        record_type: Some(candidate.record_type.clone()),
        object: candidate.labels.resource().cloned(),
        zone: draft.zone.info().cloned(),
        reason,
    });
}
