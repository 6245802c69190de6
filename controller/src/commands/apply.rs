//! What a command of a person writes: it stands in the history as what a sync writes does.

use anyhow::bail;
use controller_core::inventory::Inventory;
use external_dns_webhook::{Changes, Provider};
use tokio::time::Instant;

use crate::app;
use crate::args::{KubernetesArgs, StateArgs};
use crate::reconcile::taken;
use crate::state::State;

/// Returns the state in which what `cause` writes is noted: that of the controller, if the flags say where
/// it keeps it.
///
/// # Errors
///
/// Returns an error when there is no history where they say, and when it cannot be read.
pub(super) async fn state(
    args: &StateArgs,
    kubernetes: &KubernetesArgs,
    cause: String,
) -> anyhow::Result<State> {
    if args.state_dir.is_none() && args.state_configmap.is_none() {
        return Ok(State::nowhere());
    }
    Ok(app::state_of_another(args, &kubernetes.into()).await?.caused_by(cause))
}

/// Changes that are about to be written, and are noted as such.
pub(super) struct NotedChanges {
    state: State,
    noted: anyhow::Result<()>,
    changes: Changes,
}

impl NotedChanges {
    /// Notes that `changes` are about to be written; `current` is what the provider holds.
    pub(super) fn begin(mut state: State, current: &Inventory, changes: Changes) -> Self {
        let noted = state.note_begun(current, &changes, app::unix_seconds());
        Self { state, noted, changes }
    }

    /// Writes them; returns the number of the write in the history, if it has one.
    ///
    /// That it cannot be noted stops it as little as a sync.
    ///
    /// # Errors
    ///
    /// Returns an error when the provider fails, when it does not take all of it, and when it only makes
    /// as if.
    pub(super) async fn apply(self, provider: &impl Provider) -> anyhow::Result<Option<u64>> {
        let Self { mut state, noted, changes } = self;
        state.keep_begun(noted).await;
        tell(state.take_result());
        let applied = provider.apply(changes.clone()).await?;
        if applied.dry_run {
            bail!("nothing was written: the provider makes a dry run");
        }
        let id = state.conclude(&taken(changes, &applied.refused), app::unix_seconds());
        state.flush_now();
        tell(state.take_result());
        tell(Some(state.persist(Instant::now()).await));
        if let Some(first) = applied.refused.first() {
            bail!(
                "the provider did not take everything (changes refused: {}); the first: `{}` {}: {}",
                applied.refused.len(),
                first.dns_name,
                first.record_type,
                first.message
            );
        }
        Ok(id)
    }
}

/// Tells of a history that cannot be written.
fn tell(kept: Option<anyhow::Result<()>>) {
    if let Some(Err(error)) = kept {
        tracing::warn!(
            error = daemon::chain(error.as_ref()),
            "The history cannot be written, so it does not have what this command writes"
        );
    }
}
