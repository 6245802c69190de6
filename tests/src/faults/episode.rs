//! Plays one episode: its steps, then peace, and then the look at whether all is as it should be.

use std::time::Duration;

use anyhow::bail;
use tokio::time::Instant;

use super::oracle::{self, Difference};
use super::stage::{Broken, Stage};
use super::steps::{ProgramKind, Step};

/// How often to look.
const STEP: Duration = Duration::from_millis(30);

/// How long everything may take to be right again, on a busy machine.
///
/// Less than the minute for which the sidecar leaves alone what Route 53 refused: names that nobody
/// else has ever touched must not be refused.
const DEADLINE: Duration = Duration::from_secs(40);

/// The same after what lands late, or where record sets of others came and went.
const LONG_PATIENCE: Duration = Duration::from_secs(150);

/// When the sidecar is helped to forget what Route 53 refused lately.
const NUDGE: Duration = Duration::from_secs(10);

/// How long a full look may take.
const SYNC_PATIENCE: Duration = Duration::from_secs(40);

/// Plays an episode to its end; `said` gets each step before it is taken.
///
/// # Errors
///
/// [`Broken`] when something is not as it should be, and other errors when the world cannot run.
pub(crate) async fn play(
    stage: &mut Stage,
    steps: &[Step],
    mut said: impl FnMut(String),
) -> anyhow::Result<()> {
    for step in steps {
        said(step.to_string());
        stage.take(step).await?;
        fail(&stage.damage())?;
    }
    said("peace".to_owned());
    stage.all_run()?;
    stage.calm().await?;
    stage.mark()?;
    settles(stage, &mut said).await?;
    stage.memory.late = false;
    forget_what_is_well(stage);
    Ok(())
}

/// Waits until everything is as it should be and nobody writes any more.
async fn settles(stage: &mut Stage, said: &mut impl FnMut(String)) -> anyhow::Result<()> {
    let begun = Instant::now();
    let mut nudged = false;
    let mut starved = Duration::ZERO;
    loop {
        stage.all_run()?;
        let zones = stage.zones();
        fail(&oracle::damage(&stage.model, &zones))?;
        let wrong = oracle::differences(&stage.model, &zones);
        let contested = |difference: &Difference| {
            stage.memory.contested.contains(&(difference.zone, difference.name.clone()))
        };
        let is_excused = !wrong.is_empty() && wrong.iter().all(contested);
        let trouble = if wrong.is_empty() { unrest(stage).await? } else { None };
        if wrong.is_empty() && trouble.is_none() {
            return Ok(());
        }
        let timeout =
            if is_excused || nudged || stage.memory.late { LONG_PATIENCE } else { DEADLINE };
        if begun.elapsed() > timeout + starved {
            fail(&wrong)?;
            bail!(Broken(trouble.unwrap_or_default()));
        }
        if is_excused && !nudged && begun.elapsed() > NUDGE {
            nudged = true;
            said("restart the Sidecar, so that it tries again what was refused".to_owned());
            stage.restart(ProgramKind::Sidecar).await?;
        }
        let slept = Instant::now();
        tokio::time::sleep(STEP).await;
        // A machine that has no time for us has none for the programs.
        starved += slept.elapsed().saturating_sub(2 * STEP);
    }
}

/// Returns what is wrong although the zones are right: a program is not ready, or goes on writing.
async fn unrest(stage: &Stage) -> anyhow::Result<Option<String>> {
    if let Some(says) = stage.unready().await {
        return Ok(Some(format!("all is right, and a program is not ready: {says}")));
    }
    let writes = stage.writes();
    if !stage.full_syncs(2, SYNC_PATIENCE).await? {
        bail!(Broken(format!("nobody looked at everything for {SYNC_PATIENCE:?}")));
    }
    let zones = stage.zones();
    fail(&oracle::damage(&stage.model, &zones))?;
    if stage.writes() != writes {
        return Ok(Some("all was right, and it is written again".to_owned()));
    }
    if !oracle::differences(&stage.model, &zones).is_empty() {
        return Ok(Some("all was right, and without a write it is not any more".to_owned()));
    }
    Ok(None)
}

/// Ends the excuse of names that were contested and are served all the same.
fn forget_what_is_well(stage: &mut Stage) {
    let Stage { model, memory, .. } = stage;
    memory
        .contested
        .retain(|(zone, name)| !model.wanted_in(zone).wanted.keys().any(|key| key.name == *name));
}

fn fail(wrong: &[Difference]) -> Result<(), Broken> {
    if wrong.is_empty() {
        return Ok(());
    }
    let lines: Vec<_> = wrong.iter().map(ToString::to_string).collect();
    Err(Broken(lines.join("\n")))
}
