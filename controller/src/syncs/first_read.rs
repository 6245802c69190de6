//! A provider that reads its zones for the first time is waited for: that is no failure unless it lasts long.

use std::time::Duration;

use controller_core::status::Reason;
use external_dns_webhook::Provider;
use tokio::time::Instant;

use super::Syncs;
use crate::reconcile::{Report, SyncError};

/// How long the first read of a provider's zones may take before it is told as syncs that fail: a zone of
/// 100,000 record sets takes a minute or two.
const PATIENCE: Duration = Duration::from_mins(10);

impl<P: Provider> Syncs<P> {
    /// Tells of a sync that ended because the provider still reads its zones for the first time, if it is one
    /// and that has not lasted too long; another one follows.
    pub(super) fn awaits_first_read(&mut self, result: &Result<Option<Report>, SyncError>) -> bool {
        let Err(SyncError::FirstRead { progress, cause: _ }) = result else {
            self.first_read_since = None;
            return false;
        };
        let now = Instant::now();
        let since = *self.first_read_since.get_or_insert(now);
        // The only sync there is has nothing to wait for.
        if self.shared.once || now.duration_since(since) >= PATIENCE {
            return false;
        }
        let reason = Reason::AwaitsFirstRead { progress: progress.clone() };
        tracing::info!("The sync {reason}");
        let status = &self.shared.status;
        status.sync_waits(format!("it {reason}"));
        // It answered, that it has to read.
        status.provider(now, None);
        self.note_not_known(&reason);
        status.statuses(|store| self.shared.metrics.syncs.statuses(store.counts()));
        true
    }
}
