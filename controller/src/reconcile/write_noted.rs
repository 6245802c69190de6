//! Writes changes, and notes them before and after.

use controller_core::history::{HistoryRow, Outcome};
use controller_core::plan::Plan;
use external_dns_webhook::client::PartlyApplied;
use external_dns_webhook::{Applied, Changes, Provider};

use super::steps::TakenChanges;
use super::{GivenUp, Reconciler, SyncError, Wrote, taken};

impl<P: Provider> Reconciler<P> {
    /// Writes `changes`, which were `noted`, and returns what the provider took of them.
    pub(super) async fn write_noted(
        &mut self,
        noted: anyhow::Result<()>,
        changes: Changes,
        plan: &Plan,
    ) -> Result<TakenChanges, SyncError> {
        if self.superseded.is_so() {
            let _none = self.state.conclude(&Changes::default(), self.time());
            return Err(SyncError::Superseded);
        }
        self.state.keep_begun(noted).await;
        let count = changes.len();
        let answer = self.provider.apply(changes.clone()).await;
        if let Err(error) = &answer
            && let Some(part) = PartlyApplied::of(error).filter(|part| !part.applied.dry_run)
        {
            let taken = taken(part.done.clone(), &part.applied.refused);
            self.note_taken(&taken, true);
            if part.is_ended_by::<GivenUp>() {
                return Err(SyncError::Superseded);
            }
            let noted = self.state.note_begun_unseen(&part.rest, self.time());
            self.state.keep_begun(noted).await;
        }
        let answer = answer.map_err(|cause| SyncError::of_write(count, plan, cause));
        if let Err(SyncError::NotSent(_)) = &answer {
            let _none = self.state.conclude(&Changes::default(), self.time());
        }
        let Applied { refused, dry_run } = answer?;
        if dry_run {
            let _none = self.state.conclude(&Changes::default(), self.time());
            return Ok(TakenChanges { changes: Changes::default(), refused, dry_run });
        }
        let taken = taken(changes, &refused);
        self.note_taken(&taken, false);
        Ok(TakenChanges { changes: taken, refused, dry_run })
    }

    /// Notes that the provider took `taken`, which is part of a write or the whole of it.
    fn note_taken(&mut self, taken: &Changes, is_part: bool) {
        self.last_known.apply(taken);
        let written = self.time();
        let id = self.state.conclude(taken, written);
        if !taken.is_empty() {
            let (outcome, cause) = (Outcome::Written, self.state.cause().to_owned());
            let changes = taken.clone();
            let row = HistoryRow { id: id.unwrap_or_default(), written, changes, outcome, cause };
            self.wrote.push(Wrote { id, row, is_part });
        }
    }
}
