//! Tells each record that was written, after it was.

use controller_core::history::Outcome;
use controller_core::plan::Values;
use external_dns_webhook::{ObjectRef, Provider};

use super::Syncs;
use crate::reconcile::Wrote;
use crate::records::RecentWrite;

impl<P: Provider> Syncs<P> {
    /// Tells each record that was written, after it was, and keeps it to be asked for.
    pub(super) fn tell_writes(&self, wrote: &[Wrote]) {
        let seen = self.reconciler.last_known().read();
        for Wrote { id, row, is_part } in wrote {
            for mut write in RecentWrite::all(*id, row) {
                let told = &mut write;
                self.shared.status.writes(|writes| told.id = told.id.or(writes.number_of(told)));
                let zone = seen.inventory.zone(write.zone.as_ref()).and_then(|zone| zone.info());
                let zone = zone.map(ToString::to_string);
                tell(&write, row.outcome, zone.as_deref());
                let (zone, syncs) = (zone.unwrap_or_default(), &self.shared.metrics.syncs);
                if row.outcome == Outcome::Landed {
                    syncs.landed(&zone, write.action.as_str());
                } else if *is_part {
                    syncs.written(&zone, write.action);
                }
            }
        }
        drop(seen);
        self.shared.status.writes(|writes| {
            for Wrote { id, row, is_part: _ } in wrote {
                if is_made(row.outcome) {
                    writes.add(*id, row);
                }
            }
        });
    }
}

/// Tells whether the records are as after the write.
fn is_made(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Written | Outcome::Landed => true,
        Outcome::Begun | Outcome::NotLanded | Outcome::Unclear => false,
    }
}

/// Tells one write; how it ended is told where only the records say it.
fn tell(write: &RecentWrite, outcome: Outcome, zone: Option<&str>) {
    let told = |values: &Option<Values>| values.as_ref().map(ToString::to_string);
    let (old, new) = (told(&write.old), told(&write.new));
    let set_identifier = Some(write.set_identifier.as_str()).filter(|set| !set.is_empty());
    let said = match outcome {
        Outcome::Written | Outcome::Landed => write.done(),
        Outcome::Begun | Outcome::NotLanded => "A record was not written",
        Outcome::Unclear => "It is not known whether a record was written",
    };
    tracing::info!(
        action = write.action.as_str(),
        record.name = %write.name,
        record.r#type = write.record_type.as_str(),
        set_identifier,
        old = old.as_deref(),
        new = new.as_deref(),
        zone,
        object = write.object.as_ref().map(ObjectRef::shown).as_deref(),
        write = write.id,
        outcome = (outcome != Outcome::Written).then(|| outcome.as_str()),
        "{said}"
    );
}
