//! Writes changes, and notes them before and after.

use controller_core::history::{HistoryRow, Outcome};
use controller_core::plan::Plan;
use external_dns_webhook::{Applied, Changes, Provider};

use super::steps::TakenChanges;
use super::{Reconciler, SyncError, Wrote, taken};

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
        self.last_known.apply(&taken);
        let written = self.time();
        let id = self.state.conclude(&taken, written);
        if !taken.is_empty() {
            let (outcome, cause) = (Outcome::Written, self.state.cause().to_owned());
            let changes = taken.clone();
            let row = HistoryRow { id: id.unwrap_or_default(), written, changes, outcome, cause };
            self.wrote.push(Wrote { id, row });
        }
        Ok(TakenChanges { changes: taken, refused, dry_run })
    }
}
