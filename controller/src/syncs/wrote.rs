//! Tells each record that was written, after it was.

use controller_core::plan::Values;
use external_dns_webhook::{ObjectRef, Provider};

use super::Syncs;
use crate::reconcile::Wrote;
use crate::records::RecentWrite;

impl<P: Provider> Syncs<P> {
    /// Tells each record that was written, after it was, and keeps it to be asked for.
    pub(super) fn tell_writes(&self, wrote: &[Wrote]) {
        let seen = self.reconciler.last_known().read();
        for Wrote { id, row } in wrote {
            for write in RecentWrite::all(*id, row) {
                let zone = seen.inventory.zone(write.zone.as_ref()).and_then(|zone| zone.info());
                tell(&write, zone.map(ToString::to_string).as_deref());
            }
        }
        drop(seen);
        self.shared.status.writes(|writes| {
            for Wrote { id, row } in wrote {
                writes.add(*id, row);
            }
        });
    }
}

/// Tells one write.
fn tell(write: &RecentWrite, zone: Option<&str>) {
    let told = |values: &Option<Values>| values.as_ref().map(ToString::to_string);
    let (old, new) = (told(&write.old), told(&write.new));
    let set_identifier = Some(write.set_identifier.as_str()).filter(|set| !set.is_empty());
    tracing::info!(
        action = write.action.as_str(),
        record.name = %write.name,
        record.r#type = write.record_type.as_str(),
        set_identifier,
        old = old.as_deref(),
        new = new.as_deref(),
        zone,
        object = write.object.as_ref().map(ObjectRef::as_str),
        write = write.id,
        "{}",
        write.done()
    );
}
