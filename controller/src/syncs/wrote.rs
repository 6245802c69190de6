//! Tells each record that was written, after it was.

use controller_core::history::RecordWrite;
use controller_core::plan::{Action, Values};
use external_dns_webhook::Provider;

use super::Syncs;
use crate::reconcile::Wrote;

impl<P: Provider> Syncs<P> {
    /// Tells each record that was written, after it was, and keeps it to be asked for.
    pub(super) fn tell_writes(&self, wrote: &[Wrote]) {
        let seen = self.reconciler.last_known.read();
        for Wrote { id, row } in wrote {
            for write in row.writes() {
                let zone = write.about().zone.as_ref();
                let zone = seen.inventory.zone(zone).and_then(|zone| zone.info());
                tell(write, zone.map(ToString::to_string).as_deref(), *id);
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
fn tell(write: RecordWrite<'_>, zone: Option<&str>, id: Option<u64>) {
    let about = write.about();
    let values = |endpoint| Values::of(endpoint).to_string();
    let (old, new) = (write.before().map(values), write.after().map(values));
    let (old, new) = (old.as_deref(), new.as_deref());
    let done = match write.action() {
        Action::Create => "Created a record",
        Action::Update | Action::Replace | Action::Own | Action::Hold => "Updated a record",
        Action::Delete => "Deleted a record",
    };
    let set_identifier = Some(about.set_identifier.as_str()).filter(|id| !id.is_empty());
    tracing::info!(
        action = write.action().as_str(),
        record.name = %about.dns_name,
        record.r#type = about.record_type.as_str(),
        set_identifier,
        old,
        new,
        zone,
        object = write.object(),
        write = id,
        "{done}"
    );
}
