//! Takes annotations that ask for held deletions to go, once it is known what is held.

use controller_core::plan::PlanHash;
use external_dns_webhook::Provider;
use tokio::sync::watch;

use super::{Shared, Syncs};
use crate::state::Asked;

/// Waits until something is asked for; for ever where nothing can be.
pub(super) async fn asked(approvals: &mut Option<watch::Receiver<Option<Asked>>>) {
    let alive = match approvals {
        Some(approvals) => approvals.changed().await.is_ok(),
        None => false,
    };
    if !alive {
        std::future::pending::<()>().await;
    }
}

impl<P: Provider> Syncs<P> {
    /// Approves the held deletions that an annotation names, or answers why not.
    ///
    /// Only what was answered is approved. An annotation that someone changed meanwhile, or that
    /// came with a write of our own, is seen again.
    pub(super) async fn approve(&mut self) {
        let Shared { status, approvals, .. } = &self.shared;
        let Some((approvals, asked)) =
            approvals.as_ref().and_then(|approvals| Some((approvals, approvals.asked()?)))
        else {
            return;
        };
        // One that was answered may be seen until the watch tells that it is gone; to answer it
        // again fails, which would take back what was approved.
        if !self.has_looked || self.answered.as_ref() == Some(&asked) {
            return;
        }
        let hash = asked.hash.parse::<PlanHash>().map_err(|error| error.to_string());
        let outcome =
            hash.and_then(|hash| status.approve(&hash).map_err(|error| error.to_string()));
        let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ");
        let answer = match &outcome {
            Ok(_) => format!("{now}: approved {}", asked.hash),
            Err(why) => format!("{now}: refused {}: {why}", asked.hash),
        };
        if let Err(error) = approvals.answer(&asked, &answer).await {
            if let Ok(hash) = &outcome {
                status.take_back(hash);
            }
            tracing::debug!(error = format!("{error:#}"), "An annotation is not answered yet");
            return;
        }
        self.answered = Some(asked.clone());
        match outcome {
            Ok(_) => tracing::info!(hash = asked.hash, "Held deletions are approved"),
            Err(why) => tracing::warn!(
                hash = asked.hash,
                error = why,
                "An annotation asks to approve deletions, and is refused"
            ),
        }
    }
}

#[cfg(test)]
mod tests;
