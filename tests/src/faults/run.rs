//! Runs several worlds side by side for as long as was asked.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::episode;
use super::layout::{Layout, Zoning};
use super::report::{Story, Violation};
use super::script::{self, Plot};
use super::stage::{Broken, Stage};
use crate::bench::say;
use crate::programs;

/// How often it is said how far things are.
const NEWS: Duration = Duration::from_secs(30);

/// What to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// What decides everything.
    pub seed: u64,
    /// How many episodes, over all worlds; zero for any number.
    pub episodes: u64,
    /// How many worlds run side by side.
    pub worlds: u64,
    /// How long at most, in minutes; zero for any time.
    pub minutes: u64,
    /// The only world to run.
    pub world: Option<u64>,
    /// The first episode of each world.
    pub first: u64,
    /// The only kinds of episodes to play; none for all.
    pub plots: Vec<String>,
    /// The zones of every world.
    pub zones: Option<String>,
    /// Whether worlds begin anew after a violation, instead of ending the run.
    pub keep_going: bool,
    /// Where logs and reports go.
    pub folder: PathBuf,
}

/// How a run went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How many episodes ended well.
    pub episodes: u64,
    /// How many did not.
    pub violations: u64,
}

struct Shared {
    options: Options,
    plots: Vec<Plot>,
    zoning: Option<Zoning>,
    begun: Instant,
    /// Episodes that have begun.
    taken: AtomicU64,
    ended: AtomicU64,
    violations: AtomicU64,
}

/// Runs what was asked, and says what it finds as it finds it.
///
/// # Errors
///
/// When the options make no sense or a world cannot run; a violation is none.
pub async fn run(options: Options) -> anyhow::Result<Outcome> {
    for name in [programs::SIGNPOST, programs::SIDECAR] {
        tokio::task::block_in_place(|| programs::path(name))?;
    }
    let named =
        |name: &String| Plot::named(name).with_context(|| format!("no episode is `{name}`"));
    let plots = options.plots.iter().map(named).collect::<Result<_, _>>()?;
    let named =
        |name: &String| Zoning::named(name).with_context(|| format!("no zones are `{name}`"));
    let zoning = options.zones.as_ref().map(named).transpose()?;
    let worlds = match options.world {
        Some(world) => world..world + 1,
        None => 0..options.worlds,
    };
    let shared = Arc::new(Shared {
        options,
        plots,
        zoning,
        begun: Instant::now(),
        taken: AtomicU64::new(0),
        ended: AtomicU64::new(0),
        violations: AtomicU64::new(0),
    });
    let mut running = JoinSet::new();
    for world in worlds {
        running.spawn(world_runs(Arc::clone(&shared), world));
    }
    let mut news = tokio::time::interval(NEWS);
    news.tick().await;
    loop {
        tokio::select! {
            ended = running.join_next() => match ended {
                Some(ended) => ended.context("a world died")??,
                None => break,
            },
            _ = news.tick() => say(&shared.news()),
        }
    }
    say(&shared.news());
    Ok(Outcome {
        episodes: shared.ended.load(Ordering::SeqCst),
        violations: shared.violations.load(Ordering::SeqCst),
    })
}

/// Plays episodes in one world; after a violation in a new one of the same kind.
async fn world_runs(shared: Arc<Shared>, world: u64) -> anyhow::Result<()> {
    let options = &shared.options;
    let layout = Layout::of(options.seed, world, shared.zoning);
    let mut number = options.first;
    let mut life = 0;
    while !shared.is_over() {
        let folder = options.folder.join(format!("world-{world}-{life}"));
        life += 1;
        let mut stage = Stage::start(layout.clone(), folder, u16::try_from(world % 1000)?).await?;
        let mut story = Story::new(&layout);
        while let Some(()) = shared.take() {
            let (plot, steps) =
                script::episode(options.seed, world, number, &layout, &shared.plots);
            story.begin(number, plot);
            let played = episode::play(&mut stage, &steps, |line| story.note(&line)).await;
            number += 1;
            let Err(error) = played else {
                shared.ended.fetch_add(1, Ordering::SeqCst);
                continue;
            };
            let Some(Broken(what)) = error.downcast_ref::<Broken>() else { bail!(error) };
            shared.violations.fetch_add(1, Ordering::SeqCst);
            let violation = Violation { options, world, number: number - 1, plot, what };
            say(&violation.tell(&story, &stage)?);
            break;
        }
        if !options.keep_going {
            break;
        }
    }
    Ok(())
}

impl Shared {
    /// Takes one of the episodes that are left; `None` when there is none.
    fn take(&self) -> Option<()> {
        if self.is_over() {
            return None;
        }
        self.taken.fetch_add(1, Ordering::SeqCst);
        Some(())
    }

    fn is_over(&self) -> bool {
        let Options { episodes, minutes, keep_going, .. } = &self.options;
        let is_violated = !keep_going && self.violations.load(Ordering::SeqCst) > 0;
        let enough = *episodes > 0 && self.taken.load(Ordering::SeqCst) >= *episodes;
        let late = *minutes > 0 && self.begun.elapsed() > Duration::from_secs(60 * minutes);
        is_violated || enough || late
    }

    fn news(&self) -> String {
        let seconds = self.begun.elapsed().as_secs();
        let episodes = self.ended.load(Ordering::SeqCst);
        format!(
            "seed {}: {episodes} episodes in {seconds} s ({} a minute), {} violations",
            self.options.seed,
            episodes * 60 / seconds.max(1),
            self.violations.load(Ordering::SeqCst)
        )
    }
}
