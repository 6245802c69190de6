//! Takes annotations that ask for held deletions to go, once it is known what is held.

use controller_core::plan::PlanHash;
use tokio::sync::watch;
use webhook_api::Provider;

use super::{Passes, Shared};
use crate::state::Asked;

/// Waits until something is asked for; for ever where nothing can be.
pub(super) async fn asked(releases: &mut Option<watch::Receiver<Option<Asked>>>) {
    let alive = match releases {
        Some(releases) => releases.changed().await.is_ok(),
        None => false,
    };
    if !alive {
        std::future::pending::<()>().await;
    }
}

impl<P: Provider> Passes<P> {
    /// Releases the held deletions that an annotation names, or answers why not.
    ///
    /// Only what was answered is released. An annotation that someone changed meanwhile, or that
    /// came with a write of our own, is seen again.
    pub(super) async fn release(&mut self) {
        let Shared { status, releases, .. } = &self.shared;
        let Some((releases, asked)) = releases.as_ref().and_then(|it| Some((it, it.asked()?)))
        else {
            return;
        };
        // One that was answered may be seen until the watch tells that it is gone; to answer it
        // again fails, which would take back what was released.
        if !self.has_looked || self.answered.as_ref() == Some(&asked) {
            return;
        }
        let hash = asked.hash.parse::<PlanHash>().map_err(|error| error.to_string());
        let outcome = hash.and_then(|it| status.release(it).map_err(|error| error.to_string()));
        let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ");
        let answer = match &outcome {
            Ok(()) => format!("{now}: released {}", asked.hash),
            Err(why) => format!("{now}: refused {}: {why}", asked.hash),
        };
        if let Err(error) = releases.answer(&asked, &answer).await {
            if outcome.is_ok() {
                drop(status.take_released());
            }
            tracing::debug!(error = format!("{error:#}"), "An annotation is not answered yet");
            return;
        }
        self.answered = Some(asked.clone());
        match outcome {
            Ok(()) => tracing::info!(hash = asked.hash, "Held deletions are released"),
            Err(why) => tracing::warn!(
                hash = asked.hash,
                error = why,
                "An annotation asks to release deletions, and is refused"
            ),
        }
    }
}

#[cfg(test)]
mod tests;
