//! How syncs decide: all that does not change while one runs.

use std::sync::Arc;

use controller_core::plan::Planner;
use controller_core::registry::Registry;
use controller_core::target_loss::OnTargetLoss;

use crate::schedule::Window;

/// How syncs decide.
pub struct SyncConfig {
    /// How records are owned.
    pub registry: Arc<dyn Registry>,
    /// How differences become changes.
    pub planner: Planner,
    /// Whether changes are written or only planned.
    pub writing: Writing,
    /// What happens when an object loses its targets.
    pub on_target_loss: OnTargetLoss,
    /// For how long nothing is taken away because of a change.
    pub window: Window,
}

/// Whether changes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writing {
    /// They are.
    Yes,
    /// They are planned and shown only.
    DryRun,
}

impl SyncConfig {
    /// Tells whether changes are planned and shown only.
    pub fn is_dry_run(&self) -> bool {
        self.writing == Writing::DryRun
    }

    /// Returns a config by which what lost its targets stays, and nothing waits for what may come
    /// again.
    pub fn new(registry: Arc<dyn Registry>, planner: Planner, writing: Writing) -> Self {
        let (on_target_loss, window) = (OnTargetLoss::Keep, Window::NONE);
        Self { registry, planner, writing, on_target_loss, window }
    }
}
