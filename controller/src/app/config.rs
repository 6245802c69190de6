//! What syncs go by, and can go by in another way while the process runs.

use std::sync::Arc;
use std::time::Duration;

use controller_core::plan::Planner;
use controller_core::target_loss::OnTargetLoss;

use super::DesiredState;
use crate::args::ProviderArgs;
use crate::schedule::Pace;

/// How many intervals without a good sync make the controller not ready.
const STALE_INTERVALS: u32 = 3;

/// The least time after which a sync that has not ended is stuck.
const STUCK: Duration = Duration::from_mins(10);

/// How many calls to the provider a sync makes, and some to spare for the rest of its work.
const CALLS: u32 = 8;

/// What syncs go by.
#[derive(Clone)]
pub struct Config {
    /// Where objects come from.
    pub desired_state: Arc<DesiredState>,
    /// How differences become changes.
    pub planner: Planner,
    /// What happens when an object loses its targets.
    pub on_target_loss: OnTargetLoss,
    /// How syncs are paced.
    pub pace: Pace,
    /// Whether changes of objects are acted on at once.
    pub events: bool,
}

/// Returns how old the last good sync may be with syncs `interval` apart.
pub fn stale_after(interval: Duration) -> Duration {
    interval.saturating_mul(STALE_INTERVALS).max(Duration::from_mins(1))
}

/// Returns how long a sync may take before it is held to be stuck: longer than every call to the
/// provider may take together.
pub fn stuck_after(provider: &ProviderArgs) -> Duration {
    let call = provider.webhook_provider_read_timeout.0 + provider.webhook_provider_write_timeout.0;
    call.saturating_mul(CALLS).max(STUCK)
}
